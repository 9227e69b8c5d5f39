/*
 * page.h: lines for a terminal. Whatever is put on a line, it never becomes wider than the page:
 * what does not fit is left off, so no renderer can make a terminal wrap.
 */
#ifndef EXPORT_PAGE_H
#define EXPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum page_ink { INK_PLAIN, INK_STRONG, INK_FAINT, INK_BAR, INK_WARN, INK__COUNT };

enum { PAGE_WIDTH_MIN = 40, PAGE_WIDTH_MAX = 1000, PAGE_LINE_BYTES = 16384 };

struct page {
	FILE *out;
	int width;
	bool color, unicode;
	int column; /* where the next text goes, blanks that wait included */
	int blanks; /* put before the next text, forgotten at the end of the line */
	size_t n;
	char line[PAGE_LINE_BYTES];
};

/* Signs of the page, with or without Unicode. */
struct page_signs {
	const char *dot;   /* between things of one line */
	const char *rule;  /* one column of a line */
	const char *to;	   /* between two dates */
	const char *about; /* before what is an estimate */
	const char *block; /* a full column of a bar */
};
const struct page_signs *page_signs(const struct page *page);

/* width is brought into PAGE_WIDTH_MIN … PAGE_WIDTH_MAX. */
void page_init(struct page *page, FILE *out, int width, bool color, bool unicode);

/* Clean text (display.h) of any length. */
void page_put(struct page *page, enum page_ink ink, const char *text);
void page_put_right(struct page *page, enum page_ink ink, const char *text, int columns);
void page_put_left(struct page *page, enum page_ink ink, const char *text, int columns);
/* Any text: cleaned, and its middle cut when it is wider than `columns`. Blanks follow up to there.
 */
void page_put_key(struct page *page, enum page_ink ink, const char *text, int columns);
void page_skip(struct page *page, int columns);
/* A bar `part / whole` of `columns` long, in eighths where the terminal has them; blanks follow up
 * to there. */
void page_put_bar(struct page *page, enum page_ink ink, unsigned long long part,
		  unsigned long long whole, int columns);
void page_put_rule(struct page *page, int columns);
/* Clean text in words from the present column on; further lines begin at `indent`. Ends the line.
 */
void page_put_words(struct page *page, enum page_ink ink, int indent, const char *text);
void page_end_line(struct page *page);

#endif
