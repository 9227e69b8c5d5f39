/*
 * source.c: bytes to chunks of whole lines.
 *
 * Plain reads, not mmap: a log that is truncated while we read it (copytruncate) would kill us with
 * SIGBUS. What follows the last newline of a chunk is carried to the next one; that is the only
 * copy.
 */
#include "ingest/source.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ingest/format.h"
#include "ingest/gunzip.h"
#include "ingest/request.h"

enum { PROBE_BYTES = 256 * 1024, PROBE_LINES = 400, FORMATS_MAX = 64 };

struct source {
	const char *path;
	struct source_options options;
	struct stat file;
	int fd; /* -1 when not open */
	struct gunzip *gunzip;
	bool started, at_eof, ended, discarding;
	struct format *format;	 /* of the next line */
	struct format **formats; /* all that were ever in force, freed at the end */
	size_t formats_n;
	int64_t first_time;
	uint64_t consumed;
	char *carry; /* bytes read but not yet given out */
	size_t carry_n, carry_cap;
	struct error failure; /* found after the whole lines before it; told with the next read */
	bool failed;
};

static const struct {
	const char *magic;
	size_t n;
	const char *name, *tool;
} refused[] = {
    {"\x28\xB5\x2F\xFD", 4, "zstd", "zstd -dc"},
    {"\xFD"
     "7zXZ",
     5, "xz", "xz -dc"},
    {"BZh", 3, "bzip2", "bzip2 -dc"},
    {"\x04\x22\x4D\x18", 4, "lz4", "lz4 -dc"},
    {"PK\x03\x04", 4, "zip", "unzip -p"},
    {"\xFF\xFE", 2, "UTF-16", "iconv -f UTF-16 -t UTF-8"},
    {"\xFE\xFF", 2, "UTF-16", "iconv -f UTF-16 -t UTF-8"},
};

void chunk_release(struct chunk *chunk)
{
	free(chunk->buffer);
	*chunk = (struct chunk){0};
}

static bool is_stdin(const struct source *source)
{
	return strcmp(source->path, "-") == 0;
}

static const char *shown_path(const struct source *source)
{
	return is_stdin(source) ? "standard input" : source->path;
}

static bool starts_with(const struct source *source, const char *magic, size_t n)
{
	return source->carry_n >= n && memcmp(source->carry, magic, n) == 0;
}

static int carry_room(struct source *source, size_t n)
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

/* Raw bytes: inflated when the source is gzip. 0 at the end. */
static ssize_t take(struct source *source, char *out, size_t cap, struct error *error)
{
	size_t n = 0;
	if (source->gunzip) {
		enum gunzip_status status = gunzip_read(source->gunzip, out, cap, &n);
		source->consumed = gunzip_consumed(source->gunzip);
		if (status == GUNZIP_OK)
			return (ssize_t)n;
		if (status == GUNZIP_IO)
			return error_errno(error, "%s: cannot read", shown_path(source));
		return error_set(
		    error, "%s: %s", shown_path(source),
		    status == GUNZIP_TRUNCATED
			? "the gzip file is truncated; its complete lines were read"
			: "the gzip file is corrupt; the lines before the damage were read");
	}
	ssize_t got;
	do
		got = read(source->fd, out, cap);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_errno(error, "%s: cannot read", shown_path(source));
	source->consumed += (uint64_t)got;
	return got;
}

static void stop(struct source *source)
{
	gunzip_free(source->gunzip);
	source->gunzip = NULL;
	if (source->fd > STDIN_FILENO)
		close(source->fd);
	source->fd = -1;
	free(source->carry);
	source->carry = NULL;
	source->carry_n = source->carry_cap = 0;
	source->ended = true;
}

/* Reads up to `want` bytes of the uncompressed stream into the carry. */
static int fill_carry(struct source *source, size_t want, struct error *error)
{
	if (carry_room(source, want))
		return error_set(error, "%s: out of memory", shown_path(source));
	while (source->carry_n < want) {
		ssize_t n =
		    take(source, source->carry + source->carry_n, want - source->carry_n, error);
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		source->carry_n += (size_t)n;
	}
	return 0;
}

static int open_file(struct source *source, struct error *error)
{
	source->fd =
	    is_stdin(source) ? STDIN_FILENO : open(source->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (source->fd < 0)
		return error_errno(error, "%s: cannot open", source->path);
	if (fstat(source->fd, &source->file))
		return error_errno(error, "%s: cannot stat", shown_path(source));
	if (S_ISDIR(source->file.st_mode))
		return error_set(error, "%s: is a directory; name the files in it", source->path);
	source->started = true;
	source->ended = false;
	source->at_eof = false;
	source->consumed = 0;
	source->carry_n = 0;
	return 0;
}

static int refuse(const struct source *source, struct error *error)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		if (!starts_with(source, refused[i].magic, refused[i].n))
			continue;
		const char *from = is_stdin(source) ? "FILE" : source->path;
		return error_set(error,
				 "%s: %s is not read directly; use: %s %s | veiltally report -",
				 shown_path(source), refused[i].name, refused[i].tool, from);
	}
	return 0;
}

/*
 * Looks at the first bytes: switches to inflating, refuses what cannot be read, drops a byte order
 * mark. Afterwards the carry holds the beginning of the text.
 */
static int open_stream(struct source *source, size_t want, struct error *error)
{
	if (open_file(source, error) || fill_carry(source, 6, error) || refuse(source, error))
		return -1;
	if (starts_with(source, "\x1F\x8B\x08", 3)) {
		source->gunzip =
		    gunzip_new(source->fd, source->carry, source->carry_n, source->options.zlib);
		source->carry_n = 0;
		if (!source->gunzip)
			return error_set(error, "%s: out of memory", shown_path(source));
	}
	if (fill_carry(source, want, &source->failure))
		source->failed = true;
	if (source->gunzip && refuse(source, error))
		return -1;
	if (starts_with(source, "\xEF\xBB\xBF", 3)) {
		source->carry_n -= 3;
		memmove(source->carry, source->carry + 3, source->carry_n);
	}
	return 0;
}

static size_t sample_lines(const struct source *source, struct slice *lines, size_t max)
{
	struct slice rest = slice_make(source->carry, source->carry_n), line;
	const char *end = rest.p ? memrchr(rest.p, '\n', rest.n) : NULL;
	size_t n = 0;
	if (end) /* a cut last line says nothing about the format */
		rest.n = (size_t)(end - rest.p) + 1;
	while (n < max && source_line(&rest, &line))
		if (line.n && line.n <= source->options.max_line)
			lines[n++] = line;
	return n;
}

static int keep_format(struct source *source, struct format *format)
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

static int choose_format(struct source *source, const struct slice *lines, size_t n,
			 struct error *error)
{
	struct format_options options = {.cookie = source->options.cookie};
	struct format *format;
	size_t readable;
	int failed = source->options.log_format
			 ? format_compile(source->options.log_format, &options, &format, error)
			 : format_detect(lines, n, &options, &format, &readable, error);
	if (failed)
		return source->options.log_format ? -1
						  : error_prefix(error, "%s", shown_path(source));
	if (keep_format(source, format))
		return error_set(error, "%s: out of memory", shown_path(source));
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

static int probe(struct source *source, struct error *error)
{
	if (open_stream(source, PROBE_BYTES, error))
		return -1;
	if (source->failed && (!source->carry_n || !memchr(source->carry, '\n', source->carry_n))) {
		*error = source->failure; /* not one whole line before the damage */
		return -1;
	}
	struct slice *lines = malloc(PROBE_LINES * sizeof(*lines));
	if (!lines)
		return error_set(error, "%s: out of memory", shown_path(source));
	size_t n = sample_lines(source, lines, PROBE_LINES);
	int failed = 0;
	if (!n && source->carry_n && !source->options.log_format)
		source->options.log_format =
		    "combined"; /* only blank lines so far: any format counts them */
	if (n || source->options.log_format)
		failed = choose_format(source, lines, n, error);
	if (!failed && n && find_first_time(source, lines, n))
		failed = error_set(error, "%s: out of memory", shown_path(source));
	free(lines);
	if (!failed && !is_stdin(source) && lseek(source->fd, 0, SEEK_SET) == 0) {
		stop(source); /* opened again when its turn comes */
		source->started = source->ended = source->failed = false;
	}
	return failed;
}

struct source *source_new(const char *path, const struct source_options *options,
			  struct error *error)
{
	struct source *source = calloc(1, sizeof(*source));
	if (!source) {
		error_set(error, "out of memory");
		return NULL;
	}
	source->path = path;
	source->options = *options;
	source->fd = -1;
	source->first_time = INT64_MAX;
	if (probe(source, error)) {
		source_free(source);
		return NULL;
	}
	return source;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	stop(source);
	for (size_t i = 0; i < source->formats_n; i++)
		format_free(source->formats[i]);
	free(source->formats);
	free(source);
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
	return source->consumed;
}

/* Skips the rest of a line that was too long, in place; returns how many bytes are left behind it.
 */
static size_t discard(struct source *source, char *bytes, size_t n)
{
	char *end = n ? memchr(bytes, '\n', n) : NULL;
	if (!end)
		return 0;
	source->discarding = false;
	size_t left = n - (size_t)(end + 1 - bytes);
	memmove(bytes, end + 1, left);
	return left;
}

/*
 * The buffer begins with a line: NUL bytes there are the hole that copytruncate leaves in a file
 * whose writer kept its position. They are no part of the line, however many there are. Returns how
 * many bytes were dropped.
 */
static size_t drop_hole(struct chunk *chunk, size_t n)
{
	size_t hole = 0;
	while (hole < n && chunk->buffer[hole] == '\0')
		hole++;
	if (hole)
		memmove(chunk->buffer, chunk->buffer + hole, n - hole);
	chunk->bytes += hole;
	return hole;
}

/* NUL bytes behind the last newline of the file are no line: how many, when nothing else is there.
 */
static size_t hole_at_end(struct chunk *chunk, size_t from, size_t n)
{
	for (size_t i = from; i < n; i++)
		if (chunk->buffer[i] != '\0')
			return 0;
	chunk->bytes += n - from;
	return n - from;
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
		ssize_t got = take(source, fresh, chunk->cap - n, &source->failure);
		source->failed = got < 0;
		source->at_eof = got == 0;
		if (got <= 0)
			break;
		size_t fresh_n = (size_t)got;
		if (source->discarding)
			fresh_n = discard(source, fresh, fresh_n);
		chunk->bytes += (size_t)got - fresh_n;
		has_end |= fresh_n && memrchr(fresh, '\n', fresh_n);
		n += fresh_n;
		if (!has_end)
			n -= drop_hole(chunk, n);
		if (!has_end && n > source->options.max_line + 1) { /* one for a "\r" */
			chunk->too_long++;
			chunk->bytes += n;
			source->discarding = true;
			n = 0;
		}
	}
	return n;
}

static void carry(struct source *source, const char *bytes, size_t n)
{
	memcpy(source->carry, bytes, n);
	source->carry_n = n;
}

/*
 * Lets directives take effect: the chunk is cut before the first line that changes the format,
 * unless it is the very first, whose format then holds for the chunk.
 */
static int obey_directives(struct source *source, struct chunk *chunk, struct error *error)
{
	struct slice rest = chunk->lines, line;
	const char *at = rest.p;
	for (; source_line(&rest, &line); at = rest.p) {
		struct format *next = NULL;
		if (!format_is_directive(source->format, line))
			continue;
		if (format_redefine(source->format, line, &next, error))
			return error_prefix(error, "%s", shown_path(source));
		if (!next)
			continue;
		if (at > chunk->lines.p) {
			format_free(next);
			size_t left = chunk->lines.n - (size_t)(at - chunk->lines.p);
			/* What was carried comes after these lines in the stream. */
			memmove(source->carry + left, source->carry, source->carry_n);
			memcpy(source->carry, at, left);
			source->carry_n += left;
			chunk->lines.n -= left;
			chunk->bytes -= left;
			return 0;
		}
		if (keep_format(source, next))
			return error_set(error, "%s: out of memory", shown_path(source));
		chunk->format = source->format;
	}
	return 0;
}

static int prepare(struct source *source, struct chunk *chunk, struct error *error)
{
	if (!source->started && open_stream(source, 0, error))
		return -1;
	size_t cap = source->options.chunk + source->options.max_line + PROBE_BYTES;
	if (chunk->cap < cap) {
		free(chunk->buffer);
		chunk->buffer = malloc(cap);
		chunk->cap = chunk->buffer ? cap : 0;
	}
	/* Lines put back by a directive come in front of the carry: twice the room. */
	if (!chunk->buffer || carry_room(source, 2 * cap))
		return error_set(error, "%s: out of memory", shown_path(source));
	return 0;
}

int source_read(struct source *source, struct chunk *chunk, struct error *error)
{
	if (!source->formats_n || source->ended)
		return stop(source), 0;
	if (prepare(source, chunk, error))
		return -1;
	chunk->too_long = chunk->bytes = 0;
	size_t n = fill(source, chunk);
	const char *end = n ? memrchr(chunk->buffer, '\n', n) : NULL;
	size_t whole = end ? (size_t)(end + 1 - chunk->buffer) : 0;
	if (source->at_eof)
		whole = n - hole_at_end(chunk, whole, n); /* the last line may lack its newline */
	else if (!source->failed)
		carry(source, chunk->buffer + whole, n - whole);
	chunk->lines = slice_make(chunk->buffer, whole);
	chunk->format = source->format;
	chunk->bytes += whole;
	if (whole && format_has_directives(source->format) && obey_directives(source, chunk, error))
		return -1;
	if (whole || chunk->too_long || chunk->bytes)
		return 1;
	int ret = source->failed ? -1 : 0;
	if (source->failed)
		*error = source->failure;
	stop(source);
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
