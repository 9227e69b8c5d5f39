/*
 * audit_scan.c: the window and the search for candidates. Most bytes are passed over by one look
 * into a table; the few that a pattern can hang on are tried with their neighbours before a pattern
 * is called at all. That is what makes the difference between 30 and some 100 MB/s.
 */
#include "export/audit_scan.h"
#include <stdlib.h>
#include "export/audit_match.h"

#ifndef AUDIT_WINDOW /* tests make it small, so that everything is cut somewhere */
#define AUDIT_WINDOW (256 * 1024)
#endif
enum { PAD = 8, SIZE = AUDIT_WINDOW };

/* Candidates are judged when AUDIT_AHEAD bytes behind them are there; AUDIT_BEHIND bytes before
 * the next one are kept. */
struct audit_scan {
	audit_found *found;
	void *context;
	bool loose;
	uint64_t base;	  /* offset in the stream of window[PAD] */
	uint64_t covered; /* end of what was found last, so that nothing is found twice */
	size_t n, next;	  /* bytes in the window; the first that was not judged */
	char window[PAD + SIZE + PAD];
};

const char *audit_kind_name(enum audit_kind kind)
{
	static const char *const names[AUDIT_KIND__COUNT] = {
	    "ipv4",	   "ipv6",	    "host-address", "email",	"jwt",	"credential",
	    "private-key", "authorization", "query",	    "userinfo", "card", "placeholder",
	};
	return names[kind];
}

const char *audit_class_name(enum audit_class class)
{
	static const char *const names[AUDIT_CLASS__COUNT] = {"real",	"private", "documentation",
							      "masked", "local",   "version"};
	return names[class];
}

bool audit_class_counts(enum audit_class class)
{
	return class == AUDIT_REAL || class == AUDIT_PRIVATE;
}

struct audit_scan *audit_scan_new(audit_found *found, void *context)
{
	struct audit_scan *scan = calloc(1, sizeof(*scan));
	if (!scan)
		return NULL;
	scan->found = found;
	scan->context = context;
	return scan;
}

void audit_scan_free(struct audit_scan *scan)
{
	free(scan);
}

void audit_scan_begin(struct audit_scan *scan, bool loose)
{
	memset(scan->window, 0, PAD);
	scan->loose = loose;
	scan->base = scan->covered = 0;
	scan->n = scan->next = 0;
}

/* The bytes that patterns hang on. */
static const unsigned char interesting[256] = {
    ['.'] = 1, [':'] = 1, ['%'] = 1, ['@'] = 1, ['-'] = 1, ['_'] = 1, ['='] = 1,
    ['x'] = 1, ['J'] = 1, ['K'] = 1, ['S'] = 1, ['z'] = 1, ['B'] = 1, ['b'] = 1,
    ['{'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1,
};

static bool is_xdigit(char c)
{
	return text_hex(c) >= 0;
}

/* The window has PAD bytes on both sides, so p[-4] and p[4] can be read. */
static bool match_dot(const char *p, const struct audit_view *view, struct audit_match *ret)
{
	if (p[1] == 'i' && p[2] == 'p' && p[3] == '6')
		return audit_match_arpa(view, ret);
	if (text_is_digit(p[-1]) && text_is_digit(p[1]) && audit_match_v4(view, ret))
		return true;
	return is_xdigit(p[-1]) && is_xdigit(p[-2]) && is_xdigit(p[-3]) && is_xdigit(p[-4]) &&
	       text_is_alnum(p[1]) && audit_match_hex_host(view, ret);
}

static bool match_percent(const char *p, const struct audit_view *view, struct audit_match *ret)
{
	if (p[1] == '2' && p[2] == '5')
		p += 2; /* encoded twice */
	if (p[1] == '4' && p[2] == '0')
		return audit_match_email(view, ret);
	return p[1] == '3' && (p[2] == 'A' || p[2] == 'a') && audit_match_v6(view, ret);
}

/* The two bytes in front of the hook of a prefix in audit_secret.c: gh?_, github_pat_, sk_, rk_,
 * npm_, hf_, dop_v1_, and glpat-, xox?-, pypi-, sk-. */
static bool ends_prefix(const char *p)
{
	char a = p[-2], b = p[-1];
	if (*p == '_')
		return (a == 'h' &&
			(b == 'p' || b == 'o' || b == 'u' || b == 's' || b == 'r' || b == 'f')) ||
		       (a == 'u' && b == 'b') || (b == 'k' && (a == 's' || a == 'r')) ||
		       (a == 'p' && b == 'm') || (a == 'o' && b == 'p');
	return (a == 'a' && b == 't') || (a == 's' && b == 'k') || (a == 'p' && b == 'i') ||
	       (a == 'x' && (b == 'b' || b == 'p' || b == 'a' || b == 'r' || b == 's'));
}

static bool match_hyphen(const char *p, const struct audit_view *view, struct audit_match *ret)
{
	if (p[1] == 'B')
		return audit_match_private_key(view, ret);
	if (text_is_digit(p[-1]))
		return text_is_digit(p[1]) && audit_match_host(view, ret);
	return ends_prefix(p) && audit_match_credential(view, ret);
}

static bool match_digit(const char *p, const struct audit_view *view, struct audit_match *ret)
{
	return !text_is_digit(p[-1]) && text_is_digit(p[1]) && text_is_digit(p[2]) &&
	       text_is_digit(p[3]) && audit_match_card(view, ret);
}

static bool match(const char *p, const struct audit_view *view, struct audit_match *ret)
{
	switch (*p) {
	case '.':
		return match_dot(p, view, ret);
	case ':':
		return (p[1] == ':' || is_xdigit(p[1])) && audit_match_v6(view, ret);
	case '%':
		return match_percent(p, view, ret);
	case '@':
		return text_is_alnum(p[1]) && audit_match_email(view, ret);
	case '-':
		return match_hyphen(p, view, ret);
	case 'x':
		return text_is_digit(p[-1]) && text_is_digit(p[1]) && audit_match_host(view, ret);
	case '_':
		return ends_prefix(p) && audit_match_credential(view, ret);
	case 'K':
		return p[-1] == 'A' && p[1] == 'I' && audit_match_credential(view, ret);
	case 'S':
		return p[-1] == 'A' && p[1] == 'I' && audit_match_credential(view, ret);
	case 'z':
		return p[-1] == 'I' && p[1] == 'a' && audit_match_credential(view, ret);
	case 'J':
		return p[-1] == 'y' && p[-2] == 'e' && audit_match_jwt(view, ret);
	case 'B':
	case 'b':
		return ((p[1] | 0x20) == 'a' || (p[1] | 0x20) == 'e') &&
		       ((p[2] | 0x20) == 's' || (p[2] | 0x20) == 'a') &&
		       audit_match_authorization(view, ret);
	case '=':
		return text_is_alnum(p[-1]) && audit_match_query(view, ret);
	case '{':
		return text_is_lower(p[1]) && audit_match_placeholder(view, ret);
	default:
		return match_digit(p, view, ret);
	}
}

static void judge(struct audit_scan *scan, size_t at)
{
	const char *bytes = scan->window + PAD;
	size_t from = at > AUDIT_BEHIND ? at - AUDIT_BEHIND : 0;
	size_t to = scan->n - at > AUDIT_AHEAD ? at + AUDIT_AHEAD : scan->n;
	struct audit_view view = {bytes + from, to - from, at - from, scan->loose};
	struct audit_match got;
	if (!match(bytes + at, &view, &got))
		return;
	uint64_t offset = scan->base + from + got.start;
	if (offset < scan->covered)
		return;
	scan->covered = scan->base + from + got.end;
	struct audit_finding finding = {offset, got.kind, got.class};
	scan->found(scan->context, &finding);
}

static void judge_until(struct audit_scan *scan, size_t stop)
{
	const char *bytes = scan->window + PAD;
	size_t i = scan->next;
	while (i < stop) {
		while (stop - i >= 4 && !(interesting[(unsigned char)bytes[i]] |
					  interesting[(unsigned char)bytes[i + 1]] |
					  interesting[(unsigned char)bytes[i + 2]] |
					  interesting[(unsigned char)bytes[i + 3]]))
			i += 4;
		for (size_t end = stop - i >= 4 ? i + 4 : stop; i < end; i++)
			if (interesting[(unsigned char)bytes[i]])
				judge(scan, i);
	}
	if (i > scan->next)
		scan->next = i;
}

char *audit_scan_space(struct audit_scan *scan, size_t *ret_cap)
{
	*ret_cap = SIZE - scan->n;
	return scan->window + PAD + scan->n;
}

void audit_scan_added(struct audit_scan *scan, size_t n)
{
	scan->n += n;
	if (scan->n < SIZE)
		return; /* a full window costs one move per 256 KiB */
	judge_until(scan, scan->n - AUDIT_AHEAD);
	size_t drop = scan->next - AUDIT_BEHIND;
	char *bytes = scan->window + PAD;
	memmove(bytes, bytes + drop, scan->n - drop);
	scan->base += drop;
	scan->n -= drop;
	scan->next -= drop;
}

void audit_scan_end(struct audit_scan *scan)
{
	memset(scan->window + PAD + scan->n, 0, PAD);
	judge_until(scan, scan->n);
}
