#include "export/security_keeping.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "export/security_gzip.h"

int security_keeping_finish(struct security_files *files, struct security_entry *file, bool quiet,
			    struct error *error)
{
	int fd = -1;
	const char *what;
	file->committed = file->is.length;
	int ours = security_files_open(files, file, &fd, &what, error);
	if (ours < 0)
		return -1;
	struct security_name name = security_files_name(file);
	if (!ours) {
		if (!quiet)
			security_files_warn(files, &name, what);
		return 0;
	}
	int result = security_files_cut(files, file, fd, error);
	if (!result && files->options->gzip)
		result = security_gzip(&files->directory, &name, fd, file->is.length, error);
	else if (!result)
		result = security_files_settle(files, file, error)
			     ? -1
			     : security_files_sync(files, error);
	close(fd);
	return result;
}

/* What the names say, before any file is opened: a run with nothing new costs one listing. */
static int look_around(struct security_files *files, struct error *error)
{
	struct security_name *names;
	size_t n;
	int result = 0;
	if (security_name_scan(&files->directory, &names, &n, error))
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct security_entry *file =
		    security_files_find(files, names[i].day, names[i].part);
		bool known = file && file->is.length;
		bool ours = known && names[i].suffix == SECURITY_NEW;
		if (known && names[i].suffix == SECURITY_PLAIN)
			file->seen = true;
		if (ours)
			file->fresh = true;
		if (ours || names[i].suffix == SECURITY_PLAIN || names[i].suffix == SECURITY_GZ)
			continue;
		files->names_changed = true;
		if (security_name_unlink(&files->directory, &names[i]) && errno != ENOENT)
			result = security_name_errno(&files->directory, &names[i], "cannot remove",
						     error);
	}
	free(names);
	return result;
}

static int recover(struct security_files *files, struct security_entry *file, struct error *error)
{
	int fd = -1;
	const char *what;
	if (file->is.closed) {
		struct error trouble;
		bool undone = file->fresh || (file->seen && files->options->gzip);
		if (undone && security_keeping_finish(files, file, true, &trouble) &&
		    files->options->warn)
			files->options->warn(files->options->context, trouble.text);
		return 0;
	}
	int ours = security_files_open(files, file, &fd, &what, error);
	if (ours <= 0)
		return ours == 0 && security_files_replaced(files, file, what, error) ? 0 : -1;
	int result = security_files_cut(files, file, fd, error);
	close(fd);
	return result ? -1 : security_files_settle(files, file, error);
}

int security_keeping_recover(struct security_files *files, struct error *error)
{
	for (size_t i = 1; i < files->n; i++)
		files->entries[i - 1]->superseded =
		    files->entries[i - 1]->is.day == files->entries[i]->is.day;
	if (look_around(files, error))
		return -1;
	/* A part that is begun here is behind its file, has no bytes, and is passed over. */
	for (size_t i = 0; i < files->n; i++)
		if (!files->entries[i]->superseded && files->entries[i]->is.length &&
		    recover(files, files->entries[i], error))
			return -1;
	return security_files_sync(files, error);
}

/* A closed day's file is never open, so only its entry goes. */
static void forget_before(struct security_files *files, int64_t day)
{
	size_t kept = 0;
	for (size_t i = 0; i < files->n; i++) {
		struct security_entry *file = files->entries[i];
		if (file->is.closed && file->is.day < day)
			free(file);
		else
			files->entries[kept++] = file;
	}
	files->n = kept;
}

int security_keeping_expire(struct security_files *files, int32_t today, size_t *ret_n,
			    struct error *error)
{
	struct security_name *names;
	size_t n, removed = 0;
	int result = 0;
	int64_t first = (int64_t)today - files->options->retention_days;
	if (security_name_scan(&files->directory, &names, &n, error))
		return -1;
	for (size_t i = 0; i < n && names[i].day < first; i++) {
		const struct security_entry *file = security_files_last(files, names[i].day);
		if (file && !file->is.closed)
			continue;
		if (security_name_unlink(&files->directory, &names[i]) == 0)
			removed++;
		else if (errno != ENOENT)
			result = security_name_errno(&files->directory, &names[i], "cannot remove",
						     error);
	}
	free(names);
	if (!result)
		forget_before(files, first);
	*ret_n = removed;
	return removed && security_directory_sync(&files->directory, error) ? -1 : result;
}
