# Memory follows --memory, not the traffic: floods of distinct paths, referrers, agents, addresses and days.
# VEILTALLY_FLOOD says how many distinct paths (2,000,000; `make proof-memory` takes 10,000,000).
. tests/scenario/lib.sh

flood=${VEILTALLY_FLOOD:-2000000}
rest=500000
[ "$flavour" = asan ] && flood=100000 rest=50000
cap=64
# Beside the tables: the program and its libraries, chunks and stacks of two threads.
beside=32

# stream KIND COUNT: lines of which one thing never repeats; every hundredth is the page that people do come for.
stream() {
	awk -v kind="$1" -v n="$2" '
	BEGIN {
		# Words of letters, so that the path rules do not make one placeholder of them; no bot, no rss, no rdf.
		split("b c d f g h j k l m n p q t v w x z", letter, " ")
		for (a = 1; a <= 18; a++) for (b = 1; b <= 18; b++) for (c = 1; c <= 18; c++)
			word[w++] = letter[a] letter[b] letter[c]
		browser = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
		for (i = 0; i < n; i++) {
			distinct = word[int(i / w) % w] "q" word[i % w]
			address = "192.0.2." i % 50; path = "/shop/" i % 9 "/x"; referrer = "-"; agent = browser; day = "06"
			if (i % 100 == 7) { path = "/home"; address = "192.0.2." int(i / 100) % 50 }
			else if (kind == "paths") path = "/" distinct
			else if (kind == "referrers") { path = "/" ; referrer = "https://" distinct ".example/" }
			else if (kind == "agents") agent = browser " " distinct
			else if (kind == "addresses") address = sprintf("2001:db8:%x:%x::1", i % 65536, int(i / 65536))
			else if (kind == "flows") { path = "/" substr(distinct, 1, 3) "/" substr(distinct, 5); address = "192.0.2." i % 254 }
			printf "%s - - [%s/Oct/2025:%02d:%02d:%02d +0000] \"GET %s HTTP/1.1\" 200 1000 \"%s\" \"%s\"\n",
				address, day, int(i * 86400 / n / 3600), int(i * 86400 / n / 60) % 60, int(i * 86400 / n) % 60, path, referrer, agent
		}
	}'
}

for kind in paths referrers agents addresses flows; do
	n=$rest
	[ $kind = paths ] && n=$flood
	stream $kind "$n" | command time -f '%M' -o "$tmp/peak" "$program" report --memory ${cap}M --threads 2 --format json - \
		>"$tmp/out" 2>"$tmp/err"
	same "$kind: exit status" "$?" 0
	unsanitised
	peak=$(($(tail -n 1 "$tmp/peak") / 1024))
	if [ "$flavour" = asan ]; then
		skip "$kind: peak memory" "sanitizers keep books of their own"
	elif [ $peak -le $((cap + beside)) ]; then
		ok "$kind: peak memory within the cap of $cap MiB + $beside MiB"
	else
		not_ok "$kind: peak memory" "$peak MiB, more than $cap + $beside"
	fi
	echo "$kind: $n lines, peak $peak MiB" >&2
	same "$kind: lines" "$(j '.general | "\(.lines) \(.counted)"')" "$n $n"
	balance "$kind: balance"
	same "$kind: every panel adds up to its total" "$(j '
		.totals as $t | [.panels | to_entries[] | select(([.value[].hits] | add // 0) != $t[.key].hits) | .key] | join(" ")')" ""
	same "$kind: page views" "$(j '"\(.general.pages) \([.panels.page[].hits] | add)"')" "$n $n"
	same "$kind: bytes" "$(j .general.bytes)" $((n * 1000))
	same "$kind: what people come for is still there" "$(j '[.panels.page[] | select(.key == "/home") | .hits][0]')" $((n / 100))
done
