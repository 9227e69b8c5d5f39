/* A target may be anything; what is left of it is showable text of bounded size, and generalising
 * twice is once. */
#include <assert.h>
#include "aggregate/veil/path.h"
#include "aggregate/veil/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t n)
{
	assert(n > 0 && n <= PATH_TEMPLATE_MAX && text_is_showable(slice_make(text, n)));
	for (size_t i = 3; i < n; i++)
		assert(!text_is_digit(text[i]) || !text_is_digit(text[i - 1]) ||
		       !text_is_digit(text[i - 2]) || !text_is_digit(text[i - 3]));
	for (size_t i = 0; i < n; i++) /* only before the density of an image */
		assert(text[i] != '@' || (i + 6 < n && text[i + 2] == 'x' && text[i + 3] == '.'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[PATH_TEMPLATE_MAX], once[256], twice[256];
	enum content_class content;
	struct slice in = slice_make((const char *)data, size);
	struct routes *routes = routes_new();
	assert(routes && routes_add(routes, "/crew/{name}/posts", NULL) == 0);
	check(out, path_template(in, out));
	check(out, path_veil(routes, in, out, &content));
	assert(content < CONTENT__COUNT);
	size_t n = path_generalise(in, once);
	if (n <= 64 && n <= size) /* {n} can make a word long enough for another rule */
		assert(slice_equal(slice_make(twice, path_generalise(slice_make(once, n), twice)),
				   slice_make(once, n)));
	routes_free(routes);
	return 0;
}
