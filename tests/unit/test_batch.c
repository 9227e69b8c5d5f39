/* Books of a batch: what became of lines that are no hits, by the period they are booked on. */
#include <criterion/criterion.h>
#include "aggregate/veil/batch.h"
#include "hits.h"

Test(batch, a_book_for_each_period)
{
	struct batch batch = {0};
	batch_clear(&batch);
	cr_expect_eq(batch.last, BATCH_BEFORE);
	batch_book(&batch, BATCH_BEFORE)->rejected[REJECT_FORMAT] = 2;
	for (int round = 0; round < 3; round++)
		for (int32_t day = 0; day < 100; day++)
			batch_book(&batch, hit_period(day, 3))->excluded[EXCLUDE_LATE]++;
	cr_expect_eq(batch.books_n, 101);
	cr_expect_eq(batch_excluded(&batch, EXCLUDE_LATE), 300);
	cr_expect_eq(batch_excluded(&batch, EXCLUDE_BLANK), 0);
	cr_expect_eq(batch_rejected(&batch, REJECT_FORMAT), 2);
	for (size_t i = 1; i < batch.books_n; i++)
		cr_expect_eq(batch.books[i].excluded[EXCLUDE_LATE], 3, "book %zu", i);
	batch_clear(&batch);
	cr_expect_eq(batch.books_n, 0);
	cr_expect_eq(batch_excluded(&batch, EXCLUDE_LATE), 0);
	cr_expect_eq(batch_book(&batch, 7)->excluded[EXCLUDE_LATE], 0, "a book begins empty");
	batch_release(&batch);
}

Test(batch, periods_keep_day_and_section)
{
	static const int32_t days[] = {-800000, -1, 0, 1, 20000, 2000000};
	for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++)
		for (unsigned section = 0; section < HIT_SECTIONS_MAX; section += 341) {
			int32_t period = hit_period(days[i], section);
			cr_expect_eq(hit_period_day(period), days[i], "day %d", days[i]);
			cr_expect_eq(hit_period_section(period), section, "day %d", days[i]);
			cr_expect(period < hit_period(days[i] + 1, 0), "day %d", days[i]);
		}
}

Test(batch, news_come_back_in_order)
{
	struct batch batch = {0};
	size_t at = 0;
	char text[64];
	batch_clear(&batch);
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(text, sizeof(text), "/page/%u", i * i);
		cr_assert_eq(batch_tell(&batch, slice_from(i % 7 ? text : "")), 0);
	}
	cr_expect_eq(batch.news, 2000);
	for (unsigned i = 0; i < batch.news; i++) {
		snprintf(text, sizeof(text), "/page/%u", i * i);
		cr_assert(slice_is(batch_news(&batch, &at), i % 7 ? text : ""), "text %u", i);
	}
	cr_expect_eq(at, batch.texts_n);
	batch_release(&batch);
}
