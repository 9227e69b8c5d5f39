/* A sample of a file: what is detected must read as many lines as it says. */
#include "tests/fuzz/format_check.h"

enum { LINES_MAX = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct slice lines[LINES_MAX] = {{NULL, 0}}, text = {(const char *)bytes, n};
	struct format *format, *next;
	struct error error = {""};
	size_t count = 0, readable = 0, read = 0;
	for (; text.n && count < LINES_MAX; count++) {
		size_t end = slice_find(text, '\n');
		lines[count] = slice_make(text.p, end);
		text = slice_from_byte(text, end + 1);
	}
	if (format_detect(lines, count, NULL, &format, &readable, &error)) {
		assert(error.text[0]);
		return 0;
	}
	struct parser *parser = parser_new(4000000000);
	for (size_t i = 0; i < count; i++) {
		if (!format_is_directive(format, lines[i])) {
			read += check_line(parser, format, lines[i]) == REJECT_NONE;
			continue;
		}
		read++;
		assert(format_redefine(format, lines[i], &next, NULL) == 0);
		if (next)
			format_free(format);
		format = next ? next : format;
	}
	assert(read == readable && readable > 0);
	parser_free(parser);
	format_free(format);
	return 0;
}
