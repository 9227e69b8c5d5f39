# The committed demo log is what its generator writes, and it names nobody who exists.
needs_program=no
. tests/scenario/lib.sh

sh tests/data/make_demo.sh >"$tmp/demo.log" 2>"$tmp/err"
same "the generator runs" "$? $(cat "$tmp/err")" "0 "
same_file "the committed log is the generator's" "$demo_log" "$tmp/demo.log"
same "documentation addresses only" "$(awk '
	$1 ~ /^(192\.0\.2|198\.51\.100|203\.0\.113)\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]|[0-9])$/ { next }
	$1 ~ /^2001:db8(:[0-9a-f]+)+(::[0-9a-f]+)?$/ && gsub(/:/, ":", $1) < 8 { next }
	{ print }' "$demo_log" | wc -l)" 0
for awk in gawk original-awk 'busybox awk'; do
	command -v "${awk%% *}" >/dev/null || continue
	mkdir -p "$tmp/bin"
	printf '#!/bin/sh\nexec %s "$@"\n' "$awk" >"$tmp/bin/awk"
	chmod +x "$tmp/bin/awk"
	PATH=$tmp/bin:$PATH sh tests/data/make_demo.sh >"$tmp/other.log"
	same_file "same bytes from $awk" "$tmp/other.log" "$tmp/demo.log"
done
