/*
 * json_reader.h: a scanner over one JSON text that allocates nothing.
 *
 * It yields values one after the other and leaves strings as they are written; the caller unescapes
 * the few it wants. It reads all valid JSON, and forgives what some log writers get wrong: \xHH in
 * strings, control bytes in strings, a comma before a closing bracket. Depth costs no stack.
 * jansson was rejected for this path because it allocates per value.
 */
#ifndef INGEST_JSON_READER_H
#define INGEST_JSON_READER_H

#include <stdbool.h>
#include "base/slice.h"

enum json_type {
	JSON_STRING, /* raw: between the quotes, still escaped */
	JSON_SCALAR, /* raw: number, true or false */
	JSON_NULL,
	JSON_OBJECT, /* the reader stands behind "{" */
	JSON_ARRAY,  /* the reader stands behind "[" */
};

struct json_value {
	enum json_type type;
	bool escaped; /* the string holds a backslash */
	struct slice raw;
};

struct json_reader {
	const char *at;
	const char *end;
	bool fresh; /* nothing of the innermost object or array has been read */
};

void json_reader_init(struct json_reader *reader, struct slice text);

/* The next value. False when there is none. */
bool json_read(struct json_reader *reader, struct json_value *value);

/*
 * Inside an object: the next key, the reader then stands before its value. 1, 0 behind the closing
 * bracket, -1 when the text is broken. The key is not unescaped.
 */
int json_next_key(struct json_reader *reader, struct slice *key);
/* Inside an array: 1 when another item follows, 0 behind the closing bracket, -1 when the text is
 * broken. */
int json_next_item(struct json_reader *reader);

/* Passes over the rest of an object or array of which the opening bracket has been read. */
bool json_skip_rest(struct json_reader *reader);
/* Passes over the next value, whatever it is. */
bool json_skip(struct json_reader *reader);

/* Is there nothing but blanks left? */
bool json_at_end(struct json_reader *reader);

#endif
