/*
 * address.h: client addresses as logs write them.
 */
#ifndef VEIL_ADDRESS_H
#define VEIL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/slice.h"

enum address_kind {
	ADDRESS_V4,
	ADDRESS_V6,
	ADDRESS_NAME, /* a host name or junk: no address, a kind of its own */
};

/*
 * 16 bytes in network order; IPv4 a.b.c.d is ::ffff:a.b.c.d, so that both spellings are the same
 * address. For ADDRESS_NAME the bytes are zero and the text itself identifies the client.
 */
struct address {
	uint8_t bytes[16];
	uint8_t kind; /* enum address_kind */
};

/*
 * Takes "192.0.2.1", "192.0.2.1:1234", "2001:db8::1", "[2001:db8::1]:443", "fe80::1%eth0",
 * "::ffff:192.0.2.1",
 * "[::ffff:c000:201]", "unix:" … apart; blanks and quotes around are dropped. What is no address
 * becomes ADDRESS_NAME. IPv4 is strict dotted decimal without leading zeros; IPv6 is RFC 4291 text.
 * Never fails, never allocates.
 */
void address_parse(struct slice text, struct address *ret);

/* How many leading bytes of .bytes make the unit (v4: 16, v6: 8 = /64) and the gate's unit (v4: 16,
 * v6: 6 = /48). */
size_t address_unit_bytes(const struct address *address);
size_t address_gate_bytes(const struct address *address);

/* A set of CIDR ranges: "10.0.0.0/8", "2001:db8::/32", "192.0.2.7". */
struct address_ranges;
struct address_ranges *address_ranges_new(void);
void address_ranges_free(struct address_ranges *ranges);
int address_ranges_add(struct address_ranges *ranges, const char *cidr, struct error *error);
bool address_ranges_hold(const struct address_ranges *ranges, const struct address *address);
size_t address_ranges_count(const struct address_ranges *ranges);

/*
 * The client behind trusted proxies: when `peer` is trusted, the rightmost entry of the
 * X-Forwarded-For list that is not trusted; junk there is ADDRESS_NAME (*ret_text says which text).
 * When all are trusted the leftmost. When `peer` is not trusted, or the list is empty, the peer
 * itself.
 */
void address_behind(const struct address_ranges *trusted, struct slice peer, struct slice forwarded,
		    struct address *ret, struct slice *ret_text);

#endif
