/*
 * report.h: renders a gated trend. One row of the table in report.c per output format.
 *
 * Nothing here reads the tally: what comes in has been through the gate.
 */
#ifndef EXPORT_REPORT_H
#define EXPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "aggregate/tally/trend.h"
#include "base/error.h"

struct report_style {
	int width;	   /* columns of the page, text only; at least 40 */
	bool color;	   /* ANSI colours, text only */
	bool unicode;	   /* bars and arrows beyond ASCII, text only */
	unsigned top;	   /* rows per panel in text, not folded away in HTML; 0 = all */
	const char *zone;  /* name of the time zone days and hours are in */
	const char *title; /* what was read, for the heading: "3 files", never a log byte */
};

/*
 * Renders `trend` (sorted by the call) to `out`. `name` is one of report_list. Returns 0, or
 * -1 with a message for an unknown name or a write error; the caller closes `out`.
 */
int report_render(const char *name, struct trend *trend, const struct report_style *style,
		  FILE *out, struct error *error);

/* Names of the formats, NULL past the end. */
const char *report_list(unsigned index);

#endif
