/* Ids and names of the closed lists: what reports print. */
#include "aggregate/veil/agent.h"
#include "aggregate/veil/agent_names.h"

static unsigned count_names(const struct agent_row *rows, size_t n)
{
	unsigned names = 0;
	for (size_t i = 0; i < n; i++)
		names += rows[i].name != NULL;
	return names;
}

/* The id-th name, counted from 1; NULL when there are fewer. */
static const char *nth_name(const struct agent_row *rows, size_t n, unsigned id)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].name && --id == 0)
			return rows[i].name;
	return NULL;
}

unsigned agent_browsers(void)
{
	return 1 + count_names(agent_browser_rows, agent_browser_rows_n);
}

unsigned agent_systems(void)
{
	return 1 + count_names(agent_system_rows, agent_system_rows_n);
}

unsigned agent_crawlers(void)
{
	unsigned n = AGENT_CRAWLERS_FIXED;
	for (size_t g = 0; g < agent_groups_n; g++)
		n += count_names(agent_groups[g].row, agent_groups[g].n);
	return n;
}

const char *agent_browser_name(unsigned id)
{
	const char *name = nth_name(agent_browser_rows, agent_browser_rows_n, id);
	return name ? name : "(unknown)";
}

const char *agent_os_name(unsigned id)
{
	const char *name = nth_name(agent_system_rows, agent_system_rows_n, id);
	return name ? name : "(unknown)";
}

const char *agent_device_name(unsigned id)
{
	static const char *const names[DEVICE__COUNT] = {
	    [DEVICE_UNKNOWN] = "(unknown)",
	    [DEVICE_DESKTOP] = "desktop",
	    [DEVICE_PHONE] = "phone",
	    [DEVICE_TABLET] = "tablet",
	    [DEVICE_TV] = "tv",
	    [DEVICE_CONSOLE] = "console",
	    [DEVICE_WATCH] = "watch",
	};
	return names[id < DEVICE__COUNT ? id : 0];
}

const char *agent_crawler_name(unsigned id)
{
	static const char *const fixed[AGENT_CRAWLERS_FIXED] = {
	    [AGENT_NO_CRAWLER] = "(unknown)",
	    [AGENT_EMPTY] = "(no agent)",
	    [AGENT_OTHER_BOT] = "(other bot)",
	    [AGENT_OTHER_TOOL] = "(other tool)",
	};
	if (id < AGENT_CRAWLERS_FIXED)
		return fixed[id];
	id -= AGENT_CRAWLERS_FIXED - 1;
	for (size_t g = 0; g < agent_groups_n; g++) {
		unsigned n = count_names(agent_groups[g].row, agent_groups[g].n);
		if (id <= n)
			return nth_name(agent_groups[g].row, agent_groups[g].n, id);
		id -= n;
	}
	return fixed[AGENT_NO_CRAWLER];
}

const char *agent_crawler_class_name(unsigned class)
{
	static const char *const names[CRAWLER__COUNT] = {
	    [CRAWLER_NONE] = "(none)",	   [CRAWLER_SEARCH] = "search",
	    [CRAWLER_AI] = "ai",	   [CRAWLER_SEO] = "seo",
	    [CRAWLER_SOCIAL] = "social",   [CRAWLER_MONITOR] = "monitor",
	    [CRAWLER_FEED] = "feed",	   [CRAWLER_TOOL] = "tool",
	    [CRAWLER_SCANNER] = "scanner", [CRAWLER_ARCHIVE] = "archive",
	    [CRAWLER_OTHER] = "other",
	};
	return names[class < CRAWLER__COUNT ? class : 0];
}
