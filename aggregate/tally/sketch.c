/*
 * Two forms. Sparse: a sorted list of 4-byte entries, index of 26 bits and rank of 6, so that 512
 * of them weigh as much as the dense form and the estimate is the length of the list (two of 512
 * things share an index with p = 0.002). Dense: 2^11 registers of one byte. A sparse entry has all
 * that the dense form asks of a hash, so the state depends only on the set of hashes, not on their
 * order or on where the sketches were merged.
 *
 * Rejected: 6-bit packed registers (a quarter less memory, three times the time of a merge), and a
 * hash table for the sparse form (merging two sorted lists is one pass, and moving 2 KiB costs less
 * than a cache miss).
 */
#include "aggregate/tally/sketch.h"
#include <math.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	DENSE_BITS = 11,
	REGISTERS = 1 << DENSE_BITS,
	SPARSE_BITS = 26,
	RANK_BITS = 6,
	SPARSE_MAX = REGISTERS / 4, /* entries; then the registers are not larger */
	SPARSE_MIN = 8,
};

struct sketch {
	uint32_t *sparse;   /* ascending by index; NULL when dense or empty */
	uint8_t *registers; /* NULL when sparse */
	uint32_t n, cap;    /* of sparse */
};

struct sketch *sketch_new(void)
{
	return calloc(1, sizeof(struct sketch));
}

void sketch_free(struct sketch *sketch)
{
	if (!sketch)
		return;
	free(sketch->sparse);
	free(sketch->registers);
	free(sketch);
}

size_t sketch_held(const struct sketch *sketch)
{
	return sizeof(*sketch) + sketch->cap * sizeof(*sketch->sparse) +
	       (sketch->registers ? REGISTERS : 0);
}

/* 1 + the number of leading zeros among the lowest `bits` bits. */
static unsigned rank_of(uint64_t value, unsigned bits)
{
	value <<= 64 - bits;
	return value ? 1 + (unsigned)__builtin_clzll(value) : bits + 1;
}

static uint32_t index_of(uint32_t entry)
{
	return entry >> RANK_BITS;
}

static unsigned rank_of_entry(uint32_t entry)
{
	return entry & ((1u << RANK_BITS) - 1);
}

static void raise(uint8_t *registers, uint32_t index, unsigned rank)
{
	assert(registers);
	if (registers[index] < rank)
		registers[index] = (uint8_t)rank;
}

/* The dense index is the upper part of the sparse one; the rank goes on counting in its lower part.
 */
static void raise_by_entry(uint8_t *registers, uint32_t entry)
{
	enum { REST = SPARSE_BITS - DENSE_BITS };
	uint32_t index = index_of(entry), low = index & ((1u << REST) - 1);
	unsigned rank = rank_of_entry(entry);
	raise(registers, index >> REST, low ? rank_of(low, REST) : REST + rank);
}

static int make_dense(struct sketch *sketch)
{
	if (sketch->registers)
		return 0;
	uint8_t *registers = calloc(REGISTERS, 1);
	if (!registers)
		return -1;
	for (uint32_t i = 0; i < sketch->n; i++)
		raise_by_entry(registers, sketch->sparse[i]);
	free(sketch->sparse);
	*sketch = (struct sketch){.registers = registers};
	return 0;
}

/* The first entry whose index is not below that of `entry`. */
static uint32_t find(const struct sketch *sketch, uint32_t entry)
{
	uint32_t low = 0, high = sketch->n;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (index_of(sketch->sparse[middle]) < index_of(entry))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int grow(struct sketch *sketch)
{
	uint32_t cap = sketch->cap ? sketch->cap * 2 : SPARSE_MIN;
	uint32_t *grown = realloc(sketch->sparse, cap * sizeof(*grown));
	if (!grown)
		return -1;
	sketch->sparse = grown;
	sketch->cap = cap;
	return 0;
}

static int sparse_add(struct sketch *sketch, uint32_t entry)
{
	uint32_t at = find(sketch, entry);
	uint32_t *held = sketch->sparse ? sketch->sparse + at : NULL;
	if (held && at < sketch->n && index_of(*held) == index_of(entry)) {
		if (*held < entry)
			*held = entry;
		return 0;
	}
	if (sketch->n == SPARSE_MAX) {
		if (make_dense(sketch))
			return -1;
		raise_by_entry(sketch->registers, entry);
		return 0;
	}
	if (sketch->n == sketch->cap && grow(sketch))
		return -1;
	memmove(sketch->sparse + at + 1, sketch->sparse + at,
		(sketch->n - at) * sizeof(*sketch->sparse));
	sketch->sparse[at] = entry;
	sketch->n++;
	return 0;
}

int sketch_add(struct sketch *sketch, uint64_t hash)
{
	if (sketch->registers) {
		raise(sketch->registers, (uint32_t)(hash >> (64 - DENSE_BITS)),
		      rank_of(hash, 64 - DENSE_BITS));
		return 0;
	}
	uint32_t index = (uint32_t)(hash >> (64 - SPARSE_BITS));
	return sparse_add(sketch, index << RANK_BITS | rank_of(hash, 64 - SPARSE_BITS));
}

/* One pass over two ascending lists; of two entries with one index the greater rank. */
static uint32_t merge_lists(const struct sketch *a, const struct sketch *b, uint32_t *out)
{
	uint32_t i = 0, j = 0, n = 0;
	while (i < a->n || j < b->n) {
		/* No rank is 63, so no entry equals the end mark. */
		uint32_t left = i < a->n ? a->sparse[i] : UINT32_MAX;
		uint32_t right = j < b->n ? b->sparse[j] : UINT32_MAX;
		bool same = i < a->n && j < b->n && index_of(left) == index_of(right);
		bool take_left = same ? left > right : left < right;
		out[n++] = take_left ? left : right;
		i += same || left < right;
		j += same || right < left;
	}
	return n;
}

static int merge_sparse(struct sketch *into, const struct sketch *from)
{
	uint32_t merged[2 * SPARSE_MAX];
	uint32_t n = merge_lists(into, from, merged);
	if (n > SPARSE_MAX) {
		if (make_dense(into))
			return -1;
		for (uint32_t i = 0; i < from->n; i++)
			raise_by_entry(into->registers, from->sparse[i]);
		return 0;
	}
	while (into->cap < n)
		if (grow(into))
			return -1; /* what is held has not changed */
	if (n)
		memcpy(into->sparse, merged, n * sizeof(*merged));
	into->n = n;
	return 0;
}

int sketch_merge(struct sketch *into, const struct sketch *from)
{
	if (into == from)
		return 0;
	if (!into->registers && !from->registers)
		return merge_sparse(into, from);
	if (make_dense(into))
		return -1;
	for (uint32_t i = 0; i < from->n; i++)
		raise_by_entry(into->registers, from->sparse[i]);
	for (uint32_t i = 0; from->registers && i < REGISTERS; i++)
		raise(into->registers, i, from->registers[i]);
	return 0;
}

/* Sum of x^(2^k) 2^(k-1) over k >= 1, and x: Ertl's equation for the registers that hold 0. */
static double sigma(double x)
{
	if (x == 1.0)
		return INFINITY;
	double sum = x, before, weight = 1.0;
	do {
		x *= x;
		before = sum;
		sum += x * weight;
		weight += weight;
	} while (sum != before);
	return sum;
}

/* The same for the registers that are full. */
static double tau(double x)
{
	if (x == 0.0 || x == 1.0)
		return 0.0;
	double sum = 1.0 - x, before, weight = 1.0;
	do {
		x = sqrt(x);
		before = sum;
		weight *= 0.5;
		sum -= (1.0 - x) * (1.0 - x) * weight;
	} while (sum != before);
	return sum / 3.0;
}

double sketch_estimate(const uint32_t *histogram, unsigned p)
{
	unsigned q = 64 - p;
	double m = ldexp(1.0, (int)p);
	double z = m * tau(1.0 - histogram[q + 1] / m);
	for (unsigned rank = q; rank >= 1; rank--)
		z = 0.5 * (z + histogram[rank]);
	z += m * sigma(histogram[0] / m);
	return m * m / (2.0 * log(2.0) * z);
}

uint64_t sketch_count(const struct sketch *sketch)
{
	if (!sketch->registers)
		return sketch->n;
	uint32_t histogram[64 - DENSE_BITS + 2] = {0};
	for (uint32_t i = 0; i < REGISTERS; i++)
		histogram[sketch->registers[i]]++;
	double estimate = sketch_estimate(histogram, DENSE_BITS);
	return estimate < 0x1p64 ? (uint64_t)(estimate + 0.5) : UINT64_MAX;
}

void sketch_pack(const struct sketch *sketch, struct pack *pack)
{
	uint32_t last = 0;
	pack_number(pack, sketch->registers ? 1 : 0);
	if (sketch->registers) {
		pack_bytes(pack, sketch->registers, REGISTERS);
		return;
	}
	pack_number(pack, sketch->n);
	for (uint32_t i = 0; i < sketch->n; i++) {
		pack_number(pack, sketch->sparse[i] - last);
		last = sketch->sparse[i];
	}
}

static int unpack_sparse(struct sketch *sketch, struct unpack *unpack)
{
	uint64_t n = unpack_number(unpack), entry = 0;
	if (n > SPARSE_MAX)
		return -1;
	while (sketch->cap < n) /* as large as one that grew to it */
		if (grow(sketch))
			return -1;
	sketch->n = (uint32_t)n;
	for (uint32_t i = 0; i < n; i++) {
		entry += unpack_number(unpack);
		if (entry > UINT32_MAX ||
		    (i && index_of((uint32_t)entry) <= index_of(sketch->sparse[i - 1])) ||
		    !rank_of_entry((uint32_t)entry) ||
		    rank_of_entry((uint32_t)entry) > 64 - SPARSE_BITS + 1)
			return -1;
		sketch->sparse[i] = (uint32_t)entry;
	}
	return unpack->failed ? -1 : 0;
}

static int unpack_registers(struct sketch *sketch, struct unpack *unpack)
{
	struct slice bytes = unpack_bytes(unpack, REGISTERS);
	if (!bytes.n || !(sketch->registers = malloc(REGISTERS)))
		return -1;
	memcpy(sketch->registers, bytes.p, REGISTERS);
	for (size_t i = 0; i < REGISTERS; i++)
		if (sketch->registers[i] > 64 - DENSE_BITS + 1)
			return -1;
	return 0;
}

struct sketch *sketch_unpack(struct unpack *unpack)
{
	struct sketch *sketch = sketch_new();
	uint64_t form = unpack_number(unpack);
	if (!sketch)
		return NULL;
	if (form == 1 ? !unpack_registers(sketch, unpack)
		      : form == 0 && !unpack_sparse(sketch, unpack))
		return sketch;
	sketch_free(sketch);
	return NULL;
}
