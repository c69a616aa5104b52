# shellcheck shell=bash
# The extension built from a copy of the sources and installed into a private
# copy of PostgreSQL: neither the tree nor the system's directories are written.
#
# Sets SRC, PREFIX, BINDIR.

# copy_sources FROM TO: all but .git and what .gitignore names.
copy_sources() {
	local pattern excludes=(--anchored --exclude=./.git)
	if [[ -r $1/.gitignore ]]; then
		while read -r pattern; do
			case $pattern in
			'' | '#'*) ;;
			/*) excludes+=(--anchored "--exclude=.${pattern%/}") ;;
			*) excludes+=(--no-anchored "--exclude=${pattern%/}") ;;
			esac
		done <"$1/.gitignore"
	fi
	mkdir -p "$2"
	tar -C "$1" -cf - "${excludes[@]}" . | tar -C "$2" --no-same-owner -xf -
}

build_copy() {
	SRC=$WORK/src
	copy_sources "$ROOT" "$SRC"
	give_to_server "$SRC"
}

# run_make ARGUMENT…: CC and WERROR of the environment count too.
run_make() {
	as_server make -s -C "$SRC" -j2 PG_CONFIG="$PG_CONFIG" \
		${CC:+CC="$CC"} ${WERROR:+WERROR="$WERROR"} "$@"
}

# postgres_copy PREFIX: PostgreSQL finds its share and library directories
# relative to its programs. So copied programs beside directories of links make
# an installation of their own, in which only extension/ takes new files.
postgres_copy() {
	local bin share lib
	PREFIX=$1
	bin=$("$PG_CONFIG" --bindir)
	share=$("$PG_CONFIG" --sharedir)
	lib=$("$PG_CONFIG" --pkglibdir)
	BINDIR=$PREFIX$bin
	mkdir -p "$PREFIX$bin" "$PREFIX$share/extension" "$PREFIX$lib/bitcode"
	cp -pL "$bin"/* "$BINDIR/"
	find "$share" -mindepth 1 -maxdepth 1 ! -name extension -exec ln -s -t "$PREFIX$share" {} +
	find "$share/extension" -mindepth 1 -maxdepth 1 -exec ln -s -t "$PREFIX$share/extension" {} +
	find "$lib" -mindepth 1 -maxdepth 1 -name '*.so' -exec ln -s -t "$PREFIX$lib" {} +
	# What just-in-time compilation inlines.
	find "$lib" -mindepth 1 -maxdepth 1 -name '*.bc' -exec ln -s -t "$PREFIX$lib" {} +
	if [[ -d $lib/bitcode ]]; then
		find "$lib/bitcode" -mindepth 1 -maxdepth 1 ! -name 'pg_incident*' -exec ln -s -t "$PREFIX$lib/bitcode" {} +
	fi
	[[ -e $lib/pg_cron.so ]] || die 1 "There is no pg_cron.so in $lib."
	remove_installed_before "$PREFIX$share/extension" "$PREFIX$lib"
	give_to_server "$PREFIX"
}

# A pg_incident that the system has must not shine through the links.
remove_installed_before() {
	find "$@" -maxdepth 1 \( -name 'pg_incident.control' -o -name 'pg_incident--*' -o -name 'pg_incident.so' \) -delete
}

# By way of the work directory, because PREFIX may have a space.
install_private() {
	run_make DESTDIR="$WORK/stage" install
	as_server cp -R "$WORK/stage/." "$PREFIX/"
}
