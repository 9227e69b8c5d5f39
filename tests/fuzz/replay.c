/* Runs a fuzz target over the files and directories given, without a fuzzing engine: the committed
 * corpus as a test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static unsigned replayed;

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return perror(path), -1;
	size_t cap = 1 << 21;
	uint8_t *bytes = malloc(cap);
	size_t n = bytes ? fread(bytes, 1, cap, file) : 0;
	fclose(file);
	/* An exact allocation, so that a read past the end is seen by the sanitizer. */
	uint8_t *exact = malloc(n ? n : 1);
	if (!bytes || !exact)
		return fprintf(stderr, "replay: out of memory\n"), -1;
	memcpy(exact, bytes, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	free(bytes);
	replayed++;
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		if (!dir) {
			if (replay_file(argv[i]))
				return 1;
			continue;
		}
		for (struct dirent *entry; (entry = readdir(dir));) {
			char path[4096];
			if (entry->d_name[0] == '.')
				continue;
			snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
			if (replay_file(path))
				return 1;
		}
		closedir(dir);
	}
	if (!replayed)
		return fprintf(stderr, "replay: the corpus is empty\n"), 1;
	printf("%u inputs replayed\n", replayed);
	return 0;
}
