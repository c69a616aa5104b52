# shellcheck shell=bash
# Messages: plain lines, errors, and one live progress line while something runs.

say() { printf '%s\n' "$*"; }

# in_language ENGLISH CHINESE: the text in the language SPOKEN, en or zh.
SPOKEN=en
in_language() {
	case $SPOKEN in
	zh) printf '%s\n' "$2" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

heading() { printf '\n== %s\n' "$*"; }

complain() { printf '%s\n' "$*" >&2; }

# die STATUS [MESSAGE…]: one line an argument, then exit; all is told by then.
# Status 2 means that nothing has been tried yet.
die() {
	local status=$1
	shift
	progress_stop
	(($# == 0)) || printf '%s\n' "$@" >&2
	FAILURE_TOLD=$status
	exit "$status"
}

TICKER_PID=
PROGRESS_LABEL=
PROGRESS_SINCE=0

# progress_start LABEL [COUNT_FILE]: shows LABEL with the seconds so far, and
# how many lines COUNT_FILE has, until progress_stop. On a terminal the line is
# redrawn every second; elsewhere a line comes every ten.
progress_start() {
	PROGRESS_LABEL=$1
	PROGRESS_SINCE=$SECONDS
	ticker "$1" "${2:-}" "$BASHPID" &
	TICKER_PID=$!
}

ticker() {
	local label=$1 count_file=$2 parent=$3 seconds=0 text
	trap - INT TERM
	while kill -0 "$parent" 2>/dev/null; do
		text="$label … $seconds s"
		if [[ -s $count_file ]]; then
			text+=", $(wc -l <"$count_file") done"
		fi
		if [[ -t 1 ]]; then
			printf '\r\033[K%s' "$text"
		elif ((seconds > 0 && seconds % 10 == 0)); then
			say "$text"
		fi
		sleep 1
		seconds=$((seconds + 1))
	done
}

progress_stop() {
	[[ -n $TICKER_PID ]] || return 0
	kill "$TICKER_PID" 2>/dev/null || true
	wait "$TICKER_PID" 2>/dev/null || true
	TICKER_PID=
	if [[ -t 1 ]]; then
		printf '\r\033[K'
	fi
}

# step LABEL LOG COMMAND…: runs the command with its output in LOG. When it
# fails, PROGRESS_LABEL and STEP_LOG tell report_failure what and where.
step() {
	local label=$1
	STEP_LOG=$2
	shift 2
	progress_start "$label"
	"$@" >>"$STEP_LOG" 2>&1
	progress_stop
	say "$label: done in $((SECONDS - PROGRESS_SINCE)) s"
	STEP_LOG=
	PROGRESS_LABEL=
}
