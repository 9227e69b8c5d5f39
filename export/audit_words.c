/*
 * audit_words.c: e-mail addresses and what servers write for identities; the parts that patterns
 * share.
 */
#include "export/audit_match.h"

size_t audit_encoded(const struct audit_view *view, size_t i, char c)
{
	static const char digits[] = "0123456789ABCDEF";
	if (audit_byte(view, i) == c)
		return 1;
	if (audit_byte(view, i) != '%')
		return 0;
	size_t n = audit_starts(view, i + 1, "25") ? 3 : 1;
	char high = audit_byte(view, i + n), low = audit_byte(view, i + n + 1);
	if (high != digits[c >> 4] || (low & ~0x20) != (digits[c & 15] & ~0x20))
		return 0;
	return n + 2;
}

static bool are_hex(const struct audit_view *view, size_t i, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (text_hex(audit_byte(view, i + k)) < 0)
			return false;
	return true;
}

bool audit_escape_before(const struct audit_view *view, size_t i)
{
	if (audit_byte(view, i - 3) == '%')
		return are_hex(view, i - 2, 2);
	if (i >= 5 && audit_starts(view, i - 5, "%25"))
		return are_hex(view, i - 2, 2);
	if (audit_byte(view, i - 4) == '\\' && audit_byte(view, i - 3) == 'x')
		return are_hex(view, i - 2, 2);
	if (audit_byte(view, i - 6) == '\\' && audit_byte(view, i - 5) == 'u')
		return are_hex(view, i - 4, 4);
	char c = audit_byte(view, i - 1);
	return audit_byte(view, i - 2) == '\\' && c && strchr("nrtfv", c);
}

static bool is_local_part(char c)
{
	return text_is_alnum(c) || (c && strchr("._+-%'", c));
}

/* A letter of two bytes in UTF-8: "müller.example". */
static size_t wide_letter(const struct audit_view *view, size_t i)
{
	unsigned char a = (unsigned char)audit_byte(view, i),
		      b = (unsigned char)audit_byte(view, i + 1);
	return a >= 0xC3 && a <= 0xDF && (b & 0xC0) == 0x80 ? 2 : 0;
}

/* The domain from i on: at least two labels. Returns the end, or 0. */
static size_t read_domain(const struct audit_view *view, size_t i, struct slice *ret_top)
{
	size_t label = i, dots = 0, end = 0;
	for (;;) {
		size_t wide = wide_letter(view, i);
		char c = audit_byte(view, i);
		if (wide) {
			i += wide;
		} else if (text_is_alnum(c) || (c == '-' && i > label)) {
			i++;
		} else {
			if (i == label)
				break;
			end = i;
			*ret_top = slice_make(view->p + label, i - label);
			if (c != '.')
				break;
			dots++;
			label = ++i;
		}
	}
	dots -= end < label; /* a full stop at the end is none of the domain's */
	return end && dots ? end : 0;
}

static bool is_top(struct slice top)
{
	while (top.n && top.p[top.n - 1] == '-')
		top.n--;
	if (top.n > 4 && memcmp(top.p, "xn--", 4) == 0)
		return true;
	for (size_t i = 0; i < top.n; i++)
		if (!text_is_letter(top.p[i]))
			return false;
	return top.n >= 2 && top.n <= 24 && !audit_is_extension(top);
}

/* Names that stand for others (RFC 2606, RFC 6761). In a SQLite page the next value may follow. */
static bool is_documentation(const struct audit_view *view, size_t i, size_t end, struct slice top)
{
	static const char *const tops[] = {"example", "test", "invalid", "localhost"};
	static const char *const domains[] = {"example.com", "example.org", "example.net",
					      "example.edu"};
	for (size_t k = 0; k < sizeof(tops) / sizeof(*tops); k++) {
		size_t n = strlen(tops[k]);
		if (slice_equal_nocase(top, tops[k]) ||
		    (view->loose && top.n > n && slice_starts(top, tops[k])))
			return true;
	}
	for (size_t k = 0; k < sizeof(domains) / sizeof(*domains); k++) {
		size_t n = strlen(domains[k]);
		size_t at = view->loose ? i : end - n;
		for (; end - i >= n && at <= end - n; at++) {
			bool whole = at == i || view->p[at - 1] == '.';
			if (whole && slice_equal_nocase(slice_make(view->p + at, n), domains[k]))
				return true;
		}
	}
	return false;
}

/*
 * Noise makes short ones by chance (of seven bytes about forty in a gigabyte), so a short one must
 * stand in text.
 */
static bool stands_in_text(const struct audit_view *view, size_t start, size_t end)
{
	enum { SHORT = 12, LOOK = 6 };
	if (end - start >= SHORT || view->loose)
		return true;
	for (size_t k = 0; k < LOOK; k++) {
		unsigned char a = (unsigned char)audit_byte(view, start - 1 - k);
		unsigned char b = (unsigned char)audit_byte(view, end + k);
		if ((a && a < 0x09) || (a > 0x0D && a < 0x20) || a >= 0x7F || (b && b < 0x09) ||
		    (b > 0x0D && b < 0x20) || b >= 0x7F)
			return false;
	}
	return true;
}

/* "scheme://user:password@": the start of the user, or 0. *ret_password is the password. */
static size_t find_userinfo(const struct audit_view *view, struct slice *ret_password)
{
	enum { LONG = 128, LEAST = 3 };
	size_t i = view->at, colon = 0;
	while (view->at - i < LONG && i && !strchr("/ \t\r\n\"'<>{}$|`[]()*", view->p[i - 1])) {
		i--;
		if (view->p[i] == ':')
			colon = i;
	}
	if (colon <= i || colon + LEAST >= view->at || !audit_ends(view, i, "://"))
		return 0;
	*ret_password = slice_make(view->p + colon + 1, view->at - colon - 1);
	return i;
}

/* What manuals write where the password goes. */
static bool is_sample_password(struct slice password)
{
	static const char *const all[] = {"pass", "passwd", "password",	  "passwort",
					  "pwd",  "secret", "mypassword", "yourpassword",
					  "xxx",  "xxxx"};
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (slice_equal_nocase(password, all[i]))
			return true;
	return false;
}

bool audit_match_email(const struct audit_view *view, struct audit_match *ret)
{
	struct slice top = {NULL, 0}, password;
	size_t start = view->at, host = view->at + audit_encoded(view, view->at, '@');
	ret->kind = AUDIT_EMAIL;
	ret->end = read_domain(view, host, &top);
	if (view->p[view->at] == '@' && (ret->start = find_userinfo(view, &password))) {
		ret->kind = AUDIT_USERINFO;
		bool sample = is_sample_password(password) ||
			      (ret->end && is_documentation(view, host, ret->end, top));
		ret->class = sample ? AUDIT_DOCUMENTATION : AUDIT_REAL;
		ret->end = host; /* the host may be an address of its own */
		return true;
	}
	if (!ret->end || !is_top(top) || audit_byte(view, ret->end) == '(' ||
	    (audit_byte(view, ret->end) == '_' && !view->loose))
		return false; /* names of a program: "x@Finder.find(", "x@Finder.find_all" */
	while (view->at - start < 64 && is_local_part(audit_byte(view, start - 1)))
		start--;
	while (start < view->at && !text_is_alnum(view->p[start]))
		start++;
	ret->start = start;
	if (start == view->at || !stands_in_text(view, start, ret->end))
		return false;
	/* "git@host.example:path" is a place, and everybody's. */
	if (slice_is(slice_make(view->p + start, view->at - start), "git") &&
	    (audit_byte(view, ret->end) == ':' || audit_byte(view, ret->end) == '/'))
		return false;
	ret->class = is_documentation(view, host, ret->end, top) ? AUDIT_DOCUMENTATION : AUDIT_REAL;
	return true;
}

bool audit_match_placeholder(const struct audit_view *view, struct audit_match *ret)
{
	static const char *const all[] = {"{ip}", "{email}", "{jwt}", "{token}", "{handle}"};
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (!audit_starts(view, view->at, all[i]))
			continue;
		ret->kind = AUDIT_PLACEHOLDER;
		ret->class = AUDIT_MASKED;
		ret->start = view->at;
		ret->end = view->at + strlen(all[i]);
		return true;
	}
	return false;
}
