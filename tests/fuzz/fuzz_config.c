/* A configuration file: what is accepted has whole sections, what is refused names its line. */
#include <assert.h>
#include <sys/mman.h>
#include "cli/config.c"
#include "cli/option_row.c"
#include "cli/option_value.c"
#include "cli/options.c"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char path[64], place[80];
	char *argv[] = {(char *)"run", (char *)"-c", path};
	struct options options;
	struct error error = {""};
	int64_t grace;
	unsigned line;
	int fd = memfd_create("config", MFD_CLOEXEC);
	assert(fd >= 0 && (n == 0 || write(fd, bytes, n) == (ssize_t)n));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(place, sizeof(place), "%s:%%u: ", path);
	int failed = options_parse(&options, COMMAND_RUN, 3, argv, &error);
	assert(!failed || (sscanf(error.text, place, &line) == 1 && line >= 1 && line <= n + 1));
	for (size_t i = 0; !failed && i < options.sections_n; i++)
		assert(options.sections[i].name[0] && options.sections[i].files.n);
	assert(failed || options_grace(&options, &grace) == 0);
	options_release(&options);
	close(fd);
	return 0;
}
