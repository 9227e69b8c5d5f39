/*
 * format_names.c: the formats that have a name. Detection prefers the earlier row where two read a
 * line equally well, so the order is from the common to the rare.
 */
#include "ingest/format_type.h"

#define COMMON_FIELDS	"$client $ident $user [$time_clf] \"$request\" $status $bytes"
#define AGENT_FIELDS	" \"$referrer\" \"$agent\""
#define COMBINED_FIELDS COMMON_FIELDS AGENT_FIELDS

/* Rows of a kind, so that a row says only what is its own. */
#define PLAIN(name, summary, flags, definition)                                   \
	{                                                                         \
		name, summary, SYNTAX_PLAIN, definition, PROGRAM_EXTRA | (flags), \
		    ESCAPE_BACKSLASH, ENVELOPE_NONE                               \
	}
#define JSON(name, summary, definition)                                               \
	{                                                                             \
		name, summary, SYNTAX_JSON, definition, 0, ESCAPE_JSON, ENVELOPE_NONE \
	}
#define TABLE(name, summary, syntax, flags, definition)                              \
	{                                                                            \
		name, summary, syntax, definition, flags, ESCAPE_NONE, ENVELOPE_NONE \
	}
#define ALIAS(name, of)                                                                  \
	{                                                                                \
		name, "the same as " of, SYNTAX_ALIAS, of, 0, ESCAPE_NONE, ENVELOPE_NONE \
	}
#define REFUSED(name, reason)                                                              \
	{                                                                                  \
		name, "cannot be read", SYNTAX_NONE, reason, 0, ESCAPE_NONE, ENVELOPE_NONE \
	}

static const struct format_row rows[] = {
    /* Servers that write NCSA's formats. */
    PLAIN("combined", "Apache, nginx, LiteSpeed: NCSA combined", 0, COMBINED_FIELDS),
    PLAIN("vhost-combined", "combined with host or host:port in front", PROGRAM_VHOST,
	  "$host " COMBINED_FIELDS),
    PLAIN("common", "Common Log Format (NCSA)", 0, COMMON_FIELDS),
    PLAIN("vhost-common", "common with host or host:port in front", PROGRAM_VHOST,
	  "$host " COMMON_FIELDS),
    PLAIN("traefik-clf", "Traefik: its extended Common Log Format", 0,
	  COMBINED_FIELDS " $_ \"$_\" \"$_\" $duration_ms"),
    PLAIN("lighttpd", "lighttpd: combined with the host in place of ident", PROGRAM_WORD_USER,
	  "$client $host $user [$time_clf] \"$request\" $status $bytes" AGENT_FIELDS),
    PLAIN("gandi", "Gandi Simple Hosting", PROGRAM_VHOST,
	  "$host $client $ident $user [$time_clf] ($duration_s) \"$request\" $status "
	  "$bytes" AGENT_FIELDS),
    PLAIN("icecast2", "Icecast 2: combined and the seconds listened", ROW_BY_NAME,
	  COMBINED_FIELDS " $duration_s"),
    ALIAS("ovh", "lighttpd"),
    ALIAS("icecast", "icecast2"),
    ALIAS("litespeed", "combined"),
    ALIAS("openlitespeed", "combined"),
    ALIAS("nginx", "combined"),
    ALIAS("apache", "combined"),
    ALIAS("ncsa-extended", "combined"),
    ALIAS("common-complete", "vhost-combined"),
    ALIAS("common-vhost", "vhost-common"),
    ALIAS("vcombined", "vhost-combined"),
    ALIAS("vcommon", "vhost-common"),
    ALIAS("traefikclf", "traefik-clf"),
    /* JSON. */
    JSON("nginx-json", "nginx with escape=json and its variables as keys",
	 "time=time_iso8601, time=timestamp, time=@timestamp, time=time_local, time=msec, "
	 "time=time, "
	 "time=ts, time=date, time=datetime, addr=remote_addr, addr=client_ip, addr=remote_ip, "
	 "addr=ip, addr=client, addr=clientip, addr=client_addr, addr=remote_address, "
	 "method=request_method, method=method, method=verb, "
	 "uri=request_uri, uri=request_url, uri=request_target, uri=uri, uri=path, "
	 "uri=request_path, "
	 "uri=document_uri, url=url, query=args, query=query_string, query=query, "
	 "request=request, request=request_line, protocol=server_protocol, protocol=protocol, "
	 "protocol=request_protocol, status=status, status=status_code, status=response_status, "
	 "bytes=body_bytes_sent, bytes=bytes_sent, bytes=bytes, bytes=size, bytes=length, "
	 "bytes=response_size, referrer=http_referer, referrer=referer, referrer=referrer, "
	 "referrer=http_referrer, agent=http_user_agent, agent=user_agent, agent=agent, "
	 "agent=useragent, host=host, host=http_host, host=server_name, host=vhost, host=domain, "
	 "user=remote_user, user=user, forwarded=http_x_forwarded_for, forwarded=x_forwarded_for, "
	 "forwarded=xff, forwarded=proxy_add_x_forwarded_for, duration=request_time, "
	 "duration=generation_time_milli, duration_ms=request_time_ms, duration_ms=duration_ms, "
	 "cookies=http_cookie, cookie=cookie_*, gpc=http_sec_gpc, gpc=sec_gpc, dnt=http_dnt, "
	 "dnt=dnt, country=geoip_country_code, country=country_code"),
    JSON("caddy-json", "Caddy 2",
	 "time=ts, time=timestamp, addr=request.client_ip, addr=request.remote_ip, "
	 "addr=request.remote_addr, method=request.method, host=request.host, uri=request.uri, "
	 "protocol=request.proto, agent=request.headers.User-Agent[0], "
	 "referrer=request.headers.Referer[0], forwarded=request.headers.X-Forwarded-For[0], "
	 "cookies=request.headers.Cookie[0], gpc=request.headers.Sec-Gpc[0], "
	 "dnt=request.headers.Dnt[0], user=user_id, duration=duration, bytes=size, status=status"),
    JSON("traefik-json", "Traefik with format: json",
	 "time=StartUTC, time=time, time=StartLocal, addr=ClientHost, addr=ClientAddr, "
	 "method=RequestMethod, uri=RequestPath, host=RequestHost, host=RequestAddr, "
	 "protocol=RequestProtocol, status=DownstreamStatus, status=OriginStatus, "
	 "bytes=DownstreamContentSize, bytes=OriginContentSize, duration_ns=Duration, "
	 "referrer=request_Referer, agent=request_User-Agent, forwarded=request_X-Forwarded-For, "
	 "cookies=request_Cookie, gpc=request_Sec-Gpc, dnt=request_Dnt, user=ClientUsername"),
    JSON("gcp-lb-json", "Google Cloud load balancer, Cloud Logging entries",
	 "time=timestamp, time=receiveTimestamp, addr=httpRequest.remoteIp, "
	 "method=httpRequest.requestMethod, url=httpRequest.requestUrl, status=httpRequest.status, "
	 "bytes=httpRequest.responseSize, agent=httpRequest.userAgent, "
	 "referrer=httpRequest.referer, protocol=httpRequest.protocol, "
	 "duration=httpRequest.latency"),
    JSON("cloudflare-json", "Cloudflare Logpush, http_requests",
	 "time=EdgeStartTimestamp, time=EdgeEndTimestamp, addr=ClientIP, "
	 "method=ClientRequestMethod, uri=ClientRequestURI, uri=ClientRequestPath, "
	 "host=ClientRequestHost, protocol=ClientRequestProtocol, referrer=ClientRequestReferer, "
	 "agent=ClientRequestUserAgent, status=EdgeResponseStatus, bytes=EdgeResponseBytes, "
	 "bytes=EdgeResponseBodyBytes, country=ClientCountry"),
    ALIAS("caddy", "caddy-json"),
    ALIAS("cloudflare", "cloudflare-json"),
    /* Proxies and load balancers. */
    {"haproxy-http", "HAProxy: option httplog, with or without syslog in front", SYNTAX_PLAIN,
     "$client_port [$time_clf] $_ $_ $_/$_/$_/$_/$duration_ms $status $bytes $_ $_ $_ $_ "
     "$_\"$request\"",
     PROGRAM_EXTRA | PROGRAM_OPEN_QUOTE, ESCAPE_HASH, ENVELOPE_SYSLOG_MAYBE},
    PLAIN("envoy", "Envoy: its default access log", PROGRAM_UTC,
	  "[$time_iso] \"$request\" $status $_ $_ $bytes $duration_ms $_ \"$forwarded_client\" "
	  "\"$agent\" \"$_\" \"$host\" \"$_\""),
    PLAIN("istio", "Istio: Envoy with Istio's fields", PROGRAM_UTC,
	  "[$time_iso] \"$request\" $status $_ $_ $_ \"$_\" $_ $bytes $duration_ms $_ "
	  "\"$forwarded\" \"$agent\" \"$_\" \"$host\" \"$_\" $_ $_ $_ $client_port $_ $_"),
    PLAIN("squid", "Squid: its native format", 0,
	  "$time_epoch $duration_ms $client $_/$status $bytes $method $url $user $_ $_"),
    PLAIN("aws-alb", "AWS Application Load Balancer", PROGRAM_UTC,
	  "$_ $time_iso $_ $client_port $_ $duration_add $duration_add $duration_add $status $_ $_ "
	  "$bytes \"$request_absolute\" \"$agent\""),
    PLAIN("aws-elb", "AWS Classic Load Balancer", PROGRAM_UTC,
	  "$time_iso $_ $client_port $_ $duration_add $duration_add $duration_add $status $_ $_ "
	  "$bytes \"$request_absolute\" \"$agent\""),
    PLAIN("aws-s3", "AWS S3 server access log", 0,
	  "$_ $host [$time_clf] $client $user $_ $_ $_ \"$request\" $status $_ $bytes $_ "
	  "$duration_ms $_" AGENT_FIELDS),
    PLAIN("bunny", "bunny.net CDN", 0,
	  "$_|$status|$time_ms|$bytes|$_|$client|$referrer|$url|$_|$agent|$_|$country"),
    ALIAS("haproxy", "haproxy-http"),
    ALIAS("awsalb", "aws-alb"),
    ALIAS("alb", "aws-alb"),
    ALIAS("awselb", "aws-elb"),
    ALIAS("elb", "aws-elb"),
    ALIAS("awss3", "aws-s3"),
    ALIAS("s3", "aws-s3"),
    REFUSED("haproxy-tcp",
	    "HAProxy's TCP log holds connections, not requests: use \"option httplog\""),
    /* Columns named inside the file. */
    TABLE("w3c", "W3C extended, by its #Fields line", SYNTAX_W3C, 0, ""),
    TABLE("gcs-csv", "Google Cloud Storage usage log", SYNTAX_CSV, 0,
	  "time_micros,c_ip,c_ip_type,c_ip_region,cs_method,cs_uri,sc_status,cs_bytes,sc_bytes,"
	  "time_taken_micros,cs_host,cs_referer,cs_user_agent,s_request_id,cs_operation,cs_bucket,"
	  "cs_object"),
    TABLE("cloudfront", "AWS CloudFront, standard log", SYNTAX_W3C, 0,
	  "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status "
	  "cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type "
	  "x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for "
	  "ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status "
	  "fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type "
	  "sc-content-type sc-content-len sc-range-start sc-range-end"),
    TABLE("iis", "Microsoft IIS, W3C format", SYNTAX_W3C, ROW_MILLISECONDS,
	  "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
	  "cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"),
    TABLE("shoutcast", "SHOUTcast, W3C format", SYNTAX_W3C, ROW_BY_NAME,
	  "c-ip c-dns date time cs-uri-stem c-status cs(User-Agent) sc-bytes x-duration "
	  "avgbandwidth"),
    TABLE("incapsula-w3c", "Imperva Incapsula, W3C format", SYNTAX_W3C, ROW_BY_NAME, ""),
    ALIAS("w3c-extended", "w3c"),
    ALIAS("amazon-cloudfront", "cloudfront"),
    ALIAS("cloudstorage", "gcs-csv"),
};

const struct format_row *format_row(size_t index)
{
	return index < sizeof(rows) / sizeof(rows[0]) ? &rows[index] : NULL;
}

static bool same_name(struct slice given, const char *name)
{
	if (given.n != strlen(name))
		return false;
	for (size_t i = 0; i < given.n; i++) {
		char c = slice_lower(given.p[i]);
		if ((c == '_' ? '-' : c) != name[i])
			return false;
	}
	return true;
}

const struct format_row *format_row_find(struct slice name)
{
	const struct format_row *row;
	for (size_t i = 0; (row = format_row(i)); i++)
		if (same_name(name, row->name))
			return row->syntax == SYNTAX_ALIAS
				   ? format_row_find(slice_from(row->definition))
				   : row;
	return NULL;
}

const char *format_list(size_t index, const char **ret_summary)
{
	const struct format_row *row = format_row(index);
	if (!row)
		return NULL;
	if (ret_summary)
		*ret_summary = row->summary;
	return row->name;
}
