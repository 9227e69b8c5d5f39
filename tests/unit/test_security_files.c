/* The files of the security log, case by case: names, changes from outside, gzip, age, limits. */
#include "security_case.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { DAY = 20000 }; /* 2024-10-04 */
#define NAME "security.log-2024-10-04"

TestSuite(security_files, .init = make_folder, .fini = remove_folder);

/* ---- names ---- */

static const struct {
	const char *text;
	int32_t day; /* -1: not one of ours */
	unsigned part;
	enum security_suffix suffix;
} names[] = {
    {"security.log-2024-10-04", DAY, 0, SECURITY_PLAIN},
    {"security.log-2024-10-04.1", DAY, 1, SECURITY_PLAIN},
    {"security.log-2024-10-04.9999.gz.new", DAY, 9999, SECURITY_GZ_NEW},
    {"security.log-2024-10-04.gz", DAY, 0, SECURITY_GZ},
    {"security.log-2024-10-04.new", DAY, 0, SECURITY_NEW},
    {"security.log-2024-02-29", 19782, 0, SECURITY_PLAIN},
    {"security.log-1970-01-01", 0, 0, SECURITY_PLAIN},
    {"security.log-9999-12-31", 2932896, 0, SECURITY_PLAIN},
    {"security.log", -1, 0, 0},
    {"security.log-", -1, 0, 0},
    {"security.log-2023-02-29", -1, 0, 0},
    {"security.log-2024-13-01", -1, 0, 0},
    {"security.log-2024-00-01", -1, 0, 0},
    {"security.log-2024-99-99", -1, 0, 0},
    {"security.log-2024-10-00", -1, 0, 0},
    {"security.log-2024-10-32", -1, 0, 0},
    {"security.log-2024-10-4", -1, 0, 0},
    {"security.log-24-10-04", -1, 0, 0},
    {"security.log-20241004", -1, 0, 0},
    {"security.log-2024-10-04.", -1, 0, 0},
    {"security.log-2024-10-04.0", -1, 0, 0},
    {"security.log-2024-10-04.01", -1, 0, 0},
    {"security.log-2024-10-04.10000", -1, 0, 0},
    {"security.log-2024-10-04.99999999999999999999", -1, 0, 0},
    {"security.log-2024-10-04.1.1", -1, 0, 0},
    {"security.log-2024-10-04.gz.1", -1, 0, 0},
    {"security.log-2024-10-04.gz.gz", -1, 0, 0},
    {"security.log-2024-10-04.bz2", -1, 0, 0},
    {"security.log-2024-10-04~", -1, 0, 0},
    {"security.log-2024-10-04 ", -1, 0, 0},
    {"security.log.2024-10-04", -1, 0, 0},
    {"asecurity.log-2024-10-04", -1, 0, 0},
    {"security.lo", -1, 0, 0},
    {"", -1, 0, 0},
};

Test(security_files, names_are_exact)
{
	const struct security_directory directory = {.path = "", .base = "security.log"};
	for (size_t i = 0; i < COUNT(names); i++) {
		struct security_name name;
		int failed = security_name_parse(&directory, names[i].text, &name);
		cr_expect_eq(failed != 0, names[i].day < 0, "row %s", names[i].text);
		if (failed || names[i].day < 0)
			continue;
		char text[SECURITY_NAME_SIZE];
		cr_expect(name.day == names[i].day && name.part == names[i].part &&
			      name.suffix == names[i].suffix,
			  "row %s: day %d", names[i].text, (int)name.day);
		security_name_text(&directory, &name, text);
		cr_expect_str_eq(text, names[i].text);
	}
}

Test(security_files, a_path_that_cannot_be)
{
	char longest[512];
	memset(longest, 'x', sizeof(longest));
	longest[300] = '\0';
	const char *const paths[] = {
	    "", "/", "/tmp/", longest, "/proc/no/such/security.log", "/dev/null/security.log"};
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct error error = {""};
		const struct security_log_options options = {.path = paths[i]};
		cr_expect_null(security_log_open(&options, NULL, 0, &error), "row %s", paths[i]);
		cr_expect(strncmp(error.text, paths[i], strnlen(paths[i], 5)) == 0, "row %s: %s",
			  paths[i], error.text);
	}
}

Test(security_files, a_missing_directory_is_made)
{
	struct state state = {.n = 0};
	struct stat status;
	snprintf(log_path, sizeof(log_path), "%s/deep/web", folder);
	struct security_log *log = open_log(&state, false);
	append_text(log, DAY, "A\n");
	commit(log, &state);
	security_log_free(log);
	cr_assert(stat(in_folder("deep"), &status) == 0 && (status.st_mode & 07777) == 0700);
	cr_assert(stat(in_folder("deep/web-2024-10-04"), &status) == 0);
	cr_assert_eq(status.st_mode & 07777, 0600);
}

Test(security_files, root_works_for_the_owner_of_the_directory)
{
	struct state state = {.n = 0};
	struct stat status;
	if (geteuid() != 0)
		cr_skip_test("only root can give files away");
	cr_assert_eq(chown(folder, 65534, 65534), 0);
	struct security_log *log = open_log(&state, true);
	append_text(log, DAY, "A\n");
	commit(log, &state);
	cr_assert(stat(in_folder(NAME), &status) == 0 && status.st_uid == 65534);
	cr_assert_eq(security_log_close_day(log, DAY, NULL), 0);
	security_log_free(log);
	cr_assert(stat(in_folder(NAME ".gz"), &status) == 0 && status.st_uid == 65534);
	cr_assert_eq(status.st_mode & 07777, 0600);
}

Test(security_files, a_day_without_a_name_is_refused)
{
	struct state state = {.n = 0};
	struct error error = {""};
	struct security_log *log = open_log(&state, false);
	cr_assert_eq(security_log_append(log, INT32_MAX, slice_from("A\n"), &error), -1);
	cr_assert_eq(security_log_append(log, INT32_MIN, slice_from("A\n"), &error), -1);
	security_log_free(log);
}

/* ---- changes from outside ---- */

static void make_link(void)
{
	cr_assert(rename(in_folder(NAME), in_folder("elsewhere")) == 0 &&
		  symlink("elsewhere", in_folder(NAME)) == 0);
}

static void make_pipe(void)
{
	cr_assert(unlink(in_folder(NAME)) == 0 && mkfifo(in_folder(NAME), 0600) == 0);
}

static void make_directory(void)
{
	cr_assert(unlink(in_folder(NAME)) == 0 && mkdir(in_folder(NAME), 0700) == 0);
}

static void lose_line(void)
{
	cr_assert_eq(truncate(in_folder(NAME), 3), 0);
}

static void lose_all(void)
{
	cr_assert_eq(truncate(in_folder(NAME), 0), 0);
}

static void lose_file(void)
{
	cr_assert_eq(unlink(in_folder(NAME)), 0);
}

static void move_file(void)
{
	cr_assert_eq(rename(in_folder(NAME), in_folder(NAME ".1")), 0);
}

static void compress_file(void)
{
	char command[256];
	snprintf(command, sizeof(command), "gzip %s", in_folder(NAME));
	cr_assert_eq(system(command), 0);
}

static void copy_and_truncate(void)
{
	put(NAME ".1", "A1\nA2\n", "w");
	lose_all();
}

static void put_other(void)
{
	lose_file();
	put(NAME, "something else, longer\n", "w");
}

static void put_garbage(void)
{
	put(NAME, "garb\nage", "a");
}

static void touch_nothing(void) {}

static const struct change {
	const char *about;
	void (*act)(void);
	const char *warning;	   /* NULL: none */
	const char *old_is, *old;  /* a file and what it must hold; NULL: not looked at */
	const char *next, *wanted; /* where the lines that come next are */
} changes[] = {
    {"nothing", touch_nothing, NULL, NULL, NULL, NAME, "A1\nA2\nB\n"},
    {"garbage at the end", put_garbage, NULL, NULL, NULL, NAME, "A1\nA2\nB\n"},
    {"a line cut off", lose_line, "was made shorter", NAME, "A1\n", NAME ".1", "B\n"},
    {"truncated", lose_all, "was made shorter", NAME, "", NAME ".1", "B\n"},
    {"copied and truncated", copy_and_truncate, "was made shorter", NAME ".1", "A1\nA2\n",
     NAME ".2", "B\n"},
    {"removed", lose_file, "is gone", NULL, NULL, NAME ".1", "B\n"},
    {"moved", move_file, "is gone", NAME ".1", "A1\nA2\n", NAME ".2", "B\n"},
    {"compressed", compress_file, "is gone", NAME ".gz", "A1\nA2\n", NAME ".1", "B\n"},
    {"another file", put_other, "was replaced", NAME, "something else, longer\n", NAME ".1", "B\n"},
    {"a link", make_link, "was replaced", "elsewhere", "A1\nA2\n", NAME ".1", "B\n"},
    {"a pipe", make_pipe, "was replaced", NULL, NULL, NAME ".1", "B\n"},
    {"a directory", make_directory, "was replaced", NULL, NULL, NAME ".1", "B\n"},
};

static void start_over(struct state *state)
{
	char command[64];
	snprintf(command, sizeof(command), "rm -rf %s/*", folder);
	cr_assert_eq(system(command), 0);
	memset(state, 0, sizeof(*state));
	warnings[0] = '\0';
	warned = 0;
}

static void expect_change(const struct change *row, const char *when, const struct state *state)
{
	/* Open, a file that another took the place of is gone. */
	if (row->warning)
		cr_expect((strstr(warnings, row->warning) || strstr(warnings, "is gone")) &&
			      strstr(warnings, NAME),
			  "row %s, %s: warns '%s'", row->about, when, warnings);
	else
		cr_expect_eq(warned, 0, "row %s, %s: warns '%s'", row->about, when, warnings);
	if (row->old_is)
		expect_file(row->old_is, row->old);
	expect_file(row->next, row->wanted);

	/* It is said once: the state has the new part now. */
	warned = 0;
	security_log_free(open_log(state, false));
	cr_expect_eq(warned, 0, "row %s, %s, again: %s", row->about, when, warnings);
}

Test(security_files, changes_between_two_runs)
{
	static struct state state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		const struct change *row = &changes[i];
		start_over(&state);
		struct security_log *log = open_log(&state, false);
		append_text(log, DAY, "A1\nA2\n");
		commit(log, &state);
		security_log_free(log);
		row->act();
		log = open_log(&state, false);
		append_text(log, DAY, "B\n");
		commit(log, &state);
		security_log_free(log);
		expect_change(row, "between two runs", &state);
	}
}

/* A run that finds it and has no lines for the day says it once, too. */
Test(security_files, a_change_is_said_once)
{
	struct state state = {.n = 0};
	struct security_log *log = open_log(&state, false);
	append_text(log, DAY, "A1\nA2\n");
	commit(log, &state);
	security_log_free(log);
	lose_all();
	for (int i = 0; i < 3; i++) {
		log = open_log(&state, false);
		commit(log, &state);
		security_log_free(log);
		cr_expect_eq(warned, 1, "run %d: %s", i, warnings);
	}
	log = open_log(&state, true);
	append_text(log, DAY, "B\n");
	commit(log, &state);
	cr_assert_eq(security_log_close_day(log, DAY, NULL), 0);
	security_log_free(log);
	cr_expect_str_eq(listing(), NAME " " NAME ".1.gz ");
	expect_file(NAME ".1.gz", "B\n");
}

/* As above while the run has the file open and has committed: like `follow` between two commits. */
Test(security_files, changes_between_two_commits)
{
	static struct state state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		const struct change *row = &changes[i];
		if (row->act == move_file || row->act == make_link)
			continue; /* below */
		start_over(&state);
		struct security_log *log = open_log(&state, false);
		append_text(log, DAY, "A1\nA2\n");
		commit(log, &state);
		row->act();
		append_text(log, DAY, "B\n");
		commit(log, &state);
		expect_change(row, "between two commits", &state);
		security_log_free(log);
	}
}

/* Lines that go to a file that was moved away are in it; what comes next is not. */
Test(security_files, moved_between_two_commits)
{
	static struct state state;
	for (int committed = 0; committed < 2; committed++) {
		start_over(&state);
		struct security_log *log = open_log(&state, false);
		append_text(log, DAY, "A1\nA2\n");
		commit(log, &state);
		move_file();
		append_text(log, DAY, "B\n");
		commit(log, &state);
		cr_expect(strstr(warnings, "was moved away"), "%s", warnings);
		expect_file(NAME ".1", "A1\nA2\nB\n");
		if (committed) {
			security_log_free(log);
			log = open_log(&state, false);
		}
		append_text(log, DAY, "C\n");
		commit(log, &state);
		security_log_free(log);
		expect_file(NAME ".2", "C\n");
	}
}

/* Lines that were written, not committed, and are gone: the run fails, the next one has them. */
Test(security_files, changes_that_lose_lines_fail_the_run)
{
	static void (*const acts[])(void) = {lose_line, lose_file};
	static char big[200001];
	static struct state state;
	memset(big, 'b', sizeof(big) - 2);
	big[sizeof(big) - 2] = '\n';
	for (size_t i = 0; i < COUNT(acts); i++) {
		struct error error = {""}, second = {""};
		start_over(&state);
		struct security_log *log = open_log(&state, false);
		append_text(log, DAY, "A1\nA2\n");
		commit(log, &state);
		append_text(log, DAY, big);
		acts[i]();
		cr_expect_eq(security_log_sync(log, &error), -1);
		cr_expect(strstr(error.text, NAME) && strstr(error.text, "nothing of this run"),
			  "row %zu: %s", i, error.text);
		cr_expect_eq(security_log_append(log, DAY, slice_from("C\n"), NULL), -1);
		cr_expect_eq(security_log_sync(log, &second), -1);
		cr_expect_str_eq(second.text, error.text);
		struct security_file file;
		cr_expect(security_log_at(log, 0, &file) && file.length == 6);
		security_log_free(log);
		log = open_log(&state, false);
		append_text(log, DAY, big);
		commit(log, &state);
		security_log_free(log);
		expect_file(NAME ".1", big);
	}
}

/* Another took its place while its descriptor was given to other days. */
Test(security_files, a_change_while_others_are_written)
{
	static struct state state;
	for (int committed = 0; committed < 2; committed++) {
		struct error error = {""};
		start_over(&state);
		struct security_log *log = open_log(&state, false);
		append_text(log, DAY, "A1\nA2\n");
		if (committed)
			commit(log, &state);
		for (int32_t day = DAY + 1; day < DAY + 20; day++)
			append_text(log, day, "X\n");
		const char *name = committed ? NAME : NAME ".new";
		cr_assert_eq(rename(in_folder(name), in_folder("moved")), 0);
		put(name, "a1\na2\na3\n", "w");
		int failed = security_log_append(log, DAY, slice_from("B\n"), &error);
		cr_expect_eq(failed, committed ? 0 : -1, "%s", error.text);
		if (committed) {
			commit(log, &state);
			expect_file(NAME, "a1\na2\na3\n");
			expect_file(NAME ".1", "B\n");
		}
		security_log_free(log);
	}
}

/* The kernel forgets an error of writing back once it was told: asking again proves nothing. */
Test(security_files, a_sync_that_failed_once_has_failed)
{
	static struct state state;
	int failures = 0, failed = 1;
	for (int at = 0; failed; at++) {
		struct error error = {""}, second = {""};
		start_over(&state);
		struct security_log *log = open_log(&state, false);
		append_text(log, DAY, "A\n");
		stop_kind = STOP_FAIL_ONCE;
		stop_at = at;
		failed = security_log_sync(log, &error);
		stop_at = -1;
		cr_expect_eq(security_log_sync(log, &second), failed, "call %d", at);
		cr_expect_str_eq(second.text, error.text);
		keep(&state, log);
		cr_expect_eq(state.files[0].length, failed ? 0 : 2, "call %d", at);
		failures += failed != 0;
		security_log_free(log);
	}
	cr_assert(failures > 5, "%d", failures);
}

/* ---- files that the state does not know ---- */

Test(security_files, what_nobody_committed_goes_and_the_rest_stays)
{
	struct state state = {.n = 0};
	put(NAME ".new", "left by a kill\n", "w");
	put(NAME ".1.gz.new", "left by a kill\n", "w");
	put(NAME, "of a lost state\n", "w");
	put("security.log-2024-10-05.gz", "of a lost state\n", "w");
	put("security.log-2024-10-06.1", "of a lost state\n", "w");
	put("security.log-2024-10-04.bak.new", "an admin's\n", "w");
	put("security.log", "an admin's\n", "w");
	struct security_log *log = open_log(&state, false);
	cr_expect_eq(warned, 0, "%s", warnings);
	for (int32_t day = DAY; day < DAY + 3; day++)
		append_text(log, day, "A\n");
	commit(log, &state);
	security_log_free(log);
	cr_expect_str_eq(
	    listing(),
	    "security.log security.log-2024-10-04 security.log-2024-10-04.1 "
	    "security.log-2024-10-04.bak.new security.log-2024-10-05.1 security.log-2024-10-05.gz "
	    "security.log-2024-10-06 security.log-2024-10-06.1 ");
	expect_file(NAME, "of a lost state\n");
	expect_file(NAME ".1", "A\n");
	expect_file("security.log-2024-10-05.1", "A\n");
	expect_file("security.log-2024-10-06", "A\n");
	cr_expect_eq(warned, 2, "%s", warnings);
	security_log_free(open_log(&state, false));
	cr_expect_eq(warned, 2, "%s", warnings);
}

/* The name is taken between the creation of a file and its commit. */
Test(security_files, a_name_that_is_taken_at_the_commit)
{
	struct state state = {.n = 0};
	struct security_log *log = open_log(&state, false);
	append_text(log, DAY, "A\n");
	cr_assert_eq(security_log_sync(log, NULL), 0);
	put(NAME, "not ours\n", "w");
	commit(log, &state);
	security_log_free(log);
	log = open_log(&state, true);
	append_text(log, DAY, "B\n");
	commit(log, &state);
	expect_file(NAME, "not ours\n");
	expect_file(NAME ".new", "A\nB\n");
	cr_assert_eq(security_log_close_day(log, DAY, NULL), 0);
	security_log_free(log);
	expect_file(NAME, "not ours\n");
	expect_file(NAME ".gz", "A\nB\n");
	cr_expect_str_eq(listing(), NAME " " NAME ".gz ");
}

/* ---- closing ---- */

Test(security_files, close_without_gzip)
{
	struct state state = {.n = 0};
	struct security_log *log = open_log(&state, false);
	append_text(log, DAY, "A\n");
	cr_assert_eq(security_log_sync(log, NULL), 0);
	cr_assert_eq(security_log_close_day(log, DAY, NULL), 0);
	keep(&state, log);
	cr_assert(state.n == 1 && state.files[0].closed && state.files[0].length == 2);
	security_log_free(log);
	cr_expect_str_eq(listing(), NAME " ");
	/* Asked for later, what is closed is compressed. */
	security_log_free(open_log(&state, true));
	cr_expect_str_eq(listing(), NAME ".gz ");
	expect_file(NAME ".gz", "A\n");
}

Test(security_files, a_day_with_lines_that_are_not_synced_is_not_closed)
{
	struct state state = {.n = 0};
	struct error error = {""};
	struct security_log *log = open_log(&state, true);
	append_text(log, DAY, "A\n");
	cr_assert_eq(security_log_close_day(log, DAY, &error), -1);
	cr_assert(strstr(error.text, log_path), "%s", error.text);
	commit(log, &state);
	cr_assert_eq(security_log_close_day(log, DAY, NULL), 0);
	cr_assert_eq(security_log_close_day(log, DAY, NULL), 0);
	cr_assert_eq(security_log_close_day(log, DAY + 1, NULL), 0);
	security_log_free(log);
	cr_expect_str_eq(listing(), NAME ".gz ");
}

Test(security_files, lines_of_a_closed_day_begin_a_part)
{
	struct state state = {.n = 0};
	struct security_log *log = open_log(&state, true);
	append_text(log, DAY, "A\n");
	commit(log, &state);
	cr_assert_eq(security_log_close_day(log, DAY, NULL), 0);
	append_text(log, DAY, "B\n");
	commit(log, &state);
	cr_assert_eq(security_log_close_day(log, DAY, NULL), 0);
	security_log_free(log);
	cr_expect_str_eq(listing(), NAME ".1.gz " NAME ".gz ");
	expect_file(NAME ".1.gz", "B\n");
}

static void expect_events(const char *wanted, const char *when)
{
	cr_expect_str_eq(events, wanted, "%s: %s", when, events);
	events[0] = '\0';
}

Test(security_files, everything_is_synced_before_it_is_relied_on)
{
	struct state state = {.n = 0};
	struct security_log *log = open_log(&state, true);
	expect_events("", "open");
	append_text(log, DAY, "A\n");
	expect_events("", "append");
	cr_assert_eq(security_log_sync(log, NULL), 0);
	expect_events("cwsD", "sync of a new file");
	keep(&state, log);
	cr_assert_eq(security_log_committed(log, NULL), 0);
	expect_events("rD", "its name");
	append_text(log, DAY, "B\n");
	commit(log, &state);
	expect_events("ws", "sync and commit");
	commit(log, &state);
	expect_events("", "commit of nothing");
	security_log_free(log);
	put(NAME, "garbage", "a");
	log = open_log(&state, true);
	expect_events("ts", "cut");
	cr_assert_eq(security_log_close_day(log, DAY, NULL), 0);
	expect_events("ucwsrDuD", "close");
	security_log_free(log);
}

/* No name, no time, so the same log is the same bytes; the mode is that of the file. */
Test(security_files, the_archive_tells_nothing_more)
{
	struct state state = {.n = 0};
	unsigned char head[10];
	struct stat status;
	struct security_log *log = open_log(&state, true);
	append_text(log, DAY, "A\n");
	commit(log, &state);
	cr_assert_eq(chmod(in_folder(NAME), 0640), 0);
	cr_assert_eq(security_log_close_day(log, DAY, NULL), 0);
	security_log_free(log);
	FILE *file = fopen(in_folder(NAME ".gz"), "rb");
	cr_assert(file && fread(head, 1, sizeof(head), file) == sizeof(head) && !fclose(file));
	cr_assert_eq(memcmp(head, "\x1f\x8b\x08\0\0\0\0\0", 8), 0);
	cr_assert(stat(in_folder(NAME ".gz"), &status) == 0 && (status.st_mode & 07777) == 0640);
}

static const struct archive {
	const char *about, *bytes, *mode; /* what NAME.gz is before; gzopen's mode */
	const char *listing;
} archives[] = {
    {"the whole of ours", "A1\nA2\n", "wb", NAME ".gz "},
    {"ours, compressed in another way", "A1\nA2\n", "wb1", NAME ".gz "},
    {"somebody else's", "other\n", "wb", NAME ".1.gz " NAME ".gz "},
    {"longer than ours", "A1\nA2\nA3\n", "wb", NAME ".1.gz " NAME ".gz "},
    {"shorter than ours", "A1\n", "wb", NAME ".1.gz " NAME ".gz "},
    {"empty", "", "wb", NAME ".1.gz " NAME ".gz "},
    {"not compressed", "A1\nA2\n", "wbT", NAME ".1.gz " NAME ".gz "},
};

/* After a kill between the archive's rename and the removal of the plain file, or so it seems. */
Test(security_files, an_archive_that_is_there)
{
	static struct state state;
	for (size_t i = 0; i < COUNT(archives); i++) {
		const struct archive *row = &archives[i];
		start_over(&state);
		struct security_log *log = open_log(&state, false);
		append_text(log, DAY, "A1\nA2\n");
		commit(log, &state);
		security_log_free(log);
		state.files[0].closed = true;
		gzFile file = gzopen(in_folder(NAME ".gz"), row->mode);
		cr_assert(gzwrite(file, row->bytes, (unsigned)strlen(row->bytes)) >= 0 &&
			  gzclose(file) == Z_OK);
		put(NAME, "never committed", "a");
		security_log_free(open_log(&state, true));
		cr_expect_str_eq(listing(), row->listing, "row %s: %s", row->about, listing());
		expect_file(NAME ".gz", row->bytes);
		if (exists(NAME ".1.gz"))
			expect_file(NAME ".1.gz", "A1\nA2\n");
		cr_expect_eq(warned, 0, "row %s: %s", row->about, warnings);
	}
}

Test(security_files, an_archive_that_is_damaged_is_not_trusted)
{
	struct state state = {.n = 0};
	struct security_log *log = open_log(&state, false);
	append_text(log, DAY, "A1\nA2\n");
	commit(log, &state);
	security_log_free(log);
	state.files[0].closed = true;
	gzFile file = gzopen(in_folder(NAME ".gz"), "wb");
	cr_assert(gzwrite(file, "A1\nA2\n", 6) == 6 && gzclose(file) == Z_OK);
	cr_assert_eq(truncate(in_folder(NAME ".gz"), 22), 0);
	security_log_free(open_log(&state, true));
	cr_expect_str_eq(listing(), NAME ".1.gz " NAME ".gz ");
	expect_file(NAME ".1.gz", "A1\nA2\n");
}

/* ---- age ---- */

Test(security_files, only_what_is_old_and_ours_goes)
{
	struct state state = {.n = 0};
	static const char *const made[] = {
	    "security.log",
	    "security.log-2024-10-01",	    /* old */
	    "security.log-2024-10-01.1",    /* old */
	    "security.log-2024-10-01.2.gz", /* old */
	    "security.log-2024-10-01.old",
	    "security.log-2024-10-02.gz", /* old */
	    "security.log-2024-10-02.gz~",
	    "security.log-2024-10-03",
	    "security.log-2024-10-06",
	    "security.log-20240101",
	    "other.log-2024-10-01",
	};
	for (size_t i = 0; i < COUNT(made); i++)
		put(made[i], "x\n", "w");
	struct security_log_options options = options_of(true);
	struct security_log *log = open_log(&state, true);
	size_t n = 7;
	cr_expect(security_log_expire(log, INT32_MAX, &n, NULL) == 0 && n == 0);
	security_log_free(log);

	options.retention_days = 3;
	log = security_log_open(&options, NULL, 0, NULL);
	append_text(log, DAY - 4, "hot\n"); /* 2024-09-30 */
	append_text(log, DAY - 5, "closed\n");
	commit(log, &state);
	cr_assert_eq(security_log_close_day(log, DAY - 5, NULL), 0);
	cr_expect(security_log_expire(log, DAY + 2, &n, NULL) == 0 && n == 5, "%zu", n);
	keep(&state, log);
	cr_expect(state.n == 1 && state.files[0].day == DAY - 4);
	security_log_free(log);
	cr_expect_str_eq(listing(),
			 "other.log-2024-10-01 security.log security.log-2024-09-30 "
			 "security.log-2024-10-01.old security.log-2024-10-02.gz~ "
			 "security.log-2024-10-03 security.log-2024-10-06 security.log-20240101 ");
}

/* ---- limits ---- */

static size_t open_descriptors(void)
{
	size_t n = 0;
	DIR *stream = opendir("/proc/self/fd");
	while (stream && readdir(stream))
		n++;
	closedir(stream);
	return n;
}

Test(security_files, four_hundred_days_at_once)
{
	static struct state state;
	enum { MANY = 400 };
	struct security_log *log = open_log(&state, true);
	size_t before = open_descriptors();
	for (int round = 0; round < 3; round++) {
		for (int32_t day = 0; day < MANY; day++) {
			char line[64];
			snprintf(line, sizeof(line), "round %d of day %d\n", round, (int)day);
			append_text(log, DAY + day, line);
		}
		cr_assert(open_descriptors() <= before + 16);
		if (round)
			commit(log, &state);
	}
	for (int32_t day = 0; day < MANY; day++) {
		char wanted[256];
		snprintf(wanted, sizeof(wanted),
			 "round 0 of day %d\nround 1 of day %d\nround 2 of day %d\n", (int)day,
			 (int)day, (int)day);
		expect_file(file_name(DAY + day, 0, SECURITY_PLAIN), wanted);
	}
	cr_assert_eq(state.n, MANY);
	cr_assert_eq(warned, 0, "%s", warnings);
	security_log_free(log);
	cr_assert(open_descriptors() < before);
}

/* Lines are many and short: the number of system calls follows the bytes. */
Test(security_files, appends_are_buffered)
{
	struct state state = {.n = 0};
	struct security_log *log = open_log(&state, true);
	append_text(log, DAY, "the first line makes the file\n");
	commit(log, &state);
	calls = 0;
	for (int i = 0; i < 100000; i++)
		append_text(log, DAY, "0123456789012345678901234567890\n");
	/* 3.2 MB in buffers of 64 KiB: a look and a write for each. */
	cr_assert(calls <= 2 * 50, "%u calls", calls);
	commit(log, &state);
	cr_assert_eq(state.files[0].length, 30 + 3200000);
	calls = 0;
	cr_assert_eq(security_log_sync(log, NULL), 0);
	cr_assert_eq(calls, 0);
	security_log_free(log);
}

static void expect_full(const char *reason)
{
	struct state state = {.n = 0};
	struct error error = {""};
	char block[4097];
	memset(block, 'a', sizeof(block));
	block[4095] = '\n';
	struct security_log *log = open_log(&state, true);
	append_text(log, DAY, "A\n");
	commit(log, &state);
	int failed = 0;
	for (int i = 0; i < 1000 && !failed; i++)
		failed = security_log_append(log, DAY, slice_make(block, 4096), &error) ||
			 (i % 100 == 99 && security_log_sync(log, &error));
	cr_assert(failed);
	cr_expect(strstr(error.text, log_path) && strstr(error.text, reason), "%s", error.text);
	keep(&state, log);
	struct security_file synced = state.files[0];
	cr_expect_eq(security_log_sync(log, NULL), -1);
	security_log_free(log);

	/* The next run cuts what was written and goes on. */
	log = open_log(&state, true);
	struct stat status;
	cr_assert(stat(in_folder(NAME), &status) == 0 && (uint64_t)status.st_size == synced.length);
	security_log_free(log);
}

Test(security_files, a_limit_of_the_file_size)
{
	struct rlimit limit = {1000000, RLIM_INFINITY};
	signal(SIGXFSZ, SIG_IGN);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	expect_full("File too large");
}

Test(security_files, a_full_disk)
{
	if (mount("none", folder, "tmpfs", 0, "size=1m"))
		cr_skip_test("no file system can be mounted here: %s", strerror(errno));
	expect_full("No space left on device");
	umount(folder);
}
