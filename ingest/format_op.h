/*
 * format_op.h: the compiled form of a text format, between the builder (format_builder.c) and the
 * run (format_program.c). Inside these two only.
 */
#ifndef INGEST_FORMAT_OP_H
#define INGEST_FORMAT_OP_H

#include "ingest/format_program.h"
#include "ingest/scan.h"

enum how {
	HOW_CHAR,    /* up to a byte, and nothing in it is an escape */
	HOW_TEXT,    /* up to its literal */
	HOW_QUOTED,  /* the same, the literal begins with the closing quote */
	HOW_STAMP,   /* a stamp knows its own end */
	HOW_REST,    /* the rest of the line */
	HOW_LAST,    /* up to a blank or the end of the line: the last field where further ones are
			allowed */
	HOW_REQUEST, /* a request line without quotes: ends behind its protocol */
};

enum {
	OP_NUMBER_NEXT = 1 << 0, /* behind the literal comes a digit, "-" or "+" */
	OP_LIST = 1 << 1,
	OP_PADDED = 1 << 2,
	OP_MAY_BE_DASH = 1 << 4, /* a lone "-" says that there is nothing to keep */
	OP_ENDS_LINE = 1 << 3,	 /* last field: its quote is the last of the line, or the rest has
				    balanced quotes */
};

struct op {
	struct scan_pair pair; /* the literal's first byte and what starts an escape */
	uint64_t literal8;     /* the first eight bytes of the literal, as they lie in memory */
	uint64_t mask8;	       /* which of them count */
	const char *literal;
	const char *pattern; /* of a strftime stamp */
	uint32_t literal_n;
	uint8_t how;
	uint8_t field;
	uint8_t form; /* enum stamp_form */
	uint8_t flags;
	char mark;     /* starts an escape; the literal's first byte when there is none */
	uint16_t slot; /* of a field kept as it is: where it lies in struct request; 0 otherwise */
};

struct program {
	size_t n;
	unsigned flags;
	enum escape escape;
	struct slice lead; /* literal before the first field */
	char *text;	   /* literals and patterns */
	struct op ops[];
};

#endif
