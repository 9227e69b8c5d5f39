/*
 * What an agent says it is, by closed lists. The agent is cut into the starts of its words once; a
 * bit set over the first two bytes of each word then turns most rows away with one look, so that
 * all lists can stand in readable order and need no index that must be built.
 *
 * Order of belief: a crawler that names itself; anything that calls itself bot, crawler, spider …;
 * a library; a browser. What has no browser's shape is a tool: people's browsers have claimed to be
 * Mozilla for thirty years, and a page view that no person made is the greater error.
 */
#include "aggregate/veil/agent.h"
#include <endian.h>
#include "aggregate/veil/agent_names.h"
#include "aggregate/veil/text.h"

enum {
	LOOK_MAX = 1024,
	STARTS_MAX = 320,
	HEADS_BITS = 12,
	HEADS = 1 << HEADS_BITS,
	VERSION_MAX = 999
};

struct words {
	size_t n; /* bytes of text */
	unsigned starts_n;
	bool url, plus_url, mail;    /* holds http(s)://, +http(s)://, an @ */
	uint64_t heads[HEADS / 64];  /* the heads, hashed */
	uint32_t head[STARTS_MAX];   /* the first three bytes of each word */
	uint16_t starts[STARTS_MAX]; /* of words outside of URLs, ascending */
	char text[LOOK_MAX + 4];     /* lower case, then NULs */
};

struct match {
	size_t at, n;
	bool found;
};

/* The first three of four readable bytes, as one number. */
static inline uint32_t head_of(const char *p)
{
	uint32_t head;
	memcpy(&head, p, sizeof(head));
	return head & htole32(0xFFFFFFu);
}

static inline unsigned hash_of(uint32_t head)
{
	return head * 0x9E3779B1u >> (32 - HEADS_BITS);
}

static bool starts_url(const char *p)
{
	return !memcmp(p, "http", 4) && (!memcmp(p + 4, "://", 3) || !memcmp(p + 4, "s://", 4));
}

static size_t skip_url(const struct words *words, size_t at)
{
	while (at < words->n && !strchr(" ;,)", words->text[at]))
		at++;
	return at;
}

static void add_start(struct words *words, size_t at)
{
	uint32_t head = head_of(words->text + at);
	unsigned hash = hash_of(head);
	if (words->starts_n == STARTS_MAX)
		return;
	words->head[words->starts_n] = head;
	words->starts[words->starts_n++] = (uint16_t)at;
	words->heads[hash / 64] |= UINT64_C(1) << hash % 64;
}

/* What stands behind "like" is what the agent is not. */
static bool is_likened(const struct words *words, size_t at)
{
	return at >= 5 && !memcmp(&words->text[at - 5], "like ", 5);
}

static void find_words(struct slice agent, struct words *words)
{
	words->n = agent.n < LOOK_MAX ? agent.n : LOOK_MAX;
	words->starts_n = 0;
	words->url = words->plus_url = words->mail = false;
	memset(words->heads, 0, sizeof(words->heads));
	for (size_t i = 0; i < words->n; i++)
		words->text[i] = slice_lower(agent.p[i]);
	memset(words->text + words->n, 0, 4);
	for (size_t i = 0; i < words->n; i++) {
		char c = words->text[i], before = i ? words->text[i - 1] : ' ';
		words->mail |= c == '@';
		if (!text_is_alnum(c) || text_is_alnum(before))
			continue;
		if (c == 'h' && i + 8 <= words->n && starts_url(words->text + i)) {
			words->url = true;
			words->plus_url |= before == '+';
			i = skip_url(words, i) - 1;
		} else if (!is_likened(words, i)) {
			add_start(words, i);
		}
	}
}

/* True when `word` (agent_names.h) stands at `at`; writes how many bytes it took. */
static bool stands_at(const struct words *words, const char *word, size_t at, size_t *ret_n)
{
	const char *p = words->text + at;
	size_t n = 0;
	for (; word[n] && !(word[n] == '*' && !word[n + 1]); n++)
		if (word[n] != p[n]) /* the NULs at the end equal nothing */
			return false;
	*ret_n = n;
	return word[n] == '*' || !text_is_alnum(word[n - 1]) || !text_is_alnum(p[n]);
}

static struct match search_word(const struct words *words, const char *word, uint32_t head)
{
	size_t n;
	for (unsigned i = 0; i < words->starts_n; i++)
		if (words->head[i] == head && stands_at(words, word, words->starts[i], &n))
			return (struct match){words->starts[i], n, true};
	return (struct match){0, 0, false};
}

/* The leftmost place of the word. */
static inline struct match find_word(const struct words *words, const char *word)
{
	uint32_t head = head_of(word);
	unsigned hash = hash_of(head);
	if (!(words->heads[hash / 64] >> hash % 64 & 1))
		return (struct match){0, 0, false};
	return search_word(words, word, head);
}

static bool is_better(struct match a, struct match b)
{
	return a.found && (!b.found || a.at < b.at || (a.at == b.at && a.n > b.n));
}

struct crawler {
	struct match match;
	unsigned id;
	enum crawler_class class;
};

/* The leftmost crawler and the leftmost library; at one place the longer word. */
static void find_crawlers(const struct words *words, struct crawler *ret_strong,
			  struct crawler *ret_weak)
{
	unsigned id = AGENT_CRAWLERS_FIXED - 1;
	*ret_strong = *ret_weak = (struct crawler){{0, 0, false}, 0, CRAWLER_NONE};
	for (size_t g = 0; g < agent_groups_n; g++) {
		const struct agent_group *group = &agent_groups[g];
		struct crawler *best = group->weak ? ret_weak : ret_strong;
		for (size_t i = 0; i < group->n; i++) {
			id += group->row[i].name != NULL;
			struct match match = find_word(words, group->row[i].word);
			if (is_better(match, best->match))
				*best = (struct crawler){match, id, group->class};
		}
	}
}

/* "semanticbot", "MyCrawler2", "web_spider"; not the telephones named Cubot. */
static bool is_bot_word(const char *p, size_t n)
{
	static const struct slice ends[] = {
	    SLICE_LITERAL("bot"),	 SLICE_LITERAL("bots"),		SLICE_LITERAL("slurp"),
	    SLICE_LITERAL("fetch"),	 SLICE_LITERAL("fetcher"),	SLICE_LITERAL("monitor"),
	    SLICE_LITERAL("monitoring"), SLICE_LITERAL("preview"),	SLICE_LITERAL("scan"),
	    SLICE_LITERAL("scanner"),	 SLICE_LITERAL("checker"),	SLICE_LITERAL("archiver"),
	    SLICE_LITERAL("validator"),	 SLICE_LITERAL("indexer"),	SLICE_LITERAL("scraper"),
	    SLICE_LITERAL("harvester"),	 SLICE_LITERAL("extractor"),	SLICE_LITERAL("grabber"),
	    SLICE_LITERAL("feedparser"), SLICE_LITERAL("searchengine"),
	};
	while (n > 0 && text_is_digit(p[n - 1]))
		n--;
	if (n < 3)
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct slice end = ends[i];
		if (p[n - 1] == end.p[end.n - 1] && n >= end.n &&
		    !memcmp(p + n - end.n, end.p, end.n))
			return !(n >= 5 && !memcmp(p + n - 5, "cubot", 5));
	}
	for (size_t i = 0; i + 5 <= n; i++)
		if ((p[i] == 'c' && !memcmp(p + i, "crawl", 5)) ||
		    (p[i] == 's' && n - i >= 6 && !memcmp(p + i, "spider", 6)))
			return true;
	return false;
}

static bool calls_itself_bot(const struct words *words)
{
	for (unsigned i = 0; i < words->starts_n; i++) {
		const char *p = words->text + words->starts[i];
		size_t n = 0;
		while (text_is_alnum(p[n]))
			n++;
		if (is_bot_word(p, n))
			return true;
	}
	return false;
}

/* The number at `at`, behind a sign or not: "/120.0", " 9.0"; 0 when there is none that could be a
 * version. */
static uint16_t version_at(const struct words *words, size_t at)
{
	unsigned value = 0;
	const char *p = words->text + at;
	if (*p == '/' || *p == ' ')
		p++;
	for (; text_is_digit(*p) && value <= VERSION_MAX; p++)
		value = value * 10 + (unsigned)(*p - '0');
	return value <= VERSION_MAX ? (uint16_t)value : 0;
}

static uint16_t version_behind(const struct words *words, const char *word)
{
	struct match match = find_word(words, word);
	return match.found ? version_at(words, match.at + match.n) : 0;
}

/* Trident tells the truth where a compatibility view does not: 4 is Internet Explorer 8 … 7 is 11.
 */
static uint16_t version_of_explorer(const struct words *words, struct match match)
{
	uint16_t trident = version_behind(words, "trident/");
	return trident >= 4 && trident <= 7 ? (uint16_t)(trident + 4)
					    : version_at(words, match.at + match.n);
}

static uint16_t version_of(const struct words *words, const char *name, struct match match)
{
	uint16_t said = version_behind(words, "version/");
	if (!strcmp(name, "Internet Explorer"))
		return version_of_explorer(words, match);
	if (!strcmp(name, "Safari"))
		return said;
	if (!strcmp(name, "Opera") && said) /* Opera/9.80 was frozen */
		return said;
	if (!strcmp(name, "Android WebView"))
		return version_behind(words, "chrome/");
	if (!strcmp(name, "WebKit") || !strcmp(name, "Mozilla"))
		return 0;
	return version_at(words, match.at + match.n);
}

static uint8_t browser_id(const char *name)
{
	unsigned id = 0;
	for (size_t i = 0; i < agent_browser_rows_n; i++) {
		id += agent_browser_rows[i].name != NULL;
		if (agent_browser_rows[i].name && !strcmp(agent_browser_rows[i].name, name))
			return (uint8_t)id;
	}
	return 0;
}

static bool has(const struct words *words, const char *word)
{
	return find_word(words, word).found;
}

/* The id and name of the first row whose word is there; 0 and "" when none is. */
static unsigned find_first(const struct words *words, const struct agent_row *rows, size_t n,
			   const char **ret_name, struct match *ret)
{
	unsigned id = 0;
	*ret_name = "";
	for (size_t i = 0; i < n; i++) {
		if (rows[i].name) {
			id++;
			*ret_name = rows[i].name;
		}
		*ret = find_word(words, rows[i].word);
		if (ret->found)
			return id;
	}
	*ret_name = "";
	return 0;
}

static void find_browser(const struct words *words, struct agent *ret)
{
	struct match match = {0, 0, false};
	const char *name;
	ret->browser =
	    (uint8_t)find_first(words, agent_browser_rows, agent_browser_rows_n, &name, &match);
	ret->version = ret->browser ? version_of(words, name, match) : 0;
	bool webkit = !strcmp(name, "Safari") || !strcmp(name, "WebKit");
	if (webkit && has(words, "android*")) {
		ret->browser = browser_id("Android Browser");
		ret->version = version_behind(words, "version/");
	} else if (!strcmp(name, "WebKit") &&
		   (has(words, "iphone*") || has(words, "ipad*") || has(words, "ipod*"))) {
		ret->browser = browser_id("iOS WebView");
		ret->version = version_behind(words, "os ");
	}
}

static bool has_one_of(const struct words *words, const char *const *list)
{
	for (; *list; list++)
		if (has(words, *list))
			return true;
	return false;
}

/* The system alone says what consoles, televisions and watches are; the rest also depends on what
 * is added. */
static enum device_class device_of(const struct words *words, const char *os,
				   enum device_class device)
{
	static const char *const tv[] = {"smarttv", "smart-tv",	 "smart tv",  "hbbtv*",	 "googletv",
					 "tv;*",    "tv safari", "tv)*",      "bravia*", "crkey",
					 "aft*",    "dtv",	 "androidtv", NULL};
	static const char *const watch[] = {"watch", "sm-r8*", "wear os*", NULL};
	static const char *const tablet[] = {"tablet", "playbook", "kindle*",  "xoom",	   "sm-t*",
					     "gt-p*",  "nexus 7",  "nexus 10", "touchpad", NULL};
	static const char *const phone[] = {"mobile*", "opera mini*", "opera mobi*", "midp*", NULL};
	bool desktop = device == DEVICE_DESKTOP, windows = !strcmp(os, "Windows");
	if (device == DEVICE_CONSOLE || device == DEVICE_TV || device == DEVICE_WATCH)
		return device;
	if (has_one_of(words, tv))
		return DEVICE_TV;
	if (!desktop && has_one_of(words, watch))
		return DEVICE_WATCH;
	if (!desktop && has_one_of(words, tablet))
		return DEVICE_TABLET;
	if ((device == DEVICE_UNKNOWN || desktop) && !windows && has_one_of(words, phone))
		return DEVICE_PHONE;
	return strcmp(os, "Android") ? device : DEVICE_TABLET; /* on telephones it says Mobile */
}

static enum device_class device_of_system(const char *system)
{
	for (size_t i = 0; i < agent_devices_n; i++)
		if (!strcmp(agent_devices[i].system, system))
			return agent_devices[i].device;
	return DEVICE_UNKNOWN;
}

static void find_system(const struct words *words, struct agent *ret)
{
	struct match match = {0, 0, false};
	const char *name;
	ret->os = (uint8_t)find_first(words, agent_system_rows, agent_system_rows_n, &name, &match);
	ret->device = (uint8_t)device_of(words, name, device_of_system(name));
}

static void be_crawler(struct agent *ret, unsigned id, enum crawler_class class)
{
	*ret = (struct agent){.crawler = (uint16_t)id, .crawler_class = (uint8_t) class};
}

/* Only the name of an engine: a browser says on what it runs, a tool that wants to look like one
 * forgets it. */
static bool is_engine(uint8_t browser)
{
	const char *name = agent_browser_name(browser);
	return !strcmp(name, "Mozilla") || !strcmp(name, "WebKit");
}

void agent_classify(struct slice agent, struct agent *ret)
{
	struct words words;
	struct crawler strong, weak;
	*ret = (struct agent){0};
	agent = slice_trim(agent);
	if (agent.n == 0 || slice_is(agent, "-")) {
		be_crawler(ret, AGENT_EMPTY, CRAWLER_TOOL);
		return;
	}
	find_words(agent, &words);
	find_crawlers(&words, &strong, &weak);
	if (strong.match.found) {
		be_crawler(ret, strong.id, strong.class);
		return;
	}
	bool begins_with_library = weak.match.found && weak.match.at == 0;
	if (!begins_with_library && calls_itself_bot(&words)) {
		be_crawler(ret, AGENT_OTHER_BOT, CRAWLER_OTHER);
		return;
	}
	if (weak.match.found) {
		be_crawler(ret, weak.id, weak.class);
		return;
	}
	find_browser(&words, ret);
	find_system(&words, ret);
	if (words.plus_url || (!ret->browser && (words.url || words.mail)))
		be_crawler(ret, AGENT_OTHER_BOT, CRAWLER_OTHER);
	else if (!ret->os && (!ret->browser || is_engine(ret->browser)))
		be_crawler(ret, AGENT_OTHER_TOOL, CRAWLER_TOOL);
	else if (!ret->browser && !slice_starts(agent, "Mozilla/"))
		be_crawler(ret, AGENT_OTHER_TOOL, CRAWLER_TOOL);
}
