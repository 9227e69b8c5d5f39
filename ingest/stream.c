#include "ingest/stream.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "ingest/gunzip.h"

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

bool stream_is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

const char *stream_shown(const char *path)
{
	return stream_is_stdin(path) ? "standard input" : path;
}

bool stream_is_open(const struct stream *stream)
{
	return stream->fd >= 0;
}

bool stream_is_gzip(const struct stream *stream)
{
	return stream->gunzip != NULL;
}

void stream_close(struct stream *stream)
{
	gunzip_free(stream->gunzip);
	stream->gunzip = NULL;
	if (stream->fd > STDIN_FILENO)
		close(stream->fd);
	stream->fd = -1;
}

static int note_failure(struct stream *stream, struct error *error)
{
	stream->failed = true;
	*error = stream->failure;
	return -1;
}

static ssize_t read_gzip(struct stream *stream, char *out, size_t cap, struct error *error)
{
	size_t n = 0;
	enum gunzip_status status = gunzip_read(stream->gunzip, out, cap, &n);
	stream->consumed = gunzip_consumed(stream->gunzip);
	if (status == GUNZIP_OK)
		return (ssize_t)n;
	const char *shown = stream_shown(stream->path);
	if (status == GUNZIP_IO) {
		error_errno(&stream->failure, "%s: cannot read", shown);
		return note_failure(stream, error);
	}
	stream->damaged = true;
	error_set(&stream->failure, "%s: %s", shown,
		  status == GUNZIP_TRUNCATED
		      ? "the gzip file is truncated; its complete lines were read"
		      : "the gzip file is corrupt; the lines before the damage were read");
	return note_failure(stream, error);
}

static ssize_t read_plain(struct stream *stream, char *out, size_t cap, struct error *error)
{
	ssize_t got;
	do
		got = read(stream->fd, out, cap);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		error_errno(&stream->failure, "%s: cannot read", stream_shown(stream->path));
		return note_failure(stream, error);
	}
	stream->consumed += (uint64_t)got;
	return got;
}

static ssize_t read_on(struct stream *stream, char *out, size_t cap, struct error *error)
{
	if (stream->failed) {
		*error = stream->failure;
		return -1;
	}
	return stream->gunzip ? read_gzip(stream, out, cap, error)
			      : read_plain(stream, out, cap, error);
}

ssize_t stream_read(struct stream *stream, char *out, size_t cap, struct error *error)
{
	size_t n = stream->prefix_n < cap ? stream->prefix_n : cap;
	if (!n)
		return read_on(stream, out, cap, error);
	memcpy(out, stream->prefix, n);
	stream->prefix_n -= n;
	memmove(stream->prefix, stream->prefix + n, stream->prefix_n);
	return (ssize_t)n;
}

ssize_t stream_fill(struct stream *stream, char *out, size_t cap, struct error *error)
{
	size_t n = 0;
	while (n < cap) {
		ssize_t got = stream_read(stream, out + n, cap - n, error);
		if (got < 0 && n == 0)
			return -1;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

ssize_t stream_at(struct stream *stream, uint64_t offset, char *out, size_t n, struct error *error)
{
	size_t have = 0;
	while (have < n) {
		ssize_t got = pread(stream->fd, out + have, n - have, (off_t)(offset + have));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(error, "%s: cannot read", stream_shown(stream->path));
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

int stream_seek(struct stream *stream, uint64_t offset, struct error *error)
{
	stream->prefix_n = 0;
	stream->consumed = 0;
	if (lseek(stream->fd, (off_t)offset, SEEK_SET) < 0)
		return error_errno(error, "%s: cannot seek", stream_shown(stream->path));
	return 0;
}

/* Takes the first bytes without giving them out; an error is told when they are read over. */
static void look(struct stream *stream)
{
	struct error told;
	while (stream->prefix_n < STREAM_PREFIX) {
		ssize_t got = read_on(stream, stream->prefix + stream->prefix_n,
				      STREAM_PREFIX - stream->prefix_n, &told);
		if (got <= 0)
			break;
		stream->prefix_n += (size_t)got;
	}
}

static bool starts_with(const struct stream *stream, const char *magic, size_t n)
{
	return stream->prefix_n >= n && memcmp(stream->prefix, magic, n) == 0;
}

static int refuse(const struct stream *stream, struct error *error)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		if (!starts_with(stream, refused[i].magic, refused[i].n))
			continue;
		const char *from = stream_is_stdin(stream->path) ? "FILE" : stream->path;
		return error_set(
		    error, "%s: %s is not read directly; use: %s %s | veiltally report -",
		    stream_shown(stream->path), refused[i].name, refused[i].tool, from);
	}
	return 0;
}

static int begin(struct stream *stream, bool zlib, struct error *error)
{
	if (fstat(stream->fd, &stream->file))
		return error_errno(error, "%s: cannot stat", stream_shown(stream->path));
	if (S_ISDIR(stream->file.st_mode))
		return error_set(error, "%s: is a directory; name the files in it", stream->path);
	look(stream);
	if (stream->failed) {
		*error = stream->failure;
		return -1;
	}
	if (refuse(stream, error))
		return -1;
	if (!starts_with(stream, "\x1F\x8B\x08", 3))
		return 0;
	stream->gunzip = gunzip_new(stream->fd, stream->prefix, stream->prefix_n, zlib);
	stream->prefix_n = 0;
	if (!stream->gunzip)
		return error_set(error, "%s: out of memory", stream_shown(stream->path));
	look(stream);
	return refuse(stream, error);
}

int stream_open(struct stream *stream, const char *path, bool zlib, struct error *error)
{
	*stream = (struct stream){.path = path, .fd = -1};
	stream->fd =
	    stream_is_stdin(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (stream->fd < 0)
		return error_errno(error, "%s: cannot open", path);
	if (begin(stream, zlib, error)) {
		stream_close(stream);
		errno = 0;
		return -1;
	}
	return 0;
}
