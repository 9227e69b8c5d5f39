/*
 * gate_rows.h: the rows a gate decides on, and the distinct counts of rows and of folds. Inside of
 * the gate.
 */
#ifndef TALLY_GATE_ROWS_H
#define TALLY_GATE_ROWS_H

#include <stdbool.h>
#include <stdint.h>
#include "aggregate/tally/tally_state.h"

#define GROUP_NONE 0u

enum { KEY_MAX = 2 * 2048 + 16 };

struct gate_row {
	uint32_t period; /* index into tally->periods */
	uint32_t slot;	 /* SLOT__COUNT when the row is a cell */
	uint32_t cell;
	uint32_t parent; /* browser of a version row; 0 otherwise */
	uint32_t group;	 /* GROUP_NONE: named */
	uint8_t dimension;
	uint64_t hits;
	uint32_t units, visitors;
	uint32_t people; /* units of people among them; counted up to k only where that is all that
			    is asked */
};

struct gate_group { /* one fold: of a panel, or of a browser inside the version panel */
	uint32_t period, parent;
	uint8_t dimension;
	bool whole; /* parent does not matter: the fold of the panel */
	uint32_t members;
	uint64_t units, visitors, people;
	struct distinct unit_set, people_set, visitor_set;
	uint32_t cell; /* the member whose cell stands for all in the pair sets */
	uint32_t unit_stamp, people_stamp;
	uint32_t next; /* of the same period; 0 = last */
};

struct gate {
	struct tally *tally;
	struct gate_row *rows;
	size_t rows_n, rows_cap;
	size_t *starts;		   /* rows of period p: starts[p] … starts[p + 1] - 1 */
	struct gate_group *groups; /* groups[0] is not used */
	size_t groups_n, groups_cap;
	uint32_t (*whole)[DIM__COUNT], (*inner)[256], *first_group; /* groups per period */
	uint32_t *order;					    /* visitors by gate number */
	uint32_t order_n;
	uint32_t (*slot_units)[SLOT__COUNT], (*slot_people)[SLOT__COUNT],
	    (*slot_visitors)[SLOT__COUNT];    /* per period */
	uint32_t (*slot_groups)[SLOT__COUNT]; /* per period: group of a folded slot */
	uint64_t *gates, *people; /* per period: units as the gate counts them; those of people */
};

/* Brings every distinct count up to date: exactly from the records, or by sketches when records
 * were retired. */
int gate_count(struct gate *gate);

/* One row per slot and cell that has hits, period by period. */
int gate_collect(struct gate *gate);

/* Units and visitors of every group, from its members. */
int gate_count_groups(struct gate *gate);

/* The key a report prints; returns out. */
const char *gate_key(const struct gate *gate, const struct gate_row *row, char out[KEY_MAX]);

#endif
