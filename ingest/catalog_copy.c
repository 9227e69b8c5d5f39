/*
 * catalog_copy.c: several files with the same bytes are one stream: gzip -k leaves both, cp and
 * gzip make a part of one while they run. Of files that go on from the same place with the same
 * bytes the longest is read; those that differ are different files, however much they have in
 * common.
 *
 * Files are sorted by their bytes. What begins with all of a file's bytes then stands behind it, so
 * that a stack of beginnings finds them in one pass and nothing is compared pair by pair.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ingest/catalog_file.h"
#include "ingest/stream.h"

enum { PIECE = 64 * 1024 };
enum relation { RELATION_LESS, RELATION_BEGINS, RELATION_SAME, RELATION_BEGUN, RELATION_MORE };

struct sorter {
	struct finder *finder;
	char *pieces[2];
};

static int by_number(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static uint64_t offset_of(const struct finder *finder, const struct file *file)
{
	return file->mark == FILE_NONE ? 0 : finder->options->marks[file->mark].offset;
}

static const struct mark *mark_of(const struct finder *finder, const struct file *file)
{
	return file->mark == FILE_NONE ? NULL : &finder->options->marks[file->mark];
}

/* Only forms of one log, by their names, and of them only files that go on from the same place of
 * the same bytes are compared; all new ones do. */
static int compare_places(const struct finder *finder, const struct file *a, const struct file *b)
{
	const struct mark *mark_a = mark_of(finder, a), *mark_b = mark_of(finder, b);
	uint64_t offset_a = offset_of(finder, a), offset_b = offset_of(finder, b);
	if (offset_a != offset_b)
		return offset_a < offset_b ? -1 : 1;
	if (offset_a == 0 || mark_a == mark_b)
		return 0;
	int order = memcmp(mark_a->tail, mark_b->tail, MARK_DIGEST);
	return order ? order : memcmp(mark_a->head, mark_b->head, MARK_DIGEST);
}

/* Two files that the state knows as two may well get the same lines: two idle sites whose health is
 * checked at the same second. */
static bool are_known_as_two(const struct finder *finder, const struct file *a,
			     const struct file *b)
{
	const struct mark *mark_a = mark_of(finder, a), *mark_b = mark_of(finder, b);
	return mark_a && mark_b && mark_a != mark_b && mark_a->ino == a->stat.st_ino &&
	       mark_b->ino == b->stat.st_ino;
}

/* A file that went away is none; what keeps another from being read may pass, and is told apart. */
static int reason(void)
{
	return errno == ENOENT ? 0 : errno;
}

/* Opens the file where it is to be read on. */
static int open_at(struct finder *finder, const struct file *file, struct stream *stream,
		   char *piece)
{
	struct error ignored;
	const struct source_options *options = &finder->options->sources[file->section].options;
	uint64_t left = offset_of(finder, file);
	if (stream_open(stream, file->path, options->zlib, &ignored))
		return -1;
	if (!stream_is_gzip(stream))
		return left ? stream_seek(stream, left, &ignored) : 0;
	while (left) {
		ssize_t got =
		    stream_read(stream, piece, left < PIECE ? (size_t)left : PIECE, &ignored);
		if (got <= 0)
			return -1;
		left -= (uint64_t)got;
	}
	return 0;
}

/* As much of the next PIECE bytes as there is, also before damage. */
static size_t next_piece(struct file *file, struct stream *stream, char *piece)
{
	struct error ignored;
	size_t n = 0;
	while (n < PIECE) {
		ssize_t got = stream_read(stream, piece + n, PIECE - n, &ignored);
		if (got < 0 && !stream->damaged)
			file->unread = reason();
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	file->is_damaged |= stream->damaged;
	return n;
}

static enum relation relate(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	if (order)
		return order < 0 ? RELATION_LESS : RELATION_MORE;
	if (a.n == b.n)
		return RELATION_SAME;
	return a.n < b.n ? RELATION_BEGINS : RELATION_BEGUN;
}

static enum relation relate_contents(struct sorter *sorter, struct file *a, struct file *b)
{
	struct stream streams[2] = {{.fd = -1}, {.fd = -1}};
	enum relation relation = RELATION_LESS;
	errno = 0;
	if (open_at(sorter->finder, a, &streams[0], sorter->pieces[0])) {
		a->unread = reason();
	} else if (open_at(sorter->finder, b, &streams[1], sorter->pieces[1])) {
		b->unread = reason();
	} else {
		size_t n;
		do {
			n = next_piece(a, &streams[0], sorter->pieces[0]);
			size_t m = next_piece(b, &streams[1], sorter->pieces[1]);
			relation = relate(slice_make(sorter->pieces[0], n),
					  slice_make(sorter->pieces[1], m));
		} while (relation == RELATION_SAME && n);
	}
	stream_close(&streams[0]);
	stream_close(&streams[1]);
	return relation;
}

/* How a's bytes are to b's; by the heads of new files where they say enough. */
static enum relation relate_files(struct sorter *sorter, struct file *a, struct file *b)
{
	if (a->head && b->head) {
		enum relation heads =
		    relate(slice_make(a->head, a->head_n), slice_make(b->head, b->head_n));
		if (heads == RELATION_LESS || heads == RELATION_MORE)
			return heads;
	}
	return relate_contents(sorter, a, b);
}

static bool comes_before(struct sorter *sorter, uint32_t a, uint32_t b)
{
	struct file *all = sorter->finder->all;
	if (all[a].group != all[b].group)
		return all[a].group < all[b].group;
	int order = compare_places(sorter->finder, &all[a], &all[b]);
	if (order)
		return order < 0;
	enum relation relation = relate_files(sorter, &all[a], &all[b]);
	if (relation == RELATION_SAME)
		return by_number(a, b) < 0;
	return relation < RELATION_SAME;
}

static void merge_sort(struct sorter *sorter, uint32_t *all, uint32_t *scratch, size_t n)
{
	size_t half = n / 2, i = 0, j = half, out = 0;
	if (n < 2)
		return;
	merge_sort(sorter, all, scratch, half);
	merge_sort(sorter, all + half, scratch, n - half);
	while (i < half || j < n) {
		bool left = j == n || (i < half && !comes_before(sorter, all[j], all[i]));
		scratch[out++] = left ? all[i++] : all[j++];
	}
	memcpy(all, scratch, n * sizeof(*all));
}

static void drop(struct finder *finder, struct file *file)
{
	file->state = file->is_damaged ? FILE_LEFT : FILE_REPEATED;
	finder->catalog->repeated++;
}

/* Of two with the same bytes: the one that is whole, then the one that the state knows by its
 * inode, then the plain one, then the one named first. */
static bool is_preferred(const struct finder *finder, const struct file *a, const struct file *b)
{
	if (a->is_damaged != b->is_damaged)
		return b->is_damaged;
	if (a->mark != FILE_NONE) {
		uint64_t ino = finder->options->marks[a->mark].ino;
		if ((a->stat.st_ino == ino) != (b->stat.st_ino == ino))
			return a->stat.st_ino == ino;
	}
	if (a->is_gzip != b->is_gzip)
		return b->is_gzip;
	return a < b;
}

/* `sorted` holds what is to be read; the same array serves as the stack of beginnings. */
static void drop_beginnings(struct sorter *sorter, uint32_t *sorted, size_t n)
{
	struct finder *finder = sorter->finder;
	size_t depth = 0;
	for (size_t i = 0; i < n; i++) {
		struct file *file = &finder->all[sorted[i]];
		enum relation relation = RELATION_LESS;
		struct file *top = NULL;
		for (; depth; depth--) {
			top = &finder->all[sorted[depth - 1]];
			relation = RELATION_LESS;
			if (top->group == file->group && !compare_places(finder, top, file))
				relation = relate_files(sorter, top, file);
			if (relation == RELATION_BEGINS || relation == RELATION_SAME)
				break;
		}
		if (depth && top->state == FILE_READ && !are_known_as_two(finder, top, file)) {
			bool keep_top = relation == RELATION_SAME
					    ? is_preferred(finder, top, file)
					    : file->is_damaged && !top->is_damaged;
			drop(finder, keep_top ? file : top);
			if (keep_top)
				continue;
		}
		sorted[depth++] = sorted[i];
	}
}

static int sorter_init(struct sorter *sorter, struct finder *finder)
{
	*sorter = (struct sorter){.finder = finder, .pieces = {malloc(PIECE), malloc(PIECE)}};
	return sorter->pieces[0] && sorter->pieces[1] ? 0 : -1;
}

static void sorter_release(struct sorter *sorter)
{
	free(sorter->pieces[0]);
	free(sorter->pieces[1]);
}

int drop_copies(struct finder *finder)
{
	struct sorter sorter;
	uint32_t *all = malloc((2 * finder->n + 1) * sizeof(*all));
	size_t n = 0;
	int failed = sorter_init(&sorter, finder) || !all;
	for (uint32_t i = 0; i < finder->n && !failed; i++)
		if (finder->all[i].state == FILE_READ)
			all[n++] = i;
	if (!failed && n > 1) {
		merge_sort(&sorter, all, all + n, n);
		drop_beginnings(&sorter, all, n);
	}
	sorter_release(&sorter);
	free(all);
	return failed ? -1 : 0;
}

bool is_part_of(struct finder *finder, struct file *a, struct file *b)
{
	struct sorter sorter;
	struct file from_start[2] = {*a, *b};
	bool part = false;
	from_start[0].mark = from_start[1].mark = FILE_NONE;
	if (!sorter_init(&sorter, finder)) {
		enum relation relation = relate_contents(&sorter, &from_start[0], &from_start[1]);
		part = relation == RELATION_BEGINS || relation == RELATION_SAME;
		a->unread = from_start[0].unread;
		b->unread = from_start[1].unread;
	}
	sorter_release(&sorter);
	return part;
}
