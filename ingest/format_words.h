/*
 * format_words.h: reading pasted configuration text: words, quotes, header names. Shared by the
 * compilers of nginx, Apache and HAProxy definitions.
 */
#ifndef INGEST_FORMAT_WORDS_H
#define INGEST_FORMAT_WORDS_H

#include <stdbool.h>
#include "base/slice.h"
#include "ingest/field.h"

/* Takes one word off the front: quoted ('…' or "…") or bare. The word is without its quotes, still
 * escaped. */
bool words_take(struct slice *text, struct slice *word, bool *quoted);

/* Takes the given word off the front when it stands there, case ignored. */
bool words_take_keyword(struct slice *text, const char *keyword);

/*
 * What a logged request header says: Referer, User-Agent, X-Forwarded-For, Host, Cookie, Sec-GPC,
 * DNT; FIELD_SKIP for all others. "_" and "-" are the same, case is ignored. Hints: FIELD_IS_….
 */
enum field words_header(struct slice name, unsigned *ret_hints);

#endif
