/*
 * schema_text.h: the SQL of the tables and views, apart from the code that runs it.
 */
#ifndef STORE_SCHEMA_TEXT_H
#define STORE_SCHEMA_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include "aggregate/store/schema.h"

/* The statement that makes the i-th view of the newest version; NULL behind the last (and when
 * memory is out: *ret_failed). To be freed with sqlite3_free. */
char *schema_text_view(size_t i, bool *ret_failed);

#endif
