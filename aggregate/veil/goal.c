#include "aggregate/veil/goal.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/veil/hit.h"

enum { AMOUNT_MAX = 1000000000 }; /* in major units: no order is larger, and sums stay sums */

struct goal {
	char *name;
	char *method; /* NULL: any */
	char *path;   /* without the trailing * */
	char *amount; /* query parameter, or NULL */
	bool prefix;
};

struct goals {
	struct goal all[HIT_GOALS_MAX];
	unsigned n;
};

struct goals *goals_new(void)
{
	return calloc(1, sizeof(struct goals));
}

void goals_free(struct goals *goals)
{
	if (!goals)
		return;
	for (unsigned i = 0; i < goals->n; i++) {
		free(goals->all[i].name);
		free(goals->all[i].method);
		free(goals->all[i].path);
		free(goals->all[i].amount);
	}
	free(goals);
}

static char *keep(struct slice text)
{
	return strndup(text.n ? text.p : "", text.n);
}

static bool name_is_plain(struct slice name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!isalnum((unsigned char)name.p[i]) && !strchr("-_. ", name.p[i]))
			return false;
	return name.n > 0 && name.n <= 40;
}

/* Splits "NAME=[METHOD] PATH[; amount=query:P]"; false when it is not one. */
static bool parse_goal(const char *spec, struct slice *name, struct slice *method,
		       struct slice *path, struct slice *amount)
{
	struct slice rest = slice_from(spec);
	size_t at = slice_find(rest, '=');
	*name = slice_trim(slice_make(rest.p, at));
	rest = slice_trim(slice_from_byte(rest, at + 1));
	size_t semicolon = slice_find(rest, ';');
	struct slice what = slice_trim(slice_make(rest.p, semicolon));
	struct slice how = slice_trim(slice_from_byte(rest, semicolon + 1));
	*amount = *method = (struct slice){NULL, 0};
	if (how.n) {
		if (!slice_starts(how, "amount=query:") || how.n == strlen("amount=query:"))
			return false;
		*amount = slice_from_byte(how, strlen("amount=query:"));
	}
	size_t blank = slice_find(what, ' ');
	*path = what;
	if (blank < what.n) {
		*method = slice_make(what.p, blank);
		*path = slice_trim(slice_from_byte(what, blank));
	}
	return name_is_plain(*name) && path->n && path->p[0] == '/';
}

int goals_add(struct goals *goals, const char *spec, struct error *error)
{
	struct slice name, method, path, amount;
	if (!parse_goal(spec, &name, &method, &path, &amount))
		return error_set(
		    error, "goal \"%s\": expected NAME=[METHOD] /PATH[; amount=query:PARAMETER]",
		    spec);
	if (goals->n == HIT_GOALS_MAX)
		return error_set(error, "goal \"%s\": at most %d goals", spec, HIT_GOALS_MAX);
	struct goal *goal = &goals->all[goals->n];
	goal->prefix = path.p[path.n - 1] == '*';
	path.n -= goal->prefix;
	goal->name = keep(name);
	goal->path = keep(path);
	goal->method = method.n ? keep(method) : NULL;
	goal->amount = amount.n ? keep(amount) : NULL;
	goals->n++;
	if (!goal->name || !goal->path || (method.n && !goal->method) ||
	    (amount.n && !goal->amount))
		return error_set(error, "goal \"%s\": out of memory", spec);
	return 0;
}

unsigned goals_count(const struct goals *goals)
{
	return goals->n;
}

const char *goals_name(const struct goals *goals, unsigned index)
{
	return goals->all[index].name;
}

uint16_t goals_match(const struct goals *goals, struct slice target)
{
	uint16_t bits = 0;
	size_t end = 0;
	while (end < target.n && target.p[end] != '?' && target.p[end] != '#')
		end++;
	struct slice path = slice_make(target.p, end);
	for (unsigned i = 0; i < goals->n; i++) {
		const struct goal *goal = &goals->all[i];
		if (goal->prefix ? slice_starts(path, goal->path) : slice_is(path, goal->path))
			bits |= (uint16_t)(1u << i);
	}
	return bits;
}

uint16_t goals_with_method(const struct goals *goals, uint16_t candidates, struct slice method)
{
	for (unsigned i = 0; i < goals->n; i++)
		if (goals->all[i].method && !slice_is(method, goals->all[i].method))
			candidates &= (uint16_t) ~(1u << i);
	return candidates;
}

bool goal_parse_amount(struct slice text, int64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0, decimals = 0;
	for (; i < text.n && isdigit((unsigned char)text.p[i]); i++) {
		value = value * 10 + (uint64_t)(text.p[i] - '0');
		if (value > AMOUNT_MAX)
			return false;
	}
	if (i == 0)
		return false;
	if (i < text.n && (text.p[i] == '.' || text.p[i] == ',')) {
		for (i++; i < text.n && isdigit((unsigned char)text.p[i]); i++, decimals++) {
			if (decimals < 2)
				value = value * 10 + (uint64_t)(text.p[i] - '0');
			else if (text.p[i] != '0')
				return false;
		}
		if (decimals == 0)
			return false;
	}
	for (; decimals < 2; decimals++)
		value *= 10;
	*ret = (int64_t)value;
	return i == text.n;
}

/* The value of a parameter, not decoded but for %2C and %2E, which may separate decimals. */
static bool find_parameter(struct slice query, const char *name, struct slice *ret)
{
	while (query.n) {
		size_t end = slice_find(query, '&');
		struct slice pair = slice_make(query.p, end);
		size_t equal = slice_find(pair, '=');
		if (slice_is(slice_make(pair.p, equal), name) && equal < pair.n) {
			*ret = slice_from_byte(pair, equal + 1);
			return true;
		}
		query = slice_from_byte(query, end + 1);
	}
	return false;
}

static struct slice decode_separator(struct slice value, char out[32])
{
	size_t n = 0;
	for (size_t i = 0; i < value.n && n < 32; i++) {
		bool escape = value.p[i] == '%' && i + 2 < value.n && value.p[i + 1] == '2';
		char c = escape ? slice_lower(value.p[i + 2]) : 0;
		if (c == 'c' || c == 'e') {
			out[n++] = c == 'c' ? ',' : '.';
			i += 2;
		} else {
			out[n++] = value.p[i];
		}
	}
	return slice_make(out, n);
}

bool goals_amount(const struct goals *goals, uint16_t candidates, struct slice query, int64_t *ret)
{
	for (unsigned i = 0; i < goals->n; i++) {
		struct slice value;
		char text[32];
		if (!(candidates >> i & 1) || !goals->all[i].amount)
			continue;
		return find_parameter(query, goals->all[i].amount, &value) && value.n <= 32 &&
		       goal_parse_amount(decode_separator(value, text), ret);
	}
	return false;
}
