#include "ingest/format_envelope.h"

#include "ingest/json_reader.h"

const char *envelope_name(enum envelope envelope)
{
	switch (envelope) {
	case ENVELOPE_DOCKER:
		return "docker";
	case ENVELOPE_CRI:
		return "cri";
	case ENVELOPE_SYSLOG:
		return "syslog";
	default:
		return NULL;
	}
}

static enum reject read_stamp(struct parser *parser, struct slice text, struct moment *moment)
{
	if (!moment)
		return REJECT_NONE;
	moment->flags = 0;
	return stamp_read(&parser->stamp, STAMP_ANY, NULL, text, moment) ? REJECT_NONE
									 : REJECT_TIME;
}

/* {"log":"…\n","stream":"stdout","time":"…"}: a log without its newline is a piece of a longer
 * line. */
static enum reject open_docker(struct parser *parser, struct slice line, struct slice *ret_line,
			       struct moment *moment)
{
	struct json_reader reader;
	struct json_value value, log = {JSON_NULL, false, {NULL, 0}}, time = log;
	struct slice key;
	int more;
	json_reader_init(&reader, line);
	if (!json_read(&reader, &value) || value.type != JSON_OBJECT)
		return REJECT_ENVELOPE;
	while ((more = json_next_key(&reader, &key)) > 0) {
		if (!json_read(&reader, &value))
			return REJECT_ENVELOPE;
		if (value.type >= JSON_OBJECT && !json_skip_rest(&reader))
			return REJECT_ENVELOPE;
		if (slice_is(key, "log"))
			log = value;
		else if (slice_is(key, "time"))
			time = value;
	}
	if (more < 0 || log.type != JSON_STRING || !json_at_end(&reader))
		return REJECT_ENVELOPE;
	if (log.escaped)
		log.raw = parser_unescape(parser, log.raw, ESCAPE_JSON);
	if (!log.raw.p)
		return REJECT_TOO_LONG;
	if (!log.raw.n || log.raw.p[log.raw.n - 1] != '\n')
		return REJECT_PARTIAL;
	log.raw.n--;
	if (log.raw.n && log.raw.p[log.raw.n - 1] == '\r')
		log.raw.n--;
	*ret_line = log.raw;
	return read_stamp(parser, time.raw, moment);
}

/* Takes the text up to the next blank, and the blank. */
static bool take_word(struct slice *text, struct slice *word)
{
	size_t n = slice_find(*text, ' ');
	if (n == 0 || n == text->n)
		return false;
	*word = slice_make(text->p, n);
	*text = slice_from_byte(*text, n + 1);
	return true;
}

/* "2024-05-01T10:00:00.123456789Z stdout F line": F is whole, P a piece. */
static enum reject open_cri(struct parser *parser, struct slice line, struct slice *ret_line,
			    struct moment *moment)
{
	struct slice time, stream, tag;
	if (!take_word(&line, &time) || !take_word(&line, &stream) || !take_word(&line, &tag) ||
	    (!slice_is(stream, "stdout") && !slice_is(stream, "stderr")) || time.n < 20 ||
	    time.p[4] != '-')
		return REJECT_ENVELOPE;
	/* The tag is "F" or "P", further tags may follow behind colons. */
	if (tag.p[0] == 'P' && (tag.n == 1 || tag.p[1] == ':'))
		return REJECT_PARTIAL;
	if (tag.p[0] != 'F' || (tag.n > 1 && tag.p[1] != ':'))
		return REJECT_ENVELOPE;
	*ret_line = line;
	return read_stamp(parser, time, moment);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "<134>", at most 191. Takes it off; false when it is broken, true also when there is none. */
static bool take_priority(struct slice *line, bool *found)
{
	size_t i = 1;
	*found = false;
	if (!line->n || line->p[0] != '<')
		return true;
	while (i < line->n && i < 4 && is_digit(line->p[i]))
		i++;
	if (i == 1 || i == line->n || line->p[i] != '>')
		return false;
	*line = slice_from_byte(*line, i + 1);
	*found = true;
	return true;
}

/* RFC 5424 behind its version: time host app procid msgid structured-data message. */
static enum reject open_rfc5424(struct slice line, struct slice *time, struct slice *ret_line)
{
	struct slice word;
	if (!take_word(&line, time))
		return REJECT_ENVELOPE;
	for (int i = 0; i < 4; i++)
		if (!take_word(&line, &word))
			return REJECT_ENVELOPE;
	if (line.n && line.p[0] == '-') {
		line = slice_from_byte(line, 1);
	} else {
		/* [id name="value" …][…]: quotes may hold escaped quotes and brackets. */
		bool quoted = false;
		size_t i = 0;
		if (!line.n || line.p[0] != '[')
			return REJECT_ENVELOPE;
		for (; i < line.n; i++) {
			if (quoted && line.p[i] == '\\')
				i++;
			else if (line.p[i] == '"')
				quoted = !quoted;
			else if (!quoted && line.p[i] == ']' &&
				 (i + 1 == line.n || line.p[i + 1] != '['))
				break;
		}
		if (i >= line.n)
			return REJECT_ENVELOPE;
		line = slice_from_byte(line, i + 1);
	}
	if (line.n && line.p[0] == ' ')
		line = slice_from_byte(line, 1);
	if (line.n >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0)
		line = slice_from_byte(line, 3);
	*ret_line = line;
	return line.n ? REJECT_NONE : REJECT_ENVELOPE;
}

/* "Feb  6 12:14:14", perhaps with a year; its length, 0 when there is none. */
static size_t bsd_stamp_length(struct slice line)
{
	size_t n =
	    line.n >= 16 && line.p[3] == ' ' && line.p[6] == ' ' && line.p[9] == ':' ? 15 : 0;
	if (!n && line.n >= 21 && line.p[3] == ' ' && line.p[6] == ' ' && is_digit(line.p[7]) &&
	    line.p[11] == ' ' && line.p[14] == ':')
		n = 20;
	if (!n)
		return 0;
	/* Some daemons add a fraction. */
	if (line.p[n] == '.')
		for (n++; n < line.n && is_digit(line.p[n]); n++)
			;
	return n < line.n && line.p[n] == ' ' ? n : 0;
}

static size_t iso_stamp_length(struct slice line)
{
	size_t n = slice_find(line, ' ');
	return n >= 19 && n <= 35 && n < line.n && line.p[4] == '-' && line.p[10] == 'T' ? n : 0;
}

/* "host tag[pid]: " or only "tag[pid]: ", as local daemons send it. */
static bool take_tag(struct slice *line)
{
	struct slice word;
	for (int words = 0; words < 2; words++) {
		if (!take_word(line, &word))
			return false;
		if (word.p[word.n - 1] == ':')
			break;
		if (words == 1)
			return false;
	}
	while (line->n && line->p[0] == ' ')
		*line = slice_from_byte(*line, 1);
	return line->n > 0;
}

static enum reject open_syslog(struct parser *parser, struct slice line, struct slice *ret_line,
			       struct moment *moment)
{
	bool priority;
	struct slice time;
	if (!take_priority(&line, &priority))
		return REJECT_ENVELOPE;
	if (priority && line.n > 2 && line.p[0] == '1' && line.p[1] == ' ') {
		enum reject reject = open_rfc5424(slice_from_byte(line, 2), &time, ret_line);
		return reject ? reject : read_stamp(parser, time, moment);
	}
	size_t n = bsd_stamp_length(line);
	if (!n)
		n = iso_stamp_length(line);
	if (!n)
		return REJECT_ENVELOPE;
	time = slice_make(line.p, n);
	line = slice_from_byte(line, n + 1);
	if (!take_tag(&line))
		return REJECT_ENVELOPE;
	*ret_line = line;
	return read_stamp(parser, time, moment);
}

enum reject envelope_open(enum envelope envelope, struct parser *parser, struct slice line,
			  struct slice *ret_line, struct moment *moment)
{
	switch (envelope) {
	case ENVELOPE_DOCKER:
		return open_docker(parser, line, ret_line, moment);
	case ENVELOPE_CRI:
		return open_cri(parser, line, ret_line, moment);
	case ENVELOPE_SYSLOG:
		return open_syslog(parser, line, ret_line, moment);
	case ENVELOPE_SYSLOG_MAYBE:
		if (open_syslog(parser, line, ret_line, moment) == REJECT_ENVELOPE)
			*ret_line = line;
		return REJECT_NONE;
	case ENVELOPE_NONE:
	case ENVELOPE__COUNT:
		break;
	}
	*ret_line = line;
	return REJECT_NONE;
}
