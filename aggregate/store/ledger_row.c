#include "aggregate/store/ledger_row.h"
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include "aggregate/veil/text.h"

static const char HASH_MEMBER[] = ",\"hash\":\"";

static const char *const names[LEDGER__COUNT] = {"reveal", "destroy", "drop"};

const char *ledger_kind_name(unsigned kind)
{
	return kind < LEDGER__COUNT ? names[kind] : "?";
}

bool ledger_row_allows(const char *text)
{
	struct slice bytes = slice_from(text);
	return bytes.n <= LEDGER_TEXT_MAX && text_is_showable(bytes);
}

/* Of the row's text up to its last member, and the brace that ends it then. */
static int hash(struct slice head, char ret[LEDGER_HASH_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool done = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) &&
		    EVP_DigestUpdate(context, head.p, head.n) &&
		    EVP_DigestUpdate(context, "}", 1) && EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	if (!done)
		return -1;
	for (size_t i = 0; i < LEDGER_HASH_TEXT - 1; i++)
		ret[i] = digits[digest[i / 2] >> (i % 2 ? 0 : 4) & 15];
	ret[LEDGER_HASH_TEXT - 1] = '\0';
	return 0;
}

/* ---- writing ---- */

static char *put(char *out, const char *text)
{
	size_t n = strlen(text);
	memcpy(out, text, n);
	return out + n;
}

static char *put_text(char *out, const char *member, const char *text)
{
	out = put(out, member);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			*out++ = '\\';
		*out++ = *text;
	}
	*out++ = '"';
	return out;
}

size_t ledger_row_write(struct ledger_row *row, const char prev[LEDGER_HASH_TEXT],
			char out[LEDGER_ROW_MAX])
{
	char *at =
	    out + snprintf(out, LEDGER_ROW_MAX, "{\"sequence\":%" PRIu64 ",\"time\":%" PRId64,
			   row->sequence, row->time);
	at = put_text(at, ",\"kind\":\"", ledger_kind_name(row->kind));
	at = put_text(at, ",\"subject\":\"", row->subject);
	at = put_text(at, ",\"reason\":\"", row->reason);
	at = put_text(at, ",\"detail\":\"", row->detail);
	at = put_text(at, ",\"prev\":\"", prev);
	if (hash(slice_make(out, (size_t)(at - out)), row->hash))
		return 0;
	at = put_text(at, HASH_MEMBER, row->hash);
	at = put(at, "}\n");
	return (size_t)(at - out);
}

/* ---- reading ---- */

/* The functions below take what they name from the front. False: `reading` says what came instead,
 * the end (CUT) or something else (BAD). */
struct reader {
	struct slice rest;
	enum ledger_reading reading;
};

static bool fail(struct reader *reader, bool at_end)
{
	reader->reading = at_end ? LEDGER_READ_CUT : LEDGER_READ_BAD;
	return false;
}

static bool take(struct reader *reader, const char *literal)
{
	for (; *literal; literal++) {
		if (!reader->rest.n || *reader->rest.p != *literal)
			return fail(reader, !reader->rest.n);
		reader->rest = slice_from_byte(reader->rest, 1);
	}
	return true;
}

/* Decimal without sign and leading zeros, at most 18 digits: of a time, 30 billion years. */
static bool take_number(struct reader *reader, uint64_t *ret)
{
	uint64_t value = 0;
	size_t n = 0;
	for (; n < reader->rest.n && text_is_digit(reader->rest.p[n]); n++) {
		if (n == 18 || (n == 1 && *reader->rest.p == '0'))
			return fail(reader, false);
		value = value * 10 + (uint64_t)(reader->rest.p[n] - '0');
	}
	if (n == 0 || n == reader->rest.n)
		return fail(reader, n == reader->rest.n);
	reader->rest = slice_from_byte(reader->rest, n);
	*ret = value;
	return true;
}

/* What stands before the next quote, which is taken too. */
static bool take_text(struct reader *reader, char *ret, size_t size)
{
	struct slice in = reader->rest;
	size_t n = 0, i = 0;
	for (;; i++) {
		bool escaped = i < in.n && in.p[i] == '\\';
		if (escaped)
			i++;
		if (i == in.n)
			return fail(reader, true);
		if (!escaped && in.p[i] == '"')
			break;
		if (n == size - 1 || (escaped && in.p[i] != '"' && in.p[i] != '\\'))
			return fail(reader, false);
		ret[n++] = in.p[i];
	}
	ret[n] = '\0';
	reader->rest = slice_from_byte(in, i + 1);
	/* A NUL inside cannot be shown either, so the text is as long as it looks. */
	return text_is_showable(slice_make(ret, n)) || fail(reader, false);
}

static bool take_hash(struct reader *reader, char ret[LEDGER_HASH_TEXT])
{
	if (!take_text(reader, ret, LEDGER_HASH_TEXT))
		return false;
	return strlen(ret) == LEDGER_HASH_TEXT - 1 &&
		       strspn(ret, "0123456789abcdef") == LEDGER_HASH_TEXT - 1
		   ? true
		   : fail(reader, false);
}

static bool take_kind(struct reader *reader, enum ledger_kind *ret)
{
	char name[16];
	if (!take_text(reader, name, sizeof(name)))
		return false;
	for (unsigned kind = 0; kind < LEDGER__COUNT; kind++) {
		if (strcmp(name, names[kind]) == 0) {
			*ret = (enum ledger_kind)kind;
			return true;
		}
	}
	return fail(reader, false);
}

enum ledger_reading ledger_row_read(struct slice line, struct ledger_record *ret)
{
	struct reader reader = {.rest = line};
	char computed[LEDGER_HASH_TEXT];
	uint64_t time = 0;
	bool good = take(&reader, "{\"sequence\":") && take_number(&reader, &ret->row.sequence) &&
		    take(&reader, ",\"time\":") && take_number(&reader, &time) &&
		    take(&reader, ",\"kind\":\"") && take_kind(&reader, &ret->row.kind) &&
		    take(&reader, ",\"subject\":\"") &&
		    take_text(&reader, ret->texts[0], sizeof(ret->texts[0])) &&
		    take(&reader, ",\"reason\":\"") &&
		    take_text(&reader, ret->texts[1], sizeof(ret->texts[1])) &&
		    take(&reader, ",\"detail\":\"") &&
		    take_text(&reader, ret->texts[2], sizeof(ret->texts[2])) &&
		    take(&reader, ",\"prev\":\"") && take_hash(&reader, ret->prev);
	struct slice head = slice_make(line.p, line.n - reader.rest.n);
	good = good && take(&reader, HASH_MEMBER) && take_hash(&reader, ret->row.hash) &&
	       take(&reader, "}");
	if (!good)
		return reader.reading;
	if (reader.rest.n)
		return LEDGER_READ_BAD;
	if (hash(head, computed) || strcmp(computed, ret->row.hash) != 0)
		return LEDGER_READ_FORGED;
	ret->row.time = (int64_t)time;
	ret->row.subject = ret->texts[0];
	ret->row.reason = ret->texts[1];
	ret->row.detail = ret->texts[2];
	return LEDGER_READ_GOOD;
}
