#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>
#include "aggregate/veil/referrer.h"
#include "aggregate/veil/text.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define O60 "oooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo"

static const struct {
	const char *name, *query, *want;
} rows[] = {
    {"none", "", ""},
    {"other parameters", "a=b&source=c&utm=d", ""},
    {"all three", "utm_source=news&utm_medium=mail&utm_campaign=spring", "news/mail/spring"},
    {"any order", "utm_campaign=spring&x=1&utm_source=news", "news/-/spring"},
    {"source only", "utm_source=news", "news/-/-"},
    {"empty value", "utm_source=", "-/-/-"},
    {"no value", "utm_source", "-/-/-"},
    {"others are never looked at",
     "email=bob@example.org&utm_source=a&utm_term=secret&utm_content=x", "a/-/-"},
    {"the first counts", "utm_source=a&utm_source=b", "a/-/-"},
    {"names in any case", "UTM_Source=a", "a/-/-"},
    {"lower case", "utm_source=NewsLetter", "newsletter/-/-"},
    {"plus is a blank", "utm_campaign=spring+sale", "-/-/spring sale"},
    {"percent", "utm_campaign=spring%20sale%21", "-/-/spring sale!"},
    {"separator", "utm_source=a/b%2Fc", "a_b_c/-/-"},
    {"mail", "utm_source=bob@example.org", "{email}/-/-"},
    {"encoded mail", "utm_source=bob%40example.org", "{email}/-/-"},
    {"number", "utm_campaign=123456", "-/-/{n}"},
    {"number inside", "utm_campaign=sale-20240131", "-/-/sale-{n}"},
    {"id", "utm_campaign=aB3xK9Lm", "-/-/{id}"},
    {"id by its case alone", "utm_campaign=aBcDeFgHiJkLmNoPqRsT", "-/-/{id}"},
    {"address", "utm_source=192.0.2.1", "{ip}/-/-"},
    {"double encoding", "utm_source=a%2540b", "{bin}/-/-"},
    {"control byte", "utm_source=a%00b", "{bin}/-/-"},
    {"invalid UTF-8", "utm_source=%ff", "{bin}/-/-"},
    {"UTF-8", "utm_source=caf%C3%A9", "caf\xC3\xA9/-/-"},
    {"blanks around", "utm_source=+a+", "a/-/-"},
    {"64 bytes", "utm_source=" O60 "aaaa", O60 "aaaa/-/-"},
    {"65 bytes", "utm_source=" O60 "aaaab", O60 "aaaa/-/-"},
    {"cut on a border", "utm_source=" O60 "aaa%C3%A9", O60 "aaa/-/-"},
    {"cut through a number", "utm_source=" O60 "-12345678", O60 "-/-/-"},
    {"cut through a mail address", "utm_source=bob." O60 "@example.org", "{id}/-/-"},
    {"broken percent", "utm_source=50%", "50%/-/-"},
};

Test(campaign, known_queries)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[CAMPAIGN_MAX];
		size_t n = campaign_veil(slice_from(rows[i].query), out);
		cr_expect(n == strlen(rows[i].want) && memcmp(out, rows[i].want, n) == 0,
			  "%s: \"%.*s\", expected \"%s\"", rows[i].name, (int)n, out, rows[i].want);
	}
}

Test(campaign, random_queries_obey)
{
	static const char *const pieces[] = {"utm_source=",
					     "&utm_medium=",
					     "&utm_campaign=",
					     "&",
					     "%40",
					     "@",
					     "a",
					     "Z-",
					     "12345",
					     "1-",
					     "%C3%A9",
					     "%",
					     "\xFF",
					     "\xE2\x80\xAE",
					     "/",
					     "+",
					     "{",
					     "}",
					     ".",
					     "deadbeef0",
					     "oooooooooooooooooooooooooooooo"};
	uint64_t seed = (uint64_t)time(NULL) | 1, state = seed;
	printf("campaign: seed %llu\n", (unsigned long long)seed);
	for (int round = 0; round < 200000; round++) {
		char text[2048], out[CAMPAIGN_MAX];
		size_t n = 0, slashes = 0, run = 0;
		for (unsigned count = 0; count < 30; count++) {
			state ^= state << 13, state ^= state >> 7, state ^= state << 17;
			const char *piece = pieces[state % COUNT(pieces)];
			memcpy(text + n, piece, strlen(piece));
			n += strlen(piece);
		}
		n = campaign_veil(slice_make(text, n), out);
		cr_assert(n <= 3 * 64 + 2 && text_is_showable(slice_make(out, n)),
			  "seed %llu, round %d", (unsigned long long)seed, round);
		for (size_t i = 0; i < n; i++) {
			slashes += out[i] == '/';
			run = text_is_digit(out[i]) ? run + 1 : 0;
			cr_assert(run < 4 && out[i] != '@' && !text_is_upper(out[i]),
				  "seed %llu, round %d: %.*s", (unsigned long long)seed, round,
				  (int)n, out);
		}
		cr_assert(n == 0 || slashes == 2, "seed %llu, round %d", (unsigned long long)seed,
			  round);
	}
}
