/* The state when things go wrong: damage, full disks, kills; and that what is dropped is gone. */
#include "store_fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

TestSuite(store_faults, .init = make_directory, .fini = remove_directory);

/* ---- nothing is left of dropped rows ---- */

static const char marker[] = "MARKER-OF-A-BODY";

static size_t count_in(const char *name)
{
	FILE *file = fopen(path_of(name), "rb");
	if (!file)
		return 0;
	fseek(file, 0, SEEK_END);
	size_t size = (size_t)ftell(file), found = 0;
	char *bytes = malloc(size + 1);
	cr_assert_not_null(bytes);
	rewind(file);
	cr_assert_eq(fread(bytes, 1, size, file), size);
	fclose(file);
	for (char *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), marker, 16)); at++)
		found++;
	free(bytes);
	return found;
}

static size_t left_over(void)
{
	return count_in("state.db") + count_in("state.db-wal") + count_in("state.db-shm");
}

static void put_marked(struct store *store, int32_t day, uint64_t key, size_t n, bool marked)
{
	static char body[70000];
	for (size_t i = 0; i + 16 <= sizeof(body); i += 16)
		memcpy(body + i, marked ? marker : "0123456789abcdef", 16);
	char bytes[16] = {0};
	memcpy(bytes, &key, 8);
	memcpy(bytes + 8, marked ? marker : "0123456789abcdef", 8);
	struct store_row row = {.day = day,
				.table = STORE_CELL,
				.key = slice_make(bytes, 16),
				.sums = {1, 2, (int64_t)key, 4},
				.body = slice_make(body, n)};
	ok(store_put_row(store, &row, &problem));
}

static size_t any_size(uint64_t *random)
{
	uint64_t v = next_random(random);
	switch (v % 20) {
	case 0: return (v >> 8) % 60000; /* overflow pages */
	case 1: return (v >> 8) % 5000;
	default: return (v >> 8) % 400;
	}
}

Test(store_faults, nothing_is_left_of_a_dropped_day)
{
	uint64_t seed = (uint64_t)time(NULL), random = seed * 2 + 1;
	printf("seed %" PRIu64 "\n", seed);
	for (int round = 0; round < 12; round++) {
		struct store *store = open_state();
		for (int commit = 0; commit < 4; commit++) {
			ok(store_begin(store, &problem));
			for (int i = 0; i < 400; i++) {
				uint64_t key = next_random(&random) % 500;
				/* the days beside it stay, and share pages with it */
				put_marked(store, 20000, key, any_size(&random), false);
				put_marked(store, 20001, key, any_size(&random), true);
				put_marked(store, 20002, key, any_size(&random), false);
			}
			for (int i = 0; i < 50; i++) {
				char bytes[16] = {0};
				uint64_t key = next_random(&random) % 500;
				memcpy(bytes, &key, 8);
				memcpy(bytes + 8, marker, 8);
				struct store_row row = {.day = 20001,
							.table = STORE_CELL,
							.key = slice_make(bytes, 16)};
				ok(store_drop_row(store, &row, &problem));
			}
			ok(store_commit(store, &problem));
		}
		cr_assert_gt(left_over(), 100, "the search finds nothing at all");
		ok(store_begin(store, &problem));
		ok(store_drop_rows(store, 20001, STORE_TABLE__COUNT, &problem));
		ok(store_commit(store, &problem));
		ok(store_truncate_journal(store, &problem));
		cr_expect_eq(left_over(), 0, "round %d: %zu left", round, left_over());
		store_free(store);
		cr_expect_eq(left_over(), 0, "round %d: %zu left after closing", round,
			     left_over());
		if (round % 3 == 2) {
			store = open_state();
			ok(store_drop_rows(store, 20000, STORE_TABLE__COUNT, &problem));
			store_free(store);
		}
	}
}
