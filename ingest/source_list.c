#include "ingest/source_list.h"
#include <stdlib.h>

/* A merge sort keeps ties in place; lists of ten thousand files are common on archives. */
static void merge_sort(struct source **all, struct source **scratch, size_t n)
{
	size_t half = n / 2, i = 0, j = half, out = 0;
	if (n < 2)
		return;
	merge_sort(all, scratch, half);
	merge_sort(all + half, scratch, n - half);
	while (i < half || j < n) {
		bool left =
		    j == n || (i < half && source_first_time(all[i]) <= source_first_time(all[j]));
		scratch[out++] = left ? all[i++] : all[j++];
	}
	memcpy(all, scratch, n * sizeof(*all));
}

static int by_file(const void *a, const void *b)
{
	const struct source *const *x = a, *const *y = b;
	return source_compare_file(*x, *y);
}

/* Drops sources that are the same file as one named before them. */
static int drop_repeated(struct source_list *list)
{
	struct source **by = malloc((list->n + 1) * sizeof(*by));
	if (!by)
		return -1;
	memcpy(by, list->all, list->n * sizeof(*by));
	qsort(by, list->n, sizeof(*by), by_file);
	for (size_t i = 1; i < list->n; i++) {
		if (!source_same_file(by[i - 1], by[i]))
			continue;
		for (size_t j = 0; j < list->n; j++)
			if (list->all[j] == by[i])
				list->all[j] = NULL;
		source_free(by[i]);
		by[i] = by[i - 1];
		list->repeated++;
	}
	free(by);
	size_t n = 0;
	for (size_t i = 0; i < list->n; i++)
		if (list->all[i])
			list->all[n++] = list->all[i];
	list->n = n;
	return 0;
}

int source_list_open(struct source_list *list, const char *const *paths, size_t n,
		     const struct source_options *options, struct error *error)
{
	*list = (struct source_list){0};
	list->all = calloc(2 * n + 1, sizeof(*list->all));
	if (!list->all)
		return error_set(error, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct source *source = source_new(paths[i], options, error);
		if (!source) {
			source_list_release(list);
			return -1;
		}
		list->all[list->n++] = source;
	}
	if (drop_repeated(list)) {
		source_list_release(list);
		return error_set(error, "out of memory");
	}
	merge_sort(list->all, list->all + n, list->n);
	return 0;
}

void source_list_release(struct source_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		source_free(list->all[i]);
	free(list->all);
	*list = (struct source_list){0};
}
