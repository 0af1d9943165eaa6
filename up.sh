#!/usr/bin/env bash
# Runs Warder on this host: installs what is missing, builds, starts a manager and an agent that protects this machine.
#   ./up.sh            install, build, start (again: brings everything up to date)
#   ./up.sh --demo     the same, then a few harmless detections
#   ./up.sh status     what runs
#   ./up.sh down       stop both
#   ./up.sh purge      stop both and remove every trace, data included
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$top"
# shellcheck source=packaging/lib.sh
. packaging/lib.sh

prefix=${WARDER_PREFIX:-/opt/warder}
etc=${WARDER_ETC:-/etc/warder}
state=${WARDER_STATE:-/var/lib/warder}
run=${WARDER_RUN:-/run/warder}
api_port=${WARDER_API_PORT:-8443}
gateway_port=${WARDER_GATEWAY_PORT:-8444}
metrics_port=${WARDER_METRICS_PORT:-9464}
build=build/up
manager=$prefix/bin/warder-manager
agent=$prefix/bin/warder-agent
manager_toml=$etc/manager.toml
agent_toml=$etc/agent.toml

has_systemd() { [ -d /run/systemd/system ] && [ "$prefix" = /opt/warder ]; }

# --- programs: by systemd where it is process 1, else started here with pid files --------------------------------------

pid_of() { # the living process of that name that this script started, or nothing
  local file=$run/$1.pid pid
  [ -f "$file" ] || return 1
  pid=$(cat "$file")
  [ "$(readlink "/proc/$pid/exe" 2>/dev/null)" = "$prefix/bin/$1" ] || return 1
  echo "$pid"
}

is_running() {
  if has_systemd; then systemctl is-active --quiet "$1"; else pid_of "$1" >/dev/null; fi
}

start() { # start NAME ARGUMENT…
  local name=$1
  shift
  is_running "$name" && return
  if has_systemd; then systemctl enable --now --quiet "$name"; return; fi
  mkdir -p "$run" "$state/log"
  setsid "$prefix/bin/$name" "$@" >>"$state/log/$name.log" 2>&1 </dev/null 9>&- &
  echo $! >"$run/$name.pid"
}

wait_gone() { # wait_gone PID SECONDS
  local i
  for ((i = 0; i < $2 * 10; i++)); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  return 1
}

stop_manager() {
  is_running warder-manager || return 0
  if has_systemd; then systemctl disable --now --quiet warder-manager; return; fi
  local pid
  pid=$(pid_of warder-manager)
  kill -TERM "$pid"
  wait_gone "$pid" 20 || { kill -KILL "$pid"; wait_gone "$pid" 5 || true; }
  rm -f "$run/warder-manager.pid"
}

# The agent protects itself: stopping it wants a maintenance token, which the manager on this host can make.
stop_agent() {
  is_running warder-agent || return 0
  local pid="" token
  has_systemd || pid=$(pid_of warder-agent)
  token=$(mktemp)
  "$manager" maintenance-token --config "$manager_toml" --agent "$("$agent" id --config "$agent_toml")" >"$token"
  "$agent" stop --config "$agent_toml" --token-file "$token" || { rm -f "$token"; die "the agent refused to stop; see $state/log/warder-agent.log"; }
  rm -f "$token"
  if has_systemd; then systemctl disable --now --quiet warder-agent; else wait_gone "$pid" 20 || die "the agent is still running (pid $pid)"; fi
  rm -f "$run/warder-agent.pid"
}

# --- install ---------------------------------------------------------------------------------------------------------------

build_programs() {
  say "building the programs (a few minutes the first time)"
  mkdir -p build
  cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DWARDER_TESTS=OFF >build/configure-up.log 2>&1 \
    || { tail -40 build/configure-up.log >&2; die "configure failed"; }
  cmake --build "$build" || die "the build failed"
  say "building the console"
  web/run install
  web/run build
}

install_file() { # copies over a running program too: new file, then rename
  [ -f "$2" ] && cmp -s "$1" "$2" && return
  install -D -m "${3:-0755}" "$1" "$2.new"
  mv -f "$2.new" "$2"
  changed=1
}

install_programs() {
  local name file
  changed=
  for name in warder-manager warder-agent warder warder-scanner; do install_file "$build/bin/$name" "$prefix/bin/$name"; done
  mkdir -p "$prefix/share"
  rm -rf "$prefix/share/console.new" && cp -r web/dist "$prefix/share/console.new"
  rm -rf "$prefix/share/console" && mv "$prefix/share/console.new" "$prefix/share/console"
  local folder
  for folder in messages commitments recommendations alerts antimalware integrity ips loginspection firewall passwords; do
    rm -rf "$prefix/share/$folder" && cp -r "content/$folder" "$prefix/share/$folder"
  done
  install_file api/openapi.yaml "$prefix/share/openapi.yaml" 0644
  [ "$prefix" = /opt/warder ] && ln -sf "$prefix/bin/warder" /usr/local/bin/warder
  if has_systemd; then
    for file in packaging/systemd/*.service; do install_file "$file" "/etc/systemd/system/${file##*/}" 0644; done
    systemctl daemon-reload
  fi
}

write_config() {
  mkdir -p "$etc" "$state"
  chmod 0700 "$state"
  [ -f "$manager_toml" ] || cat >"$manager_toml" <<EOF
# Settings and their defaults: warder-manager print-config
data_directory = "$state/manager"
share_directory = "$prefix/share"
console_directory = "$prefix/share/console"
api_listen = "0.0.0.0:$api_port"
gateway_listen = "0.0.0.0:$gateway_port"
metrics_listen = "127.0.0.1:$metrics_port"
EOF
  [ -f "$agent_toml" ] || cat >"$agent_toml" <<EOF
# Settings and their defaults: warder-agent print-config
state_directory = "$state/agent"
share_directory = "$prefix/share"
runtime_directory = "$run"
EOF
}

wait_ready() {
  local i
  for ((i = 0; i < 300; i++)); do
    curl -fsS -o /dev/null "http://127.0.0.1:$metrics_port/readyz" 2>/dev/null && return 0
    is_running warder-manager || break
    sleep 0.1
  done
  tail -5 "$state/log/warder-manager.log" >&2 2>/dev/null || true
  die "the manager did not become ready"
}

enrol() {
  [ -f "$state/agent/identity/certificate.pem" ] && return
  say "enrolling this host's agent"
  local token
  token=$(mktemp)
  "$manager" enrol-token --config "$manager_toml" --name "$(hostname)" --uses 1 --url "https://127.0.0.1:$gateway_port" >"$token"
  "$agent" enrol --config "$agent_toml" --token-file "$token"
  rm -f "$token"
}

up() {
  install_packages run build
  command -v curl >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends curl >/dev/null
  build_programs
  install_programs
  write_config
  local password=""
  [ -d "$state/manager/keys" ] || password=$("$manager" init --config "$manager_toml" --json | sed -n 's/.*"password" *: *"\([^"]*\)".*/\1/p')
  if [ -n "${changed:-}" ]; then
    say "restarting with the new programs"
    [ -f "$state/agent/identity/certificate.pem" ] && stop_agent
    stop_manager
  fi
  say "starting the manager"
  start warder-manager run --config "$manager_toml"
  wait_ready
  enrol
  say "starting the agent"
  start warder-agent run --config "$agent_toml"
  "$agent" status --config "$agent_toml" --wait 60 || die "the agent did not come up; see $state/log/warder-agent.log"
  cat <<EOF

Warder protects this host.
  console        https://$(hostname -f 2>/dev/null || hostname):$api_port/  (certificate of its own CA: $state/manager/ca.pem)
  administrator  admin
EOF
  if [ -n "$password" ]; then
    echo "  password       $password   (one time: you choose your own at the first login)"
  else
    echo "  password       as you set it; forgotten: $manager reset-password admin --config $manager_toml"
  fi
  cat <<EOF

Integrity monitoring and log inspection are on. Firewall and intrusion prevention wait: no rule and no packet queue is installed until a
policy says so. In Policies → Base set ips.mode to detect (say what would be stopped) and later to prevent, firewall.rules and later
firewall.mode to inline; docs/firewall.md and docs/intrusion-prevention.md explain both.
Try: touch /etc/warder-was-here, then look at Events.   Stop: ./up.sh down   Remove: ./up.sh purge
EOF
}

demo() {
  say "causing a few harmless changes in /etc"
  local file=/etc/warder-demo.conf
  echo "# made by ./up.sh --demo" >"$file"
  sleep 1
  echo "setting = 1" >>"$file"
  sleep 1
  chmod 0666 "$file"
  sleep 1
  rm -f "$file"
  say "done: see Events in the console"
}

status() {
  local name
  for name in warder-manager warder-agent; do
    if is_running "$name"; then echo "$name: running"; else echo "$name: stopped"; fi
  done
  ! is_running warder-agent || "$agent" status --config "$agent_toml"
}

purge() {
  [ ! -x "$agent" ] || stop_agent
  [ ! -x "$manager" ] || stop_manager
  rm -f /etc/systemd/system/warder-{manager,agent}.service
  [ "$(readlink /usr/local/bin/warder)" = "$prefix/bin/warder" ] && rm -f /usr/local/bin/warder
  rm -rf "$prefix" "$etc" "$state" "$run"
  say "removed. The build stays in $top/build; Debian packages stay installed."
}

[ "$(id -u)" = 0 ] || die "run as root: the agent protects this host"
case "${1:-}" in
  "") up ;;
  --demo) up && demo ;;
  status) status ;;
  down) stop_agent && stop_manager && say "stopped" ;;
  purge) purge ;;
  *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
