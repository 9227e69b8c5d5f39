# Days: keys that live as long as a day is open and no longer, what closes when, and what a state says about them.
. tests/scenario/lib.sh

for tool in jq sqlite3 flock; do
	command -v $tool >/dev/null || {
		skip days "$tool is not here"
		exit 0
	}
done
now=$(date +%s)
clf() { date -u -d "@$((now - $1 * 86400))" +%d/%b/%Y; } # so many days ago
iso() { date -u -d "@$((now - $1 * 86400))" +%Y-%m-%d; }
since_end() { echo $((now % 86400 + 86400 * ($1 - 1))); } # seconds since the day so many days ago ended

# traffic DATE FROM STEP N [TARGET]: N lines of nine clients over a few pages; FROM and STEP are seconds.
traffic() {
	awk -v date="$1" -v at="$2" -v step="$3" -v n="$4" -v target="${5:-}" -v agent="$browser" 'BEGIN {
		split("/ /products /products/lamps /contact /news /help /about", page, " ")
		for (i = 0; i < n; i++) {
			t = at + i * step
			printf "192.0.2.%d - - [%s:%02d:%02d:%02d +0000] \"GET %s HTTP/1.1\" 200 %d \"%s\" \"%s\"\n", i % 9 + 1, date,
				t / 3600, t / 60 % 60, t % 60, target ? target : page[int(i / 9) % 7 + 1], 100 + i % 50,
				i % 3 ? "-" : "https://www.google.com/", agent
		}
	}'
}

# hex FILE…: their bytes as one string
hex() { cat "$@" | od -An -v -tx1 | tr -d ' \n'; }
# everything below a directory, by name, time and content; readers mark their place in the journal's index
fingerprint() { find "$1" ! -name '*-shm' -exec stat -c '%n %s %y %i %a' {} + | sort | sha256sum && find "$1" -type f -exec sha256sum {} + | sort | sha256sum; }
state_of() { sqlite3 -readonly "$1/state.db" "SELECT state FROM day_states WHERE day = '$2'"; }
figure() { jq -r "$1" "$tmp/report"; }
report() { # report STATE ARGS…
	at=$1
	shift
	"$program" report --state "$at" -f json "$@" >"$tmp/report" 2>"$tmp/report.err"
}

# ---- 1. runs of one day agree, days differ, visits go on across runs and midnight -----------------------------------
log=$tmp/visits.log
{
	traffic "$(clf 4)" 82800 97 36 # to the end of the day …
	traffic "$(clf 3)" 0 61 50     # … and over midnight
	traffic "$(clf 3)" 84600 50 35
	traffic "$(clf 2)" 0 300 30
} >"$tmp/all.log"
lines=$(wc -l <"$tmp/all.log")
at=0
for piece in 10 20 5 1 30 25 30 $lines; do
	awk -v from=$at -v to=$((at + piece)) 'NR > from && NR <= to' "$tmp/all.log" >>"$log"
	at=$((at + piece))
	vt run --state "$tmp/visits" --grace manual --security-log "$tmp/visits.sec" "$log"
	same "visits: a run over $at lines" "$code$(cat "$tmp/err")" 0
done
"$program" report --gate day -f json "$log" >"$tmp/once"
for format in json csv; do
	"$program" report --state "$tmp/visits" -f $format >"$tmp/kept.$format"
	"$program" report --gate day -f $format "$log" >"$tmp/once.$format"
	same_file "visits: eight runs are one report over the whole ($format)" "$tmp/kept.$format" "$tmp/once.$format"
done
"$program" report -f json --gate day "$log" >"$tmp/out"
visits=$(j .general.visits)
for day in 4 3 2; do
	grep "$(clf $day)" "$log" >"$tmp/alone.log"
	"$program" report -f json --gate day "$tmp/alone.log" | jq .general.visits
done | awk '{ n += $1 } END { print n }' >"$tmp/sum"
same "visits: fewer than the days alone have, they go over midnight" "$([ "$visits" -lt "$(cat "$tmp/sum")" ] && echo yes)" yes
for day in 4 3 2; do
	# The lines of the security log are those of the log, in order: client and pseudonym side by side.
	grep "$(clf $day)" "$log" | cut -d ' ' -f 1 >"$tmp/clients"
	cut -d ' ' -f 1 "$tmp/visits.sec-$(iso $day)" >"$tmp/pseudonyms"
	same "pseudonyms: every line of $day days ago has one" "$(wc -l <"$tmp/pseudonyms")" "$(wc -l <"$tmp/clients")"
	same "pseudonyms: one for each client in all runs, $day days ago" "$(paste "$tmp/clients" "$tmp/pseudonyms" | sort -u | wc -l)/$(sort -u "$tmp/pseudonyms" | wc -l)" 9/9
	same "pseudonyms: one key, $day days ago" "$(grep -o 'kid=[0-9a-f]*' "$tmp/visits.sec-$(iso $day)" | sort -u | wc -l)" 1
	cat "$tmp/pseudonyms"
done | tee "$tmp/told" | grep -E '^(ok|not ok|skip) '
same "pseudonyms: other days, other pseudonyms" "$(grep -c '^v_' "$tmp/told") $(grep '^v_' "$tmp/told" | sort -u | wc -l)" "$lines 27"
same "keys: one file for each open day and no more" "$(ls "$tmp/visits/keys" | tr '\n' ' ')" "$(for d in 4 3 2; do echo "$(iso $d).key"; done | tr '\n' ' ')"

# ---- 2. a day closes when its grace is over, and not while a source cannot be read ------------------------------------
traffic "$(clf 2)" 36000 40 90 >"$tmp/two.log"
traffic "$(clf 1)" 0 40 90 >>"$tmp/two.log"
long=$(($(since_end 2) + 600)) short=$(($(since_end 2) - 600))
run_two() { vt run --state "$tmp/grace" --security-log "$tmp/grace.sec" --grace "$@"; }
run_two $long "$tmp/two.log"
same "grace: not over yet" "$code $(state_of "$tmp/grace" "$(iso 2)")" "0 hot"
cp "$tmp/grace/keys/$(iso 2).key" "$tmp/the.key"
report "$tmp/grace" && jq -S . "$tmp/report" >"$tmp/before"
run_two manual "$tmp/two.log"
same "grace: manual" "$code $(state_of "$tmp/grace" "$(iso 2)")" "0 hot"
vt run --state "$tmp/grace" --grace $short --dry-run "$tmp/two.log"
has "grace: a dry run names the day that is due" "$tmp/out" "would close $(iso 2)"
same "grace: and no other" "$(grep -c 'would close' "$tmp/out")" 1
traffic "$(clf 2)" 50000 10 900 >"$tmp/third.log"
gzip -c "$tmp/third.log" | head -c 900 >"$tmp/broken.log.gz"
for bad in "$tmp/missing.log" "$tmp/visits/keys" "$tmp/broken.log.gz"; do
	run_two $short "$tmp/two.log" "$bad"
	same "grace: a source cannot be read ($(basename "$bad")): exit status" "$code" 1
	has "grace: it is named ($(basename "$bad"))" "$tmp/err" "$bad"
	same "grace: the day stays open ($(basename "$bad"))" "$(state_of "$tmp/grace" "$(iso 2)")" hot
done
gzip -c "$tmp/third.log" >"$tmp/broken.log.gz"
run_two $short "$tmp/two.log" "$tmp/broken.log.gz"
same "grace: over" "$code $(state_of "$tmp/grace" "$(iso 2)") $(state_of "$tmp/grace" "$(iso 1)")" "0 closed hot"
silent "grace: closing says nothing" "$tmp/err"
same "grace: what the file still had is counted" "$(report "$tmp/grace" && figure .general.hits)" 1080
same "grace: the key is gone, the other day's is there" "$(ls "$tmp/grace/keys" | tr '\n' ' ')" "$(iso 1).key "
same "grace: the security log of that day is compressed" "$(ls "$tmp" | grep '^grace.sec' | tr '\n' ' ')" "grace.sec-$(iso 2).gz grace.sec-$(iso 1) "
run_two $short "$tmp/two.log"
same "grace: nothing more to do" "$code$(cat "$tmp/err")" 0

# A day that nothing new came for closes, too.
vt run --state "$tmp/idle" --grace manual "$tmp/two.log"
vt run --state "$tmp/idle" --grace $short "$tmp/two.log"
same "grace: a run without a new line closes what is due" "$code $(state_of "$tmp/idle" "$(iso 2)")" "0 closed"

# ---- 3. close by hand; what is gone is gone ---------------------------------------------------------------------------
vt run --state "$tmp/close" --grace manual --security-log "$tmp/close.sec" "$tmp/two.log"
report "$tmp/close" && cp "$tmp/report" "$tmp/hot.json"
key=$tmp/close/keys/$(iso 2).key
escrowed=$(hex "$key" | cut -c 65-128) counting=$(hex "$key" | cut -c 129-192)
sqlite3 -readonly "$tmp/close/state.db" "SELECT lower(hex(body)) FROM hot WHERE day = $((now / 86400 - 2)) AND tbl > 0 AND length(body) > 60" |
	cut -c 1-64 | sort -u >"$tmp/blobs"
sqlite3 -readonly "$tmp/close/state.db" "SELECT lower(hex(key)) FROM hot WHERE day = $((now / 86400 - 2)) AND length(key) >= 16" |
	sort -u >"$tmp/rowkeys"
same "close: there is something to look for" "$([ "$(wc -l <"$tmp/blobs")" -gt 15 ] && [ "$(wc -l <"$tmp/rowkeys")" -gt 10 ] && [ ${#counting} = 64 ] && echo yes)" yes
everything() { find "$1" -type f | sort | while read -r file; do hex "$file" && echo; done; }
everything "$tmp/close" >"$tmp/bytes"
same "close: control: both keys are found before" "$(grep -c "$escrowed$counting" "$tmp/bytes")" 1
same "close: control: sealed rows are found before" "$(grep -oF -f "$tmp/blobs" "$tmp/bytes" | sort -u | wc -l)" "$(wc -l <"$tmp/blobs")"
vt close --state "$tmp/close" --security-log "$tmp/close.sec" --day "$(iso 2)"
same "close --day: exit status" "$code" 0
same "close --day: that day only" "$(state_of "$tmp/close" "$(iso 2)") $(state_of "$tmp/close" "$(iso 1)")" "closed hot"
everything "$tmp/close" >"$tmp/bytes"
same "close: neither key stands anywhere" "$(grep -c -e "$escrowed" -e "$counting" "$tmp/bytes")" 0
same "close: nor a sealed row" "$(grep -oF -f "$tmp/blobs" "$tmp/bytes" | wc -l)" 0
same "close: nor the key of one" "$(grep -oF -f "$tmp/rowkeys" "$tmp/bytes" | wc -l)" 0
same "close: the journal is empty" "$(cat "$tmp/close/state.db-wal" 2>/dev/null | wc -c)" 0
report "$tmp/close"
same_file "close: the figures stay" "$tmp/report" "$tmp/hot.json"
vt close --state "$tmp/close" --security-log "$tmp/close.sec" --day 2020-01-01
same "close: a day that is not there" "$code $(state_of "$tmp/close" "$(iso 1)")" "1 hot"
vt close --state "$tmp/close" --security-log "$tmp/close.sec"
same "close: all" "$code $(sqlite3 "$tmp/close/state.db" "SELECT count(*) FROM hot") $(ls "$tmp/close/keys" | wc -l)" "0 0 0"
same "close: pseudonyms stay in the compressed log" "$(gzip -dc "$tmp/close.sec-$(iso 2).gz" | grep -c '^v_')" 90

# A reader that holds the journal: the day stays closing, the next run tries again.
vt run --state "$tmp/held" --grace manual "$tmp/two.log"
mkfifo "$tmp/hold"
sqlite3 -readonly "$tmp/held/state.db" <"$tmp/hold" >"$tmp/held.out" &
reader=$!
exec 8>"$tmp/hold"
echo "BEGIN; SELECT count(*) FROM hot; SELECT 'reading';" >&8
for i in 1 2 3 4 5 6 7 8 9 10; do grep -q reading "$tmp/held.out" && break || sleep 0.1; done
vt close --state "$tmp/held" --wait 1
same "a reader of old rows: the days do not end" "$(state_of "$tmp/held" "$(iso 2)") $(state_of "$tmp/held" "$(iso 1)")" "closing closing"
has "a reader of old rows: it is said" "$tmp/err" "the next run tries again"
same "a reader of old rows: the keys are gone all the same" "$(ls "$tmp/held/keys" | wc -l)" 0
echo "COMMIT; .quit" | tr ';' '\n' | sed 's/^ //; s/COMMIT/COMMIT;/' >&8
exec 8>&-
wait $reader
vt run --state "$tmp/held" --grace manual "$tmp/two.log"
same "a reader of old rows: the next run ends them" "$code $(state_of "$tmp/held" "$(iso 2)") $(cat "$tmp/held/state.db-wal" 2>/dev/null | wc -c)" "0 closed 0"

# ---- 4. late lines, the future, forged dates ---------------------------------------------------------------------------
report "$tmp/grace" && cp "$tmp/report" "$tmp/then"
traffic "$(clf 2)" 70000 30 12 >>"$tmp/two.log"
traffic "$(clf 1)" 4000 30 6 >>"$tmp/two.log"
run_two $short --stats "$tmp/stats" "$tmp/two.log"
same "late: exit status" "$code" 0
has "late: told how many" "$tmp/err" "12 lines came too late"
same "late: counted as such" "$(jq -c '[.lines, .counted, .excluded.late]' "$tmp/stats")" "[18,6,12]"
report "$tmp/grace"
balance "late: the balance of the state" "$tmp/report"
same "late: in the report" "$(figure .general.excluded.late) $(($(figure .general.hits) - $(jq .general.hits "$tmp/then")))" "12 6"
same "late: the closed day is as it was" "$(jq -c ".panels.day[] | select(.key == \"$(iso 2)\")" "$tmp/report")" \
	"$(jq -c ".panels.day[] | select(.key == \"$(iso 2)\")" "$tmp/then")"
same "late: no key of that day again" "$(ls "$tmp/grace/keys" | tr '\n' ' ')" "$(iso 1).key "
same "late: not in the security log of the closed day" "$(gzip -dc "$tmp/grace.sec-$(iso 2).gz" | wc -l)" "$(grep -c "$(clf 2)" "$tmp/two.log" | awk '{ print $1 - 12 + 900 }')"

stamp() { date -u -d "@$1" +%d/%b/%Y:%H:%M:%S; }
{
	traffic "$(clf 1)" 0 40 60
	line 192.0.2.1 "$(stamp $((now + 1800)))" /soon 200 10
	line 192.0.2.2 "$(stamp $((now + 3500)))" /soon 200 10
	line 192.0.2.3 "$(stamp $((now + 3900)))" /later 200 10
	line 192.0.2.4 "$(stamp $((now + 86400)))" /later 200 10
	line 192.0.2.5 01/Jan/2099:00:00:00 /later 200 10
	line 192.0.2.6 31/Dec/9999:23:59:59 /later 200 10
	traffic "$(clf 1)" 3000 40 10
} >"$tmp/future.log"
vt run --state "$tmp/future" --max-rejected 100 --stats "$tmp/stats" "$tmp/future.log"
same "the future: four lines are rejected, those within an hour are not" "$code $(jq -c '[.lines, .counted, .rejected.future]' "$tmp/stats")" "0 [76,72,4]"
same "the future: no such day, no such key" "$(sqlite3 "$tmp/future/state.db" "SELECT count(*) FROM day WHERE day > $((now / 86400 + 1))") $(ls "$tmp/future/keys" | grep -cE '^(2099|9999)')" "0 0"
report "$tmp/future"
balance "the future: the balance" "$tmp/report"

{
	traffic "$(clf 1)" 0 40 60
	line 192.0.2.1 01/Jan/1970:00:00:00 /forged 200 10
	line 192.0.2.2 01/Jan/0001:00:00:00 /forged 200 10
	for year in $(seq 1971 1999); do line 192.0.2.3 "07/Mar/$year:11:00:00" /forged 200 10; done
	traffic "$(clf 1)" 3000 40 10
} >"$tmp/forged.log"
grep -v /forged "$tmp/forged.log" >"$tmp/honest.log"
vt run --state "$tmp/forged" --max-open-days 12 --max-rejected 100 --stats "$tmp/stats" "$tmp/forged.log"
same "forged dates: exit status" "$code" 0
same "forged dates: all lines are accounted for" "$(jq '.lines == .counted + ([.excluded[]] | add) + ([.rejected[]] | add)' "$tmp/stats")" true
same "forged dates: open days are bounded" "$(jq '.excluded.too_many_days > 15' "$tmp/stats")" true
report "$tmp/forged" --since "$(iso 1)" --until "$(iso 1)" && jq -S '.general.hits, .panels' "$tmp/report" >"$tmp/with"
vt run --state "$tmp/honest" --max-rejected 100 "$tmp/honest.log"
report "$tmp/honest" --since "$(iso 1)" --until "$(iso 1)" && jq -S '.general.hits, .panels' "$tmp/report" >"$tmp/without"
same_file "forged dates: yesterday's figures are what they are without" "$tmp/with" "$tmp/without"
same "forged dates: their days are over, only yesterday is open" "$(sqlite3 "$tmp/forged/state.db" "SELECT group_concat(day) FROM day_states WHERE state = 'hot'") $(ls "$tmp/forged/keys" | grep -cE '^(19|0)')" "$(iso 1) 0"
same "forged dates: nothing of them is named" "$(report "$tmp/forged" && grep -c forged "$tmp/report")" 0
printf '[general]\nstate = %s\n[source x]\nfiles = %s\n' "$tmp/forged" "$tmp/forged.log" >"$tmp/forged.conf"
vt check -c "$tmp/forged.conf"
same "forged dates: the state is sound" "$code" 0

# ---- 5. the key of a hot day is gone: a reboot with keys on a tmpfs -----------------------------------------------------
keys=$tmp/tmpfs/keys
mkdir "$tmp/tmpfs"
traffic "$(clf 1)" 1000 20 90 >"$tmp/boot.log"
traffic "$(clf 1)" 5000 20 45 /before-the-boot >>"$tmp/boot.log"
run_boot() { vt run --state "$tmp/boot" --keys "$keys" --grace manual --security-log "$tmp/boot.sec" "$@" "$tmp/boot.log"; }
run_boot
same "reboot: keys are where they were told to be" "$code $(ls "$keys" | grep -c "$(iso 1).key") $(ls "$tmp/boot/keys" 2>/dev/null | wc -l)" "0 1 0"
rm -rf "$keys"
vt report --state "$tmp/boot" --keys "$keys" -f json
same "reboot: a report before the next run" "$code $(j .general.hits)" "0 135"
same "reboot: makes no key" "$(ls "$keys" 2>/dev/null | wc -l)" 0
traffic "$(clf 1)" 9000 20 54 /after-the-boot >>"$tmp/boot.log"
traffic "$(clf 1)" 10500 20 63 >>"$tmp/boot.log" # what has the fewest joins (other), which lost its addresses
run_boot
same "reboot: the day goes on" "$code" 0
same "reboot: one warning" "$(grep -c . "$tmp/err") $(grep -c "the key of $(iso 1) is gone" "$tmp/err")" "1 1"
traffic "$(clf 1)" 12000 20 27 /after-the-boot >>"$tmp/boot.log"
run_boot
same "reboot: and no second one" "$code$(cat "$tmp/err")" 0
total=$(wc -l <"$tmp/boot.log")
for when in open closed; do
	vt report --state "$tmp/boot" --keys "$keys" -f json
	cp "$tmp/out" "$tmp/report"
	balance "reboot, $when: the balance" "$tmp/report"
	same "reboot, $when: counters are exact" "$(figure .general.lines) $(figure .general.hits) $(figure .general.bytes)" \
		"$total $total $(awk '{ n += $10 } END { print n }' "$tmp/boot.log")"
	same "reboot, $when: page views are exact" "$(figure '[.panels.page[].hits] | add') $(figure .general.pages)" "$total $total"
	same "reboot, $when: hours and status too" "$(figure '[.panels.hour[].hits] | add') $(figure '.panels.status[] | select(.key == "200") | .hits')" "$total $total"
	same "reboot, $when: what was sealed is in (other)" "$(figure '.panels.page[] | select(.key == "(other)") | .hits >= 135') $(grep -c before-the-boot "$tmp/report")" "true 0"
	same "reboot, $when: what came after it is named" "$(figure '.panels.page[] | select(.key == "/after-the-boot") | .hits')" 81
	[ $when = open ] && vt close --state "$tmp/boot" --keys "$keys" --security-log "$tmp/boot.sec" && same "reboot: the day closes" "$code" 0
done
gzip -dc "$tmp/boot.sec-$(iso 1).gz" >"$tmp/boot.lines"
same "reboot: the security log goes on, each line once" "$(wc -l <"$tmp/boot.lines")" "$total"
same "reboot: under a second kid" "$(grep -o 'kid=[0-9a-f]*' "$tmp/boot.lines" | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" "135 144 "
same "reboot: with other pseudonyms" "$(cut -d ' ' -f 1 "$tmp/boot.lines" | sort -u | wc -l)" 18

# Keys that are damaged are no reason to begin new ones in silence.
vt run --state "$tmp/spoilt" --grace manual "$tmp/two.log"
printf x | dd of="$tmp/spoilt/keys/$(iso 1).key" bs=1 seek=70 conv=notrunc 2>/dev/null
traffic "$(clf 1)" 30000 40 9 >>"$tmp/two.log"
before=$(sha256sum <"$tmp/spoilt/keys/$(iso 1).key")
vt run --state "$tmp/spoilt" --grace manual "$tmp/two.log"
same "a damaged key file: refused, left alone" "$code $(sha256sum <"$tmp/spoilt/keys/$(iso 1).key")" "1 $before"

# ---- 6. destroyed on demand -----------------------------------------------------------------------------------------------
vt run --state "$tmp/destroy" --grace manual --security-log "$tmp/destroy.sec" "$tmp/boot.log"
key=$tmp/destroy/keys/$(iso 1).key
escrowed=$(hex "$key" | cut -c 65-128) counting=$(hex "$key" | cut -c 129-192)
vt keys --state "$tmp/destroy"
same "keys: the list names the open day" "$code $(grep -c "$(iso 1)" "$tmp/out")" "0 1"
has "keys: as hot" "$tmp/out" hot
same "keys: no key in the list" "$(grep -c -e "$escrowed" -e "$counting" "$tmp/out")" 0
vt keys --state "$tmp/destroy" --security-log "$tmp/destroy.sec" --destroy "$(iso 1)"
same "destroy: asks first" "$([ "$code" != 0 ] && state_of "$tmp/destroy" "$(iso 1)")" hot
vt keys --state "$tmp/destroy" --security-log "$tmp/destroy.sec" --destroy "$(iso 1)" --yes --reason "a warrant was announced"
same "destroy: done" "$code $(state_of "$tmp/destroy" "$(iso 1)") $(ls "$tmp/destroy/keys" | grep -c "$(iso 1)")" "0 closed 0"
everything "$tmp/destroy" >"$tmp/bytes"
same "destroy: neither key stands anywhere" "$(grep -c -e "$escrowed" -e "$counting" "$tmp/bytes")" 0
vt ledger --state "$tmp/destroy"
has "destroy: is in the ledger" "$tmp/out" "a warrant was announced"
report "$tmp/destroy"
balance "destroy: the balance" "$tmp/report"
same "destroy: counters stay, names are folded" "$(figure .general.hits) $(figure '[.panels.page[]?.key] - ["(other)"] | length')" "$total 0"
vt keys --state "$tmp/destroy"
has "keys: the day is closed" "$tmp/out" closed

# ---- 7. retention ------------------------------------------------------------------------------------------------------------
cat >"$tmp/retention.conf" <<-END
	[general]
	state = $tmp/retention
	[source web]
	files = $tmp/months.log
	[security-log]
	path = $tmp/retention.sec
	retention = 60
	[retention]
	trend_days = 5
	trend_months = 3
END
for day in 200 70 69 40 39 5 1; do traffic "$(clf $day)" 30000 60 50; done >"$tmp/months.log"
vt run -c "$tmp/retention.conf"
same "retention: exit status" "$code$(cat "$tmp/err")" 0
spans() { sqlite3 -readonly "$tmp/retention/state.db" "SELECT DISTINCT first || '/' || last FROM days ORDER BY 1"; }
month_of() { date -u -d "$1" +%Y-%m; }
kept=0
for day in 70 69 40 39; do kept=$((kept + 50)); done
spans >"$tmp/spans"
same "retention: the day that is five days old stays a day" "$(grep -c "^$(iso 5)/$(iso 5)\$" "$tmp/spans")" 1
for day in 70 69 40 39; do # whole calendar months, over for more than five days
	same "retention: of $day days ago there is a month, no day" "$(grep -c "^$(month_of "$(iso $day)")-01/$(month_of "$(iso $day)")-[23]" "$tmp/spans") $(grep -c "^$(iso $day)/$(iso $day)\$" "$tmp/spans")" "1 0"
done
same "retention: what is older than three months is gone" "$(grep -c "^$(month_of "$(iso 200)")" "$tmp/spans")" 0
report "$tmp/retention"
balance "retention: the balance" "$tmp/report"
same "retention: the lines of the rest are all there" "$(figure .general.hits)" $((kept + 100))
same "retention: pages add up" "$(figure '[.panels.page[].hits] | add')" $((kept + 100))
same "retention: security logs of 60 days" "$(ls "$tmp" | grep '^retention.sec-' | tr '\n' ' ')" "$(for d in 40 39 5; do echo "retention.sec-$(iso $d).gz"; done | tr '\n' ' ')retention.sec-$(iso 1) "
vt check -c "$tmp/retention.conf"
same "retention: the state is sound" "$code" 0

# ---- 8. one state, two sites; periods -------------------------------------------------------------------------------------------
for day in 3 2 1; do traffic "$(clf $day)" 20000 30 80; done >"$tmp/a.log"
for day in 3 2 1; do traffic "$(clf $day)" 21000 70 45 /only-b; done >"$tmp/b.log"
cat >"$tmp/sites.conf" <<-END
	[general]
	state = $tmp/sites
	grace = manual
	[source a]
	files = $tmp/a.log
	site = a.example
	[source b]
	files = $tmp/b.log
	site = b.example
END
vt run -c "$tmp/sites.conf"
same "sites: exit status" "$code$(cat "$tmp/err")" 0
vt close -c "$tmp/sites.conf" --day "$(iso 3)"
for site in a b; do
	# Two days are open, one is closed: the report says the same of all.
	report "$tmp/sites" --site $site.example
	"$program" report --gate day -f json --site $site.example "$tmp/$site.log" | sed '/"bytes_read"/d' >"$tmp/wanted"
	sed -i '/"bytes_read"/d' "$tmp/report" # belongs to no site
	same_file "sites: $site.example is the report over its log" "$tmp/report" "$tmp/wanted"
	for period in "$(iso 3) $(iso 3)" "$(iso 2) $(iso 2)" "$(iso 3) $(iso 2)" "$(iso 2) $(iso 1)"; do
		report "$tmp/sites" --site $site.example --since "${period% *}" --until "${period#* }"
		"$program" report --gate day -f json --site $site.example --since "${period% *}" --until "${period#* }" "$tmp/$site.log" >"$tmp/wanted"
		for file in report wanted; do jq -S 'del(.general.lines, .general.bytes_read, .general.excluded.period)' "$tmp/$file" >"$tmp/$file.part"; done
		same_file "sites: $site.example, $period" "$tmp/report.part" "$tmp/wanted.part"
	done
done
report "$tmp/sites"
same "sites: both together" "$(figure '.general.hits, (.panels.site[] | .key, .hits)' | tr '\n' ' ')" "375 a.example 240 b.example 135 "
report "$tmp/sites" --site nobody.example
same "sites: one that is not there" "$(figure .general.lines)" 0

# ---- 9. nothing is changed: --dry-run, reports, other files -----------------------------------------------------------------------
vt run --state "$tmp/virgin" --dry-run "$tmp/a.log"
same "dry run before the first: exit status" "$code" 0
has "dry run before the first: what would be read" "$tmp/out" "would read $tmp/a.log"
same "dry run before the first: makes nothing" "$(ls -d "$tmp/virgin" 2>/dev/null | wc -l)" 0
traffic "$(clf 1)" 60000 40 9 >>"$tmp/a.log"
before=$(fingerprint "$tmp/sites")
for command in "run --dry-run" "run --dry-run --grace 0" report "report --format csv" keys ledger; do
	vt $command -c "$tmp/sites.conf"
	same "$command: exit status" "$code" 0
	same "$command: not a byte, not a time stamp of the state changes" "$(fingerprint "$tmp/sites")" "$before"
done
vt run -c "$tmp/sites.conf" --dry-run
has "dry run: what would be read" "$tmp/out" "would read $tmp/a.log from where it was left"
same "dry run: that alone" "$(grep -c 'would read' "$tmp/out")" 1
vt run -c "$tmp/sites.conf" --stats -
same "dry run: and then it is read" "$(j .lines)" 9

refused() { # refused NAME TEXT: no command works on $tmp/other, and none touches it
	before=$(sha256sum "$tmp/other/state.db")
	for command in "run $tmp/a.log" "run --dry-run $tmp/a.log" close report; do
		vt ${command%% *} --state "$tmp/other" $(echo "$command" | cut -s -d ' ' -f 2-)
		same "$1: ${command% /*}: exit status" "$code" 1
		has "$1: ${command% /*}: why" "$tmp/err" "$2"
		same "$1: ${command% /*}: untouched" "$(sha256sum "$tmp/other/state.db")" "$before"
	done
}
other() { rm -rf "$tmp/other" && cp -a "$tmp/sites" "$tmp/other"; }
other && sqlite3 "$tmp/other/state.db" "PRAGMA user_version = 99"
refused "a newer schema" "newer veiltally"
other && head -c 20000 "$tmp/sites/state.db" >"$tmp/other/state.db"
refused "a truncated state" "state.db"
other && rm "$tmp/other/state.db" && sqlite3 "$tmp/other/state.db" "CREATE TABLE theirs(x); INSERT INTO theirs VALUES (1)"
refused "somebody else's database" "state.db"
other && cp "$tmp/a.log" "$tmp/other/state.db"
refused "no database" "state.db"
other && : >"$tmp/other/state.db"
refused "an empty file" "the file is empty"
other && sqlite3 "$tmp/other/state.db" "UPDATE day SET key_lost = 1 - key_lost"
refused "a changed row" "damaged"
vt run --state "$tmp/sites" --tz Europe/Berlin "$tmp/a.log"
same "another time zone: refused" "$code $(grep -c 'time zone' "$tmp/err")" "1 1"

# ---- 10. two processes -------------------------------------------------------------------------------------------------------------
traffic "$(clf 1)" 61000 40 9 >>"$tmp/a.log"
flock "$tmp/sites/lock" sleep 3 &
sleep 0.3
start=$(date +%s%N)
vt run -c "$tmp/sites.conf" --wait 0
same "two processes: refused at once" "$code $((($(date +%s%N) - start) < 900000000))" "1 1"
has "two processes: why" "$tmp/err" "is at work on this state"
vt close -c "$tmp/sites.conf" --wait 1
same "two processes: close, too" "$code" 1
vt report -c "$tmp/sites.conf" -f json
same "two processes: reports need not wait" "$code $(j .general.hits)" "0 384"
vt run -c "$tmp/sites.conf" --dry-run --wait 0
same "two processes: nor does a dry run" "$code $(grep -c 'would read' "$tmp/out")" "0 1"
vt run -c "$tmp/sites.conf" --wait 20 --stats -
same "two processes: who waits gets his turn" "$code $(j .lines)" "0 9"
wait

# A real one: figures of the last commit while a run holds the state.
for i in $(seq 600); do grep -v "$(clf 3)" "$tmp/b.log"; done >"$tmp/big.log"
"$program" run --state "$tmp/sites" --grace manual "$tmp/big.log" 2>"$tmp/big.err" &
big=$!
read_while=0 odd=0
while kill -0 $big 2>/dev/null; do
	report "$tmp/sites" || odd=$((odd + 1))
	[ "$(figure .general.lines)" = 393 ] && read_while=$((read_while + 1))
done
wait $big
same "a long run: done" "$?$(cat "$tmp/big.err")" 0
same "a long run: reports meanwhile have the figures of before" "$([ $read_while -gt 0 ] && echo yes) $odd" "yes 0"
report "$tmp/sites"
balance "a long run: the balance" "$tmp/report"
