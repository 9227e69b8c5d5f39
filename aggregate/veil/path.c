/*
 * Stage A: from a request target to its segments. One pass over the target; each segment is decoded
 * once into a buffer of fixed size. Where it leaves the reference: no path has more than 12 parts,
 * also when some of them are {bin} or {long}.
 */
#include "aggregate/veil/path.h"
#include "aggregate/veil/path_parts.h"
#include "aggregate/veil/text.h"

/* Longer segments are not worth decoding, they are {long} whatever they hold; in characters, as in
 * the reference. */
enum { RAW_MAX = 192 };

/* Length of "scheme://" at the start, 0 when there is none (RFC 3986, section 3.1). */
static size_t scheme_length(struct slice target)
{
	size_t n = 0;
	if (target.n == 0 || !text_is_letter(target.p[0]))
		return 0;
	while (n < target.n && (text_is_alnum(target.p[n]) || target.p[n] == '+' ||
				target.p[n] == '.' || target.p[n] == '-'))
		n++;
	return slice_starts(slice_from_byte(target, n), "://") ? n + 3 : 0;
}

struct slice path_of_target(struct slice target)
{
	struct slice path = slice_make(target.p, slice_find(target, '#'));
	path.n = slice_find(path, '?');
	size_t scheme = scheme_length(path);
	if (scheme == 0)
		return path;
	struct slice rest = slice_from_byte(path, scheme);
	rest = slice_from_byte(rest, slice_find(rest, '/'));
	return rest.n ? rest : slice_from("/");
}

/* Valid characters and single stray bytes count one each. */
static bool is_longer_than(struct slice raw, size_t limit)
{
	uint32_t point;
	size_t count = 0;
	if (raw.n <= limit)
		return false;
	for (size_t i = 0; i < raw.n && count <= limit; count++) {
		size_t step = text_utf8(slice_make(raw.p + i, raw.n - i), &point);
		i += step ? step : 1;
	}
	return count > limit;
}

struct slice path_part_said(const struct path_part *part)
{
	return slice_make(part->said, part->said_n);
}

void path_part_show(struct path_part *part, struct slice text)
{
	memcpy(part->shown, text.p, text.n);
	part->shown_n = (uint8_t)text.n;
}

/* Decodes and types one segment; false when it climbs ("..") and the path is not to be shown at
 * all. */
static bool split_part(struct slice raw, struct path_part *part)
{
	char decoded[4 * RAW_MAX], shown[256];
	bool broken;
	part->said_n = 0;
	if (is_longer_than(raw, RAW_MAX)) {
		path_part_show(part, slice_from("{long}"));
		return true;
	}
	size_t n = text_percent(raw, false, decoded, sizeof(decoded), &broken);
	if (broken) {
		path_part_show(part, slice_from("{bin}"));
		return true;
	}
	struct slice said = slice_make(decoded, n);
	if (slice_is(said, ".."))
		return false;
	path_part_show(part, slice_make(shown, path_generalise(said, shown)));
	if (n <= PATH_PART_TEXT && !slice_is(slice_make(part->shown, part->shown_n), "{bin}")) {
		memcpy(part->said, decoded, n);
		part->said_n = (uint8_t)n;
	}
	return true;
}

void path_split(struct slice target, struct path_parts *ret)
{
	ret->whole = NULL;
	ret->cut = false;
	ret->n = 0;
	if (slice_is(target, "*")) {
		ret->whole = "*";
		return;
	}
	struct slice rest = path_of_target(target);
	if (rest.n == 0 || rest.p[0] != '/')
		ret->whole = "{bad}";
	while (!ret->whole && !ret->cut && rest.n) {
		rest = slice_from_byte(rest, 1);
		struct slice raw = slice_make(rest.p, slice_find(rest, '/'));
		rest = slice_from_byte(rest, raw.n);
		if (slice_is(raw, "."))
			continue;
		raw.n = slice_find(raw, ';');
		if (raw.n == 0)
			continue;
		if (!split_part(raw, &ret->part[ret->n]))
			ret->whole = "{traversal}";
		ret->cut = ++ret->n == PATH_PARTS_MAX;
	}
}

size_t path_join(const struct path_parts *parts, char out[PATH_TEMPLATE_MAX])
{
	size_t n = 0;
	if (parts->whole) {
		n = strlen(parts->whole);
		memcpy(out, parts->whole, n);
		return n;
	}
	for (unsigned i = 0; i < parts->n; i++) {
		out[n++] = '/';
		memcpy(out + n, parts->part[i].shown, parts->part[i].shown_n);
		n += parts->part[i].shown_n;
	}
	if (parts->cut) {
		memcpy(out + n, "/{...}", 6);
		n += 6;
	}
	if (n == 0)
		out[n++] = '/';
	return n;
}

size_t path_template(struct slice target, char out[PATH_TEMPLATE_MAX])
{
	struct path_parts parts;
	path_split(target, &parts);
	return path_join(&parts, out);
}
