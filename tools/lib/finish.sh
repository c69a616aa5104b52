# shellcheck shell=bash
# What happens when a script ends, however it ends: the failure is reported,
# then the functions given to at_exit run, the last one first. Each gets the
# exit status: 1 for a failure, unless die or a signal chose another.

AT_EXIT=()
FAILURE_TOLD=
STEP_LOG=

# Whether it ended before anything was tried.
untried() { [[ $FAILURE_TOLD == 2 ]]; }

at_exit() { AT_EXIT+=("$1"); }

finish() {
	local status=$? i
	trap - EXIT INT TERM HUP
	set +e
	progress_stop
	if ((status != 0)) && [[ -z $FAILURE_TOLD ]]; then
		report_failure "$status"
		((status > 128)) || status=1
	fi
	for ((i = ${#AT_EXIT[@]} - 1; i >= 0; i--)); do
		"${AT_EXIT[i]}" "$status"
	done
	exit "$status"
}

report_failure() {
	case $1 in
	129 | 130 | 143) complain "Stopped by a signal${PROGRESS_LABEL:+ during: $PROGRESS_LABEL}." ;;
	*) complain "FAILED${PROGRESS_LABEL:+ at: $PROGRESS_LABEL} (status $1)." ;;
	esac
	if [[ -n $STEP_LOG && -s $STEP_LOG ]]; then
		complain "The last lines of the log:"
		tail -n 25 "$STEP_LOG" | sed 's/^/  | /' >&2
		complain "The log: $STEP_LOG"
	fi
}

trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
