/* Each line once, whatever becomes of the file: a model that plays logrotate, and each case by
 * name. */
#include "catalog_model.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- random ---- */

struct log { /* of the model: name, and whether a line is half written */
	const char *name;
	bool half, compress, keep, delay;
	char rest[160];
};

struct play {
	struct model *model;
	uint64_t *state;
	struct log logs[2];
	size_t logs_n;
	char trace[16384];
};

static unsigned choose(struct play *play, unsigned n)
{
	return (unsigned)(test_random(play->state) % n);
}

static void note(struct play *play, const char *what, const char *name)
{
	size_t used = strlen(play->trace);
	snprintf(play->trace + used, sizeof(play->trace) - used, "%s%s%s; ", what, name ? " " : "",
		 name ? name : "");
}

static void finish_half(struct play *play, struct log *log)
{
	if (log->half)
		model_append(play->model, log->name, log->rest, strlen(log->rest));
	log->half = false;
}

static void start_file(struct play *play, const struct log *log)
{
	const char *head = model_head(play->model);
	unsigned heads = play->model->w3c ? 1 : choose(play, 3) ? 0 : choose(play, 16);
	model_append(play->model, log->name, "", 0);
	for (unsigned i = 0; i < heads; i++)
		model_append(play->model, log->name, head, strlen(head));
}

static void play_write(struct play *play, struct log *log)
{
	finish_half(play, log);
	note(play, "write", log->name);
	if (play->model->w3c && choose(play, 6) == 0)
		model_append(play->model, log->name, model_head(play->model),
			     strlen(model_head(play->model)));
	model_write(play->model, log->name,
		    choose(play, 4) ? 1 + choose(play, 5) : choose(play, 60));
	if (choose(play, 4) == 0) {
		char line[160];
		size_t n = model_format(play->model, play->model->next++, line, sizeof(line));
		size_t cut = 1 + choose(play, (unsigned)n - 1);
		model_append(play->model, log->name, line, cut);
		snprintf(log->rest, sizeof(log->rest), "%s", line + cut);
		log->half = true;
	}
}

static void play_run(struct play *play)
{
	bool commit = choose(play, 5) != 0;
	note(play, commit ? "run" : "crash", NULL);
	model_run(play->model, commit);
	model_check(play->model);
}

/* log.K and log.K.gz move to K + 1, the last goes. */
static void shift(struct play *play, const struct log *log)
{
	enum { LAST = 5 };
	for (int k = LAST; k >= 1; k--)
		for (int gz = 0; gz < 2; gz++) {
			char from[64], to[64];
			snprintf(from, sizeof(from), "%s.%d%s", log->name, k, gz ? ".gz" : "");
			snprintf(to, sizeof(to), "%s.%d%s", log->name, k + 1, gz ? ".gz" : "");
			if (!model_exists(play->model, from))
				continue;
			if (k == LAST)
				unlink(model_path(play->model, from));
			else
				model_rename(play->model, from, to);
		}
}

/* Half a .gz beside the file, and a run that meets it. */
static void meet_half_gzip(struct play *play, const char *name)
{
	char gz[80];
	struct stat file;
	snprintf(gz, sizeof(gz), "%s.gz", name);
	model_gzip(play->model, name, true);
	cr_assert_eq(stat(model_path(play->model, gz), &file), 0);
	cr_assert_eq(
	    truncate(model_path(play->model, gz), (off_t)choose(play, (unsigned)file.st_size)), 0);
	note(play, "half", gz);
	play_run(play);
	unlink(model_path(play->model, gz));
}

static void compress_old(struct play *play, const struct log *log)
{
	char name[64];
	snprintf(name, sizeof(name), "%s.%d", log->name, log->delay ? 2 : 1);
	if (!log->compress || !model_exists(play->model, name))
		return;
	if (choose(play, 5) == 0)
		meet_half_gzip(play, name);
	note(play, log->keep ? "gzip -k" : "gzip", name);
	model_gzip(play->model, name, log->keep);
	if (choose(play, 4) == 0)
		play_run(play);
}

static void play_rename(struct play *play, struct log *log)
{
	char to[64];
	finish_half(play, log);
	note(play, "rename", log->name);
	shift(play, log);
	snprintf(to, sizeof(to), "%s.1", log->name);
	model_rename(play->model, log->name, to);
	if (choose(play, 4) == 0)
		play_run(play); /* nothing by its name */
	if (choose(play, 3) == 0) {
		note(play, "late write", to);
		model_write(play->model, to,
			    1 + choose(play, 3)); /* the server goes on for a while */
	}
	start_file(play, log);
	compress_old(play, log);
}

static void play_copytruncate(struct play *play, struct log *log)
{
	char to[64];
	size_t n;
	finish_half(play, log);
	note(play, "copytruncate", log->name);
	shift(play, log);
	snprintf(to, sizeof(to), "%s.1", log->name);
	char *text = model_slurp(play->model, log->name, &n);
	if (choose(play, 3) == 0 && n) {
		char partial[80]; /* the copy is being made */
		snprintf(partial, sizeof(partial), "%s", to);
		note(play, "half a copy", NULL);
		model_put(play->model, partial, text, choose(play, (unsigned)n));
		play_run(play);
	}
	model_put(play->model, to, text, n);
	free(text);
	if (choose(play, 4) == 0) {
		note(play, "write between", log->name);
		model_write(play->model, log->name, 1 + choose(play, 4));
	}
	if (choose(play, 4) == 0)
		play_run(play);
	cr_assert_eq(truncate(model_path(play->model, log->name), 0), 0);
	start_file(play, log);
	compress_old(play, log);
}

static void play_rewrite(struct play *play, struct log *log)
{
	finish_half(play, log);
	note(play, "rewrite", log->name);
	cr_assert_eq(truncate(model_path(play->model, log->name), 0), 0);
	start_file(play, log);
	model_write(play->model, log->name, choose(play, 20));
}

/*
 * Another inode, as after a restore: the same bytes in a new file. The old one is kept aside: a
 * copy that took over its inode at once would be the file itself by all that can be known.
 */
static void play_move_inode(struct play *play, struct log *log)
{
	char aside[64];
	static unsigned turn;
	note(play, "new inode", log->name);
	snprintf(aside, sizeof(aside), ".aside%u", turn++);
	model_copy(play->model, log->name, "moving.tmp");
	model_rename(play->model, log->name, aside);
	model_rename(play->model, "moving.tmp", log->name);
}

static void play_remove(struct play *play, const struct log *log)
{
	char name[64];
	snprintf(name, sizeof(name), "%s.%u%s", log->name, 1 + choose(play, 4),
		 choose(play, 2) ? ".gz" : "");
	if (model_exists(play->model, name)) {
		note(play, "remove", name);
		unlink(model_path(play->model, name));
	}
}

static void play_link(struct play *play, const struct log *log)
{
	char from[64], to[64];
	snprintf(from, sizeof(from), "%s%s", log->name, choose(play, 2) ? ".1" : "");
	snprintf(to, sizeof(to), "%s.%c", log->name, choose(play, 2) ? 'h' : 's');
	if (!model_exists(play->model, from) || model_exists(play->model, to))
		return;
	note(play, "link", to);
	if (to[strlen(to) - 1] == 'h')
		cr_assert_eq(link(model_path(play->model, from), model_path(play->model, to)), 0);
	else
		cr_assert_eq(symlink(from, model_path(play->model, to)), 0);
	if (choose(play, 2))
		play_run(play);
	unlink(model_path(play->model, to));
}

static void play_step(struct play *play)
{
	struct log *log = &play->logs[choose(play, (unsigned)play->logs_n)];
	switch (choose(play, 24)) {
	case 0:
	case 1:
		play_rename(play, log);
		break;
	case 2:
		play_copytruncate(play, log);
		break;
	case 3:
		if (choose(play, 3) == 0)
			play_rewrite(play, log);
		break;
	case 4:
		play_move_inode(play, log);
		break;
	case 5:
		play_remove(play, log);
		break;
	case 6:
		play_link(play, log);
		break;
	case 7:
	case 8:
	case 9:
	case 10:
	case 11:
	case 12:
		play_run(play);
		break;
	default:
		play_write(play, log);
	}
}

static void play_game(struct play *play, unsigned steps)
{
	static const char *const names[] = {"a.log", "b.log"};
	struct model *model = play->model;
	model->w3c = choose(play, 3) == 0;
	model->log_format = model->w3c ? "w3c" : choose(play, 8) ? "combined" : NULL;
	model->chunk = 1 + choose(play, 3000);
	model->idle_ns = 0;
	play->logs_n = 1 + choose(play, 2);
	bool by_pattern = choose(play, 2);
	for (size_t i = 0; i < play->logs_n; i++) {
		struct log *log = &play->logs[i];
		char pattern[32];
		*log = (struct log){.name = names[i],
				    .compress = choose(play, 2),
				    .keep = choose(play, 4) == 0,
				    .delay = choose(play, 2)};
		snprintf(pattern, sizeof(pattern), "%s%s", names[i], by_pattern ? "*" : "");
		model_watch(model, pattern);
		start_file(play, log);
	}
	note(play, by_pattern ? "by pattern" : "by name", model->w3c ? "w3c" : "combined");
	model_run(model, true);
	for (unsigned i = 0; i < steps; i++)
		play_step(play);
	for (size_t i = 0; i < play->logs_n; i++)
		finish_half(play, &play->logs[i]);
	note(play, "last run", NULL);
	model_run(model, true);
	model_check(model);
	note(play, "once more", NULL);
	model_run(model, true);
	model_check(model);
}

Test(catalog, random_histories, .timeout = 600)
{
	const char *given = getenv("VEILTALLY_SEED"), *count = getenv("VEILTALLY_GAMES");
	uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000;
	unsigned games = count ? (unsigned)atoi(count) : 150;
	printf("catalog: seeds %lu to %lu\n", seed, seed + games - 1);
	for (unsigned game = 0; game < games; game++) {
		static struct model model;
		static struct play play;
		uint64_t state = seed + game;
		static char row[17000];
		model_init(&model, row);
		play = (struct play){.model = &model, .state = &state};
		snprintf(row, sizeof(row), "seed %lu", seed + game);
		if (given)
			model.row = play.trace;
		play_game(&play, 60);
		model_release(&model);
	}
}
