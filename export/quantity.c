#include "export/quantity.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

__extension__ typedef unsigned __int128 wide;

struct quantity quantity_plain(uint64_t value)
{
	struct quantity q;
	snprintf(q.text, sizeof(q.text), "%" PRIu64, value);
	return q;
}

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

struct quantity quantity_hundredths(int64_t value)
{
	struct quantity q;
	uint64_t v = magnitude(value);
	snprintf(q.text, sizeof(q.text), "%s%" PRIu64 ".%02u", value < 0 ? "-" : "", v / 100,
		 (unsigned)(v % 100));
	return q;
}

struct quantity quantity_thousandths(uint32_t value)
{
	struct quantity q;
	int n = snprintf(q.text, sizeof(q.text), "%u.%03u", value / 1000, value % 1000);
	while (q.text[n - 1] == '0')
		q.text[--n] = '\0';
	if (q.text[n - 1] == '.')
		q.text[n - 1] = '\0';
	return q;
}

struct quantity quantity_time(int64_t seconds)
{
	static const int64_t first = -62167219200, last = 253402300799;
	struct quantity q;
	struct tm tm;
	time_t t = (time_t)(seconds < first ? first : seconds > last ? last : seconds);
	gmtime_r(&t, &tm);
	strftime(q.text, sizeof(q.text), "0000-%m-%dT%H:%M:%SZ", &tm);
	int year = tm.tm_year + 1900; /* %Y does not pad */
	for (int i = 3; i >= 0; i--, year /= 10)
		q.text[i] = (char)('0' + year % 10);
	return q;
}

struct quantity quantity_count(uint64_t value)
{
	struct quantity plain = quantity_plain(value), q;
	size_t n = strlen(plain.text), at = 0;
	for (size_t i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			q.text[at++] = ',';
		q.text[at++] = plain.text[i];
	}
	q.text[at] = '\0';
	return q;
}

struct quantity quantity_amount(int64_t value)
{
	struct quantity q;
	uint64_t v = magnitude(value);
	snprintf(q.text, sizeof(q.text), "%s%.30s.%02u", value < 0 ? "-" : "",
		 quantity_count(v / 100).text, (unsigned)(v % 100));
	return q;
}

struct quantity quantity_bytes(uint64_t value)
{
	static const char units[] = "kMGTPE";
	struct quantity q;
	if (value < 1000) {
		snprintf(q.text, sizeof(q.text), "%u B", (unsigned)value);
		return q;
	}
	unsigned unit = 0;
	wide one = 1000;
	/* 999,950 would round to 1000.0 kB */
	while (unit + 1 < strlen(units) && ((wide)value * 10 + one / 2) / one >= 10000) {
		one *= 1000;
		unit++;
	}
	unsigned tenths = (unsigned)(((wide)value * 10 + one / 2) / one);
	snprintf(q.text, sizeof(q.text), "%u.%u %cB", tenths / 10, tenths % 10, units[unit]);
	return q;
}

struct quantity quantity_latency(uint32_t value)
{
	struct quantity q;
	if (value < 1000) {
		snprintf(q.text, sizeof(q.text), "%u us", value);
	} else if (value < 999500) {
		snprintf(q.text, sizeof(q.text), "%u ms", (value + 500) / 1000);
	} else {
		uint64_t hundredths = ((uint64_t)value + 5000) / 10000;
		snprintf(q.text, sizeof(q.text), "%" PRIu64 ".%02u s", hundredths / 100,
			 (unsigned)(hundredths % 100));
	}
	return q;
}

struct quantity quantity_span(uint64_t seconds)
{
	struct quantity q;
	if (seconds < 60)
		snprintf(q.text, sizeof(q.text), "%u s", (unsigned)seconds);
	else if (seconds < 3600)
		snprintf(q.text, sizeof(q.text), "%u min %02u s", (unsigned)(seconds / 60),
			 (unsigned)(seconds % 60));
	else
		snprintf(q.text, sizeof(q.text), "%" PRIu64 " h %02u min", seconds / 3600,
			 (unsigned)(seconds / 60 % 60));
	return q;
}

unsigned quantity_scale(uint64_t part, uint64_t whole, unsigned steps)
{
	if (!whole || !part)
		return 0;
	if (part >= whole)
		return steps;
	unsigned n = (unsigned)(((wide)part * steps + whole / 2) / whole);
	return n ? n : 1;
}

struct quantity quantity_share(uint64_t part, uint64_t whole)
{
	struct quantity q = {"-"};
	if (whole) {
		wide tenths = ((wide)part * 1000 + whole / 2) / whole;
		if (part && !tenths)
			snprintf(q.text, sizeof(q.text), "<0.1 %%");
		else if (part < whole && tenths >= 1000)
			snprintf(q.text, sizeof(q.text), ">99.9 %%");
		else
			snprintf(q.text, sizeof(q.text), "%" PRIu64 ".%u %%",
				 (uint64_t)(tenths / 10), (unsigned)(tenths % 10));
	}
	return q;
}

struct quantity quantity_mean(uint64_t sum, uint64_t n)
{
	struct quantity q = {"-"};
	if (n) {
		wide tenths = ((wide)sum * 10 + n / 2) / n;
		snprintf(q.text, sizeof(q.text), "%" PRIu64 ".%u", (uint64_t)(tenths / 10),
			 (unsigned)(tenths % 10));
	}
	return q;
}
