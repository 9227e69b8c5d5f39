/* reveal.c: from pseudonyms of the security log back to addresses, for who has the escrow key and a
 * reason. The ledger says so before anything is printed. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "aggregate/veil/escrow.h"
#include "aggregate/veil/escrow_text.h"
#include "cli/command.h"
#include "cli/ledger_entry.h"
#include "cli/options.h"

struct job { /* a pseudonym of the command line */
	const char *given, *pseudonym;
	uint8_t kid[KID_SIZE];
	bool has_kid;
	struct address address;
};

struct reveal {
	const struct options *options;
	struct escrow *escrow;
	struct escrow_key *key;
	struct job *jobs;
	size_t n;
	struct escrow_content *opened; /* one per kid */
	size_t opened_n;
};

static void usage(void)
{
	puts("usage: veiltally reveal --key FILE --reason TEXT [OPTION...] [KID:]PSEUDONYM...\n\n"
	     "Prints the address behind each pseudonym (v_ and 32 hex digits) of the security log, "
	     "with the\nprivate key of the escrow certificate. The kid stands beside the pseudonym "
	     "in the log; it may be\nleft out where --kid, --day or the state leave one only. Each "
	     "use leaves a row in the ledger:\npseudonyms and reason, no address.\n");
	options_help(COMMAND_REVEAL);
}

/* ---- what is asked for ---- */

static bool is_pseudonym(const char *text)
{
	uint8_t bytes[16];
	return strncmp(text, "v_", 2) == 0 &&
	       !escrow_text_hex_from(slice_from(text + 2), bytes, 16);
}

static int understand(struct job *job, const char *given, struct error *error)
{
	const char *colon = strchr(given, ':');
	job->given = given;
	job->pseudonym = colon ? colon + 1 : given;
	if (strncmp(job->pseudonym, "x_", 2) == 0)
		return error_set(error,
				 "%s stands for a client that was no address; it cannot be "
				 "opened",
				 job->pseudonym);
	/* Not quoted: it may be an address. */
	if (!is_pseudonym(job->pseudonym))
		return error_set(error, "an argument is no pseudonym: v_ and 32 hex digits, "
					"perhaps with KID: before it");
	if (colon) {
		size_t n = (size_t)(colon - given);
		if (escrow_text_hex_from(slice_make(given, n), job->kid, KID_SIZE))
			return error_set(error, "the kid before %s is not 16 hex digits",
					 job->pseudonym);
		job->has_kid = true;
	}
	return 0;
}

static int understand_all(struct reveal *reveal, struct error *error)
{
	const struct options *options = reveal->options;
	if (!options->key)
		return error_set(error, "--key is missing: the private key of the escrow "
					"certificate");
	if (!options->reason || !*options->reason)
		return error_set(error, "--reason is missing: it goes into the ledger");
	if (!options->files.n)
		return error_set(error, "no pseudonym given");
	reveal->jobs = calloc(options->files.n, sizeof(*reveal->jobs));
	reveal->opened = calloc(options->files.n, sizeof(*reveal->opened));
	if (!reveal->jobs || !reveal->opened)
		return error_set(error, "out of memory");
	reveal->n = options->files.n;
	for (size_t i = 0; i < reveal->n; i++)
		if (understand(&reveal->jobs[i], options->files.all[i], error))
			return -1;
	return 0;
}

/* The kid of pseudonyms that came without: --kid, or the only sealed record (of --day). */
static int only_kid(const struct reveal *reveal, uint8_t ret[KID_SIZE], struct error *error)
{
	const struct options *options = reveal->options;
	struct escrow_entry *all;
	size_t n, sealed = 0;
	int32_t day = 0;
	if (options->kid && escrow_text_hex_from(slice_from(options->kid), ret, KID_SIZE)) {
		error_set(error, "--kid: not 16 hex digits");
		return EXIT_USAGE;
	}
	if (options->kid)
		return EXIT_DONE;
	if (options->day && escrow_text_day_from(slice_from(options->day), &day)) {
		error_set(error, "--day: not a day (YYYY-MM-DD)");
		return EXIT_USAGE;
	}
	if (escrow_list(reveal->escrow, &all, &n, error))
		return EXIT_FAILED;
	for (size_t i = 0; i < n; i++) {
		if (all[i].state != ESCROW_SEALED || (options->day && all[i].day != day))
			continue;
		memcpy(ret, all[i].kid, KID_SIZE);
		sealed++;
	}
	free(all);
	if (sealed == 1)
		return EXIT_DONE;
	error_set(error,
		  "%s%s%s: give the kid that stands beside the pseudonym in the log, as "
		  "KID:v_... or --kid",
		  sealed ? "there are several escrow records" : "there is no escrow record",
		  options->day ? " of " : "", options->day ? options->day : "");
	return sealed ? EXIT_USAGE : EXIT_REFUSED;
}

static int find_kids(struct reveal *reveal, struct error *error)
{
	uint8_t kid[KID_SIZE];
	bool known = false;
	for (size_t i = 0; i < reveal->n; i++) {
		struct job *job = &reveal->jobs[i];
		if (job->has_kid)
			continue;
		int status = known ? EXIT_DONE : only_kid(reveal, kid, error);
		if (status)
			return status;
		known = true;
		memcpy(job->kid, kid, KID_SIZE);
	}
	return EXIT_DONE;
}

/* ---- opening ---- */

/* A kid without a key in escrow is refused before the private key is asked for. */
static int check_kid(const struct reveal *reveal, const uint8_t kid[KID_SIZE], struct error *error)
{
	char hex[ESCROW_KID_TEXT];
	escrow_text_hex(kid, KID_SIZE, hex);
	switch (escrow_find(reveal->escrow, kid, NULL)) {
	case ESCROW_SEALED:
		return EXIT_DONE;
	case ESCROW_NONE:
		error_set(error,
			  "the key %s was not escrowed: nobody can open its pseudonyms once "
			  "its day is closed",
			  hex);
		return EXIT_REFUSED;
	case ESCROW_MISSING:
	default:
		error_set(error,
			  "there is no escrow record of the key %s: it is of another state, "
			  "or its record has been removed",
			  hex);
		return EXIT_REFUSED;
	}
}

static struct pseudonym_keys *keys_of(struct reveal *reveal, const uint8_t kid[KID_SIZE],
				      struct error *error)
{
	for (size_t i = 0; i < reveal->opened_n; i++)
		if (memcmp(reveal->opened[i].kid, kid, KID_SIZE) == 0)
			return reveal->opened[i].keys;
	struct escrow_content *content = &reveal->opened[reveal->opened_n];
	if (escrow_reveal(reveal->escrow, kid, reveal->key, content, error))
		return NULL;
	reveal->opened_n++;
	return content->keys;
}

static int open_job(struct reveal *reveal, struct job *job, struct error *error)
{
	struct pseudonym_keys *keys = keys_of(reveal, job->kid, error);
	if (!keys)
		return -1;
	return pseudonym_reveal(keys, job->pseudonym, &job->address)
		   ? error_set(error, "%s cannot be opened", job->pseudonym)
		   : 0;
}

static int open_all(struct reveal *reveal, struct error *error)
{
	for (size_t i = 0; i < reveal->n; i++) {
		int status = check_kid(reveal, reveal->jobs[i].kid, error);
		if (status)
			return status;
	}
	reveal->key = escrow_key_open(reveal->options->key, error);
	if (!reveal->key)
		return EXIT_FAILED;
	int failed = 0;
	for (size_t i = 0; i < reveal->n && !failed; i++)
		/* The analyzer loses sight of command_reveal, which frees the jobs. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		failed = open_job(reveal, &reveal->jobs[i], error);
	return failed ? EXIT_FAILED : EXIT_DONE;
}

/* ---- ledger ---- */

/* As many rows as it takes: each text of a row has an end. */
static int write_ledger(const struct reveal *reveal, struct error *error)
{
	enum { PER_ROW = LEDGER_TEXT_MAX / (ESCROW_KID_TEXT + 2 + 32 + 1) };
	char hex[ESCROW_KID_TEXT], subject[LEDGER_TEXT_MAX + 1];
	for (size_t i = 0; i < reveal->n; i += PER_ROW) {
		size_t at = 0;
		for (size_t k = i; k < i + PER_ROW && k < reveal->n; k++) {
			const struct job *job = &reveal->jobs[k];
			escrow_text_hex(job->kid, KID_SIZE, hex);
			at += (size_t)snprintf(subject + at, sizeof(subject) - at, "%s%s:%s",
					       k > i ? " " : "", hex, job->pseudonym);
		}
		if (ledger_entry(reveal->options->state, LEDGER_REVEAL, subject,
				 reveal->options->reason, error))
			return -1;
	}
	return 0;
}

/*
 * Every 16 bytes open to something. What was made under another key comes out at random, and then
 * in seven of eight cases as no address that a client can have: not IPv4, 2000::/3, fc00::/7,
 * fe80::/10 or ::/8 (RFC 4291 and the IANA registry).
 */
static bool is_likely(const struct address *address)
{
	uint8_t first = address->bytes[0];
	return address->kind == ADDRESS_V4 || first == 0 || first >> 5 == 1 || first >> 1 == 0x7e ||
	       (first == 0xfe && address->bytes[1] >> 6 == 2);
}

static int print_all(const struct reveal *reveal, struct error *error)
{
	char text[INET6_ADDRSTRLEN];
	for (size_t i = 0; i < reveal->n; i++) {
		const struct job *job = &reveal->jobs[i];
		bool v4 = job->address.kind == ADDRESS_V4;
		inet_ntop(v4 ? AF_INET : AF_INET6, job->address.bytes + (v4 ? 12 : 0), text,
			  sizeof(text));
		printf("%s %s\n", job->given, text);
	}
	if (fflush(stdout))
		return error_errno(error, "standard output");
	for (size_t i = 0; i < reveal->n; i++)
		if (!is_likely(&reveal->jobs[i].address))
			fprintf(stderr,
				"veiltally: %s: no client has such an address; the pseudonym was "
				"made under another key, its kid is beside it in the log\n",
				reveal->jobs[i].given);
	return 0;
}

static int run(struct reveal *reveal, struct error *error)
{
	char *path = NULL;
	struct stat found;
	if (understand_all(reveal, error))
		return EXIT_USAGE;
	if (asprintf(&path, "%s/escrow", reveal->options->state) < 0) {
		error_set(error, "out of memory");
		return EXIT_FAILED;
	}
	if (stat(path, &found))
		error_errno(error, "%s", path);
	else
		reveal->escrow = escrow_open(path, NULL, error);
	free(path);
	if (!reveal->escrow)
		return EXIT_FAILED;
	int status = find_kids(reveal, error);
	if (!status)
		status = open_all(reveal, error);
	if (!status && (write_ledger(reveal, error) || print_all(reveal, error)))
		status = EXIT_FAILED;
	return status;
}

int command_reveal(int argc, char **argv)
{
	struct options options;
	struct reveal reveal = {.options = &options};
	struct error error;
	int status = EXIT_USAGE;
	if (options_parse(&options, COMMAND_REVEAL, argc, argv, &error) == 0) {
		if (options.help) {
			usage();
			status = EXIT_DONE;
		} else {
			status = run(&reveal, &error);
		}
	}
	if (status)
		fprintf(stderr, "veiltally: %s\n", error.text);
	for (size_t i = 0; i < reveal.opened_n; i++)
		pseudonym_keys_free(reveal.opened[i].keys);
	escrow_key_free(reveal.key);
	escrow_free(reveal.escrow);
	free(reveal.opened);
	free(reveal.jobs);
	options_release(&options);
	return status;
}
