#include "ingest/format_json.h"

#include <stdio.h>
#include <stdlib.h>
#include "ingest/json_reader.h"

enum {
	NODES_MAX = 512,
	BUCKETS = 1024, /* a power of two, at most half full */
	DEPTH_MAX = 16,
	KEY = -1,
	RANK_NONE = 255,
	RANK_WEAK_TARGET = 3,
};

/* One step of a path. Children of a node form a list. */
struct node {
	struct slice key;
	int index; /* KEY, or the place in an array */
	uint16_t parent, child, next;
	uint8_t field; /* FIELD_SKIP when the path only passes through */
	uint8_t rank;
};

struct json_map {
	char *text; /* keys */
	/* Nodes by parent and key, open addressing: nginx-json knows 70 keys of one object. */
	uint16_t buckets[BUCKETS];
	size_t n;
	struct node nodes[]; /* the first is the root */
};

struct builder {
	struct json_map *map;
	char *text;
	uint8_t ranks[FIELD__COUNT];
};

/* Names of the fields in a mapping. */
static const struct {
	const char *name;
	enum field field;
} names[] = {
    {"time", FIELD_TIME},
    {"addr", FIELD_CLIENT},
    {"method", FIELD_METHOD},
    {"uri", FIELD_TARGET},
    {"url", FIELD_URL},
    {"query", FIELD_QUERY},
    {"request", FIELD_REQUEST},
    {"protocol", FIELD_PROTOCOL},
    {"status", FIELD_STATUS},
    {"bytes", FIELD_BYTES},
    {"referrer", FIELD_REFERRER},
    {"agent", FIELD_AGENT},
    {"host", FIELD_HOST},
    {"user", FIELD_USER},
    {"forwarded", FIELD_FORWARDED},
    {"duration", FIELD_DURATION_S},
    {"duration_s", FIELD_DURATION_S},
    {"duration_ms", FIELD_DURATION_MS},
    {"duration_us", FIELD_DURATION_US},
    {"duration_ns", FIELD_DURATION_NS},
    {"cookie", FIELD_COOKIE},
    {"cookies", FIELD_COOKIES},
    {"gpc", FIELD_OPT_OUT},
    {"dnt", FIELD_OPT_OUT},
    {"country", FIELD_COUNTRY},
    {"address", FIELD_CLIENT},
    {"client", FIELD_CLIENT},
    {"referer", FIELD_REFERRER},
    {"user_agent", FIELD_AGENT},
};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

static int unknown_name(struct slice name, struct error *error)
{
	char list[300];
	size_t n = 0;
	for (size_t i = 0; i < NAMES - 4; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "",
				      names[i].name);
	return error_set(error, "json: unknown field \"%.*s\"; known are %s",
			 (int)(name.n < 40 ? name.n : 40), name.p, list);
}

static int find_name(struct slice name, enum field *ret)
{
	for (size_t i = 0; i < NAMES; i++)
		if (slice_equal_nocase(name, names[i].name)) {
			*ret = names[i].field;
			return 0;
		}
	return -1;
}

/*
 * Good enough to spread a few hundred keys, and cheap: the ends of the key and its length. Nobody
 * gains from keys that collide, because only keys of the definition are in the table.
 */
static inline size_t key_hash(uint16_t parent, struct slice key)
{
	uint64_t first = 0, last = 0;
	if (key.n >= 8) {
		memcpy(&first, key.p, 8);
		memcpy(&last, key.p + key.n - 8, 8);
	} else if (key.n >= 4) {
		memcpy(&first, key.p, 4);
		memcpy(&last, key.p + key.n - 4, 4);
	} else if (key.n) {
		first = (unsigned char)key.p[0];
		last = (uint64_t)(unsigned char)key.p[key.n / 2] << 8 |
		       (unsigned char)key.p[key.n - 1];
	}
	uint64_t mixed = (first ^ (last << 7 | last >> 57) ^ key.n ^ (uint64_t)parent << 40) *
			 UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(mixed >> 54) % BUCKETS;
}

static inline uint16_t find_key(const struct json_map *map, uint16_t parent, struct slice key)
{
	for (size_t at = key_hash(parent, key);; at = (at + 1) % BUCKETS) {
		uint16_t found = map->buckets[at];
		if (!found ||
		    (map->nodes[found].parent == parent && slice_equal(map->nodes[found].key, key)))
			return found;
	}
}

static void bucket_add(struct json_map *map, uint16_t node)
{
	size_t at = key_hash(map->nodes[node].parent, map->nodes[node].key);
	while (map->buckets[at])
		at = (at + 1) % BUCKETS;
	map->buckets[at] = node;
}

/* The child of that step, made when there is none. 0 when there is no room. */
static uint16_t child_of(struct json_map *map, uint16_t parent, struct slice key, int index)
{
	uint16_t *link = &map->nodes[parent].child;
	for (; *link; link = &map->nodes[*link].next)
		if (map->nodes[*link].index == index && slice_equal(map->nodes[*link].key, key))
			return *link;
	if (map->n == NODES_MAX)
		return 0;
	*link = (uint16_t)map->n;
	struct node *node = &map->nodes[map->n++];
	*node = (struct node){key, index, parent, 0, 0, FIELD_SKIP, RANK_NONE};
	if (index == KEY)
		bucket_add(map, *link);
	return *link;
}

/* Takes "[n]" off the path; -1 when there is none. */
static int take_index(struct slice *path)
{
	size_t i = 1;
	int index = 0;
	if (!path->n || path->p[0] != '[')
		return -1;
	for (; i < path->n && i < 6 && path->p[i] >= '0' && path->p[i] <= '9'; i++)
		index = index * 10 + (path->p[i] - '0');
	if (i == 1 || i == path->n || path->p[i] != ']')
		return -1;
	*path = slice_from_byte(*path, i + 1);
	return index;
}

static size_t key_length(struct slice path)
{
	size_t i = 0;
	while (i < path.n && path.p[i] != '.' && path.p[i] != '[')
		i++;
	return i;
}

static void node_set(struct node *node, enum field field, uint8_t rank)
{
	/* The same path for two fields: the first keeps it. */
	if (node->field == FIELD_SKIP) {
		node->field = (uint8_t)field;
		node->rank = rank;
	}
}

static int add_path(struct builder *builder, struct slice path, enum field field,
		    struct error *error)
{
	struct json_map *map = builder->map;
	uint8_t rank = builder->ranks[field]++;
	uint16_t at = 0;
	struct slice whole = path;
	unsigned depth = 0;
	while (path.n) {
		int index = take_index(&path);
		struct slice key = {NULL, 0};
		if (index < 0) {
			index = KEY;
			key = slice_make(path.p, key_length(path));
			path = slice_from_byte(path, key.n);
			if (!key.n)
				return error_set(
				    error, "json: the path of a field is not of the form a.b[0].c");
		}
		if (path.n > 1 && path.p[0] == '.')
			path = slice_from_byte(path, 1);
		else if (path.n && path.p[0] != '[')
			return error_set(error,
					 "json: the path of a field is not of the form a.b[0].c");
		at = child_of(map, at, key, index);
		if (!at || ++depth == DEPTH_MAX)
			return error_set(error, "json: too many or too deep paths");
	}
	if (!at)
		return error_set(error, "json: a field has no path");
	node_set(&map->nodes[at], field, rank);
	if (depth > 1) {
		at = child_of(map, 0, whole, KEY);
		if (at)
			node_set(&map->nodes[at], field, rank);
	}
	return 0;
}

/* One "field=path". */
static int add_pair(struct builder *builder, struct slice pair, const char *cookie,
		    struct error *error)
{
	size_t equals = slice_find(pair, '=');
	enum field field;
	if (equals == pair.n)
		return error_set(error, "json: write field=path, separated by commas");
	struct slice name = slice_trim(slice_make(pair.p, equals));
	struct slice path = slice_trim(slice_from_byte(pair, equals + 1));
	if (find_name(name, &field))
		return unknown_name(name, error);
	if (path.n && path.p[path.n - 1] == '*') {
		if (!cookie)
			return 0;
		size_t cookie_n = strlen(cookie);
		memcpy(builder->text, path.p, path.n - 1);
		memcpy(builder->text + path.n - 1, cookie, cookie_n);
		path = slice_make(builder->text, path.n - 1 + cookie_n);
	} else {
		if (path.n)
			memcpy(builder->text, path.p, path.n);
		path = slice_make(builder->text, path.n);
	}
	builder->text += path.n;
	return add_path(builder, path, field, error);
}

static bool map_has(const struct json_map *map, enum field field)
{
	for (size_t i = 1; i < map->n; i++)
		if (map->nodes[i].field == field)
			return true;
	return false;
}

static int build(struct builder *builder, struct slice definition, const char *cookie,
		 struct error *error)
{
	while (slice_trim(definition).n) {
		size_t comma = slice_find(definition, ',');
		if (add_pair(builder, slice_trim(slice_make(definition.p, comma)), cookie, error))
			return -1;
		definition = slice_from_byte(definition, comma + 1);
	}
	if (!map_has(builder->map, FIELD_CLIENT))
		return error_set(error, "json: the client's address is missing: addr=path");
	if (!map_has(builder->map, FIELD_TIME))
		return error_set(error, "json: the time is missing: time=path");
	return 0;
}

int json_map_compile(struct slice definition, const char *cookie, struct json_map **ret,
		     struct error *error)
{
	struct builder builder = {0};
	struct json_map *map = calloc(1, sizeof(*map) + NODES_MAX * sizeof(map->nodes[0]));
	size_t stars = 1;
	for (size_t i = 0; i < definition.n; i++)
		stars += definition.p[i] == '*';
	char *text = malloc(definition.n + 1 + stars * (cookie ? strlen(cookie) : 0));
	if (!map || !text) {
		free(map);
		free(text);
		return error_set(error, "out of memory");
	}
	map->text = text;
	map->n = 1;
	builder.map = map;
	builder.text = text;
	if (build(&builder, definition, cookie, error)) {
		json_map_free(map);
		return -1;
	}
	*ret = map;
	return 0;
}

void json_map_free(struct json_map *map)
{
	if (!map)
		return;
	free(map->text);
	free(map);
}

/* ---- the run ---- */

struct level {
	uint16_t node;
	bool array;
	int index;
};

struct walk {
	const struct json_map *map;
	struct json_reader reader;
	struct reading *reading;
	struct slice request; /* kept back until all keys are known */
	uint8_t ranks[FIELD__COUNT];
	size_t depth;
	struct level levels[DEPTH_MAX];
};

static uint16_t match_index(const struct json_map *map, const struct level *level)
{
	for (uint16_t at = map->nodes[level->node].child; at; at = map->nodes[at].next)
		if (map->nodes[at].index == level->index)
			return at;
	return 0;
}

static enum reject put_value(struct walk *walk, const struct node *node,
			     const struct json_value *value)
{
	enum field field = (enum field)node->field;
	struct slice text = value->raw;
	struct slice *agent = &walk->reading->request->agent;
	if (field == FIELD_AGENT && value->type != JSON_NULL && !agent->p)
		*agent = slice_make(text.p, 0); /* it has a place, also when it is empty */
	if (value->type == JSON_NULL || text.n == 0 || walk->ranks[field] <= node->rank)
		return REJECT_NONE;
	/* An empty or "-" value leaves room for the field's other paths, except for clients. */
	if (text.n == 1 && text.p[0] == '-' && field != FIELD_CLIENT)
		return REJECT_NONE;
	if (value->escaped) {
		text = parser_unescape(walk->reading->parser, text, ESCAPE_JSON);
		if (!text.p)
			return REJECT_TOO_LONG;
	}
	if (field == FIELD_OPT_OUT && slice_is(text, "true"))
		text = slice_make("1", 1);
	else
		walk->ranks[field] = node->rank;
	if (field == FIELD_REQUEST) {
		walk->request = text;
		return REJECT_NONE;
	}
	return field_put(walk->reading, field, text);
}

/* An array where one value is expected: its first. */
static enum reject put_first_item(struct walk *walk, const struct node *node)
{
	struct json_value value;
	int more = json_next_item(&walk->reader);
	if (more == 0)
		return REJECT_NONE;
	if (more < 0 || !json_read(&walk->reader, &value))
		return REJECT_FORMAT;
	enum reject reject = REJECT_NONE;
	if (value.type < JSON_OBJECT)
		reject = put_value(walk, node, &value);
	else if (!json_skip_rest(&walk->reader))
		return REJECT_FORMAT;
	if (!reject && !json_skip_rest(&walk->reader))
		return REJECT_FORMAT;
	return reject;
}

/* The value of a key or item that the map knows. */
static enum reject enter(struct walk *walk, uint16_t at)
{
	const struct node *node = &walk->map->nodes[at];
	struct json_value value;
	if (!json_read(&walk->reader, &value))
		return REJECT_FORMAT;
	if (value.type < JSON_OBJECT)
		return node->field == FIELD_SKIP ? REJECT_NONE : put_value(walk, node, &value);
	if (node->child && walk->depth < DEPTH_MAX) {
		bool array = value.type == JSON_ARRAY;
		walk->levels[walk->depth++] = (struct level){at, array, -1};
		return REJECT_NONE;
	}
	if (node->field != FIELD_SKIP && value.type == JSON_ARRAY)
		return put_first_item(walk, node);
	return json_skip_rest(&walk->reader) ? REJECT_NONE : REJECT_FORMAT;
}

/* One member of the innermost object or array. */
static enum reject step(struct walk *walk)
{
	struct level *level = &walk->levels[walk->depth - 1];
	struct slice key;
	int more =
	    level->array ? json_next_item(&walk->reader) : json_next_key(&walk->reader, &key);
	if (more < 0)
		return REJECT_FORMAT;
	if (more == 0) {
		walk->depth--;
		walk->reader.fresh = false;
		return REJECT_NONE;
	}
	level->index++;
	uint16_t at =
	    level->array ? match_index(walk->map, level) : find_key(walk->map, level->node, key);
	if (at)
		return enter(walk, at);
	return json_skip(&walk->reader) ? REJECT_NONE : REJECT_FORMAT;
}

enum reject json_map_run(const struct json_map *map, struct slice line, struct reading *reading)
{
	struct walk walk;
	struct json_value value;
	walk.map = map;
	walk.reading = reading;
	walk.request = slice_make(NULL, 0);
	memset(walk.ranks, RANK_NONE, sizeof(walk.ranks));
	json_reader_init(&walk.reader, line);
	if (!json_read(&walk.reader, &value) || value.type != JSON_OBJECT)
		return REJECT_FORMAT;
	walk.depth = 1;
	walk.levels[0] = (struct level){0, false, -1};
	while (walk.depth) {
		enum reject reject = step(&walk);
		if (reject)
			return reject;
	}
	if (!json_at_end(&walk.reader))
		return REJECT_FORMAT;
	/* A request line says more than a rewritten path, less than what is logged apart. */
	if (walk.request.n &&
	    (!reading->request->target.n || walk.ranks[FIELD_TARGET] >= RANK_WEAK_TARGET))
		return field_put(reading, FIELD_REQUEST, walk.request);
	return REJECT_NONE;
}
