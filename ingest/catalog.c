/*
 * catalog.c: from names and marks to sources in the order in which they are read, and back to
 * marks.
 */
#include "ingest/catalog.h"
#include <stdlib.h>
#include <string.h>
#include "ingest/catalog_file.h"

static void release_finder(struct finder *finder)
{
	for (size_t i = 0; i < finder->n; i++) {
		struct file *file = &finder->all[i];
		source_free(file->source);
		if (file->fresh)
			mark_release(file->fresh);
		free(file->fresh);
		free(file->head);
		free(file->path);
	}
	free(finder->all);
	free(finder->owner);
	free(finder->families);
	textmap_release(&finder->paths);
	textmap_release(&finder->groups);
	textmap_release(&finder->nodes);
	marks_index_free(finder->marks);
}

static int init_finder(struct finder *finder)
{
	const struct catalog_options *options = finder->options;
	finder->hmac = hmac_new(options->key, MARK_KEY);
	finder->catalog->hmac = finder->hmac;
	finder->owner = malloc((options->marks_n + 1) * sizeof(*finder->owner));
	finder->marks = finder->hmac ? marks_index_new(options, finder->hmac) : NULL;
	if (!finder->hmac || !finder->owner || !finder->marks ||
	    textmap_init(&finder->paths, sizeof(uint32_t), SIZE_MAX / 4) ||
	    textmap_init(&finder->groups, sizeof(uint32_t), SIZE_MAX / 4) ||
	    textmap_init(&finder->nodes, sizeof(uint32_t), SIZE_MAX / 4))
		return -1;
	return 0;
}

/* A compressor is at work: what it compresses is there and is read instead. */
static bool has_plain_neighbour(const struct finder *finder, const struct file *file)
{
	uint32_t plain = look_plain_form(finder, file);
	return plain != FILE_NONE && finder->all[plain].state != FILE_MISSING;
}

static void open_sources(struct finder *finder)
{
	for (size_t i = 0; i < finder->n; i++) {
		struct file *file = &finder->all[i];
		struct error error;
		if (file->state != FILE_READ || file->source)
			continue;
		file->source = look_open(finder, file, &error);
		if (file->source)
			continue;
		if (file->is_gzip && has_plain_neighbour(finder, file))
			file->state = FILE_LEFT;
		else
			look_give_up(finder, file, &error);
	}
}

/* A name without a file is an error, unless the file was rotated away and the server did not write
 * since. */
static void complain_of_missing(struct finder *finder)
{
	for (size_t i = 0; i < finder->n; i++) {
		const struct file *file = &finder->all[i];
		if (file->base != FILE_NONE && finder->all[file->base].state == FILE_MISSING &&
		    (file->mark != FILE_NONE || file->state == FILE_READ))
			finder->all[file->base].state = FILE_LEFT;
	}
	for (size_t i = 0; i < finder->n; i++) {
		struct file *file = &finder->all[i];
		struct error error;
		if (file->state != FILE_MISSING)
			continue;
		error_set(&error, "%s: no such file", file->path);
		look_give_up(finder, file, &error);
	}
}

/* ---- entries ---- */

static int set_text(char **text, const char *to, bool *changed)
{
	if (*text && strcmp(*text, to) == 0)
		return 0;
	free(*text);
	*text = strdup(to);
	*changed = true;
	return *text ? 0 : -1;
}

static void refresh_hint(const struct file *file, struct catalog_entry *entry)
{
	struct mark *mark = &entry->mark, before = *mark;
	mark_set_hint(mark, &file->stat, file->stat_ns);
	mark->complete = file->is_gzip || mark->offset >= mark->size;
	entry->changed |= mark->dev != before.dev || mark->ino != before.ino ||
			  mark->size != before.size || mark->mtime_ns != before.mtime_ns ||
			  mark->ctime_ns != before.ctime_ns || mark->complete != before.complete;
}

static int fill_mark(const struct finder *finder, struct file *file, struct catalog_entry *entry)
{
	struct mark *mark = &entry->mark;
	const struct mark none = {.last_time = INT64_MIN, .last_day = INT32_MIN};
	const struct mark *from =
	    file->mark == FILE_NONE ? &none : &finder->options->marks[file->mark];
	if (mark_copy(mark, file->fresh ? file->fresh : from))
		return -1;
	if (file->fresh && from != &none) {
		mark->last_time = from->last_time;
		mark->last_day = from->last_day;
	}
	mark->id = file->owns_mark ? from->id : 0;
	entry->changed = file->fresh || (file->state == FILE_KNOWN && !mark->id);
	if (file->state == FILE_KNOWN && file->looked && !file->fresh)
		refresh_hint(file, entry);
	if (file->state == FILE_FAILED)
		return 0;
	return set_text(&mark->path, file->path, &entry->changed) ||
	       set_text(&mark->source, finder->options->sources[file->section].name,
			&entry->changed);
}

static bool has_entry(const struct file *file)
{
	return file->state == FILE_READ || file->state == FILE_KNOWN ||
	       (file->state == FILE_FAILED && file->owns_mark);
}

static int add_entry(struct finder *finder, struct file *file)
{
	struct catalog *catalog = finder->catalog;
	struct catalog_entry *entry = &catalog->all[catalog->n];
	*entry = (struct catalog_entry){
	    .section = file->section, .path = file->path, .failed = file->state == FILE_FAILED};
	catalog->paths[catalog->n++] = file->path;
	int failed = fill_mark(finder, file, entry);
	entry->source = file->source;
	entry->is_new = entry->mark.offset == 0 && entry->source;
	uint64_t size = (uint64_t)file->stat.st_size;
	if (entry->source)
		entry->pending =
		    file->is_gzip || size < entry->mark.offset ? size : size - entry->mark.offset;
	file->source = NULL;
	file->path = NULL;
	return failed;
}

/* Those to be read in their order, then the others. */
static int make_entries(struct finder *finder)
{
	struct catalog *catalog = finder->catalog;
	uint32_t *numbers = malloc((finder->n + 1) * sizeof(*numbers));
	size_t n = 0;
	catalog->all = calloc(finder->n + 1, sizeof(*catalog->all));
	catalog->paths = calloc(finder->n + 1, sizeof(*catalog->paths));
	int failed = !numbers || !catalog->all || !catalog->paths;
	for (uint32_t i = 0; i < finder->n && !failed; i++)
		if (finder->all[i].state == FILE_READ)
			numbers[n++] = i;
	failed = failed || order_files(finder, numbers, n);
	for (size_t i = 0; i < n && !failed; i++)
		failed = add_entry(finder, &finder->all[numbers[i]]);
	for (size_t i = 0; i < finder->n && !failed; i++) {
		struct file *file = &finder->all[i];
		catalog->files += file->state != FILE_MISSING;
		if (file->path && has_entry(file))
			failed = add_entry(finder, file);
	}
	free(numbers);
	return failed ? -1 : 0;
}

int catalog_open(struct catalog *catalog, const struct catalog_options *options,
		 struct error *error)
{
	*catalog = (struct catalog){0};
	struct finder finder = {.options = options, .catalog = catalog};
	int failed = init_finder(&finder) || find_files(&finder) || look_at_files(&finder);
	if (!failed) {
		open_sources(&finder);
		complain_of_missing(&finder);
		failed = order_last_lines(&finder) || make_entries(&finder);
	}
	release_finder(&finder);
	if (!failed)
		return 0;
	catalog_release(catalog);
	return error_set(error, "out of memory");
}

void catalog_release(struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->n; i++) {
		source_free(catalog->all[i].source);
		mark_release(&catalog->all[i].mark);
		free(catalog->paths[i]);
	}
	free(catalog->all);
	free(catalog->paths);
	hmac_free(catalog->hmac);
	*catalog = (struct catalog){0};
}

int catalog_advance(struct catalog *catalog, struct error *error)
{
	for (size_t i = 0; i < catalog->n; i++) {
		struct catalog_entry *entry = &catalog->all[i];
		if (!entry->source)
			continue;
		int written = source_mark(entry->source, &entry->mark);
		if (written < 0)
			return error_set(error, "%s: cannot make a digest of its position",
					 entry->path);
		entry->changed = written > 0;
	}
	return 0;
}
