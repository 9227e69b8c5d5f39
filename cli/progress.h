/*
 * progress.h: a progress bar with rate and remaining time, on a terminal only and only for work
 * over a second.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool wanted, drawn;
	uint64_t total; /* bytes on disk; 0 = unknown */
	int64_t started_ms, drawn_ms;
};

/* `wanted` is false for --no-progress, --quiet, and when standard error is no terminal. */
void progress_begin(struct progress *progress, bool wanted, uint64_t total);
void progress_show(struct progress *progress, uint64_t lines, uint64_t consumed);
void progress_end(struct progress *progress); /* wipes the bar */
double progress_seconds(const struct progress *progress);

#endif
