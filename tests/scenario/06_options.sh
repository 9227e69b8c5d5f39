# Options and exit statuses, as DESIGN.md section 5 names them.
. tests/scenario/lib.sh

d=06/Oct/2025
report() { vt report --min-visitors 1 --format json "$@"; }
# wrong NAME ARGS…: wrong usage, status 2, one line or a short usage text on stderr and nothing on stdout.
wrong() {
	name=$1
	shift
	vt "$@"
	same "$name: exit status" "$code" 2
	same "$name: a message, and no output" "$(test -s "$tmp/err" && test ! -s "$tmp/out" && echo yes)" yes
}

wrong "no command"
wrong "unknown command" tell
wrong "unknown option" report --no-such-option "$demo_log"
vt report --format json --state "$tmp/none"
same "no file and no state: exit status" "$code" 1
has "no file and no state: a message" "$tmp/err" "there is no state here"
wrong "option without its value" report "$demo_log" --format
wrong "unknown output format" report --format xml "$demo_log"
wrong "unknown log format name" report --log-format no-such-format "$demo_log"
wrong "a pasted format with an unknown variable" report --log-format '$no_such_variable [$time_local]' "$demo_log"
wrong "bad number" report --min-visitors none "$demo_log"
wrong "zero visitors" report --min-visitors 0 "$demo_log"
wrong "bad size" report --memory lots "$demo_log"
wrong "bad range" report --trusted-proxy 192.0.2.0/99 "$demo_log"
wrong "bad zone" report --tz No/Such_Zone "$demo_log"
wrong "bad time" report --since yesterdayish "$demo_log"
wrong "bad goal" report --goal nonsense "$demo_log"
wrong "bad route" report --route 'no-slash' "$demo_log"
wrong "bad visitor key" report --visitor shoe:x "$demo_log"
vt report --no-such-option "$demo_log"
has "an unknown option is named" "$tmp/err" "no-such-option"
vt --help
same "--help: exit status and output" "$code $(test -s "$tmp/out" && echo yes)" "0 yes"
has "--help names the commands" "$tmp/out" report
vt report --help
for option in --format --log-format --geo --tz --since --until --site --exclude --route --goal --min-visitors --memory --threads --stats --quiet; do
	has "report --help names $option" "$tmp/out" "$option"
done
vt --version
same "--version" "$code $(grep -c veiltally "$tmp/out")" "0 1"

# What was written where.
vt report --format json "$demo_log"
cp "$tmp/out" "$tmp/want"
silent "stderr is silent on success" "$tmp/err"
vt report --format json -o "$tmp/file.json" "$demo_log"
silent "-o: nothing on standard output" "$tmp/out"
same_file "-o: the same bytes" "$tmp/file.json" "$tmp/want"
vt report --format=json "$demo_log"
same_file "--option=value" "$tmp/out" "$tmp/want"
vt report "$demo_log" --format json
same_file "options after the file" "$tmp/out" "$tmp/want"
vt report --format json -- "$demo_log"
same_file "-- ends the options" "$tmp/out" "$tmp/want"
vt report --quiet --no-progress --format json "$demo_log"
same_file "--quiet changes nothing but messages" "$tmp/out" "$tmp/want"
vt report -o "$tmp/no/such/directory" "$demo_log"
same "-o where nothing can be written" "$code" 1
vt report --format json --log-format combined "$demo_log"
same_file "the format by name" "$tmp/out" "$tmp/want"
vt report --format json --log-format '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"' "$demo_log"
same_file "the format as nginx writes it" "$tmp/out" "$tmp/want"
vt report --format json --log-format '%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"' "$demo_log"
same_file "the format as Apache writes it" "$tmp/out" "$tmp/want"
jq -Rc 'capture("^(?<ip>\\S+) - (?<user>\\S+) \\[(?<ts>[^]]+)\\] \"(?<req>(\\\\.|[^\"\\\\])*)\" (?<st>\\S+) (?<size>\\S+) \"(?<ref>(\\\\.|[^\"\\\\])*)\" \"(?<ua>[^\"]*)\"$")' \
	"$demo_log" | grep -v 'x16' >"$tmp/demo.json"
vt report --format json --log-format 'json: addr=ip, user=user, time=ts, request=req, status=st, bytes=size, referrer=ref, agent=ua' "$tmp/demo.json"
grep -v 'x16' "$demo_log" >"$tmp/demo.text"
"$program" report --format json "$tmp/demo.text" | jq -S 'del(.general.bytes_read)' >"$tmp/want2"
jq -S 'del(.general.bytes_read)' "$tmp/out" >"$tmp/got2" 2>/dev/null
same_file "JSON by own mapping" "$tmp/got2" "$tmp/want2"

# Statistics.
vt report --format text --stats - -o /dev/null "$demo_log"
same "--stats -: JSON on standard output" "$(j '"\(.lines) \(.counted)"')" "$(jq -r '.general | "\(.lines) \(.counted)"' "$tmp/want")"
same "--stats: balance" "$(j '.lines == .counted + ([.excluded[]] | add // 0) + ([.rejected[]] | add // 0)')" true
same "--stats: seconds and bytes" "$(j '(.seconds | type) + " " + (.bytes | type)')" "number number"
vt report --format json --stats "$tmp/stats" "$demo_log"
same "--stats FILE" "$(j .lines "$tmp/stats")" "$(wc -l <"$demo_log")"
same_file "--stats FILE: the report is the same" "$tmp/out" "$tmp/want"

# More rejected than allowed.
{
	head -n 90 "$demo_log"
	i=0
	while [ $i -lt 10 ]; do
		echo "this is not a log line"
		i=$((i + 1))
	done
} >"$tmp/bad.log"
report "$tmp/bad.log"
same "10 % rejected: exit status" "$code" 3
same "10 % rejected: the report is there" "$(j '.general | "\(.counted) \([.rejected[]] | add)"')" "90 10"
same "10 % rejected: said once" "$(test "$(wc -l <"$tmp/err")" -ge 1 && grep -c 'not a log line' "$tmp/err")" 0
report --max-rejected 10 "$tmp/bad.log"
same "--max-rejected 10: exit status" "$code" 0
report --max-rejected 9 "$tmp/bad.log"
same "--max-rejected 9: exit status" "$code" 3

# Which lines: period, site, exclusions. Counts from awk.
demo() { awk -F '[][ "]+' "$1" "$demo_log" | wc -l; }
report --since 2025-10-08 --until 2025-10-09 "$demo_log"
same "--since, --until" "$(j '.general | "\(.counted) \(.excluded.period)"')" \
	"$(grep -cE '\[(08|09)/Oct/2025' "$demo_log") $(grep -cvE '\[(08|09)/Oct/2025' "$demo_log")"
balance "--since, --until: balance"
report --since 2025-10-08T12:30:00 --until 2025-10-08T18:00:00 "$demo_log"
same "--since, --until with time" "$(j .general.counted)" \
	"$(sed -n 's/.*\[08\/Oct\/2025:\([0-9:]*\) .*/\1/p' "$demo_log" | awk '$0 >= "12:30:00" && $0 < "18:00:00"' | wc -l)"
report --exclude /assets/ "$demo_log"
same "--exclude path" "$(j .general.excluded.path)" "$(awk '$7 ~ /^\/assets\//' "$demo_log" | wc -l)"
report --exclude 192.0.2.0/24 "$demo_log"
same "--exclude address range" "$(j .general.excluded.address)" "$(grep -c '^192\.0\.2\.' "$demo_log")"
report --exclude 2001:db8::/32 "$demo_log"
same "--exclude IPv6 range" "$(j .general.excluded.address)" "$(grep -c '^2001:db8:' "$demo_log")"
report --exclude uptimerobot "$demo_log"
same "--exclude agent" "$(j .general.excluded.agent)" "$(grep -ci uptimerobot "$demo_log")"
report --exclude /assets/ --exclude 192.0.2.0/24 --exclude UptimeRobot "$demo_log"
balance "--exclude thrice: balance"
same "--exclude thrice" "$(j .general.counted)" "$(awk '$7 !~ /^\/assets\// && $1 !~ /^192\.0\.2\./ && !/UptimeRobot/' "$demo_log" | wc -l)"

i=0
while [ $i -lt 12 ]; do
	i=$((i + 1))
	for host in shop.example blog.shop.example; do
		printf '%s:443 ' $host
		line "192.0.2.$i" "$d:10:00:$(printf %02d $i)" /page 200 100
	done
done >"$tmp/vhosts.log"
vt report --format json --site blog.shop.example "$tmp/vhosts.log"
same "--site" "$(j '.general | "\(.counted) \(.excluded.site)"')" "12 12"
vt report --format json "$tmp/vhosts.log"
same "sites" "$(j '[.panels.site[] | "\(.key) \(.hits)"] | sort | join(", ")')" "blog.shop.example 12, shop.example 12"

# Time zone: days and hours move, totals do not.
line 192.0.2.1 $d:23:30:00 /page 200 100 >"$tmp/zone.log"
line 192.0.2.1 25/Oct/2025:23:30:00 /page 200 100 >>"$tmp/zone.log"
line 192.0.2.1 26/Oct/2025:01:30:00 /page 200 100 >>"$tmp/zone.log"
report --tz Europe/Berlin "$tmp/zone.log"
same "--tz: days" "$(j '[.panels.day[].key] | join(" ")')" "2025-10-07 2025-10-26"
same "--tz: hours, over the end of summer time" "$(j '[.panels.hour[] | "\(.key) \(.hits)"] | join(", ")')" "01 2, 02 1"
report --tz America/New_York "$tmp/zone.log"
same "--tz: the other way" "$(j '[.panels.hour[].key] | join(" ")')" "19 21"

# Goals: how often, how much.
report --goal 'purchase=POST /checkout/complete; amount=query:total' "$demo_log"
same "--goal" "$(j '.panels.goal[] | select(.key == "purchase") | "\(.hits) \(.amount)"')" \
	"$(sed -n 's|.*"POST /checkout/complete?total=\([0-9]*\)\.\([0-9]*\).*|\1\2|p' "$demo_log" | awk '{ s += $1; n++ } END { printf "%d %s", n, s / 100 }')"
report --goal 'shop=/shop/*' --goal 'cart=POST /cart/add' "$demo_log"
same "--goal twice, with a method" "$(j '.panels.goal[] | select(.key == "cart") | .hits')" "$(grep -c '"POST /cart/add ' "$demo_log")"

# Routes and sections that name people.
for i in 1 2 3 4 5 6 7 8; do
	for path in /crew/somebody /crew/somebody/posts /users/somebody /people/team/board; do
		line "192.0.2.$i" "$d:10:00:0$i" $path 200 100
	done
done >"$tmp/crew.log"
pages() { j '[.panels.page[].key] | sort | join(" ")'; }
vt report --format json "$tmp/crew.log"
same "built-in sections" "$(j '[.panels.page[].key | select(test("somebody"))] | sort | join(" ")')" "/crew/somebody /crew/somebody/posts"
vt report --format json --route '/crew/{name}' --public /people/team "$tmp/crew.log"
same "--route, --public" "$(pages | grep -c somebody) $(pages | grep -o '/people/team/board')" "0 /people/team/board"
vt report --format json --route '/crew/{name}' "$tmp/crew.log"
has "--route: as written" "$tmp/out" '/crew/{name}'

# Behind a proxy, and by cookie.
nginx='$remote_addr [$time_local] "$request" $status $body_bytes_sent "$http_user_agent" "$http_x_forwarded_for" "$cookie_sid"'
behind() { printf '%s [%s +0000] "GET /page HTTP/1.1" 200 100 "%s" "%s" "%s"\n' "$1" "$d:10:00:0$4" "$browser" "$2" "$3"; }
{
	behind 192.0.2.1 "198.51.100.1" a 1
	behind 192.0.2.1 "198.51.100.2" b 2
	behind 192.0.2.1 "203.0.113.9, 198.51.100.1" a 3
	behind 192.0.2.1 "198.51.100.3, 192.0.2.2" c 4
	behind 192.0.2.9 "-" a 5
} >"$tmp/proxy.log"
report --log-format "$nginx" "$tmp/proxy.log"
same "without a trusted proxy" "$(j '.general.units')" 2
report --log-format "$nginx" --trusted-proxy 192.0.2.1 --trusted-proxy 192.0.2.2/32 "$tmp/proxy.log"
same "--trusted-proxy: the rightmost that is not trusted" "$(j '.general.units')" 4
report --log-format "$nginx" "$tmp/proxy.log"
same "visitors by address and agent" "$(j '.general.visitors')" 2
report --log-format "$nginx" --visitor cookie:sid "$tmp/proxy.log"
same "--visitor cookie:sid" "$(j '.general.visitors')" 3

# Opting out counts in lines and there only.
{
	printf '192.0.2.1 [%s:10:00:00 +0000] "GET /page HTTP/1.1" 200 100 "%s" "1" "-"\n' $d "$browser"
	printf '192.0.2.2 [%s:10:00:00 +0000] "GET /page HTTP/1.1" 200 100 "%s" "-" "1"\n' $d "$browser"
	printf '192.0.2.3 [%s:10:00:00 +0000] "GET /page HTTP/1.1" 200 100 "%s" "0" "-"\n' $d "$browser"
} >"$tmp/opt.log"
report --log-format '$remote_addr [$time_local] "$request" $status $body_bytes_sent "$http_user_agent" "$http_sec_gpc" "$http_dnt"' "$tmp/opt.log"
same "Sec-GPC and DNT" "$(j '.general | "\(.lines) \(.counted) \(.excluded.opt_out)"')" "3 1 2"

# Lines from tomorrow's clock.
line 192.0.2.1 06/Oct/2099:10:00:00 /page 200 100 >"$tmp/future.log"
line 192.0.2.1 $d:10:00:00 /page 200 100 >>"$tmp/future.log"
report --max-rejected 100 "$tmp/future.log"
same "a stamp ahead of the clock" "$(j '.general | "\(.counted) \(.rejected.future)"')" "1 1"

# Geography.
geo=$shared/data/mmdb
if [ -d "$geo" ]; then
	for i in 1 2 3 4 5 6; do line "81.2.69.$((159 + i))" "$d:10:00:0$i" /page 200 100; done >"$tmp/geo.log"
	vt report --format json --geo "$geo/GeoLite2-Country-Test.mmdb" "$tmp/geo.log"
	same "--geo country" "$code $(j '.panels.country[] | "\(.key) \(.hits)"')" "0 GB 6"
	for i in 1 2 3 4 5 6; do line "1.128.0.$i" "$d:10:00:0$i" /page 200 100; done >"$tmp/as.log"
	vt report --format json --geo "$geo/GeoLite2-Country-Test.mmdb" --geo "$geo/GeoLite2-ASN-Test.mmdb" "$tmp/as.log"
	same "--geo twice: networks" "$code $(j '.panels.as[] | "\(.key) \(.hits)"')" "0 AS1221 Telstra Pty Ltd 6"
	for broken in GeoIP2-City-Test-Invalid-Node-Count MaxMind-DB-test-broken-pointers-24; do
		vt report --format json --geo "$geo/$broken.mmdb" "$tmp/geo.log"
		if [ "$code" = 0 ]; then
			# Broken somewhere inside: then it knows nothing about these addresses, and that is all.
			same "--geo $broken: counted all the same" "$(j .general.counted)" 6
		else
			has "--geo $broken: a clear error" "$tmp/err" "$broken"
		fi
	done
	vt report --geo "$demo_log" "$tmp/geo.log"
	same "--geo with what is no database" "$(test "$code" = 1 -o "$code" = 2 && grep -c demo.log "$tmp/err")" 1
	vt report --geo "$tmp/missing.mmdb" "$tmp/geo.log"
	same "--geo with a missing file" "$(test "$code" = 1 -o "$code" = 2 && grep -c missing.mmdb "$tmp/err")" 1
else
	skip "--geo" "the shared data is not there ($geo)"
fi

# Text: width, colour, and no terminal here.
vt report "$demo_log"
same "text: no colours in a file" "$(grep -c "$(printf '\033')" "$tmp/out")" 0
same "text: no line is wider than 100 columns" "$(LC_ALL=C.UTF-8 awk 'length($0) > 300' "$tmp/out" | wc -l)" 0
has "text: says k" "$tmp/out" "5"
has "text: says what lies in (other)" "$tmp/out" "(other)"
for i in 1 2 3; do line "192.0.2.$i" "$d:10:00:0$i" /page 200 100; done >"$tmp/few.log"
vt report --format json "$tmp/few.log"
same "fewer than k units: the balance only" "$code $(j '"\(.general.lines) \(.general.visits) \([.panels[][]] | length)"')" "0 3 null 0"
vt report "$tmp/few.log"
same "fewer than k units: as text" "$code $(grep -c /page "$tmp/out")" "0 0"
