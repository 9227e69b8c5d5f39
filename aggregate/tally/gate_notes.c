#include "aggregate/tally/gate_notes.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/textmap.h"

enum { CHILDREN_MIN = 20, SHOWN_MAX = 5, SECTION_SHOWN = 80 };

struct section {
	uint32_t children,
	    below;	/* pages right under it, and how many of them have fewer than k units */
	uint32_t units; /* counted up to k only */
};

/* "/crew/" of "/crew/jane"; empty for pages at the top and for special templates. */
static struct slice section_of(const char *key)
{
	const char *last = strrchr(key, '/');
	if (!last || last == key || last[1] == '{')
		return slice_make(key, 0);
	return slice_make(key, (size_t)(last - key) + 1);
}

static uint32_t section_index(struct textmap *map, const struct gate *gate,
			      const struct gate_row *row, bool make)
{
	char key[KEY_MAX];
	struct slice section = section_of(gate_key(gate, row, key));
	if (!section.n)
		return TEXTMAP_NONE;
	uint64_t hash = textmap_hash(map, section);
	uint32_t index = textmap_find(map, section, hash);
	return index == TEXTMAP_NONE && make ? textmap_add(map, section, hash) : index;
}

static bool looks_personal(const struct section *section)
{
	return section->children >= CHILDREN_MIN && section->below * 5 >= section->children * 4;
}

static bool is_page_row(const struct gate *gate, const struct gate_row *row)
{
	return row->dimension == DIM_PAGE &&
	       cells_at(&gate->tally->cells, row->cell)->key != CELL_KEY_OTHER;
}

/* Distinct units of the sections in question, no further than k. */
static int count_units(struct gate *gate, struct textmap *map, unsigned k)
{
	struct budget budget = {.limit = SIZE_MAX / 2};
	struct pairs seen;
	uint32_t *sections = calloc(gate->tally->cells.n + 1, sizeof(*sections)), cell, number;
	if (!sections || pairs_init(&seen, &budget)) {
		free(sections);
		return -1;
	}
	for (size_t i = 0; i < gate->rows_n; i++) {
		uint32_t index = is_page_row(gate, &gate->rows[i])
				     ? section_index(map, gate, &gate->rows[i], false)
				     : TEXTMAP_NONE;
		if (index != TEXTMAP_NONE && looks_personal(textmap_value(map, index)))
			sections[gate->rows[i].cell] = index + 1;
	}
	for (size_t at = 0; pairs_next(&gate->tally->unit_pairs, &at, &cell, &number);) {
		uint32_t index = sections[cell];
		struct section *section = index ? textmap_value(map, index - 1) : NULL;
		if (section && section->units < k && pairs_add(&seen, index, number) > 0)
			section->units++;
	}
	pairs_release(&seen);
	free(sections);
	return 0;
}

static int tell(const struct textmap *map, uint32_t index, struct trend *trend)
{
	const struct section *section = textmap_value(map, index);
	struct slice name = textmap_text(map, index);
	struct trend_note note;
	if (name.n > SECTION_SHOWN)
		return 0;
	snprintf(note.text, sizeof(note.text),
		 "%.*s looks personal: %u of its %u pages have fewer than %u addresses; "
		 "if they name people, declare --route '%.*s{name}'",
		 (int)name.n, name.p, section->below, section->children, trend->min_visitors,
		 (int)name.n, name.p);
	return trend_add_note(trend, note.text);
}

int gate_notes(struct gate *gate, struct trend *trend)
{
	struct textmap map;
	unsigned k = trend->min_visitors;
	int failed = 0;
	/* Over several periods one address has several numbers: it would count as many. */
	if (gate->tally->pairs_sketched || gate->tally->periods_n != 1 ||
	    textmap_init(&map, sizeof(struct section), SIZE_MAX / 2))
		return 0;
	for (size_t i = 0; i < gate->rows_n; i++) {
		const struct gate_row *row = &gate->rows[i];
		uint32_t index =
		    is_page_row(gate, row) ? section_index(&map, gate, row, true) : TEXTMAP_NONE;
		if (index == TEXTMAP_NONE)
			continue;
		struct section *section = textmap_value(&map, index);
		section->children++;
		section->below += row->units < k;
	}
	failed = count_units(gate, &map, k);
	unsigned shown = 0;
	for (uint32_t i = 0; i < map.n && shown < SHOWN_MAX && !failed; i++) {
		const struct section *section = textmap_value(&map, i);
		if (!looks_personal(section) || section->units < k)
			continue;
		shown++;
		failed = tell(&map, i, trend);
	}
	textmap_release(&map);
	return failed;
}
