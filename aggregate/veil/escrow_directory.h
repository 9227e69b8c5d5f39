/*
 * escrow_directory.h: the files of escrow records: DAY-KID.cms and DAY-KID.none. What else lies in
 * the directory is left alone.
 */
#ifndef VEIL_ESCROW_DIRECTORY_H
#define VEIL_ESCROW_DIRECTORY_H

#include <stddef.h>
#include <stdint.h>
#include "aggregate/veil/escrow.h"
#include "base/error.h"
#include "base/slice.h"

struct escrow_directory {
	char *path;
	int fd;
};

/* Makes the directory, 0700, when it is missing. To be released in any case. -1 with a message. */
int escrow_directory_open(struct escrow_directory *directory, const char *path,
			  struct error *error);
void escrow_directory_release(struct escrow_directory *directory);

/* Sets the name from day, kid and state. */
void escrow_directory_name(struct escrow_entry *entry);

/* All records, by day, kid and state (sealed first); the caller frees *ret with free(). */
int escrow_directory_list(const struct escrow_directory *directory, struct escrow_entry **ret,
			  size_t *ret_n, struct error *error);

/* The bytes of a record, for free(). NULL with a message. */
uint8_t *escrow_directory_read(const struct escrow_directory *directory, const char *name,
			       size_t *ret_n, struct error *error);

/*
 * Writes a file under a temporary name, syncs it, renames it and syncs the directory, so that it is
 * there whole or not at all. First removes what an interrupted write left. -1 with a message.
 */
int escrow_directory_write(const struct escrow_directory *directory, const char *name,
			   struct slice bytes, struct error *error);

/* 1 when there is a file of this name, made durable; 0 when not; -1 with a message. */
int escrow_directory_has(const struct escrow_directory *directory, const char *name,
			 struct error *error);

/* Removes records of days before `day`. */
int escrow_directory_expire(const struct escrow_directory *directory, int32_t day,
			    struct error *error);

#endif
