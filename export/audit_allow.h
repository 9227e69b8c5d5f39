/*
 * audit_allow.h: findings that somebody has looked at and accepted, so that a check can run in CI.
 *
 * One per line, "PATTERN:KIND"; empty lines and those that begin with # are passed over. PATTERN is
 * a shell pattern over the path as it is printed (without a leading "./"; * also matches /). KIND
 * is a kind (email), a class (private), or *.
 */
#ifndef EXPORT_AUDIT_ALLOW_H
#define EXPORT_AUDIT_ALLOW_H

#include <stdio.h>
#include "base/error.h"
#include "export/audit_scan.h"

struct audit_allow;

struct audit_allow *audit_allow_new(void); /* NULL when memory is out */
void audit_allow_free(struct audit_allow *allow);

/* Adds the lines of a file, which stays the caller's; `name` is for messages. -1 with file, line
 * and reason. */
int audit_allow_read(struct audit_allow *allow, FILE *file, const char *name, struct error *error);

/* Whether a line accepts this; the line counts as used. */
bool audit_allow_holds(struct audit_allow *allow, const char *path,
		       const struct audit_finding *finding);

/* The i-th line that accepted nothing (text and its line number), or NULL: it can be taken out. */
const char *audit_allow_unused(const struct audit_allow *allow, size_t i, unsigned *ret_line);

#endif
