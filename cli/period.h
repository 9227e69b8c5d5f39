/* period.h: points in time as people write them on a command line. */
#ifndef CLI_PERIOD_H
#define CLI_PERIOD_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"

/*
 * "2026-10-05", "2026-10-05T14:30" or "2026-10-05 14:30:10" in the configured zone. A bare day is
 * its beginning, or with `end` the beginning of the day after; with `end` a time is the first
 * second that no longer counts.
 */
int period_parse(const char *text, bool end, int64_t *ret, struct error *error);

/* "2026-10-05": days since 1970-01-01 of the configured zone's calendar. */
int period_parse_day(const char *text, int32_t *ret, struct error *error);

#endif
