/*
 * tally_visit.c: visits of people.
 *
 * A visit is the hits of one visitor with no gap longer than the timeout, in log time. Logs are
 * written when requests end and therefore out of order: a hit up to one timeout older than the
 * visit's first joins it, an older one is a visit of its own and counts as reordered. A visit
 * belongs to the day of its first hit: the record of the day after points back to it for as long as
 * it goes on.
 */
#include "aggregate/tally/tally_state.h"

static void count_pages(struct tally *tally, uint32_t index, uint32_t entry, uint32_t exit,
			uint32_t pages)
{
	int32_t period = visitors_at(&tally->visitors, index)->period;
	struct cell *cell = tally_count(tally, period, DIM_ENTRY_PAGE, entry, index, 0);
	if (cell && pages == 1)
		cell->bounces++;
	tally_count(tally, period, DIM_EXIT_PAGE, exit, index, 0);
	if (pages == 1)
		visitors_at(&tally->visitors, index)->bounces++;
}

void tally_visit_end(struct tally *tally, uint32_t index)
{
	struct visitor *visitor = visitors_at(&tally->visitors, index);
	uint32_t pages = visitor->visit_pages;
	if (!visitor->visits || visitor->last < visitor->first) /* none is going on */
		return;
	visitor->visit_seconds += (uint32_t)(visitor->last - visitor->first);
	visitor->visit_pages = 0;
	if (pages)
		count_pages(tally, index, visitor->entry, visitor->exit, pages);
	visitor->entry = visitor->exit = 0;
}

void tally_visit_none(struct visitor *visitor)
{
	visitor->first = INT64_MAX / 2;
	visitor->last = INT64_MIN / 2;
}

static bool holds(const struct visitor *visitor, int64_t time, int64_t timeout)
{
	return visitor->visits && time <= visitor->last + timeout &&
	       time >= visitor->first - timeout;
}

static void begin(struct visitor *visitor, int64_t time)
{
	visitor->visits++;
	visitor->first = visitor->last = time;
	visitor->visit_pages = 0;
	visitor->entry = visitor->exit = 0;
}

/* The page of a hit that joined the visit: its entry, its exit, a step. */
static void see_page(struct tally *tally, uint32_t index, int64_t time, uint32_t page)
{
	struct visitor *visitor = visitors_at(&tally->visitors, index);
	uint32_t from = visitor->exit;
	bool forward = !visitor->visit_pages || time >= visitor->exit_time;
	if (!visitor->visit_pages || time < visitor->entry_time) {
		visitor->entry = page;
		visitor->entry_time = time;
	}
	if (forward) {
		visitor->exit = page;
		visitor->exit_time = time;
	}
	visitor->visit_pages++;
	if (!forward || visitor->visit_pages == 1 || from == page)
		return; /* a reload is no step, nor is a page whose place in the order came too late
			   to know */
	uint64_t key =
	    from == NAME_OTHER || page == NAME_OTHER ? CELL_KEY_OTHER : (uint64_t)from << 32 | page;
	tally_count(tally, visitor->period, DIM_FLOW, key, index, 0);
	tally_period(tally, visitor->period)->totals.steps++;
}

/* A hit that comes too late for the visit that is going on. */
static void count_alone(struct tally *tally, struct period *period, uint32_t index, uint32_t page)
{
	struct visitor *visitor = visitors_at(&tally->visitors, index);
	period->totals.reordered++;
	if (visitor->visits++ == 0)
		tally_visit_none(visitor); /* it is over before it is counted */
	if (page)
		count_pages(tally, index, page, page, 1);
}

/*
 * A line of the evening that comes after the visitor was seen in the night: when it joins the visit
 * that began after midnight, that visit began the evening before and belongs to that day. Returns
 * whether the hit has found its place.
 */
static bool reach_over_midnight(struct tally *tally, struct period *period, uint32_t index,
				const struct hit *hit, uint32_t page)
{
	int64_t timeout = tally->options.visit_timeout;
	uint32_t after_index = tally_day_open(tally, hit->day + 1)
				   ? visitors_find(&tally->visitors, hit->visitor_after)
				   : VISITOR_NONE;
	struct visitor *visitor = visitors_at(&tally->visitors, index);
	if (after_index == VISITOR_NONE || !visitors_at(&tally->visitors, after_index)->visits)
		return false;
	struct visitor *after = visitors_at(&tally->visitors, after_index);
	if (!holds(after, hit->time, timeout)) {
		count_alone(tally, period, index, page);
		return true;
	}
	tally_visit_end(tally, index);
	visitor->visits++;
	visitor->first = hit->time;
	visitor->last = after->last;
	visitor->entry = after->entry;
	visitor->exit = after->exit;
	visitor->entry_time = after->entry_time;
	visitor->exit_time = after->exit_time;
	visitor->visit_pages = after->visit_pages;
	after->visits--;
	after->visit_pages = 0;
	after->entry = after->exit = 0;
	int64_t last = after->last;
	tally_visit_none(after);
	after->last = last; /* when it was seen */
	after->dirty = true;
	after->before = index;
	if (page)
		see_page(tally, index, hit->time, page);
	return true;
}

void tally_visit_hit(struct tally *tally, struct period *period, uint32_t index,
		     const struct hit *hit, uint32_t page)
{
	int64_t timeout = tally->options.visit_timeout;
	struct visitor *visitor = visitors_at(&tally->visitors, index);
	if (hit->visitor_after && reach_over_midnight(tally, period, index, hit, page))
		return;
	if (visitor->before != VISITOR_NONE) {
		uint32_t before = visitor->before;
		if (hit->time > visitor->last)
			visitor->last = hit->time;
		if (holds(visitors_at(&tally->visitors, before), hit->time, timeout)) {
			visitor = visitors_at(&tally->visitors, index = before);
			visitor->dirty = true;
			if (visitor->period != period->id)
				tally_period(tally, visitor->period)->dirty = true;
		} else
			visitor->before = VISITOR_NONE;
	}
	if (!holds(visitor, hit->time, timeout)) {
		if (visitor->visits && hit->time < visitor->first &&
		    visitor->first < INT64_MAX / 2) {
			count_alone(tally, period, index, page);
			return;
		}
		tally_visit_end(tally, index);
		begin(visitor, hit->time);
	}
	if (hit->time < visitor->first)
		visitor->first = hit->time;
	if (hit->time > visitor->last)
		visitor->last = hit->time;
	if (page)
		see_page(tally, index, hit->time, page);
}
