# shellcheck shell=bash
# Private throw-away clusters: reached through a socket in a directory of their
# own, owned by the server's user, fast rather than safe.
#
# Needs BINDIR. Sets SOCKET, the directory of the newest cluster's socket.

PORT=5432
SUPERUSER=postgres

# Whoever calls may have PGHOST and the like set for another server.
for variable in ${!PG@}; do
	case $variable in
	PG_*) ;;
	*) unset "$variable" ;;
	esac
done
unset variable

# cluster_create DATA CRON_DATABASE
cluster_create() {
	local data=$1 cron_database=$2 locale=C
	if locale -a 2>/dev/null | grep -qix 'c\.utf-\?8'; then
		locale=C.UTF-8
	fi
	SOCKET=$(mktemp -d "$(temporary_place)/pgi.XXXXXX")
	chmod 700 "$SOCKET"
	give_to_server "$SOCKET"
	as_server "$BINDIR/initdb" -D "$data" -U "$SUPERUSER" -A trust -E UTF8 --locale="$locale" --no-sync >/dev/null
	cluster_settings "$cron_database" | as_server tee -a "$data/postgresql.conf" >/dev/null
}

cluster_settings() {
	cat <<-END
		listen_addresses = ''
		port = $PORT
		unix_socket_directories = '$SOCKET'
		shared_preload_libraries = 'pg_cron'
		cron.database_name = '$1'
		cron.host = '$SOCKET'
		fsync = off
		synchronous_commit = off
		full_page_writes = off
		log_line_prefix = '%m [%p] %q%u@%d '
	END
}

# cluster_start DATA LOG
cluster_start() {
	as_server "$BINDIR/pg_ctl" -D "$1" -l "$2" -s -w -t 120 start
}

# cluster_stop DATA: nothing to do when there is none. The socket's directory
# is the one that the cluster itself names.
cluster_stop() {
	local data=$1 socket
	[[ -f $data/postgresql.conf ]] || return 0
	socket=$(sed -nE "s/^unix_socket_directories = '(.*)'\$/\1/p" "$data/postgresql.conf")
	if [[ -f $data/postmaster.pid ]]; then
		as_server "$BINDIR/pg_ctl" -D "$data" -s -m immediate -w -t 60 stop || true
	fi
	case $socket in
	*/pgi.??????) rm -rf "$socket" ;;
	esac
}

cluster_runs() {
	[[ -f $1/postmaster.pid ]] && as_server "$BINDIR/pg_ctl" -D "$1" status >/dev/null
}

# db DATABASE [PSQL_OPTION…]
db() {
	local database=$1
	shift
	PGCLIENTENCODING=UTF8 "$BINDIR/psql" -X -q -P pager=off -v ON_ERROR_STOP=1 -h "$SOCKET" -p "$PORT" -U "$SUPERUSER" -d "$database" "$@"
}

TEMPLATE=pg_incident_template

# template_create [PSQL_OPTION…]: a database with the extension and what the options add.
template_create() {
	db postgres -c "CREATE DATABASE $TEMPLATE"
	db "$TEMPLATE" -c 'CREATE EXTENSION pg_incident' "$@"
}

# template_copy DATABASE: in place of the one before, from which pg_cron may hold a connection.
template_copy() {
	db postgres -c "DROP DATABASE IF EXISTS $1 WITH (FORCE)" -c "CREATE DATABASE $1 TEMPLATE $TEMPLATE"
}
