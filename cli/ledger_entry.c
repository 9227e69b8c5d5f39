#include "cli/ledger_entry.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* "uid 0", or "uid 0, login 1000". The kernel keeps the login for auditing; 2^32 - 1 is none. */
static void who(char *out, size_t size)
{
	unsigned long login = UINT32_MAX;
	char text[32] = "";
	FILE *in = fopen("/proc/self/loginuid", "re");
	if (in) {
		if (fgets(text, sizeof(text), in) && *text)
			login = strtoul(text, NULL, 10);
		fclose(in);
	}
	if (login == UINT32_MAX)
		snprintf(out, size, "uid %lu", (unsigned long)getuid());
	else
		snprintf(out, size, "uid %lu, login %lu", (unsigned long)getuid(), login);
}

int ledger_entry(const char *state, enum ledger_kind kind, const char *subject, const char *reason,
		 struct error *error)
{
	char *path = NULL, detail[80];
	if (asprintf(&path, "%s/ledger", state) < 0)
		return error_set(error, "out of memory");
	struct ledger *ledger = ledger_open(path, error);
	free(path);
	who(detail, sizeof(detail));
	int failed = !ledger || ledger_append(ledger, (int64_t)time(NULL), kind, subject,
					      reason ? reason : "", detail, error);
	ledger_free(ledger);
	return failed ? -1 : 0;
}
