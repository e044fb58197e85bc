# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# An apt that sees one suite of Debian's archive and nothing else: the system's
# sources, lists and packages stay as they are. Sourced; POSIX sh.

# The archive of the system's own sources, whatever form these have.
system_mirror() {
	os=$(. /etc/os-release && echo "$ID $VERSION_CODENAME")
	[ "${os% *}" = debian ] || return 0
	# shellcheck disable=SC2016 # apt expands these
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v suite="${os#* }" '$1 == suite && $2 == "main" { print $3; exit }'
}

# private_apt DIR deb|deb-src SUITE [MIRROR [ARCHITECTURE]]: writes its configuration, DIR/conf,
# for `apt-get -c DIR/conf`, by which nothing is installed yet; fails where there is no archive or
# no key for it, having said so.
private_apt() {
	apt_dir=$1
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	mirror=${4:-$(system_mirror)} architecture=${5:-amd64}
	[ -n "$mirror" ] || { echo "no Debian archive among this system's sources" >&2; return 1; }
	[ -e "$keyring" ] || { echo "no $keyring: install debian-archive-keyring" >&2; return 1; }
	mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial"
	echo "$2 [arch=$architecture signed-by=$keyring] $mirror $3 main" >"$apt_dir/sources"
	# the system's own files are read first: its proxy counts, its hooks do not
	cat >"$apt_dir/conf" <<-END
		#clear APT::Update;
		#clear DPkg;
		APT::Architecture "$architecture";
		APT::Sandbox::User "";
		APT::Update::Error-Mode "any";
		Acquire::Languages "none";
		Acquire::Retries "3";
		Dir::Etc::sourcelist "$apt_dir/sources";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::State::lists "$apt_dir/lists";
		Dir::State::status "/dev/null";
		Dir::Cache "$apt_dir/cache";
	END
}
