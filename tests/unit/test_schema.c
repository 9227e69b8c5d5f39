/* Steps from one version of the tables to the next, with made-up steps. */
#include "store_fixture.h"
#include <sqlite3.h>
#include "aggregate/store/schema.h"

static sqlite3 *db;

static void open_memory(void)
{
	cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
}

static void close_memory(void)
{
	cr_assert_eq(sqlite3_close(db), SQLITE_OK, "a statement was left open");
}

TestSuite(schema, .init = open_memory, .fini = close_memory);

static void run_sql(const char *sql)
{
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql,
		     sqlite3_errmsg(db));
}

static const char *answer(const char *sql)
{
	static char text[256];
	sqlite3_stmt *statement;
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK, "%s: %s", sql,
		     sqlite3_errmsg(db));
	bool found = sqlite3_step(statement) == SQLITE_ROW;
	const unsigned char *value = found ? sqlite3_column_text(statement, 0) : NULL;
	snprintf(text, sizeof(text), "%s", value ? (const char *)value : "-");
	sqlite3_finalize(statement);
	return text;
}

static const char *const add_column[] = {"ALTER TABLE hot ADD COLUMN s8 INTEGER NOT NULL DEFAULT 3",
					 "CREATE TABLE more(x)", NULL};
static const char *const fill_table[] = {"INSERT INTO more SELECT s8 FROM hot", NULL};
static const char *const broken[] = {"CREATE TABLE almost(x)", "INSERT INTO nowhere VALUES(1)",
				     NULL};

Test(schema, an_older_state_is_brought_up_step_by_step)
{
	size_t n, version;
	const struct schema_step *first = schema_steps(&n);
	cr_assert_eq(n, 1, "add the new step to this test");
	const struct schema_step steps[] = {
	    first[0], {"a column", add_column}, {"rows", fill_table}};
	ok(schema_make(db, steps, 1, "UTC", &problem));
	ok(schema_identify(db, &version, &problem));
	cr_assert_eq(version, 1);
	ok(schema_verify(db, &problem));
	run_sql("INSERT INTO hot VALUES(1, 1, x'00', 0, 0, 0, 0, 0, 0, 0, 0, 0, x'', 0)");
	run_sql("CREATE VIEW mine AS SELECT * FROM days");
	ok(schema_verify(db, &problem));
	ok(schema_bring_up(db, steps, 1, 3, &problem));
	ok(schema_identify(db, &version, &problem));
	cr_expect_eq(version, 3);
	ok(schema_verify(db, &problem));
	cr_expect_str_eq(answer("SELECT x FROM more"), "3");
	cr_expect_str_eq(answer("SELECT group_concat(version || ' ' || what) FROM migration"),
			 "1 tables,2 a column,3 rows");
	cr_expect_str_eq(answer("SELECT count(*) FROM mine"), "0", "a user's view is gone");
	cr_expect_str_eq(answer("SELECT value FROM meta WHERE name = 'zone'"), "UTC");
	/* The new table is one of ours now. */
	run_sql("ALTER TABLE more RENAME TO less");
	cr_expect_eq(schema_verify(db, &problem), -1);
}

Test(schema, a_step_that_fails_leaves_the_older_state)
{
	size_t n, version;
	const struct schema_step *first = schema_steps(&n);
	const struct schema_step steps[] = {first[0], {"a column", add_column}, {"no", broken}};
	ok(schema_make(db, steps, 1, "UTC", &problem));
	cr_expect_eq(schema_bring_up(db, steps, 1, 3, &problem), -1);
	cr_expect(strstr(problem.text, "nowhere"), "%s", problem.text);
	ok(schema_identify(db, &version, &problem));
	cr_expect_eq(version, 1);
	ok(schema_verify(db, &problem));
	cr_expect_str_eq(answer("SELECT count(*) FROM sqlite_master WHERE name IN ('more', "
				"'almost')"),
			 "0");
}

Test(schema, what_is_no_state_has_no_version)
{
	size_t version;
	cr_expect_eq(schema_identify(db, &version, &problem), -1);
	run_sql("PRAGMA application_id = 1987341433");
	cr_expect_eq(SCHEMA_APPLICATION, 1987341433);
	cr_expect_eq(schema_identify(db, &version, &problem), -1);
	cr_expect(strstr(problem.text, "no schema version"), "%s", problem.text);
}
