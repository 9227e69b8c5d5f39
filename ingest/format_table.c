#include "ingest/format_table.h"

#include <stdlib.h>
#include "ingest/scan.h"

enum { COLUMNS_MAX = 256, NAME_MAX_N = 64 };

enum {
	COLUMN_AGENT = 1 << 0, /* blanks are written as "+" or "%20" */
	COLUMN_TIME_TAKEN = 1 << 1,
	COLUMN_LOCAL = 1 << 2, /* a clock of the server's zone, not UTC */
};

struct column {
	uint8_t field;
	uint8_t form; /* enum stamp_form of FIELD_TIME */
	uint8_t flags;
	uint8_t rank;
};

struct table {
	enum table_kind kind;
	bool milliseconds;
	bool utc;
	char separator; /* 0: blank or tab, whichever a line has first */
	size_t n;
	struct column columns[];
};

/* Names in lower case with "-" for "_". The rank decides between columns that say the same. */
static const struct {
	const char *name;
	struct column column;
} names[] = {
    {"date", {FIELD_TIME, STAMP_DATE, 0, 0}},
    {"time", {FIELD_TIME, STAMP_CLOCK, 0, 0}},
    {"date-local", {FIELD_TIME, STAMP_DATE, COLUMN_LOCAL, 1}},
    {"time-local", {FIELD_TIME, STAMP_CLOCK, COLUMN_LOCAL, 1}},
    {"time-micros", {FIELD_TIME, STAMP_EPOCH_US, 0, 0}},
    {"timestamp", {FIELD_TIME, STAMP_ANY, 0, 1}},
    {"x-timestamp", {FIELD_TIME, STAMP_ANY, 0, 2}},
    {"c-ip", {FIELD_CLIENT, 0, 0, 0}},
    {"c-dns", {FIELD_CLIENT, 0, 0, 1}},
    {"cs-username", {FIELD_USER, 0, 0, 0}},
    {"cs-method", {FIELD_METHOD, 0, 0, 0}},
    {"cs-uri-stem", {FIELD_TARGET, 0, 0, 0}},
    {"cs-uri", {FIELD_URL, 0, 0, 1}},
    {"cs-uri-query", {FIELD_QUERY, 0, 0, 0}},
    {"sc-status", {FIELD_STATUS, 0, 0, 0}},
    {"c-status", {FIELD_STATUS, 0, 0, 1}},
    {"sc-bytes", {FIELD_BYTES, 0, 0, 0}},
    {"cs-bytes", {FIELD_BYTES, 0, 0, 1}},
    {"time-taken", {FIELD_DURATION_S, 0, COLUMN_TIME_TAKEN, 0}},
    {"x-duration", {FIELD_DURATION_S, 0, 0, 1}},
    {"time-taken-micros", {FIELD_DURATION_US, 0, 0, 0}},
    {"cs-version", {FIELD_PROTOCOL, 0, 0, 0}},
    {"cs-protocol-version", {FIELD_PROTOCOL, 0, 0, 0}},
    {"x-host-header", {FIELD_HOST, 0, 0, 0}},
    {"cs-host", {FIELD_HOST, 0, 0, 1}},
    {"cs(host)", {FIELD_HOST, 0, 0, 2}},
    {"cs(user-agent)", {FIELD_AGENT, 0, COLUMN_AGENT, 0}},
    {"c-user-agent", {FIELD_AGENT, 0, COLUMN_AGENT, 1}},
    {"cs-user-agent", {FIELD_AGENT, 0, COLUMN_AGENT, 2}},
    {"cs(referer)", {FIELD_REFERRER, 0, 0, 0}},
    {"cs-referer", {FIELD_REFERRER, 0, 0, 1}},
    {"cs-referrer", {FIELD_REFERRER, 0, 0, 2}},
    {"cs(referrer)", {FIELD_REFERRER, 0, 0, 2}},
    {"cs(cookie)", {FIELD_COOKIES, 0, 0, 0}},
    {"x-forwarded-for", {FIELD_FORWARDED, 0, 0, 0}},
    {"cs(x-forwarded-for)", {FIELD_FORWARDED, 0, 0, 0}},
    {"c-country", {FIELD_COUNTRY, 0, 0, 0}},
    {"cs(sec-gpc)", {FIELD_OPT_OUT, 0, 0, 0}},
    {"cs(dnt)", {FIELD_OPT_OUT, 0, 0, 0}},
};

static bool between(char c, enum table_kind kind)
{
	return c == ' ' || c == '\t' || (kind == TABLE_CSV && c == ',');
}

/* Takes the next column's name off the list. False at its end. */
static bool next_name(struct slice *list, enum table_kind kind, struct slice *name)
{
	while (list->n && between(list->p[0], kind))
		*list = slice_from_byte(*list, 1);
	if (!list->n)
		return false;
	size_t n = 0;
	while (n < list->n && !between(list->p[n], kind))
		n++;
	*name = slice_make(list->p, n);
	*list = slice_from_byte(*list, n);
	if (name->n >= 2 && name->p[0] == '"' && name->p[name->n - 1] == '"')
		*name = slice_make(name->p + 1, name->n - 2);
	return true;
}

static struct column column_of(struct slice name, bool milliseconds)
{
	struct column skip = {FIELD_SKIP, 0, 0, 0};
	char plain[NAME_MAX_N];
	if (name.n >= sizeof(plain))
		return skip;
	for (size_t i = 0; i < name.n; i++)
		plain[i] = name.p[i] == '_' ? '-' : slice_lower(name.p[i]);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!slice_is(slice_make(plain, name.n), names[i].name))
			continue;
		struct column column = names[i].column;
		if ((column.flags & COLUMN_TIME_TAKEN) && milliseconds)
			column.field = FIELD_DURATION_MS;
		return column;
	}
	return skip;
}

static bool same_kind(struct column a, struct column b)
{
	if (a.field == FIELD_TIME && b.field == FIELD_TIME) {
		/* A date and a clock go together; two dates, or a date and a whole stamp, compete.
		 */
		bool parts = a.form == STAMP_DATE || a.form == STAMP_CLOCK;
		return !(parts && a.form != b.form &&
			 (b.form == STAMP_DATE || b.form == STAMP_CLOCK));
	}
	if (a.field == FIELD_URL || b.field == FIELD_URL)
		return a.field + b.field == FIELD_URL + FIELD_TARGET || a.field == b.field;
	return a.field == b.field && a.field != FIELD_OPT_OUT;
}

static void drop_repeats(struct table *table)
{
	for (size_t i = 0; i < table->n; i++)
		for (size_t j = i + 1; j < table->n; j++) {
			struct column *a = &table->columns[i], *b = &table->columns[j];
			if (a->field == FIELD_SKIP || !same_kind(*a, *b))
				continue;
			*(a->rank <= b->rank ? b : a) = (struct column){FIELD_SKIP, 0, 0, 0};
		}
}

static int check_columns(struct table *table, struct error *error)
{
	bool client = false, day = false, clock = false;
	for (size_t i = 0; i < table->n; i++) {
		struct column column = table->columns[i];
		client |= column.field == FIELD_CLIENT;
		if (column.field != FIELD_TIME)
			continue;
		day |= column.form != STAMP_CLOCK;
		clock |= column.form != STAMP_DATE;
		if (column.flags & COLUMN_LOCAL)
			table->utc = false;
	}
	if (!client)
		return error_set(error,
				 "the columns of the log do not hold the client's address (c-ip)");
	if (!day || !clock)
		return error_set(error, "the columns of the log do not hold date and time");
	return 0;
}

static struct table *table_new(enum table_kind kind, bool milliseconds, size_t n)
{
	struct table *table = calloc(1, sizeof(*table) + n * sizeof(table->columns[0]));
	if (!table)
		return NULL;
	table->kind = kind;
	table->milliseconds = milliseconds;
	table->utc = true;
	table->separator = kind == TABLE_CSV ? ',' : 0;
	return table;
}

int table_compile(enum table_kind kind, struct slice columns, bool milliseconds, struct table **ret,
		  struct error *error)
{
	struct slice list = columns, name;
	size_t n = 0;
	while (next_name(&list, kind, &name)) {
		n++;
		/* Only IIS logs these, and IIS counts milliseconds. */
		milliseconds |= slice_equal_nocase(name, "sc-win32-status") ||
				slice_equal_nocase(name, "sc-substatus");
	}
	if (n > COLUMNS_MAX)
		return error_set(error, "the log has too many columns");
	struct table *table = table_new(kind, milliseconds, n);
	if (!table)
		return error_set(error, "out of memory");
	for (list = columns; next_name(&list, kind, &name);)
		table->columns[table->n++] = column_of(name, milliseconds);
	drop_repeats(table);
	if (n && check_columns(table, error)) {
		table_free(table);
		return -1;
	}
	*ret = table;
	return 0;
}

void table_free(struct table *table)
{
	free(table);
}

/* A CSV header: a name, not a number, in front, and the client's column somewhere. */
static bool csv_header(struct slice line)
{
	size_t at = line.n && line.p[0] == '"' ? 1 : 0;
	if (line.n <= at || slice_lower(line.p[at]) < 'a' || slice_lower(line.p[at]) > 'z')
		return false;
	return memmem(line.p, line.n, "c_ip", 4) || memmem(line.p, line.n, "c-ip", 4);
}

bool table_is_directive(const struct table *table, struct slice line)
{
	return table->kind == TABLE_CSV ? csv_header(line) : line.n && line.p[0] == '#';
}

static bool starts_nocase(struct slice line, const char *prefix)
{
	size_t n = strlen(prefix);
	return line.n >= n && slice_equal_nocase(slice_make(line.p, n), prefix);
}

/* "#Software: Microsoft Internet Information Services 10.0" */
static int redefine_software(const struct table *table, struct slice line, struct table **ret,
			     struct error *error)
{
	if (table->milliseconds || !memmem(line.p, line.n, "Internet Information Services", 29))
		return 0;
	struct table *next = table_new(table->kind, true, table->n);
	if (!next)
		return error_set(error, "out of memory");
	memcpy(next->columns, table->columns, table->n * sizeof(table->columns[0]));
	next->n = table->n;
	next->utc = table->utc;
	for (size_t i = 0; i < next->n; i++)
		if (next->columns[i].flags & COLUMN_TIME_TAKEN)
			next->columns[i].field = FIELD_DURATION_MS;
	*ret = next;
	return 0;
}

int table_redefine(const struct table *table, struct slice line, struct table **ret,
		   struct error *error)
{
	struct error unused;
	struct table *next;
	*ret = NULL;
	if (table->kind == TABLE_W3C) {
		if (starts_nocase(line, "#Software:"))
			return redefine_software(table, line, ret, error);
		if (!starts_nocase(line, "#Fields:"))
			return 0;
		line = slice_from_byte(line, 8);
	}
	if (table_compile(table->kind, line, table->milliseconds, &next, &unused) &&
	    table_compile(table->kind, slice_make(NULL, 0), table->milliseconds, &next, error))
		return -1;
	if (next->n == table->n && next->milliseconds == table->milliseconds &&
	    memcmp(next->columns, table->columns, next->n * sizeof(next->columns[0])) == 0) {
		table_free(next);
		return 0;
	}
	*ret = next;
	return 0;
}

/* ---- the run ---- */

static bool percent_escaped(struct slice text)
{
	for (size_t at = slice_find(text, '%'); at + 2 < text.n;
	     at += 1 + slice_find(slice_from_byte(text, at + 1), '%'))
		if (text.p[at + 1] >= '0' && text.p[at + 1] <= '7')
			return true;
	return false;
}

/*
 * IIS writes "+" for the blanks of an agent, CloudFront and Shoutcast "%20", CloudFront for some
 * years "%2520": at most two rounds. An agent with real blanks is left alone.
 */
static struct slice plain_agent(struct parser *parser, struct slice agent)
{
	if (slice_find(agent, ' ') < agent.n)
		return agent;
	for (int rounds = 0; rounds < 2 && agent.p && percent_escaped(agent); rounds++)
		agent = parser_unescape(parser, agent, ESCAPE_PERCENT);
	if (agent.p && slice_find(agent, ' ') == agent.n && slice_find(agent, '+') < agent.n)
		agent = parser_unplus(parser, agent);
	return agent;
}

static enum reject put_column(const struct column *column, struct slice value,
			      struct reading *reading)
{
	if (column->field == FIELD_TIME && column->form != STAMP_ANY) {
		size_t used = stamp_read(&reading->parser->stamp, (enum stamp_form)column->form,
					 NULL, value, &reading->moment);
		return used && used == value.n ? REJECT_NONE : REJECT_TIME;
	}
	if (column->flags & COLUMN_AGENT) {
		value = plain_agent(reading->parser, value);
		if (!value.p)
			return REJECT_TOO_LONG;
	}
	return field_put(reading, (enum field)column->field, value);
}

/*
 * A quoted value: up to a quote with a separator or the end behind it; a doubled quote stands for
 * one. Returns where it ends, NULL when it does not.
 */
static const char *take_quoted(const char *p, const char *end, char separator, struct slice *value,
			       bool *doubled)
{
	const char *start = ++p;
	*doubled = false;
	for (; p < end; p++) {
		if (*p != '"')
			continue;
		if (p + 1 == end || p[1] == separator)
			break;
		if (p[1] == '"') {
			*doubled = true;
			p++;
		}
	}
	if (p >= end)
		return NULL;
	*value = slice_make(start, (size_t)(p - start));
	return p + 1;
}

/* The value at p; returns where it ends, NULL when a quote is not closed. */
static const char *take_value(const struct column *column, const char *p, const char *end,
			      const struct scan_pair *separator, struct slice *value,
			      struct reading *reading)
{
	if (p == end || *p != '"') {
		const char *stop = scan_pair_find(separator, p, end);
		*value = slice_make(p, (size_t)(stop - p));
		return stop;
	}
	bool doubled;
	p = take_quoted(p, end, separator->a[0], value, &doubled);
	if (p && doubled && column->field != FIELD_SKIP) {
		*value = parser_unescape(reading->parser, *value, ESCAPE_QUOTE);
		if (!value->p)
			return NULL;
	}
	return p;
}

enum reject table_run(const struct table *table, struct slice line, struct reading *reading)
{
	const char *p = line.p, *end = line.p + line.n;
	char separator = table->separator;
	struct scan_pair pair;
	size_t i = 0;
	if (!separator) {
		const char *first = scan_either(p, end, ' ', '\t');
		separator = first < end ? *first : ' ';
	}
	scan_pair_set(&pair, separator, separator);
	for (; i < table->n; i++) {
		const struct column *column = &table->columns[i];
		struct slice value;
		p = take_value(column, p, end, &pair, &value, reading);
		if (!p)
			return REJECT_FORMAT;
		if (column->field != FIELD_SKIP && (value.n || column->field == FIELD_TIME)) {
			enum reject reject = put_column(column, value, reading);
			if (reject)
				return reject;
		}
		if (p == end) {
			i++;
			break;
		}
		p++;
	}
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (!table->n || i < table->n || p != end)
		return REJECT_FORMAT;
	return reading_finish(reading, table->utc);
}
