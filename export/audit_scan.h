/*
 * audit_scan.h: looks through a stream of bytes for anything that looks like an identity.
 *
 * The stream comes in pieces of any size; memory is bounded by one window. What is found depends
 * on the bytes alone, never on how they were cut: each candidate is judged once, with the same
 * number of bytes on both sides in view.
 */
#ifndef EXPORT_AUDIT_SCAN_H
#define EXPORT_AUDIT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum audit_kind {
	AUDIT_IPV4,
	AUDIT_IPV6,
	AUDIT_HOST, /* an address written into a host name */
	AUDIT_EMAIL,
	AUDIT_JWT,
	AUDIT_CREDENTIAL,    /* issued keys that a prefix gives away: AKIA…, ghp_…, AIza… */
	AUDIT_PRIVATE_KEY,   /* PEM */
	AUDIT_AUTHORIZATION, /* the value of Basic or Bearer */
	AUDIT_QUERY,	     /* ?password=…, &token=… */
	AUDIT_USERINFO,	     /* scheme://user:password@host */
	AUDIT_CARD,	     /* payment card number */
	AUDIT_PLACEHOLDER,   /* {ip}, {email}: what veiltally writes instead */
	AUDIT_KIND__COUNT
};

/* Of these, REAL and PRIVATE count; the others are reported apart. */
enum audit_class {
	AUDIT_REAL,
	AUDIT_PRIVATE,	     /* RFC 1918, RFC 6598, fc00::/7: on a LAN it is one person's machine */
	AUDIT_DOCUMENTATION, /* set aside for examples, or a published sample */
	AUDIT_MASKED,	     /* a network of at least a /24 or /48, a placeholder */
	AUDIT_LOCAL,	     /* loopback, unspecified, link-local, multicast, reserved */
	AUDIT_VERSION,	     /* four numbers that their surroundings call a version or a section */
	AUDIT_CLASS__COUNT
};

struct audit_finding {
	uint64_t offset; /* of its first byte in the stream */
	enum audit_kind kind;
	enum audit_class class;
};

/* Words of lower case, for printing and for the list of accepted findings. */
const char *audit_kind_name(enum audit_kind kind);
const char *audit_class_name(enum audit_class class);
bool audit_class_counts(enum audit_class class);

struct audit_scan;
typedef void audit_found(void *context, const struct audit_finding *finding);

/* `found` is called in the order of the stream. NULL when memory is out. */
struct audit_scan *audit_scan_new(audit_found *found, void *context);
void audit_scan_free(struct audit_scan *scan);

/*
 * Starts a new stream. loose: values may stand side by side without anything between them, as in
 * the records of a SQLite page, so letters and digits next to an address do not speak against it.
 */
void audit_scan_begin(struct audit_scan *scan, bool loose);

/* Where the next bytes of the stream go, at least one; valid until audit_scan_added. */
char *audit_scan_space(struct audit_scan *scan, size_t *ret_cap);
void audit_scan_added(struct audit_scan *scan, size_t n);
void audit_scan_end(struct audit_scan *scan); /* judges what was still waiting for more bytes */

#endif
