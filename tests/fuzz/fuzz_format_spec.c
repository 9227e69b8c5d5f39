/* The first line is a pasted definition, the rest a line for it. */
#include "tests/fuzz/format_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct parser *parser;
	struct format_options options = {"sid"};
	struct format *format;
	struct error error = {""};
	struct slice text = {(const char *)bytes, n};
	if (!parser && !(parser = parser_new(1735689600)))
		abort();
	size_t end = slice_find(text, '\n');
	char *spec = strndup(text.p ? text.p : "", end);
	if (format_compile(spec, &options, &format, &error)) {
		assert(error.text[0]);
	} else {
		assert(format_name(format)[0]);
		check_line(parser, format, slice_from_byte(text, end + 1));
		format_free(format);
	}
	free(spec);
	return 0;
}
