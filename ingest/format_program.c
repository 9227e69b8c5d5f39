/* format_program.c: runs a field program over a line. All of it is the hot path. */
#include <stdlib.h>
#include "ingest/format_op.h"

void program_free(struct program *program)
{
	if (!program)
		return;
	free(program->text);
	free(program);
}

bool program_has_time(const struct program *program)
{
	for (size_t i = 0; i < program->n; i++)
		if (program->ops[i].field == FIELD_TIME)
			return true;
	return false;
}

static inline bool literal_at(const struct op *op, const char *p, const char *end)
{
	if (end - p >= 8) {
		uint64_t bytes;
		memcpy(&bytes, p, 8);
		if ((bytes ^ op->literal8) & op->mask8)
			return false;
		if (op->literal_n <= 8)
			return true;
	}
	return op->literal_n == 0 ||
	       ((size_t)(end - p) >= op->literal_n && memcmp(p, op->literal, op->literal_n) == 0);
}

static bool quotes_balanced(const char *p, const char *end)
{
	unsigned quotes = 0;
	for (p = scan_either(p, end, '"', '\\'); p < end; p = scan_either(p, end, '"', '\\')) {
		if (*p == '\\' && end - p > 1)
			p++;
		else
			quotes++;
		p++;
	}
	return quotes % 2 == 0;
}

/* Does the field end at p? The literal must stand there, and what follows must fit. */
static inline bool ends_at(const struct op *op, const char *p, const char *end)
{
	if (!literal_at(op, p, end))
		return false;
	const char *next = p + op->literal_n;
	if (op->flags & OP_NUMBER_NEXT)
		return next < end &&
		       ((*next >= '0' && *next <= '9') || *next == '-' || *next == '+');
	if (op->flags & OP_ENDS_LINE)
		return next == end || (*next == ' ' && quotes_balanced(next, end));
	return true;
}

/* "a, b" and "a : b" go on behind such a blank. */
static bool list_goes_on(const char *start, const char *p, const char *end)
{
	return (p > start && (p[-1] == ',' || p[-1] == ':')) ||
	       (end - p > 2 && p[1] == ':' && p[2] == ' ');
}

/* Where the field ends, or NULL. Says whether it holds an escape. */
static inline const char *find_end(const struct op *op, const char *p, const char *end,
				   bool *escaped)
{
	const char *start = p;
	char stop = op->literal[0];
	for (;; p++) {
		p = scan_pair_find(&op->pair, p, end);
		if (p == end)
			return NULL;
		if (op->how == HOW_CHAR)
			return p;
		if (*p != stop) {
			*escaped = true;
			/* Inside quotes the byte behind a backslash is never the closing quote. */
			if (op->how == HOW_QUOTED && op->mark == '\\' && end - p > 1)
				p++;
			continue;
		}
		if (ends_at(op, p, end) && !((op->flags & OP_LIST) && list_goes_on(start, p, end)))
			return p;
	}
}

/* A request line without quotes ends at the first literal behind a word that starts with "HTTP/".
 */
static const char *find_request_end(const struct op *op, const char *p, const char *end)
{
	const char *word = p;
	for (const char *at = p; at < end; at++) {
		if (*at != ' ')
			continue;
		bool dash = at - p == 1 && *p == '-';
		if (ends_at(op, at, end) &&
		    (dash || (at - word > 5 && memcmp(word, "HTTP/", 5) == 0)))
			return at;
		word = at + 1;
	}
	return NULL;
}

/* What is rare, or needs more than a few instructions. */
static enum reject put_slow(const struct program *program, const struct op *op, struct slice value,
			    bool escaped, struct reading *reading)
{
	if (escaped) {
		value = parser_unescape(reading->parser, value, program->escape);
		if (!value.p)
			return REJECT_TOO_LONG;
	}
	return field_put(reading, (enum field)op->field, value);
}

/* Three digits that make a status. */
static inline bool put_status_fast(struct request *request, struct slice value)
{
	if (value.n != 3)
		return false;
	unsigned a = (unsigned)(unsigned char)value.p[0] - '0',
		 b = (unsigned)(unsigned char)value.p[1] - '0',
		 c = (unsigned)(unsigned char)value.p[2] - '0';
	if (a - 1 > 8 || b > 9 || c > 9)
		return false;
	request->status = (uint16_t)(a * 100 + b * 10 + c);
	return true;
}

/*
 * Up to eight digits without a loop, whose exit the processor would guess wrong. The eight bytes
 * that end at the number's end are loaded at once (`before` bytes of the line stand in front of
 * it), and what is not the number is masked to zero. Method: D. Lemire, "Quickly parsing eight
 * digits", 2018.
 */
static inline bool put_bytes_fast(struct request *request, struct slice value, size_t before)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t digits;
	if (value.n == 0 || value.n > 8 || before + value.n < 8)
		return false;
	memcpy(&digits, value.p + value.n - 8, 8);
	uint64_t mask = ~UINT64_C(0) << (64 - 8 * value.n);
	digits = (digits & mask) - (UINT64_C(0x3030303030303030) & mask);
	/* A byte over 9 shows in the high nibble, at once or after adding 6 (borrows only make more
	 * of them). */
	if (((digits + (UINT64_C(0x0606060606060606) & mask)) | digits) &
	    UINT64_C(0xf0f0f0f0f0f0f0f0))
		return false;
	digits = (digits * 10 + (digits >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	digits = (digits * 100 + (digits >> 16)) & UINT64_C(0x0000ffff0000ffff);
	digits = digits * 10000 + (digits >> 32);
	request->bytes = digits & 0xffffffff;
	request->flags |= REQUEST_HAS_BYTES;
	return true;
#else
	(void)request, (void)value, (void)before;
	return false;
#endif
}

static inline struct slice *request_slot(struct request *request, const struct op *op)
{
	return (struct slice *)(void *)((char *)request + op->slot);
}

static inline enum reject put_field(const struct program *program, const struct op *op,
				    struct slice value, size_t before, bool escaped,
				    struct reading *reading)
{
	if (!escaped) {
		if (op->slot) {
			struct slice *slot = request_slot(reading->request, op);
			bool dash = value.n == 1 && value.p[0] == '-' && op->field != FIELD_CLIENT;
			*slot = slice_make(value.p, dash ? 0 : value.n);
			return REJECT_NONE;
		}
		if (op->field == FIELD_STATUS && put_status_fast(reading->request, value))
			return REJECT_NONE;
		if (op->field == FIELD_BYTES && put_bytes_fast(reading->request, value, before))
			return REJECT_NONE;
	}
	return put_slow(program, op, value, escaped, reading);
}

/* Reads the stamp at p; returns where it ends, NULL when there is none. */
static inline const char *take_stamp(const struct op *op, const char *p, const char *end,
				     struct reading *reading)
{
	struct moment unused = {0}, *moment = op->field == FIELD_TIME ? &reading->moment : &unused;
	struct stamp *stamp = &reading->parser->stamp;
	if (op->form == STAMP_CLF && end - p >= STAMP_CLF_LENGTH &&
	    stamp_clf_again(stamp, p, &moment->time)) {
		moment->flags |= STAMP_HAS_TIME;
		return p + STAMP_CLF_LENGTH;
	}
	size_t used = stamp_read(stamp, (enum stamp_form)op->form, op->pattern,
				 slice_make(p, (size_t)(end - p)), moment);
	return used ? p + used : NULL;
}

/*
 * Users may hold blanks ("%u" of Apache), but then nothing tells "host client - user" from "client
 * ident user" except that nobody runs identd: with blanks in the user, ident must be "-".
 */
static bool vhost_in_disguise(struct slice ident, const struct request *request)
{
	return request->user.n && ident.n && !(ident.n == 1 && ident.p[0] == '-') &&
	       slice_find(request->user, ' ') < request->user.n;
}

static enum reject run_end(const struct program *program, const char *p, const char *end,
			   struct slice ident, struct reading *reading)
{
	if (p != end) {
		const char *rest = p;
		while (rest < end && (*rest == ' ' || *rest == '\t'))
			rest++;
		if (rest != end && (rest == p || !(program->flags & PROGRAM_EXTRA)))
			return REJECT_FORMAT;
	}
	if (vhost_in_disguise(ident, reading->request))
		return REJECT_FORMAT;
	if ((program->flags & PROGRAM_WORD_USER) &&
	    slice_find(reading->request->user, ' ') < reading->request->user.n)
		return REJECT_FORMAT;
	if ((program->flags & PROGRAM_VHOST) && slice_is(reading->request->client, "-"))
		return REJECT_FORMAT;
	return reading_finish(reading, program->flags & PROGRAM_UTC);
}

/* Where a field of the rarer kinds ends. NULL: the line does not fit. */
static const char *find_rare_end(const struct op *op, const char *p, const char *end, bool *escaped)
{
	const char *stop = end;
	if (op->how == HOW_LAST)
		stop = scan_either(p, end, ' ', '\t');
	else if (op->how == HOW_REQUEST)
		stop = find_request_end(op, p, end);
	if (stop && op->mark && memchr(p, op->mark, (size_t)(stop - p)))
		*escaped = true;
	return stop;
}

/* Where the field at p ends. NULL: the line does not fit. */
static inline const char *find_field(const struct program *program, const struct op *op,
				     const char *p, const char *end, bool *escaped)
{
	if (op->how > HOW_QUOTED)
		return find_rare_end(op, p, end, escaped);
	const char *stop = find_end(op, p, end, escaped);
	bool last = op + 1 == program->ops + program->n;
	return !stop && last && (program->flags & PROGRAM_OPEN_QUOTE) ? end : stop;
}

enum reject program_run(const struct program *program, struct slice line, struct reading *reading)
{
	const char *p = line.p, *end = line.p + line.n;
	struct slice ident = {NULL, 0};
	if (program->lead.n) {
		if (line.n < program->lead.n || memcmp(p, program->lead.p, program->lead.n) != 0)
			return REJECT_FORMAT;
		p += program->lead.n;
	}
	for (const struct op *op = program->ops, *last = op + program->n; op < last; op++) {
		const char *stop;
		bool escaped = false;
		if (op->how == HOW_STAMP) {
			stop = take_stamp(op, p, end, reading);
			if (!stop || !literal_at(op, stop, end))
				return REJECT_TIME;
		} else if ((op->flags & OP_MAY_BE_DASH) && p < end && *p == '-' &&
			   ends_at(op, p + 1, end)) {
			stop = p + 1;
			if (op->slot) /* empty, but there */
				request_slot(reading->request, op)->p = p;
		} else {
			stop = find_field(program, op, p, end, &escaped);
			if (!stop)
				return REJECT_FORMAT;
			struct slice value = slice_make(p, (size_t)(stop - p));
			if (op->field == FIELD_IDENT)
				ident = value;
			else if (op->field != FIELD_SKIP) {
				enum reject reject = put_field(
				    program, op, value, (size_t)(p - line.p), escaped, reading);
				if (reject)
					return reject;
			}
		}
		p = (size_t)(end - stop) < op->literal_n ? end : stop + op->literal_n;
		if (op->flags & OP_PADDED)
			while (p < end && *p == ' ')
				p++;
	}
	return run_end(program, p, end, ident, reading);
}
