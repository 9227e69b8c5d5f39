/*
 * sketch.h: an estimate of a number of distinct things, used only where a cap makes exact sets
 * impossible.
 *
 * HyperLogLog with 2^11 one-byte registers (standard error 2.3 %) and Ertl's improved estimator
 * (arXiv:1702.01284, Algorithm 6). Starts as a sparse list of (index, rank) pairs of a 2^26-wide
 * histogram, which is near exact, and turns dense when the list would be larger. What is added must
 * already be a keyed hash.
 */
#ifndef TALLY_SKETCH_H
#define TALLY_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/pack.h"

struct sketch;

struct sketch *sketch_new(void); /* NULL when memory is out */
void sketch_free(struct sketch *sketch);
/* Returns -1 when memory is out (the thing is then not counted). */
int sketch_add(struct sketch *sketch, uint64_t hash);
int sketch_merge(struct sketch *into, const struct sketch *from);
uint64_t sketch_count(const struct sketch *sketch); /* rounded to the nearest integer */
size_t sketch_held(const struct sketch *sketch);    /* bytes taken from the system */

/* As bytes, and back: NULL when memory is out or the bytes are none of a sketch. */
void sketch_pack(const struct sketch *sketch, struct pack *pack);
struct sketch *sketch_unpack(struct unpack *unpack);

/* Ertl's estimator on a histogram of register values: histogram[r] registers hold r, 0 <= r <= q +
 * 1, m = 2^p, q = 64 - p. */
double sketch_estimate(const uint32_t *histogram, unsigned p);

#endif
