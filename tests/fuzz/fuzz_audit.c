/* First byte: loose or not; the second: how the rest is cut. It is searched whole and in pieces. */
#include <assert.h>
#define AUDIT_WINDOW 4096 /* so that small inputs are cut */
#include "export/audit_scan.c"

struct sum {
	uint64_t n, mixed, last, size;
};

static void add(void *context, const struct audit_finding *finding)
{
	struct sum *sum = context;
	assert(finding->offset < sum->size && (sum->n == 0 || finding->offset > sum->last));
	sum->n++;
	sum->last = finding->offset;
	sum->mixed = sum->mixed * 31 + finding->offset * 128 + finding->kind * 8 + finding->class;
}

static struct sum search(const uint8_t *p, size_t n, bool loose, size_t most)
{
	struct sum sum = {.size = n};
	struct audit_scan *scan = audit_scan_new(add, &sum);
	assert(scan);
	audit_scan_begin(scan, loose);
	for (size_t cap, some; n; p += some, n -= some) {
		char *space = audit_scan_space(scan, &cap);
		some = n < most ? n : most;
		some = some < cap ? some : cap;
		memcpy(space, p, some);
		audit_scan_added(scan, some);
	}
	audit_scan_end(scan);
	audit_scan_free(scan);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (n < 2)
		return 0;
	struct sum whole = search(bytes + 2, n - 2, bytes[0] & 1, SIZE_MAX);
	struct sum cut = search(bytes + 2, n - 2, bytes[0] & 1, 1u + bytes[1]);
	assert(whole.n == cut.n && whole.mixed == cut.mixed);
	return 0;
}
