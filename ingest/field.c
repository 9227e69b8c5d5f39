#include "ingest/field.h"

#include <assert.h>
#include <stddef.h>

enum { METHOD_MAX = 24 };

struct slice *field_slot(struct request *request, enum field field)
{
	static const size_t offsets[FIELD__SLICES] = {
	    [FIELD_CLIENT] = offsetof(struct request, client),
	    [FIELD_FORWARDED] = offsetof(struct request, forwarded),
	    [FIELD_USER] = offsetof(struct request, user),
	    [FIELD_METHOD] = offsetof(struct request, method),
	    [FIELD_TARGET] = offsetof(struct request, target),
	    [FIELD_QUERY] = offsetof(struct request, query),
	    [FIELD_PROTOCOL] = offsetof(struct request, protocol),
	    [FIELD_HOST] = offsetof(struct request, host),
	    [FIELD_REFERRER] = offsetof(struct request, referrer),
	    [FIELD_AGENT] = offsetof(struct request, agent),
	    [FIELD_COOKIE] = offsetof(struct request, cookie),
	    [FIELD_COUNTRY] = offsetof(struct request, country),
	};
	assert(field > FIELD_SKIP && field < FIELD__SLICES);
	return (struct slice *)((char *)request + offsets[field]);
}

static bool is_dash(struct slice value)
{
	return value.n == 0 || (value.n == 1 && value.p[0] == '-');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters, digits, "-" and "_": what real methods are made of (RFC 9110 allows a few more that
 * nobody uses). */
static bool method_byte(char c)
{
	char lower = slice_lower(c);
	return (lower >= 'a' && lower <= 'z') || is_digit(c) || c == '-' || c == '_';
}

/* Where "HTTP/…" begins when the text ends in a blank and a protocol; text.n otherwise. */
static size_t protocol_start(struct slice text)
{
	if (text.n > 9 && text.p[text.n - 9] == ' ' && memcmp(text.p + text.n - 8, "HTTP/", 5) == 0)
		return text.n - 8;
	for (size_t i = text.n, tries = 0; i > 0 && tries < 12; i--, tries++) {
		if (text.p[i - 1] != ' ')
			continue;
		struct slice word = slice_from_byte(text, i);
		bool protocol =
		    word.n >= 6 && (slice_starts(word, "HTTP/") || slice_starts(word, "ICE/") ||
				    slice_starts(word, "RTSP/"));
		return protocol ? i : text.n;
	}
	return text.n;
}

/*
 * Method up to the first blank, protocol behind the last one, everything between is the target,
 * blanks too. What is not a request line (TLS bytes, a bare word) is a target without method.
 */
static void put_request_line(struct request *request, struct slice line)
{
	size_t i = 0;
	if (is_dash(line) || slice_is(line, "<BADREQ>")) /* HAProxy's dash */
		return;
	if (line.n > 4 && memcmp(line.p, "GET ", 4) == 0)
		i = 3;
	while (i < line.n && i <= METHOD_MAX && method_byte(line.p[i]))
		i++;
	if (i == 0 || i == line.n || line.p[i] != ' ' || slice_lower(line.p[0]) < 'a') {
		request->target = line;
		return;
	}
	size_t start = i, protocol = protocol_start(line), end = protocol;
	while (start < line.n && line.p[start] == ' ')
		start++;
	if (protocol < line.n)
		while (end > start && line.p[end - 1] == ' ')
			end--;
	struct slice target = slice_make(line.p + start, end > start ? end - start : 0);
	/* HTTP/0.9 names no protocol; then only what looks like a target makes a request line. */
	if (target.n == 0 || (protocol == line.n && target.p[0] != '/' && target.p[0] != '*' &&
			      !slice_starts(target, "http"))) {
		request->target = line;
		return;
	}
	request->method = slice_make(line.p, i);
	request->target = target;
	request->protocol = slice_make(line.p + protocol, line.n - protocol);
}

/* "host/path": what stands before the first "/", "?" or "#" is the host. */
static void put_host_target(struct request *request, struct slice text)
{
	size_t i = 0;
	while (i < text.n && text.p[i] != '/' && text.p[i] != '?' && text.p[i] != '#')
		i++;
	request->host = slice_make(text.p, i);
	request->target = i < text.n ? slice_make(text.p + i, text.n - i) : slice_make("/", 1);
}

static void put_url(struct request *request, struct slice url)
{
	if (is_dash(url))
		return;
	for (size_t i = 0; i + 2 < url.n && i < 12; i++) {
		if (memcmp(url.p + i, "://", 3) == 0) {
			put_host_target(request, slice_from_byte(url, i + 3));
			return;
		}
		if (!method_byte(url.p[i]))
			break;
	}
	request->target = url;
}

/* "www.example.org/path": a name with a point in it before the first slash. */
static bool host_without_scheme(struct slice url)
{
	size_t slash = slice_find(url, '/');
	return slash > 0 && slash < url.n && slice_find(url, '.') < slash &&
	       url.p[slash - 1] != ':';
}

/* The last entry is the peer that the proxy saw; those before it are what the peer claimed. */
static void put_forwarded_client(struct request *request, struct slice list)
{
	size_t comma = list.n;
	while (comma > 0 && list.p[comma - 1] != ',')
		comma--;
	request->client = slice_trim(slice_make(list.p + comma, list.n - comma));
	if (comma)
		request->forwarded = slice_trim(slice_make(list.p, comma - 1));
}

/* Only the last colon can be the port's: an IPv6 address may stand without brackets. */
static void put_client_port(struct request *request, struct slice text)
{
	size_t n = text.n;
	while (n > 0 && is_digit(text.p[n - 1]))
		n--;
	if (n > 1 && n < text.n && text.p[n - 1] == ':')
		text.n = n - 1;
	request->client = text;
}

static enum reject put_status(struct request *request, struct slice value)
{
	unsigned status = 0;
	if (is_dash(value) || slice_is(value, "-1"))
		return REJECT_NONE;
	/* JSON writers that only know floating point: 200.0 */
	if (value.n > 3 && value.p[3] == '.')
		value.n = 3;
	if (value.n > 3)
		return REJECT_STATUS;
	for (size_t i = 0; i < value.n; i++) {
		if (!is_digit(value.p[i]))
			return REJECT_STATUS;
		status = status * 10 + (unsigned)(value.p[i] - '0');
	}
	if (status != 0 && status < 100)
		return REJECT_STATUS;
	request->status = (uint16_t)status;
	return REJECT_NONE;
}

static enum reject put_bytes(struct request *request, struct slice value)
{
	uint64_t bytes = 0;
	size_t i = 0;
	if (is_dash(value) || slice_is(value, "-1"))
		return REJECT_NONE;
	/* HAProxy with "option logasap" puts a plus in front. */
	if (value.p[0] == '+')
		i++;
	size_t start = i;
	for (; i < value.n && is_digit(value.p[i]); i++) {
		unsigned digit = (unsigned)(value.p[i] - '0');
		if (bytes > (UINT64_MAX - digit) / 10)
			return REJECT_NUMBER;
		bytes = bytes * 10 + digit;
	}
	if (i == start)
		return REJECT_NUMBER;
	if (i < value.n && value.p[i] == '.')
		for (i++; i < value.n && is_digit(value.p[i]); i++)
			;
	if (i < value.n)
		return REJECT_NUMBER;
	request->bytes = bytes;
	request->flags |= REQUEST_HAS_BYTES;
	return REJECT_NONE;
}

/* A unit behind the number, as nanoseconds; 0 = not one. */
static uint64_t unit_suffix(struct slice suffix)
{
	static const struct {
		const char *name;
		uint64_t nanoseconds;
	} units[] = {{"s", 1000000000},	  {"ms", 1000000},     {"us", 1000},
		     {"\xc2\xb5s", 1000}, {"\xce\xbcs", 1000}, {"ns", 1}};
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (slice_is(suffix, units[i].name))
			return units[i].nanoseconds;
	return 0;
}

/* "e-05", as Go and Python write small numbers, as what to divide by; 1 when there is none. */
static uint64_t read_exponent(struct slice text)
{
	uint64_t divisor = 1;
	unsigned exponent = 0;
	if (text.n < 3 || text.n > 4 || slice_lower(text.p[0]) != 'e' || text.p[1] != '-')
		return 1;
	for (size_t i = 2; i < text.n; i++) {
		if (!is_digit(text.p[i]))
			return 1;
		exponent = exponent * 10 + (unsigned)(text.p[i] - '0');
	}
	for (unsigned i = 0; i < exponent && i < 19; i++)
		divisor *= 10;
	return divisor;
}

/* Decimal number of `unit` nanoseconds each, as microseconds rounded down, saturated. */
static bool read_duration(struct slice value, uint64_t unit, uint64_t *ret_us)
{
	uint64_t whole = 0, fraction = 0, scale = 1;
	size_t i = 0, digits = 0;
	if (value.p[0] == '+')
		i++;
	for (; i < value.n && is_digit(value.p[i]); i++, digits++)
		if (whole < UINT64_MAX / 16)
			whole = whole * 10 + (unsigned)(value.p[i] - '0');
	if (i < value.n && value.p[i] == '.')
		for (i++; i < value.n && is_digit(value.p[i]); i++, digits++)
			if (scale < 1000000000) {
				fraction = fraction * 10 + (unsigned)(value.p[i] - '0');
				scale *= 10;
			}
	if (!digits)
		return false;
	uint64_t divisor = read_exponent(slice_from_byte(value, i));
	if (divisor == 1 && i < value.n && value.p[i] != ',') { /* "0.001, 0.002": nginx's list */
		unit = unit_suffix(slice_trim(slice_from_byte(value, i)));
		if (!unit)
			return false;
	}
	if (whole > UINT64_MAX / 2 / unit)
		*ret_us = UINT64_MAX / 4;
	else
		*ret_us = (whole * unit + fraction * unit / scale) / divisor / 1000;
	return true;
}

static enum reject put_duration(struct request *request, struct slice value, uint64_t unit,
				bool add)
{
	uint64_t us;
	if (is_dash(value) || value.p[0] == '-')
		return REJECT_NONE;
	if (!read_duration(value, unit, &us))
		return REJECT_NUMBER;
	if (add)
		us += request->duration_us;
	request->duration_us = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	request->flags |= REQUEST_HAS_DURATION;
	return REJECT_NONE;
}

/* Finds "name=value" in a Cookie header; the rest is never kept. */
static void put_cookies(struct reading *reading, struct slice header)
{
	const char *name = reading->cookie;
	if (!name || is_dash(header))
		return;
	size_t name_n = strlen(name);
	while (header.n) {
		size_t end = slice_find(header, ';');
		struct slice pair = slice_trim(slice_make(header.p, end));
		if (pair.n > name_n && pair.p[name_n] == '=' && memcmp(pair.p, name, name_n) == 0) {
			reading->request->cookie =
			    slice_make(pair.p + name_n + 1, pair.n - name_n - 1);
			return;
		}
		header = slice_from_byte(header, end + 1);
	}
}

static enum reject put_time(struct reading *reading, struct slice value)
{
	reading->moment.flags = 0;
	size_t used = stamp_read(&reading->parser->stamp, STAMP_ANY, NULL, value, &reading->moment);
	return used && used == value.n ? REJECT_NONE : REJECT_TIME;
}

static void put_slice(struct request *request, enum field field, struct slice value)
{
	if (is_dash(value) && field != FIELD_CLIENT)
		value.n = 0;
	if (field == FIELD_QUERY && value.n && value.p[0] == '?')
		value.p++, value.n--;
	*field_slot(request, field) = value;
}

enum reject field_put(struct reading *reading, enum field field, struct slice value)
{
	struct request *request = reading->request;
	if (field < FIELD__SLICES) {
		if (field != FIELD_SKIP)
			put_slice(request, field, value);
		return REJECT_NONE;
	}
	switch (field) {
	case FIELD_REQUEST:
		put_request_line(request, value);
		return REJECT_NONE;
	case FIELD_REQUEST_ABSOLUTE:
		put_request_line(request, value);
		put_url(request, request->target);
		return REJECT_NONE;
	case FIELD_URL:
		if (host_without_scheme(value))
			put_host_target(request, value);
		else
			put_url(request, value);
		return REJECT_NONE;
	case FIELD_HOST_TARGET:
		put_host_target(request, value);
		return REJECT_NONE;
	case FIELD_FORWARDED_CLIENT:
		put_forwarded_client(request, value);
		return REJECT_NONE;
	case FIELD_CLIENT_PORT:
		put_client_port(request, value);
		return REJECT_NONE;
	case FIELD_STATUS:
		return put_status(request, value);
	case FIELD_BYTES:
		return put_bytes(request, value);
	case FIELD_DURATION_S:
		return put_duration(request, value, 1000000000, false);
	case FIELD_DURATION_MS:
		return put_duration(request, value, 1000000, false);
	case FIELD_DURATION_US:
		return put_duration(request, value, 1000, false);
	case FIELD_DURATION_NS:
		return put_duration(request, value, 1, false);
	case FIELD_DURATION_ADD_S:
		return put_duration(request, value, 1000000000, true);
	case FIELD_OPT_OUT:
		if (slice_is(value, "1"))
			request->flags |= REQUEST_OPT_OUT;
		return REJECT_NONE;
	case FIELD_COOKIES:
		put_cookies(reading, value);
		return REJECT_NONE;
	case FIELD_TIME:
		return put_time(reading, value);
	default:
		return REJECT_NONE;
	}
}

enum reject reading_finish_slow(struct reading *reading, bool utc)
{
	if (reading->request->client.n == 0)
		return REJECT_FORMAT;
	if (!stamp_finish(&reading->parser->stamp, &reading->moment, utc))
		return REJECT_TIME;
	/* Formats that log the target with its query and the query once more. */
	if (reading->request->query.n &&
	    slice_find(reading->request->target, '?') < reading->request->target.n)
		reading->request->query = slice_make(NULL, 0);
	reading->request->time = reading->moment.time;
	return REJECT_NONE;
}
