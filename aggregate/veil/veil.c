/*
 * veil.c: request → hit, with a cache per kind of string.
 *
 * Why caches and not a computation per line: a template costs half a microsecond, an agent two, an
 * address two SipHashes and a tree walk per database, while a real log of a million lines has some
 * ten thousand distinct strings of each kind. A flood of distinct strings falls back to computing,
 * at the price of those.
 */
#include "aggregate/veil/veil.h"
#include <assert.h>
#include <stdlib.h>
#include "aggregate/veil/agent.h"
#include "aggregate/veil/referrer.h"
#include "aggregate/veil/veil_trace.h"
#include "base/siphash.h"
#include "base/textmap.h"
#include "base/zone.h"
#include "ingest/request.h"

enum {
	DAYS = 4, /* a power of two */
	FUTURE_ALLOWANCE = 3600,
	KEY_MAX = 16384,
	TRACES_SHARE = 32
};
enum kind {
	KIND_ADDRESS = 'a',
	KIND_NAME = 'n',
	KIND_GATE = 'g',
	KIND_AGENT = 'u',
	KIND_COOKIE = 'c',
	KIND_CUSTOMER = 'k'
};

struct client_facts {			  /* per distinct client text (with its forwarded list) */
	const struct counting_keys *keys; /* of the tags: those of the day last met */
	uint64_t unit, gate;
	uint32_t as;
	uint16_t country;
	bool excluded;
};

struct target_facts { /* per distinct target */
	int64_t amount;
	uint32_t page, campaign;
	uint16_t goals;
	uint8_t content;
	bool has_amount, excluded;
};

struct agent_facts {
	const struct counting_keys *keys; /* of the tag */
	uint64_t tag;
	struct agent agent;
	bool excluded;
};

struct referrer_facts {
	uint32_t host;
	uint8_t class, engine;
};

struct site_facts {
	uint32_t name;
	uint16_t section; /* 0: not declared */
	bool wanted;
};

struct spare { /* facts of the line at hand that no cache has room for */
	struct client_facts client;
	struct target_facts target;
	struct agent_facts agent;
	struct referrer_facts referrer;
	struct site_facts site;
};

struct day { /* what the keyring said of a day */
	int32_t day;
	bool known;
	enum keyring_answer answer;
	const struct day_keys *keys;
};

struct veil {
	struct veil_options options;
	const struct veil_source *source;
	struct keyring *keyring;
	struct day days[DAYS];		  /* by day: a log has few at a time */
	const struct day_keys *day_keys;  /* of the line at hand */
	const struct counting_keys *keys; /* the same, for counting */
	struct zone_cache zone;
	struct textmap names; /* scrubbed texts; id = index + 1 */
	size_t names_max;
	struct textmap clients, targets, agents, referrers, sites;
	struct spare spare;
	uint64_t
	    *sites_told; /* by section: what tells a visitor of one site from that of another */
	struct agent_facts no_agent; /* of a log that does not say: nobody is a crawler there */
	struct slice wanted_site, source_site; /* what a line without a host is of */
	char wanted_site_text[REFERRER_HOST_MAX];
	char first_key[KEY_MAX], second_key[KEY_MAX]; /* cache keys made of two fields */
	struct veil_trace *trace;		      /* NULL: none are made */
	bool traced;				      /* the last request left one */
	bool failed;				      /* memory ran out inside a batch */
};

/* The shares of the caches, in 64ths of the cap; targets and names meet the most distinct strings.
 */
static int caches_init(struct veil *veil)
{
	size_t part = veil->options.memory / 64;
	/* Names may not be forgotten inside a batch: they outgrow their share by at most one, then
	 * start again. */
	veil->names_max = 14 * part;
	return textmap_init(&veil->names, 0, SIZE_MAX / 2) ||
	       textmap_init(&veil->targets, sizeof(struct target_facts), 18 * part) ||
	       textmap_init(&veil->clients, sizeof(struct client_facts), 12 * part) ||
	       textmap_init(&veil->agents, sizeof(struct agent_facts), 8 * part) ||
	       textmap_init(&veil->referrers, sizeof(struct referrer_facts), 10 * part) ||
	       textmap_init(&veil->sites, sizeof(struct site_facts), 2 * part);
}

/*
 * A site's own number in the tags of its visitors: of its text, since numbers of sections change
 * with the configuration while a day is hot. It is no secret, the tags are.
 */
static int tell_sites(struct veil *veil)
{
	static const uint8_t no_key[16];
	const struct veil_options *options = &veil->options;
	veil->sites_told = calloc(options->sections_n + 1, sizeof(*veil->sites_told));
	for (size_t i = 0; veil->sites_told && i < options->sections_n; i++)
		veil->sites_told[i + 1] =
		    siphash(no_key, options->sections[i], strlen(options->sections[i]));
	return veil->sites_told ? 0 : -1;
}

static const struct veil_source no_source;

struct veil *veil_new(const struct veil_options *options, struct keyring *keyring,
		      struct error *error)
{
	struct veil *veil = calloc(1, sizeof(*veil));
	if (veil) {
		veil->options = *options;
		veil->keyring = keyring;
		veil->source = &no_source;
		zone_cache_init(&veil->zone);
		if (options->literal) { /* a third of the caches is the security log's */
			veil->options.memory = options->memory / 3 * 2;
			veil->trace = veil_trace_new(options->literal, options->memory / 3);
		}
		if (!caches_init(veil) && !tell_sites(veil) && (veil->trace || !options->literal)) {
			if (options->site) {
				size_t n = referrer_host_veil(slice_from(options->site),
							      veil->wanted_site_text);
				veil->wanted_site = slice_make(veil->wanted_site_text, n);
			}
			return veil;
		}
	}
	veil_free(veil);
	error_set(error, "out of memory for the caches");
	return NULL;
}

void veil_free(struct veil *veil)
{
	if (!veil)
		return;
	textmap_release(&veil->names);
	textmap_release(&veil->targets);
	textmap_release(&veil->clients);
	textmap_release(&veil->agents);
	textmap_release(&veil->referrers);
	textmap_release(&veil->sites);
	veil_trace_free(veil->trace);
	free(veil->sites_told);
	free(veil);
}

/* Forgets every id: what refers to names must go with them. */
static int forget(struct veil *veil)
{
	textmap_release(&veil->names); /* gives the memory back, unlike a clear */
	textmap_clear(&veil->targets);
	textmap_clear(&veil->clients);
	textmap_clear(&veil->agents);
	textmap_clear(&veil->referrers);
	textmap_clear(&veil->sites);
	return textmap_init(&veil->names, 0, SIZE_MAX / 2);
}

/* Who a client is depends on whom we trust. */
static void forget_clients(struct veil *veil)
{
	textmap_clear(&veil->clients);
	if (veil->trace)
		veil_trace_forget_clients(veil->trace);
}

void veil_begin(struct veil *veil, const struct veil_source *source, struct batch *batch)
{
	assert(source->section <= veil->options.sections_n);
	if (source->trusted != veil->source->trusted)
		forget_clients(veil);
	veil->source = source;
	veil->source_site = source->section
				? slice_from(veil->options.sections[source->section - 1])
				: veil->wanted_site;
	veil->traced = false;
	batch->reset = false;
	if (textmap_held(&veil->names) > veil->names_max) {
		veil->failed |= forget(veil) != 0;
		batch->reset = true;
	}
}

/* The second field of a key, or nothing when both are too long for one: facts must follow from
 * their key alone. */
static struct slice second_field(struct slice a, struct slice b)
{
	return a.n + 1 + b.n <= KEY_MAX ? b : slice_make(NULL, 0);
}

struct key { /* of a cache: the text and its hash */
	struct slice text;
	uint64_t hash;
};

/* Asks for the memory at once: a line's keys are made first and looked up then, so that their
 * misses overlap. */
static struct key key_of(const struct textmap *map, struct slice text)
{
	struct key key = {text, textmap_hash(map, text)};
	__builtin_prefetch(&map->slots[(size_t)key.hash & map->mask]);
	return key;
}

/* The key made of two fields, in `buffer`; of the first alone where the second is empty or both are
 * too long. */
static struct key join(const struct textmap *map, struct slice a, char between, struct slice b,
		       char buffer[KEY_MAX])
{
	if (!b.n)
		return key_of(map, a);
	if (a.n)
		memcpy(buffer, a.p, a.n);
	buffer[a.n] = between;
	memcpy(buffer + a.n + 1, b.p, b.n);
	return key_of(map, slice_make(buffer, a.n + 1 + b.n));
}

/* Adds to a cache; a full one is cleared first. The value is zeroed. What is too long for the cache
 * has its facts in `spare`, for this line. */
static void *remember(struct textmap *map, struct key key, void *spare)
{
	uint32_t index = textmap_add(map, key.text, key.hash);
	if (index == TEXTMAP_NONE) {
		textmap_clear(map);
		index = textmap_add(map, key.text, key.hash);
	}
	if (index != TEXTMAP_NONE)
		return textmap_value(map, index);
	memset(spare, 0, map->value_size);
	return spare;
}

/* The id of a scrubbed text, told to the batch when it is new. */
static uint32_t name_id(struct veil *veil, struct batch *batch, struct slice text)
{
	if (!text.n)
		return 0;
	uint64_t hash = textmap_hash(&veil->names, text);
	uint32_t index = textmap_find(&veil->names, text, hash);
	if (index != TEXTMAP_NONE)
		return index + 1;
	index = textmap_add(&veil->names, text, hash);
	if (index == TEXTMAP_NONE || batch_tell(batch, text)) {
		veil->failed = true;
		return 0;
	}
	return index + 1;
}

/* What the keyring says of a day. NULL with a message when it failed. */
static const struct day *find_day(struct veil *veil, int32_t day, struct error *error)
{
	struct day *found = &veil->days[(uint32_t)day % DAYS];
	if (found->known && found->day == day)
		return found;
	*found = (struct day){.day = day};
	found->answer = keyring_day(veil->keyring, day, &found->keys, error);
	found->known = found->answer != KEYRING_FAILED;
	return found->known ? found : NULL;
}

static uint64_t unit_tag(const struct counting_keys *keys, const struct address *address,
			 struct slice text)
{
	if (address->kind == ADDRESS_NAME)
		return counting_unit_tag(keys, KIND_NAME, text);
	return counting_unit_tag(
	    keys, KIND_ADDRESS,
	    slice_make((const char *)address->bytes, address_unit_bytes(address)));
}

/* The tags of a client under the keys of the line's day. */
static void tag_client(const struct veil *veil, const struct address *address, struct slice text,
		       struct client_facts *facts)
{
	facts->keys = veil->keys;
	facts->unit = facts->gate = unit_tag(veil->keys, address, text);
	if (address->kind != ADDRESS_NAME)
		facts->gate = counting_unit_tag(
		    veil->keys, KIND_GATE,
		    slice_make((const char *)address->bytes, address_gate_bytes(address)));
}

static void learn_client(struct veil *veil, const struct request *request, struct slice forwarded,
			 struct batch *batch, struct client_facts *facts)
{
	struct address address;
	struct slice text;
	struct geo_place place = {0};
	address_behind(veil->source->trusted, request->client, forwarded, &address, &text);
	tag_client(veil, &address, text, facts);
	if (address.kind == ADDRESS_NAME)
		return;
	if (veil->options.excluded)
		facts->excluded = address_ranges_hold(veil->options.excluded, &address);
	if (!veil->options.geo)
		return;
	geo_find(veil->options.geo, &address, &place);
	if (place.country[0])
		facts->country = (uint16_t)((unsigned char)place.country[0] << 8 |
					    (unsigned char)place.country[1]);
	facts->as = name_id(veil, batch, slice_from(place.as_text));
}

static const struct client_facts *client_facts(struct veil *veil, const struct request *request,
					       struct slice forwarded, struct key key,
					       struct batch *batch)
{
	uint32_t index = textmap_find(&veil->clients, key.text, key.hash);
	if (index != TEXTMAP_NONE) {
		struct client_facts *known = textmap_value(&veil->clients, index);
		if (known->keys != veil->keys) { /* met on another day */
			struct address address;
			struct slice text;
			address_behind(veil->source->trusted, request->client, forwarded, &address,
				       &text);
			tag_client(veil, &address, text, known);
		}
		return known;
	}
	struct client_facts *facts = remember(&veil->clients, key, &veil->spare.client);
	learn_client(veil, request, forwarded, batch, facts);
	return facts;
}

static struct slice query_of(struct slice target)
{
	size_t end = slice_find(target, '#');
	size_t mark = slice_find(slice_make(target.p, end), '?');
	return slice_from_byte(slice_make(target.p, end), mark + 1);
}

static bool path_excluded(const struct veil_options *options, struct slice target)
{
	for (size_t i = 0; i < options->excluded_paths_n; i++)
		if (slice_starts(target, options->excluded_paths[i]))
			return true;
	return false;
}

static void learn_target(struct veil *veil, const struct request *request, struct slice query,
			 struct batch *batch, struct target_facts *facts)
{
	char text[PATH_TEMPLATE_MAX];
	char campaign[CAMPAIGN_MAX];
	enum content_class content = CONTENT_DOCUMENT;
	if (!query.n)
		query = query_of(request->target);

	size_t n = path_veil(veil->options.routes, request->target, text, &content);
	facts->content = (uint8_t)content;
	facts->page = name_id(veil, batch, slice_make(text, n));
	if (query.n) {
		n = campaign_veil(query, campaign);
		facts->campaign = name_id(veil, batch, slice_make(campaign, n));
	}
	facts->excluded = path_excluded(&veil->options, request->target);
	if (veil->options.goals) {
		facts->goals = goals_match(veil->options.goals, request->target);
		facts->has_amount = facts->goals && goals_amount(veil->options.goals, facts->goals,
								 query, &facts->amount);
	}
}

static const struct target_facts *target_facts(struct veil *veil, const struct request *request,
					       struct slice query, struct key key,
					       struct batch *batch)
{
	uint32_t index = textmap_find(&veil->targets, key.text, key.hash);
	if (index != TEXTMAP_NONE)
		return textmap_value(&veil->targets, index);
	struct target_facts *facts = remember(&veil->targets, key, &veil->spare.target);
	learn_target(veil, request, query, batch, facts);
	return facts;
}

static bool contains_nocase(struct slice text, const char *part)
{
	size_t n = strlen(part);
	for (size_t i = 0; i + n <= text.n; i++)
		if (slice_equal_nocase(slice_make(text.p + i, n), part))
			return true;
	return false;
}

/* Of the log that has no place for it also a text that no agent can have. */
static struct slice agent_text(const struct request *request)
{
	return request->flags & REQUEST_HAS_AGENT ? request->agent
						  : slice_from("\001 no place for it");
}

static void tag_agent(const struct veil *veil, struct slice text, struct agent_facts *facts)
{
	if (facts->keys == veil->keys)
		return;
	facts->keys = veil->keys;
	facts->tag = counting_unit_tag(veil->keys, KIND_AGENT, text);
}

static const struct agent_facts *agent_facts(struct veil *veil, const struct request *request,
					     struct key key)
{
	if (!(request->flags & REQUEST_HAS_AGENT)) {
		tag_agent(veil, agent_text(request), &veil->no_agent);
		return &veil->no_agent;
	}
	uint32_t index = textmap_find(&veil->agents, key.text, key.hash);
	if (index != TEXTMAP_NONE) {
		struct agent_facts *known = textmap_value(&veil->agents, index);
		tag_agent(veil, key.text, known);
		return known;
	}
	struct agent_facts *facts = remember(&veil->agents, key, &veil->spare.agent);
	agent_classify(key.text, &facts->agent);
	tag_agent(veil, key.text, facts);
	for (size_t i = 0; i < veil->options.excluded_agents_n; i++)
		facts->excluded |= contains_nocase(key.text, veil->options.excluded_agents[i]);
	return facts;
}

static const struct referrer_facts *referrer_facts(struct veil *veil, struct slice value,
						   struct slice host, struct batch *batch)
{
	/* Internal or not depends on the site. */
	struct key key =
	    join(&veil->referrers, value, '\n', second_field(value, host), veil->second_key);
	uint32_t index = textmap_find(&veil->referrers, key.text, key.hash);
	if (index != TEXTMAP_NONE)
		return textmap_value(&veil->referrers, index);
	struct referrer_facts *facts = remember(&veil->referrers, key, &veil->spare.referrer);
	struct referrer referrer;
	referrer_veil(value, second_field(value, host), &referrer);
	facts->class = referrer.class;
	facts->engine = referrer.engine;
	if (referrer.class != REFERRER_INTERNAL)
		facts->host = name_id(veil, batch, slice_make(referrer.host, referrer.host_n));
	return facts;
}

static const struct site_facts *site_facts(struct veil *veil, struct slice host,
					   struct batch *batch)
{
	struct key key = key_of(&veil->sites, host);
	uint32_t index = textmap_find(&veil->sites, key.text, key.hash);
	if (index != TEXTMAP_NONE)
		return textmap_value(&veil->sites, index);
	struct site_facts *facts = remember(&veil->sites, key, &veil->spare.site);
	char text[REFERRER_HOST_MAX];
	struct slice name = slice_make(text, referrer_host_veil(host, text));
	facts->name = name_id(veil, batch, name);
	facts->wanted = !veil->wanted_site.n || slice_equal(name, veil->wanted_site);
	for (size_t i = 0; i < veil->options.sections_n && !facts->section; i++)
		if (slice_is(name, veil->options.sections[i]))
			facts->section = (uint16_t)(i + 1);
	return facts;
}

static bool is_page(const struct hit *hit)
{
	bool success = (hit->status >= 200 && hit->status <= 299) || hit->status == 304;
	return hit->method == METHOD_GET && success && hit->content == CONTENT_DOCUMENT &&
	       !(hit->flags & HIT_CRAWLER);
}

/* What of the request needs no cache. */
static void fill_plain(const struct request *request, struct hit *hit)
{
	hit->bytes = request->bytes;
	hit->duration_us = request->duration_us;
	hit->status = request->status;
	hit->method = (uint8_t)hit_method(request->method);
	hit->protocol = (uint8_t)hit_protocol(request->protocol);
	hit->flags = (uint8_t)((request->flags & REQUEST_HAS_DURATION ? HIT_DURATION : 0) |
			       (request->flags & REQUEST_HAS_BYTES ? HIT_SIZE : 0));
}

static void fill_time(struct veil *veil, const struct request *request, struct hit *hit)
{
	int64_t local = request->time + zone_offset(&veil->zone, request->time);
	hit->time = request->time;
	hit->day = zone_day(local);
	hit->second = (uint32_t)(local - (int64_t)hit->day * ZONE_DAY);
}

/* Two capital letters as hits have them; 0 when it is something else. */
static uint16_t country_of(struct slice text)
{
	if (text.n != 2 || text.p[0] < 'A' || text.p[0] > 'Z' || text.p[1] < 'A' || text.p[1] > 'Z')
		return 0;
	return (uint16_t)((unsigned char)text.p[0] << 8 | (unsigned char)text.p[1]);
}

/*
 * The visitor's tag on another day, for visits that reach over midnight: under that day's keys,
 * where there are any. Rare enough to be computed each time.
 */
static int tag_beside(struct veil *veil, const struct request *request, struct slice forwarded,
		      struct hit *hit, int32_t day, uint64_t *ret, struct error *error)
{
	struct address address;
	struct slice text;
	const struct day *beside = find_day(veil, day, error);
	*ret = 0;
	if (!beside)
		return -1;
	if (beside->answer != KEYRING_OPEN)
		return 0;
	const struct counting_keys *keys = beside->keys->counting;
	uint64_t unit = 0, by;
	if (veil->options.visitor_cookie && request->cookie.n) {
		by = counting_unit_tag(keys, KIND_COOKIE, request->cookie);
	} else {
		address_behind(veil->source->trusted, request->client, forwarded, &address, &text);
		unit = unit_tag(keys, &address, text);
		by = counting_unit_tag(keys, KIND_AGENT, agent_text(request));
	}
	*ret = counting_visitor_tag(keys, unit, by ^ veil->sites_told[hit->section], day);
	return 0;
}

static int fill_visitor(struct veil *veil, const struct request *request, struct slice forwarded,
			const struct client_facts *client, const struct agent_facts *agent,
			struct hit *hit, struct error *error)
{
	uint64_t unit = client->unit, by = agent->tag;
	uint32_t timeout = veil->options.visit_timeout;
	if (veil->options.visitor_cookie && request->cookie.n) {
		unit = 0;
		by = counting_unit_tag(veil->keys, KIND_COOKIE, request->cookie);
	}
	hit->visitor =
	    counting_visitor_tag(veil->keys, unit, by ^ veil->sites_told[hit->section], hit->day);
	hit->visitor_before = hit->visitor_after = 0;
	hit->unit = client->unit;
	hit->gate = client->gate;
	hit->country = client->country;
	hit->as = client->as;
	if (!hit->country)
		hit->country = country_of(request->country);
	hit->customer =
	    request->user.n ? counting_unit_tag(veil->keys, KIND_CUSTOMER, request->user) | 1 : 0;
	if (hit->second <= timeout &&
	    tag_beside(veil, request, forwarded, hit, hit->day - 1, &hit->visitor_before, error))
		return -1;
	return hit->second + timeout >= ZONE_DAY
		   ? tag_beside(veil, request, forwarded, hit, hit->day + 1, &hit->visitor_after,
				error)
		   : 0;
}

static void fill_agent(const struct agent *agent, struct hit *hit)
{
	hit->browser = agent->browser;
	hit->version = agent->version;
	hit->os = agent->os;
	hit->device = agent->device;
	hit->crawler = agent->crawler;
	if (agent->crawler_class != CRAWLER_NONE)
		hit->flags |= HIT_CRAWLER;
}

static void fill_goals(const struct veil *veil, const struct request *request,
		       const struct target_facts *target, struct hit *hit)
{
	bool reached = hit->status >= 200 && hit->status <= 399;
	hit->goals = reached && target->goals
			 ? goals_with_method(veil->options.goals, target->goals, request->method)
			 : 0;
	hit->amount = 0;
	if (hit->goals && target->has_amount) {
		hit->amount = target->amount;
		hit->flags |= HIT_AMOUNT;
	}
}

static int exclude(struct batch *batch, int32_t period, enum exclude reason, struct error *error)
{
	struct batch_book *book = batch_book(batch, period);
	if (!book)
		return error_set(error, "out of memory behind the veil");
	book->excluded[reason]++;
	return 0;
}

/* Where a referrer leads from, on a page view. */
static void fill_referrer(struct veil *veil, const struct request *request, struct slice host,
			  struct batch *batch, struct hit *hit)
{
	hit->referrer = 0;
	hit->referrer_class = hit->engine = 0;
	if (!is_page(hit))
		return;
	hit->flags |= HIT_PAGE;
	const struct referrer_facts *referrer =
	    referrer_facts(veil, request->referrer, host, batch);
	hit->referrer = referrer->host;
	hit->referrer_class = referrer->class;
	hit->engine = referrer->engine;
}

/* A line's site; whether it is wanted. A log without hosts is that of the site asked for. */
static bool fill_site(struct veil *veil, struct slice host, struct batch *batch, struct hit *hit)
{
	hit->site = 0;
	hit->section = veil->source->section;
	if (!host.n)
		return true;
	const struct site_facts *site = site_facts(veil, host, batch);
	if (!site->wanted)
		return false;
	hit->site = site->name;
	if (site->section)
		hit->section = site->section;
	return true;
}

struct facts { /* NULL: not asked for */
	const struct agent_facts *agent;
	const struct client_facts *client;
	const struct target_facts *target;
};

/* Fills what comes from the caches; says why the line is not counted. */
static enum exclude fill_cached(struct veil *veil, const struct request *request,
				struct slice forwarded, struct batch *batch, struct hit *hit,
				struct facts *facts)
{
	struct slice query = second_field(request->target, request->query);
	struct key agent_key = key_of(&veil->agents, request->agent);
	struct key client_key =
	    join(&veil->clients, request->client, '\n', forwarded, veil->first_key);
	struct key target_key = join(&veil->targets, request->target, '?', query, veil->second_key);
	facts->agent = agent_facts(veil, request, agent_key);
	if (facts->agent->excluded)
		return EXCLUDE_AGENT;
	facts->client = client_facts(veil, request, forwarded, client_key, batch);
	if (facts->client->excluded)
		return EXCLUDE_ADDRESS;
	facts->target = target_facts(veil, request, query, target_key, batch);
	if (facts->target->excluded)
		return EXCLUDE_PATH;
	fill_agent(&facts->agent->agent, hit);
	hit->page = facts->target->page;
	hit->campaign = facts->target->campaign;
	hit->content = facts->target->content;
	fill_goals(veil, request, facts->target, hit);
	return EXCLUDE_NONE;
}

/* The security log sees every line, also those that are not counted. */
static int make_trace(struct veil *veil, const struct request *request, struct slice forwarded,
		      struct facts *facts, struct batch *batch, const struct hit *hit)
{
	if (!facts->agent)
		facts->agent = agent_facts(veil, request, key_of(&veil->agents, request->agent));
	if (!facts->client)
		facts->client = client_facts(
		    veil, request, forwarded,
		    join(&veil->clients, request->client, '\n', forwarded, veil->first_key), batch);
	struct veil_trace_facts trace = {
	    .keys = veil->day_keys,
	    .hit = hit,
	    .offset = zone_offset(&veil->zone, hit->time),
	    .country = facts->client->country,
	    .agent = &facts->agent->agent,
	    .trusted = veil->source->trusted,
	    .forwarded = forwarded,
	};
	if (!trace.country)
		trace.country = country_of(request->country);
	veil->traced = true;
	return veil_trace_make(veil->trace, request, &trace);
}

/* Everything that needs the keys of the line's day. */
static int request_of_day(struct veil *veil, const struct request *request, struct batch *batch,
			  struct hit *hit, struct error *error)
{
	struct slice host = request->host.n ? request->host : veil->source_site;
	struct slice forwarded = veil->source->trusted
				     ? second_field(request->client, request->forwarded)
				     : slice_make(NULL, 0);
	struct facts facts = {0};
	enum exclude reason = EXCLUDE_NONE;
	bool wanted = fill_site(veil, host, batch, hit);
	int32_t period = hit_period(hit->day, hit->section);
	fill_plain(request, hit);
	if (request->flags & REQUEST_OPT_OUT)
		reason = EXCLUDE_OPT_OUT;
	else if (!wanted)
		reason = EXCLUDE_SITE;
	else
		reason = fill_cached(veil, request, forwarded, batch, hit, &facts);
	if (!reason &&
	    fill_visitor(veil, request, forwarded, facts.client, facts.agent, hit, error))
		return -1;
	if (!reason)
		fill_referrer(veil, request, host, batch, hit);
	if (veil->trace)
		veil->failed |= make_trace(veil, request, forwarded, &facts, batch, hit) != 0;
	if (veil->failed)
		return error_set(error, "out of memory behind the veil");
	/* Of what cannot be read nobody knows the host. */
	batch->last = hit_period(hit->day, veil->source->section);
	batch->last_time = hit->time;
	if (reason)
		return exclude(batch, period, reason, error);
	batch->n++;
	return 0;
}

static int reject(struct batch *batch, enum reject reason, struct error *error)
{
	struct batch_book *book = batch_book(batch, batch->last);
	if (!book)
		return error_set(error, "out of memory behind the veil");
	book->rejected[reason]++;
	return 0;
}

/* A line that came too late counts in the balance of its day and site. */
static int exclude_late(struct veil *veil, const struct request *request, struct batch *batch,
			struct hit *hit, struct error *error)
{
	fill_site(veil, request->host, batch, hit);
	return exclude(batch, hit_period(hit->day, hit->section), EXCLUDE_LATE, error);
}

int veil_request(struct veil *veil, const struct request *request, struct batch *batch,
		 struct error *error)
{
	veil->traced = false;
	if (request->time > veil->options.now + FUTURE_ALLOWANCE)
		return reject(batch, REJECT_FUTURE, error);
	struct hit *hit = batch_room(batch);
	if (!hit)
		return error_set(error, "out of memory behind the veil");
	fill_time(veil, request, hit);
	if (request->time < veil->options.since || request->time >= veil->options.until)
		return exclude(batch, batch->last, EXCLUDE_PERIOD, error);
	const struct day *day = find_day(veil, hit->day, error);
	if (!day)
		return -1;
	if (day->answer == KEYRING_CLOSED)
		return exclude_late(veil, request, batch, hit, error);
	if (day->answer != KEYRING_OPEN) /* which day's line it is says nothing about later ones */
		return exclude(batch, batch->last, EXCLUDE_TOO_MANY_DAYS, error);
	veil->day_keys = day->keys;
	veil->keys = day->keys->counting;
	return request_of_day(veil, request, batch, hit, error);
}

const struct trace *veil_trace(const struct veil *veil)
{
	return veil->traced ? veil_trace_last(veil->trace) : NULL;
}
