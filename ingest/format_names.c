/*
 * format_names.c: the formats that have a name. Detection prefers the earlier row where two read a
 * line equally well, so the order is from the common to the rare.
 */
#include "ingest/format_type.h"

#define COMMON_FIELDS	"$client $ident $user [$time_clf] \"$request\" $status $bytes"
#define COMBINED_FIELDS COMMON_FIELDS " \"$referrer\" \"$agent\""

static const struct format_row rows[] = {
    {"combined", "Apache, nginx, lighttpd, LiteSpeed: NCSA combined", SYNTAX_PLAIN, COMBINED_FIELDS,
     PROGRAM_EXTRA, ESCAPE_BACKSLASH, ENVELOPE_NONE},
    {"vhost-combined", "combined with host or host:port in front", SYNTAX_PLAIN,
     "$host " COMBINED_FIELDS, PROGRAM_EXTRA | PROGRAM_VHOST, ESCAPE_BACKSLASH, ENVELOPE_NONE},
    {"common", "Common Log Format (NCSA)", SYNTAX_PLAIN, COMMON_FIELDS, PROGRAM_EXTRA,
     ESCAPE_BACKSLASH, ENVELOPE_NONE},
    {"vhost-common", "common with host or host:port in front", SYNTAX_PLAIN, "$host " COMMON_FIELDS,
     PROGRAM_EXTRA | PROGRAM_VHOST, ESCAPE_BACKSLASH, ENVELOPE_NONE},
};

const struct format_row *format_row(size_t index)
{
	return index < sizeof(rows) / sizeof(rows[0]) ? &rows[index] : NULL;
}

static bool same_name(struct slice given, const char *name)
{
	if (given.n != strlen(name))
		return false;
	for (size_t i = 0; i < given.n; i++) {
		char c = slice_lower(given.p[i]);
		if ((c == '_' ? '-' : c) != name[i])
			return false;
	}
	return true;
}

const struct format_row *format_row_find(struct slice name)
{
	const struct format_row *row;
	for (size_t i = 0; (row = format_row(i)); i++)
		if (same_name(name, row->name))
			return row->syntax == SYNTAX_ALIAS
				   ? format_row_find(slice_from(row->definition))
				   : row;
	return NULL;
}

const char *format_list(size_t index, const char **ret_summary)
{
	const struct format_row *row = format_row(index);
	if (!row)
		return NULL;
	if (ret_summary)
		*ret_summary = row->summary;
	return row->name;
}
