/* A state in a directory of its own, for the tests of the store. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "aggregate/tally/store.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char directory[] = "/tmp/veiltally-store-XXXXXX";

static inline void make_directory(void)
{
	cr_assert_not_null(mkdtemp(directory));
}

static inline void remove_directory(void)
{
	char command[64];
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	cr_assert_eq(system(command), 0);
}

static inline const char *path_of(const char *name)
{
	static char path[256];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static struct error problem;

/* ok(store_begin(store, &problem)) */
#define ok(call) cr_assert_eq((call), 0, "%s: %s", #call, problem.text)

static inline struct store *open_as(bool read_only, bool check)
{
	problem.text[0] = '\0';
	struct store_options options = {
	    .directory = directory, .read_only = read_only, .check = check};
	return store_open(&options, &problem);
}

static inline struct store *open_state(void)
{
	struct store *store = open_as(false, false);
	cr_assert(store, "%s", problem.text);
	return store;
}

/* Refused, with these words in the message. */
#define refused(opening, words)                                                                 \
	do {                                                                                    \
		struct store *opened = (opening);                                               \
		cr_assert_null(opened, "was opened; expected: %s", words);                      \
		cr_assert(strstr(problem.text, words), "said \"%s\", not \"%s\"", problem.text, \
			  words);                                                               \
	} while (0)

/* xorshift64*: good enough to vary cases, and the same everywhere. */
static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545F4914F6CDD1Du;
}

static inline unsigned any_below(uint64_t *state, unsigned n)
{
	return (unsigned)(next_random(state) % n);
}

#endif
