/* First line: the peer; the rest: an X-Forwarded-For list. */
#include <assert.h>
#include "aggregate/veil/address.h"

static void check(struct slice text)
{
	static const uint8_t zeros[16], mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	struct address a;
	address_parse(text, &a);
	assert(a.kind != ADDRESS_NAME || memcmp(a.bytes, zeros, 16) == 0);
	assert(a.kind == ADDRESS_NAME ||
	       (a.kind == ADDRESS_V4) == (memcmp(a.bytes, mapped, 12) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct slice all = slice_make((const char *)bytes, n), text;
	struct slice peer = slice_make(all.p, slice_find(all, '\n'));
	struct slice list = slice_from_byte(all, peer.n + 1);
	struct address_ranges *trusted = address_ranges_new();
	struct address got;
	address_ranges_add(trusted, "10.0.0.0/8", NULL);
	check(peer);
	address_behind(trusted, peer, list, &got, &text);
	assert(text.n == 0 || (text.p >= all.p && text.p + text.n <= all.p + n));
	address_ranges_free(trusted);
	return 0;
}
