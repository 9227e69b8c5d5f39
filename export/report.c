#include "export/report.h"
#include <assert.h>
#include <string.h>
#include "export/report_parts.h"

static const struct {
	const char *name;
	int (*render)(const struct trend *, const struct report_style *, FILE *);
} formats[] = {
    {"text", report_text},
    {"json", report_json},
    {"csv", report_csv},
    {"html", report_html},
};

enum { FORMATS = sizeof(formats) / sizeof(*formats) };

const char *report_list(unsigned index)
{
	return index < FORMATS ? formats[index].name : NULL;
}

int report_render(const char *name, struct trend *trend, const struct report_style *style,
		  FILE *out, struct error *error)
{
	for (unsigned i = 0; i < FORMATS; i++) {
		if (strcmp(name, formats[i].name) != 0)
			continue;
		trend_sort(trend);
		if (formats[i].render(trend, style, out))
			return error_set(error, "out of memory for the report");
		if (fflush(out) || ferror(out))
			return error_errno(error, "writing the report");
		return 0;
	}
	char known[128] = "";
	for (unsigned i = 0; i < FORMATS; i++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			 i ? ", " : "", formats[i].name);
	return error_set(error, "%s is not a report format; there are: %s", name, known);
}
