# Who has everything on disk but the keys tries addresses against 100,000 pseudonyms of the security log: a sample of
# IPv4 here (VEILTALLY_BRUTE addresses), all 2^32 by `make brute`. The same loop finds all of an unsalted control.
. tests/scenario/lib.sh
count=${VEILTALLY_BRUTE:-2097152}
pseudonyms=100000

brute=$tmp/brute
${CC:-cc} -std=c11 -D_GNU_SOURCE -O3 -o "$brute" tests/proof/brute.c -lcrypto -pthread 2>"$tmp/said" || {
	not_ok "the attack is built" "$(head -n 3 "$tmp/said")"
	exit 0
}
today=$(date -u +%d/%b/%Y)
"$brute" --list $pseudonyms --count "$count" |
	awk -v today="$today" '{ printf "%s - - [%s:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"Mozilla/5.0\"\n", $1, today }' >"$tmp/access.log"
same "a log of addresses that will be tried" "$(wc -l <"$tmp/access.log" | tr -d ' ')" $pseudonyms
"$program" run --state "$tmp/state" --grace manual --security-log "$tmp/security.log" "$tmp/access.log" 2>"$tmp/said" ||
	not_ok "run" "$(head -n 1 "$tmp/said")"
cp -R "$tmp/state" "$tmp/stolen"
rm -rf "$tmp/stolen/keys" "$tmp/stolen/positions.key"
cat "$tmp"/security.log-* >"$tmp/sample"
same "pseudonyms in the log" "$(grep -o 'v_[0-9a-f]\{32\}' "$tmp/sample" | sort -u | wc -l | tr -d ' ')" $pseudonyms

"$brute" --count "$count" "$tmp/stolen" "$tmp/sample" >"$tmp/out" 2>&1
code=$?
sed 's/^/  /' "$tmp/out" >&2
same "no address is recovered, and all of the control" $code 0

# With the key it takes one guess each: the attack would see it.
"$brute" --count "$count" "$tmp/state" "$tmp/sample" >"$tmp/out" 2>&1
same "with the keys directory in hand pseudonyms fall" $? 1
