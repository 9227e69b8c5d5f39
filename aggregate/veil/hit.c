#include "aggregate/veil/hit.h"

static const char *const exclude_names[EXCLUDE__COUNT] = {
    [EXCLUDE_NONE] = "none",
    [EXCLUDE_BLANK] = "blank",
    [EXCLUDE_DIRECTIVE] = "directive",
    [EXCLUDE_OPT_OUT] = "opt_out",
    [EXCLUDE_PERIOD] = "period",
    [EXCLUDE_SITE] = "site",
    [EXCLUDE_PATH] = "path",
    [EXCLUDE_ADDRESS] = "address",
    [EXCLUDE_AGENT] = "agent",
    [EXCLUDE_LATE] = "late",
    [EXCLUDE_TOO_MANY_DAYS] = "too_many_days",
};

static const char *const method_names[METHOD__COUNT] = {
    [METHOD_NONE] = "(none)",	[METHOD_OTHER] = "(unknown)", [METHOD_GET] = "GET",
    [METHOD_HEAD] = "HEAD",	[METHOD_POST] = "POST",	      [METHOD_PUT] = "PUT",
    [METHOD_DELETE] = "DELETE", [METHOD_CONNECT] = "CONNECT", [METHOD_OPTIONS] = "OPTIONS",
    [METHOD_TRACE] = "TRACE",	[METHOD_PATCH] = "PATCH",     [METHOD_PROPFIND] = "PROPFIND",
    [METHOD_REPORT] = "REPORT", [METHOD_MKCOL] = "MKCOL",     [METHOD_MOVE] = "MOVE",
    [METHOD_COPY] = "COPY",	[METHOD_LOCK] = "LOCK",	      [METHOD_UNLOCK] = "UNLOCK",
    [METHOD_PURGE] = "PURGE",
};

static const char *const protocol_names[PROTOCOL__COUNT] = {
    [PROTOCOL_NONE] = "(none)",	     [PROTOCOL_OTHER] = "(unknown)",
    [PROTOCOL_HTTP_09] = "HTTP/0.9", [PROTOCOL_HTTP_10] = "HTTP/1.0",
    [PROTOCOL_HTTP_11] = "HTTP/1.1", [PROTOCOL_HTTP_2] = "HTTP/2",
    [PROTOCOL_HTTP_3] = "HTTP/3",
};

const char *exclude_name(unsigned exclude)
{
	return exclude < EXCLUDE__COUNT ? exclude_names[exclude] : "unknown";
}

const char *hit_method_name(unsigned method)
{
	return method < METHOD__COUNT ? method_names[method] : "(unknown)";
}

const char *hit_protocol_name(unsigned protocol)
{
	return protocol < PROTOCOL__COUNT ? protocol_names[protocol] : "(unknown)";
}

static const struct {
	const char *text;
	enum method method;
} methods[] = {
    {"GET", METHOD_GET},	   {"POST", METHOD_POST},	{"HEAD", METHOD_HEAD},
    {"OPTIONS", METHOD_OPTIONS},   {"PUT", METHOD_PUT},		{"DELETE", METHOD_DELETE},
    {"PATCH", METHOD_PATCH},	   {"CONNECT", METHOD_CONNECT}, {"TRACE", METHOD_TRACE},
    {"PROPFIND", METHOD_PROPFIND}, {"REPORT", METHOD_REPORT},	{"MKCOL", METHOD_MKCOL},
    {"MOVE", METHOD_MOVE},	   {"COPY", METHOD_COPY},	{"LOCK", METHOD_LOCK},
    {"UNLOCK", METHOD_UNLOCK},	   {"PURGE", METHOD_PURGE},
};

enum method hit_method(struct slice text)
{
	if (text.n == 3 && memcmp(text.p, "GET", 3) == 0)
		return METHOD_GET;
	if (text.n == 0)
		return METHOD_NONE;
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (slice_is(text, methods[i].text))
			return methods[i].method;
	return METHOD_OTHER;
}

enum protocol hit_protocol(struct slice text)
{
	if (text.n == 8 && memcmp(text.p, "HTTP/1.", 7) == 0)
		return text.p[7] == '1'	  ? PROTOCOL_HTTP_11
		       : text.p[7] == '0' ? PROTOCOL_HTTP_10
					  : PROTOCOL_OTHER;
	if (text.n == 0)
		return PROTOCOL_NONE;
	if (slice_is(text, "HTTP/2.0") || slice_is(text, "HTTP/2") || slice_is(text, "h2"))
		return PROTOCOL_HTTP_2;
	if (slice_is(text, "HTTP/3.0") || slice_is(text, "HTTP/3") || slice_is(text, "h3"))
		return PROTOCOL_HTTP_3;
	if (slice_is(text, "HTTP/0.9"))
		return PROTOCOL_HTTP_09;
	return PROTOCOL_OTHER;
}
