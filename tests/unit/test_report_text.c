#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "export/display.h"
#include "export/quantity.h"
#include "tests/unit/report_fixture.h"

/* Columns of a line without its colours; fails on any other control byte. */
static int line_columns(char *line, bool color)
{
	char *to = line;
	for (char *p = line; *p; p++) {
		if (color && *p == '\033') {
			p += strcspn(p, "m");
			cr_assert_eq(*p, 'm');
			continue;
		}
		cr_assert((unsigned char)*p >= 0x20 && *p != 0x7F, "control byte %02x", *p);
		*to++ = *p;
	}
	*to = '\0';
	return display_width(line);
}

Test(report_text, no_line_is_wider_than_the_page, .timeout = 300)
{
	struct trend *trend = nasty();
	for (int width = 40; width <= 200; width++) {
		struct report_style style = plain;
		style.width = width;
		style.unicode = width % 2;
		style.color = width % 3 == 0;
		style.top = width % 5 ? 10 : 0;
		style.title = width % 7 ? "3 files"
					: "a title\033[1m that is longer than most pages are wide, "
					  "and then some, and then some more of it";
		char *text = render("text", trend, &style), *rest = text, *line;
		while ((line = strsep(&rest, "\n"))) {
			int columns = line_columns(line, style.color);
			cr_assert(columns <= width, "width %d: %d columns: %s", width, columns,
				  line);
			for (char *p = line; !style.unicode && *p; p++)
				cr_assert((unsigned char)*p < 0x80, "width %d: %s", width, line);
			char clean[4096];
			display_clean(line, true, clean, sizeof(clean));
			cr_assert_str_eq(clean, line, "width %d: not clean", width);
			cr_assert(style.color || !*line || line[strlen(line) - 1] != ' ',
				  "width %d: blank at the end", width);
		}
		free(text);
	}
	trend_free(trend);
}

Test(report_text, narrow_and_absurd_widths)
{
	static const int widths[] = {-5, 0, 1, 39, 300, 1000, 1000000};
	struct trend *trend = nasty();
	for (size_t i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
		struct report_style style = plain;
		style.width = widths[i];
		int width = widths[i] < 40 ? 40 : widths[i] > 1000 ? 1000 : widths[i];
		char *text = render("text", trend, &style), *rest = text, *line;
		while ((line = strsep(&rest, "\n")))
			cr_assert(line_columns(line, false) <= width, "%d: %s", widths[i], line);
		free(text);
	}
	trend_free(trend);
}

static const struct {
	const char *name;
	struct report_style style;
	const char *fragment;
} goldens[] = {
    {"pages",
     {.width = 60, .unicode = true, .top = 3, .zone = "UTC"},
     "Pages · page views of people ───────────────────────────────\n"
     "     views       %  visitors            page\n"
     "    31,240  41.9 %    12,044  ████████  /\n"
     "    18,411  24.7 %     7,012  ████▊     /shop/{n}\n"
     "     9,042  12.1 %     6,120  ██▍       /blog/{dat…y-seconds\n"
     "     7,420  10.0 %     3,011  █▉        (other)\n"
     " 9 more rows are not shown here: 11.3 % of all.\n"
     " 10.0 % of page views of people lie in (other): each seen\n"
     " from fewer than 5 addresses, and what had to join them so\n"
     " that they cannot be worked out.\n"
     "\n"},
    {"ASCII",
     {.width = 60, .top = 10, .zone = "UTC"},
     "     steps       %  visitors            flow\n"
     "     8,211  34.1 %     5,044  #####     / -> /shop/{n}\n"
     "     3,001  12.5 %     2,044  ##        /bl...nds -> /basket\n"
     "    12,880  53.5 %     4,100  ########  (other)\n"},
    {"approximate",
     {.width = 70, .top = 10, .zone = "UTC"},
     "Pages not found - lines answered 404 or 410 ~ approximate ------------\n"},
    {"amounts",
     {.width = 80, .top = 10, .zone = "UTC"},
     "   reached       %  visitors     amount                goal\n"
     "     1,298  93.7 %     1,202  51,855.10  ############  purchase\n"},
    {"colours",
     {.width = 60, .unicode = true, .color = true, .top = 1, .zone = "UTC"},
     "\033[2m69.2 %\033[0m"},
    {"balance",
     {.width = 80, .unicode = true, .top = 1, .zone = "UTC"},
     " read     504,001  100.0 %\n"
     " counted  501,381   99.5 %\n"
     " excluded   2,123    0.4 %  12 blank, 1,811 opt out, 300 path\n"
     " rejected     497    0.1 %  481 format, 16 time\n"},
    {"days are the last ones",
     {.width = 44, .top = 1, .zone = "UTC"},
     "\n 9 earlier days are not shown here: 17.6 %\n of all.\n"},
    {"heading",
     {.width = 80, .unicode = true, .top = 1, .zone = "Europe/Berlin", .title = "3 files"},
     "veiltally  3 files\n2016-09-07 – 2016-10-16, 40 days, time zone Europe/Berlin\n"},
    {"bins in order of their edge",
     {.width = 60, .top = 3, .zone = "UTC"},
     " size                 hits       %\n"
     " 0 B                88,113  17.6 %  #######\n"
     " 1 KiB - 2 KiB     300,000  59.8 %  ########################\n"
     " 64 KiB - 128 KiB  102,125  20.4 %  ########\n"
     " 1 more row is not shown here: 2.2 % of all.\n"},
    {"notes",
     {.width = 80, .unicode = true, .top = 1, .zone = "UTC"},
     "\n· /members/… looks personal: 812 of 840"},
    {"k and the guarantee",
     {.width = 80, .top = 1, .zone = "UTC"},
     "At least 5 addresses behind every name. Formal guarantee: none (k-gate).\n"},
};

Test(report_text, goldens)
{
	struct trend *trend = fixture_new();
	for (size_t i = 0; i < sizeof(goldens) / sizeof(*goldens); i++) {
		char *text = render("text", trend, &goldens[i].style);
		cr_expect(strstr(text, goldens[i].fragment), "%s: is not in\n%s", goldens[i].name,
			  text);
		cr_expect_eq(!!strchr(text, '\033'), goldens[i].style.color, "%s", goldens[i].name);
		free(text);
	}
	trend_free(trend);
}

Test(report_text, without_a_cut_every_row_is_there_with_its_figures)
{
	struct trend *trend = fixture_new();
	struct report_style style = plain;
	style.width = 200;
	style.top = 0;
	char *text = render("text", trend, &style), *at = text;
	for (unsigned d = 0; d < DIM__COUNT; d++) {
		const struct trend_panel *panel = &trend->panels[d];
		const char *title = dimension_info((enum dimension)d)->title;
		if (!panel->n) {
			cr_expect_null(strstr(text, title), "%s is empty and yet there", title);
			continue;
		}
		char heading[128];
		snprintf(heading, sizeof(heading), "\n%s ·", title);
		at = strstr(at, heading);
		cr_assert_not_null(at, "%s is missing", title);
		at = strchr(at + 1, '\n'); /* the names of the columns */
		for (size_t i = 0; i < panel->n; i++) {
			char line[1024];
			at = strchr(at + 1, '\n');
			snprintf(line, sizeof(line), "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
			cr_expect(strstr(line, panel->rows[i].key), "%s", line);
			cr_expect(strstr(line, quantity_count(panel->rows[i].figures.hits).text),
				  "%s", line);
			cr_expect(
			    strstr(line, quantity_count(panel->rows[i].figures.visitors).text),
			    "%s", line);
		}
	}
	free(text);
	trend_free(trend);
}
