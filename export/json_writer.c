#include "export/json_writer.h"
#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include "export/utf8.h"

void json_writer_init(struct json_writer *json, FILE *out)
{
	*json = (struct json_writer){.out = out, .empty = true};
}

static void put_escaped(FILE *out, uint32_t c)
{
	static const char names[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *at = c && c < 0x80 ? strchr(names, (int)c) : NULL;
	if (at) {
		fprintf(out, "\\%c", letters[at - names]);
	} else if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029) {
		fprintf(out, "\\u%04x", (unsigned)c);
	} else {
		char bytes[4];
		size_t n = utf8_encode(c, bytes);
		fwrite(bytes, 1, n, out);
	}
}

static void put_text(FILE *out, const char *text)
{
	putc('"', out);
	while (*text) {
		uint32_t c;
		text += utf8_decode(text, &c);
		put_escaped(out, c);
	}
	putc('"', out);
}

static bool is_flat(const struct json_writer *json)
{
	return json->flat && json->depth >= json->flat;
}

static void new_line(struct json_writer *json)
{
	putc('\n', json->out);
	for (unsigned i = 0; i < json->depth; i++)
		fputs("  ", json->out);
}

/* What stands before a value: comma, line, key. */
static void begin(struct json_writer *json, const char *key)
{
	assert(json->depth == 0 || (key != NULL) == (json->closers[json->depth - 1] == '}'));
	if (!json->empty)
		putc(',', json->out);
	if (json->depth && !is_flat(json))
		new_line(json);
	else if (!json->empty)
		putc(' ', json->out);
	json->empty = false;
	if (key) {
		put_text(json->out, key);
		fputs(": ", json->out);
	}
}

static void open_pair(struct json_writer *json, const char *key, bool flat, const char pair[2])
{
	begin(json, key);
	assert(json->depth < JSON_DEPTH_MAX);
	putc(pair[0], json->out);
	json->closers[json->depth++] = pair[1];
	json->empty = true;
	if (flat && !json->flat)
		json->flat = json->depth;
}

void json_writer_open_object(struct json_writer *json, const char *key, bool flat)
{
	open_pair(json, key, flat, "{}");
}

void json_writer_open_array(struct json_writer *json, const char *key, bool flat)
{
	open_pair(json, key, flat, "[]");
}

void json_writer_close(struct json_writer *json)
{
	assert(json->depth);
	bool flat = is_flat(json);
	if (json->flat == json->depth)
		json->flat = 0;
	json->depth--;
	if (!json->empty && !flat)
		new_line(json);
	putc(json->closers[json->depth], json->out);
	json->empty = false;
	if (!json->depth)
		putc('\n', json->out);
}

void json_writer_text(struct json_writer *json, const char *key, const char *text)
{
	begin(json, key);
	put_text(json->out, text);
}

void json_writer_count(struct json_writer *json, const char *key, uint64_t value)
{
	begin(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void json_writer_bool(struct json_writer *json, const char *key, bool value)
{
	begin(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_writer_null(struct json_writer *json, const char *key)
{
	begin(json, key);
	fputs("null", json->out);
}

void json_writer_number(struct json_writer *json, const char *key, const char *digits)
{
	begin(json, key);
	fputs(digits, json->out);
}
