/*
 * format_type.h: what stands behind the handle struct format, and the compilers of its kinds.
 * Inside ingest/ only.
 */
#ifndef INGEST_FORMAT_TYPE_H
#define INGEST_FORMAT_TYPE_H

#include "ingest/format.h"
#include "ingest/format_envelope.h"
#include "ingest/format_json.h"
#include "ingest/format_program.h"
#include "ingest/format_table.h"

enum format_kind {
	FORMAT_TEXT,	  /* a field program */
	FORMAT_JSON,	  /* one JSON object per line */
	FORMAT_TABLE,	  /* columns named inside the file: W3C, CSV */
	FORMAT_COMPOSITE, /* several, tried in turn */
};

/* In which notation a definition is written. */
enum format_syntax {
	SYNTAX_PLAIN, /* ours: literal text and $names, see format_plain.c */
	SYNTAX_NGINX,
	SYNTAX_APACHE,
	SYNTAX_HAPROXY,
	SYNTAX_JSON,  /* field=path, … */
	SYNTAX_W3C,   /* column names */
	SYNTAX_CSV,   /* the same, separated by commas */
	SYNTAX_ALIAS, /* the name of another row */
	SYNTAX_NONE,  /* refused; the definition is the reason */
};

struct format {
	char name[96];
	char *spec; /* what it was compiled from, without envelope */
	enum format_kind kind;
	enum envelope envelope;
	bool time_outside; /* the envelope's time is the line's */
	char *cookie;	   /* own copy, or NULL */
	struct program *program;
	struct json_map *json;
	struct table *table;
	struct format **members; /* of a composite; owned */
	size_t members_n;
};

/* One row of the table of names. */
struct format_row {
	const char *name;
	const char *summary;
	enum format_syntax syntax;
	const char *definition;
	unsigned flags;		/* PROGRAM_…, ROW_… */
	enum escape escape;	/* of SYNTAX_PLAIN */
	enum envelope envelope; /* that the format brings itself */
};

enum {
	ROW_MILLISECONDS = 1 << 16, /* a W3C log whose time-taken counts milliseconds */
	ROW_BY_NAME = 1 << 17,	    /* never detected: it looks like another format */
};

/* NULL past the end. */
const struct format_row *format_row(size_t index);
/* By name, case ignored, "_" equal to "-"; aliases are followed. NULL when there is none. */
const struct format_row *format_row_find(struct slice name);

/*
 * Makes one format that tries its members in turn; takes them over, also on failure. With one
 * member that is the format itself.
 */
int format_compose(struct format **members, size_t n, struct format **ret, struct error *error);

/*
 * The compilers. Each makes the program of `format`, whose cookie is already set. `flags`:
 * PROGRAM_….
 */
int format_plain_compile(struct format *format, struct slice definition, enum escape escape,
			 unsigned flags, struct error *error);
/* "log_format main '$remote_addr …';", or only the text of it. */
int format_nginx_compile(struct format *format, struct slice definition, unsigned flags,
			 struct error *error);
/* "LogFormat \"%h …\" name", or only the string. */
int format_apache_compile(struct format *format, struct slice definition, unsigned flags,
			  struct error *error);
/* "log-format %ci:%cp …", or only the string. */
int format_haproxy_compile(struct format *format, struct slice definition, unsigned flags,
			   struct error *error);

#endif
