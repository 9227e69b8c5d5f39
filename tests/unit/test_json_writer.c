#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "export/json_writer.h"

static char *written;
static size_t written_n;

static FILE *start(struct json_writer *json)
{
	FILE *out = open_memstream(&written, &written_n);
	cr_assert_not_null(out);
	json_writer_init(json, out);
	return out;
}

Test(json_writer, layout)
{
	struct json_writer json;
	FILE *out = start(&json);
	json_writer_open_object(&json, NULL, false);
	json_writer_count(&json, "n", UINT64_MAX);
	json_writer_open_object(&json, "flat", true);
	json_writer_open_array(&json, "deep", false);
	json_writer_bool(&json, NULL, true);
	json_writer_null(&json, NULL);
	json_writer_close(&json);
	json_writer_number(&json, "exact", "-12.50");
	json_writer_close(&json);
	json_writer_open_array(&json, "empty", false);
	json_writer_close(&json);
	json_writer_open_array(&json, "rows", false);
	json_writer_open_object(&json, NULL, true);
	json_writer_text(&json, "key", "a");
	json_writer_close(&json);
	json_writer_open_object(&json, NULL, true);
	json_writer_close(&json);
	json_writer_close(&json);
	json_writer_close(&json);
	fclose(out);
	cr_assert_str_eq(written, "{\n"
				  "  \"n\": 18446744073709551615,\n"
				  "  \"flat\": {\"deep\": [true, null], \"exact\": -12.50},\n"
				  "  \"empty\": [],\n"
				  "  \"rows\": [\n"
				  "    {\"key\": \"a\"},\n"
				  "    {}\n"
				  "  ]\n"
				  "}\n");
	free(written);
}

static const struct {
	const char *name, *text, *json;
} escapes[] = {
    {"plain", "/a b", "\"/a b\""},
    {"quotes", "a\"b\\c/", "\"a\\\"b\\\\c/\""},
    {"controls with a name", "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
    {"controls without", "\x01\x1B\x7F", "\"\\u0001\\u001b\\u007f\""},
    {"C1", "\xC2\x9B", "\"\\u009b\""},
    {"line separators", "\xE2\x80\xA8\xE2\x80\xA9", "\"\\u2028\\u2029\""},
    {"UTF-8", "caf\xC3\xA9 \xF0\x9F\x98\x80", "\"caf\xC3\xA9 \xF0\x9F\x98\x80\""},
    {"not UTF-8",
     "a\xFF"
     "b\xC3",
     "\"a\xEF\xBF\xBD"
     "b\xEF\xBF\xBD\""},
    {"surrogate", "\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
};

Test(json_writer, escapes)
{
	for (size_t i = 0; i < sizeof(escapes) / sizeof(*escapes); i++) {
		struct json_writer json;
		FILE *out = start(&json);
		json_writer_text(&json, NULL, escapes[i].text);
		fclose(out);
		cr_expect_str_eq(written, escapes[i].json, "%s: %s", escapes[i].name, written);
		free(written);
	}
}

Test(json_writer, random_texts_can_be_read_back)
{
	unsigned seed = (unsigned)getpid();
	cr_log_info("seed %u", seed);
	for (unsigned round = 0; round < 5000; round++) {
		struct json_writer json;
		char text[40];
		size_t n = (size_t)rand_r(&seed) % (sizeof(text) - 1);
		for (size_t i = 0; i < n; i++)
			text[i] = (char)(1 + rand_r(&seed) % 255);
		text[n] = '\0';
		FILE *out = start(&json);
		json_writer_open_object(&json, NULL, false);
		json_writer_text(&json, text, text);
		json_writer_close(&json);
		fclose(out);
		json_error_t error;
		json_t *read = json_loadb(written, written_n, JSON_REJECT_DUPLICATES, &error);
		cr_assert_not_null(read, "seed %u round %u: %s", seed, round, error.text);
		cr_assert_eq(json_object_size(read), 1);
		json_decref(read);
		free(written);
	}
}
