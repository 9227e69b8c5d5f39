/* Definitions pasted from server configurations, and what they make of a line. */
#include "tests/unit/format_case.h"

static const struct format_case nginx_cases[] = {
    {"nginx main, whole statement",
     "log_format main '$remote_addr - $remote_user [$time_local] \"$request\" '\n         "
     "       '$status $body_bytes_sent \"$http_referer\" '\n                '\"$http_user_"
     "agent\" \"$http_x_forwarded_for\"';",
     NULL,
     "192.0.2.10 - - [12/Mar/2024:06:25:14 +0000] \"GET /a?b=1 HTTP/1.1\" 200 5316 \"https"
     "://www.example.org/\" \"Mozilla/5.0 (X11)\" \"203.0.113.1, 198.51.100.2\"",
     "1710224714 200 bytes=5316 client=<192.0.2.10> forwarded=<203.0.113.1, 198.51.100.2> "
     "method=<GET> target=</a?b=1> protocol=<HTTP/1.1> referrer=<https://www.example.org/>"
     " agent=<Mozilla/5.0 (X11)>",
     REJECT_NONE},
    {"nginx main, no forwarded",
     "log_format main '$remote_addr - $remote_user [$time_local] \"$request\" '\n         "
     "       '$status $body_bytes_sent \"$http_referer\" '\n                '\"$http_user_"
     "agent\" \"$http_x_forwarded_for\"';",
     NULL,
     "192.0.2.10 - - [12/Mar/2024:06:25:14 +0000] \"GET /a?b=1 HTTP/1.1\" 200 5316 \"https"
     "://www.example.org/\" \"Mozilla/5.0 (X11)\" \"-\"",
     "1710224714 200 bytes=5316 client=<192.0.2.10> method=<GET> target=</a?b=1> protocol="
     "<HTTP/1.1> referrer=<https://www.example.org/> agent=<Mozilla/5.0 (X11)>",
     REJECT_NONE},
    {"nginx bare string",
     "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$h"
     "ttp_referer\" \"$http_user_agent\"",
     NULL,
     "192.0.2.10 - - [12/Mar/2024:06:25:14 +0000] \"GET /a?b=1 HTTP/1.1\" 200 5316 \"https"
     "://www.example.org/\" \"Mozilla/5.0 (X11)\"",
     "1710224714 200 bytes=5316 client=<192.0.2.10> method=<GET> target=</a?b=1> protocol="
     "<HTTP/1.1> referrer=<https://www.example.org/> agent=<Mozilla/5.0 (X11)>",
     REJECT_NONE},
    {"nginx bare string in single quotes",
     "'$remote_addr [$time_iso8601] $request_method $request_uri $server_protocol $status'", NULL,
     "2001:db8::1 [2024-03-12T06:25:14+01:00] GET /x?y=z HTTP/2.0 204",
     "1710221114 204 client=<2001:db8::1> method=<GET> target=</x?y=z> protocol=<HTTP/2.0>",
     REJECT_NONE},
    {"nginx braces", "${remote_addr} ${msec} ${status}ms \"${request}\"", NULL,
     "192.0.2.1 1710224714.123 200ms \"GET / HTTP/1.1\"",
     "1710224714 200 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"nginx escape=json",
     "log_format j escape=json '{\"t\":\"$time_iso8601\",\"ip\":\"$remote_addr\",\"u\":\"$"
     "request_uri\",\"m\":\"$request_method\",\"s\":$status,\"b\":$body_bytes_sent,\"d\":$"
     "request_time,\"a\":\"$http_user_agent\",\"r\":\"$http_referer\",\"h\":\"$host\"}';",
     NULL,
     "{\"t\":\"2024-03-12T06:25:14+00:00\",\"ip\":\"192.0.2.9\",\"u\":\"/\\u00e9\\\"x\",\""
     "m\":\"GET\",\"s\":200,\"b\":12,\"d\":0.250,\"a\":\"a\\\\b\",\"r\":\"\",\"h\":\"www.e"
     "xample.org\"}",
     "1710224714 200 bytes=12 us=250000 client=<192.0.2.9> method=<GET> target=</\\xc3\\xa"
     "9\"x> host=<www.example.org> agent=<a\\b>",
     REJECT_NONE},
    {"nginx escape=none",
     "log_format n escape=none '$remote_addr|$time_iso8601|$request|$status|$http_user_age"
     "nt';",
     NULL, "192.0.2.9|2024-03-12T06:25:14Z|GET /\\x22 HTTP/1.1|200|say \"hi\" \\x41",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</\\x22> protocol=<HTTP/1.1> a"
     "gent=<say \"hi\" \\x41>",
     REJECT_NONE},
    {"nginx unquoted request", "$remote_addr [$time_local] $request $status $body_bytes_sent", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] GET /a b HTTP/1.1 200 7",
     "1710224714 200 bytes=7 client=<192.0.2.9> method=<GET> target=</a b> protocol=<HTTP/"
     "1.1>",
     REJECT_NONE},
    {"nginx unquoted dash request", "$remote_addr [$time_local] $request $status $body_bytes_sent",
     NULL, "192.0.2.9 [12/Mar/2024:06:25:14 +0000] - 400 0",
     "1710224714 400 bytes=0 client=<192.0.2.9>", REJECT_NONE},
    {"nginx upstream lists",
     "$remote_addr [$time_local] \"$request\" $status $upstream_addr $upstream_response_ti"
     "me $upstream_status $request_time",
     NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 502 10.0.0.1:80, 10.0.0.2:"
     "80 0.001, 0.002 : 0.010 502, 502 : 200 0.013",
     "1710224714 502 us=13000 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1."
     "1>",
     REJECT_NONE},
    {"nginx unquoted forwarded list",
     "$proxy_add_x_forwarded_for $remote_addr [$time_local] \"$request\" $status", NULL,
     "203.0.113.1, 198.51.100.1 192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" "
     "200",
     "1710224714 200 client=<192.0.2.9> forwarded=<203.0.113.1, 198.51.100.1> method=<GET>"
     " target=</> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"nginx address and port", "$remote_addr:$remote_port [$time_local] \"$request\" $status", NULL,
     "2001:db8::1:50123 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200",
     "1710224714 200 client=<2001:db8::1> method=<GET> target=</> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"nginx host and port", "$host:$server_port $remote_addr [$time_local] \"$request\" $status",
     NULL, "www.example.org:443 192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1> host=<"
     "www.example.org:443>",
     REJECT_NONE},
    {"nginx scheme host uri",
     "$remote_addr [$time_local] $request_method $scheme://$host$request_uri $status", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] GET https://www.example.org/a?b=c 200",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</a?b=c> host=<www.example.org"
     ">",
     REJECT_NONE},
    {"nginx uri is_args args",
     "$remote_addr [$time_local] $request_method $uri$is_args$args $status", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] GET /a?b=c 200",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</a?b=c>", REJECT_NONE},
    {"nginx uri and args apart", "$remote_addr [$time_local] $request_method $uri $args $status",
     NULL, "192.0.2.9 [12/Mar/2024:06:25:14 +0000] GET /a b=c 200",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</a> query=<b=c>", REJECT_NONE},
    {"nginx request beats uri", "$remote_addr [$time_local] \"$request\" $uri $status", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET /a?b HTTP/1.1\" /index.php 200",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</a?b> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"nginx realip: the proxy is passed over",
     "$realip_remote_addr $remote_addr [$time_local] \"$request\" $status", NULL,
     "198.51.100.9 192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"nginx realip alone", "$realip_remote_addr [$time_local] \"$request\" $status", NULL,
     "198.51.100.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200",
     "1710224714 200 client=<198.51.100.9> method=<GET> target=</> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"nginx unknown variables are dropped",
     "$remote_addr [$time_local] \"$request\" $status $ssl_protocol \"$sent_http_content_t"
     "ype\" $my_secret",
     NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 TLSv1.3 \"text/html; c"
     "harset=utf-8\" hush",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"nginx cookie asked for",
     "$remote_addr [$time_local] \"$request\" $status \"$cookie_sid\" \"$cookie_other\"", "sid",
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 \"v1\" \"v2\"",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1> cookie"
     "=<v1>",
     REJECT_NONE},
    {"nginx cookie not asked for",
     "$remote_addr [$time_local] \"$request\" $status \"$cookie_sid\"", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 \"v1\"",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"nginx cookie out of the header",
     "$remote_addr [$time_local] \"$request\" $status \"$http_cookie\"", "sid",
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 \"a=1; sid=xyz; asid=2"
     "\"",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1> cookie"
     "=<xyz>",
     REJECT_NONE},
    {"nginx cookie header, none of that name",
     "$remote_addr [$time_local] \"$request\" $status \"$http_cookie\"", "sid",
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 \"a=1; asid=2\"",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"nginx authorization is never kept",
     "$remote_addr [$time_local] \"$request\" $status \"$http_authorization\"", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 \"Basic Zm9v\"",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"nginx gpc", "$remote_addr [$time_local] \"$request\" $status \"$http_sec_gpc\" \"$http_dnt\"",
     NULL, "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 \"1\" \"-\"",
     "1710224714 200 opt-out client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1"
     ">",
     REJECT_NONE},
    {"nginx dnt 0",
     "$remote_addr [$time_local] \"$request\" $status \"$http_sec_gpc\" \"$http_dnt\"", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 \"-\" \"0\"",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"nginx dnt 1",
     "$remote_addr [$time_local] \"$request\" $status \"$http_sec_gpc\" \"$http_dnt\"", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 \"-\" \"1\"",
     "1710224714 200 opt-out client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1"
     ">",
     REJECT_NONE},
    {"nginx tabs",
     "log_format t \"$remote_addr\\t$time_iso8601\\t$http_user_agent\\t$request_uri\\t$sta"
     "tus\";",
     NULL, "192.0.2.9\t2024-03-12T06:25:14Z\tMozilla/5.0 (X11; Linux)\t/a b\t200",
     "1710224714 200 client=<192.0.2.9> target=</a b> agent=<Mozilla/5.0 (X11; Linux)>",
     REJECT_NONE},
    {"nginx bytes_sent when nothing better",
     "$remote_addr [$time_local] \"$request\" $status $bytes_sent", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 999",
     "1710224714 200 bytes=999 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1"
     ".1>",
     REJECT_NONE},
    {"nginx body bytes before bytes",
     "$remote_addr [$time_local] \"$request\" $status $bytes_sent $body_bytes_sent", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 999 700",
     "1710224714 200 bytes=700 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1"
     ".1>",
     REJECT_NONE},
    {"nginx country", "$remote_addr [$time_local] \"$request\" $status $geoip_country_code", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 NL",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1> countr"
     "y=<NL>",
     REJECT_NONE},
    {"nginx extra field is not accepted",
     "$remote_addr [$time_local] \"$request\" $status $body_bytes_sent", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 12 \"more\"", NULL,
     REJECT_NUMBER},
};

static const struct format_case apache_cases[] = {
    {"Apache begin of the request", "%h %{begin:}t \"%r\" %>s", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"Apache stamp glued to the request", "%h %{%s}t%r", NULL,
     "192.0.2.9 1710224714GET /x HTTP/1.1",
     "1710224714 0 client=<192.0.2.9> method=<GET> target=</x> protocol=<HTTP/1.1>", REJECT_NONE},
    {"Apache combined statement",
     "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %O \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\""
     "\" combined",
     NULL,
     "192.0.2.10 - - [12/Mar/2024:06:25:14 +0000] \"GET /a?b=1 HTTP/1.1\" 200 5316 \"https"
     "://www.example.org/\" \"Mozilla/5.0 (X11)\"",
     "1710224714 200 bytes=5316 client=<192.0.2.10> method=<GET> target=</a?b=1> protocol="
     "<HTTP/1.1> referrer=<https://www.example.org/> agent=<Mozilla/5.0 (X11)>",
     REJECT_NONE},
    {"Apache bare string", "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"", NULL,
     "192.0.2.10 - - [12/Mar/2024:06:25:14 +0000] \"GET /a?b=1 HTTP/1.1\" 200 5316 \"https"
     "://www.example.org/\" \"Mozilla/5.0 (X11)\"",
     "1710224714 200 bytes=5316 client=<192.0.2.10> method=<GET> target=</a?b=1> protocol="
     "<HTTP/1.1> referrer=<https://www.example.org/> agent=<Mozilla/5.0 (X11)>",
     REJECT_NONE},
    {"Apache bare string with backslashes", "%h %l %u %t \\\"%r\\\" %>s %b", NULL,
     "192.0.2.10 - - [12/Mar/2024:06:25:14 +0000] \"GET /a?b=1 HTTP/1.1\" 200 5316",
     "1710224714 200 bytes=5316 client=<192.0.2.10> method=<GET> target=</a?b=1> protocol="
     "<HTTP/1.1>",
     REJECT_NONE},
    {"Apache in quotes", "\"%h %l %u %t \\\"%r\\\" %>s %b\"", NULL,
     "192.0.2.10 - - [12/Mar/2024:06:25:14 +0000] \"GET /a?b=1 HTTP/1.1\" 200 5316",
     "1710224714 200 bytes=5316 client=<192.0.2.10> method=<GET> target=</a?b=1> protocol="
     "<HTTP/1.1>",
     REJECT_NONE},
    {"Apache vhost", "%v:%p %h %l %u %t \"%r\" %>s %O", NULL,
     "www.example.org:443 2001:db8::1 - - [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" "
     "200 17",
     "1710224714 200 bytes=17 client=<2001:db8::1> method=<GET> target=</> protocol=<HTTP/"
     "1.1> host=<www.example.org:443>",
     REJECT_NONE},
    {"Apache CustomLog", "CustomLog logs/access_log \"%a %t %m %U%q %H %s %B %D\"", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] GET /a?b=c HTTP/1.1 200 17 4500",
     "1710224714 200 bytes=17 us=4500 client=<192.0.2.9> method=<GET> target=</a?b=c> prot"
     "ocol=<HTTP/1.1>",
     REJECT_NONE},
    {"Apache peer and client", "%{c}a %a %t \"%r\" %>s", NULL,
     "198.51.100.1 192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"Apache final status", "%h %t \"%r\" %s %>s", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 302 200",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"Apache conditional header",
     "%h %t \"%r\" %>s \"%!200,304,302{Referer}i\" \"%400,501{User-agent}i\"", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 \"-\" \"x y\"",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1> agent="
     "<x y>",
     REJECT_NONE},
    {"Apache strftime", "%h [%{%d/%b/%Y:%H:%M:%S %z}t] \"%r\" %>s", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0200] \"GET / HTTP/1.1\" 200",
     "1710217514 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"Apache strftime ISO", "%h %{%Y-%m-%dT%T}t%{%z}t \"%r\" %>s", NULL,
     "192.0.2.9 2024-03-12T06:25:14+0100 \"GET / HTTP/1.1\" 200",
     "1710221114 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"Apache strftime in two pieces", "%h %{%Y-%m-%d}t %{%H:%M:%S}t \"%r\" %>s", NULL,
     "192.0.2.9 2024-03-12 06:25:14 \"GET / HTTP/1.1\" 200",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"Apache strftime with fraction", "%h [%{%Y-%m-%d %T}t.%{usec_frac}t] \"%r\" %>s", NULL,
     "192.0.2.9 [2024-03-12 06:25:14.123456] \"GET / HTTP/1.1\" 200",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"Apache epoch", "%h %{begin:msec}t \"%r\" %>s %{us}T", NULL,
     "192.0.2.9 1710224714123 \"GET / HTTP/1.1\" 200 333",
     "1710224714 200 us=333 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"Apache strftime 12 hours", "%h %{%D %I:%M:%S %p}t \"%r\" %>s", NULL,
     "192.0.2.9 03/12/24 06:25:14 PM \"GET / HTTP/1.1\" 200",
     "1710267914 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"Apache durations: finest", "%h %t \"%r\" %>s %T %{ms}T", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 1 1234",
     "1710224714 200 us=1234000 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/"
     "1.1>",
     REJECT_NONE},
    {"Apache seconds", "%h %t \"%r\" %>s %T", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 3",
     "1710224714 200 us=3000000 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/"
     "1.1>",
     REJECT_NONE},
    {"Apache cookie", "%h %t \"%r\" %>s \"%{sid}C\" \"%{Cookie}i\"", "sid",
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 \"abc\" \"sid=def\"",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1> cookie"
     "=<abc>",
     REJECT_NONE},
    {"Apache gpc, any case", "%h %t \"%r\" %>s \"%{sec-gpc}i\"", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 \"1\"",
     "1710224714 200 opt-out client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1"
     ">",
     REJECT_NONE},
    {"Apache forwarded and the rest",
     "%{X-Forwarded-For}i %h %t \"%r\" %>s %P %k %X %{SSL_PROTOCOL}x %{X-Cache}o %{env}e %"
     "{note}n %L",
     NULL,
     "203.0.113.4, 203.0.113.5 192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 2"
     "00 77 0 + TLSv1.3 HIT v n id",
     "1710224714 200 client=<192.0.2.9> forwarded=<203.0.113.4, 203.0.113.5> method=<GET> "
     "target=</> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"Apache trailer fields", "%h %t \"%r\" %>s \"%{x}^ti\"", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 \"z\"",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"Apache percent", "%h %t \"%r\" %>s 100%%", NULL,
     "192.0.2.9 [12/Mar/2024:06:25:14 +0000] \"GET / HTTP/1.1\" 200 100%",
     "1710224714 200 client=<192.0.2.9> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
};

static const struct format_case haproxy_cases[] = {
    {"HAProxy httplog",
     "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc "
     "%sq/%bq %hr %hs %{+Q}r",
     NULL,
     "192.0.2.2:33317 [06/Feb/2024:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 27"
     "50 - - ---- 1/1/1/1/0 0/0 {a|b} {c} \"GET /index.html HTTP/1.1\"",
     "1707221654 200 bytes=2750 us=109000 client=<192.0.2.2> method=<GET> target=</index.h"
     "tml> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"HAProxy without captures",
     "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc "
     "%sq/%bq %hr %hs %{+Q}r",
     NULL,
     "2001:db8::2:33317 [06/Feb/2024:12:14:14.655] http-in static/srv1 10/0/30/69/+109 200"
     " +2750 - - ---- 1/1/1/1/0 0/0 \"GET /index.html HTTP/1.1\"",
     "1707221654 200 bytes=2750 us=109000 client=<2001:db8::2> method=<GET> target=</index"
     ".html> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"HAProxy directive with escapes",
     "log-format %ci\\ [%T]\\ %HM\\ %HP\\ %HQ\\ %HV\\ %ST\\ %B\\ %Tt", NULL,
     "192.0.2.2 [06/Feb/2024:12:14:14 +0100] GET /a ?b=c HTTP/1.1 200 17 109",
     "1707218054 200 bytes=17 us=109000 client=<192.0.2.2> method=<GET> target=</a> query="
     "<b=c> protocol=<HTTP/1.1>",
     REJECT_NONE},
    {"HAProxy quoted directive", "log-format \"%ci [%tr] %{+Q}HU %ST %[capture.req.hdr(0)]\"", NULL,
     "192.0.2.2 [06/Feb/2024:12:14:14.655] \"/a?b\" 200 www.example.org",
     "1707221654 200 client=<192.0.2.2> target=</a?b>", REJECT_NONE},
    {"HAProxy samples", "%[src]:%[src_port] %Ts %[method] %[pathq] %[status] %[req.hdr(Host)]",
     NULL, "192.0.2.2:80 1710224714 GET /a?b 200 www.example.org",
     "1710224714 200 client=<192.0.2.2> method=<GET> target=</a?b> host=<www.example.org>",
     REJECT_NONE},
    {"HAProxy all quoted", "%{+Q}o %ci %ST %Ts %r", NULL,
     "\"192.0.2.2\" \"200\" \"1710224714\" \"GET / HTTP/1.1\"",
     "1710224714 200 client=<192.0.2.2> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"HAProxy converters are dropped", "%ci [%tr] %ST %[path,lower] %{+Q}r", NULL,
     "192.0.2.2 [06/Feb/2024:12:14:14.655] 200 /x \"GET /X HTTP/1.1\"",
     "1707221654 200 client=<192.0.2.2> method=<GET> target=</X> protocol=<HTTP/1.1>", REJECT_NONE},
    {"HAProxy JSON text", "{\"ip\":\"%ci\",\"t\":%Ts,\"m\":\"%HM\",\"u\":\"%HU\",\"s\":%ST}", NULL,
     "{\"ip\":\"192.0.2.2\",\"t\":1710224714,\"m\":\"GET\",\"u\":\"/a\",\"s\":200}",
     "1710224714 200 client=<192.0.2.2> method=<GET> target=</a>", REJECT_NONE},
    {"HAProxy behind syslog", "%ci:%cp [%tr] %ST %{+Q}r", NULL,
     "<134>Feb  6 12:14:14 lb haproxy[7]: 192.0.2.2:1 [06/Feb/2024:12:14:14.655] 200 \"GET"
     " / HTTP/1.1\"",
     "1707221654 200 client=<192.0.2.2> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
};

static const struct format_case other_cases[] = {
    {"json mapping",
     "json: time=ts, addr=ip, method=req.method, uri=req.uri, status=st, bytes=b, duration"
     "_ms=ms, agent=h.ua[0], cookie=c.sid, gpc=h.gpc",
     "sid",
     "{\"ts\":1710224714,\"ip\":\"192.0.2.3\",\"req\":{\"method\":\"GET\",\"uri\":\"/x\"},"
     "\"st\":200,\"b\":5,\"ms\":12.5,\"h\":{\"ua\":[\"A B\",\"C\"],\"gpc\":1},\"c\":{\"sid"
     "\":\"zz\"}}",
     "1710224714 200 bytes=5 us=12500 opt-out client=<192.0.2.3> method=<GET> target=</x> "
     "agent=<A B> cookie=<zz>",
     REJECT_NONE},
    {"json duration units", "json: time=t, addr=a, status=s, duration_us=d", NULL,
     "{\"t\":\"2024-03-12T06:25:14Z\",\"a\":\"192.0.2.3\",\"s\":200,\"d\":1500}",
     "1710224714 200 us=1500 client=<192.0.2.3>", REJECT_NONE},
    {"json duration ns", "json: time=t, addr=a, status=s, duration_ns=d", NULL,
     "{\"t\":\"2024-03-12T06:25:14Z\",\"a\":\"192.0.2.3\",\"s\":200,\"d\":1500000}",
     "1710224714 200 us=1500 client=<192.0.2.3>", REJECT_NONE},
    {"json dotted key flat", "json: time=t, addr=client.ip, status=s", NULL,
     "{\"t\":\"2024-03-12T06:25:14Z\",\"client.ip\":\"192.0.2.3\",\"s\":200}",
     "1710224714 200 client=<192.0.2.3>", REJECT_NONE},
    {"json second path", "json: time=t, addr=a, addr=b.c, status=s", NULL,
     "{\"t\":\"2024-03-12T06:25:14Z\",\"b\":{\"c\":\"192.0.2.3\"},\"s\":200}",
     "1710224714 200 client=<192.0.2.3>", REJECT_NONE},
    {"json first path wins", "json: time=t, addr=a, addr=b, status=s", NULL,
     "{\"b\":\"198.51.100.1\",\"t\":\"2024-03-12T06:25:14Z\",\"a\":\"192.0.2.3\",\"s\":200"
     "}",
     "1710224714 200 client=<192.0.2.3>", REJECT_NONE},
    {"json cookies header", "json: time=t, addr=a, status=s, cookies=k", "sid",
     "{\"t\":\"2024-03-12T06:25:14Z\",\"a\":\"192.0.2.3\",\"s\":200,\"k\":\"x=1; sid=9\"}",
     "1710224714 200 client=<192.0.2.3> cookie=<9>", REJECT_NONE},
    {"json null is empty", "json: time=t, addr=a, status=s, agent=u", NULL,
     "{\"t\":\"2024-03-12T06:25:14Z\",\"a\":\"192.0.2.3\",\"s\":null,\"u\":null}",
     "1710224714 0 client=<192.0.2.3>", REJECT_NONE},
    {"w3c columns pasted", "#Fields: date time c-ip cs-uri-stem sc-status time-taken", NULL,
     "2024-03-12 06:25:14 192.0.2.1 /x 200 1",
     "1710224714 200 us=1000000 client=<192.0.2.1> target=</x>", REJECT_NONE},
    {"docker combined", "docker:combined", NULL,
     "{\"log\":\"192.0.2.10 - - [12/Mar/2024:06:25:14 +0000] \\\"GET /a?b=1 HTTP/1.1\\\" 2"
     "00 5316 \\\"https://www.example.org/\\\" \\\"Mozilla/5.0 (X11)\\\"\\n\",\"stream\":"
     "\"stdout\",\"time\":\"2024-03-12T06:25:15.1Z\"}",
     "1710224714 200 bytes=5316 client=<192.0.2.10> method=<GET> target=</a?b=1> protocol="
     "<HTTP/1.1> referrer=<https://www.example.org/> agent=<Mozilla/5.0 (X11)>",
     REJECT_NONE},
    {"docker json inside", "docker:nginx-json", NULL,
     "{\"log\":\"{\\\"time\\\":1710224714,\\\"ip\\\":\\\"192.0.2.1\\\",\\\"status\\\":200,"
     "\\\"user_agent\\\":\\\"a\\\\\\\"b\\\"}\\r\\n\",\"stream\":\"stdout\",\"time\":\"x\"}",
     "1710224714 200 client=<192.0.2.1> agent=<a\"b>", REJECT_NONE},
    {"cri combined", "cri:combined", NULL,
     "2024-03-12T06:25:15.123456789Z stdout F 192.0.2.10 - - [12/Mar/2024:06:25:14 +0000] "
     "\"GET /a?b=1 HTTP/1.1\" 200 5316 \"https://www.example.org/\" \"Mozilla/5.0 (X11)\"",
     "1710224714 200 bytes=5316 client=<192.0.2.10> method=<GET> target=</a?b=1> protocol="
     "<HTTP/1.1> referrer=<https://www.example.org/> agent=<Mozilla/5.0 (X11)>",
     REJECT_NONE},
    {"syslog combined, RFC 3164", "syslog:combined", NULL,
     "<190>Mar 12 06:25:15 web1 nginx: 192.0.2.10 - - [12/Mar/2024:06:25:14 +0000] \"GET /"
     "a?b=1 HTTP/1.1\" 200 5316 \"https://www.example.org/\" \"Mozilla/5.0 (X11)\"",
     "1710224714 200 bytes=5316 client=<192.0.2.10> method=<GET> target=</a?b=1> protocol="
     "<HTTP/1.1> referrer=<https://www.example.org/> agent=<Mozilla/5.0 (X11)>",
     REJECT_NONE},
    {"syslog combined, RFC 5424", "syslog:combined", NULL,
     "<190>1 2024-03-12T06:25:15.003Z web1 nginx 812 - [x@1 a=\"]\\\"\" b=\"c\"] "
     "\xef\xbb\xbf"
     "192.0.2.10 - - [12/Mar/2024:06:25:14 +0000] \"GET /a?b=1 HTTP/1.1\" 200 5316 \"https"
     "://www.example.org/\" \"Mozilla/5.0 (X11)\"",
     "1710224714 200 bytes=5316 client=<192.0.2.10> method=<GET> target=</a?b=1> protocol="
     "<HTTP/1.1> referrer=<https://www.example.org/> agent=<Mozilla/5.0 (X11)>",
     REJECT_NONE},
    {"syslog combined, RFC 5424 without data", "syslog:combined", NULL,
     "<190>1 2024-03-12T06:25:15.003Z web1 nginx 812 ID47 - 192.0.2.10 - - [12/Mar/2024:06"
     ":25:14 +0000] \"GET /a?b=1 HTTP/1.1\" 200 5316 \"https://www.example.org/\" \"Mozill"
     "a/5.0 (X11)\"",
     "1710224714 200 bytes=5316 client=<192.0.2.10> method=<GET> target=</a?b=1> protocol="
     "<HTTP/1.1> referrer=<https://www.example.org/> agent=<Mozilla/5.0 (X11)>",
     REJECT_NONE},
    {"syslog combined, rsyslog file", "syslog:combined", NULL,
     "2024-03-12T06:25:15.003412+00:00 web1 nginx: 192.0.2.10 - - [12/Mar/2024:06:25:14 +0"
     "000] \"GET /a?b=1 HTTP/1.1\" 200 5316 \"https://www.example.org/\" \"Mozilla/5.0 (X1"
     "1)\"",
     "1710224714 200 bytes=5316 client=<192.0.2.10> method=<GET> target=</a?b=1> protocol="
     "<HTTP/1.1> referrer=<https://www.example.org/> agent=<Mozilla/5.0 (X11)>",
     REJECT_NONE},
    {"syslog combined, no host", "syslog:combined", NULL,
     "Mar  2 06:25:15 nginx: 192.0.2.10 - - [12/Mar/2024:06:25:14 +0000] \"GET /a?b=1 HTTP"
     "/1.1\" 200 5316 \"https://www.example.org/\" \"Mozilla/5.0 (X11)\"",
     "1710224714 200 bytes=5316 client=<192.0.2.10> method=<GET> target=</a?b=1> protocol="
     "<HTTP/1.1> referrer=<https://www.example.org/> agent=<Mozilla/5.0 (X11)>",
     REJECT_NONE},
    {"syslog gives the time", "syslog:%h \"%r\" %>s", NULL,
     "Mar  2 06:25:15 web1 httpd[12]: 192.0.2.1 \"GET / HTTP/1.1\" 200",
     "1709360715 200 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"syslog year rollover", "syslog:%h \"%r\" %>s", NULL,
     "Dec 31 23:59:59 web1 httpd[12]: 192.0.2.1 \"GET / HTTP/1.1\" 200",
     "1735689599 200 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"cri gives the time", "cri:$remote_addr \"$request\" $status", NULL,
     "2024-03-12T06:25:15.123456789Z stdout F 192.0.2.1 \"GET / HTTP/1.1\" 200",
     "1710224715 200 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
    {"docker gives the time", "docker:$remote_addr \"$request\" $status", NULL,
     "{\"log\":\"192.0.2.1 \\\"GET / HTTP/1.1\\\" 200\\n\",\"time\":\"2024-03-12T06:25:15."
     "123456789Z\"}",
     "1710224715 200 client=<192.0.2.1> method=<GET> target=</> protocol=<HTTP/1.1>", REJECT_NONE},
};

Test(format_pasted, nginx)
{
	CASE_CHECK_ALL(nginx_cases);
}

Test(format_pasted, apache)
{
	CASE_CHECK_ALL(apache_cases);
}

Test(format_pasted, haproxy)
{
	CASE_CHECK_ALL(haproxy_cases);
}

Test(format_pasted, json_w3c_envelopes)
{
	CASE_CHECK_ALL(other_cases);
}

/* What cannot be compiled, and a piece of the message that says why. */
static const struct {
	const char *name;
	const char *spec;
	const char *message;
} error_cases[] = {
    {"empty", "", "the log format is empty"},
    {"unknown name", "combinded",
     "unknown log format \"combinded\": neither a name nor a definition with nginx's $, Ap"
     "ache's % or \"json:\""},
    {"no client", "[$time_local] \"$request\" $status",
     "the log format has no field for the client's address"},
    {"no time", "$remote_addr \"$request\" $status", "the log format has no field for the time"},
    {"no request, a TCP log",
     "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq",
     "the log format says nothing about an HTTP request (is it a TCP log?): it needs the r"
     "equest or the status"},
    {"haproxy tcp by name", "haproxy-tcp",
     "HAProxy's TCP log holds connections, not requests: use \"option httplog\""},
    {"side by side", "$remote_addr$status [$time_local] \"$request\"",
     "remote_addr and status stand side by side in the log format, so nobody can tell wher"
     "e one ends: put something between them"},
    {"agent without quotes", "$remote_addr [$time_local] $http_user_agent $status \"$request\"",
     "http_user_agent can hold blanks: put it in quotes in the log format"},
    {"dollar without a name", "$remote_addr [$time_local] $ \"$request\"",
     "nginx log_format: a \"$\" without a variable's name"},
    {"unclosed brace", "${remote_addr [$time_local] \"$request\" $status",
     "nginx log_format: a \"$\" without a variable's name"},
    {"unclosed quote", "log_format x '$remote_addr [$time_local] $status",
     "nginx log_format: a quote is not closed"},
    {"percent at the end", "%h %t \"%r\" %>s %{x", "Apache LogFormat: a \"%\" without a directive"},
    {"GoAccess format", "%h %^[%d:%t %^] \"%r\" %s %b \"%R\" \"%u\"",
     "this looks like a GoAccess format; paste the server's own definition, or use a name "
     "like \"combined\""},
    {"HAProxy hexadecimal", "%{+X}o %ci:%cp [%t] %ST",
     "HAProxy log-format: +X (hexadecimal) cannot be read"},
    {"HAProxy json", "%{+json}o %ci [%t] %ST",
     "HAProxy log-format: +json and +cbor cannot be read"},
    {"HAProxy unclosed bracket", "%ci %[src %ST", "HAProxy log-format: a bracket is not closed"},
    {"json unknown field", "json: time=t, addr=a, colour=c",
     "json: unknown field \"colour\"; known are time, addr, method, uri, url, query, reque"
     "st, protocol, status, bytes, referrer, agent, host, user, forwarded, duration, durat"
     "ion_s, duration_ms, duration_us, duration_ns, cookie, cookies, gpc, dnt, country"},
    {"json no client", "json: time=t, status=s",
     "json: the client's address is missing: addr=path"},
    {"json no time", "json: addr=a", "json: the time is missing: time=path"},
    {"json no equals", "json: time, addr=a", "json: write field=path, separated by commas"},
    {"json bad path", "json: time=t, addr=a..b",
     "json: the path of a field is not of the form a.b[0].c"},
    {"json bad index", "json: time=t, addr=a[x]",
     "json: the path of a field is not of the form a.b[0].c"},
    {"json empty path", "json: time=t, addr=", "json: a field has no path"},
    {"w3c without client", "#Fields: date time cs-uri-stem",
     "the columns of the log do not hold the client's address (c-ip)"},
    {"w3c without time", "#Fields: date c-ip", "the columns of the log do not hold date and time"},
    {"docker w3c", "docker:w3c",
     "a log that names its columns itself cannot be read inside docker's JSON"},
    {"two envelopes", "docker:syslog:combined",
     "unknown log format \"syslog:combined\": neither a name nor a definition with nginx's"
     " $, Apache's % or \"json:\""},
    {"only an envelope", "syslog:", "the log format is empty"},
    {"plain words", "my log format",
     "unknown log format \"my log format\": neither a name nor a definition with nginx's $"
     ", Apache's % or \"json:\""},
};

Test(format_pasted, errors)
{
	for (size_t i = 0; i < sizeof(error_cases) / sizeof(error_cases[0]); i++) {
		struct error error = {""};
		struct format *format = NULL;
		int failed = format_compile(error_cases[i].spec, NULL, &format, &error);
		cr_expect(failed == -1, "%s: was compiled", error_cases[i].name);
		cr_expect(strcmp(error.text, error_cases[i].message) == 0,
			  "%s:\n     got %s\nexpected %s", error_cases[i].name, error.text,
			  error_cases[i].message);
		if (!failed)
			format_free(format);
	}
}
