#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "aggregate/veil/keys.h"

/* Compiled in, so that the key derivation can give two equal halves, or fail. */
static bool equal_halves;
static int derivations = -1; /* how many still succeed; -1 = all */

static int test_derive(const uint8_t key[KEY_SIZE], const char *label, uint8_t *out, size_t n)
{
	if (derivations >= 0 && derivations-- == 0)
		return -1;
	int result = key_derive(key, label, out, n);
	if (equal_halves)
		memcpy(out + n / 2, out, n / 2);
	return result;
}

#define key_derive test_derive
#include "aggregate/veil/pseudonym.c"
#undef key_derive

/* Appendix "Test Vectors" of draft-denis-ipcrypt, commit e525566944de (IETF Trust). */
#define PFX_A "0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301"
#define PFX_B "2b7e151628aed2a6abf7158809cf4f3ca9f5ba40db214c3798f2e1c23456789a"
static const struct vector {
	const char *key, *plain, *cipher;
} vectors[] = {
    {"0123456789abcdeffedcba9876543210", "0.0.0.0", "bde9:6789:d353:824c:d7c6:f58a:6bd2:26eb"},
    {"1032547698badcfeefcdab8967452301", "255.255.255.255",
     "aed2:92f6:ea23:58c3:48fd:8b8:74e8:45d8"},
    {"2b7e151628aed2a6abf7158809cf4f3c", "192.0.2.1", "1dbd:c1b9:fff1:7586:7d0b:67b4:e76e:4777"},
    {"0123456789abcdeffedcba9876543210", "2001:db8:85a3::8a2e:370:7334",
     "1eef:2352:64c8:18e6:6456:1373:f615:5032"},
    {"1032547698badcfeefcdab8967452301", "192.0.2.1", "7fde:a680:9546:ef2:d3c:7abb:1b38:2659"},
    {PFX_A, "0.0.0.0", "151.82.155.134"},
    {PFX_A, "255.255.255.255", "94.185.169.89"},
    {PFX_A, "192.0.2.1", "100.115.72.131"},
    {PFX_A, "2001:db8::1", "c180:5dd4:2587:3524:30ab:fa65:6ab6:f88"},
    {PFX_B, "10.0.0.47", "19.214.210.244"},
    {PFX_B, "10.0.0.129", "19.214.210.80"},
    {PFX_B, "10.0.0.234", "19.214.210.30"},
    {PFX_B, "172.16.5.193", "210.78.229.136"},
    {PFX_B, "172.16.97.42", "210.78.179.241"},
    {PFX_B, "172.16.248.177", "210.78.121.215"},
    {PFX_B, "2001:db8::a5c9:4e2f:bb91:5a7d", "7cec:702c:1243:f70:1956:125:b9bd:1aba"},
    {PFX_B, "2001:db8::7234:d8f1:3c6e:9a52", "7cec:702c:1243:f70:a3ef:c8e:95c1:cd0d"},
    {PFX_B, "2001:db8::f1e0:937b:26d4:8c1a", "7cec:702c:1243:f70:443c:c8e:6a62:b64d"},
    {PFX_B, "2001:db8:3a5c:0:e7d1:4b9f:2c8a:f673", "7cec:702c:3503:bef:e616:96bd:be33:a9b9"},
    {PFX_B, "2001:db8:9f27:0:b4e2:7a3d:5f91:c8e6", "7cec:702c:a504:b74e:194a:3d90:b047:2d1a"},
    {PFX_B, "2001:db8:d8b4:0:193c:a5e7:8b2f:46d1", "7cec:702c:f840:aa67:1b8:e84f:ac9d:77fb"},
};
enum { VECTORS = sizeof(vectors) / sizeof(*vectors) };

static size_t hex_bytes(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
	return n;
}

static struct address parsed(const char *text)
{
	struct address address;
	address_parse(slice_from(text), &address);
	return address;
}

static void check_vector(const struct vector *row)
{
	uint8_t key[32], out[16];
	char text[PSEUDONYM_MAX];
	size_t key_n = hex_bytes(row->key, key);
	int (*cipher)(const uint8_t *, const uint8_t *, bool, uint8_t *) =
	    key_n == 16 ? ipcrypt_deterministic : ipcrypt_pfx;
	struct address plain = parsed(row->plain), wanted = parsed(row->cipher);
	cr_expect_eq(cipher(key, plain.bytes, false, out), 0);
	cr_expect_eq(memcmp(out, wanted.bytes, 16), 0, "row %s: encrypted", row->plain);
	put_address(out, text);
	cr_expect_str_eq(text, row->cipher, "row %s: text", row->plain);
	cr_expect_eq(cipher(key, wanted.bytes, true, out), 0);
	cr_expect_eq(memcmp(out, plain.bytes, 16), 0, "row %s: decrypted", row->plain);
}

Test(pseudonym, vectors_of_the_draft)
{
	for (size_t i = 0; i < VECTORS; i++)
		check_vector(&vectors[i]);
}

Test(pseudonym, vectors_of_the_reference_implementation)
{
	char path[512];
	const char *shared = getenv("VEILTALLY_SHARED");
	snprintf(path, sizeof(path), "%s/data/vectors/ipcrypt/test_vectors.json",
		 shared ? shared : "../shared");
	if (access(path, R_OK))
		cr_skip_test("the vectors are not here: %s", path);
	json_t *root = json_load_file(path, 0, NULL), *row;
	size_t i, rows = 0;
	json_array_foreach(root, i, row)
	{
		/* The other variants carry a tweak and are not used here. */
		if (json_object_get(row, "tweak"))
			continue;
		const struct vector vector = {
		    json_string_value(json_object_get(row, "key")),
		    json_string_value(json_object_get(row, "ip")),
		    json_string_value(json_object_get(row, "encrypted_ip")),
		};
		check_vector(&vector);
		rows++;
	}
	cr_assert_eq(rows, VECTORS, "%zu rows", rows);
	json_decref(root);
}

/* ---- properties ---- */

static uint64_t seed;

static uint64_t next_random(void) /* splitmix64 */
{
	uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void new_seed(void)
{
	const char *given = getenv("VEILTALLY_SEED");
	if (given)
		seed = strtoull(given, NULL, 10);
	else if (secret_random((uint8_t *)&seed, sizeof(seed)))
		cr_assert_fail("no random seed");
	printf("seed %llu\n", (unsigned long long)seed);
}

static void random_bytes(uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(next_random() >> 32);
}

static void random_address(bool v4, uint8_t out[16])
{
	random_bytes(out, 16);
	if (v4)
		memcpy(out, MAPPED, sizeof(MAPPED));
}

/* Sanitizers make the loop ten times slower; the million is for the plain build. */
#if defined(__SANITIZE_ADDRESS__)
enum { ADDRESSES = 50000 };
#else
enum { ADDRESSES = 1000000 };
#endif

Test(pseudonym, decrypting_is_the_inverse_of_encrypting, .timeout = 120)
{
	new_seed();
	EVP_CIPHER *method = aes_fetch();
	uint8_t key[32], in[16], out[16], back[16];
	random_bytes(key, sizeof(key));
	for (int i = 0; i < ADDRESSES; i++) {
		random_address(i & 1, in);
		int failed = aes(method, key, false, in, 16, out);
		failed |= aes(method, key, true, out, 16, back);
		cr_assert(!failed && memcmp(in, back, 16) == 0, "deterministic, address %d", i);
		failed = pfx_encrypt(method, key, in, out) | pfx_decrypt(method, key, out, back);
		cr_assert(!failed && memcmp(in, back, 16) == 0, "pfx, address %d", i);
		cr_assert_eq(is_mapped(out), is_mapped(in), "pfx keeps the family, address %d", i);
	}
	EVP_CIPHER_free(method);
}

static unsigned common_bits(const uint8_t a[16], const uint8_t b[16])
{
	unsigned n = 0;
	while (n < BITS && bit_at(a, n) == bit_at(b, n))
		n++;
	return n;
}

/* Exactly as long a common prefix as before: not shorter and, being a bijection, not longer. */
Test(pseudonym, pfx_keeps_prefixes)
{
	new_seed();
	EVP_CIPHER *method = aes_fetch();
	for (int round = 0; round < 20000; round++) {
		uint8_t key[32], a[16], b[16], x[16], y[16];
		bool v4 = round & 1;
		random_bytes(key, sizeof(key));
		random_address(v4, a);
		unsigned from = v4 ? MAPPED_BITS : 0;
		unsigned at = from + (unsigned)(next_random() % (BITS - from));
		random_address(v4, b);
		for (unsigned i = 0; i < at; i++)
			flip_bit(b, i, bit_at(a, i) ^ bit_at(b, i));
		flip_bit(b, at, (bit_at(a, at) == bit_at(b, at)) ? 1 : 0);
		if (is_mapped(a) != is_mapped(b))
			continue;
		cr_assert(!pfx_encrypt(method, key, a, x) && !pfx_encrypt(method, key, b, y));
		cr_assert_eq(common_bits(x, y), at, "round %d: %u, not %u", round,
			     common_bits(x, y), at);
	}
	EVP_CIPHER_free(method);
}

Test(pseudonym, equal_halves_are_refused)
{
	uint8_t key[32], in[16] = {1}, out[16] = {7};
	memset(key, 5, sizeof(key));
	cr_expect_eq(ipcrypt_pfx(key, in, false, out), -1);
	cr_expect_eq(ipcrypt_pfx(key, in, true, out), -1);
	cr_expect_eq(out[0], 7, "nothing is written");
	struct error error = {""};
	equal_halves = true;
	cr_expect_null(pseudonym_keys_from(key, &error));
	equal_halves = false;
	cr_expect_neq(error.text[0], '\0');
}

Test(pseudonym, a_failed_derivation_is_no_key)
{
	const uint8_t key[KEY_SIZE] = {1};
	for (int n = 0; n < 7; n++) {
		struct error error = {""};
		derivations = n;
		cr_expect_null(pseudonym_keys_from(key, &error), "derivation %d", n);
		cr_expect_neq(error.text[0], '\0', "derivation %d", n);
	}
	derivations = -1;
	pseudonym_keys_free(NULL);
}

/* ---- what the log shows ---- */

static struct pseudonym_keys *keys_0_to_31(void)
{
	uint8_t key[KEY_SIZE];
	struct error error = {""};
	for (unsigned i = 0; i < KEY_SIZE; i++)
		key[i] = (uint8_t)i;
	struct pseudonym_keys *keys = pseudonym_keys_from(key, &error);
	cr_assert_not_null(keys, "%s", error.text);
	return keys;
}

/*
 * Made with an independent implementation (Python's hmac and cryptography) for the key 00 01 … 1f,
 * so that labels, tags and lengths cannot change unseen.
 */
static const struct {
	const char *client, *text[ADDRESS_MODE__COUNT], *network, *unit;
} clients[] = {
    {"192.0.2.1",
     {"v_f502cb15c2ee3d61cb24d8ef3529ec80", "137.27.244.38", "192.0.2.0", "-"},
     "608ce5518df6f75a",
     "d2b4465678ac864e"},
    {"::ffff:192.0.2.1",
     {"v_f502cb15c2ee3d61cb24d8ef3529ec80", "137.27.244.38", "192.0.2.0", "-"},
     "608ce5518df6f75a",
     "d2b4465678ac864e"},
    {"2001:db8:85a3::8a2e:370:7334",
     {"v_8f70eeb246b9ad84d8b465316e98c479", "e91a:27b0:7f47:5f6e:3f85:c07d:f261:7346",
      "2001:db8:85a3::", "-"},
     "a1c16a834cbc2346",
     "a0e3926149b0c314"},
    {"::1",
     {"v_d2ae23295e0896617f2c1bfbe16341f6", "daec:259c:b89d:1a8e:450d:55e0:a75:8a7b", "::", "-"},
     "4836727acbbfb717",
     "5599b26e296f00ad"},
    {"some.host.example", {"x_499eb610685ab54c", "x_499eb610685ab54c", "-", "-"}, "", ""},
};

Test(pseudonym, texts_are_as_documented)
{
	struct pseudonym_keys *keys = keys_0_to_31();
	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++) {
		struct address address = parsed(clients[i].client);
		char out[PSEUDONYM_MAX];
		for (unsigned mode = 0; mode < ADDRESS_MODE__COUNT; mode++) {
			size_t n = pseudonym_client(keys, (enum address_mode)mode, &address,
						    slice_from(clients[i].client), out);
			cr_expect_str_eq(out, clients[i].text[mode], "row %s, %s: %s",
					 clients[i].client, address_mode_name(mode), out);
			cr_expect_eq(n, strlen(out), "row %s", clients[i].client);
		}
		pseudonym_network(keys, &address, out);
		cr_expect_str_eq(out, clients[i].network, "row %s: %s", clients[i].client, out);
		pseudonym_unit(keys, &address, out);
		cr_expect_str_eq(out, clients[i].unit, "row %s: %s", clients[i].client, out);
	}
	char out[17];
	uint8_t kid[KID_SIZE];
	pseudonym_user(keys, slice_from("jane"), out);
	cr_expect_str_eq(out, "06969521690a0916");
	pseudonym_path(keys, slice_from("/u/"), slice_from("jane"), out);
	cr_expect_str_eq(out, "4eb56157882ce71f");
	pseudonym_host(keys, slice_from("some.host.example"), out);
	cr_expect_str_eq(out, "14097304c4ea03f5");
	pseudonym_kid(keys, kid);
	put_hex(kid, KID_SIZE, out);
	cr_expect_str_eq(out, "6d46726f2f5c0f19");
	pseudonym_keys_free(keys);
}

Test(pseudonym, networks_are_shared_and_units_are_not)
{
	struct pseudonym_keys *keys = keys_0_to_31();
	static const struct {
		const char *a, *b;
		bool network, unit;
	} rows[] = {
	    {"192.0.2.1", "192.0.2.255", true, false},
	    {"192.0.2.1", "192.0.3.1", false, false},
	    {"2001:db8:1::1", "2001:db8:1::ffff", true, true},
	    {"2001:db8:1:0::1", "2001:db8:1:1::1", true, false},
	    {"2001:db8:1::1", "2001:db8:2::1", false, false},
	    {"::1", "0.0.0.1", false, false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct address a = parsed(rows[i].a), b = parsed(rows[i].b);
		char x[17], y[17];
		pseudonym_network(keys, &a, x);
		pseudonym_network(keys, &b, y);
		cr_expect_eq(strcmp(x, y) == 0, rows[i].network, "row %s %s", rows[i].a, rows[i].b);
		pseudonym_unit(keys, &a, x);
		pseudonym_unit(keys, &b, y);
		cr_expect_eq(strcmp(x, y) == 0, rows[i].unit, "row %s %s", rows[i].a, rows[i].b);
	}
	pseudonym_keys_free(keys);
}

Test(pseudonym, reveal_is_the_way_back)
{
	struct pseudonym_keys *keys = keys_0_to_31();
	for (size_t i = 0; i < 4; i++) {
		struct address wanted = parsed(clients[i].client), got;
		cr_expect_eq(pseudonym_reveal(keys, clients[i].text[0], &got), 0);
		cr_expect(got.kind == wanted.kind && memcmp(got.bytes, wanted.bytes, 16) == 0,
			  "row %s", clients[i].client);
	}
	static const char *const bad[] = {
	    "",
	    "-",
	    "v_",
	    "x_499eb610685ab54c",
	    "192.0.2.1",
	    "v_f502cb15c2ee3d61cb24d8ef3529ec8",
	    "v_f502cb15c2ee3d61cb24d8ef3529ec800",
	    "v_f502cb15c2ee3d61cb24d8ef3529eC80",
	    "V_f502cb15c2ee3d61cb24d8ef3529ec80",
	    "v_f502cb15c2ee3d61cb24d8ef3529ec8 ",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct address got = {{0}, 77};
		cr_expect_eq(pseudonym_reveal(keys, bad[i], &got), -1, "row %s", bad[i]);
		cr_expect_eq(got.kind, 77, "row %s: nothing is written", bad[i]);
	}
	pseudonym_keys_free(keys);
}

Test(pseudonym, days_have_nothing_in_common)
{
	uint8_t other_key[KEY_SIZE] = {9};
	struct pseudonym_keys *a = keys_0_to_31(), *b = pseudonym_keys_from(other_key, NULL);
	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++) {
		struct address address = parsed(clients[i].client);
		char x[PSEUDONYM_MAX], y[PSEUDONYM_MAX];
		for (unsigned mode = 0; mode < ADDRESS_MODE_MASK; mode++) {
			struct slice text = slice_from(clients[i].client);
			pseudonym_client(a, (enum address_mode)mode, &address, text, x);
			pseudonym_client(b, (enum address_mode)mode, &address, text, y);
			cr_expect_str_neq(x, y, "row %s", clients[i].client);
		}
	}
	pseudonym_keys_free(a);
	pseudonym_keys_free(b);
}

Test(pseudonym, modes_have_names)
{
	for (unsigned i = 0; i < ADDRESS_MODE__COUNT; i++) {
		enum address_mode mode = ADDRESS_MODE__COUNT;
		cr_expect_eq(address_mode_from(address_mode_name(i), &mode), 0);
		cr_expect_eq((unsigned)mode, i);
	}
	enum address_mode mode = ADDRESS_MODE_MASK;
	cr_expect_eq(address_mode_from("Pseudonym", &mode), -1);
	cr_expect_eq(address_mode_from("", &mode), -1);
	cr_expect_eq((int)mode, (int)ADDRESS_MODE_MASK);
	cr_expect_str_eq(address_mode_name(99), "?");
}
