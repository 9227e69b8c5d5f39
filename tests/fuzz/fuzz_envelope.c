/* The first byte picks the envelope, the rest is the line. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include "ingest/format.h"
#include "ingest/format_envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct parser *parser;
	struct slice line = {(const char *)bytes + 1, n - 1}, inner = {NULL, 0};
	struct moment moment = {0};
	if (!n)
		return 0;
	if (!parser && !(parser = parser_new(1735689600)))
		abort();
	enum envelope envelope = (enum envelope)((unsigned)(bytes[0] - 'a') % ENVELOPE__COUNT);
	parser_begin(parser, line.n);
	enum reject reject = envelope_open(envelope, parser, line, &inner, n % 2 ? &moment : NULL);
	assert(reject < REJECT__COUNT);
	if (reject)
		return 0;
	assert(inner.n <= line.n);
	assert(!inner.n || (inner.p >= line.p && inner.p + inner.n <= line.p + line.n) ||
	       (inner.p >= parser->scratch && inner.p + inner.n <= parser->scratch + parser->used));
	return 0;
}
