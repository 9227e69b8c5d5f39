/*
 * catalog_match.c: which mark a file has.
 *
 * A file walks down the tree of marks as far as its own digests lead, at most MARK_RUNGS steps, and
 * is compared with the marks at the nodes it passes: those that agree with it at all their rungs,
 * so in practice with its own. Ten thousand files with the same first kilobyte cost no more than
 * ten thousand others.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ingest/catalog_tree.h"
#include "ingest/tape.h"

struct walk {
	const struct finder *finder;
	struct marks_index *index;
	const struct file *file;
	struct tape *tape;
	struct error *error;
	uint64_t at; /* offset of `tail` */
	uint8_t tail[MARK_DIGEST];
	uint32_t best;
	bool best_is_own;
};

static int tail_at(struct walk *walk, uint64_t offset)
{
	if (walk->at == offset)
		return 1;
	int there = tape_tail(walk->tape, offset, walk->tail, walk->error);
	if (there > 0)
		walk->at = offset;
	return there;
}

static bool head_agrees(const struct walk *walk, const struct mark *mark)
{
	uint8_t head[MARK_DIGEST];
	return tape_head(walk->tape, mark->head_n, head) &&
	       memcmp(head, mark->head, MARK_DIGEST) == 0;
}

/*
 * By inode; but not when equal bytes may be no more than a common preamble, not under the name of
 * another log (inodes are used again), and not of a compressed file, which is the form of a log
 * that others hold too.
 */
static bool is_own(const struct walk *walk, uint32_t number)
{
	const struct mark *mark = &walk->index->all[number];
	return !walk->file->is_gzip && mark->dev == walk->file->stat.st_dev &&
	       mark->ino == walk->file->stat.st_ino &&
	       walk->index->groups[number] == walk->file->group &&
	       tape_has_data(walk->tape, mark->offset);
}

/* The file that the mark was made of, when it is still there under any name; FILE_NONE. */
static uint32_t file_of(const struct walk *walk, uint32_t number)
{
	const struct mark *mark = &walk->index->all[number];
	struct node node = {mark->dev, mark->ino};
	uint32_t file = table_find(&walk->finder->nodes, &node, sizeof(node));
	return file != FILE_NONE && walk->finder->all[file].mark == number ? file : FILE_NONE;
}

/*
 * The mark's file is another one, still there, and by the names this one is no form of its log: it
 * is of another log, or it is what took the name when the mark's file was rotated away.
 */
static bool is_foreign(const struct walk *walk, uint32_t number)
{
	const struct mark *mark = &walk->index->all[number];
	const struct finder *finder = walk->finder;
	uint32_t other = file_of(walk, number);
	if (other != FILE_NONE)
		return finder->all[other].group != walk->file->group ||
		       name_comes_of(finder, &finder->all[other], walk->file);
	if (walk->index->groups[number] == walk->file->group)
		return false;
	other = table_find(&finder->paths, mark->path, strlen(mark->path));
	return other != FILE_NONE && &finder->all[other] != walk->file &&
	       finder->all[other].state != FILE_MISSING;
}

/*
 * Of the marks of one log the one that got furthest counts: what another form of it gave is not
 * read again. Its own mark goes before those of other logs, so that two logs with equal contents
 * keep apart. Of the same place the one of the path.
 */
static bool is_better(const struct walk *walk, uint32_t number, bool own)
{
	const struct marks_index *index = walk->index;
	if (walk->best == FILE_NONE)
		return true;
	const struct mark *mark = &index->all[number], *best = &index->all[walk->best];
	if (own != walk->best_is_own &&
	    index->groups[own ? walk->best : number] != walk->file->group)
		return own;
	if (mark->offset != best->offset)
		return mark->offset > best->offset;
	if (own != walk->best_is_own)
		return own;
	return strcmp(best->path, walk->file->path) != 0 &&
	       strcmp(mark->path, walk->file->path) == 0;
}

/* 1 when the mark's bytes are those of the file, 0 when not, and *ret_ends when it ends before. */
static int compare(struct walk *walk, uint32_t number, bool *ret_ends)
{
	const struct mark *mark = &walk->index->all[number];
	int there = tail_at(walk, mark->offset);
	*ret_ends = there == 0;
	if (there <= 0)
		return there;
	if (memcmp(walk->tail, mark->tail, MARK_DIGEST) != 0 || !head_agrees(walk, mark))
		return 0;
	bool own = is_own(walk, number);
	if ((own || !is_foreign(walk, number)) && is_better(walk, number, own)) {
		walk->best = number;
		walk->best_is_own = own;
	}
	return 1;
}

/* The marks with this inode first: of most files that changed this is the whole look-up. */
static int compare_own(struct walk *walk)
{
	const struct marks_index *index = walk->index;
	uint32_t i = tree_last_of_inode(index, &walk->file->stat), furthest = FILE_NONE;
	bool ends;
	for (; i != FILE_NONE; i = index->before[i])
		if (index->all[i].offset && head_agrees(walk, &index->all[i]) &&
		    (furthest == FILE_NONE || index->all[i].offset > index->all[furthest].offset))
			furthest = i;
	return furthest == FILE_NONE ? 0 : compare(walk, furthest, &ends);
}

/* All points of the mark within the file agree with it, and there are some. 1, 0, -1. */
static int points_agree(struct walk *walk, const struct mark *mark, uint64_t length)
{
	bool any = false;
	for (size_t i = 0; i < MARK_POINTS && mark->points[i].offset; i++) {
		const struct mark_point *point = &mark->points[i];
		uint8_t tail[MARK_DIGEST];
		if (point->offset > length)
			break;
		if (tape_tail(walk->tape, point->offset, tail, walk->error) <= 0)
			return -1;
		if (memcmp(tail, point->tail, MARK_DIGEST) != 0)
			return 0;
		any = true;
	}
	return any;
}

/* Among the marks of this log, by the name: of those that agree the one with the latest line, by
 * which a copy is told from a file written anew. */
static int find_relative(struct walk *walk, uint64_t length, uint32_t *ret)
{
	const struct marks_index *index = walk->index;
	for (size_t i = tree_first_of_group(index, walk->file->group);
	     i < index->n && index->members[i].group == walk->file->group; i++) {
		uint32_t number = index->members[i].mark;
		const struct mark *mark = &index->all[number];
		if (mark->offset <= length || is_foreign(walk, number) ||
		    (*ret != FILE_NONE && mark->last_time <= index->all[*ret].last_time))
			continue;
		int agree = points_agree(walk, mark, length);
		if (agree < 0)
			return -1;
		if (agree)
			*ret = number;
	}
	return 0;
}

/*
 * The file ends before a mark whose stream it agrees with as far as it goes. Below a kilobyte an
 * equal beginning says little (every file of a server may begin with the same preamble or the same
 * health checks): there only a mark of the same log will do.
 */
static int find_whole(struct walk *walk, const struct branch *deepest, uint32_t *ret)
{
	if (tape_end(walk->tape, walk->error))
		return -1;
	uint64_t length = walk->tape->length;
	const struct mark *longest = &walk->index->all[deepest->longest];
	if (length >= MARK_HEAD && longest->offset > length && head_agrees(walk, longest) &&
	    !is_foreign(walk, deepest->longest) &&
	    (tape_has_data(walk->tape, length) || length >= 2 * (uint64_t)TAPE_HEAD)) {
		*ret = deepest->longest;
		return 0;
	}
	return length <= TAPE_HEAD ? find_relative(walk, length, ret) : 0;
}

/* Returns the deepest node reached; *ret_ends when the file ended there. */
static const struct branch *walk_down(struct walk *walk, bool *ret_ends, int *ret_failed)
{
	struct marks_index *index = walk->index;
	const struct branch *deepest = NULL, *branch;
	uint64_t node = 0;
	*ret_ends = false;
	for (unsigned rung = 0; (branch = tree_branch(index, node)); rung++) {
		deepest = branch;
		for (uint32_t i = 0; i < branch->n && !*ret_ends; i++)
			if (compare(walk, index->order[branch->from + i].mark, ret_ends) < 0)
				return *ret_failed = -1, deepest;
		if (*ret_ends || rung == MARK_RUNGS)
			break;
		int there = tail_at(walk, mark_rung(rung));
		*ret_ends = there == 0;
		if (there < 0)
			*ret_failed = -1;
		if (there <= 0)
			break;
		node = tree_step(index, node, walk->tail);
	}
	return deepest;
}

/* Compressed files are read forward only. */
static int rewind_tape(struct walk *walk)
{
	struct tape *tape = walk->tape;
	if (!stream_is_gzip(&tape->stream) || tape->position.offset <= tape->head_n)
		return 0;
	walk->at = UINT64_MAX;
	tape_close(tape);
	return tape_open(tape, walk->file->path, false, walk->index->hmac, walk->error);
}

/* Whether another mark of this log, by the name, may be of the same stream and further than `best`.
 */
static bool may_be_further(const struct walk *walk)
{
	const struct marks_index *index = walk->index;
	const struct mark *best = &index->all[walk->best];
	for (size_t i = tree_first_of_group(index, walk->file->group);
	     i < index->n && index->members[i].group == walk->file->group; i++) {
		const struct mark *mark = &index->all[index->members[i].mark];
		if (mark->offset > best->offset &&
		    (best->head_n < MARK_HEAD || memcmp(mark->head, best->head, MARK_DIGEST) == 0))
			return true;
	}
	return false;
}

static void find_empty(const struct walk *walk, struct found *ret)
{
	const struct marks_index *index = walk->index;
	uint32_t i = tree_last_of_inode(index, &walk->file->stat);
	for (; i != FILE_NONE && ret->match == MATCH_NONE; i = index->before[i])
		if (index->all[i].offset == 0 && !tree_passed_over(&index->all[i])) {
			ret->match = MATCH_EMPTY;
			ret->mark = i;
		}
}

int marks_match(const struct finder *finder, const struct file *file, struct tape *tape,
		struct found *ret, struct error *error)
{
	struct marks_index *index = finder->marks;
	struct walk walk = {.finder = finder,
			    .index = index,
			    .file = file,
			    .tape = tape,
			    .error = error,
			    .at = UINT64_MAX,
			    .best = FILE_NONE};
	*ret = (struct found){MATCH_NONE, FILE_NONE, FILE_NONE};
	if (!index->n)
		return 0;
	if (!index->built && tree_build(index, finder)) {
		errno = ENOMEM;
		return error_set(error, "out of memory");
	}
	if (compare_own(&walk) < 0)
		return -1;
	bool own = walk.best_is_own;
	if (!own || may_be_further(&walk)) {
		bool ends = false;
		int failed = rewind_tape(&walk);
		const struct branch *deepest = failed ? NULL : walk_down(&walk, &ends, &failed);
		if (!failed && ends && deepest && !own)
			failed = find_whole(&walk, deepest, &ret->whole);
		if (failed)
			return -1;
	}
	ret->mark = walk.best;
	if (ret->whole != FILE_NONE)
		ret->match = MATCH_PART;
	else if (walk.best != FILE_NONE)
		ret->match = MATCH_MARK;
	else
		find_empty(&walk, ret);
	return 0;
}
