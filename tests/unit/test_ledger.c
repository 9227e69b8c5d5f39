#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "aggregate/store/ledger.h"
#include "aggregate/store/ledger_row.h"

enum { TIME = 1779955200 }; /* 2026-05-28 08:00:00 UTC */

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static char directory[] = "/tmp/veiltally-ledger.XXXXXX";
static char path[100];

static void set_up(void)
{
	cr_assert_not_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/ledger", directory);
	signal(SIGXFSZ, SIG_IGN);
}

static void tear_down(void)
{
	char command[200];
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	cr_expect_eq(system(command), 0);
}

TestSuite(ledger, .init = set_up, .fini = tear_down);

static struct ledger *open_good(void)
{
	struct error error = {""};
	struct ledger *ledger = ledger_open(path, &error);
	cr_assert_not_null(ledger, "%s", error.text);
	return ledger;
}

static void append(struct ledger *ledger, int64_t time, enum ledger_kind kind, const char *subject,
		   const char *reason)
{
	struct error error = {""};
	cr_assert_eq(ledger_append(ledger, time, kind, subject, reason, "uid 0", &error), 0, "%s",
		     error.text);
}

/* The file as it is, for free(). */
static char *read_all(size_t *ret_n)
{
	FILE *in = fopen(path, "rb");
	cr_assert_not_null(in);
	char *bytes = malloc(1 << 20);
	cr_assert_not_null(bytes);
	*ret_n = fread(bytes, 1, (1 << 20) - 1, in);
	bytes[*ret_n] = '\0';
	fclose(in);
	return bytes;
}

static void write_all(const char *bytes, size_t n)
{
	FILE *out = fopen(path, "wb");
	cr_assert_not_null(out);
	cr_assert_eq(fwrite(bytes, 1, n, out), n);
	fclose(out);
}

/* Some rows, and their bytes. */
static char *make_rows(unsigned rows, size_t *ret_n)
{
	char subject[100];
	struct ledger *ledger = open_good();
	for (unsigned i = 0; i < rows; i++) {
		snprintf(subject, sizeof(subject), "0123456789abcdef:v_%032x", i);
		append(ledger, TIME + i * 60, (enum ledger_kind)(i % LEDGER__COUNT), subject,
		       i % 2 ? "said \"so\" \\ \xC3\xA4" : "abuse");
	}
	ledger_free(ledger);
	return read_all(ret_n);
}

/* ---- rows ---- */

struct seen {
	uint64_t rows, stop_at;
	char head[LEDGER_HASH_TEXT];
};

static int see(void *context, const struct ledger_row *row)
{
	struct seen *seen = context;
	char subject[100];
	unsigned i = (unsigned)seen->rows++;
	snprintf(subject, sizeof(subject), "0123456789abcdef:v_%032x", i);
	cr_expect_eq(row->sequence, seen->rows);
	cr_expect_eq(row->time, TIME + i * 60);
	cr_expect_eq(row->kind, i % LEDGER__COUNT);
	cr_expect_str_eq(row->subject, subject);
	cr_expect_str_eq(row->reason, i % 2 ? "said \"so\" \\ \xC3\xA4" : "abuse");
	cr_expect_str_eq(row->detail, "uid 0");
	memcpy(seen->head, row->hash, sizeof(seen->head));
	return seen->rows == seen->stop_at ? 7 : 0;
}

Test(ledger, rows_come_back_as_they_were)
{
	size_t n;
	struct error error = {""};
	struct stat found;
	struct seen seen = {0};
	struct ledger *empty = open_good();
	cr_expect_eq(ledger_count(empty), 0);
	cr_expect_str_eq(ledger_head(empty), ZEROS);
	cr_expect_eq(ledger_each(empty, see, &seen, &error), 0);
	ledger_free(empty);
	cr_assert_eq(stat(path, &found), 0);
	cr_expect_eq(found.st_mode & 07777, 0600);

	free(make_rows(9, &n));
	struct ledger *ledger = open_good();
	cr_expect_eq(ledger_count(ledger), 9);
	cr_expect_eq(ledger_each(ledger, see, &seen, &error), 0, "%s", error.text);
	cr_expect_eq(seen.rows, 9);
	cr_expect_str_eq(seen.head, ledger_head(ledger));
	cr_expect(ledger_knows(ledger, ZEROS));
	cr_expect(ledger_knows(ledger, seen.head));
	seen = (struct seen){.stop_at = 4};
	cr_expect_eq(ledger_each(ledger, see, &seen, &error), 7);
	cr_expect_eq(seen.rows, 4);
	cr_expect(ledger_knows(ledger, seen.head));
	seen.head[5] ^= 1;
	cr_expect(!ledger_knows(ledger, seen.head));
	cr_expect(!ledger_knows(ledger, "12"));
	ledger_free(ledger);
}

/* What a third person does who has the file and standard tools. */
Test(ledger, jq_and_sha256sum_agree)
{
	char command[1000], got[200];
	size_t n;
	if (system("command -v jq sha256sum >/dev/null 2>&1"))
		cr_skip("jq and sha256sum are not here");
	char *bytes = make_rows(6, &n);
	snprintf(
	    command, sizeof(command),
	    "prev=" ZEROS "; i=0; while read -r row; do i=$((i+1));"
	    "  hash=$(printf '%%s' \"$row\" | jq -cj 'del(.hash)' | sha256sum | cut -c 1-64);"
	    "  printf '%%s' \"$row\" | jq -e --arg hash \"$hash\" --arg prev \"$prev\" --argjson i "
	    "$i"
	    "    '.hash == $hash and .prev == $prev and .sequence == $i' >/dev/null || echo bad $i;"
	    "  prev=$hash; done <'%s'; echo $i $prev",
	    path);
	FILE *pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	size_t got_n = fread(got, 1, sizeof(got) - 1, pipe);
	got[got_n] = '\0';
	pclose(pipe);
	struct ledger *ledger = open_good();
	char wanted[100];
	snprintf(wanted, sizeof(wanted), "6 %s\n", ledger_head(ledger));
	cr_expect_str_eq(got, wanted);
	ledger_free(ledger);
	free(bytes);
}

/* Made with printf and sha256sum, so that the form cannot change unnoticed. */
Test(ledger, the_form_is_fixed)
{
	size_t n;
	struct ledger *ledger = open_good();
	cr_assert_eq(ledger_append(ledger, TIME, LEDGER_DESTROY, "2026-05-28", "by hand", "", NULL),
		     0);
	ledger_free(ledger);
	char *bytes = read_all(&n);
	cr_expect_str_eq(
	    bytes,
	    "{\"sequence\":1,\"time\":1779955200,\"kind\":\"destroy\",\"subject\":"
	    "\"2026-05-28\",\"reason\":\"by hand\",\"detail\":\"\",\"prev\":\"" ZEROS
	    "\",\"hash\":\"b86483f51911e8a157a66984128088c564b48fd9e16f744bd3dffeea4ffad942\"}\n");
	free(bytes);
}

static int longest(void *context, const struct ledger_row *row)
{
	return strcmp(row->reason, context) == 0 && strlen(row->reason) == LEDGER_TEXT_MAX ? 5 : 6;
}

Test(ledger, texts_that_can_be_shown_are_taken_others_refused)
{
	char text[LEDGER_TEXT_MAX + 2];
	struct error error = {""};
	struct ledger *ledger = open_good();
	memset(text, '"', LEDGER_TEXT_MAX);
	text[LEDGER_TEXT_MAX] = '\0';
	cr_expect_eq(ledger_append(ledger, TIME, LEDGER_DROP, text, text, text, &error), 0, "%s",
		     error.text);
	ledger_free(ledger);
	ledger = open_good();
	cr_expect_eq(ledger_each(ledger, longest, text, &error), 5, "%s", error.text);

	memset(text, 'x', LEDGER_TEXT_MAX + 1);
	text[LEDGER_TEXT_MAX + 1] = '\0';
	const char *const rows[] = {
	    text,	"a\nb",		"a\tb",	    "a\x1b[31mb",   "a\x7f",	    "\xC3",
	    "\xC0\xAF", "\xED\xA0\x80", "\xC2\x85", "\xE2\x80\xAE", "\xE2\x80\xA8",
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *three[3] = {"a", "b", "c"};
		three[i % 3] = rows[i];
		cr_expect_eq(
		    ledger_append(ledger, TIME, LEDGER_DROP, three[0], three[1], three[2], &error),
		    -1, "row %zu", i);
		cr_expect(strstr(error.text, path), "row %zu: %s", i, error.text);
	}
	cr_expect_eq(ledger_count(ledger), 1);
	ledger_free(ledger);
}

Test(ledger, a_clock_that_went_back_is_refused)
{
	struct error error = {""};
	struct ledger *ledger = open_good();
	append(ledger, TIME, LEDGER_DROP, "a", "b");
	append(ledger, TIME - 86400, LEDGER_DROP, "a", "b");
	append(ledger, TIME, LEDGER_DROP, "a", "b");
	cr_expect_eq(ledger_append(ledger, TIME - 86401, LEDGER_DROP, "a", "b", "", &error), -1);
	cr_expect(strstr(error.text, "clock"), "%s", error.text);
	cr_expect_eq(ledger_append(ledger, -1, LEDGER_DROP, "a", "b", "", &error), -1);
	cr_expect_eq(ledger_count(ledger), 3);
	ledger_free(ledger);
}

/* ---- damage ---- */

Test(ledger, every_changed_byte_is_detected)
{
	enum { ROWS = 5 };
	size_t n;
	char *bytes = make_rows(ROWS, &n);
	unsigned row = 1;
	int fd = open(path, O_RDWR);
	cr_assert(fd >= 0);
	for (size_t i = 0; i < n; i++) {
		const char values[] = {(char)(bytes[i] ^ 1),
				       (char)(bytes[i] ^ 2),
				       (char)(bytes[i] ^ 0x20),
				       (char)(bytes[i] ^ 0x80),
				       (char)(bytes[i] + 1),
				       '\n',
				       '\0',
				       '"',
				       '\\',
				       '}'};
		char wanted[40];
		snprintf(wanted, sizeof(wanted), "row %u ", row);
		for (size_t v = 0; v < sizeof(values); v++) {
			struct error error = {""};
			if (values[v] == bytes[i])
				continue;
			cr_assert_eq(pwrite(fd, &values[v], 1, (off_t)i), 1);
			struct ledger *ledger = ledger_open(path, &error);
			cr_expect_null(ledger, "byte %zu to 0x%02x", i, (unsigned char)values[v]);
			cr_expect(strstr(error.text, wanted), "byte %zu to 0x%02x: %s", i,
				  (unsigned char)values[v], error.text);
			ledger_free(ledger);
		}
		cr_assert_eq(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
		row += bytes[i] == '\n';
	}
	close(fd);
	ledger_free(open_good());
	free(bytes);
}

Test(ledger, rows_left_out_doubled_or_swapped_are_detected)
{
	static const struct {
		const char *name, *order;
		unsigned row; /* where it is noticed; 0: it is not */
	} rows[] = {
	    {"as they were", "01234", 0},
	    {"first left out", "1234", 1},
	    {"one left out", "0134", 3},
	    {"swapped", "02134", 2},
	    {"doubled", "01123", 3},
	    {"last one again", "012344", 6},
	    {"again from the start", "0123401234", 6},
	    /* A sound chain: who keeps a head elsewhere knows more. */
	    {"cut at the end", "0123", 0},
	};
	size_t n;
	char *bytes = make_rows(5, &n), *starts[6] = {bytes}, *out = malloc(3 * n), head[65];
	for (int i = 0; i < 5; i++)
		starts[i + 1] = strchr(starts[i], '\n') + 1;
	struct ledger *whole = open_good();
	memcpy(head, ledger_head(whole), sizeof(head));
	ledger_free(whole);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t at = 0;
		struct error error = {""};
		char wanted[40];
		for (const char *p = rows[i].order; *p; p++) {
			size_t length = (size_t)(starts[*p - '0' + 1] - starts[*p - '0']);
			memcpy(out + at, starts[*p - '0'], length);
			at += length;
		}
		write_all(out, at);
		struct ledger *ledger = ledger_open(path, &error);
		cr_expect_eq(!ledger, rows[i].row > 0, "row %s", rows[i].name);
		snprintf(wanted, sizeof(wanted), "row %u ", rows[i].row);
		if (rows[i].row)
			cr_expect(strstr(error.text, wanted), "row %s: %s", rows[i].name,
				  error.text);
		if (ledger)
			cr_expect_eq(ledger_knows(ledger, head), i == 0, "row %s", rows[i].name);
		ledger_free(ledger);
	}
	free(out);
	free(bytes);
}

/* ---- crashes ---- */

/* A file that ends at any byte of its last row opens as the rows before it and goes on. */
Test(ledger, a_crash_at_any_byte_of_the_last_row)
{
	static const char *const rests[] = {"", "\0\0\0\0\0\0\0"};
	size_t n, last = 0;
	char *bytes = make_rows(4, &n);
	char *out = malloc(n + 10);
	for (size_t i = 0; i + 1 < n; i++)
		if (bytes[i] == '\n')
			last = i + 1;
	for (size_t r = 0; r < 2; r++) {
		for (size_t cut = last; cut < n; cut++) {
			/* The whole row without its newline is kept, but not with zeros behind it.
			 */
			bool whole = cut == n - 1;
			if (whole && r)
				continue;
			memcpy(out, bytes, cut);
			memcpy(out + cut, rests[r], r * 7);
			write_all(out, cut + r * 7);
			struct error error = {""};
			struct ledger *reading = ledger_open_read(path, &error);
			cr_assert_not_null(reading, "cut at %zu: %s", cut, error.text);
			cr_expect_eq(ledger_count(reading), 3, "cut at %zu", cut);
			ledger_free(reading);
			struct ledger *ledger = open_good();
			cr_expect_eq(ledger_count(ledger), whole ? 4 : 3, "cut at %zu", cut);
			append(ledger, TIME + 180, LEDGER_REVEAL,
			       "0123456789abcdef:v_00000000000000000000000000000003",
			       "said \"so\" \\ \xC3\xA4");
			ledger_free(ledger);
			size_t got_n;
			char *got = read_all(&got_n);
			cr_expect(whole ? got_n > n && memcmp(got, bytes, n) == 0
					: got_n == n && memcmp(got, bytes, n) == 0,
				  "cut at %zu", cut);
			free(got);
		}
	}
	free(out);
	free(bytes);
}

/* Random appends, crashes, handles that are opened anew or kept, against a count. */
Test(ledger, random_histories)
{
	unsigned seed = (unsigned)getpid(), start = seed, rows = 0;
	struct ledger *ledgers[2] = {open_good(), open_good()};
	for (int i = 0; i < 600; i++) {
		unsigned dice = (unsigned)rand_r(&seed);
		unsigned which = dice >> 8 & 1;
		char subject[300];
		memset(subject, 'a' + (int)(dice % 26), sizeof(subject));
		subject[dice % 290] = '\0';
		if (dice % 10 < 6) {
			struct error error = {""};
			cr_assert_eq(ledger_append(ledgers[which], TIME + i, LEDGER_DROP, subject,
						   "r", "", &error),
				     0, "seed %u, step %d: %s", start, i, error.text);
			rows++;
			cr_assert_eq(ledger_count(ledgers[which]), rows, "seed %u, step %d", start,
				     i);
		} else if (dice % 10 < 8) {
			/* Another one died in the middle of a row. */
			struct ledger_row row = {.sequence = rows + 1,
						 .time = TIME + i,
						 .subject = subject,
						 .reason = "lost",
						 .detail = ""};
			char text[LEDGER_ROW_MAX];
			struct ledger *now = open_good();
			size_t n = ledger_row_write(&row, ledger_head(now), text);
			ledger_free(now);
			int fd = open(path, O_WRONLY | O_APPEND);
			size_t part = (unsigned)rand_r(&seed) % (n - 1);
			cr_assert_eq(write(fd, text, part), (ssize_t)part);
			close(fd);
		} else {
			ledger_free(ledgers[which]);
			ledgers[which] = open_good();
			cr_assert_eq(ledger_count(ledgers[which]), rows, "seed %u, step %d", start,
				     i);
		}
	}
	ledger_free(ledgers[0]);
	ledger_free(ledgers[1]);
	struct ledger *ledger = open_good();
	cr_expect_eq(ledger_count(ledger), rows, "seed %u", start);
	ledger_free(ledger);
}

/* What was acknowledged before a kill is there. */
Test(ledger, kills_lose_no_acknowledged_row)
{
	uint64_t acknowledged = 0;
	unsigned seed = (unsigned)getpid();
	for (int round = 0; round < 30; round++) {
		int done[2];
		char one;
		cr_assert_eq(pipe(done), 0);
		pid_t child = fork();
		if (child == 0) {
			struct ledger *ledger = ledger_open(path, NULL);
			while (ledger &&
			       !ledger_append(ledger, TIME, LEDGER_REVEAL, "s", "r", "", NULL))
				if (write(done[1], "", 1) != 1)
					break;
			_exit(1);
		}
		close(done[1]);
		usleep((useconds_t)(rand_r(&seed) % 6000));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		while (read(done[0], &one, 1) == 1)
			acknowledged++;
		close(done[0]);
		struct ledger *ledger = open_good();
		cr_expect_geq(ledger_count(ledger), acknowledged, "round %d", round);
		/* At most one row is there that nobody heard of. */
		cr_expect_leq(ledger_count(ledger), acknowledged + 1, "round %d", round);
		acknowledged = ledger_count(ledger);
		ledger_free(ledger);
	}
}

Test(ledger, processes_take_turns)
{
	enum { PROCESSES = 4, ROWS = 25 };
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() == 0) {
			struct ledger *ledger = ledger_open(path, NULL);
			int failed = !ledger;
			for (int row = 0; row < ROWS && !failed; row++)
				failed =
				    ledger_append(ledger, TIME, LEDGER_DROP, "s", "r", "", NULL);
			_exit(failed ? 1 : 0);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;
		cr_assert_gt(wait(&status), 0);
		cr_expect_eq(status, 0);
	}
	struct ledger *ledger = open_good();
	cr_expect_eq(ledger_count(ledger), PROCESSES * ROWS);
	ledger_free(ledger);
}

/* ---- the environment ---- */

Test(ledger, a_full_disk_leaves_the_rows_before)
{
	struct rlimit limit;
	struct error error = {""};
	size_t n, after_n;
	char *bytes = make_rows(3, &n);
	struct ledger *ledger = open_good();
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	struct rlimit small = {.rlim_cur = n + 50, .rlim_max = limit.rlim_max};
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	int failed = ledger_append(ledger, TIME + 500, LEDGER_DROP, "a", "b", "c", &error);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect_eq(failed, -1);
	cr_expect(strstr(error.text, "File too large"), "%s", error.text);
	char *after = read_all(&after_n);
	cr_expect_eq(after_n, n);
	cr_expect_arr_eq(after, bytes, n);
	append(ledger, TIME + 500, LEDGER_DROP, "a", "b");
	cr_expect_eq(ledger_count(ledger), 4);
	ledger_free(ledger);
	ledger_free(open_good());
	free(after);
	free(bytes);
}

Test(ledger, reading_changes_nothing)
{
	struct error error = {""};
	size_t n, after_n;
	struct ledger *ledger = ledger_open_read(path, &error);
	cr_assert_not_null(ledger, "%s", error.text);
	cr_expect_eq(ledger_count(ledger), 0);
	cr_expect_eq(ledger_each(ledger, see, NULL, &error), 0);
	cr_expect_eq(ledger_append(ledger, TIME, LEDGER_DROP, "a", "b", "c", &error), -1);
	cr_expect(strstr(error.text, "reading only"), "%s", error.text);
	ledger_free(ledger);
	cr_expect_eq(access(path, F_OK), -1);

	char *bytes = make_rows(2, &n);
	write_all(bytes, n - 10);
	ledger = ledger_open_read(path, &error);
	cr_assert_not_null(ledger, "%s", error.text);
	cr_expect_eq(ledger_count(ledger), 1);
	ledger_free(ledger);
	free(read_all(&after_n));
	cr_expect_eq(after_n, n - 10);
	bytes[40] ^= 1;
	write_all(bytes, n);
	cr_expect_null(ledger_open_read(path, &error));
	cr_expect(strstr(error.text, "row 1 "), "%s", error.text);
	free(bytes);
}

Test(ledger, places_that_cannot_be_a_ledger_are_named)
{
	char below[150], pipe[150], link[150];
	struct error error = {""};
	size_t n;
	free(make_rows(1, &n));
	snprintf(below, sizeof(below), "%s/below", path);
	snprintf(pipe, sizeof(pipe), "%s/pipe", directory);
	snprintf(link, sizeof(link), "%s/link", directory);
	cr_assert_eq(mkfifo(pipe, 0600), 0);
	cr_assert_eq(symlink(path, link), 0);
	const char *const rows[] = {below, pipe, link, directory, "/dev/null", "/no/such/place"};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cr_expect_null(ledger_open(rows[i], &error), "row %s", rows[i]);
		cr_expect(strstr(error.text, rows[i]), "row %s: %s", rows[i], error.text);
	}
}

Test(ledger, a_file_that_goes_or_shrinks_while_open_is_refused)
{
	struct error error = {""};
	size_t n;
	char *bytes = make_rows(3, &n);
	struct ledger *ledger = open_good();
	cr_assert_eq(truncate(path, (off_t)n / 2), 0);
	cr_expect_eq(ledger_append(ledger, TIME + 900, LEDGER_DROP, "a", "b", "c", &error), -1);
	cr_expect(strstr(error.text, "cut while it was open"), "%s", error.text);
	cr_expect_eq(ledger_each(ledger, see, &(struct seen){0}, &error), -1);
	write_all(bytes, n);
	cr_assert_eq(unlink(path), 0);
	cr_expect_eq(ledger_append(ledger, TIME + 900, LEDGER_DROP, "a", "b", "c", &error), -1);
	ledger_free(ledger);
	free(bytes);
}
