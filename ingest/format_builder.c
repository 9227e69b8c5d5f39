/*
 * format_builder.c: from fields and literals to a program. Everything that can be decided once is
 * decided here.
 */
#include <stdlib.h>
#include "ingest/format_op.h"

enum { OPS_MAX = 192 };

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
