/*
 * check_config.h: whether what the configuration names is there: `veiltally check` without files.
 */
#ifndef CLI_CHECK_CONFIG_H
#define CLI_CHECK_CONFIG_H

#include "cli/options.h"
#include "ingest/source.h"

/*
 * Looks at the state, the keys' directory, the certificate, the databases, the security log's place
 * and each file of each source; makes and changes nothing. Prints a line for each on standard
 * output unless options->quiet, and all that is wrong on standard error. `source` says how logs are
 * read. Returns EXIT_DONE, or EXIT_FAILED when something is wrong.
 */
int check_config(const struct options *options, const struct source_options *source);

#endif
