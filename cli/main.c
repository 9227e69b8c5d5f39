#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "aggregate/veil/keys.h"
#include "cli/command.h"
#include "cli/options.h"

#ifndef VERSION
#define VERSION "0.1.0"
#endif

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
    {"report", command_report, "read access logs and print trend statistics without persons"},
    {"run", command_run, "count what is new in the configured logs and keep it (for cron)"},
    {"close", command_close, "close days by hand"},
    {"drop", command_drop, "take a day, or what was read of a source, back"},
    {"keys", command_keys, "list the keys of days, or destroy those of one"},
    {"reveal", command_reveal, "open pseudonyms of the security log with the escrow key"},
    {"ledger", command_ledger, "show what was revealed, destroyed and dropped, and verify it"},
    {"check", command_check,
     "look at the configuration, or at log files and lines that cannot be read"},
    {"formats", command_formats, "list the names that --log-format knows"},
    {"audit", command_audit, "search files for anything that looks like an identity"},
};
enum { COMMANDS = sizeof(commands) / sizeof(*commands) };

static void help(FILE *out)
{
	fputs("usage: veiltally COMMAND [OPTION...] [FILE...]\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fputs("\n`veiltally COMMAND --help` lists a command's options.\n", out);
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	secret_harden_process();
	signal(SIGXFSZ, SIG_IGN); /* a file-size limit is an error like a full disk */
	const char *name = argc > 1 ? argv[1] : "";
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		help(stdout);
		return EXIT_DONE;
	}
	if (strcmp(name, "--version") == 0) {
		puts("veiltally " VERSION);
		return EXIT_DONE;
	}
	if (*name)
		fprintf(stderr, "veiltally: unknown command: %s\n\n", name);
	help(stderr);
	return EXIT_USAGE;
}
