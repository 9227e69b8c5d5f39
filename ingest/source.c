/*
 * source.c: bytes to chunks of whole lines.
 *
 * Plain reads, not mmap: a log that is truncated while we read it (copytruncate) would kill us with
 * SIGBUS. What follows the last newline of a chunk is carried to the next one; that is the only
 * copy.
 */
#include "ingest/source.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ingest/format.h"
#include "ingest/source_state.h"

void chunk_release(struct chunk *chunk)
{
	free(chunk->buffer);
	*chunk = (struct chunk){0};
}

int source_carry_room(struct source *source, size_t n)
{
	if (source->carry_cap >= n)
		return 0;
	char *carry = realloc(source->carry, n);
	if (!carry)
		return -1;
	source->carry = carry;
	source->carry_cap = n;
	return 0;
}

void source_pass(struct source *source, const char *bytes, size_t n)
{
	source->offset += n;
	if (source->resume && n)
		position_pass(&source->resume->position, bytes, n);
}

void source_stop(struct source *source)
{
	stream_close(&source->stream);
	free(source->carry);
	source->carry = NULL;
	source->carry_n = source->carry_cap = 0;
	source->ended = true;
}

static bool is_growing(const struct source *source)
{
	return source->resume && source->resume->growing;
}

struct source *source_new_at(const char *path, const struct source_options *options,
			     const struct source_start *start, struct error *error)
{
	struct source *source = calloc(1, sizeof(*source));
	if (source && start)
		source->resume = calloc(1, sizeof(*source->resume));
	if (!source || (start && !source->resume)) {
		free(source);
		error_set(error, "out of memory");
		return NULL;
	}
	source->path = path;
	source->options = *options;
	source->stream.fd = -1;
	source->first_time = INT64_MAX;
	if (start) {
		source->resume->growing = start->growing;
		source->resume->position.hmac = start->hmac;
		if (start->mark)
			source->resume->from = *start->mark;
		source->resume->from.path = source->resume->from.source = NULL;
	}
	if (source_probe(source, error)) {
		source_free(source);
		return NULL;
	}
	return source;
}

struct source *source_new(const char *path, const struct source_options *options,
			  struct error *error)
{
	return source_new_at(path, options, NULL, error);
}

void source_free(struct source *source)
{
	if (!source)
		return;
	source_stop(source);
	for (size_t i = 0; i < source->formats_n; i++)
		format_free(source->formats[i]);
	free(source->formats);
	if (source->resume) {
		free(source->resume->head);
		free(source->resume->directives);
	}
	free(source->resume);
	free(source);
}

int source_mark(const struct source *source, struct mark *mark)
{
	const struct resume *resume = source->resume;
	if (!resume || !source->started || source->moved)
		return 0;
	struct mark next = *mark;
	if (position_write(&resume->position, &next))
		return -1;
	next.directive = resume->directive;
	next.directive_n = resume->directive_n;
	mark_set_hint(&next, &source->file, source->file_at_ns);
	/* A damaged gzip file stays as it is until it is written again; a read error may pass. */
	next.complete =
	    source->ended && source->left == 0 && (!source->failed || source->stream.damaged);
	if (source->failed && !source->stream.damaged)
		next.ctime_ns = INT64_MIN;
	*mark = next;
	return 1;
}

void source_take_last_line(struct source *source)
{
	if (source->resume)
		source->resume->growing = false;
}

uint64_t source_offset(const struct source *source)
{
	return source->offset;
}

const char *source_path(const struct source *source)
{
	return source->path;
}

const char *source_format(const struct source *source)
{
	return source->formats_n ? format_name(source->formats[0]) : NULL;
}

int64_t source_first_time(const struct source *source)
{
	return source->first_time;
}

bool source_same_file(const struct source *a, const struct source *b)
{
	return S_ISREG(a->file.st_mode) && a->file.st_dev == b->file.st_dev &&
	       a->file.st_ino == b->file.st_ino;
}

bool source_is_file(const struct source *source, const char *path)
{
	struct stat file;
	return S_ISREG(source->file.st_mode) && stat(path, &file) == 0 &&
	       file.st_dev == source->file.st_dev && file.st_ino == source->file.st_ino;
}

int source_compare_file(const struct source *a, const struct source *b)
{
	if (a->file.st_dev != b->file.st_dev)
		return a->file.st_dev < b->file.st_dev ? -1 : 1;
	if (a->file.st_ino != b->file.st_ino)
		return a->file.st_ino < b->file.st_ino ? -1 : 1;
	return 0;
}

uint64_t source_size(const struct source *source)
{
	return S_ISREG(source->file.st_mode) ? (uint64_t)source->file.st_size : 0;
}

uint64_t source_consumed(const struct source *source)
{
	return source->stream.consumed;
}

/*
 * The buffer begins with a line: NUL bytes there are the hole that copytruncate leaves in a file
 * whose writer kept its position. They are no part of the line, however many there are. Returns how
 * many bytes were dropped.
 */
static size_t drop_hole(struct source *source, struct chunk *chunk, size_t n)
{
	size_t hole = 0;
	while (hole < n && chunk->buffer[hole] == '\0')
		hole++;
	if (hole) {
		source_pass(source, chunk->buffer, hole);
		memmove(chunk->buffer, chunk->buffer + hole, n - hole);
	}
	chunk->bytes += hole;
	return hole;
}

/* How many NUL bytes stand behind the last newline of the file. */
static size_t hole_at_end(const struct chunk *chunk, size_t from, size_t n)
{
	size_t at = from;
	while (at < n && chunk->buffer[at] == '\0')
		at++;
	return at - from;
}

static size_t take(struct source *source, char *out, size_t cap)
{
	ssize_t got = stream_read(&source->stream, out, cap, &source->failure);
	source->failed = got < 0;
	source->at_eof = got == 0;
	return got < 0 ? 0 : (size_t)got;
}

/*
 * The buffer holds n bytes of a line that is too long: drops it, reading on to its end, and returns
 * how many bytes are left behind it. A line counts when its end is seen, so one whose end is still
 * to come is left unread as a whole, however much of it was looked at.
 */
static size_t discard(struct source *source, struct chunk *chunk, size_t n)
{
	uint64_t start = source->offset;
	struct position position;
	if (source->resume)
		position = source->resume->position;
	for (; n; n = take(source, chunk->buffer, chunk->cap)) {
		char *end = memchr(chunk->buffer, '\n', n);
		size_t gone = end ? (size_t)(end + 1 - chunk->buffer) : n;
		source_pass(source, chunk->buffer, gone);
		if (!end)
			continue;
		chunk->too_long++;
		chunk->bytes += source->offset - start;
		memmove(chunk->buffer, end + 1, n - gone);
		return n - gone;
	}
	if (source->at_eof && !is_growing(source)) {
		chunk->too_long++;
		chunk->bytes += source->offset - start;
		return 0;
	}
	source->left = source->offset - start;
	source->offset = start;
	if (source->resume)
		source->resume->position = position;
	return 0;
}

/*
 * Fills the buffer behind what was carried until it holds a chunk's worth and at least one line
 * end, or the stream ends. Returns the number of bytes.
 */
static size_t fill(struct source *source, struct chunk *chunk)
{
	size_t n = source->carry_n;
	if (n)
		memcpy(chunk->buffer, source->carry, n);
	bool has_end = n && memrchr(chunk->buffer, '\n', n);
	source->carry_n = 0;
	while (!source->failed && !source->at_eof && (n < source->options.chunk || !has_end)) {
		char *fresh = chunk->buffer + n;
		size_t got = take(source, fresh, chunk->cap - n);
		has_end |= got && memrchr(fresh, '\n', got);
		n += got;
		if (!has_end)
			n -= drop_hole(source, chunk, n);
		if (got && !has_end && n > source->options.max_line + 1) { /* one for a "\r" */
			n = discard(source, chunk, n);
			has_end = n && memrchr(chunk->buffer, '\n', n);
		}
	}
	return n;
}

/* Keeps in mind where the directives stand that are in force: a run of such lines, one of which
 * names columns. Lines of that run are at [at, end) of the stream. */
static void note_directive(struct resume *resume, uint64_t at, uint64_t end, bool names_columns)
{
	if (at != resume->block_end || end - resume->block > SOURCE_DIRECTIVES)
		resume->block = at;
	resume->block_end = end;
	if (!names_columns && !(resume->directive_n && resume->directive == resume->block))
		return;
	resume->directive = resume->block;
	resume->directive_n = (uint32_t)(end - resume->block);
}

static bool names_columns(struct slice line)
{
	return !slice_starts(line, "#") ||
	       (line.n >= 8 && slice_equal_nocase(slice_make(line.p, 8), "#Fields:"));
}

/*
 * Lets directives take effect: the chunk is cut before the first line that changes the format,
 * unless it is the very first, whose format then holds for the chunk. -1 with a message when memory
 * is out.
 */
static int obey_directives(struct source *source, struct chunk *chunk, struct error *error)
{
	struct slice rest = chunk->lines, line;
	const char *at = rest.p;
	for (; source_line(&rest, &line); at = rest.p) {
		struct format *next = NULL;
		uint64_t from = source->offset + (uint64_t)(at - chunk->lines.p);
		if (!format_is_directive(source->format, line))
			continue;
		if (format_redefine(source->format, line, &next, error))
			return error_prefix(error, "%s", stream_shown(source->path));
		if (next && at > chunk->lines.p) {
			format_free(next);
			chunk->lines.n = (size_t)(at - chunk->lines.p);
			return 0;
		}
		if (source->resume && line.n <= SOURCE_DIRECTIVES)
			note_directive(source->resume, from, from + (uint64_t)(rest.p - at),
				       next || names_columns(line));
		if (!next)
			continue;
		if (source_keep_format(source, next))
			return error_set(error, "%s: out of memory", stream_shown(source->path));
		chunk->format = source->format;
	}
	return 0;
}

static int prepare(struct source *source, struct chunk *chunk, struct error *error)
{
	if (!source->started && source_open(source, 0, error))
		return -1;
	size_t cap = source->options.chunk + source->options.max_line + SOURCE_PROBE;
	if (chunk->cap < cap) {
		free(chunk->buffer);
		chunk->buffer = malloc(cap);
		chunk->cap = chunk->buffer ? cap : 0;
	}
	if (!chunk->buffer || source_carry_room(source, cap))
		return error_set(error, "%s: out of memory", stream_shown(source->path));
	return 0;
}

/* Gives the whole lines among the first n bytes to the chunk and carries the rest. */
static int give(struct source *source, struct chunk *chunk, size_t n, struct error *error)
{
	const char *end = n ? memrchr(chunk->buffer, '\n', n) : NULL;
	size_t whole = end ? (size_t)(end + 1 - chunk->buffer) : 0, hole = 0;
	if (source->at_eof)
		hole = hole_at_end(chunk, whole, n);
	if (source->at_eof && !is_growing(source) && whole + hole < n) {
		whole = n; /* the last line may lack its newline */
		hole = 0;
	}
	chunk->lines = slice_make(chunk->buffer, whole);
	chunk->format = source->format;
	if (whole && format_has_directives(source->format) && obey_directives(source, chunk, error))
		return -1;
	size_t given = chunk->lines.n;
	source_pass(source, chunk->buffer, given);
	if (given == whole && source->at_eof) {
		source_pass(source, chunk->buffer + given, hole);
		given += hole;
		if (n > given)
			source->left = n - given;
	} else if (n > given) {
		memcpy(source->carry, chunk->buffer + given, n - given);
		source->carry_n = n - given;
	}
	chunk->bytes += given;
	return 0;
}

int source_read(struct source *source, struct chunk *chunk, struct error *error)
{
	if (!source->formats_n || source->ended)
		return source_stop(source), 0;
	if (prepare(source, chunk, error))
		return -1;
	chunk->too_long = chunk->bytes = 0;
	chunk->lines = slice_make(NULL, 0);
	if (!source->moved && give(source, chunk, fill(source, chunk), error))
		return -1;
	if (chunk->too_long || chunk->bytes)
		return 1;
	int ret = source->failed ? -1 : 0;
	if (source->failed)
		*error = source->failure;
	source_stop(source);
	return ret;
}

bool source_line(struct slice *rest, struct slice *ret_line)
{
	if (!rest->n)
		return false;
	size_t end = slice_find(*rest, '\n');
	*ret_line = slice_make(rest->p, end);
	*rest = end < rest->n ? slice_make(rest->p + end + 1, rest->n - end - 1)
			      : slice_make(rest->p + end, 0);
	if (ret_line->n && ret_line->p[ret_line->n - 1] == '\r')
		ret_line->n--;
	while (ret_line->n && ret_line->p[0] == '\0')
		ret_line->p++, ret_line->n--;
	return true;
}
