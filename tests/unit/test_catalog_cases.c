/* Each case that DESIGN law 4 names, by itself: what is read, from where, and what is said about
 * it. */
#include "catalog_model.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct model model;

static void begin(const char *row, const char *pattern)
{
	model_init(&model, row);
	model_watch(&model, pattern);
}

static void end(void)
{
	model_check(&model);
	model_release(&model);
}

/* A run that reads just these files, in this order, and says nothing. */
static void run(const char *order)
{
	model_run(&model, true);
	cr_expect_str_eq(model.order, order, "%s: read \"%s\", not \"%s\"", model.row, model.order,
			 order);
	cr_expect_eq(model.complaints, 0, "%s: %s", model.row, model.complaint);
	cr_expect_eq(model.failed, 0, "%s", model.row);
	model_check(&model);
}

static void rotate(const char *name)
{
	char from[64], to[64];
	for (int k = 8; k >= 0; k--)
		for (int gz = 0; gz < 2; gz++) {
			if (k)
				snprintf(from, sizeof(from), "%s.%d%s", name, k, gz ? ".gz" : "");
			else
				snprintf(from, sizeof(from), "%s%s", name, gz ? ".none" : "");
			snprintf(to, sizeof(to), "%s.%d%s", name, k + 1, gz ? ".gz" : "");
			if (model_exists(&model, from))
				model_rename(&model, from, to);
		}
}

static void empty(const char *name)
{
	cr_assert_eq(truncate(model_path(&model, name), 0), 0);
}

/* ---- rotation by renaming ---- */

Test(catalog_cases, a_renamed_file_is_read_to_its_end_before_its_successor)
{
	begin("rename", "a.log");
	model_write(&model, "a.log", 30);
	run("a.log");
	model_write(&model, "a.log", 10);
	rotate("a.log");
	model_write(&model, "a.log", 10);
	run("a.log.1 a.log");
	model_write(&model, "a.log.1", 1); /* the server has not noticed yet */
	run("a.log.1");
	run("");
	end();
}

Test(catalog_cases, a_predecessor_goes_first_whatever_its_stamps_say)
{
	begin("older stamps in the successor", "a.log");
	model_write(&model, "a.log", 3);
	run("a.log");
	uint32_t next = model.next;
	model.next = next + 100; /* a slow request, stamped late */
	model_write(&model, "a.log", 1);
	rotate("a.log");
	model.next = next;
	model_write(&model, "a.log", 5);
	model.next = next + 101;
	run("a.log.1 a.log");
	end();
}

Test(catalog_cases, a_compressed_file_goes_on_inside)
{
	begin("compress", "a.log");
	model_write(&model, "a.log", 300);
	run("a.log");
	model_write(&model, "a.log", 50);
	rotate("a.log");
	model_gzip(&model, "a.log.1", false);
	model_write(&model, "a.log", 5);
	run("a.log.1.gz a.log");
	rotate("a.log");
	model_write(&model, "a.log", 5);
	run("a.log");
	end();
}

Test(catalog_cases, delayed_compression_and_dates)
{
	begin("dates", "a.log");
	model_write(&model, "a.log", 20);
	run("a.log");
	model_write(&model, "a.log", 20);
	model_rename(&model, "a.log", "a.log-20261004");
	model_write(&model, "a.log", 20);
	run("a.log-20261004 a.log");
	model_gzip(&model, "a.log-20261004", false);
	model_rename(&model, "a.log", "a.log-20261005");
	model_write(&model, "a.log", 1);
	run("a.log");
	end();
}

Test(catalog_cases, rotated_twice_between_two_runs)
{
	begin("twice", "a.log");
	model_write(&model, "a.log", 20);
	run("a.log");
	model_write(&model, "a.log", 4);
	for (int i = 0; i < 3; i++) {
		rotate("a.log");
		model_write(&model, "a.log", 4);
		if (i == 1)
			model_gzip(&model, "a.log.1", false);
	}
	run("a.log.3 a.log.2.gz a.log.1 a.log");
	run("");
	end();
}

Test(catalog_cases, an_empty_file_is_known_again)
{
	begin("empty", "a.log");
	model_append(&model, "a.log", "", 0);
	run("");
	model_write(&model, "a.log", 4);
	rotate("a.log");
	model_append(&model, "a.log", "", 0);
	run("a.log.1");
	end();
}

Test(catalog_cases, a_file_of_which_nothing_was_read_before_is_history)
{
	begin("history", "a.log");
	model_write(&model, "a.log.2", 10);
	model_gzip(&model, "a.log.2", false);
	model_write(&model, "a.log.1", 10);
	uint32_t first = model_write(&model, "a.log", 10);
	model_run(&model, true);
	cr_expect_str_eq(model.order, "a.log");
	rotate("a.log");
	model_write(&model, "a.log", 5);
	model_run(&model, true);
	cr_expect_str_eq(model.order, "a.log", "read %s", model.order);
	cr_expect_eq(model.complaints, 0);
	for (uint32_t i = 1; i < model.next; i++)
		cr_expect_eq(model.seen[i], i >= first, "line %u", i);
	model_release(&model);
}

Test(catalog_cases, with_a_pattern_history_is_read_oldest_first)
{
	begin("history by pattern", "a.log*");
	for (int i = 0; i < 14; i++) {
		rotate("a.log");
		if (i > 1 && i < 9)
			model_gzip(&model, "a.log.2", false);
		model_write(&model, "a.log", 12);
		if (i >= 8)
			break;
	}
	run("a.log.8.gz a.log.7.gz a.log.6.gz a.log.5.gz a.log.4.gz a.log.3.gz a.log.2.gz a.log.1 "
	    "a.log");
	end();
}

/* Old lines under a name that begins like ours, written just now. */
Test(catalog_cases, a_new_file_of_old_lines_is_not_ours)
{
	size_t n;
	begin("merged", "a.log");
	model_write(&model, "a.log.1", 20);
	for (uint32_t i = 0; i < 1000; i++)
		model.next++;
	model_write(&model, "a.log", 20);
	model_run(&model, true);
	char *old = model_slurp(&model, "a.log.1", &n);
	model_put(&model, "a.log.merged", old, n);
	free(old);
	char *new = model_slurp(&model, "a.log", &n);
	model_append(&model, "a.log.merged", new, n);
	free(new);
	model_write(&model, "a.log", 1);
	model_run(&model, true);
	cr_expect_str_eq(model.order, "a.log", "read %s", model.order);
	model_run(&model, true);
	cr_expect_str_eq(model.order, "", "read %s", model.order);
	model_release(&model);
}

/* ---- copies ---- */

Test(catalog_cases, copytruncate)
{
	begin("copytruncate", "a.log");
	model_write(&model, "a.log", 30);
	run("a.log");
	model_write(&model, "a.log", 30);
	model_copy(&model, "a.log", "a.log.1");
	empty("a.log");
	model_write(&model, "a.log", 2);
	run("a.log.1 a.log");
	model_copy(&model, "a.log", "a.log.0");
	empty("a.log");
	run("");
	end();
}

Test(catalog_cases, a_copy_made_before_we_read_on)
{
	static const unsigned lines[] = {1, 3, 8, 40, 900};
	for (size_t i = 0; i < COUNT(lines); i++) {
		begin("copy, read, truncate", "a.log*");
		model_write(&model, "a.log", lines[i]);
		model_copy(&model, "a.log", "a.log.1");
		model_write(&model, "a.log", lines[i]);
		run("a.log"); /* the copy is a part of it */
		empty("a.log");
		model_write(&model, "a.log", 1);
		run("a.log"); /* and now of what was read */
		model.idle_ns = 1;
		run("");
		run("");
		end();
	}
}

Test(catalog_cases, a_copy_that_is_being_made)
{
	begin("cp at work", "a.log*");
	model_write(&model, "a.log", 40);
	run("a.log");
	model_write(&model, "a.log", 40);
	size_t n;
	char *text = model_slurp(&model, "a.log", &n);
	for (size_t part = 0; part < n; part += 1 + part / 2) {
		model_put(&model, "a.log.1", text, part);
		model_run(&model, true);
		model_check(&model);
		cr_expect_eq(model.complaints, 0, "%s", model.complaint);
	}
	model_put(&model, "a.log.1", text, n);
	free(text);
	empty("a.log");
	model_write(&model, "a.log", 3);
	run("a.log");
	end();
}

Test(catalog_cases, gzip_that_keeps_and_gzip_at_work)
{
	struct stat whole;
	begin("gzip", "a.log*");
	model_write(&model, "a.log", 2000);
	model_gzip(&model, "a.log", true);
	run("a.log");
	cr_expect_eq(model.repeated, 1);
	run("");
	cr_assert_eq(stat(model_path(&model, "a.log.gz"), &whole), 0);
	model_write(&model, "a.log", 100);
	model_gzip(&model, "a.log", true);
	cr_assert_eq(stat(model_path(&model, "a.log.gz"), &whole), 0);
	for (off_t cut = 0; cut < whole.st_size; cut += 1 + cut / 2) {
		model_gzip(&model, "a.log", true);
		cr_assert_eq(truncate(model_path(&model, "a.log.gz"), cut), 0);
		run(cut == 0 ? "a.log" : "");
	}
	model_gzip(&model, "a.log", false);
	model_write(&model, "a.log", 1);
	run("a.log");
	end();
}

/* Neither name begins with the other: only the bytes say it. */
Test(catalog_cases, copies_under_unlike_names)
{
	static const unsigned more[] = {0, 1, 50};
	for (size_t i = 0; i < COUNT(more); i++) {
		begin("unlike names", "a*");
		model_write(&model, "a.log.1", 30);
		model_copy(&model, "a.log.1", "a.log-20261005");
		model_write(&model, "a.log-20261005", more[i]);
		run(more[i] ? "a.log-20261005" : "a.log-20261005");
		cr_expect_eq(model.repeated, 1);
		run("");
		model_write(&model, "a.log-20261005", 2);
		model_copy(&model, "a.log-20261005", "a.log.0");
		model_write(&model, "a.log.0", 1);
		run("a.log.0");
		end();
	}
}

Test(catalog_cases, a_truncated_gzip_file_is_complained_about_once)
{
	struct stat whole;
	begin("truncated", "a.log*");
	model_write(&model, "a.log.1", 2000);
	model_gzip(&model, "a.log.1", false);
	cr_assert_eq(stat(model_path(&model, "a.log.1.gz"), &whole), 0);
	cr_assert_eq(truncate(model_path(&model, "a.log.1.gz"), whole.st_size / 2), 0);
	model_run(&model, true);
	cr_expect_eq(model.complaints, 1);
	cr_expect(strstr(model.complaint, "a.log.1.gz") && strstr(model.complaint, "truncated"),
		  "%s", model.complaint);
	sleep(3); /* until the hint is good */
	model_run(&model, true);
	cr_expect_eq(model.complaints, model.complaints ? 1 : 0);
	sleep(3);
	run("");
	cr_expect_eq(model.unchanged, 1);
	model_check(&model);
	model_release(&model);
}

Test(catalog_cases, one_file_by_several_names)
{
	begin("names", "a.log");
	model_watch(&model, "*.log");
	model_watch(&model, "b*");
	model_write(&model, "a.log", 5);
	cr_assert_eq(symlink("a.log", model_path(&model, "b.log")), 0);
	cr_assert_eq(link(model_path(&model, "a.log"), model_path(&model, "b-hard")), 0);
	run("a.log");
	cr_expect_eq(model.repeated, 4, "%zu", model.repeated);
	model_write(&model, "b.log", 5);
	run("a.log");
	unlink(model_path(&model, "a.log"));
	unlink(model_path(&model, "b.log"));
	model_run(&model, true);
	cr_expect_str_eq(model.order, "");
	end();
}

/* ---- rewritten, removed, another inode ---- */

Test(catalog_cases, truncated_and_written_anew)
{
	static const unsigned lines[] = {0, 1, 9, 10, 11, 300};
	for (size_t i = 0; i < COUNT(lines); i++) {
		begin("rewritten", "a.log");
		model_write(&model, "a.log", 10);
		run("a.log");
		empty("a.log");
		model_write(&model, "a.log", lines[i]);
		run(lines[i] ? "a.log" : "");
		end();
	}
}

/* The same size, and on most systems the same time stamp: a tick of the clock is longer than a run.
 */
Test(catalog_cases, rewritten_within_the_same_tick)
{
	begin("same tick", "a.log");
	model.next = 1000;
	for (int i = 0; i < 100; i++) {
		model_append(&model, "a.log", "", 0);
		empty("a.log");
		model_write(&model, "a.log", 3);
		run("a.log");
	}
	end();
}

Test(catalog_cases, a_hole_left_by_a_writer_that_kept_its_place)
{
	begin("hole", "a.log*");
	model_write(&model, "a.log", 100);
	run("a.log");
	for (int i = 0; i < 3; i++) {
		struct stat file;
		cr_assert_eq(stat(model_path(&model, "a.log"), &file), 0);
		rotate("a.log");
		model_copy(&model, "a.log.1", "a.log");
		model_rename(&model, "a.log", "copy");
		model_rename(&model, "a.log.1", "a.log");
		model_rename(&model, "copy", "a.log.1");
		empty("a.log");
		cr_assert_eq(truncate(model_path(&model, "a.log"), file.st_size), 0);
		model_write(&model, "a.log", 30);
		run("a.log");
	}
	end();
}

Test(catalog_cases, devices_and_inodes_change_over_a_reboot)
{
	begin("reboot", "a.log*");
	for (int i = 0; i < 4; i++) {
		rotate("a.log");
		model_write(&model, "a.log", 50);
	}
	model_gzip(&model, "a.log.3", false);
	run("a.log.3.gz a.log.2 a.log.1 a.log");
	for (size_t i = 0; i < model.marks_n; i++) {
		model.marks[i].dev += 1;
		model.marks[i].ino += 1;
	}
	run("");
	for (size_t i = 0; i < model.marks_n; i++)
		model.marks[i].dev += 1;
	model_write(&model, "a.log", 1);
	rotate("a.log");
	model_write(&model, "a.log", 1);
	run("a.log.1 a.log");
	end();
}

Test(catalog_cases, a_reused_inode_is_another_file)
{
	begin("inode", "a.log");
	for (int i = 0; i < 20; i++) {
		model_write(&model, "a.log", 10);
		run("a.log");
		unlink(
		    model_path(&model, "a.log")); /* the next one gets its inode on most systems */
	}
	end();
}

Test(catalog_cases, removed_and_back_in_another_form)
{
	begin("removed", "a.log*");
	model_write(&model, "a.log", 100);
	run("a.log");
	model_gzip(&model, "a.log", true);
	model_rename(&model, "a.log.gz", ".aside"); /* not seen by the pattern */
	unlink(model_path(&model, "a.log"));
	model_run(&model, true);
	model_run(&model, true);
	model_rename(&model, ".aside", "a.log.7.gz");
	run("");
	end();
}

/* ---- equal beginnings ---- */

Test(catalog_cases, equal_headers)
{
	begin("W3C", "*.log");
	model.w3c = true;
	model.log_format = "w3c";
	static const char *const names[] = {"a.log", "b.log", "c.log"};
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(names); i++) {
			const char *head = model_head(&model);
			if (round == 2)
				empty(names[i]);
			if (round != 1)
				model_append(&model, names[i], head, strlen(head));
			model_write(&model, names[i], 1 + (unsigned)i * 30);
		}
		model_run(&model, true);
		cr_expect_eq(model.complaints, 0, "%s", model.complaint);
		model_check(&model);
	}
	end();
}

/* Two idle sites get the same lines at the same seconds: they are two logs all the same. */
Test(catalog_cases, equal_contents_of_two_logs)
{
	begin("idle sites", "*.log");
	const char *head = model_head(&model);
	for (unsigned round = 0; round < 30; round++) {
		model_append(&model, "a.log", head, strlen(head));
		model_append(&model, "b.log", head, strlen(head));
		model_run(&model, true);
		cr_expect_eq(model.other, 2, "round %u: %lu", round, model.other);
		for (size_t i = 0; round == 15 && i < model.marks_n; i++)
			model.marks[i].dev++;
	}
	model_write(&model, "a.log", 1);
	model_write(&model, "b.log", 1);
	rotate("a.log");
	rotate("b.log");
	model_append(&model, "a.log", head, strlen(head));
	model_append(&model, "b.log", head, strlen(head));
	model_run(&model, true);
	cr_expect_str_eq(model.order, "a.log.1 a.log b.log.1 b.log", "%s", model.order);
	model_release(&model);
}

/* ---- the last line ---- */

static void half(const char *name, char *rest)
{
	char line[160];
	size_t n = model_format(&model, model.next++, line, sizeof(line));
	model_append(&model, name, line, n - 5);
	snprintf(rest, 8, "%s", line + n - 5);
}

Test(catalog_cases, half_a_line_waits_for_its_end)
{
	char rest[8];
	begin("half", "a.log");
	half("a.log", rest);
	uint32_t number = model.next - 1;
	run("a.log");
	cr_expect_eq(model.seen[number], 0);
	model_append(&model, "a.log", rest, strlen(rest));
	run("a.log");
	cr_expect_eq(model.seen[number], 1);
	end();
}

static const struct {
	const char *name, *pattern, *to; /* what the file is called then */
	bool gzip, successor, idle;
	bool counts;
} halves[] = {
    {"renamed, no successor yet", "a.log*", "a.log.1", false, false, false, false},
    {"renamed, with a successor", "a.log*", "a.log.1", false, true, false, true},
    {"renamed, by name", "a.log", "a.log.1", false, true, false, true},
    {"compressed", "a.log*", "a.log.1", true, false, false, true},
    {"another name that begins so", "a.log*", "a.log-api", false, true, false, false},
    {"dates in the names, just written", "a*.log", "a-20261004.log", false, false, false, false},
    {"dates in the names, idle, alone", "a*.log", "a-20261004.log", false, false, true, false},
    {"dates in the names, idle", "a*.log", "a-20261004.log", false, true, true, true},
};

Test(catalog_cases, half_a_line_counts_when_its_file_is_done)
{
	for (size_t i = 0; i < COUNT(halves); i++) {
		char rest[8];
		begin(halves[i].name, halves[i].pattern);
		model_write(&model, "a.log", 2);
		half("a.log", rest);
		uint32_t number = model.next - 1;
		run("a.log");
		cr_expect_eq(model.seen[number], 0, "%s", model.row);
		model_rename(&model, "a.log", halves[i].to);
		if (halves[i].gzip)
			model_gzip(&model, halves[i].to, false);
		bool dated = strchr(halves[i].pattern, '*') && !strcmp(halves[i].pattern, "a*.log");
		if (halves[i].successor)
			model_write(&model, dated ? "a-20261005.log" : "a.log", 1);
		model.idle_ns = halves[i].idle ? 1 : 0;
		for (int again = 0; again < 3; again++)
			model_run(&model, true);
		cr_expect_eq(model.seen[number], halves[i].counts, "%s: %d", model.row,
			     model.seen[number]);
		end();
	}
}

Test(catalog_cases, a_file_that_grows_while_it_is_read)
{
	for (size_t chunk = 1; chunk < 2000; chunk = 2 * chunk + 1) {
		begin("growing", "a.log");
		model.chunk = chunk;
		model_write(&model, "a.log", 50);
		model.grows = "a.log";
		model.grows_n = 30;
		model_run(&model, true);
		while (model.grows_n)
			model_run(&model, true);
		model_run(&model, true);
		end();
	}
}

/* The last of several sources gives a line to a file that was read before: the next run has it. */
Test(catalog_cases, a_file_that_grows_after_it_was_read)
{
	begin("behind our back", "a.log");
	model_watch(&model, "b.log");
	model_write(&model, "a.log", 5);
	model_write(&model, "b.log", 5);
	model.grows = "a.log";
	model.grows_n = 2;
	model_run(&model, true);
	cr_expect_str_eq(model.order, "a.log b.log");
	run("a.log");
	end();
}

/* ---- what cannot be read ---- */

static const struct {
	const char *name, *bytes, *says;
} odd[] = {
    {"zstd", "\x28\xB5\x2F\xFDxxxxxxxx", "zstd"},
    {"xz",
     "\xFD"
     "7zXZ\0xxxx",
     "xz"},
    {"no format", "some text\nthat is no log\nat all\n", "a.log.1"},
};

Test(catalog_cases, others_go_on_when_one_cannot_be_read)
{
	for (size_t i = 0; i < COUNT(odd); i++) {
		begin(odd[i].name, "a.log*");
		model.log_format = NULL;
		model_write(&model, "a.log", 10);
		model_append(&model, "a.log.1", odd[i].bytes, strlen(odd[i].bytes));
		model_run(&model, true);
		cr_expect_str_eq(model.order, "a.log", "%s: %s", model.row, model.order);
		cr_expect_eq(model.complaints, 1, "%s", model.row);
		cr_expect_eq(model.failed, 1, "%s", model.row);
		cr_expect(strstr(model.complaint, odd[i].says), "%s: %s", model.row,
			  model.complaint);
		model_check(&model);
		model_release(&model);
		begin(odd[i].name, "a.log"); /* beside a file that is named, it is none of ours */
		model.log_format = NULL;
		model_write(&model, "a.log", 10);
		run("a.log");
		model_append(&model, "a.log.1", odd[i].bytes, strlen(odd[i].bytes));
		model_write(&model, "a.log", 1);
		run("a.log");
		end();
	}
}

Test(catalog_cases, missing_and_odd_names)
{
	begin("missing", "a.log");
	model_run(&model, true);
	cr_expect_eq(model.failed, 1);
	cr_expect(strstr(model.complaint, "a.log: no such file"), "%s", model.complaint);
	model_write(&model, "a.log", 1);
	run("a.log");
	model_write(&model, "a.log", 1);
	rotate("a.log");
	run("a.log.1"); /* the server has not written since: no error */
	run("");
	unlink(model_path(&model, "a.log.1"));
	model_run(&model, true);
	cr_expect_eq(model.failed, 1);
	model_release(&model);
	begin("no match", "*.log");
	model_run(&model, true);
	cr_expect_eq(model.complaints, 1);
	cr_expect_eq(model.failed, 0);
	cr_expect(strstr(model.complaint, "no file matches"), "%s", model.complaint);
	cr_assert_eq(mkdir(model_path(&model, "d.log"), 0755), 0);
	cr_assert_eq(mkfifo(model_path(&model, "f.log"), 0644), 0);
	cr_assert_eq(symlink("nowhere", model_path(&model, "l.log")), 0);
	cr_assert_eq(symlink("loop.log", model_path(&model, "loop.log")), 0);
	model_run(&model, true);
	cr_expect_eq(model.failed, 3, "a directory, a pipe and a link to itself: %zu",
		     model.failed);
	end();
}

Test(catalog_cases, no_permission)
{
	begin("permission", "a.log*");
	cr_assert_eq(chmod(model.directory, 0755), 0);
	model_write(&model, "a.log", 10);
	run("a.log");
	model_write(&model, "a.log", 10);
	model_write(&model, "a.log.1", 10);
	cr_assert_eq(chmod(model_path(&model, "a.log"), 0), 0);
	if (geteuid() == 0)
		cr_assert_eq(seteuid(65534), 0);
	model_run(&model, false);
	cr_expect_str_eq(model.order, "a.log.1");
	cr_expect_eq(model.failed, 1);
	cr_expect(strstr(model.complaint, "a.log: cannot open") &&
		      strstr(model.complaint, "Permission denied"),
		  "%s", model.complaint);
	if (getuid() == 0)
		cr_assert_eq(seteuid(0), 0);
	cr_assert_eq(chmod(model_path(&model, "a.log"), 0644), 0);
	run("a.log.1 a.log");
	end();
}

/* ---- many ---- */

static int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static size_t open_files(void)
{
	size_t n = 0;
	DIR *directory = opendir("/proc/self/fd");
	while (readdir(directory))
		n++;
	closedir(directory);
	return n;
}

struct many {
	struct mark *marks;
	size_t n, unchanged, read, files;
	int64_t open_us;
};

static void run_many(struct many *many)
{
	struct catalog_source source = {.name = "many",
					.patterns = model.patterns,
					.patterns_n = model.patterns_n,
					.options = model_options(&model)};
	struct catalog_options options = {.sources = &source,
					  .sources_n = 1,
					  .marks = many->marks,
					  .marks_n = many->n,
					  .key = model_key};
	struct catalog catalog;
	struct chunk chunk = {0};
	struct error error;
	size_t before = open_files();
	int64_t start = now_us();
	cr_assert_eq(catalog_open(&catalog, &options, &error), 0);
	many->open_us = now_us() - start;
	cr_expect_eq(open_files(), before, "descriptors stay open");
	many->unchanged = catalog.unchanged;
	many->files = catalog.n;
	many->read = 0;
	for (size_t i = 0; i < catalog.n; i++)
		if (catalog.all[i].source) {
			many->read++;
			while (source_read(catalog.all[i].source, &chunk, &error) > 0)
				;
		}
	cr_assert_eq(catalog_advance(&catalog, &error), 0);
	struct mark *marks = calloc(catalog.n, sizeof(*marks));
	for (size_t i = 0; i < catalog.n; i++) {
		mark_copy(&marks[i], &catalog.all[i].mark);
		marks[i].id = (int64_t)i + 1;
	}
	for (size_t i = 0; i < many->n; i++)
		mark_release(&many->marks[i]);
	free(many->marks);
	many->marks = marks;
	many->n = catalog.n;
	chunk_release(&chunk);
	catalog_release(&catalog);
}

Test(catalog_cases, ten_thousand_sources, .timeout = 300)
{
	enum { MANY = 10000 };
	struct many many = {0};
	begin("many", "*.log");
	const char *head = model_head(&model); /* all begin the same */
	for (unsigned i = 0; i < MANY; i++) {
		char name[32], line[160];
		snprintf(name, sizeof(name), "site%05u.log", i);
		size_t n = model_format(&model, 1 + i % 60000, line, sizeof(line));
		FILE *file = fopen(model_path(&model, name), "wb");
		for (int k = 0; k < 12; k++)
			fputs(head, file);
		fwrite(line, 1, n, file);
		fclose(file);
	}
	run_many(&many);
	printf("catalog: %d new files with equal first kilobytes %ld ms\n", MANY,
	       many.open_us / 1000);
	cr_expect_eq(many.read, MANY, "%zu", many.read);
	sleep(3);
	run_many(&many);
	run_many(&many);
	printf("catalog: %d unchanged files %ld ms\n", MANY, many.open_us / 1000);
	cr_expect_eq(many.unchanged, MANY);
	cr_expect_eq(many.read, 0);
	cr_expect_lt(many.open_us, 1000000, "this is to be well under 100 ms on an idle machine");
	for (size_t i = 0; i < many.n; i++) /* after a reboot */
		many.marks[i].dev++;
	run_many(&many);
	printf("catalog: %d files on another device %ld ms\n", MANY, many.open_us / 1000);
	cr_expect_eq(many.read, 0, "%zu", many.read);
	for (unsigned i = 0; i < MANY; i++) {
		char from[32], to[32];
		snprintf(from, sizeof(from), "site%05u.log", i);
		snprintf(to, sizeof(to), "site%05u.log.1", i);
		model_rename(&model, from, to);
		model_append(&model, to, head, strlen(head));
		model_append(&model, from, head, strlen(head));
	}
	run_many(&many);
	printf("catalog: %d rotated files %ld ms\n", MANY, many.open_us / 1000);
	cr_expect_eq(many.read, 2 * MANY, "%zu", many.read);
	for (size_t i = 0; i < many.n; i++)
		mark_release(&many.marks[i]);
	free(many.marks);
	model_release(&model);
}
