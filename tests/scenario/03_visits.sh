# Visits, visitors and reordered hits as DESIGN.md section 3 defines them, against a reference in awk: over logs of
# plain browsers only (whom the program counts as people), and over small cases at the edges.
. tests/scenario/lib.sh

# Reads a combined log in file order, prints "visits visitors reordered".
#
# Unit = the address (all IPv4 here); visitor = unit and agent in one UTC day; visit = hits of one unit and agent with
# no gap over 30 minutes, past midnight too. A hit at most one timeout older than its visit's first hit joins it and
# becomes its entry; an older one is a visit of its own, counted as reordered. What is in order is asked within a
# visitor's day, and over midnight within one timeout.
reference() {
	awk -F '"' '
	function days(y, m, d) {
		if (m < 3) { y--; m += 12 }
		return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * (m - 3) + 2) / 5) + d - 1 - 719468
	}
	{
		split($1, f, " ")
		split(substr(f[4], 2), t, /[\/:]/)
		zone = (substr(f[5], 2, 2) * 60 + substr(f[5], 4, 2)) * (substr(f[5], 1, 1) == "-" ? -60 : 60)
		if (t[3] t[2] t[1] != date) {
			date = t[3] t[2] t[1]
			midnight = days(t[3] + 0, (index("JanFebMarAprMayJunJulAugSepOctNovDec", t[2]) + 2) / 3, t[1] + 0) * 86400
		}
		now = midnight + t[4] * 3600 + t[5] * 60 + t[6] - zone
		day = int(now / 86400)
		who = f[1] SUBSEP $(NF - 1)
		me = who SUBSEP day; yesterday = who SUBSEP (day - 1); tomorrow = who SUBSEP (day + 1)
		if (!(me in met)) { # a visit of the evening may go on
			met[me]; visitors++
			if (yesterday in first && now % 86400 <= 1800) before[me] = yesterday
		}
		if (tomorrow in first && now % 86400 >= 86400 - 1800) { # the night came first
			if (now < first[tomorrow] - 1800) { visits++; reordered++; next }
			first[me] = now; last[me] = last[tomorrow]
			delete first[tomorrow]; delete last[tomorrow]
			before[tomorrow] = me
			next
		}
		if (me in before && (now > last[before[me]] + 1800 || now < first[before[me]] - 1800)) delete before[me]
		if (me in before) me = before[me]
		if (!(me in first) || now > last[me] + 1800) {
			visits++
			first[me] = last[me] = now
		} else if (now < first[me] - 1800) {
			visits++
			reordered++
		} else {
			if (now > last[me]) last[me] = now
			if (now < first[me]) first[me] = now
		}
	}
	END { printf "%d visits, %d visitors, %d reordered\n", visits, visitors, reordered }' "$1"
}

got() { j '.general | "\(.visits) visits, \(.visitors) visitors, \(.reordered) reordered"'; }

# Real logs cut down to what is a browser beyond doubt.
browsers() {
	awk -F '"' 'NF == 7 && $6 ~ /^Mozilla\/5\.0 \((Windows NT|Macintosh|X11; (Linux|Ubuntu)|iPhone|iPad)/ &&
		$6 ~ /(Chrome\/[0-9.]+ Safari\/[0-9.]+|Firefox\/[0-9.]+|Version\/[0-9.]+ (Mobile\/[0-9A-Z]+ )?Safari\/[0-9.]+)$/ &&
		tolower($6) !~ /bot|crawl|spider|http|compatible|preview|headless|lighthouse|page ?speed|phantom|slurp|feed|@|google web|snippet|monitor|check/'
}
for name in wordpress-2016 semicomplete-2015; do
	log=$shared/data/logs/$name.combined.log.gz
	if [ ! -f "$log" ]; then
		skip "$name" "the shared data is not there ($log)"
		continue
	fi
	gzip -dc "$log" | browsers >"$tmp/people.log"
	vt report --min-visitors 1 --format json "$tmp/people.log"
	same "$name: all are people" "$(test "$(wc -l <"$tmp/people.log")" -gt 2000 && j '[.panels.crawler[].hits] | add // 0')" 0
	same "$name: nothing is rejected" "$(j '[.general.rejected[]] | add // 0')" 0
	same "$name" "$(got)" "$(reference "$tmp/people.log")"
	# The same with the file turned round in blocks, so that much is out of order, far and near.
	awk '{ block[int(NR / 7) % 5] = block[int(NR / 7) % 5] $0 "\n"; if (NR % 35 == 34) { for (i = 4; i >= 0; i--) printf "%s", block[i]; for (i = 0; i < 5; i++) block[i] = "" } }
		END { for (i = 4; i >= 0; i--) printf "%s", block[i] }' "$tmp/people.log" >"$tmp/shuffled.log"
	vt report --min-visitors 1 --format json "$tmp/shuffled.log"
	same "$name, shuffled" "$(got)" "$(reference "$tmp/shuffled.log")"
done

# Edges: case NAME WANTED TIME…, one visitor, in this order of lines.
case_of() {
	name=$1 wanted=$2
	shift 2
	for time; do line 192.0.2.1 "$time" /page 200 100; done >"$tmp/case.log"
	vt report --min-visitors 1 --format json "$tmp/case.log"
	same "$name" "$(got)" "$wanted"
	same "$name: the reference agrees" "$(reference "$tmp/case.log")" "$wanted"
}
d=06/Oct/2025
e=07/Oct/2025
case_of "one hit" "1 visits, 1 visitors, 0 reordered" $d:10:00:00
case_of "a gap of exactly the timeout" "1 visits, 1 visitors, 0 reordered" $d:10:00:00 $d:10:30:00
case_of "a gap one second longer" "2 visits, 1 visitors, 0 reordered" $d:10:00:00 $d:10:30:01
case_of "a chain of small gaps" "1 visits, 1 visitors, 0 reordered" $d:10:00:00 $d:10:25:00 $d:10:50:00 $d:11:15:00
case_of "exactly one timeout older" "1 visits, 1 visitors, 0 reordered" $d:10:30:00 $d:10:00:00
case_of "one second older than that" "2 visits, 1 visitors, 1 reordered" $d:10:30:01 $d:10:00:00
case_of "the entry moves back" "1 visits, 1 visitors, 0 reordered" $d:10:30:00 $d:10:10:00 $d:09:45:00
case_of "after the old one the visit goes on" "2 visits, 1 visitors, 1 reordered" $d:12:00:00 $d:10:00:00 $d:12:10:00
case_of "past midnight" "1 visits, 2 visitors, 0 reordered" $d:23:50:00 $e:00:10:00 $e:00:30:00
case_of "past midnight, longer than the timeout" "2 visits, 2 visitors, 0 reordered" $d:23:40:00 $e:00:10:01
case_of "late over midnight" "1 visits, 2 visitors, 0 reordered" $d:23:50:00 $e:00:10:00 $d:23:55:00
case_of "the day before comes second" "1 visits, 2 visitors, 0 reordered" $e:00:10:00 $d:23:55:00

line 192.0.2.1 $d:23:50:00 /first 200 100 >"$tmp/case.log"
line 192.0.2.1 $e:00:10:00 /second 200 100 >>"$tmp/case.log"
vt report --min-visitors 1 --format json "$tmp/case.log"
same "a visit belongs to the day of its first hit" "$(j '[.panels.day[] | "\(.key) \(.visits)"] | join(", ")')" "2025-10-06 1, 2025-10-07 0"
same "entry, exit and flow over midnight" "$(j '.panels | "\(.entry_page[0].key) \(.exit_page[0].key) \(.flow[0].key)"')" "/first /second /first → /second"

line 192.0.2.1 $d:10:10:00 /second 200 100 >"$tmp/case.log"
line 192.0.2.1 $d:10:00:00 /first 200 100 >>"$tmp/case.log"
vt report --min-visitors 1 --format json "$tmp/case.log"
same "the entry is the earliest hit, the exit the latest" "$(j '.panels | "\(.entry_page[0].key) \(.exit_page[0].key)"')" "/first /second"

# Units: another address, another agent, the same IPv6 /64, another /64, an IPv4 address in IPv6 clothes.
line 192.0.2.1 $d:10:00:00 /page 200 100 >"$tmp/case.log"
line ::ffff:192.0.2.1 $d:10:00:01 /page 200 100 >>"$tmp/case.log"
line 192.0.2.2 $d:10:00:02 /page 200 100 >>"$tmp/case.log"
line 2001:db8:1:1::1 $d:10:00:03 /page 200 100 >>"$tmp/case.log"
line 2001:db8:1:1:ffff::2 $d:10:00:04 /page 200 100 >>"$tmp/case.log"
line 2001:db8:1:2::1 $d:10:00:05 /page 200 100 >>"$tmp/case.log"
line 192.0.2.1 $d:10:00:06 /page 200 100 "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0" >>"$tmp/case.log"
vt report --min-visitors 1 --format json "$tmp/case.log"
same "units and visitors" "$(got)" "5 visits, 5 visitors, 0 reordered"
same "the gate counts IPv6 by /48" "$(j '.panels.page[0].units')" 3
