#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Compiled in, so that the kernel can be made to refuse, and freed secrets can be looked at. */
static int fail_at = -1; /* calls that still succeed; -1 = all */
static bool interrupt, short_reads, keep_mapped;

static bool fails(void)
{
	return fail_at >= 0 && fail_at-- == 0;
}

static void *test_mmap(void *at, size_t n, int protection, int flags, int file, off_t offset)
{
	if (!fails())
		return mmap(at, n, protection, flags, file, offset);
	errno = ENOMEM;
	return MAP_FAILED;
}

static ssize_t test_getrandom(void *bytes, size_t n, unsigned flags)
{
	if (fails())
		return 0;
	if (interrupt) {
		interrupt = false;
		errno = EINTR;
		return -1;
	}
	return getrandom(bytes, short_reads && n > 5 ? 5 : n, flags);
}

static int test_munmap(void *at, size_t n)
{
	return keep_mapped ? 0 : munmap(at, n);
}

#define mmap	  test_mmap
#define munmap	  test_munmap
#define getrandom test_getrandom
#include "aggregate/veil/keys.c"
#undef mmap
#undef munmap
#undef getrandom

static const uint8_t KEY[KEY_SIZE] = {
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,
};

static struct counting_keys *make(void)
{
	struct error error = {""};
	struct counting_keys *keys = counting_keys_from(KEY, &error);
	cr_assert_not_null(keys, "%s", error.text);
	return keys;
}

static size_t from_hex(const char *hex, uint8_t *out, size_t size)
{
	size_t n = strlen(hex) / 2;
	cr_assert(n <= size, "%zu bytes", n);
	for (size_t i = 0; i < n; i++) {
		char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
		out[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

static struct slice field(const json_t *row, const char *name, uint8_t *bytes, size_t size)
{
	size_t n = from_hex(json_string_value(json_object_get(row, name)), bytes, size);
	return slice_make((const char *)bytes, n);
}

static void check_hkdf(const json_t *row)
{
	static uint8_t ikm[512], salt[512], info[512], okm[8192], out[20000];
	long long id = json_integer_value(json_object_get(row, "tcId"));
	size_t size = (size_t)json_integer_value(json_object_get(row, "size"));
	bool valid = strcmp(json_string_value(json_object_get(row, "result")), "valid") == 0;
	struct slice wanted = field(row, "okm", okm, sizeof(okm));
	cr_assert(size <= sizeof(out));
	int result =
	    hkdf(field(row, "salt", salt, sizeof(salt)), field(row, "ikm", ikm, sizeof(ikm)),
		 field(row, "info", info, sizeof(info)), out, size);
	cr_expect_eq(result == 0, valid, "tcId %lld: %d", id, result);
	if (valid)
		cr_expect(wanted.n == size && memcmp(out, wanted.p, size) == 0, "tcId %lld", id);
}

Test(keys, wycheproof_hkdf)
{
	char path[512];
	const char *shared = getenv("VEILTALLY_SHARED");
	snprintf(path, sizeof(path), "%s/data/vectors/hmac_hkdf/hkdf_sha256_test.json",
		 shared ? shared : "../shared");
	if (access(path, R_OK))
		cr_skip_test("the vectors are not here: %s", path);
	json_t *root = json_load_file(path, 0, NULL);
	size_t g, i, rows = 0;
	json_t *group, *row;
	json_array_foreach(json_object_get(root, "testGroups"), g, group)
	{
		json_array_foreach(json_object_get(group, "tests"), i, row)
		{
			check_hkdf(row);
			rows++;
		}
	}
	cr_assert_eq(rows, (size_t)json_integer_value(json_object_get(root, "numberOfTests")));
	json_decref(root);
}

/* RFC 5869, appendix A.1. */
Test(keys, rfc_5869)
{
	uint8_t ikm[22], salt[13], info[10], wanted[42], out[42];
	memset(ikm, 0x0b, sizeof(ikm));
	from_hex("000102030405060708090a0b0c", salt, sizeof(salt));
	from_hex("f0f1f2f3f4f5f6f7f8f9", info, sizeof(info));
	from_hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
		 "34007208d5b887185865",
		 wanted, sizeof(wanted));
	cr_assert_eq(hkdf(slice_make((char *)salt, 13), slice_make((char *)ikm, 22),
			  slice_make((char *)info, 10), out, 42),
		     0);
	cr_assert_eq(memcmp(out, wanted, 42), 0);
}

/*
 * Made with an independent implementation (Python's hmac and hashlib), so that salt, labels and
 * encodings cannot change unseen: they decide whether two versions of the program count alike.
 */
static const struct {
	const char *label, *subkey;
} subkeys[] = {
    {"veiltally unit v1", "81d986dbc6a173b9ba892d6fe49ae0dd"},
    {"veiltally visitor v1", "74c8ba865cf2f13388b2098b758816e2"},
};

Test(keys, subkeys_are_as_documented)
{
	for (size_t i = 0; i < sizeof(subkeys) / sizeof(*subkeys); i++) {
		uint8_t wanted[16], out[16];
		from_hex(subkeys[i].subkey, wanted, 16);
		cr_expect_eq(key_derive(KEY, subkeys[i].label, out, 16), 0);
		cr_expect_eq(memcmp(out, wanted, 16), 0, "%s", subkeys[i].label);
	}
}

Test(keys, a_length_that_hkdf_has_not_is_refused)
{
	static uint8_t out[8161];
	cr_assert_eq(key_derive(KEY, "x", out, 8160), 0);
	memset(out, 1, sizeof(out));
	cr_assert_eq(key_derive(KEY, "x", out, 8161), -1);
	for (size_t i = 0; i < sizeof(out); i++)
		cr_assert_eq(out[i], 0, "byte %zu", i);
}

Test(keys, tags_are_as_documented)
{
	struct counting_keys *keys = make();
	struct slice address = slice_make("\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
	cr_expect_eq(counting_unit_tag(keys, 1, address), UINT64_C(0x7e1ddbbfd7ad693b));
	cr_expect_eq(counting_unit_tag(keys, 2, slice_make(NULL, 0)), UINT64_C(0x4ec38a41ada0b7b6));
	cr_expect_eq(counting_visitor_tag(keys, 0x0123456789abcdef, 0xfedcba9876543210, 20000),
		     UINT64_C(0xa5afc0c6774a6f83));
	cr_expect_eq(counting_visitor_tag(keys, 0, UINT64_MAX, -1), UINT64_C(0x7d8bd62f9a4c2da9));
	counting_keys_free(keys);
}

Test(keys, every_input_counts)
{
	struct counting_keys *keys = make(), *other;
	uint8_t second[KEY_SIZE];
	memcpy(second, KEY, KEY_SIZE);
	second[31] ^= 1;
	other = counting_keys_from(second, NULL);
	const uint64_t tags[] = {
	    counting_unit_tag(keys, 1, slice_from("ab")),
	    counting_unit_tag(keys, 2, slice_from("ab")),
	    counting_unit_tag(keys, 1, slice_from("abc")),
	    counting_unit_tag(keys, 1, slice_make("ab\0", 3)),
	    counting_unit_tag(other, 1, slice_from("ab")),
	    counting_visitor_tag(keys, 1, 2, 3),
	    counting_visitor_tag(keys, 2, 1, 3),
	    counting_visitor_tag(keys, 1, 2, 4),
	    counting_visitor_tag(keys, 1, 3, 3),
	    counting_visitor_tag(keys, 1, 2, -3),
	    counting_visitor_tag(other, 1, 2, 3),
	};
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
		for (size_t j = 0; j < i; j++)
			cr_expect_neq(tags[i], tags[j], "%zu and %zu", i, j);
	counting_keys_free(keys);
	counting_keys_free(other);
}

Test(keys, random_keys_differ)
{
	struct error error = {""};
	struct counting_keys *a = counting_keys_random(&error), *b = counting_keys_random(&error);
	cr_assert(a && b, "%s", error.text);
	cr_assert_neq(counting_visitor_tag(a, 1, 2, 3), counting_visitor_tag(b, 1, 2, 3));
	counting_keys_free(a);
	counting_keys_free(b);
	counting_keys_free(NULL);
}

Test(keys, a_random_source_that_stutters_is_asked_again)
{
	uint8_t bytes[KEY_SIZE] = {0};
	interrupt = short_reads = true;
	cr_assert_eq(fill_random(bytes, sizeof(bytes)), 0);
	unsigned zeros = 0;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		zeros += bytes[i] == 0;
	cr_assert(zeros < 6, "%u bytes are zero", zeros);
}

Test(keys, every_failure_of_the_kernel_fails_closed)
{
	bool failed = true;
	int n = 0;
	for (; failed; n++) {
		struct error error = {""};
		fail_at = n;
		struct counting_keys *keys = counting_keys_random(&error);
		fail_at = -1;
		failed = !keys;
		cr_assert_eq(error.text[0] != '\0', failed, "failure %d: %s", n, error.text);
		counting_keys_free(keys);
	}
	cr_assert(n == 4, "mmap, getrandom, mmap were to fail in turn, not %d", n - 1);
}

Test(keys, what_is_freed_is_zero)
{
	struct counting_keys *keys = make();
	const uint8_t *bytes = (const uint8_t *)keys;
	keep_mapped = true;
	counting_keys_free(keys);
	for (size_t i = 0; i < sizeof(*keys); i++)
		cr_assert_eq(bytes[i], 0, "byte %zu", i);
}

/* AddressSanitizer turns mlock into a function that does nothing. */
#if defined(__SANITIZE_ADDRESS__)
enum { MLOCK_IS_DEAF = 1 };
#else
enum { MLOCK_IS_DEAF = 0 };
#endif

/* VmFlags of the mapping: "lo" locked, "dd" not dumped, "wf" wiped on fork. */
static bool has_flag(const void *address, const char *flag)
{
	char line[512], wanted[8];
	bool here = false, found = false, seen = false;
	FILE *file = fopen("/proc/self/smaps", "re");
	snprintf(wanted, sizeof(wanted), " %s", flag);
	while (file && fgets(line, sizeof(line), file)) {
		unsigned long from, to;
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = from <= (unsigned long)address && (unsigned long)address < to;
		if (here && strncmp(line, "VmFlags:", 8) == 0) {
			seen = true;
			found = strstr(line, wanted) != NULL;
		}
	}
	if (file)
		fclose(file);
	if (!seen)
		cr_skip_test("this kernel does not show the flags of a mapping");
	return found;
}

Test(keys, secrets_are_locked_and_not_dumped)
{
	bool locked = false;
	void *secret = secret_new(100, &locked);
	if (!locked)
		cr_skip_test("memory cannot be locked here");
	static const char *const flags[] = {"dd", "wf", "lo"};
	for (size_t i = 0; i < 3 - MLOCK_IS_DEAF; i++)
		cr_expect(has_flag(secret, flags[i]), "%s", flags[i]);
	secret_free(secret, 100);
}

Test(keys, a_child_has_no_secrets)
{
	bool locked = false;
	uint8_t *secret = secret_new(100, &locked);
	if (!locked)
		cr_skip_test("memory cannot be locked here");
	memset(secret, 7, 100);
	pid_t child = fork();
	if (child == 0)
		_exit(secret[0] + secret[99]);
	int status;
	waitpid(child, &status, 0);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%d", status);
	cr_assert_eq(secret[0], 7);
	secret_free(secret, 100);
}

Test(keys, memory_that_cannot_be_locked_is_said)
{
	const struct rlimit none = {0, 0};
	bool locked = true;
	if (MLOCK_IS_DEAF)
		cr_skip_test("mlock does nothing under AddressSanitizer");
	setrlimit(RLIMIT_MEMLOCK, &none);
	/* Root may lock without limit, so it stops being root; this process runs nothing but this
	 * test. */
	if (geteuid() == 0 && setresuid(65534, 65534, 65534))
		cr_skip_test("root may lock without limit and cannot become another");
	uint8_t *secret = secret_new(100, &locked);
	cr_assert(secret && !locked);
	secret_free(secret, 100);
}

Test(keys, a_hardened_process_leaves_no_core)
{
	struct rlimit limit;
	cr_assert_eq(secret_harden_process(), 0);
	getrlimit(RLIMIT_CORE, &limit);
	cr_assert_eq(limit.rlim_max, 0);
	cr_assert_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
}
