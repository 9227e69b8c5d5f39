/* source_state.h: the inside of a source, shared by its files. Nobody else includes it. */
#ifndef INGEST_SOURCE_STATE_H
#define INGEST_SOURCE_STATE_H

#include "ingest/position.h"
#include "ingest/source.h"
#include "ingest/stream.h"

enum { SOURCE_PROBE = 256 * 1024, SOURCE_HEAD = 64 * 1024, SOURCE_DIRECTIVES = 16 * 1024 };

struct resume {		  /* of a source that can be marked */
	struct mark from; /* its strings are NULL; offset 0: from the beginning */
	struct position position;
	bool growing;
	/* The directives in force, as in struct mark; and the run of lines they are in. */
	uint64_t directive, block, block_end;
	uint32_t directive_n;
	/* While probing: the first bytes before the offset, and those directives. */
	char *head, *directives;
	size_t head_n, directives_n;
};

struct source {
	const char *path;
	struct source_options options;
	struct stream stream;
	struct stat file;   /* as probed, then as opened to be read */
	int64_t file_at_ns; /* when that was */
	bool probed, started, at_eof, ended;
	bool moved;		 /* it is no longer the file of its mark */
	struct format *format;	 /* of the next line */
	struct format **formats; /* all that were ever in force, freed at the end */
	size_t formats_n;
	int64_t first_time;
	uint64_t offset;       /* in the uncompressed stream, of the next byte to be given out */
	struct resume *resume; /* NULL unless made by source_new_at */
	uint64_t left;	       /* bytes of a last line without newline, left for later */
	char *carry;	       /* bytes read but not yet given out */
	size_t carry_n, carry_cap;
	struct error failure; /* found after the whole lines before it; told with the next read */
	bool failed;
};

/* Opens the file and brings the carry to the first `want` bytes that are to be read. A file that is
 * no longer what its mark says sets `moved` and has nothing to be read. */
int source_open(struct source *source, size_t want, struct error *error);
void source_stop(struct source *source);
int source_carry_room(struct source *source, size_t n);
/* The next n bytes of the stream are dealt with. */
void source_pass(struct source *source, const char *bytes, size_t n);

/* Opens the file for the first time: format, first time stamp; then closes it where it can be
 * opened again. */
int source_probe(struct source *source, struct error *error);
int source_keep_format(struct source *source, struct format *format);

#endif
