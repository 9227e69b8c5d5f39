#include "export/audit_allow.h"
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum { ANY = -1 };

struct row {
	char *text;    /* owned; the pattern, then a NUL in the place of the last colon */
	char *written; /* owned; the line as it was, for messages */
	int kind, class;
	unsigned line;
	bool used;
};

struct audit_allow {
	struct row *rows;
	size_t n;
};

struct audit_allow *audit_allow_new(void)
{
	return calloc(1, sizeof(struct audit_allow));
}

void audit_allow_free(struct audit_allow *allow)
{
	if (!allow)
		return;
	for (size_t i = 0; i < allow->n; i++) {
		free(allow->rows[i].text);
		free(allow->rows[i].written);
	}
	free(allow->rows);
	free(allow);
}

static bool parse_kind(const char *word, struct row *row)
{
	row->kind = row->class = ANY;
	if (strcmp(word, "*") == 0)
		return true;
	for (int i = 0; i < AUDIT_KIND__COUNT; i++)
		if (strcmp(word, audit_kind_name((enum audit_kind)i)) == 0) {
			row->kind = i;
			return true;
		}
	for (int i = 0; i < AUDIT_CLASS__COUNT; i++)
		if (strcmp(word, audit_class_name((enum audit_class)i)) == 0) {
			row->class = i;
			return true;
		}
	return false;
}

static int add_line(struct audit_allow *allow, const char *text, unsigned line, const char *name,
		    struct error *error)
{
	struct row row = {.line = line};
	struct row *rows = realloc(allow->rows, (allow->n + 1) * sizeof(*rows));
	if (rows)
		allow->rows = rows;
	row.text = strdup(text);
	row.written = strdup(text);
	char *colon = row.text ? strrchr(row.text, ':') : NULL;
	if (!rows || !row.text || !row.written) {
		error_set(error, "out of memory");
		goto cleanup;
	}
	if (!colon || colon == row.text || !parse_kind(colon + 1, &row)) {
		error_set(error, "%s:%u: not PATTERN:KIND with a known kind", name, line);
		goto cleanup;
	}
	*colon = '\0';
	allow->rows[allow->n++] = row;
	return 0;
cleanup:
	free(row.text);
	free(row.written);
	return -1;
}

int audit_allow_read(struct audit_allow *allow, FILE *file, const char *name, struct error *error)
{
	char *line = NULL;
	size_t size = 0;
	int failed = 0;
	unsigned number = 0;
	for (ssize_t n; !failed && (n = getline(&line, &size, file)) >= 0;) {
		number++;
		while (n && strchr(" \t\r\n", line[n - 1]))
			line[--n] = '\0';
		if (n && line[0] != '#')
			failed = add_line(allow, line, number, name, error);
	}
	if (!failed && ferror(file))
		failed = error_errno(error, "%s", name);
	free(line);
	return failed;
}

bool audit_allow_holds(struct audit_allow *allow, const char *path,
		       const struct audit_finding *finding)
{
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	for (size_t i = 0; i < allow->n; i++) {
		struct row *row = &allow->rows[i];
		if ((row->kind == ANY || row->kind == (int)finding->kind) &&
		    (row->class == ANY || row->class == (int)finding->class) &&
		    fnmatch(row->text, path, 0) == 0)
			return row->used = true;
	}
	return false;
}

const char *audit_allow_unused(const struct audit_allow *allow, size_t i, unsigned *ret_line)
{
	for (size_t k = 0; k < allow->n; k++)
		if (!allow->rows[k].used && i-- == 0) {
			*ret_line = allow->rows[k].line;
			return allow->rows[k].written;
		}
	return NULL;
}
