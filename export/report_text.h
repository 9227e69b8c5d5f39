/*
 * report_text.h: the parts of the terminal report. Only for export/report_text*.c.
 */
#ifndef EXPORT_REPORT_TEXT_H
#define EXPORT_REPORT_TEXT_H

#include "export/page.h"
#include "export/report_parts.h"

/*
 * One panel as a table with bars: at most `top` named rows (0 = all), then (other), then what is
 * not shown. An empty panel leaves no trace. Returns -1 when memory is out.
 */
int report_text_panel(struct page *page, const struct trend *trend, enum dimension dimension,
		      unsigned top);

#endif
