#include "base/pack.h"
#include <stdlib.h>

enum { FIRST = 256, NUMBER_MAX = 10 };

void pack_clear(struct pack *pack)
{
	pack->n = 0;
}

void pack_release(struct pack *pack)
{
	free(pack->p);
	*pack = (struct pack){0};
}

static bool room(struct pack *pack, size_t n)
{
	if (pack->failed)
		return false;
	if (pack->n + n <= pack->cap)
		return true;
	size_t cap = pack->cap ? pack->cap : FIRST;
	while (cap < pack->n + n)
		cap *= 2;
	uint8_t *p = realloc(pack->p, cap);
	pack->failed = !p;
	if (!p)
		return false;
	pack->p = p;
	pack->cap = cap;
	return true;
}

void pack_number(struct pack *pack, uint64_t value)
{
	if (!room(pack, NUMBER_MAX))
		return;
	for (; value >= 0x80; value >>= 7)
		pack->p[pack->n++] = (uint8_t)(value | 0x80);
	pack->p[pack->n++] = (uint8_t)value;
}

void pack_signed(struct pack *pack, int64_t value)
{
	pack_number(pack, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

void pack_fixed(struct pack *pack, uint64_t value)
{
	uint8_t bytes[8];
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	pack_bytes(pack, bytes, sizeof(bytes));
}

void pack_bytes(struct pack *pack, const void *bytes, size_t n)
{
	if (!n || !room(pack, n))
		return;
	memcpy(pack->p + pack->n, bytes, n);
	pack->n += n;
}

void pack_text(struct pack *pack, struct slice text)
{
	pack_number(pack, text.n);
	pack_bytes(pack, text.p, text.n);
}

struct unpack unpack_from(struct slice bytes)
{
	return (struct unpack){.p = (const uint8_t *)bytes.p, .n = bytes.n};
}

uint64_t unpack_number(struct unpack *unpack)
{
	uint64_t value = 0;
	for (unsigned shift = 0; unpack->n && shift < 64; shift += 7) {
		uint8_t byte = *unpack->p++;
		unpack->n--;
		if (shift == 63 && byte > 1)
			break; /* more than 64 bits */
		value |= (uint64_t)(byte & 0x7F) << shift;
		if (!(byte & 0x80))
			return unpack->failed ? 0 : value;
	}
	unpack->failed = true;
	return 0;
}

int64_t unpack_signed(struct unpack *unpack)
{
	uint64_t value = unpack_number(unpack);
	return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}

uint64_t unpack_fixed(struct unpack *unpack)
{
	uint64_t value = 0;
	struct slice bytes = unpack_bytes(unpack, 8);
	for (size_t i = 0; i < bytes.n; i++)
		value |= (uint64_t)(uint8_t)bytes.p[i] << (8 * i);
	return value;
}

struct slice unpack_bytes(struct unpack *unpack, size_t n)
{
	if (unpack->failed || n > unpack->n) {
		unpack->failed = true;
		return slice_make(NULL, 0);
	}
	struct slice bytes = slice_make((const char *)unpack->p, n);
	unpack->p += n;
	unpack->n -= n;
	return bytes;
}

struct slice unpack_text(struct unpack *unpack)
{
	uint64_t n = unpack_number(unpack);
	if (n > unpack->n)
		unpack->failed = true;
	return unpack_bytes(unpack, unpack->failed ? 0 : (size_t)n);
}
