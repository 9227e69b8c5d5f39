#include "aggregate/tally/dimension.h"
#include <assert.h>

static const struct dimension_info infos[DIM__COUNT] = {
    [DIM_DAY] = {"day", "Days", "hits", COUNTS_HITS, true, false},
    [DIM_HOUR] = {"hour", "Hours of the day", "hits", COUNTS_HITS, true, false},
    [DIM_PAGE] = {"page", "Pages", "views", COUNTS_PAGES, false, false},
    [DIM_ENTRY_PAGE] = {"entry_page", "Entry pages", "visits", COUNTS_VISITS, false, false},
    [DIM_EXIT_PAGE] = {"exit_page", "Exit pages", "visits", COUNTS_VISITS, false, false},
    [DIM_FLOW] = {"flow", "Ways through the site", "steps", COUNTS_STEPS, false, false},
    [DIM_NOT_FOUND_PAGE] = {"not_found_page", "Pages not found", "hits", COUNTS_NOT_FOUND, false,
			    false},
    [DIM_REFERRER_HOST] = {"referrer_host", "Referring sites", "views", COUNTS_REFERRALS, false,
			   false},
    [DIM_REFERRER_CLASS] = {"referrer_class", "Where views come from", "views", COUNTS_PAGES, false,
			    false},
    [DIM_SEARCH_ENGINE] = {"search_engine", "Search engines", "views", COUNTS_SEARCHES, false,
			   false},
    [DIM_CAMPAIGN] = {"campaign", "Campaigns", "hits", COUNTS_CAMPAIGNS, false, false},
    [DIM_GOAL] = {"goal", "Goals", "reached", COUNTS_GOALS, false, false},
    [DIM_CUSTOMERS] = {"customers", "Customers", "hits", COUNTS_CUSTOMERS, false, false},
    [DIM_COUNTRY] = {"country", "Countries", "hits", COUNTS_PEOPLE_HITS, false, false},
    [DIM_AS] = {"as", "Networks", "hits", COUNTS_PEOPLE_HITS, false, false},
    [DIM_BROWSER] = {"browser", "Browsers", "hits", COUNTS_PEOPLE_HITS, false, false},
    [DIM_BROWSER_VERSION] = {"browser_version", "Browser versions", "hits", COUNTS_PEOPLE_HITS,
			     false, true},
    [DIM_OS] = {"os", "Operating systems", "hits", COUNTS_PEOPLE_HITS, false, false},
    [DIM_DEVICE_CLASS] = {"device_class", "Devices", "hits", COUNTS_PEOPLE_HITS, false, false},
    [DIM_CRAWLER] = {"crawler", "Crawlers", "hits", COUNTS_CRAWLER_HITS, false, false},
    [DIM_STATUS] = {"status", "Status codes", "hits", COUNTS_HITS, false, false},
    [DIM_METHOD] = {"method", "Methods", "hits", COUNTS_HITS, false, false},
    [DIM_PROTOCOL] = {"protocol", "Protocols", "hits", COUNTS_HITS, false, false},
    [DIM_CONTENT_CLASS] = {"content_class", "Kinds of content", "hits", COUNTS_HITS, false, false},
    [DIM_SITE] = {"site", "Sites", "hits", COUNTS_HITS, false, false},
    [DIM_LATENCY] = {"latency", "Time to answer", "hits", COUNTS_TIMED, true, false},
    [DIM_SIZE] = {"size", "Size of answers", "hits", COUNTS_SIZED, true, false},
};

static const char *const counts_texts[COUNTS__COUNT] = {
    [COUNTS_HITS] = "counted lines",
    [COUNTS_PEOPLE_HITS] = "counted lines of people",
    [COUNTS_CRAWLER_HITS] = "counted lines of crawlers",
    [COUNTS_PAGES] = "page views of people",
    [COUNTS_VISITS] = "visits that saw at least one page",
    [COUNTS_STEPS] = "steps from page to page within visits",
    [COUNTS_CAMPAIGNS] = "hits of people that carry a campaign",
    [COUNTS_SEARCHES] = "page views of people that came from a search engine",
    [COUNTS_REFERRALS] = "page views of people that came from another site",
    [COUNTS_NOT_FOUND] = "lines answered 404 or 410",
    [COUNTS_GOALS] = "goals reached by people",
    [COUNTS_CUSTOMERS] = "lines with an authenticated user",
    [COUNTS_TIMED] = "lines with a duration",
    [COUNTS_SIZED] = "lines with a size",
};

const struct dimension_info *dimension_info(enum dimension dimension)
{
	assert((unsigned)dimension < DIM__COUNT);
	return &infos[dimension];
}

const char *dimension_counts_text(enum counts counts)
{
	assert((unsigned)counts < COUNTS__COUNT);
	return counts_texts[counts];
}
