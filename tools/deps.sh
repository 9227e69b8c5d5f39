#!/bin/sh
# Installs the Debian packages that a job needs and that are missing: tools/deps.sh [build|test|lint|fuzz|bench|all].
# When nothing is missing it says nothing, needs no root and touches no network.
set -u

build="gcc libc6-dev make pkg-config libmaxminddb-dev libssl-dev zlib1g-dev libisal-dev libsqlite3-dev libinih-dev"
test="$build libcriterion-dev libjansson-dev jq time tzdata git openssl sqlite3 strace"
fuzz="$build clang libclang-rt-dev"
lint="$build libcriterion-dev libjansson-dev clang clang-format clang-tidy cppcheck"
bench="$build goaccess time isal"

job=${1:-all}
case $job in
build) want=$build ;;
test) want=$test ;;
fuzz) want=$fuzz ;;
lint) want=$lint ;;
bench) want=$bench ;;
all) want="$test $fuzz $lint $bench" ;;
*)
	echo "usage: tools/deps.sh [build|test|lint|fuzz|bench|all]" >&2
	exit 2
	;;
esac
want=$(printf '%s\n' $want | sort -u)

if ! command -v dpkg-query >/dev/null 2>&1; then
	# Another system: what counts is that the tools and libraries are there, whatever brought them.
	missing=
	for tool in "${CC:-cc}" make pkg-config; do
		command -v "$tool" >/dev/null 2>&1 || missing="$missing $tool"
	done
	for library in libmaxminddb libcrypto zlib libisal sqlite3 inih; do
		pkg-config --exists "$library" 2>/dev/null || missing="$missing $library"
	done
	[ -z "$missing" ] && exit 0
	echo "deps: this is not Debian; please install:$missing" >&2
	echo "deps: the Debian names of everything 'make $job' uses:" $want >&2
	exit 1
fi

# A package counts as present also when another one provides it (pkgconf provides pkg-config from Debian 13 on).
present=$(dpkg-query -W -f '${db:Status-Status} ${binary:Package}, ${Provides}\n' 2>/dev/null |
	sed -n 's/^installed //p' | tr ',' '\n' | sed 's/^ *//; s/[ :].*//' | sort -u)
missing=$(printf '%s\n' "$want" | while read -r package; do
	printf '%s\n' "$present" | grep -qxF -- "$package" || printf '%s ' "$package"
done)
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ]; then
	echo "deps: missing packages: $missing" >&2
	echo "deps: as root: apt-get install -y --no-install-recommends $missing" >&2
	exit 1
fi
echo "deps: installing $missing" >&2
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >&2; then
	echo "deps: apt-get could not install: $missing" >&2
	exit 1
fi
