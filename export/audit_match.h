/*
 * audit_match.h: the patterns of the audit, each judging one candidate, for audit_scan.c.
 *
 * A pattern hangs on one byte that it cannot do without and that texts do not have many of (the
 * first dot of an address, the @ of an e-mail). It looks back and forth from there within the view
 * and says what it found, or false. Nothing here allocates, fails or remembers.
 */
#ifndef EXPORT_AUDIT_MATCH_H
#define EXPORT_AUDIT_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "aggregate/veil/text.h"
#include "export/audit_scan.h"

/* How far a pattern may look from its byte. Behind: the header of a JWT, the longest thing that is
 * read backwards. */
enum { AUDIT_BEHIND = 1024, AUDIT_AHEAD = 1024 };

struct audit_view {
	const char *p;
	size_t n;
	size_t at;  /* the byte that the pattern hangs on */
	bool loose; /* see audit_scan_begin */
};

struct audit_match {
	size_t start, end; /* in the view */
	enum audit_kind kind;
	enum audit_class class;
};

/* Outside of the view (also for i - 1 when i is 0) there is a NUL. */
static inline char audit_byte(const struct audit_view *view, size_t i)
{
	return i < view->n ? view->p[i] : '\0';
}

static inline bool audit_is_word(char c)
{
	return text_is_alnum(c) || c == '_';
}

static inline bool audit_starts(const struct audit_view *view, size_t i, const char *text)
{
	size_t n = strlen(text);
	return i <= view->n && view->n - i >= n && memcmp(view->p + i, text, n) == 0;
}

/* Whether `text` ends right before i. */
static inline bool audit_ends(const struct audit_view *view, size_t i, const char *text)
{
	size_t n = strlen(text);
	return i >= n && audit_starts(view, i - n, text);
}

/* Length of `c` at i: 1 plain, 3 as %XX, 5 as %25XX; 0 when it is not there. */
size_t audit_encoded(const struct audit_view *view, size_t i, char c);
/* Whether an escape (%20, \x22, \u0022, \n, \t) ends right before i, so that a word may begin
 * there. */
bool audit_escape_before(const struct audit_view *view, size_t i);

/*
 * What follows an address or a label: ".label.label…". Returns how many labels, 0 when the text
 * does not go on as a host name; *ret_end is behind the last. *ret_file says that the last one is
 * the extension of a file rather than a top-level domain.
 */
unsigned audit_host_tail(const struct audit_view *view, size_t i, size_t *ret_end, bool *ret_file);
/* The same over one word. */
bool audit_is_extension(struct slice word);

/* Whether what stands around [start, end) calls four numbers a version. Strong words count in any
 * case, a hyphen or letter beside it only when the numbers are small. */
bool audit_is_version(const struct audit_view *view, size_t start, size_t end,
		      const unsigned char octets[4]);

enum audit_class audit_class_v4(const unsigned char octets[4]);
enum audit_class audit_class_v6(const unsigned char bytes[16]);

/* Up to 3 digits in front of i that can be an octet: where they begin, or i when there are none. */
size_t audit_octet_back(const struct audit_view *view, size_t i);
/*
 * Four octets from `start`, with `separator` between them. Returns the end, or 0. Leading zeros
 * only where all four have three digits.
 */
size_t audit_read_quad(const struct audit_view *view, size_t start, char separator,
		       unsigned char ret[4]);

bool audit_match_v4(const struct audit_view *view, struct audit_match *ret);   /* at its 1st dot */
bool audit_match_v6(const struct audit_view *view, struct audit_match *ret);   /* 1st : or %3A */
bool audit_match_host(const struct audit_view *view, struct audit_match *ret); /* 1st - or x */
bool audit_match_hex_host(const struct audit_view *view, struct audit_match *ret); /* the dot */
bool audit_match_arpa(const struct audit_view *view, struct audit_match *ret);	   /* ".ip6.arpa" */
bool audit_match_email(const struct audit_view *view, struct audit_match *ret);	   /* @, %40 */
bool audit_match_jwt(const struct audit_view *view, struct audit_match *ret);	   /* J of eyJ */
bool audit_match_credential(const struct audit_view *view, struct audit_match *ret);
bool audit_match_private_key(const struct audit_view *view, struct audit_match *ret);	/* -B */
bool audit_match_authorization(const struct audit_view *view, struct audit_match *ret); /* B, b */
bool audit_match_query(const struct audit_view *view, struct audit_match *ret);		/* = */
bool audit_match_card(const struct audit_view *view, struct audit_match *ret); /* 1st digit */
bool audit_match_placeholder(const struct audit_view *view, struct audit_match *ret); /* { */

#endif
