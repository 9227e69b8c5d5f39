#include "aggregate/veil/literal.h"
#include <stdlib.h>
#include "aggregate/veil/literal_words.h"
#include "aggregate/veil/referrer.h"
#include "aggregate/veil/referrer_names.h"
#include "aggregate/veil/text.h"
#include "base/textmap.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum {
	NAMED_MEMORY = 32 << 20, /* bytes, for pages and for hosts */
	QUERY_NAMES_MAX = 256,
	QUERY_NAME_MAX = 64,
	EXTENSIONS_MAX = 3 /* "config.php.tar.gz" */
};

struct literal {
	const struct routes *routes;
	struct textmap pages; /* beginnings of templates, each up to the end of a segment */
	struct textmap hosts;
	char *names[QUERY_NAMES_MAX]; /* sorted; owned */
	size_t names_n;
};

struct literal *literal_new(const struct routes *routes)
{
	struct literal *literal = calloc(1, sizeof(*literal));
	if (!literal)
		return NULL;
	literal->routes = routes;
	if (!textmap_init(&literal->pages, 0, NAMED_MEMORY) &&
	    !textmap_init(&literal->hosts, 0, NAMED_MEMORY))
		return literal;
	literal_free(literal);
	return NULL;
}

void literal_free(struct literal *literal)
{
	if (!literal)
		return;
	textmap_release(&literal->pages);
	textmap_release(&literal->hosts);
	for (size_t i = 0; i < literal->names_n; i++)
		free(literal->names[i]);
	free(literal);
}

static bool is_named(const struct textmap *map, struct slice text)
{
	return textmap_find(map, text, textmap_hash(map, text)) != TEXTMAP_NONE;
}

static int add_named(struct textmap *map, struct slice text)
{
	uint64_t hash = textmap_hash(map, text);
	if (textmap_find(map, text, hash) != TEXTMAP_NONE)
		return 0;
	/* Half of the maximum is what doubling may need beside what is held. */
	if (textmap_held(map) > NAMED_MEMORY / 4 && !textmap_reserve(map, 1, text.n))
		return 1;
	return textmap_add(map, text, hash) == TEXTMAP_NONE ? -1 : 0;
}

/* Where the segment that begins behind the slash at `at` ends. */
static size_t segment_end(struct slice path, size_t at)
{
	return at + 1 + slice_find(slice_from_byte(path, at + 1), '/');
}

int literal_add_page(struct literal *literal, struct slice page)
{
	if (page.n == 0 || page.p[0] != '/' || page.n > PATH_TEMPLATE_MAX)
		return 0;
	for (size_t at = 0; at + 1 < page.n;) {
		at = segment_end(page, at);
		int failed = add_named(&literal->pages, slice_make(page.p, at));
		if (failed)
			return failed;
	}
	return 0;
}

int literal_add_host(struct literal *literal, struct slice host)
{
	char text[REFERRER_HOST_MAX];
	struct slice plain = slice_make(text, referrer_host_veil(host, text));
	if (plain.n == 0 || plain.p[0] == '{')
		return 0;
	return add_named(&literal->hosts, plain);
}

/* Where the name is, or where it belongs. */
static size_t name_place(const struct literal *literal, const char *name, bool *ret_found)
{
	size_t from = 0, to = literal->names_n;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (strcmp(literal->names[middle], name) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	*ret_found = from < literal->names_n && !strcmp(literal->names[from], name);
	return from;
}

static bool is_query_name(struct slice name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!text_is_alnum(name.p[i]) && !strchr("-_.:[]", name.p[i]))
			return false;
	return name.n > 0 && name.n <= QUERY_NAME_MAX;
}

int literal_add_query(struct literal *literal, const char *name, struct error *error)
{
	struct slice text = slice_from(name);
	bool found;
	if (!is_query_name(text))
		return error_set(error,
				 "query name \"%s\": it must be 1 to %d letters, digits and -_.:[]",
				 name, QUERY_NAME_MAX);
	size_t at = name_place(literal, name, &found);
	if (found)
		return 0;
	if (literal->names_n == QUERY_NAMES_MAX)
		return error_set(error, "query name \"%s\": at most %d", name, QUERY_NAMES_MAX);
	char *copy = strdup(name);
	if (!copy)
		return error_set(error, "query name \"%s\": out of memory", name);
	memmove(literal->names + at + 1, literal->names + at,
		(literal->names_n - at) * sizeof(*literal->names));
	literal->names[at] = copy;
	literal->names_n++;
	return 0;
}

/* What path.h puts in place of something; what a client writes in braces itself is none of these,
 * or says as little. {name} of a declared route is known as declared. */
static size_t placeholder_length(struct slice text)
{
	static const char *const placeholders[] = {
	    "{n}",     "{id}",	"{ip}",	 "{uuid}", "{hex}",  "{date}",	 "{num}", "{token}",
	    "{email}", "{jwt}", "{bin}", "{long}", "{name}", "{handle}", "{...}",
	};
	for (size_t i = 0; i < COUNT(placeholders); i++)
		if (slice_starts(text, placeholders[i]))
			return strlen(placeholders[i]);
	return 0;
}

/* Placeholders with nothing but joints between: "{n}", "{n}-{n}", "~{name}". */
static bool is_placeholders(struct slice text)
{
	bool any = false;
	while (text.n) {
		size_t n = placeholder_length(text);
		any |= n > 0;
		if (n == 0 && !strchr("-_.+~", text.p[0]))
			return false;
		text = slice_from_byte(text, n ? n : 1);
	}
	return any;
}

/* "user:{name}", which the built-in sections leave so. */
static bool is_named_by_word(struct slice text)
{
	size_t sign = slice_find(text, ':');
	if (sign == text.n)
		sign = slice_find(text, '=');
	return slice_is(slice_from_byte(text, sign + 1), "{name}") &&
	       literal_is_word(slice_make(text.p, sign));
}

static bool is_readable(struct slice text)
{
	size_t n = text.n;
	/* "logo@2x.png" */
	if (n > 3 && text.p[n - 3] == '@' && text.p[n - 2] >= '1' && text.p[n - 2] <= '4' &&
	    text.p[n - 1] == 'x')
		text.n -= 3;
	return literal_is_word(text) || is_placeholders(text) || is_named_by_word(text);
}

static size_t put_hidden(const char hex[17], char *out)
{
	size_t n = strlen(hex);
	out[0] = '~';
	memcpy(out + 1, hex, n);
	return n + 1;
}

/* `text` is not empty. Writes at most its length and 17 bytes. */
static size_t put_segment(struct pseudonym_keys *keys, struct slice prefix, struct slice text,
			  char *out)
{
	struct slice stem = text;
	char hex[17];
	bool readable = is_readable(stem);
	for (unsigned i = 0; i < EXTENSIONS_MAX && !readable; i++) {
		size_t extension = literal_extension(stem);
		if (extension == 0)
			break;
		stem.n -= extension;
		readable = is_readable(stem);
	}
	if (readable) {
		memcpy(out, text.p, text.n);
		return text.n;
	}
	pseudonym_path(keys, prefix, text, hex);
	size_t n = put_hidden(hex, out);
	for (size_t i = stem.n; i < text.n; i++)
		out[n++] = slice_lower(text.p[i]);
	return n;
}

size_t literal_path(const struct literal *literal, struct pseudonym_keys *keys, struct slice target,
		    char out[LITERAL_MAX])
{
	char template[PATH_TEMPLATE_MAX];
	unsigned declared, index = 0;
	size_t n = 0, end;
	struct slice path =
	    slice_make(template, path_veil_declared(literal->routes, target, template, &declared));
	if (path.p[0] != '/' || path.n == 1) {
		memcpy(out, path.p, path.n); /* "/", "*", "{bad}", "{traversal}" */
		return path.n;
	}
	for (size_t at = 0; at < path.n; at = end, index++) {
		end = segment_end(path, at);
		struct slice segment = slice_make(path.p + at + 1, end - at - 1);
		out[n++] = '/';
		if (declared >> index & 1 || is_named(&literal->pages, slice_make(path.p, end))) {
			memcpy(out + n, segment.p, segment.n);
			n += segment.n;
		} else {
			n += put_segment(keys, slice_make(path.p, at), segment, out + n);
		}
	}
	return n;
}

size_t literal_query(const struct literal *literal, struct slice query, char out[LITERAL_MAX])
{
	bool seen[QUERY_NAMES_MAX] = {false}, found, broken;
	char name[QUERY_NAME_MAX + 1];
	size_t n = 0, wanted = literal->names_n;
	query.n = slice_find(query, '#');
	while (query.n && wanted) {
		struct slice pair = slice_make(query.p, slice_find(query, '&'));
		query = slice_from_byte(query, pair.n + 1);
		struct slice raw = slice_make(pair.p, slice_find(pair, '='));
		size_t length = text_percent(raw, true, name, QUERY_NAME_MAX, &broken);
		if (length == 0 || length > QUERY_NAME_MAX || memchr(name, 0, length))
			continue;
		name[length] = 0;
		size_t at = name_place(literal, name, &found);
		if (!found || seen[at])
			continue;
		seen[at] = true;
		wanted--;
		if (n + 1 + length > LITERAL_MAX)
			break;
		if (n)
			out[n++] = '&';
		memcpy(out + n, name, length);
		n += length;
	}
	return n;
}

/* "de", "com", "co.uk": a name in front of it may be on the list with any such end. Nothing else
 * is: the end of a host that somebody invented can say anything. */
static bool is_common_top(struct slice top)
{
	size_t dot = slice_find(top, '.');
	struct slice rest = slice_from_byte(top, dot + 1);
	if (dot == top.n)
		return top.n == 2 || slice_is(top, "com");
	return referrer_is_second_level(slice_make(top.p, dot)) && rest.n == 2 &&
	       slice_find(rest, '.') == rest.n;
}

/* Whether the shipped list has exactly this host. */
static bool is_listed(struct slice host)
{
	const struct referrer_host *row = referrer_find_host(host);
	if (!row)
		return false;
	struct slice name = row->host;
	bool any_top = name.n > 2 && name.p[name.n - 1] == '*';
	if (!any_top)
		return slice_equal(host, name);
	name.n--; /* the dot stays */
	return host.n > name.n && memcmp(host.p, name.p, name.n) == 0 &&
	       is_common_top(slice_from_byte(host, name.n));
}

/* Where the part of the host begins that may be read: 0 for all of it, host.n for none. */
static size_t readable_at(const struct literal *literal, struct slice host)
{
	size_t at = 0;
	if (is_named(&literal->hosts, host))
		return 0;
	while (at < host.n && !is_listed(slice_from_byte(host, at)))
		at += slice_find(slice_from_byte(host, at), '.') + 1;
	if (at >= host.n)
		return host.n;
	while (at > 0) { /* "de.search." before "yahoo.com" */
		size_t from = at - 1;
		while (from > 0 && host.p[from - 1] != '.')
			from--;
		if (!literal_is_label(slice_make(host.p + from, at - 1 - from)))
			break;
		at = from;
	}
	return at;
}

static bool has_scheme(struct slice value)
{
	size_t n = slice_find(value, ':');
	return n < value.n && slice_starts(slice_from_byte(value, n), "://");
}

size_t literal_host(const struct literal *literal, struct pseudonym_keys *keys,
		    struct slice referrer, char out[LITERAL_MAX])
{
	struct referrer veiled;
	char hex[17];
	referrer = slice_trim(referrer);
	if (referrer.n == 0 || slice_is(referrer, "-"))
		return 0;
	if (has_scheme(referrer))
		referrer_veil(referrer, slice_make(NULL, 0), &veiled);
	else
		veiled.host_n = referrer_host_veil(referrer, veiled.host);
	struct slice host = slice_make(veiled.host, veiled.host_n);
	size_t at = host.n && host.p[0] == '{' ? 0 : readable_at(literal, host), n = 0;
	if (at) {
		pseudonym_host(keys, host, hex);
		n = put_hidden(hex, out);
		if (at < host.n)
			out[n++] = '.';
	}
	memcpy(out + n, host.p + at, host.n - at);
	return n + host.n - at;
}
