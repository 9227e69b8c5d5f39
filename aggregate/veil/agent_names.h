/*
 * agent_names.h: the closed lists behind agent.h. Inside the agent modules only.
 */
#ifndef VEIL_AGENT_NAMES_H
#define VEIL_AGENT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include "aggregate/veil/agent.h"

enum { AGENT_WORD_MAX = 36 };

/*
 * A word in lower case and whom it gives away; without a name it is another word of the row before.
 * A word is looked for at the start of a word of the agent and, when it ends in a letter or digit,
 * must end where a word ends; a `*` at its end lifts that. At least three bytes before the `*`. The
 * words stand in the rows themselves, because every agent is held against all of them and chasing
 * pointers would cost three times as much.
 */
struct agent_row {
	char word[AGENT_WORD_MAX];
	const char *name;
};

struct agent_group {
	enum crawler_class class;
	bool weak;		     /* libraries: whoever is on another list, too, is that */
	const struct agent_row *row; /* the first has a name */
	size_t n;
};

enum { /* crawler ids that no word gives */
       AGENT_NO_CRAWLER,
       AGENT_EMPTY,
       AGENT_OTHER_BOT,
       AGENT_OTHER_TOOL,
       AGENT_CRAWLERS_FIXED
};

extern const struct agent_group agent_groups[];
extern const size_t agent_groups_n;

/* In the order of matching: what pretends to be another comes before it. Id 1 is the first name. */
extern const struct agent_row agent_browser_rows[];
extern const size_t agent_browser_rows_n;

extern const struct agent_row agent_system_rows[];
extern const size_t agent_system_rows_n;

/* What runs a system; one that is not here runs on more than one kind. */
struct agent_device {
	const char *system;
	enum device_class device;
};

extern const struct agent_device agent_devices[];
extern const size_t agent_devices_n;

#endif
