#include "cli/output.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "aggregate/veil/hit.h"
#include "ingest/reject.h"

/* Devices and pipes are written to as they are; only a regular file can be replaced. */
static bool replaceable(const char *path)
{
	struct stat file;
	return stat(path, &file) != 0 || S_ISREG(file.st_mode);
}

int output_open(struct output *output, const char *path, struct error *error)
{
	*output = (struct output){.stream = stdout};
	if (!path || strcmp(path, "-") == 0)
		return 0;
	output->path = path;
	if (!replaceable(path)) {
		output->stream = fopen(path, "w");
		return output->stream ? 0 : error_errno(error, "%s: cannot write", path);
	}
	if (asprintf(&output->temporary, "%s.XXXXXX", path) < 0)
		return error_set(error, "out of memory");
	int fd = mkstemp(output->temporary);
	if (fd < 0) {
		free(output->temporary);
		output->temporary = NULL;
		return error_errno(error, "%s: cannot write", path);
	}
	mode_t mask = umask(0);
	umask(mask);
	fchmod(fd, 0666 & ~mask);
	output->stream = fdopen(fd, "w");
	if (output->stream)
		return 0;
	close(fd);
	output_abandon(output);
	return error_set(error, "out of memory");
}

int output_close(struct output *output, struct error *error)
{
	const char *path = output->path ? output->path : "standard output";
	if (fflush(output->stream) || ferror(output->stream)) {
		error_errno(error, "%s: cannot write", path);
		output_abandon(output);
		return -1;
	}
	if (!output->path)
		return 0;
	bool synced = !output->temporary || fsync(fileno(output->stream)) == 0;
	bool closed = fclose(output->stream) == 0;
	output->stream = NULL;
	if (!synced || !closed || (output->temporary && rename(output->temporary, output->path))) {
		error_errno(error, "%s: cannot write", path);
		output_abandon(output);
		return -1;
	}
	free(output->temporary);
	return 0;
}

void output_abandon(struct output *output)
{
	if (output->stream && output->path)
		fclose(output->stream);
	if (output->temporary)
		unlink(output->temporary);
	free(output->temporary);
	*output = (struct output){0};
}

static void print_reasons(FILE *out, const char *title, const uint64_t *counts, unsigned from,
			  unsigned to, const char *(*name)(unsigned))
{
	fprintf(out, "\"%s\": {", title);
	for (unsigned i = from; i < to; i++)
		fprintf(out, "%s\"%s\": %llu", i > from ? ", " : "", name(i),
			(unsigned long long)counts[i]);
	fputs("}", out);
}

static const char *name_of_reject(unsigned reject)
{
	return reject_name((enum reject)reject);
}

int output_stats(const char *path, const struct balance *balance, double seconds,
		 struct error *error)
{
	struct output output;
	if (output_open(&output, path, error))
		return -1;
	fprintf(output.stream, "{\"lines\": %llu, \"counted\": %llu, ",
		(unsigned long long)balance->lines, (unsigned long long)balance->counted);
	print_reasons(output.stream, "excluded", balance->excluded, EXCLUDE_NONE + 1,
		      EXCLUDE__COUNT, exclude_name);
	fputs(", ", output.stream);
	print_reasons(output.stream, "rejected", balance->rejected, REJECT_NONE + 1, REJECT__COUNT,
		      name_of_reject);
	fprintf(output.stream, ", \"seconds\": %.3f, \"bytes\": %llu}\n", seconds,
		(unsigned long long)balance->bytes_read);
	return output_close(&output, error);
}
