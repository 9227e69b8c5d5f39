#include "ingest/format_program.h"

#include <assert.h>
#include <stdlib.h>
#include "ingest/scan.h"

enum { OPS_MAX = 192 };

enum how {
	HOW_CHAR,    /* up to a byte, and nothing in it is an escape */
	HOW_TEXT,    /* up to its literal */
	HOW_QUOTED,  /* the same, the literal begins with the closing quote */
	HOW_STAMP,   /* a stamp knows its own end */
	HOW_REST,    /* the rest of the line */
	HOW_LAST,    /* up to a blank or the end of the line: the last field where further ones are
			allowed */
	HOW_REQUEST, /* a request line without quotes: ends behind its protocol */
};

enum {
	OP_NUMBER_NEXT = 1 << 0, /* behind the literal comes a digit, "-" or "+" */
	OP_LIST = 1 << 1,
	OP_PADDED = 1 << 2,
	OP_MAY_BE_DASH = 1 << 4, /* a lone "-" says that there is nothing to keep */
	OP_ENDS_LINE = 1 << 3,	 /* last field: its quote is the last of the line, or the rest has
				    balanced quotes */
};

struct op {
	struct scan_pair pair; /* the literal's first byte and what starts an escape */
	uint64_t literal8;     /* the first eight bytes of the literal, as they lie in memory */
	uint64_t mask8;	       /* which of them count */
	const char *literal;
	const char *pattern; /* of a strftime stamp */
	uint32_t literal_n;
	uint8_t how;
	uint8_t field;
	uint8_t form; /* enum stamp_form */
	uint8_t flags;
	char mark;     /* starts an escape; the literal's first byte when there is none */
	uint16_t slot; /* of a field kept as it is: where it lies in struct request; 0 otherwise */
};

struct program {
	size_t n;
	unsigned flags;
	enum escape escape;
	struct slice lead; /* literal before the first field */
	char *text;	   /* literals and patterns */
	struct op ops[];
};

struct element {
	struct slice name;
	struct slice pattern;
	size_t literal_at; /* in text; the literal that follows the field */
	size_t literal_n;
	enum field field;
	enum stamp_form form;
	unsigned rank;
	unsigned hints;
};

struct program_builder {
	enum escape escape;
	unsigned flags;
	bool overflow;
	size_t n; /* elements; the first stands for the start of the line */
	char *text;
	size_t text_n, text_max;
	struct element elements[OPS_MAX];
};

struct program_builder *program_builder_new(size_t text_n, enum escape escape, unsigned flags)
{
	struct program_builder *builder = calloc(1, sizeof(*builder));
	if (!builder)
		return NULL;
	/* "%t" of Apache is two bytes and means two brackets: the literals may be as long as the
	 * text. */
	builder->text_max = text_n + 16;
	builder->text = malloc(builder->text_max);
	if (!builder->text) {
		free(builder);
		return NULL;
	}
	builder->escape = escape;
	builder->flags = flags;
	builder->n = 1;
	return builder;
}

void program_builder_free(struct program_builder *builder)
{
	if (!builder)
		return;
	free(builder->text);
	free(builder);
}

void program_literal(struct program_builder *builder, struct slice text)
{
	struct element *last = &builder->elements[builder->n - 1];
	if (builder->text_max - builder->text_n < text.n) {
		builder->overflow = true;
		return;
	}
	if (!last->literal_n)
		last->literal_at = builder->text_n;
	if (text.n)
		memcpy(builder->text + builder->text_n, text.p, text.n);
	builder->text_n += text.n;
	last->literal_n += text.n;
}

static struct element *element_add(struct program_builder *builder, enum field field, unsigned rank,
				   struct slice name)
{
	if (builder->n == OPS_MAX) {
		builder->overflow = true;
		builder->n--;
	}
	struct element *element = &builder->elements[builder->n++];
	memset(element, 0, sizeof(*element));
	element->field = field;
	element->rank = rank;
	element->name = name;
	return element;
}

void program_field(struct program_builder *builder, enum field field, unsigned rank, unsigned hints,
		   struct slice name)
{
	element_add(builder, field, rank, name)->hints = hints;
}

void program_stamp(struct program_builder *builder, enum stamp_form form, struct slice pattern,
		   unsigned rank, unsigned hints, struct slice name)
{
	struct element *element = element_add(builder, FIELD_TIME, rank, name);
	element->form = form;
	element->pattern = pattern;
	element->hints = hints;
}

enum field program_last_field(const struct program_builder *builder)
{
	const struct element *last = &builder->elements[builder->n - 1];
	return builder->n > 1 && !last->literal_n ? last->field : FIELD_SKIP;
}

void program_change_last(struct program_builder *builder, enum field field, unsigned rank)
{
	builder->elements[builder->n - 1].field = field;
	builder->elements[builder->n - 1].rank = rank;
}

/* Fields that say the same thing compete by rank; all durations are one kind, all requests, … */
static enum field field_kind(enum field field)
{
	switch (field) {
	case FIELD_DURATION_MS:
	case FIELD_DURATION_US:
	case FIELD_DURATION_NS:
		return FIELD_DURATION_S;
	case FIELD_REQUEST_ABSOLUTE:
		return FIELD_REQUEST;
	case FIELD_URL:
	case FIELD_HOST_TARGET:
		return FIELD_TARGET;
	case FIELD_FORWARDED_CLIENT:
	case FIELD_CLIENT_PORT:
		return FIELD_CLIENT;
	case FIELD_COOKIES:
		return FIELD_COOKIE;
	default:
		return field;
	}
}

/* These may be said several times: parts of a date, either header that opts out, parts of a
 * duration. */
static bool field_repeats(enum field field)
{
	return field == FIELD_SKIP || field == FIELD_OPT_OUT || field == FIELD_DURATION_ADD_S ||
	       field == FIELD_IDENT;
}

static bool stamp_is_part(enum stamp_form form)
{
	return form == STAMP_DATE || form == STAMP_CLOCK || form == STAMP_PATTERN;
}

static bool builder_has(const struct program_builder *builder, enum field kind)
{
	for (size_t i = 1; i < builder->n; i++)
		if (field_kind(builder->elements[i].field) == kind)
			return true;
	return false;
}

/* The better of two elements that say the same stays, the other is passed over. */
static void drop_repeats(struct program_builder *builder)
{
	struct element *elements = builder->elements;
	for (size_t i = 1; i < builder->n; i++)
		for (size_t j = i + 1; j < builder->n && !field_repeats(elements[i].field); j++) {
			if (field_kind(elements[i].field) != field_kind(elements[j].field))
				continue;
			if (elements[i].field == FIELD_TIME && stamp_is_part(elements[i].form) &&
			    stamp_is_part(elements[j].form))
				continue;
			bool first = elements[i].rank <= elements[j].rank;
			elements[first ? j : i].field = FIELD_SKIP;
		}
}

/* The request line says method, target and protocol; beside it those would only repeat it. */
static void drop_implied(struct program_builder *builder)
{
	bool line = builder_has(builder, FIELD_REQUEST);
	for (size_t i = 1; i < builder->n; i++) {
		struct element *element = &builder->elements[i];
		enum field kind = field_kind(element->field);
		if (line && (kind == FIELD_METHOD || kind == FIELD_TARGET || kind == FIELD_QUERY ||
			     kind == FIELD_PROTOCOL))
			element->field = FIELD_SKIP;
	}
}

static void element_remove(struct program_builder *builder, size_t i)
{
	builder->n--;
	memmove(&builder->elements[i], &builder->elements[i + 1],
		(builder->n - i) * sizeof(builder->elements[0]));
}

/* "address:port" becomes one field, which ends at what follows the port. */
static void join_ports(struct program_builder *builder)
{
	for (size_t i = 1; i + 1 < builder->n; i++) {
		struct element *element = &builder->elements[i], *port = element + 1;
		if ((element->field != FIELD_CLIENT && element->field != FIELD_HOST) ||
		    !(port->hints & FIELD_IS_PORT) || element->literal_n != 1 ||
		    builder->text[element->literal_at] != ':')
			continue;
		if (element->field == FIELD_CLIENT)
			element->field = FIELD_CLIENT_PORT;
		element->literal_at = port->literal_at;
		element->literal_n = port->literal_n;
		element_remove(builder, i + 1);
	}
}

/* A field that may be missing with its blank is passed over together with blanks, up to the next
 * literal. */
static void join_optional(struct program_builder *builder)
{
	for (size_t i = 1; i < builder->n; i++) {
		struct element *element = &builder->elements[i];
		if (!(element->hints & FIELD_IS_OPTIONAL))
			continue;
		while (element->literal_n && builder->text[element->literal_at] == ' ')
			element->literal_at++, element->literal_n--;
		if (!element->literal_n && i + 1 < builder->n &&
		    (element[1].hints & FIELD_IS_OPTIONAL))
			element_remove(builder, i--);
	}
}

static int check_said(const struct program_builder *builder, struct error *error)
{
	if (builder->overflow)
		return error_set(error, "the log format is too long");
	if (!builder_has(builder, FIELD_CLIENT))
		return error_set(error, "the log format has no field for the client's address");
	if (!builder_has(builder, FIELD_TIME) && !(builder->flags & PROGRAM_TIME_LATER))
		return error_set(error, "the log format has no field for the time");
	if (!builder_has(builder, FIELD_REQUEST) && !builder_has(builder, FIELD_TARGET) &&
	    !builder_has(builder, FIELD_STATUS))
		return error_set(error,
				 "the log format says nothing about an HTTP request (is it a TCP "
				 "log?): it needs the request or the status");
	return 0;
}

/* A literal of a lone blank cannot end a field that is full of blanks. */
static int check_ends(const struct program_builder *builder, struct error *error)
{
	for (size_t i = 1; i + 1 < builder->n; i++) {
		const struct element *element = &builder->elements[i], *next = element + 1;
		if (element->literal_n == 0 && element->field != FIELD_TIME)
			return error_set(
			    error,
			    "%.*s and %.*s stand side by side in the log format, so nobody can "
			    "tell where one ends: put something between them",
			    (int)element->name.n, element->name.p, (int)next->name.n, next->name.p);
		if ((element->hints & FIELD_IS_SPACED) && element->literal_n &&
		    builder->text[element->literal_at] == ' ')
			return error_set(error,
					 "%.*s can hold blanks: put it in quotes in the log format",
					 (int)element->name.n, element->name.p);
	}
	return 0;
}

static bool field_is_number(enum field field)
{
	return field == FIELD_STATUS || field == FIELD_BYTES ||
	       (field >= FIELD_DURATION_S && field <= FIELD_DURATION_ADD_S);
}

static bool op_is_quoted(const struct program_builder *builder, const struct element *element)
{
	const struct element *before = element - 1;
	return before->literal_n && element->literal_n &&
	       builder->text[element->literal_at] == '"' &&
	       builder->text[before->literal_at + before->literal_n - 1] == '"';
}

static enum how choose_how(const struct program_builder *builder, size_t i)
{
	const struct element *element = &builder->elements[i];
	bool last = i + 1 == builder->n;
	if (element->form != STAMP_ANY)
		return HOW_STAMP;
	if (last && !element->literal_n)
		return (builder->flags & PROGRAM_EXTRA) ? HOW_LAST : HOW_REST;
	if (op_is_quoted(builder, element))
		return HOW_QUOTED;
	if (field_kind(element->field) == FIELD_REQUEST &&
	    builder->text[element->literal_at] == ' ')
		return HOW_REQUEST;
	/* Numbers and what is passed over hold no escapes worth reading. */
	if (element->literal_n == 1 && !(element->hints & FIELD_IS_LIST) &&
	    (element->field == FIELD_SKIP || field_is_number(element->field)) && !last &&
	    !field_is_number(element[1].field))
		return HOW_CHAR;
	return HOW_TEXT;
}

static void op_literal(struct op *op, const char *literal, size_t n)
{
	static const unsigned char ones[8] = {255, 255, 255, 255, 255, 255, 255, 255};
	size_t head = n < 8 ? n : 8;
	op->literal = literal;
	op->literal_n = (uint32_t)n;
	memcpy(&op->literal8, literal, head);
	memcpy(&op->mask8, ones, head);
}

static void op_make(const struct program_builder *builder, size_t i, struct program *program)
{
	const struct element *element = &builder->elements[i], *next = element + 1;
	struct op *op = &program->ops[i - 1];
	bool last = i + 1 == builder->n;
	op->how = (uint8_t)choose_how(builder, i);
	op->field = (uint8_t)element->field;
	op->form = (uint8_t)element->form;
	if (element->literal_n)
		op_literal(op, program->text + element->literal_at, element->literal_n);
	/* struct request begins with its time, so that no slice lies at 0. */
	if (element->field > FIELD_SKIP && element->field < FIELD__SLICES &&
	    element->field != FIELD_QUERY) {
		struct request layout;
		op->slot =
		    (uint16_t)((char *)field_slot(&layout, element->field) - (char *)&layout);
	}
	op->mark = escape_mark(builder->escape);
	if (!op->mark && op->literal_n)
		op->mark = op->literal[0];
	if (!last && field_is_number(next->field))
		op->flags |= OP_NUMBER_NEXT;
	if (last && element->literal_n == 1)
		op->flags |= OP_ENDS_LINE;
	if (element->hints & FIELD_IS_LIST)
		op->flags |= OP_LIST;
	if (element->hints & FIELD_IS_PADDED)
		op->flags |= OP_PADDED;
	if (field_kind(element->field) != FIELD_CLIENT && element->literal_n)
		op->flags |= OP_MAY_BE_DASH;
	scan_pair_set(&op->pair, op->literal_n ? op->literal[0] : 0, op->mark);
	if (op->how == HOW_CHAR)
		scan_pair_set(&op->pair, op->literal[0], op->literal[0]);
}

/* Copies literals and strftime patterns into one block of the program's own. */
static int copy_text(const struct program_builder *builder, struct program *program)
{
	size_t n = builder->text_n + 1;
	for (size_t i = 1; i < builder->n; i++)
		n += builder->elements[i].pattern.n + 1;
	program->text = malloc(n);
	if (!program->text)
		return -1;
	memcpy(program->text, builder->text, builder->text_n);
	char *at = program->text + builder->text_n;
	for (size_t i = 1; i < builder->n; i++) {
		struct slice pattern = builder->elements[i].pattern;
		if (!pattern.n)
			continue;
		memcpy(at, pattern.p, pattern.n);
		at[pattern.n] = 0;
		program->ops[i - 1].pattern = at;
		at += pattern.n + 1;
	}
	return 0;
}

int program_finish(struct program_builder *builder, struct program **ret, struct error *error)
{
	if (check_said(builder, error))
		return -1;
	join_ports(builder);
	join_optional(builder);
	if (check_ends(builder, error))
		return -1;
	drop_repeats(builder);
	drop_implied(builder);
	struct program *program =
	    calloc(1, sizeof(*program) + (builder->n - 1) * sizeof(program->ops[0]));
	if (!program || copy_text(builder, program)) {
		free(program);
		return error_set(error, "out of memory");
	}
	program->n = builder->n - 1;
	program->flags = builder->flags;
	program->escape = builder->escape;
	program->lead = slice_make(program->text, builder->elements[0].literal_n);
	for (size_t i = 1; i < builder->n; i++)
		op_make(builder, i, program);
	*ret = program;
	return 0;
}

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

/* ---- the run: everything below is the hot path ---- */

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

static inline enum reject put_field(const struct program *program, const struct op *op,
				    struct slice value, size_t before, bool escaped,
				    struct reading *reading)
{
	if (!escaped) {
		if (op->slot) {
			struct slice *slot =
			    (struct slice *)(void *)((char *)reading->request + op->slot);
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
