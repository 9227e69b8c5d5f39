/*
 * store_reason.h: what SQLite's result codes mean for whoever reads a message.
 */
#ifndef STORE_REASON_H
#define STORE_REASON_H

#include <sqlite3.h>
#include "base/error.h"

/*
 * "doing: reason", after the last call on db; returns -1. Only SQLite's own words and names of
 * tables get into it, never a value.
 */
int store_reason(sqlite3 *db, const char *doing, struct error *error);

#endif
