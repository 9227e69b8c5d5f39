#include "aggregate/store/ledger.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "aggregate/store/ledger_row.h"

enum { CLOCK_SLACK = 86400, LOCK_TRIES = 500, LOCK_PAUSE_NS = 20 * 1000 * 1000 };

struct position { /* between two rows */
	off_t at;
	uint64_t rows; /* before it */
	int64_t time;  /* of the last of them */
	char hash[LEDGER_HASH_TEXT];
};

struct ledger {
	char *path;
	int fd; /* -1: there is no file, and none is to be made */
	bool writable;
	struct position end; /* behind the last row that was verified */
};

struct scratch {
	struct ledger_record record;
	char bytes[LEDGER_ROW_MAX];
};

static void rewind_to_start(struct position *position)
{
	*position = (struct position){0};
	memset(position->hash, '0', LEDGER_HASH_TEXT - 1);
}

/* ---- reading ---- */

/* As many bytes from `at` as there are, up to the size. -1 with errno. */
static ssize_t read_at(int fd, off_t at, char *out, size_t size)
{
	size_t n = 0;
	while (n < size) {
		ssize_t got = pread(fd, out + n, size - n, at + (off_t)n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

/* NULL, or what is wrong with a whole line behind `before`. */
static const char *fault_of(struct slice line, const struct position *before,
			    struct ledger_record *record)
{
	switch (ledger_row_read(line, record)) {
	case LEDGER_READ_GOOD:
		break;
	case LEDGER_READ_FORGED:
		return "its hash does not match its text";
	case LEDGER_READ_CUT:
	case LEDGER_READ_BAD:
		return "it is not in the form of a row";
	}
	if (record->row.sequence != before->rows + 1)
		return "its sequence number does not follow";
	if (strcmp(record->prev, before->hash) != 0)
		return "it does not continue the chain of hashes";
	if (record->row.time < before->time - CLOCK_SLACK)
		return "its time is more than a day before the row before it";
	return NULL;
}

static int damaged(const struct ledger *ledger, const struct position *before, const char *fault,
		   struct error *error)
{
	return error_set(error, "%s: row %llu is damaged: %s", ledger->path,
			 (unsigned long long)before->rows + 1, fault);
}

static void step(struct position *position, const struct ledger_row *row, size_t n)
{
	position->at += (off_t)n;
	position->rows = row->sequence;
	position->time = row->time;
	memcpy(position->hash, row->hash, LEDGER_HASH_TEXT);
}

/*
 * The row at a position: 1 and the position behind it; 0 when no whole line is left (*ret_tail
 * bytes without a newline); -1 with a message.
 */
static int next_row(const struct ledger *ledger, struct position *position, struct scratch *scratch,
		    size_t *ret_tail, struct error *error)
{
	ssize_t got = read_at(ledger->fd, position->at, scratch->bytes, sizeof(scratch->bytes));
	if (got < 0)
		return error_errno(error, "%s", ledger->path);
	struct slice line = slice_make(scratch->bytes, (size_t)got);
	size_t n = slice_find(line, '\n');
	*ret_tail = line.n;
	if (n == line.n)
		return 0;
	line.n = n;
	const char *fault = fault_of(line, position, &scratch->record);
	if (fault)
		return damaged(ledger, position, fault, error);
	step(position, &scratch->record.row, n + 1);
	return 1;
}

/* ---- the end of the file ---- */

static int write_at(int fd, off_t at, const char *bytes, size_t n)
{
	while (n) {
		ssize_t put = pwrite(fd, bytes, n, at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return -1;
		bytes += put;
		at += put;
		n -= (size_t)put;
	}
	return 0;
}

/*
 * Bytes behind the last newline. The beginning of a row, perhaps with zeros where the disk got no
 * further, is what a crash leaves: it goes. A whole row that lacks its newline alone gets it.
 * Everything else is damage; so is a row whose newline became another byte.
 */
static int settle_tail(struct ledger *ledger, struct scratch *scratch, size_t tail,
		       struct error *error)
{
	struct slice line = slice_make(scratch->bytes, tail);
	if (tail == LEDGER_ROW_MAX)
		return damaged(ledger, &ledger->end, "it is not in the form of a row", error);
	const char *fault = fault_of(line, &ledger->end, &scratch->record);
	if (!fault && ledger->writable) {
		if (write_at(ledger->fd, ledger->end.at + (off_t)tail, "\n", 1))
			return error_errno(error, "%s", ledger->path);
		step(&ledger->end, &scratch->record.row, tail + 1);
	} else if (fault) {
		while (line.n && line.p[line.n - 1] == '\0')
			line.n--;
		if (ledger_row_read(line, &scratch->record) != LEDGER_READ_CUT)
			return damaged(ledger, &ledger->end, fault, error);
		if (ledger->writable && ftruncate(ledger->fd, ledger->end.at))
			return error_errno(error, "%s", ledger->path);
	}
	return ledger->writable && fsync(ledger->fd) ? error_errno(error, "%s", ledger->path) : 0;
}

/* Verifies what lies behind the last verified row. The lock is held. */
static int catch_up(struct ledger *ledger, struct error *error)
{
	struct stat found;
	size_t tail = 0;
	int got;
	if (fstat(ledger->fd, &found))
		return error_errno(error, "%s", ledger->path);
	if (!S_ISREG(found.st_mode))
		return error_set(error, "%s: is not a file", ledger->path);
	if (found.st_nlink == 0 || found.st_size < ledger->end.at)
		return error_set(error, "%s: was removed or cut while it was open", ledger->path);
	struct scratch *scratch = malloc(sizeof(*scratch));
	if (!scratch)
		return error_errno(error, "%s", ledger->path);
	while ((got = next_row(ledger, &ledger->end, scratch, &tail, error)) > 0)
		;
	if (!got && tail)
		got = settle_tail(ledger, scratch, tail, error);
	free(scratch);
	return got;
}

/* ---- opening ---- */

/* Others hold it for as long as a row takes to reach the disk. */
static int lock(const struct ledger *ledger, struct error *error)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(ledger->fd, (ledger->writable ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_errno(error, "%s", ledger->path);
		nanosleep(&pause, NULL);
	}
	return error_set(error, "%s: another process does not let go of it", ledger->path);
}

/* A new file is durable once its directory is synced. */
static int sync_directory(const char *path, struct error *error)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int failed = fd < 0 || fsync(fd);
	if (failed)
		error_errno(error, "%s", path);
	if (fd >= 0)
		close(fd);
	free(directory);
	return failed ? -1 : 0;
}

static int open_file(struct ledger *ledger, struct error *error)
{
	const int common = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	if (!ledger->writable) {
		ledger->fd = open(ledger->path, O_RDONLY | common);
		return ledger->fd >= 0 || errno == ENOENT ? 0
							  : error_errno(error, "%s", ledger->path);
	}
	ledger->fd = open(ledger->path, O_RDWR | O_CREAT | common, 0600);
	if (ledger->fd < 0)
		return error_errno(error, "%s", ledger->path);
	struct stat found;
	if (fstat(ledger->fd, &found))
		return error_errno(error, "%s", ledger->path);
	return found.st_size ? 0 : sync_directory(ledger->path, error);
}

static struct ledger *open_as(const char *path, bool writable, struct error *error)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	if (!ledger) {
		error_errno(error, "%s", path);
		return NULL;
	}
	ledger->fd = -1;
	ledger->writable = writable;
	rewind_to_start(&ledger->end);
	ledger->path = strdup(path);
	int failed = ledger->path ? open_file(ledger, error) : error_errno(error, "%s", path);
	if (!failed && ledger->fd >= 0) {
		failed = lock(ledger, error) || catch_up(ledger, error);
		flock(ledger->fd, LOCK_UN);
	}
	if (failed) {
		ledger_free(ledger);
		return NULL;
	}
	return ledger;
}

struct ledger *ledger_open(const char *path, struct error *error)
{
	return open_as(path, true, error);
}

struct ledger *ledger_open_read(const char *path, struct error *error)
{
	return open_as(path, false, error);
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	if (ledger->fd >= 0)
		close(ledger->fd);
	free(ledger->path);
	free(ledger);
}

const char *ledger_head(const struct ledger *ledger)
{
	return ledger->end.hash;
}

uint64_t ledger_count(const struct ledger *ledger)
{
	return ledger->end.rows;
}

/* ---- appending ---- */

static int append(struct ledger *ledger, struct ledger_row *row, struct error *error)
{
	if (catch_up(ledger, error))
		return -1;
	if (row->time < ledger->end.time - CLOCK_SLACK)
		return error_set(error, "%s: the clock is more than a day behind the last row",
				 ledger->path);
	row->sequence = ledger->end.rows + 1;
	char *bytes = malloc(LEDGER_ROW_MAX);
	size_t n = bytes ? ledger_row_write(row, ledger->end.hash, bytes) : 0;
	int failed = 0;
	if (!n) {
		failed = error_set(error, "%s: no memory for a row", ledger->path);
	} else if (write_at(ledger->fd, ledger->end.at, bytes, n) || fsync(ledger->fd)) {
		failed = error_errno(error, "%s", ledger->path);
		/* What is left if this fails too is a torn row, or one without consequence. */
		if (ftruncate(ledger->fd, ledger->end.at) == 0)
			fsync(ledger->fd);
	} else {
		step(&ledger->end, row, n);
	}
	free(bytes);
	return failed;
}

int ledger_append(struct ledger *ledger, int64_t time, enum ledger_kind kind, const char *subject,
		  const char *reason, const char *detail, struct error *error)
{
	struct ledger_row row = {
	    .time = time, .kind = kind, .subject = subject, .reason = reason, .detail = detail};
	if (!ledger->writable)
		return error_set(error, "%s: is open for reading only", ledger->path);
	if (!ledger_row_allows(subject) || !ledger_row_allows(reason) || !ledger_row_allows(detail))
		return error_set(error,
				 "%s: a text for the ledger is longer than %d bytes, or not UTF-8 "
				 "without control characters",
				 ledger->path, LEDGER_TEXT_MAX);
	if (time < 0)
		return error_set(error, "%s: the clock is before 1970", ledger->path);
	if (lock(ledger, error))
		return -1;
	int failed = append(ledger, &row, error);
	flock(ledger->fd, LOCK_UN);
	return failed;
}

/* ---- rows ---- */

int ledger_each(const struct ledger *ledger,
		int (*each)(void *context, const struct ledger_row *row), void *context,
		struct error *error)
{
	struct position position;
	size_t tail;
	int result = 0;
	rewind_to_start(&position);
	struct scratch *scratch = malloc(sizeof(*scratch));
	if (!scratch)
		return error_errno(error, "%s", ledger->path);
	while (!result && position.rows < ledger->end.rows) {
		result = next_row(ledger, &position, scratch, &tail, error);
		if (result == 0)
			result = error_set(error, "%s: was cut while it was open", ledger->path);
		else if (result > 0)
			result = each(context, &scratch->record.row);
	}
	free(scratch);
	return result;
}

static int compare(void *context, const struct ledger_row *row)
{
	const char *hash = context;
	return strcmp(row->hash, hash) == 0;
}

bool ledger_knows(const struct ledger *ledger, const char *hash)
{
	struct position start;
	char wanted[LEDGER_HASH_TEXT];
	rewind_to_start(&start);
	if (strlen(hash) != LEDGER_HASH_TEXT - 1)
		return false;
	memcpy(wanted, hash, sizeof(wanted));
	return strcmp(hash, start.hash) == 0 || ledger_each(ledger, compare, wanted, NULL) > 0;
}
