/*
 * catalog_order.c: what is read first. Files of all sources are merged by the stamp of their first
 * unread line, as `report` reads files named together: the hits of a visitor come in the order of
 * time, few days are open at once, and a run over pieces gives what one report over the whole
 * gives. What was rotated goes before what took its name, whatever the stamps say.
 */
#include <stdlib.h>
#include <string.h>
#include "ingest/catalog_file.h"

static int64_t last_time(const struct finder *finder, const struct file *file)
{
	return file->mark == FILE_NONE ? INT64_MIN : finder->options->marks[file->mark].last_time;
}

/* Of the first unread line; where none has a stamp, that of the last line read. */
static int64_t first_time(const struct finder *finder, const struct file *file)
{
	int64_t first = file->source ? source_first_time(file->source) : INT64_MAX;
	int64_t last = last_time(finder, file);
	return first == INT64_MAX && last != INT64_MIN ? last : first;
}

/* ---- order ---- */

static bool is_later(const struct file *a, const struct file *b)
{
	return a->time != b->time ? a->time > b->time : a->depth < b->depth;
}

static void merge_sort(const struct file *files, uint32_t *all, uint32_t *scratch, size_t n)
{
	size_t half = n / 2, i = 0, j = half, out = 0;
	if (n < 2)
		return;
	merge_sort(files, all, scratch, half);
	merge_sort(files, all + half, scratch, n - half);
	while (i < half || j < n) {
		bool left = j == n || (i < half && !is_later(&files[all[i]], &files[all[j]]));
		scratch[out++] = left ? all[i++] : all[j++];
	}
	memcpy(all, scratch, n * sizeof(*all));
}

/* A base is not read before what was rotated away from it. */
static void raise_bases(struct finder *finder, const uint32_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct file *file = &finder->all[numbers[i]];
		int64_t time = file->time;
		for (uint32_t base = file->base; base != FILE_NONE && time != INT64_MAX;
		     base = finder->all[base].base)
			if (finder->all[base].time < time)
				finder->all[base].time = time;
	}
}

static unsigned depth_of(const struct finder *finder, uint32_t file)
{
	unsigned depth = 0;
	while ((file = finder->all[file].base) != FILE_NONE)
		depth++;
	return depth;
}

int order_files(struct finder *finder, uint32_t *numbers, size_t n)
{
	uint32_t *scratch = malloc((n + 1) * sizeof(*scratch));
	if (!scratch)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct file *file = &finder->all[numbers[i]];
		file->time = first_time(finder, file);
		file->depth = depth_of(finder, numbers[i]);
	}
	raise_bases(finder, numbers, n);
	merge_sort(finder->all, numbers, scratch, n);
	free(scratch);
	return 0;
}

/* ---- last lines ---- */

/* Section and path with "0" for each run of digits, without the ending of compression. */
static size_t make_shape(const struct file *file, char *shape, size_t cap)
{
	size_t n = sizeof(file->section);
	memcpy(shape, &file->section, n);
	for (const char *p = file->path; *p && n < cap; p++) {
		bool digit = *p >= '0' && *p <= '9';
		if (digit && n > sizeof(file->section) && shape[n - 1] == '0')
			continue;
		shape[n++] = digit ? '0' : *p;
	}
	if (n > 3 && memcmp(shape + n - 3, ".gz", 3) == 0)
		n -= 3;
	return n;
}

static int64_t newest_time(const struct finder *finder, const struct file *file)
{
	int64_t first = file->source ? source_first_time(file->source) : INT64_MAX;
	return first != INT64_MAX ? first : last_time(finder, file);
}

/* Per shape the newest stamp of any of its files. */
static int add_shape(struct finder *finder, struct textmap *shapes, const struct file *file)
{
	char shape[4200];
	struct slice key = slice_make(shape, make_shape(file, shape, sizeof(shape)));
	uint64_t hash = textmap_hash(shapes, key);
	uint32_t at = textmap_find(shapes, key, hash);
	int64_t time = newest_time(finder, file), *value;
	if (at == TEXTMAP_NONE) {
		at = textmap_add(shapes, key, hash);
		if (at == TEXTMAP_NONE)
			return -1;
		*(int64_t *)textmap_value(shapes, at) = INT64_MIN;
	}
	value = textmap_value(shapes, at);
	if (time > *value)
		*value = time;
	return 0;
}

static void take_last_line(struct finder *finder, const struct textmap *shapes, struct file *file)
{
	char shape[4200];
	struct slice key = slice_make(shape, make_shape(file, shape, sizeof(shape)));
	uint32_t at = textmap_find(shapes, key, textmap_hash(shapes, key));
	int64_t mine = last_time(finder, file);
	if (mine == INT64_MIN)
		mine = source_first_time(file->source);
	if (at != TEXTMAP_NONE && *(int64_t *)textmap_value(shapes, at) > mine)
		source_take_last_line(file->source);
}

static bool is_waiting(const struct finder *finder, const struct file *file)
{
	return file->state == FILE_READ && file->source && !file->is_gzip &&
	       look_is_idle(finder, file);
}

int order_last_lines(struct finder *finder)
{
	struct textmap shapes;
	bool any = false;
	int failed = 0;
	for (size_t i = 0; i < finder->n; i++)
		any |= is_waiting(finder, &finder->all[i]);
	if (!any)
		return 0;
	if (textmap_init(&shapes, sizeof(int64_t), SIZE_MAX / 4))
		return -1;
	for (size_t i = 0; i < finder->n && !failed; i++)
		failed = add_shape(finder, &shapes, &finder->all[i]);
	for (size_t i = 0; i < finder->n && !failed; i++)
		if (is_waiting(finder, &finder->all[i]))
			take_last_line(finder, &shapes, &finder->all[i]);
	textmap_release(&shapes);
	return failed;
}
