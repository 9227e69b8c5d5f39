/* The first byte picks the mapping, the rest is the line. */
#include "tests/fuzz/format_check.h"

static const char *const specs[] = {
    "nginx-json",
    "caddy-json",
    "traefik-json",
    "gcp-lb-json",
    "cloudflare-json",
    "docker:nginx-json",
    "json: time=a[1].b, addr=a[0], status=s, cookies=k, dnt=d, request=r, query=q, duration=t.u.v",
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
