# shellcheck shell=bash
# The stages of .ci/run: each is a command with a time limit whose output ends
# with `N passed, N failed`; the sums are the result of the whole.

PASSED=0
FAILED=0
SUMMARY=()
ALL_BY=$((SECONDS + 4800))

# stage LABEL SECONDS COMMAND…
stage() {
	local label=$1 limit=$2 since=$SECONDS status=0 output last
	shift 2
	output=$(mktemp "$CI_DIR/stage.XXXXXX")
	heading "$label"
	((limit < ALL_BY - SECONDS)) || limit=$((ALL_BY - SECONDS))
	if ((limit > 0)); then
		timeout --verbose -k 30 "$limit" "$@" </dev/null 2>&1 | tee "$output" || status=$?
	else
		say "No time is left." | tee "$output"
		status=124
	fi
	((status != 124)) || say "stopped after $limit s"
	last=$(tail -n 1 "$output")
	if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		stage_result "$label" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "$since"
		((status == 0 || BASH_REMATCH[2] > 0)) || stage_result "$label: status $status" 0 1 "$since"
	else
		stage_result "$label: no result" 0 1 "$since"
	fi
}

# one LABEL SECONDS COMMAND…: a command that counts as a single test.
one() {
	local label=$1 limit=$2
	shift 2
	stage "$label" "$limit" bash -c '"$@" && echo "1 passed, 0 failed" || echo "0 passed, 1 failed"' - "$@"
}

stage_result() {
	PASSED=$((PASSED + $2))
	FAILED=$((FAILED + $3))
	SUMMARY+=("$(printf '%5d passed %4d failed %5d s  %s' "$2" "$3" $((SECONDS - $4)) "$1")")
}

stages_sum() {
	if (($1 != 0 && FAILED == 0)); then
		FAILED=1
	fi
	heading "Stages"
	((${#SUMMARY[@]} == 0)) || printf '%s\n' "${SUMMARY[@]}"
	say "$PASSED passed, $FAILED failed"
}
