#include "aggregate/veil/keyring.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "aggregate/veil/escrow_text.h"

/*
 * The calls that change something on disk, in place of libc's for this whole program, so that each
 * in turn can fail or be the last one of its process.
 */
static int calls_left = -1; /* -1: all go through */
static bool kill_there;	    /* else the call fails with ENOSPC */

static bool is_last(void)
{
	if (calls_left < 0 || calls_left-- > 0)
		return false;
	calls_left = -1;
	if (kill_there)
		_exit(99);
	errno = ENOSPC;
	return true;
}

int fsync(int fd)
{
	return is_last() ? -1 : (int)syscall(SYS_fsync, fd);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	return is_last() ? -1 : syscall(SYS_pwrite64, fd, bytes, n, at);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return is_last() ? -1 : (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, 0);
}

static bool old_file_system;

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	if (old_file_system) {
		errno = EINVAL;
		return -1;
	}
	return is_last() ? -1 : (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	return is_last() ? -1 : (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
}

int unlinkat(int fd, const char *name, int flags)
{
	return is_last() ? -1 : (int)syscall(SYS_unlinkat, fd, name, flags);
}

ssize_t getrandom(void *bytes, size_t n, unsigned flags)
{
	return is_last() ? -1 : syscall(SYS_getrandom, bytes, n, flags);
}

int openat(int fd, const char *name, int flags, ...)
{
	va_list more;
	va_start(more, flags);
	mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
	va_end(more);
	return (flags & O_CREAT) && is_last() ? -1
					      : (int)syscall(SYS_openat, fd, name, flags, mode);
}

/* ---- a place for each test ---- */

static char base[64], keys_path[80], escrow_path[80];
static struct escrow *escrow;

static void remove_tree(const char *path)
{
	DIR *names = opendir(path);
	struct dirent *found;
	while (names && (found = readdir(names))) {
		char inner[512];
		if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
			continue;
		snprintf(inner, sizeof(inner), "%s/%s", path, found->d_name);
		remove_tree(inner);
	}
	if (names)
		closedir(names);
	remove(path);
}

static void set_up(void)
{
	struct error error = {""};
	strcpy(base, "/tmp/veiltally_keyring_XXXXXX");
	cr_assert_not_null(mkdtemp(base));
	snprintf(keys_path, sizeof(keys_path), "%s/keys", base);
	snprintf(escrow_path, sizeof(escrow_path), "%s/escrow", base);
	escrow = escrow_open(escrow_path, NULL, &error);
	cr_assert_not_null(escrow, "%s", error.text);
}

static void tear_down(void)
{
	calls_left = -1;
	escrow_free(escrow);
	remove_tree(base);
}

TestSuite(keyring, .init = set_up, .fini = tear_down, .timeout = 60);

static struct keyring_options options(void)
{
	return (struct keyring_options){
	    .directory = keys_path, .escrow = escrow, .max_open_days = 40};
}

static struct keyring *open_with(const struct keyring_options *with)
{
	struct error error = {""};
	struct keyring *keyring = keyring_open(with, &error);
	cr_assert_not_null(keyring, "%s", error.text);
	return keyring;
}

static struct keyring *open_plain(void)
{
	struct keyring_options with = options();
	return open_with(&with);
}

static const struct day_keys *ask(struct keyring *keyring, int32_t day)
{
	struct error error = {""};
	const struct day_keys *keys = NULL;
	enum keyring_answer answer = keyring_day(keyring, day, &keys, &error);
	cr_assert_eq(answer, KEYRING_OPEN, "day %d: %d %s", day, answer, error.text);
	cr_assert_eq(keys->day, day);
	return keys;
}

/* 20000 is 2024-10-04. */
enum { DAY = 20000 };

static const char *file_path(const char *name)
{
	static char path[200];
	snprintf(path, sizeof(path), "%s/%s", keys_path, name);
	return path;
}

static const char *key_file(int32_t day)
{
	char name[32];
	escrow_text_day(day, name);
	strcat(name, ".key");
	return file_path(name);
}

static size_t read_file(const char *path, uint8_t *out, size_t size)
{
	int fd = open(path, O_RDONLY);
	cr_assert(fd >= 0, "%s", path);
	ssize_t n = read(fd, out, size);
	close(fd);
	cr_assert(n >= 0);
	return (size_t)n;
}

static void write_file(const char *path, const void *bytes, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
	cr_assert(fd >= 0 && write(fd, bytes, n) == (ssize_t)n, "%s", path);
	fchmod(fd, mode);
	close(fd);
}

static unsigned count_files(const char *path)
{
	unsigned n = 0;
	struct dirent *found;
	DIR *names = opendir(path);
	while (names && (found = readdir(names)))
		n += strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0;
	if (names)
		closedir(names);
	return n;
}

static bool contains(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

/* ---- what a keyring is for ---- */

/* Everything that is derived from the keys of a day, to compare by. */
struct print {
	uint8_t kid[KID_SIZE], vid[KID_SIZE], row[ROW_KEY_SIZE];
	uint64_t tag;
	char pseudonym[PSEUDONYM_MAX];
};

static struct print print_of(const struct day_keys *keys)
{
	struct print print;
	struct address address;
	memset(&print, 0, sizeof(print));
	memcpy(print.kid, keys->kid, KID_SIZE);
	memcpy(print.vid, keys->vid, KID_SIZE);
	print.tag = counting_visitor_tag(keys->counting, 1, 2, 3);
	address_parse(slice_from("192.0.2.1"), &address);
	pseudonym_client(keys->pseudonym, ADDRESS_MODE_PSEUDONYM, &address, slice_make(NULL, 0),
			 print.pseudonym);
	cr_assert_eq(seal_row_key(keys->seal, 1, slice_from("a"), slice_from("b"), print.row), 0);
	return print;
}

Test(keyring, keys_are_the_same_in_the_next_run)
{
	struct keyring_options with = options();
	struct keyring *keyring = open_plain();
	struct print before[3];
	for (int i = 0; i < 3; i++)
		before[i] = print_of(ask(keyring, DAY + i));
	cr_expect_eq(ask(keyring, DAY), ask(keyring, DAY), "the same address again");
	keyring_free(keyring);

	with.mode = ADDRESS_MODE_MASK;
	keyring = open_with(&with);
	for (int i = 2; i >= 0; i--) {
		struct print now = print_of(ask(keyring, DAY + i));
		cr_expect_eq(memcmp(&now, &before[i], sizeof(now)), 0, "day %d", i);
		cr_expect_eq((int)ask(keyring, DAY + i)->mode, ADDRESS_MODE_PSEUDONYM,
			     "the mode is fixed per day");
		for (int j = 0; j < i; j++) {
			cr_expect_neq(memcmp(before[i].kid, before[j].kid, KID_SIZE), 0);
			cr_expect_neq(memcmp(before[i].vid, before[j].vid, KID_SIZE), 0);
			cr_expect_neq(before[i].tag, before[j].tag);
		}
	}
	cr_expect_eq((int)ask(keyring, DAY + 9)->mode, ADDRESS_MODE_MASK);
	keyring_free(keyring);
}

Test(keyring, files_are_as_documented)
{
	struct keyring *keyring = open_plain();
	const struct day_keys *keys = ask(keyring, DAY);
	uint8_t bytes[200], kid[KID_SIZE];
	struct stat status;
	cr_assert_eq(read_file(key_file(DAY), bytes, sizeof(bytes)), 128);
	cr_expect(contains(key_file(DAY), "/2024-10-04.key"), "%s", key_file(DAY));
	cr_expect_eq(memcmp(bytes, "veiltally key 1\n", 16), 0);
	cr_expect_eq(memcmp(bytes + 16, "\x20\x4e\0\0\0\0\0", 8), 0);
	cr_expect_eq(memcmp(bytes + 24, keys->kid, KID_SIZE), 0);
	cr_assert_eq(key_derive(bytes + 32, "veiltally kid v1", kid, KID_SIZE), 0);
	cr_expect_eq(memcmp(kid, keys->kid, KID_SIZE), 0, "K_e");
	cr_assert_eq(key_derive(bytes + 64, "veiltally vid v1", kid, KID_SIZE), 0);
	cr_expect_eq(memcmp(kid, keys->vid, KID_SIZE), 0, "K_v");
	stat(key_file(DAY), &status);
	cr_expect_eq(status.st_mode & 07777, 0600);
	stat(keys_path, &status);
	cr_expect_eq(status.st_mode & 07777, 0700);
	cr_expect_eq(count_files(keys_path), 1);
	cr_expect_eq(escrow_find(escrow, keys->kid, NULL), ESCROW_NONE);
	keyring_free(keyring);
}

Test(keyring, a_day_of_forged_dates_has_its_file_too)
{
	struct keyring *keyring = open_plain();
	static const int32_t days[] = {-1, 0, 1, -719528, 2932896};
	for (size_t i = 0; i < sizeof(days) / sizeof(*days); i++)
		ask(keyring, days[i]);
	int32_t day, last = INT32_MIN;
	size_t n = 0;
	for (; keyring_at(keyring, n, &day); n++) {
		cr_expect(day > last, "%d behind %d", day, last);
		last = day;
	}
	cr_expect_eq(n, sizeof(days) / sizeof(*days));
	keyring_free(keyring);
	keyring = open_plain();
	cr_expect(keyring_at(keyring, n - 1, &day) && day == 2932896, "%d", day);
	cr_expect(!keyring_at(keyring, n, &day));
	keyring_free(keyring);
}

Test(keyring, a_lost_key_file_means_new_keys)
{
	struct keyring *keyring = open_plain();
	struct print before = print_of(ask(keyring, DAY));
	keyring_free(keyring);
	unlink(key_file(DAY));
	keyring = open_plain();
	struct print now = print_of(ask(keyring, DAY));
	cr_expect_neq(memcmp(now.vid, before.vid, KID_SIZE), 0);
	cr_expect_neq(memcmp(now.kid, before.kid, KID_SIZE), 0);
	cr_expect_neq(escrow_find(escrow, before.kid, NULL), ESCROW_MISSING);
	cr_expect_neq(escrow_find(escrow, now.kid, NULL), ESCROW_MISSING);
	keyring_free(keyring);
}

Test(keyring, a_lost_record_is_written_again_before_use)
{
	struct keyring *keyring = open_plain();
	struct print before = print_of(ask(keyring, DAY));
	keyring_free(keyring);
	escrow_expire(escrow, DAY + 1, NULL);
	cr_assert_eq(escrow_find(escrow, before.kid, NULL), ESCROW_MISSING);
	keyring = open_plain();
	ask(keyring, DAY);
	cr_expect_eq(escrow_find(escrow, before.kid, NULL), ESCROW_NONE);
	keyring_free(keyring);
}

Test(keyring, answers)
{
	static const int32_t closed[] = {DAY - 5, DAY - 3};
	struct keyring_options with = options();
	struct keyring *keyring;
	const struct day_keys *keys;
	with.closed = closed;
	with.closed_n = 2;
	with.max_open_days = 2;
	keyring = open_with(&with);
	cr_expect_eq(keyring_day(keyring, DAY - 5, &keys, NULL), KEYRING_CLOSED);
	cr_expect_eq(keyring_day(keyring, DAY - 3, &keys, NULL), KEYRING_CLOSED);
	cr_expect_eq(keyring_day(keyring, DAY - 4, &keys, NULL), KEYRING_OPEN);
	cr_expect_eq(keyring_day(keyring, DAY, &keys, NULL), KEYRING_OPEN);
	cr_expect_eq(keyring_day(keyring, DAY + 1, &keys, NULL), KEYRING_TOO_MANY);
	cr_expect_eq(keyring_day(keyring, DAY, &keys, NULL), KEYRING_OPEN);
	cr_expect_eq(keyring_destroy(keyring, DAY, NULL), 0);
	cr_expect_eq(keyring_day(keyring, DAY, &keys, NULL), KEYRING_CLOSED);
	cr_expect_eq(keyring_day(keyring, DAY + 1, &keys, NULL), KEYRING_OPEN, "room again");
	cr_expect_eq(count_files(keys_path), 2);
	keyring_free(keyring);
}

Test(keyring, a_reader_changes_nothing)
{
	struct keyring_options with = options();
	const struct day_keys *keys;
	int32_t closed = DAY;
	with.read_only = true;
	with.escrow = NULL;
	struct keyring *keyring = open_with(&with);
	cr_expect_eq(keyring_day(keyring, DAY, &keys, NULL), KEYRING_NONE);
	keyring_free(keyring);
	cr_expect_neq(access(keys_path, F_OK), 0, "no directory was made");

	keyring = open_plain();
	struct print before = print_of(ask(keyring, DAY + 1));
	ask(keyring, DAY);
	keyring_free(keyring);
	write_file(file_path(".2024-10-09.key.tmp"), "x", 1, 0600);
	write_file(key_file(DAY + 2), "veiltally dead 1\0\0\0\0", 20, 0600);
	with.closed = &closed;
	with.closed_n = 1;
	keyring = open_with(&with);
	cr_expect_eq(keyring_day(keyring, DAY, &keys, NULL), KEYRING_CLOSED);
	cr_expect_eq(keyring_day(keyring, DAY + 2, &keys, NULL), KEYRING_NONE);
	struct print now = print_of(ask(keyring, DAY + 1));
	cr_expect_eq(memcmp(&now, &before, sizeof(now)), 0);
	struct error error = {""};
	cr_expect_eq(keyring_destroy(keyring, DAY + 1, &error), -1);
	cr_expect_neq(error.text[0], '\0');
	keyring_free(keyring);
	cr_expect_eq(count_files(keys_path), 4);
}

Test(keyring, a_keyring_of_one_run_touches_no_disk)
{
	struct keyring *keyring = keyring_of_run(NULL), *other = keyring_of_run(NULL);
	const struct day_keys *a, *b, *c;
	int32_t day;
	cr_expect_eq(keyring_day(keyring, 1, &a, NULL), KEYRING_OPEN);
	cr_expect_eq(keyring_day(keyring, 2, &b, NULL), KEYRING_OPEN);
	cr_expect_eq(keyring_day(other, 2, &c, NULL), KEYRING_OPEN);
	cr_expect(a->counting == b->counting && !a->pseudonym && !a->seal);
	cr_expect_neq(counting_visitor_tag(a->counting, 1, 2, 3),
		      counting_visitor_tag(c->counting, 1, 2, 3));
	cr_expect(!keyring_at(keyring, 0, &day));
	keyring_free(keyring);
	keyring_free(other);
	keyring_free(NULL);
}

/* ---- the end of a key ---- */

Test(keyring, a_destroyed_key_is_overwritten_and_gone)
{
	struct keyring *keyring = open_plain();
	uint8_t bytes[200] = {0}, dead[128] = "veiltally dead 1";
	char second[200];
	struct print other = print_of(ask(keyring, DAY + 1));
	ask(keyring, DAY);
	/* A second name shows what became of the bytes. */
	snprintf(second, sizeof(second), "%s/second", base);
	cr_assert_eq(link(key_file(DAY), second), 0);
	cr_expect_eq(keyring_destroy(keyring, DAY, NULL), 0);
	cr_expect_neq(access(key_file(DAY), F_OK), 0);
	cr_expect_eq(read_file(second, bytes, sizeof(bytes)), 128);
	cr_expect_eq(memcmp(bytes, dead, 128), 0);
	cr_expect_eq(keyring_destroy(keyring, DAY, NULL), 0, "again");
	cr_expect_eq(keyring_destroy(keyring, DAY + 7, NULL), 0, "a day that never was");
	struct print now = print_of(ask(keyring, DAY + 1));
	cr_expect_eq(memcmp(&now, &other, sizeof(now)), 0);
	keyring_free(keyring);
}

Test(keyring, keys_of_closed_days_are_destroyed_first)
{
	static const int32_t closed[] = {DAY - 1, DAY + 1};
	struct keyring_options with = options();
	struct keyring *keyring = open_plain();
	for (int i = 0; i < 3; i++)
		ask(keyring, DAY + i);
	keyring_free(keyring);
	write_file(file_path("2024-10-03.key"), "damaged", 7, 0600);
	write_file(file_path("2024-12-01.key"), "veiltally dead 1\0\0\0\0", 20, 0600);
	write_file(file_path(".2024-12-02.key.tmp"), "veiltally key 1\n", 16, 0600);
	write_file(file_path("notes"), "mine", 4, 0644);
	with.closed = closed;
	with.closed_n = 2;
	keyring = open_with(&with);
	int32_t day;
	cr_expect(keyring_at(keyring, 0, &day) && day == DAY, "%d", day);
	cr_expect(keyring_at(keyring, 1, &day) && day == DAY + 2, "%d", day);
	cr_expect(!keyring_at(keyring, 2, &day), "%d", day);
	cr_expect_eq(count_files(keys_path), 3, "two keys and the notes");
	keyring_free(keyring);
}

/* ---- what is refused ---- */

static void expect_refused(const char *name, const char *wanted)
{
	struct keyring *keyring = open_plain();
	struct error error = {""};
	const struct day_keys *keys = NULL;
	enum keyring_answer answer = keyring_day(keyring, DAY, &keys, &error);
	cr_expect_eq(answer, KEYRING_FAILED, "row %s: %d", name, answer);
	cr_expect(contains(error.text, key_file(DAY)), "row %s: %s", name, error.text);
	cr_expect(contains(error.text, wanted), "row %s: %s", name, error.text);
	cr_expect_null(keys, "row %s", name);
	keyring_free(keyring);
}

Test(keyring, damaged_files_are_refused_and_kept)
{
	uint8_t good[129], bad[129], after[200];
	struct keyring *keyring = open_plain();
	ask(keyring, DAY);
	keyring_free(keyring);
	good[128] = 0;
	cr_assert_eq(read_file(key_file(DAY), good, sizeof(good)), 128);
	for (size_t i = 0; i < 128; i++) {
		char name[32];
		snprintf(name, sizeof(name), "byte %zu", i);
		memcpy(bad, good, sizeof(bad));
		bad[i] ^= 1;
		write_file(key_file(DAY), bad, 128, 0600);
		expect_refused(name, "damaged");
		cr_expect(read_file(key_file(DAY), after, 200) == 128 && !memcmp(bad, after, 128),
			  "row %s: the file was changed", name);
	}
	for (size_t n = 0; n <= sizeof(good); n++) {
		char name[32];
		snprintf(name, sizeof(name), "%zu bytes", n);
		write_file(key_file(DAY), good, n, 0600);
		if (n != 128)
			expect_refused(name, "size");
		cr_expect_eq(read_file(key_file(DAY), after, 200), n, "row %s", name);
	}
	write_file(key_file(DAY), good, 128, 0600);
	unlink(key_file(DAY + 1));
	keyring = open_plain();
	ask(keyring, DAY);
	keyring_free(keyring);
}

Test(keyring, files_of_strangers_are_refused)
{
	char other[200];
	struct keyring *keyring = open_plain();
	ask(keyring, DAY + 1);
	keyring_free(keyring);
	snprintf(other, sizeof(other), "%s", key_file(DAY + 1));

	cr_assert_eq(symlink(other, key_file(DAY)), 0);
	expect_refused("symbolic link", "symbolic link");
	cr_expect_eq(access(key_file(DAY), F_OK), 0);
	unlink(key_file(DAY));

	cr_assert_eq(link(other, key_file(DAY)), 0);
	expect_refused("the key of another day", "another day");
	unlink(key_file(DAY));

	cr_assert_eq(mkfifo(key_file(DAY), 0600), 0);
	expect_refused("pipe", "not a regular file");
	unlink(key_file(DAY));

	cr_assert_eq(mkdir(key_file(DAY), 0700), 0);
	expect_refused("directory", "not a regular file");
	rmdir(key_file(DAY));

	cr_assert_eq(rename(other, key_file(DAY)), 0);
	chmod(key_file(DAY), 0640);
	expect_refused("readable by the group", "chmod 600");
}

Test(keyring, a_link_is_not_destroyed_either)
{
	char victim[200];
	uint8_t bytes[8];
	struct error error = {""};
	struct keyring *keyring = open_plain();
	snprintf(victim, sizeof(victim), "%s/victim", base);
	write_file(victim, "precious", 8, 0600);
	cr_assert_eq(symlink(victim, key_file(DAY)), 0);
	cr_expect_eq(keyring_destroy(keyring, DAY, &error), -1);
	cr_expect(contains(error.text, "symbolic link"), "%s", error.text);
	cr_expect(read_file(victim, bytes, 8) == 8 && memcmp(bytes, "precious", 8) == 0);
	keyring_free(keyring);
}

Test(keyring, directories_of_others_are_refused)
{
	struct keyring_options with = options();
	static const mode_t modes[] = {0755, 0710, 0701, 0770, 0740, 0704};
	char below[120];
	cr_assert_eq(mkdir(keys_path, 0700), 0);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		struct error error = {""};
		chmod(keys_path, modes[i]);
		cr_expect_null(keyring_open(&with, &error), "mode %o", modes[i]);
		cr_expect(contains(error.text, "chmod 700") && contains(error.text, keys_path),
			  "mode %o: %s", modes[i], error.text);
	}
	chmod(keys_path, 0700);
	write_file(file_path("file"), "", 0, 0600);
	snprintf(below, sizeof(below), "%s/file", keys_path);
	static const char *const tails[] = {"", "/below"};
	for (size_t i = 0; i < 2; i++) {
		struct error error = {""};
		char path[200];
		snprintf(path, sizeof(path), "%s%s", below, tails[i]);
		with.directory = path;
		cr_expect_null(keyring_open(&with, &error), "%s", path);
		cr_expect(contains(error.text, path), "%s", error.text);
	}
}

/* ---- every call fails once, every call is the last one once ---- */

/* A keyring makes a day and destroys another. Returns false when something failed. */
static bool use_keys(struct error *error)
{
	struct keyring_options with = options();
	struct keyring *keyring = keyring_open(&with, error);
	const struct day_keys *keys;
	bool done = keyring && keyring_day(keyring, DAY, &keys, error) == KEYRING_OPEN &&
		    keyring_destroy(keyring, DAY + 1, error) == 0;
	keyring_free(keyring);
	return done;
}

/* No key file without a readable record, nothing that cannot be opened, no key that stays behind.
 */
static void check_after(const char *what, int n)
{
	struct keyring *keyring = open_plain();
	int32_t day;
	for (size_t i = 0; keyring_at(keyring, i, &day); i++) {
		uint8_t bytes[128];
		cr_assert_eq(read_file(key_file(day), bytes, 128), 128, "%s %d", what, n);
		cr_expect_neq(escrow_find(escrow, bytes + 24, NULL), ESCROW_MISSING,
			      "%s %d: a kid without a record", what, n);
		ask(keyring, day);
	}
	ask(keyring, DAY);
	cr_expect_eq(keyring_destroy(keyring, DAY + 1, NULL), 0, "%s %d", what, n);
	cr_expect_eq(count_files(keys_path), 1, "%s %d: something stays behind", what, n);
	keyring_free(keyring);
}

static void prepare(void)
{
	remove_tree(keys_path);
	struct keyring *keyring = open_plain();
	ask(keyring, DAY + 1);
	keyring_free(keyring);
	write_file(file_path(".2024-10-04.key.tmp"), "cut off", 7, 0600);
}

static void fail_in_turn(void)
{
	bool done = false;
	int n = 0;
	for (; !done; n++) {
		struct error error = {""};
		prepare();
		calls_left = n;
		done = use_keys(&error);
		bool reached = calls_left < 0;
		calls_left = -1;
		cr_expect_eq(error.text[0] == '\0', done, "failure %d: %s", n, error.text);
		cr_expect(!done || !reached, "failure %d was not noticed", n);
		check_after("failure", n);
	}
	cr_expect(n >= 18, "%d calls", n);
}

Test(keyring, every_call_fails_in_turn)
{
	fail_in_turn();
}

Test(keyring, every_call_fails_in_turn_where_renaming_cannot_refuse)
{
	old_file_system = true;
	fail_in_turn();
	old_file_system = false;
}

Test(keyring, every_call_is_the_last_in_turn)
{
	int status = -1, n = 0;
	for (; status; n++) {
		prepare();
		pid_t child = fork();
		if (child == 0) {
			struct error error = {""};
			kill_there = true;
			calls_left = n;
			_exit(use_keys(&error) ? 0 : 1);
		}
		cr_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
		status = WEXITSTATUS(status);
		cr_assert(status == 0 || status == 99, "kill %d: %d", n, status);
		check_after("kill", n);
	}
	cr_expect(n >= 18, "%d calls", n);
}

Test(keyring, a_key_of_another_process_is_not_replaced)
{
	struct keyring *one = open_plain(), *two = open_plain();
	struct error error = {""};
	const struct day_keys *keys;
	for (int old = 0; old < 2; old++) {
		old_file_system = old != 0;
		struct print first = print_of(ask(one, DAY + old));
		cr_expect_eq(keyring_day(two, DAY + old, &keys, &error), KEYRING_FAILED);
		cr_expect(contains(error.text, key_file(DAY + old)), "%s", error.text);
		struct keyring *three = open_plain();
		struct print now = print_of(ask(three, DAY + old));
		cr_expect_eq(memcmp(&first, &now, sizeof(now)), 0);
		keyring_free(three);
	}
	old_file_system = false;
	keyring_free(one);
	keyring_free(two);
}

/* ---- threads ---- */

enum { THREADS = 4, DAYS = 20 };

struct asker {
	struct keyring *keyring;
	unsigned start;
	uint8_t kids[DAYS][KID_SIZE];
	bool failed;
};

static void *ask_for_all(void *context)
{
	struct asker *asker = context;
	for (unsigned i = 0; i < DAYS; i++) {
		unsigned at = (asker->start + i * 7) % DAYS;
		const struct day_keys *keys;
		if (keyring_day(asker->keyring, DAY + (int32_t)at, &keys, NULL) != KEYRING_OPEN)
			asker->failed = true;
		else
			memcpy(asker->kids[at], print_of(keys).kid, KID_SIZE);
	}
	return NULL;
}

Test(keyring, threads_agree)
{
	static struct asker askers[THREADS];
	pthread_t threads[THREADS];
	struct keyring *keyring = open_plain();
	for (unsigned i = 0; i < THREADS; i++) {
		askers[i] = (struct asker){.keyring = keyring, .start = i * 5};
		cr_assert_eq(pthread_create(&threads[i], NULL, ask_for_all, &askers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		cr_expect(!askers[i].failed, "thread %u", i);
		cr_expect_eq(memcmp(askers[i].kids, askers[0].kids, sizeof(askers[i].kids)), 0);
	}
	cr_expect_eq(count_files(keys_path), DAYS);
	cr_expect_eq(count_files(escrow_path), DAYS);
	keyring_free(keyring);
}

Test(keyring, locked_memory_is_told)
{
	struct keyring *keyring = open_plain();
	const struct day_keys *keys = ask(keyring, DAY);
	cr_expect_eq(keyring_locked(keyring), counting_keys_locked(keys->counting) &&
						  pseudonym_keys_locked(keys->pseudonym) &&
						  sealing_keys_locked(keys->seal));
	keyring_free(keyring);
}

/* ---- the key of file positions ---- */

Test(keyring, the_position_key_stays)
{
	char path[200];
	uint8_t first[KEY_SIZE], again[KEY_SIZE] = {0}, bytes[100];
	struct error error = {""};
	struct stat status;
	bool made = true;
	snprintf(path, sizeof(path), "%s/positions.key", base);
	cr_expect_eq(keyring_position_key(path, false, first, &made, &error), -1);
	cr_expect(contains(error.text, path), "%s", error.text);
	cr_assert_eq(keyring_position_key(path, true, first, &made, &error), 0, "%s", error.text);
	cr_expect(made);
	cr_assert_eq(keyring_position_key(path, true, again, &made, &error), 0, "%s", error.text);
	cr_expect(!made);
	cr_expect_eq(memcmp(first, again, KEY_SIZE), 0);
	cr_expect_eq(keyring_position_key(path, false, again, NULL, NULL), 0);
	stat(path, &status);
	cr_expect_eq(status.st_mode & 07777, 0600);
	size_t n = read_file(path, bytes, sizeof(bytes));
	cr_assert_eq(n, 80);
	for (size_t i = 0; i < n; i++) {
		bytes[i] ^= 128;
		write_file(path, bytes, n, 0600);
		cr_expect_eq(keyring_position_key(path, true, again, &made, &error), -1, "%zu", i);
		cr_expect(contains(error.text, path), "%s", error.text);
		bytes[i] ^= 128;
	}
	write_file(path, bytes, n, 0644);
	cr_expect_eq(keyring_position_key(path, true, again, &made, &error), -1);
	unlink(path);
	cr_assert_eq(keyring_position_key(path, true, again, &made, NULL), 0);
	cr_expect_neq(memcmp(first, again, KEY_SIZE), 0);
	static const char *const bad[] = {"", "/", "/nowhere/at/all", "/dev/null/x"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		error.text[0] = '\0';
		cr_expect_eq(keyring_position_key(bad[i], true, again, &made, &error), -1, "row %s",
			     bad[i]);
		cr_expect_neq(error.text[0], '\0', "row %s", bad[i]);
	}
}

Test(keyring, a_position_key_that_cannot_be_written_leaves_nothing)
{
	char path[200];
	uint8_t key[KEY_SIZE];
	snprintf(path, sizeof(path), "%s/positions.key", base);
	bool done = false;
	int n = 0;
	for (; !done; n++) {
		struct error error = {""};
		unlink(path);
		calls_left = n;
		done = keyring_position_key(path, true, key, NULL, &error) == 0;
		calls_left = -1;
		cr_expect_eq(error.text[0] == '\0', done, "failure %d: %s", n, error.text);
	}
	cr_expect(n >= 6, "%d calls", n);
	cr_expect_eq(count_files(base), 2, "the key and the escrow directory");
}
