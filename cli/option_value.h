/*
 * option_value.h: the values of options: from the text of an argument or of a configuration line to
 * a field of struct options.
 */
#ifndef CLI_OPTION_VALUE_H
#define CLI_OPTION_VALUE_H

#include <stdint.h>
#include "base/error.h"
#include "cli/option_row.h"

/*
 * Reads `value` as the row says and stores it in `field`, which has the type of row->kind; texts
 * are borrowed. A flag is on where `value` is NULL, else yes, no, true, false, on or off. -1 with
 * the reason alone: the caller says which option, which line.
 */
int option_value_set(const struct option_row *row, const char *value, void *field,
		     struct error *error);

/* "36h", "2d", "90m", "45" (seconds), "0", or "manual": -1. */
int option_value_grace(const char *value, int64_t *ret_seconds);

/* Row->check of the table: each asks the code that will use the value. -1 with the reason. */
int option_check_zone(const char *value, struct error *error);
int option_check_log_format(const char *value, struct error *error);
int option_check_range(const char *value, struct error *error);
int option_check_exclude(const char *value, struct error *error);
int option_check_route(const char *value, struct error *error);
int option_check_public(const char *value, struct error *error);
int option_check_goal(const char *value, struct error *error);
int option_check_goal_part(const char *value, struct error *error);
int option_check_query(const char *value, struct error *error);
int option_check_visitor(const char *value, struct error *error);
int option_check_grace(const char *value, struct error *error);
int option_check_scope(const char *value, struct error *error);
int option_check_day(const char *value, struct error *error);
int option_check_kid(const char *value, struct error *error);

#endif
