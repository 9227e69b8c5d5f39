/* Lines out of files: every boundary, with tiny buffers and random ones. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include "hits.h"
#include "ingest/format.h"
#include "ingest/request.h"
#include "ingest/source.h"
#include "ingest/source_list.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char directory[] = "/tmp/veiltally-source-XXXXXX";

static void make_directory(void)
{
	cr_assert_not_null(mkdtemp(directory));
}

static void remove_directory(void)
{
	char command[64];
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	cr_assert_eq(system(command), 0);
}

TestSuite(source, .init = make_directory, .fini = remove_directory);

static const char *write_file(const char *name, const char *bytes, size_t n)
{
	static char path[128];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *file = fopen(path, "wb");
	cr_assert(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
	return path;
}

static const char *write_gzip(const char *name, const char *bytes, size_t n, const char *mode)
{
	static char path[128];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	gzFile file = gzopen(path, mode);
	cr_assert(file && gzwrite(file, bytes, (unsigned)n) == (int)n && gzclose(file) == Z_OK);
	return path;
}

static const struct source_options plain = {
    .log_format = "combined", .max_line = 1 << 20, .chunk = 256 << 10, .now = 1800000000};

struct lines {
	char *text; /* the lines, each followed by "|" */
	size_t n, lines;
	uint64_t too_long, bytes;
	int last; /* what the last read returned */
	char message[512];
};

static struct lines read_all(const char *path, const struct source_options *options)
{
	struct lines lines = {.text = calloc(1, 1)};
	struct chunk chunk = {0};
	struct error error = {""};
	struct source *source = source_new(path, options, &error);
	lines.last = source ? 1 : -1;
	while (source && (lines.last = source_read(source, &chunk, &error)) > 0) {
		struct slice rest = chunk.lines, line;
		lines.too_long += chunk.too_long;
		lines.bytes += chunk.bytes;
		while (source_line(&rest, &line)) {
			lines.text = realloc(lines.text, lines.n + line.n + 2);
			if (line.n)
				memcpy(lines.text + lines.n, line.p, line.n);
			lines.n += line.n;
			lines.text[lines.n++] = '|';
			lines.text[lines.n] = '\0';
			lines.lines++;
		}
	}
	snprintf(lines.message, sizeof(lines.message), "%s", error.text);
	chunk_release(&chunk);
	source_free(source);
	return lines;
}

static const struct {
	const char *name, *bytes;
	size_t n; /* 0: strlen */
	const char *lines;
	uint64_t too_long;
} cases[] = {
    {"two lines", "one\ntwo\n", 0, "one|two|", 0},
    {"no newline at the end", "one\ntwo", 0, "one|two|", 0},
    {"one line without newline", "one", 0, "one|", 0},
    {"carriage returns", "one\r\ntwo\r\n", 0, "one|two|", 0},
    {"a carriage return inside stays", "o\rne\n", 0, "o\rne|", 0},
    {"blank lines are lines", "\n\none\n\n", 0, "||one||", 0},
    {"byte order mark", "\xEF\xBB\xBFone\n", 0, "one|", 0},
    {"the mark alone", "\xEF\xBB\xBF", 0, "", 0},
    {"empty", "", 0, "", 0},
    {"leading NUL bytes of a hole", "\0\0\0one\ntwo\n", 11, "one|two|", 0},
    {"a hole longer than any line",
     "a\n\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0b\n", 44,
     "a|b|", 0},
    {"NUL bytes inside stay (0 below)", "o\0e\n", 4, "o0e|", 0},
    {"only NUL bytes", "\0\0\0\0", 4, "", 0},
    {"a hole at the end", "a\n\0\0\0", 5, "a|", 0},
    {"a hole and an end of line", "a\n\0\0\0\n", 6, "a||", 0},
    {"just the longest", "0123456789012345\nx\n", 0, "0123456789012345|x|", 0},
    {"just the longest with CR", "0123456789012345\r\nx\n", 0, "0123456789012345|x|", 0},
    {"too long at the end", "x\n01234567890123456789012345678901234567890123456789", 0, "x|", 1},
    {"too long in front", "01234567890123456789012345678901234567890123456789\nx\n", 0, "x|", 1},
    {"two too long",
     "a\n0123456789012345678901234567890123456789\n0123456789012345678901234567890123456789\nb\n",
     0, "a|b|", 2},
};

/*
 * With a limit of 16 bytes; a line that is complete in the buffer comes out whole however long it
 * is (the pipeline looks at its length), so long ones are expected either way.
 */
Test(source, cases)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n = cases[i].n ? cases[i].n : strlen(cases[i].bytes);
		for (size_t chunk = 1; chunk < 40; chunk++) {
			struct source_options options = plain;
			options.chunk = chunk;
			options.max_line = 16;
			struct lines lines =
			    read_all(write_file("case", cases[i].bytes, n), &options);
			uint64_t long_lines = lines.too_long;
			char kept[256];
			size_t kept_n = 0;
			for (size_t at = 0; at < lines.n;) {
				size_t length =
				    (size_t)((char *)memchr(lines.text + at, '|', lines.n - at) -
					     (lines.text + at));
				if (length > 16) {
					long_lines++;
				} else {
					memcpy(kept + kept_n, lines.text + at, length + 1);
					kept_n += length + 1;
				}
				at += length + 1;
			}
			for (size_t k = 0; k < kept_n; k++)
				kept[k] = kept[k] ? kept[k] : '0';
			size_t want = 0;
			for (const char *p = cases[i].lines; want < kept_n || *p; p++, want++)
				if (want >= kept_n || kept[want] != *p)
					break;
			cr_expect(want == kept_n && want == strlen(cases[i].lines),
				  "%s, chunks of %zu: got \"%.*s\"", cases[i].name, chunk,
				  (int)kept_n, kept);
			cr_expect_eq(long_lines, cases[i].too_long,
				     "%s, chunks of %zu: %lu too long", cases[i].name, chunk,
				     long_lines);
			cr_expect_eq(lines.last, 0, "%s: %s", cases[i].name, lines.message);
			free(lines.text);
		}
	}
}

/* Random text cut at random places must give the same lines as splitting it in memory. */
Test(source, random_chunks)
{
	uint64_t seed = (uint64_t)time(NULL), state = seed;
	printf("source: seed %lu\n", seed);
	for (unsigned round = 0; round < 150; round++) {
		size_t n = test_random(&state) % 3000, want_lines = 0;
		char *bytes = malloc(n + 1);
		for (size_t i = 0; i < n; i++)
			bytes[i] = test_random(&state) % 12 ? (char)('a' + test_random(&state) % 26)
							    : '\n';
		for (size_t i = 0; i < n; i++)
			want_lines += bytes[i] == '\n';
		want_lines += n && bytes[n - 1] != '\n';
		struct source_options options = plain;
		options.chunk = 1 + test_random(&state) % 200;
		options.max_line = 1024;
		options.zlib = test_random(&state) % 2;
		bool gzip = test_random(&state) % 2;
		struct lines lines = read_all(gzip ? write_gzip("random", bytes, n, "wb1")
						   : write_file("random", bytes, n),
					      &options);
		cr_assert_eq(lines.lines, want_lines, "seed %lu, round %u: %zu lines", seed, round,
			     lines.lines);
		cr_assert_eq(lines.bytes, n, "seed %lu, round %u: %lu bytes", seed, round,
			     lines.bytes);
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(lines.text[i], bytes[i] == '\n' ? '|' : bytes[i],
				     "seed %lu, round %u", seed, round);
		free(lines.text);
		free(bytes);
	}
}

static char *make_text(size_t n)
{
	char *text = malloc(n);
	for (size_t i = 0; i < n; i++)
		text[i] = i % 50 == 49 ? '\n' : (char)('a' + i % 23);
	return text;
}

Test(source, gzip_of_many_members_and_padding)
{
	char *text = make_text(50000);
	for (int zlib = 0; zlib < 2; zlib++) {
		struct source_options options = plain;
		options.zlib = zlib;
		const char *path = write_gzip("members", text, 20000, "wb");
		write_gzip("members", text, 12345, "ab");
		write_gzip("members", text, 55, "ab1");
		FILE *file = fopen(path, "ab");
		for (int i = 0; i < 1000; i++)
			fputc(0, file);
		fclose(file);
		struct lines lines = read_all(path, &options);
		cr_expect_eq(lines.last, 0, "%s", lines.message);
		cr_expect_eq(lines.bytes, 20000 + 12345 + 55);
		free(lines.text);
	}
	free(text);
}

Test(source, truncated_gzip_keeps_its_complete_lines)
{
	size_t n = 400000;
	char *text = malloc(n);
	uint64_t state = 1;
	for (size_t i = 0; i < n;
	     i++) /* hard to compress, so that a cut in the middle loses half */
		text[i] = i % 50 == 49 ? '\n' : (char)('!' + test_random(&state) % 90);
	for (int zlib = 0; zlib < 2; zlib++) {
		struct source_options options = plain;
		options.zlib = zlib;
		const char *path = write_gzip("cut", text, n, "wb");
		cr_assert_eq(truncate(path, 200000), 0);
		struct lines lines = read_all(path, &options);
		cr_expect_eq(lines.last, -1);
		cr_expect(strstr(lines.message, "truncated") && strstr(lines.message, "/cut"), "%s",
			  lines.message);
		cr_expect(lines.lines > 3000 && lines.lines < 8000, "%zu lines", lines.lines);
		for (size_t i = 0; i < lines.n; i++)
			cr_assert_eq(lines.text[i], text[i] == '\n' ? '|' : text[i],
				     "only whole lines come out");
		free(lines.text);
	}
	free(text);
}

Test(source, corrupt_gzip_is_an_error)
{
	char *text = make_text(100000);
	for (int zlib = 0; zlib < 2; zlib++) {
		struct source_options options = plain;
		options.zlib = zlib;
		const char *path = write_gzip("bad", text, 100000, "wb");
		int fd = open(path, O_RDWR);
		cr_assert_eq(lseek(fd, -6, SEEK_END) > 0, 1); /* inside the check sum */
		cr_assert_eq(write(fd, "\x55\xAA", 2), 2);
		close(fd);
		struct lines lines = read_all(path, &options);
		cr_expect_eq(lines.last, -1);
		cr_expect(strstr(lines.message, "corrupt"), "%s", lines.message);
		free(lines.text);
	}
	free(text);
}

static const struct {
	const char *name, *bytes, *message;
	size_t n;
} refused[] = {
    {"zstd", "\x28\xB5\x2F\xFDxxxx", "zstd -dc", 8},
    {"xz",
     "\xFD"
     "7zXZ\0xx",
     "xz -dc", 8},
    {"bzip2", "BZh91AY&", "bzip2 -dc", 8},
    {"lz4", "\x04\x22\x4D\x18xxxx", "lz4 -dc", 8},
    {"zip", "PK\x03\x04xxxx", "unzip -p", 8},
    {"UTF-16", "\xFF\xFEo\0n\0e\0", "iconv", 8},
};

Test(source, refuses_with_the_pipe_to_use)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct error error;
		struct source *source = source_new(
		    write_file("refused", refused[i].bytes, refused[i].n), &plain, &error);
		cr_expect_null(source, "%s", refused[i].name);
		cr_expect(strstr(error.text, refused[i].message), "%s: %s", refused[i].name,
			  error.text);
		cr_expect_null(strchr(error.text, '\n'), "%s: one line", refused[i].name);
	}
}

Test(source, what_cannot_be_opened_is_named)
{
	struct error error;
	cr_expect_null(source_new("/nonexistent/access.log", &plain, &error));
	cr_expect(strstr(error.text, "/nonexistent/access.log") &&
		      strstr(error.text, "No such file"),
		  "%s", error.text);
	cr_expect_null(source_new(directory, &plain, &error));
	cr_expect(strstr(error.text, "directory"), "%s", error.text);
}

#define LINE(day, minute)                            \
	"192.0.2.1 - - [" day "/Oct/2026:10:" minute \
	":00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\"\n"

Test(source, list_reads_by_first_time_and_each_file_once)
{
	char paths[4][64];
	static const char *const texts[4] = {LINE("07", "30"), LINE("05", "10"), LINE("06", "20"),
					     ""};
	const char *named[6];
	struct source_list list;
	struct error error;
	for (size_t i = 0; i < 4; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/l%zu", directory, i);
		char name[8];
		snprintf(name, sizeof(name), "l%zu", i);
		write_file(name, texts[i], strlen(texts[i]));
		named[i] = paths[i];
	}
	char link_path[64];
	snprintf(link_path, sizeof(link_path), "%s/link", directory);
	cr_assert_eq(symlink(paths[1], link_path), 0);
	named[4] = link_path;
	named[5] = paths[0];
	cr_assert_eq(source_list_open(&list, named, 6, &plain, &error), 0, "%s", error.text);
	cr_expect_eq(list.repeated, 2);
	cr_assert_eq(list.n, 4);
	cr_expect_eq(source_first_time(list.all[0]), 1791195000);
	for (size_t i = 1; i < 4; i++)
		cr_expect(source_first_time(list.all[i - 1]) <= source_first_time(list.all[i]));
	source_list_release(&list);
}

/* ---- read on from a mark ---- */

static const uint8_t key_of_positions[MARK_KEY] = {7, 1, 8};

struct pieces {		    /* a stream that is read in several runs */
	struct lines lines; /* behind each line what its format makes of it */
	struct mark mark;
	struct hmac *hmac;
	struct source_options options;
	uint64_t done;
	bool moved;
};

static void add_text(struct lines *lines, const char *text, size_t n)
{
	lines->text = realloc(lines->text, lines->n + n + 1);
	if (n)
		memcpy(lines->text + lines->n, text, n);
	lines->n += n;
	lines->text[lines->n] = '\0';
}

static void add_chunk(struct pieces *pieces, const struct chunk *chunk)
{
	struct slice rest = chunk->lines, line;
	struct parser *parser = parser_new(plain.now);
	pieces->lines.too_long += chunk->too_long;
	while (source_line(&rest, &line)) {
		struct request request;
		char outcome[48];
		if (line.n > pieces->options.max_line) {
			pieces->lines.too_long++;
			continue;
		}
		enum reject reject = parser_line(parser, chunk->format, line, &request);
		snprintf(outcome, sizeof(outcome), "=%d,%d,%ld|", (int)reject,
			 reject ? 0 : request.status, reject ? 0 : (long)request.time);
		add_text(&pieces->lines, line.p, line.n);
		add_text(&pieces->lines, outcome, strlen(outcome));
		pieces->lines.lines++;
	}
	parser_free(parser);
}

/* One run over the file as it is now. */
static void read_piece(struct pieces *pieces, const char *path, bool growing, const char *row)
{
	struct source_start start = {
	    .mark = &pieces->mark, .hmac = pieces->hmac, .growing = growing};
	struct error error = {""};
	struct chunk chunk = {0};
	struct source *source = source_new_at(path, &pieces->options, &start, &error);
	cr_assert_not_null(source, "%s: %s", row, error.text);
	uint64_t offset = source_offset(source), bytes = 0;
	cr_assert_eq(offset, pieces->mark.offset, "%s", row);
	while ((pieces->lines.last = source_read(source, &chunk, &error)) > 0) {
		add_chunk(pieces, &chunk);
		bytes += chunk.bytes;
	}
	snprintf(pieces->lines.message, sizeof(pieces->lines.message), "%s", error.text);
	uint64_t order = source_offset(source) - offset - bytes;
	cr_assert(order == 0 || (offset == 0 && order == 3), "%s: %lu bytes unaccounted for", row,
		  order);
	int marked = source_mark(source, &pieces->mark);
	cr_assert(marked >= 0);
	pieces->moved = !marked;
	chunk_release(&chunk);
	source_free(source);
}

static struct pieces pieces_new(const struct source_options *options)
{
	struct pieces pieces = {.options = *options,
				.hmac = hmac_new(key_of_positions, MARK_KEY),
				.lines = {.text = calloc(1, 1)}};
	return pieces;
}

static void pieces_release(struct pieces *pieces)
{
	hmac_free(pieces->hmac);
	free(pieces->lines.text);
}

/* A text with everything that a resumed reading could get wrong. */
static size_t make_odd_text(char *text, size_t max, uint64_t *state, bool w3c)
{
	static const char *const heads[] = {
	    ("#Software: IIS 10.0\n#Version: 1.0\n"
	     "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n"),
	    "#Fields: date time cs-method cs-uri-stem c-ip sc-status\n",
	    "#Fields: c-ip date time cs-method cs-uri-stem sc-status time-taken\n#Remark: x\n",
	};
	size_t n = 0;
	if (test_random(state) % 4 == 0)
		n += (size_t)sprintf(text, "\xEF\xBB\xBF");
	if (w3c)
		n += (size_t)sprintf(text + n, "%s", heads[test_random(state) % 2]);
	while (n + 600 < max) {
		const char *end = test_random(state) % 5 ? "\n" : "\r\n";
		unsigned number = (unsigned)(test_random(state) % 1000);
		switch (test_random(state) % (w3c ? 16 : 12)) {
		case 0:
			n += (size_t)sprintf(text + n, "%s", end);
			break;
		case 1: { /* a hole */
			size_t hole = test_random(state) % 300;
			memset(text + n, 0, hole);
			n += hole;
			break;
		}
		case 2: { /* too long */
			size_t length = 240 + test_random(state) % 300;
			memset(text + n, 'x', length);
			n += length + (size_t)sprintf(text + n + length, "%s", end);
			break;
		}
		case 12:
			n += (size_t)sprintf(text + n, "%s", heads[test_random(state) % 3]);
			break;
		case 13:
			n += (size_t)sprintf(text + n, "#Date: 2026-10-05%s", end);
			break;
		default:
			n += (size_t)sprintf(text + n,
					     w3c ? "2026-10-05 10:11:12 192.0.2.%u GET /%u 200%s"
						 : "192.0.2.%u - - [05/Oct/2026:10:11:12 +0000] "
						   "\"GET /%u HTTP/1.1\" "
						   "200 5 \"-\" \"x\"%s",
					     number % 250, number, end);
		}
	}
	return n;
}

Test(source, reading_on_gives_the_same_lines)
{
	enum { SIZE = 12000 };
	uint64_t seed = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 10) : (uint64_t)time(NULL);
	uint64_t state = seed;
	static char text[SIZE];
	printf("source: seed %lu\n", seed);
	for (unsigned round = 0; round < 150; round++) {
		char row[64];
		bool w3c = test_random(&state) % 2, gzip = test_random(&state) % 3 == 0;
		snprintf(row, sizeof(row), "seed %lu, round %u%s%s", seed, round,
			 w3c ? ", w3c" : "", gzip ? ", gzip" : "");
		size_t n =
		    make_odd_text(text, 1000 + test_random(&state) % (SIZE - 1000), &state, w3c);
		struct source_options options = plain;
		options.log_format = w3c ? "w3c" : "combined";
		options.max_line = 200;
		options.chunk = 1 + test_random(&state) % 700;
		options.zlib = test_random(&state) % 2;
		struct pieces whole = pieces_new(&options), cut = pieces_new(&options);
		if (w3c)
			whole.options.log_format = cut.options.log_format = "w3c";
		size_t step = 1 + test_random(&state) % (n / 2), have = 0;
		while (have < n) {
			size_t more = 1 + test_random(&state) % step;
			have = have + more < n ? have + more : n;
			cut.options.chunk = 1 + test_random(&state) % 700;
			bool growing = have < n || test_random(&state) % 2;
			const char *path = gzip ? write_gzip("piece", text, have, "wb1")
						: write_file("piece", text, have);
			read_piece(&cut, path, growing, row);
			cr_assert_not(cut.moved, "%s", row);
			if (have == n)
				read_piece(&whole, path, growing, row);
		}
		cr_assert_eq(cut.lines.too_long, whole.lines.too_long, "%s: %lu too long, not %lu",
			     row, cut.lines.too_long, whole.lines.too_long);
		cr_assert(cut.lines.n == whole.lines.n &&
			      memcmp(cut.lines.text, whole.lines.text, cut.lines.n) == 0,
			  "%s: other lines", row);
		cr_assert_eq(cut.mark.offset, whole.mark.offset, "%s", row);
		cr_assert_eq(cut.mark.complete, whole.mark.complete, "%s", row);
		cr_assert_arr_eq(cut.mark.head, whole.mark.head, MARK_DIGEST);
		cr_assert_arr_eq(cut.mark.tail, whole.mark.tail, MARK_DIGEST, "%s", row);
		for (size_t i = 0, j = 0; i < MARK_POINTS;
		     i++) { /* all rungs of the one are in the other */
			uint64_t at = whole.mark.points[i].offset;
			if (!at)
				continue;
			while (j < MARK_POINTS && cut.mark.points[j].offset < at)
				j++;
			cr_assert(j < MARK_POINTS && cut.mark.points[j].offset == at &&
				      memcmp(cut.mark.points[j].tail, whole.mark.points[i].tail,
					     MARK_DIGEST) == 0,
				  "%s: the point at %lu", row, at);
		}
		pieces_release(&whole);
		pieces_release(&cut);
	}
}

static const struct {
	const char *name, *first, *second;
	const char *lines; /* of both runs; NULL: the second finds another file */
	bool growing[2];
} resumed[] = {
    {"half a line waits", "a\nb", "a\nbc\n", "a|bc|", {true, true}},
    {"half a line counts when the file is complete", "a\nb", "a\nb", "a|b|", {true, false}},
    {"what follows a counted half is a line", "a\nb", "a\nbc\n", "a|b|c|", {false, true}},
    {"a CR waits for its LF", "a\r", "a\r\n", "a|", {true, true}},
    {"a long line waits for its end",
     "a\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
     "a\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxyyy\nb\n",
     "a|b|",
     {true, true}},
    {"nothing new", "a\n", "a\n", "a|", {true, true}},
    {"a byte order mark",
     "\xEF\xBB\xBF"
     "a\n",
     "\xEF\xBB\xBF"
     "a\nb\n",
     "a|b|",
     {true, true}},
    {"half a byte order mark",
     "\xEF\xBB",
     "\xEF\xBB\xBF"
     "a\n",
     "a|",
     {true, true}},
    {"shorter than its mark", "a\nb\nc\n", "a\nb\n", NULL, {true, true}},
    {"another beginning", "a\nb\nc\n", "A\nb\nc\nd\n", NULL, {true, true}},
    {"another end", "a\nb\nc\n", "a\nb\nd\nd\n", NULL, {true, true}},
};

Test(source, reading_on_cases)
{
	for (size_t i = 0; i < COUNT(resumed); i++) {
		struct source_options options = plain;
		options.max_line = 16;
		options.chunk = 4;
		struct pieces pieces = pieces_new(&options);
		const char *texts[2] = {resumed[i].first, resumed[i].second};
		for (size_t run = 0; run < 2; run++)
			read_piece(&pieces, write_file("run", texts[run], strlen(texts[run])),
				   resumed[i].growing[run], resumed[i].name);
		char got[64], *to = got;
		for (size_t at = 0; at < pieces.lines.n; at++) { /* without the outcomes */
			if (pieces.lines.text[at] == '=')
				while (pieces.lines.text[at] != '|')
					at++;
			*to++ = pieces.lines.text[at];
		}
		*to = '\0';
		cr_expect_eq(pieces.moved, !resumed[i].lines, "%s", resumed[i].name);
		if (resumed[i].lines)
			cr_expect_str_eq(got, resumed[i].lines, "%s", resumed[i].name);
		pieces_release(&pieces);
	}
}

/* A server has written half of its first line: its end will tell the format. */
Test(source, half_of_a_first_line_has_no_format_yet)
{
	static const char *const line =
	    "{\"time\":1791195000,\"ip\":\"192.0.2.1\",\"status\":200}\n";
	struct source_options options = plain;
	struct error error = {""};
	options.log_format = NULL;
	for (size_t n = 1; n < strlen(line); n++) {
		struct pieces pieces = pieces_new(&options);
		struct source_start whole = {&pieces.mark, pieces.hmac, false};
		const char *path = write_file("begun", line, n);
		char row[32];
		snprintf(row, sizeof(row), "%zu bytes", n);
		read_piece(&pieces, path, true, row);
		cr_expect_eq(pieces.lines.lines, 0, "%s", row);
		if (n == 20) /* nothing will come any more */
			cr_expect_null(source_new_at(path, &options, &whole, &error));
		read_piece(&pieces, write_file("begun", line, strlen(line)), true, row);
		cr_expect_eq(pieces.lines.lines, 1, "%s", row);
		cr_expect_not_null(strstr(pieces.lines.text, "=0,200,1791195000|"), "%s", row);
		pieces_release(&pieces);
	}
}

/* The file goes away, is renamed or cut between the look at it and the reading. */
Test(source, a_file_that_moves_before_it_is_read_is_left_alone)
{
	static const char *const what[] = {"removed", "replaced", "cut", "rewritten"};
	for (size_t i = 0; i < COUNT(what); i++) {
		struct pieces pieces = pieces_new(&plain);
		const char *path = write_file("moving", "one\n", 4);
		read_piece(&pieces, path, true, what[i]);
		path = write_file("moving", "one\ntwo\n", 8);
		struct source_start start = {&pieces.mark, pieces.hmac, true};
		struct error error = {""};
		struct chunk chunk = {0};
		struct source *source = source_new_at(path, &plain, &start, &error);
		struct mark mark = pieces.mark;
		cr_assert_not_null(source);
		char away[160];
		snprintf(away, sizeof(away), "%s.1", path);
		if (i == 0)
			unlink(path);
		if (i == 1)
			cr_assert_eq(rename(path, away), 0);
		if (i == 1)
			write_file("moving", "one\ntwo\n", 8);
		if (i == 2)
			cr_assert_eq(truncate(path, 2), 0);
		if (i == 3)
			write_file("moving", "six\ntwo\n", 8);
		cr_expect_eq(source_read(source, &chunk, &error), 0, "%s: %s", what[i], error.text);
		cr_expect_eq(source_mark(source, &mark), 0, "%s", what[i]);
		cr_expect_eq(mark.offset, 4, "%s", what[i]);
		source_free(source);
		chunk_release(&chunk);
		pieces_release(&pieces);
	}
}
