#include "aggregate/veil/geo.h"
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "aggregate/veil/text.h"
#include "base/slice.h"

struct database {
	MMDB_s file;
	bool has_country, has_as;
	struct database *next; /* in the order in which they were added */
};

struct geo {
	struct database *first;
};

/* Where the fields are in a record, the preferred one first. */
static const char *const COUNTRY[][3] = {
    {"country", "iso_code", NULL},
    {"registered_country", "iso_code", NULL},
};
static const char *const AS_NUMBER[] = {"autonomous_system_number", NULL};
static const char *const AS_NAME[] = {"autonomous_system_organization", NULL};

struct geo *geo_new(void)
{
	return calloc(1, sizeof(struct geo));
}

static void database_free(struct database *database)
{
	MMDB_close(&database->file);
	free(database);
}

void geo_free(struct geo *geo)
{
	struct database *next = geo ? geo->first : NULL;
	while (next) {
		struct database *database = next;
		next = database->next;
		database_free(database);
	}
	free(geo);
}

/* A text of the record; empty when it has none there or is broken. */
static struct slice find_text(MMDB_entry_s *entry, const char *const *path)
{
	MMDB_entry_data_s data;
	if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data ||
	    data.type != MMDB_DATA_TYPE_UTF8_STRING)
		return slice_make(NULL, 0);
	return slice_make(data.utf8_string, data.data_size);
}

static void find_country(MMDB_entry_s *entry, struct geo_place *place)
{
	for (size_t i = 0; i < sizeof(COUNTRY) / sizeof(*COUNTRY) && !place->country[0]; i++) {
		struct slice code = find_text(entry, COUNTRY[i]);
		if (code.n == 2 && text_is_upper(code.p[0]) && text_is_upper(code.p[1]))
			memcpy(place->country, code.p, 2);
	}
}

/* Whole characters while they fit; what cannot be shown is left out. */
static void append_showable(char *out, size_t size, struct slice text)
{
	size_t at = strlen(out), n;
	for (; text.n; text = slice_from_byte(text, n)) {
		uint32_t point;
		n = text_utf8(text, &point);
		struct slice one = slice_make(text.p, n);
		if (n == 0)
			n = 1;
		else if (at + n >= size)
			break;
		else if (text_is_showable(one)) {
			memcpy(out + at, one.p, n);
			at += n;
		}
	}
	while (at && out[at - 1] == ' ')
		at--;
	out[at] = '\0';
}

static void find_as(MMDB_entry_s *entry, struct geo_place *place)
{
	MMDB_entry_data_s data;
	if (MMDB_aget_value(entry, &data, AS_NUMBER) != MMDB_SUCCESS || !data.has_data ||
	    data.type != MMDB_DATA_TYPE_UINT32 || data.uint32 == 0)
		return;
	place->as_number = data.uint32;
	snprintf(place->as_text, sizeof(place->as_text), "AS%u ", place->as_number);
	append_showable(place->as_text, sizeof(place->as_text), find_text(entry, AS_NAME));
}

/*
 * What a database holds is seen from its first records, not from its type: other makers use other
 * names for theirs. The tree is walked to the left with the right sides stacked, so the stack is as
 * deep as an address is long.
 */
enum { PROBE_NODES = 100000, PROBE_RECORDS = 1000, PROBE_DEPTH = 130 };

struct probe {
	uint32_t waiting[PROBE_DEPTH];
	unsigned n, records;
	struct geo_place seen;
};

static int probe_side(struct probe *probe, uint8_t type, uint64_t number, MMDB_entry_s *entry)
{
	switch (type) {
	case MMDB_RECORD_TYPE_SEARCH_NODE:
		if (probe->n == PROBE_DEPTH)
			return MMDB_CORRUPT_SEARCH_TREE_ERROR;
		probe->waiting[probe->n++] = (uint32_t)number;
		return MMDB_SUCCESS;
	case MMDB_RECORD_TYPE_DATA:
		probe->records++;
		find_country(entry, &probe->seen);
		find_as(entry, &probe->seen);
		return MMDB_SUCCESS;
	case MMDB_RECORD_TYPE_EMPTY:
		return MMDB_SUCCESS;
	default:
		return MMDB_CORRUPT_SEARCH_TREE_ERROR;
	}
}

static int probe_database(struct database *database)
{
	struct probe probe = {.n = 1}; /* node 0 is the root */
	for (unsigned i = 0; i < PROBE_NODES && probe.n && probe.records < PROBE_RECORDS; i++) {
		MMDB_search_node_s node;
		int status = MMDB_read_node(&database->file, probe.waiting[--probe.n], &node);
		if (status == MMDB_SUCCESS)
			status = probe_side(&probe, node.right_record_type, node.right_record,
					    &node.right_record_entry);
		if (status == MMDB_SUCCESS)
			status = probe_side(&probe, node.left_record_type, node.left_record,
					    &node.left_record_entry);
		if (status != MMDB_SUCCESS)
			return status;
	}
	database->has_country = probe.seen.country[0] != '\0';
	database->has_as = probe.seen.as_number != 0;
	return MMDB_SUCCESS;
}

int geo_add(struct geo *geo, const char *path, struct error *error)
{
	struct database **end = &geo->first;
	struct database *database = calloc(1, sizeof(*database));
	if (!database)
		return error_set(error, "%s: no memory", path);
	int status = MMDB_open(path, MMDB_MODE_MMAP, &database->file);
	if (status != MMDB_SUCCESS) {
		if (status == MMDB_FILE_OPEN_ERROR)
			error_errno(error, "%s", path);
		else
			error_set(error, "%s: %s", path, MMDB_strerror(status));
		free(database);
		return -1;
	}
	status = probe_database(database);
	if (status != MMDB_SUCCESS || (!database->has_country && !database->has_as)) {
		database_free(database);
		return error_set(error, "%s: %s", path,
				 status == MMDB_SUCCESS
				     ? "the database has neither countries nor AS numbers"
				     : MMDB_strerror(status));
	}
	while (*end)
		end = &(*end)->next;
	*end = database;
	return 0;
}

int geo_has_country(const struct geo *geo)
{
	const struct database *at = geo ? geo->first : NULL;
	while (at && !at->has_country)
		at = at->next;
	return at != NULL;
}

int geo_has_as(const struct geo *geo)
{
	const struct database *at = geo ? geo->first : NULL;
	while (at && !at->has_as)
		at = at->next;
	return at != NULL;
}

static bool look_up(const MMDB_s *file, const struct address *address, MMDB_entry_s *ret)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} name = {0};
	if (address->kind == ADDRESS_V4) {
		name.v4.sin_family = AF_INET;
		memcpy(&name.v4.sin_addr, address->bytes + 12, 4);
	} else {
		name.v6.sin6_family = AF_INET6;
		memcpy(&name.v6.sin6_addr, address->bytes, 16);
	}
	int status;
	MMDB_lookup_result_s result = MMDB_lookup_sockaddr(file, &name.any, &status);
	*ret = result.entry;
	return status == MMDB_SUCCESS && result.found_entry;
}

void geo_find(const struct geo *geo, const struct address *address, struct geo_place *ret)
{
	*ret = (struct geo_place){0};
	if (!geo || address->kind == ADDRESS_NAME)
		return;
	for (struct database *at = geo->first; at; at = at->next) {
		bool want_country = at->has_country && !ret->country[0];
		bool want_as = at->has_as && !ret->as_number;
		MMDB_entry_s entry;
		if ((!want_country && !want_as) || !look_up(&at->file, address, &entry))
			continue;
		if (want_country)
			find_country(&entry, ret);
		if (want_as)
			find_as(&entry, ret);
	}
}
