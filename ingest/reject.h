/*
 * reject.h: why a line was not understood. A rejected line is counted by reason and never passed
 * on.
 */
#ifndef INGEST_REJECT_H
#define INGEST_REJECT_H

enum reject {
	REJECT_NONE = 0,
	REJECT_TOO_LONG, /* longer than --max-line; counted once, whole */
	REJECT_FORMAT,	 /* the line does not have the shape of the format */
	REJECT_TIME,	 /* the time stamp is missing or impossible */
	REJECT_STATUS,	 /* the status is not a number from 100 to 999 and not "-" */
	REJECT_NUMBER,	 /* a size or duration is not a number */
	REJECT_ENVELOPE, /* the envelope (JSON, CRI, syslog) around the line is broken */
	REJECT_PARTIAL,	 /* the container runtime cut the line into pieces */
	REJECT_FUTURE,	 /* stamped more than an hour ahead of the clock */
	REJECT__COUNT
};

/* Stable lower-case name for statistics and reports, e.g. "too_long". */
const char *reject_name(enum reject reject);

/* One plain sentence for people, e.g. "the time stamp is missing or impossible". */
const char *reject_reason(enum reject reject);

#endif
