/*
 * secret_file.h: small files that hold keys: written whole or not at all, checked when read,
 * overwritten when their time is over.
 *
 * A file begins with 16 bytes that say what it is and ends with the SHA-256 of what is before. One
 * that is being destroyed begins with "veiltally dead 1" and is otherwise zero; if a crash leaves
 * it there, it says for itself that nothing is lost.
 */
#ifndef VEIL_SECRET_FILE_H
#define VEIL_SECRET_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

enum { SECRET_FILE_MAGIC = 16, SECRET_FILE_SUM = 32, SECRET_FILE_NAME = 256 };

struct secret_directory {
	char *path;
	int fd; /* -1: there is none */
};

/*
 * Opens the directory; `create` makes it, 0700, when it is missing, and without that a missing one
 * leaves fd -1. Refuses what others may enter. To be released in any case. -1 with a message.
 */
int secret_directory_open(struct secret_directory *directory, const char *path, bool create,
			  struct error *error);
void secret_directory_release(struct secret_directory *directory);
int secret_directory_sync(const struct secret_directory *directory, struct error *error);

/* Every file name, none with fd -1; `each` returns non-zero to stop, with *error set. */
int secret_directory_each(const struct secret_directory *directory,
			  int (*each)(void *context, const char *name, struct error *error),
			  void *context, struct error *error);

/* Says "directory/name: why" and returns -1. */
int secret_file_refuse(const struct secret_directory *directory, const char *name, const char *why,
		       struct error *error);

/*
 * Reads a file of this magic and size into `bytes`, which is memory of secret_new. 1 when it is
 * there, 0 when there is none; -1 with a message for what is damaged, open to others, a link or no
 * regular file.
 */
int secret_file_read(const struct secret_directory *directory, const char *name, const char *magic,
		     uint8_t *bytes, size_t size, struct error *error);

/*
 * Sets the checksum at the end of `bytes` and writes them, 0600: temporary name (".NAME.tmp"),
 * sync, rename, sync of the directory. Refuses to replace a file. -1 with a message.
 */
int secret_file_write(const struct secret_directory *directory, const char *name, uint8_t *bytes,
		      size_t size, struct error *error);

/*
 * Overwrites, syncs and unlinks; a missing file is done already. Tries to unlink also what it could
 * not overwrite. The caller syncs the directory. -1 with a message.
 */
int secret_file_shred(const struct secret_directory *directory, const char *name,
		      struct error *error);
bool secret_file_is_dead(const struct secret_directory *directory, const char *name);

#endif
