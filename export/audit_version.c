/*
 * audit_version.c: what tells four numbers that are a version or a section from an address. A
 * mistake here hides an address from the exit status, so the surroundings must be plain: a word
 * that says so, a product in front of a slash, a comparison of versions, four numbers that are all
 * small where nothing speaks for an address. Weaker signs (a hyphen or a letter that touches the
 * numbers) count only when the numbers are small.
 */
#include "export/audit_match.h"

enum { LARGE = 100, SMALL = 30 };

static bool is_version_word(struct slice word)
{
	static const char *const ends[] = {"version", "versions", "release", "releases",
					   "revision"};
	static const char *const words[] = {
	    "v",	"ver",	    "vers",	 "rev",	      "rv",	 "released",
	    "section",	"sections", "sect",	 "sec",	      "chapter", "clause",
	    "appendix", "table",    "figure",	 "fig",	      "oid",	 "upstream",
	    "firmware", "annex",    "paragraph", "subclause", "since",	 "subsection",
	};
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t n = strlen(ends[i]);
		if (word.n >= n && slice_equal_nocase(slice_from_byte(word, word.n - n), ends[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (slice_equal_nocase(word, words[i]))
			return true;
	return false;
}

/* "version 1.2.3.4", "Version: 1.2.3.4", "rv:1.9.2.13", `"version": "1.2.3.4"`. */
static bool follows_version_word(const struct audit_view *view, size_t i)
{
	enum { GAP = 8 };
	for (size_t n = 0; n < GAP && i && strchr(" \t\"':=(<>[,.", view->p[i - 1]); n++)
		i--;
	size_t end = i;
	while (end - i < 24 && text_is_letter(audit_byte(view, i - 1)))
		i--;
	struct slice word = slice_make(view->p + i, end - i);
	if (slice_is(word, "X") && audit_ends(view, i, "OS "))
		return true; /* Mac OS X 10.4.11.1 */
	return word.n && is_version_word(word);
}

/* "Firefox/3.0.0.1": a word with small letters, or few large ones, that no path leads to. Squid's
 * "HIER_DIRECT/192.0.2.1" is an address. */
static bool follows_product(const struct audit_view *view, size_t i)
{
	if (audit_byte(view, i - 1) != '/')
		return false;
	size_t end = --i;
	bool small = false;
	while (end - i < 40 &&
	       (audit_is_word(audit_byte(view, i - 1)) || audit_byte(view, i - 1) == '-'))
		small |= text_is_lower(audit_byte(view, --i));
	char before = audit_byte(view, i - 1);
	return end > i && (small || end - i <= 5) && before != '/' && before != '.' &&
	       before != ':' && before != '=' && before != '%' && before != '@';
}

/* "(>= 1.2.3.4)", "==1.2.3.4", "~> 1.2.3.4". */
static bool follows_comparison(const struct audit_view *view, size_t i)
{
	static const char *const all[] = {">=", "<=", "==", "~>", "~=", "<<",
					  ">>", "(=", "^",  "~",  "§"};
	while (audit_byte(view, i - 1) == ' ')
		i--;
	for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++)
		if (audit_ends(view, i, all[k]))
			return true;
	return false;
}

/* All four at most 30, or 90 to 99 in the third place (what comes before a release): sections of
 * standards, releases, a few OIDs. Of all addresses 1 in 3,500 is like this. */
static bool is_small(const unsigned char octets[4])
{
	static const unsigned char attribute[3] = {2, 5, 4}, extension[3] = {2, 5, 29};
	if (memcmp(octets, attribute, 3) == 0 || memcmp(octets, extension, 3) == 0)
		return true; /* OIDs of X.500 */
	for (unsigned i = 0; i < 4; i++)
		if (octets[i] > SMALL && !(i == 2 && octets[i] >= 90 && octets[i] <= 99))
			return false;
	return true;
}

static bool is_address_word(struct slice word)
{
	static const char *const ends[] = {"ip",     "ipv4",   "addr",	 "address",
					   "host",   "client", "server", "peer",
					   "remote", "dns",    "proxy",	 "gateway"};
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		size_t n = strlen(ends[i]);
		if (word.n >= n && slice_equal_nocase(slice_from_byte(word, word.n - n), ends[i]))
			return true;
	}
	return false;
}

/* What speaks for an address where small numbers speak against it: a port or prefix length behind,
 * the begin of a column, a URL or a word like "client" in front. */
static bool looks_addressed(const struct audit_view *view, size_t start, size_t end)
{
	enum { GAP = 6 };
	char before = audit_byte(view, start - 1), after = audit_byte(view, end);
	if ((after == ':' || after == '/') && text_is_digit(audit_byte(view, end + 1)))
		return true;
	if (before == '@' || audit_ends(view, start, "//") || audit_ends(view, start, "@["))
		return true;
	if (before == '\n' || before == '\0')
		return after == '\0' || strchr("\r\n\t,;|", after) || audit_starts(view, end, " -");
	for (size_t n = 0; n < GAP && start && strchr(" \t\"':=", view->p[start - 1]); n++)
		start--;
	if (audit_ends(view, start, "-For") || audit_ends(view, start, "-for"))
		return true; /* X-Forwarded-For */
	size_t word = start;
	while (start - word < 24 && text_is_alnum(audit_byte(view, word - 1)))
		word--;
	return start > word && is_address_word(slice_make(view->p + word, start - word));
}

/* Whether letters, hyphens and the like that touch the numbers make a longer word of them. */
static bool is_inside_word(const struct audit_view *view, size_t start, size_t end)
{
	char before = audit_byte(view, start - 1), after = audit_byte(view, end);
	char next = audit_byte(view, end + 1);
	if (audit_is_word(before) && !audit_escape_before(view, start))
		return true;
	if ((before == '-' || before == '.' || before == '+') &&
	    audit_is_word(audit_byte(view, start - 2)) &&
	    !text_is_digit(audit_byte(view, start - 2)))
		return true;
	if (audit_is_word(after))
		return true;
	if (after == '-' && text_is_digit(next)) {
		unsigned char other[4];
		return !audit_read_quad(view, end + 1, '.', other);
	}
	return (after == '-' || after == '+' || after == '~') && text_is_alnum(next);
}

bool audit_is_version(const struct audit_view *view, size_t start, size_t end,
		      const unsigned char octets[4])
{
	unsigned large = 0;
	size_t tail;
	bool file;
	if (follows_version_word(view, start) || follows_product(view, start) ||
	    follows_comparison(view, start))
		return true;
	if ((audit_byte(view, start - 1) | 0x20) == 'v')
		return true;
	if (!view->loose && is_small(octets) && audit_class_v4(octets) == AUDIT_REAL &&
	    !looks_addressed(view, start, end))
		return true;
	for (unsigned i = 0; i < 4; i++)
		large += octets[i] >= LARGE;
	if (large >= 2 || view->loose)
		return false;
	return is_inside_word(view, start, end) ||
	       (audit_host_tail(view, end, &tail, &file) && file);
}
