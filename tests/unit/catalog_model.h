/*
 * catalog_model.h: a directory of logs that are written, rotated, compressed, copied and lost by
 * hand, and a reader that keeps the marks of what it read, as the state would.
 *
 * Every line carries a number of its own. A line that is on disk with its newline when a run
 * commits must be read by then, exactly once in all runs; one that was destroyed before, at most
 * once.
 */
#ifndef TESTS_UNIT_CATALOG_MODEL_H
#define TESTS_UNIT_CATALOG_MODEL_H

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include "hits.h"
#include "ingest/catalog.h"

enum { MODEL_LINES = 1 << 16, MODEL_LOGS = 4, MODEL_TIME = 1790000000, MODEL_MARKS = 4096 };

struct model {
	char directory[64];
	const char *row; /* for messages */
	uint32_t next;	 /* number of the next line */
	uint8_t seen[MODEL_LINES], must[MODEL_LINES];
	uint8_t now[MODEL_LINES]; /* in the run under way */
	struct mark marks[MODEL_MARKS];
	size_t marks_n;
	int64_t next_id;
	const char *patterns[MODEL_LOGS];
	size_t patterns_n;
	const char *log_format; /* NULL: detected */
	bool w3c;
	int64_t idle_ns;
	size_t chunk;
	const char *grows; /* file that gets a line after each chunk, `grows_n` times */
	unsigned grows_n;
	/* Of the last run. */
	size_t files, unchanged, repeated, failed, read, complaints;
	uint64_t too_long, other; /* lines that are not numbered */
	char complaint[512];
	char order[1024]; /* names of the files read */
};

static const uint8_t model_key[MARK_KEY] = {1, 2, 3, 4};

static inline char *model_path(struct model *model, const char *name)
{
	static char paths[8][384];
	static unsigned turn;
	char *path = paths[turn++ % 8];
	snprintf(path, sizeof(paths[0]), "%s/%s", model->directory, name);
	return path;
}

static inline void model_init(struct model *model, const char *row)
{
	memset(model, 0, sizeof(*model));
	model->row = row;
	model->next = 1;
	model->log_format = "combined";
	model->chunk = 4096;
	model->idle_ns = 0;
	snprintf(model->directory, sizeof(model->directory), "/tmp/veiltally-catalog-XXXXXX");
	cr_assert_not_null(mkdtemp(model->directory));
}

static inline void model_release(struct model *model)
{
	char command[128];
	for (size_t i = 0; i < model->marks_n; i++)
		mark_release(&model->marks[i]);
	snprintf(command, sizeof(command), "rm -rf %s", model->directory);
	cr_assert_eq(system(command), 0);
}

/* The pattern is "NAME" or a glob, in the directory. */
static inline void model_watch(struct model *model, const char *pattern)
{
	static char kept[MODEL_LOGS][128];
	char *to = kept[model->patterns_n];
	snprintf(to, sizeof(kept[0]), "%s/%s", model->directory, pattern);
	model->patterns[model->patterns_n++] = to;
}

static inline void model_append(struct model *model, const char *name, const char *text, size_t n)
{
	FILE *file = fopen(model_path(model, name), "ab");
	cr_assert(file && fwrite(text, 1, n, file) == n && fclose(file) == 0, "%s: %s", model->row,
		  name);
}

static inline size_t model_format(const struct model *model, uint32_t number, char *to, size_t cap)
{
	time_t at = MODEL_TIME + (time_t)number;
	char stamp[64];
	struct tm tm;
	gmtime_r(&at, &tm);
	strftime(stamp, sizeof(stamp), model->w3c ? "%Y-%m-%d %H:%M:%S" : "%d/%b/%Y:%H:%M:%S +0000",
		 &tm);
	return (size_t)snprintf(
	    to, cap,
	    model->w3c ? "%s 192.0.2.1 GET /n%u 200\n"
		       : "192.0.2.1 - - [%s] \"GET /n%u HTTP/1.1\" 200 5 \"-\" \"x\"\n",
	    stamp, number);
}

/* `n` new lines; the first one's number. */
static inline uint32_t model_write(struct model *model, const char *name, unsigned n)
{
	uint32_t first = model->next;
	for (unsigned i = 0; i < n; i++) {
		char line[160];
		size_t length = model_format(model, model->next++, line, sizeof(line));
		cr_assert(model->next < MODEL_LINES);
		model_append(model, name, line, length);
	}
	return first;
}

/* What many files begin with: a header, or the health checks of the same half minute. */
static inline const char *model_head(const struct model *model)
{
	static char head[200];
	time_t at = MODEL_TIME + (time_t)(model->next & ~31u);
	char stamp[64];
	struct tm tm;
	if (model->w3c)
		return "#Version: 1.0\n#Fields: date time c-ip cs-method cs-uri-stem sc-status\n";
	gmtime_r(&at, &tm);
	strftime(stamp, sizeof(stamp), "%d/%b/%Y:%H:%M:%S +0000", &tm);
	snprintf(head, sizeof(head),
		 "192.0.2.9 - - [%s] \"GET /health HTTP/1.1\" 200 5 \"-\" \"probe\"\n", stamp);
	return head;
}

static inline char *model_slurp(struct model *model, const char *name, size_t *ret_n)
{
	gzFile file = gzopen(model_path(model, name), "rb");
	size_t cap = 1 << 22;
	char *text = malloc(cap);
	int n = file ? gzread(file, text, (unsigned)cap - 1) : 0;
	*ret_n = n > 0 ? (size_t)n : 0;
	text[*ret_n] = '\0';
	if (file)
		gzclose(file);
	return text;
}

static inline void model_put(struct model *model, const char *name, const char *text, size_t n)
{
	FILE *file = fopen(model_path(model, name), "wb");
	cr_assert(file && fwrite(text, 1, n, file) == n && fclose(file) == 0, "%s", model->row);
}

static inline void model_copy(struct model *model, const char *from, const char *to)
{
	size_t n;
	char *text = model_slurp(model, from, &n);
	model_put(model, to, text, n);
	free(text);
}

/* As gzip does it: a file of its own, with the times of the old one; which goes unless kept. */
static inline void model_gzip(struct model *model, const char *name, bool keep)
{
	size_t n;
	char to[128], *text = model_slurp(model, name, &n);
	struct stat old;
	cr_assert_eq(stat(model_path(model, name), &old), 0, "%s: %s", model->row, name);
	snprintf(to, sizeof(to), "%s.gz", name);
	gzFile file = gzopen(model_path(model, to), "wb6");
	cr_assert(file && (n == 0 || gzwrite(file, text, (unsigned)n) == (int)n) &&
		  gzclose(file) == Z_OK);
	struct timespec times[2] = {old.st_atim, old.st_mtim};
	utimensat(AT_FDCWD, model_path(model, to), times, 0);
	if (!keep)
		unlink(model_path(model, name));
	free(text);
}

static inline void model_rename(struct model *model, const char *from, const char *to)
{
	cr_assert_eq(rename(model_path(model, from), model_path(model, to)), 0, "%s: %s to %s",
		     model->row, from, to);
}

static inline bool model_exists(struct model *model, const char *name)
{
	struct stat file;
	return lstat(model_path(model, name), &file) == 0;
}

/* ---- the reader ---- */

static inline uint32_t model_number(struct slice line)
{
	const char *at = line.n ? memmem(line.p, line.n, "GET /n", 6) : NULL;
	return at ? (uint32_t)strtoul(at + 6, NULL, 10) : 0;
}

/* Of a health check. */
static inline int64_t model_stamp(struct slice line)
{
	struct tm tm = {0};
	cr_assert_not_null(strptime(line.p + slice_find(line, '[') + 1, "%d/%b/%Y:%H:%M:%S", &tm));
	return timegm(&tm);
}

static inline void model_complain(void *context, const char *message)
{
	struct model *model = context;
	model->complaints++;
	snprintf(model->complaint, sizeof(model->complaint), "%s", message);
}

static inline void model_read_entry(struct model *model, struct catalog_entry *entry)
{
	struct chunk chunk = {0};
	struct error error;
	int got;
	size_t used = strlen(model->order);
	snprintf(model->order + used, sizeof(model->order) - used, "%s%s", used ? " " : "",
		 strrchr(entry->path, '/') + 1);
	model->read++;
	while ((got = source_read(entry->source, &chunk, &error)) > 0) {
		struct slice rest = chunk.lines, line;
		model->too_long += chunk.too_long;
		if (model->grows_n) {
			model->grows_n--;
			model_write(model, model->grows, 1);
		}
		while (source_line(&rest, &line)) {
			uint32_t number = model_number(line);
			if (!number) {
				model->other += line.n > 0;
				if (slice_starts(line, "192.0.2.9"))
					entry->mark.last_time = model_stamp(line);
				continue;
			}
			cr_assert_lt(number, model->next, "%s: half a number", model->row);
			model->now[number]++;
			entry->mark.last_time = MODEL_TIME + (int64_t)number;
		}
	}
	if (got < 0)
		model_complain(model, error.text);
	chunk_release(&chunk);
}

static inline void model_keep(struct model *model, const struct mark *mark)
{
	struct mark copy;
	mark_copy(&copy, mark);
	if (!copy.id) {
		copy.id = ++model->next_id;
		cr_assert_lt(model->marks_n, MODEL_MARKS, "%s", model->row);
		model->marks[model->marks_n++] = copy;
		return;
	}
	for (size_t i = 0; i < model->marks_n; i++)
		if (model->marks[i].id == copy.id) {
			mark_release(&model->marks[i]);
			model->marks[i] = copy;
			return;
		}
	cr_assert_fail("%s: a mark that is not ours", model->row);
}

static inline void model_mark_present(struct model *model)
{
	DIR *directory = opendir(model->directory);
	struct dirent *entry;
	while ((entry = readdir(directory))) {
		size_t n;
		struct stat file;
		if (entry->d_name[0] == '.' || stat(model_path(model, entry->d_name), &file) ||
		    !S_ISREG(file.st_mode))
			continue;
		char *text = model_slurp(model, entry->d_name, &n);
		struct slice rest = slice_make(text, n);
		while (rest.n) {
			size_t end = slice_find(rest, '\n');
			if (end == rest.n)
				break;
			uint32_t number = model_number(slice_make(rest.p, end));
			model->must[number] = 1;
			rest = slice_from_byte(rest, end + 1);
		}
		free(text);
	}
	model->must[0] = 0;
	closedir(directory);
}

static inline struct source_options model_options(const struct model *model)
{
	return (struct source_options){.log_format = model->log_format,
				       .max_line = 1 << 16,
				       .chunk = model->chunk,
				       .now = MODEL_TIME + MODEL_LINES};
}

/* One run; without commit it is as if it had been killed. */
static inline void model_run(struct model *model, bool commit)
{
	struct catalog_source source = {.name = "web",
					.patterns = model->patterns,
					.patterns_n = model->patterns_n,
					.options = model_options(model)};
	struct catalog_options options = {.sources = &source,
					  .sources_n = 1,
					  .marks = model->marks,
					  .marks_n = model->marks_n,
					  .key = model_key,
					  .idle_ns = model->idle_ns,
					  .complain = model_complain,
					  .context = model};
	struct catalog catalog;
	struct error error = {""};
	memset(model->now, 0, sizeof(model->now));
	model->read = model->complaints = 0;
	model->too_long = model->other = 0;
	model->order[0] = model->complaint[0] = '\0';
	cr_assert_eq(catalog_open(&catalog, &options, &error), 0, "%s: %s", model->row, error.text);
	model->files = catalog.files;
	model->unchanged = catalog.unchanged;
	model->repeated = catalog.repeated;
	model->failed = catalog.failed;
	for (size_t i = 0; i < catalog.n; i++)
		if (catalog.all[i].source)
			model_read_entry(model, &catalog.all[i]);
	cr_assert_eq(catalog_advance(&catalog, &error), 0, "%s: %s", model->row, error.text);
	if (commit) {
		for (size_t i = 0; i < catalog.n; i++)
			if (catalog.all[i].changed)
				model_keep(model, &catalog.all[i].mark);
		for (uint32_t i = 1; i < model->next; i++)
			model->seen[i] = (uint8_t)(model->seen[i] + model->now[i]);
		model_mark_present(model);
	}
	catalog_release(&catalog);
}

/* What was there is seen once, nothing twice. */
static inline void model_check(struct model *model)
{
	for (uint32_t i = 1; i < model->next; i++)
		cr_assert(model->seen[i] <= 1 && model->seen[i] >= model->must[i],
			  "%s: line %u of %u seen %d times", model->row, i, model->next - 1,
			  model->seen[i]);
}

#endif
