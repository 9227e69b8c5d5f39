#include "export/security_files.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_before(const struct security_entry *file, int32_t day, unsigned part)
{
	return file->is.day < day || (file->is.day == day && file->is.part < part);
}

size_t security_files_from(const struct security_files *files, int32_t day, unsigned part)
{
	size_t from = 0, to = files->n;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (is_before(files->entries[middle], day, part))
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

struct security_entry *security_files_find(const struct security_files *files, int32_t day,
					   unsigned part)
{
	size_t i = security_files_from(files, day, part);
	if (i == files->n || files->entries[i]->is.day != day || files->entries[i]->is.part != part)
		return NULL;
	return files->entries[i];
}

struct security_entry *security_files_last(const struct security_files *files, int32_t day)
{
	size_t i = security_files_from(files, day, SECURITY_PARTS);
	return i && files->entries[i - 1]->is.day == day ? files->entries[i - 1] : NULL;
}

struct security_entry *security_files_add(struct security_files *files,
					  const struct security_file *is, struct error *error)
{
	struct security_entry *file = calloc(1, sizeof(*file));
	size_t i = security_files_from(files, is->day, is->part);
	if (files->n == files->cap) {
		size_t cap = files->cap ? 2 * files->cap : 64;
		struct security_entry **more = realloc(files->entries, cap * sizeof(*more));
		if (more) {
			files->entries = more;
			files->cap = cap;
		}
	}
	if (!file || files->n == files->cap) {
		free(file);
		error_set(error, "%s: out of memory", files->options->path);
		return NULL;
	}
	memmove(files->entries + i + 1, files->entries + i,
		(files->n - i) * sizeof(*files->entries));
	files->entries[i] = file;
	files->n++;
	file->is = *is;
	file->committed = file->written = is->length;
	return file;
}

struct security_name security_files_name(const struct security_entry *file)
{
	return (struct security_name){file->is.day, file->is.part,
				      file->fresh ? SECURITY_NEW : SECURITY_PLAIN};
}

void security_files_warn(const struct security_files *files, const struct security_name *name,
			 const char *what)
{
	struct error text;
	security_name_error(&files->directory, name, what, &text);
	if (files->options->warn)
		files->options->warn(files->options->context, text.text);
}

int security_files_say(const struct security_files *files, const struct security_entry *file,
		       const char *what, struct error *error)
{
	struct security_name name = security_files_name(file);
	return security_name_errno(&files->directory, &name, what, error);
}

/*
 * What is wrong with the file that `fd` has open, NULL when it is as we left it. The inode is
 * compared within one run only: it changes over copies, reboots and network file systems.
 */
static const char *is_wrong(const struct security_entry *file, const struct stat *status, char last)
{
	bool known = file->inode != 0;
	if (known && (file->inode != status->st_ino || file->device != status->st_dev))
		return "was replaced from outside";
	if ((uint64_t)status->st_size < file->written)
		return "was made shorter from outside";
	return last == '\n' ? NULL : "was replaced from outside";
}

int security_files_open(const struct security_files *files, struct security_entry *file,
			int *ret_fd, const char **ret_what, struct error *error)
{
	struct security_name name = security_files_name(file);
	struct stat status;
	char last = '\n';
	int fd = security_name_open(&files->directory, &name, O_RDWR);
	if (fd < 0) {
		*ret_what = errno == ENOENT ? "is gone" : "was replaced from outside";
		if (errno == ENOENT || errno == ENXIO || errno == ELOOP || errno == EISDIR)
			return 0;
		return security_name_errno(&files->directory, &name, "cannot open", error);
	}
	if (fstat(fd, &status) ||
	    (file->written && pread(fd, &last, 1, (off_t)file->written - 1) < 0)) {
		security_name_errno(&files->directory, &name, "cannot read", error);
		close(fd);
		return -1;
	}
	*ret_what = is_wrong(file, &status, last);
	if (*ret_what) {
		close(fd);
		return 0;
	}
	file->device = status.st_dev;
	file->inode = status.st_ino;
	*ret_fd = fd;
	return 1;
}

int security_files_cut(const struct security_files *files, const struct security_entry *file,
		       int fd, struct error *error)
{
	struct stat status;
	if (fstat(fd, &status) == 0 && (uint64_t)status.st_size == file->written)
		return 0;
	if (ftruncate(fd, (off_t)file->written) || fsync(fd))
		return security_files_say(files, file, "cannot cut what was not committed", error);
	return 0;
}

int security_files_settle(struct security_files *files, struct security_entry *file,
			  struct error *error)
{
	struct security_name from = security_files_name(file), to = from;
	if (!file->fresh)
		return 0;
	to.suffix = SECURITY_PLAIN;
	if (security_name_rename(&files->directory, &from, &to) == 0) {
		file->fresh = false;
		files->names_changed = true;
		return 0;
	}
	if (errno != EEXIST)
		return security_name_errno(&files->directory, &from, "cannot rename", error);
	security_files_warn(files, &to,
			    "is not from here; this log's file keeps the name with .new");
	return 0;
}

int security_files_sync(struct security_files *files, struct error *error)
{
	if (files->names_changed && security_directory_sync(&files->directory, error))
		return -1;
	files->names_changed = false;
	return 0;
}

struct security_entry *security_files_supersede(struct security_files *files,
						struct security_entry *file, struct error *error)
{
	const struct security_file next = {.day = file->is.day, .part = file->is.part + 1};
	if (next.part >= SECURITY_PARTS) {
		struct security_name name = security_files_name(file);
		security_name_error(&files->directory, &name, "the day has too many parts", error);
		return NULL;
	}
	struct security_entry *made = security_files_add(files, &next, error);
	if (made)
		file->superseded = true;
	return made;
}

struct security_entry *security_files_replaced(struct security_files *files,
					       struct security_entry *file, const char *what,
					       struct error *error)
{
	struct security_name name = security_files_name(file);
	char text[128];
	if (file->written > file->committed) {
		snprintf(text, sizeof(text),
			 "%s while it was being written; nothing of this run counts", what);
		security_name_error(&files->directory, &name, text, error);
		return NULL;
	}
	snprintf(text, sizeof(text), "%s; it is left alone and a new file begun", what);
	security_files_warn(files, &name, text);
	return security_files_supersede(files, file, error);
}

void security_files_release(struct security_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		free(files->entries[i]);
	free(files->entries);
	security_directory_release(&files->directory);
}
