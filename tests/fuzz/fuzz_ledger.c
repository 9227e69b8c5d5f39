/* A line is a row in one way only: what is read as one is written back as the same bytes, and all
 * of its beginnings are beginnings. */
#include <assert.h>
#include "aggregate/store/ledger_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ledger_record record, other;
	static char out[LEDGER_ROW_MAX];
	struct slice line = slice_make((const char *)data, size);
	enum ledger_reading reading = ledger_row_read(line, &record);
	assert(reading <= LEDGER_READ_FORGED);
	if (reading == LEDGER_READ_CUT)
		for (size_t n = 0; n < size; n++)
			assert(ledger_row_read(slice_make(line.p, n), &other) == LEDGER_READ_CUT);
	if (reading != LEDGER_READ_GOOD)
		return 0;
	size_t n = ledger_row_write(&record.row, record.prev, out);
	assert(n == size + 1 && memcmp(out, line.p, size) == 0 && out[size] == '\n');
	for (n = 0; n < size; n++)
		assert(ledger_row_read(slice_make(line.p, n), &other) == LEDGER_READ_CUT);
	return 0;
}
