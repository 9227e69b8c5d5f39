/* keys.c: which days have keys, who could open them, and the end of one by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "aggregate/veil/escrow.h"
#include "aggregate/veil/escrow_text.h"
#include "aggregate/veil/keyring.h"
#include "cli/command.h"
#include "cli/ledger_entry.h"
#include "cli/state.h"

/* A key of a day. */
struct row {
	int32_t day;
	uint8_t kid[KID_SIZE];
	bool hot;
	enum escrow_state escrow;
	const char *mode; /* NULL: sealed in the record */
};

struct listing {
	const struct options *options;
	char *escrow_path, *keys_path;
	struct store_day *days;
	size_t days_n;
	struct escrow *escrow;
	struct keyring *keyring;
	struct row *rows;
	size_t n;
};

static void usage(void)
{
	puts("usage: veiltally keys [OPTION...]\n"
	     "       veiltally keys --destroy YYYY-MM-DD [--yes] [--reason TEXT] [OPTION...]\n\n"
	     "Lists the keys of days: hot (the day is open), closed (destroyed when it closed), "
	     "lost (gone while\nthe day was open) or gone (of a day this state does not have), and "
	     "whether the holder of the\nescrow key can open their pseudonyms. --destroy ends an "
	     "open day at once: it closes with what its\nkey had sealed folded into (other), and "
	     "leaves a row in the ledger.\n");
	options_help(COMMAND_KEYS);
}

/* ---- what there is ---- */

static int find_days(struct listing *listing, struct error *error)
{
	const struct options *options = listing->options;
	struct store_options store = {.directory = options->state,
				      .read_only = true,
				      .zone = NULL,
				      .busy_ms = (unsigned)options->wait_seconds * 1000};
	if (!store_exists(options->state))
		return error_set(error, "%s: there is no state here; `veiltally run` makes one",
				 options->state);
	struct store *opened = store_open(&store, error);
	int failed = !opened || store_days(opened, &listing->days, &listing->days_n, error);
	store_free(opened);
	return failed;
}

static int open_parts(struct listing *listing, struct error *error)
{
	const struct options *options = listing->options;
	struct keyring_options keyring = {.max_open_days = (unsigned)options->max_open_days,
					  .read_only = true};
	struct stat found;
	if (asprintf(&listing->escrow_path, "%s/escrow", options->state) < 0 ||
	    asprintf(&listing->keys_path, "%s%s", options->keys ? options->keys : options->state,
		     options->keys ? "" : "/keys") < 0)
		return error_set(error, "out of memory");
	if (stat(listing->escrow_path, &found) == 0) {
		listing->escrow = escrow_open(listing->escrow_path, NULL, error);
		if (!listing->escrow)
			return -1;
	}
	keyring.directory = listing->keys_path;
	keyring.escrow = listing->escrow;
	listing->keyring = keyring_open(&keyring, error);
	return listing->keyring ? 0 : -1;
}

static struct row *add(struct listing *listing, int32_t day, const uint8_t kid[KID_SIZE],
		       struct error *error)
{
	for (size_t i = 0; i < listing->n; i++)
		if (listing->rows[i].day == day && memcmp(listing->rows[i].kid, kid, KID_SIZE) == 0)
			return &listing->rows[i];
	struct row *rows = realloc(listing->rows, (listing->n + 1) * sizeof(*rows));
	if (!rows) {
		error_set(error, "out of memory");
		return NULL;
	}
	listing->rows = rows;
	struct row *row = &rows[listing->n++];
	*row = (struct row){.day = day, .escrow = ESCROW_MISSING};
	memcpy(row->kid, kid, KID_SIZE);
	return row;
}

static int add_records(struct listing *listing, struct error *error)
{
	struct escrow_entry *all = NULL;
	struct escrow_content content;
	size_t n = 0;
	int failed = 0;
	if (!listing->escrow)
		return 0;
	if (escrow_list(listing->escrow, &all, &n, error))
		return -1;
	for (size_t i = 0; i < n && !failed; i++) {
		struct row *row = add(listing, all[i].day, all[i].kid, error);
		failed = row ? 0 : -1;
		if (failed || row->escrow == ESCROW_SEALED)
			continue;
		row->escrow = all[i].state;
		if (row->escrow == ESCROW_NONE &&
		    !escrow_none(listing->escrow, row->kid, &content, NULL))
			row->mode = address_mode_name(content.mode);
	}
	free(all);
	return failed;
}

static int add_keys(struct listing *listing, struct error *error)
{
	const struct day_keys *keys;
	int32_t day;
	for (size_t i = 0; keyring_at(listing->keyring, i, &day); i++) {
		enum keyring_answer answer = keyring_day(listing->keyring, day, &keys, error);
		if (answer == KEYRING_FAILED)
			return -1;
		if (answer != KEYRING_OPEN)
			continue;
		struct row *row = add(listing, day, keys->kid, error);
		if (!row)
			return -1;
		row->hot = true;
		row->mode = address_mode_name(keys->mode);
	}
	return 0;
}

static const char *state_of(const struct listing *listing, const struct row *row)
{
	if (row->hot)
		return "hot";
	for (size_t i = 0; i < listing->days_n; i++)
		if (listing->days[i].day == row->day)
			return listing->days[i].state == DAY_CLOSED ? "closed" : "lost";
	return "gone";
}

static int compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	/* The key in use comes last: others of its day were before it. */
	return x->hot != y->hot ? x->hot - y->hot : memcmp(x->kid, y->kid, KID_SIZE);
}

static int collect(struct listing *listing, struct error *error)
{
	if (find_days(listing, error) || open_parts(listing, error) ||
	    add_records(listing, error) || add_keys(listing, error))
		return -1;
	if (listing->n)
		qsort(listing->rows, listing->n, sizeof(*listing->rows), compare);
	return 0;
}

static void release(struct listing *listing)
{
	keyring_free(listing->keyring);
	escrow_free(listing->escrow);
	free(listing->days);
	free(listing->rows);
	free(listing->escrow_path);
	free(listing->keys_path);
}

static int print(const struct listing *listing, struct error *error)
{
	static const char *const escrowed[] = {
	    [ESCROW_MISSING] = "no record", [ESCROW_NONE] = "no", [ESCROW_SEALED] = "yes"};
	if (listing->n && !listing->options->quiet)
		printf("%-10s  %-16s  %-6s  %-9s  %s\n", "day", "kid", "key", "mode", "escrowed");
	for (size_t i = 0; i < listing->n; i++) {
		const struct row *row = &listing->rows[i];
		char day[ESCROW_DAY_TEXT], kid[ESCROW_KID_TEXT];
		escrow_text_day(row->day, day);
		escrow_text_hex(row->kid, KID_SIZE, kid);
		printf("%-10s  %-16s  %-6s  %-9s  %s\n", day, kid, state_of(listing, row),
		       row->mode ? row->mode : "-", escrowed[row->escrow]);
	}
	return fflush(stdout) ? error_errno(error, "standard output") : 0;
}

/* ---- the end of a key ---- */

static bool agree(const struct options *options)
{
	char answer[16] = "";
	if (options->yes)
		return true;
	fprintf(stderr,
		"Destroy the keys of %s? The day closes, and what is named there so far becomes "
		"(other).\nThis cannot be undone. [y/N] ",
		options->destroy);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* "2026-05-28 KID" of the key in use; -1 when the day has none. */
static int find_hot(const struct listing *listing, int32_t day, char ret[64], struct error *error)
{
	char kid[ESCROW_KID_TEXT];
	for (size_t i = 0; i < listing->n; i++) {
		if (listing->rows[i].day != day || !listing->rows[i].hot)
			continue;
		escrow_text_hex(listing->rows[i].kid, KID_SIZE, kid);
		snprintf(ret, 64, "%.10s %s", listing->options->destroy, kid);
		return 0;
	}
	return error_set(error, "%s has no key to be destroyed", listing->options->destroy);
}

static int destroy(const struct options *options, struct error *error)
{
	struct listing listing = {.options = options};
	struct state state = {0};
	int32_t day;
	char subject[64];
	if (escrow_text_day_from(slice_from(options->destroy), &day)) {
		error_set(error, "--destroy: not a day (YYYY-MM-DD)");
		return EXIT_USAGE;
	}
	int failed = collect(&listing, error) || find_hot(&listing, day, subject, error);
	release(&listing);
	if (failed)
		return EXIT_FAILED;
	if (!agree(options)) {
		error_set(error, "nothing was destroyed");
		return EXIT_FAILED;
	}
	int status = state_open(&state, options, STATE_WRITE, error);
	if (!status &&
	    (ledger_entry(options->state, LEDGER_DESTROY, subject, options->reason, error) ||
	     session_destroy(state.session, day, error)))
		status = EXIT_FAILED;
	if (!status && !options->quiet)
		printf("%s is closed, its keys are destroyed\n", options->destroy);
	state_close(&state);
	return status;
}

static int list(const struct options *options, struct error *error)
{
	struct listing listing = {.options = options};
	int failed = collect(&listing, error) || print(&listing, error);
	release(&listing);
	return failed ? EXIT_FAILED : EXIT_DONE;
}

int command_keys(int argc, char **argv)
{
	struct options options;
	struct error error;
	int status = EXIT_USAGE;
	if (options_parse(&options, COMMAND_KEYS, argc, argv, &error) == 0) {
		if (options.help) {
			usage();
			status = EXIT_DONE;
		} else if (options.files.n) {
			error_set(&error, "keys takes no files; --destroy DAY names a day");
		} else {
			status =
			    options.destroy ? destroy(&options, &error) : list(&options, &error);
		}
	}
	if (status)
		fprintf(stderr, "veiltally: %s\n", error.text);
	options_release(&options);
	return status;
}
