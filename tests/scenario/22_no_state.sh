#!/bin/bash
# Commands that look at a state, before there is one: a clear refusal, and nothing is made.
. "$(dirname "$0")/lib.sh"

printf '[general]\nstate = %s\n[source web]\nfiles = %s\n' "$tmp/state" "$demo_log" >"$tmp/conf"

for command in report close "keys --destroy 2026-10-01 --yes" "drop --day 2026-10-01 --yes" "drop --source web --yes"; do
	# shellcheck disable=SC2086  # words are meant
	vt $command -c "$tmp/conf"
	same "$command: exit status" "$code" 1
	silent "$command: prints nothing" "$tmp/out"
	has "$command: says so" "$tmp/err" "$tmp/state"
	same "$command: makes nothing" "$(ls -d "$tmp/state" 2>/dev/null)" ""
done

vt run --dry-run -c "$tmp/conf"
same "a dry run tells what a first run would do" "$code" 0
has "a dry run names the file" "$tmp/out" "would read $demo_log"
same "a dry run makes nothing" "$(ls -d "$tmp/state" 2>/dev/null)" ""

vt run --grace manual -c "$tmp/conf"
same "the first run makes it" "$code" 0
vt drop --day 1999-12-31 --yes -c "$tmp/conf"
same "a day that is not there" "$code" 1
has "a day that is not there is named" "$tmp/err" "nothing of 1999-12-31 is in the state"
vt drop --source other --yes -c "$tmp/conf"
same "a source that is not there" "$code" 1
has "a source that is not there is named" "$tmp/err" 'no file of source "other" was ever read'
same "what did not happen is not in the ledger" "$(ls "$tmp/state/ledger" 2>/dev/null)" ""
