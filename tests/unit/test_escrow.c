#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "aggregate/veil/escrow.h"
#include "aggregate/veil/escrow_cms.h"
#include "aggregate/veil/escrow_text.h"

enum { DAY = 20601 }; /* 2026-05-28 */

static char directory[] = "/tmp/veiltally-escrow.XXXXXX";

/* Paths of a test's directory, valid until eight more were asked for. */
static const char *at(const char *name)
{
	static char paths[8][300];
	static unsigned next;
	char *path = paths[next++ % 8];
	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static void set_up(void)
{
	cr_assert_not_null(mkdtemp(directory));
	signal(SIGXFSZ, SIG_IGN);
}

static int remove_tree(const char *path)
{
	char command[400];
	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	return system(command);
}

static void tear_down(void)
{
	cr_expect_eq(remove_tree(directory), 0);
}

TestSuite(escrow, .init = set_up, .fini = tear_down);

/* ---- keys and certificates ---- */

static EVP_PKEY *key_of(const char *kind)
{
	EVP_PKEY *key = NULL;
	if (strncmp(kind, "RSA-PSS", 7) == 0) {
		size_t bits = 2048;
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
		EVP_PKEY_free(key);
		EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
		key = NULL;
		EVP_PKEY_keygen_init(context);
		EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048);
		EVP_PKEY_generate(context, &key);
		EVP_PKEY_CTX_free(context);
	} else if (strncmp(kind, "RSA", 3) == 0) {
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)atoi(kind + 4));
	} else if (strncmp(kind, "EC ", 3) == 0) {
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind + 3);
	} else {
		key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
	}
	cr_assert_not_null(key, "%s", kind);
	return key;
}

struct wish { /* what a certificate is to be like */
	const char *kind;
	long from, to; /* days from now */
	const char *usage;
};

/* NAME.pem and NAME.key in the test's directory. */
static void make_recipient(const char *name, const struct wish *wish)
{
	char file[80];
	EVP_PKEY *key = key_of(wish->kind);
	/* Not every kind of key can sign: any signer will do, the chain is not looked at. */
	EVP_PKEY *signer = key_of("EC P-256");
	X509 *certificate = X509_new();
	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7);
	X509_NAME *subject = X509_get_subject_name(certificate);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"escrow", -1,
				   -1, 0);
	X509_set_issuer_name(certificate, subject);
	X509_gmtime_adj(X509_getm_notBefore(certificate), wish->from * 86400);
	X509_gmtime_adj(X509_getm_notAfter(certificate), wish->to * 86400);
	X509_set_pubkey(certificate, key);
	if (wish->usage) {
		X509_EXTENSION *extension =
		    X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, wish->usage);
		X509_add_ext(certificate, extension, -1);
		X509_EXTENSION_free(extension);
	}
	cr_assert_gt(X509_sign(certificate, signer, EVP_sha256()), 0);
	snprintf(file, sizeof(file), "%s.pem", name);
	FILE *out = fopen(at(file), "w");
	cr_assert(PEM_write_X509(out, certificate));
	fclose(out);
	snprintf(file, sizeof(file), "%s.key", name);
	out = fopen(at(file), "w");
	cr_assert(PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL));
	fclose(out);
	X509_free(certificate);
	EVP_PKEY_free(signer);
	EVP_PKEY_free(key);
}

static void make_plain(const char *name, const char *kind)
{
	make_recipient(name, &(struct wish){.kind = kind, .from = -1, .to = 3650});
}

/* ---- small helpers ---- */

static struct escrow *open_escrow(const char *certificate)
{
	struct error error = {""};
	struct escrow *escrow = escrow_open(at("records"), certificate, &error);
	cr_assert_not_null(escrow, "%s", error.text);
	return escrow;
}

/* A key and its kid; the n-th. */
static void make_key(unsigned n, uint8_t key[KEY_SIZE], uint8_t kid[KID_SIZE])
{
	for (unsigned i = 0; i < KEY_SIZE; i++)
		key[i] = (uint8_t)((n >> 8 * (i % 4)) * 31 + i * 7 + 1);
	struct pseudonym_keys *keys = pseudonym_keys_from(key, NULL);
	cr_assert_not_null(keys);
	pseudonym_kid(keys, kid);
	pseudonym_keys_free(keys);
}

static void record(struct escrow *escrow, int32_t day, unsigned n, uint8_t kid[KID_SIZE])
{
	uint8_t key[KEY_SIZE];
	struct error error = {""};
	make_key(n, key, kid);
	cr_assert_eq(escrow_record(escrow, day, kid, ADDRESS_MODE_PSEUDONYM, key, &error), 0, "%s",
		     error.text);
}

static size_t read_file(const char *path, char *out, size_t size)
{
	FILE *in = fopen(path, "rb");
	cr_assert_not_null(in, "%s", path);
	size_t n = fread(out, 1, size, in);
	fclose(in);
	return n;
}

static void write_file(const char *path, const void *bytes, size_t n)
{
	FILE *out = fopen(path, "wb");
	cr_assert_not_null(out, "%s", path);
	cr_assert_eq(fwrite(bytes, 1, n, out), n);
	fclose(out);
}

static const char *record_path(const struct escrow *escrow, const uint8_t kid[KID_SIZE])
{
	struct escrow_entry entry;
	char name[100];
	cr_assert_neq(escrow_find(escrow, kid, &entry), ESCROW_MISSING);
	snprintf(name, sizeof(name), "records/%s", entry.name);
	return at(name);
}

/* 0 when it opens, -1 when it is refused; the message then says why. */
static int reveal(struct escrow *escrow, const uint8_t kid[KID_SIZE], const char *key_file,
		  struct escrow_content *content, struct error *error)
{
	struct escrow_key *key = escrow_key_open(at(key_file), error);
	cr_assert_not_null(key, "%s", error->text);
	int failed = escrow_reveal(escrow, kid, key, content, error);
	escrow_key_free(key);
	return failed;
}

static size_t files_in(const char *path)
{
	size_t n = 0;
	DIR *names = opendir(path);
	if (!names)
		return 0;
	for (struct dirent *found; (found = readdir(names));)
		n += strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0;
	closedir(names);
	return n;
}

/* What a command prints, cut at the size. */
static size_t output_of(const char *command, char *out, size_t size)
{
	FILE *pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	size_t n = fread(out, 1, size - 1, pipe);
	out[n] = '\0';
	return pclose(pipe) == 0 ? n : 0;
}

/* ---- round trips ---- */

static const struct {
	const char *kind, *transport, *digest; /* as `openssl cms -cmsout -print` names them */
} recipients[] = {
    {"EC P-256", "dhSinglePass-stdDH-sha256kdf-scheme", "id-aes256-wrap"},
    {"EC P-384", "dhSinglePass-stdDH-sha256kdf-scheme", "id-aes256-wrap"},
    {"EC P-521", "dhSinglePass-stdDH-sha256kdf-scheme", "id-aes256-wrap"},
    {"RSA 2048", "rsaesOaep", "sha256"},
    {"RSA 3072", "rsaesOaep", "sha256"},
};
enum { RECIPIENTS = sizeof(recipients) / sizeof(*recipients) };

static void check_openssl(const char *row, const char *path, const char *transport,
			  const char *digest, const struct escrow_text *text,
			  const uint8_t key[KEY_SIZE])
{
	char command[1000], got[20000], wanted[ESCROW_TEXT_MAX];
	size_t n = escrow_text_write(text, key, wanted);
	snprintf(command, sizeof(command),
		 "openssl cms -decrypt -inform DER -in %s -recip %s -inkey %s 2>&1", path,
		 at("r.pem"), at("r.key"));
	size_t got_n = output_of(command, got, sizeof(got));
	cr_expect(got_n == n && memcmp(got, wanted, n) == 0, "row %s: openssl gives: %s", row, got);
	snprintf(command, sizeof(command),
		 "openssl cms -cmsout -print -noout -inform DER -in %s 2>&1", path);
	output_of(command, got, sizeof(got));
	cr_expect(strstr(got, "aes-256-gcm"), "row %s: %s", row, got);
	cr_expect(strstr(got, transport), "row %s: %s", row, got);
	cr_expect(strstr(got, digest), "row %s: %s", row, got);
	cr_expect(!strstr(got, "sha1"), "row %s: %s", row, got);
}

Test(escrow, seals_and_opens_for_every_kind_of_recipient)
{
	for (size_t i = 0; i < RECIPIENTS; i++) {
		const char *row = recipients[i].kind;
		uint8_t key[KEY_SIZE], kid[KID_SIZE];
		char client[PSEUDONYM_MAX];
		struct address address, back;
		struct escrow_content content = {0};
		struct error error = {""};
		make_plain("r", row);
		struct escrow *escrow = open_escrow(at("r.pem"));
		cr_expect(escrow_has_recipient(escrow), "row %s", row);
		cr_expect_null(escrow_warning(escrow), "row %s", row);
		make_key((unsigned)i, key, kid);
		cr_assert_eq(escrow_record(escrow, DAY, kid, ADDRESS_MODE_PREFIX, key, &error), 0,
			     "row %s: %s", row, error.text);
		cr_assert_eq(reveal(escrow, kid, "r.key", &content, &error), 0, "row %s: %s", row,
			     error.text);
		cr_expect_eq(content.day, DAY, "row %s", row);
		cr_expect_eq(content.mode, ADDRESS_MODE_PREFIX, "row %s", row);
		cr_expect_arr_eq(content.kid, kid, KID_SIZE, "row %s", row);

		struct pseudonym_keys *keys = pseudonym_keys_from(key, NULL);
		struct slice text = slice_from("192.0.2.77");
		address_parse(text, &address);
		pseudonym_client(keys, ADDRESS_MODE_PSEUDONYM, &address, text, client);
		pseudonym_keys_free(keys);
		cr_assert_eq(pseudonym_reveal(content.keys, client, &back), 0, "row %s", row);
		cr_expect_arr_eq(back.bytes, address.bytes, 16, "row %s", row);
		pseudonym_keys_free(content.keys);

		struct escrow_text wanted = {.day = DAY, .mode = ADDRESS_MODE_PREFIX};
		memcpy(wanted.kid, kid, KID_SIZE);
		memcpy(wanted.host, content.host, sizeof(wanted.host));
		check_openssl(row, record_path(escrow, kid), recipients[i].transport,
			      recipients[i].digest, &wanted, key);
		escrow_free(escrow);
	}
}

Test(escrow, directory_and_records_are_for_the_owner_only)
{
	uint8_t kid[KID_SIZE];
	struct stat found;
	make_plain("r", "EC P-256");
	struct escrow *escrow = open_escrow(at("r.pem"));
	record(escrow, DAY, 1, kid);
	cr_assert_eq(stat(at("records"), &found), 0);
	cr_expect_eq(found.st_mode & 07777, 0700);
	cr_assert_eq(stat(record_path(escrow, kid), &found), 0);
	cr_expect_eq(found.st_mode & 07777, 0600);
	cr_expect_eq(files_in(at("records")), 1);
	escrow_free(escrow);
}

Test(escrow, without_a_certificate_the_record_says_none)
{
	uint8_t kid[KID_SIZE];
	char text[ESCROW_TEXT_MAX];
	struct escrow_content content = {0};
	struct error error = {""};
	make_plain("r", "EC P-256");
	struct escrow *escrow = open_escrow(NULL);
	cr_expect(!escrow_has_recipient(escrow));
	record(escrow, DAY, 1, kid);
	size_t n = read_file(record_path(escrow, kid), text, sizeof(text) - 1);
	text[n] = '\0';
	cr_expect(strstr(text, "\nescrow none\n"), "%s", text);
	cr_expect(!strstr(text, "\nkey "), "%s", text);
	cr_expect_eq(reveal(escrow, kid, "r.key", &content, &error), -1);
	cr_expect(strstr(error.text, "not escrowed"), "%s", error.text);
	cr_expect_eq(escrow_none(escrow, kid, &content, &error), 0, "%s", error.text);
	cr_expect_eq(content.mode, ADDRESS_MODE_PSEUDONYM);
	cr_expect_null(content.keys);
	kid[0] ^= 1;
	cr_expect_eq(reveal(escrow, kid, "r.key", &content, &error), -1);
	cr_expect(strstr(error.text, "no escrow record"), "%s", error.text);
	cr_expect_eq(escrow_none(escrow, kid, &content, &error), -1);
	escrow_free(escrow);
}

/* ---- certificates that are refused ---- */

Test(escrow, certificates_that_cannot_be_used_are_refused_with_file_and_reason)
{
	static const struct {
		struct wish wish;
		const char *reason;
	} rows[] = {
	    {{"X25519", -1, 100, NULL}, "neither EC"},
	    {{"ED25519", -1, 100, NULL}, "neither EC"},
	    {{"EC secp256k1", -1, 100, NULL}, "its curve"},
	    {{"EC P-224", -1, 100, NULL}, "its curve"},
	    {{"EC brainpoolP256r1", -1, 100, NULL}, "its curve"},
	    {{"RSA 1024", -1, 100, NULL}, "2048"},
	    {{"RSA-PSS", -1, 100, NULL}, "neither EC"},
	    {{"EC P-256", -1, 10, "digitalSignature"}, "key agreement"},
	    {{"RSA 2048", -1, 10, "digitalSignature"}, "key encipherment"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct error error = {""};
		make_recipient("r", &rows[i].wish);
		struct escrow *escrow = escrow_open(at("records"), at("r.pem"), &error);
		cr_expect_null(escrow, "row %s, %s", rows[i].wish.kind, rows[i].reason);
		cr_expect(strstr(error.text, rows[i].reason), "row %s: %s", rows[i].wish.kind,
			  error.text);
		cr_expect(strstr(error.text, at("r.pem")), "row %s: %s", rows[i].wish.kind,
			  error.text);
		escrow_free(escrow);
	}
}

/* Nothing new is sealed to it, but what was can be read, and a day can be closed meanwhile. */
Test(escrow, a_certificate_that_is_not_in_force_gets_no_new_record)
{
	static const struct {
		struct wish wish;
		const char *reason;
	} rows[] = {
	    {{"EC P-256", -10, -1, NULL}, "expired"},
	    {{"EC P-256", 1, 10, NULL}, "not valid yet"},
	};
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct error error = {""};
		uint8_t key[KEY_SIZE], kid[KID_SIZE], old[KID_SIZE];
		make_plain("r", "EC P-256");
		struct escrow *escrow = open_escrow(at("r.pem"));
		record(escrow, DAY, i, old);
		escrow_free(escrow);
		make_recipient("r", &rows[i].wish);
		escrow = open_escrow(at("r.pem"));
		cr_assert_not_null(escrow_warning(escrow), "row %s", rows[i].reason);
		cr_expect(strstr(escrow_warning(escrow), rows[i].reason), "row %s: %s",
			  rows[i].reason, escrow_warning(escrow));
		record(escrow, DAY, i, old);
		make_key(10, key, kid);
		cr_expect_eq(escrow_record(escrow, DAY, kid, ADDRESS_MODE_MASK, key, &error), -1,
			     "row %s", rows[i].reason);
		cr_expect(strstr(error.text, rows[i].reason), "row %s: %s", rows[i].reason,
			  error.text);
		cr_expect(strstr(error.text, at("r.pem")), "row %s: %s", rows[i].reason,
			  error.text);
		cr_expect_eq(escrow_find(escrow, kid, NULL), ESCROW_MISSING, "row %s",
			     rows[i].reason);
		escrow_free(escrow);
		X509 *certificate = escrow_cms_recipient(at("r.pem"), &error);
		cr_expect_null(certificate, "row %s", rows[i].reason);
	}
}

Test(escrow, a_key_usage_that_fits_is_accepted_and_an_end_that_is_near_is_said)
{
	make_recipient("r", &(struct wish){"EC P-256", -1, 10, "keyAgreement"});
	struct escrow *escrow = open_escrow(at("r.pem"));
	cr_assert_not_null(escrow_warning(escrow));
	cr_expect(strstr(escrow_warning(escrow), at("r.pem")), "%s", escrow_warning(escrow));
	escrow_free(escrow);
	make_recipient("r", &(struct wish){"RSA 2048", -1, 40, "keyEncipherment"});
	escrow = open_escrow(at("r.pem"));
	cr_expect_null(escrow_warning(escrow));
	escrow_free(escrow);
}

Test(escrow, files_that_are_no_certificate_are_refused)
{
	static char large[400000], both[20000];
	struct error error = {""};
	make_plain("r", "EC P-256");
	size_t n = read_file(at("r.pem"), both, sizeof(both) / 2);
	n += read_file(at("r.key"), both + n, sizeof(both) / 2);
	write_file(at("both.pem"), both, n);
	write_file(at("empty.pem"), "", 0);
	memset(large, 'x', sizeof(large));
	write_file(at("large.pem"), large, sizeof(large));
	static const char *const rows[][2] = {
	    {"both.pem", "belongs offline"}, {"r.key", "belongs offline"},
	    {"empty.pem", "no certificate"}, {"missing.pem", "No such file"},
	    {"large.pem", "larger than"},    {"", "directory"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cr_expect_null(escrow_open(at("records"), at(rows[i][0]), &error), "row %s",
			       rows[i][0]);
		cr_expect(strstr(error.text, rows[i][1]), "row %s: %s", rows[i][0], error.text);
	}
	cr_expect_null(escrow_key_open(at("r.pem"), &error));
	cr_expect(strstr(error.text, "no private key"), "%s", error.text);
}

/* ---- what must not open ---- */

Test(escrow, a_wrong_key_opens_nothing)
{
	static const char *const kinds[] = {"EC P-256", "RSA 2048"};
	for (size_t i = 0; i < 2; i++) {
		uint8_t kid[KID_SIZE];
		struct escrow_content content = {0};
		struct error error = {""};
		make_plain("r", kinds[i]);
		make_plain("same", kinds[i]);
		make_plain("other", kinds[1 - i]);
		struct escrow *escrow = open_escrow(at("r.pem"));
		record(escrow, DAY, (unsigned)i, kid);
		cr_expect_eq(reveal(escrow, kid, "same.key", &content, &error), -1, "row %s",
			     kinds[i]);
		cr_expect(strstr(error.text, "does not open it"), "row %s: %s", kinds[i],
			  error.text);
		cr_expect_eq(reveal(escrow, kid, "other.key", &content, &error), -1, "row %s",
			     kinds[i]);
		cr_expect_null(content.keys, "row %s", kinds[i]);
		escrow_free(escrow);
	}
}

/*
 * A change anywhere is refused, or it hit what does not matter: the name of the recipient, by which
 * no key is chosen. Then what is inside is unchanged. Never anything else.
 */
Test(escrow, damage_is_refused_or_changes_nothing)
{
	static const char *const kinds[] = {"EC P-256", "RSA 2048"};
	for (size_t k = 0; k < 2; k++) {
		uint8_t kid[KID_SIZE], got[KID_SIZE];
		char good[8192], bad[8193];
		unsigned opened = 0;
		struct error error = {""};
		make_plain("r", kinds[k]);
		struct escrow *escrow = open_escrow(at("r.pem"));
		struct escrow_key *key = escrow_key_open(at("r.key"), &error);
		record(escrow, DAY, (unsigned)k, kid);
		char path[300];
		snprintf(path, sizeof(path), "%s", record_path(escrow, kid));
		size_t n = read_file(path, good, sizeof(good));
		for (size_t i = 0; i < n; i++) {
			struct escrow_content content = {0};
			memcpy(bad, good, n);
			bad[i] = (char)(bad[i] ^ (1 << i % 8));
			write_file(path, bad, n);
			if (escrow_reveal(escrow, kid, key, &content, &error))
				continue;
			opened++;
			cr_expect(content.day == DAY && content.mode == ADDRESS_MODE_PSEUDONYM,
				  "%s, byte %zu", kinds[k], i);
			pseudonym_kid(content.keys, got);
			cr_expect_arr_eq(got, kid, KID_SIZE, "%s, byte %zu", kinds[k], i);
			pseudonym_keys_free(content.keys);
		}
		cr_expect_lt(opened, n / 8, "%s: %u of %zu", kinds[k], opened, n);
		for (size_t cut = 0; cut < n; cut++) {
			struct escrow_content content = {0};
			write_file(path, good, cut);
			cr_expect_eq(escrow_reveal(escrow, kid, key, &content, &error), -1,
				     "%s cut at %zu", kinds[k], cut);
		}
		memcpy(bad, good, n);
		bad[n] = 0;
		struct escrow_content content = {0};
		write_file(path, bad, n + 1);
		cr_expect_eq(escrow_reveal(escrow, kid, key, &content, &error), -1, "%s", kinds[k]);
		escrow_key_free(key);
		escrow_free(escrow);
	}
}

/* Writes a record of any content under the name of a kid. */
static void forge(const char *name, const char *text, size_t n)
{
	uint8_t *der = NULL;
	size_t der_n = 0;
	struct error error = {""};
	X509 *certificate = escrow_cms_recipient(at("r.pem"), &error);
	cr_assert_not_null(certificate, "%s", error.text);
	cr_assert_eq(escrow_cms_seal(certificate, slice_make(text, n), &der, &der_n, &error), 0,
		     "%s", error.text);
	write_file(at(name), der, der_n);
	OPENSSL_free(der);
	X509_free(certificate);
}

Test(escrow, content_that_is_not_the_one_of_its_name_is_refused)
{
	uint8_t key[KEY_SIZE], other_key[KEY_SIZE], kid[KID_SIZE], other[KID_SIZE];
	char hex[ESCROW_KID_TEXT], name[100], text[ESCROW_TEXT_MAX];
	struct error error = {""};
	make_plain("r", "EC P-256");
	struct escrow *escrow = open_escrow(at("r.pem"));
	make_key(1, key, kid);
	make_key(2, other_key, other);
	escrow_text_hex(kid, KID_SIZE, hex);
	snprintf(name, sizeof(name), "records/2026-05-28-%s.cms", hex);

	struct escrow_text good = {.host = "web1", .day = DAY}, day = good, wrong_kid = good;
	memcpy(good.kid, kid, KID_SIZE);
	memcpy(day.kid, kid, KID_SIZE);
	memcpy(wrong_kid.kid, other, KID_SIZE);
	day.day++;
	const struct {
		const char *reason; /* NULL: opens */
		const struct escrow_text *text;
		const uint8_t *key;
	} rows[] = {
	    {NULL, &good, key},
	    {"another day", &day, key},
	    {"another kid", &wrong_kid, other_key},
	    {"not the one the kid names", &good, other_key},
	    {"not an escrow record", &good, NULL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct escrow_content content = {0};
		forge(name, text, escrow_text_write(rows[i].text, rows[i].key, text));
		int failed = reveal(escrow, kid, "r.key", &content, &error);
		cr_expect_eq(failed, rows[i].reason ? -1 : 0, "row %zu: %s", i, error.text);
		if (rows[i].reason)
			cr_expect(strstr(error.text, rows[i].reason), "row %zu: %s", i, error.text);
		pseudonym_keys_free(content.keys);
	}
	struct escrow_content content = {0};
	static char large[3000];
	forge(name, "hello\n", 6);
	cr_expect_eq(reveal(escrow, kid, "r.key", &content, &error), -1);
	cr_expect(strstr(error.text, "not an escrow record"), "%s", error.text);
	forge(name, large, sizeof(large));
	cr_expect_eq(reveal(escrow, kid, "r.key", &content, &error), -1);
	escrow_free(escrow);
}

Test(escrow, the_text_has_one_form)
{
	static const char good[] = "veiltally-escrow 1\nhost a-b.example_1\nday 2026-05-28\nkid "
				   "0123456789abcdef\nmode mask\nescrow none\n";
	static const struct {
		const char *name, *from, *to;
	} rows[] = {
	    {"version", "escrow 1", "escrow 2"},
	    {"host with a blank", "a-b", "a b"},
	    {"empty host", "a-b.example_1", ""},
	    {"month 13", "-05-", "-13-"},
	    {"month 99", "-05-", "-99-"},
	    {"month 0", "-05-", "-00-"},
	    {"day 0", "05-28", "05-00"},
	    {"day 31 of June", "05-28", "06-31"},
	    {"upper case", "abcdef", "ABCDEF"},
	    {"short kid", "abcdef", "abcde"},
	    {"long kid", "abcdef", "abcdef0"},
	    {"unknown mode", "mask", "masks"},
	    {"no escrow", "none", "some"},
	    {"missing line", "mode mask\n", ""},
	    {"two lines", "mode mask\n", "mode mask\nmode mask\n"},
	    {"no last newline", "none\n", "none"},
	    {"more behind", "none\n", "none\nx"},
	    {"CR", "mask\n", "mask\r\n"},
	};
	struct escrow_text text;
	char bad[400];
	cr_assert_eq(escrow_text_read(slice_from(good), &text, NULL), 0);
	cr_expect_eq(text.day, DAY);
	cr_expect_eq(text.mode, ADDRESS_MODE_MASK);
	cr_expect_str_eq(text.host, "a-b.example_1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *place = strstr(good, rows[i].from);
		cr_assert_not_null(place, "row %s", rows[i].name);
		snprintf(bad, sizeof(bad), "%.*s%s%s", (int)(place - good), good, rows[i].to,
			 place + strlen(rows[i].from));
		cr_expect_eq(escrow_text_read(slice_from(bad), &text, NULL), -1, "row %s",
			     rows[i].name);
	}
	for (size_t cut = 0; cut < sizeof(good) - 1; cut++)
		cr_expect_eq(escrow_text_read(slice_make(good, cut), &text, NULL), -1, "cut at %zu",
			     cut);
}

/* ---- writing ---- */

Test(escrow, a_record_stays_what_it_is)
{
	uint8_t key[KEY_SIZE], sealed[KID_SIZE], none[KID_SIZE];
	char before[8192], after[8192];
	struct error error = {""};
	struct escrow_content content = {0};
	make_plain("r", "EC P-256");
	struct escrow *with = open_escrow(at("r.pem")), *without = open_escrow(NULL);
	record(with, DAY, 1, sealed);
	record(without, DAY, 2, none);
	size_t n = read_file(record_path(with, sealed), before, sizeof(before));
	record(with, DAY, 1, sealed);
	record(without, DAY, 1, sealed);
	record(with, DAY, 2, none);
	cr_expect_eq(files_in(at("records")), 2);
	cr_expect_eq(read_file(record_path(with, sealed), after, sizeof(after)), n);
	cr_expect_arr_eq(before, after, n);
	cr_expect_eq(escrow_find(with, none, NULL), ESCROW_NONE);

	/* Only what cannot be read is written again, and never as less than was promised. */
	write_file(record_path(with, sealed), before, n - 1);
	make_key(1, key, sealed);
	cr_expect_eq(escrow_record(without, DAY, sealed, ADDRESS_MODE_PSEUDONYM, key, &error), -1);
	cr_expect(strstr(error.text, "no escrow record can be read"), "%s", error.text);
	record(with, DAY, 1, sealed);
	cr_expect_eq(reveal(with, sealed, "r.key", &content, &error), 0, "%s", error.text);
	pseudonym_keys_free(content.keys);
	write_file(record_path(with, none), "", 0);
	record(without, DAY, 2, none);
	cr_expect_eq(escrow_none(with, none, &content, &error), 0, "%s", error.text);
	escrow_free(with);
	escrow_free(without);
}

Test(escrow, lists_finds_and_expires)
{
	uint8_t kid[5][KID_SIZE];
	struct escrow_entry *all = NULL, entry;
	size_t n = 99;
	struct error error = {""};
	struct escrow *escrow = open_escrow(NULL);
	cr_assert_eq(escrow_list(escrow, &all, &n, &error), 0);
	cr_expect_eq(n, 0);
	free(all);
	for (unsigned i = 0; i < 5; i++)
		record(escrow, DAY + 4 - (int32_t)i, i, kid[i]);
	write_file(at("records/README"), "mine\n", 5);
	write_file(at("records/2026-05-28-0123456789abcdeg.cms"), "x", 1);
	write_file(at("records/2026-05-28-0123456789abcdef.cms.bak"), "x", 1);
	cr_assert_eq(escrow_list(escrow, &all, &n, &error), 0);
	cr_assert_eq(n, 5);
	for (unsigned i = 0; i < 5; i++) {
		cr_expect_eq(all[i].day, DAY + (int32_t)i);
		cr_expect_arr_eq(all[i].kid, kid[4 - i], KID_SIZE);
		cr_expect_eq(all[i].state, ESCROW_NONE);
	}
	free(all);
	cr_expect_eq(escrow_find(escrow, kid[3], &entry), ESCROW_NONE);
	cr_expect_eq(entry.day, DAY + 1);
	cr_assert_eq(escrow_expire(escrow, DAY + 3, &error), 0, "%s", error.text);
	cr_expect_eq(escrow_find(escrow, kid[2], NULL), ESCROW_MISSING);
	cr_expect_eq(escrow_find(escrow, kid[1], NULL), ESCROW_NONE);
	cr_expect_eq(files_in(at("records")), 2 + 3);
	escrow_free(escrow);
}

Test(escrow, what_an_interrupted_write_left_is_no_record_and_goes)
{
	uint8_t key[KEY_SIZE], kid[KID_SIZE];
	struct escrow *escrow = open_escrow(NULL);
	make_key(1, key, kid);
	write_file(at("records/.2026-05-28-0123456789abcdef.cms.tmp"), "half", 4);
	write_file(at("records/.2026-05-27-0123456789abcdef.none.tmp"), "", 0);
	write_file(at("records/.notes.tmp"), "mine", 4);
	cr_expect_eq(escrow_find(escrow, (const uint8_t *)"\x01\x23\x45\x67\x89\xab\xcd\xef", NULL),
		     ESCROW_MISSING);
	record(escrow, DAY, 1, kid);
	cr_expect_eq(files_in(at("records")), 2);
	escrow_free(escrow);
}

/* Until it is killed: a byte for each record. */
static void write_records(struct escrow *escrow, int round, int done)
{
	uint8_t key[KEY_SIZE], kid[KID_SIZE];
	for (unsigned n = 0;; n++) {
		make_key((unsigned)round << 16 | n, key, kid);
		if (escrow_record(escrow, DAY + round, kid, ADDRESS_MODE_MASK, key, NULL) ||
		    write(done, "", 1) != 1)
			_exit(1);
	}
}

/* At whatever moment it dies, what has a record's name is a record that opens. */
Test(escrow, kills_leave_whole_records)
{
	struct error error = {""};
	make_plain("r", "EC P-256");
	struct escrow *escrow = open_escrow(at("r.pem"));
	struct escrow_key *key = escrow_key_open(at("r.key"), &error);
	unsigned seed = (unsigned)getpid();
	for (int round = 0; round < 40; round++) {
		int done[2];
		char one;
		cr_assert_eq(pipe(done), 0);
		pid_t child = fork();
		if (child == 0)
			write_records(escrow, round, done[1]);
		close(done[1]);
		for (int n = rand_r(&seed) % 4; n >= 0; n--)
			cr_assert_eq(read(done[0], &one, 1), 1);
		usleep((useconds_t)(rand_r(&seed) % 3000));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		close(done[0]);
	}
	struct escrow_entry *all;
	size_t n;
	cr_assert_eq(escrow_list(escrow, &all, &n, &error), 0, "%s", error.text);
	cr_expect_geq(n, 40, "only %zu records were written", n);
	for (size_t i = 0; i < n; i++) {
		struct escrow_content content = {0};
		cr_expect_eq(escrow_reveal(escrow, all[i].kid, key, &content, &error), 0,
			     "seed %d, %s: %s", (int)getpid(), all[i].name, error.text);
		pseudonym_keys_free(content.keys);
	}
	free(all);
	escrow_key_free(key);
	escrow_free(escrow);
}

Test(escrow, places_that_cannot_be_written_are_named)
{
	uint8_t key[KEY_SIZE], kid[KID_SIZE];
	struct error error = {""};
	write_file(at("file"), "x", 1);
	cr_expect_null(escrow_open(at("file/records"), NULL, &error));
	cr_expect(strstr(error.text, at("file/records")), "%s", error.text);
	cr_expect_null(escrow_open(at("file"), NULL, &error));
	cr_expect(strstr(error.text, at("file")), "%s", error.text);
	cr_expect_null(escrow_open(at("no/such/place"), NULL, &error));

	struct escrow *escrow = open_escrow(NULL);
	make_key(1, key, kid);
	cr_assert_eq(rmdir(at("records")), 0);
	cr_expect_eq(escrow_record(escrow, DAY, kid, ADDRESS_MODE_MASK, key, &error), -1);
	cr_expect(strstr(error.text, at("records")), "%s", error.text);
	escrow_free(escrow);
}

Test(escrow, a_full_disk_leaves_no_record_and_no_rest)
{
	struct rlimit limit;
	struct error error = {""};
	uint8_t key[KEY_SIZE], kid[KID_SIZE];
	make_plain("r", "EC P-256");
	struct escrow *escrow = open_escrow(at("r.pem"));
	make_key(1, key, kid);
	cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	struct rlimit small = {.rlim_cur = 100, .rlim_max = limit.rlim_max};
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	int failed = escrow_record(escrow, DAY, kid, ADDRESS_MODE_MASK, key, &error);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_expect_eq(failed, -1);
	cr_expect(strstr(error.text, "File too large"), "%s", error.text);
	cr_expect_eq(files_in(at("records")), 0);
	record(escrow, DAY, 1, kid);
	escrow_free(escrow);
}

/* ---- copies of the key ---- */

/* Finds the masked needle in all memory of this process but in itself. */
static unsigned copies_of(const uint8_t *masked, size_t n)
{
	unsigned found = 0;
	char line[400], rights[8];
	unsigned long from, to;
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY);
	enum { CHUNK = 1 << 16 };
	static uint8_t chunk[CHUNK + 64];
	cr_assert(maps && memory >= 0);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[1] != 'w')
			continue;
		for (unsigned long place = from; place < to; place += CHUNK) {
			size_t wanted = to - place < sizeof(chunk) ? to - place : sizeof(chunk);
			ssize_t got = pread(memory, chunk, wanted, (off_t)place);
			unsigned long own = (unsigned long)chunk;
			for (ssize_t i = 0; i + (ssize_t)n <= got && i < CHUNK; i++) {
				size_t same = 0;
				while (same < n &&
				       (chunk[i + (ssize_t)same] ^ 0x5a) == masked[same])
					same++;
				unsigned long where = place + (unsigned long)i;
				found += same == n && (where < own || where >= own + sizeof(chunk));
			}
		}
	}
	OPENSSL_cleanse(chunk, sizeof(chunk));
	close(memory);
	fclose(maps);
	return found;
}

/* The needles: 16 bytes of the key, and of its hex, kept masked so that they do not find
 * themselves. */
struct needles {
	uint8_t raw[16], hex[32];
};

static void __attribute__((noinline))
seal_one(struct escrow *escrow, struct needles *needles, uint8_t kid[KID_SIZE])
{
	uint8_t key[KEY_SIZE];
	char hex[2 * KEY_SIZE + 1];
	struct error error = {""};
	make_key((unsigned)getpid(), key, kid);
	escrow_text_hex(key, KEY_SIZE, hex);
	for (size_t i = 0; i < sizeof(needles->raw); i++)
		needles->raw[i] = key[i] ^ 0x5a;
	for (size_t i = 0; i < sizeof(needles->hex); i++)
		needles->hex[i] = (uint8_t)(hex[i] ^ 0x5a);
	OPENSSL_cleanse(hex, sizeof(hex));
	cr_assert_eq(escrow_record(escrow, DAY, kid, ADDRESS_MODE_PSEUDONYM, key, &error), 0, "%s",
		     error.text);
	cr_expect_gt(copies_of(needles->raw, sizeof(needles->raw)), 0, "the scan is blind");
	OPENSSL_cleanse(key, sizeof(key));
}

Test(escrow, sealing_and_opening_leave_no_copy_of_the_key)
{
#ifdef __SANITIZE_ADDRESS__
	cr_skip("the memory of AddressSanitizer itself is terabytes, mostly of nothing");
#endif
	static struct needles needles;
	uint8_t kid[KID_SIZE];
	struct escrow_content content = {0};
	struct error error = {""};
	make_plain("r", "EC P-256");
	struct escrow *escrow = open_escrow(at("r.pem"));
	seal_one(escrow, &needles, kid);
	cr_expect_eq(copies_of(needles.raw, sizeof(needles.raw)), 0, "the key, after sealing");
	cr_expect_eq(copies_of(needles.hex, sizeof(needles.hex)), 0, "its hex, after sealing");
	cr_assert_eq(reveal(escrow, kid, "r.key", &content, &error), 0, "%s", error.text);
	cr_expect_eq(copies_of(needles.raw, sizeof(needles.raw)), 0, "the key, after opening");
	cr_expect_eq(copies_of(needles.hex, sizeof(needles.hex)), 0, "its hex, after opening");
	pseudonym_keys_free(content.keys);
	escrow_free(escrow);
}
