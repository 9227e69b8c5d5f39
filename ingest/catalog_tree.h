/* catalog_tree.h: the marks as a tree, for catalog_match.c. Nobody else includes it. */
#ifndef INGEST_CATALOG_TREE_H
#define INGEST_CATALOG_TREE_H

#include "ingest/catalog_file.h"

struct branch {		  /* value of a node */
	uint32_t from, n; /* the marks whose highest rung this is, in `order` */
	uint32_t longest; /* of all marks that pass here */
};

struct hanging { /* a mark and the node it hangs at */
	uint64_t node, offset;
	uint32_t mark;
};

struct member {
	uint32_t group, mark;
};

struct marks_index {
	const struct mark *all;
	size_t n;
	struct hmac *hmac;
	struct textmap inodes; /* (device, inode) → its last mark */
	uint32_t *before;      /* per mark: the one before it with the same inode */
	/* Made when the first unknown file turns up. */
	bool built;
	struct textmap branches; /* node → struct branch */
	struct hanging *order;
	size_t order_n;
	uint32_t *groups;	/* per mark: of the files its path is one of; FILE_NONE */
	struct member *members; /* the marks by group */
};

/* The tree and the groups; -1 when memory is out. */
int tree_build(struct marks_index *index, const struct finder *finder);

/* A node is 0 at the root; below it a hash over the digests of the rungs that lead there. */
uint64_t tree_step(const struct marks_index *index, uint64_t node,
		   const uint8_t digest[MARK_DIGEST]);
struct branch *tree_branch(const struct marks_index *index, uint64_t node); /* NULL: no mark */

/* The last mark with the file's device and inode; index->before leads to the others. */
uint32_t tree_last_of_inode(const struct marks_index *index, const struct stat *file);
/* Where the marks of a group begin in index->members. */
size_t tree_first_of_group(const struct marks_index *index, uint32_t group);
/* A file beside a configured one that was looked at and is none of ours: nothing of it was read. */
bool tree_passed_over(const struct mark *mark);

#endif
