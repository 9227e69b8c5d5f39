#include "cli/option_value.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/veil/address.h"
#include "aggregate/veil/goal.h"
#include "aggregate/veil/path.h"
#include "base/zone.h"
#include "cli/options.h"
#include "ingest/format.h"

enum { DAY_SECONDS = 86400, QUERY_NAME_MAX = 64 };

static const uint64_t seconds_of[] = {1, 60, 3600, DAY_SECONDS};
static const char seconds_letters[] = "smhd";

/* "256M", "1g", "65536"; false when it is none. */
static bool parse_scaled(const char *text, const char *letters, const uint64_t *factors,
			 uint64_t *ret)
{
	char *end;
	if (!isdigit((unsigned char)*text))
		return false;
	unsigned long long value = strtoull(text, &end, 10);
	uint64_t factor = 1;
	if (*end) {
		const char *letter = strchr(letters, tolower((unsigned char)*end));
		if (!letter || end[1])
			return false;
		factor = factors[letter - letters];
	}
	if (value > UINT64_MAX / 2 / factor)
		return false;
	*ret = value * factor;
	return true;
}

/* No count is meant to be larger; sizes and times may be. */
static uint64_t most(const struct option_row *row)
{
	return row->kind == KIND_NUMBER	   ? 1000000
	       : row->kind == KIND_SECONDS ? 30 * DAY_SECONDS
					   : 1ull << 40;
}

static int set_number(const struct option_row *row, const char *value, uint64_t *field,
		      struct error *error)
{
	static const uint64_t sizes[] = {1 << 10, 1 << 20, 1 << 30};
	uint64_t number = 0;
	bool good = row->kind == KIND_NUMBER ? parse_scaled(value, "", NULL, &number)
		    : row->kind == KIND_SIZE
			? parse_scaled(value, "kmg", sizes, &number)
			: parse_scaled(value, seconds_letters, seconds_of, &number);
	if (!good || number < row->least || number > most(row))
		return error_set(error, "not a good value: %s (from %llu to %llu%s)", value,
				 (unsigned long long)row->least, (unsigned long long)most(row),
				 row->kind == KIND_SIZE	     ? " bytes"
				 : row->kind == KIND_SECONDS ? " seconds"
							     : "");
	*field = number;
	return 0;
}

static int set_percent(const char *value, double *field, struct error *error)
{
	char *end;
	double number = strtod(value, &end);
	if (!isdigit((unsigned char)*value) || (*end && strcmp(end, "%") != 0) || number > 100)
		return error_set(error, "not a good value: %s (from 0 to 100 per cent)", value);
	*field = number;
	return 0;
}

static int set_flag(const char *value, bool *field, struct error *error)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on"};
	for (size_t i = 0; value && i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(value, words[i]) == 0) {
			*field = i % 2 == 1;
			return 0;
		}
	if (value)
		return error_set(error, "not yes or no: %s", value);
	*field = true;
	return 0;
}

/* Whether it is one of the words in "a|b|c". */
static bool is_choice(const char *words, const char *value)
{
	size_t n = strlen(value);
	for (const char *word = words; word; word = strchr(word, '|')) {
		word += *word == '|';
		if (n == strcspn(word, "|") && strncmp(word, value, n) == 0)
			return true;
	}
	return false;
}

static int set_text(const struct option_row *row, const char *value, void *field,
		    struct error *error)
{
	if (!*value)
		return error_set(error, "needs a value");
	if (row->kind == KIND_CHOICE && !is_choice(row->argument, value))
		return error_set(error, "not one of %s: %s", row->argument, value);
	if (row->check && row->check(value, error))
		return -1;
	if (!option_row_is_list(row))
		*(const char **)field = value;
	else if (option_list_add(field, value))
		return error_set(error, "out of memory");
	return 0;
}

int option_value_set(const struct option_row *row, const char *value, void *field,
		     struct error *error)
{
	switch (row->kind) {
	case KIND_FLAG:
		return set_flag(value, field, error);
	case KIND_PERCENT:
		return set_percent(value, field, error);
	case KIND_NUMBER:
	case KIND_SIZE:
	case KIND_SECONDS:
		return set_number(row, value, field, error);
	case KIND_TEXT:
	case KIND_PATH:
	case KIND_CHOICE:
	case KIND_LIST:
	case KIND_PATHS:
		break;
	}
	return set_text(row, value, field, error);
}

int option_value_grace(const char *value, int64_t *ret_seconds)
{
	uint64_t seconds;
	if (strcmp(value, "manual") == 0) {
		*ret_seconds = -1;
		return 0;
	}
	if (!parse_scaled(value, seconds_letters, seconds_of, &seconds) ||
	    seconds > 366 * DAY_SECONDS)
		return -1;
	*ret_seconds = (int64_t)seconds;
	return 0;
}

int option_check_grace(const char *value, struct error *error)
{
	int64_t seconds;
	if (option_value_grace(value, &seconds))
		return error_set(
		    error, "not a duration: %s (36h, 2d, 90m; at most 366d; or manual)", value);
	return 0;
}

int option_check_zone(const char *value, struct error *error)
{
	return zone_set(value, error);
}

int option_check_log_format(const char *value, struct error *error)
{
	struct format_options options = {0};
	struct format *format;
	if (format_compile(value, &options, &format, error))
		return -1;
	format_free(format);
	return 0;
}

int option_check_range(const char *value, struct error *error)
{
	struct address_ranges *ranges = address_ranges_new();
	int failed =
	    ranges ? address_ranges_add(ranges, value, error) : error_set(error, "out of memory");
	address_ranges_free(ranges);
	return failed;
}

/* Anything is a part of an agent; only what says that it is a range has to be one. */
int option_check_exclude(const char *value, struct error *error)
{
	if (strncmp(value, "address:", 8) == 0)
		return option_check_range(value + 8, error);
	return 0;
}

static int check_routes(const char *value,
			int (*add)(struct routes *routes, const char *value, struct error *error),
			struct error *error)
{
	struct routes *routes = routes_new();
	int failed = routes ? add(routes, value, error) : error_set(error, "out of memory");
	routes_free(routes);
	return failed;
}

int option_check_route(const char *value, struct error *error)
{
	return check_routes(value, routes_add, error);
}

int option_check_public(const char *value, struct error *error)
{
	return check_routes(value, routes_add_public, error);
}

int option_check_goal(const char *value, struct error *error)
{
	struct goals *goals = goals_new();
	int failed = goals ? goals_add(goals, value, error) : error_set(error, "out of memory");
	goals_free(goals);
	return failed;
}

/* What [goal NAME] is made of is joined by "=" and ";" later. */
int option_check_goal_part(const char *value, struct error *error)
{
	if (strchr(value, ';'))
		return error_set(error, "no ';' can be in it: %s", value);
	return 0;
}

int option_check_query(const char *value, struct error *error)
{
	size_t n = strlen(value);
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)value[i]) && !strchr("-_.[]", value[i]))
			return error_set(error, "not the name of a query parameter: %s", value);
	if (n > QUERY_NAME_MAX)
		return error_set(error, "longer than %d bytes: %s", QUERY_NAME_MAX, value);
	return 0;
}

int option_check_visitor(const char *value, struct error *error)
{
	if (strncmp(value, "cookie:", 7) != 0 || !value[7])
		return error_set(error, "is cookie:NAME, not %s", value);
	return 0;
}

int option_check_scope(const char *value, struct error *error)
{
	if (strcmp(value, "flagged") == 0)
		return error_set(error, "flagged comes with detection, which this version does not "
					"have yet; all is what there is");
	return 0;
}

int option_check_day(const char *value, struct error *error)
{
	int year, month, day, y, m, d, read = 0;
	if (strspn(value, "0123456789-") != 10 || value[10] ||
	    sscanf(value, "%4d-%2d-%2d%n", &year, &month, &day, &read) != 3 || read != 10 ||
	    month < 1 || month > 12)
		return error_set(error, "not a day: %s (expected YYYY-MM-DD)", value);
	zone_date(zone_days(year, month, day), &y, &m, &d);
	if (y != year || m != month || d != day)
		return error_set(error, "no such day: %s", value);
	return 0;
}

int option_check_kid(const char *value, struct error *error)
{
	if (strlen(value) != 16 || strspn(value, "0123456789abcdef") != 16)
		return error_set(error,
				 "not a kid: %s (expected 16 hex digits, as `veiltally keys` "
				 "prints them)",
				 value);
	return 0;
}
