# A real nginx, real requests, real logrotate, runs in between: what nginx says it served is what is counted, each
# request once, and the security log has them all. Two sources: one in combined form, one behind a proxy whose
# X-Forwarded-For is believed.
. tests/scenario/rotation_lib.sh

nginx=$(command -v nginx || ls /usr/sbin/nginx 2>/dev/null)
for tool in "$nginx" "$(command -v curl)" "$have_logrotate"; do
	if [ ! -x "$tool" ]; then
		skip "nginx" "needs nginx, curl and logrotate"
		exit 0
	fi
done

begin "nginx"
mkdir "$work/www"
head -c 2000 /dev/zero | tr '\0' x >"$work/www/page"
configure() { # PORT: serves on it and the next
	cat >"$work/nginx.conf" <<CONF
$([ "$(id -u)" = 0 ] && echo "user root;")
worker_processes 2;
pid $work/nginx.pid;
error_log $work/nginx.error;
events { worker_connections 64; }
http {
	client_body_temp_path $work/body;
	proxy_temp_path $work/proxy;
	fastcgi_temp_path $work/fastcgi;
	uwsgi_temp_path $work/uwsgi;
	scgi_temp_path $work/scgi;
	log_format proxied '\$remote_addr - \$remote_user [\$time_local] "\$request" \$status \$body_bytes_sent '
		'"\$http_referer" "\$http_user_agent" "\$http_x_forwarded_for"';
	server {
		listen 127.0.0.1:$1;
		access_log $logs/access.log combined;
		location /n/ { alias $work/www/; try_files /page =404; }
		location = /status { stub_status; access_log off; }
	}
	server {
		listen 127.0.0.1:$(($1 + 1));
		access_log $logs/proxied.log proxied buffer=16k flush=200ms;
		location /n/ { alias $work/www/; try_files /page =404; }
		location /login { return 401; }
	}
}
CONF
}
serve() {
	for try in 1 2 3 4 5 6 7 8; do
		port=$(($(date +%N | sed 's/^0*//') % 30000 + 20000))
		configure $port
		"$nginx" -p "$work" -e "$work/nginx.error" -c "$work/nginx.conf" 2>"$work/said" && return
	done
	return 1
}
if ! serve; then
	skip "nginx" "it does not start: $(head -n 1 "$work/said")"
	exit 0
fi
stop_nginx() {
	[ -s "$work/nginx.pid" ] && kill -QUIT "$(cat "$work/nginx.pid")" 2>/dev/null
	for wait in $(seq 100); do
		[ -e "$work/nginx.pid" ] || return 0
		sleep 0.05
	done
}
trap 'stop_nginx; rm -rf "$tmp"' EXIT

cat >"$work/conf" <<CONF
[general]
state = $work/state
grace = manual
min_visitors = 1
[veil]
public = /n
[security-log]
path = $work/security.log
[source web]
files = $logs/access.log
[source proxied]
files = $logs/proxied.log
log_format = \$remote_addr - \$remote_user [\$time_local] "\$request" \$status \$body_bytes_sent "\$http_referer" "\$http_user_agent" "\$http_x_forwarded_for"
trusted_proxy = 127.0.0.1
CONF
cat >"$work/rotate.conf" <<CONF
$logs/*.log {
	rotate 20
	create
	compress
	delaycompress
	sharedscripts
	postrotate
		kill -USR1 \$(cat $work/nginx.pid)
	endscript
}
CONF
chmod 600 "$work/rotate.conf"

# They are no pages.
in_security_log() {
	cat "$work"/security.log-* | cut -d' ' -f7 | grep -v '^/login' | sort | uniq -c | awk '{ print $2, $1 }'
}
# ask N: N requests for pages of their own to each server; the second has them from 40 addresses.
requests=0
ask() {
	lines "$next" $((2 * $1)) >"$work/put"
	awk -v port="$port" -v n="$1" -v browser="$browser" '{
		printf "url = http://127.0.0.1:%d%s\noutput = /dev/null\nuser-agent = \"%s\"\n", port + (NR > n), $7, browser
		if (NR > n) printf "header = \"X-Forwarded-For: 203.0.113.%d\"\n", NR % 40 + 1
		print "next"
	}' "$work/put" | sed '$d' >"$work/asked"
	curl -sS -K "$work/asked" 2>"$work/said" || fault "curl: $(head -n 1 "$work/said")"
	cat "$work/put" >>"$work/written"
	next=$((next + 2 * $1))
	requests=$((requests + 2 * $1))
}
# Somebody tries passwords, 37 times in all, from one address among all the others.
attack() { # N
	for n in $(seq "$1"); do
		printf 'url = http://127.0.0.1:%d/login\noutput = /dev/null\nheader = "X-Forwarded-For: 198.51.100.66"\ndata = "x=y"\n' $((port + 1))
		[ "$n" = "$1" ] || echo next
	done | curl -sS -K - 2>"$work/said" || fault "curl: $(head -n 1 "$work/said")"
	requests=$((requests + $1))
}

ask 50
sleep 0.4 # the buffer of the second log
counts "first run"
for round in 1 2 3; do
	ask 20
	attack 10
	run
	rotate
	ask 10
	run
	ask 5
	sleep 0.4
	counts "round $round"
done
# Requests go on while logs are rotated and read.
(ask 1500; echo $next $requests >"$work/asker") &
asker=$!
while kill -0 $asker 2>/dev/null; do
	rotate
	run
	sleep 0.3
done
wait $asker
read -r next requests <"$work/asker"
attack 7
sleep 0.4
counts "requests, rotation and runs at once"
same "each request is counted once, there and in the security log" "${failed:-yes}" yes

status=$(curl -sS "http://127.0.0.1:$port/status" | awk 'NR == 3 { print $3 - 1 }')
same "as many as nginx says it served" "$status" "$requests"
stop_nginx
rotate 2>/dev/null # its postrotate finds no nginx: as on a server that was stopped
failed= # what logrotate said of it
rm -f "$logs"/*.1
counts "nginx is gone"
vt report -c "$work/conf" -f json
same "the report: lines" "$(j .general.lines)" "$requests"
balance "the report: balance"
same "the report: 40 addresses behind the proxy, and the one that asks the other server" "$(j .general.visitors)" 41

# What fail2ban does: who was refused how often, by the first field.
cat "$work"/security.log-* >"$work/security"
same "security log: every line is a request of combined form" \
	"$(grep -cE '^v_[0-9a-f]{32} - - \[[^]]*\] "(GET|POST) [^"]*" [0-9]{3} ([0-9]+|-) "[^"]*" "[^"]*"' "$work/security")" "$requests"
grep -E '^[^ ]+ - - \[[^]]*\] "POST /login[^"]*" 401 ' "$work/security" | cut -d' ' -f1 | sort | uniq -c | awk '{ print $1 }' >"$work/refused"
same "security log: who tried passwords is one, over all runs and rotations" "$(tr '\n' ' ' <"$work/refused")" "37 "
same "security log: no address" "$(grep -cE '203\.0\.113|198\.51\.100|127\.0\.0\.1' "$work/security")" 0
