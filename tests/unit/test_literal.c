#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "aggregate/veil/literal.h"
#include "aggregate/veil/literal_words.h"
#include "aggregate/veil/referrer.h"
#include "aggregate/veil/text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const uint8_t KEY[KEY_SIZE] = {7, 6, 5, 4, 3, 2, 1};

struct fixture {
	struct routes *routes;
	struct literal *literal;
	struct pseudonym_keys *keys;
};

static void fixture_init(struct fixture *f)
{
	struct error error = {{0}};
	f->routes = routes_new();
	cr_assert(f->routes);
	cr_assert(!routes_add(f->routes, "/crew/{name}/logbook", &error));
	cr_assert(!routes_add_public(f->routes, "/handbook/anchors", &error));
	f->literal = literal_new(f->routes);
	f->keys = pseudonym_keys_from(KEY, &error);
	cr_assert(f->literal && f->keys, "%s", error.text);
	cr_assert_eq(literal_add_page(f->literal, slice_from("/blog/{n}/knots")), 0);
	cr_assert_eq(literal_add_page(f->literal, slice_from("/knots/bowline.html")), 0);
	cr_assert_eq(literal_add_host(f->literal, slice_from("rigging.example")), 0);
}

static void fixture_release(struct fixture *f)
{
	literal_free(f->literal);
	routes_free(f->routes);
	pseudonym_keys_free(f->keys);
}

/* "~" and 16 hex become "~#", so that a table can be read. */
static size_t shorten(const char *text, size_t n, char *out)
{
	size_t m = 0;
	for (size_t i = 0; i < n;) {
		size_t run = 0;
		out[m++] = text[i];
		while (text[i] == '~' && i + 1 + run < n && text_hex(text[i + 1 + run]) >= 0)
			run++;
		if (run == 16)
			out[m++] = '#';
		i += run == 16 ? 17 : 1;
	}
	return m;
}

static void expect(const char *row, const char *want, const char *got, size_t n)
{
	char out[LITERAL_MAX];
	n = shorten(got, n, out);
	cr_expect(n == strlen(want) && memcmp(out, want, n) == 0,
		  "row %s: expected \"%s\", got \"%.*s\"", row, want, (int)n, out);
}

static const struct {
	const char *name, *target, *want;
} paths[] = {
    {"root", "/", "/"},
    {"root with a query", "/?alice", "/"},
    {"star", "*", "*"},
    {"bad", "alice", "{bad}"},
    {"empty", "", "{bad}"},
    {"bad is a whole path only", "/{bad}", "/~#"},
    {"traversal", "/static/../../etc/passwd", "{traversal}"},
    {"well-known", "/.well-known/security.txt", "/.well-known/security.txt"},
    {"known file", "/robots.txt", "/robots.txt"},
    {"challenge", "/.well-known/acme-challenge/Xy", "/.well-known/acme-challenge/~#"},
    {"known file in capitals", "/ROBOTS.TXT", "/ROBOTS.txt"},
    {"one capital", "/Login.php", "/Login.php"},
    {"capitals that may be a mark", "/lOgiN.php", "/~#.php"},
    {"capitals that belong", "/HNAP1/", "/HNAP1"},
    {"capitals that do not", "/hNAP1/", "/~#"},
    {"refs", "/.git/HEAD", "/.git/HEAD"},
    {"a surname", "/.git/head", "/.git/~#"},
    {"scanner", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
     "/vendor/phpunit/phpunit/src/Util/~#/eval-stdin.php"},
    {"WordPress", "/wp-content/plugins/alice/readme.txt", "/wp-content/plugins/~#/readme.txt"},
    {"backup", "/backup.tar.gz", "/backup.tar.gz"},
    {"somebody's backup", "/alice.tar.gz", "/~#.tar.gz"},
    {"three extensions", "/config.php.bak.zip", "/config.php.bak.zip"},
    {"four extensions", "/alice.php.bak.zip.gz", "/~#.bak.zip.gz"},
    {"extension of a hidden file", "/.env.bak", "/.env.bak"},
    {"only an extension", "/.php", "/~#"},
    {"a name that ends like one", "/anna.do", "/~#"},
    {"action", "/login.do", "/login.do"},
    {"unknown extension", "/login.alice", "/~#"},
    {"extension in capitals", "/alice.SQL", "/~#.sql"},
    {"extension in mixed capitals", "/alice.sQl", "/~#"},
    {"version", "/api/v1/x", "/api/v1/~#"},
    {"version with a dot", "/api/v2.1", "/api/v2.1"},
    {"version that is an id", "/api/v1.12.345", "/api/~#"},
    {"placeholders", "/api/v1/1234/deadbeef0/2026-11-24", "/api/v1/{n}/{hex}/{date}"},
    {"placeholder with extension", "/images/1234.jpg", "/images/{n}.jpg"},
    {"placeholders with joints", "/images/12345-67890x.jpg", "/images/~#.jpg"},
    {"placeholders and joints only", "/images/20260101_123456.png", "/images/{n}_{n}.png"},
    {"dense image of a word", "/logo@2x.png", "/logo@2x.png"},
    {"dense image of a name", "/alice@2x.png", "/~#.png"},
    {"word and number", "/order-123456", "/~#"},
    {"two words", "/login-admin", "/~#"},
    {"braces of a client", "/{alice}/x", "/~#/~#"},
    {"braces around a placeholder", "/{{n}}", "/~#"},
    {"joints alone", "/-._.-", "/~#"},
    {"email", "/unsubscribe/alice@example.org", "/unsubscribe/{email}"},
    {"handle", "/@alice", "/{handle}"},
    {"section", "/users/alice/settings", "/users/{name}/settings"},
    {"home directory", "/~alice/index.html", "/~{name}/index.html"},
    {"named by a word", "/wiki/User:Alice", "/wiki/User:{name}"},
    {"a hash of a client", "/~0123456789abcdef", "/~{name}"},
    {"encoded word", "/%77p-login.php", "/wp-login.php"},
    {"doubly encoded", "/%2577p-login.php", "/{bin}"},
    {"parameters", "/login;jsessionid=alice", "/login"},
    {"absolute form", "http://alice:pw@alice.example/robots.txt", "/robots.txt"},
    {"letters beyond ASCII", "/gr\xC3\xBC\xC3\x9F", "/~#"},
    {"many segments", "/a/b/c/d/e/f/g/h/i/j/k/alice/m",
     "/~#/~#/~#/~#/~#/~#/~#/~#/~#/~#/~#/~#/{...}"},
    {"declared route", "/crew/alice/logbook/bob", "/crew/{name}/logbook/~#"},
    {"declared route in another case", "/CREW/alice/logbook", "/~#/{name}/logbook"},
    {"declared route cut short", "/crew/alice", "/~#/~#"},
    {"public", "/handbook/anchors/danforth", "/handbook/anchors/danforth"},
    {"public prefix itself", "/handbook/anchors", "/handbook/anchors"},
    {"public in another case", "/Handbook/anchors/danforth", "/~#/~#/~#"},
    {"public keeps placeholders", "/handbook/anchors/12345", "/handbook/anchors/{n}"},
    {"beside the public prefix", "/handbook/alice", "/~#/~#"},
    {"named by the gate", "/blog/4711/knots", "/blog/{n}/knots"},
    {"named in another place", "/knots/knots", "/knots/~#"},
    {"named without its prefix", "/bowline.html", "/~#.html"},
    {"named behind another prefix", "/blog/alice/knots", "/blog/~#/~#"},
    {"behind what is named", "/blog/4711/knots/alice", "/blog/{n}/knots/~#"},
    {"beginning of what is named", "/blog/4711/kno", "/blog/{n}/~#"},
    {"file named", "/knots/bowline.html", "/knots/bowline.html"},
};

Test(literal, paths)
{
	struct fixture f;
	char out[LITERAL_MAX];
	fixture_init(&f);
	for (size_t i = 0; i < COUNT(paths); i++)
		expect(paths[i].name, paths[i].want, out,
		       literal_path(f.literal, f.keys, slice_from(paths[i].target), out));
	fixture_release(&f);
}

Test(literal, hash_is_of_prefix_and_segment_of_the_template)
{
	static const struct {
		const char *name, *target, *prefix, *segment, *want;
	} rows[] = {
	    {"first segment", "/alice", "", "alice", "/~%s"},
	    {"behind a placeholder", "/blog/1234/alice.html", "/blog/{n}", "alice.html",
	     "/blog/{n}/~%s.html"},
	    {"behind a hidden one", "/secret-place/users/x/alice", "/secret-place/users/{name}",
	     "alice", NULL},
	    {"decoded", "/%61lice?x", "", "alice", "/~%s"},
	};
	struct fixture f;
	char out[LITERAL_MAX], want[LITERAL_MAX], hex[17];
	fixture_init(&f);
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = literal_path(f.literal, f.keys, slice_from(rows[i].target), out);
		pseudonym_path(f.keys, slice_from(rows[i].prefix), slice_from(rows[i].segment),
			       hex);
		const char *format = rows[i].want;
		if (!format) { /* the last segment only */
			cr_expect(n > 17 && !memcmp(out + n - 16, hex, 16), "row %s: \"%.*s\"",
				  rows[i].name, (int)n, out);
			continue;
		}
		size_t before = strcspn(format, "%");
		snprintf(want, sizeof(want), "%.*s%s%s", (int)before, format, hex,
			 format + before + 2);
		cr_expect(n == strlen(want) && !memcmp(out, want, n),
			  "row %s: expected \"%s\", got \"%.*s\"", rows[i].name, want, (int)n, out);
	}
	fixture_release(&f);
}

static const struct {
	const char *name, *value, *want;
} hosts[] = {
    {"none", "", ""},
    {"dash", "-", ""},
    {"blanks", "  ", ""},
    {"search engine", "https://www.google.de/search?q=alice", "google.de"},
    {"below a country", "https://google.co.uk/", "google.co.uk"},
    {"an end that says something", "https://google.alice/", "~#"},
    {"two labels behind", "https://google.alice.uk/", "~#"},
    {"a label that says nothing", "https://m.facebook.com/", "m.facebook.com"},
    {"two such labels", "https://de.search.yahoo.com/", "de.search.yahoo.com"},
    {"somebody's place", "https://alice.tumblr.com/post", "~#.tumblr.com"},
    {"behind somebody's place", "https://www.m.alice.tumblr.com/", "~#.tumblr.com"},
    {"any other", "https://alice.example/x", "~#"},
    {"looks like a listed one", "https://notgoogle.com/", "~#"},
    {"listed one in front", "https://google.com.alice.example/", "~#"},
    {"named by the gate", "https://Rigging.example:443/x", "rigging.example"},
    {"named, with www", "https://www.rigging.example/", "rigging.example"},
    {"below what is named", "https://alice.rigging.example/", "~#"},
    {"address", "http://192.0.2.7/", "{ip}"},
    {"v6 address", "http://[2001:db8::1]/", "{ip}"},
    {"id", "https://a1b2c3d4e5.net/", "{id}"},
    {"userinfo", "https://alice:pw@google.com/", "google.com"},
    {"app", "android-app://com.google.android.gm", "~#"},
    {"script", "javascript:alert(1)", "~#"},
    {"no host", "/alice", "{bad}"},
    {"bare host", "Alice.example:8080", "~#"},
    {"bare host named", "rigging.example", "rigging.example"},
    {"bare address", "192.0.2.7:80", "{ip}"},
    {"bytes", "https://\xff\x01/", "{bad}"},
};

Test(literal, hosts)
{
	struct fixture f;
	char out[LITERAL_MAX], hex[17];
	fixture_init(&f);
	for (size_t i = 0; i < COUNT(hosts); i++)
		expect(hosts[i].name, hosts[i].want, out,
		       literal_host(f.literal, f.keys, slice_from(hosts[i].value), out));
	literal_host(f.literal, f.keys, slice_from("https://Alice.tumblr.com/"), out);
	pseudonym_host(f.keys, slice_from("alice.tumblr.com"), hex);
	cr_expect(out[0] == '~' && !memcmp(out + 1, hex, 16), "of the whole scrubbed host");
	fixture_release(&f);
}

Test(literal, queries)
{
	static const struct {
		const char *name, *query, *want;
	} rows[] = {
	    {"empty", "", ""},
	    {"values never", "q=alice&page=2", "q&page"},
	    {"others never", "alice=1&q=2", "q"},
	    {"in order, once", "page=1&q=2&page=3&q=4", "page&q"},
	    {"no value", "q&page", "q&page"},
	    {"encoded", "%71=1&p%61ge", "q&page"},
	    {"doubly encoded", "%2571=1", ""},
	    {"case counts", "Q=1&PAGE", ""},
	    {"beginning", "pag=1&pages=1", ""},
	    {"behind a fragment", "q=1#&page=2", "q"},
	    {"semicolon joins nothing", "q;page=1", ""},
	    {"NUL", "q%00=1", ""},
	    {"brackets", "filter%5B%5D=x", "filter[]"},
	    {"empty pairs", "&&=&q=&", "q"},
	};
	struct fixture f;
	struct error error;
	char out[LITERAL_MAX];
	fixture_init(&f);
	cr_expect_eq(literal_query(f.literal, slice_from("q=1&page=2"), out), 0,
		     "nothing is allowed before it is named");
	static const char *const names[] = {"q", "page", "filter[]", "q"};
	for (size_t i = 0; i < COUNT(names); i++)
		cr_assert(!literal_add_query(f.literal, names[i], &error), "%s", error.text);
	for (size_t i = 0; i < COUNT(rows); i++)
		expect(rows[i].name, rows[i].want, out,
		       literal_query(f.literal, slice_from(rows[i].query), out));
	fixture_release(&f);
}

Test(literal, query_names_are_checked)
{
	static const char *const wrong[] = {
	    "",	    "a b",
	    "a=b",  "a&b",
	    "a\"",  "a\\",
	    "a%62", "\xC3\xA4",
	    "a\n",  "ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo"};
	struct fixture f;
	struct error error;
	char name[16], query[16384], out[LITERAL_MAX];
	size_t n = 0;
	fixture_init(&f);
	for (size_t i = 0; i < COUNT(wrong); i++)
		cr_expect(literal_add_query(f.literal, wrong[i], &error), "row \"%s\"", wrong[i]);
	for (unsigned i = 0; i < 256; i++) {
		snprintf(name, sizeof(name), "n%u", i * 7919 % 256);
		cr_expect(!literal_add_query(f.literal, name, &error), "%s", error.text);
		n += (size_t)snprintf(query + n, sizeof(query) - n, "%s=%u&", name, i);
	}
	cr_expect(literal_add_query(f.literal, "more", &error), "257 names");
	size_t written = literal_query(f.literal, slice_make(query, n), out), names = 1;
	for (size_t i = 0; i < written; i++)
		names += out[i] == '&';
	cr_expect_eq(names, 256);
	fixture_release(&f);
}

/* As many names as fit, none of them cut. */
Test(literal, query_is_never_too_long)
{
	struct fixture f;
	struct error error;
	char name[65], query[20000], out[LITERAL_MAX];
	size_t n = 0;
	fixture_init(&f);
	for (unsigned i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "%064u", i);
		cr_assert(!literal_add_query(f.literal, name, &error), "%s", error.text);
		n += (size_t)snprintf(query + n, sizeof(query) - n, "%s&", name);
	}
	size_t written = literal_query(f.literal, slice_make(query, n), out);
	cr_expect_eq(written, 63 * 65 - 1, "got %zu", written);
	fixture_release(&f);
}

/* Whatever is added, placeholders of whole paths and "(other)" make nothing readable. */
Test(literal, what_is_no_page_is_passed_over)
{
	static const char *const pages[] = {"", "(other)", "{bad}", "alice", "/"};
	struct fixture f;
	char out[LITERAL_MAX];
	fixture_init(&f);
	for (size_t i = 0; i < COUNT(pages); i++)
		cr_expect_eq(literal_add_page(f.literal, slice_from(pages[i])), 0);
	cr_expect_eq(literal_add_host(f.literal, slice_from("(other)")), 0);
	cr_expect_eq(literal_add_host(f.literal, slice_from("192.0.2.1")), 0);
	expect("alice", "/~#", out, literal_path(f.literal, f.keys, slice_from("/alice"), out));
	fixture_release(&f);
}

Test(literal, a_full_place_for_names_says_so)
{
	struct fixture f;
	char page[64], out[LITERAL_MAX];
	int added = 0;
	unsigned i;
	fixture_init(&f);
	for (i = 0; i < 2000000 && added == 0; i++) {
		snprintf(page, sizeof(page), "/page-number-of-some-length-%u", i);
		added = literal_add_page(f.literal, slice_from(page));
	}
	cr_expect_eq(added, 1, "full after %u pages: %d", i, added);
	cr_expect_gt(i, 200000, "full after %u pages", i);
	cr_expect_eq(literal_add_page(f.literal, slice_from("/page-number-of-some-length-7")), 0);
	expect("not kept", "/~#", out, literal_path(f.literal, f.keys, slice_from("/alice"), out));
	fixture_release(&f);
}

Test(literal, vocabulary_is_sorted_and_plain)
{
	size_t n = 0, breaks = 0;
	for (const char *word; (word = literal_word(n)); n++) {
		struct slice text = slice_from(word);
		breaks += n && strcmp(literal_word(n - 1), word) >= 0;
		cr_expect(literal_is_word(text), "\"%s\" is not found", word);
		for (size_t i = 0; i < text.n; i++)
			cr_expect(text_is_alnum(text.p[i]) || strchr("._-+{}", text.p[i]),
				  "\"%s\": byte %zu", word, i);
	}
	cr_expect(n > 300, "%zu words", n);
	cr_expect_eq(breaks, 1, "two sorted lists, found %zu breaks", breaks);
}

/* Names that are frequent in many countries, and what users call themselves. */
Test(literal, vocabulary_names_nobody)
{
	static const char names[] =
	    "adam alex alice ali amy an andrea angel anna art austin bea ben bill bin bob bush cam "
	    "carol carter chase chen chris cook daisy dan dean deb dev dick do don duke dylan eva "
	    "faith fisher ford frank gene george ghost grace grant guest guy hall harry head hill "
	    "ho hope hu hudson hunter ivan jack jan jane jay jenkins jesus jim jin jo jobs joe "
	    "john "
	    "jordan jose joy juan june kai karl kate ken key keys kim king ko lane le lee leo "
	    "lewis "
	    "li lily logan long lopez love luca luci lucy ma magnolia maria mark martin mason max "
	    "may mia miller min moon nick nina page park parker pat paul penny peter ping post "
	    "price "
	    "prince ray reed rich robin rob rocky rose ross ruby ruth ryan sam sandy sky smith "
	    "stone "
	    "sue sun tag-heuer taylor tim tom travis trinity victor wang ward west will wong wu xu "
	    "young yu zhang anonymous nobody me myself boss superuser root";
	char word[32];
	for (const char *at = names; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");
		memcpy(word, at, n);
		word[n] = 0;
		at += n;
		cr_expect(!literal_is_word(slice_from(word)), "\"%s\" is in the vocabulary", word);
		word[0] = (char)(word[0] - 'a' + 'A');
		cr_expect(!literal_is_word(slice_from(word)) || !strcmp(word, "HEAD"),
			  "\"%s\" is in the vocabulary", word);
	}
}

static unsigned below(unsigned n)
{
	return (unsigned)rand() % n;
}

/* Puts the secret somewhere into a target, as such or encoded, among words, joints and dots. */
static size_t make_target(char *out, const char *secret)
{
	static const char *const pieces[] = {"/",   "/blog/", "/admin/", ".php",  "-",	 "1234",
					     "/v1", "@",      "%2e",	 "login", ";x=", "%41",
					     "~",   "{n}",    ".tar.gz", "user:", "=",	 "/users/"};
	size_t n = 0;
	out[n++] = '/';
	unsigned before = below(6), after = below(6);
	for (unsigned i = 0; i < before + after + 1; i++) {
		if (i != before) {
			n += (size_t)sprintf(out + n, "%s", pieces[below(COUNT(pieces))]);
			continue;
		}
		for (const char *c = secret; *c; c++)
			n += (size_t)(below(3) ? sprintf(out + n, "%c", *c)
					       : sprintf(out + n, "%%%02X", (unsigned)*c));
	}
	return n;
}

static bool contains(const char *text, size_t n, const char *part)
{
	for (size_t i = 0; i + strlen(part) <= n; i++)
		if (!strncasecmp(text + i, part, strlen(part)))
			return true;
	return false;
}

Test(literal, secrets_do_not_pass)
{
	struct fixture f;
	char target[1024], out[LITERAL_MAX], secret[12];
	unsigned seed = (unsigned)time(NULL);
	srand(seed);
	fixture_init(&f);
	for (unsigned i = 0; i < 50000; i++) {
		for (size_t j = 0; j < 8; j++) /* letters that no word puts side by side */
			secret[j] = "qxzjkvw"[below(7)];
		secret[8] = 0;
		struct slice made = slice_make(target, make_target(target, secret));
		size_t n = literal_path(f.literal, f.keys, made, out);
		cr_assert(n > 0 && n <= LITERAL_MAX && text_is_showable(slice_make(out, n)));
		cr_assert(!contains(out, n, secret), "seed %u: \"%.*s\" became \"%.*s\"", seed,
			  (int)made.n, made.p, (int)n, out);
		n = (size_t)snprintf(target, sizeof(target), "https://%s.%s/", secret,
				     below(2) ? "tumblr.com" : "example.org");
		n = literal_host(f.literal, f.keys, slice_make(target, n), out);
		cr_assert(n && !contains(out, n, secret), "seed %u: host \"%.*s\"", seed, (int)n,
			  out);
	}
	fixture_release(&f);
}

Test(literal, equal_within_a_key_unrelated_between)
{
	struct fixture f;
	struct error error;
	char a[LITERAL_MAX], b[LITERAL_MAX];
	uint8_t other[KEY_SIZE] = {1};
	fixture_init(&f);
	struct pseudonym_keys *keys = pseudonym_keys_from(other, &error);
	cr_assert(keys, "%s", error.text);
	size_t n = literal_path(f.literal, f.keys, slice_from("/alice"), a);
	cr_expect_eq(literal_path(f.literal, f.keys, slice_from("/alice?x"), b), n);
	cr_expect(!memcmp(a, b, n));
	cr_expect_eq(literal_path(f.literal, keys, slice_from("/alice"), b), n);
	cr_expect(memcmp(a, b, n), "the same under another key");
	literal_path(f.literal, f.keys, slice_from("/x/alice"), b);
	cr_expect(memcmp(a + 1, b + 19, 17), "the same behind another prefix");
	pseudonym_keys_free(keys);
	fixture_release(&f);
}
