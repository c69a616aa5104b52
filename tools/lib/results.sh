# shellcheck shell=bash
# Runs the parts of ./check one by one, counts what passed and failed, and
# shows what is needed to understand a failure.
#
# Needs WORK. Each part has WORK/log/PART.log and WORK/PART.results, whose
# lines are `ok NAME` or `not ok NAME [OUTPUT_FILE]`.

PASSED=0
FAILED=0
DETAIL_LINES=60
AFTER_FAILURE=8

passed() { echo "ok $1" >>"$RESULTS"; }

# failed NAME [OUTPUT_FILE]
failed() { printf 'not ok %s\t%s\n' "$1" "${2:-}" >>"$RESULTS"; }

# run_part PART TEST…
run_part() {
	local part=$1 status log=$WORK/log/$1.log since=$SECONDS
	shift
	RESULTS=$WORK/$part.results
	: >"$RESULTS"
	progress_start "$part" "$RESULTS"
	set +e
	(
		set -e
		"part_$part" "$@"
	) >"$log" 2>&1
	status=$?
	set -e
	cluster_stop "$WORK/cluster-$part" >>"$log" 2>&1
	progress_stop
	judge_part "$part" "$status"
	count_part "$part" $((SECONDS - since))
	if grep -q '^not ok' "$RESULTS"; then
		part_details "$part" "$log"
	fi
}

# A part that broke off, or in which nothing ran, has failed.
judge_part() {
	if (($2 != 0)) && ! grep -q '^not ok' "$RESULTS"; then
		failed "$1: ended with status $2"
	elif [[ ! -s $RESULTS ]]; then
		failed "$1: no test ran"
	fi
}

count_part() {
	local good bad
	good=$(grep -c '^ok' "$RESULTS" || true)
	bad=$(grep -c '^not ok' "$RESULTS" || true)
	PASSED=$((PASSED + good))
	FAILED=$((FAILED + bad))
	printf '%-10s %4d passed, %d failed  (%d s)\n' "$1" "$good" "$bad" "$2"
}

part_details() {
	local part=$1 log=$2 name output shown=
	while IFS=$'\t' read -r name output; do
		say "  failed: ${name#not ok }${output:+   ($output)}"
		if [[ -n $output ]]; then
			shown=yes
			failed_tests "$output" | head -n "$DETAIL_LINES" | sed 's/^/  > /'
			tail -n "$DETAIL_LINES" "$output" | sed 's/^/  | /'
		fi
	done < <(grep '^not ok' "$RESULTS")
	if [[ -z $shown ]]; then
		tail -n "$DETAIL_LINES" "$log" | sed 's/^/  | /'
	fi
	say "  log: $log$(server_log "$part")"
}

# What a Perl test says of each test that failed.
failed_tests() { grep -E -A "$AFTER_FAILURE" '^# +Failed test' "$1" || true; }

server_log() {
	[[ ! -e $WORK/server-$1.log ]] || printf '; of the server: %s' "$WORK/server-$1.log"
}
