# shellcheck shell=bash
# Bare Debian releases in chroots (debootstrap, minbase), made from the
# machine's own mirror and removed again, mounts first.
#
# Needs CI_DIR. A chroot is CI_DIR/RELEASE; CI_DIR/RELEASE.made says it is whole.

CHROOT_TRIES=3
CHROOT_TREE="/srv/pg incident"

chroot_tools() {
	apt_get update
	apt_get install --yes debootstrap
}

# The first archive that apt is configured with and that is no security one,
# from deb822 files or from lines.
mirror() {
	{
		sed -nE 's/^URIs: *([^ ]+).*/\1/p' /etc/apt/sources.list.d/*.sources 2>/dev/null
		sed -nE 's/^deb +(\[[^]]*\] +)?([^ ]+).*/\2/p' \
			/etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true
	} | grep -E '/debian(/[0-9TZ]+)?/?$' | head -n 1
}

# chroot_create RELEASE: tried again, from nothing, when the mirror fails.
chroot_create() {
	local release=$1 try uri
	uri=$(mirror) || die 1 "apt's sources name no Debian mirror."
	for ((try = 1; try <= CHROOT_TRIES; try++)); do
		rm -rf --one-file-system "${CI_DIR:?}/$release"
		if debootstrap --variant=minbase "$release" "$CI_DIR/$release" "$uri"; then
			: >"$CI_DIR/$release.made"
			return
		fi
		sleep $((20 * try))
	done
}

# chroot_open RELEASE: the mounts, apt's settings of this machine, the tree.
chroot_open() {
	local root=$CI_DIR/$1
	mount -t proc proc "$root/proc"
	mount --bind /dev "$root/dev"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date) ' \
		>"$root/etc/apt/apt.conf.d/90host" || true
	copy_sources "$ROOT" "$root$CHROOT_TREE"
}

# inside RELEASE COMMAND…: COMMAND is started in the tree.
inside() {
	local root=$CI_DIR/$1
	shift
	INSIDE=(chroot "$root" env -u TMPDIR -u PG_CONFIG -u PG_VERSION HOME=/root sh -c 'cd "$0" && exec "$@"' "$CHROOT_TREE" "$@")
}

chroot_remove() {
	local root=$CI_DIR/$1 place
	while read -r place; do
		umount -l "$place"
	done < <(mounts_under "$root")
	if [[ -n $(mounts_under "$root") ]]; then
		complain "There are still mounts in $root; it stays."
		return
	fi
	rm -rf --one-file-system "$root" "$root.made"
}

mounts_under() { awk -v under="$1/" 'index($2, under) == 1 { print $2 }' /proc/mounts | sort -r; }
