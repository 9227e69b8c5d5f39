/* audit.c: searches files for anything that looks like an identity, without showing it. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <errno.h>
#include "cli/command.h"
#include "cli/options.h"
#include "export/audit.h"
#include "export/json_writer.h"

enum format { FORMAT_TEXT, FORMAT_JSON };

struct settings {
	enum format format;
	bool quiet, all, help;
	struct audit_allow *allow;
};

struct printer {
	const struct settings *settings;
	struct json_writer json;
};

static void usage(FILE *out)
{
	fputs(
	    "usage: veiltally audit [OPTION...] PATH...\n\n"
	    "Searches files, and directories with everything below them, for addresses, e-mails,\n"
	    "tokens, keys and card numbers. Prints FILE:OFFSET: KIND for each and a summary,\n"
	    "never what was found. gzip is inflated; - is the standard input.\n"
	    "Exit status: 0 nothing found, 1 a file could not be read, 4 something was found.\n\n"
	    "  -a, --all                   print also what does not count: documentation and\n"
	    "                              local addresses, masked ones, versions, accepted ones\n"
	    "      --allow FILE            accept the findings listed in FILE, one PATTERN:KIND\n"
	    "                              per line; may be repeated\n"
	    "  -f, --format FORMAT         text (default) or json\n"
	    "  -q, --quiet                 print the summary only\n"
	    "  -h, --help                  print this\n",
	    out);
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
	if (printer->settings->quiet || !(counts || printer->settings->all))
		return;
	if (printer->settings->format == FORMAT_JSON)
		print_hit_json(&printer->json, hit);
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
	if (!printer->settings->quiet)
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

static int read_allow(struct settings *settings, const char *path, struct error *error)
{
	FILE *file = fopen(path, "re");
	if (!file)
		return error_errno(error, "%s", path);
	int failed = audit_allow_read(settings->allow, file, path, error);
	fclose(file);
	return failed;
}

static int parse(struct settings *settings, int argc, char **argv, struct error *error)
{
	static const struct option longs[] = {{"all", 0, NULL, 'a'},	{"allow", 1, NULL, 'A'},
					      {"format", 1, NULL, 'f'}, {"quiet", 0, NULL, 'q'},
					      {"help", 0, NULL, 'h'},	{0}};
	opterr = 0;
	optind = 1;
	for (int code; (code = getopt_long(argc, argv, ":af:qh", longs, NULL)) != -1;) {
		switch (code) {
		case 'a':
			settings->all = true;
			break;
		case 'A':
			if (read_allow(settings, optarg, error))
				return -1;
			break;
		case 'f':
			if (strcmp(optarg, "text") != 0 && strcmp(optarg, "json") != 0)
				return error_set(error, "--format: not text or json");
			settings->format = optarg[0] == 'j' ? FORMAT_JSON : FORMAT_TEXT;
			break;
		case 'q':
			settings->quiet = true;
			break;
		case 'h':
			settings->help = true;
			break;
		case ':':
			return error_set(error, "%s needs a value", argv[optind - 1]);
		default:
			return error_set(error, "unknown option: %s", argv[optind - 1]);
		}
	}
	return 0;
}

static void tell_unused(const struct settings *settings)
{
	unsigned line;
	const char *text;
	for (size_t i = 0; (text = audit_allow_unused(settings->allow, i, &line)); i++)
		fprintf(stderr, "veiltally: --allow line %u accepted nothing: %s\n", line, text);
}

static int audit(const struct settings *settings, int n, char **paths)
{
	struct error error;
	struct printer printer = {.settings = settings};
	struct audit_listener listener = {&printer, on_hit, on_unreadable, on_packed};
	struct audit *audit = audit_new(&listener, settings->allow, &error);
	if (!audit)
		return fprintf(stderr, "veiltally: %s\n", error.text), EXIT_FAILED;
	if (settings->format == FORMAT_JSON) {
		json_writer_init(&printer.json, stdout);
		json_writer_open_object(&printer.json, NULL, false);
		json_writer_open_array(&printer.json, "findings", false);
	}
	for (int i = 0; i < n; i++)
		audit_path(audit, paths[i]);
	const struct audit_totals *totals = audit_totals(audit);
	if (settings->format == FORMAT_JSON) {
		json_writer_close(&printer.json);
		print_totals_json(&printer.json, totals);
		json_writer_close(&printer.json);
	} else {
		print_totals_text(totals);
	}
	if (!settings->quiet)
		tell_unused(settings);
	int status = count_all(totals)	  ? EXIT_REFUSED
		     : totals->unreadable ? EXIT_FAILED
					  : EXIT_DONE;
	audit_free(audit);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "veiltally: standard output: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	return status;
}

int command_audit(int argc, char **argv)
{
	struct settings settings = {.allow = audit_allow_new()};
	struct error error;
	int status = EXIT_USAGE;
	if (!settings.allow) {
		fputs("veiltally: out of memory\n", stderr);
		return EXIT_FAILED;
	}
	if (parse(&settings, argc, argv, &error)) {
		fprintf(stderr, "veiltally: %s\nTry `veiltally audit --help`.\n", error.text);
	} else if (settings.help) {
		usage(stdout);
		status = EXIT_DONE;
	} else if (optind == argc) {
		fputs("veiltally: nothing named to search\nusage: veiltally audit [OPTION...] "
		      "PATH...\n",
		      stderr);
	} else {
		status = audit(&settings, argc - optind, argv + optind);
	}
	audit_allow_free(settings.allow);
	return status;
}
