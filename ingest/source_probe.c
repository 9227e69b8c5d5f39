/*
 * source_probe.c: opening a source, where it begins to be read, and what its format is.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "ingest/format.h"
#include "ingest/request.h"
#include "ingest/source_state.h"

enum { PROBE_LINES = 400, FORMATS_MAX = 64, SKIP_BYTES = 64 * 1024, MARK_OF_ORDER = 3 };

/* ---- to the place where reading goes on ---- */

/* Keeps what of n bytes at `at` lies in [from, from + room) of the stream. */
static void keep_part(char *to, size_t *n_to, uint64_t from, size_t room, uint64_t at,
		      const char *bytes, size_t n)
{
	uint64_t low = from + *n_to;
	if (!to || *n_to == room || at > low || at + n <= low)
		return;
	size_t skip = (size_t)(low - at), take = n - skip;
	if (take > room - *n_to)
		take = room - *n_to;
	memcpy(to + *n_to, bytes + skip, take);
	*n_to += take;
}

static size_t head_room(const struct resume *resume)
{
	return resume->from.offset < SOURCE_HEAD ? (size_t)resume->from.offset : SOURCE_HEAD;
}

/* Inflates and passes over what is counted. 1 when the stream is that long. */
static int skip_gzip(struct source *source, struct error *error)
{
	struct resume *resume = source->resume;
	char *bytes = malloc(SKIP_BYTES);
	if (!bytes)
		return error_set(error, "out of memory");
	ssize_t got = 1;
	while (got > 0 && source->offset < resume->from.offset) {
		uint64_t left = resume->from.offset - source->offset;
		size_t want = left < SKIP_BYTES ? (size_t)left : SKIP_BYTES;
		got = stream_read(&source->stream, bytes, want, error);
		if (got <= 0)
			break;
		keep_part(resume->head, &resume->head_n, 0, head_room(resume), source->offset,
			  bytes, (size_t)got);
		keep_part(resume->directives, &resume->directives_n, resume->from.directive,
			  resume->from.directive_n, source->offset, bytes, (size_t)got);
		source_pass(source, bytes, (size_t)got);
	}
	free(bytes);
	if (got < 0 && !source->stream.damaged)
		return -1;
	return source->offset == resume->from.offset;
}

static int read_part(struct source *source, uint64_t at, char *to, size_t n, size_t *ret_n,
		     struct error *error)
{
	ssize_t got = to && n ? stream_at(&source->stream, at, to, n, error) : 0;
	*ret_n = got < 0 ? 0 : (size_t)got;
	return got < 0 ? -1 : 0;
}

static int jump(struct source *source, struct error *error)
{
	struct resume *resume = source->resume;
	const struct mark *from = &resume->from;
	char head[MARK_HEAD], tail[MARK_TAIL];
	size_t head_n = from->offset < MARK_HEAD ? (size_t)from->offset : MARK_HEAD;
	size_t tail_n = from->offset < MARK_TAIL ? (size_t)from->offset : MARK_TAIL, got[2];
	if ((uint64_t)source->file.st_size < from->offset)
		return 0;
	if (read_part(source, 0, head, head_n, &got[0], error) ||
	    read_part(source, from->offset - tail_n, tail, tail_n, &got[1], error) ||
	    read_part(source, 0, resume->head, head_room(resume), &resume->head_n, error) ||
	    read_part(source, from->directive, resume->directives, from->directive_n,
		      &resume->directives_n, error) ||
	    stream_seek(&source->stream, from->offset, error))
		return -1;
	if (got[0] < head_n || got[1] < tail_n)
		return 0;
	position_jump(&resume->position, from, slice_make(head, head_n), slice_make(tail, tail_n));
	source->offset = from->offset;
	return 1;
}

/* Brings the stream to the mark's offset; what is not the file of the mark has moved. */
static int go_on(struct source *source, struct error *error)
{
	struct resume *resume = source->resume;
	const struct mark *from = &resume->from;
	position_init(&resume->position, resume->position.hmac);
	resume->directive = resume->block = from->directive;
	resume->directive_n = from->directive_n;
	resume->block_end = from->directive + from->directive_n;
	if (!from->offset)
		return 0;
	int there =
	    stream_is_gzip(&source->stream) ? skip_gzip(source, error) : jump(source, error);
	if (there < 0)
		return -1;
	source->moved = !there || !position_agrees(&resume->position, from);
	return 0;
}

static int fill_carry(struct source *source, size_t want, struct error *error)
{
	if (source_carry_room(source, want))
		return error_set(error, "%s: out of memory", stream_shown(source->path));
	while (source->carry_n < want) {
		ssize_t n = stream_read(&source->stream, source->carry + source->carry_n,
					want - source->carry_n, &source->failure);
		source->failed = n < 0;
		if (n <= 0)
			break;
		source->carry_n += (size_t)n;
	}
	return 0;
}

static bool starts_with_mark_of_order(const char *bytes, size_t n)
{
	return n >= MARK_OF_ORDER && memcmp(bytes, "\xEF\xBB\xBF", MARK_OF_ORDER) == 0;
}

static void drop_mark_of_order(struct source *source)
{
	if (!starts_with_mark_of_order(source->carry, source->carry_n))
		return;
	source_pass(source, source->carry, MARK_OF_ORDER);
	source->carry_n -= MARK_OF_ORDER;
	memmove(source->carry, source->carry + MARK_OF_ORDER, source->carry_n);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int source_open(struct source *source, size_t want, struct error *error)
{
	struct stat probed = source->file;
	bool again = source->probed;
	source->file_at_ns = mark_now();
	source->moved = false;
	if (stream_open(&source->stream, source->path, source->options.zlib, error)) {
		source->moved = source->resume && again && errno == ENOENT;
		return source->moved ? 0 : -1;
	}
	source->file = source->stream.file;
	source->started = true;
	source->offset = 0;
	source->carry_n = 0;
	if (source->resume) {
		source->moved = again && !same_file(&probed, &source->file);
		if (source->moved)
			return 0;
		if (go_on(source, error))
			return -1;
		if (source->moved)
			return 0;
	}
	bool at_start = source->offset == 0;
	if (at_start && want < MARK_OF_ORDER)
		want = MARK_OF_ORDER;
	if (want && fill_carry(source, want, error))
		return -1;
	if (at_start)
		drop_mark_of_order(source);
	return 0;
}

static size_t sample_lines(const struct source *source, struct slice rest, struct slice *lines,
			   size_t max)
{
	struct slice line;
	const char *end = rest.p ? memrchr(rest.p, '\n', rest.n) : NULL;
	size_t n = 0;
	if (end) /* a cut last line says nothing about the format */
		rest.n = (size_t)(end - rest.p) + 1;
	while (n < max && source_line(&rest, &line))
		if (line.n && line.n <= source->options.max_line)
			lines[n++] = line;
	return n;
}

int source_keep_format(struct source *source, struct format *format)
{
	struct format **formats = source->formats;
	if (source->formats_n % FORMATS_MAX == 0)
		formats = realloc(formats, (source->formats_n + FORMATS_MAX) * sizeof(*formats));
	if (!formats) {
		format_free(format);
		return -1;
	}
	source->formats = formats;
	source->formats[source->formats_n++] = format;
	source->format = format;
	return 0;
}

/* Half of a first line may look like nothing; it is not read yet, so any format will do. */
static bool is_just_begun(const struct source *source)
{
	return source->resume && source->resume->growing &&
	       !memchr(source->carry, '\n', source->carry_n);
}

static int choose_format(struct source *source, const struct slice *lines, size_t n,
			 struct error *error)
{
	struct format_options options = {.cookie = source->options.cookie};
	struct format *format;
	size_t readable;
	int failed = source->options.log_format
			 ? format_compile(source->options.log_format, &options, &format, error)
			 : format_detect(lines, n, &options, &format, &readable, error);
	if (failed && !source->options.log_format && is_just_begun(source))
		failed = format_compile("combined", &options, &format, error);
	if (failed)
		return source->options.log_format
			   ? -1
			   : error_prefix(error, "%s", stream_shown(source->path));
	if (source_keep_format(source, format))
		return error_set(error, "%s: out of memory", stream_shown(source->path));
	return 0;
}

/* Follows the directives of the sample, so that the first data line is read with its own fields. */
static int find_first_time(struct source *source, const struct slice *lines, size_t n)
{
	struct parser *parser = parser_new(source->options.now);
	const struct format *format = source->format;
	struct format *redefined = NULL;
	if (!parser)
		return -1;
	for (size_t i = 0; i < n && source->first_time == INT64_MAX; i++) {
		struct request request;
		struct error ignored;
		struct format *next = NULL;
		if (format_has_directives(format) && format_is_directive(format, lines[i])) {
			if (!format_redefine(format, lines[i], &next, &ignored) && next) {
				format_free(redefined);
				format = redefined = next;
			}
		} else if (parser_line(parser, format, lines[i], &request) == REJECT_NONE) {
			source->first_time = request.time;
		}
	}
	format_free(redefined);
	parser_free(parser);
	return 0;
}

/*
 * The first and the last bytes of a stream, at most `cap` of each, one behind the other in `to`:
 * how many in all. They may overlap.
 */
static size_t read_ends(struct stream *stream, char *to, size_t cap)
{
	struct error ignored;
	uint64_t size = (uint64_t)stream->file.st_size;
	ssize_t got = stream_fill(stream, to, cap, &ignored);
	size_t n = got < 0 ? 0 : (size_t)got, first = n;
	if (n < cap)
		return n;
	if (!stream_is_gzip(stream)) {
		got = stream_at(stream, size > cap ? size - cap : 0, to + n, cap, &ignored);
		return n + (got < 0 ? 0 : (size_t)got);
	}
	for (n = 0;; n += (size_t)got) {
		if (n == cap) { /* the older half goes */
			memmove(to + first, to + first + cap / 2, n - cap / 2);
			n -= cap / 2;
		}
		got = stream_read(stream, to + first + n, cap - n, &ignored);
		if (got <= 0)
			return first + n;
	}
}

/* Follows the directives on the way. */
static int64_t newest_of(const struct source *source, struct slice rest)
{
	struct parser *parser = parser_new(source->options.now);
	const struct format *format = source->format;
	struct format *redefined = NULL, *next = NULL;
	int64_t newest = INT64_MIN;
	struct slice line;
	while (parser && source_line(&rest, &line)) {
		struct request request;
		struct error ignored;
		if (format_has_directives(format) && format_is_directive(format, line)) {
			if (!format_redefine(format, line, &next, &ignored) && next) {
				format_free(redefined);
				format = redefined = next;
			}
		} else if (parser_line(parser, format, line, &request) == REJECT_NONE &&
			   request.time > newest) {
			newest = request.time;
		}
	}
	format_free(redefined);
	parser_free(parser);
	return newest;
}

int64_t source_newest_time(const struct source *source)
{
	struct stream stream;
	struct error ignored;
	int64_t newest = INT64_MIN;
	char *ends = malloc(2 * (size_t)SOURCE_HEAD);
	if (ends && source->format &&
	    !stream_open(&stream, source->path, source->options.zlib, &ignored)) {
		size_t n = read_ends(&stream, ends, SOURCE_HEAD);
		newest = newest_of(source, slice_make(ends, n));
		stream_close(&stream);
	}
	free(ends);
	return newest;
}

/* Lets the directives before the mark's offset take effect: those at the head, then those noted. */
static int recall_directives(struct source *source, struct slice text, struct error *error)
{
	struct slice line;
	while (source_line(&text, &line)) {
		struct format *next = NULL;
		if (!format_is_directive(source->format, line))
			break;
		if (format_redefine(source->format, line, &next, error))
			return error_prefix(error, "%s", stream_shown(source->path));
		if (next && source_keep_format(source, next))
			return error_set(error, "%s: out of memory", stream_shown(source->path));
	}
	return 0;
}

/* The sample: lines before the mark's offset, then those behind it, the first that will be read. */
static int learn(struct source *source, struct error *error)
{
	struct resume *resume = source->resume;
	struct slice head = slice_make(NULL, 0), lines[PROBE_LINES];
	size_t before = 0;
	if (resume && resume->head_n) {
		head = slice_make(resume->head, resume->head_n);
		if (starts_with_mark_of_order(head.p, head.n))
			head = slice_from_byte(head, MARK_OF_ORDER);
		before = sample_lines(source, head, lines, PROBE_LINES / 4);
	}
	size_t n = before + sample_lines(source, slice_make(source->carry, source->carry_n),
					 lines + before, PROBE_LINES - before);
	if (!n && source->carry_n && !source->options.log_format)
		source->options.log_format =
		    "combined"; /* only blank lines so far: any format counts them */
	if (!n && !source->options.log_format)
		return 0;
	if (choose_format(source, lines, n, error))
		return -1;
	if (head.n && format_has_directives(source->format) &&
	    (recall_directives(source, head, error) ||
	     recall_directives(source, slice_make(resume->directives, resume->directives_n),
			       error)))
		return -1;
	if (n > before && find_first_time(source, lines + before, n - before))
		return error_set(error, "%s: out of memory", stream_shown(source->path));
	return 0;
}

static int probe(struct source *source, struct error *error)
{
	if (source_open(source, SOURCE_PROBE, error))
		return -1;
	if (source->moved)
		return 0;
	if (source->failed && (!source->carry_n || !memchr(source->carry, '\n', source->carry_n))) {
		*error = source->failure; /* not one whole line before the damage */
		return -1;
	}
	return learn(source, error);
}

/* Opened again when its turn comes. */
static void put_away(struct source *source)
{
	source_stop(source);
	source->started = source->ended = source->failed = false;
	source->offset = source->resume ? source->resume->from.offset : 0;
	source->probed = true;
}

int source_probe(struct source *source, struct error *error)
{
	struct resume *resume = source->resume;
	if (resume && resume->from.offset) {
		resume->head = malloc(head_room(resume));
		resume->directives = malloc(resume->from.directive_n + 1);
		if (!resume->head || !resume->directives)
			return error_set(error, "%s: out of memory", source->path);
	}
	if (probe(source, error))
		return -1;
	if (resume) {
		free(resume->head);
		free(resume->directives);
		resume->head = resume->directives = NULL;
	}
	if (source->moved ||
	    (!stream_is_stdin(source->path) && lseek(source->stream.fd, 0, SEEK_SET) == 0))
		put_away(source);
	return 0;
}
