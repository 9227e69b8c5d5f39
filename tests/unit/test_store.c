/* The state: opening it, refusing to, one writer, transactions, and what is not a trend. */
#include "store_fixture.h"
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>
#include "aggregate/store/schema.h"
#include "aggregate/veil/hit.h"
#include "ingest/reject.h"

TestSuite(store, .init = make_directory, .fini = remove_directory);

static void make_state(void)
{
	store_free(open_state());
}

static void write_file(const char *name, const char *bytes, size_t n)
{
	FILE *file = fopen(path_of(name), "wb");
	cr_assert(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
}

/* By SQLite's own means, as a user or another program would. */
static void alter(const char *sql)
{
	sqlite3 *db;
	char *message = NULL;
	cr_assert_eq(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &message), SQLITE_OK, "%s: %s", sql,
		     message);
	cr_assert_eq(sqlite3_close(db), SQLITE_OK);
}

static mode_t mode_of(const char *name)
{
	struct stat about;
	cr_assert_eq(stat(path_of(name), &about), 0, "%s is missing", name);
	return about.st_mode & 07777;
}

/* ---- opening ---- */

Test(store, files_are_private_whatever_the_umask)
{
	static const mode_t masks[] = {0, 022, 0777};
	for (size_t i = 0; i < COUNT(masks); i++) {
		remove_directory();
		umask(masks[i]);
		struct store *store = open_state();
		ok(store_put_setting(store, "a", "b", &problem));
		umask(022);
		cr_expect_eq(mode_of("."), 0700, "umask %03o", masks[i]);
		static const char *const names[] = {"state.db", "state.db-wal", "state.db-shm",
						    "lock"};
		for (size_t j = 0; j < COUNT(names); j++)
			cr_expect_eq(mode_of(names[j]), 0600, "umask %03o: %s is %04o", masks[i],
				     names[j], mode_of(names[j]));
		store_free(store);
	}
}

static void others_may_write(void)
{
	make_state();
	chmod(directory, 0770);
}

static void is_empty(void)
{
	write_file("state.db", "", 0);
}

static void is_text(void)
{
	write_file("state.db", "not a database\n", 15);
}

static void is_noise(void)
{
	char bytes[20000];
	memset(bytes, 0x5A, sizeof(bytes));
	write_file("state.db", bytes, sizeof(bytes));
}

static void is_of_someone_else(void)
{
	alter("CREATE TABLE theirs(x); INSERT INTO theirs VALUES(1)");
}

static void is_of_someone_else_in_wal_mode(void)
{
	alter("PRAGMA journal_mode = WAL; CREATE TABLE theirs(x)");
}

static void has_a_strange_journal(void)
{
	make_state();
	write_file("state.db-journal", "x", 1);
}

static void is_newer(void)
{
	make_state();
	alter("PRAGMA user_version = 99");
}

/* Only the journal says so: whoever takes it up on the way has touched the state. */
static void is_newer_in_its_journal(void)
{
	make_state();
	sqlite3 *db;
	cr_assert_eq(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	cr_assert_eq(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	struct stat about;
	cr_assert(stat(path_of("state.db-wal"), &about) == 0 && about.st_size > 0);
}

static void has_no_version(void)
{
	make_state();
	alter("PRAGMA user_version = 0");
}

static void is_missing_beside_its_journal(void)
{
	write_file("state.db-wal", "x", 1);
}

static void is_a_link(void)
{
	make_state();
	char to[300];
	snprintf(to, sizeof(to), "%s", path_of("other.db"));
	cr_assert_eq(rename(path_of("state.db"), to), 0);
	cr_assert_eq(symlink("other.db", path_of("state.db")), 0);
}

static void is_a_directory(void)
{
	cr_assert_eq(mkdir(path_of("state.db"), 0700), 0);
}

static void lost_its_canary(void)
{
	make_state();
	alter("UPDATE meta SET value = 'four boxing wizards' WHERE name = 'canary'");
}

static void lost_a_table(void)
{
	make_state();
	alter("DROP TABLE note");
}

static void has_another_column(void)
{
	make_state();
	alter("ALTER TABLE hot ADD COLUMN s8");
}

static void is_cut(void)
{
	make_state();
	cr_assert_eq(truncate(path_of("state.db"), 8192), 0);
}

static void is_cut_in_its_header(void)
{
	make_state();
	cr_assert_eq(truncate(path_of("state.db"), 50), 0);
}

static const struct {
	void (*make)(void);
	const char *words;
	bool keeps; /* the file is not changed by trying */
} refusals[] = {
    {others_may_write, "others can write", true},
    {is_empty, "is empty", true},
    {is_text, "is not a database", true},
    {is_noise, "is not a database", true},
    {is_of_someone_else, "not a state of veiltally", true},
    {is_of_someone_else_in_wal_mode, "not a state of veiltally", true},
    {has_a_strange_journal, "-journal", true},
    {is_newer, "newer veiltally (schema 99", true},
    {is_newer_in_its_journal, "newer veiltally (schema 99", true},
    {has_no_version, "no schema version", true},
    {is_missing_beside_its_journal, "its journal is there", false},
    {is_a_link, "is not a regular file", false},
    {is_a_directory, "is not a regular file", false},
    {lost_its_canary, "canary", true},
    {lost_a_table, "tables are not those", true},
    {has_another_column, "tables are not those", true},
    {is_cut, "damaged", true},
    {is_cut_in_its_header, "", true},
};

static size_t slurp(const char *name, char *to, size_t size)
{
	FILE *file = fopen(path_of(name), "rb");
	cr_assert_not_null(file, "%s is gone", name);
	size_t n = fread(to, 1, size, file);
	fclose(file);
	return n;
}

Test(store, what_is_no_state_is_refused_and_kept)
{
	static char before[1 << 20], after[1 << 20];
	for (size_t i = 0; i < COUNT(refusals); i++) {
		remove_directory();
		cr_assert_eq(mkdir(directory, 0700), 0);
		refusals[i].make();
		size_t n = refusals[i].keeps ? slurp("state.db", before, sizeof(before)) : 0;
		for (int read_only = 0; read_only < 2; read_only++) {
			struct store *store = open_as(read_only, false);
			bool words = read_only && !refusals[i].keeps
					 ? true
					 : strstr(problem.text, refusals[i].words) != NULL;
			cr_expect_null(store, "row %zu (%s) was opened", i, refusals[i].words);
			cr_expect(words, "row %zu: said \"%s\", not \"%s\"", i, problem.text,
				  refusals[i].words);
			cr_expect(strstr(problem.text, directory), "row %zu: \"%s\" names no file",
				  i, problem.text);
			store_free(store);
			if (!refusals[i].keeps)
				continue;
			size_t m = slurp("state.db", after, sizeof(after));
			cr_expect(m == n && memcmp(before, after, n) == 0,
				  "row %zu (%s): the file was changed", i, refusals[i].words);
		}
	}
}

Test(store, directories_that_cannot_be)
{
	struct store_options options = {.directory = "/proc/self/nowhere/state"};
	cr_expect_null(store_open(&options, &problem));
	cr_expect(strstr(problem.text, "cannot make the directory"), "%s", problem.text);
	options.directory = "/dev/null";
	cr_expect_null(store_open(&options, &problem));
	cr_expect(strstr(problem.text, "not a directory"), "%s", problem.text);
	options.directory = "/dev/null/state";
	cr_expect_null(store_open(&options, &problem));
	cr_expect(strstr(problem.text, "Not a directory"), "%s", problem.text);
	refused(open_as(true, false), "there is no state yet");
	cr_expect_not(store_exists(directory));
	make_state();
	cr_expect(store_exists(directory));
}

Test(store, keeps_the_zone_it_was_made_with)
{
	struct store_options options = {.directory = directory, .zone = "Europe/Berlin"};
	store_free(store_open(&options, &problem));
	options.zone = "UTC";
	refused(store_open(&options, &problem), "Europe/Berlin");
	options.zone = NULL;
	struct store *store = store_open(&options, &problem);
	cr_assert(store, "%s", problem.text);
	cr_expect_str_eq(store_zone(store), "Europe/Berlin");
	store_free(store);
}

Test(store, what_users_add_does_not_bother)
{
	make_state();
	alter("CREATE VIEW mine AS SELECT * FROM pages; CREATE INDEX mine_too ON trend(key)");
	store_free(open_state());
	struct store *store = open_as(true, true);
	cr_assert(store, "%s", problem.text);
	store_free(store);
}

Test(store, every_view_can_be_read)
{
	make_state();
	sqlite3 *db;
	sqlite3_stmt *names, *view;
	cr_assert_eq(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	sqlite3_prepare_v2(db,
			   "SELECT 'SELECT * FROM ' || name FROM sqlite_master WHERE type = "
			   "'view'",
			   -1, &names, NULL);
	int n = 0;
	for (; sqlite3_step(names) == SQLITE_ROW; n++) {
		const char *sql = (const char *)sqlite3_column_text(names, 0);
		cr_expect_eq(sqlite3_prepare_v2(db, sql, -1, &view, NULL), SQLITE_OK, "%s: %s", sql,
			     sqlite3_errmsg(db));
		cr_expect_eq(sqlite3_step(view), SQLITE_DONE, "%s", sql);
		sqlite3_finalize(view);
	}
	sqlite3_finalize(names);
	sqlite3_close(db);
	cr_expect_geq(n, (int)DIM__COUNT);
}

Test(store, every_dimension_has_a_view)
{
	make_state();
	struct store *store = open_state();
	struct trend *trend = trend_new(5);
	trend->shown = true;
	struct figures figures = {.hits = 7};
	for (unsigned i = 0; i < DIM__COUNT; i++)
		trend_add(trend, (enum dimension)i, dimension_info((enum dimension)i)->name, false,
			  &figures);
	ok(store_put_trend(store, &(struct store_span){19000, 19000, ""}, trend, &problem));
	trend_free(trend);
	store_free(store);
	sqlite3 *db;
	sqlite3_stmt *names, *view;
	unsigned found = 0;
	cr_assert_eq(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	sqlite3_prepare_v2(db,
			   "SELECT 'SELECT * FROM ' || name FROM sqlite_master WHERE type = "
			   "'view' AND name NOT IN ('days', 'balances', 'remarks', "
			   "'day_states', 'files', 'panels')",
			   -1, &names, NULL);
	for (; sqlite3_step(names) == SQLITE_ROW; found++) {
		const char *sql = (const char *)sqlite3_column_text(names, 0);
		sqlite3_prepare_v2(db, sql, -1, &view, NULL);
		cr_assert_eq(sqlite3_step(view), SQLITE_ROW, "%s is empty", sql);
		cr_expect_str_eq((const char *)sqlite3_column_text(view, 0), "2022-01-08");
		cr_expect_eq(sqlite3_column_int(view, 5), 7);
		cr_expect_eq(sqlite3_step(view), SQLITE_DONE, "%s: more than one", sql);
		sqlite3_finalize(view);
	}
	sqlite3_finalize(names);
	sqlite3_close(db);
	cr_expect_eq(found, DIM__COUNT);
}

/* ---- one writer ---- */

static pid_t writer(int seconds)
{
	int ready[2];
	char byte = 0;
	cr_assert_eq(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		struct store_options options = {.directory = directory};
		struct store *store = store_open(&options, NULL);
		if (!store || write(ready[1], "x", 1) != 1)
			_exit(1);
		if (seconds)
			sleep((unsigned)seconds);
		else
			usleep(300000);
		store_free(store);
		_exit(0);
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

Test(store, a_second_writer_is_refused_and_told_who)
{
	make_state();
	pid_t child = writer(20);
	char words[64];
	snprintf(words, sizeof(words), "process %ld is at work", (long)child);
	refused(open_as(false, false), words);
	struct store *reader = open_as(true, false);
	cr_expect(reader, "readers need no lock: %s", problem.text);
	store_free(reader);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	store_free(open_state());
}

Test(store, a_second_writer_waits)
{
	make_state();
	pid_t child = writer(0);
	struct store_options options = {.directory = directory, .busy_ms = 10000};
	struct store *store = store_open(&options, &problem);
	cr_assert(store, "%s", problem.text);
	store_free(store);
	waitpid(child, NULL, 0);
	child = writer(20);
	options.busy_ms = 150;
	refused(store_open(&options, &problem), "waited 0.1 s");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* ---- transactions ---- */

static char *setting(struct store *store, const char *name)
{
	char *value = NULL;
	ok(store_setting(store, name, &value, &problem));
	return value;
}

#define expect_setting(store, name, expected)                                               \
	do {                                                                                \
		char *value = setting(store, name);                                         \
		cr_expect(value &&strcmp(value, expected) == 0, "%s", value ? value : "-"); \
		free(value);                                                                \
	} while (0)

Test(store, nothing_is_seen_before_commit_nor_after_rollback)
{
	struct store *store = open_state();
	ok(store_put_setting(store, "a", "first", &problem));
	struct store *reader = open_as(true, false);
	cr_assert(reader, "%s", problem.text);
	ok(store_begin(store, &problem));
	ok(store_put_setting(store, "a", "second", &problem));
	expect_setting(store, "a", "second");
	expect_setting(reader, "a", "first");
	store_rollback(store);
	expect_setting(store, "a", "first");
	ok(store_begin(store, &problem));
	ok(store_put_setting(store, "a", "third", &problem));
	ok(store_begin(reader, &problem));
	expect_setting(reader, "a", "first");
	ok(store_commit(store, &problem));
	expect_setting(reader, "a", "first"); /* what it began with */
	ok(store_commit(reader, &problem));
	expect_setting(reader, "a", "third");
	cr_expect_eq(store_put_setting(reader, "a", "no", &problem), -1);
	store_free(reader);
	ok(store_begin(store, &problem));
	ok(store_put_setting(store, "a", "lost", &problem));
	store_free(store);
	store = open_state();
	expect_setting(store, "a", "third");
	cr_expect_null(setting(store, "b"));
	store_free(store);
}

Test(store, a_reader_holds_the_journal_and_the_caller_is_told)
{
	struct store *store = open_state(), *reader = open_as(true, false);
	ok(store_put_setting(store, "a", "1", &problem));
	ok(store_begin(reader, &problem));
	expect_setting(reader, "a", "1");
	ok(store_put_setting(store, "a", "2", &problem));
	cr_expect_eq(store_truncate_journal(store, &problem), -1);
	cr_expect(strstr(problem.text, "a reader keeps"), "%s", problem.text);
	ok(store_commit(reader, &problem));
	ok(store_truncate_journal(store, &problem));
	struct stat about;
	cr_expect_eq(stat(path_of("state.db-wal"), &about), 0);
	cr_expect_eq(about.st_size, 0);
	expect_setting(reader, "a", "2");
	store_free(reader);
	store_free(store);
}

/* ---- what was put comes back ---- */

Test(store, days_come_back)
{
	static const struct store_day days[] = {
	    {19990, DAY_CLOSED, {1, 2, 3, 4, 5, 6, 7, 255}, true, 5, INT64_MAX},
	    {20000, DAY_HOT, {0}, false, INT64_MIN, 0},
	    {-3, DAY_CLOSING, {9}, false, 1, 2},
	};
	struct store *store = open_state();
	for (size_t i = 0; i < COUNT(days); i++)
		ok(store_put_day(store, &days[i], &problem));
	struct store_day changed = days[1];
	changed.state = DAY_CLOSING;
	ok(store_put_day(store, &changed, &problem));
	ok(store_put_day(store, &days[1], &problem));
	struct store_day *found;
	size_t n;
	ok(store_days(store, &found, &n, &problem));
	static const size_t order[] = {2, 0, 1};
	cr_assert_eq(n, COUNT(days));
	for (size_t i = 0; i < n; i++) {
		const struct store_day *want = &days[order[i]], *got = &found[i];
		cr_expect_eq(got->day, want->day);
		cr_expect_eq(got->state, want->state);
		cr_expect_arr_eq(got->vid, want->vid, 8);
		cr_expect_eq(got->key_lost, want->key_lost);
		cr_expect_eq(got->opened, want->opened);
		cr_expect_eq(got->closed, want->closed);
	}
	free(found);
	store_free(store);
}

struct hot { /* a model of table hot: one slot per (day, table, key byte) */
	bool there;
	uint8_t dimension;
	int64_t sums[STORE_SUMS];
	char body[3000];
	size_t body_n;
};
enum { HOT_DAYS = 3, HOT_KEYS = 24 };
static struct hot hot[HOT_DAYS][STORE_TABLE__COUNT][HOT_KEYS];
static size_t seen, last_slot;

/* Keys of several lengths whose order is that of their numbers. */
static struct slice hot_key(unsigned k, char *to)
{
	size_t n = 1 + k % 32;
	memset(to, (int)(k * 10), n);
	return slice_make(to, n);
}

static int compare_hot(void *context, const struct store_row *row, struct error *error)
{
	(void)context;
	(void)error;
	unsigned k = row->key.n ? (uint8_t)row->key.p[0] / 10u : HOT_KEYS;
	cr_assert(row->day >= 100 && row->day < 100 + HOT_DAYS && row->table < STORE_TABLE__COUNT &&
		  k < HOT_KEYS);
	size_t slot = (size_t)row->table * HOT_KEYS + k;
	cr_assert(!seen || slot > last_slot, "rows out of order");
	last_slot = slot;
	seen++;
	const struct hot *want = &hot[row->day - 100][row->table][k];
	cr_assert(want->there, "a row that was dropped");
	cr_assert_eq(row->dimension, want->dimension);
	cr_assert_arr_eq(row->sums, want->sums, sizeof(want->sums));
	cr_assert_eq(row->body.n, want->body_n);
	cr_assert(want->body_n == 0 || memcmp(row->body.p, want->body, want->body_n) == 0);
	return 0;
}

static void compare_all_hot(struct store *store)
{
	for (int d = 0; d < HOT_DAYS; d++) {
		size_t all = 0;
		for (unsigned t = 0; t < STORE_TABLE__COUNT; t++) {
			size_t there = 0;
			for (unsigned k = 0; k < HOT_KEYS; k++)
				there += hot[d][t][k].there;
			seen = 0;
			ok(store_each_row(store, 100 + d, t, compare_hot, NULL, &problem));
			cr_assert_eq(seen, there, "day %d table %u", d, t);
			all += there;
		}
		seen = 0;
		ok(store_each_row(store, 100 + d, STORE_TABLE__COUNT, compare_hot, NULL, &problem));
		cr_assert_eq(seen, all, "day %d", d);
	}
}

static void hot_step(struct store *store, uint64_t *random)
{
	unsigned d = any_below(random, HOT_DAYS), t = any_below(random, STORE_TABLE__COUNT),
		 k = any_below(random, HOT_KEYS);
	struct hot *slot = &hot[d][t][k];
	char key[32];
	struct store_row row = {
	    .day = 100 + (int32_t)d, .table = (uint8_t)t, .key = hot_key(k, key)};
	uint64_t what = next_random(random) % 100;
	if (what < 80) {
		slot->there = true;
		row.dimension = slot->dimension = (uint8_t)next_random(random);
		for (int i = 0; i < STORE_SUMS; i++)
			row.sums[i] = slot->sums[i] =
			    (int64_t)next_random(random) >> next_random(random) % 64;
		slot->body_n = next_random(random) % (what < 8 ? sizeof(slot->body) : 200);
		memset(slot->body, (int)next_random(random), slot->body_n);
		row.body = slice_make(slot->body, slot->body_n);
		ok(store_put_row(store, &row, &problem));
	} else if (what < 97) {
		slot->there = false;
		ok(store_drop_row(store, &row, &problem));
	} else if (what < 99) {
		for (k = 0; k < HOT_KEYS; k++)
			hot[d][t][k].there = false;
		ok(store_drop_rows(store, row.day, t, &problem));
	} else {
		for (t = 0; t < STORE_TABLE__COUNT; t++)
			for (k = 0; k < HOT_KEYS; k++)
				hot[d][t][k].there = false;
		ok(store_drop_rows(store, row.day, STORE_TABLE__COUNT, &problem));
	}
}

Test(store, hot_rows_behave_as_a_model)
{
	uint64_t seed = (uint64_t)time(NULL), random = seed * 2 + 1;
	printf("seed %" PRIu64 "\n", seed);
	static struct hot before[HOT_DAYS][STORE_TABLE__COUNT][HOT_KEYS];
	struct store *store = open_state();
	for (int round = 0; round < 40; round++) {
		memcpy(before, hot, sizeof(hot));
		ok(store_begin(store, &problem));
		for (int i = 0; i < 60; i++)
			hot_step(store, &random);
		compare_all_hot(store);
		if (next_random(&random) % 4) {
			ok(store_commit(store, &problem));
		} else {
			store_rollback(store);
			memcpy(hot, before, sizeof(hot));
		}
		if (next_random(&random) % 4 == 0)
			ok(store_truncate_journal(store, &problem));
		if (next_random(&random) % 8 == 0) {
			store_free(store);
			store = open_as(false, true);
			cr_assert(store, "%s", problem.text);
		}
		compare_all_hot(store);
	}
	store_free(store);
}

static int nest(void *context, const struct store_row *row, struct error *error)
{
	int *depth = context;
	(void)row;
	if (++*depth == 3)
		return error_set(error, "enough");
	return store_each_row(*(struct store **)(void *)(depth + 2), 100, STORE_CELL, nest, depth,
			      error);
}

Test(store, reading_within_reading_and_stopping)
{
	struct store *store = open_state();
	struct store_row row = {.day = 100, .table = STORE_CELL, .key = slice_from("k")};
	ok(store_put_row(store, &row, &problem));
	struct {
		int depth, unused;
		struct store *store;
	} context = {0, 0, store};
	cr_expect_eq(store_each_row(store, 100, STORE_CELL, nest, &context.depth, &problem), -1);
	cr_expect_str_eq(problem.text, "enough");
	cr_expect_eq(context.depth, 3);
	store_free(store);
}

static struct mark random_mark(uint64_t *random)
{
	struct mark mark = {0};
	char name[64];
	snprintf(name, sizeof(name), "/var/log/\xFFnginx/%" PRIu64, next_random(random));
	mark.path = strdup(name);
	mark.source = strdup(next_random(random) % 2 ? "shop" : "");
	mark.offset = next_random(random);
	mark.head_n = (uint32_t)next_random(random) % 1025;
	for (int i = 0; i < MARK_DIGEST; i++) {
		mark.head[i] = (uint8_t)next_random(random);
		mark.tail[i] = (uint8_t)next_random(random);
	}
	for (size_t i = 0; i < MARK_POINTS; i++) {
		mark.points[i].offset = next_random(random) % 2 ? next_random(random) : 0;
		mark.points[i].tail[3] = (uint8_t)next_random(random);
	}
	mark.directive = next_random(random);
	mark.directive_n = (uint32_t)next_random(random);
	mark.dev = next_random(random);
	mark.ino = next_random(random);
	mark.size = next_random(random);
	mark.mtime_ns = (int64_t)next_random(random);
	mark.ctime_ns = (int64_t)next_random(random);
	mark.complete = next_random(random) % 2;
	mark.last_time = next_random(random) % 2 ? INT64_MIN : (int64_t)next_random(random);
	mark.last_day = next_random(random) % 2 ? INT32_MIN : (int32_t)next_random(random);
	return mark;
}

static void same_mark(const struct mark *a, const struct mark *b)
{
	cr_assert_eq(a->id, b->id);
	cr_assert_str_eq(a->path, b->path);
	cr_assert_str_eq(a->source, b->source);
	cr_assert_eq(a->offset, b->offset);
	cr_assert_eq(a->head_n, b->head_n);
	cr_assert_arr_eq(a->head, b->head, MARK_DIGEST);
	cr_assert_arr_eq(a->tail, b->tail, MARK_DIGEST);
	for (size_t i = 0; i < MARK_POINTS; i++) {
		cr_assert_eq(a->points[i].offset, b->points[i].offset);
		cr_assert_arr_eq(a->points[i].tail, b->points[i].tail, MARK_DIGEST);
	}
	cr_assert_eq(a->directive, b->directive);
	cr_assert_eq(a->directive_n, b->directive_n);
	cr_assert_eq(a->dev, b->dev);
	cr_assert_eq(a->ino, b->ino);
	cr_assert_eq(a->size, b->size);
	cr_assert_eq(a->mtime_ns, b->mtime_ns);
	cr_assert_eq(a->ctime_ns, b->ctime_ns);
	cr_assert_eq(a->complete, b->complete);
	cr_assert_eq(a->last_time, b->last_time);
	cr_assert_eq(a->last_day, b->last_day);
}

Test(store, marks_come_back)
{
	uint64_t seed = (uint64_t)time(NULL), random = seed * 2 + 1;
	printf("seed %" PRIu64 "\n", seed);
	static struct mark marks[300];
	struct store *store = open_state();
	for (size_t i = 0; i < COUNT(marks); i++) {
		marks[i] = random_mark(&random);
		ok(store_put_mark(store, &marks[i], &problem));
		cr_assert_gt(marks[i].id, 0);
	}
	for (size_t i = 0; i < COUNT(marks); i += 7) { /* replaced */
		int64_t id = marks[i].id;
		mark_release(&marks[i]);
		marks[i] = random_mark(&random);
		marks[i].id = id;
		ok(store_put_mark(store, &marks[i], &problem));
	}
	for (size_t i = 0; i < COUNT(marks); i += 3)
		ok(store_drop_mark(store, marks[i].id, &problem));
	store_free(store);
	store = open_as(true, false);
	struct mark *found;
	size_t n, at = 0;
	ok(store_marks(store, &found, &n, &problem));
	for (size_t i = 0; i < COUNT(marks); i++) {
		if (i % 3) {
			cr_assert_lt(at, n);
			same_mark(&found[at++], &marks[i]);
		}
		mark_release(&marks[i]);
	}
	cr_assert_eq(at, n);
	for (size_t i = 0; i < n; i++)
		mark_release(&found[i]);
	free(found);
	store_free(store);
}

Test(store, files_of_the_security_log_come_back)
{
	static const struct store_security files[] = {{-1, 0, 0, false},
						      {5, 0, UINT64_MAX, true},
						      {5, 2, 17, false},
						      {5, UINT32_MAX, 1, true}};
	struct store *store = open_state();
	for (size_t i = COUNT(files); i-- > 0;)
		ok(store_put_security(store, &files[i], &problem));
	ok(store_put_security(store, &(struct store_security){7, 1, 1, false}, &problem));
	ok(store_drop_security(store, 7, 1, &problem));
	struct store_security *found;
	size_t n;
	ok(store_security(store, &found, &n, &problem));
	cr_assert_eq(n, COUNT(files));
	for (size_t i = 0; i < n; i++) {
		cr_expect_eq(found[i].day, files[i].day);
		cr_expect_eq(found[i].part, files[i].part);
		cr_expect_eq(found[i].length, files[i].length);
		cr_expect_eq(found[i].closed, files[i].closed);
	}
	free(found);
	store_free(store);
}

Test(store, lines_of_no_day_come_back)
{
	struct store *store = open_state();
	struct balance balance = {.lines = 12, .counted = 1, .dropped = 3, .bytes_read = 99}, found;
	ok(store_undated(store, &found, &problem));
	cr_expect_eq(found.lines, 0);
	balance.excluded[EXCLUDE__COUNT - 1] = 4;
	balance.rejected[REJECT__COUNT - 1] = 7;
	ok(store_put_undated(store, &balance, &problem));
	ok(store_put_undated(store, &balance, &problem)); /* replaces, does not add */
	ok(store_undated(store, &found, &problem));
	cr_expect_arr_eq(&found, &balance, sizeof(balance));
	balance.lines++;
	cr_expect_eq(store_put_undated(store, &balance, &problem), -1);
	cr_expect(strstr(problem.text, "do not add up"), "%s", problem.text);
	store_free(store);
	alter("UPDATE undated SET reason = 'unheard_of' WHERE kind = 'excluded'");
	store = open_state();
	cr_expect_eq(store_undated(store, &found, &problem), -1);
	store_free(store);
}

/* ---- a directory that cannot be written to ---- */

/* 0 = as it should be; the child is nobody, so that permissions mean something. */
static int read_as_nobody(bool expected)
{
	pid_t child = fork();
	if (child == 0) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		struct store_options options = {.directory = directory, .read_only = true};
		struct store *store = store_open(&options, &problem);
		char *value = NULL;
		if (store && (store_setting(store, "a", &value, &problem) || !value ||
			      strcmp(value, "b") != 0))
			_exit(3);
		store_free(store);
		if (!store)
			fprintf(stderr, "%s\n", problem.text);
		_exit((store != NULL) == expected ? 0 : 1);
	}
	int status;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void give_to_nobody(void)
{
	char command[128];
	snprintf(command, sizeof(command), "chown -R 65534:65534 %s && chmod 500 %s", directory,
		 directory);
	cr_assert_eq(system(command), 0);
}

Test(store, readers_manage_without_writing)
{
	if (geteuid() != 0)
		cr_skip("needs root to become somebody else");
	struct store *store = open_state();
	ok(store_put_setting(store, "a", "b", &problem));
	store_free(store);
	give_to_nobody();
	cr_expect_eq(read_as_nobody(true), 0, "after a clean stop");
	unlink(path_of("state.db-wal"));
	unlink(path_of("state.db-shm"));
	cr_expect_eq(read_as_nobody(true), 0, "the database and the lock alone");
	unlink(path_of("lock"));
	cr_expect_eq(read_as_nobody(true), 0, "the database alone");
	cr_expect_neq(access(path_of("state.db-shm"), F_OK), 0);
	chmod(directory, 0700);
	store = open_state();
	ok(store_put_setting(store, "c", "d", &problem));
	give_to_nobody();
	cr_expect_eq(read_as_nobody(true), 0, "while a writer is at work");
	store_free(store);
}

Test(store, what_root_makes_belongs_to_the_owner_of_the_directory)
{
	if (geteuid() != 0)
		cr_skip("needs root");
	cr_assert_eq(chown(directory, 65534, 65534), 0);
	struct store *store = open_state();
	ok(store_put_setting(store, "a", "b", &problem));
	static const char *const names[] = {"state.db", "state.db-wal", "state.db-shm", "lock"};
	for (size_t i = 0; i < COUNT(names); i++) {
		struct stat about;
		cr_assert_eq(stat(path_of(names[i]), &about), 0);
		cr_expect_eq(about.st_uid, 65534, "%s", names[i]);
	}
	store_free(store);
}

/* ---- docs/state.md ---- */

static int run_each(sqlite3 *db, const char *sql)
{
	int n = 0;
	while (*sql && strspn(sql, " \n") < strlen(sql)) {
		sqlite3_stmt *statement = NULL;
		const char *rest = sql;
		cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, &rest), SQLITE_OK,
			     "%s: %s", sql, sqlite3_errmsg(db));
		int code = sqlite3_step(statement);
		cr_expect(code == SQLITE_ROW || code == SQLITE_DONE, "%s", sql);
		sqlite3_finalize(statement);
		sql = rest;
		n++;
	}
	return n;
}

Test(store, queries_of_the_documentation_work)
{
	static char text[1 << 16];
	FILE *file = fopen("docs/state.md", "r");
	cr_assert_not_null(file, "docs/state.md is missing; run from the top of the tree");
	size_t n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	make_state();
	sqlite3 *db;
	cr_assert_eq(sqlite3_open(path_of("state.db"), &db), SQLITE_OK);
	int queries = 0;
	for (char *at = text; (at = strstr(at, "```sql\n"));) {
		at += 7;
		char *end = strstr(at, "```");
		cr_assert_not_null(end);
		*end = '\0';
		queries += run_each(db, at);
		at = end + 1;
	}
	sqlite3_close(db);
	cr_expect_geq(queries, 3);
}
