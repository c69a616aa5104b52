# shellcheck shell=bash
# The parts of ./check: where the tests of each lie, and how they are run.
# A part runs in a subshell and tells each test's result by `passed` or
# `failed`; run_part in results.sh counts them.
#
# Needs SRC, BINDIR, PG_CONFIG and WORK.

PARTS=(build kernel oracle regress isolation pgtap tap)
TEST_TIMEOUT=${PG_INCIDENT_TEST_SECONDS:-1200}

# part_files PART: the tests it finds in ROOT, one a line, by path.
part_files() {
	case $1 in
	oracle) test_files test/oracle t ;;
	regress) test_files sql sql ;;
	isolation) test_files test/specs spec ;;
	pgtap) test_files test/pgtap sql ;;
	tap) test_files test/t t ;;
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

part_regress() { regress_like regress "$(pgxs_test)/regress/pg_regress" "$SRC" regression "$@"; }

part_isolation() {
	regress_like isolation "$(pgxs_test)/isolation/pg_isolation_regress" "$SRC/test" isolation_regression "$@"
}

# regress_like PART PROGRAM INPUT_DIRECTORY DATABASE FILE…
regress_like() {
	local part=$1 program=$2 input=$3 database=$4 names name status=0
	shift 4
	mapfile -t names < <(names_of "$@")
	as_server mkdir -p "$WORK/$part"
	part_cluster "$part" "$database"
	within_time "$program" --inputdir="$input" --outputdir="$WORK/$part" --bindir="$BINDIR" \
		--host="$SOCKET" --port="$PORT" --user="$SUPERUSER" --dbname="$database" --encoding=UTF8 \
		--load-extension=pg_incident "${names[@]}" | tee "$WORK/$part.out" || status=$?
	for name in "${names[@]}"; do
		if regress_says_ok "$name" "$WORK/$part.out"; then
			passed "$name"
		else
			failed "$name"
		fi
	done
	return "$status"
}

# Up to 15 `test NAME ... ok 12 ms`, from 16 on `ok 1 - NAME 12 ms`.
regress_says_ok() {
	grep -Eq "^(test +$1 +\.\.\. ok\b|ok +[0-9]+ +[-+] $1 )" "$2"
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

part_oracle() { perl_tests "$@"; }

part_tap() { perl_tests "$@"; }

perl_tests() {
	local file
	for file in "$@"; do
		perl_test "$file"
	done
}

# The variables are those that PostgreSQL::Test::Utils reads, TESTDIR up to 15
# and the other two from 16 on.
perl_test() {
	local file=$1 here=$WORK/${1%.t}
	as_server mkdir -p "$here/tmp_check/log"
	one_file "$file" env PATH="$BINDIR:$PATH" \
		PERL5LIB="$(pgxs_test)/perl:$SRC/test/t${PERL5LIB:+:$PERL5LIB}" \
		PG_REGRESS="$(pgxs_test)/regress/pg_regress" \
		TESTDIR="$here" TESTDATADIR="$here/tmp_check" TESTLOGDIR="$here/tmp_check/log" \
		PG_TEST_PORT_DIR="$WORK/tmp/ports" PG_INCIDENT_SRC="$SRC" \
		bash -c 'prove --verbose "$1" || { tail -n 30 "$TESTLOGDIR"/regress_log_*; exit 1; }' - "$SRC/$file"
}

# one_file FILE COMMAND…: a file that skips all its tests has not passed.
one_file() {
	local file=$1 output
	shift
	output=$WORK/log/${file//\//-}.out
	echo "# $file"
	if ! within_time "$@" >"$output" 2>&1; then
		failed "$file" "$output"
	elif grep -q 'skipped: ' "$output" || ! grep -q 'Result: PASS' "$output"; then
		failed "$file" "$output"
	else
		passed "$file"
	fi
	cat "$output"
}
