/*
 * Stage B: one decoded segment becomes itself or a typed placeholder. The order of the rules is the
 * meaning: the first that fits wins. Written by hand instead of with regular expressions, because
 * strangers choose the input and the cost must stay linear. Letters and digits are ASCII; any other
 * character only counts as "other".
 *
 * Beyond the reference (path_templating/path_template_ref.py of the shared data): an address inside
 * a longer segment is {ip} too, and text that could break or reorder what a terminal shows is
 * {bin}.
 */
#include "aggregate/veil/path.h"
#include "aggregate/veil/text.h"

enum { SEGMENT_MAX = 64 }; /* bytes; longer ones are {long} */

static const char *const extensions[] = {
    "html",  "htm", "php", "asp",  "aspx", "jsp",  "js",  "mjs", "css",	 "map",	 "json", "xml",
    "txt",   "md",  "pdf", "png",  "jpg",  "jpeg", "gif", "svg", "webp", "avif", "ico",	 "woff",
    "woff2", "ttf", "mp4", "webm", "mp3",  "zip",  "gz",  "csv", "rss",	 "atom", "wasm",
};

static const char *const retina_extensions[] = {"png", "jpg", "jpeg", "webp", "gif", "svg"};

/* How issued credentials begin; the list of the reference. */
static const char *const credential_prefixes[] = {
    "AKIA",	   "ASIA",     "ghp_",	   "gho_",     "ghu_",	  "ghs_",     "ghr_",
    "github_pat_", "glpat-",   "xoxb-",	   "xoxp-",    "xoxa-",	  "xoxr-",    "xoxs-",
    "sk_live_",	   "sk_test_", "rk_live_", "pk_live_", "AIza",	  "ya29.",    "SG.",
    "npm_",	   "pypi-",    "dop_v1_",  "hf_",      "sk-ant-", "sk-proj-", "eyJ",
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static size_t put(char *out, const char *text)
{
	size_t n = strlen(text);
	memcpy(out, text, n);
	return n;
}

static size_t put_bytes(char *out, struct slice text)
{
	memcpy(out, text.p, text.n);
	return text.n;
}

static struct slice first(struct slice text, size_t n)
{
	return slice_make(text.p, n);
}

static size_t count_points(struct slice text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++)
		n += ((unsigned char)text.p[i] & 0xC0) != 0x80;
	return n;
}

static size_t count_digits(struct slice text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++)
		n += (size_t)text_is_digit(text.p[i]);
	return n;
}

static size_t last_dot(struct slice text)
{
	for (size_t i = text.n; i > 0; i--)
		if (text.p[i - 1] == '.')
			return i - 1;
	return text.n;
}

/* The part after the `@` is "2x.png" and the like: an image for dense screens, not an address. */
static bool is_retina(struct slice tail)
{
	if (tail.n < 4 || tail.p[0] < '1' || tail.p[0] > '4' || tail.p[1] != 'x' ||
	    tail.p[2] != '.')
		return false;
	struct slice extension = slice_from_byte(tail, 3);
	for (size_t i = 0; i < COUNT(retina_extensions); i++)
		if (slice_is(extension, retina_extensions[i]))
			return true;
	return false;
}

/* "name@host.tld" with one @, which stands at `at`. */
static bool is_email(struct slice s, size_t at)
{
	struct slice host = slice_from_byte(s, at + 1);
	size_t dot = last_dot(host);
	return at > 0 && dot > 0 && dot + 1 < host.n;
}

static bool is_jwt(struct slice s)
{
	if (s.n < 20 || !slice_starts(s, "eyJ") || slice_find(s, '.') == s.n)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!text_is_alnum(s.p[i]) && !strchr("_.=-", s.p[i]))
			return false;
	return true;
}

enum { UUID_LENGTH = 36 };

/* from + UUID_LENGTH <= s.n */
static bool is_uuid_at(struct slice s, size_t from)
{
	for (size_t i = 0; i < UUID_LENGTH; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		char c = s.p[from + i];
		if (dash ? c != '-' : text_hex(c) < 0)
			return false;
	}
	return true;
}

/* A UUID with no hex digit before or after it. */
static bool embeds_uuid(struct slice s)
{
	for (size_t i = 0; i + UUID_LENGTH <= s.n; i++) {
		size_t end = i + UUID_LENGTH;
		if (is_uuid_at(s, i) && (i == 0 || text_hex(s.p[i - 1]) < 0) &&
		    (end == s.n || text_hex(s.p[end]) < 0))
			return true;
	}
	return false;
}

/* Compares with a mask in which 9 stands for any digit. */
static bool fits(struct slice s, const char *mask)
{
	if (s.n != strlen(mask))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (mask[i] == '9' ? !text_is_digit(s.p[i]) : s.p[i] != mask[i])
			return false;
	return true;
}

/* A telephone number or anything written like one: digits and " ().-", 7 to 15 digits (E.164). */
static bool is_number(struct slice s)
{
	size_t digits = count_digits(s);
	if (digits < 7 || digits > 15)
		return false;
	if (s.p[0] == '+')
		s = slice_from_byte(s, 1);
	if (s.n < 2 || !(text_is_digit(s.p[0]) || s.p[0] == '(') || !text_is_digit(s.p[s.n - 1]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!text_is_digit(s.p[i]) && !strchr(" ().-", s.p[i]))
			return false;
	return true;
}

/* "v1", "v2.1", "v1.12.3": versions of an interface stay. */
static bool is_version(struct slice s)
{
	size_t at = 1, parts = 0;
	if (s.n < 2 || s.p[0] != 'v')
		return false;
	while (at < s.n) {
		size_t n = 0;
		while (at + n < s.n && text_is_digit(s.p[at + n]))
			n++;
		if (n == 0 || n > (parts ? 3u : 2u) || ++parts > 3)
			return false;
		at += n;
		if (at == s.n)
			return true;
		if (s.p[at++] != '.')
			return false;
	}
	return false;
}

static bool is_credential(struct slice s)
{
	for (size_t i = 0; i < COUNT(credential_prefixes); i++)
		if (slice_starts(s, credential_prefixes[i]))
			return count_points(s) >= 16;
	return false;
}

static bool is_hex(struct slice s)
{
	size_t digits = count_digits(s);
	if (s.n < 8 || (s.n < 16 && (digits == 0 || digits == s.n)))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (text_hex(s.p[i]) < 0)
			return false;
	return true;
}

/* True when a run of letters and digits looks drawn by a machine; the four measures are those of
 * the reference. */
static bool run_is_id(struct slice run)
{
	size_t digits = 0, upper = 0, rises = 0, turns = 0;
	for (size_t i = 0; i < run.n; i++) {
		char c = run.p[i], before = i ? run.p[i - 1] : 0;
		digits += (size_t)text_is_digit(c);
		upper += (size_t)text_is_upper(c);
		rises += (size_t)(i && text_is_lower(before) && text_is_upper(c));
		turns += (size_t)(i && text_is_digit(before) != text_is_digit(c));
	}
	size_t lower = run.n - digits - upper;
	if (run.n >= 16 && digits > 0 && digits < run.n)
		return true;
	if (run.n >= 20 && upper && lower && rises >= 4)
		return true;
	if (run.n >= 8 && digits >= 2 && turns >= 3)
		return true;
	return run.n >= 8 && digits >= 1 && upper >= 2 && lower >= 2 && turns >= 2;
}

static bool embeds_id(struct slice s)
{
	for (size_t i = 0; i < s.n;) {
		size_t n = 0;
		while (i + n < s.n && text_is_alnum(s.p[i + n]))
			n++;
		if (run_is_id(slice_make(s.p + i, n)))
			return true;
		i += n + 1;
	}
	return false;
}

static bool has_long_number(struct slice s)
{
	size_t run = 0;
	for (size_t i = 0; i < s.n && run < 4; i++)
		run = text_is_digit(s.p[i]) ? run + 1 : 0;
	return run == 4;
}

static size_t put_numbers(char *out, struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!text_is_digit(s.p[i]))
			out[n++] = s.p[i];
		else if (i == 0 || !text_is_digit(s.p[i - 1]))
			n += put(out + n, "{n}");
	}
	return n;
}

/* A segment that is one typed thing as a whole; NULL when it is none, "" when it stays as it is. */
static const char *whole_type(struct slice s)
{
	if (is_jwt(s))
		return "{jwt}";
	if (s.n >= UUID_LENGTH && embeds_uuid(s))
		return s.n == UUID_LENGTH ? "{uuid}" : "{id}";
	if (text_is_address(s))
		return "{ip}";
	if (count_digits(s) == s.n)
		return "{n}";
	if (fits(s, "9999-99") || fits(s, "9999-99-99"))
		return "{date}";
	if (is_number(s))
		return "{num}";
	if (is_version(s))
		return "";
	if (is_credential(s))
		return "{token}";
	return is_hex(s) ? "{hex}" : NULL;
}

static const char *known_extension(struct slice s)
{
	size_t dot = last_dot(s);
	if (dot == 0 || dot + 1 >= s.n || s.n - dot > 6)
		return NULL;
	struct slice tail = slice_from_byte(s, dot + 1);
	for (size_t i = 0; i < COUNT(extensions); i++)
		if (slice_equal_nocase(tail, extensions[i]))
			return extensions[i];
	return NULL;
}

/* `s` holds no @; `stem`: it is what stands before an extension already taken off. */
static size_t type_plain(struct slice s, bool stem, char *out)
{
	const char *whole = whole_type(s);
	if (whole)
		return *whole ? put(out, whole) : put_bytes(out, s);
	const char *extension = stem ? NULL : known_extension(s);
	if (extension) {
		size_t n = type_plain(first(s, s.n - strlen(extension) - 1), true, out);
		out[n++] = '.';
		return n + put(out + n, extension);
	}
	if (text_embeds_address(s))
		return put(out, "{ip}");
	if (embeds_id(s))
		return put(out, "{id}");
	return has_long_number(s) ? put_numbers(out, s) : put_bytes(out, s);
}

static size_t type_with_at(struct slice s, size_t at, char *out)
{
	struct slice tail = slice_from_byte(s, at + 1);
	bool alone = slice_find(tail, '@') == tail.n;
	if (alone && at > 0 && is_retina(tail)) {
		size_t n = type_plain(first(s, at), true, out);
		out[n++] = '@';
		return n + put_bytes(out + n, tail);
	}
	if (alone && at == 0 && tail.n > 0)
		return put(out, "{handle}");
	return put(out, alone && is_email(s, at) ? "{email}" : "{id}");
}

/* Left-over percent-encoding, separators that were encoded, bytes that are no text. */
static bool is_binary(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '/' || s.p[i] == '\\')
			return true;
		if (s.p[i] == '%' && i + 2 < s.n && text_hex(s.p[i + 1]) >= 0 &&
		    text_hex(s.p[i + 2]) >= 0)
			return true;
	}
	return !text_is_showable(s);
}

size_t path_generalise(struct slice segment, char out[256])
{
	if (segment.n == 0)
		return 0;
	if (is_binary(segment))
		return put(out, "{bin}");
	/* Tokens may be longer and keep their type: what begins with eyJ and is that long never
	 * stays as it is. */
	if (segment.n > SEGMENT_MAX && !slice_starts(segment, "eyJ"))
		return put(out, "{long}");
	size_t at = slice_find(segment, '@');
	return at < segment.n ? type_with_at(segment, at, out) : type_plain(segment, false, out);
}
