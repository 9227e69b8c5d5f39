# No address, user name, e-mail or query value of a log in any byte the program writes, in any format, gated or not.
. tests/scenario/lib.sh

# Everything the program can be made to say about a log: $tmp/said, and $tmp/gated with the default gate only.
say() {
	: >"$tmp/said"
	for k in 5 1; do
		for format in text json csv; do
			"$program" report --min-visitors $k --format $format --stats "$tmp/stats" "$1" >>"$tmp/said" 2>&1 </dev/null
			cat "$tmp/stats" >>"$tmp/said"
			rm -f "$tmp/stats"
		done
		[ $k = 5 ] && cp "$tmp/said" "$tmp/gated"
	done
	"$program" check "$1" >>"$tmp/said" 2>&1 </dev/null
	"$program" report --log-format common "$1" >>"$tmp/said" 2>&1 </dev/null
}

# absent NAME LIST FILE [PLACES]: no line of LIST is in FILE, but for what is (part of) a line of PLACES. The list must
# not be empty, or the test would be none. Plain numbers count as found only where they stand alone.
absent() {
	n=$(wc -l <"$2")
	grep -vxE '[0-9.]+' "$2" >"$tmp/words"
	grep -xE '[0-9]+(\.[0-9]+)?' "$2" >"$tmp/numbers"
	grep -xE '[0-9]+\.[0-9]+\.[0-9.]*' "$2" >>"$tmp/words"
	{ grep -aoF -f "$tmp/words" "$3"; grep -aowF -f "$tmp/numbers" "$3"; } | sort -u >"$tmp/found"
	if [ $# -gt 3 ]; then
		while IFS= read -r found; do
			grep -qaF -e "$found" "$4" || printf '%s\n' "$found"
		done <"$tmp/found" >"$tmp/found2"
		mv "$tmp/found2" "$tmp/found"
	fi
	if [ "$n" -eq 0 ]; then
		not_ok "$1" "nothing to look for"
	elif [ -s "$tmp/found" ]; then
		not_ok "$1" "$(wc -l <"$tmp/found") found: $(head -3 "$tmp/found" | tr '\n' ' ')"
	else
		ok "$1 ($n looked for)"
	fi
}

# Values of the query of targets and referrers, raw and decoded, of at least 8 bytes; campaign names are wanted figures.
query_values() {
	awk -F '"' '
	function values(url, parts, pairs, i, n, v) {
		if (split(url, parts, "?") < 2) return
		sub(/^[^?]*\?/, "", url)
		n = split(url, pairs, /[&;#]/)
		for (i = 1; i <= n; i++) {
			if (pairs[i] ~ /^utm_(source|medium|campaign)=/) continue
			v = pairs[i]
			if (!sub(/^[^=]*=/, "", v)) continue
			if (length(v) >= 8) print v
			if (gsub(/\+/, " ", v) + gsub(/%20/, " ", v) + gsub(/%40/, "@", v) + gsub(/%2[fF]/, "/", v) + gsub(/%3[aA]/, ":", v) && length(v) >= 8) print v
		}
	}
	{ n = split($2, r, " "); values(r[2]); values($4) }' "$1" | sort -u
}

# Hosts and paths of targets and referrers: what is named there may be named.
places() {
	awk -F '"' '{
		split($2, r, " "); t = r[2]; sub(/[?#].*/, "", t); if (!(t in seen)) { seen[t]; print t }
		f = $4; sub(/[?#].*/, "", f); if (!(f in seen)) { seen[f]; print f }
	}' "$1"
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
	say "$log"
	same "$name: something was said" "$(test "$(wc -c <"$tmp/said")" -gt 20000 && echo yes)" yes
	places "$tmp/log" >"$tmp/places"

	awk '{ print $1 }' "$tmp/log" | sort -u >"$tmp/addresses"
	absent "$name: addresses" "$tmp/addresses" "$tmp/said"

	awk '$3 != "-" { print $3 }' "$tmp/log" | sort -u >"$tmp/users"
	# Without a gate a host of the log (somebody.example.com) may be shown although somebody has the same name.
	if [ -s "$tmp/users" ]; then
		absent "$name: user names, gated" "$tmp/users" "$tmp/gated"
		absent "$name: user names" "$tmp/users" "$tmp/said" "$tmp/places"
	fi

	grep -aoE '[A-Za-z0-9._+-]+(@|%40)[A-Za-z0-9-]+\.[A-Za-z0-9.-]*[A-Za-z]' "$tmp/log" | sort -u >"$tmp/mails"
	absent "$name: e-mails" "$tmp/mails" "$tmp/said"

	# A value that is also (part of) a host or path of the log may be there for that reason.
	query_values "$tmp/log" >"$tmp/values"
	absent "$name: query values" "$tmp/values" "$tmp/said" "$tmp/places"
done

# Marked secrets in every field and encoding. Each holds the word "canary" or a number found nowhere else.
n=0
client() { n=$((n + 1)) && echo "198.51.$((100 + n % 100)).$((n % 250 + 1))"; }
at='06/Oct/2025:10:00:0'
jwt=eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOiJjYW5hcnkifQ.c2lnbmF0dXJlY2FuYXJ5
{
	for round in 1 2 3 4 5 6; do
		line "$(client)" "$at$round" '/users/canary-name' 200 10
		line "$(client)" "$at$round" '/~canary-tilde/photos' 200 10
		line "$(client)" "$at$round" '/invite/canary@canary.example' 200 10
		line "$(client)" "$at$round" '/invite/canary%40canary.example' 200 10
		line "$(client)" "$at$round" '/invite/%63anary%40%63anary.example/x' 200 10
		line "$(client)" "$at$round" '/@canary-handle' 200 10
		line "$(client)" "$at$round" "/t/$jwt" 200 10
		line "$(client)" "$at$round" '/o/7d9a1c3e-5b7f-4a2d-9e8c-ca4a59ca4a59' 200 10
		line "$(client)" "$at$round" '/from/203.0.113.199/x' 200 10
		line "$(client)" "$at$round" '/from/2001:db8:cafe::199' 200 10
		line "$(client)" "$at$round" '/page;jsessionid=canary-session' 200 10
		line "$(client)" "$at$round" '/page?q=canary-query&canary-bare#canary-fragment' 200 10
		line "$(client)" "$at$round" '/page?utm_source=news&utm_term=canary-term&utm_content=canary-content&gclid=canary-click' 200 10
		line "$(client)" "$at$round" '/page?utm_campaign=canary@canary.example' 200 10
		line "$(client)" "$at$round" 'http://canary-user:canary-pass@shop.example/page' 200 10
		line "$(client)" "$at$round" '/page' 200 10 "$browser" 'https://canary-user:canary-pass@other.example/canary-referrer-path?canary=canary-referrer-query'
		line "$(client)" "$at$round" '/page' 200 10 "$browser" 'https://203-0-113-199.dynamic.example/'
		line "$(client)" "$at$round" '/page' 200 10 "$browser" 'https://203.0.113.199/'
		line "$(client)" "$at$round" '/page' 200 10 "Mozilla/5.0 (canary-agent) canary/7.7 canary@canary.example"
		line "$(client)" "$at$round" '/page' 200 10 "canary-bot-agent/1.0 bot"
		line "$(client)" "$at$round" '/page' 200 10 "$browser" - canary-login
		line 'canary-host.example' "$at$round" '/page' 200 10
		line '203.0.113.199' "$at$round" '/page' 200 10
		line '[2001:db8:cafe::199]:443' "$at$round" '/page' 200 10
		line '::ffff:203.0.113.199' "$at$round" '/page' 200 10
		line "$(client)" "$at$round" '/missing/canary@canary.example' 404 10
		echo "canary-garbage 203.0.113.199 canary@canary.example line"
		echo "203.0.113.199 - canary-login [canary-time] \"GET /page HTTP/1.1\" 200 10 \"-\" \"canary-agent\""
		echo "203.0.113.199 - - [06/Oct/2025:10:00:01 +0000] \"canary-method /page HTTP/1.1\" canary-status 10 \"-\" \"canary-agent\""
		echo "203.0.113.199 - - [06/Oct/2025:10:00:01 +0000] \"CANARYMETHOD /page CANARYPROTO\" 200 10 \"-\" \"canary-agent\""
	done
} >"$tmp/canary.log"
say "$tmp/canary.log"
"$program" report --min-visitors 1 --format json --max-rejected 100 --site canary-site --goal 'g=/users/canary-name' \
	"$tmp/canary.log" "$tmp/no-such-file" >>"$tmp/said" 2>&1
# File names are the operator's own words and may be repeated.
sed "s|$tmp||g; s|canary\.log||g; s|canary-site||g" "$tmp/said" >"$tmp/heard"
for secret in 203.0.113.199 203-0-113-199 203.0.113 2001:db8:cafe ca4a59ca4a59 "$jwt" eyJ; do echo "$secret"; done >"$tmp/marks"
absent "canaries: addresses and tokens" "$tmp/marks" "$tmp/heard"
same "canaries: the word" "$(grep -oiE '.{0,24}canary.{0,12}' "$tmp/heard" | sort -u | head -5)" ""
