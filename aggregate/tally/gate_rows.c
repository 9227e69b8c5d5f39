/*
 * gate_rows.c: distinct counts by walking the visitors unit by unit.
 *
 * Why by unit: with all visitors of one unit side by side, "have I counted this unit for this row"
 * is a comparison of two numbers, and no set is needed for the dimensions that are the same for all
 * hits of a visitor.
 */
#include "aggregate/tally/gate_rows.h"
#include <stdio.h>
#include <stdlib.h>
#include "aggregate/veil/agent.h"
#include "base/saturate.h"
#include "base/zone.h"

/* Visitors in the order of their gate number (counting sort). */
static int order_visitors(struct gate *gate)
{
	const struct visitors *visitors = &gate->tally->visitors;
	uint32_t *starts = calloc(gate->tally->gates.n + 2, sizeof(*starts));
	gate->order = calloc(visitors->n + 1, sizeof(*gate->order));
	if (!starts || !gate->order) {
		free(starts);
		return -1;
	}
	for (uint32_t i = 0; i < visitors->n; i++)
		starts[visitors_at(visitors, i)->gate_number + 1]++;
	for (uint32_t i = 0; i < gate->tally->gates.n; i++)
		starts[i + 1] += starts[i];
	for (uint32_t i = 0; i < visitors->n; i++)
		gate->order[starts[visitors_at(visitors, i)->gate_number]++] = i;
	gate->order_n = visitors->n;
	free(starts);
	return 0;
}

/* Counts the visitor's unit once: visitors come unit by unit. */
static void stamp(uint32_t *last, uint32_t *count, const struct visitor *visitor)
{
	*count += *last != visitor->gate_number + 1;
	*last = visitor->gate_number + 1;
}

static void count_cell(struct tally *tally, struct cell *cell, const struct visitor *visitor,
		       void *context)
{
	(void)tally;
	(void)context;
	cell->hits += visitor->hits;
	cell->bytes += visitor->bytes;
	cell->pages += visitor->pages;
	cell->visits += visitor->visits;
	cell->bounces += visitor->bounces;
	cell->amount = saturate_add(cell->amount, visitor->amount);
	cell->visitors += !visitor->crawler || cell->dimension == DIM_CRAWLER;
	stamp(&cell->stamp, &cell->units, visitor);
	if (!visitor->crawler)
		stamp(&cell->people_stamp, &cell->people, visitor);
	if (visitor->amount > 0)
		stamp(&cell->paid_stamp, &cell->paid, visitor);
}

static uint32_t period_index(const struct tally *tally, int32_t id)
{
	uint32_t low = 0, high = (uint32_t)tally->periods_n;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (tally->periods[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void add_bits(uint32_t counts[SLOT__COUNT], const uint64_t seen[SLOT_WORDS])
{
	for (unsigned w = 0; w < SLOT_WORDS; w++)
		for (uint64_t bits = seen[w]; bits; bits &= bits - 1)
			counts[w * 64 + (unsigned)__builtin_ctzll(bits)]++;
}

static void join_bits(uint64_t into[SLOT_WORDS], const uint64_t seen[SLOT_WORDS])
{
	for (unsigned w = 0; w < SLOT_WORDS; w++)
		into[w] |= seen[w];
}

static void add_totals(struct trend_totals *totals, const struct visitor *visitor)
{
	if (visitor->crawler)
		return;
	totals->visitors++;
	totals->visits += visitor->visits;
	totals->bounces += visitor->bounces;
	totals->visit_seconds += visitor->visit_seconds;
}

static int count_exactly(struct gate *gate)
{
	struct tally *tally = gate->tally;
	if (order_visitors(gate))
		return -1;
	for (uint32_t i = 0; i < gate->order_n;) {
		const struct visitor *first = visitors_at(&tally->visitors, gate->order[i]);
		uint32_t number = first->gate_number, p = period_index(tally, first->period);
		uint64_t seen[SLOT_WORDS] = {0}, people[SLOT_WORDS] = {0};
		bool any_people = false;
		for (; i < gate->order_n; i++) {
			const struct visitor *visitor =
			    visitors_at(&tally->visitors, gate->order[i]);
			if (visitor->gate_number != number)
				break;
			tally_flush(tally, visitor, count_cell, NULL);
			add_totals(&tally->periods[p]->totals, visitor);
			join_bits(seen, visitor->seen);
			if (visitor->crawler)
				continue;
			any_people = true;
			join_bits(people, visitor->seen);
			add_bits(gate->slot_visitors[p], visitor->seen);
		}
		add_bits(gate->slot_units[p], seen);
		add_bits(gate->slot_people[p], people);
		gate->gates[p]++;
		gate->people[p] += any_people;
	}
	return 0;
}

static uint32_t estimate(const struct distinct *set)
{
	uint64_t n = distinct_count(set);
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static void count_by_sketch(struct gate *gate)
{
	struct tally *tally = gate->tally;
	for (uint32_t i = 0; i < tally->visitors.n; i++)
		if (visitors_at(&tally->visitors, i)->live)
			tally_flush_sketched(tally, visitors_at(&tally->visitors, i));
	for (uint32_t p = 0; p < tally->periods_n; p++) {
		struct period *period = tally->periods[p];
		for (unsigned s = 0; period->sets && s < SLOT__COUNT; s++) {
			gate->slot_units[p][s] = estimate(&period->sets[s].units);
			gate->slot_people[p][s] = estimate(&period->sets[s].people);
			gate->slot_visitors[p][s] = estimate(&period->sets[s].visitors);
		}
		gate->gates[p] = estimate(&period->gates);
		gate->people[p] = estimate(&period->people);
		period->totals.units = estimate(&period->units);
		period->totals.visitors = estimate(&period->visitors);
		period->totals.approximate = true;
	}
}

static int count_people_by_pairs(struct gate *gate, bool groups);

/* Dimensions whose rows hold people's lines and no others, or crawlers' and no others. */
static bool people_only(enum dimension dimension)
{
	switch (dimension_info(dimension)->counts) {
	case COUNTS_HITS:
	case COUNTS_NOT_FOUND:
	case COUNTS_TIMED:
	case COUNTS_SIZED:
		return false;
	default:
		return true;
	}
}

static void raise(uint64_t *units, uint64_t least)
{
	if (*units < least)
		*units = least;
}

static void raise_count(uint32_t *count, uint64_t least)
{
	if (*count < least)
		*count = least < UINT32_MAX ? (uint32_t)least : UINT32_MAX;
}

static void add_lost(struct tally *tally, const struct period *period, enum dimension dimension,
		     uint64_t key, uint64_t hits, uint64_t bytes)
{
	uint32_t index = hits ? tally_cell(tally, period->id, dimension, key) : CELL_NONE;
	if (index == CELL_NONE)
		return;
	struct cell *cell = cells_at(&tally->cells, index);
	cell->hits += hits;
	cell->bytes += bytes;
	if (dimension == DIM_CRAWLER)
		return;
	cell->pages += period->lost.pages;
	cell->visits += period->lost.visits;
	cell->bounces += period->lost.bounces;
	cell->amount = saturate_add(cell->amount, period->lost.amount);
}

/*
 * Visitors that a lost key made into sums: in the day, and in (other) of what they were told apart
 * by. How many units they were is known, who they were is not; those that came again may be among
 * them, so that of the two counts the greater is sure.
 */
static void count_lost(struct gate *gate, uint32_t p)
{
	struct tally *tally = gate->tally;
	struct period *period = tally->periods[p];
	static const enum dimension dimensions[] = {DIM_COUNTRY,	 DIM_AS, DIM_BROWSER,
						    DIM_BROWSER_VERSION, DIM_OS, DIM_DEVICE_CLASS};
	const struct lost *lost = &period->lost;
	int32_t day = hit_period_day(period->id);
	period->totals.visitors += lost->visitors;
	period->totals.visits += lost->visits;
	period->totals.bounces += lost->bounces;
	period->totals.visit_seconds += lost->visit_seconds;
	uint64_t day_key = tally_day_key(day);
	if (!lost->hits && !lost->crawler_hits)
		return;
	add_lost(tally, period, DIM_DAY, day_key, lost->hits + lost->crawler_hits,
		 lost->bytes + lost->crawler_bytes);
	raise(&gate->gates[p], lost->gates);
	raise(&gate->people[p], lost->people);
	uint32_t index = cells_find(&tally->cells, period->id, DIM_DAY, day_key);
	if (index == CELL_NONE)
		return; /* there was no room for the day: its lines are in (other) */
	struct cell *cell = cells_at(&tally->cells, index);
	raise_count(&cell->units, lost->gates);
	raise_count(&cell->people, lost->people);
	add_lost(tally, period, DIM_CRAWLER, CELL_KEY_OTHER, lost->crawler_hits,
		 lost->crawler_bytes);
	for (size_t i = 0; i < sizeof(dimensions) / sizeof(*dimensions); i++)
		if ((dimensions[i] != DIM_COUNTRY || tally->options.has_country) &&
		    (dimensions[i] != DIM_AS || tally->options.has_as))
			add_lost(tally, period, dimensions[i], CELL_KEY_OTHER, lost->hits,
				 lost->bytes);
}

int gate_count(struct gate *gate)
{
	struct tally *tally = gate->tally;
	size_t n = tally->periods_n + 1;
	gate->slot_units = calloc(n, sizeof(*gate->slot_units));
	gate->slot_visitors = calloc(n, sizeof(*gate->slot_visitors));
	gate->slot_groups = calloc(n, sizeof(*gate->slot_groups));
	gate->gates = calloc(n, sizeof(*gate->gates));
	gate->slot_people = calloc(n, sizeof(*gate->slot_people));
	gate->people = calloc(n, sizeof(*gate->people));
	gate->whole = calloc(n, sizeof(*gate->whole));
	gate->inner = calloc(n, sizeof(*gate->inner));
	gate->first_group = calloc(n, sizeof(*gate->first_group));
	if (!gate->slot_people || !gate->people || !gate->whole || !gate->inner ||
	    !gate->first_group || !gate->slot_units || !gate->slot_visitors || !gate->slot_groups ||
	    !gate->gates)
		return -1;
	if (tally->visitors_capped)
		count_by_sketch(gate);
	else if (count_exactly(gate))
		return -1;
	for (size_t p = 0; p < tally->periods_n; p++)
		count_lost(gate, (uint32_t)p);
	for (uint32_t i = 0; i < tally->cells.n; i++) {
		struct cell *cell = cells_at(&tally->cells, i);
		if (cell->live && cell->unit_set.only)
			cell->units = estimate(&cell->unit_set);
		if (cell->live && cell->visitor_set.only)
			cell->visitors = estimate(&cell->visitor_set);
		if (cell->live && cell->people_set.only)
			cell->people = estimate(&cell->people_set);
		if (people_only((enum dimension)cell->dimension))
			cell->people = cell->units;
		if (cell->visitors > cell->hits) /* an estimate */
			cell->visitors = (uint32_t)cell->hits;
	}
	return tally->failed ? -1 : count_people_by_pairs(gate, false);
}

static struct gate_row *add_row(struct gate *gate)
{
	if (gate->rows_n == gate->rows_cap) {
		size_t cap = gate->rows_cap ? 2 * gate->rows_cap : 1024;
		struct gate_row *rows = realloc(gate->rows, cap * sizeof(*rows));
		if (!rows)
			return NULL;
		gate->rows = rows;
		gate->rows_cap = cap;
	}
	return &gate->rows[gate->rows_n++];
}

static int collect_slots(struct gate *gate, uint32_t p)
{
	unsigned n;
	const struct slots_range *ranges = slots_ranges(&n);
	for (unsigned r = 0; r < n; r++) {
		for (unsigned s = ranges[r].first; s < ranges[r].first + ranges[r].n; s++) {
			const struct slot *slot = &gate->tally->periods[p]->slots[s];
			if (!slot->hits)
				continue;
			struct gate_row *row = add_row(gate);
			if (!row)
				return -1;
			*row = (struct gate_row){.period = p,
						 .slot = s,
						 .cell = CELL_NONE,
						 .dimension = (uint8_t)ranges[r].dimension,
						 .hits = slot->hits,
						 .units = gate->slot_units[p][s],
						 .people = people_only(ranges[r].dimension)
							       ? gate->slot_units[p][s]
							       : gate->slot_people[p][s],
						 .visitors = gate->slot_visitors[p][s]};
		}
	}
	return 0;
}

static int by_period(const void *a, const void *b)
{
	const struct gate_row *x = a, *y = b;
	if (x->period != y->period)
		return x->period < y->period ? -1 : 1;
	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return x->cell < y->cell ? -1 : x->cell > y->cell;
}

/* Sites of a period whose log names none: no panel. */
static bool is_nameless(const struct gate *gate, const struct cell *cell)
{
	const struct period *period = gate->tally->periods[period_index(gate->tally, cell->period)];
	return cell->dimension == DIM_SITE && cell->key == NAME_NONE &&
	       cell->hits == period->totals.hits;
}

static int collect_cells(struct gate *gate)
{
	const struct cells *cells = &gate->tally->cells;
	for (uint32_t i = 0; i < cells->n; i++) {
		const struct cell *cell = cells_at(cells, i);
		if (!cell->live || !cell->hits || is_nameless(gate, cell))
			continue;
		struct gate_row *row = add_row(gate);
		if (!row)
			return -1;
		bool version =
		    cell->dimension == DIM_BROWSER_VERSION && cell->key != CELL_KEY_OTHER;
		*row = (struct gate_row){.period = period_index(gate->tally, cell->period),
					 .slot = SLOT__COUNT,
					 .cell = i,
					 .parent = version ? (uint32_t)(cell->key >> 16) & 0xFF : 0,
					 .dimension = cell->dimension,
					 .hits = cell->hits,
					 .units = cell->units,
					 .visitors = cell->visitors,
					 .people = cell->people};
	}
	return 0;
}

int gate_collect(struct gate *gate)
{
	size_t periods = gate->tally->periods_n;
	gate->starts = calloc(periods + 2, sizeof(*gate->starts));
	if (!gate->starts)
		return -1;
	for (uint32_t p = 0; p < periods; p++)
		if (collect_slots(gate, p))
			return -1;
	if (collect_cells(gate))
		return -1;
	if (gate->rows_n)
		qsort(gate->rows, gate->rows_n, sizeof(*gate->rows), by_period);
	for (size_t i = 0; i < gate->rows_n; i++)
		gate->starts[gate->rows[i].period + 1] = i + 1;
	for (size_t p = 0; p < periods; p++)
		if (gate->starts[p + 1] < gate->starts[p])
			gate->starts[p + 1] = gate->starts[p];
	return 0;
}

/*
 * Units of people, counted up to k, for cells whose pairs tell visitors and units apart only
 * (sites, pages not found): of each cell, or of the folds that such cells are in.
 */
static int count_people_by_pairs(struct gate *gate, bool groups)
{
	struct tally *tally = gate->tally;
	struct budget budget = {.limit = SIZE_MAX / 2};
	struct pairs seen;
	uint32_t cell, number, k = tally->options.min_visitors;
	if (tally->pairs_sketched)
		return 0; /* nobody is shown, then */
	if (pairs_init(&seen, &budget))
		return -1;
	for (size_t at = 0; pairs_next(&tally->visitor_pairs, &at, &cell, &number);) {
		struct cell *c = cells_at(&tally->cells, cell);
		uint32_t gate_number = visitors_at(&tally->visitors, number)->gate_number;
		if (people_only((enum dimension)c->dimension) || groups != (c->group != GROUP_NONE))
			continue;
		uint32_t key = groups ? c->group : cell;
		bool enough = groups ? gate->groups[c->group].people >= k : c->people >= k;
		if (enough || pairs_add(&seen, key, gate_number) <= 0)
			continue;
		if (groups)
			gate->groups[c->group].people++;
		else
			c->people++;
	}
	pairs_release(&seen);
	return 0;
}

/* The pairs of folded cells meet at the first member of their group; what is left of them is the
 * union. */
static int count_groups_by_pairs(struct gate *gate)
{
	struct tally *tally = gate->tally;
	uint32_t *map = malloc((tally->cells.n + 1) * sizeof(*map)), cell, number;
	if (!map)
		return -1;
	for (uint32_t i = 0; i < tally->cells.n; i++) {
		uint32_t group = cells_at(&tally->cells, i)->group;
		map[i] = group ? gate->groups[group].cell : i;
	}
	int failed = pairs_move(&tally->unit_pairs, map, tally->cells.n) ||
		     pairs_move(&tally->visitor_pairs, map, tally->cells.n);
	free(map);
	for (size_t at = 0; !failed && pairs_next(&tally->unit_pairs, &at, &cell, &number);)
		gate->groups[cells_at(&tally->cells, cell)->group].units++;
	for (size_t at = 0; !failed && pairs_next(&tally->visitor_pairs, &at, &cell, &number);)
		gate->groups[cells_at(&tally->cells, cell)->group].visitors++;
	return failed ? -1 : count_people_by_pairs(gate, true);
}

struct group_walk {
	struct gate *gate;
	uint32_t seen[16]; /* groups this visitor has been counted in */
	unsigned seen_n;
};

static void count_group(struct group_walk *walk, uint32_t group, const struct visitor *visitor,
			bool counts_visitor)
{
	if (!group)
		return;
	struct gate_group *g = &walk->gate->groups[group];
	if (g->unit_stamp != visitor->gate_number + 1) {
		g->unit_stamp = visitor->gate_number + 1;
		g->units++;
	}
	if (!visitor->crawler && g->people_stamp != visitor->gate_number + 1) {
		g->people_stamp = visitor->gate_number + 1;
		g->people++;
	}
	for (unsigned i = 0; i < walk->seen_n; i++)
		if (walk->seen[i] == group)
			return;
	walk->seen[walk->seen_n++] = group;
	g->visitors += counts_visitor;
}

static void count_group_cell(struct tally *tally, struct cell *cell, const struct visitor *visitor,
			     void *context)
{
	(void)tally;
	count_group(context, cell->group, visitor,
		    !visitor->crawler || cell->dimension == DIM_CRAWLER);
}

static void count_group_slots(struct group_walk *walk, const struct visitor *visitor,
			      const uint32_t groups[SLOT__COUNT])
{
	for (unsigned w = 0; w < SLOT_WORDS; w++)
		for (uint64_t bits = visitor->seen[w]; bits; bits &= bits - 1)
			count_group(walk, groups[w * 64 + (unsigned)__builtin_ctzll(bits)], visitor,
				    !visitor->crawler);
}

static void count_groups_by_walk(struct gate *gate)
{
	struct tally *tally = gate->tally;
	struct group_walk walk = {.gate = gate};
	for (uint32_t i = 0; i < gate->order_n; i++) {
		const struct visitor *visitor = visitors_at(&tally->visitors, gate->order[i]);
		walk.seen_n = 0;
		tally_flush(tally, visitor, count_group_cell, &walk);
		walk.seen_n = 0;
		count_group_slots(&walk, visitor,
				  gate->slot_groups[period_index(tally, visitor->period)]);
	}
}

static void count_groups_by_sketch(struct gate *gate, bool slots_too)
{
	for (size_t i = 0; i < gate->rows_n; i++) {
		const struct gate_row *row = &gate->rows[i];
		struct gate_group *group = &gate->groups[row->group];
		if (!row->group)
			continue;
		if (row->slot == SLOT__COUNT) {
			const struct cell *cell = cells_at(&gate->tally->cells, row->cell);
			distinct_merge(&group->unit_set, &cell->unit_set);
			distinct_merge(&group->visitor_set, &cell->visitor_set);
			distinct_merge(&group->people_set,
				       people_only((enum dimension)cell->dimension)
					   ? &cell->unit_set
					   : &cell->people_set);
		} else if (slots_too && gate->tally->periods[row->period]->sets) {
			const struct slot_sets *sets =
			    &gate->tally->periods[row->period]->sets[row->slot];
			distinct_merge(&group->unit_set, &sets->units);
			distinct_merge(&group->people_set, &sets->people);
			distinct_merge(&group->visitor_set, &sets->visitors);
		}
	}
	for (size_t g = 1; g < gate->groups_n; g++) {
		struct gate_group *group = &gate->groups[g];
		group->units += estimate(&group->unit_set);
		group->visitors += estimate(&group->visitor_set);
		distinct_release(&group->unit_set);
		distinct_release(&group->visitor_set);
		group->people += estimate(&group->people_set);
		distinct_release(&group->people_set);
	}
}

/* A panel in which nothing is named holds all units of the period; in (other) of what visitors are
 * told apart by, and of sites, are all that were lost. */
static void raise_lost(struct gate *gate, struct gate_group *group)
{
	const struct lost *lost = &gate->tally->periods[group->period]->lost;
	enum counts counts = dimension_info((enum dimension)group->dimension)->counts;
	if (!lost->gates || !group->whole || !group->members)
		return;
	bool named = false;
	for (size_t i = gate->starts[group->period]; i < gate->starts[group->period + 1]; i++)
		named |= gate->rows[i].dimension == group->dimension && !gate->rows[i].group;
	if (counts == COUNTS_HITS && (!named || group->dimension == DIM_SITE)) {
		raise(&group->units, lost->gates);
		raise(&group->people, lost->people);
	} else if (counts == COUNTS_PEOPLE_HITS) {
		raise(&group->units, lost->people);
	}
}

int gate_count_groups(struct gate *gate)
{
	struct tally *tally = gate->tally;
	for (size_t g = 0; g < gate->groups_n; g++) {
		gate->groups[g].units = gate->groups[g].visitors = gate->groups[g].people = 0;
		gate->groups[g].unit_stamp = gate->groups[g].people_stamp = 0;
	}
	if (!tally->pairs_sketched && count_groups_by_pairs(gate))
		return -1;
	if (!tally->visitors_capped)
		count_groups_by_walk(gate);
	if (tally->pairs_sketched)
		count_groups_by_sketch(gate, tally->visitors_capped);
	for (size_t g = 1; g < gate->groups_n; g++) {
		raise_lost(gate, &gate->groups[g]);
		if (people_only((enum dimension)gate->groups[g].dimension))
			gate->groups[g].people = gate->groups[g].units;
	}
	return 0;
}

static void print_name(const struct names *names, uint32_t name, char *out, size_t cap)
{
	struct slice text = names_text(names, name);
	snprintf(out, cap, "%.*s", (int)text.n, text.p);
}

static void print_date(int64_t days, char out[KEY_MAX])
{
	int year, month, day;
	zone_date(days, &year, &month, &day);
	snprintf(out, KEY_MAX, "%04d-%02d-%02d", year, month, day);
}

static void print_flow(const struct names *names, uint64_t key, char out[KEY_MAX])
{
	struct slice from = names_text(names, (uint32_t)(key >> 32));
	struct slice to = names_text(names, (uint32_t)key);
	snprintf(out, KEY_MAX, "%.*s \u2192 %.*s", (int)from.n, from.p, (int)to.n, to.p);
}

static void print_version(uint64_t key, char out[KEY_MAX])
{
	const char *browser = agent_browser_name((unsigned)(key >> 16));
	if (key >> 16 == 0)
		snprintf(out, KEY_MAX, "%s", browser);
	else if (key & 0xFFFF)
		snprintf(out, KEY_MAX, "%s %u", browser, (unsigned)(key & 0xFFFF));
	else
		snprintf(out, KEY_MAX, "%s (unknown)", browser);
}

const char *gate_key(const struct gate *gate, const struct gate_row *row, char out[KEY_MAX])
{
	if (row->slot < SLOT__COUNT) {
		slots_key(row->slot, gate->tally->options.goals, out);
		return out;
	}
	uint64_t key = cells_at(&gate->tally->cells, row->cell)->key;
	switch ((enum dimension)row->dimension) {
	case DIM_DAY:
	case DIM_CUSTOMERS:
		print_date((int64_t)key - (1ll << 31), out);
		break;
	case DIM_COUNTRY:
		if (key)
			snprintf(out, KEY_MAX, "%c%c", (int)(key >> 8 & 0xFF), (int)(key & 0xFF));
		else
			snprintf(out, KEY_MAX, "(unknown)");
		break;
	case DIM_AS:
	case DIM_SITE:
		if (key)
			print_name(&gate->tally->names, (uint32_t)key, out, KEY_MAX);
		else
			snprintf(out, KEY_MAX, "(unknown)");
		break;
	case DIM_BROWSER:
		snprintf(out, KEY_MAX, "%s", agent_browser_name((unsigned)key));
		break;
	case DIM_BROWSER_VERSION:
		print_version(key, out);
		break;
	case DIM_OS:
		snprintf(out, KEY_MAX, "%s", agent_os_name((unsigned)key));
		break;
	case DIM_DEVICE_CLASS:
		snprintf(out, KEY_MAX, "%s", agent_device_name((unsigned)key));
		break;
	case DIM_CRAWLER:
		snprintf(out, KEY_MAX, "%s", agent_crawler_name((unsigned)key));
		break;
	case DIM_FLOW:
		print_flow(&gate->tally->names, key, out);
		break;
	default:
		print_name(&gate->tally->names, (uint32_t)key, out, KEY_MAX);
	}
	return out;
}
