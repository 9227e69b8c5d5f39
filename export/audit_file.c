#include "export/audit_file.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ingest/gunzip.h"

enum { HEAD = 16, MARK = 2 }; /* bytes that tell what a file is; of a byte order mark */

struct reader {
	int fd;
	struct gunzip *gunzip; /* NULL: the bytes as they are */
	char head[HEAD];       /* read already; given out first */
	size_t head_n, head_at;
	bool high_first; /* UTF-16, big-endian */
	const char *name;
};

static int read_plain(struct reader *reader, char *out, size_t cap, size_t *ret_n,
		      struct error *error)
{
	ssize_t n;
	do
		n = read(reader->fd, out, cap);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_errno(error, "%s", reader->name);
	*ret_n = (size_t)n;
	return 0;
}

static int read_inflated(struct reader *reader, char *out, size_t cap, size_t *ret_n,
			 struct error *error)
{
	switch (gunzip_read(reader->gunzip, out, cap, ret_n)) {
	case GUNZIP_OK:
		return 0;
	case GUNZIP_TRUNCATED:
		return error_set(error, "%s: the gzip stream ends too early", reader->name);
	case GUNZIP_CORRUPT:
		return error_set(error, "%s: not a valid gzip stream", reader->name);
	case GUNZIP_IO:
		break;
	}
	return error_errno(error, "%s", reader->name);
}

/* 0 bytes: the end. */
static int read_some(struct reader *reader, char *out, size_t cap, size_t *ret_n,
		     struct error *error)
{
	size_t left = reader->head_n - reader->head_at;
	if (left) {
		*ret_n = left < cap ? left : cap;
		memcpy(out, reader->head + reader->head_at, *ret_n);
		reader->head_at += *ret_n;
		return 0;
	}
	return reader->gunzip ? read_inflated(reader, out, cap, ret_n, error)
			      : read_plain(reader, out, cap, ret_n, error);
}

/* A pipe may give its first bytes one by one. */
static int fill_head(struct reader *reader, struct error *error)
{
	size_t n = 1;
	reader->head_n = reader->head_at = 0;
	for (size_t have = 0; have < HEAD && n; have += n) {
		int failed =
		    reader->gunzip
			? read_inflated(reader, reader->head + have, HEAD - have, &n, error)
			: read_plain(reader, reader->head + have, HEAD - have, &n, error);
		if (failed)
			return failed;
		reader->head_n = have + n;
	}
	return 0;
}

static bool begins(const struct reader *reader, const char *magic, size_t n)
{
	return reader->head_n >= n && memcmp(reader->head, magic, n) == 0;
}

static int open_gzip(struct reader *reader, struct audit_source *source, struct error *error)
{
	if (!begins(reader, "\x1f\x8b\x08", 3))
		return 0;
	reader->gunzip = gunzip_new(reader->fd, reader->head, reader->head_n, false);
	if (!reader->gunzip)
		return error_set(error, "out of memory");
	source->inflated = true;
	return fill_head(reader, error);
}

static void tell_form(struct reader *reader, struct audit_source *source)
{
	static const struct {
		const char *magic;
		size_t n;
		const char *name;
	} packed[] = {
	    {"\xfd\x37zXZ", 6, "xz"},
	    {"\x28\xb5\x2f\xfd", 4, "zstd"},
	    {"BZh", 3, "bzip2"},
	    {"PK\x03\x04", 4, "zip"},
	    {"7z\xbc\xaf\x27\x1c", 6, "7z"},
	    {"\x04\x22\x4d\x18", 4, "lz4"},
	    {"%PDF-", 5, "pdf"},
	    {"\x1f\x8b\x08", 3, "gzip"},
	};
	/* https://www.sqlite.org/fileformat2.html: 1.3, 3 (journal), 4.1 (WAL) */
	source->sqlite = begins(reader, "SQLite format 3", 16) ||
			 begins(reader, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8) ||
			 begins(reader, "\x37\x7f\x06\x82", 4) ||
			 begins(reader, "\x37\x7f\x06\x83", 4);
	reader->high_first = begins(reader, "\xfe\xff", MARK);
	source->utf16 = reader->high_first || begins(reader, "\xff\xfe", MARK);
	if (source->utf16)
		reader->head_at = MARK;
	for (size_t i = 0; i < sizeof(packed) / sizeof(*packed); i++)
		if (begins(reader, packed[i].magic, packed[i].n))
			source->packed = packed[i].name;
}

/* Each unit becomes its low byte, or, beyond Latin-1, a byte that is part of no word. A unit may be
 * cut by the end of a read. */
static int read_narrow(struct reader *reader, char *out, size_t cap, size_t *ret_n,
		       uint64_t *ret_bytes, struct error *error)
{
	enum { UNITS = 4096, OTHER = 0x01 };
	char wide[2 * UNITS];
	size_t want = 2 * (cap < UNITS ? cap : UNITS), have = 0, n = 1;
	while (n && (have == 0 || have % 2)) {
		if (read_some(reader, wide + have, want - have, &n, error))
			return -1;
		have += n;
	}
	for (size_t i = 0; i + 1 < have; i += 2) {
		char high = wide[reader->high_first ? i : i + 1];
		char low = wide[reader->high_first ? i + 1 : i];
		out[i / 2] = high ? OTHER : low;
	}
	*ret_n = have / 2;
	*ret_bytes = have;
	return 0;
}

static int scan_all(struct audit_scan *scan, struct reader *reader, struct audit_source *source,
		    struct error *error)
{
	for (;;) {
		size_t cap, n = 0;
		uint64_t bytes = 0;
		char *space = audit_scan_space(scan, &cap);
		if (source->utf16) {
			if (read_narrow(reader, space, cap, &n, &bytes, error))
				return -1;
		} else {
			if (read_some(reader, space, cap, &n, error))
				return -1;
			bytes = n;
		}
		source->bytes += bytes;
		if (!n)
			return 0;
		audit_scan_added(scan, n);
	}
}

int audit_file(struct audit_scan *scan, int fd, const char *name, struct audit_source *source,
	       struct error *error)
{
	struct reader reader = {.fd = fd, .name = name};
	*source = (struct audit_source){0};
	int failed = fill_head(&reader, error);
	if (!failed)
		failed = open_gzip(&reader, source, error);
	if (!failed)
		tell_form(&reader, source);
	audit_scan_begin(scan, source->sqlite);
	if (!failed)
		failed = scan_all(scan, &reader, source, error);
	audit_scan_end(scan);
	if (source->utf16)
		source->bytes += MARK;
	gunzip_free(reader.gunzip);
	return failed;
}

uint64_t audit_file_offset(const struct audit_source *source, uint64_t offset)
{
	return source->utf16 ? MARK + 2 * offset : offset;
}
