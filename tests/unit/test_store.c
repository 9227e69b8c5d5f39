/* The state: opening, transactions, days and rows. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "aggregate/tally/store.h"

static char directory[] = "/tmp/veiltally-store-XXXXXX";

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

TestSuite(store, .init = make_directory, .fini = remove_directory);

Test(store, first)
{
	struct error error = {""};
	struct store_options options = {.directory = directory, .zone = "UTC"};
	for (int round = 0; round < 3; round++) {
		struct store *store = store_open(&options, &error);
		cr_assert(store, "%s", error.text);
		cr_assert_eq(store_begin(store, &error), 0, "%s", error.text);
		struct store_day day = {.day = 20000, .opened = 5};
		cr_assert_eq(store_put_day(store, &day, &error), 0, "%s", error.text);
		struct store_row row = {.day = 20000,
					.table = STORE_CELL,
					.key = slice_from("abc"),
					.body = slice_from("body")};
		cr_assert_eq(store_put_row(store, &row, &error), 0, "%s", error.text);
		struct mark mark = {
		    .path = (char *)"/var/log/x", .source = (char *)"", .offset = 7};
		cr_assert_eq(store_put_mark(store, &mark, &error), 0, "%s", error.text);
		cr_assert_eq(store_put_setting(store, "a", "b", &error), 0, "%s", error.text);
		cr_assert_eq(store_commit(store, &error), 0, "%s", error.text);
		struct store_day *days;
		size_t n;
		cr_assert_eq(store_days(store, &days, &n, &error), 0, "%s", error.text);
		cr_assert_eq(n, 1);
		free(days);
		struct mark *marks;
		cr_assert_eq(store_marks(store, &marks, &n, &error), 0, "%s", error.text);
		cr_assert_eq(n, round + 1);
		for (size_t i = 0; i < n; i++)
			mark_release(&marks[i]);
		free(marks);
		char *value;
		cr_assert_eq(store_setting(store, "a", &value, &error), 0, "%s", error.text);
		cr_assert_str_eq(value, "b");
		free(value);
		store_free(store);
	}
}
