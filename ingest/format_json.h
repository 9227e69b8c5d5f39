/*
 * format_json.h: JSON logs. A map from paths ("request.headers.Referer[0]") to fields, compiled
 * into a tree that is walked beside the one pass over the line.
 */
#ifndef INGEST_FORMAT_JSON_H
#define INGEST_FORMAT_JSON_H

#include "base/error.h"
#include "ingest/field.h"

struct json_map;

/*
 * Compiles "time=ts, addr=ip, …". A field may be given several paths by naming it again: the first
 * that a line has, wins. A path is keys separated by dots; "[n]" is an item of an array; a key with
 * dots in it is also found when it is written flat in the line; an array where one value is
 * expected gives its first. `cookie`: name of the visitor cookie, for the row that says "cookie_*",
 * or NULL.
 */
int json_map_compile(struct slice definition, const char *cookie, struct json_map **ret,
		     struct error *error);
void json_map_free(struct json_map *map);

/* Reads one line, which must be a JSON object. */
enum reject json_map_run(const struct json_map *map, struct slice line, struct reading *reading);

#endif
