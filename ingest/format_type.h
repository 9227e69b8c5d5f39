/*
 * format_type.h: what stands behind the handle struct format, and the compilers of its kinds.
 * Inside ingest/ only.
 */
#ifndef INGEST_FORMAT_TYPE_H
#define INGEST_FORMAT_TYPE_H

#include "ingest/format.h"
#include "ingest/format_program.h"

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
	SYNTAX_TABLE, /* W3C columns, see format_table.c */
	SYNTAX_ALIAS, /* the name of another row */
};

enum envelope {
	ENVELOPE_NONE,
	ENVELOPE_DOCKER,       /* docker's json-file */
	ENVELOPE_CRI,	       /* Kubernetes CRI */
	ENVELOPE_SYSLOG,       /* RFC 3164, RFC 5424, rsyslog's ISO form */
	ENVELOPE_SYSLOG_MAYBE, /* syslog when there is one: HAProxy */
	ENVELOPE__COUNT
};

struct json_map;
struct table;

struct format {
	char name[96];
	enum format_kind kind;
	enum envelope envelope;
	char *cookie; /* own copy, or NULL */
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
	unsigned flags;	    /* PROGRAM_… */
	enum escape escape; /* of text formats */
	enum envelope envelope;
};

/* NULL past the end. */
const struct format_row *format_row(size_t index);
/* By name, case ignored, "_" equal to "-"; aliases are followed. NULL when there is none. */
const struct format_row *format_row_find(struct slice name);

/*
 * The compilers. Each makes the program (JSON map, table) of `format`, whose cookie is already set.
 * `flags`: PROGRAM_….
 */
int format_plain_compile(struct format *format, struct slice definition, enum escape escape,
			 unsigned flags, struct error *error);

#endif
