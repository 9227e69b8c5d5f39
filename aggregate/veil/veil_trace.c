#include "aggregate/veil/veil_trace.h"
#include <stdio.h>
#include <stdlib.h>
#include "aggregate/veil/referrer.h"
#include "base/textmap.h"
#include "ingest/request.h"

enum { GENERATIONS = 2, KEY_MAX = 16384, TEXTS_FIRST = 4096, LISTED = 256, USER_MAX = 17 };

struct client_texts {
	char client[PSEUDONYM_MAX], network[17], unit[17];
};

struct place { /* of a text in the generation's buffer */
	uint32_t at, n;
};

struct target_texts {
	struct place path, query;
};

struct generation { /* what was made under one day's keys */
	const struct day_keys *keys;
	char kid[2 * KID_SIZE + 1];
	struct textmap clients, targets, referrers, users, sites;
	char *texts;
	size_t texts_n, texts_cap, texts_max;
};

struct veil_trace {
	const struct literal *literal;
	struct generation generations[GENERATIONS];
	struct trace last;
	const char *browsers[LISTED], *systems[LISTED], **crawlers;
	unsigned crawlers_n;
	char key[KEY_MAX], scratch[LITERAL_MAX];
	struct {
		struct client_texts client;
		struct target_texts target;
		struct place place;
		char user[USER_MAX];
	} spare;
};

static int generation_init(struct generation *generation, size_t memory)
{
	size_t part = memory / 64;
	generation->texts_max = 24 * part;
	return textmap_init(&generation->clients, sizeof(struct client_texts), 16 * part) ||
	       textmap_init(&generation->targets, sizeof(struct target_texts), 14 * part) ||
	       textmap_init(&generation->referrers, sizeof(struct place), 6 * part) ||
	       textmap_init(&generation->users, USER_MAX, 2 * part) ||
	       textmap_init(&generation->sites, sizeof(struct place), 2 * part);
}

static void generation_release(struct generation *generation)
{
	textmap_release(&generation->clients);
	textmap_release(&generation->targets);
	textmap_release(&generation->referrers);
	textmap_release(&generation->users);
	textmap_release(&generation->sites);
	free(generation->texts);
}

/* Places in the buffer go with the maps that hold them. */
static void forget_texts(struct generation *generation)
{
	textmap_clear(&generation->targets);
	textmap_clear(&generation->referrers);
	textmap_clear(&generation->sites);
	generation->texts_n = 0;
}

/* The names of the closed lists are found by counting: once here, not once per line. */
static int list_names(struct veil_trace *trace)
{
	for (unsigned i = 0; i < LISTED; i++) {
		trace->browsers[i] = agent_browser_name(i);
		trace->systems[i] = agent_os_name(i);
	}
	trace->crawlers_n = agent_crawlers();
	trace->crawlers = calloc(trace->crawlers_n + 1, sizeof(*trace->crawlers));
	if (!trace->crawlers)
		return -1;
	for (unsigned i = 0; i < trace->crawlers_n; i++)
		trace->crawlers[i] = agent_crawler_name(i);
	return 0;
}

struct veil_trace *veil_trace_new(const struct literal *literal, size_t memory)
{
	struct veil_trace *trace = calloc(1, sizeof(*trace));
	if (!trace)
		return NULL;
	trace->literal = literal;
	int failed = list_names(trace);
	for (unsigned g = 0; g < GENERATIONS; g++)
		failed |= generation_init(&trace->generations[g], memory / GENERATIONS);
	if (!failed)
		return trace;
	veil_trace_free(trace);
	return NULL;
}

void veil_trace_free(struct veil_trace *trace)
{
	if (!trace)
		return;
	for (unsigned g = 0; g < GENERATIONS; g++)
		generation_release(&trace->generations[g]);
	free(trace->crawlers);
	free(trace);
}

void veil_trace_forget_clients(struct veil_trace *trace)
{
	for (unsigned g = 0; g < GENERATIONS; g++)
		textmap_clear(&trace->generations[g].clients);
}

/* The caches of a day, emptied when another day had the place. */
static struct generation *generation_of(struct veil_trace *trace, const struct day_keys *keys)
{
	struct generation *generation = &trace->generations[(uint32_t)keys->day % GENERATIONS];
	if (generation->keys == keys)
		return generation;
	generation->keys = keys;
	textmap_clear(&generation->clients);
	textmap_clear(&generation->users);
	forget_texts(generation);
	for (unsigned i = 0; i < KID_SIZE; i++)
		snprintf(generation->kid + 2 * i, 3, "%02x", keys->kid[i]);
	return generation;
}

/* What is too long for the map is made in `spare`, for this line. */
static void *remember(struct textmap *map, struct slice text, uint64_t hash, void *spare)
{
	uint32_t index = textmap_add(map, text, hash);
	if (index == TEXTMAP_NONE) {
		textmap_clear(map);
		index = textmap_add(map, text, hash);
	}
	if (index != TEXTMAP_NONE)
		return textmap_value(map, index);
	memset(spare, 0, map->value_size);
	return spare;
}

/* Room for what one request can need; before any of its places is looked up. */
static int texts_room(struct generation *generation)
{
	size_t need = 4 * (size_t)LITERAL_MAX;
	if (generation->texts_n + need > generation->texts_max)
		forget_texts(generation);
	if (generation->texts_n + need <= generation->texts_cap)
		return 0;
	size_t cap = generation->texts_cap ? 2 * generation->texts_cap : TEXTS_FIRST;
	while (cap < generation->texts_n + need)
		cap *= 2;
	char *texts = realloc(generation->texts, cap);
	if (!texts)
		return -1;
	generation->texts = texts;
	generation->texts_cap = cap;
	return 0;
}

static struct place keep(struct generation *generation, const char *text, size_t n)
{
	struct place place = {(uint32_t)generation->texts_n, (uint32_t)n};
	if (n)
		memcpy(generation->texts + generation->texts_n, text, n);
	generation->texts_n += n;
	return place;
}

static struct slice text_at(const struct generation *generation, struct place place)
{
	return slice_make(generation->texts + place.at, place.n);
}

static struct slice join(struct slice a, struct slice b, char buffer[KEY_MAX])
{
	if (!b.n || a.n + 1 + b.n > KEY_MAX)
		return a;
	if (a.n)
		memcpy(buffer, a.p, a.n);
	buffer[a.n] = '\n';
	memcpy(buffer + a.n + 1, b.p, b.n);
	return slice_make(buffer, a.n + 1 + b.n);
}

static void fill_client(struct veil_trace *trace, struct generation *generation,
			const struct request *request, const struct veil_trace_facts *facts)
{
	struct slice key = join(request->client, facts->forwarded, trace->key);
	uint64_t hash = textmap_hash(&generation->clients, key);
	uint32_t index = textmap_find(&generation->clients, key, hash);
	struct client_texts *texts;
	if (index != TEXTMAP_NONE) {
		texts = textmap_value(&generation->clients, index);
	} else {
		texts = remember(&generation->clients, key, hash, &trace->spare.client);
		struct address address;
		struct slice text;
		struct pseudonym_keys *keys = facts->keys->pseudonym;
		address_behind(facts->trusted, request->client, facts->forwarded, &address, &text);
		pseudonym_client(keys, facts->keys->mode, &address, text, texts->client);
		/* Where addresses are dropped nothing may stand in for them. */
		if (facts->keys->mode == ADDRESS_MODE_PSEUDONYM) {
			pseudonym_network(keys, &address, texts->network);
			pseudonym_unit(keys, &address, texts->unit);
		}
	}
	trace->last.client = texts->client;
	trace->last.network = texts->network;
	trace->last.unit = texts->unit;
}

static void fill_user(struct veil_trace *trace, struct generation *generation, struct slice user)
{
	trace->last.user = "";
	if (!user.n || generation->keys->mode == ADDRESS_MODE_DROP)
		return;
	uint64_t hash = textmap_hash(&generation->users, user);
	uint32_t index = textmap_find(&generation->users, user, hash);
	char *text = index != TEXTMAP_NONE
			 ? textmap_value(&generation->users, index)
			 : remember(&generation->users, user, hash, trace->spare.user);
	if (index == TEXTMAP_NONE)
		pseudonym_user(generation->keys->pseudonym, user, text);
	trace->last.user = text;
}

static struct slice query_of(struct slice target)
{
	size_t end = slice_find(target, '#');
	size_t mark = slice_find(slice_make(target.p, end), '?');
	return slice_from_byte(slice_make(target.p, end), mark + 1);
}

static void fill_target(struct veil_trace *trace, struct generation *generation,
			const struct request *request)
{
	struct slice key = join(request->target, request->query, trace->key);
	uint64_t hash = textmap_hash(&generation->targets, key);
	uint32_t index = textmap_find(&generation->targets, key, hash);
	struct target_texts *texts;
	if (index != TEXTMAP_NONE) {
		texts = textmap_value(&generation->targets, index);
	} else {
		texts = remember(&generation->targets, key, hash, &trace->spare.target);
		struct slice query = request->query.n ? request->query : query_of(request->target);
		size_t n = literal_path(trace->literal, generation->keys->pseudonym,
					request->target, trace->scratch);
		texts->path = keep(generation, trace->scratch, n);
		n = query.n ? literal_query(trace->literal, query, trace->scratch) : 0;
		texts->query = keep(generation, trace->scratch, n);
	}
	trace->last.path = text_at(generation, texts->path);
	trace->last.query = text_at(generation, texts->query);
}

static struct slice host_text(struct veil_trace *trace, struct generation *generation,
			      struct textmap *map, struct slice value)
{
	if (!value.n)
		return value;
	uint64_t hash = textmap_hash(map, value);
	uint32_t index = textmap_find(map, value, hash);
	struct place *place = index != TEXTMAP_NONE
				  ? textmap_value(map, index)
				  : remember(map, value, hash, &trace->spare.place);
	if (index == TEXTMAP_NONE) {
		size_t n = literal_host(trace->literal, generation->keys->pseudonym, value,
					trace->scratch);
		*place = keep(generation, trace->scratch, n);
	}
	return text_at(generation, *place);
}

static void fill_agent(struct veil_trace *trace, const struct agent *agent)
{
	struct trace *last = &trace->last;
	last->agent = agent->crawler && agent->crawler < trace->crawlers_n
			  ? trace->crawlers[agent->crawler]
			  : trace->browsers[agent->browser];
	last->os = agent->os ? trace->systems[agent->os] : "";
	last->device = agent->device ? agent_device_name(agent->device) : "";
	last->version = agent->version;
	if (agent->crawler_class != CRAWLER_NONE)
		last->flags |= TRACE_CRAWLER;
}

static void fill_plain(struct trace *last, const struct request *request,
		       const struct veil_trace_facts *facts)
{
	const struct hit *hit = facts->hit;
	last->time = hit->time;
	last->day = hit->day;
	last->offset = facts->offset;
	last->bytes = hit->bytes;
	last->duration_us = hit->duration_us;
	last->status = hit->status;
	last->method = hit->method;
	last->protocol = hit->protocol;
	last->flags = (uint8_t)((request->flags & REQUEST_HAS_BYTES ? TRACE_HAS_BYTES : 0) |
				(request->flags & REQUEST_HAS_DURATION ? TRACE_HAS_DURATION : 0) |
				(request->flags & REQUEST_OPT_OUT ? TRACE_OPT_OUT : 0));
	last->country[0] = (char)(facts->country >> 8);
	last->country[1] = (char)(facts->country & 0xFF);
	last->country[2] = '\0';
}

int veil_trace_make(struct veil_trace *trace, const struct request *request,
		    const struct veil_trace_facts *facts)
{
	struct generation *generation = generation_of(trace, facts->keys);
	if (texts_room(generation))
		return -1;
	fill_plain(&trace->last, request, facts);
	trace->last.kid = generation->kid;
	fill_client(trace, generation, request, facts);
	fill_user(trace, generation, request->user);
	fill_target(trace, generation, request);
	trace->last.referrer =
	    host_text(trace, generation, &generation->referrers, request->referrer);
	trace->last.site = host_text(trace, generation, &generation->sites, request->host);
	fill_agent(trace, facts->agent);
	return 0;
}

const struct trace *veil_trace_last(const struct veil_trace *trace)
{
	return &trace->last;
}
