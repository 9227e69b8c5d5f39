/*
 * After its day is closed, no key is left: not in this process's memory, not in a file. What is
 * looked for are the keys, every subkey and everything that is as good as a subkey: expanded AES
 * keys, padded HMAC keys and the states of SHA-256 behind them. A child process computes all that
 * from the key file and hands it over disguised, so that the test itself never holds what it looks
 * for; pieces of 16 bytes are searched, so that half a key is found too.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA256_Transform: the only way to a state within */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <link.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "aggregate/veil/keyring.h"

/* AddressSanitizer's shadow is terabytes, and it keeps what was freed. */
#if defined(__SANITIZE_ADDRESS__)
static const bool too_much_memory = true;
#else
static const bool too_much_memory = false;
#endif

enum { PIECE = 16, PIECES_MAX = 512, DAY = 20000, AES_BLOCK = 16 };

/*
 * Found by the tests below: where functions of libraries are looked up at their first call, the
 * dynamic linker saves all vector registers on the stack, and there lie keys that memcpy or SipHash
 * had just moved. Nothing overwrites them in a thread that then waits. So lookups are done at start
 * (libcrypto is linked like this too), and this is the only remedy that was needed: with it no copy
 * was found on any stack, on the heap or elsewhere, with and without the AES and SHA instructions.
 */
static bool looked_up_at_start(void)
{
	bool now = getenv("LD_BIND_NOW") != NULL;
	for (const ElfW(Dyn) *row = _DYNAMIC; row->d_tag != DT_NULL; row++)
		now = now || row->d_tag == DT_BIND_NOW ||
		      (row->d_tag == DT_FLAGS && row->d_un.d_val & DF_BIND_NOW) ||
		      (row->d_tag == DT_FLAGS_1 && row->d_un.d_val & DF_1_NOW);
	return now;
}

Test(key_life, functions_are_looked_up_at_start)
{
	cr_expect(looked_up_at_start(), "link with -Wl,-z,relro,-z,now: else keys stay on stacks");
}

static void need_memory(void)
{
	if (too_much_memory)
		cr_skip_test("memory cannot be looked through under AddressSanitizer");
	if (!looked_up_at_start())
		cr_skip_test("keys stay on stacks where functions are looked up late");
}

/* ---- wiping, which can be switched off for the control ---- */

static bool wiping_is_off;

void OPENSSL_cleanse(void *bytes, size_t n)
{
	volatile uint8_t *at = bytes;
	for (size_t i = 0; i < n && !wiping_is_off; i++)
		at[i] = 0;
}

int munmap(void *at, size_t n)
{
	return wiping_is_off ? 0 : (int)syscall(SYS_munmap, at, n);
}

/* ---- what is looked for ---- */

struct piece {
	uint8_t disguised[PIECE];
	char name[48];
};

static struct needles {
	uint8_t mask[PIECE];
	uint32_t n;
	struct piece all[PIECES_MAX];
} needles;

/* SHA-256 works on big-endian words: what it leaves lies the other way round in memory. */
static void add_piece(struct needles *to, const char *name, size_t at, const uint8_t *bytes,
		      bool swapped)
{
	if (to->n == PIECES_MAX)
		abort();
	struct piece *piece = &to->all[to->n++];
	snprintf(piece->name, sizeof(piece->name), "%s+%zu%s", name, at, swapped ? " swapped" : "");
	for (size_t i = 0; i < PIECE; i++)
		piece->disguised[i] = bytes[swapped ? i ^ 3 : i] ^ to->mask[i];
}

static void add(struct needles *to, const char *name, const uint8_t *bytes, size_t n)
{
	for (size_t at = 0; at < n; at += PIECE) {
		add_piece(to, name, at, bytes + at, false);
		add_piece(to, name, at, bytes + at, true);
	}
}

/* FIPS 197, 4.2: times x modulo x^8 + x^4 + x^3 + x + 1. */
static uint8_t times_x(uint8_t a)
{
	return (uint8_t)(a << 1 ^ (a & 0x80 ? 0x1b : 0));
}

static uint8_t times(uint8_t a, uint8_t b)
{
	uint8_t product = 0;
	for (; b; b >>= 1, a = times_x(a))
		if (b & 1)
			product ^= a;
	return product;
}

/* FIPS 197, 5.1.1: the inverse, by search, then the affine map. */
static uint8_t substitute(uint8_t a)
{
	unsigned inverse = 0, s;
	while (a && times(a, (uint8_t)inverse) != 1)
		inverse++;
	s = inverse;
	for (unsigned i = 1; i < 5; i++)
		s ^= (inverse << i | inverse >> (8 - i)) & 0xff;
	return (uint8_t)(s ^ 0x63);
}

/* FIPS 197, 5.2; returns how many bytes the expanded key has. */
static size_t expand(const uint8_t *key, size_t n, uint8_t out[240])
{
	size_t size = AES_BLOCK * (n / 4 + 7);
	uint8_t constant = 1;
	memcpy(out, key, n);
	for (size_t at = n; at < size; at += 4) {
		uint8_t word[4];
		memcpy(word, out + at - 4, 4);
		if (at % n == 0) {
			const uint8_t first = word[0];
			for (int i = 0; i < 3; i++)
				word[i] = substitute(word[i + 1]);
			word[3] = substitute(first);
			word[0] ^= constant;
			constant = times_x(constant);
		} else if (n == 32 && at % n == 16) {
			for (int i = 0; i < 4; i++)
				word[i] = substitute(word[i]);
		}
		for (size_t i = 0; i < 4; i++)
			out[at + i] = out[at + i - n] ^ word[i];
	}
	return size;
}

/* FIPS 197, 5.3.5: what decrypting with AES instructions keeps. */
static void invert_columns(uint8_t *round_key)
{
	static const uint8_t factors[4] = {14, 11, 13, 9};
	for (int column = 0; column < 4; column++, round_key += 4) {
		uint8_t out[4] = {0};
		for (int i = 0; i < 4; i++)
			for (int j = 0; j < 4; j++)
				out[i] ^= times(round_key[j], factors[(j - i + 4) % 4]);
		memcpy(round_key, out, 4);
	}
}

static void add_cipher(struct needles *to, const char *name, const uint8_t *key, size_t n)
{
	uint8_t rounds[240];
	char text[24];
	size_t size = expand(key, n, rounds);
	snprintf(text, sizeof(text), "%s aes", name);
	add(to, text, rounds, size);
	for (size_t at = AES_BLOCK; at < size - AES_BLOCK; at += AES_BLOCK)
		invert_columns(rounds + at);
	snprintf(text, sizeof(text), "%s inv", name);
	add(to, text, rounds + AES_BLOCK, size - 2 * (size_t)AES_BLOCK);
}

static void add_hmac(struct needles *to, const char *name, const uint8_t key[32])
{
	static const uint8_t pads[2] = {0x36, 0x5c};
	add(to, name, key, 32);
	for (int i = 0; i < 2; i++) {
		uint8_t block[SHA256_CBLOCK];
		char text[24];
		SHA256_CTX state;
		for (size_t j = 0; j < sizeof(block); j++)
			block[j] = (uint8_t)((j < 32 ? key[j] : 0) ^ pads[i]);
		snprintf(text, sizeof(text), "%s pad%d", name, i);
		add(to, text, block, 32);
		SHA256_Init(&state);
		SHA256_Transform(&state, block);
		snprintf(text, sizeof(text), "%s state%d", name, i);
		add(to, text, (const uint8_t *)state.h, 32);
	}
}

/* The key and the state it makes, which the rounds start from. */
static void add_siphash(struct needles *to, const char *name, const uint8_t key[16])
{
	static const char text[] = "uespemosmodnarodarenegylsetybdet";
	uint8_t state[32];
	add(to, name, key, 16);
	for (size_t i = 0; i < sizeof(state); i++)
		state[i] = (uint8_t)text[i] ^ key[i % 16];
	add(to, name, state, sizeof(state));
}

/* HMAC-SHA-256("veiltally v1", key), RFC 5869's extraction. */
static void extract(const uint8_t key[KEY_SIZE], uint8_t out[32])
{
	static const char salt[] = "veiltally v1";
	uint8_t inner[SHA256_CBLOCK + KEY_SIZE], outer[SHA256_CBLOCK + 32];
	memset(inner, 0x36, SHA256_CBLOCK);
	memset(outer, 0x5c, SHA256_CBLOCK);
	for (size_t i = 0; i + 1 < sizeof(salt); i++) {
		inner[i] ^= (uint8_t)salt[i];
		outer[i] ^= (uint8_t)salt[i];
	}
	memcpy(inner + SHA256_CBLOCK, key, KEY_SIZE);
	SHA256(inner, sizeof(inner), outer + SHA256_CBLOCK);
	SHA256(outer, sizeof(outer), out);
}

static void add_master(struct needles *to, const char *name, const uint8_t key[KEY_SIZE])
{
	uint8_t prk[32];
	char text[24];
	add(to, name, key, KEY_SIZE);
	extract(key, prk);
	snprintf(text, sizeof(text), "%s prk", name);
	add_hmac(to, text, prk);
}

static void add_all(struct needles *to, const uint8_t escrowed[KEY_SIZE],
		    const uint8_t counting[KEY_SIZE])
{
	static const char *const digests[] = {"veiltally net v1", "veiltally user v1",
					      "veiltally host v1", "veiltally path v1"};
	static const char *const tags[] = {"veiltally unit v1", "veiltally visitor v1"};
	uint8_t key[32];
	add_master(to, "K_e", escrowed);
	add_master(to, "K_v", counting);
	key_derive(escrowed, "ipcrypt-deterministic", key, 16);
	add_cipher(to, "deterministic", key, 16);
	key_derive(escrowed, "ipcrypt-pfx", key, 32);
	add_cipher(to, "pfx 1", key, 16);
	add_cipher(to, "pfx 2", key + 16, 16);
	for (size_t i = 0; i < 4; i++) {
		key_derive(escrowed, digests[i], key, 32);
		add_hmac(to, digests[i] + 10, key);
	}
	key_derive(counting, "veiltally index v1", key, 32);
	add_hmac(to, "index", key);
	key_derive(counting, "veiltally seal v1", key, 32);
	add_cipher(to, "seal", key, 32);
	for (size_t i = 0; i < 2; i++) {
		key_derive(counting, tags[i], key, 16);
		add_siphash(to, tags[i] + 10, key);
	}
}

static void read_fully(int fd, void *out, size_t n)
{
	for (uint8_t *at = out; n;) {
		ssize_t got = read(fd, at, n);
		cr_assert(got > 0);
		at += got;
		n -= (size_t)got;
	}
}

/* The child reads the key file, computes and disguises; only that comes back. */
static void learn_needles(const char *key_file)
{
	int ends[2];
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(secret_random(needles.mask, PIECE), 0);
	pid_t child = fork();
	if (child == 0) {
		uint8_t bytes[128];
		int fd = open(key_file, O_RDONLY);
		if (read(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
			_exit(1);
		add_all(&needles, bytes + 32, bytes + 64);
		_exit(write(ends[1], &needles, sizeof(needles)) == (ssize_t)sizeof(needles) ? 0
											    : 1);
	}
	int status;
	close(ends[1]);
	read_fully(ends[0], &needles, sizeof(needles));
	close(ends[0]);
	cr_assert(waitpid(child, &status, 0) == child && status == 0);
	cr_assert(needles.n > 300, "%u needles", needles.n);
}

/* ---- looking ---- */

enum { CHUNK = 1 << 16 };
static uint8_t window[CHUNK + PIECE];
static bool found[PIECES_MAX];
static uint8_t begins[1 << 16]; /* which two bytes a piece may begin with */

static void look_clear(void)
{
	memset(found, 0, sizeof(found));
	memset(begins, 0, sizeof(begins));
	for (uint32_t i = 0; i < needles.n; i++) {
		const uint8_t *p = needles.all[i].disguised;
		begins[(p[0] ^ needles.mask[0]) << 8 | (p[1] ^ needles.mask[1])] = 1;
	}
}

static void look_at(const uint8_t *bytes)
{
	for (uint32_t i = 0; i < needles.n; i++) {
		const uint8_t *p = needles.all[i].disguised;
		size_t same = 0;
		while (same < PIECE && (bytes[same] ^ needles.mask[same]) == p[same])
			same++;
		if (same == PIECE)
			found[i] = true;
	}
}

static void look_through(const uint8_t *bytes, size_t n)
{
	for (size_t at = 0; at + PIECE <= n; at++)
		if (begins[bytes[at] << 8 | bytes[at + 1]])
			look_at(bytes + at);
}

static unsigned count_found(void)
{
	unsigned n = 0;
	for (uint32_t i = 0; i < needles.n; i++)
		n += found[i];
	return n;
}

static bool was_found(const char *name)
{
	for (uint32_t i = 0; i < needles.n; i++)
		if (found[i] && strncmp(needles.all[i].name, name, strlen(name)) == 0)
			return true;
	return false;
}

/* The chunks overlap, so that nothing hides on their edge. */
static uint64_t look_through_region(int memory, uint64_t from, uint64_t to)
{
	uint64_t seen = 0;
	for (uint64_t at = from; at < to; at += CHUNK) {
		size_t n = to - at < sizeof(window) ? (size_t)(to - at) : sizeof(window);
		ssize_t got = pread(memory, window, n, (off_t)at);
		if (got <= 0)
			break;
		look_through(window, (size_t)got);
		seen += (uint64_t)got;
	}
	return seen;
}

/*
 * Every readable mapping of this process: heap, stacks of all threads, anonymous pages, libraries.
 * The window through which they are read is wiped before and is otherwise one of them.
 */
static unsigned look_through_memory(void)
{
	char line[512];
	uint64_t seen = 0;
	int memory = open("/proc/self/mem", O_RDONLY);
	FILE *maps = fopen("/proc/self/maps", "re");
	cr_assert(memory >= 0 && maps);
	memset(window, 0, sizeof(window));
	look_clear();
	while (fgets(line, sizeof(line), maps)) {
		unsigned long long from, to;
		char readable;
		if (sscanf(line, "%llx-%llx %c", &from, &to, &readable) == 3 && readable == 'r' &&
		    !strstr(line, "[v")) /* vvar, vsyscall: the kernel's */
			seen += look_through_region(memory, from, to);
	}
	fclose(maps);
	close(memory);
	cr_assert(seen > 1 << 20, "%llu bytes", (unsigned long long)seen);
	return count_found();
}

static void look_through_directory(const char *path)
{
	struct dirent *entry;
	DIR *names = opendir(path);
	while (names && (entry = readdir(names))) {
		char inner[512];
		snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.' && entry->d_type == DT_DIR)
			look_through_directory(inner);
		int fd = entry->d_type == DT_REG ? open(inner, O_RDONLY) : -1;
		ssize_t got = fd >= 0 ? read(fd, window, sizeof(window)) : 0;
		if (got > 0)
			look_through(window, (size_t)got);
		if (fd >= 0)
			close(fd);
	}
	if (names)
		closedir(names);
	OPENSSL_cleanse(window, sizeof(window));
}

static unsigned look_through_files(const char *path)
{
	look_clear();
	look_through_directory(path);
	return count_found();
}

static void print_found(const char *when)
{
	for (uint32_t i = 0; i < needles.n; i++)
		if (found[i])
			printf("%s: %s\n", when, needles.all[i].name);
}

/* ---- a day in use ---- */

static char base[64], keys_path[80], key_file[100], escrow_path[80];
static struct escrow *escrow;
static struct keyring *keyring;

static void remove_tree(const char *path)
{
	struct dirent *entry;
	DIR *names = opendir(path);
	while (names && (entry = readdir(names))) {
		char inner[512];
		snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove_tree(inner);
	}
	if (names)
		closedir(names);
	remove(path);
}

static void open_keyring(void)
{
	struct error error = {""};
	const struct keyring_options options = {
	    .directory = keys_path, .escrow = escrow, .max_open_days = 40};
	keyring = keyring_open(&options, &error);
	cr_assert_not_null(keyring, "%s", error.text);
}

static void set_up(void)
{
	struct error error = {""};
	if (too_much_memory)
		return;
	strcpy(base, "/tmp/veiltally_key_life_XXXXXX");
	cr_assert_not_null(mkdtemp(base));
	snprintf(keys_path, sizeof(keys_path), "%s/keys", base);
	snprintf(key_file, sizeof(key_file), "%s/2024-10-04.key", keys_path);
	snprintf(escrow_path, sizeof(escrow_path), "%s/escrow", base);
	escrow = escrow_open(escrow_path, NULL, &error);
	cr_assert_not_null(escrow, "%s", error.text);
	open_keyring();
}

static void tear_down(void)
{
	if (too_much_memory)
		return;
	escrow_free(escrow);
	remove_tree(base);
}

TestSuite(key_life, .init = set_up, .fini = tear_down, .timeout = 60);

/* Every function that touches the keys of a day and that a worker calls. */
enum use {
	USE_NOTHING,
	USE_PSEUDONYM,
	USE_PREFIX,
	USE_PREFIX_LONG,
	USE_NAME,
	USE_NETWORK,
	USE_UNIT,
	USE_REVEAL,
	USE_USER,
	USE_PATH,
	USE_HOST,
	USE_UNIT_TAG,
	USE_VISITOR_TAG,
	USE__COUNT
};

static void client(const struct day_keys *keys, enum address_mode mode, const char *text)
{
	char out[PSEUDONYM_MAX];
	struct address address;
	address_parse(slice_from(text), &address);
	pseudonym_client(keys->pseudonym, mode, &address, slice_from(text), out);
}

static void use(const struct day_keys *keys, enum use what)
{
	struct address address = {.bytes = {0x20, 1}, .kind = ADDRESS_V6};
	char out[PSEUDONYM_MAX];
	switch (what) {
	case USE_PSEUDONYM:
		client(keys, ADDRESS_MODE_PSEUDONYM, "192.0.2.1");
		break;
	case USE_PREFIX:
		client(keys, ADDRESS_MODE_PREFIX, "192.0.2.1");
		break;
	case USE_PREFIX_LONG:
		client(keys, ADDRESS_MODE_PREFIX, "2001:db8::1");
		break;
	case USE_NAME:
		client(keys, ADDRESS_MODE_PSEUDONYM, "host.example");
		break;
	case USE_NETWORK:
		pseudonym_network(keys->pseudonym, &address, out);
		break;
	case USE_UNIT:
		pseudonym_unit(keys->pseudonym, &address, out);
		break;
	case USE_REVEAL:
		pseudonym_reveal(keys->pseudonym, "v_00112233445566778899aabbccddeeff", &address);
		break;
	case USE_USER:
		pseudonym_user(keys->pseudonym, slice_from("jane"), out);
		break;
	case USE_PATH:
		pseudonym_path(keys->pseudonym, slice_from("/u"), slice_from("jane"), out);
		break;
	case USE_HOST:
		pseudonym_host(keys->pseudonym, slice_from("host.example"), out);
		break;
	case USE_UNIT_TAG:
		(void)counting_unit_tag(keys->counting, 1, slice_from("abc"));
		break;
	case USE_VISITOR_TAG:
		(void)counting_visitor_tag(keys->counting, 1, 2, 3);
		break;
	case USE_NOTHING:
	default:
		break;
	}
}

static void use_seal(const struct day_keys *keys)
{
	uint8_t row[ROW_KEY_SIZE], sealed[156], opened[156];
	char text[100] = "some text";
	size_t n;
	seal_row_key(keys->seal, 1, slice_from("a"), slice_from("b"), row);
	struct slice name = slice_make((const char *)row, sizeof(row));
	seal_close(keys->seal, DAY, 1, name, slice_make(text, sizeof(text)), sealed);
	seal_open(keys->seal, DAY, 1, name, slice_make((const char *)sealed, sizeof(sealed)),
		  opened, &n);
	cr_assert_eq(n, sizeof(text));
}

static const struct day_keys *ask(void)
{
	struct error error = {""};
	const struct day_keys *keys = NULL;
	cr_assert_eq(keyring_day(keyring, DAY, &keys, &error), KEYRING_OPEN, "%s", error.text);
	return keys;
}

/*
 * One thread for each use, which does nothing else and stays, so that what is left on its stack is
 * not overwritten by another call. The first one makes the keys (or reads them).
 */
static struct {
	pthread_t threads[USE__COUNT];
	pthread_barrier_t at_work, at_end;
} workers;

static void *work(void *context)
{
	const struct day_keys *keys = NULL;
	if (keyring_day(keyring, DAY, &keys, NULL) == KEYRING_OPEN)
		use(keys, *(const enum use *)context);
	pthread_barrier_wait(&workers.at_work);
	pthread_barrier_wait(&workers.at_end);
	return NULL;
}

static void workers_start(void)
{
	static enum use uses[USE__COUNT];
	pthread_barrier_init(&workers.at_end, NULL, USE__COUNT + 1);
	for (unsigned i = 0; i < USE__COUNT; i++) {
		uses[i] = (enum use)i;
		pthread_barrier_init(&workers.at_work, NULL, 2);
		cr_assert_eq(pthread_create(&workers.threads[i], NULL, work, &uses[i]), 0);
		pthread_barrier_wait(&workers.at_work);
	}
}

static void workers_end(void)
{
	pthread_barrier_wait(&workers.at_end);
	for (unsigned i = 0; i < USE__COUNT; i++)
		pthread_join(workers.threads[i], NULL);
}

/* The 16-byte pieces of all subkeys: what a hot day has in memory, each once. */
enum { SUBKEY_PIECES = 1 + 2 + 4 * 2 + 2 + 2 + 2 };

static void check_a_life(bool destroyed)
{
	need_memory();
	workers_start();
	use_seal(ask());
	learn_needles(key_file);
	cr_expect_eq(look_through_memory(), SUBKEY_PIECES, "a hot day has its subkeys");
	cr_expect(was_found("seal aes+0") && was_found("visitor") && was_found("deterministic"));
	cr_expect(!was_found("K_e") && !was_found("K_v"), "raw keys while the day is hot");
	cr_expect_eq(look_through_files(base), 4, "the key file has both keys");
	if (destroyed) {
		cr_expect_eq(keyring_destroy(keyring, DAY, NULL), 0);
		cr_expect_eq(look_through_files(base), 0, "a key in a file");
	} else {
		keyring_free(keyring);
		keyring = NULL;
	}
	cr_expect_eq(look_through_memory(), 0, "a key in memory");
	print_found("closed");
	workers_end();
	keyring_free(keyring);
}

Test(key_life, destroyed)
{
	check_a_life(true);
}

Test(key_life, freed)
{
	check_a_life(false);
}

/* The second run reads the file instead of making it, the third closes the day at its start. */
Test(key_life, read_by_the_next_run)
{
	static const int32_t closed[] = {DAY};
	need_memory();
	ask();
	keyring_free(keyring);
	open_keyring();
	workers_start();
	use_seal(ask());
	learn_needles(key_file);
	keyring_free(keyring);
	cr_expect_eq(look_through_memory(), 0, "a key in memory");
	print_found("read");
	workers_end();
	const struct keyring_options options = {.directory = keys_path,
						.escrow = escrow,
						.max_open_days = 40,
						.closed = closed,
						.closed_n = 1};
	keyring = keyring_open(&options, NULL);
	cr_assert_not_null(keyring);
	cr_expect_eq(look_through_files(base), 0, "a key in a file");
	cr_expect_eq(look_through_memory(), 0, "a key in memory");
	print_found("closed");
	keyring_free(keyring);
}

Test(key_life, control_without_wiping)
{
	need_memory();
	ask();
	learn_needles(key_file);
	wiping_is_off = true;
	cr_assert_eq(keyring_destroy(keyring, DAY, NULL), 0);
	keyring_free(keyring);
	look_through_memory();
	wiping_is_off = false;
	static const char *const wanted[] = {"net v1+0",   "net v1+16", "user v1+0", "host v1+0",
					     "path v1+0",  "index+0",	"index+16",  "seal aes+0",
					     "pfx 1",	   "pfx 2",	"unit v1+0", "visitor v1+0",
					     "seal aes+16"};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		cr_expect(was_found(wanted[i]), "%s was not found", wanted[i]);
}

/* A copy in any corner is found: heap, static memory, a mapping, at an odd address, half a key. */
Test(key_life, control_with_copies)
{
	static uint8_t corner[64];
	need_memory();
	ask();
	learn_needles(key_file);
	cr_assert_eq(keyring_destroy(keyring, DAY, NULL), 0);
	keyring_free(keyring);
	cr_assert_eq(look_through_memory(), 0);
	uint8_t *heap = malloc(1000);
	uint8_t *pages =
	    mmap(NULL, 3 * CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t stack[64];
	uint8_t *const places[] = {heap + 501,	      corner + 3, pages,
				   pages + CHUNK - 7, stack + 1,  pages + 3 * CHUNK - PIECE};
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		uint32_t which = (uint32_t)(i * 31 % needles.n);
		for (size_t j = 0; j < PIECE; j++)
			places[i][j] = needles.all[which].disguised[j] ^ needles.mask[j];
		cr_expect_eq(look_through_memory(), 1, "place %zu", i);
		cr_expect(found[which], "place %zu", i);
		OPENSSL_cleanse(places[i], PIECE);
	}
	cr_expect_eq(look_through_memory(), 0);
	munmap(pages, 3 * CHUNK);
	free(heap);
}
