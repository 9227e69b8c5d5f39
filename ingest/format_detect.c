/*
 * format_detect.c: which format a file is in.
 *
 * Every named format, alone and in each envelope that opens some line, reads the sample. A line
 * goes to the format that learns most from it: common reads every combined line, but combined
 * learns referrer and agent besides. Formats that win enough lines are kept; those that learn more
 * try first.
 */
#include "ingest/format_type.h"

#include <stdio.h>
#include <stdlib.h>
#include "ingest/request.h"

enum {
	MEMBERS_MAX = 4,
	LINES_LEAST = 2,   /* an alternative must win so many lines … */
	SHARE_LEAST = 100, /* … and one in so many */
	CANDIDATES_MAX = 400,
};

struct candidate {
	const struct format_row *row;
	enum envelope envelope;
	size_t wins;
	size_t learned; /* over the lines won */
};

struct win {
	uint16_t candidate;
	uint8_t learned; /* 0: nobody reads the line */
};

struct contest {
	const struct slice *lines;
	size_t n;
	const struct format_options *options;
	struct parser *parser;
	struct win *wins;
	size_t candidates_n;
	struct candidate candidates[CANDIDATES_MAX];
};

/* Hosts of combined logs in which ident was logged would look like lighttpd's. */
static bool host_plausible(struct slice host)
{
	return slice_find(host, '.') < host.n || slice_find(host, ':') < host.n ||
	       slice_is(host, "localhost");
}

static unsigned learned(const struct request *request)
{
	unsigned n = 1;
	n += request->status != 0;
	n += (request->flags & REQUEST_HAS_BYTES) != 0;
	n += (request->flags & REQUEST_HAS_DURATION) != 0;
	n += request->forwarded.n > 0;
	n += request->user.n > 0;
	n += request->method.n > 0;
	n += request->target.n > 0;
	n += request->query.n > 0;
	n += request->protocol.n > 0;
	n += request->referrer.n > 0;
	n += request->agent.n > 0;
	n += request->cookie.n > 0;
	n += request->country.n > 0;
	n += request->host.n > 0 && host_plausible(request->host);
	return n;
}

static int compile(const struct contest *contest, const struct candidate *candidate,
		   struct format **ret, struct error *error)
{
	char spec[64];
	const char *envelope = envelope_name(candidate->envelope);
	snprintf(spec, sizeof(spec), "%s%s%s", envelope ? envelope : "", envelope ? ":" : "",
		 candidate->row->name);
	return format_compile(spec, contest->options, ret, error);
}

/* Calls `each` for the lines of the sample that the format reads, following its directives. Frees
 * the format. */
static int read_sample(struct contest *contest, struct format *format,
		       void (*each)(struct contest *, size_t line, const struct request *),
		       size_t *ret_read, struct error *error)
{
	struct request request;
	size_t read = 0;
	bool directives = format_has_directives(format);
	for (size_t i = 0; i < contest->n; i++) {
		if (directives && format_is_directive(format, contest->lines[i])) {
			struct format *next;
			if (format_redefine(format, contest->lines[i], &next, error)) {
				format_free(format);
				return -1;
			}
			if (next) {
				format_free(format);
				format = next;
			}
			read++;
			continue;
		}
		if (parser_line(contest->parser, format, contest->lines[i], &request))
			continue;
		read++;
		if (each)
			each(contest, i, &request);
	}
	format_free(format);
	if (ret_read)
		*ret_read = read;
	return 0;
}

static void take_line(struct contest *contest, size_t line, const struct request *request)
{
	unsigned n = learned(request);
	if (n <= contest->wins[line].learned)
		return;
	contest->wins[line].learned = (uint8_t)n;
	contest->wins[line].candidate = (uint16_t)(contest->candidates_n - 1);
}

/* Is any line wrapped in it? */
static bool envelope_seen(struct contest *contest, enum envelope envelope)
{
	struct slice inner;
	for (size_t i = 0; i < contest->n; i++) {
		parser_begin(contest->parser, contest->lines[i].n);
		if (contest->lines[i].n &&
		    envelope_open(envelope, contest->parser, contest->lines[i], &inner, NULL) ==
			REJECT_NONE)
			return true;
	}
	return false;
}

static int try_rows(struct contest *contest, enum envelope envelope, struct error *error)
{
	const struct format_row *row;
	for (size_t i = 0; (row = format_row(i)); i++) {
		if (row->syntax == SYNTAX_ALIAS || row->syntax == SYNTAX_NONE ||
		    (row->flags & ROW_BY_NAME) || contest->candidates_n == CANDIDATES_MAX)
			continue;
		bool table = row->syntax == SYNTAX_W3C || row->syntax == SYNTAX_CSV;
		/* HAProxy takes syslog off by itself; tables are not followed inside docker's JSON.
		 */
		if ((table && envelope == ENVELOPE_DOCKER) ||
		    (row->envelope == ENVELOPE_SYSLOG_MAYBE && envelope == ENVELOPE_SYSLOG))
			continue;
		struct candidate *candidate = &contest->candidates[contest->candidates_n++];
		struct format *format;
		*candidate = (struct candidate){row, envelope, 0, 0};
		if (compile(contest, candidate, &format, error) ||
		    read_sample(contest, format, take_line, NULL, error))
			return -1;
	}
	return 0;
}

static void count_wins(struct contest *contest)
{
	for (size_t i = 0; i < contest->n; i++) {
		if (!contest->wins[i].learned)
			continue;
		struct candidate *winner = &contest->candidates[contest->wins[i].candidate];
		winner->wins++;
		winner->learned += contest->wins[i].learned;
	}
}

/* Lines that count: neither blank nor comments. */
static size_t lines_that_count(const struct contest *contest)
{
	size_t n = 0;
	for (size_t i = 0; i < contest->n; i++)
		n += contest->lines[i].n > 0 && contest->lines[i].p[0] != '#';
	return n;
}

/* Does a learn more per line than b? */
static bool learns_more(const struct candidate *a, const struct candidate *b)
{
	return a->learned * b->wins > b->learned * a->wins;
}

/* The winners, those that learn most first. Returns how many. */
static size_t choose(const struct contest *contest, const struct candidate **chosen)
{
	size_t n = 0, counted = lines_that_count(contest);
	const struct candidate *best = NULL;
	for (size_t i = 0; i < contest->candidates_n; i++)
		if (contest->candidates[i].wins &&
		    (!best || contest->candidates[i].wins > best->wins))
			best = &contest->candidates[i];
	if (!best)
		return 0;
	chosen[n++] = best;
	for (size_t i = 0; i < contest->candidates_n && n < MEMBERS_MAX; i++) {
		const struct candidate *candidate = &contest->candidates[i];
		if (candidate != best && candidate->wins >= LINES_LEAST &&
		    candidate->wins * SHARE_LEAST >= counted)
			chosen[n++] = candidate;
	}
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && learns_more(chosen[j], chosen[j - 1]); j--) {
			const struct candidate *swap = chosen[j];
			chosen[j] = chosen[j - 1];
			chosen[j - 1] = swap;
		}
	return n;
}

/* What a W3C log says of its writer. */
static const struct format_row *w3c_row(const struct contest *contest, const struct format_row *row)
{
	static const struct {
		const char *sign;
		const char *name;
	} signs[] = {{"Internet Information Services", "iis"},
		     {"sc-win32-status", "iis"},
		     {"x-edge-location", "cloudfront"},
		     {"x-duration", "shoutcast"},
		     {"Incapsula", "incapsula-w3c"}};
	for (size_t i = 0; i < contest->n; i++) {
		struct slice line = contest->lines[i];
		if (!line.n || !memchr(line.p, '#', line.n < 200 ? line.n : 200))
			continue;
		for (size_t s = 0; s < sizeof(signs) / sizeof(signs[0]); s++)
			if (memmem(line.p, line.n, signs[s].sign, strlen(signs[s].sign)))
				return format_row_find(slice_from(signs[s].name));
	}
	return row;
}

/* A W3C log that was begun and has no request yet says what it will be. NULL: it is none. */
static const struct candidate *begun_w3c(const struct contest *contest)
{
	bool fields = false;
	for (size_t i = 0; i < contest->n && !fields; i++)
		fields = contest->lines[i].n > 8 && memcmp(contest->lines[i].p, "#Fields:", 8) == 0;
	for (size_t i = 0; i < contest->candidates_n && fields && !lines_that_count(contest); i++)
		if (contest->candidates[i].envelope == ENVELOPE_NONE &&
		    slice_is(slice_from(contest->candidates[i].row->name), "w3c"))
			return &contest->candidates[i];
	return NULL;
}

static int make_chosen(const struct contest *contest, const struct candidate **chosen, size_t n,
		       struct format **ret, struct error *error)
{
	struct format *members[MEMBERS_MAX] = {NULL};
	for (size_t i = 0; i < n; i++) {
		struct candidate candidate = *chosen[i];
		if (slice_is(slice_from(candidate.row->name), "w3c"))
			candidate.row = w3c_row(contest, candidate.row);
		if (compile(contest, &candidate, &members[i], error)) {
			while (i > 0)
				format_free(members[--i]);
			return -1;
		}
	}
	if (n > 1)
		return format_compose(members, n, ret, error);
	*ret = members[0];
	return 0;
}

static int run_contest(struct contest *contest, struct format **ret, size_t *ret_readable,
		       struct error *error)
{
	static const enum envelope envelopes[] = {ENVELOPE_DOCKER, ENVELOPE_CRI, ENVELOPE_SYSLOG};
	const struct candidate *chosen[MEMBERS_MAX];
	struct format *format, *again;
	if (try_rows(contest, ENVELOPE_NONE, error))
		return -1;
	for (size_t i = 0; i < sizeof(envelopes) / sizeof(envelopes[0]); i++)
		if (envelope_seen(contest, envelopes[i]) && try_rows(contest, envelopes[i], error))
			return -1;
	count_wins(contest);
	size_t n = choose(contest, chosen);
	if (!n && (chosen[0] = begun_w3c(contest)))
		n = 1;
	if (!n)
		return error_set(error,
				 "no known log format reads any of the first %zu lines; name the "
				 "format, or paste the server's definition, with --log-format",
				 contest->n);
	if (make_chosen(contest, chosen, n, &format, error))
		return -1;
	if (make_chosen(contest, chosen, n, &again, error) ||
	    read_sample(contest, again, NULL, ret_readable, error)) {
		format_free(format);
		return -1;
	}
	*ret = format;
	return 0;
}

int format_detect(const struct slice *lines, size_t n, const struct format_options *options,
		  struct format **ret, size_t *ret_readable, struct error *error)
{
	struct contest *contest = calloc(1, sizeof(*contest));
	int failed = -1;
	if (contest) {
		contest->lines = lines;
		contest->n = n;
		contest->options = options;
		/* The clock decides only the year of stamps without one: any will do here. */
		contest->parser = parser_new(INT64_C(4000000000));
		contest->wins = calloc(n + 1, sizeof(contest->wins[0]));
	}
	if (!contest || !contest->parser || !contest->wins)
		error_set(error, "out of memory");
	else
		failed = run_contest(contest, ret, ret_readable, error);
	if (contest) {
		parser_free(contest->parser);
		free(contest->wins);
	}
	free(contest);
	return failed;
}
