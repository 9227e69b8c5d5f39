/*
 * state.h: a session as the options describe it, with the security log joined to it: what `run`,
 * `close`, `drop`, `keys` and `report` without files have in common.
 */
#ifndef CLI_STATE_H
#define CLI_STATE_H

#include "aggregate/session.h"
#include "base/error.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/setup.h"
#include "export/security_log.h"

struct state {
	const struct options *options;
	struct setup setup;
	struct session_options session_options;
	struct session_source *sources;
	struct session_recorder recorder;
	struct security_log *log;
	bool json; /* format of the security log */
	struct session *session;
	struct progress progress;
};

enum state_mode {
	STATE_WRITE,
	STATE_READ,
	STATE_MAKE,    /* written, made when there is none */
	STATE_PREVIEW, /* read; as if it had been made when there is none */
};

/*
 * Opens the state the options name. Returns an exit status: EXIT_DONE, or EXIT_USAGE or EXIT_FAILED
 * with a message in *error. state_close in any case.
 */
int state_open(struct state *state, const struct options *options, enum state_mode mode,
	       struct error *error);
void state_close(struct state *state);

#endif
