#include "cli/setup.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "aggregate/veil/referrer.h"
#include "base/arena.h"
#include "base/zone.h"
#include "cli/period.h"

enum { THREADS_MAX = 8, CELLS_SHARE_64 = 48, CACHES_SHARE_64 = 12 };

/* "/…" is a path, what reads as a range is one, the rest is part of an agent; a prefix decides
 * doubtful cases. */
static int add_exclude(struct setup *setup, const char *what, struct error *error)
{
	struct error ignored;
	int failed = 0;
	if (strncmp(what, "agent:", 6) == 0)
		failed = option_list_add(&setup->excluded_agents, what + 6);
	else if (strncmp(what, "path:", 5) == 0)
		failed = option_list_add(&setup->excluded_paths, what + 5);
	else if (what[0] == '/')
		failed = option_list_add(&setup->excluded_paths, what);
	else if (strncmp(what, "address:", 8) == 0)
		return address_ranges_add(setup->excluded, what + 8, error);
	else if (address_ranges_add(setup->excluded, what, &ignored))
		failed = option_list_add(&setup->excluded_agents, what);
	return failed ? error_set(error, "out of memory") : 0;
}

static int add_goals(struct setup *setup, const struct options *options, struct error *error)
{
	for (size_t i = 0; i < options->goals.n; i++)
		if (goals_add(setup->goals, options->goals.all[i], error))
			return -1;
	for (unsigned i = 0; i < goals_count(setup->goals); i++)
		setup->goal_names[i] = goals_name(setup->goals, i);
	return 0;
}

/* The section of a declared site, which is made when it is new; 0 for none. -1 when there are too
 * many. */
static int section_of(struct setup *setup, const char *site, struct error *error)
{
	char text[REFERRER_HOST_MAX + 1];
	if (!site)
		return 0;
	size_t n = referrer_host_veil(slice_from(site), text);
	text[n] = '\0';
	for (size_t i = 0; i < setup->sites.n; i++)
		if (strcmp(setup->sites.all[i], text) == 0)
			return (int)i + 1;
	if (setup->sites.n + 1 >= HIT_SECTIONS_MAX)
		return error_set(error, "more than %d sites are declared", HIT_SECTIONS_MAX - 1);
	const char *kept = arena_keep_text(setup->texts, slice_from(text));
	if (!kept || option_list_add(&setup->sites, kept))
		return error_set(error, "out of memory");
	return (int)setup->sites.n;
}

static int fill_source(struct setup *setup, const struct options *options,
		       struct setup_source *source, const struct option_list *trusted,
		       const char *site, struct error *error)
{
	source->options.cookie = options->visitor ? options->visitor + strlen("cookie:") : NULL;
	source->options.max_line = (size_t)options->max_line;
	source->options.chunk = (size_t)options->chunk;
	source->options.now = setup->now;
	source->options.zlib = options->zlib;
	source->trusted = address_ranges_new();
	if (!source->trusted)
		return error_set(error, "out of memory");
	for (size_t i = 0; i < trusted->n; i++)
		if (address_ranges_add(source->trusted, trusted->all[i], error))
			return -1;
	source->veil.trusted = trusted->n ? source->trusted : NULL;
	int section = section_of(setup, site, error);
	source->veil.section = (uint16_t)(section < 0 ? 0 : section);
	return section < 0 ? -1 : 0;
}

static int add_sources(struct setup *setup, const struct options *options, bool state,
		       struct error *error)
{
	bool named = options->files.n || !state;
	size_t n = named ? 1 : options->sections_n;
	setup->sources = calloc(n + 1, sizeof(*setup->sources));
	if (!setup->sources)
		return error_set(error, "out of memory");
	setup->sources_n = n;
	for (size_t i = 0; i < n; i++) {
		struct setup_source *source = &setup->sources[i];
		const struct option_section *section = named ? NULL : &options->sections[i];
		const char *site = section && section->site ? section->site
				   : options->site	    ? options->site
							    : options->default_site;
		const struct option_list *trusted =
		    options->trusted.n || !section ? &options->trusted : &section->trusted;
		source->name = section ? section->name : "";
		source->files = section ? &section->files : &options->files;
		source->options.log_format =
		    options->log_format || !section ? options->log_format : section->log_format;
		if (fill_source(setup, options, source, trusted, state ? site : NULL, error))
			return -1;
	}
	/* Lines of a host that any source declares are that site's, also in another source. */
	for (size_t i = 0; state && options->sections && i < options->sections_n; i++)
		if (section_of(setup, options->sections[i].site, error) < 0)
			return -1;
	return 0;
}

static int add_lists(struct setup *setup, const struct options *options, struct error *error)
{
	for (size_t i = 0; i < options->exclude.n; i++)
		if (add_exclude(setup, options->exclude.all[i], error))
			return -1;
	for (size_t i = 0; i < options->routes.n; i++)
		if (routes_add(setup->routes, options->routes.all[i], error))
			return -1;
	for (size_t i = 0; i < options->public.n; i++)
		if (routes_add_public(setup->routes, options->public.all[i], error))
			return -1;
	return add_goals(setup, options, error);
}

static unsigned threads_of(const struct options *options)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	if (options->threads)
		return options->threads < 256 ? (unsigned)options->threads : 256;
	return processors < 1 ? 1 : processors > THREADS_MAX ? THREADS_MAX : (unsigned)processors;
}

static int set_veil(struct setup *setup, const struct options *options, bool state,
		    struct error *error)
{
	setup->veil = (struct veil_options){
	    .geo = options->geo.n ? setup->geo : NULL,
	    .routes = setup->routes,
	    .goals = goals_count(setup->goals) ? setup->goals : NULL,
	    .excluded = address_ranges_count(setup->excluded) ? setup->excluded : NULL,
	    .excluded_paths = setup->excluded_paths.all,
	    .excluded_paths_n = setup->excluded_paths.n,
	    .excluded_agents = setup->excluded_agents.all,
	    .excluded_agents_n = setup->excluded_agents.n,
	    .site = state	    ? NULL
		    : options->site ? options->site
				    : options->default_site,
	    .sections = setup->sites.all,
	    .sections_n = setup->sites.n,
	    .since = INT64_MIN,
	    .until = INT64_MAX,
	    .now = setup->now,
	    .visit_timeout = (uint32_t)options->visit_timeout,
	    .visitor_cookie = options->visitor != NULL,
	    .memory = (size_t)options->memory / 64 * CACHES_SHARE_64 / setup->threads,
	};
	if (options->since && period_parse(options->since, false, &setup->veil.since, error))
		return -1;
	if (options->until && period_parse(options->until, true, &setup->veil.until, error))
		return -1;
	if (setup->veil.since >= setup->veil.until)
		return error_set(error, "--since is not before --until: no line lies between them");
	return 0;
}

static void set_tally(struct setup *setup, const struct options *options, bool state)
{
	setup->tally = (struct tally_options){
	    .min_visitors = (unsigned)options->min_visitors,
	    .by_day = state || strcmp(options->gate, "day") == 0,
	    .visit_timeout = (uint32_t)options->visit_timeout,
	    .memory = (size_t)options->memory / 64 * CELLS_SHARE_64,
	    .workers = setup->threads,
	    .max_open_days = (unsigned)options->max_open_days,
	    .goals = setup->goal_names,
	    .goals_n = goals_count(setup->goals),
	    .sites = setup->sites.all,
	    .sites_n = setup->sites.n,
	};
}

int setup_init(struct setup *setup, const struct options *options, bool state, struct error *error)
{
	*setup = (struct setup){.now = (int64_t)time(NULL), .threads = threads_of(options)};
	setup->geo = geo_new();
	setup->routes = routes_new();
	setup->goals = goals_new();
	setup->excluded = address_ranges_new();
	setup->texts = arena_new(1 << 20);
	if (!setup->texts || !setup->geo || !setup->routes || !setup->goals || !setup->excluded)
		return error_set(error, "out of memory");
	if (zone_set(options->tz, error) || add_lists(setup, options, error) ||
	    add_sources(setup, options, state, error) || set_veil(setup, options, state, error))
		return -1;
	set_tally(setup, options, state);
	return 0;
}

int setup_open_geo(struct setup *setup, const struct options *options, struct error *error)
{
	for (size_t i = 0; i < options->geo.n; i++)
		if (geo_add(setup->geo, options->geo.all[i], error))
			return -1;
	setup->tally.has_country = geo_has_country(setup->geo) != 0;
	setup->tally.has_as = geo_has_as(setup->geo) != 0;
	return 0;
}

void setup_release(struct setup *setup)
{
	geo_free(setup->geo);
	routes_free(setup->routes);
	goals_free(setup->goals);
	address_ranges_free(setup->excluded);
	for (size_t i = 0; i < setup->sources_n; i++)
		address_ranges_free(setup->sources[i].trusted);
	free(setup->sources);
	free(setup->sites.all);
	arena_free(setup->texts);
	free(setup->excluded_paths.all);
	free(setup->excluded_agents.all);
}
