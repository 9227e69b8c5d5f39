#include "cli/check_config.h"
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <linux/magic.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "aggregate/tally/store.h"
#include "aggregate/veil/escrow_cms.h"
#include "aggregate/veil/geo.h"

enum { PATH_SIZE = 4096, KINDS_MAX = 16, SOON_DAYS = 30 };

struct checking {
	const struct options *options;
	const struct source_options *source;
	unsigned troubles;
};

struct found { /* what the files of a source are */
	struct {
		char name[64];
		unsigned n;
	} kinds[KINDS_MAX];
	unsigned kinds_n, files;
};

__attribute__((format(printf, 2, 3))) static void trouble(struct checking *checking,
							  const char *form, ...)
{
	va_list args;
	va_start(args, form);
	fputs("veiltally: ", stderr);
	vfprintf(stderr, form, args);
	fputc('\n', stderr);
	va_end(args);
	checking->troubles++;
}

__attribute__((format(printf, 3, 4))) static void say(const struct checking *checking,
						      const char *what, const char *form, ...)
{
	va_list args;
	if (checking->options->quiet)
		return;
	va_start(args, form);
	printf("%-14s ", what);
	vprintf(form, args);
	putchar('\n');
	va_end(args);
}

/* Into ret: the directory that holds `path`; false when it is too long. */
static bool parent_of(const char *path, char ret[PATH_SIZE])
{
	char copy[PATH_SIZE];
	if ((size_t)snprintf(copy, sizeof(copy), "%s", path) >= sizeof(copy))
		return false;
	snprintf(ret, PATH_SIZE, "%s", dirname(copy));
	return true;
}

/* Whether the directory is there and files can be made in it. */
static bool can_write(struct checking *checking, const char *what, const char *path)
{
	struct stat found;
	if (stat(path, &found)) {
		trouble(checking, "%s: %s: %s", what, path, strerror(errno));
		return false;
	}
	if (!S_ISDIR(found.st_mode)) {
		trouble(checking, "%s: %s: Not a directory", what, path);
		return false;
	}
	if (faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS)) {
		trouble(checking, "%s: %s: %s", what, path, strerror(errno));
		return false;
	}
	return true;
}

/* A directory that is there, or whose last part will be made; *ret_note says so. */
static bool can_have(struct checking *checking, const char *what, const char *path,
		     const char **ret_note)
{
	char parent[PATH_SIZE];
	struct stat found;
	*ret_note = "";
	if (stat(path, &found) == 0 || errno != ENOENT)
		return can_write(checking, what, path);
	*ret_note = ": will be made";
	if (parent_of(path, parent))
		return can_write(checking, what, parent);
	trouble(checking, "%s: the path is too long", what);
	return false;
}

static void check_directory(struct checking *checking, const char *what, const char *path,
			    const char *more)
{
	const char *note;
	if (can_have(checking, what, path, &note))
		say(checking, what, "%s%s%s", path, note, more);
}

/* A state that is there is examined wholly, under the lock that keeps writers away. */
static void check_state(struct checking *checking)
{
	const struct options *options = checking->options;
	struct store_options how = {
	    .directory = options->state,
	    .read_only = true,
	    .check = true,
	    .zone = options->tz,
	    .busy_ms = (unsigned)options->wait_seconds * 1000,
	};
	struct error error;
	struct stat found;
	if (stat(options->state, &found) == 0 && S_ISDIR(found.st_mode) &&
	    ((found.st_mode & 022) || found.st_uid != geteuid())) {
		trouble(checking, "state: %s: others can write to it", options->state);
		return;
	}
	if (!store_exists(options->state)) {
		check_directory(checking, "state", options->state, "");
		return;
	}
	struct store *store = store_open(&how, &error);
	if (store)
		check_directory(checking, "state", options->state, ": whole");
	else
		trouble(checking, "state: %s", error.text);
	store_free(store);
}

/* Keys that never were on a disk cannot be found there. */
static const char *where_keys_are(const char *path)
{
	char parent[PATH_SIZE];
	struct statfs system;
	bool found =
	    statfs(path, &system) == 0 || (parent_of(path, parent) && statfs(parent, &system) == 0);
	if (!found)
		return "";
	return system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC
		   ? " (in memory)"
		   : " (on a disk: wiping a closed day's key is best effort there)";
}

static void check_keys(struct checking *checking)
{
	const struct options *options = checking->options;
	struct stat found;
	char path[PATH_SIZE];
	snprintf(path, sizeof(path), "%s%s", options->keys ? options->keys : options->state,
		 options->keys ? "" : "/keys");
	if (stat(path, &found) == 0 && ((found.st_mode & 077) || found.st_uid != geteuid()))
		trouble(checking, "keys: %s: not ours alone; it has to be, with mode 0700", path);
	else if (options->keys || (stat(options->state, &found) == 0 && S_ISDIR(found.st_mode)))
		check_directory(checking, "keys", path, where_keys_are(path));
	else
		say(checking, "keys", "%s: will be made%s", path, where_keys_are(options->state));
}

static void check_escrow(struct checking *checking)
{
	const struct options *options = checking->options;
	struct error error;
	if (!options->escrow) {
		say(checking, "escrow", "none: pseudonyms of closed days cannot be opened");
		return;
	}
	X509 *certificate = escrow_cms_recipient(options->escrow, &error);
	if (!certificate) {
		trouble(checking, "escrow: %s", error.text);
		return;
	}
	int days = escrow_cms_days_left(certificate);
	say(checking, "escrow", "%s: valid for %d days%s", options->escrow, days,
	    days < SOON_DAYS ? "; get a new one soon" : "");
	X509_free(certificate);
}

static void check_geo(struct checking *checking)
{
	const struct option_list *files = &checking->options->geo;
	struct geo *geo = geo_new();
	struct error error;
	for (size_t i = 0; geo && i < files->n; i++) {
		if (geo_add(geo, files->all[i], &error))
			trouble(checking, "geo: %s", error.text);
		else
			say(checking, "geo", "%s", files->all[i]);
	}
	if (!geo)
		trouble(checking, "out of memory");
	geo_free(geo);
}

static void check_security_log(struct checking *checking)
{
	const struct options *options = checking->options;
	const char *note;
	char parent[PATH_SIZE];
	if (!options->security_log)
		say(checking, "security log", "none");
	else if (!parent_of(options->security_log, parent))
		trouble(checking, "security log: the path is too long");
	else if (can_have(checking, "security log", parent, &note))
		say(checking, "security log", "%s-YYYY-MM-DD, %s, %s", options->security_log,
		    options->security_format, options->address_mode);
}

static void count_kind(struct found *found, const char *name)
{
	unsigned i = 0;
	while (i < found->kinds_n && strcmp(found->kinds[i].name, name) != 0)
		i++;
	if (i == found->kinds_n && i == KINDS_MAX)
		return;
	if (i == found->kinds_n) {
		snprintf(found->kinds[i].name, sizeof(found->kinds[i].name), "%s", name);
		found->kinds[i].n = 0;
		found->kinds_n++;
	}
	found->kinds[i].n++;
}

static void check_file(struct checking *checking, const struct option_section *section,
		       const char *path, struct found *found)
{
	struct source_options options = *checking->source;
	struct error error;
	options.log_format = section->log_format;
	found->files++;
	struct source *source = source_new(path, &options, &error);
	if (!source) {
		trouble(checking, "source %s: %s", section->name, error.text);
		return;
	}
	count_kind(found, source_format(source) ? source_format(source) : "empty");
	source_free(source);
}

static void check_pattern(struct checking *checking, const struct option_section *section,
			  const char *pattern, struct found *found)
{
	glob_t matches;
	int failed = glob(pattern, 0, NULL, &matches);
	for (size_t i = 0; !failed && i < matches.gl_pathc; i++)
		check_file(checking, section, matches.gl_pathv[i], found);
	if (failed == GLOB_NOMATCH)
		trouble(checking, "source %s: there is no %s", section->name, pattern);
	else if (failed)
		trouble(checking, "source %s: %s: %s", section->name, pattern,
			failed == GLOB_NOSPACE ? "out of memory" : strerror(errno));
	if (!failed)
		globfree(&matches);
}

static void check_source(struct checking *checking, const struct option_section *section)
{
	struct found found = {.kinds_n = 0};
	char what[80], kinds[KINDS_MAX * 80] = "";
	size_t n = 0;
	for (size_t i = 0; i < section->files.n; i++)
		check_pattern(checking, section, section->files.all[i], &found);
	for (unsigned i = 0; i < found.kinds_n; i++)
		n += (size_t)snprintf(kinds + n, sizeof(kinds) - n, "%s %u %s", i ? "," : ":",
				      found.kinds[i].n, found.kinds[i].name);
	snprintf(what, sizeof(what), "source %s", section->name);
	say(checking, what, "%u file%s%s", found.files, found.files == 1 ? "" : "s", kinds);
}

int check_config(const struct options *options, const struct source_options *source)
{
	struct checking checking = {.options = options, .source = source};
	say(&checking, "configuration", "%s", options->config);
	check_state(&checking);
	check_keys(&checking);
	check_escrow(&checking);
	check_geo(&checking);
	check_security_log(&checking);
	for (size_t i = 0; i < options->sections_n; i++)
		check_source(&checking, &options->sections[i]);
	if (!options->sections_n)
		say(&checking, "sources",
		    "none: there is no [source NAME]; `veiltally run` needs files");
	return checking.troubles ? EXIT_FAILED : EXIT_DONE;
}
