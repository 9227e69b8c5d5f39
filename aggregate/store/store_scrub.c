/* Pages as https://www.sqlite.org/fileformat2.html describes them; the format is fixed. */
#include "aggregate/store/store_scrub.h"
#include <errno.h>
#include <string.h>

enum { PAGE_MAX = 65536, INTERIOR = 2, LEAF = 10, DEPTH_MAX = 32 };

struct scrub {
	sqlite3_file *file; /* SQLite's own descriptor: closing one of ours would drop its locks */
	size_t page_size;
	bool wrote;
	struct error *error;
	const char *path;
};

static size_t two(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static uint32_t four(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Zeroes [from, to) and says whether there was anything. */
static bool zero(uint8_t *page, size_t from, size_t to)
{
	bool dirty = false;
	for (size_t i = from; i < to; i++) {
		dirty |= page[i] != 0;
		page[i] = 0;
	}
	return dirty;
}

static int damaged(struct scrub *scrub)
{
	return error_set(scrub->error,
			 "%s: the file is damaged; restore a backup (see docs/state.md)",
			 scrub->path);
}

/* Gap and free blocks of a page of an index. -1 when it is no such page. */
static int clean(const struct scrub *scrub, uint8_t *page, bool *ret_dirty)
{
	if (page[0] != INTERIOR && page[0] != LEAF)
		return -1;
	size_t cells = two(page + 3), content = two(page + 5);
	size_t gap = (page[0] == INTERIOR ? 12 : 8) + 2 * cells;
	if (content == 0)
		content = PAGE_MAX;
	if (gap > content || content > scrub->page_size)
		return -1;
	*ret_dirty = zero(page, gap, content);
	size_t at = two(page + 1);
	while (at) { /* each block: next, size, then nothing; ascending */
		if (at < content || at + 4 > scrub->page_size)
			return -1;
		size_t next = two(page + at), size = two(page + at + 2);
		if (size < 4 || at + size > scrub->page_size || (next && next < at + size))
			return -1;
		*ret_dirty |= zero(page, at + 4, at + size);
		at = next;
	}
	return 0;
}

static int scrub_page(struct scrub *scrub, uint32_t number, unsigned depth);

static int scrub_children(struct scrub *scrub, const uint8_t *page, unsigned depth)
{
	size_t cells = two(page + 3);
	for (size_t i = 0; i < cells; i++) {
		size_t at = two(page + 12 + 2 * i);
		if (at + 4 > scrub->page_size)
			return damaged(scrub);
		if (scrub_page(scrub, four(page + at), depth + 1))
			return -1;
	}
	return scrub_page(scrub, four(page + 8), depth + 1);
}

static int scrub_page(struct scrub *scrub, uint32_t number, unsigned depth)
{
	uint8_t page[PAGE_MAX];
	const struct sqlite3_io_methods *calls = scrub->file->pMethods;
	int size = (int)scrub->page_size;
	if (number < 2 || depth > DEPTH_MAX)
		return damaged(scrub);
	sqlite3_int64 at = (sqlite3_int64)(number - 1) * size;
	bool dirty = false;
	if (calls->xRead(scrub->file, page, size, at) != SQLITE_OK || clean(scrub, page, &dirty))
		return damaged(scrub);
	errno = 0;
	if (dirty && calls->xWrite(scrub->file, page, size, at) != SQLITE_OK)
		return errno ? error_errno(scrub->error, "%s: writing failed", scrub->path)
			     : error_set(scrub->error, "%s: the disk is full", scrub->path);
	scrub->wrote |= dirty;
	return page[0] == INTERIOR ? scrub_children(scrub, page, depth) : 0;
}

static int number_of(struct store *store, const char *sql, uint32_t *ret, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
	if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW)
		*ret = (uint32_t)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return code == SQLITE_ROW ? 0 : store_sql_fail(store, error);
}

int store_scrub(struct store *store, struct error *error)
{
	struct scrub scrub = {.error = error, .path = store->path};
	uint32_t root = 0, page_size = 0;
	if (number_of(store, "SELECT rootpage FROM sqlite_master WHERE name = 'hot'", &root,
		      error) ||
	    number_of(store, "PRAGMA page_size", &page_size, error))
		return -1;
	scrub.page_size = page_size;
	if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &scrub.file) !=
		SQLITE_OK ||
	    !scrub.file->pMethods)
		return store_sql_fail(store, error);
	/* Pages in SQLite's memory hold the same old bytes and would carry them back. */
	sqlite3_db_release_memory(store->db);
	if (scrub_page(&scrub, root, 0))
		return -1;
	if (scrub.wrote && scrub.file->pMethods->xSync(scrub.file, SQLITE_SYNC_NORMAL))
		return error_set(error, "%s: the disk did not confirm what was written",
				 store->path);
	return 0;
}
