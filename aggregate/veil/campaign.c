/* The campaign of a query: three values that a site puts into its own links, cut and generalised.
 */
#include "aggregate/veil/path.h"
#include "aggregate/veil/referrer.h"
#include "aggregate/veil/text.h"

enum { PARTS = 3, PART_MAX = 64, RAW_MAX = 768 };

static const char *const parameters[PARTS] = {"utm_source", "utm_medium", "utm_campaign"};

/* The value of the first parameter of each name; a NULL pointer when there is none or it is empty.
 */
static bool find_values(struct slice query, struct slice values[PARTS])
{
	bool seen[PARTS] = {false}, any = false;
	while (query.n) {
		struct slice pair = slice_make(query.p, slice_find(query, '&'));
		size_t equal = slice_find(pair, '=');
		query = slice_from_byte(query, pair.n + 1);
		for (unsigned i = 0; i < PARTS && equal > 4; i++) {
			if (seen[i] ||
			    !slice_equal_nocase(slice_make(pair.p, equal), parameters[i]))
				continue;
			seen[i] = any = true;
			values[i] = slice_from_byte(pair, equal + 1);
		}
	}
	return any;
}

/* What is left of a value that is too long: its beginning, without a word with digits that the cut
 * went through. */
static struct slice shorten(struct slice text)
{
	size_t n = text_cut(text, PART_MAX), from = n;
	bool digits = false;
	while (from > 0 && text_is_alnum(text.p[from - 1]))
		digits |= text_is_digit(text.p[--from]);
	if (digits && text_is_alnum(text.p[n]))
		n = from;
	return slice_trim(slice_make(text.p, n));
}

/*
 * Stage B on the whole value, so that what a cut would take the mark from ("…@example.org") is
 * still known. Only text that is nothing but long is cut.
 */
static size_t generalise(struct slice text, char out[256])
{
	size_t n = path_generalise(text, out);
	if (!slice_is(slice_make(out, n), "{long}"))
		return n;
	return slice_find(text, '@') < text.n ? path_generalise(slice_from("@@"), out)
					      : path_generalise(shorten(text), out);
}

/* Placeholders may have made the text longer than it was: cuts it, never inside of one nor of the
 * density of an image ("@2x.png"), the only place in which stage B leaves a mark. */
static size_t cut_shown(const char *shown, size_t n)
{
	size_t end = text_cut(slice_make(shown, n), PART_MAX);
	if (end == n)
		return n;
	for (size_t i = end; i > 0 && shown[i - 1] != '}'; i--)
		if (shown[i - 1] == '{' || shown[i - 1] == '@')
			return i - 1;
	return end;
}

/* '/' stands between the parts, so it cannot stand in one. Lower case comes last: stage B looks at
 * it. */
static size_t put_part(struct slice value, char out[PART_MAX])
{
	char decoded[RAW_MAX], shown[256];
	bool broken;
	size_t n = text_percent(value, true, decoded, sizeof(decoded), &broken);
	if (n > sizeof(decoded))
		n = sizeof(decoded);
	for (size_t i = 0; i < n; i++)
		if (decoded[i] == '/')
			decoded[i] = '_';
	n = generalise(slice_trim(slice_make(decoded, n)), shown);
	n = cut_shown(shown, n);
	for (size_t i = 0; i < n && i < PART_MAX; i++)
		out[i] = slice_lower(shown[i]);
	if (n == 0)
		out[n++] = '-';
	return n;
}

size_t campaign_veil(struct slice query, char out[CAMPAIGN_MAX])
{
	struct slice values[PARTS] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	size_t n = 0;
	if (!find_values(query, values))
		return 0;
	for (unsigned i = 0; i < PARTS; i++) {
		if (i)
			out[n++] = '/';
		n += put_part(values[i], out + n);
	}
	return n;
}
