/* What is left of a referrer is a host name or a placeholder; veiling a host twice is veiling it
 * once. */
#include <assert.h>
#include "aggregate/veil/referrer.h"
#include "aggregate/veil/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct referrer referrer;
	char again[REFERRER_HOST_MAX];
	struct slice in = slice_make((const char *)data, size);
	size_t line = slice_find(in, '\n');
	referrer_veil(slice_make(in.p, line), slice_from_byte(in, line + 1), &referrer);
	struct slice host = slice_make(referrer.host, referrer.host_n);
	assert(host.n <= 253 && referrer.class < REFERRER__COUNT &&
	       referrer.engine < referrer_engines());
	assert((referrer.class == REFERRER_DIRECT) == (host.n == 0));
	for (size_t i = 0, run = 0; i < host.n; i++) {
		assert(text_is_alnum(host.p[i]) || strchr(".-_{}", host.p[i]));
		assert(!text_is_upper(host.p[i]));
		run = text_is_digit(host.p[i]) ? run + 1 : 0;
		assert(run < 4);
	}
	if (host.n && host.p[0] != '{' && !slice_starts(host, "www."))
		assert(slice_equal(slice_make(again, referrer_host_veil(host, again)), host));
	return 0;
}
