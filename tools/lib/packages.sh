# shellcheck shell=bash
# The Debian packages that ./demo and ./check need: which PostgreSQL, which
# packages are missing, and apt with retries. Without root nothing is
# installed; the line that an administrator must run is printed instead.
#
# Sets PG_CONFIG (the program) and PG_MAJOR (15, 17, …).

APT_TRIES=4
APT_PAUSE=15
# dpkg wants these, and `su` without `-` leaves them out.
PATH=$PATH:/usr/sbin:/sbin
NO_CLUSTER_FILE=/etc/postgresql-common/createcluster.d/pg_incident_no_cluster.conf

# packages_ensure LOG NEED…: NEED is `build` and, for the tests, `check` and `clients`.
packages_ensure() {
	local log=$1
	shift
	command -v dpkg-query >/dev/null ||
		die 2 "This needs Debian 12 or newer: there is no dpkg here."
	choose_postgres
	if [[ -n $PG_MAJOR || $EUID != 0 ]]; then
		missing_packages "$@"
		((${#MISSING[@]} > 0)) || return 0
	fi
	[[ $EUID == 0 ]] || tell_administrator
	install_missing "$log" "$@"
	[[ -x $PG_CONFIG ]] || die 1 "The packages are installed, but $PG_CONFIG is not there."
}

# From PG_CONFIG, from PG_VERSION, else the newest installed server, else what
# apt would install (apt_postgres).
choose_postgres() {
	local postgres
	OWN_POSTGRES=
	PG_MAJOR=${PG_VERSION:-}
	[[ -z $PG_MAJOR ]] || need_supported "PG_VERSION is $PG_MAJOR"
	if [[ -n ${PG_CONFIG:-} ]]; then
		[[ -x $PG_CONFIG ]] || die 2 "PG_CONFIG is $PG_CONFIG, which is no program."
		PG_MAJOR=$("$PG_CONFIG" --version 2>/dev/null | sed -nE 's/^PostgreSQL ([0-9]+).*/\1/p')
		need_supported "PG_CONFIG is $PG_CONFIG, of PostgreSQL ${PG_MAJOR:-unknown}"
		[[ $("$PG_CONFIG" --bindir) == "/usr/lib/postgresql/$PG_MAJOR/bin" ]] || OWN_POSTGRES=yes
		return
	fi
	if [[ -z $PG_MAJOR ]]; then
		postgres=$(find /usr/lib/postgresql/1[5-8]/bin/postgres 2>/dev/null | sort -V | tail -n 1 || true)
		PG_MAJOR=$(sed -nE 's,^/usr/lib/postgresql/([0-9]+)/.*,\1,p' <<<"$postgres")
	fi
	[[ -n $PG_MAJOR ]] || apt_postgres
	PG_CONFIG=/usr/lib/postgresql/$PG_MAJOR/bin/pg_config
}

need_supported() {
	[[ $PG_MAJOR =~ ^1[5-8]$ ]] || die 2 "$1; pg_incident needs PostgreSQL 15 to 18."
}

apt_postgres() {
	PG_MAJOR=$(LC_ALL=C apt-cache depends postgresql 2>/dev/null |
		sed -nE 's/^ *Depends: postgresql-([0-9]+)$/\1/p' | tail -n 1)
	PG_CONFIG=/usr/lib/postgresql/$PG_MAJOR/bin/pg_config
}

package_names() {
	local need
	for need in "$@"; do
		case $need in
		build)
			printf '%s\n' gcc make libc6-dev libpq-dev libinih-dev
			[[ -n $OWN_POSTGRES ]] ||
				printf '%s\n' "postgresql-$PG_MAJOR" "postgresql-$PG_MAJOR-cron" "postgresql-server-dev-$PG_MAJOR"
			;;
		check)
			printf '%s\n' perl libipc-run-perl libfaketime libtap-parser-sourcehandler-pgtap-perl libbusiness-hours-perl python3 python3-jsonschema python3-recurring-ical-events python3-aiosmtpd curl mandoc msmtp valgrind
			[[ -n $OWN_POSTGRES ]] || printf '%s\n' "postgresql-$PG_MAJOR-pgtap" "postgresql-$PG_MAJOR-plpgsql-check"
			;;
		clients)
			printf '%s\n' default-jdk-headless libpostgresql-jdbc-java python3-psycopg2 python3-psycopg python3-pyodbc odbc-postgresql
			command -v npm >/dev/null || printf '%s\n' nodejs node-pg
			;;
		esac
	done
}

is_installed() {
	[[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# Sets MISSING.
missing_packages() {
	local name
	MISSING=()
	while read -r name; do
		is_installed "$name" || MISSING+=("$name")
	done < <(package_names "$@")
}

tell_administrator() {
	if [[ -z $PG_MAJOR ]]; then
		die 2 "There is no PostgreSQL here and apt knows of none yet. An administrator must run" \
			"    apt-get update" "and then this again for the list of packages (or run this as root)."
	fi
	die 2 "Packages are missing. An administrator must run" \
		"    apt-get install --no-install-recommends ${MISSING[*]}" \
		"or run this as root, which installs them."
}

# The mirror may fail to answer now and then: the whole is tried APT_TRIES times.
install_missing() {
	local log=$1 try
	shift
	STEP_LOG=$log
	for ((try = 1; try <= APT_TRIES; try++)); do
		progress_start "Asking apt's mirror (try $try of $APT_TRIES)"
		apt_get update >>"$log" 2>&1 || complain "apt-get update had errors (see $log)."
		progress_stop
		[[ -n $PG_MAJOR ]] || apt_postgres
		if [[ -n $PG_MAJOR ]]; then
			missing_packages "$@"
			if install_now "$log"; then
				INSTALLED=("${MISSING[@]}")
				STEP_LOG=
				return 0
			fi
		fi
		if ((try < APT_TRIES)); then
			say "apt did not succeed; trying again in $((APT_PAUSE * try)) s."
			sleep $((APT_PAUSE * try))
		fi
	done
	PROGRESS_LABEL="installing packages with apt"
	exit 1
}

install_now() {
	local log=$1 label="Installing ${#MISSING[@]} packages and what they need" status=0
	say "Installing: ${MISSING[*]}"
	LC_ALL=C apt_get install --assume-no "${MISSING[@]}" 2>/dev/null |
		sed -nE '/^(Need to get|After this operation|[0-9]+ upgraded|Upgrading:|  (Download size|Space needed))/s/^ */  /p' || true
	no_main_cluster
	progress_start "$label"
	apt_get install --yes "${MISSING[@]}" >>"$log" 2>&1 || status=$?
	progress_stop
	main_cluster_as_before
	((status != 0)) || say "$label: done in $((SECONDS - PROGRESS_SINCE)) s"
	return "$status"
}

apt_get() {
	local command=$1
	shift
	DEBIAN_FRONTEND=noninteractive apt-get -q \
		-o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o APT::Install-Recommends=false \
		"$command" "$@" </dev/null
}

# Installing postgresql-NN would make and start a cluster `main`: this forbids
# it for the time of the installation.
no_main_cluster() {
	[[ " ${MISSING[*]} " == *" postgresql-$PG_MAJOR "* ]] || return 0
	at_exit main_cluster_as_before
	mkdir -p "${NO_CLUSTER_FILE%/*}"
	echo "create_main_cluster = false" >"$NO_CLUSTER_FILE"
}

main_cluster_as_before() {
	rm -f "$NO_CLUSTER_FILE"
	rmdir --ignore-fail-on-non-empty "${NO_CLUSTER_FILE%/*}" 2>/dev/null || true
}
