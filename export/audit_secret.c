/*
 * audit_secret.c: what lets somebody in: tokens, keys, passwords.
 *
 * The prefixes of issued credentials are those that their issuers publish so that scanners can find
 * them. Where a text only talks about such things ("Basic authentication", "Bearer token",
 * "-----BEGIN PRIVATE KEY-----" in a source) the value is missing or does not decode.
 */
#include "export/audit_match.h"

static bool is_base64url(char c)
{
	return text_is_alnum(c) || c == '-' || c == '_';
}

static bool is_token(char c)
{
	return is_base64url(c) || (c && strchr(".~+/", c));
}

/* How many bytes from i on are of a kind. */
static size_t run(const struct audit_view *view, size_t i, bool (*is)(char c))
{
	size_t n = 0;
	while (is(audit_byte(view, i + n)))
		n++;
	return n;
}

/* Three parts, of which the first and nearly always the second are JSON objects: "eyJ" is {" in
 * base64. */
bool audit_match_jwt(const struct audit_view *view, struct audit_match *ret)
{
	enum { LEAST = 10 };
	size_t start = view->at - 2, head, body;
	if (view->at < 2 || !audit_starts(view, start, "eyJ") ||
	    (is_base64url(audit_byte(view, start - 1)) && !view->loose &&
	     !audit_escape_before(view, start)))
		return false;
	head = run(view, start, is_base64url);
	if (head < LEAST || audit_byte(view, start + head) != '.')
		return false;
	body = start + head + 1;
	size_t n = run(view, body, is_base64url);
	bool cut = body + n == view->n && view->n - view->at == AUDIT_AHEAD;
	if (!cut && (n < LEAST || audit_byte(view, body + n) != '.'))
		return false;
	ret->kind = AUDIT_JWT;
	ret->class = AUDIT_REAL;
	ret->start = start;
	ret->end = body + n + 1;
	ret->end += run(view, ret->end, is_base64url);
	return true;
}

enum alphabet { UPPER, ALNUM, WORD, DASHED };

static bool is_of(char c, enum alphabet alphabet)
{
	switch (alphabet) {
	case UPPER:
		return text_is_upper(c) || text_is_digit(c);
	case ALNUM:
		return text_is_alnum(c);
	case WORD:
		return audit_is_word(c);
	case DASHED:
		return is_base64url(c);
	}
	return false;
}

static const struct credential {
	const char *prefix;
	enum alphabet alphabet;
	unsigned least, most; /* bytes behind the prefix */
} credentials[] = {
    {"AKIA", UPPER, 16, 16},	  {"ASIA", UPPER, 16, 16},	 {"AIza", DASHED, 35, 35},
    {"ghp_", ALNUM, 36, 255},	  {"gho_", ALNUM, 36, 255},	 {"ghu_", ALNUM, 36, 255},
    {"ghs_", ALNUM, 36, 255},	  {"ghr_", ALNUM, 36, 255},	 {"github_pat_", WORD, 22, 255},
    {"glpat-", DASHED, 20, 300},  {"xoxb-", DASHED, 10, 255},	 {"xoxp-", DASHED, 10, 255},
    {"xoxa-", DASHED, 10, 255},	  {"xoxr-", DASHED, 10, 255},	 {"xoxs-", DASHED, 10, 255},
    {"sk_live_", ALNUM, 16, 255}, {"rk_live_", ALNUM, 16, 255},	 {"npm_", ALNUM, 36, 36},
    {"hf_", ALNUM, 30, 40},	  {"dop_v1_", ALNUM, 64, 64},	 {"pypi-", DASHED, 50, 500},
    {"sk-ant-", DASHED, 32, 255}, {"sk-proj-", DASHED, 32, 255},
};

/* Published samples and fillers: "…EXAMPLE", "xxxx", one letter over and over. */
static bool is_filler(struct slice body)
{
	unsigned char seen[256] = {0};
	unsigned distinct = 0;
	for (size_t i = 0; i < body.n; i++) {
		unsigned char c = (unsigned char)body.p[i];
		distinct += !seen[c];
		seen[c] = 1;
	}
	return distinct < 6 || memmem(body.p, body.n, "EXAMPLE", 7) ||
	       memmem(body.p, body.n, "xxxx", 4) || memmem(body.p, body.n, "XXXX", 4);
}

/* Random texts of this length hold digits and letters both; words of a program do not. */
static bool is_mixed(struct slice body)
{
	unsigned digits = 0, letters = 0;
	for (size_t i = 0; i < body.n; i++) {
		digits += text_is_digit(body.p[i]);
		letters += text_is_letter(body.p[i]);
	}
	return digits && digits + letters >= 8;
}

static bool match_row(const struct audit_view *view, size_t start, const struct credential *row,
		      struct audit_match *ret)
{
	size_t body = start + strlen(row->prefix), n = 0;
	if (!audit_starts(view, start, row->prefix))
		return false;
	if (audit_is_word(audit_byte(view, start - 1)) && !view->loose &&
	    !audit_escape_before(view, start))
		return false;
	while (n <= row->most && is_of(audit_byte(view, body + n), row->alphabet))
		n++;
	struct slice text = slice_make(view->p + body, n);
	if (n < row->least || (n > row->most && !view->loose) ||
	    (row->alphabet != UPPER && !is_mixed(text)))
		return false;
	ret->kind = AUDIT_CREDENTIAL;
	ret->class = is_filler(text) ? AUDIT_DOCUMENTATION : AUDIT_REAL;
	ret->start = start;
	ret->end = body + n;
	return true;
}

/* The pattern hangs on the first of "_-KSz" in the prefix. */
bool audit_match_credential(const struct audit_view *view, struct audit_match *ret)
{
	char hook = view->p[view->at];
	for (size_t i = 0; i < sizeof(credentials) / sizeof(*credentials); i++) {
		const char *at = strchr(credentials[i].prefix, hook);
		size_t before = at ? (size_t)(at - credentials[i].prefix) : 0;
		if (at && before <= view->at &&
		    match_row(view, view->at - before, &credentials[i], ret))
			return true;
	}
	return false;
}

static bool is_base64(char c)
{
	return text_is_alnum(c) || c == '+' || c == '/' || c == '=';
}

bool audit_match_private_key(const struct audit_view *view, struct audit_match *ret)
{
	enum { LABEL = 40, LEAST = 20 };
	size_t start = view->at - 4, i = view->at + 1;
	if (view->at < 4 || !audit_starts(view, start, "-----BEGIN "))
		return false;
	while (i - view->at < LABEL && audit_byte(view, i) != '-')
		i++;
	if (!audit_ends(view, i, "PRIVATE KEY") && !audit_ends(view, i, "PRIVATE KEY BLOCK"))
		return false;
	if (!audit_starts(view, i, "-----"))
		return false;
	ret->end = i += 5;
	/* The line ends, maybe as an escape, maybe with quotes of a source around. */
	for (char c; (c = audit_byte(view, i)) && strchr(" \t\r\n\"'+", c); i++)
		;
	while (audit_byte(view, i) == '\\' && audit_byte(view, i + 1) &&
	       strchr("nr", audit_byte(view, i + 1)))
		i += 2;
	for (char c; (c = audit_byte(view, i)) && strchr(" \t\r\n\"'+", c); i++)
		;
	if (run(view, i, is_base64) < LEAST && !audit_starts(view, i, "Proc-Type:") &&
	    !audit_starts(view, i, "Version:") && !audit_starts(view, i, "Comment:"))
		return false;
	ret->kind = AUDIT_PRIVATE_KEY;
	ret->class = AUDIT_REAL;
	ret->start = start;
	return true;
}

static int base64_value(char c)
{
	if (text_is_upper(c))
		return c - 'A';
	if (text_is_lower(c))
		return c - 'a' + 26;
	if (text_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Whether the base64 is "user:password" in printable ASCII. */
static bool decodes_to_login(struct slice text)
{
	unsigned bits = 0, have = 0;
	size_t colons = 0, n = 0;
	for (size_t i = 0; i < text.n && text.p[i] != '='; i++) {
		int value = base64_value(text.p[i]);
		if (value < 0)
			return false;
		bits = bits << 6 | (unsigned)value;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		unsigned c = bits >> have & 0xff;
		if (c < 0x20 || c >= 0x7f)
			return false;
		colons += c == ':';
		n++;
	}
	return colons && n >= 4;
}

static bool starts_nocase(const struct audit_view *view, size_t i, const char *text)
{
	size_t n = strlen(text);
	return i + n <= view->n && slice_equal_nocase(slice_make(view->p + i, n), text);
}

static size_t skip_blank(const struct audit_view *view, size_t i)
{
	size_t start = i;
	while (audit_byte(view, i) == ' ' || audit_byte(view, i) == '+')
		i++;
	if (audit_starts(view, i, "%20"))
		i += 3;
	return i > start ? i : 0;
}

bool audit_match_authorization(const struct audit_view *view, struct audit_match *ret)
{
	enum { LEAST = 16 };
	bool basic = starts_nocase(view, view->at, "basic");
	if (!basic && !starts_nocase(view, view->at, "bearer"))
		return false;
	if (audit_is_word(audit_byte(view, view->at - 1)) && !view->loose)
		return false;
	size_t i = skip_blank(view, view->at + (basic ? 5 : 6));
	if (!i)
		return false;
	size_t n = run(view, i, basic ? is_base64 : is_token);
	struct slice value = slice_make(view->p + i, n);
	if (basic ? n < 8 || !decodes_to_login(value)
		  : n < LEAST || !is_mixed(value) || slice_starts(value, "eyJ"))
		return false; /* a JWT is told as one */
	ret->kind = AUDIT_AUTHORIZATION;
	ret->class = !basic && is_filler(value) ? AUDIT_DOCUMENTATION : AUDIT_REAL;
	ret->start = view->at;
	ret->end = i + n;
	return true;
}

enum { NAME_MAX_BYTES = 32 };

/* `plain`: any value is a secret; otherwise it must be one that was issued: long, with digits. */
static bool is_secret_name(struct slice name, bool *ret_plain)
{
	static const char *const plain[] = {"password", "passwd",     "pwd",
					    "pass",	"passphrase", "userpassword"};
	static const char *const issued[] = {
	    "token",	     "accesstoken", "refreshtoken", "idtoken", "authtoken",
	    "csrftoken",     "apikey",	    "apitoken",	    "secret",  "clientsecret",
	    "secretkey",     "accesskey",   "privatetoken", "session", "sessionid",
	    "sessid",	     "phpsessid",   "jsessionid",   "sid",     "auth",
	    "authorization", "jwt",	    "resettoken",
	};
	char folded[NAME_MAX_BYTES];
	size_t n = 0;
	for (size_t i = 0; i < name.n; i++)
		if (text_is_alnum(name.p[i]))
			folded[n++] = slice_lower(name.p[i]);
	struct slice all = slice_make(folded, n);
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (slice_is(all, plain[i]))
			return *ret_plain = true;
	for (size_t i = 0; i < sizeof(issued) / sizeof(*issued); i++)
		if (slice_is(all, issued[i])) {
			*ret_plain = false;
			return true;
		}
	return false;
}

static bool is_value(char c)
{
	return c > ' ' && c < 0x7f && !strchr("&\"'<>#;,)]}\\`|", c);
}

/* Only where a query is: behind ? or & (or ;, of "&amp;" and of paths). In programs "password=" is
 * nearly always a name. */
bool audit_match_query(const struct audit_view *view, struct audit_match *ret)
{
	size_t start = view->at, value = view->at + 1;
	bool plain = false;
	while (view->at - start < NAME_MAX_BYTES && is_base64url(audit_byte(view, start - 1)))
		start--;
	char before = audit_byte(view, start - 1);
	if (start == view->at || (before != '?' && before != '&' && before != ';') ||
	    !is_secret_name(slice_make(view->p + start, view->at - start), &plain))
		return false;
	size_t n = run(view, value, is_value);
	struct slice text = slice_make(view->p + value, n);
	if (n < (plain ? 4 : 8) || strchr("$%{<[*.(=", text.p[0]) || text.p[0] == ':')
		return false;
	if (!plain && !is_mixed(text))
		return false;
	ret->kind = AUDIT_QUERY;
	ret->class = is_filler(text) && (!plain || text.p[0] == text.p[1]) ? AUDIT_DOCUMENTATION
									   : AUDIT_REAL;
	ret->start = start;
	ret->end = value + n;
	return true;
}
