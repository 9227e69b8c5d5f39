#include "ingest/mark.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SECOND_NS = 1000000000 };

void mark_release(struct mark *mark)
{
	free(mark->path);
	free(mark->source);
	*mark = (struct mark){0};
}

int mark_copy(struct mark *to, const struct mark *from)
{
	*to = *from;
	to->path = strdup(from->path ? from->path : "");
	to->source = strdup(from->source ? from->source : "");
	if (to->path && to->source)
		return 0;
	mark_release(to);
	return -1;
}

int mark_digest(struct hmac *hmac, const char *label, struct slice bytes, uint8_t ret[MARK_DIGEST])
{
	uint8_t whole[HMAC_SIZE];
	const struct slice parts[] = {slice_from(label), bytes};
	int failed = hmac_parts(hmac, parts, 2, whole);
	memcpy(ret, whole, MARK_DIGEST);
	return failed;
}

int mark_digest_head(struct hmac *hmac, struct slice bytes, uint8_t ret[MARK_DIGEST])
{
	return mark_digest(hmac, "veiltally position head", bytes, ret);
}

int mark_digest_tail(struct hmac *hmac, struct slice bytes, uint8_t ret[MARK_DIGEST])
{
	return mark_digest(hmac, "veiltally position tail", bytes, ret);
}

static int64_t nanoseconds(struct timespec time)
{
	return (int64_t)time.tv_sec * SECOND_NS + time.tv_nsec;
}

int64_t mark_mtime(const struct stat *file)
{
	return nanoseconds(file->st_mtim);
}

int64_t mark_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return nanoseconds(now);
}

void mark_set_hint(struct mark *mark, const struct stat *file, int64_t now_ns)
{
	mark->dev = file->st_dev;
	mark->ino = file->st_ino;
	mark->size = (uint64_t)file->st_size;
	mark->mtime_ns = mark_mtime(file);
	mark->ctime_ns = nanoseconds(file->st_ctim);
	if (mark->mtime_ns > now_ns - 2 * (int64_t)SECOND_NS ||
	    mark->ctime_ns > now_ns - 2 * (int64_t)SECOND_NS)
		mark->ctime_ns = INT64_MIN;
}

bool mark_hint_holds(const struct mark *mark, const struct stat *file)
{
	return mark->dev == file->st_dev && mark->ino == file->st_ino &&
	       mark->size == (uint64_t)file->st_size && mark->mtime_ns == mark_mtime(file) &&
	       mark->ctime_ns == nanoseconds(file->st_ctim);
}
