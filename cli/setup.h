/*
 * setup.h: what the options mean to the veil and the tally: the parts that `report` and `run` make
 * in the same way.
 */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include "aggregate/tally/tally.h"
#include "aggregate/veil/veil.h"
#include "base/error.h"
#include "cli/options.h"
#include "ingest/source.h"

struct setup_source { /* a [source NAME], or the files named on the command line */
	const char *name;
	const struct option_list *files;
	struct source_options options;
	struct veil_source veil;
	struct address_ranges *trusted;
};

struct setup {
	struct geo *geo;
	struct routes *routes;
	struct goals *goals;
	const char *goal_names[HIT_GOALS_MAX];
	struct address_ranges *excluded;
	struct option_list excluded_paths, excluded_agents;
	struct setup_source *sources;
	size_t sources_n;
	struct arena *texts;
	struct option_list sites; /* declared ones, scrubbed; section i + 1 is sites.all[i] */
	struct veil_options veil;
	struct tally_options tally; /* all but open_day */
	unsigned threads;
	int64_t now;
};

/*
 * Understands the options; a message is one about usage. `state` says that lines go to a state:
 * [general] site is then that of sources without one, while a one-shot report counts that site
 * alone. Files named on the command line are one source; without them those of the configuration
 * are taken.
 */
int setup_init(struct setup *setup, const struct options *options, bool state, struct error *error);
/* Opens the databases named by --geo; a message is about the environment. */
int setup_open_geo(struct setup *setup, const struct options *options, struct error *error);
void setup_release(struct setup *setup);

#endif
