/*
 * brute: who has everything on disk but the keys tries to recover addresses from pseudonyms.
 *
 *   brute [--count N|all] [--salts N] [--threads N] [--addresses FILE] DIRECTORY SAMPLE
 *   brute --list M [--count N]
 *
 * SAMPLE is any text in which pseudonyms (v_ and 32 hex) occur: a security log. DIRECTORY is a
 * state without its keys. N addresses of all 2^32 are tried, spread by an odd stride (2^19 unless
 * said; "all" takes hours, fewer with --salts 0). Three attacks:
 *
 *   keys     a cipher needs no list of addresses: under the right key a pseudonym decrypts to
 *            ::ffff:a.b.c.d, which happens by chance once in 2^96. Tried as AES key and through the
 *            documented derivation: zero, everything that is known (next line), and 16 or 32 bytes
 *            of each file at every offset (in a file of over 2 MiB only with "all", else at 2^21
 *            offsets spread over it).
 *   salts    kids and days in file names and texts, the names of hosts: alone as keys (above), and
 *   digests  SHA-256, SHA-1, MD5 (first and last 16 bytes) of the address as text, as 4 and as 16
 *            bytes; with each salt before it, behind it, and as key of HMAC-SHA-256.
 *
 * The control stands in the same table and is looked for by the same loop: SHA-256 of the text of
 * the addresses in FILE, or of M = 100,000 of those that are tried. --list prints such addresses,
 * so that a log can be made of them. Prints what was recovered; exit 0 when it is no pseudonym and
 * all of the control, 1 otherwise, 2 for wrong usage.
 *
 * Needs libcrypto alone, and none of the program's own code.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* plain SHA256_*: a digest here costs what its rounds cost */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { VALUE = 16, SALTS = 8, SALT_MAX = 48, CONTROLS = 100000, THREADS_MAX = 64, PROBES = 16 };
enum { FILTER_BITS = 23, PLACES_MAX = 1 << 21 };
static const uint64_t ALL = UINT64_C(1) << 32;

struct entry {
	uint8_t value[VALUE];
	bool used, control;
	atomic_bool found;
};

struct salt {
	uint8_t bytes[SALT_MAX];
	size_t n;
	SHA256_CTX inner, outer; /* HMAC under this salt, the key already in */
};

static struct {
	struct entry *table; /* a power of two, half empty */
	size_t mask, samples, controls;
	uint8_t *filter; /* one bit for FILTER_BITS bits of each value */
	struct salt salts[SALTS];
	size_t salts_n, salts_max, salts_left_out;
	uint64_t count;
	atomic_ullong places, keys;
	unsigned threads;
} all = {.count = 1 << 19, .threads = 2, .salts_max = SALTS};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static uint64_t number_at(const uint8_t *bytes)
{
	uint64_t v;
	memcpy(&v, bytes, sizeof(v));
	return v;
}

/* ---- the table: pseudonyms and the control ---- */

static void table_new(size_t n)
{
	size_t room = 1024;
	while (room < 2 * n)
		room *= 2;
	all.table = calloc(room, sizeof(*all.table));
	all.filter = calloc(1, (size_t)1 << (FILTER_BITS - 3));
	if (!all.table || !all.filter)
		die("table");
	all.mask = room - 1;
}

static void table_add(const uint8_t value[VALUE], bool control)
{
	uint64_t v = number_at(value);
	size_t at = v & all.mask;
	for (; all.table[at].used; at = (at + 1) & all.mask)
		if (memcmp(all.table[at].value, value, VALUE) == 0)
			return;
	memcpy(all.table[at].value, value, VALUE);
	all.table[at].used = true;
	all.table[at].control = control;
	v >>= 64 - FILTER_BITS;
	all.filter[v / 8] |= (uint8_t)(1U << v % 8);
	*(control ? &all.controls : &all.samples) += 1;
}

static void guess(const uint8_t value[VALUE])
{
	uint64_t v = number_at(value), bit = v >> (64 - FILTER_BITS);
	if (!(all.filter[bit / 8] >> bit % 8 & 1))
		return;
	for (size_t at = v & all.mask; all.table[at].used; at = (at + 1) & all.mask)
		if (memcmp(all.table[at].value, value, VALUE) == 0)
			all.table[at].found = true;
}

static size_t count_found(bool control)
{
	size_t n = 0;
	for (size_t at = 0; at <= all.mask; at++)
		n += all.table[at].found && all.table[at].control == control;
	return n;
}

/* ---- addresses ---- */

/* An odd stride reaches each of the 2^32 once, and any first part of it is spread over all. */
static uint32_t address_at(uint64_t i)
{
	return (uint32_t)(i * UINT64_C(0x9e3779b1));
}

static size_t address_text(uint32_t address, char out[16])
{
	return (size_t)snprintf(out, 16, "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
				address >> 8 & 255, address & 255);
}

/* ---- digests ---- */

static void sha256(const void *first, size_t first_n, const void *second, size_t second_n,
		   uint8_t out[32])
{
	SHA256_CTX state;
	SHA256_Init(&state);
	SHA256_Update(&state, first, first_n);
	SHA256_Update(&state, second, second_n);
	SHA256_Final(out, &state);
}

static void hmac_key(const uint8_t *key, size_t n, SHA256_CTX *inner, SHA256_CTX *outer)
{
	uint8_t block[64];
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (uint8_t)((i < n ? key[i] : 0) ^ 0x36);
	SHA256_Init(inner);
	SHA256_Update(inner, block, sizeof(block));
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5c;
	SHA256_Init(outer);
	SHA256_Update(outer, block, sizeof(block));
}

static void hmac(const SHA256_CTX *inner, const SHA256_CTX *outer, const void *bytes, size_t n,
		 uint8_t out[32])
{
	SHA256_CTX state = *inner;
	SHA256_Update(&state, bytes, n);
	SHA256_Final(out, &state);
	state = *outer;
	SHA256_Update(&state, out, 32);
	SHA256_Final(out, &state);
}

/* What the documentation says: HKDF-SHA-256, "veiltally v1", "ipcrypt-deterministic". */
static void derive(const uint8_t key[32], uint8_t out[32])
{
	static const uint8_t salt[] = "veiltally v1", info[] = "ipcrypt-deterministic\1";
	SHA256_CTX inner, outer;
	hmac_key(salt, sizeof(salt) - 1, &inner, &outer);
	hmac(&inner, &outer, key, 32, out);
	hmac_key(out, 32, &inner, &outer);
	hmac(&inner, &outer, info, sizeof(info) - 1, out);
}

static void guess_both_ends(const uint8_t *digest, size_t n)
{
	guess(digest);
	if (n > VALUE)
		guess(digest + n - VALUE);
}

static void guess_form(const void *form, size_t n)
{
	uint8_t digest[32];
	sha256(form, n, NULL, 0, digest);
	guess_both_ends(digest, 32);
	SHA1(form, n, digest);
	guess_both_ends(digest, 20);
	MD5(form, n, digest);
	guess(digest);
	for (size_t i = 0; i < all.salts_n; i++) {
		const struct salt *salt = &all.salts[i];
		sha256(salt->bytes, salt->n, form, n, digest);
		guess_both_ends(digest, 32);
		sha256(form, n, salt->bytes, salt->n, digest);
		guess_both_ends(digest, 32);
		hmac(&salt->inner, &salt->outer, form, n, digest);
		guess_both_ends(digest, 32);
	}
}

static void *try_addresses(void *context)
{
	for (uint64_t i = *(const unsigned *)context; i < all.count; i += all.threads) {
		uint8_t packed[VALUE] = {[10] = 0xff, [11] = 0xff};
		char text[16];
		uint32_t address = address_at(i), network = htonl(address);
		memcpy(packed + 12, &network, 4);
		guess(packed);
		guess_form(text, address_text(address, text));
		guess_form(packed + 12, 4);
		guess_form(packed, VALUE);
	}
	return NULL;
}

/* ---- keys ---- */

static bool is_mapped(const uint8_t plain[VALUE])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	return memcmp(plain, mapped, sizeof(mapped)) == 0;
}

static uint8_t probes[PROBES * VALUE]; /* of the sample, from all over it */

static void choose_probes(void)
{
	size_t n = 0, seen = 0, step = all.samples / PROBES + 1;
	for (size_t at = 0; at <= all.mask; at++)
		if (all.table[at].used && !all.table[at].control && seen++ % step == 0)
			memcpy(probes + VALUE * n++, all.table[at].value, VALUE);
}

static void decrypt(EVP_CIPHER_CTX *cipher, const uint8_t *in, size_t n, uint8_t *out)
{
	int written;
	if (EVP_DecryptUpdate(cipher, out, &written, in, (int)n) != 1 || written != (int)n)
		die("cipher");
}

/* The key is right for one: then all of the sample are decrypted, and those of its day are found.
 */
static void use_key(EVP_CIPHER_CTX *cipher)
{
	all.keys++;
	for (size_t at = 0; at <= all.mask; at++) {
		uint8_t plain[VALUE];
		if (!all.table[at].used || all.table[at].control)
			continue;
		decrypt(cipher, all.table[at].value, VALUE, plain);
		if (is_mapped(plain))
			all.table[at].found = true;
	}
}

static void try_cipher_key(const uint8_t bytes[16])
{
	static _Thread_local EVP_CIPHER_CTX *cipher; /* one for each thread, kept to the end */
	const EVP_CIPHER *method = NULL;
	uint8_t plain[sizeof(probes)];
	if (!cipher) {
		cipher = EVP_CIPHER_CTX_new();
		method = EVP_aes_128_ecb();
	}
	if (!cipher || EVP_DecryptInit_ex(cipher, method, NULL, bytes, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(cipher, 0) != 1)
		die("cipher");
	decrypt(cipher, probes, sizeof(probes), plain);
	for (size_t i = 0; i < PROBES; i++) {
		if (is_mapped(plain + i * VALUE)) {
			use_key(cipher);
			return;
		}
	}
}

static void try_day_key(const uint8_t bytes[32])
{
	uint8_t derived[32];
	derive(bytes, derived);
	try_cipher_key(derived);
}

/* A salt as it is, and digested, as the cipher's key and as the key of a day. */
static void try_salt_as_key(const struct salt *salt)
{
	uint8_t bytes[64] = {0};
	memcpy(bytes, salt->bytes, salt->n);
	try_cipher_key(bytes);
	try_day_key(bytes);
	sha256(salt->bytes, salt->n, NULL, 0, bytes);
	try_cipher_key(bytes);
	try_day_key(bytes);
	MD5(salt->bytes, salt->n, bytes);
	try_cipher_key(bytes);
}

/* ---- what is on disk ---- */

static void add_salt(const void *bytes, size_t n)
{
	if (n == 0 || n > SALT_MAX)
		return;
	for (size_t i = 0; i < all.salts_n; i++)
		if (all.salts[i].n == n && memcmp(all.salts[i].bytes, bytes, n) == 0)
			return;
	if (all.salts_n >= all.salts_max) {
		all.salts_left_out++;
		return;
	}
	struct salt *salt = &all.salts[all.salts_n++];
	memcpy(salt->bytes, bytes, n);
	salt->n = n;
	hmac_key(salt->bytes, n, &salt->inner, &salt->outer);
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static bool from_hex(const char *text, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(text[2 * i]), low = high < 0 ? -1 : hex_value(text[2 * i + 1]);
		if (low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* A day as it is written, and as the number of days since 1970. */
static bool add_day(const char *text)
{
	struct tm date = {0};
	const char *end = strptime(text, "%Y-%m-%d", &date);
	if (!end || end != text + 10)
		return false;
	int32_t day = (int32_t)(timegm(&date) / 86400);
	add_salt(text, 10);
	add_salt(&day, sizeof(day));
	return true;
}

/* Names like DAY-KID.cms and DAY.key say which days and kids there are. */
static void salts_of_name(const char *name)
{
	uint8_t kid[8];
	if (strlen(name) < 10 || !add_day(name))
		return;
	if (name[10] == '-' && strlen(name) >= 27 && from_hex(name + 11, kid, 8)) {
		add_salt(kid, 8);
		add_salt(name + 11, 16);
	}
}

/* A line "host NAME" of an escrow record. */
static void salts_of_bytes(const char *bytes, size_t n)
{
	static const char key[] = "\nhost ";
	const char *at = n < 65536 ? memmem(bytes, n, key, sizeof(key) - 1) : NULL;
	if (!at)
		return;
	at += sizeof(key) - 1;
	const char *end = memchr(at, '\n', n - (size_t)(at - bytes));
	add_salt(at, end ? (size_t)(end - at) : 0);
}

/* A file in memory; an empty one and what is no file is NULL. */
static const uint8_t *map_file(const char *path, size_t *ret_n)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	void *bytes = MAP_FAILED;
	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
		*ret_n = (size_t)status.st_size;
		bytes = mmap(NULL, *ret_n, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	if (fd >= 0)
		close(fd);
	return bytes == MAP_FAILED ? NULL : bytes;
}

struct range {
	const uint8_t *bytes;
	size_t n, first, step;
};

static void *try_places(void *context)
{
	const struct range *range = context;
	for (size_t at = range->first; at + 16 <= range->n; at += range->step) {
		try_cipher_key(range->bytes + at);
		if (at + 32 <= range->n)
			try_day_key(range->bytes + at);
		all.places++;
	}
	return NULL;
}

static void in_threads(void *(*work)(void *), void *contexts, size_t size)
{
	pthread_t threads[THREADS_MAX];
	for (unsigned i = 0; i < all.threads; i++)
		if (pthread_create(&threads[i], NULL, work, (char *)contexts + i * size))
			die("thread");
	for (unsigned i = 0; i < all.threads; i++)
		pthread_join(threads[i], NULL);
}

static void search_file(const char *path)
{
	struct range ranges[THREADS_MAX];
	size_t n = 0;
	const uint8_t *bytes = map_file(path, &n);
	if (!bytes)
		return;
	salts_of_bytes((const char *)bytes, n);
	const size_t apart = all.count == ALL ? 1 : n / PLACES_MAX + 1;
	for (unsigned i = 0; i < all.threads; i++)
		ranges[i] = (struct range){bytes, n, i * apart, all.threads * apart};
	in_threads(try_places, ranges, sizeof(*ranges));
	munmap((void *)(uintptr_t)bytes, n);
}

static void search_directory(const char *path)
{
	struct dirent *entry;
	DIR *names = opendir(path);
	if (!names)
		die(path);
	while ((entry = readdir(names))) {
		char inner[4096];
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		salts_of_name(entry->d_name);
		if (entry->d_type == DT_DIR)
			search_directory(inner);
		else
			search_file(inner);
	}
	closedir(names);
}

/* ---- the sample and the control ---- */

static void add_samples(const char *text, size_t n)
{
	const char *end = text + n;
	while (end - text >= 34 && (text = memmem(text, (size_t)(end - text), "v_", 2)) &&
	       end - text >= 34) {
		uint8_t value[VALUE];
		text += 2;
		if (from_hex(text, value, VALUE))
			table_add(value, false);
	}
}

static void add_control(const char *text, size_t n)
{
	uint8_t digest[32];
	sha256(text, n, NULL, 0, digest);
	table_add(digest, true);
}

static void add_controls(const char *lines, size_t n)
{
	for (const char *end; n; n -= (size_t)(end - lines) + 1, lines = end + 1) {
		end = memchr(lines, '\n', n);
		if (!end)
			return;
		add_control(lines, (size_t)(end - lines));
	}
}

static void add_own_controls(void)
{
	const uint64_t n = all.count < CONTROLS ? all.count : CONTROLS;
	for (uint64_t i = 0; i < n; i++) {
		char text[16];
		add_control(text, address_text(address_at(i * all.count / n), text));
	}
}

static void load(const char *sample, const char *addresses)
{
	size_t n = 0, lines_n = 0;
	const char *text = (const char *)map_file(sample, &n), *lines = NULL;
	if (!text)
		die(sample);
	if (addresses && !(lines = (const char *)map_file(addresses, &lines_n)))
		die(addresses);
	table_new(n / 34 + lines_n / 8 + CONTROLS);
	add_samples(text, n);
	if (addresses)
		add_controls(lines, lines_n);
	else
		add_own_controls();
	choose_probes();
}

/* ---- the whole ---- */

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static int attack(const char *directory)
{
	unsigned firsts[THREADS_MAX];
	char host[SALT_MAX + 1] = "";
	static const struct salt zero = {.n = SALT_MAX};
	double start = now();
	try_salt_as_key(&zero);
	search_directory(directory);
	if (gethostname(host, sizeof(host) - 1) == 0)
		add_salt(host, strlen(host));
	for (size_t i = 0; i < all.salts_n; i++)
		try_salt_as_key(&all.salts[i]);
	printf("keys: %llu found among %llu places in files, %.1f s\n", all.keys, all.places,
	       now() - start);
	start = now();
	for (unsigned i = 0; i < all.threads; i++)
		firsts[i] = i;
	in_threads(try_addresses, firsts, sizeof(*firsts));
	double seconds = now() - start;
	printf("digests: %llu of %llu addresses tried in %zu ways each (%zu salts, %zu left out), "
	       "%.1f s, %.0f addresses/s\n",
	       (unsigned long long)all.count, (unsigned long long)ALL,
	       1 + 3 * (5 + 6 * all.salts_n), all.salts_n, all.salts_left_out, seconds,
	       (double)all.count / seconds);
	size_t samples = count_found(false), controls = count_found(true);
	printf("recovered %zu of %zu pseudonyms\n", samples, all.samples);
	printf("control: recovered %zu of %zu unsalted digests\n", controls, all.controls);
	return samples == 0 && controls == all.controls && all.samples > 0 ? 0 : 1;
}

static int list(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		char text[16];
		address_text(address_at(i * all.count / n), text);
		puts(text);
	}
	return 0;
}

static int usage(void)
{
	fputs("usage: brute [--count N|all] [--salts N] [--threads N] [--addresses FILE] DIRECTORY "
	      "SAMPLE\n"
	      "       brute --list M [--count N]\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *addresses = NULL;
	uint64_t listed = 0;
	int at = 1;
	for (; at + 1 < argc && strncmp(argv[at], "--", 2) == 0; at += 2) {
		uint64_t number = strtoull(argv[at + 1], NULL, 10);
		if (strcmp(argv[at], "--count") == 0)
			all.count = strcmp(argv[at + 1], "all") == 0 ? ALL : number;
		else if (strcmp(argv[at], "--threads") == 0)
			all.threads = (unsigned)number;
		else if (strcmp(argv[at], "--salts") == 0)
			all.salts_max = number < SALTS ? number : SALTS;
		else if (strcmp(argv[at], "--list") == 0)
			listed = number;
		else if (strcmp(argv[at], "--addresses") == 0)
			addresses = argv[at + 1];
		else
			return usage();
	}
	if (all.count < 1 || all.count > ALL || all.threads < 1 || all.threads > THREADS_MAX)
		return usage();
	if (listed && at == argc)
		return list(listed);
	if (argc - at != 2)
		return usage();
	load(argv[at + 1], addresses);
	return attack(argv[at]);
}
