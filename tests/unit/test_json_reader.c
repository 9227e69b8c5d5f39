/* The JSON scanner: a text is walked and written down in a canonical form, or refused. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include "ingest/json_reader.h"

enum { OUT_MAX = 4096 };

struct out {
	char text[OUT_MAX];
	size_t n;
};

static void put(struct out *out, const char *text, size_t n)
{
	cr_assert(out->n + n < OUT_MAX);
	memcpy(out->text + out->n, text, n);
	out->n += n;
	out->text[out->n] = 0;
}

/* s"…" strings (S with escapes), n numbers and words, 0 null. */
static bool walk(struct json_reader *reader, struct out *out)
{
	struct json_value value;
	struct slice key;
	int more;
	if (!json_read(reader, &value))
		return false;
	switch (value.type) {
	case JSON_STRING:
		put(out, value.escaped ? "S" : "s", 1);
		put(out, value.raw.p, value.raw.n);
		break;
	case JSON_SCALAR:
		put(out, "n", 1);
		put(out, value.raw.p, value.raw.n);
		break;
	case JSON_NULL:
		put(out, "0", 1);
		break;
	case JSON_OBJECT:
		put(out, "{", 1);
		while ((more = json_next_key(reader, &key)) > 0) {
			put(out, key.p, key.n);
			put(out, ":", 1);
			if (!walk(reader, out))
				return false;
			put(out, ";", 1);
		}
		put(out, "}", 1);
		return more == 0;
	case JSON_ARRAY:
		put(out, "[", 1);
		while ((more = json_next_item(reader)) > 0) {
			if (!walk(reader, out))
				return false;
			put(out, ";", 1);
		}
		put(out, "]", 1);
		return more == 0;
	}
	return true;
}

static const struct {
	const char *name;
	const char *text;
	const char *walked; /* NULL: refused */
} cases[] = {
    {"string", "\"a\"", "sa"},
    {"empty string", "\"\"", "s"},
    {"escaped quote", "\"a\\\"b\"", "Sa\\\"b"},
    {"escaped backslash at the end", "\"a\\\\\"", "Sa\\\\"},
    {"long string", "\"0123456789012345678901234567890123456789\"",
     "s0123456789012345678901234567890123456789"},
    {"number", "-12.5e+3", "n-12.5e+3"},
    {"true", " true ", "ntrue"},
    {"null", "null", "0"},
    {"empty object", "{}", "{}"},
    {"empty array", "[ ]", "[]"},
    {"object", "{\"a\":1,\"b\":\"c\"}", "{a:n1;b:sc;}"},
    {"blanks", " { \"a\" : 1 , \"b\" : [ 1 , 2 ] } ", "{a:n1;b:[n1;n2;];}"},
    {"nested", "{\"a\":{\"b\":{\"c\":[{\"d\":null}]}},\"e\":0}", "{a:{b:{c:[{d:0;};];};};e:n0;}"},
    {"nothing inside, then more", "{\"a\":{},\"b\":[],\"c\":1}", "{a:{};b:[];c:n1;}"},
    {"comma before the end is forgiven", "{\"a\":1,}", "{a:n1;}"},
    {"brackets in strings", "[\"]\",\"}\"]", "[s];s};]"},
    {"no text", "", NULL},
    {"blank text", "  ", NULL},
    {"open string", "\"abc", NULL},
    {"backslash at the end", "\"abc\\", NULL},
    {"open object", "{\"a\":1", NULL},
    {"missing colon", "{\"a\" 1}", NULL},
    {"missing value", "{\"a\":}", NULL},
    {"missing comma", "{\"a\":1 \"b\":2}", NULL},
    {"comma first", "{,\"a\":1}", NULL},
    {"two commas", "[1,,2]", NULL},
    {"key without quotes", "{a:1}", NULL},
    {"wrong bracket", "[1}", NULL},
    {"stray byte", "[$]", NULL},
};

Test(json_reader, table)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_reader reader;
		struct out out = {"", 0};
		size_t n = strlen(cases[i].text);
		char *exact = malloc(n ? n : 1);
		memcpy(exact, cases[i].text, n);
		json_reader_init(&reader, slice_make(exact, n));
		bool read = walk(&reader, &out) && json_at_end(&reader);
		cr_expect(read == (cases[i].walked != NULL), "%s: %s", cases[i].name, out.text);
		if (read && cases[i].walked)
			cr_expect(strcmp(out.text, cases[i].walked) == 0, "%s: %s", cases[i].name,
				  out.text);
		/* Passing over a value ends where reading it does. */
		if (read) {
			json_reader_init(&reader, slice_make(exact, n));
			cr_expect(json_skip(&reader) && json_at_end(&reader), "%s: skipped",
				  cases[i].name);
		}
		free(exact);
	}
}

/* Depth must cost no stack. */
Test(json_reader, deep)
{
	enum { DEPTH = 500000 };
	struct json_reader reader;
	char *text = malloc(2 * DEPTH);
	memset(text, '[', DEPTH);
	memset(text + DEPTH, ']', DEPTH);
	json_reader_init(&reader, slice_make(text, 2 * DEPTH));
	cr_expect(json_skip(&reader) && json_at_end(&reader));
	json_reader_init(&reader, slice_make(text, 2 * DEPTH - 1));
	cr_expect(!json_skip(&reader));
	free(text);
}
