#include "ingest/format_words.h"

#include "ingest/format_program.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool words_take(struct slice *text, struct slice *word, bool *quoted)
{
	size_t n = 0;
	while (text->n && blank(text->p[0]))
		*text = slice_from_byte(*text, 1);
	*quoted = text->n && (text->p[0] == '\'' || text->p[0] == '"');
	if (!text->n)
		return false;
	if (!*quoted) {
		while (n < text->n && !blank(text->p[n]) && text->p[n] != ';')
			n += text->p[n] == '\\' && n + 1 < text->n ? 2u : 1u;
		*word = slice_make(text->p, n);
		*text = slice_from_byte(*text, n);
		return n > 0;
	}
	for (n = 1; n < text->n && text->p[n] != text->p[0]; n++)
		if (text->p[n] == '\\' && n + 1 < text->n)
			n++;
	if (n >= text->n)
		return false;
	*word = slice_make(text->p + 1, n - 1);
	*text = slice_from_byte(*text, n + 1);
	return true;
}

bool words_take_keyword(struct slice *text, const char *keyword)
{
	size_t n = strlen(keyword);
	if (text->n <= n || !slice_equal_nocase(slice_make(text->p, n), keyword) ||
	    !blank(text->p[n]))
		return false;
	*text = slice_trim(slice_from_byte(*text, n));
	return true;
}

static bool header_is(struct slice given, const char *name)
{
	if (given.n != strlen(name))
		return false;
	for (size_t i = 0; i < given.n; i++) {
		char c = slice_lower(given.p[i]);
		if ((c == '_' ? '-' : c) != name[i])
			return false;
	}
	return true;
}

enum field words_header(struct slice name, unsigned *ret_hints)
{
	static const struct {
		const char *name;
		enum field field;
		unsigned hints;
	} headers[] = {
	    {"referer", FIELD_REFERRER, 0},
	    {"user-agent", FIELD_AGENT, FIELD_IS_SPACED},
	    {"x-forwarded-for", FIELD_FORWARDED, FIELD_IS_LIST},
	    {"host", FIELD_HOST, 0},
	    {"cookie", FIELD_COOKIES, FIELD_IS_SPACED},
	    {"sec-gpc", FIELD_OPT_OUT, 0},
	    {"dnt", FIELD_OPT_OUT, 0},
	    {"cf-ipcountry", FIELD_COUNTRY, 0},
	    {"authorization", FIELD_SKIP, FIELD_IS_SPACED},
	    {"accept-language", FIELD_SKIP, FIELD_IS_LIST},
	};
	*ret_hints = 0;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (header_is(name, headers[i].name)) {
			*ret_hints = headers[i].hints;
			return headers[i].field;
		}
	return FIELD_SKIP;
}
