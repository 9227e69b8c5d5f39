/*
 * text.h: bytes that strangers chose: ASCII classes that no locale changes, UTF-8,
 * percent-encoding.
 */
#ifndef VEIL_TEXT_H
#define VEIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"

static inline bool text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool text_is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool text_is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static inline bool text_is_letter(char c)
{
	return text_is_upper(c) || text_is_lower(c);
}

static inline bool text_is_alnum(char c)
{
	return text_is_digit(c) || text_is_letter(c);
}

/* 0 … 15, or -1 when c is no hex digit. */
static inline int text_hex(char c)
{
	if (text_is_digit(c))
		return c - '0';
	c = slice_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Length in bytes (1 … 4) of the well-formed UTF-8 character (RFC 3629) at the start of `text`, or
 * 0 when there is none. Writes its code point.
 */
size_t text_utf8(struct slice text, uint32_t *ret_point);

/*
 * True when the text can be shown anywhere: well-formed UTF-8 without C0 and C1 controls, DEL, line
 * separators and the characters that turn the writing direction.
 */
bool text_is_showable(struct slice text);

/*
 * Decodes percent-encoding into out, which holds `size` bytes; `plus_is_blank` as in queries.
 * Returns the length, or size + 1 when it would not fit. Writes to *ret_broken whether a % was not
 * followed by two hex digits; such a % is kept.
 */
size_t text_percent(struct slice text, bool plus_is_blank, char *out, size_t size,
		    bool *ret_broken);

/* The longest part of `text` that is not longer than `size` and ends on a character border (UTF-8).
 */
size_t text_cut(struct slice text, size_t size);

/*
 * True when `text` as a whole is an IPv4 address (four decimal bytes without leading zeros) or an
 * IPv6 address in any of its forms, with zone id or not; brackets around it are allowed.
 */
bool text_is_address(struct slice text);

/*
 * True when an address is inside `text`: four numbers of 0 … 255 joined by the same one of ". - _",
 * or a run of hex digits and at least three colons with a decimal digit in it (IPv6, also MAC
 * addresses).
 */
bool text_embeds_address(struct slice text);

#endif
