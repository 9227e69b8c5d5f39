/*
 * literal_words.h: the shipped vocabulary of the security log. Inside the literal modules only.
 *
 * Words are ASCII. A word in small letters is found as it is, in capitals, or with one capital in
 * front; any other mixture is not the word: which letters are large can carry a mark.
 */
#ifndef VEIL_LITERAL_WORDS_H
#define VEIL_LITERAL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/slice.h"

/* A whole segment, or what stands before its extensions. Versions of an interface ("v1", "v2.1")
 * are words too. */
bool literal_is_word(struct slice text);

/* Length of the known extension at the end with its dot; 0 when there is none or nothing stands
 * before it. */
size_t literal_extension(struct slice text);

/* A label that says nothing in front of a well-known host: "www", "m", "news"; in small letters. */
bool literal_is_label(struct slice label);

/* The rows in their order, for tests; NULL past the end. */
const char *literal_word(size_t index);

#endif
