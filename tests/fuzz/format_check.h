/*
 * format_check.h: what must hold for any line and any format: slices lie inside the line or the
 * scratch, figures are in range, and the same line says the same again.
 */
#ifndef TESTS_FUZZ_FORMAT_CHECK_H
#define TESTS_FUZZ_FORMAT_CHECK_H

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include "ingest/format.h"
#include "ingest/parser.h"
#include "ingest/request.h"

enum { CHECK_SLICES = 12 };

static inline void check_slice(const struct parser *parser, struct slice line, struct slice part)
{
	if (!part.n)
		return;
	bool inside = part.p >= line.p && part.p + part.n <= line.p + line.n;
	bool unescaped =
	    part.p >= parser->scratch && part.p + part.n <= parser->scratch + parser->capacity;
	/* "/" stands for the target of a URL without a path. */
	assert(inside || unescaped || slice_is(part, "/"));
}

static inline enum reject check_line(struct parser *parser, const struct format *format,
				     struct slice line)
{
	struct request request, again;
	enum reject reject = parser_line(parser, format, line, &request);
	assert(reject < REJECT__COUNT && reject != REJECT_TOO_LONG && reject != REJECT_FUTURE);
	if (!reject) {
		const struct slice *slices = &request.client;
		for (size_t i = 0; i < CHECK_SLICES; i++)
			check_slice(parser, line, slices[i]);
		assert(request.client.n > 0);
		assert(request.status == 0 || (request.status >= 100 && request.status <= 999));
		assert(request.time >= -86400 && request.time <= 253402300800 + 86400);
	}
	assert(parser_line(parser, format, line, &again) == reject);
	if (!reject) {
		const struct slice *a = &request.client, *b = &again.client;
		assert(request.time == again.time && request.bytes == again.bytes &&
		       request.status == again.status && request.flags == again.flags &&
		       request.duration_us == again.duration_us);
		for (size_t i = 0; i < CHECK_SLICES; i++)
			assert(slice_equal(a[i], b[i]));
	}
	return reject;
}

/* Formats made once; their memory lives as long as the fuzzer. */
static inline const struct format *check_format(struct format **slot, const char *spec)
{
	struct format_options options = {"sid"};
	if (!*slot && format_compile(spec, &options, slot, NULL))
		abort();
	return *slot;
}

#endif
