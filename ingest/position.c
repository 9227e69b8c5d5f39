#include "ingest/position.h"
#include <stdlib.h>
#include <string.h>

void position_init(struct position *position, struct hmac *hmac)
{
	position->hmac = hmac;
	position->offset = 0;
	position->head_n = position->tail_n = 0;
	position->rungs_n = 0;
	position->failed = false;
}

/* The tail becomes the last bytes of what it was and of these. */
static void move_tail(struct position *position, const char *bytes, size_t n)
{
	if (n >= MARK_TAIL) {
		memcpy(position->tail, bytes + n - MARK_TAIL, MARK_TAIL);
		position->tail_n = MARK_TAIL;
		return;
	}
	size_t keep = position->tail_n;
	if (keep + n > MARK_TAIL) {
		size_t drop = keep + n - MARK_TAIL;
		keep -= drop;
		memmove(position->tail, position->tail + drop, keep);
	}
	memcpy(position->tail + keep, bytes, n);
	position->tail_n = (uint32_t)(keep + n);
}

static void pass(struct position *position, const char *bytes, size_t n)
{
	if (position->head_n < MARK_HEAD) {
		size_t room = MARK_HEAD - position->head_n, take = n < room ? n : room;
		memcpy(position->head + position->head_n, bytes, take);
		position->head_n += (uint32_t)take;
	}
	move_tail(position, bytes, n);
	position->offset += n;
}

static struct slice tail_of(const struct position *position)
{
	return slice_make(position->tail, position->tail_n);
}

void position_pass(struct position *position, const char *bytes, size_t n)
{
	while (position->hmac && position->rungs_n < MARK_RUNGS) {
		uint64_t left = mark_rung(position->rungs_n) - position->offset;
		if (left > n)
			break;
		if (left)
			pass(position, bytes, (size_t)left);
		bytes += left;
		n -= (size_t)left;
		position->failed |= mark_digest_tail(position->hmac, tail_of(position),
						     position->rungs[position->rungs_n]) != 0;
		position->rungs_n++;
	}
	if (n)
		pass(position, bytes, n);
}

static bool is_rung(uint64_t offset)
{
	return offset >= mark_rung(0) && (offset & (offset - 1)) == 0 &&
	       offset <= mark_rung(MARK_RUNGS - 1);
}

void position_jump(struct position *position, const struct mark *mark, struct slice head,
		   struct slice tail)
{
	position->rungs_n = 0;
	for (size_t i = 0; i < MARK_POINTS; i++)
		if (is_rung(mark->points[i].offset) &&
		    mark->points[i].offset == mark_rung(position->rungs_n))
			memcpy(position->rungs[position->rungs_n++], mark->points[i].tail,
			       MARK_DIGEST);
	position->head_n = position->tail_n = 0;
	position->offset = 0;
	if (head.n)
		pass(position, head.p, head.n);
	position->tail_n = 0;
	if (tail.n)
		move_tail(position, tail.p, tail.n);
	position->offset = mark->offset;
}

static int digest_head(const struct position *position, uint64_t offset, uint8_t ret[MARK_DIGEST])
{
	size_t n = offset < position->head_n ? (size_t)offset : position->head_n;
	return mark_digest_head(position->hmac, slice_make(position->head, n), ret);
}

bool position_agrees(const struct position *position, const struct mark *mark)
{
	uint8_t head[MARK_DIGEST], tail[MARK_DIGEST];
	return position->offset == mark->offset && position->head_n >= mark->head_n &&
	       !digest_head(position, mark->head_n, head) &&
	       !mark_digest_tail(position->hmac, tail_of(position), tail) &&
	       memcmp(head, mark->head, MARK_DIGEST) == 0 &&
	       memcmp(tail, mark->tail, MARK_DIGEST) == 0;
}

static int by_offset(const void *a, const void *b)
{
	const struct mark_point *x = a, *y = b;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Earlier positions that are no rungs; the newest MARK_RECENT, which are the highest. */
static size_t recent_points(const struct mark *mark, uint64_t below, struct mark_point *ret)
{
	struct mark_point all[MARK_POINTS + 1];
	size_t n = 0;
	for (size_t i = 0; i < MARK_POINTS; i++)
		if (mark->points[i].offset && !is_rung(mark->points[i].offset))
			all[n++] = mark->points[i];
	if (mark->offset && !is_rung(mark->offset)) {
		all[n].offset = mark->offset;
		memcpy(all[n++].tail, mark->tail, MARK_DIGEST);
	}
	if (n > 1)
		qsort(all, n, sizeof(all[0]), by_offset);
	while (n && all[n - 1].offset >= below)
		n--;
	size_t drop = n > MARK_RECENT ? n - MARK_RECENT : 0;
	memcpy(ret, all + drop, (n - drop) * sizeof(all[0]));
	return n - drop;
}

int position_write(const struct position *position, struct mark *mark)
{
	struct mark_point points[MARK_POINTS] = {{0}};
	size_t n = recent_points(mark, position->offset, points);
	for (unsigned i = 0; i < position->rungs_n; i++, n++) {
		points[n].offset = mark_rung(i);
		memcpy(points[n].tail, position->rungs[i], MARK_DIGEST);
	}
	if (n > 1)
		qsort(points, n, sizeof(points[0]), by_offset);
	uint64_t offset = position->offset;
	uint8_t head[MARK_DIGEST], tail[MARK_DIGEST];
	if (position->failed || digest_head(position, offset, head) ||
	    mark_digest_tail(position->hmac, tail_of(position), tail))
		return -1;
	memcpy(mark->points, points, sizeof(points));
	memcpy(mark->head, head, MARK_DIGEST);
	memcpy(mark->tail, tail, MARK_DIGEST);
	mark->head_n = position->head_n;
	mark->offset = offset;
	return 0;
}
