#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "aggregate/veil/path.h"
#include "aggregate/veil/text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Fails with the row's name, what was expected and what came. */
static void expect(const char *row, const char *want, const char *got, size_t n)
{
	cr_expect(n == strlen(want) && memcmp(got, want, n) == 0,
		  "%s: expected \"%s\", got \"%.*s\"", row, want, (int)n, got);
}

Test(path, reference_cases)
{
	char file[4096], line[4096], out[PATH_TEMPLATE_MAX];
	const char *shared = getenv("VEILTALLY_SHARED");
	unsigned cases = 0;
	snprintf(file, sizeof(file), "%s/data/vectors/path_templating/path_template_cases.tsv",
		 shared ? shared : "../shared");
	FILE *in = fopen(file, "r");
	if (!in)
		cr_skip_test("no reference cases at %s", file);
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = 0;
		char *tab = strchr(line, '\t');
		if (!tab || !strncmp(line, "# ", 2))
			continue;
		*tab = 0;
		expect(line, tab + 1, out, path_template(slice_from(line), out));
		cases++;
	}
	fclose(in);
	cr_expect(cases == 86, "read %u of 86 cases", cases);
}

static const struct {
	const char *name, *target, *want;
} templates[] = {
    {"empty target", "", "{bad}"},
    {"query only", "?a=b", "{bad}"},
    {"star is not a prefix", "*x", "{bad}"},
    {"fragment hides the query mark", "/a#b?c", "/a"},
    {"query hides the fragment mark", "/a?b#c", "/a"},
    {"absolute form without a path", "HTTP://Example.org", "/"},
    {"absolute form with a query only", "http://example.org?x=1", "/"},
    {"scheme needs a letter first", "1http://example.org/a", "{bad}"},
    {"userinfo is dropped", "https://bob:pw@example.org/a/b", "/a/b"},
    {"scheme in the middle is a segment", "/http://example.org/x", "/http:/example.org/x"},
    {"dot segments are dropped", "/./a/./b/.", "/a/b"},
    {"an encoded dot is a segment", "/%2e/a", "/./a"},
    {"climbing behind a parameter", "/a/..;x=1/b", "{traversal}"},
    {"climbing after encoding", "/a/%2E%2e", "{traversal}"},
    {"three dots do not climb", "/a/.../b", "/a/.../b"},
    {"parameters are cut", "/a;b=1/c;d", "/a/c"},
    {"an encoded semicolon stays", "/a%3Bb", "/a;b"},
    {"percent at the end", "/a%", "/{bin}"},
    {"one hex digit", "/a%4", "/{bin}"},
    {"percent that stays encoded", "/100%25", "/100%"},
    {"double encoding", "/%2541", "/{bin}"},
    {"raw control byte",
     "/a\x01"
     "b",
     "/{bin}"},
    {"encoded newline", "/a%0Ab", "/{bin}"},
    {"DEL", "/a%7f", "/{bin}"},
    {"C1 control in UTF-8", "/a%C2%85", "/{bin}"},
    {"no-break space is no control", "/a%C2%A0b",
     "/a\xC2\xA0"
     "b"},
    {"right-to-left override", "/a%E2%80%AEb", "/{bin}"},
    {"isolate", "/a%E2%81%A6b", "/{bin}"},
    {"line separator", "/a%E2%80%A8b", "/{bin}"},
    {"overlong slash", "/a%C0%AFb", "/{bin}"},
    {"surrogate", "/%ED%A0%80", "/{bin}"},
    {"above Unicode", "/%F4%90%80%80", "/{bin}"},
    {"cut character", "/%E2%82", "/{bin}"},
    {"four-byte character", "/%F0%9F%98%80", "/\xF0\x9F\x98\x80"},
    {"backslash", "/a\\b", "/{bin}"},
    {"64 bytes stay", "/oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo",
     "/oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo"},
    {"65 bytes are long", "/ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo",
     "/{long}"},
    {"eleven segments", "/a/b/c/d/e/f/g/h/i/j/k", "/a/b/c/d/e/f/g/h/i/j/k"},
    {"twelve segments say there may be more", "/a/b/c/d/e/f/g/h/i/j/k/l",
     "/a/b/c/d/e/f/g/h/i/j/k/l/{...}"},
    {"binary segments count", "/%/%/%/%/%/%/%/%/%/%/%/%/%/x",
     "/{bin}/{bin}/{bin}/{bin}/{bin}/{bin}/{bin}/{bin}/{bin}/{bin}/{bin}/{bin}/{...}"},
    {"address in a host name", "/host-192-0-2-7", "/{ip}"},
    {"address in front", "/10.0.0.1-backup", "/{ip}"},
    {"address with underscores", "/log_10_0_0_1.txt", "/{ip}.txt"},
    {"address with zeros", "/x192.000.002.017", "/{ip}"},
    {"reverse name", "/7.2.0.192.in-addr.arpa", "/{ip}"},
    {"mixed joints are no address", "/a1.2-3.4", "/a1.2-3.4"},
    {"three bytes are a version", "/app-1.2.3", "/app-1.2.3"},
    {"too large for a byte", "/x-256-1-1-1", "/x-256-1-1-1"},
    {"address after a digit", "/x-1255.1.2.3", "/x-{n}.{n}.{n}.{n}"},
    {"IPv6 with text around it", "/x-2001:db8::1-y", "/{ip}"},
    {"hardware address", "/aa:bb:cc:00:11:22", "/{ip}"},
    {"words with colons", "/Foo::Bar::Baz", "/Foo::Bar::Baz"},
    {"IPv6 with a zone", "/fe80::1%25eth0", "/{ip}"},
    {"IPv6 ending in IPv4", "/::ffff:192.0.2.1", "/{ip}"},
    {"unspecified address", "/::", "/{ip}"},
    {"nine groups", "/1:2:3:4:5:6:7:8:9", "/{ip}"},
    {"retina image of an id", "/aB3xK9Lm@2x.png", "/{id}@2x.png"},
    {"retina image of an address", "/10-0-0-1-x@3x.webp", "/{ip}@3x.webp"},
    {"retina density 5", "/a@5x.png", "/{email}"},
    {"at sign alone", "/@", "/{id}"},
    {"at sign last", "/bob@", "/{id}"},
    {"mail without a dot", "/bob@localhost", "/{id}"},
    {"mail with two", "/@bob@example.org", "/{id}"},
    {"long token keeps its type",
     "/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
     "/{jwt}"},
    {"long token that is no JWT",
     "/eyJ~aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "/{token}"},
    {"UUID with text", "/x550e8400-e29b-41d4-a716-446655440000", "/{id}"},
    {"UUID in capitals", "/550E8400-E29B-41D4-A716-446655440000", "/{uuid}"},
    {"date as a file", "/2024-01-31.html", "/{date}.html"},
    {"phone number", "/+44 (0)1632 960961", "/{num}"},
    {"six digits with dashes", "/12-34-56", "/12-34-56"},
    {"version of three parts", "/v1.12.123", "/v1.12.123"},
    {"version of four parts", "/v1.2.3.4", "/{ip}"},
    {"extension in capitals", "/LOGO.PNG", "/LOGO.png"},
    {"two extensions", "/12345.tar.gz", "/{n}.tar.gz"},
    {"hidden file is no extension", "/.html", "/.html"},
    {"five digits in a name", "/foo12345bar", "/foo{n}bar"},
    {"mixed case id", "/aBcDeFgHiJkLmNoPqRsT", "/{id}"},
    {"exactly three turns", "/xyz1abc2", "/{id}"},
    {"three turns and two digits", "/xy1abc2d", "/{id}"},
    {"fifteen digits", "/+123456789012345", "/{num}"},
    {"host begins with a dot", "/a@.example", "/{id}"},
    {"encoding left whose first digit is 0", "/x%250a", "/{bin}"},
    {"hex digit behind a UUID", "/550e8400-e29b-41d4-a716-446655440000a",
     "/{n}e{n}-e{n}b-{n}d{n}-a{n}-{n}a"},
    {"four rises", "/myVeryLongFunctionName", "/{id}"},
    {"18 letters", "/myVeryLongFuncTion", "/myVeryLongFuncTion"},
    {"sixteen with a digit", "/abcdefghijklmno1", "/{id}"},
    {"fifteen with a digit", "/abcdefghijklmn1", "/abcdefghijklmn1"},
    {"three turns", "/xy1xy2xy", "/{id}"},
    {"three turns, seven long", "/xy1xy2x", "/xy1xy2x"},
    {"two turns", "/abcdef1g", "/abcdef1g"},
    {"two turns, mixed case", "/aBcDef1g", "/{id}"},
    {"hex of seven", "/abcdef1", "/abcdef1"},
    {"16 hex letters", "/abcdefabcdefabcd", "/{hex}"},
    {"camel case word", "/anotherLongFunctionName", "/anotherLongFunctionName"},
};

Test(path, templates)
{
	char out[PATH_TEMPLATE_MAX];
	for (size_t i = 0; i < COUNT(templates); i++)
		expect(templates[i].name, templates[i].want, out,
		       path_template(slice_from(templates[i].target), out));
}

static const struct {
	const char *name, *target, *want;
} people[] = {
    {"plain page", "/about/contact", "/about/contact"},
    {"user", "/users/alice", "/users/{name}"},
    {"deep and below", "/api/v1/users/alice/orders/7", "/api/v1/users/{name}/orders/{n}"},
    {"any case", "/USERS/Alice", "/USERS/{name}"},
    {"encoded section", "/us%65rs/alice", "/users/{name}"},
    {"section alone", "/people/", "/people"},
    {"number", "/user/12345", "/user/{name}"},
    {"binary", "/user/%ff", "/user/{name}"},
    {"file", "/profile/alice.html", "/profile/{name}"},
    {"home directory", "/~alice/cv.pdf", "/~{name}/cv.pdf"},
    {"encoded home directory", "/%7Ealice/", "/~{name}"},
    {"tilde alone", "/~/x", "/~/x"},
    {"handle", "/@alice", "/{handle}"},
    {"pagination", "/author/alice/page/2", "/author/{name}/page/{n}"},
    {"pagination of the section", "/users/page/2", "/users/page/{n}"},
    {"login page", "/account/login", "/account/login"},
    {"login script", "/user/login.php", "/user/login.php"},
    {"index", "/members/index.html", "/members/index.html"},
    {"a name with a dot", "/users/new.york", "/users/{name}"},
    {"below a thing", "/account/settings/language", "/account/settings/language"},
    {"verb", "/user/edit/alice", "/user/edit/{name}"},
    {"search", "/people/search/alice", "/people/search/{name}"},
    {"section in a section", "/user/profile/alice", "/user/profile/{name}"},
    {"wiki page", "/wiki/User:Alice", "/wiki/User:{name}"},
    {"wiki talk", "/wiki/User_talk:Alice/Sub", "/wiki/User_talk:{name}/Sub"},
    {"wiki contributions", "/wiki/Special:Contributions/Alice",
     "/wiki/Special:Contributions/{name}"},
    {"parameter in the path", "/x/user=alice", "/x/user={name}"},
    {"other prefix", "/wiki/Help:Contents", "/wiki/Help:Contents"},
    {"traversal wins", "/users/../etc", "{traversal}"},
    {"cut paths stay cut", "/a/b/c/d/e/f/g/h/i/j/users/bob/x",
     "/a/b/c/d/e/f/g/h/i/j/users/{name}/{...}"},
    {"like a section", "/userguide/alice", "/userguide/alice"},
    {"team is public", "/team/backend", "/team/backend"},
};

Test(path, people)
{
	char out[PATH_TEMPLATE_MAX];
	enum content_class content;
	struct routes *routes = routes_new();
	for (size_t i = 0; i < COUNT(people); i++)
		expect(people[i].name, people[i].want, out,
		       path_veil(routes, slice_from(people[i].target), out, &content));
	routes_free(routes);
}

/* Every word is found: the search needs sorted lists, and a wrong order would only lose some of
 * them. */
Test(path, every_section_is_found)
{
	static const char words[] =
	    "acct account accounts applicant applicants auteur auteurs author authors autor "
	    "autoren autores "
	    "avatar avatars benutzer bio bios by candidate candidates client clients contacts "
	    "contributor "
	    "contributors cuenta customer customers employee employees follower followers "
	    "following friend "
	    "friends impersonate konto kunde kunden member members membre membres mitglied "
	    "mitglieder nick "
	    "nickname patient patients people perfil person persons player players profil profile "
	    "profiles "
	    "profils public-profile resident residents seller sellers special:contributions staff "
	    "student "
	    "students subscriber subscribers u user user-profile user_profile username userprofile "
	    "users "
	    "usuario usuarios utente utenti utilisateur utilisateurs vcard vcards ";
	char out[PATH_TEMPLATE_MAX], target[128], want[128];
	enum content_class content;
	struct routes *routes = routes_new();
	for (const char *word = words; *word; word = strchr(word, ' ') + 1) {
		int n = (int)strcspn(word, " ");
		snprintf(target, sizeof(target), "/x/%.*s/alice", n, word);
		snprintf(want, sizeof(want), "/x/%.*s/{name}", n, word);
		expect(target, want, out, path_veil(routes, slice_from(target), out, &content));
	}
	routes_free(routes);
}

static const struct {
	const char *name, *target, *want;
} declared[] = {
    {"route", "/crew/zoe/posts", "/crew/{name}/posts"},
    {"below a route", "/crew/zoe/posts/2024/12345-x", "/crew/{name}/posts/{n}/{n}-x"},
    {"any case", "/Crew/zoe/Posts", "/Crew/{name}/Posts"},
    {"too short", "/crew/zoe", "/crew/zoe"},
    {"another child", "/crew/zoe/pictures", "/crew/zoe/pictures"},
    {"first declared wins", "/shop/a/b", "/shop/{first}/b"},
    {"two placeholders", "/x/a/y/b/z", "/x/{one}/y/{two}/z"},
    {"literals still pass stage B", "/orders/12345/bob", "/orders/{n}/{name}"},
    {"a section below a route", "/crew/zoe/posts/user/bob", "/crew/{name}/posts/user/{name}"},
    {"a literal of a route is no person", "/people/desk/bob", "/people/desk/{member}"},
    {"the other children are", "/people/bob/x", "/people/{name}/x"},
    {"a route that ends in a section", "/club/users/bob", "/club/users/{name}"},
    {"public prefix", "/people/team/ann", "/people/team/ann"},
    {"public itself", "/people/team", "/people/team"},
    {"public deeper", "/people/team/user/ann", "/people/team/user/ann"},
    {"public is exact in case", "/people/Team/ann", "/people/{name}/ann"},
    {"public ends at a segment", "/people/teams/ann", "/people/{name}/ann"},
    {"public keeps stage B", "/people/team/ann@example.org", "/people/team/{email}"},
    {"public lifts routes", "/shop/open/b", "/shop/open/b"},
    {"elsewhere the section holds", "/users/ann", "/users/{name}"},
};

Test(path, declared_routes_and_public_prefixes)
{
	static const char *const routes_of[] = {
	    "/crew/{name}/posts",   "/shop/{first}",	     "/shop/{second}/b", "/x/{one}/y/{two}",
	    "/orders/12345/{name}", "/people/desk/{member}", "/club/users/"};
	char out[PATH_TEMPLATE_MAX];
	enum content_class content;
	struct error error;
	struct routes *routes = routes_new();
	for (size_t i = 0; i < COUNT(routes_of); i++)
		cr_assert(routes_add(routes, routes_of[i], &error) == 0, "%s: %s", routes_of[i],
			  error.text);
	cr_assert(routes_add_public(routes, "/people/team", &error) == 0);
	cr_assert(routes_add_public(routes, "/shop/open/", &error) == 0);
	for (size_t i = 0; i < COUNT(declared); i++)
		expect(declared[i].name, declared[i].want, out,
		       path_veil(routes, slice_from(declared[i].target), out, &content));
	routes_free(routes);
}

Test(path, wrong_routes_are_refused)
{
	static const char *const wrong[] = {"",
					    "crew/{name}",
					    "/",
					    "/{}",
					    "/a{name}",
					    "/{a}b",
					    "/{Name}",
					    "/{a b}",
					    "/{n4me}",
					    "/a}",
					    "/1/2/3/4/5/6/7/8/9/10/11/12/13"};
	struct routes *routes = routes_new();
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct error error = {""};
		cr_expect(routes_add(routes, wrong[i], &error) == -1, "accepted \"%s\"", wrong[i]);
		cr_expect(error.text[0], "no reason for \"%s\"", wrong[i]);
	}
	cr_expect(routes_add_public(routes, "/people/{name}", NULL) == -1);
	routes_free(routes);
	routes_free(NULL);
}

static const struct {
	const char *target;
	enum content_class want;
} contents[] = {
    {"/", CONTENT_DOCUMENT},
    {"/a/b", CONTENT_DOCUMENT},
    {"/index.php?x=a.css", CONTENT_DOCUMENT},
    {"/release-1.2", CONTENT_DOCUMENT},
    {"/a.css", CONTENT_STYLE},
    {"/A.CSS", CONTENT_STYLE},
    {"/app.min.js?v=3", CONTENT_SCRIPT},
    {"/app.js;v=1", CONTENT_SCRIPT},
    {"/a.map", CONTENT_DATA},
    {"/i.webp", CONTENT_IMAGE},
    {"/favicon.ico", CONTENT_IMAGE},
    {"/f.woff2", CONTENT_FONT},
    {"/v.mp4", CONTENT_MEDIA},
    {"/feed/", CONTENT_FEED},
    {"/feed.xml", CONTENT_FEED},
    {"/x.atom", CONTENT_FEED},
    {"/data.xml", CONTENT_DATA},
    {"/robots.txt", CONTENT_TEXT},
    {"/sitemap.xml", CONTENT_TEXT},
    {"/sitemap-12345.xml", CONTENT_TEXT},
    {"/sitemap.html", CONTENT_DOCUMENT},
    {"/a.tar.gz", CONTENT_DOWNLOAD},
    {"/r.pdf", CONTENT_DOWNLOAD},
    {"/x.1234567890123456", CONTENT_DOCUMENT},
    {"/users/alice.jpg", CONTENT_IMAGE},
    {"/../a.css", CONTENT_DOCUMENT},
    {"*", CONTENT_DOCUMENT},
    {"/wp-admin/admin-ajax.php", CONTENT_DATA},
    {"http://h.css", CONTENT_DOCUMENT},
};

Test(path, contents)
{
	char out[PATH_TEMPLATE_MAX];
	struct routes *routes = routes_new();
	for (size_t i = 0; i < COUNT(contents); i++) {
		enum content_class content = CONTENT__COUNT;
		path_veil(routes, slice_from(contents[i].target), out, &content);
		cr_expect(content == contents[i].want, "%s: %s, expected %s", contents[i].target,
			  path_content_name(content), path_content_name(contents[i].want));
	}
	for (unsigned i = 0; i < CONTENT__COUNT; i++)
		cr_expect(path_content_name((enum content_class)i) != NULL);
	routes_free(routes);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Pieces that the rules look for, so that random targets come close to them. */
static size_t random_target(uint64_t *state, char out[512])
{
	static const char *const pieces[] = {"/",
					     "/",
					     "/",
					     "users",
					     "~",
					     "@",
					     ".png",
					     ".js",
					     "%2e",
					     "%41",
					     "%",
					     "%00",
					     "..",
					     "-",
					     ".",
					     "192",
					     "12345",
					     "aB3xK9",
					     "eyJ",
					     ":",
					     "\xC3\xA9",
					     "\xE2\x80\xAE",
					     "\xFF",
					     "{n}",
					     ";",
					     "deadbeef0",
					     "550e8400-e29b-41d4-a716-446655440000",
					     "@2x.png",
					     " ",
					     "v1",
					     "?"};
	size_t n = 1, count = next_random(state) % 24;
	out[0] = '/';
	while (count--) {
		const char *piece = pieces[next_random(state) % COUNT(pieces)];
		size_t length = strlen(piece);
		memcpy(out + n, piece, length);
		n += length;
		if (next_random(state) % 8 == 0)
			out[n - 1] = (char)next_random(state);
	}
	return n;
}

static bool has_long_number(const char *text, size_t n)
{
	size_t run = 0;
	for (size_t i = 0; i < n && run < 4; i++)
		run = text_is_digit(text[i]) ? run + 1 : 0;
	return run == 4;
}

Test(path, random_targets_obey)
{
	uint64_t seed = (uint64_t)time(NULL) | 1, state = seed;
	char target[512], out[PATH_TEMPLATE_MAX], again[PATH_TEMPLATE_MAX];
	enum content_class content;
	struct routes *routes = routes_new();
	printf("path: seed %llu\n", (unsigned long long)seed);
	for (int i = 0; i < 200000; i++) {
		struct slice in = slice_make(target, random_target(&state, target));
		size_t n = path_template(in, out), m = path_veil(routes, in, again, &content);
		cr_assert(n > 0 && n <= PATH_TEMPLATE_MAX && text_is_showable(slice_make(out, n)) &&
			      !has_long_number(out, n),
			  "seed %llu: target %d shows \"%.*s\"", (unsigned long long)seed, i,
			  (int)n, out);
		cr_assert(m > 0 && m <= PATH_TEMPLATE_MAX &&
			      text_is_showable(slice_make(again, m)) && !has_long_number(again, m),
			  "seed %llu: veil of %d shows \"%.*s\"", (unsigned long long)seed, i,
			  (int)m, again);
	}
	routes_free(routes);
}

static const struct {
	const char *name, *segment, *want;
} segments[] = {
    {"empty", "", ""},
    {"separator", "a/b", "{bin}"},
    {"digits", "1234", "{n}"},
    {"plain", "spring sale", "spring sale"},
    {"mail", "a@b.example", "{email}"},
    {"rest of encoding", "a%20b", "{bin}"},
};

Test(path, generalise)
{
	char out[256];
	for (size_t i = 0; i < COUNT(segments); i++)
		expect(segments[i].name, segments[i].want, out,
		       path_generalise(slice_from(segments[i].segment), out));
}
