/* The first byte picks the format, the rest is the line. */
#include "tests/fuzz/format_check.h"

static const char *const specs[] = {
    "combined",
    "vhost-combined",
    "common",
    "traefik-clf",
    "lighttpd",
    "gandi",
    "haproxy-http",
    "envoy",
    "istio",
    "squid",
    "aws-alb",
    "aws-elb",
    "aws-s3",
    "bunny",
    "iis",
    "gcs-csv",
    "cloudfront",
    "$remote_addr [$time_local] $request $status $upstream_response_time $upstream_addr "
    "\"$http_cookie\"",
    "%h %{%a %d %B %y %I:%M:%S %p %Z}t %{ms}T %U%q %>s \"%{Sec-GPC}i\" \"%{sid}C\"",
    "%[src]:%cp [%tr] %{+Q}HM %HP %HQ %ST %Ta %hr %hs %{+Q}r",
    "#Fields: date-local time-local c-ip cs-uri cs-uri-query cs(User-Agent) cs(Cookie) cs(DNT) "
    "sc-status",
};
enum { SPECS = sizeof(specs) / sizeof(specs[0]) };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct format *formats[SPECS];
	static struct parser *parser;
	if (!n)
		return 0;
	if (!parser && !(parser = parser_new(1735689600)))
		abort();
	size_t pick = (size_t)(bytes[0] - 'a') % SPECS;
	check_line(parser, check_format(&formats[pick], specs[pick]),
		   slice_make((const char *)bytes + 1, n - 1));
	return 0;
}
