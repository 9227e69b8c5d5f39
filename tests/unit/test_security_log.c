/*
 * The files of the security log under kills, failures and everything at random: what was committed
 * is there exactly once. tests/unit/test_security_files.c has the single cases.
 */
#include "security_case.h"
#include <criterion/criterion.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

TestSuite(security_log, .init = make_folder, .fini = remove_folder);

/* ---- a program in small: three days, commits, closes; it goes on where its state is ---- */

enum { LINES = 48, BATCH = 12, FIRST_DAY = 20000, DAYS = 3, LONG_LINE = 70000 };

static int32_t day_of(int line)
{
	int day = line / (LINES / DAYS);
	return FIRST_DAY + (line % 7 == 0 && day ? day - 1 : day); /* some are late */
}

static size_t make_line(int line, char *out)
{
	static const char form[] = "line %03d of day %d ";
	int n = snprintf(out, 100, form, line, (int)day_of(line));
	size_t size = (size_t)n;
	if (line % 20 == 10) { /* longer than the buffer */
		memset(out + size, 'x', LONG_LINE);
		size += LONG_LINE;
	}
	out[size++] = '\n';
	return size;
}

static int report(const char *what, const struct error *error)
{
	bool named = strstr(error->text, folder) != NULL;
	cr_expect(named && strstr(error->text, ": "), "%s says '%s'", what, error->text);
	return -1;
}

/* A day is over when all its lines are committed, and none can come late. */
static bool is_over(const struct state *state, int32_t day)
{
	for (int i = state->position; i < LINES; i++)
		if (day_of(i) == day)
			return false;
	return true;
}

static int close_days(struct security_log *log, struct state *state, struct error *error)
{
	int result = 0;
	for (int32_t day = FIRST_DAY; day < FIRST_DAY + DAYS; day++) {
		if (!is_over(state, day))
			continue; /* closed days are closed again: that does nothing */
		for (size_t i = 0; i < state->n; i++)
			state->files[i].closed |= state->files[i].day == day;
		if (security_log_close_day(log, day, error))
			result = report("close", error);
	}
	return result;
}

/* -1 when anything failed; what was committed is in *state all the same. */
static int run_on(struct state *state)
{
	static char line[LONG_LINE + 200];
	struct error error = {""};
	const struct security_log_options options = options_of(true);
	struct security_log *log = security_log_open(&options, state->files, state->n, &error);
	int result = log ? 0 : report("open", &error), position = state->position;
	if (log && close_days(log, state, &error)) /* a kill may have come before */
		result = -1;
	while (log && !result && position < LINES) {
		for (int i = 0; i < BATCH && !result; i++, position++)
			if (security_log_append(log, day_of(position),
						slice_make(line, make_line(position, line)),
						&error))
				result = report("append", &error);
		if (result || security_log_sync(log, &error)) {
			result = report("sync", &error);
			break;
		}
		keep(state, log);
		state->position = position;
		if (security_log_committed(log, &error))
			result = report("committed", &error);
		if (close_days(log, state, &error))
			result = -1;
		if (result)
			break;
	}
	security_log_free(log);
	return result;
}

static char *wanted_of(int32_t day)
{
	char *text = calloc(LINES + 1, LONG_LINE + 200);
	size_t n = 0;
	for (int i = 0; i < LINES; i++)
		if (day_of(i) == day)
			n += make_line(i, text + n);
	return text;
}

/* Everything of each day, in the state's order, and nothing else in the directory. */
static void expect_all(const struct state *state, const char *about, int at)
{
	char names[1024] = "";
	for (int32_t day = FIRST_DAY; day < FIRST_DAY + DAYS; day++) {
		char *wanted = wanted_of(day);
		const char *name = file_name(day, 0, SECURITY_GZ);
		char *text = get(name, NULL);
		cr_assert(text && strcmp(text, wanted) == 0, "%s %d: %s has %zu bytes; %s", about,
			  at, name, text ? strlen(text) : 0, listing());
		size_t n = strlen(names);
		snprintf(names + n, sizeof(names) - n, "%s ", name);
		free(text);
		free(wanted);
	}
	cr_assert_str_eq(listing(), names, "%s %d", about, at);
	cr_assert_eq(state->position, LINES);
	cr_assert_eq(warned, 0, "%s %d: %s", about, at, warnings);
}

/* Runs on in a child; its exit status. The state is shared memory. */
static int run_child(struct state *state, enum stop_kind kind, int at)
{
	pid_t child = fork();
	if (child == 0) {
		stop_kind = kind;
		stop_at = at;
		int failed = run_on(state);
		_exit(failed ? 1 : 0);
	}
	int status;
	waitpid(child, &status, 0);
	cr_assert(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

static struct state *shared_state(void)
{
	struct state *state =
	    mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert(state != MAP_FAILED);
	return state;
}

Test(security_log, an_undisturbed_run)
{
	struct state state = {.n = 0};
	cr_assert_eq(run_on(&state), 0);
	expect_all(&state, "call", -1);
	cr_assert(calls > 100, "%u calls", calls);
}

/* At every call, and then again while what it left is being put right. */
Test(security_log, a_kill_at_every_call, .timeout = 300)
{
	struct state *state = shared_state();
	unsigned seed = (unsigned)time(NULL), kills = 0;
	fprintf(stderr, "seed %u\n", seed);
	srand(seed);
	int status = KILLED;
	for (int at = 0; status == KILLED; at++) {
		memset(state, 0, sizeof(*state));
		empty_folder();
		status = run_child(state, STOP_KILL, at);
		kills += status == KILLED;
		for (int again = rand() % 4; status == KILLED && again > 0; again--)
			kills += run_child(state, STOP_KILL, rand() % 60) == KILLED;
		cr_assert_eq(run_child(state, STOP_KILL, -1), 0, "kill at %d", at);
		expect_all(state, "kill at", at);
	}
	cr_assert_eq(status, 0);
	fprintf(stderr, "%u kills\n", kills);
	cr_assert(kills > 250, "%u", kills);
}

/* Nothing that failed is called durable, and the next run puts it right. */
static void fail_at_every_call(enum stop_kind kind)
{
	struct state *state = shared_state();
	unsigned failures = 0;
	cr_assert_eq(run_on(state), 0);
	int all = (int)calls;
	for (int at = 0; at <= all; at++) {
		memset(state, 0, sizeof(*state));
		empty_folder();
		int status = run_child(state, kind, at);
		cr_assert(status == 0 || status == 1, "failure at %d: status %d", at, status);
		failures += status == 1;
		cr_assert_eq(run_child(state, STOP_KILL, -1), 0, "failure at %d", at);
		expect_all(state, "failure at", at);
	}
	fprintf(stderr, "%u failures of %d calls\n", failures, all);
	cr_assert(failures > 100, "%u", failures);
}

Test(security_log, a_failure_of_every_call, .timeout = 300)
{
	fail_at_every_call(STOP_FAIL_ONCE);
}

Test(security_log, failures_from_every_call_on, .timeout = 300)
{
	fail_at_every_call(STOP_FAIL_ALWAYS);
}
