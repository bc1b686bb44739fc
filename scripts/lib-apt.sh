# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# What two scripts share: an apt of one's own beside the host's, for packages or sources of another suite of Debian; folders. To be
# sourced; needs die().

# What is unpacked and built there is run, as root too: the folder, or the link to it, must not be one that somebody else has made, and
# not everybody may write there.
need_own_folder() {
	if [ "$(stat -c %u -- "$1")" = "$(id -u)" ] && [ -O "$1" ]; then
		case $(ls -ldn -- "$1/.") in d???????-*) return ;; esac
	fi
	die "$1 belongs to another user, or everybody may write to it: take a folder of your own"
}

# Of the host's own sources, the one that is Debian's main archive. As long as the host has no lists, nothing says whose
# a source is: then the first that looks like it.
mirror() {
	[ -z "${CEPH_MIRROR:-}" ] || { echo "$CEPH_MIRROR"; return; }
	for info in --release-info --no-release-info; do
		apt-get indextargets "$info" --format '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(RELEASE)|$(REPO_URI)' 2>/dev/null
	done | awk -F'|' '
		$3 != "main" || $5 ~ /^(cdrom|copy):/ { next }
		$1 == "Debian" && $2 == "Debian" && best == "" { best = $5 }
		$1 == "$(ORIGIN)" && $4 !~ /[-\/]/ && first == "" { first = $5 }
		END { print best != "" ? best : first }'
}

# The host's settings hold (proxies), but for the folders, and for hooks that tidy up in the host's.
private_apt() {	# DIR deb|deb-src SUITE: then apt-get -c DIR/apt.conf
	uri=$(mirror)
	[ -n "$uri" ] || die "apt's own sources name no mirror of Debian; set CEPH_MIRROR to one"
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial" || die "cannot write to $1"
	echo "$2 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $3 main" >"$1/sources.list"
	cat >"$1/apt.conf" <<END
Dir::Etc::sourcelist "$1/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$1/lists";
Dir::Cache "$1/cache";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::Languages "none";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
}
