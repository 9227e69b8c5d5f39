/*
 * catalog_tree.c: the marks as a tree: a node is a run of rungs from the first on, by a hash over
 * their digests, and a mark hangs at the node of its highest rung. Built when the first file turns
 * up that the hint does not know; by inode they are found from the start.
 */
#include "ingest/catalog_tree.h"
#include <stdlib.h>
#include <string.h>

uint64_t tree_step(const struct marks_index *index, uint64_t node,
		   const uint8_t digest[MARK_DIGEST])
{
	char key[8 + MARK_DIGEST];
	memcpy(key, &node, 8);
	memcpy(key + 8, digest, MARK_DIGEST);
	return hash_bytes(&index->branches.seed, key, sizeof(key));
}

struct marks_index *marks_index_new(const struct catalog_options *options, struct hmac *hmac)
{
	struct marks_index *index = calloc(1, sizeof(*index));
	if (!index)
		return NULL;
	index->all = options->marks;
	index->n = options->marks_n;
	index->hmac = hmac;
	index->before = malloc((index->n + 1) * sizeof(*index->before));
	bool failed =
	    !index->before || textmap_init(&index->inodes, sizeof(uint32_t), SIZE_MAX / 4);
	for (uint32_t i = 0; i < index->n && !failed; i++) {
		struct node node = {index->all[i].dev, index->all[i].ino};
		struct slice key = slice_make((const char *)&node, sizeof(node));
		uint64_t hash = textmap_hash(&index->inodes, key);
		uint32_t at = textmap_find(&index->inodes, key, hash);
		index->before[i] = FILE_NONE;
		if (at != TEXTMAP_NONE)
			index->before[i] = *(uint32_t *)textmap_value(&index->inodes, at);
		else
			at = textmap_add(&index->inodes, key, hash);
		failed = at == TEXTMAP_NONE;
		if (!failed)
			*(uint32_t *)textmap_value(&index->inodes, at) = i;
	}
	if (!failed)
		return index;
	marks_index_free(index);
	return NULL;
}

void marks_index_free(struct marks_index *index)
{
	if (!index)
		return;
	textmap_release(&index->inodes);
	textmap_release(&index->branches);
	free(index->before);
	free(index->order);
	free(index->groups);
	free(index->members);
	free(index);
}

uint32_t tree_last_of_inode(const struct marks_index *index, const struct stat *file)
{
	struct node node = {file->st_dev, file->st_ino};
	return table_find(&index->inodes, &node, sizeof(node));
}

bool marks_knows(const struct marks_index *index, const struct file *file)
{
	return tree_last_of_inode(index, &file->stat) != FILE_NONE;
}

bool tree_passed_over(const struct mark *mark)
{
	return mark->offset == 0 && mark->complete && mark->size > 0;
}

uint32_t marks_unchanged(const struct marks_index *index, const struct file *file)
{
	uint32_t i = tree_last_of_inode(index, &file->stat);
	for (; i != FILE_NONE; i = index->before[i])
		if (mark_hint_holds(&index->all[i], &file->stat) &&
		    (file->sibling || !tree_passed_over(&index->all[i])))
			return i;
	return FILE_NONE;
}

struct branch *tree_branch(const struct marks_index *index, uint64_t node)
{
	struct slice key = slice_make((const char *)&node, sizeof(node));
	uint32_t at = textmap_find(&index->branches, key, textmap_hash(&index->branches, key));
	return at == TEXTMAP_NONE ? NULL : textmap_value(&index->branches, at);
}

/* A mark passes at the node. */
static int pass(struct marks_index *index, uint64_t node, uint32_t mark)
{
	struct branch *branch = tree_branch(index, node);
	if (!branch) {
		struct slice key = slice_make((const char *)&node, sizeof(node));
		uint32_t at =
		    textmap_add(&index->branches, key, textmap_hash(&index->branches, key));
		if (at == TEXTMAP_NONE)
			return -1;
		branch = textmap_value(&index->branches, at);
		branch->longest = mark;
	}
	if (index->all[mark].offset > index->all[branch->longest].offset)
		branch->longest = mark;
	return 0;
}

static int hang(struct marks_index *index, uint32_t number)
{
	const struct mark *mark = &index->all[number];
	uint64_t node = 0;
	unsigned rung = 0;
	int failed = pass(index, node, number);
	for (size_t i = 0; i < MARK_POINTS && !failed && mark->points[i].offset; i++) {
		if (rung == MARK_RUNGS || mark->points[i].offset != mark_rung(rung))
			continue;
		node = tree_step(index, node, mark->points[i].tail);
		failed = pass(index, node, number);
		rung++;
	}
	index->order[index->order_n++] = (struct hanging){node, mark->offset, number};
	return failed;
}

static int by_node_and_offset(const void *a, const void *b)
{
	const struct hanging *x = a, *y = b;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->mark < y->mark ? -1 : x->mark > y->mark;
}

static int by_group(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->mark < y->mark ? -1 : x->mark > y->mark;
}

static int group_marks(struct marks_index *index, const struct finder *finder)
{
	index->groups = malloc((index->n + 1) * sizeof(*index->groups));
	index->members = malloc((index->n + 1) * sizeof(*index->members));
	if (!index->groups || !index->members)
		return -1;
	for (uint32_t i = 0; i < index->n; i++) {
		index->groups[i] = name_group_of(finder, index->all[i].path);
		index->members[i] = (struct member){index->groups[i], i};
	}
	if (index->n)
		qsort(index->members, index->n, sizeof(*index->members), by_group);
	return 0;
}

int tree_build(struct marks_index *index, const struct finder *finder)
{
	index->order = malloc((index->n + 1) * sizeof(*index->order));
	if (!index->order || textmap_init(&index->branches, sizeof(struct branch), SIZE_MAX / 4) ||
	    group_marks(index, finder))
		return -1;
	for (uint32_t i = 0; i < index->n; i++)
		if (index->all[i].offset && hang(index, i))
			return -1;
	if (index->order_n)
		qsort(index->order, index->order_n, sizeof(*index->order), by_node_and_offset);
	for (uint32_t i = 0; i < index->order_n; i++) {
		struct branch *branch = tree_branch(index, index->order[i].node);
		if (branch->n++ == 0)
			branch->from = i;
	}
	index->built = true;
	return 0;
}

size_t tree_first_of_group(const struct marks_index *index, uint32_t group)
{
	size_t low = 0, high = index->n;
	while (low < high) {
		size_t half = (low + high) / 2;
		if (index->members[half].group < group)
			low = half + 1;
		else
			high = half;
	}
	return low;
}
