/*
 * keyring_file.h: the files in which keys wait for the next run.
 *
 * DAY.key of each hot day, in a directory that nobody else may enter. A file is there whole or not
 * at all; what is damaged is an error and never replaced.
 */
#ifndef VEIL_KEYRING_FILE_H
#define VEIL_KEYRING_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "aggregate/veil/keys.h"
#include "aggregate/veil/pseudonym.h"
#include "aggregate/veil/secret_file.h"
#include "base/error.h"

/* What a key file holds; a secret, so it lies in memory of secret_new. */
struct keyring_file {
	int32_t day;
	enum address_mode mode;
	uint8_t kid[KID_SIZE];
	uint8_t escrowed[KEY_SIZE]; /* K_e */
	uint8_t counting[KEY_SIZE]; /* K_v */
};

/* Days with a key file, ascending; the caller frees *ret. -1 with a message. */
int keyring_file_days(const struct secret_directory *directory, int32_t **ret, size_t *ret_n,
		      struct error *error);

/* Removes what an interrupted write or an interrupted destruction left. -1 with a message. */
int keyring_file_sweep(const struct secret_directory *directory, struct error *error);

/* 1 when it was read, 0 when the day has none, -1 with a message when it cannot be used. */
int keyring_file_read(const struct secret_directory *directory, int32_t day,
		      struct keyring_file *ret, struct error *error);

/* Durable when it returns 0; refuses to replace a file. -1 with a message. */
int keyring_file_write(const struct secret_directory *directory, const struct keyring_file *file,
		       struct error *error);

/*
 * Overwrites, syncs, unlinks, syncs the directory; a day without a file is done already. Tries to
 * unlink also what it could not overwrite. -1 with a message.
 */
int keyring_file_destroy(const struct secret_directory *directory, int32_t day,
			 struct error *error);

#endif
