/*
 * Stage C: declared routes, public prefixes and the sections that name people. A few dozen routes
 * at most, so they are tried in turn; a path is veiled once per distinct string.
 */
#include <limits.h>
#include <stdlib.h>
#include "aggregate/veil/path_parts.h"

enum { ROUTES_MAX = 4096 };

struct route {
	unsigned n;
	struct {
		uint8_t length;
		bool name; /* in braces: stands for any one segment */
		char text[PATH_PART_TEXT];
	} part[PATH_PARTS_MAX];
};

struct route_list {
	struct route *all;
	size_t n;
};

struct routes {
	struct route_list declared, public;
};

struct routes *routes_new(void)
{
	return calloc(1, sizeof(struct routes));
}

void routes_free(struct routes *routes)
{
	if (!routes)
		return;
	free(routes->declared.all);
	free(routes->public.all);
	free(routes);
}

/* 0: a literal, 1: a placeholder, -1: neither. */
static int placeholder(struct slice text)
{
	size_t inner = 0;
	if (slice_find(text, '{') == text.n && slice_find(text, '}') == text.n)
		return 0;
	for (size_t i = 1; i + 1 < text.n; i++, inner++)
		if (!((text.p[i] >= 'a' && text.p[i] <= 'z') || text.p[i] == '_' ||
		      text.p[i] == '-'))
			return -1;
	return inner > 0 && text.p[0] == '{' && text.p[text.n - 1] == '}' ? 1 : -1;
}

static const char *parse(const char *text, bool names, struct route *ret)
{
	struct slice rest = slice_from(text);
	memset(ret, 0, sizeof(*ret));
	if (rest.n == 0 || rest.p[0] != '/')
		return "it must begin with /";
	while (rest.n) {
		rest = slice_from_byte(rest, 1);
		struct slice part = slice_make(rest.p, slice_find(rest, '/'));
		rest = slice_from_byte(rest, part.n);
		if (part.n == 0)
			continue;
		int name = placeholder(part);
		if (ret->n == PATH_PARTS_MAX)
			return "it has more than 12 segments";
		if (part.n > PATH_PART_TEXT)
			return "a segment is longer than 64 bytes";
		if (name < 0 || (name && !names))
			return names ? "a placeholder is a whole segment, like {name}, in small "
				       "letters"
				     : "a prefix has no placeholders";
		memcpy(ret->part[ret->n].text, part.p, part.n);
		ret->part[ret->n].length = (uint8_t)part.n;
		ret->part[ret->n++].name = name == 1;
	}
	return ret->n ? NULL : "it names no segment";
}

static int list_add(struct route_list *list, const char *kind, const char *text, bool names,
		    struct error *error)
{
	struct route route;
	const char *wrong = parse(text, names, &route);
	if (wrong)
		return error_set(error, "%s \"%s\": %s", kind, text, wrong);
	if (list->n == ROUTES_MAX)
		return error_set(error, "%s \"%s\": at most %d", kind, text, ROUTES_MAX);
	struct route *more = realloc(list->all, (list->n + 1) * sizeof(*more));
	if (!more)
		return error_set(error, "%s \"%s\": out of memory", kind, text);
	list->all = more;
	list->all[list->n++] = route;
	return 0;
}

int routes_add(struct routes *routes, const char *pattern, struct error *error)
{
	return list_add(&routes->declared, "route", pattern, true, error);
}

int routes_add_public(struct routes *routes, const char *prefix, struct error *error)
{
	return list_add(&routes->public, "public prefix", prefix, false, error);
}

static bool equal_nocase(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (slice_lower(a.p[i]) != slice_lower(b.p[i]))
			return false;
	return true;
}

/*
 * True when the path begins with the route. What hides is matched in any case, what shows only as
 * written: a server that ignores case must not undo the veil.
 */
static bool matches(const struct route *route, const struct path_parts *parts, bool any_case)
{
	if (parts->n < route->n)
		return false;
	for (unsigned i = 0; i < route->n; i++) {
		struct slice said = path_part_said(&parts->part[i]);
		struct slice text = slice_make(route->part[i].text, route->part[i].length);
		if (!route->part[i].name &&
		    !(any_case ? equal_nocase(said, text) : slice_equal(said, text)))
			return false;
	}
	return true;
}

static const struct route *find(const struct route_list *list, const struct path_parts *parts,
				bool any_case)
{
	for (size_t i = 0; i < list->n; i++)
		if (matches(&list->all[i], parts, any_case))
			return &list->all[i];
	return NULL;
}

/*
 * What a route names literally was declared to be no person, so the sections act on what lies below
 * it. Returns which parts the configuration names: a bit each.
 */
static unsigned veil_parts(const struct routes *routes, struct path_parts *parts)
{
	unsigned declared = 0;
	if (find(&routes->public, parts, false))
		return UINT_MAX;
	const struct route *route = find(&routes->declared, parts, true);
	for (unsigned i = 0; route && i < route->n; i++) {
		struct slice text = slice_make(route->part[i].text, route->part[i].length);
		if (route->part[i].name)
			path_part_show(&parts->part[i], text);
		if (route->part[i].name || slice_equal(path_part_said(&parts->part[i]), text))
			declared |= 1u << i;
	}
	path_veil_people(parts, route ? route->n : 0);
	return declared;
}

size_t path_veil_declared(const struct routes *routes, struct slice target,
			  char out[PATH_TEMPLATE_MAX], unsigned *ret_declared)
{
	struct path_parts parts;
	path_split(target, &parts);
	*ret_declared = parts.whole ? 0 : veil_parts(routes, &parts);
	return path_join(&parts, out);
}

size_t path_veil(const struct routes *routes, struct slice target, char out[PATH_TEMPLATE_MAX],
		 enum content_class *ret_content)
{
	struct path_parts parts;
	path_split(target, &parts);
	if (!parts.whole)
		veil_parts(routes, &parts);
	*ret_content = parts.whole ? CONTENT_DOCUMENT : path_content(path_of_target(target));
	return path_join(&parts, out);
}
