#include <criterion/criterion.h>
#include "export/quantity.h"

#define CHECK(call, want)                                                                     \
	do {                                                                                  \
		struct quantity got = (call);                                                 \
		cr_expect_str_eq(got.text, (want), "%s: \"%s\", not \"%s\"", #call, got.text, \
				 (want));                                                     \
	} while (0)

Test(quantity, exact)
{
	CHECK(quantity_plain(0), "0");
	CHECK(quantity_plain(UINT64_MAX), "18446744073709551615");
	CHECK(quantity_hundredths(0), "0.00");
	CHECK(quantity_hundredths(5), "0.05");
	CHECK(quantity_hundredths(-5), "-0.05");
	CHECK(quantity_hundredths(123456), "1234.56");
	CHECK(quantity_hundredths(INT64_MIN), "-92233720368547758.08");
	CHECK(quantity_thousandths(0), "0");
	CHECK(quantity_thousandths(1), "0.001");
	CHECK(quantity_thousandths(12340), "12.34");
	CHECK(quantity_thousandths(100000), "100");
	CHECK(quantity_thousandths(UINT32_MAX), "4294967.295");
	CHECK(quantity_time(0), "1970-01-01T00:00:00Z");
	CHECK(quantity_time(-1), "1969-12-31T23:59:59Z");
	CHECK(quantity_time(1475380800), "2016-10-02T04:00:00Z");
	CHECK(quantity_time(INT64_MAX), "9999-12-31T23:59:59Z");
	CHECK(quantity_time(INT64_MIN), "0000-01-01T00:00:00Z");
}

Test(quantity, for_people)
{
	CHECK(quantity_count(0), "0");
	CHECK(quantity_count(999), "999");
	CHECK(quantity_count(1000), "1,000");
	CHECK(quantity_count(1234567), "1,234,567");
	CHECK(quantity_count(UINT64_MAX), "18,446,744,073,709,551,615");
	CHECK(quantity_amount(-123456789), "-1,234,567.89");
	CHECK(quantity_amount(INT64_MIN), "-92,233,720,368,547,758.08");
	CHECK(quantity_bytes(0), "0 B");
	CHECK(quantity_bytes(999), "999 B");
	CHECK(quantity_bytes(1000), "1.0 kB");
	CHECK(quantity_bytes(999949), "999.9 kB");
	CHECK(quantity_bytes(999950), "1.0 MB");
	CHECK(quantity_bytes(UINT64_MAX), "18.4 EB");
	CHECK(quantity_latency(999), "999 us");
	CHECK(quantity_latency(1000), "1 ms");
	CHECK(quantity_latency(999499), "999 ms");
	CHECK(quantity_latency(999500), "1.00 s");
	CHECK(quantity_latency(UINT32_MAX), "4294.97 s");
	CHECK(quantity_span(0), "0 s");
	CHECK(quantity_span(59), "59 s");
	CHECK(quantity_span(60), "1 min 00 s");
	CHECK(quantity_span(3599), "59 min 59 s");
	CHECK(quantity_span(3600), "1 h 00 min");
	CHECK(quantity_span(UINT64_MAX), "5124095576030431 h 00 min");
	CHECK(quantity_share(0, 0), "-");
	CHECK(quantity_share(0, 7), "0.0 %");
	CHECK(quantity_share(1, 3), "33.3 %");
	CHECK(quantity_share(2, 3), "66.7 %");
	CHECK(quantity_share(1, 2001), "<0.1 %");
	CHECK(quantity_share(1, 2000), "0.1 %");
	CHECK(quantity_share(7, 7), "100.0 %");
	CHECK(quantity_share(9999, 10000), ">99.9 %");
	CHECK(quantity_share(9994, 10000), "99.9 %");
	CHECK(quantity_share(UINT64_MAX, UINT64_MAX), "100.0 %");
	CHECK(quantity_mean(7, 0), "-");
	CHECK(quantity_mean(7, 2), "3.5");
	CHECK(quantity_mean(UINT64_MAX, 1), "18446744073709551615.0");
}

Test(quantity, scale)
{
	cr_expect_eq(quantity_scale(0, 10, 80), 0);
	cr_expect_eq(quantity_scale(1, 100000, 80), 1, "something is never nothing");
	cr_expect_eq(quantity_scale(5, 10, 80), 40);
	cr_expect_eq(quantity_scale(10, 10, 80), 80);
	cr_expect_eq(quantity_scale(11, 10, 80), 80);
	cr_expect_eq(quantity_scale(3, 0, 80), 0);
	cr_expect_eq(quantity_scale(UINT64_MAX - 1, UINT64_MAX, 80), 80);
}
