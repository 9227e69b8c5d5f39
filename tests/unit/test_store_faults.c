/* The state when things go wrong: damage, full disks, kills; and that what is dropped is gone. */
#include "store_fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include "aggregate/store/store_sql.h"

TestSuite(store_faults, .init = make_directory, .fini = remove_directory);

/* ---- nothing is left of dropped rows ---- */

static const char marker[] = "MARKER-OF-A-BODY";

static size_t count_in(const char *name)
{
	FILE *file = fopen(path_of(name), "rb");
	if (!file)
		return 0;
	fseek(file, 0, SEEK_END);
	size_t size = (size_t)ftell(file), found = 0;
	char *bytes = malloc(size + 1);
	cr_assert_not_null(bytes);
	rewind(file);
	cr_assert_eq(fread(bytes, 1, size, file), size);
	fclose(file);
	for (char *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), marker, 16)); at++)
		found++;
	free(bytes);
	return found;
}

static size_t left_over(void)
{
	return count_in("state.db") + count_in("state.db-wal") + count_in("state.db-shm");
}

static void put_marked(struct store *store, int32_t day, uint64_t key, size_t n, bool marked)
{
	static char body[70000];
	for (size_t i = 0; i + 16 <= sizeof(body); i += 16)
		memcpy(body + i, marked ? marker : "0123456789abcdef", 16);
	char bytes[16] = {0};
	memcpy(bytes, &key, 8);
	memcpy(bytes + 8, marked ? marker : "0123456789abcdef", 8);
	struct store_row row = {.day = day,
				.table = STORE_CELL,
				.key = slice_make(bytes, 16),
				.sums = {1, 2, (int64_t)key, 4},
				.body = slice_make(body, n)};
	ok(store_put_row(store, &row, &problem));
}

static size_t any_size(uint64_t *random)
{
	uint64_t v = next_random(random);
	switch (v % 20) {
	case 0:
		return (v >> 8) % 60000; /* overflow pages */
	case 1:
		return (v >> 8) % 5000;
	default:
		return (v >> 8) % 400;
	}
}

Test(store_faults, nothing_is_left_of_a_dropped_day)
{
	uint64_t seed = (uint64_t)time(NULL), random = seed * 2 + 1;
	printf("seed %" PRIu64 "\n", seed);
	for (int round = 0; round < 8; round++) {
		struct store *store = open_state();
		for (int commit = 0; commit < 4; commit++) {
			ok(store_begin(store, &problem));
			for (int i = 0; i < 400; i++) {
				uint64_t key = next_random(&random) % 500;
				/* the days beside it stay, and share pages with it */
				put_marked(store, 20000, key, any_size(&random), false);
				put_marked(store, 20001, key, any_size(&random), true);
				put_marked(store, 20002, key, any_size(&random), false);
			}
			for (int i = 0; i < 50; i++) {
				char bytes[16] = {0};
				uint64_t key = next_random(&random) % 500;
				memcpy(bytes, &key, 8);
				memcpy(bytes + 8, marker, 8);
				struct store_row row = {.day = 20001,
							.table = STORE_CELL,
							.key = slice_make(bytes, 16)};
				ok(store_drop_row(store, &row, &problem));
			}
			ok(store_commit(store, &problem));
		}
		cr_assert_gt(left_over(), 100, "the search finds nothing at all");
		ok(store_begin(store, &problem));
		ok(store_drop_rows(store, 20001, STORE_TABLE__COUNT, &problem));
		ok(store_commit(store, &problem));
		ok(store_truncate_journal(store, &problem));
		cr_expect_eq(left_over(), 0, "round %d: %zu left", round, left_over());
		store_free(store);
		cr_expect_eq(left_over(), 0, "round %d: %zu left after closing", round,
			     left_over());
		if (round % 3 == 2) {
			store = open_state();
			ok(store_drop_rows(store, 20000, STORE_TABLE__COUNT, &problem));
			store_free(store);
		}
	}
}

/* ---- damage ---- */

static struct trend *some_trend(unsigned k)
{
	struct trend *trend = trend_new(k);
	cr_assert_not_null(trend);
	trend->shown = true;
	trend->balance = (struct balance){.lines = 100, .counted = 90};
	trend->balance.excluded[1] = 6;
	trend->balance.rejected[2] = 4;
	trend->totals.hits = 90;
	for (unsigned i = 0; i < DIM__COUNT; i++) {
		struct figures figures = {.hits = 40 + i, .has = i};
		trend_add(trend, (enum dimension)i, "first", false, &figures);
		trend_add(trend, (enum dimension)i, "(other)", true, &figures);
	}
	trend_add_note(trend, "a note");
	return trend;
}

enum { SAMPLE_DAYS = 3, SAMPLE_ROWS = 60, SAMPLE_MARKS = 5 };

static void put_sample(struct store *store)
{
	struct trend *trend = some_trend(5);
	ok(store_begin(store, &problem));
	for (int32_t i = 0; i < SAMPLE_DAYS; i++) {
		struct store_day day = {.day = 100 + i, .state = DAY_CLOSED, .vid = {(uint8_t)i}};
		ok(store_put_day(store, &day, &problem));
		struct store_span span = {100 + i, 100 + i, i ? "kiln.example" : ""};
		ok(store_put_trend(store, &span, trend, &problem));
		for (uint64_t j = 0; j < SAMPLE_ROWS; j++)
			put_marked(store, 100 + i, j, j == 7 ? 9000 : 160, false);
	}
	for (int i = 0; i < SAMPLE_MARKS; i++) {
		struct mark mark = {
		    .path = (char *)"/var/log/a", .source = (char *)"", .offset = 77};
		ok(store_put_mark(store, &mark, &problem));
	}
	ok(store_put_setting(store, "name", "value", &problem));
	ok(store_put_undated(store, &(struct balance){.lines = 3, .counted = 3}, &problem));
	ok(store_put_security(store, &(struct store_security){100, 0, 4711, true}, &problem));
	ok(store_commit(store, &problem));
	trend_free(trend);
}

static int right_row(void *context, const struct store_row *row, struct error *error)
{
	(void)error;
	uint64_t key;
	memcpy(&key, row->key.p, 8);
	bool right = row->key.n == 16 && row->sums[0] == 1 && row->sums[2] == (int64_t)key &&
		     row->sums[3] == 4 && row->body.n == (key == 7 ? 9000u : 160u);
	for (size_t i = 0; right && i < row->body.n; i++)
		right = row->body.p[i] == "0123456789abcdef"[i % 16];
	*(int *)context += right ? 1 : 1000000;
	return 0;
}

static int right_trend(void *context, const struct store_span *span, const struct trend *trend,
		       struct error *error)
{
	(void)error;
	bool right = trend->balance.lines == 100 && trend->balance.rejected[2] == 4 &&
		     trend->min_visitors == 5 && trend->totals.hits == 90 && trend->shown &&
		     trend->notes_n == 1 && span->first == span->last &&
		     strcmp(span->site, span->first == 100 ? "" : "kiln.example") == 0;
	for (unsigned i = 0; i < DIM__COUNT; i++) {
		const struct trend_panel *panel = &trend->panels[i];
		right = right && panel->n == 2 && panel->rows[0].figures.hits == 40 + i &&
			panel->rows[0].figures.has == i && strcmp(panel->rows[0].key, "first") == 0;
	}
	*(int *)context += right ? 1 : 1000000;
	return 0;
}

/* Everything is read: -1 = the store saw the damage, 0 = the data is wrong, 1 = it is right. */
static int judge(struct store *store)
{
	int rows = 0, trends = 0;
	for (int32_t i = 0; i < SAMPLE_DAYS; i++)
		if (store_each_row(store, 100 + i, STORE_CELL, right_row, &rows, &problem))
			return -1;
	struct store_day *days = NULL;
	struct mark *marks = NULL;
	struct store_security *files = NULL;
	size_t days_n = 0, marks_n = 0, files_n = 0;
	struct balance undated = {0};
	char *value = NULL;
	int result = -1;
	if (store_each_trend(store, 0, 1000, NULL, right_trend, &trends, &problem) == 0 &&
	    store_days(store, &days, &days_n, &problem) == 0 &&
	    store_marks(store, &marks, &marks_n, &problem) == 0 &&
	    store_security(store, &files, &files_n, &problem) == 0 &&
	    store_undated(store, &undated, &problem) == 0 &&
	    store_setting(store, "name", &value, &problem) == 0)
		result = rows == SAMPLE_DAYS * SAMPLE_ROWS && trends == SAMPLE_DAYS &&
			 days_n == SAMPLE_DAYS && days[2].vid[0] == 2 && marks_n == SAMPLE_MARKS &&
			 marks[4].offset == 77 && files_n == 1 && files[0].length == 4711 &&
			 undated.lines == 3 && value && strcmp(value, "value") == 0;
	for (size_t i = 0; i < marks_n; i++)
		mark_release(&marks[i]);
	free(marks);
	free(days);
	free(files);
	free(value);
	return result;
}

static char *whole;
static size_t whole_n;

static void load_whole(void)
{
	FILE *file = fopen(path_of("state.db"), "rb");
	cr_assert_not_null(file);
	whole = malloc(1 << 22);
	whole_n = fread(whole, 1, 1 << 22, file);
	fclose(file);
}

static void save(const char *bytes, size_t n)
{
	unlink(path_of("state.db-wal"));
	unlink(path_of("state.db-shm"));
	FILE *file = fopen(path_of("state.db"), "wb");
	cr_assert(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
}

Test(store_faults, a_flipped_bit_is_found_or_does_no_harm)
{
	uint64_t seed = (uint64_t)time(NULL), random = seed * 2 + 1;
	printf("seed %" PRIu64 "\n", seed);
	struct store *store = open_state();
	put_sample(store);
	cr_assert_eq(judge(store), 1, "%s", problem.text);
	store_free(store);
	load_whole();
	int refusals = 0;
	enum { FLIPS = 600 };
	for (int i = 0; i < FLIPS; i++) {
		size_t at = i < 100 ? (size_t)i : next_random(&random) % whole_n;
		int bit = 1 << any_below(&random, 8);
		whole[at] = (char)(whole[at] ^ bit);
		save(whole, whole_n);
		store = open_as(i % 2, true);
		int verdict = store ? judge(store) : -1;
		cr_expect_neq(verdict, 0, "byte %zu, bit %02x: wrong data", at, (unsigned)bit);
		cr_expect(store == NULL || verdict == 1, "byte %zu: the check missed it: %s", at,
			  problem.text);
		refusals += verdict < 0;
		store_free(store);
		whole[at] = (char)(whole[at] ^ bit);
	}
	printf("%d of %d flips refused\n", refusals, FLIPS);
	cr_expect_gt(refusals, FLIPS / 4);
	free(whole);
}

Test(store_faults, a_cut_file_is_refused_or_right)
{
	struct store *store = open_state();
	put_sample(store);
	store_free(store);
	load_whole();
	for (size_t n = 0; n < whole_n; n += n < 200 ? 13 : 1777) {
		save(whole, n);
		for (int check = 0; check < 2; check++) {
			store = open_as(check == 0, check == 1);
			cr_expect(store == NULL || judge(store) < 0, "%zu of %zu bytes", n,
				  whole_n);
			store_free(store);
		}
	}
	free(whole);
}

Test(store_faults, garbage_in_the_journal_is_no_commit)
{
	uint64_t random = 7;
	struct store *store = open_state();
	put_sample(store);
	store_free(store);
	static char noise[50000];
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)next_random(&random);
	FILE *file = fopen(path_of("state.db-wal"), "wb");
	cr_assert(file && fwrite(noise, 1, sizeof(noise), file) == sizeof(noise) &&
		  fclose(file) == 0);
	store = open_state();
	cr_expect_eq(judge(store), 1, "%s", problem.text);
	store_free(store);
}

/* ---- kills ---- */

/* Each commit raises all counters by one: they must never differ. */
static void count_up(struct store *store)
{
	for (;;) {
		char *value = NULL, text[32];
		if (store_setting(store, "n", &value, NULL) || store_begin(store, NULL))
			_exit(1);
		long n = value ? strtol(value, NULL, 10) : 0;
		snprintf(text, sizeof(text), "%ld", n + 1);
		free(value);
		for (uint64_t i = 0; i < 40; i++) {
			char key[16] = {(char)i};
			char body[400];
			memset(body, 'b', sizeof(body));
			struct store_row row = {.day = 1,
						.table = STORE_UNIT,
						.key = slice_make(key, 16),
						.sums = {n + 1},
						.body = slice_make(body, sizeof(body))};
			if (store_put_row(store, &row, NULL))
				_exit(1);
		}
		if (store_put_setting(store, "n", text, NULL) || store_commit(store, NULL))
			_exit(1);
		if (n % 5 == 0 && store_truncate_journal(store, NULL))
			_exit(1);
	}
}

static int same_counter(void *context, const struct store_row *row, struct error *error)
{
	return row->sums[0] == *(long *)context ? 0 : error_set(error, "counters differ");
}

Test(store_faults, kill_9_loses_nothing_committed_and_keeps_nothing_half)
{
	uint64_t seed = (uint64_t)time(NULL), random = seed * 2 + 1;
	printf("seed %" PRIu64 "\n", seed);
	store_free(open_state());
	long before = 0;
	for (int i = 0; i < 60; i++) {
		pid_t child = fork();
		if (child == 0) {
			struct store_options options = {.directory = directory};
			struct store *store = store_open(&options, NULL);
			if (!store)
				_exit(1);
			count_up(store);
		}
		usleep(any_below(&random, 20000 + 1000 * (unsigned)i));
		kill(child, SIGKILL);
		int status;
		waitpid(child, &status, 0);
		cr_assert(WIFSIGNALED(status), "the writer gave up");
		struct store *store = i % 2 ? open_state() : open_as(true, true);
		cr_assert(store, "%s", problem.text);
		char *value = NULL;
		ok(store_setting(store, "n", &value, &problem));
		long n = value ? strtol(value, NULL, 10) : 0;
		free(value);
		cr_assert_geq(n, before);
		before = n;
		ok(store_each_row(store, 1, STORE_UNIT, same_counter, &n, &problem));
		store_free(store);
	}
	printf("%ld commits\n", before);
	cr_expect_gt(before, 0);
}

Test(store_faults, kill_9_while_a_state_is_made)
{
	uint64_t seed = (uint64_t)time(NULL), random = seed * 2 + 1;
	printf("seed %" PRIu64 "\n", seed);
	for (int i = 0; i < 30; i++) {
		remove_directory();
		pid_t child = fork();
		if (child == 0) {
			struct store_options options = {.directory = directory};
			store_free(store_open(&options, NULL));
			pause();
		}
		usleep(any_below(&random, 40000));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		struct store *store = open_as(false, true);
		cr_assert(store, "round %d: %s", i, problem.text);
		store_free(store);
		cr_expect_neq(access(path_of("state.db.new"), F_OK), 0);
	}
}

/* ---- no room ---- */

static int fill(struct store *store, uint64_t from, size_t rows)
{
	if (store_begin(store, &problem))
		return -1;
	for (uint64_t i = 0; i < rows; i++) {
		char key[16] = {0}, body[3000];
		uint64_t number = from + i;
		memcpy(key, &number, 8);
		memset(body, 'x', sizeof(body));
		struct store_row row = {.day = 2,
					.table = STORE_CELL,
					.key = slice_make(key, 16),
					.body = slice_make(body, sizeof(body))};
		if (store_put_row(store, &row, &problem))
			goto failed;
	}
	if (store_commit(store, &problem) == 0)
		return 0;
failed:
	store_rollback(store);
	return -1;
}

static int count_row(void *context, const struct store_row *row, struct error *error)
{
	(void)row;
	(void)error;
	++*(size_t *)context;
	return 0;
}

static size_t rows_in(struct store *store)
{
	size_t n = 0;
	ok(store_each_row(store, 2, STORE_CELL, count_row, &n, &problem));
	return n;
}

/* Fills until there is no more room; then all that was committed is there, and nothing else. */
static void fill_until_full(struct store *store, const char *words)
{
	size_t committed = 0;
	while (committed < 100000 && fill(store, committed, 100) == 0)
		committed += 100;
	cr_assert_lt(committed, 100000, "there is no limit");
	cr_expect(strstr(problem.text, words), "said \"%s\", not \"%s\"", problem.text, words);
	cr_expect(strstr(problem.text, "state.db"), "%s", problem.text);
	cr_expect_eq(rows_in(store), committed);
	store_free(store);
	store = open_as(true, true);
	cr_assert(store, "%s", problem.text);
	cr_expect_eq(rows_in(store), committed);
	store_free(store);
}

Test(store_faults, full_disk)
{
	char command[128];
	if (mount("tmpfs", directory, "tmpfs", 0, "size=4m,mode=700"))
		cr_skip("no tmpfs can be mounted here");
	fill_until_full(open_state(), "the disk is full");
	/* With room again the state works. */
	snprintf(command, sizeof(command), "mount -o remount,size=40m %s", directory);
	if (system(command) == 0) {
		struct store *store = open_as(false, true);
		cr_assert(store, "%s", problem.text);
		ok(fill(store, 1u << 30, 100));
		ok(store_drop_rows(store, 2, STORE_TABLE__COUNT, &problem));
		ok(store_truncate_journal(store, &problem));
		store_free(store);
	}
	cr_expect_eq(umount(directory), 0);
}

Test(store_faults, no_room_for_a_new_state)
{
	if (mount("tmpfs", directory, "tmpfs", 0, "size=64k,mode=700"))
		cr_skip("no tmpfs can be mounted here");
	refused(open_as(false, false), "the disk is full");
	cr_expect_neq(access(path_of("state.db"), F_OK), 0, "half a state was left");
	cr_expect_neq(access(path_of("state.db.new"), F_OK), 0, "half a state was left");
	cr_expect_eq(umount(directory), 0);
}

Test(store_faults, file_size_limit)
{
	struct store *store = open_state();
	struct rlimit limit;
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	rlim_t before = limit.rlim_cur;
	limit.rlim_cur = 3 << 20;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	fill_until_full(store, "File too large");
	limit.rlim_cur = before;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	store = open_state();
	ok(fill(store, 1u << 30, 1000));
	store_free(store);
}

Test(store_faults, page_limit)
{
	struct store *store = open_state();
	cr_assert_eq(sqlite3_exec(store->db, "PRAGMA max_page_count = 500", NULL, NULL, NULL), 0);
	fill_until_full(store, "is full");
}

Test(store_faults, nothing_goes_on_after_a_failed_write)
{
	struct store *store = open_state();
	cr_assert_eq(sqlite3_exec(store->db, "PRAGMA max_page_count = 150", NULL, NULL, NULL), 0);
	ok(store_begin(store, &problem));
	ok(store_put_setting(store, "a", "1", &problem));
	static char body[1 << 20];
	struct store_row row = {.key = slice_from("k"), .body = slice_make(body, sizeof(body))};
	cr_expect_eq(store_put_row(store, &row, &problem), -1);
	cr_expect_eq(store_put_setting(store, "b", "2", &problem), -1, "written alone");
	cr_expect_eq(store_commit(store, &problem), -1);
	cr_expect(strstr(problem.text, "has failed before"), "%s", problem.text);
	store_rollback(store);
	char *value;
	ok(store_setting(store, "a", &value, &problem));
	cr_expect_null(value);
	ok(store_put_setting(store, "c", "3", &problem));
	store_free(store);
}

Test(store_faults, read_only_file_system)
{
	struct store *store = open_state();
	put_sample(store);
	store_free(store);
	if (mount(directory, directory, NULL, MS_BIND, NULL))
		cr_skip("nothing can be mounted here");
	cr_assert_eq(mount(NULL, directory, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
	store = open_as(true, true);
	cr_expect(store, "%s", problem.text);
	if (store)
		cr_expect_eq(judge(store), 1, "%s", problem.text);
	store_free(store);
	refused(open_as(false, false), "Read-only file system");
	cr_expect_eq(umount(directory), 0);
}
