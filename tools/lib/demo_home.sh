# shellcheck shell=bash
# The folder in which ./demo keeps its server: which it is, and that nothing
# else is ever removed with it.
#
#   log/     what the steps said        server/  postgres (programs), data, server.log
#   socket   the socket's directory     bindir   the private server's programs
#
# Sets DEMO_HOME.

HOME_MARK=.pg_incident-demo
HOME_LOCKED=

# Root's cannot be under /root, which the server's user may not enter.
home_choose() {
	if [[ -n ${PG_INCIDENT_HOME:-} ]]; then
		DEMO_HOME=$PG_INCIDENT_HOME
	elif [[ $EUID == 0 ]]; then
		DEMO_HOME=/var/tmp/pg_incident-demo-0
	elif [[ -n ${XDG_CACHE_HOME:-} ]]; then
		DEMO_HOME=$XDG_CACHE_HOME/pg_incident
	elif [[ -n ${HOME:-} && -w $HOME ]]; then
		DEMO_HOME=$HOME/.cache/pg_incident
	else
		DEMO_HOME=${TMPDIR:-/tmp}/pg_incident-demo-$UID
	fi
	[[ $DEMO_HOME == /* ]] || DEMO_HOME=$PWD/$DEMO_HOME
}

# A folder of that name that is not the demo's is refused rather than used.
home_exists() {
	[[ -e $DEMO_HOME || -L $DEMO_HOME ]] || return 1
	[[ -d $DEMO_HOME && ! -L $DEMO_HOME && -O $DEMO_HOME ]] ||
		die 2 "$DEMO_HOME is not a folder of yours; choose another with PG_INCIDENT_HOME."
	[[ ! -f $DEMO_HOME/$HOME_MARK ]] || return 0
	[[ -z $(ls -A "$DEMO_HOME") ]] ||
		die 2 "$DEMO_HOME has other files in it; choose another folder with PG_INCIDENT_HOME."
	return 1
}

# Only one ./demo at a time works on the folder: it holds a lock on it by descriptor 9. A
# folder that another has removed before this one got its lock has no name any more.
home_lock() {
	if exec 9<"$DEMO_HOME" && flock --nonblock 9 && [[ $DEMO_HOME -ef /dev/fd/9 ]]; then
		HOME_LOCKED=yes
		at_exit home_unlock
		return
	fi
	die 2 "Another ./demo is at work in $DEMO_HOME. Wait for it, or choose another folder with PG_INCIDENT_HOME."
}

# What this script has started may hold the descriptor a moment longer.
home_unlock() { flock --unlock 9; }

# For what goes on when this script has ended.
without_home_lock() { "$@" 9<&-; }

home_create() {
	mkdir -p "$DEMO_HOME"
	[[ -n $HOME_LOCKED ]] || home_lock
	chmod 755 "$DEMO_HOME"
	: >"$DEMO_HOME/$HOME_MARK"
	mkdir "$DEMO_HOME/log" "$DEMO_HOME/server"
	give_to_server "$DEMO_HOME/server"
	as_server test -w "$DEMO_HOME/server" ||
		die 2 "The server's user ($SERVER_USER) cannot reach $DEMO_HOME; choose another folder with PG_INCIDENT_HOME."
}

# Sets SOCKET and BINDIR from what an earlier start has left.
home_open() {
	[[ -f $DEMO_HOME/socket && -f $DEMO_HOME/bindir ]] || return 1
	SOCKET=$(<"$DEMO_HOME/socket")
	BINDIR=$(<"$DEMO_HOME/bindir")
}

home_remove_unused() {
	if untried && [[ -n $HOME_LOCKED ]]; then
		remove_demo
	fi
}

remove_demo() {
	home_clear
	rmdir --ignore-fail-on-non-empty "$DEMO_HOME"
}

home_clear() {
	if home_open; then
		cluster_stop "$DEMO_HOME/server/data" >/dev/null
	fi
	rm -rf "$DEMO_HOME/server" "$DEMO_HOME/log" "$DEMO_HOME/socket" "$DEMO_HOME/bindir" "$DEMO_HOME/$HOME_MARK"
}
