#include "ingest/inspect.h"
#include "ingest/format.h"
#include "ingest/request.h"

struct inspector {
	struct parser *parser;
	const struct source_options *options;
	struct inspection *found;
	uint64_t offset; /* of the chunk in the uncompressed text */
};

static void note_rejected(struct inspection *found, enum reject reason, uint64_t offset)
{
	found->rejected[reason]++;
	if (found->shown == INSPECT_SHOWN)
		return;
	found->first[found->shown].line = found->lines;
	found->first[found->shown].offset = offset;
	found->first[found->shown].reason = reason;
	found->shown++;
}

static void inspect_line(struct inspector *inspector, const struct format *format,
			 struct slice line, uint64_t offset)
{
	struct inspection *found = inspector->found;
	struct request request;
	found->lines++;
	if (!line.n) {
		found->blank++;
	} else if (line.n > inspector->options->max_line) {
		note_rejected(found, REJECT_TOO_LONG, offset);
	} else if (format_has_directives(format) && format_is_directive(format, line)) {
		found->directives++;
	} else {
		enum reject reason = parser_line(inspector->parser, format, line, &request);
		if (reason == REJECT_NONE && request.time > inspector->options->now + 3600)
			reason = REJECT_FUTURE;
		if (reason == REJECT_NONE)
			found->readable++;
		else
			note_rejected(found, reason, offset);
	}
}

static void inspect_chunk(struct inspector *inspector, const struct chunk *chunk)
{
	struct slice rest = chunk->lines, line;
	/* Lines that were dropped for their length stand before those that are left. */
	uint64_t offset = inspector->offset + chunk->bytes - chunk->lines.n;
	for (uint64_t i = 0; i < chunk->too_long; i++) {
		inspector->found->lines++;
		note_rejected(inspector->found, REJECT_TOO_LONG, inspector->offset);
	}
	while (rest.n) {
		uint64_t at = offset + (uint64_t)(rest.p - chunk->lines.p);
		if (source_line(&rest, &line))
			inspect_line(inspector, chunk->format, line, at);
	}
	inspector->offset += chunk->bytes;
}

int inspect_source(struct source *source, const struct source_options *options,
		   struct inspection *ret, struct error *error)
{
	struct inspector inspector = {.options = options, .found = ret};
	struct chunk chunk = {0};
	int got = -1;
	*ret = (struct inspection){0};
	inspector.parser = parser_new(options->now);
	if (!inspector.parser)
		return error_set(error, "out of memory");
	while ((got = source_read(source, &chunk, error)) > 0)
		inspect_chunk(&inspector, &chunk);
	chunk_release(&chunk);
	parser_free(inspector.parser);
	return got;
}
