/*
 * store_scrub.h: what secure_delete leaves of deleted rows.
 *
 * SQLite zeroes the place of a deleted cell and every page that becomes free. When it moves cells
 * between neighbouring pages, though, their old bytes stay in the gap of the page between its cell
 * pointers and its cells (seen in 3.40: in one of ten days dropped beside others, test_store_faults
 * finds a few). Only pages that survive are concerned, those of the table itself.
 */
#ifndef STORE_SCRUB_H
#define STORE_SCRUB_H

#include "aggregate/store/store_sql.h"

/*
 * Zeroes unused bytes of the pages of table hot, in the file itself. To be called by the writer,
 * outside of transactions, right after the journal was emptied: then the file is all there is, and
 * nobody else writes to it. No byte that means anything is changed, so that a crash in between does
 * no harm, and readers see no difference.
 */
int store_scrub(struct store *store, struct error *error);

#endif
