#include "aggregate/tally/slots.h"
#include <assert.h>
#include <stdio.h>
#include "aggregate/veil/hit.h"
#include "aggregate/veil/path.h"
#include "aggregate/veil/referrer.h"

_Static_assert((int)METHOD__COUNT <= (int)SLOTS_METHOD, "methods fit their slots");
_Static_assert((int)PROTOCOL__COUNT <= (int)SLOTS_PROTOCOL, "protocols fit their slots");
_Static_assert((int)CONTENT__COUNT <= (int)SLOTS_CONTENT, "content classes fit their slots");
_Static_assert((int)REFERRER__COUNT <= (int)SLOTS_REFERRER_CLASS, "classes fit their slots");
_Static_assert((int)HIT_GOALS_MAX <= (int)SLOTS_GOAL, "goals fit their slots");

static const struct slots_range ranges[] = {
    {DIM_STATUS, SLOT_STATUS, SLOTS_STATUS},
    {DIM_HOUR, SLOT_HOUR, SLOTS_HOUR},
    {DIM_METHOD, SLOT_METHOD, SLOTS_METHOD},
    {DIM_PROTOCOL, SLOT_PROTOCOL, SLOTS_PROTOCOL},
    {DIM_CONTENT_CLASS, SLOT_CONTENT, SLOTS_CONTENT},
    {DIM_REFERRER_CLASS, SLOT_REFERRER_CLASS, SLOTS_REFERRER_CLASS},
    {DIM_SEARCH_ENGINE, SLOT_ENGINE, SLOTS_ENGINE},
    {DIM_LATENCY, SLOT_LATENCY, SLOTS_LATENCY},
    {DIM_SIZE, SLOT_SIZE, SLOTS_SIZE},
    {DIM_GOAL, SLOT_GOAL, SLOTS_GOAL},
};

/*
 * IANA's HTTP status code registry, and what nginx (444, 494-499), Apache, IIS (440, 449), AWS load
 * balancers (460-464, 561), Cloudflare (520-530), and WebDAV servers write. 0 is "not logged".
 */
static const uint16_t codes[] = {
    0,	 100, 101, 102, 103, 104, 200, 201, 202, 203, 204, 205, 206, 207, 208, 218, 226,
    300, 301, 302, 303, 304, 305, 306, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407,
    408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 419, 420, 421, 422, 423, 424,
    425, 426, 428, 429, 430, 431, 440, 444, 449, 450, 451, 460, 461, 463, 464, 494, 495,
    496, 497, 498, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 510, 511, 520,
    521, 522, 523, 524, 525, 526, 527, 529, 530, 540, 561, 598, 599, 783, 999,
};
enum { CODES = sizeof(codes) / sizeof(*codes), STATUS_OTHER = SLOTS_STATUS - 1 };
_Static_assert((int)CODES < (int)STATUS_OTHER, "status codes fit their slots");

const struct slots_range *slots_ranges(unsigned *ret_n)
{
	*ret_n = sizeof(ranges) / sizeof(*ranges);
	return ranges;
}

unsigned slots_status(uint16_t status)
{
	unsigned low = 0, high = CODES;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (codes[middle] == status)
			return middle;
		if (codes[middle] < status)
			low = middle + 1;
		else
			high = middle;
	}
	return STATUS_OTHER;
}

static unsigned bit_length(uint64_t v)
{
	return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

unsigned slots_latency(uint32_t duration_us)
{
	unsigned slot = bit_length(duration_us / 1000); /* 0: under 1 ms; 17: 64 s and more */
	return slot < 17 ? slot : 17;
}

unsigned slots_size(uint64_t bytes)
{
	unsigned slot = bit_length(bytes);
	return slot < SLOTS_SIZE ? slot : SLOTS_SIZE - 1;
}

/* "1-2 ms", ">= 65536 ms": the bounds are in the key, which is a label like any other. */
static void latency_key(unsigned slot, char out[SLOT_KEY_MAX])
{
	if (slot == 0)
		snprintf(out, SLOT_KEY_MAX, "under 1 ms");
	else if (slot >= 17)
		snprintf(out, SLOT_KEY_MAX, "65536 ms or more");
	else
		snprintf(out, SLOT_KEY_MAX, "%u-%u ms", 1u << (slot - 1), 1u << slot);
}

static void size_unit(uint64_t bytes, char out[16])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	unsigned unit = 0;
	for (; bytes >= 1024 && unit < 4; unit++)
		bytes /= 1024;
	snprintf(out, 16, "%u %s", (unsigned)bytes, units[unit]);
}

static void size_key(unsigned slot, char out[SLOT_KEY_MAX])
{
	char low[16], high[16];
	if (slot == 0) {
		snprintf(out, SLOT_KEY_MAX, "0 B");
		return;
	}
	size_unit(1ull << (slot - 1), low);
	size_unit(1ull << slot, high);
	if (slot == SLOTS_SIZE - 1)
		snprintf(out, SLOT_KEY_MAX, "%s or more", low);
	else
		snprintf(out, SLOT_KEY_MAX, "%s - %s", low, high);
}

static void status_key(unsigned slot, char out[SLOT_KEY_MAX])
{
	if (slot == 0)
		snprintf(out, SLOT_KEY_MAX, "(none)");
	else if (slot < CODES)
		snprintf(out, SLOT_KEY_MAX, "%u", codes[slot]);
	else
		snprintf(out, SLOT_KEY_MAX, "(unknown)");
}

void slots_key(unsigned slot, const char *const *goals, char out[SLOT_KEY_MAX])
{
	const char *text = "";
	assert(slot < SLOT__COUNT);
	if (slot < SLOT_HOUR) {
		status_key(slot - SLOT_STATUS, out);
		return;
	} else if (slot < SLOT_METHOD) {
		snprintf(out, SLOT_KEY_MAX, "%02u", slot - SLOT_HOUR);
		return;
	} else if (slot < SLOT_PROTOCOL) {
		text = hit_method_name(slot - SLOT_METHOD);
	} else if (slot < SLOT_CONTENT) {
		text = hit_protocol_name(slot - SLOT_PROTOCOL);
	} else if (slot < SLOT_REFERRER_CLASS) {
		text = path_content_name((enum content_class)(slot - SLOT_CONTENT));
	} else if (slot < SLOT_ENGINE) {
		text = referrer_class_name(slot - SLOT_REFERRER_CLASS);
	} else if (slot < SLOT_LATENCY) {
		text = referrer_engine_name(slot - SLOT_ENGINE);
	} else if (slot < SLOT_SIZE) {
		latency_key(slot - SLOT_LATENCY, out);
		return;
	} else if (slot < SLOT_GOAL) {
		size_key(slot - SLOT_SIZE, out);
		return;
	} else {
		assert(slot < SLOT_PAID);
		text = goals[slot - SLOT_GOAL];
	}
	snprintf(out, SLOT_KEY_MAX, "%s", text);
}
