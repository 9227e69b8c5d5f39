/*
 * catalog_find.c: the files there are: names and patterns of the configuration, and in the same
 * directories the files whose names begin with one of those. Every file on disk once.
 */
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ingest/catalog_file.h"

uint32_t table_find(const struct textmap *table, const void *key, size_t n)
{
	struct slice text = slice_make(key, n);
	uint32_t at = textmap_find(table, text, textmap_hash(table, text));
	return at == TEXTMAP_NONE ? FILE_NONE : *(const uint32_t *)textmap_value(table, at);
}

int table_put(struct textmap *table, const void *key, size_t n, uint32_t value)
{
	struct slice text = slice_make(key, n);
	uint64_t hash = textmap_hash(table, text);
	if (textmap_find(table, text, hash) != TEXTMAP_NONE)
		return 0;
	uint32_t at = textmap_add(table, text, hash);
	if (at == TEXTMAP_NONE)
		return -1;
	*(uint32_t *)textmap_value(table, at) = value;
	return 0;
}

void find_complain(struct finder *finder, const char *message)
{
	if (finder->options->complain)
		finder->options->complain(finder->options->context, message);
}

static size_t name_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? (size_t)(slash + 1 - path) : 0;
}

static struct file *add_file(struct finder *finder, const char *path, uint32_t section)
{
	if (finder->n == finder->cap) {
		size_t cap = finder->cap ? 2 * finder->cap : 64;
		struct file *all = realloc(finder->all, cap * sizeof(*all));
		if (!all)
			return NULL;
		finder->all = all;
		finder->cap = cap;
	}
	struct file *file = &finder->all[finder->n];
	*file = (struct file){.path = strdup(path),
			      .name = name_of(path),
			      .section = section,
			      .base = FILE_NONE,
			      .mark = FILE_NONE,
			      .state = FILE_UNKNOWN};
	if (!file->path)
		return NULL;
	if (table_put(&finder->paths, path, strlen(path), (uint32_t)finder->n)) {
		free(file->path);
		return NULL;
	}
	finder->n++;
	return file;
}

static struct node node_of(const struct stat *file)
{
	return (struct node){file->st_dev, file->st_ino};
}

static int fail(struct finder *finder, struct file *file, const char *what, int number)
{
	struct error error;
	errno = number;
	if (number)
		error_errno(&error, "%s: %s", file->path, what);
	else
		error_set(&error, "%s: %s", file->path, what);
	find_complain(finder, error.text);
	file->state = FILE_FAILED;
	finder->catalog->failed++;
	return 0;
}

/* A name that the configuration says, or that a pattern found. */
static int add_named(struct finder *finder, const char *path, uint32_t section, bool named)
{
	struct stat stat_now;
	if (table_find(&finder->paths, path, strlen(path)) != FILE_NONE) {
		finder->catalog->repeated++;
		return 0;
	}
	int number = stat(path, &stat_now) ? errno : 0;
	struct node node = node_of(&stat_now);
	if (number == ENOENT && !named)
		return 0; /* went away, or a link that leads nowhere */
	if (!number && S_ISREG(stat_now.st_mode) &&
	    table_find(&finder->nodes, &node, sizeof(node)) != FILE_NONE) {
		finder->catalog->repeated++;
		return 0;
	}
	struct file *file = add_file(finder, path, section);
	if (!file)
		return -1;
	file->named = named;
	if (number == ENOENT)
		return file->state = FILE_MISSING, 0;
	if (number)
		return fail(finder, file, "cannot look at it", number);
	if (S_ISDIR(stat_now.st_mode))
		return fail(finder, file, "is a directory; name the files in it", 0);
	if (!S_ISREG(stat_now.st_mode))
		return fail(finder, file, "is not a regular file", 0);
	file->stat = stat_now;
	file->stat_ns = mark_now();
	return table_put(&finder->nodes, &node, sizeof(node), (uint32_t)(file - finder->all));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_pattern(struct finder *finder, const char *pattern, uint32_t section)
{
	glob_t found = {0};
	struct stat there;
	if (!strpbrk(pattern, "*?[{") || lstat(pattern, &there) == 0)
		return add_named(finder, pattern, section, true);
	int code = glob(pattern, GLOB_NOSORT | GLOB_BRACE, NULL, &found), failed = 0;
	if (code == GLOB_NOSPACE)
		return -1;
	if (code || !found.gl_pathc) {
		struct error error;
		error_set(&error, "%s: no file matches", pattern);
		find_complain(finder, error.text);
	} else {
		qsort(found.gl_pathv, found.gl_pathc, sizeof(*found.gl_pathv), by_text);
		for (size_t i = 0; i < found.gl_pathc && !failed; i++)
			failed = add_named(finder, found.gl_pathv[i], section, false);
	}
	globfree(&found);
	return failed;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

uint32_t find_base(const struct finder *finder, const char *path, size_t name, bool itself)
{
	size_t n = strlen(path);
	for (size_t at = itself ? n : n - 1; at > name; at--) {
		if (at < n && is_letter(path[at]))
			continue;
		uint32_t base = table_find(&finder->paths, path, at);
		if (base != FILE_NONE && !finder->all[base].sibling)
			return base;
	}
	return FILE_NONE;
}

static int add_sibling(struct finder *finder, const char *path)
{
	struct stat stat_now;
	uint32_t base = find_base(finder, path, name_of(path), false);
	if (base == FILE_NONE || stat(path, &stat_now) || !S_ISREG(stat_now.st_mode))
		return 0;
	struct node node = node_of(&stat_now);
	if (table_find(&finder->nodes, &node, sizeof(node)) != FILE_NONE)
		return 0;
	struct file *file = add_file(finder, path, finder->all[base].section);
	if (!file)
		return -1;
	file->sibling = true;
	file->base = base;
	file->stat = stat_now;
	file->stat_ns = mark_now();
	return table_put(&finder->nodes, &node, sizeof(node), (uint32_t)(file - finder->all));
}

/* `prefix` is the directory as it stands in front of the names, with its slash, or "". */
static int list_directory(struct finder *finder, const char *prefix)
{
	const char *name = *prefix ? prefix : ".";
	DIR *directory = opendir(name);
	struct dirent *entry;
	int failed = 0;
	if (!directory && errno != ENOENT) {
		struct error error;
		error_errno(&error, "%s: cannot look for rotated files", name);
		find_complain(finder, error.text);
		finder->catalog->failed++;
	}
	while (directory && !failed && (entry = readdir(directory))) {
		char path[4096];
		int n = snprintf(path, sizeof(path), "%s%s", prefix, entry->d_name);
		if (entry->d_type == DT_DIR || n < 0 || (size_t)n >= sizeof(path))
			continue;
		if (table_find(&finder->paths, path, (size_t)n) == FILE_NONE)
			failed = add_sibling(finder, path);
	}
	if (directory)
		closedir(directory);
	return failed;
}

/* Each directory once, however many of its files are configured. */
static int find_siblings(struct finder *finder)
{
	struct textmap seen;
	size_t configured = finder->n;
	int failed = textmap_init(&seen, sizeof(uint32_t), SIZE_MAX / 4);
	for (size_t i = 0; i < configured && !failed; i++) {
		const struct file *file = &finder->all[i];
		if (table_find(&seen, file->path, file->name) != FILE_NONE)
			continue;
		failed = table_put(&seen, file->path, file->name, 0);
		char *prefix = failed ? NULL : strndup(file->path, file->name);
		failed = !prefix || list_directory(finder, prefix);
		free(prefix);
	}
	textmap_release(&seen);
	return failed ? -1 : 0;
}

int find_files(struct finder *finder)
{
	const struct catalog_options *options = finder->options;
	for (uint32_t s = 0; s < options->sources_n; s++)
		for (size_t p = 0; p < options->sources[s].patterns_n; p++)
			if (add_pattern(finder, options->sources[s].patterns[p], s))
				return -1;
	size_t configured = finder->n;
	for (size_t i = 0; i < configured; i++)
		finder->all[i].base =
		    find_base(finder, finder->all[i].path, finder->all[i].name, false);
	return find_siblings(finder);
}
