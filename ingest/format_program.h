/*
 * format_program.h: the compiled form of a text format, and what runs it over a line.
 *
 * A program is a chain of fields, each with the literal text that follows it. A pasted definition
 * is compiled into it once; per line there is no parsing of formats, no allocation and no
 * backtracking: a field ends at the first place where its literal stands, and a quoted field where
 * the quote, the literal behind it and the kind of the field that follows fit. That last look ahead
 * is what reads quotes that the server forgot to escape.
 */
#ifndef INGEST_FORMAT_PROGRAM_H
#define INGEST_FORMAT_PROGRAM_H

#include <stdbool.h>
#include "base/error.h"
#include "base/slice.h"
#include "ingest/field.h"
#include "ingest/parser.h"

struct program;
struct program_builder;

/* What the line may do beyond the definition. */
enum {
	PROGRAM_EXTRA = 1 << 0, /* further fields behind the last one */
	PROGRAM_OPEN_QUOTE =
	    1 << 1, /* the last quoted field may miss its closing quote (cut by syslog) */
	PROGRAM_VHOST = 1 << 2,	     /* a host comes first: a client of "-" means that none did */
	PROGRAM_UTC = 1 << 3,	     /* stamps without a zone are UTC */
	PROGRAM_WORD_USER = 1 << 5,  /* a user with blanks means that the fields stand elsewhere */
	PROGRAM_TIME_LATER = 1 << 4, /* the time may come from the envelope */
};

/* What is known of a field's text when it is added. */
enum {
	FIELD_IS_LIST =
	    1 << 0, /* "a, b" or "a : b": a blank beside a comma or colon does not end it */
	FIELD_IS_SPACED = 1 << 1, /* holds blanks as a rule (user agents) */
	FIELD_IS_PADDED = 1 << 2, /* further blanks may follow it */
	FIELD_IS_PORT =
	    1 << 3, /* "address:port" is read as one: an IPv6 address has colons itself */
	FIELD_IS_OPTIONAL =
	    1 << 4, /* may be missing together with the blank behind it: HAProxy's captures */
};

/* `text_n`: length of the definition, an upper bound for the literals. NULL when memory is out. */
struct program_builder *program_builder_new(size_t text_n, enum escape escape, unsigned flags);
void program_builder_free(struct program_builder *builder);

/* Appends literal text. */
void program_literal(struct program_builder *builder, struct slice text);

/*
 * Appends a field. `rank`: where a definition says the same thing twice, the field of the lowest
 * rank is used and the other passed over. `name` is for messages (its bytes must live as long as
 * the builder).
 */
void program_field(struct program_builder *builder, enum field field, unsigned rank, unsigned hints,
		   struct slice name);

/* Appends a time stamp; `pattern` (kept until finish, then copied) goes with STAMP_PATTERN. */
void program_stamp(struct program_builder *builder, enum stamp_form form, struct slice pattern,
		   unsigned rank, unsigned hints, struct slice name);

/* The field appended last, FIELD_SKIP when the last thing was a literal or nothing. */
enum field program_last_field(const struct program_builder *builder);
/* Makes the last field another one: "$host$request_uri" is one field. */
void program_change_last(struct program_builder *builder, enum field field, unsigned rank);

/* Checks the definition and makes the program. Frees nothing; the builder may then be freed. */
int program_finish(struct program_builder *builder, struct program **ret, struct error *error);
void program_free(struct program *program);

/* Does the line itself say its time? */
bool program_has_time(const struct program *program);

/* Runs the program over a line; `reading` is initialised, its time may be set by the envelope. */
enum reject program_run(const struct program *program, struct slice line, struct reading *reading);

#endif
