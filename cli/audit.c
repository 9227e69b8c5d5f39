/* audit.c: searches files for anything that looks like an identity, without showing it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "cli/command.h"
#include "cli/options.h"
#include "export/audit.h"
#include "export/json_writer.h"

struct printer {
	bool json, quiet, all;
	struct json_writer writer;
};

static void usage(void)
{
	puts("usage: veiltally audit [OPTION...] PATH...\n\n"
	     "Searches files, and directories with everything below them, for addresses, e-mails,\n"
	     "tokens, keys and card numbers. Prints FILE:OFFSET: KIND for each and a summary,\n"
	     "never what was found. gzip is inflated; - is the standard input; --quiet prints the\n"
	     "summary only.\n"
	     "Exit status: 0 nothing found, 1 a file could not be read, 4 something was found.\n");
	options_help(COMMAND_AUDIT);
}

/* Names of files are others' bytes too: none of them may steer a terminal. */
static void print_name(const char *path)
{
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;
		putchar(c < 0x20 || c == 0x7f ? '?' : c);
	}
}

static void print_hit_text(const struct audit_hit *hit)
{
	const struct audit_finding *finding = &hit->finding;
	const char *separator = " (";
	print_name(hit->path);
	printf(":%llu: %s", (unsigned long long)finding->offset, audit_kind_name(finding->kind));
	if (finding->class != AUDIT_REAL) {
		printf("%s%s", separator, audit_class_name(finding->class));
		separator = ", ";
	}
	if (hit->accepted) {
		printf("%saccepted", separator);
		separator = ", ";
	}
	if (hit->inflated) {
		printf("%sinflated", separator);
		separator = ", ";
	}
	puts(separator[0] == ',' ? ")" : "");
}

static void print_hit_json(struct json_writer *json, const struct audit_hit *hit)
{
	json_writer_open_object(json, NULL, true);
	json_writer_text(json, "file", hit->path);
	json_writer_count(json, "offset", hit->finding.offset);
	json_writer_text(json, "kind", audit_kind_name(hit->finding.kind));
	json_writer_text(json, "class", audit_class_name(hit->finding.class));
	json_writer_bool(json, "inflated", hit->inflated);
	json_writer_bool(json, "accepted", hit->accepted);
	json_writer_close(json);
}

static void on_hit(void *context, const struct audit_hit *hit)
{
	struct printer *printer = context;
	bool counts = audit_class_counts(hit->finding.class) && !hit->accepted;
	if (printer->quiet || !(counts || printer->all))
		return;
	if (printer->json)
		print_hit_json(&printer->writer, hit);
	else
		print_hit_text(hit);
}

static void on_unreadable(void *context, const char *reason)
{
	(void)context;
	fprintf(stderr, "veiltally: %s\n", reason);
}

static void on_packed(void *context, const char *path, const char *packing)
{
	const struct printer *printer = context;
	if (!printer->quiet)
		fprintf(stderr, "veiltally: %s: %s is not unpacked, only its bytes are searched\n",
			path, packing);
}

static void print_count(uint64_t count, const char *name, const char **separator)
{
	if (!count)
		return;
	printf("%s%llu %s", *separator, (unsigned long long)count, name);
	*separator = ", ";
}

static uint64_t count_all(const struct audit_totals *totals)
{
	uint64_t sum = 0;
	for (int i = 0; i < AUDIT_KIND__COUNT; i++)
		sum += audit_totals_kind(totals, (enum audit_kind)i);
	return sum;
}

static void print_totals_text(const struct audit_totals *totals)
{
	const char *separator = ": ";
	printf("%llu files, %llu bytes searched\n", (unsigned long long)totals->files,
	       (unsigned long long)totals->bytes);
	printf("%llu found in %llu files", (unsigned long long)count_all(totals),
	       (unsigned long long)totals->files_hit);
	for (int i = 0; i < AUDIT_KIND__COUNT; i++)
		print_count(audit_totals_kind(totals, (enum audit_kind)i),
			    audit_kind_name((enum audit_kind)i), &separator);
	putchar('\n');
	separator = "apart: ";
	for (int i = 0; i < AUDIT_CLASS__COUNT; i++)
		if (!audit_class_counts((enum audit_class)i))
			print_count(audit_totals_class(totals, (enum audit_class)i),
				    audit_class_name((enum audit_class)i), &separator);
	print_count(totals->accepted, "accepted", &separator);
	if (separator[0] == ',')
		putchar('\n');
	separator = "";
	print_count(totals->unreadable, "could not be read", &separator);
	print_count(totals->packed, "packed in a way that is not unpacked", &separator);
	if (separator[0] == ',')
		putchar('\n');
}

static void print_totals_json(struct json_writer *json, const struct audit_totals *totals)
{
	json_writer_open_object(json, "summary", false);
	json_writer_count(json, "files", totals->files);
	json_writer_count(json, "bytes", totals->bytes);
	json_writer_count(json, "found", count_all(totals));
	json_writer_count(json, "files_found", totals->files_hit);
	json_writer_count(json, "accepted", totals->accepted);
	json_writer_count(json, "unreadable", totals->unreadable);
	json_writer_count(json, "packed", totals->packed);
	json_writer_open_object(json, "kinds", true);
	for (int i = 0; i < AUDIT_KIND__COUNT; i++)
		json_writer_count(json, audit_kind_name((enum audit_kind)i),
				  audit_totals_kind(totals, (enum audit_kind)i));
	json_writer_close(json);
	json_writer_open_object(json, "classes", true);
	for (int i = 0; i < AUDIT_CLASS__COUNT; i++)
		json_writer_count(json, audit_class_name((enum audit_class)i),
				  audit_totals_class(totals, (enum audit_class)i));
	json_writer_close(json);
	json_writer_close(json);
}

static int read_allow(struct audit_allow *allow, const struct option_list *list,
		      struct error *error)
{
	int failed = allow ? 0 : error_set(error, "out of memory");
	for (size_t i = 0; i < list->n && !failed; i++) {
		FILE *file = fopen(list->all[i], "re");
		if (!file)
			return error_errno(error, "%s", list->all[i]);
		failed = audit_allow_read(allow, file, list->all[i], error);
		fclose(file);
	}
	return failed;
}

static void tell_unused(const struct audit_allow *allow)
{
	unsigned line;
	const char *text;
	for (size_t i = 0; (text = audit_allow_unused(allow, i, &line)); i++)
		fprintf(stderr, "veiltally: --allow: line %u accepted nothing: %s\n", line, text);
}

static void begin(struct printer *printer)
{
	if (!printer->json)
		return;
	json_writer_init(&printer->writer, stdout);
	json_writer_open_object(&printer->writer, NULL, false);
	json_writer_open_array(&printer->writer, "findings", false);
}

static void end(struct printer *printer, const struct audit_totals *totals)
{
	if (!printer->json) {
		print_totals_text(totals);
		return;
	}
	json_writer_close(&printer->writer);
	print_totals_json(&printer->writer, totals);
	json_writer_close(&printer->writer);
}

static int search(const struct options *options, struct audit_allow *allow)
{
	struct error error;
	struct printer printer = {.json = strcmp(options->format, "json") == 0,
				  .quiet = options->quiet,
				  .all = options->audit_all};
	struct audit_listener listener = {&printer, on_hit, on_unreadable, on_packed};
	struct audit *audit = audit_new(&listener, allow, &error);
	if (!audit) {
		fprintf(stderr, "veiltally: %s\n", error.text);
		return EXIT_FAILED;
	}
	begin(&printer);
	for (size_t i = 0; i < options->files.n; i++)
		audit_path(audit, options->files.all[i]);
	const struct audit_totals *totals = audit_totals(audit);
	end(&printer, totals);
	int status = count_all(totals)	  ? EXIT_REFUSED
		     : totals->unreadable ? EXIT_FAILED
					  : EXIT_DONE;
	audit_free(audit);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "veiltally: standard output: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	if (!options->quiet)
		tell_unused(allow);
	return status;
}

int command_audit(int argc, char **argv)
{
	struct options options;
	struct error error;
	struct audit_allow *allow = audit_allow_new();
	int status = EXIT_USAGE;
	if (options_parse(&options, COMMAND_AUDIT, argc, argv, &error)) {
		fprintf(stderr, "veiltally: %s\nTry `veiltally audit --help`.\n", error.text);
	} else if (options.help) {
		usage();
		status = EXIT_DONE;
	} else if (!options.files.n) {
		fputs("veiltally: nothing named to search\n"
		      "usage: veiltally audit [OPTION...] PATH...\n",
		      stderr);
	} else if (strcmp(options.format, "text") != 0 && strcmp(options.format, "json") != 0) {
		fputs("veiltally: --format: an audit is text or json\n", stderr);
	} else if (read_allow(allow, &options.audit_allow, &error)) {
		fprintf(stderr, "veiltally: %s\n", error.text);
	} else {
		status = search(&options, allow);
	}
	audit_allow_free(allow);
	options_release(&options);
	return status;
}
