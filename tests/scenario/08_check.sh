# `veiltally check FILE`: the format found, the share of lines it reads, the first rejected lines by place and reason,
# and never a byte of them.
. tests/scenario/lib.sh

vt check "$demo_log"
same "the demo log: exit status" "$code" 0
has "the demo log: its format" "$tmp/out" combined
has "the demo log: the share of lines" "$tmp/out" "100"

{
	head -n 30 "$demo_log"
	echo 'secret-garbage 192.0.2.77'
	tail -n +31 "$demo_log" | head -n 20
	echo '192.0.2.77 - secret-user [99/Oct/2025:10:00:00 +0000] "GET /secret-path HTTP/1.1" 200 10 "-" "secret-agent"'
} >"$tmp/bad.log"
vt check "$tmp/bad.log"
has "a bad file: its format" "$tmp/out" combined
cat "$tmp/err" >>"$tmp/out"
same "a bad file: the places are named" "$(grep -cE '(^|[^0-9])(31|52)([^0-9]|$)' "$tmp/out" | awk '{ print ($1 >= 2) }')" 1
same "a bad file: nothing of it is said" "$(grep -ciE 'secret|192\.0\.2\.77' "$tmp/out")" 0

vt check "$tmp/missing"
same "a missing file: exit status" "$code" 1
has "a missing file: named" "$tmp/err" "$tmp/missing"
: >"$tmp/empty"
vt check "$tmp/empty"
same "an empty file does no harm" "$(test "$code" -le 1 && echo yes)" yes

# found NAME LINE: ten such lines are found to be this format.
found() {
	for i in 0 1 2 3 4 5 6 7 8 9; do printf '%s\n' "$2"; done >"$tmp/sample.log"
	vt check "$tmp/sample.log"
	if [ "$code" = 0 ] && grep -qi -- "$1" "$tmp/out" && grep -q 100 "$tmp/out"; then
		ok "found: $1"
	else
		not_ok "found: $1" "exit status $code: $(head -c 200 "$tmp/out" | tr '\n' ' ')"
	fi
}
found common '192.0.2.1 - - [06/Oct/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 10'
found combined '192.0.2.1 - - [06/Oct/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 10 "-" "x"'
found vhost 'shop.example:443 192.0.2.1 - - [06/Oct/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 10 "-" "x"'
found caddy '{"level":"info","ts":1759744800.5,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"192.0.2.1","remote_port":"443","client_ip":"192.0.2.1","proto":"HTTP/2.0","method":"GET","host":"shop.example","uri":"/","headers":{"User-Agent":["x"]}},"bytes_read":0,"user_id":"","duration":0.001,"size":10,"status":200,"resp_headers":{}}'
found haproxy '192.0.2.1:33317 [06/Oct/2025:10:00:00.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"'
found squid '1759744800.123    110 192.0.2.1 TCP_MISS/200 1234 GET http://shop.example/ - HIER_DIRECT/192.0.2.9 text/html'
found envoy '[2025-10-06T10:00:00.000Z] "GET / HTTP/1.1" 200 - 0 10 5 4 "192.0.2.1" "x" "35c236a6-5a3e-4c8b-9c0d-0d7b3c0a1b2c" "shop.example" "192.0.2.9:80"'
{
	printf '#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2025-10-06 10:00:00\n'
	printf '#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n'
	for i in 1 2 3 4 5; do echo "2025-10-06 10:00:0$i 192.0.2.9 GET / - 443 - 192.0.2.1 Mozilla/5.0 - 200 0 0 15"; done
} >"$tmp/iis.log"
vt check "$tmp/iis.log"
same "found: W3C" "$code $(grep -ciE 'w3c|iis' "$tmp/out" | awk '{ print ($1 > 0) }')" "0 1"
vt report --min-visitors 1 --format json "$tmp/iis.log"
same "W3C: directives are excluded" "$(j '.general | "\(.lines) \(.counted) \(.excluded.directive)"')" "9 5 4"
same "W3C: milliseconds" "$(j '[.panels.latency[].hits] | add')" 5
