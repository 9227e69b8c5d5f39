# Real logs against an independent count in awk: lines, rejected, bytes, hits per status, method, protocol, hour and
# day (in UTC); the balance law; and with the default gate: every named row has at least k units, all sums add up.
. tests/scenario/lib.sh

# Prints "what key count" lines for a combined log, sorted as the report's own figures are below.
count() {
	awk '
	function days(y, m, d) { # since 1970-01-01, proleptic Gregorian
		if (m < 3) { y--; m += 12 }
		return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * (m - 3) + 2) / 5) + d - 1 - 719468
	}
	function date(n, y, m, d) { # the other way round, by search: few distinct days
		y = 1970 + int(n / 366)
		while (days(y + 1, 1, 1) <= n) y++
		m = 1
		while (m < 12 && days(y, m + 1, 1) <= n) m++
		return sprintf("%04d-%02d-%02d", y, m, n - days(y, m, 1) + 1)
	}
	{ lines++ }
	!/^[^ ]+ [^ ]+ [^ ]+ \[[^]]*\] "([^"\\]|\\.)*" ([1-9][0-9][0-9]|-) ([0-9]+|-) "([^"\\]|\\.)*" "([^"\\]|\\.)*"$/ { rejected++; next }
	{
		split(substr($4, 2), t, /[\/:]/)
		offset = substr($5, 1, 5)
		minutes = substr(offset, 2, 2) * 60 + substr(offset, 4, 2)
		if (substr(offset, 1, 1) == "-") minutes = -minutes
		seconds = days(t[3] + 0, (index("JanFebMarAprMayJunJulAugSepOctNovDec", t[2]) + 2) / 3, t[1] + 0) * 86400 + t[4] * 3600 + t[5] * 60 + t[6] - minutes * 60
		day[int(seconds / 86400)]++
		hour[sprintf("%02d", int(seconds % 86400 / 3600))]++
		hits++
		line = $0
		sub(/^[^"]*"/, "", line)
		match(line, /^([^"\\]|\\.)*" /)
		request = substr(line, 1, RLENGTH - 2)
		line = substr(line, RLENGTH + 1)
		# What is no request line ("-", TLS bytes) has neither method nor protocol.
		n = split(request, r, " ")
		if (n != 3 || r[3] !~ /^HTTP\//) r[1] = r[n] = "(none)"
		if (r[n] == "HTTP/2.0") r[n] = "HTTP/2"
		method[r[1]]++
		protocol[r[n]]++
		split(line, s, " ")
		status[s[1]]++
		bytes += s[2] == "-" ? 0 : s[2]
	}
	END {
		printf "general lines %d\ngeneral counted %d\ngeneral rejected %d\ngeneral hits %d\n", lines, hits, rejected, hits
		printf "general bytes %.0f\n", bytes
		for (k in day) printf "day %s %d\n", date(k), day[k]
		for (k in hour) printf "hour %s %d\n", k, hour[k]
		for (k in method) printf "method %s %d\n", k, method[k]
		for (k in protocol) printf "protocol %s %d\n", k, protocol[k]
		for (k in status) printf "status %s %d\n", k, status[k]
	}' "$1" | sort
}

figures() {
	jq -r '
		(.general | ("lines", "counted", "hits", "bytes") as $f | "general \($f) \(.[$f])"),
		"general rejected \([.general.rejected[]] | add // 0)",
		(("day", "hour", "method", "protocol", "status") as $p | .panels[$p][] | "\($p) \(.key) \(.hits)")' "$1" | sort
}

# Every panel adds up to its total, and the totals that must be equal are.
sums() {
	same "$1: every panel adds up to its total" "$(j '
		.totals as $t | [.panels | to_entries[] | select(([.value[].hits] | add // 0) != $t[.key].hits) | .key] | join(" ")' "$2")" ""
	same "$1: every panel has a total" "$(j '[(.panels | keys) - (.totals | keys)] | add | join(" ")' "$2")" ""
	same "$1: panels that count every line" "$(j '
		.general.hits as $h | [("day", "hour", "status", "method", "protocol", "content_class") as $p |
			select(([.panels[$p][].hits] | add) != $h) | $p] | join(" ")' "$2")" ""
	same "$1: panels that count page views" "$(j '
		.general.pages as $h | [("page", "referrer_class") as $p |
			select(([.panels[$p][].hits] | add) != $h) | $p] | join(" ")' "$2")" ""
	same "$1: people and crawlers are all" "$(j '
		.general.hits as $h | [.panels.crawler[].hits] as $c |
		[("browser", "browser_version", "os", "device_class") as $p | select(([.panels[$p][].hits] | add) + ($c | add // 0) != $h) | $p] | join(" ")' "$2")" ""
	same "$1: entries are exits" "$(j '([.panels.entry_page[].hits] | add) == ([.panels.exit_page[].hits] | add)' "$2")" true
}

for name in wordpress-2016 semicomplete-2015 demo; do
	log=$shared/data/logs/$name.combined.log.gz
	if [ $name = demo ]; then
		log=$demo_log
		cp "$log" "$tmp/log"
	elif [ -f "$log" ]; then
		gzip -dc "$log" >"$tmp/log"
	else
		skip "$name" "the shared data is not there ($log)"
		continue
	fi
	count "$tmp/log" >"$tmp/want"

	vt report --min-visitors 1 --format json "$log"
	same "$name: exit status" "$code" 0
	figures "$tmp/out" >"$tmp/got"
	same_file "$name: the figures are awk's" "$tmp/got" "$tmp/want"
	balance "$name: balance"
	sums "$name, k 1" "$tmp/out"
	cp "$tmp/out" "$tmp/k1"

	vt report --format json "$log"
	balance "$name, gated: balance"
	same "$name, gated: k" "$(j .general.min_visitors)" 5
	same "$name, gated: rows that name fewer than k units" "$(j '
		[.panels | to_entries[] | .key as $p | .value[] | select(.other | not) |
			select((.units // 0) < 5) | "\($p):\(.units)"] | join(" ")')" ""
	sums "$name, gated" "$tmp/out"
	# Panels of which nothing can be named and in which fewer than k took part are empty, and so few customers are none.
	same "$name, gated: the general figures are the same" "$(j '.general | del(.min_visitors, .customers) | tojson')" \
		"$(jq -r '.general | del(.min_visitors, .customers) | tojson' "$tmp/k1")"
	same "$name, gated: panels with other totals" "$(jq -r -s '.[0].totals as $one | .[1].panels as $panels | .[1].totals | to_entries[] |
		select(.value.hits != $one[.key].hits and ($panels[.key] | length) > 0) | .key' "$tmp/k1" "$tmp/out" | tr '\n' ' ')" ""
	same "$name, gated: panels of every line are all there" "$(j '[.totals | .status, .method, .hour, .day, .protocol, .content_class | .hits] | unique | tojson')" \
		"[$(j .general.hits)]"
	same "$name, gated: something is named" "$(j '[.panels.page[] | select(.other | not)] | length > 5')" true

	# CSV holds the same rows in the same order; keys are left out here, they may be quoted.
	jq -r '.panels | to_entries[] | .key as $p | .value[] | "\($p) \(.hits) \(.visitors) \(.units)"' "$tmp/out" >"$tmp/want"
	vt report --format csv "$log"
	tr -d '\r' <"$tmp/out" | awk -F , '
		NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
		$1 == "general" || $1 == "approximate" { next }
		{ panel = $1; sub(/^[a-z_]+,("([^"]|"")*"|[^,]*),/, panel ",,"); print $1, $column["hits"], $column["visitors"], $column["units"] }' >"$tmp/got"
	same_file "$name, gated: CSV holds the rows of JSON" "$tmp/got" "$tmp/want"
done
