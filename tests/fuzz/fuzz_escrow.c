/* The text of an escrow record has one form, and no bytes are a sealed record that are not parsed
 * to their end. */
#include <assert.h>
#include "aggregate/veil/escrow_cms.h"
#include "aggregate/veil/escrow_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct escrow_text text;
	uint8_t key[KEY_SIZE];
	char out[ESCROW_TEXT_MAX];
	struct slice bytes = slice_make((const char *)data, size);
	if (escrow_text_read(bytes, &text, NULL) == 0)
		assert(slice_equal(slice_make(out, escrow_text_write(&text, NULL, out)), bytes));
	if (escrow_text_read(bytes, &text, key) == 0)
		assert(slice_equal(slice_make(out, escrow_text_write(&text, key, out)), bytes));
	if (escrow_cms_check(bytes) == 0)
		assert(escrow_cms_check(slice_make(bytes.p, size - 1)));
	return 0;
}
