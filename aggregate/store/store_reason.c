#include "aggregate/store/store_reason.h"
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const struct {
	int code; /* primary or extended; the first match wins */
	const char *text;
} reasons[] = {
    {SQLITE_FULL, "the disk is full"},
    {SQLITE_CORRUPT, "the file is damaged; restore a backup (see docs/state.md)"},
    {SQLITE_IOERR_CORRUPTFS, "the file system is damaged"},
    {SQLITE_NOTADB, "the file is not a database"},
    {SQLITE_BUSY, "another process keeps it busy"},
    {SQLITE_LOCKED, "a transaction is still open"},
    {SQLITE_READONLY_DBMOVED, "the file was moved or replaced while it was open"},
    {SQLITE_READONLY, "the file or its directory may not be written to"},
    {SQLITE_CANTOPEN, "the file or its journal cannot be opened"},
    {SQLITE_IOERR_SHORT_READ, "the file is shorter than it should be"},
    {SQLITE_IOERR_READ, "reading failed"},
    {SQLITE_IOERR_WRITE, "writing failed"},
    {SQLITE_IOERR_FSYNC, "the disk did not confirm what was written"},
    {SQLITE_IOERR_DIR_FSYNC, "the disk did not confirm what was written"},
    {SQLITE_IOERR_TRUNCATE, "cutting a file failed"},
    {SQLITE_IOERR_NOMEM, "out of memory"},
    {SQLITE_NOMEM, "out of memory"},
    {SQLITE_IOERR, "input or output failed"},
    {SQLITE_PERM, "access is denied"},
    {SQLITE_AUTH, "access is denied"},
    {SQLITE_NOLFS, "the file is too large for this system"},
    {SQLITE_TOOBIG, "a value is too large"},
    {SQLITE_INTERRUPT, "interrupted"},
};

static const char *reason_of(int code)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].code == code || reasons[i].code == (code & 0xFF))
			return reasons[i].text;
	return NULL;
}

int store_reason(sqlite3 *db, const char *doing, struct error *error)
{
	int number = errno;
	if (!db)
		return error_set(error, "%s: out of memory", doing);
	int code = sqlite3_extended_errcode(db);
	int system = sqlite3_system_errno(db);
	if (!system)
		system = number; /* a failed commit does not keep it */
	const char *reason = reason_of(code);
	if (!reason) /* an error of ours: its text names tables and columns only */
		return error_set(error, "%s: %s (%d)", doing, sqlite3_errmsg(db), code);
	bool by_system = (code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN;
	if (!by_system || !system)
		return error_set(error, "%s: %s", doing, reason);
	char text[128];
	return error_set(error, "%s: %s: %s", doing, reason,
			 strerror_r(system, text, sizeof(text)));
}
