/* What the security log gets to see of a request: a trace, in which nobody is named. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "aggregate/veil/veil.h"
#include "base/zone.h"
#include "hits.h"
#include "ingest/request.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { DAY = 20730, NOON = 43200 };

static const int64_t now = (int64_t)(DAY + 3) * 86400;
static const char firefox[] =
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

struct fixture {
	char directory[64];
	struct escrow *escrow;
	struct keyring *keyring;
	struct routes *routes;
	struct literal *literal;
	struct veil_options options;
	struct veil_source source;
	struct veil *veil;
	struct batch batch;
};

static const int32_t closed_days[] = {DAY - 5};

static void set_up(struct fixture *f, enum address_mode mode)
{
	struct error error;
	char path[96];
	*f = (struct fixture){.directory = "/tmp/veiltally-trace-XXXXXX"};
	cr_assert_eq(zone_set("UTC", &error), 0);
	cr_assert_not_null(mkdtemp(f->directory));
	snprintf(path, sizeof(path), "%s/escrow", f->directory);
	f->escrow = escrow_open(path, NULL, &error);
	cr_assert_not_null(f->escrow, "%s", error.text);
	snprintf(path, sizeof(path), "%s/keys", f->directory);
	struct keyring_options keyring = {.directory = path,
					  .escrow = f->escrow,
					  .mode = mode,
					  .max_open_days = 100,
					  .closed = closed_days,
					  .closed_n = COUNT(closed_days)};
	f->keyring = keyring_open(&keyring, &error);
	cr_assert_not_null(f->keyring, "%s", error.text);
	f->routes = routes_new();
	f->literal = literal_new(f->routes);
	cr_assert_eq(literal_add_query(f->literal, "page", &error), 0);
	f->options = (struct veil_options){.routes = f->routes,
					   .literal = f->literal,
					   .since = INT64_MIN,
					   .until = INT64_MAX,
					   .now = now,
					   .visit_timeout = 1800,
					   .memory = 8 << 20};
}

static void start(struct fixture *f)
{
	struct error error;
	veil_free(f->veil);
	f->veil = veil_new(&f->options, f->keyring, &error);
	cr_assert_not_null(f->veil, "%s", error.text);
	batch_clear(&f->batch);
	veil_begin(f->veil, &f->source, &f->batch);
}

static void tear_down(struct fixture *f)
{
	char command[128];
	veil_free(f->veil);
	literal_free(f->literal);
	routes_free(f->routes);
	keyring_free(f->keyring);
	escrow_free(f->escrow);
	batch_release(&f->batch);
	snprintf(command, sizeof(command), "rm -rf %s", f->directory);
	cr_assert_eq(system(command), 0);
}

static struct request request_of(const char *client, const char *target, int32_t day)
{
	return (struct request){.time = (int64_t)day * 86400 + NOON,
				.status = 200,
				.bytes = 512,
				.client = slice_from(client),
				.method = slice_from("GET"),
				.target = slice_from(target),
				.protocol = slice_from("HTTP/1.1"),
				.flags = REQUEST_HAS_AGENT | REQUEST_HAS_BYTES,
				.agent = slice_from(firefox)};
}

static const struct trace *trace_of(struct fixture *f, const struct request *request)
{
	struct error error;
	cr_assert_eq(veil_request(f->veil, request, &f->batch, &error), 0, "%s", error.text);
	return veil_trace(f->veil);
}

/* All that a trace says, as text: for comparing and for searching. */
static const char *text_of(const struct trace *trace, char *out, size_t cap)
{
	if (!trace)
		return strcpy(out, "none");
	snprintf(out, cap,
		 "%ld %d %d %lu %u %u %u %u %u [%s] %s %s %s %s user %s path %.*s query %.*s from "
		 "%.*s %s %s %s %u site %.*s",
		 (long)trace->time, trace->day, trace->offset, (unsigned long)trace->bytes,
		 trace->duration_us, trace->status, trace->method, trace->protocol, trace->flags,
		 trace->country, trace->kid, trace->client, trace->network, trace->unit,
		 trace->user, (int)trace->path.n, trace->path.p, (int)trace->query.n,
		 trace->query.p, (int)trace->referrer.n, trace->referrer.p, trace->agent, trace->os,
		 trace->device, trace->version, (int)trace->site.n, trace->site.p);
	return out;
}

/* ---- which lines leave one ---- */

static const struct {
	const char *name, *client, *target, *agent, *host;
	int64_t time; /* seconds after DAY's beginning */
	uint16_t flags;
	bool traced;
	int counted; /* hits */
} lines[] = {
    {"counted", "192.0.2.1", "/a", firefox, "a.example", NOON, 0, true, 1},
    {"opted out", "192.0.2.1", "/a", firefox, "a.example", NOON, REQUEST_OPT_OUT, true, 0},
    {"of another site", "192.0.2.1", "/a", firefox, "other.example", NOON, 0, true, 0},
    {"excluded path", "192.0.2.1", "/internal/x", firefox, "a.example", NOON, 0, true, 0},
    {"excluded address", "10.1.2.3", "/a", firefox, "a.example", NOON, 0, true, 0},
    {"excluded agent", "192.0.2.1", "/a", "Site Monitor/1.0", "a.example", NOON, 0, true, 0},
    {"a crawler", "192.0.2.1", "/a", "curl/8.0", "a.example", NOON, 0, true, 1},
    {"no address", "-", "/a", firefox, "a.example", NOON, 0, true, 1},
    {"junk for a path", "192.0.2.1", "\\x16\\x03\\x01", firefox, "a.example", NOON, 0, true, 1},
    {"late", "192.0.2.1", "/a", firefox, "a.example", NOON - 5 * 86400, 0, false, 0},
    {"from the future", "192.0.2.1", "/a", firefox, "a.example", 4 * 86400, 0, false, 0},
    {"before --since", "192.0.2.1", "/a", firefox, "a.example", -30 * 86400, 0, false, 0},
};

Test(veil_trace, every_line_of_an_open_day_leaves_one)
{
	static const char *const paths[] = {"/internal"}, *const agents[] = {"monitor"};
	struct fixture f;
	struct error error;
	set_up(&f, ADDRESS_MODE_PSEUDONYM);
	struct address_ranges *ranges = address_ranges_new();
	cr_assert_eq(address_ranges_add(ranges, "10.0.0.0/8", &error), 0);
	f.options.excluded = ranges;
	f.options.excluded_paths = paths, f.options.excluded_paths_n = 1;
	f.options.excluded_agents = agents, f.options.excluded_agents_n = 1;
	f.options.site = "a.example";
	f.options.since = (int64_t)(DAY - 20) * 86400;
	start(&f);
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct request request = request_of(lines[i].client, lines[i].target, DAY);
		size_t before = f.batch.n;
		request.time = (int64_t)DAY * 86400 + lines[i].time;
		request.agent = slice_from(lines[i].agent);
		request.host = slice_from(lines[i].host);
		request.flags |= lines[i].flags;
		const struct trace *trace = trace_of(&f, &request);
		cr_expect_eq(trace != NULL, lines[i].traced, "row %s", lines[i].name);
		cr_expect_eq(f.batch.n - before, (size_t)lines[i].counted, "row %s", lines[i].name);
		if (!trace)
			continue;
		cr_expect_eq(trace->time, request.time, "row %s", lines[i].name);
		cr_expect_eq(trace->day, DAY, "row %s", lines[i].name);
		cr_expect_eq(strlen(trace->kid), 16, "row %s", lines[i].name);
		cr_expect(trace->path.n > 0, "row %s", lines[i].name);
		cr_expect_eq(trace->status, 200, "row %s", lines[i].name);
		cr_expect_eq((trace->flags & TRACE_OPT_OUT) != 0,
			     (lines[i].flags & REQUEST_OPT_OUT) != 0, "row %s", lines[i].name);
	}
	tear_down(&f);
	address_ranges_free(ranges);
}

Test(veil_trace, late_lines_are_of_their_day_and_site)
{
	static const char *const sites[] = {"a.example", "b.example"};
	struct fixture f;
	set_up(&f, ADDRESS_MODE_PSEUDONYM);
	f.options.sections = sites, f.options.sections_n = COUNT(sites);
	f.source.section = 1;
	start(&f);
	struct request request = request_of("192.0.2.1", "/", closed_days[0]);
	cr_expect_null(trace_of(&f, &request));
	request.host = slice_from("b.example");
	cr_expect_null(trace_of(&f, &request));
	cr_expect_eq(f.batch.last, BATCH_BEFORE, "what follows may be of an open day");
	for (unsigned section = 1; section <= 2; section++)
		cr_expect_eq(batch_book(&f.batch, hit_period(closed_days[0], section))
				 ->excluded[EXCLUDE_LATE],
			     1, "section %u", section);
	tear_down(&f);
}

/* ---- pseudonyms ---- */

Test(veil_trace, equal_within_a_day_and_unrelated_between_days)
{
	struct fixture f;
	set_up(&f, ADDRESS_MODE_PSEUDONYM);
	start(&f);
	struct request request = request_of("192.0.2.1", "/of/somebody.special?page=2", DAY);
	request.user = slice_from("carol");
	request.referrer = slice_from("https://portal.example.net/x");
	char first[2048], again[2048], other[2048];
	text_of(trace_of(&f, &request), first, sizeof(first));
	start(&f); /* another veil, as another thread or run has */
	cr_expect_str_eq(text_of(trace_of(&f, &request), again, sizeof(again)), first);
	const struct trace *trace = trace_of(&f, &request);
	cr_expect(strncmp(trace->client, "v_", 2) == 0 && strlen(trace->client) == 34);
	cr_expect_eq(strlen(trace->network), 16);
	cr_expect_eq(strlen(trace->unit), 16);
	cr_expect_eq(strlen(trace->user), 16);
	cr_expect(slice_is(trace->query, "page"));
	struct trace kept = *trace;
	char client[48], network[17], unit[17], user[17], kid[17];
	strcpy(client, trace->client), strcpy(network, trace->network);
	strcpy(unit, trace->unit), strcpy(user, trace->user), strcpy(kid, trace->kid);
	char path[256];
	snprintf(path, sizeof(path), "%.*s", (int)kept.path.n, kept.path.p);
	request.time += 86400;
	trace = trace_of(&f, &request);
	cr_expect_str_neq(trace->client, client);
	cr_expect_str_neq(trace->network, network);
	cr_expect_str_neq(trace->unit, unit);
	cr_expect_str_neq(trace->user, user);
	cr_expect_str_neq(trace->kid, kid);
	cr_expect(!slice_is(trace->path, path), "what is hidden of a path is the day's, too");
	request.time -= 86400;
	cr_expect_str_eq(text_of(trace_of(&f, &request), other, sizeof(other)), first);
	/* A neighbour in the network, and the same /64. */
	struct request neighbour = request;
	neighbour.client = slice_from("192.0.2.2");
	trace = trace_of(&f, &neighbour);
	cr_expect_str_eq(trace->network, network);
	cr_expect_str_neq(trace->unit, unit);
	cr_expect_str_neq(trace->client, client);
	tear_down(&f);
}

static const struct {
	const char *name, *client, *begins;
	enum address_mode mode;
	size_t network; /* length */
	bool user;
} modes[] = {
    {"pseudonym", "192.0.2.1", "v_", ADDRESS_MODE_PSEUDONYM, 16, true},
    {"pseudonym, v6", "2001:db8::7", "v_", ADDRESS_MODE_PSEUDONYM, 16, true},
    {"pseudonym of a host name", "dsl.example.net", "x_", ADDRESS_MODE_PSEUDONYM, 0, true},
    {"prefix", "192.0.2.1", "", ADDRESS_MODE_PREFIX, 0, true},
    {"mask", "192.0.2.77", "192.0.2.0", ADDRESS_MODE_MASK, 0, true},
    {"mask, v6", "2001:db8:1:2::7", "2001:db8:1::", ADDRESS_MODE_MASK, 0, true},
    {"drop", "192.0.2.1", "-", ADDRESS_MODE_DROP, 0, false},
    {"drop of a host name", "dsl.example.net", "-", ADDRESS_MODE_DROP, 0, false},
};

Test(veil_trace, modes)
{
	for (size_t i = 0; i < COUNT(modes); i++) {
		struct fixture f;
		set_up(&f, modes[i].mode);
		start(&f);
		struct request request = request_of(modes[i].client, "/", DAY);
		request.user = slice_from("carol");
		for (int round = 0; round < 2; round++) { /* made, then from the cache */
			const struct trace *trace = trace_of(&f, &request);
			cr_expect(
			    strncmp(trace->client, modes[i].begins, strlen(modes[i].begins)) == 0,
			    "row %s: %s", modes[i].name, trace->client);
			cr_expect(!strstr(trace->client, modes[i].client), "row %s: %s",
				  modes[i].name, trace->client);
			cr_expect_eq(strlen(trace->network), modes[i].network, "row %s",
				     modes[i].name);
			cr_expect_eq(strlen(trace->unit), modes[i].network, "row %s",
				     modes[i].name);
			cr_expect_eq(trace->user[0] != '\0', modes[i].user, "row %s",
				     modes[i].name);
		}
		tear_down(&f);
	}
}

Test(veil_trace, whom_to_trust_changes_from_source_to_source)
{
	struct fixture f;
	struct error error;
	set_up(&f, ADDRESS_MODE_PSEUDONYM);
	struct address_ranges *ranges = address_ranges_new();
	cr_assert_eq(address_ranges_add(ranges, "10.0.0.1", &error), 0);
	struct veil_source proxied = {.trusted = ranges};
	start(&f);
	char direct[48], behind[48];
	struct request request = request_of("10.0.0.1", "/", DAY);
	request.forwarded = slice_from("192.0.2.1");
	strcpy(direct, trace_of(&f, &request)->client);
	veil_begin(f.veil, &proxied, &f.batch);
	cr_expect_null(veil_trace(f.veil), "a batch begins without one");
	strcpy(behind, trace_of(&f, &request)->client);
	cr_expect_str_neq(direct, behind);
	struct request plain = request_of("192.0.2.1", "/", DAY);
	cr_expect_str_eq(trace_of(&f, &plain)->client, behind);
	veil_begin(f.veil, &f.source, &f.batch);
	cr_expect_str_eq(trace_of(&f, &request)->client, direct);
	tear_down(&f);
	address_ranges_free(ranges);
}

/* ---- caches ---- */

static struct request any_request(uint64_t *state, char *client, char *target, char *user)
{
	uint64_t r = test_random(state);
	snprintf(client, 32, "198.51.%lu.%lu", r % 4, r / 4 % 60);
	snprintf(target, 64, "/part%c/word%c%c?page=%lu&x=1", 'a' + (int)(r >> 10) % 26,
		 'a' + (int)(r >> 20) % 26, 'a' + (int)(r >> 30) % 26, r % 9);
	snprintf(user, 32, "user%lu", r >> 40 & 63);
	/* Three days that take turns: two of them share a place. */
	struct request request = request_of(client, target, DAY + (int32_t)(r >> 50) % 3);
	if (r >> 60 & 1)
		request.user = slice_from(user);
	if (r >> 61 & 1)
		request.referrer = slice_from(target + 1);
	if (r >> 62 & 1)
		request.host = slice_from("www.example.org");
	return request;
}

/* Days that alternate line by line, caches of a few entries: everything as with large ones. */
Test(veil_trace, caches_change_nothing)
{
	struct fixture small, large;
	set_up(&small, ADDRESS_MODE_PSEUDONYM);
	set_up(&large, ADDRESS_MODE_PSEUDONYM);
	struct keyring *own = large.keyring;
	large.keyring = small.keyring;
	small.options.memory = 64 << 10;
	large.options.memory = 64 << 20;
	start(&small);
	start(&large);
	uint64_t state = 7;
	char a[2048], b[2048], client[32], target[64], user[32];
	for (unsigned i = 0; i < 20000; i++) {
		struct request request = any_request(&state, client, target, user);
		text_of(trace_of(&small, &request), a, sizeof(a));
		text_of(trace_of(&large, &request), b, sizeof(b));
		cr_assert_str_eq(a, b, "line %u", i);
	}
	large.keyring = own;
	tear_down(&large);
	tear_down(&small);
}

/* No line may end a run, however long what it says is and however small the caches are. */
Test(veil_trace, what_fits_no_cache_is_worked_out_each_time)
{
	static char text[60000];
	struct fixture f;
	set_up(&f, ADDRESS_MODE_PSEUDONYM);
	f.options.memory = 32 << 10;
	start(&f);
	memset(text, 'a', sizeof(text));
	char want[2048], got[2048];
	struct request request = request_of("192.0.2.1", "/page", DAY);
	text_of(trace_of(&f, &request), want, sizeof(want));
	struct slice *const fields[] = {&request.client,   &request.target, &request.agent,
					&request.referrer, &request.host,   &request.query,
					&request.user};
	for (size_t i = 0; i < COUNT(fields); i++) {
		struct slice kept = *fields[i];
		*fields[i] = slice_make(text, sizeof(text));
		cr_expect_not_null(trace_of(&f, &request), "field %zu", i);
		*fields[i] = kept;
		cr_expect_str_eq(text_of(trace_of(&f, &request), got, sizeof(got)), want,
				 "field %zu", i);
	}
	tear_down(&f);
}

/* ---- nobody ---- */

Test(veil_trace, nothing_of_a_person_is_in_it)
{
	static const char *const secrets[] = {
	    "198.51",  "100.77",  "alice", "bob",   "example.org", "555123", "carol",
	    "dave",    "pw@",	  "erin",  "frank", "grace",	   "heidi",  "203.0",
	    "mallory", "sk_live", "judy",  "q=",    "mail",	   "token",
	};
	for (unsigned mode = 0; mode < ADDRESS_MODE__COUNT; mode++) {
		struct fixture f;
		set_up(&f, (enum address_mode)mode);
		start(&f);
		struct request request = request_of(
		    "198.51.100.77",
		    "/users/alice.secret/mallory.jpg/55512345?mail=bob@example.org&token=sk_live_"
		    "0123456789abcdef",
		    DAY);
		request.user = slice_from("carol.user");
		request.referrer = slice_from("https://dave:pw@erin.hidden.net/of/erin?q=frank");
		request.agent = slice_from("Mozilla/5.0 (X11; Linux; grace-laptop) Firefox/115.0");
		request.cookie = slice_from("heidi-cookie");
		request.forwarded = slice_from("203.0.113.9");
		request.host = slice_from("judy-77.hosts.example");
		char text[4096];
		text_of(trace_of(&f, &request), text, sizeof(text));
		cr_expect(strstr(text, "path /users/"), "%s", text);
		for (size_t i = 0; i < COUNT(secrets); i++)
			if (mode != ADDRESS_MODE_MASK || i > 0)
				cr_expect(!strstr(text, secrets[i]), "mode %u: %s is in: %s", mode,
					  secrets[i], text);
		tear_down(&f);
	}
}
