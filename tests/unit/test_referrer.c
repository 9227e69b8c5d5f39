#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>
#include "aggregate/veil/referrer.h"
#include "aggregate/veil/referrer_names.h"
#include "aggregate/veil/text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *name, *value, *site, *class, *host, *engine;
} rows[] = {
    {"none", "", "example.org", "direct", "", "(none)"},
    {"dash", "-", "example.org", "direct", "", "(none)"},
    {"blanks", "  ", "", "direct", "", "(none)"},
    {"website", "https://blog.example.net/a?b=c#d", "example.org", "website", "blog.example.net",
     "(none)"},
    {"upper case", "HTTPS://Blog.Example.NET/", "example.org", "website", "blog.example.net",
     "(none)"},
    {"www is dropped", "http://www.example.net", "example.org", "website", "example.net", "(none)"},
    {"www alone stays", "http://www.example/", "example.org", "website", "www.example", "(none)"},
    {"port", "http://example.net:8080/x", "example.org", "website", "example.net", "(none)"},
    {"trailing dot", "http://example.net./x", "example.org", "website", "example.net", "(none)"},
    {"userinfo", "http://bob:secret@example.net/", "example.org", "website", "example.net",
     "(none)"},
    {"two signs in the userinfo", "http://bob@home:x@example.net/", "", "website", "example.net",
     "(none)"},
    {"query without a path", "http://example.net?q=1", "", "website", "example.net", "(none)"},
    {"backslash", "http://example.net\\@evil.example/", "", "website", "example.net", "(none)"},
    {"internal", "https://example.org/page", "example.org", "internal", "example.org", "(none)"},
    {"internal with port", "https://www.example.org:443/page", "Example.org:8443", "internal",
     "example.org", "(none)"},
    {"subdomain is another site", "https://blog.example.org/", "example.org", "website",
     "blog.example.org", "(none)"},
    {"internal by address", "http://192.0.2.1/x", "192.0.2.1:80", "internal", "{ip}", "(none)"},
    {"address", "http://192.0.2.7/x", "example.org", "website", "{ip}", "(none)"},
    {"address as one number", "http://3232235777/x", "", "website", "{ip}", "(none)"},
    {"address in hex", "http://0x7f.0x1/", "", "website", "{ip}", "(none)"},
    {"IPv6", "http://[2001:db8::1]:8080/x", "", "website", "{ip}", "(none)"},
    {"broken IPv6", "http://[2001:db8/x", "", "invalid", "{bad}", "(none)"},
    {"address in a label", "http://host-192-0-2-7.dyn.example.net/", "", "website", "example.net",
     "(none)"},
    {"address over labels", "http://7.2.0.192.in-addr.arpa/", "", "website", "in-addr.arpa",
     "(none)"},
    {"below a country", "http://192-0-2-7.dyn.example.co.uk/", "", "website", "example.co.uk",
     "(none)"},
    {"below a country, two labels", "http://a1b2c3d4e5.example.de/", "", "website", "example.de",
     "(none)"},
    {"hex label", "http://deadbeef.example.net/", "", "website", "example.net", "(none)"},
    {"seven hex digits", "http://acceded.example.net/", "", "website", "acceded.example.net",
     "(none)"},
    {"UUID label", "http://550e8400-e29b-41d4-a716-446655440000.example.net/", "", "website",
     "example.net", "(none)"},
    {"long number", "http://user12345.example.net/", "", "website", "example.net", "(none)"},
    {"id in the domain", "http://a1b2c3d4e5.net/", "", "website", "{id}", "(none)"},
    {"id before a country", "http://x.a1b2c3d4e5.co.uk/", "", "website", "{id}", "(none)"},
    {"punycode", "http://xn--80ak6aa92e.com/", "", "website", "xn--80ak6aa92e.com", "(none)"},
    {"long number in punycode", "http://xn--1234ab1cd2ef.example.net/", "", "website",
     "example.net", "(none)"},
    {"one label", "http://localhost/", "", "website", "localhost", "(none)"},
    {"no scheme", "example.net/x", "", "invalid", "{bad}", "(none)"},
    {"another scheme", "ftp://example.net/x", "", "invalid", "{bad}", "(none)"},
    {"about", "about:blank", "", "invalid", "{bad}", "(none)"},
    {"no host", "http:///x", "", "invalid", "{bad}", "(none)"},
    {"empty label", "http://a..b/", "", "invalid", "{bad}", "(none)"},
    {"blank in the host", "http://a b/", "", "invalid", "{bad}", "(none)"},
    {"control byte", "http://a\x01.example/", "", "invalid", "{bad}", "(none)"},
    {"not ASCII", "http://caf\xC3\xA9.example/", "", "invalid", "{bad}", "(none)"},
    {"label of 64", "http://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org/",
     "", "invalid", "{bad}", "(none)"},
    {"label of 63", "http://oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo0.org/",
     "", "website", "{id}", "(none)"},
    {"app", "android-app://com.example.reader/", "", "app", "com.example.reader", "(none)"},
    {"app by number", "ios-app://544007664/x", "", "app", "{id}", "(none)"},
    {"extension", "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/x", "", "app", "{id}",
     "(none)"},
    {"app without a name", "android-app:///", "", "invalid", "{bad}", "(none)"},
    {"Google", "https://www.google.com/", "", "search", "google.com", "Google"},
    {"Google in a country", "https://www.google.de/search?q=x", "", "search", "google.de",
     "Google"},
    {"Google below a second level", "https://www.google.co.uk/", "", "search", "google.co.uk",
     "Google"},
    {"Google below com and a country", "https://google.com.au/", "", "search", "google.com.au",
     "Google"},
    {"Google news", "https://news.google.com/", "", "search", "news.google.com", "Google"},
    {"not Google", "https://google.example.com/", "", "website", "google.example.com", "(none)"},
    {"not Google either", "https://notgoogle.com/", "", "website", "notgoogle.com", "(none)"},
    {"Google documents", "https://docs.google.com/document/d/1", "", "website", "docs.google.com",
     "(none)"},
    {"Google mail", "https://mail.google.com/mail/u/0/", "", "mail", "mail.google.com", "(none)"},
    {"Bing", "https://www.bing.com/search?q=x", "", "search", "bing.com", "Bing"},
    {"Bing in China", "https://cn.bing.com/", "", "search", "cn.bing.com", "Bing"},
    {"DuckDuckGo", "https://duckduckgo.com/", "", "search", "duckduckgo.com", "DuckDuckGo"},
    {"Yahoo", "https://de.search.yahoo.com/", "", "search", "de.search.yahoo.com", "Yahoo"},
    {"Yahoo mail", "https://mail.yahoo.com/", "", "mail", "mail.yahoo.com", "(none)"},
    {"Yandex", "https://yandex.ru/", "", "search", "yandex.ru", "Yandex"},
    {"Yandex in Turkey", "https://yandex.com.tr/", "", "search", "yandex.com.tr", "Yandex"},
    {"Baidu", "http://m.baidu.com/s?wd=x", "", "search", "m.baidu.com", "Baidu"},
    {"Ecosia", "https://www.ecosia.org/", "", "search", "ecosia.org", "Ecosia"},
    {"Qwant", "https://lite.qwant.com/", "", "search", "lite.qwant.com", "Qwant"},
    {"Startpage", "https://www.startpage.com/", "", "search", "startpage.com", "Startpage"},
    {"Brave", "https://search.brave.com/", "", "search", "search.brave.com", "Brave"},
    {"Naver", "https://search.naver.com/", "", "search", "search.naver.com", "Naver"},
    {"Seznam", "https://search.seznam.cz/", "", "search", "search.seznam.cz", "Seznam"},
    {"search at Mail.ru", "https://go.mail.ru/", "", "search", "go.mail.ru", "Mail.ru"},
    {"mail at Mail.ru", "https://e.mail.ru/", "", "mail", "e.mail.ru", "(none)"},
    {"Facebook", "https://l.facebook.com/l.php?u=x", "", "social", "l.facebook.com", "(none)"},
    {"t.co", "https://t.co/aBcDeF", "", "social", "t.co", "(none)"},
    {"x.com", "https://x.com/", "", "social", "x.com", "(none)"},
    {"not x.com", "https://netflix.com/", "", "website", "netflix.com", "(none)"},
    {"LinkedIn", "https://www.linkedin.com/", "", "social", "linkedin.com", "(none)"},
    {"Reddit", "https://old.reddit.com/", "", "social", "old.reddit.com", "(none)"},
    {"Hacker News", "https://news.ycombinator.com/", "", "social", "news.ycombinator.com",
     "(none)"},
    {"Pinterest in a country", "https://www.pinterest.co.uk/", "", "social", "pinterest.co.uk",
     "(none)"},
    {"YouTube", "https://m.youtube.com/", "", "social", "m.youtube.com", "(none)"},
    {"ChatGPT", "https://chatgpt.com/", "", "ai", "chatgpt.com", "(none)"},
    {"ChatGPT of old", "https://chat.openai.com/", "", "ai", "chat.openai.com", "(none)"},
    {"Perplexity", "https://www.perplexity.ai/", "", "ai", "perplexity.ai", "(none)"},
    {"Claude", "https://claude.ai/", "", "ai", "claude.ai", "(none)"},
    {"Gemini", "https://gemini.google.com/", "", "ai", "gemini.google.com", "(none)"},
    {"Copilot", "https://copilot.microsoft.com/", "", "ai", "copilot.microsoft.com", "(none)"},
    {"Outlook", "https://outlook.live.com/", "", "mail", "outlook.live.com", "(none)"},
};

static void expect_text(const char *row, const char *field, const char *want, const char *got,
			size_t n)
{
	cr_expect(n == strlen(want) && memcmp(got, want, n) == 0,
		  "%s: %s is \"%.*s\", expected \"%s\"", row, field, (int)n, got, want);
}

Test(referrer, known_values)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct referrer referrer;
		referrer_veil(slice_from(rows[i].value), slice_from(rows[i].site), &referrer);
		const char *class = referrer_class_name(referrer.class);
		const char *engine = referrer_engine_name(referrer.engine);
		expect_text(rows[i].name, "host", rows[i].host, referrer.host, referrer.host_n);
		expect_text(rows[i].name, "class", rows[i].class, class, strlen(class));
		expect_text(rows[i].name, "engine", rows[i].engine, engine, strlen(engine));
	}
}

static const struct {
	const char *name, *host, *want;
} hosts[] = {
    {"empty", "", ""},
    {"blank", " ", ""},
    {"plain", "www.Example.org:8080", "example.org"},
    {"address", "192.0.2.1:80", "{ip}"},
    {"IPv6 without brackets", "2001:db8::1", "{ip}"},
    {"port only", ":80", "{bad}"},
    {"dot", ".", "{bad}"},
    {"cut", "a1b2c3d4e5f6.cdn.example.com", "example.com"},
};

Test(referrer, hosts)
{
	char out[REFERRER_HOST_MAX];
	for (size_t i = 0; i < COUNT(hosts); i++)
		expect_text(hosts[i].name, "host", hosts[i].want, out,
			    referrer_host_veil(slice_from(hosts[i].host), out));
}

Test(referrer, host_lengths)
{
	char host[300], out[REFERRER_HOST_MAX];
	for (size_t n = 240; n < sizeof(host); n++) {
		for (size_t i = 0; i < n; i++)
			host[i] = i % 8 == 7 ? '.' : 'o';
		host[n - 1] = 'o';
		host[n - 2] = 'o';
		size_t length = referrer_host_veil(slice_make(host, n), out);
		cr_expect(length == (n <= 253 ? n : 5), "%zu bytes: %zu", n, length);
	}
}

/* The first row that matches wins, so a row below another of its kind would be dead; engines fit
 * their bits. */
Test(referrer, every_row_is_reached)
{
	for (size_t i = 0; i < referrer_hosts_n; i++) {
		char text[64];
		struct slice host = referrer_hosts[i].host;
		snprintf(text, sizeof(text), "%.*s", (int)host.n, host.p);
		if (text[host.n - 1] == '*')
			snprintf(text + host.n - 1, sizeof(text) - host.n, "co.uk");
		const struct referrer_host *row = referrer_find_host(slice_from(text));
		cr_assert(row != NULL, "%s is not found", text);
		cr_expect(row->class == referrer_hosts[i].class, "%s: another row is first", text);
	}
	cr_expect(referrer_engines() < 32, "%u engines", referrer_engines());
	for (unsigned i = 0; i < referrer_engines(); i++)
		for (unsigned k = 0; k < i; k++)
			cr_expect(strcmp(referrer_engine_name(i), referrer_engine_name(k)) != 0);
	cr_expect_str_eq(referrer_engine_name(99), "(none)");
	cr_expect_str_eq(referrer_class_name(99), "(unknown)");
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

Test(referrer, random_values_obey)
{
	static const char *const pieces[] = {
	    "http://", "https://", "www.",	     "google", ".com", ".co.uk",   "192.0.2.1",
	    "-0-0-1",  "deadbeef", "12345",	     "@",      ":80",  "[",	   "]",
	    "::1",     "xn--",	   "android-app://", "/",      "..",   "\xC3\xA9", "\x01",
	    "a",       "x.y"};
	uint64_t seed = (uint64_t)time(NULL) | 1, state = seed;
	char text[512], again[REFERRER_HOST_MAX];
	printf("referrer: seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 200000; round++) {
		struct referrer referrer;
		size_t n = 0;
		for (uint64_t count = next_random(&state) % 12; count; count--) {
			const char *piece = pieces[next_random(&state) % COUNT(pieces)];
			memcpy(text + n, piece, strlen(piece));
			n += strlen(piece);
		}
		referrer_veil(slice_make(text, n), slice_from("example.org"), &referrer);
		struct slice host = slice_make(referrer.host, referrer.host_n);
		cr_assert(host.n <= 253 && text_is_showable(host) &&
			      referrer.engine < referrer_engines(),
			  "seed %llu, round %d", (unsigned long long)seed, round);
		for (size_t i = 0; i < host.n; i++)
			cr_assert(text_is_lower(host.p[i]) || text_is_digit(host.p[i]) ||
				      strchr(".-_{}", host.p[i]),
				  "seed %llu, round %d: \"%.*s\"", (unsigned long long)seed, round,
				  (int)host.n, host.p);
		if (host.n && host.p[0] != '{')
			cr_assert(referrer_host_veil(host, again) == host.n ||
				      slice_starts(host, "www."),
				  "seed %llu, round %d: \"%.*s\" twice", (unsigned long long)seed,
				  round, (int)host.n, host.p);
	}
}
