/*
 * json_writer.h: writes JSON to a file as it is told to, without holding it. Reports have as many
 * rows as a site has pages; the library we read JSON with would hold them all twice.
 *
 * The caller opens and closes; the writer sets commas, lines and escapes. A key is given inside an
 * object and is NULL inside an array. Keys and texts are NUL-terminated; bytes that are not UTF-8
 * come out as U+FFFD. Write errors stay in the FILE (ferror).
 */
#ifndef EXPORT_JSON_WRITER_H
#define EXPORT_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH_MAX = 16 };

struct json_writer {
	FILE *out;
	unsigned depth;
	unsigned flat; /* depth from which on everything stays on one line; 0 = none does */
	char closers[JSON_DEPTH_MAX];
	bool empty; /* nothing was written yet in what was opened last */
};

void json_writer_init(struct json_writer *json, FILE *out);

/* flat: the whole object or array on one line. */
void json_writer_open_object(struct json_writer *json, const char *key, bool flat);
void json_writer_open_array(struct json_writer *json, const char *key, bool flat);
void json_writer_close(struct json_writer *json); /* the innermost; a newline after the outermost */

void json_writer_text(struct json_writer *json, const char *key, const char *text);
void json_writer_count(struct json_writer *json, const char *key, uint64_t value);
void json_writer_bool(struct json_writer *json, const char *key, bool value);
void json_writer_null(struct json_writer *json, const char *key);
/* A number that is written already: an exact decimal, which a double would round. */
void json_writer_number(struct json_writer *json, const char *key, const char *digits);

#endif
