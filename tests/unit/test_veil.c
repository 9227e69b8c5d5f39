/* From requests, which name people, to hits, which do not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include "aggregate/veil/agent.h"
#include "aggregate/veil/referrer.h"
#include "aggregate/veil/veil.h"
#include "base/zone.h"
#include "ingest/request.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const int64_t now = 1791158400; /* 2026-10-05 00:00 UTC */
static const char chrome[] =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36";

struct fixture {
	struct routes *routes;
	struct keyring *keyring;
	struct veil_options options;
	struct veil_source source;
	struct veil *veil;
	struct batch batch;
};

static void set_up(struct fixture *f)
{
	struct error error;
	*f = (struct fixture){0};
	cr_assert_eq(zone_set("UTC", &error), 0);
	f->routes = routes_new();
	f->keyring = keyring_of_run(&error);
	f->options = (struct veil_options){.routes = f->routes,
					   .since = INT64_MIN,
					   .until = INT64_MAX,
					   .now = now,
					   .visit_timeout = 1800,
					   .memory = 8 << 20};
}

static void start(struct fixture *f)
{
	struct error error;
	f->veil = veil_new(&f->options, f->keyring, &error);
	cr_assert_not_null(f->veil);
	batch_clear(&f->batch);
	veil_begin(f->veil, &f->source, &f->batch);
}

static void tear_down(struct fixture *f)
{
	veil_free(f->veil);
	routes_free(f->routes);
	keyring_free(f->keyring);
	batch_release(&f->batch);
}

static struct request request_of(const char *client, const char *target)
{
	return (struct request){.time = now - 3600,
				.status = 200,
				.client = slice_from(client),
				.method = slice_from("GET"),
				.target = slice_from(target),
				.protocol = slice_from("HTTP/1.1"),
				.flags = REQUEST_HAS_AGENT,
				.agent = slice_from(chrome)};
}

static struct hit take(struct fixture *f, const struct request *request)
{
	struct error error;
	size_t before = f->batch.n;
	cr_assert_eq(veil_request(f->veil, request, &f->batch, &error), 0);
	cr_assert_eq(f->batch.n, before + 1, "the line is counted");
	return f->batch.hits[before];
}

/* Whether the batch, news and hits alike, holds these bytes anywhere. */
static bool batch_holds(const struct batch *batch, const char *bytes)
{
	return memmem(batch->texts, batch->texts_n, bytes, strlen(bytes)) ||
	       memmem(batch->hits, batch->n * sizeof(*batch->hits), bytes, strlen(bytes));
}

static const struct {
	const char *name, *method, *target;
	uint16_t status;
	const char *agent;
	bool page;
} pages[] = {
    {"a page", "GET", "/a", 200, chrome, true},
    {"not modified", "GET", "/a", 304, chrome, true},
    {"partial", "GET", "/a", 206, chrome, true},
    {"redirect", "GET", "/a", 301, chrome, false},
    {"not found", "GET", "/a", 404, chrome, false},
    {"post", "POST", "/a", 200, chrome, false},
    {"head", "HEAD", "/a", 200, chrome, false},
    {"style sheet", "GET", "/a.css", 200, chrome, false},
    {"picture", "GET", "/a.png?x=1", 200, chrome, false},
    {"crawler", "GET", "/a", 200,
     "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", false},
    {"tool", "GET", "/a", 200, "curl/8.0", false},
    {"no status", "GET", "/a", 0, chrome, false},
};

Test(veil, what_is_a_page)
{
	struct fixture f;
	set_up(&f);
	start(&f);
	for (size_t i = 0; i < COUNT(pages); i++) {
		struct request request = request_of("192.0.2.1", pages[i].target);
		request.method = slice_from(pages[i].method);
		request.status = pages[i].status;
		request.agent = slice_from(pages[i].agent);
		cr_expect_eq((take(&f, &request).flags & HIT_PAGE) != 0, pages[i].page, "%s",
			     pages[i].name);
	}
	tear_down(&f);
}

static const struct {
	const char *name, *a, *b;
	bool same_unit, same_gate;
} clients[] = {
    {"the same address", "192.0.2.1", "192.0.2.1", true, true},
    {"two addresses", "192.0.2.1", "192.0.2.2", false, false},
    {"mapped and plain", "192.0.2.1", "::ffff:192.0.2.1", true, true},
    {"with a port", "192.0.2.1", "192.0.2.1:5000", true, true},
    {"one /64", "2001:db8:1:2::1", "[2001:db8:1:2:ffff::9]:443", true, true},
    {"one /48", "2001:db8:1:2::1", "2001:db8:1:3::1", false, true},
    {"two /48", "2001:db8:1:2::1", "2001:db8:2:2::1", false, false},
    {"host names", "a.example.org", "b.example.org", false, false},
    {"junk is a client of its own kind", "-garbage-", "192.0.2.1", false, false},
};

Test(veil, units)
{
	struct fixture f;
	set_up(&f);
	start(&f);
	for (size_t i = 0; i < COUNT(clients); i++) {
		struct request request = request_of(clients[i].a, "/");
		struct hit a = take(&f, &request);
		request.client = slice_from(clients[i].b);
		struct hit b = take(&f, &request);
		cr_expect_eq(a.unit == b.unit, clients[i].same_unit, "%s: unit", clients[i].name);
		cr_expect_eq(a.gate == b.gate, clients[i].same_gate, "%s: gate", clients[i].name);
		cr_expect_eq(a.visitor == b.visitor, clients[i].same_unit, "%s: visitor",
			     clients[i].name);
	}
	tear_down(&f);
}

Test(veil, visitors_are_of_a_day_and_know_the_day_before)
{
	struct fixture f;
	set_up(&f);
	start(&f);
	struct request request = request_of("192.0.2.1", "/");
	request.time = now - 86400 - 60;
	struct hit evening = take(&f, &request);
	request.time = now - 86400 + 60;
	struct hit morning = take(&f, &request);
	cr_expect_neq(evening.visitor, morning.visitor);
	cr_expect_eq(evening.visitor, morning.visitor_before);
	cr_expect_eq(evening.day + 1, morning.day);
	cr_expect_eq(morning.second, 60);
	request.time = now - 3600;
	cr_expect_eq(take(&f, &request).visitor_before, 0, "no visit reaches back that far");
	tear_down(&f);
}

Test(veil, nothing_of_a_person_is_in_the_batch)
{
	struct fixture f;
	set_up(&f);
	start(&f);
	struct request request = request_of(
	    "198.51.100.77", "/users/alice.secret/inbox?mail=bob@example.org&id=55512345");
	request.user = slice_from("carol.user");
	request.referrer = slice_from("https://dave:pw@portal.example.net/of/erin.hidden?q=frank");
	request.agent = slice_from("Mozilla/5.0 (X11; Linux x86_64; grace-laptop) Firefox/115.0");
	request.cookie = slice_from("heidi-cookie");
	request.forwarded = slice_from("203.0.113.9");
	struct hit hit = take(&f, &request);
	static const char *const secrets[] = {"198.51", "alice", "bob",	  "555123",
					      "carol",	"dave",	 "erin",  "frank",
					      "grace",	"heidi", "203.0", "mail="};
	for (size_t i = 0; i < COUNT(secrets); i++)
		cr_expect(!batch_holds(&f.batch, secrets[i]), "%s", secrets[i]);
	cr_expect(batch_holds(&f.batch, "portal.example.net") &&
		  batch_holds(&f.batch, "/users/{name}/inbox"));
	cr_expect_neq(hit.customer, 0);
	tear_down(&f);
}

Test(veil, excluded_and_rejected_are_counted_by_reason)
{
	static const char *const paths[] = {"/internal"}, *const agents[] = {"monitor"};
	struct fixture f;
	struct error error;
	set_up(&f);
	struct address_ranges *ranges = address_ranges_new();
	cr_assert_eq(address_ranges_add(ranges, "10.0.0.0/8", &error), 0);
	f.options.excluded = ranges;
	f.options.excluded_paths = paths;
	f.options.excluded_paths_n = 1;
	f.options.excluded_agents = agents;
	f.options.excluded_agents_n = 1;
	f.options.site = "Shop.example.org";
	f.options.since = now - 100000;
	f.options.until = now - 10;
	start(&f);
	struct request good = request_of("192.0.2.1", "/"), request;
	good.host = slice_from("www.shop.example.org:443");
	take(&f, &good);
	request = good, request.host = slice_from("other.example.org");
	cr_assert_eq(veil_request(f.veil, &request, &f.batch, &error), 0);
	request = good, request.client = slice_from("10.1.2.3");
	cr_assert_eq(veil_request(f.veil, &request, &f.batch, &error), 0);
	request = good, request.target = slice_from("/internal/x");
	cr_assert_eq(veil_request(f.veil, &request, &f.batch, &error), 0);
	request = good, request.agent = slice_from("Site Monitor/1.0");
	cr_assert_eq(veil_request(f.veil, &request, &f.batch, &error), 0);
	request = good, request.time = now - 100001;
	cr_assert_eq(veil_request(f.veil, &request, &f.batch, &error), 0);
	request = good, request.time = now - 10;
	cr_assert_eq(veil_request(f.veil, &request, &f.batch, &error), 0);
	request = good, request.flags |= REQUEST_OPT_OUT;
	cr_assert_eq(veil_request(f.veil, &request, &f.batch, &error), 0);
	request = good, request.time = now + 3601;
	cr_assert_eq(veil_request(f.veil, &request, &f.batch, &error), 0);
	cr_expect_eq(f.batch.n, 1);
	cr_expect_eq(batch_excluded(&f.batch, EXCLUDE_SITE), 1);
	cr_expect_eq(batch_excluded(&f.batch, EXCLUDE_ADDRESS), 1);
	cr_expect_eq(batch_excluded(&f.batch, EXCLUDE_PATH), 1);
	cr_expect_eq(batch_excluded(&f.batch, EXCLUDE_AGENT), 1);
	cr_expect_eq(batch_excluded(&f.batch, EXCLUDE_PERIOD), 2);
	cr_expect_eq(batch_excluded(&f.batch, EXCLUDE_OPT_OUT), 1);
	cr_expect_eq(batch_rejected(&f.batch, REJECT_FUTURE), 1);
	tear_down(&f);
	address_ranges_free(ranges);
}

Test(veil, behind_a_trusted_proxy)
{
	struct fixture f;
	struct error error;
	set_up(&f);
	struct address_ranges *ranges = address_ranges_new();
	cr_assert_eq(address_ranges_add(ranges, "10.0.0.1", &error), 0);
	f.source.trusted = ranges;
	start(&f);
	struct request direct = request_of("192.0.2.1", "/"), proxied = request_of("10.0.0.1", "/"),
		       forged = request_of("198.51.100.5", "/");
	proxied.forwarded = slice_from("203.0.113.7, 192.0.2.1");
	forged.forwarded = slice_from("192.0.2.1");
	struct hit a = take(&f, &direct), b = take(&f, &proxied), c = take(&f, &forged);
	cr_expect_eq(a.unit, b.unit);
	cr_expect_neq(a.unit, c.unit, "who is not trusted is not believed");
	tear_down(&f);
	address_ranges_free(ranges);
}

Test(veil, a_cookie_may_tell_visitors_apart)
{
	struct fixture f;
	set_up(&f);
	f.options.visitor_cookie = true;
	start(&f);
	struct request one = request_of("192.0.2.1", "/"), moved = request_of("192.0.2.9", "/"),
		       other = request_of("192.0.2.1", "/");
	one.cookie = moved.cookie = slice_from("c1");
	other.cookie = slice_from("c2");
	struct hit a = take(&f, &one), b = take(&f, &moved), c = take(&f, &other);
	cr_expect_eq(a.visitor, b.visitor);
	cr_expect_neq(a.visitor, c.visitor);
	cr_expect_eq(a.unit, c.unit);
	cr_expect_neq(a.unit, b.unit);
	tear_down(&f);
}

Test(veil, a_log_without_agents_has_people)
{
	struct fixture f;
	set_up(&f);
	start(&f);
	struct request sent_none = request_of("192.0.2.1", "/"), not_logged = sent_none;
	sent_none.agent = not_logged.agent = slice_make(NULL, 0);
	not_logged.flags = 0;
	struct hit a = take(&f, &sent_none), b = take(&f, &not_logged);
	cr_expect(a.flags & HIT_CRAWLER, "who sends no agent is a tool");
	cr_expect(!(b.flags & HIT_CRAWLER) && b.flags & HIT_PAGE, "where none is logged nobody is");
	cr_expect_neq(a.visitor, b.visitor);
	tear_down(&f);
}

/* With caches of a few entries everything must come out the same as with large ones. */
Test(veil, small_caches_change_nothing)
{
	struct fixture small, large;
	set_up(&small);
	set_up(&large);
	small.options.memory = 64 << 10;
	keyring_free(large.keyring);
	large.keyring = small.keyring;
	start(&small);
	start(&large);
	unsigned resets = 0;
	for (unsigned round = 0; round < 400; round++) {
		if (round % 50 == 0) {
			batch_clear(&small.batch);
			batch_clear(&large.batch);
			veil_begin(small.veil, &small.source, &small.batch);
			veil_begin(large.veil, &large.source, &large.batch);
			resets += small.batch.reset;
			cr_assert(!large.batch.reset);
		}
		for (unsigned i = 0; i < 20; i++) {
			char client[32], target[64];
			snprintf(client, sizeof(client), "198.51.100.%u", (round * 7 + i) % 250);
			snprintf(target, sizeof(target), "/some/path/word%c%c%c",
				 'a' + (int)(round % 26), 'a' + (int)(i % 26),
				 'a' + (int)(round / 26));
			struct request request = request_of(client, target);
			struct hit a = take(&small, &request), b = take(&large, &request);
			cr_assert_eq(a.visitor, b.visitor);
			cr_assert_eq(a.unit, b.unit);
			cr_assert_eq(a.flags, b.flags);
			cr_assert_eq(a.browser, b.browser);
		}
	}
	cr_expect(resets > 0, "names were forgotten on the way");
	small.keyring = NULL; /* shared */
	tear_down(&small);
	tear_down(&large);
}

/* A source that is declared anew may change the numbers of all sites, also in the middle of a day.
 */
Test(veil, a_visitor_of_a_site_is_the_same_under_another_number)
{
	static const char *const before[] = {"a.example", "b.example"};
	static const char *const after[] = {"new.example", "b.example", "a.example"};
	struct fixture old, new;
	set_up(&old);
	set_up(&new);
	keyring_free(new.keyring);
	new.keyring = old.keyring;
	old.options.sections = before, old.options.sections_n = COUNT(before);
	new.options.sections = after, new.options.sections_n = COUNT(after);
	start(&old);
	start(&new);
	struct request request = request_of("192.0.2.1", "/"), other = request;
	request.host = slice_from("a.example");
	request.time = now - 86400 + 60; /* so that the day before is asked for, too */
	other.host = slice_from("b.example");
	other.time = request.time;
	struct hit a = take(&old, &request), again = take(&new, &request);
	struct hit b = take(&old, &other);
	cr_expect_eq(a.section, 1);
	cr_expect_eq(again.section, 3);
	cr_expect_eq(a.visitor, again.visitor);
	cr_expect_eq(a.visitor_before, again.visitor_before);
	cr_expect_neq(a.visitor_before, 0);
	cr_expect_neq(a.visitor, b.visitor, "visitors are told apart by site");
	new.keyring = NULL; /* shared */
	tear_down(&new);
	tear_down(&old);
}

/* Of a line that cannot be read nobody knows the host: it is booked on its source, so that it makes
 * no difference whether the lines before it were read by the same run. */
Test(veil, unreadable_lines_are_of_the_source)
{
	static const char *const sites[] = {"a.example", "b.example"};
	struct fixture f;
	struct error error;
	set_up(&f);
	f.options.sections = sites, f.options.sections_n = COUNT(sites);
	f.source.section = 2;
	start(&f);
	cr_expect_eq(f.batch.last, BATCH_BEFORE);
	struct request request = request_of("192.0.2.1", "/");
	request.host = slice_from("a.example");
	struct hit hit = take(&f, &request);
	cr_expect_eq(hit.section, 1);
	cr_expect_eq(f.batch.last, hit_period(hit.day, 2));
	cr_expect_eq(f.batch.last_time, hit.time);
	request.time = now + 4000;
	cr_assert_eq(veil_request(f.veil, &request, &f.batch, &error), 0);
	cr_expect_eq(batch_book(&f.batch, hit_period(hit.day, 2))->rejected[REJECT_FUTURE], 1);
	tear_down(&f);
}

/* A log without hosts is that of its source's site: it is named, its own referrers are internal. */
Test(veil, a_line_without_a_host_is_of_the_site_of_its_source)
{
	static const char *const sites[] = {"a.example", "b.example"};
	struct fixture f;
	set_up(&f);
	f.options.sections = sites, f.options.sections_n = COUNT(sites);
	f.source.section = 2;
	start(&f);
	struct request named = request_of("192.0.2.1", "/"), bare = named;
	named.host = slice_from("b.example");
	bare.referrer = slice_from("https://www.b.example/before");
	struct hit a = take(&f, &named), b = take(&f, &bare);
	cr_expect_neq(a.site, 0);
	cr_expect_eq(b.site, a.site);
	cr_expect_eq(b.section, 2);
	cr_expect_eq(b.referrer_class, REFERRER_INTERNAL);
	bare.referrer = slice_from("https://a.example/before");
	cr_expect_neq(take(&f, &bare).referrer_class, REFERRER_INTERNAL);
	tear_down(&f);
}

/* No line may end a run, however long what it says is and however small the caches are. */
Test(veil, what_fits_no_cache_is_worked_out_each_time)
{
	static char text[60000];
	struct fixture f;
	set_up(&f);
	f.options.memory = 16 << 10;
	start(&f);
	memset(text, 'a', sizeof(text));
	struct slice length = slice_make(text, sizeof(text));
	struct request request = request_of("192.0.2.1", "/page");
	uint64_t visitor = take(&f, &request).visitor;
	request.host = slice_from("host.example");
	request.referrer = slice_from("https://from.example/");
	struct slice *const fields[] = {&request.client,   &request.target, &request.agent,
					&request.referrer, &request.host,   &request.query};
	for (size_t i = 0; i < COUNT(fields); i++) {
		struct slice kept = *fields[i];
		*fields[i] = length;
		struct hit first = take(&f, &request), second = take(&f, &request);
		cr_expect_eq(first.visitor, second.visitor, "field %zu", i);
		cr_expect_eq(first.page, second.page, "field %zu", i);
		*fields[i] = kept;
		cr_expect_eq(take(&f, &request).visitor, visitor, "field %zu", i);
	}
	tear_down(&f);
}
