"""Cases of firewall_agent.py: other users of the host's packet filters beside the firewall, interfaces, and rules that cannot be put into force."""
import fcntl
import os
import shutil
import socket
import struct
import subprocess

from firewall_world import HERE, PATIENCE, THERE, Namespace, allow, run

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000
BOX, BRIDGE = "172.30.0.2", "172.30.0.1"
# As Docker and kube-proxy write them: a port of the host leads to a container behind a bridge, by a mark of the cluster's own.
CONTAINERS = f"""*nat
-A PREROUTING -p tcp -m tcp --dport 8088 -j DNAT --to-destination {BOX}:80
-A POSTROUTING -s 172.30.0.0/24 ! -o br0 -j MASQUERADE
COMMIT
*mangle
-A PREROUTING -p tcp -m tcp --dport 8088 -j CONNMARK --set-xmark 0x4000/0x4000
COMMIT
*filter
:FORWARD DROP [0:0]
:DOCKER - [0:0]
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o br0 -j DOCKER
-A FORWARD -i br0 -j ACCEPT
-A DOCKER -d {BOX}/32 -p tcp -m tcp --dport 80 -m connmark --mark 0x4000/0x4000 -j ACCEPT
COMMIT
"""


class Containers:
    """A bridge with one container, and its iptables rules in the kernel's nftables form."""

    def __init__(self, world):
        self.world, self.box = world, Namespace()
        with world.here:
            run("ip", "link", "add", "br0", "type", "bridge")
            run("ip", "address", "add", f"{BRIDGE}/24", "dev", "br0")
            run("ip", "link", "add", "c0", "type", "veth", "peer", "name", "eth0", "netns", f"/proc/{os.getpid()}/fd/{self.box.fd}")
            run("ip", "link", "set", "c0", "master", "br0", "up")
            run("ip", "link", "set", "br0", "up")
            run("sysctl", "-qw", "net.ipv4.ip_forward=1")
        with self.box:
            run("ip", "address", "add", f"{BOX}/24", "dev", "eth0")
            run("ip", "link", "set", "eth0", "up")
            run("ip", "route", "add", "default", "via", BRIDGE)
            self.server = socket.socket()
            self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.server.bind((BOX, 80))
            self.server.listen(64)
        self.write()

    def write(self):
        with self.world.here:
            run("iptables-nft-restore", input=CONTAINERS)

    def reaches_out(self, port):
        with self.box:
            client = socket.socket()
        client.settimeout(3.5)
        try:
            client.connect((THERE, port))
            return True
        except (TimeoutError, socket.timeout):
            return False
        finally:
            client.close()


class Vpn:
    """A tunnel interface whose other end is this program, as of user-space VPNs."""

    def __init__(self, world):
        with world.here:
            self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22s", b"tun0", IFF_TUN | IFF_NO_PI, b""))
            run("ip", "address", "add", "10.66.0.1/24", "dev", "tun0")
            run("ip", "link", "set", "tun0", "up")
            self.server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.server.bind(("10.66.0.1", 5000))
        self.server.settimeout(1.5)

    def delivers(self):
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 31, 0, 0, 64, 17, 0, socket.inet_aton("10.66.0.2"), socket.inet_aton("10.66.0.1"))
        total = sum(struct.unpack("!10H", header))
        total = (total & 0xFFFF) + (total >> 16)
        os.write(self.fd, header[:10] + struct.pack("!H", ~total & 0xFFFF) + header[12:] + struct.pack("!HHHH", 4000, 5000, 11, 0) + b"vpn")
        try:
            return self.server.recv(100) == b"vpn"
        except socket.timeout:
            return False


def foreign_rules(world):
    """All that is not ours, without counters and handles."""
    with world.here:
        listed = [run("nft", "-s", "list", "table", *line.split()[1:]) for line in run("nft", "list", "tables").splitlines()
                  if not line.endswith(" warder")]
        legacy = subprocess.run(["iptables-legacy-save"], capture_output=True, text=True).stdout
    return listed, [line for line in legacy.splitlines() if not line.startswith(("#", ":"))]


def case_beside_containers_and_vpns(world):
    """Docker's and Kubernetes' rules, old iptables and a VPN work before, with and after the firewall, and nobody touches theirs."""
    world.listen(8080)
    with world.there:
        peer = socket.socket()
        peer.bind((THERE, 9000))
        peer.listen()
    containers, vpn = Containers(world), Vpn(world)
    with world.here:
        old = subprocess.run(["iptables-legacy", "-A", "INPUT", "-p", "tcp", "--dport", "8099", "-j", "DROP"], capture_output=True, text=True)
    if old.returncode:
        print(f"    this kernel has no old iptables: {old.stderr.strip()[:80]}")
    before = foreign_rules(world)
    assert world.connects(8088) and containers.reaches_out(9000) and vpn.delivers()
    worker = world.worker()
    policy = allow(8080, 8099)
    policy["rules"].append({"id": "vpn", "action": "allow", "protocol": "udp", "interfaces": ["tun*"], "destination_ports": ["5000"]})
    assert worker.configure(policy) == ""
    assert world.connects(8080) and not world.connects(9091)
    assert world.connects(8088) and containers.reaches_out(9000), "what passes through is the containers' business"
    assert vpn.delivers(), "a rule for the tunnel"
    assert foreign_rules(world) == before
    worker.execute("status")
    worker.events.clear()
    containers.write()  # a container is started: the whole is written anew
    worker.execute("status")
    assert not [e for e in worker.events if e["type"] == "firewall.table.repaired"] and world.connects(8088)
    before = foreign_rules(world)
    assert worker.configure({**policy, "rules": policy["rules"][:-1]}) == ""
    assert not vpn.delivers(), "no rule for the tunnel"
    assert worker.configure({**policy, "filter_forwarded": True}) == ""
    assert not world.connects(8088), "rules hold for containers where the policy says so"
    inside = {**allow(80), "filter_forwarded": True}
    assert worker.configure(inside) == ""
    assert world.connects(8088)
    assert foreign_rules(world) == before
    worker.stop()
    assert foreign_rules(world) == before and world.connects(8088) and containers.reaches_out(9000) and vpn.delivers()
    os.close(vpn.fd)
    os.close(containers.box.fd)


def case_interface_isolation(world):
    """Only the first interface that is up is used; the next takes over when it goes down."""
    with world.here:
        run("ip", "link", "add", "w0", "type", "veth", "peer", "name", "w1", "netns", f"/proc/{os.getpid()}/fd/{world.there.fd}")
        run("ip", "address", "add", "10.78.0.1/24", "dev", "w0")
        run("ip", "link", "set", "w0", "up")
    with world.there:
        run("ip", "address", "add", "10.78.0.2/24", "dev", "w1")
        run("ip", "link", "set", "w1", "up")
    world.listen(8080)
    worker = world.worker()
    assert worker.configure({"mode": "inline", "commit_confirm_s": 0}) == ""
    assert world.connects(8080) and world.connects(8080, "10.78.0.1")
    assert worker.configure({"mode": "inline", "commit_confirm_s": 0, "interface_isolation": ["v*", "w0"]}) == ""
    assert world.connects(8080) and not world.connects(8080, "10.78.0.1")
    with world.there:
        run("ip", "link", "set", "v1", "down")
    worker.until(lambda: world.connects(8080, "10.78.0.1", 0.5), "the second interface")
    with world.there:
        run("ip", "link", "set", "v1", "up")
    worker.until(lambda: not world.connects(8080, "10.78.0.1", 0.5), "the first one's return")
    assert world.connects(8080)
    worker.stop()


def case_packet_data(world):
    """Rules that ask for it report the beginning of the packet; others do not."""
    worker = world.worker()
    rule = {"id": "no", "action": "deny", "protocol": "udp", "destination_ports": ["5000"], "packet_data": True}
    assert worker.configure({"mode": "inline", "commit_confirm_s": 0, "fold_s": 0, "rules": [rule, {**rule, "id": "quiet", "packet_data": False,
                                                                                        "destination_ports": ["5001"]}]}) == ""
    with world.there:
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.sendto(b"the packet's own words", (HERE, 5000))
    client.sendto(b"not these", (HERE, 5001))
    event = worker.event("firewall.packet.denied", rule="no")
    assert event["packet.data"].endswith(b"the packet's own words".hex()), event
    assert "packet.data" not in worker.event("firewall.packet.denied", rule="quiet")
    worker.stop()


def case_fails_open_and_closed(world):
    """A kernel that refuses the rules (an nft that says no to those with port 8080): the policy says what holds meanwhile, and the next try heals it."""
    world.listen(8080)
    world.listen(9090)
    nft = shutil.which("nft")
    shutil.copy(nft, f"{world.folder}/nft")
    wrapper = f"{world.folder}/wrapper"
    with open(wrapper, "w") as file:
        file.write(f"""#!/bin/sh
if [ "$1 $2" != "-j -f" ] || [ ! -e {world.folder}/state/refuse ]; then exec {world.folder}/nft "$@"; fi
input=$(cat)
case "$input" in *8080*) echo "Error: no" >&2; exit 1;; esac
printf %s "$input" | {world.folder}/nft "$@"
""")
    os.chmod(wrapper, 0o755)
    agent = f"{world.folder}/agent"
    with open(agent, "w") as file:
        file.write(f"#!/bin/sh\nexec unshare --mount --propagation private sh -c 'mount --bind {wrapper} {nft} && exec {world.agent} \"$@\"' sh \"$@\"\n")
    os.chmod(agent, 0o755)
    world.agent = agent
    for reaction in ("open", "closed"):
        worker = world.worker()
        refuse = worker.state.parent.parent / "refuse"
        refuse.touch()
        assert worker.configure(allow(8080, on_failure=reaction)) == ""
        worker.event("firewall.rules.failed")
        worker.until(lambda: "degraded" in [s[0] for s in worker.states], "the module's state")
        assert world.connects(9090) is (reaction == "open") and world.connects(8080) is (reaction == "open"), reaction
        refuse.unlink()
        assert worker.execute("retry")[0]
        assert world.connects(8080) and not world.connects(9090), reaction
        worker.stop()
        assert world.connects(9090)
