/*
 * Rows of a hot day that open but say anything: they are refused, or what comes of them can be
 * saved and reported. Once with the day's key and once without it.
 *
 * The input is rows one behind the other: table, dimension, site, length of the key, key, length of
 * the body (two bytes, little endian), body as it is before it is sealed.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/tally/gate.h"
#include "aggregate/tally/tally_keep.h"

enum { DAY = 20000, ROWS_MAX = 256, KEY_MAX = 32, BODY_MAX = 1 << 16 };

struct store { /* this one: what aggregate/store/store_hot.c keeps in a database */
	struct store_row rows[ROWS_MAX];
	size_t n;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int store_each_row(struct store *store, int32_t day, unsigned table,
		   int (*each)(void *context, const struct store_row *row, struct error *error),
		   void *context, struct error *error)
{
	for (size_t i = 0; i < store->n; i++)
		if (store->rows[i].day == day && store->rows[i].table == table &&
		    each(context, &store->rows[i], error))
			return -1;
	return 0;
}

int store_put_row(struct store *store, const struct store_row *row, struct error *error)
{
	(void)store, (void)error;
	assert(row->key.n <= KEY_MAX && row->table < STORE_TABLE__COUNT);
	return 0;
}

int store_drop_rows(struct store *store, int32_t day, unsigned table, struct error *error)
{
	(void)store, (void)day, (void)table, (void)error;
	return 0;
}

static struct sealing_keys *keys;

static struct sealing_keys *keys_of(void *context, int32_t day, struct error *error)
{
	(void)context, (void)day, (void)error;
	return keys;
}

static size_t take(const uint8_t **data, size_t *size, void *out, size_t n)
{
	n = n < *size ? n : *size;
	memcpy(out, *data, n);
	*data += n;
	*size -= n;
	return n;
}

/* The next row; its key and sealed body are the store's. */
static void read_row(const uint8_t **data, size_t *size, struct store_row *row)
{
	uint8_t head[4] = {0}, key[KEY_MAX] = {0}, length[2] = {0};
	static uint8_t body[BODY_MAX];
	take(data, size, head, sizeof(head));
	size_t key_n = take(data, size, key, head[3] % (KEY_MAX + 1));
	take(data, size, length, sizeof(length));
	size_t n = take(data, size, body, (size_t)(length[0] | length[1] << 8));
	char *bytes = malloc(KEY_MAX + seal_size(n));
	assert(bytes);
	memcpy(bytes, key, KEY_MAX);
	*row = (struct store_row){.day = DAY,
				  .table = head[0] % STORE_TABLE__COUNT,
				  .dimension = head[1],
				  .key = slice_make(bytes, key_n),
				  .body = slice_make(bytes + KEY_MAX, n)};
	for (size_t i = 0; i < STORE_SUMS; i++)
		row->sums[i] = i + 1 == STORE_SUMS ? head[2] : (int8_t)key[i] * 1000;
	if (row->table == STORE_PERIOD && key_n == 4) { /* plain */
		memcpy(bytes + KEY_MAX, body, n);
		return;
	}
	int failed = seal_close(keys, DAY, row->table, row->key, slice_make((const char *)body, n),
				(uint8_t *)bytes + KEY_MAX);
	assert(!failed);
	row->body.n = seal_size(n);
}

static int open_day(void *context, struct tally *tally, int32_t day, struct error *error)
{
	return tally_load(tally, day, context, keys, error) ? -1 : 1;
}

static int drop(void *context, int32_t period, struct trend *trend, struct error *error)
{
	(void)context, (void)period, (void)error;
	trend_free(trend);
	return 0;
}

static void load(struct store *store, bool lost)
{
	static const char *const goals[] = {"buy", "sign-up"}, *const sites[] = {"a.example"};
	struct error error = {""};
	struct tally_options options = {.min_visitors = 2,
					.by_day = true,
					.visit_timeout = 1800,
					.memory = 4 << 20,
					.workers = 1,
					.max_open_days = 100,
					.goals = goals,
					.goals_n = 2,
					.sites = sites,
					.sites_n = 1,
					.has_country = true,
					.open_day = open_day,
					.context = store};
	struct tally *tally = tally_new(&options, &error);
	assert(tally);
	int failed =
	    lost ? tally_load_folded(tally, DAY, store, &error) : tally_open(tally, DAY, &error);
	assert(!failed || error.text[0]);
	if (!failed) {
		failed = tally_save(tally, store, keys_of, NULL, NULL, &error) ||
			 gate_each(tally, drop, NULL, &error);
		assert(!failed);
	}
	tally_free(tally);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[KEY_SIZE] = {7};
	static struct store store;
	struct error error;
	keys = sealing_keys_from(key, &error);
	assert(keys);
	for (store.n = 0; size && store.n < ROWS_MAX; store.n++)
		read_row(&data, &size, &store.rows[store.n]);
	load(&store, false);
	load(&store, true);
	for (size_t i = 0; i < store.n; i++)
		free((char *)(uintptr_t)store.rows[i].key.p);
	sealing_keys_free(keys);
	return 0;
}
