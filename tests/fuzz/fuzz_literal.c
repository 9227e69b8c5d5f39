/* A target, query or referrer may be anything: what is left is short, showable, and every segment
 * of it is a placeholder, a listed word or hidden. Nothing is declared or named here. */
#include <assert.h>
#include "aggregate/veil/literal.h"
#include "aggregate/veil/literal_words.h"
#include "aggregate/veil/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_hidden(struct slice segment)
{
	size_t n = 0;
	while (n < segment.n && n < 17 && (n ? text_hex(segment.p[n]) >= 0 : segment.p[n] == '~'))
		n++;
	return n == 17 && (n == segment.n || segment.p[n] == '.');
}

static void check_segment(struct slice segment)
{
	struct slice stem = segment;
	bool braces = slice_find(segment, '{') < segment.n;
	assert(segment.n);
	for (size_t n; (n = literal_extension(stem)) > 0;)
		stem.n -= n;
	stem.n = slice_find(stem, '@');
	assert(braces || is_hidden(segment) || literal_is_word(segment) || literal_is_word(stem) ||
	       literal_extension(segment) > 0);
}

static void check_path(struct slice path)
{
	assert(path.n > 0 && path.n <= LITERAL_MAX && text_is_showable(path));
	if (path.p[0] != '/' || path.n == 1) {
		assert(path.n == 1 || slice_is(path, "{bad}") || slice_is(path, "{traversal}"));
		return;
	}
	while (path.n) {
		path = slice_from_byte(path, 1);
		struct slice segment = slice_make(path.p, slice_find(path, '/'));
		check_segment(segment);
		path = slice_from_byte(path, segment.n);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[KEY_SIZE] = {1};
	char out[LITERAL_MAX];
	struct slice in = slice_make((const char *)data, size);
	struct routes *routes = routes_new();
	struct literal *literal = literal_new(routes);
	struct pseudonym_keys *keys = pseudonym_keys_from(key, NULL);
	assert(routes && literal && keys && !literal_add_query(literal, "q", NULL));
	check_path(slice_make(out, literal_path(literal, keys, in, out)));
	size_t n = literal_query(literal, in, out);
	assert(n == 0 || slice_is(slice_make(out, n), "q"));
	n = literal_host(literal, keys, in, out);
	for (size_t i = 0; i < n; i++)
		assert(text_is_alnum(out[i]) || strchr(".-_~{}", out[i]));
	literal_add_page(literal, in);
	literal_add_host(literal, in);
	literal_free(literal);
	pseudonym_keys_free(keys);
	routes_free(routes);
	return 0;
}
