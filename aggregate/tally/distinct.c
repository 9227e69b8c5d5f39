#include "aggregate/tally/distinct.h"

enum { DENSE = 2048 }; /* bytes from which a sketch does not grow any more */

void distinct_add(struct distinct *set, uint64_t tag, bool grow)
{
	if (!set->sketch) {
		if (!set->only)
			set->only = tag;
		if (set->only == tag || !grow)
			return;
		set->sketch = sketch_new();
		if (!set->sketch)
			return;
		sketch_add(set->sketch, set->only);
	}
	if (grow || sketch_held(set->sketch) >= DENSE)
		sketch_add(set->sketch, tag);
}

void distinct_merge(struct distinct *into, const struct distinct *from)
{
	if (!from->sketch) {
		if (from->only)
			distinct_add(into, from->only, true);
		return;
	}
	if (!into->sketch) {
		into->sketch = sketch_new();
		if (!into->sketch)
			return;
		if (into->only)
			sketch_add(into->sketch, into->only);
	}
	if (!into->only)
		into->only = from->only; /* says that there are members */
	sketch_merge(into->sketch, from->sketch);
}

void distinct_release(struct distinct *set)
{
	sketch_free(set->sketch);
	*set = (struct distinct){0};
}

uint64_t distinct_count(const struct distinct *set)
{
	return set->sketch ? sketch_count(set->sketch) : set->only != 0;
}

size_t distinct_held(const struct distinct *set)
{
	return set->sketch ? sketch_held(set->sketch) : 0;
}

void distinct_pack(const struct distinct *set, struct pack *pack)
{
	pack_number(pack, set->sketch ? 2 : set->only != 0);
	if (set->only)
		pack_fixed(pack, set->only);
	if (set->sketch)
		sketch_pack(set->sketch, pack);
}

int distinct_unpack(struct distinct *set, struct unpack *unpack)
{
	uint64_t form = unpack_number(unpack);
	if (form == 0)
		return unpack->failed ? -1 : 0;
	set->only = unpack_fixed(unpack);
	if (form == 1)
		return unpack->failed || !set->only ? -1 : 0;
	set->sketch = form == 2 && set->only ? sketch_unpack(unpack) : NULL;
	return set->sketch ? 0 : -1;
}
