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

/* ---- a model: everything that may happen, at random ---- */

enum { MODEL_DAYS = 24, STEPS = 250, ROUNDS = 30, TODAY = FIRST_DAY + MODEL_DAYS };

struct model_day {
	char *text; /* what must be found, in the parts from `first` on */
	size_t n, committed;
	unsigned first;
	bool closed, expired, foreign; /* foreign: its name was taken before it began */
};

struct model {
	struct model_day days[MODEL_DAYS];
	struct state state;
	struct security_log *log;
	bool gzip;
	unsigned retention;
};

static void model_open(struct model *model)
{
	struct security_log_options options = options_of(model->gzip);
	struct error error = {""};
	options.retention_days = model->retention;
	model->log = security_log_open(&options, model->state.files, model->state.n, &error);
	cr_assert_not_null(model->log, "%s", error.text);
}

static void model_append(struct model *model)
{
	int i = rand() % MODEL_DAYS;
	struct model_day *day = &model->days[i];
	struct error error = {""};
	if (day->closed)
		return;
	size_t n = rand() % 40 == 0 ? 60000 + (size_t)rand() % 80000 : 20 + (size_t)rand() % 300;
	day->text = realloc(day->text, day->n + n + 1);
	for (size_t at = day->n; at < day->n + n; at++)
		day->text[at] = (char)(rand() % 30 ? 'a' + rand() % 26 : '\n');
	day->text[day->n + n - 1] = '\n';
	cr_assert_eq(security_log_append(model->log, FIRST_DAY + i,
					 slice_make(day->text + day->n, n), &error),
		     0, "%s", error.text);
	day->n += n;
}

/* The committed bytes of a file, whatever form it has. */
static char *model_read(const struct security_file *file, size_t *ret_n)
{
	static const enum security_suffix forms[] = {SECURITY_PLAIN, SECURITY_NEW, SECURITY_GZ};
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		char *text = get(file_name(file->day, file->part, forms[i]), ret_n);
		if (text)
			return text;
	}
	*ret_n = 0;
	return calloc(1, 1);
}

static void model_check(struct model *model)
{
	for (int i = 0; i < MODEL_DAYS; i++) {
		struct model_day *day = &model->days[i];
		size_t at = 0;
		for (size_t f = 0; f < model->state.n; f++) {
			const struct security_file *file = &model->state.files[f];
			size_t n;
			if (file->day != FIRST_DAY + i || file->part < day->first || !file->length)
				continue;
			char *text = model_read(file, &n);
			cr_assert(n >= file->length && at + file->length <= day->n &&
				      memcmp(text, day->text + at, file->length) == 0,
				  "day %d, part %u: %zu bytes, %zu committed", i, file->part, n,
				  (size_t)file->length);
			at += file->length;
			free(text);
		}
		cr_assert_eq(at, day->expired ? 0 : day->committed, "day %d: %zu of %zu bytes", i,
			     at, day->committed);
		if (day->foreign && !day->expired)
			expect_file(file_name(FIRST_DAY + i, 0, SECURITY_PLAIN), "foreign\n");
	}
}

static void model_commit(struct model *model, bool close)
{
	struct error error = {""};
	int chosen = rand() % MODEL_DAYS;
	struct model_day *day = &model->days[chosen];
	cr_assert_eq(security_log_sync(model->log, &error), 0, "%s", error.text);
	keep(&model->state, model->log);
	for (int i = 0; i < MODEL_DAYS; i++)
		model->days[i].committed = model->days[i].n;
	close = close && !day->closed;
	for (size_t f = 0; close && f < model->state.n; f++)
		model->state.files[f].closed |= model->state.files[f].day == FIRST_DAY + chosen;
	day->closed |= close;
	if (rand() % 4 == 0)
		return; /* killed right behind it, or never told; the next step may be a crash */
	cr_assert_eq(security_log_committed(model->log, &error), 0, "%s", error.text);
	if (close)
		cr_assert_eq(security_log_close_day(model->log, FIRST_DAY + chosen, &error), 0,
			     "%s", error.text);
}

/* What a file of a hot day may become while nobody looks. */
static void model_damage(struct model *model, int i, const struct security_file *file)
{
	struct model_day *day = &model->days[i];
	const char *plain = in_folder(file_name(file->day, file->part, SECURITY_PLAIN));
	int how = rand() % 4;
	if (how == 0 ? truncate(plain, (off_t)((uint64_t)rand() % file->length)) : 0)
		return; /* not there under this name */
	if (how == 1 && unlink(plain))
		return;
	if (how == 2 && rename(plain, in_folder("moved")))
		return;
	if (how == 3) {
		if (access(plain, F_OK))
			return;
		FILE *out = fopen(plain, "w");
		for (uint64_t n = 0; n < file->length + 9; n++)
			putc('z', out);
		fclose(out);
	}
	day->n = day->committed = 0;
	day->first = file->part + 1;
}

/* Leaves what a killed run may leave, lets things happen, and starts again. */
static void model_crash(struct model *model)
{
	security_log_free(model->log);
	for (int i = 0; i < MODEL_DAYS; i++)
		model->days[i].n = model->days[i].committed;
	for (size_t f = 0; f < model->state.n; f++) {
		const struct security_file *file = &model->state.files[f];
		const char *name = file_name(file->day, file->part, SECURITY_PLAIN);
		bool last = f + 1 == model->state.n || file[1].day != file->day;
		if (!last || file->closed)
			continue;
		if (file->length && exists(name) && rand() % 3 == 0)
			put(name, "garbage\nof a killed ru", "a");
		if (file->length && rand() % 20 == 0)
			model_damage(model, file->day - FIRST_DAY, file);
	}
	put(file_name(FIRST_DAY + rand() % MODEL_DAYS, 77, SECURITY_NEW), "garbage\n", "w");
	put(file_name(FIRST_DAY + rand() % MODEL_DAYS, 0, SECURITY_GZ_NEW), "garbage", "w");
	model_open(model);
}

static void model_expire(struct model *model)
{
	size_t n;
	cr_assert_eq(security_log_expire(model->log, TODAY, &n, NULL), 0);
	for (int i = 0; i < MODEL_DAYS - (int)model->retention; i++) {
		struct model_day *day = &model->days[i];
		bool hot = false;
		for (size_t f = 0; f < model->state.n; f++)
			hot |= model->state.files[f].day == FIRST_DAY + i &&
			       !model->state.files[f].closed;
		day->foreign &= hot || day->n;
		day->expired |= day->closed;
	}
	keep(&model->state, model->log);
}

static void model_step(struct model *model)
{
	int what = rand() % 100;
	if (what < 70) {
		model_append(model);
	} else if (what < 85) {
		model_commit(model, false);
		model_check(model);
	} else if (what < 90) {
		model_commit(model, true);
		model_crash(model); /* the close is told, or found at the start */
		model_check(model);
	} else if (what < 98) {
		model_crash(model);
		model_check(model);
	} else {
		model_commit(model, false);
		model_expire(model);
		model_check(model);
	}
}

Test(security_log, the_model, .timeout = 300)
{
	unsigned seed = (unsigned)time(NULL);
	const char *given = getenv("SEED");
	seed = given ? (unsigned)strtoul(given, NULL, 10) : seed;
	fprintf(stderr, "seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < ROUNDS; round++) {
		struct model *model = calloc(1, sizeof(*model));
		empty_folder();
		model->gzip = round % 3 != 0;
		model->retention = (unsigned)rand() % MODEL_DAYS + 1;
		for (int i = 0; i < MODEL_DAYS; i++)
			if ((model->days[i].foreign = rand() % 8 == 0))
				put(file_name(FIRST_DAY + i, 0, SECURITY_PLAIN), "foreign\n", "w");
		model_open(model);
		for (int step = 0; step < STEPS; step++)
			model_step(model);
		model_commit(model, false);
		model_check(model);
		security_log_free(model->log);
		for (int i = 0; i < MODEL_DAYS; i++)
			free(model->days[i].text);
		free(model);
	}
}
