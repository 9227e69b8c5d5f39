#include "ingest/json_reader.h"

#include "ingest/scan.h"

void json_reader_init(struct json_reader *reader, struct slice text)
{
	reader->at = text.p;
	reader->end = text.p + text.n;
	reader->fresh = true;
}

static inline void skip_blanks(struct json_reader *reader)
{
	while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t' ||
					    *reader->at == '\r' || *reader->at == '\n'))
		reader->at++;
}

/* The reader stands behind the opening quote; afterwards behind the closing one. */
static bool read_string(struct json_reader *reader, struct slice *raw, bool *escaped)
{
	const char *p = reader->at;
	*escaped = false;
	for (;;) {
		p = scan_either(p, reader->end, '"', '\\');
		if (p == reader->end)
			return false;
		if (*p == '"')
			break;
		*escaped = true;
		if (reader->end - p < 2)
			return false;
		p += 2;
	}
	*raw = slice_make(reader->at, (size_t)(p - reader->at));
	reader->at = p + 1;
	return true;
}

static bool scalar_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '+' || c == '-' || c == '.';
}

static bool read_scalar(struct json_reader *reader, struct json_value *value)
{
	const char *start = reader->at;
	while (reader->at < reader->end && scalar_byte(*reader->at))
		reader->at++;
	value->raw = slice_make(start, (size_t)(reader->at - start));
	value->type = slice_is(value->raw, "null") ? JSON_NULL : JSON_SCALAR;
	value->escaped = false;
	return value->raw.n > 0;
}

bool json_read(struct json_reader *reader, struct json_value *value)
{
	skip_blanks(reader);
	if (reader->at == reader->end)
		return false;
	switch (*reader->at) {
	case '"':
		reader->at++;
		value->type = JSON_STRING;
		return read_string(reader, &value->raw, &value->escaped);
	case '{':
	case '[':
		value->type = *reader->at == '{' ? JSON_OBJECT : JSON_ARRAY;
		value->raw = slice_make(NULL, 0);
		value->escaped = false;
		reader->at++;
		reader->fresh = true;
		return true;
	default:
		return read_scalar(reader, value);
	}
}

/* Up to the next member: past the comma, or past the closing bracket. */
static int next_member(struct json_reader *reader, char close)
{
	bool fresh = reader->fresh;
	reader->fresh = false;
	skip_blanks(reader);
	if (reader->at == reader->end)
		return -1;
	if (!fresh && *reader->at == ',') {
		reader->at++;
		skip_blanks(reader);
		fresh = true;
	}
	if (reader->at < reader->end && *reader->at == close) {
		reader->at++;
		return 0;
	}
	return fresh && reader->at < reader->end ? 1 : -1;
}

int json_next_key(struct json_reader *reader, struct slice *key)
{
	bool escaped;
	int more = next_member(reader, '}');
	if (more <= 0)
		return more;
	if (*reader->at != '"')
		return -1;
	reader->at++;
	if (!read_string(reader, key, &escaped))
		return -1;
	skip_blanks(reader);
	if (reader->at == reader->end || *reader->at != ':')
		return -1;
	reader->at++;
	return 1;
}

int json_next_item(struct json_reader *reader)
{
	return next_member(reader, ']');
}

bool json_skip_rest(struct json_reader *reader)
{
	size_t depth = 1;
	while (reader->at < reader->end) {
		char c = *reader->at++;
		struct slice raw;
		bool escaped;
		if (c == '"') {
			if (!read_string(reader, &raw, &escaped))
				return false;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if ((c == '}' || c == ']') && --depth == 0) {
			reader->fresh = false;
			return true;
		}
	}
	return false;
}

bool json_skip(struct json_reader *reader)
{
	struct json_value value;
	if (!json_read(reader, &value))
		return false;
	return value.type < JSON_OBJECT || json_skip_rest(reader);
}

bool json_at_end(struct json_reader *reader)
{
	skip_blanks(reader);
	return reader->at == reader->end;
}
