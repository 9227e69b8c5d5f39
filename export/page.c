#include "export/page.h"
#include <string.h>
#include "export/display.h"
#include "export/quantity.h"
#include "export/utf8.h"

static const struct page_signs signs[2] = {
    {"-", "-", "to", "~", "#"},
    {"\xC2\xB7", "\xE2\x94\x80", "\xE2\x80\x93", "\xE2\x89\x88", "\xE2\x96\x88"},
};

const struct page_signs *page_signs(const struct page *page)
{
	return &signs[page->unicode];
}

/* Colours that hold on dark and on light backgrounds: the terminal's own, no white, no blue. */
static const char *const inks[INK__COUNT] = {
    [INK_PLAIN] = "",	    [INK_STRONG] = "\033[1m", [INK_FAINT] = "\033[2m",
    [INK_BAR] = "\033[36m", [INK_WARN] = "\033[33m",
};

void page_init(struct page *page, FILE *out, int width, bool color, bool unicode)
{
	page->out = out;
	page->width = width < PAGE_WIDTH_MIN   ? PAGE_WIDTH_MIN
		      : width > PAGE_WIDTH_MAX ? PAGE_WIDTH_MAX
					       : width;
	page->color = color;
	page->unicode = unicode;
	page->column = page->blanks = 0;
	page->n = 0;
}

/* Room for an end of colour and a newline is always kept. */
static bool append(struct page *page, const char *bytes, size_t n)
{
	if (n > sizeof(page->line) - 32 - page->n)
		return false;
	memcpy(page->line + page->n, bytes, n);
	page->n += n;
	return true;
}

void page_skip(struct page *page, int columns)
{
	if (columns <= 0)
		return;
	page->column += columns;
	page->blanks += columns;
}

static bool flush_blanks(struct page *page)
{
	for (; page->blanks; page->blanks--)
		if (!append(page, " ", 1))
			return false;
	return true;
}

void page_put(struct page *page, enum page_ink ink, const char *text)
{
	bool colored = page->color && *inks[ink];
	if (!*text || page->column >= page->width || !flush_blanks(page))
		return;
	if (colored && !append(page, inks[ink], strlen(inks[ink])))
		return;
	while (*text) {
		uint32_t c;
		size_t n = utf8_decode(text, &c);
		int columns = display_columns(c);
		if (page->column + columns > page->width || !append(page, text, n))
			break;
		page->column += columns;
		text += n;
	}
	if (colored) {
		memcpy(page->line + page->n, "\033[0m", 4);
		page->n += 4;
	}
}

void page_put_right(struct page *page, enum page_ink ink, const char *text, int columns)
{
	page_skip(page, columns - display_width(text));
	page_put(page, ink, text);
}

void page_put_left(struct page *page, enum page_ink ink, const char *text, int columns)
{
	page_put(page, ink, text);
	page_skip(page, columns - display_width(text));
}

void page_put_key(struct page *page, enum page_ink ink, const char *text, int columns)
{
	char clean[8192], cut[8192];
	if (columns < 1)
		return;
	display_clean(text, page->unicode, clean, sizeof(clean));
	display_cut(clean, columns, page->unicode, cut, sizeof(cut));
	page_put_left(page, ink, cut, columns);
}

void page_put_bar(struct page *page, enum page_ink ink, unsigned long long part,
		  unsigned long long whole, int columns)
{
	static const char *const eighths[8] = {"",
					       "\xE2\x96\x8F",
					       "\xE2\x96\x8E",
					       "\xE2\x96\x8D",
					       "\xE2\x96\x8C",
					       "\xE2\x96\x8B",
					       "\xE2\x96\x8A",
					       "\xE2\x96\x89"};
	if (columns < 1)
		return;
	unsigned fine = page->unicode ? 8 : 1;
	unsigned steps = quantity_scale(part, whole, (unsigned)columns * fine);
	char bar[4 * PAGE_WIDTH_MAX + 8] = "";
	size_t n = 0;
	const char *block = page_signs(page)->block;
	for (unsigned i = 0; i < steps / fine && n < sizeof(bar) - 8; i++) {
		memcpy(bar + n, block, strlen(block));
		n += strlen(block);
	}
	if (fine == 8 && steps % 8)
		memcpy(bar + n, eighths[steps % 8], 4);
	page_put_left(page, ink, bar, columns);
}

void page_put_rule(struct page *page, int columns)
{
	for (int i = 0; i < columns; i++)
		page_put(page, INK_FAINT, page_signs(page)->rule);
}

void page_put_words(struct page *page, enum page_ink ink, int indent, const char *text)
{
	char word[1024];
	bool first = true;
	while (*text) {
		size_t n = strcspn(text, " ");
		if (text[n] && text[n + 1] == '%') /* a number and its sign stay together */
			n += 1 + strcspn(text + n + 1, " ");
		size_t keep = n < sizeof(word) ? n : sizeof(word) - 1;
		memcpy(word, text, keep);
		word[keep] = '\0';
		int columns = display_width(word);
		if (!first && page->column + 1 + columns > page->width) {
			page_end_line(page);
			page_skip(page, indent);
			first = true;
		}
		if (!first)
			page_skip(page, 1);
		page_put_key(page, ink, word,
			     columns < page->width - page->column ? columns
								  : page->width - page->column);
		first = false;
		text += n;
		text += strspn(text, " ");
	}
	page_end_line(page);
}

void page_end_line(struct page *page)
{
	while (page->n && page->line[page->n - 1] == ' ')
		page->n--;
	fwrite(page->line, 1, page->n, page->out);
	putc('\n', page->out);
	page->n = 0;
	page->column = page->blanks = 0;
}
