#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "export/display.h"
#include "export/utf8.h"

#define FFFD "\xEF\xBF\xBD"

static const struct {
	const char *name, *text;
	int columns;
} widths[] = {
    {"empty", "", 0},
    {"ASCII", "hello", 5},
    {"Latin", "caf\xC3\xA9", 4},
    {"combining accent", "cafe\xCC\x81", 4},
    {"Japanese", "\xE6\x97\xA5\xE6\x9C\xAC", 4},
    {"fullwidth letter", "\xEF\xBC\xA1", 2},
    {"halfwidth katakana", "\xEF\xBD\xB1", 1},
    {"Hangul syllable", "\xED\x95\x9C", 2},
    {"emoji", "\xF0\x9F\x98\x80", 2},
    {"Arabic with a mark", "\xD8\xA8\xD9\x8E", 1},
    {"Hebrew", "\xD7\xA9\xD7\x9C", 2},
    {"plane 2", "\xF0\xA0\x80\x80", 2},
    {"box drawing", "\xE2\x94\x80\xE2\x96\x88", 2},
    {"ellipsis", "\xE2\x80\xA6", 1},
};

Test(display, width)
{
	for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++)
		cr_expect_eq(display_width(widths[i].text), widths[i].columns, "%s: %d",
			     widths[i].name, display_width(widths[i].text));
}

static const struct {
	const char *name, *text, *unicode, *ascii;
} cleans[] = {
    {"plain", "/a b?c=%20~", "/a b?c=%20~", "/a b?c=%20~"},
    {"control bytes", "a\x1B[2Jb\tc\nd\x7F", "a" FFFD "[2Jb" FFFD "c" FFFD "d" FFFD, "a?[2Jb?c?d?"},
    {"C1 controls",
     "a\xC2\x9B"
     "b",
     "a" FFFD "b", "a?b"},
    {"not UTF-8", "a\xFF\xC3(\xE2\x82", "a" FFFD FFFD "(" FFFD FFFD,
     "a??"
     "(??"},
    {"overlong", "\xC0\xAF\xE0\x80\xAF", FFFD FFFD FFFD FFFD FFFD, "?????"},
    {"surrogate", "\xED\xA0\x80", FFFD FFFD FFFD, "???"},
    {"beyond", "\xF4\x90\x80\x80", FFFD FFFD FFFD FFFD, "????"},
    {"direction override", "a\xE2\x80\xAEzab\xE2\x80\xACx", "a" FFFD "zab" FFFD "x", "a?zab?x"},
    {"zero width space",
     "a\xE2\x80\x8B"
     "b",
     "a" FFFD "b", "a?b"},
    {"letters", "caf\xC3\xA9", "caf\xC3\xA9", "caf?"},
    {"combining accent", "e\xCC\x81x", "e\xCC\x81x", "ex"},
    {"arrow", "/ \xE2\x86\x92 /x", "/ \xE2\x86\x92 /x", "/ -> /x"},
    {"dots and dashes",
     "1\xE2\x80\x93"
     "2\xE2\x80\xA6",
     "1\xE2\x80\x93"
     "2\xE2\x80\xA6",
     "1-2..."},
};

Test(display, clean)
{
	char out[256];
	for (size_t i = 0; i < sizeof(cleans) / sizeof(*cleans); i++) {
		display_clean(cleans[i].text, true, out, sizeof(out));
		cr_expect_str_eq(out, cleans[i].unicode, "%s: %s", cleans[i].name, out);
		display_clean(cleans[i].text, false, out, sizeof(out));
		cr_expect_str_eq(out, cleans[i].ascii, "%s: %s", cleans[i].name, out);
	}
	display_clean("caf\xC3\xA9", true, out, 5);
	cr_expect_str_eq(out, "caf", "cut between characters");
	display_clean("abc", true, out, 1);
	cr_expect_str_eq(out, "");
}

static const struct {
	const char *name, *text;
	int columns;
	const char *unicode, *ascii;
} cuts[] = {
    {"fits", "abcdef", 6, "abcdef", "abcdef"},
    {"one too many", "abcdefg", 6,
     "abc\xE2\x80\xA6"
     "fg",
     "ab...g"},
    {"no room for dots", "abcdef", 2, "ab", "ab"},
    {"little room", "abcdef", 3,
     "a\xE2\x80\xA6"
     "f",
     "abc"},
    {"one column", "abcdef", 1, "a", "a"},
    {"wide letters", "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE3\x83\x9A", 6,
     "\xE6\x97\xA5\xE2\x80\xA6\xE3\x83\x9A", "\xE6\x97\xA5..."},
    {"a mark stays with its letter",
     "e\xCC\x81"
     "bcdefo\xCC\x82",
     4,
     "e\xCC\x81"
     "b\xE2\x80\xA6o\xCC\x82",
     "e\xCC\x81"
     "bcd"},
};

Test(display, cut)
{
	char out[256];
	for (size_t i = 0; i < sizeof(cuts) / sizeof(*cuts); i++) {
		display_cut(cuts[i].text, cuts[i].columns, true, out, sizeof(out));
		cr_expect_str_eq(out, cuts[i].unicode, "%s: %s", cuts[i].name, out);
		display_cut(cuts[i].text, cuts[i].columns, false, out, sizeof(out));
		cr_expect_str_eq(out, cuts[i].ascii, "%s (ASCII): %s", cuts[i].name, out);
	}
}

/* Any bytes become clean text, and any clean text fits after a cut. */
Test(display, random_bytes)
{
	unsigned seed = (unsigned)getpid();
	cr_log_info("seed %u", seed);
	for (unsigned round = 0; round < 20000; round++) {
		char text[64], clean[256], again[256], cut[256];
		size_t n = (size_t)rand_r(&seed) % (sizeof(text) - 1);
		for (size_t i = 0; i < n; i++) {
			static const char lead[] = "\xE2\xF0\xC3\xCC\xE3\x80\x81\x9F";
			int any = 1 + rand_r(&seed) % 255;
			text[i] = (char)(rand_r(&seed) % 2 ? lead[rand_r(&seed) % 8] : any);
		}
		text[n] = '\0';
		bool unicode = round % 2;
		int columns = 1 + rand_r(&seed) % 40;
		display_clean(text, unicode, clean, sizeof(clean));
		display_clean(clean, unicode, again, sizeof(again));
		cr_assert_str_eq(clean, again, "seed %u round %u", seed, round);
		display_cut(clean, columns, unicode, cut, sizeof(cut));
		cr_assert(display_width(cut) <= columns, "seed %u round %u: %d > %d", seed, round,
			  display_width(cut), columns);
		cr_assert(display_width(clean) <= columns || display_width(cut) >= columns - 2,
			  "seed %u round %u: %d of %d", seed, round, display_width(cut), columns);
	}
}

Test(utf8, every_code_point_comes_back)
{
	for (uint32_t c = 1; c <= 0x10FFFF; c++) {
		char bytes[5] = {0};
		uint32_t got;
		size_t n = utf8_encode(c, bytes);
		bool surrogate = c >= 0xD800 && c < 0xE000;
		cr_assert_eq(utf8_decode(bytes, &got), surrogate ? 1 : n, "U+%04X", c);
		cr_assert_eq(got, surrogate ? UTF8_REPLACEMENT : c, "U+%04X", c);
	}
}
