#include "aggregate/veil/escrow_text.h"
#include <stdio.h>
#include <string.h>
#include "aggregate/veil/text.h"
#include "base/zone.h"

static const char DIGITS[] = "0123456789abcdef";

void escrow_text_hex(const uint8_t *bytes, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++) {
		*out++ = DIGITS[bytes[i] >> 4];
		*out++ = DIGITS[bytes[i] & 15];
	}
	*out = '\0';
}

int escrow_text_hex_from(struct slice text, uint8_t *ret, size_t n)
{
	if (text.n != 2 * n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char a = text.p[2 * i], b = text.p[2 * i + 1];
		int high = text_hex(a), low = text_hex(b);
		/* One spelling per value: a name or a record has one form. */
		if (high < 0 || low < 0 || text_is_upper(a) || text_is_upper(b))
			return -1;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

void escrow_text_day(int32_t day, char out[ESCROW_DAY_TEXT])
{
	int year, month, date;
	zone_date(day, &year, &month, &date);
	snprintf(out, ESCROW_DAY_TEXT, "%04u-%02u-%02u", (unsigned)year % 10000u,
		 (unsigned)month % 100u, (unsigned)date % 100u);
}

int escrow_text_day_from(struct slice text, int32_t *ret)
{
	static const char form[] = "dddd-dd-dd";
	int fields[3] = {0, 0, 0}, at = 0;
	if (text.n != sizeof(form) - 1)
		return -1;
	for (size_t i = 0; i < text.n; i++) {
		if (form[i] == '-') {
			if (text.p[i] != '-')
				return -1;
			at++;
		} else {
			if (!text_is_digit(text.p[i]))
				return -1;
			fields[at] = fields[at] * 10 + (text.p[i] - '0');
		}
	}
	if (fields[1] < 1 || fields[1] > 12 || fields[2] < 1)
		return -1;
	int year, month, date;
	int64_t day = zone_days(fields[0], fields[1], fields[2]);
	zone_date(day, &year, &month, &date);
	if (year != fields[0] || month != fields[1] || date != fields[2])
		return -1;
	*ret = (int32_t)day;
	return 0;
}

static size_t put(char *out, size_t at, const char *name, const char *value)
{
	size_t left = ESCROW_TEXT_MAX - at;
	return at + (size_t)snprintf(out + at, left, "%s %s\n", name, value);
}

size_t escrow_text_write(const struct escrow_text *text, const uint8_t *key,
			 char out[ESCROW_TEXT_MAX])
{
	char day[ESCROW_DAY_TEXT], kid[ESCROW_KID_TEXT];
	escrow_text_day(text->day, day);
	escrow_text_hex(text->kid, KID_SIZE, kid);
	size_t n = put(out, 0, "veiltally-escrow", "1");
	n = put(out, n, "host", text->host);
	n = put(out, n, "day", day);
	n = put(out, n, "kid", kid);
	n = put(out, n, "mode", address_mode_name(text->mode));
	if (!key)
		return put(out, n, "escrow", "none");
	/* Not through printf: nobody says what its buffers keep. */
	memcpy(out + n, "key ", 4);
	escrow_text_hex(key, KEY_SIZE, out + n + 4);
	n += 4 + 2 * (size_t)KEY_SIZE;
	out[n++] = '\n';
	return n;
}

/* The value of the next line, which must be of this name. */
static int take(struct slice *rest, const char *name, struct slice *ret)
{
	size_t end = slice_find(*rest, '\n'), n = strlen(name);
	struct slice line = slice_make(rest->p, end);
	if (end == rest->n || !slice_starts(line, name) || line.n <= n || line.p[n] != ' ')
		return -1;
	*ret = slice_from_byte(line, n + 1);
	*rest = slice_from_byte(*rest, end + 1);
	return 0;
}

static int read_host(struct slice value, char ret[ESCROW_HOST_MAX])
{
	if (value.n == 0 || value.n >= ESCROW_HOST_MAX)
		return -1;
	for (size_t i = 0; i < value.n; i++)
		if (!text_is_alnum(value.p[i]) && (!value.p[i] || !strchr("-_.", value.p[i])))
			return -1;
	memcpy(ret, value.p, value.n);
	ret[value.n] = '\0';
	return 0;
}

static int read_mode(struct slice value, enum address_mode *ret)
{
	for (unsigned mode = 0; mode < ADDRESS_MODE__COUNT; mode++) {
		if (slice_is(value, address_mode_name(mode))) {
			*ret = (enum address_mode)mode;
			return 0;
		}
	}
	return -1;
}

int escrow_text_read(struct slice bytes, struct escrow_text *ret, uint8_t *ret_key)
{
	struct slice value;
	if (take(&bytes, "veiltally-escrow", &value) || !slice_is(value, "1") ||
	    take(&bytes, "host", &value) || read_host(value, ret->host) ||
	    take(&bytes, "day", &value) || escrow_text_day_from(value, &ret->day) ||
	    take(&bytes, "kid", &value) || escrow_text_hex_from(value, ret->kid, KID_SIZE) ||
	    take(&bytes, "mode", &value) || read_mode(value, &ret->mode))
		return -1;
	if (ret_key ? take(&bytes, "key", &value) || escrow_text_hex_from(value, ret_key, KEY_SIZE)
		    : take(&bytes, "escrow", &value) || !slice_is(value, "none"))
		return -1;
	return bytes.n == 0 ? 0 : -1;
}
