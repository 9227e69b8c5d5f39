/*
 * format_table.h: logs whose columns are named inside the file: W3C extended ("#Fields: date time
 * c-ip …", IIS, CloudFront, Shoutcast) and CSV with a header (Google Cloud Storage).
 */
#ifndef INGEST_FORMAT_TABLE_H
#define INGEST_FORMAT_TABLE_H

#include "base/error.h"
#include "ingest/field.h"

struct table;

enum table_kind {
	TABLE_W3C, /* columns separated by blanks or tabs */
	TABLE_CSV,
};

/*
 * Compiles a list of column names, separated by blanks, tabs or commas; quotes around a name are
 * dropped. An empty list makes a table that rejects every line until a directive names its columns.
 * `milliseconds`: time-taken counts them, as IIS does; otherwise seconds, as the standard says. A
 * list without client or time gives -1.
 */
int table_compile(enum table_kind kind, struct slice columns, bool milliseconds, struct table **ret,
		  struct error *error);
void table_free(struct table *table);

/* Is the line one that describes the file? */
bool table_is_directive(const struct table *table, struct slice line);

/*
 * What holds after a directive: *ret is a new table, or NULL when nothing changes. Columns without
 * client or time make a table that rejects every line: a file may not end the run. -1 only when
 * memory is out.
 */
int table_redefine(const struct table *table, struct slice line, struct table **ret,
		   struct error *error);

enum reject table_run(const struct table *table, struct slice line, struct reading *reading);

#endif
