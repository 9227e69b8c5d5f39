/*
 * Why it looks as it does:
 *   - Each row of data carries a checksum (SipHash-2-4 under a fixed key, store_sql.c): SQLite
 *     finds a broken page structure but not a changed number.
 *   - Reasons and dimensions stand there by name: the numbers of an enum may shift.
 *   - hot and trend are WITHOUT ROWID, so that a day or a span is one stretch of pages, read and
 *     dropped in order, and needs no second index.
 *   - A trend is one row per figure line, not a blob: people query it.
 */
#include "aggregate/store/schema_text.h"

#define FIGURES                                               \
	"hits INTEGER NOT NULL, bytes INTEGER NOT NULL, "     \
	"visitors INTEGER NOT NULL, units INTEGER NOT NULL, " \
	"pages INTEGER NOT NULL, visits INTEGER NOT NULL, "   \
	"bounces INTEGER NOT NULL, customers INTEGER NOT NULL, "

static const char *const tables_1[] = {
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE migration(version INTEGER PRIMARY KEY, what TEXT NOT NULL, applied TEXT NOT "
    "NULL)",
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL, checksum INTEGER NOT NULL)"
    " WITHOUT ROWID",
    "CREATE TABLE day(day INTEGER PRIMARY KEY, state TEXT NOT NULL, vid BLOB NOT NULL, key_lost "
    "INTEGER NOT NULL, opened INTEGER NOT NULL, closed INTEGER NOT NULL, checksum INTEGER NOT "
    "NULL)",
    "CREATE TABLE hot(day INTEGER NOT NULL, tbl INTEGER NOT NULL, key BLOB NOT NULL, dimension "
    "INTEGER NOT NULL, s0 INTEGER NOT NULL, s1 INTEGER NOT NULL, s2 INTEGER NOT NULL, s3 INTEGER "
    "NOT NULL, s4 INTEGER NOT NULL, s5 INTEGER NOT NULL, s6 INTEGER NOT NULL, s7 INTEGER NOT NULL, "
    "body BLOB NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY(day, tbl, key)) WITHOUT ROWID",
    "CREATE TABLE trend_span(id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT "
    "NULL, site TEXT NOT NULL, shown INTEGER NOT NULL, min_visitors INTEGER NOT NULL, "
    "rows INTEGER NOT NULL, lines INTEGER NOT NULL, counted INTEGER NOT NULL, dropped INTEGER NOT "
    "NULL, bytes_read INTEGER NOT NULL, " FIGURES
    "crawler_hits INTEGER NOT NULL, crawler_bytes INTEGER NOT NULL, reordered INTEGER NOT NULL, "
    "steps INTEGER NOT NULL, visit_seconds INTEGER NOT NULL, first_time INTEGER NOT NULL, "
    "last_time INTEGER NOT NULL, approximate INTEGER NOT NULL, checksum INTEGER NOT NULL, "
    "UNIQUE(first, site, last))",
    "CREATE INDEX trend_span_site ON trend_span(site, first)",
    "CREATE INDEX trend_span_last ON trend_span(last)",
    "CREATE TABLE balance(span INTEGER NOT NULL REFERENCES trend_span ON DELETE CASCADE, kind TEXT "
    "NOT NULL, reason TEXT NOT NULL, lines INTEGER NOT NULL, checksum INTEGER NOT NULL, PRIMARY "
    "KEY(span, kind, reason)) WITHOUT ROWID",
    "CREATE TABLE trend_panel(span INTEGER NOT NULL REFERENCES trend_span ON DELETE CASCADE, "
    "dimension TEXT NOT NULL, approximate INTEGER NOT NULL, checksum INTEGER NOT NULL, PRIMARY "
    "KEY(span, dimension)) WITHOUT ROWID",
    "CREATE TABLE trend(span INTEGER NOT NULL REFERENCES trend_span ON DELETE CASCADE, dimension "
    "TEXT NOT NULL, n INTEGER NOT NULL, key TEXT NOT NULL, other INTEGER NOT NULL, " FIGURES
    "amount INTEGER NOT NULL, p50_us INTEGER NOT NULL, p95_us INTEGER NOT NULL, has INTEGER NOT "
    "NULL, checksum INTEGER NOT NULL, PRIMARY KEY(span, dimension, n)) WITHOUT ROWID",
    "CREATE TABLE note(span INTEGER NOT NULL REFERENCES trend_span ON DELETE CASCADE, n INTEGER "
    "NOT NULL, text TEXT NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY(span, n)) WITHOUT ROWID",
    "CREATE TABLE undated(kind TEXT NOT NULL, reason TEXT NOT NULL, lines INTEGER NOT NULL, "
    "checksum INTEGER NOT NULL, PRIMARY KEY(kind, reason)) WITHOUT ROWID",
    "CREATE TABLE position(id INTEGER PRIMARY KEY, path TEXT NOT NULL, source TEXT NOT NULL, "
    "offset INTEGER NOT NULL, head_n INTEGER NOT NULL, head BLOB NOT NULL, tail BLOB NOT NULL, "
    "points BLOB NOT NULL, directive INTEGER NOT NULL, directive_n INTEGER NOT NULL, dev INTEGER "
    "NOT NULL, ino INTEGER NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns "
    "INTEGER NOT NULL, complete INTEGER NOT NULL, last_time INTEGER NOT NULL, last_day INTEGER NOT "
    "NULL, checksum INTEGER NOT NULL)",
    "CREATE TABLE security_file(day INTEGER NOT NULL, part INTEGER NOT NULL, length INTEGER NOT "
    "NULL, closed INTEGER NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY(day, part)) WITHOUT "
    "ROWID",
    NULL,
};

static const struct schema_step steps[] = {
    {"tables", tables_1},
};

const struct schema_step *schema_steps(size_t *ret_n)
{
	*ret_n = sizeof(steps) / sizeof(steps[0]);
	return steps;
}

/* ---- views ---- */

#define DATE(column) "date(" column " * 86400, 'unixepoch')"
#define TIME(column)                                                                  \
	"CASE WHEN " column " <> 0 THEN strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', " column \
	", 'unixepoch') END"
#define SPAN		  DATE("s.first") " AS first, " DATE("s.last") " AS last, s.site"
#define IF_HAS(bit, name) "CASE WHEN t.has & " bit " THEN t." name " END AS " name

/* %s: the name of the key's column. The bits are FIGURE_… of trend.h, which may only be added to.
 */
#define PANEL_COLUMNS                                                                                                         \
	SPAN ", t.key AS %s, t.other, t.hits, t.visitors, t.bytes, " IF_HAS(                                                  \
	    "1",                                                                                                              \
	    "visits") ", " IF_HAS("2",                                                                                        \
				  "amount") ", " IF_HAS("4",                                                                  \
							"p50_us") ", " IF_HAS("4",                                            \
									      "p95_us") ","                                   \
											" " IF_HAS("8", "pages") ", " IF_HAS( \
											    "16",                             \
											    "boun"                            \
											    "ces") ", " IF_HAS("32",          \
													       "customers") " FROM trend t JOIN trend_span s ON s.id = t.span"

static const char *const views[] = {
    "CREATE VIEW days AS SELECT " SPAN
    ", shown, lines, counted, hits, pages, visits, visitors, units, customers, bytes, bounces, "
    "crawler_hits, crawler_bytes, reordered, steps, visit_seconds, " TIME(
	"first_time") " AS first_time, " TIME("last_time") " AS last_time, approximate, "
							   "min_visitors "
							   "FROM trend_span s",
    "CREATE VIEW balances AS SELECT " SPAN
    ", b.kind, b.reason, b.lines FROM balance b JOIN trend_span s ON s.id = b.span "
    "UNION ALL SELECT " SPAN ", 'counted', '', s.counted FROM trend_span s",
    "CREATE VIEW remarks AS SELECT " SPAN ", o.text FROM note o JOIN trend_span s ON s.id = o.span",
    "CREATE VIEW day_states AS SELECT " DATE("day") " AS day, state, key_lost, " TIME(
	"opened") " AS opened, " TIME("closed") " AS closed FROM day",
    "CREATE VIEW files AS SELECT path, source, offset, complete, CASE WHEN last_time > "
    "-62135596800 THEN strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', last_time, 'unixepoch') END AS "
    "last_time FROM position",
    "CREATE VIEW panels AS SELECT t.dimension, " PANEL_COLUMNS,
};
enum { VIEWS = sizeof(views) / sizeof(views[0]) };

static const struct {
	const char *view, *dimension, *key;
} panels[] = {
    {"by_day", "day", "day"},
    {"hours", "hour", "hour"},
    {"pages", "page", "page"},
    {"entry_pages", "entry_page", "page"},
    {"exit_pages", "exit_page", "page"},
    {"flows", "flow", "flow"},
    {"not_found_pages", "not_found_page", "page"},
    {"referrers", "referrer_host", "host"},
    {"referrer_classes", "referrer_class", "class"},
    {"search_engines", "search_engine", "engine"},
    {"campaigns", "campaign", "campaign"},
    {"goals", "goal", "goal"},
    {"customers", "customers", "key"},
    {"countries", "country", "country"},
    {"networks", "as", "network"},
    {"browsers", "browser", "browser"},
    {"browser_versions", "browser_version", "version"},
    {"systems", "os", "system"},
    {"devices", "device_class", "device"},
    {"crawlers", "crawler", "crawler"},
    {"statuses", "status", "status"},
    {"methods", "method", "method"},
    {"protocols", "protocol", "protocol"},
    {"content_classes", "content_class", "class"},
    {"sites", "site", "key"},
    {"latencies", "latency", "duration"},
    {"sizes", "size", "size"},
};
enum { PANELS = sizeof(panels) / sizeof(panels[0]) };

char *schema_text_view(size_t i, bool *ret_failed)
{
	char *sql = NULL;
	if (i < VIEWS)
		sql = sqlite3_mprintf(views[i], "key");
	else if (i < VIEWS + PANELS)
		sql = sqlite3_mprintf(
		    "CREATE VIEW %s AS SELECT " PANEL_COLUMNS " WHERE t.dimension = '%s'",
		    panels[i - VIEWS].view, panels[i - VIEWS].key, panels[i - VIEWS].dimension);
	*ret_failed = !sql && i < VIEWS + PANELS;
	return sql;
}
