/*
 * One pass over each value: bytes that may stand there are copied, any other becomes %HH. The
 * longest texts a trace can hold, all of them encoded, stay below SECURITY_LINE_MAX: every value
 * has a maximum of its own.
 */
#include "export/security_line.h"
#include <assert.h>
#include <string.h>
#include "aggregate/veil/hit.h"

/* Which bytes may stand as they are: a bit of `plain` each. */
enum place {
	PATH = 1 << 0,	/* pchar of RFC 3986, "/" and the braces of placeholders */
	QUERY = 1 << 1, /* names joined by "&", no "=": a value cannot be written */
	HOST = 1 << 2,
	WORD = 1 << 3,	/* pseudonyms and addresses */
	AGENT = 1 << 4, /* no "=", so that only we write "kid="; no "/", the version's */
	TERM = 1 << 5	/* neither that nor parentheses and ";", which enclose it */
};

/* Bytes of the written value at most. What follows is at most 1,500 bytes of names and numbers. */
enum {
	PATH_MAX_N = 8000,
	QUERY_MAX_N = 3000,
	HOST_MAX_N = 800, /* referrer, site */
	WORD_MAX_N = 64,  /* client, user, kid, network, unit */
	TERM_MAX_N = 200, /* agent, OS, device */
	CUT_N = 5,	  /* "{...}" */
	REST_N = 1500
};
static_assert(PATH_MAX_N + QUERY_MAX_N + 2 * HOST_MAX_N + 6 * WORD_MAX_N + 3 * TERM_MAX_N +
		      16 * CUT_N + REST_N <
		  SECURITY_LINE_MAX,
	      "a line may become too long");

static const uint8_t plain[256] = {
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x30, 0x31, 0x00, 0x00, 0x01, 0x00, 0x33, 0x31, 0x11, 0x11, 0x01, 0x31, 0x31, 0x3F, 0x3F, 0x21,
    0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x01, 0x00, 0x01, 0x00, 0x00,
    0x01, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F,
    0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x02, 0x00, 0x02, 0x00, 0x3F,
    0x00, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F,
    0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x3F, 0x05, 0x00, 0x05, 0x07, 0x00};

/* Constant texts: the compiler turns these into a few stores. */
#define PUT(at, text) put_bytes(at, text, sizeof(text) - 1)

static inline char *put_bytes(char *at, const char *bytes, size_t n)
{
	memcpy(at, bytes, n);
	return at + n;
}

static char *put_encoded(char *at, struct slice text, enum place place, size_t max)
{
	static const char hex[] = "0123456789ABCDEF";
	const char *end = at + max;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		bool stays = plain[c] & place;
		if (end - at < (stays ? 1 : 3))
			return PUT(at, "{...}");
		*at++ = stays ? (char)c : '%';
		if (!stays) {
			*at++ = hex[c >> 4];
			*at++ = hex[c & 15];
		}
	}
	return at;
}

/*
 * Whether 8 bytes are all small letters or from `low` to '9'; the highest bit of each byte says so
 * after an addition that carries into it.
 */
static inline bool is_block(uint64_t x, char low)
{
	const uint64_t ones = 0x0101010101010101, high = ones * 0x80;
	uint64_t from_low = x + ones * (uint64_t)(0x80 - low), from_colon = x + ones * (0x80 - ':');
	uint64_t from_a = x + ones * (0x80 - 'a'), from_brace = x + ones * (0x80 - '{');
	return ((((from_low & ~from_colon) | (from_a & ~from_brace)) & ~x) & high) == high;
}

static inline char *put(char *at, struct slice text, enum place place, size_t max)
{
	const char low = place == PATH ? '-' : '0'; /* "-./" may all stand in a path */
	unsigned all = place;
	size_t i = 0;
	if (text.n > max)
		return put_encoded(at, text, place, max);
	for (; i < text.n % 8; i++) {
		all &= plain[(unsigned char)text.p[i]];
		at[i] = text.p[i];
	}
	for (; i < text.n; i += 8) {
		uint64_t block;
		memcpy(&block, text.p + i, 8);
		memcpy(at + i, &block, 8);
		if (is_block(block, low))
			continue;
		for (size_t j = i; j < i + 8; j++)
			all &= plain[(unsigned char)text.p[j]];
	}
	return all ? at + text.n : put_encoded(at, text, place, max);
}

static struct slice text_of(const char *text)
{
	return text ? slice_from(text) : slice_make(NULL, 0);
}

static bool is_word(const char *text)
{
	return text && *text;
}

static char *put_word(char *at, const char *text)
{
	return put(at, text_of(text), WORD, WORD_MAX_N);
}

static char *put_two(char *at, unsigned value)
{
	at[0] = (char)('0' + value / 10 % 10);
	at[1] = (char)('0' + value % 10);
	return at + 2;
}

static char *put_number(char *at, uint64_t value)
{
	char digits[40] = {0};
	size_t n = 20;
	for (; value >= 100; value /= 100)
		put_two(digits + (n -= 2), (unsigned)(value % 100));
	if (value >= 10)
		put_two(digits + (n -= 2), (unsigned)value);
	else
		digits[--n] = (char)('0' + value);
	memcpy(at, digits + n,
	       20); /* of fixed size, so no call; what is too much is written over */
	return at + (20 - n);
}

struct clock {
	unsigned year, month, day, hour, minute, second;
	bool west;
	unsigned zone_hours, zone_minutes;
};

/*
 * The civil date of a day since 1970-01-01, not before it: H. Hinnant, chrono-Compatible Low-Level
 * Date Algorithms, civil_from_days. zone_date says the same in three times the time, a sixth of
 * what a line may take.
 */
static void read_date(uint32_t days, struct clock *ret)
{
	uint32_t shifted = days + 719468; /* since 0000-03-01 */
	uint32_t era = shifted / 146097, of_era = shifted % 146097;
	uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint32_t from_march = (5 * of_year + 2) / 153;
	ret->day = of_year - (153 * from_march + 2) / 5 + 1;
	ret->month = from_march < 10 ? from_march + 3 : from_march - 9;
	ret->year = year + era * 400 + (ret->month <= 2);
}

/* Both formats have whole minutes for the zone: seconds of it move into the time. Times beyond the
 * years 1970 to 9999 are their ends. */
static void read_clock(const struct trace *trace, struct clock *ret)
{
	const int64_t last = 253402300799; /* 9999-12-31 23:59:59 */
	int32_t zone = trace->offset / 60;
	if (zone < -23 * 60 || zone > 23 * 60)
		zone = 0;
	int64_t time = trace->time > last ? last : trace->time < 0 ? 0 : trace->time;
	int64_t local = time + 60 * (int64_t)zone;
	local = local > last ? last : local < 0 ? 0 : local;
	unsigned second = (unsigned)(local % 86400), away = (unsigned)(zone < 0 ? -zone : zone);
	read_date((uint32_t)(local / 86400), ret);
	ret->hour = second / 3600;
	ret->minute = second / 60 % 60;
	ret->second = second % 60;
	ret->west = zone < 0;
	ret->zone_hours = away / 60;
	ret->zone_minutes = away % 60;
}

static char *put_time(char *at, const struct clock *clock)
{
	at = put_two(at, clock->hour);
	*at++ = ':';
	at = put_two(at, clock->minute);
	*at++ = ':';
	return put_two(at, clock->second);
}

static char *put_year(char *at, const struct clock *clock)
{
	return put_two(put_two(at, clock->year / 100), clock->year % 100);
}

/* 24/Nov/2026:03:00:00 +0000 */
static char *put_clf_time(char *at, const struct trace *trace)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct clock clock;
	read_clock(trace, &clock);
	at = put_two(at, clock.day);
	*at++ = '/';
	at = put_bytes(at, months + 3 * (size_t)(clock.month - 1), 3);
	*at++ = '/';
	at = put_year(at, &clock);
	*at++ = ':';
	at = put_time(at, &clock);
	*at++ = ' ';
	*at++ = clock.west ? '-' : '+';
	return put_two(put_two(at, clock.zone_hours), clock.zone_minutes);
}

/* 2026-11-24T03:00:00Z, 2026-11-24T04:00:00+01:00 */
static char *put_iso_time(char *at, const struct trace *trace)
{
	struct clock clock;
	read_clock(trace, &clock);
	at = put_year(at, &clock);
	*at++ = '-';
	at = put_two(at, clock.month);
	*at++ = '-';
	at = put_two(at, clock.day);
	*at++ = 'T';
	at = put_time(at, &clock);
	if (clock.zone_hours == 0 && clock.zone_minutes == 0)
		return PUT(at, "Z");
	*at++ = clock.west ? '-' : '+';
	at = put_two(at, clock.zone_hours);
	*at++ = ':';
	return put_two(at, clock.zone_minutes);
}

static struct slice method_of(const struct trace *trace)
{
	if (trace->method == METHOD_NONE)
		return slice_from("NONE");
	if (trace->method == METHOD_OTHER || trace->method >= METHOD__COUNT)
		return slice_from("OTHER");
	return slice_from(hit_method_name(trace->method));
}

/* "HTTP/1.1"; empty when none was logged. */
static struct slice protocol_of(const struct trace *trace)
{
	if (trace->protocol == PROTOCOL_NONE)
		return slice_make(NULL, 0);
	if (trace->protocol == PROTOCOL_OTHER || trace->protocol >= PROTOCOL__COUNT)
		return slice_from("HTTP/other");
	return slice_from(hit_protocol_name(trace->protocol));
}

/* A placeholder for the whole path gets its slash: tools look for one. No segment says "{bad}". */
static char *put_path(char *at, const struct trace *trace)
{
	if (trace->path.n == 0 || (trace->path.p[0] != '/' && !slice_is(trace->path, "*")))
		*at++ = '/';
	return put(at, trace->path, PATH, PATH_MAX_N);
}

static bool has_country(const struct trace *trace)
{
	const char *c = trace->country;
	return c[0] >= 'A' && c[0] <= 'Z' && c[1] >= 'A' && c[1] <= 'Z';
}

static bool has_status(const struct trace *trace)
{
	return trace->status >= 100 && trace->status <= 999;
}

/* Names that agent.h does not know. */
static bool is_known(const char *text)
{
	return is_word(text) && strcmp(text, "(unknown)") != 0;
}

static char *put_tags(char *at, const struct trace *trace, const char *quote)
{
	static const struct {
		unsigned flag;
		const char *tag;
	} tags[] = {{TRACE_OPT_OUT, "opt_out"}, {TRACE_CRAWLER, "crawler"}};
	bool first = true;
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		if (!(trace->flags & tags[i].flag))
			continue;
		if (!first)
			*at++ = ',';
		first = false;
		at = put_bytes(at, quote, strlen(quote));
		at = put_bytes(at, tags[i].tag, strlen(tags[i].tag));
		at = put_bytes(at, quote, strlen(quote));
	}
	return at;
}

static char *put_term(char *at, const char *text)
{
	return is_known(text) ? put(at, text_of(text), TERM, TERM_MAX_N) : PUT(at, "-");
}

/* The agent field: who it says it is, then who it is as far as combined has no place for it. One
 * client with one agent has one such text per day, so tools still count visitors by it. */
static char *put_agent(char *at, const struct trace *trace)
{
	at = is_word(trace->agent) ? put(at, text_of(trace->agent), AGENT, TERM_MAX_N)
				   : PUT(at, "-");
	if (trace->version) {
		*at++ = '/';
		at = put_number(at, trace->version);
	}
	at = put_term(PUT(at, " ("), trace->os);
	at = put_term(PUT(at, "; "), trace->device);
	at = PUT(at, ") kid=");
	at = is_word(trace->kid) ? put_word(at, trace->kid) : PUT(at, "-");
	if (is_word(trace->network))
		at = put_word(PUT(at, " net="), trace->network);
	if (is_word(trace->unit))
		at = put_word(PUT(at, " unit="), trace->unit);
	return has_country(trace) ? put_bytes(PUT(at, " cc="), trace->country, 2) : at;
}

/* Behind the last field, where readers of combined put up with more: what differs from request to
 * request. */
static char *put_rest(char *at, const struct trace *trace)
{
	if (trace->flags & TRACE_HAS_DURATION)
		at = put_number(PUT(at, " us="), trace->duration_us);
	if (trace->site.n)
		at = put(PUT(at, " site="), trace->site, HOST, HOST_MAX_N);
	if (trace->flags & (TRACE_OPT_OUT | TRACE_CRAWLER))
		at = put_tags(PUT(at, " tags="), trace, "");
	return at;
}

/* What was no request ("-", TLS bytes) is "-". */
static char *put_request(char *at, const struct trace *trace)
{
	struct slice method = method_of(trace), protocol = protocol_of(trace);
	if (trace->method == METHOD_NONE && (trace->path.n == 0 || slice_is(trace->path, "{bad}")))
		return PUT(at, "-");
	at = put_bytes(at, method.p, method.n);
	*at++ = ' ';
	at = put_path(at, trace);
	if (trace->query.n) {
		*at++ = '?';
		at = put(at, trace->query, QUERY, QUERY_MAX_N);
	}
	if (protocol.n)
		*at++ = ' ';
	return put(at, protocol, PATH, WORD_MAX_N);
}

static char *put_referrer(char *at, const struct trace *trace)
{
	at = put(PUT(at, "https://"), trace->referrer, HOST, HOST_MAX_N);
	return PUT(at, "/");
}

static char *put_combined(char *at, const struct trace *trace)
{
	at = is_word(trace->client) ? put_word(at, trace->client) : PUT(at, "-");
	at = PUT(at, " - ");
	at = is_word(trace->user) ? put_word(PUT(at, "u_"), trace->user) : PUT(at, "-");
	at = put_clf_time(PUT(at, " ["), trace);
	at = put_request(PUT(at, "] \""), trace);
	at = PUT(at, "\" ");
	at = has_status(trace) ? put_number(at, trace->status) : PUT(at, "-");
	*at++ = ' ';
	at = trace->flags & TRACE_HAS_BYTES ? put_number(at, trace->bytes) : PUT(at, "-");
	at = PUT(at, " \"");
	at = trace->referrer.n ? put_referrer(at, trace) : PUT(at, "-");
	at = put_agent(PUT(at, "\" \""), trace);
	at = put_rest(PUT(at, "\""), trace);
	return PUT(at, "\n");
}

/* Members are written with a comma behind them; the end of an object takes the last one back, and
 * the whole object when nothing is in it. */
static char *close_object(char *at, char *from)
{
	if (at[-1] == '{')
		return from;
	at[-1] = '}';
	return PUT(at, ",");
}

static char *put_source(char *at, const struct trace *trace)
{
	static const char digits[] = "0123456789abcdef.:";
	char *from = at;
	bool any = is_word(trace->client);
	at = PUT(at, "\"source\":{\"address\":\"");
	at = any ? put_word(at, trace->client) : PUT(at, "-");
	at = PUT(at, "\",");
	if (any && strcspn(trace->client, ".:") < strlen(trace->client) &&
	    strspn(trace->client, digits) == strlen(trace->client))
		at = PUT(put_word(PUT(at, "\"ip\":\""), trace->client), "\",");
	if (has_country(trace)) {
		at = put_bytes(PUT(at, "\"geo\":{\"country_iso_code\":\""), trace->country, 2);
		at = PUT(at, "\"},");
	}
	return close_object(at, from);
}

static char *put_http(char *at, const struct trace *trace)
{
	char *from = at, *part;
	struct slice method = method_of(trace), protocol = protocol_of(trace);
	at = PUT(at, "\"http\":{");
	if (protocol.n) {
		at = put(PUT(at, "\"version\":\""), slice_from_byte(protocol, 5), WORD, WORD_MAX_N);
		at = PUT(at, "\",");
	}
	part = at;
	at = PUT(at, "\"request\":{");
	if (trace->method != METHOD_NONE)
		at = PUT(put_bytes(PUT(at, "\"method\":\""), method.p, method.n), "\",");
	if (trace->referrer.n)
		at = PUT(put_referrer(PUT(at, "\"referrer\":\""), trace), "\",");
	at = close_object(at, part);
	part = at;
	at = PUT(at, "\"response\":{");
	if (has_status(trace))
		at = PUT(put_number(PUT(at, "\"status_code\":"), trace->status), ",");
	if (trace->flags & TRACE_HAS_BYTES)
		at = PUT(put_number(PUT(at, "\"body\":{\"bytes\":"), trace->bytes), "},");
	at = close_object(at, part);
	return close_object(at, from);
}

static char *put_url(char *at, const struct trace *trace)
{
	char *from = at;
	at = PUT(at, "\"url\":{");
	if (trace->site.n)
		at = PUT(put(PUT(at, "\"domain\":\""), trace->site, HOST, HOST_MAX_N), "\",");
	at = PUT(put_path(PUT(at, "\"path\":\""), trace), "\",");
	if (trace->query.n)
		at = PUT(put(PUT(at, "\"query\":\""), trace->query, QUERY, QUERY_MAX_N), "\",");
	return close_object(at, from);
}

static char *put_user_agent(char *at, const struct trace *trace)
{
	char *from = at;
	at = PUT(at, "\"user_agent\":{");
	if (is_word(trace->agent)) {
		at = put(PUT(at, "\"name\":\""), text_of(trace->agent), AGENT, TERM_MAX_N);
		at = PUT(at, "\",");
	}
	if (trace->version)
		at = PUT(put_number(PUT(at, "\"version\":\""), trace->version), "\",");
	if (is_known(trace->os))
		at = PUT(put_term(PUT(at, "\"os\":{\"name\":\""), trace->os), "\"},");
	if (is_known(trace->device))
		at = PUT(put_term(PUT(at, "\"device\":{\"name\":\""), trace->device), "\"},");
	return close_object(at, from);
}

static char *put_keys(char *at, const struct trace *trace)
{
	char *from = at;
	at = PUT(at, "\"veiltally\":{");
	if (is_word(trace->kid))
		at = PUT(put_word(PUT(at, "\"kid\":\""), trace->kid), "\",");
	if (is_word(trace->network))
		at = PUT(put_word(PUT(at, "\"network\":\""), trace->network), "\",");
	if (is_word(trace->unit))
		at = PUT(put_word(PUT(at, "\"unit\":\""), trace->unit), "\",");
	return close_object(at, from);
}

static char *put_json(char *at, const struct trace *trace)
{
	char *from = at;
	at = put_iso_time(PUT(at, "{\"@timestamp\":\""), trace);
	at = PUT(at, "\",\"ecs\":{\"version\":\"8.11.0\"},");
	if (trace->flags & TRACE_HAS_DURATION) {
		at = put_number(PUT(at, "\"event\":{\"duration\":"),
				(uint64_t)trace->duration_us * 1000);
		at = PUT(at, "},");
	}
	at = put_source(at, trace);
	if (is_word(trace->user))
		at = PUT(put_word(PUT(at, "\"user\":{\"hash\":\"u_"), trace->user), "\"},");
	at = put_http(at, trace);
	at = put_url(at, trace);
	at = put_user_agent(at, trace);
	at = put_keys(at, trace);
	if (trace->flags & (TRACE_OPT_OUT | TRACE_CRAWLER))
		at = PUT(put_tags(PUT(at, "\"tags\":["), trace, "\""), "],");
	at = close_object(at, from);
	at[-1] = '\n';
	return at;
}

size_t security_line(enum security_format format, const struct trace *trace,
		     char out[SECURITY_LINE_MAX])
{
	char *end = format == SECURITY_JSON ? put_json(out, trace) : put_combined(out, trace);
	return (size_t)(end - out);
}
