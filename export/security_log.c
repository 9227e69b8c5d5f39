/*
 * Descriptors and buffers are in slots, as many as may be open at once; a file is in at most one.
 * The file least recently appended to gives its slot up, and is synced then: an error of writing it
 * back that came between two descriptors could be lost.
 *
 * Before anything is written the file must have the bytes that were written to it; when it has
 * fewer, somebody else cut or replaced it. If only committed bytes are gone the log goes on in a
 * new part. If others are, going on would lose lines, so the run fails and the next one reads them
 * again.
 */
#include "export/security_log.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "export/security_files.h"
#include "export/security_keeping.h"

enum { SLOTS = 16, BUFFER_SIZE = 64 * 1024 };

struct security_slot {
	int fd;
	struct security_entry *file; /* NULL: free */
	uint64_t used;		     /* when, by the log's clock */
	char *buffer;
	size_t n;   /* bytes in it */
	bool dirty; /* written to since it was synced */
};

struct security_log {
	struct security_log_options options;
	struct security_files files;
	struct security_slot slots[SLOTS];
	uint64_t clock;
	char *path;
	bool failed;
	struct error why;
};

/* ---- slots ---- */

static void let_go(struct security_slot *slot)
{
	if (!slot->file)
		return;
	slot->file->slot = NULL;
	slot->file = NULL;
	if (slot->fd >= 0)
		close(slot->fd);
	slot->fd = -1;
	slot->n = 0;
	slot->dirty = false;
}

static void take(struct security_slot *slot, struct security_entry *file)
{
	slot->file = file;
	file->slot = slot;
}

/* 1 when the name or its archive is there; 0; or -1 with errno. */
static int is_taken(const struct security_log *log, struct security_name name)
{
	name.suffix = SECURITY_PLAIN;
	int there = security_name_exists(&log->files.directory, &name);
	if (there)
		return there;
	name.suffix = SECURITY_GZ;
	return security_name_exists(&log->files.directory, &name);
}

/* Root that works for a service leaves files which the service can go on with. */
static int give(const struct security_log *log, int fd)
{
	struct stat status;
	if (geteuid() != 0)
		return 0;
	return fstat(log->files.directory.fd, &status) || fchown(fd, status.st_uid, status.st_gid)
		   ? -1
		   : 0;
}

/* Under the first part that nobody has, from the file's own on. */
static int create(struct security_log *log, struct security_slot *slot, struct error *error)
{
	struct security_entry *file = slot->file;
	struct security_name name = security_files_name(file), wanted = name;
	int fd = -1, taken = 1;
	name.suffix = SECURITY_NEW;
	for (errno = EEXIST; taken > 0 && name.part<SECURITY_PARTS; name.part += taken> 0) {
		taken = is_taken(log, name);
		if (taken)
			continue;
		fd = security_name_open(&log->files.directory, &name, O_RDWR | O_CREAT | O_EXCL);
		taken = fd < 0 && errno == EEXIST;
	}
	struct stat status;
	if (fd < 0 || fstat(fd, &status) || give(log, fd)) {
		security_name_errno(&log->files.directory, &name, "cannot create", error);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (name.part != wanted.part)
		security_files_warn(&log->files, &wanted,
				    "is not from here; it is left alone and another file begun");
	file->is.part = name.part; /* it is the last of its day: the order stays */
	file->fresh = true;
	file->device = status.st_dev;
	file->inode = status.st_ino;
	slot->fd = fd;
	log->files.names_changed = true;
	return 0;
}

static int write_buffer(const struct security_log *log, struct security_slot *slot,
			struct error *error)
{
	struct security_entry *file = slot->file;
	size_t done = 0;
	while (done < slot->n) {
		ssize_t n = pwrite(slot->fd, slot->buffer + done, slot->n - done,
				   (off_t)(file->written + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return security_files_say(&log->files, file, "cannot write", error);
		done += (size_t)n;
	}
	file->written += slot->n;
	slot->n = 0;
	slot->dirty = true;
	return 0;
}

static int flush(struct security_log *log, struct security_slot *slot, struct error *error)
{
	struct security_entry *file = slot->file;
	struct stat status;
	if (!slot->n)
		return 0;
	if (slot->fd >= 0) {
		if (fstat(slot->fd, &status))
			return security_files_say(&log->files, file, "cannot write", error);
		bool gone = status.st_nlink == 0;
		if (gone || (uint64_t)status.st_size < file->written) {
			struct security_entry *next = security_files_replaced(
			    &log->files, file, gone ? "is gone" : "was made shorter from outside",
			    error);
			if (!next)
				return -1;
			close(slot->fd);
			slot->fd = -1;
			slot->dirty = false;
			file->slot = NULL;
			take(slot, next);
		} else if ((uint64_t)status.st_size > file->written &&
			   ftruncate(slot->fd, (off_t)file->written)) {
			return security_files_say(&log->files, file, "cannot write", error);
		}
	}
	if (slot->fd < 0 && create(log, slot, error))
		return -1;
	return write_buffer(log, slot, error);
}

/* Lines in a file that was moved away are not lost, only what comes next is not for it. */
static int check_name(struct security_log *log, struct security_slot *slot, struct error *error)
{
	struct security_entry *file = slot->file;
	struct security_name name = security_files_name(file);
	char text[SECURITY_NAME_SIZE];
	struct stat here, there;
	security_name_text(&log->files.directory, &name, text);
	int missing = fstatat(log->files.directory.fd, text, &there, AT_SYMLINK_NOFOLLOW);
	if ((missing && errno != ENOENT) || fstat(slot->fd, &here))
		return security_files_say(&log->files, file, "cannot sync", error);
	if (!missing && there.st_ino == here.st_ino && there.st_dev == here.st_dev)
		return 0;
	if (here.st_nlink == 0)
		return security_files_replaced(&log->files, file, "is gone", error) ? 0 : -1;
	security_files_warn(&log->files, &name,
			    "was moved away while it was being written; a new file is begun");
	let_go(slot);
	return security_files_supersede(&log->files, file, error) ? 0 : -1;
}

/* After this the slot's file is durable, or it has a successor. */
static int sync_slot(struct security_log *log, struct security_slot *slot, struct error *error)
{
	if (flush(log, slot, error))
		return -1;
	struct security_entry *file = slot->file;
	if (!slot->dirty)
		return 0;
	if (fdatasync(slot->fd))
		return security_files_say(&log->files, file, "cannot sync", error);
	slot->dirty = false;
	return check_name(log, slot, error);
}

/* A free slot, the one least recently used when there is none. NULL with a message. */
static struct security_slot *free_slot(struct security_log *log, struct error *error)
{
	struct security_slot *slot = log->slots;
	for (size_t i = 0; i < SLOTS && slot->file; i++)
		if (!log->slots[i].file || log->slots[i].used < slot->used)
			slot = &log->slots[i];
	if (slot->file && sync_slot(log, slot, error))
		return NULL;
	let_go(slot);
	if (!slot->buffer && !(slot->buffer = malloc(BUFFER_SIZE))) {
		error_set(error, "%s: out of memory", log->options.path);
		return NULL;
	}
	return slot;
}

/* Where lines of a day go. The file itself is made with its first bytes. NULL with a message. */
static struct security_slot *slot_for(struct security_log *log, int32_t day, struct error *error)
{
	const struct security_file first = {.day = day};
	struct security_entry *file = security_files_last(&log->files, day);
	if (!file)
		file = security_files_add(&log->files, &first, error);
	else if (file->is.closed)
		file = security_files_supersede(&log->files, file, error);
	if (!file || file->slot)
		return file ? file->slot : NULL;
	struct security_slot *slot = free_slot(log, error);
	if (!slot)
		return NULL;
	int fd = -1;
	if (file->written) {
		const char *what;
		int ours = security_files_open(&log->files, file, &fd, &what, error);
		if (ours < 0 ||
		    (!ours && !(file = security_files_replaced(&log->files, file, what, error))))
			return NULL;
	}
	slot->fd = fd;
	take(slot, file);
	return slot;
}

/* ---- appending ---- */

static int append(struct security_log *log, int32_t day, struct slice lines, struct error *error)
{
	if (!security_name_has(day))
		return error_set(error, "%s: day %d has no name", log->options.path, (int)day);
	struct security_slot *slot = slot_for(log, day, error);
	if (!slot)
		return -1;
	slot->used = ++log->clock;
	while (lines.n) {
		if (slot->n + lines.n > BUFFER_SIZE && flush(log, slot, error))
			return -1;
		size_t n = lines.n < BUFFER_SIZE ? lines.n : BUFFER_SIZE;
		memcpy(slot->buffer + slot->n, lines.p, n);
		slot->n += n;
		lines = slice_from_byte(lines, n);
	}
	return 0;
}

int security_log_append(struct security_log *log, int32_t day, struct slice lines,
			struct error *error)
{
	if (!lines.n)
		return 0;
	assert(lines.p[lines.n - 1] == '\n');
	if (!log->failed)
		log->failed = append(log, day, lines, &log->why) != 0;
	return log->failed ? error_set(error, "%s", log->why.text) : 0;
}

static int sync_all(struct security_log *log, struct error *error)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (log->slots[i].file && sync_slot(log, &log->slots[i], error))
			return -1;
	if (security_files_sync(&log->files, error))
		return -1;
	for (size_t i = 0; i < log->files.n; i++)
		log->files.entries[i]->is.length = log->files.entries[i]->written;
	return 0;
}

int security_log_sync(struct security_log *log, struct error *error)
{
	if (!log->failed)
		log->failed = sync_all(log, &log->why) != 0;
	return log->failed ? error_set(error, "%s", log->why.text) : 0;
}

bool security_log_at(const struct security_log *log, size_t i, struct security_file *ret)
{
	if (i >= log->files.n)
		return false;
	*ret = log->files.entries[i]->is;
	return true;
}

int security_log_committed(struct security_log *log, struct error *error)
{
	int result = 0;
	for (size_t i = 0; i < log->files.n; i++) {
		struct security_entry *file = log->files.entries[i];
		file->committed = file->is.length;
		if (file->committed && !file->superseded && !file->is.closed &&
		    security_files_settle(&log->files, file, error))
			result = -1;
	}
	return security_files_sync(&log->files, error) ? -1 : result;
}

/* ---- closing ---- */

int security_log_close_day(struct security_log *log, int32_t day, struct error *error)
{
	int result = 0;
	for (size_t i = security_files_from(&log->files, day, 0);
	     i < log->files.n && log->files.entries[i]->is.day == day; i++) {
		struct security_entry *file = log->files.entries[i];
		bool synced = file->written == file->is.length && !(file->slot && file->slot->n);
		if (!file->is.closed && !synced)
			return error_set(error, "%s: a day was closed before its lines were synced",
					 log->options.path);
		bool first = !file->is.closed;
		file->is.closed = true;
		if (file->slot)
			let_go(file->slot);
		if (first && !file->superseded && file->is.length &&
		    security_keeping_finish(&log->files, file, false, error))
			result = -1;
	}
	return result;
}

int security_log_expire(struct security_log *log, int32_t today, size_t *ret_n, struct error *error)
{
	*ret_n = 0;
	if (!log->options.retention_days)
		return 0;
	return security_keeping_expire(&log->files, today, ret_n, error);
}

/* ---- start and end ---- */

static int start(struct security_log *log, const struct security_file *files, size_t n,
		 struct error *error)
{
	if (security_directory_open(&log->files.directory, log->path, error))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!security_files_find(&log->files, files[i].day, files[i].part) &&
		    !security_files_add(&log->files, &files[i], error))
			return -1;
	return security_keeping_recover(&log->files, error);
}

struct security_log *security_log_open(const struct security_log_options *options,
				       const struct security_file *files, size_t n,
				       struct error *error)
{
	struct security_log *log = calloc(1, sizeof(*log));
	if (!log || !(log->path = strdup(options->path))) {
		error_set(error, "%s: out of memory", options->path);
		free(log);
		return NULL;
	}
	log->options = *options;
	log->options.path = log->path;
	log->files.options = &log->options;
	log->files.directory.fd = -1;
	for (size_t i = 0; i < SLOTS; i++)
		log->slots[i].fd = -1;
	if (start(log, files, n, error)) {
		security_log_free(log);
		return NULL;
	}
	return log;
}

void security_log_free(struct security_log *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < SLOTS; i++) {
		let_go(&log->slots[i]);
		free(log->slots[i].buffer);
	}
	security_files_release(&log->files);
	free(log->path);
	free(log);
}
