/*
 * display.h: how wide a text is on a terminal, and texts made safe for one.
 */
#ifndef EXPORT_DISPLAY_H
#define EXPORT_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Columns of a code point: 0 for marks that combine, 2 for wide letters (East Asian, emoji),
 * else 1. */
int display_columns(uint32_t code_point);

/* Columns of a clean text. */
int display_width(const char *text);

/*
 * Copies the text into `out` (cap > 0 bytes, NUL included; what does not fit is left off between
 * characters). Control bytes, bytes that are not UTF-8 and characters that steer the terminal or
 * the reading direction become U+FFFD. Without `unicode` everything beyond ASCII becomes '?', but
 * arrows and dashes what they look like.
 */
void display_clean(const char *text, bool unicode, char *out, size_t cap);

/*
 * Cuts a clean text to `columns` (at least 1): what is too long loses its middle to an ellipsis,
 * because paths differ at both ends. `out` holds cap bytes, as much as the text; it may end up
 * narrower by one column.
 */
void display_cut(const char *text, int columns, bool unicode, char *out, size_t cap);

#endif
