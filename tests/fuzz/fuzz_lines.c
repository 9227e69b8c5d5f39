/* The line reader: any bytes, cut at any place, give the same lines as splitting them in memory. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "ingest/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (n < 2 || n > 65536)
		return 0;
	struct source_options options = {.log_format = "combined",
					 .chunk = 1u + bytes[0],
					 .max_line = 1u + bytes[1] * 4u,
					 .zlib = bytes[0] & 1};
	char path[32];
	int fd = memfd_create("fuzz", 0);
	assert(fd >= 0 && write(fd, bytes + 2, n - 2) == (ssize_t)(n - 2));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct error error;
	struct source *source = source_new(path, &options, &error);
	struct chunk chunk = {0};
	uint64_t seen = 0;
	while (source && source_read(source, &chunk, &error) > 0) {
		struct slice rest = chunk.lines, line;
		assert(chunk.lines.n <= chunk.cap && chunk.bytes >= chunk.lines.n);
		seen += chunk.bytes;
		while (source_line(&rest, &line))
			assert(!line.n || (line.p >= chunk.buffer &&
					   line.p + line.n <= chunk.buffer + chunk.cap &&
					   !memchr(line.p, '\n', line.n)));
	}
	bool packed =
	    n > 4 && bytes[2] == 0x1F && bytes[3] == 0x8B; /* then the length is another */
	bool marked = n > 4 && bytes[2] == 0xEF && bytes[3] == 0xBB && bytes[4] == 0xBF;
	if (source && !packed)
		assert(seen == n - 2 - (marked ? 3 : 0));
	chunk_release(&chunk);
	source_free(source);
	close(fd);
	return 0;
}
