/* A campaign is three parts of showable text, without an address and without a long number. */
#include <assert.h>
#include "aggregate/veil/referrer.h"
#include "aggregate/veil/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char out[CAMPAIGN_MAX];
	size_t n = campaign_veil(slice_make((const char *)data, size), out), slashes = 0, run = 0;
	assert(n <= 3 * 64 + 2 && text_is_showable(slice_make(out, n)));
	for (size_t i = 0; i < n; i++) {
		slashes += out[i] == '/';
		run = text_is_digit(out[i]) ? run + 1 : 0;
		assert(run < 4);
		if (out[i] == '@') /* only before the density of an image */
			assert(i + 4 < n && out[i + 2] == 'x' && out[i + 3] == '.');
	}
	assert(n == 0 || slashes == 2);
	return 0;
}
