# The first run on a server that has been up for a while: access.log of today, access.log.1, access.log.2.gz to .14.gz,
# one for each day before. Configured as docs/operations.md says, then as cron would go on.
. tests/scenario/lib.sh

# The demo log has seven days from 6 October 2025 on: they come twice, so that the last is today, up to now.
logs=$tmp/logs
mkdir "$logs"
today=$(date -u +%F)
day_of() { date -u -d "$today - $1 days" "+$2"; }
one_day() { # AGE: the lines of that day
	grep -aF "[$(printf %02d $((6 + (20 - $1) % 7)))/Oct/2025:" "$demo_log" |
		sed "s#\[[0-9]*/Oct/2025:#[$(day_of "$1" %d/%b/%Y):#"
}
one_day 0 | awk -v now="$(date -u +%H:%M:%S)" '{ if (substr($4, 14) <= now) print }' >"$logs/access.log"
line 198.51.100.1 "$(date -u +%d/%b/%Y:%H:%M:%S)" /blog/now 200 100 >>"$logs/access.log"
one_day 1 >"$logs/access.log.1"
for age in $(seq 2 14); do one_day "$age" | gzip >"$logs/access.log.$age.gz"; done
total=$(zcat -f "$logs"/access.log* | wc -l)
same "fifteen files" "$(ls "$logs" | wc -l) $([ "$total" -gt 1000 ] && echo many)" "15 many"

state=$tmp/state
conf=$tmp/veiltally.conf
printf '[general]\nstate = %s\nmin_visitors = 2\n[source web]\nfiles = %s/access.log*\n[security-log]\npath = %s/security/security.log\n' \
	"$state" "$logs" "$tmp" >"$conf"
mkdir -m 700 "$tmp/security"

# No byte of a log in a message: no address, no page, no agent of the demo log.
zcat -f "$logs"/access.log* | awk '{ print $1; print $7 }' | sort -u | awk 'length($0) > 6' >"$tmp/words"
discreet() { # NAME: of what the last command said
	same "$1: nothing of a log" "$(cat "$tmp/out" "$tmp/err" | grep -cFf "$tmp/words")" 0
}
# kept NAME: the state's report is, byte for byte, that of the files.
kept() {
	vt report -c "$conf" -f json
	cp "$tmp/out" "$tmp/kept.json"
	same "$1: report" "$code $(wc -c <"$tmp/err")" "0 0"
	"$program" report --min-visitors 2 --gate day -f json "$logs"/access.log* >"$tmp/once.json" 2>"$tmp/err"
	same_file "$1: what one report over the files says" "$tmp/kept.json" "$tmp/once.json"
}
quiet_run() { # NAME
	vt run -c "$conf"
	same "$1: exit status, silence" "$code $(cat "$tmp/out" "$tmp/err" | wc -c)" "0 0"
	[ -s "$tmp/err" ] && cat "$tmp/err" >&2
}
sql() { sqlite3 -readonly "$state/state.db" "$1"; }

vt check -c "$conf"
same "check: exit status" "$code" 0
silent "check: no complaints" "$tmp/err"
has "check: files and format" "$tmp/out" "15 files: 15 combined"
discreet "check"

vt run -c "$conf" --dry-run
same "dry run: exit status" "$code" 0
silent "dry run: no complaints" "$tmp/err"
same "dry run: the files" "$(grep -c "^would read $logs/access.log" "$tmp/out")" 15
has "dry run: how many" "$tmp/out" "15 files, 0 of them unchanged"
discreet "dry run"
same "dry run: nothing is made" "$(ls "$tmp/security" "$state" 2>/dev/null | grep -cv :)" 0

# A day is closed by now when its end is more than the grace of 36 hours ago.
open_days() { # how many of the last days
	now=$(date -u +%s) n=0
	while [ $(($(date -u -d "$today" +%s) - (n - 1) * 86400 + 36 * 3600)) -gt "$now" ]; do n=$((n + 1)); done
	echo $n
}
began=$(open_days)
quiet_run "first run"
open=$(open_days)
if [ "$began" = "$open" ]; then
	same "the last days are open" "$(sql "SELECT count(*) FROM day_states WHERE state <> 'closed'")" "$open"
	same "the others are closed" "$(sql "SELECT count(*) FROM day_states WHERE state = 'closed'")" $((15 - open))
	same "no hot rows but theirs" "$(sql "SELECT count(DISTINCT day) FROM hot")" "$open"
	same "keys of open days only" "$(ls "$state/keys" | wc -l)" "$open"
	same "a security log per day, compressed when closed" \
		"$(ls "$tmp/security" | grep -c 'gz$') $(ls "$tmp/security" | grep -vc 'gz$')" "$((15 - open)) $open"
else
	skip "open and closed days" "the clock passed noon or midnight meanwhile"
fi
kept "first run"
same "every line" "$(j .general.lines "$tmp/kept.json")" "$total"
balance "every line: balance" "$tmp/kept.json"
for age in 0 1 2 14; do
	file=$(ls "$tmp/security/security.log-$(day_of $age %F)"*)
	same "security log, $age days ago" "$(zcat -f "$file" | wc -l)" "$(zcat -f "$logs/access.log"$([ $age = 0 ] || echo ".$age")$([ $age -lt 2 ] || echo .gz) | wc -l)"
done
vt report -c "$conf" -f json --since "$(day_of 9 %F)" --until "$(day_of 9 %F)"
same "a day that is closed" "$(j .general.lines)" "$(zcat "$logs/access.log.9.gz" | wc -l)"
vt audit "$state" "$tmp/security"
same "nothing names anyone" "$code" 0

# Nothing new.
began=$(date +%s%N)
quiet_run "second run"
took=$((($(date +%s%N) - began) / 1000000))
echo "a run with nothing new: $took ms" >&2
same "second run: quick" "$([ $took -lt 1000 ] && echo yes || echo "$took ms")" yes
kept "second run"

# As cron goes on: a few lines, a run, and at some point logrotate. All lines are of the last minutes.
more() { # N
	for n in $(seq "$1"); do
		line "198.51.100.$((n % 7 + 1))" "$(date -u +%d/%b/%Y:%H:%M:%S)" "/blog/fresh-$n" 200 100
	done >>"$logs/access.log"
}
rotate() {
	for age in $(seq 14 -1 2); do mv "$logs/access.log.$age.gz" "$logs/access.log.$((age + 1)).gz"; done
	gzip "$logs/access.log.1"
	mv "$logs/access.log.1.gz" "$logs/access.log.2.gz"
	mv "$logs/access.log" "$logs/access.log.1"
	: >"$logs/access.log"
}
for round in 1 2 3 4 5; do
	more 5
	[ $round = 3 ] && rotate
	quiet_run "cron, run $round"
done
kept "after cron"
same "after cron: every line" "$(j .general.lines "$tmp/kept.json")" $((total + 25))
mv "$logs/access.log.15.gz" "$tmp/"
quiet_run "the oldest file expires"
vt report -c "$conf" -f json
same_file "the oldest file expires: its figures stay" "$tmp/out" "$tmp/kept.json"
mv "$tmp/access.log.15.gz" "$logs/"
quiet_run "it comes back"
kept "it comes back"

# What goes wrong is said once, in a line, and does not stop the rest.
line 198.51.100.1 "$(day_of 9 %d/%b/%Y):12:00:00" /blog/late 200 1 >"$logs/access.log.late"
vt run -c "$conf"
same "a line of a closed day: exit status" "$code" 0
same "a line of a closed day: one message" "$(grep -c "1 lines came too late for a day that is closed" "$tmp/err") $(wc -l <"$tmp/err")" "1 1"
discreet "a line of a closed day"
vt report -c "$conf" -f json
same "a line of a closed day: in the balance only" "$(j '.general.counted') $(j '.general.excluded.late')" "$(j .general.counted "$tmp/kept.json") 1"

seq 1 500 | sed 's/^/secret-word-/' >>"$logs/access.log"
vt run -c "$conf"
same "lines that nobody can read: exit status" "$code" 3
has "lines that nobody can read: said" "$tmp/err" "500 of 500 lines could not be read"
same "lines that nobody can read: one message" "$(wc -l <"$tmp/err")" 1
same "lines that nobody can read: not shown" "$(grep -c secret-word "$tmp/err")" 0
more 1
quiet_run "and the next run"

sed "s|^files = .*|&\nfiles = $logs/error.log|" "$conf" >"$tmp/more.conf"
more 1
vt run -c "$tmp/more.conf"
same "a file that is not there: exit status" "$code" 1
same "a file that is not there: one message" "$(grep -c "$logs/error.log: no such file" "$tmp/err") $(wc -l <"$tmp/err")" "1 1"
vt report -c "$conf" -f json
same "a file that is not there: the others are read" "$(j .general.lines)" $((total + 25 + 1 + 500 + 2))
sed 's|^min_visitors = 2|min_visitors = two|' "$conf" >"$tmp/bad.conf"
vt run -c "$tmp/bad.conf"
same "a bad value: exit status, file and line" "$code $(grep -c "$tmp/bad.conf:3: min_visitors" "$tmp/err")" "2 1"

# A source given by its plain name: what was rotated before the first run is not its business.
sed "s|access.log\*|access.log|; s|$state|$tmp/plain|; s|$tmp/security|$tmp/plain.security|" "$conf" >"$tmp/plain.conf"
mkdir -m 700 "$tmp/plain.security"
rm "$logs/access.log.late"
vt run -c "$tmp/plain.conf" --max-rejected 100
same "by plain name: exit status, silence" "$code $(cat "$tmp/err" | wc -c)" "0 0"
vt report -c "$tmp/plain.conf" -f json
same "by plain name: only that file" "$(j .general.lines)" "$(wc -l <"$logs/access.log")"
