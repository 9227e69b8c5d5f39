/*
 * catalog_look.c: what is to be read of each file: nothing where the hint holds, the rest where a
 * mark is found, all of what is new; and of files beside a configured one only what follows on what
 * was read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ingest/catalog_file.h"
#include "ingest/tape.h"

/* Nanoseconds without a write after which nobody is writing or copying the file any more. */
#define IDLE_NS ((int64_t)60 * 1000000000)

/* The first line of a file may be older than the last of the file before it, since some servers
 * stamp a request when it begins: by so many seconds. */
enum { SLACK = 600, GZIP_HEADER = 10 };

bool look_is_idle(const struct finder *finder, const struct file *file)
{
	int64_t idle = finder->options->idle_ns ? finder->options->idle_ns : IDLE_NS;
	return file->stat_ns - mark_mtime(&file->stat) >= idle;
}

static const struct source_options *options_of(const struct finder *finder, const struct file *file)
{
	return &finder->options->sources[file->section].options;
}

void look_give_up(struct finder *finder, struct file *file, const struct error *error)
{
	file->state = FILE_FAILED;
	finder->catalog->failed++;
	find_complain(finder, error->text);
}

/* ---- by name ---- */

bool look_has_successor(const struct finder *finder, const struct file *file)
{
	if (file->base == FILE_NONE || finder->all[file->base].state == FILE_MISSING)
		return false;
	return file->sibling || name_is_rotation(file->path + strlen(finder->all[file->base].path));
}

uint32_t look_plain_form(const struct finder *finder, const struct file *file)
{
	size_t n = strlen(file->path);
	if (n < 3 || strcmp(file->path + n - 3, ".gz") != 0)
		return FILE_NONE;
	return table_find(&finder->paths, file->path, n - 3);
}

struct source *look_open(const struct finder *finder, const struct file *file, struct error *error)
{
	struct source_start start = {
	    .mark = file->mark == FILE_NONE ? NULL : &finder->options->marks[file->mark],
	    .hmac = finder->hmac,
	    .growing = !file->is_gzip && !look_has_successor(finder, file),
	};
	return source_new_at(file->path, options_of(finder, file), &start, error);
}

/* ---- families ---- */

static int make_families(struct finder *finder)
{
	if (finder->families)
		return 0;
	finder->families = malloc((finder->n + 1) * sizeof(*finder->families));
	if (!finder->families)
		return -1;
	for (size_t i = 0; i < finder->n; i++)
		finder->families[i] = (struct family){false, INT64_MIN, INT64_MIN};
	for (size_t i = 0; i < finder->options->marks_n; i++) {
		const struct mark *mark = &finder->options->marks[i];
		const char *slash = strrchr(mark->path, '/');
		size_t name = slash ? (size_t)(slash + 1 - mark->path) : 0;
		uint32_t base = find_base(finder, mark->path, name, true);
		if (base == FILE_NONE || (mark->offset == 0 && mark->complete && mark->size))
			continue;
		struct family *family = &finder->families[name_root(finder, base)];
		family->any = true;
		if (mark->last_time > family->time)
			family->time = mark->last_time;
		if (mark->mtime_ns > family->mtime_ns)
			family->mtime_ns = mark->mtime_ns;
	}
	return 0;
}

/* ---- one file ---- */

static int make_fresh(struct finder *finder, struct file *file)
{
	file->fresh = calloc(1, sizeof(*file->fresh));
	if (!file->fresh)
		return -1;
	file->fresh->last_time = INT64_MIN;
	file->fresh->last_day = INT32_MIN;
	mark_set_hint(file->fresh, &file->stat, file->stat_ns);
	file->fresh->complete = true;
	file->state = FILE_KNOWN;
	(void)finder;
	return 0;
}

static int keep_head(struct file *file, const struct tape *tape)
{
	file->head_n = tape->head_n < MARK_HEAD ? tape->head_n : MARK_HEAD;
	file->head = malloc(file->head_n + 1);
	if (!file->head)
		return -1;
	memcpy(file->head, tape->head, file->head_n);
	file->state = FILE_READ;
	return 0;
}

/*
 * Beside a configured file, and no mark knows it: it was rotated twice since the last run when it
 * is younger than what was read, by the time it was written and by its first line; else it is older
 * than the first run, or none of ours. A mark that says so saves looking again.
 */
static int judge_sibling(struct finder *finder, struct file *file)
{
	const struct family *family = &finder->families[name_root(finder, file->base)];
	struct error error;
	if (!family->any)
		return file->state = FILE_LEFT, 0;
	if (mark_mtime(&file->stat) >= family->mtime_ns) {
		errno = 0;
		file->source = look_open(finder, file, &error);
		if (!file->source && errno && errno != ENOENT)
			return look_give_up(finder, file, &error), 0;
		int64_t first = file->source ? source_first_time(file->source) : INT64_MAX;
		if (first != INT64_MAX &&
		    (family->time == INT64_MIN || first >= family->time - SLACK))
			return 0; /* to be read */
		source_free(file->source);
		file->source = NULL;
	}
	return make_fresh(finder, file);
}

static bool is_part_of_number(struct finder *finder, struct file *file, uint32_t number)
{
	return number != FILE_NONE && finder->all[number].state != FILE_MISSING &&
	       is_part_of(finder, file, &finder->all[number]);
}

/* All of it is what another begins with: the file whose name its own begins with, or the one it is
 * a compressed form of. */
static bool is_being_copied(struct finder *finder, struct file *file)
{
	return is_part_of_number(finder, file, look_plain_form(finder, file)) ||
	       is_part_of_number(finder, file, file->base);
}

static int look_at_new(struct finder *finder, struct file *file, const struct tape *tape)
{
	file->is_damaged = tape->stream.damaged;
	if ((file->is_damaged && tape->head_n == 0) ||
	    (file->stat.st_size < GZIP_HEADER && look_plain_form(finder, file) != FILE_NONE))
		return file->state = FILE_LEFT, 0; /* a compressor has just begun */
	if (keep_head(file, tape))
		return -1;
	if (is_being_copied(finder, file)) {
		finder->catalog->repeated++;
		return file->state = FILE_LEFT, 0;
	}
	return file->sibling ? judge_sibling(finder, file) : 0;
}

/*
 * What agrees with a mark and ends before it may be a copy made before we read on, or have been
 * written anew with the same beginning: then its last line is younger than all that was read. Where
 * it is of the same second a rotated name speaks for the copy. -1 with a message.
 */
static int is_older(struct finder *finder, const struct file *file, const struct mark *whole,
		    struct error *error)
{
	struct file anew = *file;
	anew.mark = FILE_NONE;
	errno = 0;
	struct source *source = look_open(finder, &anew, error);
	if (!source && errno && errno != ENOENT)
		return -1;
	int64_t newest = source ? source_newest_time(source) : INT64_MIN;
	source_free(source);
	return whole->last_time == INT64_MIN || newest < whole->last_time ||
	       (newest == whole->last_time && file->base != FILE_NONE);
}

static int look_at_part(struct finder *finder, struct file *file, struct tape *tape,
			struct error *error)
{
	finder->catalog->repeated++;
	file->state = FILE_LEFT;
	if (tape->stream.damaged || !look_is_idle(finder, file))
		return 0; /* there may come more of what is counted already */
	if (make_fresh(finder, file))
		return error_set(error, "out of memory");
	return tape_mark(tape, file->fresh, error);
}

static int look_at_known(struct finder *finder, struct file *file, struct tape *tape,
			 struct error *error)
{
	const struct mark *mark = &finder->options->marks[file->mark];
	int more = tape_goes_on(tape, mark->offset, error);
	if (more < 0)
		return -1;
	if (more && file->is_gzip && mark->complete && mark->size == (uint64_t)file->stat.st_size &&
	    mark->mtime_ns == mark_mtime(&file->stat))
		more = 0; /* what is left is half a line before damage */
	file->state = more ? FILE_READ : FILE_KNOWN;
	if (more && is_being_copied(finder, file)) {
		finder->catalog->repeated++;
		file->state = FILE_LEFT;
	}
	return 0;
}

/* On an open tape. -1: cannot be read, or (errno ENOMEM) memory is out. */
static int look_inside(struct finder *finder, struct file *file, struct tape *tape,
		       struct error *error)
{
	struct found found;
	file->stat = tape->stream.file;
	file->is_gzip = stream_is_gzip(&tape->stream);
	if (marks_match(finder, file, tape, &found, error))
		return -1;
	file->looked = true;
	if (found.match == MATCH_PART) {
		int older = is_older(finder, file, &finder->options->marks[found.whole], error);
		if (older)
			return older < 0 ? -1 : look_at_part(finder, file, tape, error);
	}
	file->mark = found.mark;
	if (found.match == MATCH_MARK || (found.match == MATCH_PART && found.mark != FILE_NONE))
		return look_at_known(finder, file, tape, error);
	bool sibling = file->sibling;
	file->sibling &= found.match != MATCH_EMPTY; /* it was ours when it was empty */
	int failed = look_at_new(finder, file, tape);
	file->sibling = sibling;
	errno = failed ? ENOMEM : 0;
	return failed ? error_set(error, "out of memory") : 0;
}

/* Whether a file beside a configured one looks as if it had what was not read yet. */
static bool follows(const struct finder *finder, const struct file *file)
{
	const struct family *family = &finder->families[name_root(finder, file->base)];
	return name_is_rotation(file->path + strlen(finder->all[file->base].path)) &&
	       mark_mtime(&file->stat) >= family->mtime_ns;
}

static int look(struct finder *finder, struct file *file)
{
	struct tape tape;
	struct error error;
	if (file->stat.st_size == 0 && file->sibling)
		return file->state = FILE_LEFT, 0;
	if (file->stat.st_size == 0)
		return make_fresh(finder, file);
	int64_t now = mark_now();
	if (tape_open(&tape, file->path, options_of(finder, file)->zlib, finder->hmac, &error)) {
		bool gone = errno == ENOENT;
		file->state = gone && file->named ? FILE_MISSING : FILE_LEFT;
		bool may_pass = errno != 0;
		bool ours = !file->sibling || marks_knows(finder->marks, file) ||
			    (may_pass && follows(finder, file));
		if (!gone && ours)
			look_give_up(finder, file, &error);
		return 0;
	}
	file->stat_ns = now;
	errno = 0;
	int failed = look_inside(finder, file, &tape, &error);
	bool no_memory = failed && errno == ENOMEM;
	tape_close(&tape);
	if (failed && !no_memory)
		look_give_up(finder, file, &error);
	return no_memory ? -1 : 0;
}

/* ---- all of them ---- */

/* A last line without newline that was left, and may be whole by now. */
static bool wants_its_end(const struct finder *finder, const struct file *file,
			  const struct mark *mark)
{
	return !mark->complete && (look_has_successor(finder, file) || look_is_idle(finder, file));
}

static bool is_unchanged(struct finder *finder, struct file *file)
{
	uint32_t mark = marks_unchanged(finder->marks, file);
	if (mark == FILE_NONE || wants_its_end(finder, file, &finder->options->marks[mark]))
		return false;
	file->mark = mark;
	file->state = FILE_KNOWN;
	finder->catalog->unchanged++;
	return true;
}

/* Whose row the mark is: of a file that has not changed, then of one with its inode, then of any.
 */
static void own_marks(struct finder *finder)
{
	for (size_t i = 0; i < finder->options->marks_n; i++)
		finder->owner[i] = FILE_NONE;
	for (int round = 0; round < 3; round++)
		for (uint32_t i = 0; i < finder->n; i++) {
			struct file *file = &finder->all[i];
			if (file->mark == FILE_NONE || finder->owner[file->mark] != FILE_NONE)
				continue;
			if ((round == 0 && file->looked) ||
			    (round == 1 &&
			     finder->options->marks[file->mark].ino != file->stat.st_ino))
				continue;
			if (file->state != FILE_KNOWN && file->state != FILE_READ &&
			    file->state != FILE_FAILED)
				continue;
			finder->owner[file->mark] = i;
			file->owns_mark = true;
		}
}

/* Those whose inode is known first, so that the others can be told from them. */
static int look_at_unknown(struct finder *finder, bool known)
{
	for (size_t i = 0; i < finder->n; i++) {
		struct file *file = &finder->all[i];
		if (file->state != FILE_UNKNOWN || marks_knows(finder->marks, file) != known)
			continue;
		if (file->sibling && !known && !finder->families[name_root(finder, file->base)].any)
			file->state = FILE_LEFT;
		else if (look(finder, file))
			return -1;
	}
	return 0;
}

/* What may be a copy of what is read in this run waits for the next. */
static void give_up_unread(struct finder *finder)
{
	for (size_t i = 0; i < finder->n; i++) {
		struct file *file = &finder->all[i];
		struct error error;
		if (!file->unread || file->state != FILE_READ)
			continue;
		errno = file->unread;
		error_errno(&error, "%s: cannot read", file->path);
		look_give_up(finder, file, &error);
	}
}

int look_at_files(struct finder *finder)
{
	bool unknown = false, sibling = false;
	for (size_t i = 0; i < finder->n; i++) {
		struct file *file = &finder->all[i];
		if (file->state != FILE_UNKNOWN || is_unchanged(finder, file))
			continue;
		unknown = true;
		sibling |= file->sibling;
	}
	if ((unknown && name_groups(finder)) || (sibling && make_families(finder)))
		return -1;
	if (look_at_unknown(finder, true) || look_at_unknown(finder, false) || drop_copies(finder))
		return -1;
	give_up_unread(finder);
	own_marks(finder);
	return 0;
}
