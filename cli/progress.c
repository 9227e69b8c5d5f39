#include "cli/progress.h"
#include <stdio.h>
#include <time.h>

enum { FIRST_MS = 1000, EVERY_MS = 100, BAR = 24 };

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void progress_begin(struct progress *progress, bool wanted, uint64_t total)
{
	*progress = (struct progress){.wanted = wanted, .total = total, .started_ms = now_ms()};
}

double progress_seconds(const struct progress *progress)
{
	return (double)(now_ms() - progress->started_ms) / 1000;
}

void progress_show(struct progress *progress, uint64_t lines, uint64_t consumed)
{
	int64_t now = now_ms(), spent = now - progress->started_ms;
	if (!progress->wanted || spent < FIRST_MS || now - progress->drawn_ms < EVERY_MS)
		return;
	progress->drawn_ms = now;
	progress->drawn = true;
	double rate = (double)lines / (double)spent / 1000;
	if (!progress->total || !consumed) {
		fprintf(stderr, "\r%.1f million lines, %.2f million/s \033[K", (double)lines / 1e6,
			rate);
		return;
	}
	double share = (double)consumed / (double)progress->total;
	share = share < 1 ? share : 1;
	char bar[BAR + 1];
	for (int i = 0; i < BAR; i++)
		bar[i] = (double)i < share * BAR ? '#' : '.';
	bar[BAR] = '\0';
	fprintf(stderr, "\r[%s] %3.0f %%  %.1f million lines, %.2f million/s, %.0f s left \033[K",
		bar, 100 * share, (double)lines / 1e6, rate,
		(double)spent / 1000 * (1 - share) / share);
}

void progress_end(struct progress *progress)
{
	if (progress->drawn)
		fputs("\r\033[K", stderr);
	progress->drawn = false;
}
