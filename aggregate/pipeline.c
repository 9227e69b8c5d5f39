#include "aggregate/pipeline.h"
#include <pthread.h>
#include <stdlib.h>
#include "ingest/format.h"
#include "ingest/request.h"

enum piece_state { PIECE_FREE, PIECE_PARSING, PIECE_PARSED };

struct run_of_day { /* lines of the security log that follow each other and go to one file */
	int32_t day;
	size_t n;
};

struct record { /* what a chunk leaves in the security log */
	char *text;
	size_t n, cap;
	struct run_of_day *runs;
	size_t runs_n, runs_cap;
};

struct piece { /* a chunk on its way */
	struct chunk chunk;
	struct batch batch;
	struct record record;
	size_t source; /* index */
	uint64_t consumed;
	enum piece_state state;
};

struct worker {
	struct pipeline *pipeline;
	pthread_t thread;
	unsigned number;
	struct veil *veil;
	struct parser *parser;
};

struct pipeline {
	const struct pipeline_options *options;
	struct worker *workers;
	struct piece *pieces; /* a ring: piece of number n is pieces[n % pieces_n] */
	size_t pieces_n;
	pthread_mutex_t lock;
	pthread_mutex_t calls; /* held while the caller's functions run */
	pthread_cond_t changed;
	/* Under the lock: numbers of the next piece to be read, parsed, tallied. */
	uint64_t read, parse, tally;
	bool reading, tallying, at_end, failed;
	struct error error;
	/* Of the reading thread. */
	size_t source;
	uint64_t consumed;
	int bad_sources;
	/* Of the tallying thread. */
	uint64_t lines;
};

/* Appends the trace's line; -1 when memory is out. */
static int record_trace(const struct pipeline_options *options, const struct trace *trace,
			struct record *record)
{
	if (record->n + options->record_max > record->cap) {
		size_t cap = 2 * record->cap + options->record_max;
		char *text = realloc(record->text, cap);
		if (!text)
			return -1;
		record->text = text;
		record->cap = cap;
	}
	size_t n = options->record(options->record_context, trace, record->text + record->n);
	record->n += n;
	if (record->runs_n && record->runs[record->runs_n - 1].day == trace->day) {
		record->runs[record->runs_n - 1].n += n;
		return 0;
	}
	if (record->runs_n == record->runs_cap) {
		size_t cap = 2 * record->runs_cap + 4;
		struct run_of_day *runs = realloc(record->runs, cap * sizeof(*runs));
		if (!runs)
			return -1;
		record->runs = runs;
		record->runs_cap = cap;
	}
	record->runs[record->runs_n++] = (struct run_of_day){trace->day, n};
	return 0;
}

static struct batch_book *book_of_last(struct batch *batch, struct error *error)
{
	struct batch_book *book = batch_book(batch, batch->last);
	if (!book)
		error_set(error, "out of memory");
	return book;
}

static int book_request(struct worker *worker, const struct request *request, struct piece *piece,
			struct error *error)
{
	const struct pipeline_options *options = worker->pipeline->options;
	if (veil_request(worker->veil, request, &piece->batch, error))
		return -1;
	const struct trace *trace = options->record ? veil_trace(worker->veil) : NULL;
	if (trace && record_trace(options, trace, &piece->record))
		return error_set(error, "out of memory for the security log");
	return 0;
}

static int book_line(struct worker *worker, struct slice line, struct piece *piece,
		     struct error *error)
{
	const struct chunk *chunk = &piece->chunk;
	struct request request;
	enum reject reject = REJECT_TOO_LONG;
	if (line.n && line.n <= worker->pipeline->options->max_line) {
		reject = parser_line(worker->parser, chunk->format, line, &request);
		if (reject == REJECT_NONE)
			return book_request(worker, &request, piece, error);
	}
	struct batch_book *book = book_of_last(&piece->batch, error);
	if (!book)
		return -1;
	if (!line.n)
		book->excluded[EXCLUDE_BLANK]++;
	else if (reject != REJECT_TOO_LONG && format_has_directives(chunk->format) &&
		 format_is_directive(chunk->format, line))
		book->excluded[EXCLUDE_DIRECTIVE]++;
	else
		book->rejected[reject]++;
	return 0;
}

static int parse(struct worker *worker, struct piece *piece, struct error *error)
{
	const struct pipeline_options *options = worker->pipeline->options;
	struct batch *batch = &piece->batch;
	struct slice rest = piece->chunk.lines, line;
	batch_clear(batch);
	batch->worker = worker->number;
	piece->record.n = piece->record.runs_n = 0;
	veil_begin(worker->veil, options->sources[piece->source].veil, batch);
	while (source_line(&rest, &line)) {
		batch->lines++;
		if (book_line(worker, line, piece, error))
			return -1;
	}
	if (!piece->chunk.too_long)
		return 0;
	struct batch_book *book = book_of_last(batch, error);
	if (!book)
		return -1;
	batch->lines += piece->chunk.too_long;
	book->rejected[REJECT_TOO_LONG] += piece->chunk.too_long;
	return 0;
}

static void complain(struct pipeline *pipeline, const char *message)
{
	if (!pipeline->options->complain)
		return;
	pthread_mutex_lock(&pipeline->calls);
	pipeline->options->complain(pipeline->options->context, message);
	pthread_mutex_unlock(&pipeline->calls);
}

static void show_progress(struct pipeline *pipeline, uint64_t consumed)
{
	struct pipeline_progress progress = {.lines = pipeline->lines, .consumed = consumed};
	if (!pipeline->options->progress)
		return;
	pthread_mutex_lock(&pipeline->calls);
	pipeline->options->progress(pipeline->options->context, &progress);
	pthread_mutex_unlock(&pipeline->calls);
}

/* Fills the piece from the sources in turn; false at the end of the last. */
static bool read_piece(struct pipeline *pipeline, struct piece *piece)
{
	const struct pipeline_options *options = pipeline->options;
	while (pipeline->source < options->sources_n) {
		struct source *source = options->sources[pipeline->source].source;
		struct error error;
		int got = source_read(source, &piece->chunk, &error);
		if (got > 0) {
			piece->source = pipeline->source;
			piece->consumed = pipeline->consumed + source_consumed(source);
			return true;
		}
		if (got < 0) {
			pipeline->bad_sources++;
			options->sources[pipeline->source].failed = true;
			complain(pipeline, error.text);
		}
		pipeline->consumed += source_consumed(source);
		pipeline->source++;
	}
	return false;
}

static int append_record(const struct pipeline_options *options, const struct record *record,
			 struct error *error)
{
	const char *at = record->text;
	for (size_t i = 0; i < record->runs_n; i++) {
		const struct run_of_day *run = &record->runs[i];
		if (options->append(options->record_context, run->day, slice_make(at, run->n),
				    error))
			return -1;
		at += run->n;
	}
	return 0;
}

static int tally_piece(struct pipeline *pipeline, struct piece *piece, struct error *error)
{
	const struct pipeline_options *options = pipeline->options;
	struct pipeline_source *source = &options->sources[piece->source];
	tally_add_bytes(options->tally, piece->chunk.bytes);
	if (tally_add(options->tally, &piece->batch, source->last, error) ||
	    append_record(options, &piece->record, error))
		return -1;
	if (piece->batch.last != BATCH_BEFORE) {
		source->last = piece->batch.last;
		source->last_time = piece->batch.last_time;
	}
	pipeline->lines += piece->batch.lines;
	show_progress(pipeline, piece->consumed);
	return 0;
}

static struct piece *piece_of(struct pipeline *pipeline, uint64_t number)
{
	return &pipeline->pieces[number % pipeline->pieces_n];
}

/* The three stages; each is called with the lock held and gives it up while it works. */

static void do_tally(struct pipeline *pipeline)
{
	struct piece *piece = piece_of(pipeline, pipeline->tally);
	struct error error;
	pipeline->tallying = true;
	pthread_mutex_unlock(&pipeline->lock);
	int failed = tally_piece(pipeline, piece, &error);
	pthread_mutex_lock(&pipeline->lock);
	pipeline->tallying = false;
	piece->state = PIECE_FREE;
	pipeline->tally++;
	if (failed && !pipeline->failed) {
		pipeline->failed = true;
		pipeline->error = error;
	}
}

static void do_parse(struct pipeline *pipeline, struct worker *worker)
{
	struct piece *piece = piece_of(pipeline, pipeline->parse++);
	piece->state = PIECE_PARSING;
	pthread_mutex_unlock(&pipeline->lock);
	struct error error;
	int failed = parse(worker, piece, &error);
	pthread_mutex_lock(&pipeline->lock);
	piece->state = PIECE_PARSED;
	if (failed && !pipeline->failed) {
		pipeline->failed = true;
		pipeline->error = error;
	}
}

static void do_read(struct pipeline *pipeline)
{
	struct piece *piece = piece_of(pipeline, pipeline->read);
	pipeline->reading = true;
	pthread_mutex_unlock(&pipeline->lock);
	bool got = read_piece(pipeline, piece);
	pthread_mutex_lock(&pipeline->lock);
	pipeline->reading = false;
	if (got)
		pipeline->read++;
	else
		pipeline->at_end = true;
}

static void *work(void *context)
{
	struct worker *worker = context;
	struct pipeline *p = worker->pipeline;
	pthread_mutex_lock(&p->lock);
	while (!p->failed && !(p->at_end && p->tally == p->read)) {
		if (!p->tallying && p->tally < p->parse &&
		    piece_of(p, p->tally)->state == PIECE_PARSED)
			do_tally(p);
		else if (p->parse < p->read)
			do_parse(p, worker);
		else if (!p->reading && !p->at_end && p->read - p->tally < p->pieces_n)
			do_read(p);
		else {
			pthread_cond_wait(&p->changed, &p->lock);
			continue;
		}
		pthread_cond_broadcast(&p->changed);
	}
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static int make_workers(struct pipeline *pipeline, struct error *error)
{
	const struct pipeline_options *options = pipeline->options;
	pipeline->pieces_n = options->threads == 1 ? 1 : 2 * options->threads;
	pipeline->pieces = calloc(pipeline->pieces_n, sizeof(*pipeline->pieces));
	pipeline->workers = calloc(options->threads, sizeof(*pipeline->workers));
	if (!pipeline->pieces || !pipeline->workers)
		return error_set(error, "out of memory");
	for (unsigned i = 0; i < options->threads; i++) {
		struct worker *worker = &pipeline->workers[i];
		worker->pipeline = pipeline;
		worker->number = i;
		worker->parser = parser_new(options->now);
		worker->veil = veil_new(options->veil, options->keyring, error);
		if (!worker->veil)
			return -1;
		if (!worker->parser)
			return error_set(error, "out of memory");
	}
	return 0;
}

static void release(struct pipeline *pipeline)
{
	for (unsigned i = 0; pipeline->workers && i < pipeline->options->threads; i++) {
		veil_free(pipeline->workers[i].veil);
		parser_free(pipeline->workers[i].parser);
	}
	for (size_t i = 0; pipeline->pieces && i < pipeline->pieces_n; i++) {
		chunk_release(&pipeline->pieces[i].chunk);
		batch_release(&pipeline->pieces[i].batch);
		free(pipeline->pieces[i].record.text);
		free(pipeline->pieces[i].record.runs);
	}
	free(pipeline->workers);
	free(pipeline->pieces);
	pthread_cond_destroy(&pipeline->changed);
	pthread_mutex_destroy(&pipeline->calls);
	pthread_mutex_destroy(&pipeline->lock);
}

int pipeline_run(const struct pipeline_options *options, struct error *error)
{
	struct pipeline pipeline = {.options = options};
	unsigned started = 1;
	pthread_mutex_init(&pipeline.lock, NULL);
	pthread_mutex_init(&pipeline.calls, NULL);
	pthread_cond_init(&pipeline.changed, NULL);
	int failed = make_workers(&pipeline, error);
	if (!failed) {
		/* This thread is worker 0; a machine that gives fewer threads does with fewer. */
		while (started < options->threads &&
		       pthread_create(&pipeline.workers[started].thread, NULL, work,
				      &pipeline.workers[started]) == 0)
			started++;
		work(&pipeline.workers[0]);
		for (unsigned i = 1; i < started; i++)
			pthread_join(pipeline.workers[i].thread, NULL);
		if (pipeline.failed) {
			*error = pipeline.error;
			failed = -1;
		}
	}
	release(&pipeline);
	return failed ? -1 : pipeline.bad_sources;
}
