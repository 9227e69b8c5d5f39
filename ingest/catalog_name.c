/*
 * catalog_name.c: which files may be forms of one log, by their names. Contents decide what is
 * read; names only keep apart two logs that happen to hold the same lines, such as those of two
 * idle sites whose health is checked at the same second.
 */
#include <string.h>
#include "ingest/catalog_file.h"

enum { DATE_DIGITS = 6 }; /* 240131 is a date, 10443 may be a port */

bool name_is_rotation(const char *rest)
{
	static const char *const words[] = {"old", "bak", "prev", "gz", "orig"};
	while (*rest) {
		size_t n = strchr("0123456789.-_:+TZ", *rest) ? 1 : 0;
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !n; i++)
			if (strncmp(rest, words[i], strlen(words[i])) == 0)
				n = strlen(words[i]);
		if (!n)
			return false;
		rest += n;
	}
	return true;
}

uint32_t name_root(const struct finder *finder, uint32_t file)
{
	while (finder->all[file].base != FILE_NONE)
		file = finder->all[file].base;
	return file;
}

bool name_comes_of(const struct finder *finder, const struct file *file, const struct file *base)
{
	for (uint32_t at = file->base; at != FILE_NONE; at = finder->all[at].base)
		if (&finder->all[at] == base)
			return true;
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* How long the date at p is, with what separates it from the name before: "-20261005",
 * ".2026-10-05"; 0 when there is none. */
static size_t date_at(const char *p)
{
	size_t n = 0, digits = 0, last = 0;
	if (*p == '\0' || !strchr("-_.", *p))
		return 0;
	for (n = 1; p[n] && (is_digit(p[n]) || strchr("-_.:T", p[n])); n++)
		if (is_digit(p[n])) {
			digits++;
			last = n + 1;
		}
	return digits >= DATE_DIGITS ? last : 0;
}

/* The path without dates and without what rotation and a compressor put behind it. */
static size_t stem_of(const char *path, size_t name, char *stem, size_t cap)
{
	size_t n = name < cap ? name : cap, whole = strlen(path);
	memcpy(stem, path, n);
	for (size_t at = name + 1; at < whole; at++)
		if (strchr("-_.", path[at]) && name_is_rotation(path + at)) {
			whole = at;
			break;
		}
	for (size_t at = name; at < whole && n < cap;) {
		size_t date = date_at(path + at);
		if (!date)
			stem[n++] = path[at];
		at += date ? date : 1;
	}
	return n;
}

static size_t stem_of_root(const struct finder *finder, uint32_t file, char *stem, size_t cap)
{
	const struct file *root = &finder->all[name_root(finder, file)];
	return stem_of(root->path, root->name, stem, cap);
}

int name_groups(struct finder *finder)
{
	int failed = 0;
	for (uint32_t i = 0; i < finder->n && !failed; i++) {
		char stem[4200];
		size_t n = stem_of_root(finder, i, stem, sizeof(stem));
		failed = table_put(&finder->groups, stem, n, i);
		finder->all[i].group = table_find(&finder->groups, stem, n);
	}
	return failed;
}

uint32_t name_group_of(const struct finder *finder, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t name = slash ? (size_t)(slash + 1 - path) : 0;
	uint32_t base = find_base(finder, path, name, true);
	char stem[4200];
	if (base != FILE_NONE)
		return finder->all[base].group;
	return table_find(&finder->groups, stem, stem_of(path, name, stem, sizeof(stem)));
}
