/* catalog_file.h: the inside of a catalog while it is being made, shared by its files. Nobody else
 * includes it. */
#ifndef INGEST_CATALOG_FILE_H
#define INGEST_CATALOG_FILE_H

#include "base/textmap.h"
#include "ingest/catalog.h"

#define FILE_NONE UINT32_MAX

enum file_state {
	FILE_MISSING,  /* a name of the configuration without a file */
	FILE_UNKNOWN,  /* to be looked at */
	FILE_KNOWN,    /* nothing to read */
	FILE_READ,     /* from its mark, or from its beginning */
	FILE_REPEATED, /* a copy of another that is read */
	FILE_LEFT,     /* left alone in this run */
	FILE_FAILED,   /* complained about */
};

struct file {
	char *path;
	size_t name; /* where in the path the file's name begins */
	uint32_t section;
	bool named;   /* by a plain name of the configuration */
	bool sibling; /* not configured: found because its name begins with that of one that is */
	bool looked;  /* it was opened: its mark is to be written again */
	bool is_gzip, is_damaged;
	int unread;	/* errno that kept it from being compared with its copies */
	uint32_t group; /* of files that may be forms of one log, by their names */
	uint32_t base;	/* the file whose name it begins with; FILE_NONE */
	enum file_state state;
	struct stat stat;
	int64_t stat_ns;    /* when that was taken */
	uint32_t mark;	    /* of the state; FILE_NONE */
	bool owns_mark;	    /* takes over the mark's row */
	struct mark *fresh; /* a mark made for it that needs no reading; owned */
	char *head;	    /* the first bytes of a new one; owned */
	size_t head_n;
	struct source *source; /* owned until it is given to an entry */
	int64_t time;	       /* by which it is sorted; ties: the deeper first */
	unsigned depth;	       /* how many bases are above it */
};

struct family {		  /* a configured file and those whose names begin with its name */
	bool any;	  /* something of it was read before */
	int64_t time;	  /* newest stamp, INT64_MIN = none */
	int64_t mtime_ns; /* newest */
};

struct marks_index;

struct finder {
	const struct catalog_options *options;
	struct catalog *catalog;
	struct hmac *hmac;
	struct file *all;
	size_t n, cap;
	struct textmap paths;  /* → number of the file */
	struct textmap groups; /* what is common to the names of a group → its first file */
	struct textmap nodes;  /* (device, inode) → number of the first file that is it */
	struct marks_index *marks;
	uint32_t *owner;	 /* per mark: the file that has it, FILE_NONE */
	struct family *families; /* per file; made when needed */
};

/* A number by bytes. */
uint32_t table_find(const struct textmap *table, const void *key, size_t n);
int table_put(struct textmap *table, const void *key, size_t n, uint32_t value); /* first wins */

struct node { /* a file on disk as a key */
	uint64_t dev, ino;
};

/* catalog_find.c: the files there are. -1 when memory is out. */
int find_files(struct finder *finder);
void find_complain(struct finder *finder, const char *message);
/* The longest configured path that `path` begins with, itself or followed by no letter. */
uint32_t find_base(const struct finder *finder, const char *path, size_t name, bool itself);

/* catalog_match.c: which mark a file has. */
struct marks_index *marks_index_new(const struct catalog_options *options, struct hmac *hmac);
void marks_index_free(struct marks_index *index);
/* Of a file that is by all of the hint what it was; FILE_NONE. */
uint32_t marks_unchanged(const struct marks_index *index, const struct file *file);

/* Whether some mark has its device and inode. */
bool marks_knows(const struct marks_index *index, const struct file *file);

enum match {
	MATCH_NONE,
	MATCH_MARK,  /* the stream of mark `ret_mark`, at least up to its offset */
	MATCH_PART,  /* it ends before the mark's offset, and agrees with it as far as it goes */
	MATCH_EMPTY, /* nothing was counted of what had this inode */
};
struct tape;
struct found {
	enum match match;
	uint32_t mark;	/* FILE_NONE with MATCH_NONE */
	uint32_t whole; /* with MATCH_PART the mark that got further; `mark` is then what there is
			   besides */
};
/* 0, or -1 with a message when the file cannot be read (or errno ENOMEM). */
int marks_match(const struct finder *finder, const struct file *file, struct tape *tape,
		struct found *ret, struct error *error);

/* catalog_name.c: what names say. */
/* The configured file at the end of the chain of bases. */
uint32_t name_root(const struct finder *finder, uint32_t file);
/* Whether the name of `file` begins with that of `base`, or of one whose name does. */
bool name_comes_of(const struct finder *finder, const struct file *file, const struct file *base);
/* Sets file.group of all. -1 when memory is out. */
int name_groups(struct finder *finder);
/* The group that a path belongs to, FILE_NONE when no file does. */
uint32_t name_group_of(const struct finder *finder, const char *path);
/* What rotation puts behind a name: numbers, dates, ".old", and what a compressor adds. */
bool name_is_rotation(const char *rest);

/* catalog_copy.c: of the files to be read that go on with the same bytes only one is. */
int drop_copies(struct finder *finder);
/* Whether all of `a` is what `b` begins with. */
bool is_part_of(struct finder *finder, struct file *a, struct file *b);

/* catalog_look.c: what is to be read of each file. */
int look_at_files(struct finder *finder);
/* Whether a last line without newline will not go on, by the file's name. */
bool look_has_successor(const struct finder *finder, const struct file *file);

/* The file of the same name without ".gz", or FILE_NONE. */
uint32_t look_plain_form(const struct finder *finder, const struct file *file);
/* Whether it was not written for a while. */
bool look_is_idle(const struct finder *finder, const struct file *file);
/* The source from where the file is to be read on; NULL with a message. */
struct source *look_open(const struct finder *finder, const struct file *file, struct error *error);
void look_give_up(struct finder *finder, struct file *file, const struct error *error);

/* catalog_order.c: what is read first. Sorts the numbers of files. */
int order_files(struct finder *finder, uint32_t *numbers, size_t n);
/* Last lines without newline of files that others followed without taking over their name. */
int order_last_lines(struct finder *finder);

#endif
