/* What real logs hold, and what must be rejected for which reason. */
#include "tests/unit/format_case.h"

static const struct format_case tolerated[] = {
    {"host name as client", "combined", NULL,
     "pool-1.example.net - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" "
     "\"-\"",
     "1710224714 200 bytes=5 client=<pool-1.example.net> method=<GET> target=</> protocol="
     "<HTTP/1.1>",
     REJECT_NONE},
    {"IPv6 client", "combined", NULL,
     "2001:db8::1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<2001:db8::1> method=<GET> target=</> protocol=<HTTP/1"
     ".1>",
     REJECT_NONE},
    {"bracketed IPv6 with port", "combined", NULL,
     "[2001:db8::1]:443 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \""
     "-\"",
     "1710224714 200 bytes=5 client=<[2001:db8::1]:443> method=<GET> target=</> protocol=<"
     "HTTP/1.1>",
     REJECT_NONE},
    {"v4-mapped", "combined", NULL,
     "::ffff:192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-"
     "\"",
     "1710224714 200 bytes=5 client=<::ffff:192.0.2.1> method=<GET> target=</> protocol=<H"
     "TTP/1.1>",
     REJECT_NONE},
    {"zone id", "combined", NULL,
     "fe80::1%eth0 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<fe80::1%eth0> method=<GET> target=</> protocol=<HTTP/"
     "1.1>",
     REJECT_NONE},
    {"garbage client", "combined", NULL,
     "\x01\x7f%%% - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<\\x01\\x7f%%%> method=<GET> target=</> protocol=<HTTP"
     "/1.1>",
     REJECT_NONE},
    {"dash client", "combined", NULL,
     "- - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<-> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"no client at all", "combined", NULL,
     " - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL, REJECT_FORMAT},
    {"dash request, 408", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"-\" 408 - \"-\" \"-\"",
     "1710224714 408 client=<192.0.2.1>", REJECT_NONE},
    {"empty request", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"\" 408 0 \"-\" \"-\"",
     "1710224714 408 bytes=0 client=<192.0.2.1>", REJECT_NONE},
    {"TLS bytes, nginx", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"\\x16\\x03\\x01\\x00\\xF5\\x01\" 400 5 "
     "\"-\" \"-\"",
     "1710224714 400 bytes=5 client=<192.0.2.1> target=<\\x16\\x03\\x01\\x00\\xf5\\x01>",
     REJECT_NONE},
    {"TLS bytes with blanks", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"\\x16\\x03 \\x01\\x00 \\xF5\" 400 5 \"-"
     "\" \"-\"",
     "1710224714 400 bytes=5 client=<192.0.2.1> target=<\\x16\\x03 \\x01\\x00 \\xf5>", REJECT_NONE},
    {"absolute form", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET http://www.example.org/x HTTP/1.1\""
     " 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=<http://www.example.or"
     "g/x> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"CONNECT", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"CONNECT www.example.org:443 HTTP/1.1\" "
     "200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<CONNECT> target=<www.example.org:4"
     "43> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"OPTIONS *", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"OPTIONS * HTTP/1.0\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<OPTIONS> target=<*> protocol=<HTTP"
     "/1.0>",
     REJECT_NONE},
    {"HTTP/2 preface", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"PRI * HTTP/2.0\" 400 5 \"-\" \"-\"",
     "1710224714 400 bytes=5 client=<192.0.2.1> method=<PRI> target=<*> protocol=<HTTP/2.0"
     ">",
     REJECT_NONE},
    {"HTTP/0.9", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET /\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</>", REJECT_NONE},
    {"method alone", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET\" 400 5 \"-\" \"-\"",
     "1710224714 400 bytes=5 client=<192.0.2.1> target=<GET>", REJECT_NONE},
    {"method and junk", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET junk\" 400 5 \"-\" \"-\"",
     "1710224714 400 bytes=5 client=<192.0.2.1> target=<GET junk>", REJECT_NONE},
    {"lower-case method", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"get / HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<get> target=</> protocol=<HTTP/1.1"
     ">",
     REJECT_NONE},
    {"WebDAV method", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"VERSION-CONTROL /a HTTP/1.1\" 200 5 \"-"
     "\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<VERSION-CONTROL> target=</a> proto"
     "col=<HTTP/1.1>",
     REJECT_NONE},
    {"several blanks", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET   /a   HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</a> protocol=<HTTP/1."
     "1>",
     REJECT_NONE},
    {"blanks in the target", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET /a b  c HTTP/1.1\" 200 5 \"-\" \"-"
     "\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</a b  c> protocol=<HT"
     "TP/1.1>",
     REJECT_NONE},
    {"blanks in the target, no protocol", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET /a b\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</a b>", REJECT_NONE},
    {"HTTP/3", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/3.0\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/3.0"
     ">",
     REJECT_NONE},
    {"short HTTP/2", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/2\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/2>",
     REJECT_NONE},
    {"escaped quote in the agent", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"a \\\"b"
     "\\\" c\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     "> agent=<a \"b\" c>",
     REJECT_NONE},
    {"hex quote in the agent", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"a \\x22"
     "b\\x22 c\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     "> agent=<a \"b\" c>",
     REJECT_NONE},
    {"escaped backslash before the closing quote", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"a\\\\\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     "> agent=<a\\>",
     REJECT_NONE},
    {"escaped quote in the request", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET /\\\"x\\\" HTTP/1.1\" 200 5 \"-\" "
     "\"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</\"x\"> protocol=<HTT"
     "P/1.1>",
     REJECT_NONE},
    {"unescaped quotes in the request", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET /\"x\" HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</\"x\"> protocol=<HTT"
     "P/1.1>",
     REJECT_NONE},
    {"unescaped quote and blank in the request", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET /a\" b HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</a\" b> protocol=<HTT"
     "P/1.1>",
     REJECT_NONE},
    {"unescaped quotes in the agent", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"x \"y\" "
     "z\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     "> agent=<x \"y\" z>",
     REJECT_NONE},
    {"unescaped quotes in the agent, more behind", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"x \"y\" "
     "z\" \"203.0.113.1\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     "> agent=<x \"y\" z>",
     REJECT_NONE},
    {"unescaped quotes in the referrer", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"http://www.exa"
     "mple.org/\"q\"\" \"A\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     "> referrer=<http://www.example.org/\"q\"> agent=<A>",
     REJECT_NONE},
    {"bad escapes stay", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"\\xZZ \\"
     "q \\\"\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     "> agent=<\\xZZ \\q \">",
     REJECT_NONE},
    {"control escapes", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"a\\tb\\n"
     "c\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     "> agent=<a\\x09"
     "b\\x0a"
     "c>",
     REJECT_NONE},
    {"raw UTF-8", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET /\xc3\xa9 HTTP/1.1\" 200 5 \"-\" \""
     "-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</\\xc3\\xa9> protocol"
     "=<HTTP/1.1>",
     REJECT_NONE},
    {"extra fields", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\" 0.00"
     "3 \"203.0.113.1\" pipe",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     ">",
     REJECT_NONE},
    {"trailing blank", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\" ",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     ">",
     REJECT_NONE},
    {"status dash", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" - 5 \"-\" \"-\"",
     "1710224714 0 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"status 000", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 000 5 \"-\" \"-\"",
     "1710224714 0 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"status 0", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 0 5 \"-\" \"-\"",
     "1710224714 0 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"status 999", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 999 5 \"-\" \"-\"",
     "1710224714 999 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     ">",
     REJECT_NONE},
    {"size dash", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 - \"-\" \"-\"",
     "1710224714 200 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"size zero", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 0 \"-\" \"-\"",
     "1710224714 200 bytes=0 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     ">",
     REJECT_NONE},
    {"size of nine digits", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 123456789 \"-\" \""
     "-\"",
     "1710224714 200 bytes=123456789 client=<192.0.2.1> method=<GET> target=</> protocol=<"
     "HTTP/1.1>",
     REJECT_NONE},
    {"size of 64 bits", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 184467440737095516"
     "15 \"-\" \"-\"",
     "1710224714 200 bytes=18446744073709551615 client=<192.0.2.1> method=<GET> target=</>"
     " protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"zone west", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 -0930] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1710258914 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     ">",
     REJECT_NONE},
    {"no zone", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     ">",
     REJECT_NONE},
    {"leap second", "combined", NULL,
     "192.0.2.1 - - [31/Dec/2016:23:59:60 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1483228800 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     ">",
     REJECT_NONE},
    {"29 February", "combined", NULL,
     "192.0.2.1 - - [29/Feb/2024:00:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1709164800 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     ">",
     REJECT_NONE},
    {"user with blanks", "combined", NULL,
     "192.0.2.1 - John Q. Public [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-"
     "\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> user=<John Q. Public> method=<GET> target="
     "</> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"user with a quote", "combined", NULL,
     "192.0.2.1 - a\\\"b [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> user=<a\"b> method=<GET> target=</> protoc"
     "ol=<HTTP/1.1>",
     REJECT_NONE},
    {"GoAccess name", "COMBINED", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     ">",
     REJECT_NONE},
    {"GoAccess name VCOMBINED", "VCOMBINED", NULL,
     "www.example.org:80 192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200"
     " 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     "> host=<www.example.org:80>",
     REJECT_NONE},
    {"name with underscore", "VHOST_COMBINED", NULL,
     "www.example.org:80 192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200"
     " 5 \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     "> host=<www.example.org:80>",
     REJECT_NONE},
    {"vhost, no port, IPv6 host", "vhost-combined", NULL,
     "[2001:db8::5]:80 192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5"
     " \"-\" \"-\"",
     "1710224714 200 bytes=5 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1"
     "> host=<[2001:db8::5]:80>",
     REJECT_NONE},
    {"W3C dash user and query",
     "#Fields: date time c-ip cs-username cs-uri-stem cs-uri-query sc-status sc-bytes", NULL,
     "2024-03-12 06:25:14 192.0.2.1 - /a - 200 -", "1710224714 200 client=<192.0.2.1> target=</a>",
     REJECT_NONE},
    {"W3C plus in the agent", "#Fields: date time c-ip cs-uri-stem sc-status cs(User-Agent)", NULL,
     "2024-03-12 06:25:14 192.0.2.1 /a 200 Mozilla/5.0+(X11;+Linux)",
     "1710224714 200 client=<192.0.2.1> target=</a> agent=<Mozilla/5.0 (X11; Linux)>", REJECT_NONE},
    {"W3C percent agent, encoded twice",
     "#Fields: date time c-ip cs-uri-stem sc-status cs(User-Agent)", NULL,
     "2024-03-12\t06:25:14\t192.0.2.1\t/a\t200\tMozilla/5.0%2520(X11)",
     "1710224714 200 client=<192.0.2.1> target=</a> agent=<Mozilla/5.0 (X11)>", REJECT_NONE},
    {"W3C cookie", "#Fields: date time c-ip cs-uri-stem sc-status cs(Cookie)", "sid",
     "2024-03-12 06:25:14 192.0.2.1 /a 200 a=1;sid=7",
     "1710224714 200 client=<192.0.2.1> target=</a> cookie=<7>", REJECT_NONE},
    {"W3C opt-out", "#Fields: date time c-ip cs-uri-stem sc-status cs(DNT)", NULL,
     "2024-03-12 06:25:14 192.0.2.1 /a 200 1",
     "1710224714 200 opt-out client=<192.0.2.1> target=</a>", REJECT_NONE},
    {"W3C local clock", "#Fields: date-local time-local c-ip cs-uri-stem sc-status", NULL,
     "2024-03-12 06:25:14 192.0.2.1 /a 200", "1710224714 200 client=<192.0.2.1> target=</a>",
     REJECT_NONE},
    {"W3C target with its query twice", "#Fields: date time c-ip cs-uri cs-uri-query sc-status",
     NULL, "2024-03-12 06:25:14 192.0.2.1 /a?b=c b=c 200",
     "1710224714 200 client=<192.0.2.1> target=</a?b=c>", REJECT_NONE},
    {"HAProxy cut by syslog", "haproxy-http", NULL,
     "192.0.2.2:33317 [06/Feb/2024:12:14:14.655] a b/c 10/0/30/69/109 200 2750 - - ---- 1/"
     "1/1/1/0 0/0 \"GET /very/long",
     "1707221654 200 bytes=2750 us=109000 client=<192.0.2.2> method=<GET> target=</very/lo"
     "ng>",
     REJECT_NONE},
    {"HAProxy quote inside the request", "haproxy-http", NULL,
     "192.0.2.2:33317 [06/Feb/2024:12:14:14.655] a b/c 10/0/30/69/109 200 2750 - - ---- 1/"
     "1/1/1/0 0/0 \"GET /\"x\" HTTP/1.1\"",
     "1707221654 200 bytes=2750 us=109000 client=<192.0.2.2> method=<GET> target=</\"x\"> "
     "protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"JSON lone surrogate", "nginx-json", NULL,
     "{\"time\":1710224714,\"ip\":\"192.0.2.1\",\"status\":200,\"user_agent\":\"a\\ud800b"
     "\"}",
     "1710224714 200 client=<192.0.2.1> agent=<a\\xef\\xbf\\xbd"
     "b>",
     REJECT_NONE},
    {"JSON surrogate pair", "nginx-json", NULL,
     "{\"time\":1710224714,\"ip\":\"192.0.2.1\",\"status\":200,\"user_agent\":\"\\ud83d\\u"
     "de00\"}",
     "1710224714 200 client=<192.0.2.1> agent=<\\xf0\\x9f\\x98\\x80>", REJECT_NONE},
    {"JSON hex escape of escape=default", "nginx-json", NULL,
     "{\"time\":1710224714,\"ip\":\"192.0.2.1\",\"status\":200,\"user_agent\":\"\\x22\"}",
     "1710224714 200 client=<192.0.2.1> agent=<\">", REJECT_NONE},
    {"JSON blanks and nested junk", "nginx-json", NULL,
     " { \"x\" : { \"y\" : [ 1 , \"]\" , { } ] } , \"time\" : 1710224714 , \"ip\" : \"192."
     "0.2.1\" , \"status\" : 200 } ",
     "1710224714 200 client=<192.0.2.1>", REJECT_NONE},
    {"JSON duplicate key", "nginx-json", NULL,
     "{\"time\":1710224714,\"ip\":\"192.0.2.1\",\"status\":200,\"status\":404}",
     "1710224714 200 client=<192.0.2.1>", REJECT_NONE},
    {"JSON status as float", "nginx-json", NULL,
     "{\"time\":1710224714,\"ip\":\"192.0.2.1\",\"status\":200.0}",
     "1710224714 200 client=<192.0.2.1>", REJECT_NONE},
    {"JSON cookie by pattern", "nginx-json", "sid",
     "{\"time\":1710224714,\"ip\":\"192.0.2.1\",\"status\":200,\"cookie_sid\":\"q\"}",
     "1710224714 200 client=<192.0.2.1> cookie=<q>", REJECT_NONE},
};

static const struct format_case rejected[] = {
    {"no quote closed", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-", NULL,
     REJECT_FORMAT},
    {"cut in the request", "combined", NULL, "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET /",
     NULL, REJECT_FORMAT},
    {"no agent", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5", NULL, REJECT_FORMAT},
    {"only garbage", "combined", NULL, "lorem ipsum dolor sit amet", NULL, REJECT_FORMAT},
    {"nothing but quotes", "combined", NULL, "\"\"\"\"\"\"\"\"", NULL, REJECT_FORMAT},
    {"31 February", "combined", NULL,
     "192.0.2.1 - - [31/Feb/2024:00:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL,
     REJECT_TIME},
    {"29 February of no leap year", "combined", NULL,
     "192.0.2.1 - - [29/Feb/2023:00:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL,
     REJECT_TIME},
    {"29 February 1900 years", "combined", NULL,
     "192.0.2.1 - - [29/Feb/2100:00:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL,
     REJECT_TIME},
    {"hour 25", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:25:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL,
     REJECT_TIME},
    {"minute 60", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:60:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL,
     REJECT_TIME},
    {"second 61", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:61 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL,
     REJECT_TIME},
    {"day 0", "combined", NULL,
     "192.0.2.1 - - [00/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL,
     REJECT_TIME},
    {"month Foo", "combined", NULL,
     "192.0.2.1 - - [12/Foo/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL,
     REJECT_TIME},
    {"year before 1970", "combined", NULL,
     "192.0.2.1 - - [12/Mar/1969:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL,
     REJECT_TIME},
    {"zone of 20 hours", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +2000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL,
     REJECT_TIME},
    {"time dash", "combined", NULL, "192.0.2.1 - - [-] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL,
     REJECT_TIME},
    {"status of two digits", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 20 5 \"-\" \"-\"", NULL,
     REJECT_STATUS},
    {"status of four digits", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 2000 5 \"-\" \"-\"", NULL,
     REJECT_STATUS},
    {"status 099", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 099 5 \"-\" \"-\"", NULL,
     REJECT_STATUS},
    {"status with a letter", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 2x0 5 \"-\" \"-\"", NULL,
     REJECT_STATUS},
    {"size with a letter", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5x \"-\" \"-\"", NULL,
     REJECT_NUMBER},
    {"size over 64 bits", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 184467440737095516"
     "16 \"-\" \"-\"",
     NULL, REJECT_NUMBER},
    {"glued field", "combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"x", NULL,
     REJECT_FORMAT},
    {"vhost line read as combined", "combined", NULL,
     "www.example.org:80 192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200"
     " 5 \"-\" \"-\"",
     NULL, REJECT_FORMAT},
    {"vhost line with a user read as combined", "combined", NULL,
     "www.example.org:80 192.0.2.1 - bob [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 2"
     "00 5 \"-\" \"-\"",
     NULL, REJECT_FORMAT},
    {"combined line read as vhost", "vhost-combined", NULL,
     "192.0.2.1 - john doe [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-"
     "\"",
     NULL, REJECT_FORMAT},
    {"syslog without a tag", "syslog:combined", NULL,
     "Mar  2 06:25:15 192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 "
     "\"-\" \"-\"",
     NULL, REJECT_ENVELOPE},
    {"syslog priority broken", "syslog:combined", NULL,
     "<190Mar  2 06:25:15 h nginx: 192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP"
     "/1.1\" 200 5 \"-\" \"-\"",
     NULL, REJECT_ENVELOPE},
    {"not syslog", "syslog:combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL,
     REJECT_ENVELOPE},
    {"docker without log", "docker:combined", NULL, "{\"stream\":\"stdout\"}", NULL,
     REJECT_ENVELOPE},
    {"docker not JSON", "docker:combined", NULL,
     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"", NULL,
     REJECT_ENVELOPE},
    {"docker piece", "docker:combined", NULL, "{\"log\":\"192.0.2.1 - - \",\"stream\":\"stdout\"}",
     NULL, REJECT_PARTIAL},
    {"docker empty log", "docker:combined", NULL, "{\"log\":\"\\n\"}", NULL, REJECT_FORMAT},
    {"docker cut", "docker:combined", NULL, "{\"log\":\"a\\n\"", NULL, REJECT_ENVELOPE},
    {"cri piece", "cri:combined", NULL,
     "2024-03-12T06:25:15.123456789Z stdout P 192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] "
     "\"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
     NULL, REJECT_PARTIAL},
    {"cri bad stream", "cri:combined", NULL,
     "2024-03-12T06:25:15.123456789Z stdin F 192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \""
     "GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
     NULL, REJECT_ENVELOPE},
    {"json array", "nginx-json", NULL, "[1,2]", NULL, REJECT_FORMAT},
    {"json cut", "nginx-json", NULL, "{\"time\":1710224714,\"ip\":\"192.0.2.1\",\"status\":200",
     NULL, REJECT_FORMAT},
    {"json and more", "nginx-json", NULL,
     "{\"time\":1710224714,\"ip\":\"192.0.2.1\",\"status\":200} x", NULL, REJECT_FORMAT},
    {"json without time", "nginx-json", NULL, "{\"ip\":\"192.0.2.1\",\"status\":200}", NULL,
     REJECT_TIME},
    {"json time is text", "nginx-json", NULL,
     "{\"time\":\"noon\",\"ip\":\"192.0.2.1\",\"status\":200}", NULL, REJECT_TIME},
    {"json without client", "nginx-json", NULL, "{\"time\":1710224714,\"status\":200}", NULL,
     REJECT_FORMAT},
    {"json bad status", "nginx-json", NULL,
     "{\"time\":1710224714,\"ip\":\"192.0.2.1\",\"status\":\"ok\"}", NULL, REJECT_STATUS},
    {"json bad bytes", "nginx-json", NULL,
     "{\"time\":1710224714,\"ip\":\"192.0.2.1\",\"status\":200,\"bytes\":\"many\"}", NULL,
     REJECT_NUMBER},
    {"json bad duration", "nginx-json", NULL,
     "{\"time\":1710224714,\"ip\":\"192.0.2.1\",\"status\":200,\"request_time\":\"slow\"}", NULL,
     REJECT_NUMBER},
    {"json missing comma", "nginx-json", NULL,
     "{\"time\":1710224714 \"ip\":\"192.0.2.1\",\"status\":200}", NULL, REJECT_FORMAT},
    {"w3c before its columns", "w3c", NULL, "2024-03-12 06:25:14 192.0.2.1 /a 200", NULL,
     REJECT_FORMAT},
    {"w3c too few", "#Fields: date time c-ip cs-uri-stem sc-status", NULL,
     "2024-03-12 06:25:14 192.0.2.1 /a", NULL, REJECT_FORMAT},
    {"w3c too many", "#Fields: date time c-ip cs-uri-stem sc-status", NULL,
     "2024-03-12 06:25:14 192.0.2.1 /a 200 9", NULL, REJECT_FORMAT},
    {"w3c bad date", "#Fields: date time c-ip cs-uri-stem sc-status", NULL,
     "2024-13-12 06:25:14 192.0.2.1 /a 200", NULL, REJECT_TIME},
    {"w3c bad clock", "#Fields: date time c-ip cs-uri-stem sc-status", NULL,
     "2024-03-12 24:25:14 192.0.2.1 /a 200", NULL, REJECT_TIME},
    {"w3c open quote", "#Fields: date time c-ip cs-uri-stem sc-status cs(User-Agent)", NULL,
     "2024-03-12 06:25:14 192.0.2.1 /a 200 \"x", NULL, REJECT_FORMAT},
    {"w3c no client", "#Fields: date time c-ip cs-uri-stem sc-status", NULL,
     "2024-03-12 06:25:14  /a 200", NULL, REJECT_FORMAT},
    {"HAProxy TCP line", "haproxy-http", NULL,
     "192.0.2.2:33317 [06/Feb/2024:12:14:14.655] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/"
     "0",
     NULL, REJECT_NUMBER},
    {"squid, time is text", "squid", NULL,
     "now 921 192.0.2.100 TCP_MISS/200 507 GET http://www.example.org/ - HIER_DIRECT/- tex"
     "t/html",
     NULL, REJECT_TIME},
    {"bunny, too short", "bunny", NULL, "HIT|200|1710224714421|412", NULL, REJECT_FORMAT},
};

Test(format_lines, tolerated)
{
	CASE_CHECK_ALL(tolerated);
}

Test(format_lines, rejected)
{
	CASE_CHECK_ALL(rejected);
}

Test(format_lines, empty_line)
{
	struct format *format;
	struct request request;
	cr_assert(format_compile("combined", NULL, &format, NULL) == 0);
	struct parser *parser = parser_new(CASE_NOW);
	cr_expect(parser_line(parser, format, slice_make(NULL, 0), &request) == REJECT_FORMAT);
	parser_free(parser);
	format_free(format);
}

/* Scratch grows to what a line needs, and slices into it stay where they are. */
Test(format_lines, long_escaped_line)
{
	enum { ESCAPES = 200000 };
	static const char head[] =
	    "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET /\\x41 HTTP/1.1\" "
	    "200 5 \"\\x42\" \"";
	struct format *format;
	struct request request;
	size_t head_n = sizeof(head) - 1, n = head_n + ESCAPES * 4 + 1;
	char *line = malloc(n);
	cr_assert(line && format_compile("combined", NULL, &format, NULL) == 0);
	struct parser *parser = parser_new(CASE_NOW);
	memcpy(line, head, head_n);
	for (size_t i = 0; i < ESCAPES; i++)
		memcpy(line + head_n + i * 4, "\\x43", 4);
	line[n - 1] = '"';
	for (int round = 0; round < 2; round++) {
		cr_assert(parser_line(parser, format, slice_make(line, n), &request) ==
			  REJECT_NONE);
		cr_expect(slice_is(request.target, "/A"));
		cr_expect(slice_is(request.referrer, "B"));
		cr_expect(request.agent.n == ESCAPES && request.agent.p[0] == 'C' &&
			  request.agent.p[ESCAPES - 1] == 'C');
	}
	free(line);
	parser_free(parser);
	format_free(format);
}

/* Every byte at every place of a line: never a crash, and the same answer twice. */
Test(format_lines, any_byte_anywhere)
{
	static const char *const specs[] = {"combined", "nginx-json", "haproxy-http",
					    "syslog:common"};
	static const char *const lines[] = {
	    "192.0.2.1 - u [12/Mar/2024:06:25:14 +0000] \"GET /\\x41 HTTP/1.1\" 200 5 \"r\" \"a\"",
	    "{\"time\":1710224714,\"ip\":\"192.0.2.1\",\"status\":200,\"user_agent\":\"\\u00e9\"}",
	    ("192.0.2.2:3 [06/Feb/2024:12:14:14.655] a b/c 1/0/3/6/9 200 2 - - -- 1/1 0/0 \"GET / "
	     "HTTP/1.1\""),
	    "<190>Mar 12 06:25:15 h nginx: 192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"-\" 408 0"};
	struct parser *parser = parser_new(CASE_NOW);
	for (size_t s = 0; s < sizeof(specs) / sizeof(specs[0]); s++) {
		struct format *format;
		size_t n = strlen(lines[s]);
		cr_assert(format_compile(specs[s], NULL, &format, NULL) == 0);
		char *line = case_exact(lines[s]);
		for (size_t i = 0; i < n; i++)
			for (int byte = 0; byte < 256; byte++) {
				struct request request;
				char first[RENDER_MAX] = "", second[RENDER_MAX] = "";
				line[i] = (char)byte;
				struct slice text = slice_make(line, n);
				enum reject reject = parser_line(parser, format, text, &request);
				if (!reject)
					render_request(first, &request);
				cr_assert(parser_line(parser, format, text, &request) == reject);
				if (!reject)
					cr_assert(strcmp(render_request(second, &request), first) ==
						      0,
						  "%s, byte %d at %zu", specs[s], byte, i);
				line[i] = lines[s][i];
			}
		for (size_t cut = 0; cut < n; cut++) {
			struct request request;
			char *part = malloc(cut + 1);
			memcpy(part, lines[s], cut);
			(void)parser_line(parser, format, slice_make(part, cut), &request);
			free(part);
		}
		free(line);
		format_free(format);
	}
	parser_free(parser);
}

/* HAProxy logs its own clock; W3C is UTC by its standard, except for columns that say "local". */
Test(format_lines, clocks_without_zone)
{
	static const struct {
		const char *spec;
		const char *line;
		int64_t time;
	} rows[] = {
	    {"%ci [%tr] %ST", "192.0.2.1 [12/Mar/2024:06:25:14.655] 200", 1710221114},
	    {"#Fields: date time c-ip sc-status", "2024-03-12 06:25:14 192.0.2.1 200", 1710224714},
	    {"#Fields: date-local time-local c-ip sc-status", "2024-03-12 06:25:14 192.0.2.1 200",
	     1710221114},
	    {"json: time=t, addr=a, status=s",
	     "{\"t\":\"2024-03-12 06:25:14\",\"a\":\"192.0.2.1\",\"s\":200}", 1710221114},
	};
	struct parser *parser = parser_new(CASE_NOW);
	cr_assert(zone_set("Europe/Berlin", NULL) == 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct format *format;
		struct request request;
		cr_assert(format_compile(rows[i].spec, NULL, &format, NULL) == 0);
		cr_expect(parser_line(parser, format, slice_from(rows[i].line), &request) ==
			  REJECT_NONE);
		cr_expect(request.time == rows[i].time, "%s: %lld", rows[i].spec,
			  (long long)request.time);
		format_free(format);
	}
	parser_free(parser);
}

/* "Sent none" and "is not logged" are two things: only the first says something about the client.
 */
Test(format_lines, a_place_for_the_agent)
{
	static const struct {
		const char *name, *spec, *line;
		bool has;
	} rows[] = {
	    {"agent", "combined",
	     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\"",
	     true},
	    {"dash", "combined",
	     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"",
	     true},
	    {"empty", "combined",
	     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"\"",
	     true},
	    {"escaped", "combined",
	     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"\\x22\"",
	     true},
	    {"common has none", "common",
	     "192.0.2.1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 5", false},
	    {"JSON with it", "json: time=t, addr=a, uri=u, agent=ua",
	     "{\"t\":1710224714,\"a\":\"192.0.2.1\",\"u\":\"/\",\"ua\":\"\"}", true},
	    {"JSON without it", "json: time=t, addr=a, uri=u, agent=ua",
	     "{\"t\":1710224714,\"a\":\"192.0.2.1\",\"u\":\"/\"}", false},
	};
	struct parser *parser = parser_new(CASE_NOW);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct format *format;
		struct request request;
		cr_assert(format_compile(rows[i].spec, NULL, &format, NULL) == 0, "%s",
			  rows[i].name);
		cr_assert_eq(parser_line(parser, format, slice_from(rows[i].line), &request),
			     REJECT_NONE, "%s", rows[i].name);
		cr_expect_eq((request.flags & REQUEST_HAS_AGENT) != 0, rows[i].has, "%s",
			     rows[i].name);
		format_free(format);
	}
	parser_free(parser);
}
