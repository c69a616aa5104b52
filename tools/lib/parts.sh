# shellcheck shell=bash
# The parts of ./check: where the tests of each lie, and how they are run.
# A part runs in a subshell and tells each test's result by `passed` or
# `failed`; run_part in results.sh counts them.
#
# Needs SRC, BINDIR, PG_CONFIG and WORK.

PARTS=(build kernel oracle regress isolation pgtap tap)
# Those that run only where they are named, as they need packages of their own.
MORE_PARTS=(clients)
TEST_TIMEOUT=${PG_INCIDENT_TEST_SECONDS:-1200}

# part_files PART: the tests it finds in ROOT, one a line, by path.
part_files() {
	case $1 in
	oracle) test_files test/oracle t ;;
	regress) test_files sql sql ;;
	isolation) test_files test/specs spec ;;
	pgtap) test_files test/pgtap sql ;;
	tap) test_files test/t t ;;
	clients)
		find "$ROOT/test/clients" -maxdepth 1 -type f ! -name setup.sql ! -name tap.py -printf 'test/clients/%f\n' | LC_ALL=C sort
		;;
	esac
}

test_files() {
	find "$ROOT/$1" -maxdepth 1 -name "*.$2" -printf "$1/%f\n" 2>/dev/null | LC_ALL=C sort
}

names_of() {
	local file
	for file in "$@"; do
		file=${file##*/}
		printf '%s\n' "${file%.*}"
	done
}

within_time() { as_server timeout --foreground -k 10 "$TEST_TIMEOUT" "$@"; }

# The place of PostgreSQL's own test programs, which come with the server's
# development files.
pgxs_test() { printf '%s/src/test\n' "$(dirname "$("$PG_CONFIG" --pgxs)")/../.."; }

part_kernel() {
	local line
	run_make kernel-test | tee "$WORK/kernel.out"
	while read -r line; do
		case $line in
		ok*) passed "$line" ;;
		'not ok'*) failed "$line" ;;
		esac
	done < <(grep -E '^(ok|not ok)\b' "$WORK/kernel.out")
}

# part_cluster PART DATABASE: pg_cron lives in that database.
part_cluster() {
	cluster_create "$WORK/cluster-$1" "$2"
	cluster_start "$WORK/cluster-$1" "$WORK/server-$1.log"
}

part_regress() {
	part_cluster regress regression
	template_create -f "$SRC/test/lib/regress.sql"
	in_copies regress regression "$(pgxs_test)/regress/pg_regress" "$SRC" "$@"
}

part_isolation() {
	part_cluster isolation isolation_regression
	template_create
	in_copies isolation isolation_regression "$(pgxs_test)/isolation/pg_isolation_regress" "$SRC/test" "$@"
}

# in_copies PART DATABASE PROGRAM INPUT_DIRECTORY FILE…: each file by itself in a new copy of the
# template, so that none depends on another.
in_copies() {
	local part=$1 database=$2 program=$3 input=$4 name here output
	shift 4
	while read -r name; do
		here=$WORK/$part/$name
		output=$WORK/log/$part-$name.out
		as_server mkdir -p "$here"
		template_copy "$database"
		if within_time "$program" --inputdir="$input" --outputdir="$here" --bindir="$BINDIR" \
			--host="$SOCKET" --port="$PORT" --user="$SUPERUSER" --use-existing --dbname="$database" "$name" >"$output" 2>&1; then
			passed "$name"
		else
			failed "$name" "$output"
			head -n "$DETAIL_LINES" "$here/regression.diffs" >>"$output" || true
		fi
		cat "$output"
	done < <(names_of "$@")
}

part_pgtap() {
	local file
	part_cluster pgtap pgtap
	db postgres -c 'CREATE DATABASE pgtap'
	db pgtap -c 'CREATE EXTENSION pgtap' -c 'CREATE EXTENSION pg_incident'
	for file in "$@"; do
		one_file "$file" pg_prove --psql-bin "$BINDIR/psql" --host "$SOCKET" --port "$PORT" \
			--username "$SUPERUSER" --dbname pgtap --ext .sql "$SRC/$file"
	done
}

# Clients come over TCP, which some know nothing but, at a port that is free. Each is a program
# that tells its tests by itself.
part_clients() {
	local file run
	PORT=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	cluster_create "$WORK/cluster-clients" clients
	echo "listen_addresses = '127.0.0.1'" | as_server tee -a "$WORK/cluster-clients/postgresql.conf" >/dev/null
	cluster_start "$WORK/cluster-clients" "$WORK/server-clients.log"
	db postgres -c 'CREATE DATABASE clients'
	db clients -f "$SRC/test/clients/setup.sql"
	for file in "$@"; do
		run=$(client_command "$file")
		one_file "$file" env PGHOST=127.0.0.1 PGPORT="$PORT" PGDATABASE=clients PGUSER=app PGCLIENTENCODING=UTF8 \
			LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 NODE_PATH="$WORK/npm/node_modules:/usr/share/nodejs" \
			prove --verbose --exec "$run" "$SRC/$file"
	done
}

client_command() {
	case $1 in
	*.java) echo "java -Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8 -cp /usr/share/java/postgresql.jar" ;;
	*.js)
		node_postgres >&2
		echo node
		;;
	*.py) echo /usr/bin/python3 ;;
	*.sql) echo "$BINDIR/psql -XqAt -f" ;;
	esac
}

# The package of Debian, or where its Node.js is another one, npm's.
node_postgres() {
	! is_installed node-pg || return 0
	as_server mkdir -p "$WORK/npm"
	as_server npm install --no-audit --no-fund --no-package-lock --prefix "$WORK/npm" pg@8
}

part_oracle() { perl_tests "$@"; }

part_tap() { perl_tests "$@"; }

# As many side by side as there are processors, the last by name first, as those of ticks take
# longest. PG_INCIDENT_TEMPLATE is where the first test leaves the server that others are copies of.
perl_tests() {
	local file running=0 most
	most=$(nproc)
	as_server mkdir -p "$WORK/cluster-template"
	for file in $(printf '%s\n' "$@" | LC_ALL=C sort -r); do
		if ((running == most)); then
			wait -n || true
			running=$((running - 1))
		fi
		perl_test "$file" &
		running=$((running + 1))
	done
	wait
}

# The variables are those that PostgreSQL::Test::Utils reads, TESTDIR up to 15
# and the other two from 16 on.
perl_test() {
	local file=$1 here=$WORK/${1%.t}
	as_server mkdir -p "$here/tmp_check/log"
	one_file "$file" env PATH="$BINDIR:$PATH" \
		PERL5LIB="$(pgxs_test)/perl:$SRC/test/lib${PERL5LIB:+:$PERL5LIB}" \
		PG_REGRESS="$(pgxs_test)/regress/pg_regress" \
		TESTDIR="$here" TESTDATADIR="$here/tmp_check" TESTLOGDIR="$here/tmp_check/log" \
		PG_TEST_PORT_DIR="$WORK/tmp/ports" PG_INCIDENT_SRC="$SRC" PG_INCIDENT_TEMPLATE="$WORK/cluster-template" \
		bash -c 'prove --verbose "$1" || { tail -n 30 "$TESTLOGDIR"/regress_log_*; exit 1; }' - "$SRC/$file"
}

# one_file FILE COMMAND…: a file that skips all its tests has not passed.
one_file() {
	local file=$1 output
	shift
	output=$WORK/log/${file//\//-}.out
	if ! within_time "$@" >"$output" 2>&1; then
		failed "$file" "$output"
	elif grep -q 'skipped: ' "$output" || ! grep -q 'Result: PASS' "$output"; then
		failed "$file" "$output"
	else
		passed "$file"
	fi
	echo "# $file"
	cat "$output"
}
