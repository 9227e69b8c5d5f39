/* The first byte picks the form; a strftime pattern stands before the first newline. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include "ingest/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct stamp warm;
	struct stamp cold;
	struct slice text = slice_from_byte((struct slice){(const char *)bytes, n}, 1);
	if (!n)
		return 0;
	if (!warm.now)
		stamp_init(&warm, 1735689600);
	stamp_init(&cold, 1735689600);
	enum stamp_form form = (enum stamp_form)((unsigned)(bytes[0] - 'a') % STAMP__COUNT);
	size_t end = slice_find(text, '\n');
	char *pattern = strndup(text.p ? text.p : "", end);
	struct slice stamp = form == STAMP_PATTERN ? slice_from_byte(text, end + 1) : text;
	struct moment a = {0}, b = {0};
	size_t used = stamp_read(&warm, form, pattern, stamp, &a);
	assert(used <= stamp.n && used == stamp_read(&cold, form, pattern, stamp, &b));
	bool known = used && stamp_finish(&warm, &a, true);
	assert(known == (used && stamp_finish(&cold, &b, true)) && (!known || a.time == b.time));
	assert(!known || (a.time > -2 * 86400 && a.time < 253402300800 + 2 * 86400));
	free(pattern);
	return 0;
}
