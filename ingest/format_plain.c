/*
 * format_plain.c: our own notation for the fixed formats of format_names.c: literal text and $names
 * that say what a field is rather than how some server calls it. "$_" is passed over.
 */
#include "ingest/format_type.h"

static const struct plain {
	const char *name;
	enum field field;
	enum stamp_form form; /* of FIELD_TIME */
	unsigned hints;
} plains[] = {
    {"_", FIELD_SKIP, STAMP_ANY, 0},
    {"agent", FIELD_AGENT, STAMP_ANY, 0},
    {"bytes", FIELD_BYTES, STAMP_ANY, 0},
    {"client", FIELD_CLIENT, STAMP_ANY, 0},
    {"client_port", FIELD_CLIENT_PORT, STAMP_ANY, 0},
    {"country", FIELD_COUNTRY, STAMP_ANY, 0},
    {"duration_add", FIELD_DURATION_ADD_S, STAMP_ANY, 0},
    {"duration_ms", FIELD_DURATION_MS, STAMP_ANY, 0},
    {"duration_ns", FIELD_DURATION_NS, STAMP_ANY, 0},
    {"duration_s", FIELD_DURATION_S, STAMP_ANY, 0},
    {"duration_us", FIELD_DURATION_US, STAMP_ANY, 0},
    {"forwarded", FIELD_FORWARDED, STAMP_ANY, FIELD_IS_LIST},
    {"forwarded_client", FIELD_FORWARDED_CLIENT, STAMP_ANY, FIELD_IS_LIST},
    {"host", FIELD_HOST, STAMP_ANY, 0},
    {"ident", FIELD_IDENT, STAMP_ANY, 0},
    {"method", FIELD_METHOD, STAMP_ANY, 0},
    {"protocol", FIELD_PROTOCOL, STAMP_ANY, 0},
    {"query", FIELD_QUERY, STAMP_ANY, 0},
    {"referrer", FIELD_REFERRER, STAMP_ANY, 0},
    {"request", FIELD_REQUEST, STAMP_ANY, 0},
    {"request_absolute", FIELD_REQUEST_ABSOLUTE, STAMP_ANY, 0},
    {"status", FIELD_STATUS, STAMP_ANY, 0},
    {"target", FIELD_TARGET, STAMP_ANY, 0},
    {"time_clf", FIELD_TIME, STAMP_CLF, 0},
    {"time_epoch", FIELD_TIME, STAMP_EPOCH, FIELD_IS_PADDED},
    {"time_iso", FIELD_TIME, STAMP_ISO, 0},
    {"time_ms", FIELD_TIME, STAMP_EPOCH_MS, 0},
    {"url", FIELD_URL, STAMP_ANY, 0},
    {"user", FIELD_USER, STAMP_ANY, 0},
};

static bool name_byte(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z');
}

static const struct plain *plain_find(struct slice name)
{
	for (size_t i = 0; i < sizeof(plains) / sizeof(plains[0]); i++)
		if (slice_is(name, plains[i].name))
			return &plains[i];
	return NULL;
}

static int plain_build(struct program_builder *builder, struct slice text, struct error *error)
{
	while (text.n) {
		size_t literal = slice_find(text, '$');
		program_literal(builder, slice_make(text.p, literal));
		text = slice_from_byte(text, literal + 1);
		if (!text.n)
			break;
		size_t n = 0;
		while (n < text.n && name_byte(text.p[n]))
			n++;
		struct slice name = slice_make(text.p, n);
		const struct plain *plain = plain_find(name);
		if (!plain)
			return error_set(error, "unknown field $%.*s", (int)n, text.p);
		if (plain->form != STAMP_ANY)
			program_stamp(builder, plain->form, slice_make(NULL, 0), 0, plain->hints,
				      name);
		else
			program_field(builder, plain->field, 0, plain->hints, name);
		text = slice_from_byte(text, n);
	}
	return 0;
}

int format_plain_compile(struct format *format, struct slice definition, enum escape escape,
			 unsigned flags, struct error *error)
{
	struct program_builder *builder = program_builder_new(definition.n, escape, flags);
	if (!builder)
		return error_set(error, "out of memory");
	int failed = plain_build(builder, definition, error);
	if (!failed)
		failed = program_finish(builder, &format->program, error);
	program_builder_free(builder);
	format->kind = FORMAT_TEXT;
	return failed;
}
