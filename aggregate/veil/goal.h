/*
 * goal.h: what the operator calls a success: "purchase=POST /checkout/complete;
 * amount=query:total".
 */
#ifndef VEIL_GOAL_H
#define VEIL_GOAL_H

#include <stdbool.h>
#include <stdint.h>
#include "base/error.h"
#include "base/slice.h"

struct goals;

struct goals *goals_new(void);
void goals_free(struct goals *goals);

/*
 * Adds "NAME=[METHOD] PATH[; amount=query:PARAMETER]". PATH is compared with the request's path
 * without query, byte for byte; a trailing * matches any rest. Without METHOD any does. At most
 * HIT_GOALS_MAX goals.
 */
int goals_add(struct goals *goals, const char *spec, struct error *error);
unsigned goals_count(const struct goals *goals);
const char *goals_name(const struct goals *goals, unsigned index);

/* Bits of the goals whose path the target has; the method is looked at by goals_with_method. */
uint16_t goals_match(const struct goals *goals, struct slice target);
uint16_t goals_with_method(const struct goals *goals, uint16_t candidates, struct slice method);

/*
 * The amount of the first candidate that takes one from the query, in minor units (two decimals).
 * False when there is none, or the value is not a plain decimal number, is negative, or has more
 * than two decimals that are not zero.
 */
bool goals_amount(const struct goals *goals, uint16_t candidates, struct slice query, int64_t *ret);

/* "12.5" → 1250, "12,50" → 1250, "7" → 700. */
bool goal_parse_amount(struct slice text, int64_t *ret);

#endif
