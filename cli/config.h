/*
 * config.h: the configuration file, INI as inih reads it, with stricter rules.
 *
 *	# a comment, also with ; in front; at the beginning of a line only
 *	[section]
 *	key = value, everything up to the end of the line
 *
 * Nothing is passed over in silence: unknown sections and keys, a key or section given twice, a bad
 * value, a line that is too long or none of the above is an error "FILE:LINE: reason". Only the
 * lists (option_row.h) may be repeated, one value per line, and not the same value twice.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <stdbool.h>
#include "base/error.h"
#include "cli/option_row.h"
#include "cli/options.h"

enum {
	CONFIG_LINE_MAX = 8192, /* bytes of a line, without blanks around it */
	CONFIG_NAME_MAX = 40	/* bytes of NAME in [source NAME], [goal NAME] */
};

/*
 * Reads options->config over what is there, except for rows that were given on the command line:
 * those are checked only. Texts live in options->texts. -1 with a message; options_release is to be
 * called all the same.
 */
int config_load(struct options *options, const bool given[OPTION_ROWS], struct error *error);

#endif
