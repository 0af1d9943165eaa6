# shellcheck shell=bash disable=SC2154
# Shared by up.sh, test.sh and dev: packages, and what to say while working. Sourced by bash; $top is the repository.

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# packages_of PURPOSE…: the names listed under those headings.
packages_of() {
  local purpose
  for purpose in "$@"; do
    awk -v want="[$purpose]" '/^\[/ { on = ($0 == want); next } on && NF && $1 !~ /^#/ { print $1 }' "$top/packaging/debian-packages.txt"
  done
}

# Installs what is missing of the named purposes; says nothing when all is there.
install_packages() {
  local missing=() package
  for package in $(packages_of "$@"); do
    # A machine may carry its own node or python beside Debian's: the program is what counts there.
    case "$package" in
      nodejs) command -v node >/dev/null && continue ;;
      npm) command -v npm >/dev/null && continue ;;
    esac
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  [ "$(id -u)" = 0 ] || die "missing packages (run as root, or install them): ${missing[*]}"
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  apt-get update -qq || die "apt-get update failed: is the network reachable?"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
    || die "apt-get install failed for: ${missing[*]}"
}
