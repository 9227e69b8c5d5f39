#include "export/audit.h"
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct audit {
	const struct audit_listener *listener;
	struct audit_allow *allow;
	struct audit_scan *scan;
	struct audit_totals totals;
	struct audit_source source; /* of the file that is being read */
	const char *path;
	bool hit; /* something in this file counts */
};

static void take(void *context, const struct audit_finding *finding)
{
	struct audit *audit = context;
	struct audit_hit hit = {audit->path, *finding, audit->source.inflated, false};
	hit.finding.offset = audit_file_offset(&audit->source, finding->offset);
	bool counts = audit_class_counts(finding->class);
	hit.accepted =
	    counts && audit->allow && audit_allow_holds(audit->allow, audit->path, finding);
	if (hit.accepted)
		audit->totals.accepted++;
	else
		audit->totals.found[finding->kind][finding->class]++;
	audit->hit |= counts && !hit.accepted;
	audit->listener->hit(audit->listener->context, &hit);
}

struct audit *audit_new(const struct audit_listener *listener, struct audit_allow *allow,
			struct error *error)
{
	struct audit *audit = calloc(1, sizeof(*audit));
	if (audit) {
		audit->listener = listener;
		audit->allow = allow;
		audit->scan = audit_scan_new(take, audit);
	}
	if (!audit || !audit->scan) {
		free(audit);
		error_set(error, "out of memory");
		return NULL;
	}
	return audit;
}

void audit_free(struct audit *audit)
{
	if (!audit)
		return;
	audit_scan_free(audit->scan);
	free(audit);
}

static void tell_unreadable(struct audit *audit, const struct error *error)
{
	audit->totals.unreadable++;
	audit->listener->unreadable(audit->listener->context, error->text);
}

static void read_descriptor(struct audit *audit, int fd, const char *path)
{
	struct error error;
	audit->path = path;
	audit->hit = false;
	if (audit_file(audit->scan, fd, path, &audit->source, &error))
		tell_unreadable(audit, &error);
	else
		audit->totals.files++;
	audit->totals.bytes += audit->source.bytes;
	audit->totals.files_hit += audit->hit;
	if (audit->source.packed) {
		audit->totals.packed++;
		audit->listener->packed(audit->listener->context, path, audit->source.packed);
	}
}

/* Reading what our own output grows by would have no end. */
static bool is_output(const struct stat *file)
{
	struct stat output;
	return fstat(STDOUT_FILENO, &output) == 0 && output.st_dev == file->st_dev &&
	       output.st_ino == file->st_ino;
}

/* O_NONBLOCK: what became a FIFO after it was listed must not hold us up. */
static void read_file(struct audit *audit, const char *path, bool follow)
{
	struct error error;
	struct stat stat;
	int fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
	if (fd < 0 || fstat(fd, &stat)) {
		error_errno(&error, "%s", path);
		tell_unreadable(audit, &error);
	} else if (!S_ISREG(stat.st_mode)) {
		error_set(&error, "%s: not a regular file", path);
		tell_unreadable(audit, &error);
	} else if (is_output(&stat)) {
		error_set(&error, "%s: is where the output goes", path);
		tell_unreadable(audit, &error);
	} else {
		read_descriptor(audit, fd, path);
	}
	if (fd >= 0)
		close(fd);
}

static void read_entry(struct audit *audit, const FTSENT *entry)
{
	struct error error;
	bool named = entry->fts_level == FTS_ROOTLEVEL;
	switch (entry->fts_info) {
	case FTS_F:
		read_file(audit, entry->fts_path, named);
		break;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		errno = entry->fts_errno;
		error_errno(&error, "%s", entry->fts_path);
		tell_unreadable(audit, &error);
		break;
	case FTS_SLNONE:
	case FTS_DEFAULT:
		if (!named)
			break;
		error_set(&error, "%s: not a file or directory", entry->fts_path);
		tell_unreadable(audit, &error);
		break;
	default: /* directories come and go; links inside are not followed */
		break;
	}
}

/* So that two runs print the same. */
static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

void audit_path(struct audit *audit, const char *path)
{
	struct error error;
	if (strcmp(path, "-") == 0) {
		read_descriptor(audit, STDIN_FILENO, "(standard input)");
		return;
	}
	char *copy = strdup(path);
	char *const paths[] = {copy, NULL};
	FTS *walk =
	    copy ? fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name) : NULL;
	errno = walk ? 0 : errno;
	for (FTSENT *entry; walk && (entry = fts_read(walk)); errno = 0)
		read_entry(audit, entry);
	if (errno) {
		error_errno(&error, "%s", path);
		tell_unreadable(audit, &error);
	}
	if (walk)
		fts_close(walk);
	free(copy);
}

const struct audit_totals *audit_totals(const struct audit *audit)
{
	return &audit->totals;
}

uint64_t audit_totals_kind(const struct audit_totals *totals, enum audit_kind kind)
{
	uint64_t sum = 0;
	for (int i = 0; i < AUDIT_CLASS__COUNT; i++)
		if (audit_class_counts((enum audit_class)i))
			sum += totals->found[kind][i];
	return sum;
}

uint64_t audit_totals_class(const struct audit_totals *totals, enum audit_class class)
{
	uint64_t sum = 0;
	for (int i = 0; i < AUDIT_KIND__COUNT; i++)
		sum += totals->found[i][class];
	return sum;
}
