/*
 * store_open.h: finding, making and examining the file of a state. store.c puts it together.
 */
#ifndef STORE_OPEN_H
#define STORE_OPEN_H

#include "aggregate/store/store_sql.h"

/* Resolves the directory (a writer makes it when it is missing) and refuses one that others can
 * write to. Sets store->directory and store->path. */
int store_open_directory(struct store *store, const char *directory, struct error *error);

/* Takes the writer's lock, makes the database when there is none, and says whether the last writer
 * left something in its journal. */
int store_open_files(struct store *store, const struct store_options *options, bool *ret_unclean,
		     struct error *error);

/* Opens the database and makes sure that it is a whole state of this version. */
int store_open_database(struct store *store, const struct store_options *options,
			struct error *error);

/* Size of a file beside the database ("-wal"); 0 when there is none. */
int64_t store_open_size(const struct store *store, const char *suffix);

#endif
