/*
 * escrow_text.h: what an escrow record says, as text: lines "veiltally-escrow 1", "host NAME",
 * "day YYYY-MM-DD", "kid HEX", "mode NAME" and "key HEX", or "escrow none" where the key is not
 * kept. Exactly these, in this order, each with a newline: what is read in another form is foreign.
 */
#ifndef VEIL_ESCROW_TEXT_H
#define VEIL_ESCROW_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include "aggregate/veil/keys.h"
#include "aggregate/veil/pseudonym.h"
#include "base/slice.h"

enum {
	ESCROW_TEXT_MAX = 512, /* more than the longest text */
	ESCROW_HOST_MAX = 256, /* with the NUL */
	ESCROW_DAY_TEXT = 11,  /* "2026-05-28" and the NUL */
	ESCROW_KID_TEXT = 2 * KID_SIZE + 1
};

struct escrow_text {
	char host[ESCROW_HOST_MAX]; /* letters, digits, "-", "_" and "." */
	int32_t day;
	uint8_t kid[KID_SIZE];
	enum address_mode mode;
};

/*
 * Writes the text and returns its length. With a key `out` holds a secret: the caller wipes it, and
 * nothing else keeps a byte of the key. NULL as key is "escrow none".
 */
size_t escrow_text_write(const struct escrow_text *text, const uint8_t *key,
			 char out[ESCROW_TEXT_MAX]);

/* The key goes to ret_key, or, with NULL there, the text must say none. -1 when it is no such
 * text. */
int escrow_text_read(struct slice bytes, struct escrow_text *ret, uint8_t *ret_key);

/* "2026-05-28" of a day in the years 0 to 9999, and back; -1 when it is none. */
void escrow_text_day(int32_t day, char out[ESCROW_DAY_TEXT]);
int escrow_text_day_from(struct slice text, int32_t *ret);

/* Lower-case hex with its NUL, and back; -1 when it is not n bytes of that. */
void escrow_text_hex(const uint8_t *bytes, size_t n, char *out);
int escrow_text_hex_from(struct slice text, uint8_t *ret, size_t n);

#endif
