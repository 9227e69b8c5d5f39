/*
 * What is left of a Referer: the host, scrubbed, and what kind of place it is.
 *
 * The registrable domain, to which a host with an id in it is cut, is found by a rule of two lines
 * instead of the public suffix list: that list is data which must be kept fresh by someone, it is
 * read at start, and all it would change is where a suspicious host is cut. Too short a cut hides
 * more, never less, and below a shared suffix that the rule does not know ("blogspot.com") the
 * label that remains is checked like any other.
 */
#include "aggregate/veil/referrer.h"
#include "aggregate/veil/path.h"
#include "aggregate/veil/referrer_names.h"
#include "aggregate/veil/text.h"

enum { HOST_MAX = 253, LABEL_MAX = 63 }; /* RFC 1035, section 2.3.4 */

static size_t put(char *out, const char *text)
{
	size_t n = strlen(text);
	memcpy(out, text, n);
	return n;
}

static size_t last_label(struct slice host)
{
	size_t at = host.n;
	while (at > 0 && host.p[at - 1] != '.')
		at--;
	return at;
}

/* Letters, digits, "-" and "_", labels of 1 to 63 bytes; in lower case already. */
static bool is_host_name(struct slice host)
{
	size_t label = 0;
	if (host.n == 0 || host.n > HOST_MAX)
		return false;
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];
		if (c == '.' && label == 0)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX || (c != '.' && c != '-' && c != '_' && !text_is_alnum(c)))
			return false;
	}
	return label > 0;
}

/* Where the registrable domain begins. */
static size_t registrable_at(struct slice host)
{
	size_t at = last_label(host);
	bool country = host.n - at == 2;
	if (at == 0)
		return 0;
	struct slice rest = slice_make(host.p, at - 1);
	at = last_label(rest);
	if (at == 0 || !country || !referrer_is_second_level(slice_from_byte(rest, at)))
		return at;
	rest.n = at - 1;
	return last_label(rest);
}

/* `n` hex digits, or with `decimal` decimal digits, in a row. */
static bool has_run(struct slice label, bool decimal, size_t n)
{
	size_t run = 0;
	for (size_t i = 0; i < label.n && run < n; i++) {
		bool fits = decimal ? text_is_digit(label.p[i]) : text_hex(label.p[i]) >= 0;
		run = fits ? run + 1 : 0;
	}
	return run == n;
}

/*
 * True when a label may name one person or machine. Punycode is letters and digits in disorder by
 * nature, so there only addresses, hex and long numbers count.
 */
static bool label_tells(struct slice label)
{
	char out[256];
	if (has_run(label, false, 8) || has_run(label, true, 4) || text_embeds_address(label))
		return true;
	if (slice_starts(label, "xn--"))
		return false;
	return !slice_equal(slice_make(out, path_generalise(label, out)), label);
}

static bool any_label_tells(struct slice host)
{
	while (host.n) {
		struct slice label = slice_make(host.p, slice_find(host, '.'));
		if (label_tells(label))
			return true;
		host = slice_from_byte(host, label.n + 1);
	}
	return false;
}

/* A host name that is one, in lower case and without "www.". */
static size_t scrub(struct slice host, char *out)
{
	size_t at = registrable_at(host);
	struct slice domain = slice_from_byte(host, at);
	if (any_label_tells(domain))
		return put(out, "{id}");
	if (at && (any_label_tells(slice_make(host.p, at - 1)) || text_embeds_address(host)))
		host = domain;
	memcpy(out, host.p, host.n);
	return host.n;
}

/* Lower case, without port, trailing dot and "www."; an empty slice when it is too long to be a
 * host. */
static struct slice plain_host(struct slice host, char text[REFERRER_HOST_MAX])
{
	host = slice_trim(host);
	if (host.n && host.p[0] == '[')
		host.n = slice_find(host, ']') < host.n ? slice_find(host, ']') + 1 : host.n;
	else if (!text_is_address(host))
		host.n = slice_find(host, ':');
	if (host.n && host.p[host.n - 1] == '.')
		host.n--;
	if (host.n >= REFERRER_HOST_MAX)
		return slice_make(text, 0);
	for (size_t i = 0; i < host.n; i++)
		text[i] = slice_lower(host.p[i]);
	host.p = text;
	if (slice_starts(host, "www.") && slice_find(slice_from_byte(host, 4), '.') + 4 < host.n)
		host = slice_from_byte(host, 4);
	return host;
}

/* A last label of digits is an address that was written in an odd way ("192.0.2.1", "0x7f.1",
 * "3232235777"). */
static bool is_address(struct slice host)
{
	struct slice last = slice_from_byte(host, last_label(host));
	if (text_is_address(host))
		return true;
	if (slice_starts(last, "0x"))
		return true;
	for (size_t i = 0; i < last.n; i++)
		if (!text_is_digit(last.p[i]))
			return false;
	return last.n > 0;
}

size_t referrer_host_veil(struct slice host, char out[REFERRER_HOST_MAX])
{
	char text[REFERRER_HOST_MAX];
	if (slice_trim(host).n == 0)
		return 0;
	struct slice plain = plain_host(host, text);
	if (plain.n && is_address(plain))
		return put(out, "{ip}");
	if (!is_host_name(plain))
		return put(out, "{bad}");
	return scrub(plain, out);
}

/* "scheme://" in any case; writes what stands behind it. */
static bool take_scheme(struct slice *value, struct slice *ret_scheme)
{
	size_t n = slice_find(*value, ':');
	if (n == 0 || n > 32 || !slice_starts(slice_from_byte(*value, n), "://"))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!text_is_alnum(value->p[i]) && !strchr("+-.", value->p[i]))
			return false;
	*ret_scheme = slice_make(value->p, n);
	*value = slice_from_byte(*value, n + 3);
	return true;
}

/* The authority of a URL without its userinfo (RFC 3986, section 3.2). */
static struct slice host_of_authority(struct slice rest)
{
	size_t end = 0, from = 0;
	while (end < rest.n && !strchr("/?#\\", rest.p[end]))
		end++;
	for (size_t i = 0; i < end; i++)
		if (rest.p[i] == '@')
			from = i + 1;
	return slice_make(rest.p ? rest.p + from : NULL, end - from);
}

/* Names that appear in the table for the first time, in its order, from 1. */
static unsigned engine_id(const char *engine)
{
	unsigned id = 0;
	const char *last = "";
	for (size_t i = 0; i < referrer_hosts_n; i++) {
		const char *name = referrer_hosts[i].engine;
		if (!name || !strcmp(name, last))
			continue;
		id++;
		last = name;
		if (engine && !strcmp(name, engine))
			return id;
	}
	return engine ? 0 : id;
}

static void set_bad(struct referrer *ret)
{
	ret->class = REFERRER_INVALID;
	ret->host_n = put(ret->host, "{bad}");
}

static bool is_app_scheme(struct slice scheme)
{
	return slice_equal_nocase(scheme, "android-app") || slice_equal_nocase(scheme, "ios-app");
}

/* What an extension calls its host is drawn for one installation in some browsers. */
static bool is_extension_scheme(struct slice scheme)
{
	static const char end[] = "-extension";
	size_t n = sizeof(end) - 1;
	return scheme.n > n && slice_equal_nocase(slice_from_byte(scheme, scheme.n - n), end);
}

/* android-app://com.example.app is shown like a host, ios-app://544007664 is a number. */
static void veil_app(struct slice rest, struct referrer *ret)
{
	struct slice shown;
	ret->class = REFERRER_APP;
	ret->host_n = referrer_host_veil(host_of_authority(rest), ret->host);
	shown = slice_make(ret->host, ret->host_n);
	if (ret->host_n == 0 || slice_is(shown, "{bad}"))
		set_bad(ret);
	else if (slice_is(shown, "{ip}"))
		ret->host_n = put(ret->host, "{id}");
}

static void classify(struct slice host, struct referrer *ret)
{
	const struct referrer_host *row = referrer_find_host(host);
	ret->class = (uint8_t)(row ? row->class : REFERRER_WEBSITE);
	ret->engine = (uint8_t)(row && row->engine ? engine_id(row->engine) : 0);
}

/* The referrer is the site itself: the same host, with or without "www." and port. */
static bool is_same_host(struct slice host, struct slice site)
{
	char a[REFERRER_HOST_MAX], b[REFERRER_HOST_MAX];
	struct slice one = plain_host(host, a), other = plain_host(site, b);
	return one.n > 0 && slice_equal(one, other);
}

static void veil_url(struct slice rest, struct slice site, struct referrer *ret)
{
	struct slice host = host_of_authority(rest);
	ret->host_n = referrer_host_veil(host, ret->host);
	struct slice shown = slice_make(ret->host, ret->host_n);
	if (ret->host_n == 0 || slice_is(shown, "{bad}"))
		set_bad(ret);
	else if (is_same_host(host, site))
		ret->class = REFERRER_INTERNAL;
	else
		classify(shown, ret);
}

void referrer_veil(struct slice value, struct slice site, struct referrer *ret)
{
	struct slice scheme;
	ret->class = REFERRER_DIRECT;
	ret->engine = 0;
	ret->host_n = 0;
	value = slice_trim(value);
	if (value.n == 0 || slice_is(value, "-"))
		return;
	if (!take_scheme(&value, &scheme))
		set_bad(ret);
	else if (is_app_scheme(scheme))
		veil_app(value, ret);
	else if (slice_equal_nocase(scheme, "http") || slice_equal_nocase(scheme, "https"))
		veil_url(value, site, ret);
	else if (is_extension_scheme(scheme))
		ret->class = REFERRER_APP, ret->host_n = put(ret->host, "{id}");
	else
		set_bad(ret);
}

const char *referrer_class_name(unsigned class)
{
	static const char *const names[REFERRER__COUNT] = {
	    [REFERRER_DIRECT] = "direct",   [REFERRER_INTERNAL] = "internal",
	    [REFERRER_SEARCH] = "search",   [REFERRER_SOCIAL] = "social",
	    [REFERRER_AI] = "ai",	    [REFERRER_MAIL] = "mail",
	    [REFERRER_WEBSITE] = "website", [REFERRER_APP] = "app",
	    [REFERRER_INVALID] = "invalid",
	};
	return class < REFERRER__COUNT ? names[class] : "(unknown)";
}

unsigned referrer_engines(void)
{
	return 1 + engine_id(NULL);
}

const char *referrer_engine_name(unsigned id)
{
	for (size_t i = 0; id > 0 && i < referrer_hosts_n; i++)
		if (referrer_hosts[i].engine && engine_id(referrer_hosts[i].engine) == id)
			return referrer_hosts[i].engine;
	return "(none)";
}
