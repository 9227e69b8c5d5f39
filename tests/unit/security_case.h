/*
 * security_case.h: a directory for a security log, a state to go with it, and what must be in it.
 */
#ifndef TESTS_SECURITY_CASE_H
#define TESTS_SECURITY_CASE_H

#include "security_calls.h"
#include <criterion/criterion.h>

enum { STATE_MAX = 512 };

static char folder[] = "/tmp/veiltally-security-XXXXXX";
static char log_path[64];

/* What a state would keep. */
struct state {
	struct security_file files[STATE_MAX];
	size_t n;
	int position;
};

static char warnings[4096];
static unsigned warned;

static inline void on_warning(void *context, const char *message)
{
	(void)context;
	size_t n = strlen(warnings);
	snprintf(warnings + n, sizeof(warnings) - n, "%s\n", message);
	warned++;
}

static inline void make_folder(void)
{
	cr_assert_not_null(mkdtemp(folder));
	snprintf(log_path, sizeof(log_path), "%s/security.log", folder);
}

static inline void empty_folder(void)
{
	DIR *stream = opendir(folder);
	const struct dirent *entry;
	while ((entry = readdir(stream)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(stream), entry->d_name, 0);
	closedir(stream);
}

static inline void remove_folder(void)
{
	char command[64];
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	cr_assert_eq(system(command), 0);
}

static inline struct security_log_options options_of(bool gzip)
{
	return (struct security_log_options){.path = log_path, .gzip = gzip, .warn = on_warning};
}

static inline struct security_log *open_log(const struct state *state, bool gzip)
{
	struct error error = {""};
	const struct security_log_options options = options_of(gzip);
	struct security_log *log = security_log_open(&options, state->files, state->n, &error);
	cr_assert_not_null(log, "%s", error.text);
	return log;
}

static inline void keep(struct state *state, const struct security_log *log)
{
	size_t n = 0;
	while (security_log_at(log, n, &state->files[n]))
		cr_assert(++n < STATE_MAX);
	state->n = n;
}

static inline void append_text(struct security_log *log, int32_t day, const char *text)
{
	struct error error = {""};
	cr_assert_eq(security_log_append(log, day, slice_from(text), &error), 0, "%s", error.text);
}

static inline void commit(struct security_log *log, struct state *state)
{
	struct error error = {""};
	cr_assert_eq(security_log_sync(log, &error), 0, "%s", error.text);
	keep(state, log);
	cr_assert_eq(security_log_committed(log, &error), 0, "%s", error.text);
}

/* ---- files by name ---- */

static inline const char *in_folder(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];
	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static inline const char *file_name(int32_t day, unsigned part, enum security_suffix suffix)
{
	static char names[4][SECURITY_NAME_SIZE];
	static unsigned next;
	char *out = names[next++ % 4];
	const struct security_directory directory = {.path = "", .base = "security.log"};
	security_name_text(&directory, &(struct security_name){day, part, suffix}, out);
	return out;
}

static inline bool exists(const char *name)
{
	struct stat status;
	return lstat(in_folder(name), &status) == 0;
}

static inline void put(const char *name, const char *text, const char *mode)
{
	FILE *file = fopen(in_folder(name), mode);
	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0, "%s", name);
}

/* A file, gzipped or not, as one text that the caller frees; NULL when there is none. */
static inline char *get(const char *name, size_t *ret_n)
{
	size_t n = 0, cap = 1 << 16;
	char *text = malloc(cap);
	gzFile file = gzopen(in_folder(name), "rb");
	int got = 1;
	while (file && got > 0) {
		if (cap - n < 1 << 15)
			text = realloc(text, cap *= 2);
		got = gzread(file, text + n, (1 << 15) - 1);
		n += got > 0 ? (size_t)got : 0;
	}
	if (!file) {
		free(text);
		return NULL;
	}
	cr_assert(gzclose(file) == Z_OK && got == 0, "%s is damaged", name);
	text[n] = '\0';
	if (ret_n)
		*ret_n = n;
	return text;
}

static inline void expect_file(const char *name, const char *wanted)
{
	char *text = get(name, NULL);
	cr_expect(text && strcmp(text, wanted) == 0, "%s holds %.300s", name,
		  text ? text : "nothing: there is none");
	free(text);
}

/* All names, sorted, each followed by a space. */
static inline const char *listing(void)
{
	static char names[8192];
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort);
	names[0] = '\0';
	for (int i = 0; i < n; i++) {
		size_t at = strlen(names);
		if (entries[i]->d_name[0] != '.')
			snprintf(names + at, sizeof(names) - at, "%s ", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return names;
}

#endif
