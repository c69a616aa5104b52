# shellcheck shell=bash
# The work directory, removed at the end, and who works in it: the invoking
# user, or `nobody` when that is root, because a PostgreSQL server refuses root.
#
# Sets WORK.

SERVER_USER=nobody
SERVER_GROUP=nogroup

# Root's own may shut out the server's user.
umask 022

# as_server COMMAND…: runs it as the user that builds and owns the servers.
as_server() {
	if [[ $EUID == 0 ]]; then
		setpriv --reuid="$SERVER_USER" --regid="$SERVER_GROUP" --clear-groups \
			env HOME="$WORK" TMPDIR="$WORK/tmp" "$@"
	else
		env HOME="$WORK" TMPDIR="$WORK/tmp" "$@"
	fi
}

give_to_server() {
	[[ $EUID != 0 ]] || chown -R -h "$SERVER_USER:$SERVER_GROUP" "$@"
}

# A socket's path may have 107 bytes and make cannot build where a path has a
# space: so the place for temporary files must be short, plain, and open to the
# server's user.
temporary_place() {
	local place
	for place in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
		if [[ $place == /* && $place != *[[:space:]]* && ${#place} -le 40 ]] &&
			WORK=/ as_server test -d "$place" -a -w "$place" -a -x "$place"; then
			printf '%s\n' "$place"
			return
		fi
	done
	die 1 "No usable place for temporary files: tried ${TMPDIR:-/tmp}, /tmp, /var/tmp."
}

# work_create NAME
work_create() {
	local place
	place=$(temporary_place)
	WORK=$(mktemp -d "$place/$1.XXXXXX")
	chmod 755 "$WORK"
	mkdir "$WORK/tmp" "$WORK/log"
	give_to_server "$WORK" "$WORK/tmp"
	cd "$WORK" || exit 1
}

work_remove() {
	cd /
	rm -rf "$WORK"
}
