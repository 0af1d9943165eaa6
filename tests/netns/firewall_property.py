#!/usr/bin/env python3
"""Random firewall policies × random packets: what `warder firewall simulate` says must be what this kernel does with the
ruleset of `warder firewall compile`, seen at the receiving socket.

Makes two network namespaces of its own, joined by veth pairs; needs root, and exits with 77 (skipped) without.
  firewall_property.py --warder PROGRAM [--long | --pairs N] [--seed N]"""
import argparse
import collections
import ctypes
import ipaddress
import json
import os
import pathlib
import random
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time

CLONE_NEWNET = 0x40000000
ETH_ALL = 3
GUARD_MARK = 0x77
PER_POLICY, PER_POLICY_LONG = 9, 30  # both give more than a thousand policies
TCP, UDP, ICMP, ICMP6, SCTP, GRE = 6, 17, 1, 58, 132, 47
FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32}
ACTIONS = ["bypass", "log-only", "force-allow", "deny", "allow"]
HERE4, THERE4 = ipaddress.ip_network("10.99.0.0/16"), ipaddress.ip_network("10.88.0.0/16")
HERE6, THERE6 = ipaddress.ip_network("fd00:99::/64"), ipaddress.ip_network("fd00:88::/64")
MAC_HERE, MAC_THERE = "02:00:5e:00:53:01", "02:00:5e:00:53:02"


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options)


def unshare():
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise PermissionError(os.strerror(ctypes.get_errno()))


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class World:
    """Two namespaces: `here` has the firewall, `there` only sends and receives frames."""

    def __init__(self):
        unshare()
        peer = os.open("/proc/self/ns/net", os.O_RDONLY)
        unshare()
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one processor: frames stay in order
        for pair in ("v", "s"):
            run("ip", "link", "add", f"{pair}0", "type", "veth", "peer", "name", f"{pair}1")
            run("ip", "link", "set", f"{pair}1", "netns", f"/proc/{os.getpid()}/fd/{peer}")
        run("ip", "link", "set", "v0", "address", MAC_HERE)
        for name in ("lo", "v0", "s0"):
            run("ip", "link", "set", name, "up")
            pathlib.Path(f"/proc/sys/net/ipv4/conf/{name}/rp_filter").write_text("0")
        pathlib.Path("/proc/sys/net/ipv4/conf/all/rp_filter").write_text("0")
        run("ip", "address", "add", "10.99.0.1/32", "dev", "v0")
        run("ip", "address", "add", "fd00:99::1/128", "dev", "v0", "nodad")
        run("ip", "address", "add", "192.0.2.1/24", "dev", "s0")
        for network, version in ((HERE4, "-4"), (HERE6, "-6")):
            run("ip", version, "route", "add", "local", str(network), "dev", "lo")
        run("ip", "route", "add", "10.88.0.1/32", "dev", "v0")
        run("ip", "-6", "route", "add", "fd00:88::1/128", "dev", "v0")
        run("ip", "route", "add", str(THERE4), "via", "10.88.0.1", "dev", "v0")
        run("ip", "-6", "route", "add", str(THERE6), "via", "fd00:88::1", "dev", "v0")
        for address, device in (("10.88.0.1", "v0"), ("fd00:88::1", "v0"), ("192.0.2.2", "s0")):
            run("ip", "neigh", "replace", address, "lladdr", MAC_THERE, "dev", device, "nud", "permanent")
        # The kernel's own answers (resets, unreachables) must not take part.
        run("nft", "-f", "-", input="table inet guard { chain output { type filter hook output priority -500; "
            f"meta mark != {GUARD_MARK} drop\n}}\n}}\n")
        self.receivers = [self.raw(socket.AF_INET, p) for p in (TCP, UDP, ICMP, SCTP, GRE)]
        self.receivers += [self.raw(socket.AF_INET6, p) for p in (TCP, UDP, ICMP6, SCTP, GRE)]
        self.sender4 = self.raw(socket.AF_INET, socket.IPPROTO_RAW)
        self.sender6 = self.raw(socket.AF_INET6, socket.IPPROTO_RAW)
        self.sentinel_here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sentinel_here.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, GUARD_MARK)
        self.sentinel_here.bind(("192.0.2.1", 9))
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        libc = ctypes.CDLL(None)
        libc.setns(peer, CLONE_NEWNET)
        for pair in ("v1", "s1"):
            run("ip", "link", "set", pair, "arp", "off")
            run("ip", "link", "set", pair, "up")
        self.wire = self.packet_socket("v1")
        self.sentinel_there = self.packet_socket("s1")
        libc.setns(here, CLONE_NEWNET)
        self.mac_sentinel = bytes.fromhex(pathlib.Path("/sys/class/net/s0/address").read_text().strip().replace(":", "")) \
            if pathlib.Path("/sys/class/net/s0/address").exists() else None
        if self.mac_sentinel is None:
            link = json.loads(run("ip", "-j", "link", "show", "s0").stdout)[0]["address"]
            self.mac_sentinel = bytes.fromhex(link.replace(":", ""))

    @staticmethod
    def raw(family, protocol):
        opened = socket.socket(family, socket.SOCK_RAW, protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, GUARD_MARK)
        opened.setblocking(False)
        return opened

    @staticmethod
    def packet_socket(name):
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_ALL))
        opened.bind((name, ETH_ALL))
        opened.setblocking(False)
        return opened

    @staticmethod
    def drain(sockets):
        data = []
        for each in sockets:
            while True:
                try:
                    data.append(each.recv(2048))
                except BlockingIOError:
                    break
        return data

    def passes(self, packet):
        """Sends it, and then a second one that nobody stops: whether the first has come by then."""
        marker = packet["marker"]
        if packet["direction"] == "in":
            kind = b"\x08\x00" if packet["v4"] else b"\x86\xdd"
            mac = bytes.fromhex((MAC_HERE + MAC_THERE).replace(":", ""))
            self.wire.send(mac + kind + packet["bytes"])
            body = struct.pack("!HHHH", 9, 9, 8, 0)
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 0, 0, 64, UDP, 0, socket.inet_aton("192.0.2.2"), socket.inet_aton("192.0.2.1"))
            ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
            self.sentinel_there.send(self.mac_sentinel + bytes(6) + b"\x08\x00" + ip + body)
            if not select.select([self.sentinel_here], [], [], 10)[0]:
                raise RuntimeError("the second packet did not come")
            self.sentinel_here.recv(100)
            return any(marker in data for data in self.drain(self.receivers))
        try:
            if packet["v4"]:
                self.sender4.sendto(packet["bytes"], (packet["destination"], 0))
            else:
                self.sender6.sendto(packet["bytes"], (packet["destination"], 0))
        except PermissionError:
            pass
        self.sentinel_here.sendto(b"sentinel", ("192.0.2.2", 9))
        end = time.monotonic() + 10
        while not any(b"sentinel" in data for data in self.drain([self.sentinel_there])):
            select.select([self.sentinel_there], [], [], 1)
            if time.monotonic() > end:
                raise RuntimeError("the second packet did not come")
        return any(marker in data for data in self.drain([self.wire]))


class Maker:
    """Random policies and packets out of one small world, so that they meet."""

    def __init__(self, seed, per_policy):
        self.random = random.Random(seed)
        self.per_policy = per_policy
        self.number = 0

    def pick(self, *choices):
        return self.random.choice(choices)

    def address(self, network):
        return str(network[self.random.randint(1, 12)])

    def some_addresses(self, v4, is_here):
        network = {(True, True): HERE4, (True, False): THERE4, (False, True): HERE6, (False, False): THERE6}[v4, is_here]
        kind = self.random.random()
        if kind < 0.4:
            return [self.address(network)]
        if kind < 0.6:
            return [f"{network[4]}-{network[9]}"]
        if kind < 0.8:
            return [f"{network[8]}/{29 if v4 else 125}"]
        return [self.address(network) for _ in range(self.random.randint(2, 24))]

    def ports(self):
        return [str(self.pick(21, 53, 80, 443, 8080)) if self.random.random() < 0.7 else self.pick("1-100", "400-9000", "0-65535")
                for _ in range(self.random.randint(1, 3))]

    def rule(self, number, action):
        r = self.random
        rule = {"id": f"r{number}", "action": action, "direction": self.pick("incoming", "outgoing")}
        if action != "allow":
            rule["priority"] = r.randint(0, 4)
        protocol = self.pick("any", "any", "any", "tcp", "tcp", "udp", "udp", "tcp-udp", "tcp-udp", "icmp", "icmpv6", "sctp", "47")
        rule["protocol"] = protocol
        if protocol not in ("any", "icmp", "icmpv6") and r.random() < 0.1:
            rule["protocol_not"] = True
        v4 = protocol != "icmpv6" and (protocol == "icmp" or r.random() < 0.5)
        is_incoming = rule["direction"] == "incoming"
        for side, is_here in (("source", not is_incoming), ("destination", is_incoming)):
            if r.random() < 0.35:
                rule[f"{side}_addresses"] = self.some_addresses(v4, is_here)
                if r.random() < 0.25:
                    rule[f"{side}_addresses_not"] = True
            if protocol in ("tcp", "udp", "tcp-udp") and not rule.get("protocol_not") and r.random() < (0.15 if side == "source" else 0.5):
                rule[f"{side}_ports"] = self.ports()
                if r.random() < 0.2:
                    rule[f"{side}_ports_not"] = True
        if protocol == "tcp" and not rule.get("protocol_not") and r.random() < 0.3:
            rule["tcp_flags"] = self.pick(["syn"], ["syn", "!ack"], ["ack"], ["rst"], ["!syn"])
            rule["tcp_flags_not"] = r.random() < 0.3
        if protocol == "icmp" and r.random() < 0.6:
            rule["icmp"] = self.pick(["echo-request"], ["8/0", "13"], ["3"])
            rule["icmp_not"] = r.random() < 0.2
        if protocol == "icmpv6" and r.random() < 0.6:
            rule["icmp"] = self.pick(["echo-request"], ["128/0", "1"])
        if r.random() < 0.1:
            rule["interfaces"] = self.pick(["v0"], ["v*"], ["eth*"])
            rule["interfaces_not"] = r.random() < 0.3
        if r.random() < 0.23:
            rule["frame_type"] = self.pick("ip", "ipv4" if v4 else "ipv6")
        if is_incoming and r.random() < 0.05:
            rule["source_macs"] = [self.pick(MAC_THERE, "02:00:5e:00:53:99")]
        return rule

    def policy(self):
        r = self.random
        weights = [8, 4, 7.5, 8, r.choice((0, 26, 50))]
        if r.random() < 0.23:
            weights = [0, 1, 0, 0, 0]
        rules = [self.rule(i, r.choices(ACTIONS, weights)[0]) for i in range(r.randint(5, 16))]
        if r.random() < 0.1:  # many of one shape: looked up in a map
            action = self.pick("deny", "allow", "bypass", "force-allow")
            rules += [{"id": f"m{i}", "action": action, "protocol": "tcp", "destination_ports": [str(p)],
                       "source_addresses": [str(THERE4[i % 12 + 1])]} for i, p in enumerate((21, 53, 80, 443, 8080) * 4)]
        policy = {"mode": "inline", "ignore_interfaces": ["s0"], "rules": rules}
        for key in ("stateful_tcp", "stateful_udp", "stateful_icmp", "deny_invalid_tcp_flags"):
            if r.random() < 0.23:
                policy[key] = False
        for key in ("deny_unsolicited_udp", "deny_unsolicited_icmp", "deny_congestion_flags", "deny_fragments"):
            if r.random() < 0.08:
                policy[key] = True
        return policy

    def packet(self):
        r = self.random
        v4 = r.random() < 0.6
        direction = self.pick("in", "out")
        here, there = self.address(HERE4 if v4 else HERE6), self.address(THERE4 if v4 else THERE6)
        protocol = r.choices([TCP, UDP, ICMP if v4 else ICMP6, GRE], [10, 8, 5, 1])[0]
        packet = {"direction": direction, "v4": v4, "protocol": protocol,
                  "source": there if direction == "in" else here, "destination": here if direction == "in" else there,
                  "sport": r.randint(1024, 65535), "dport": self.pick(21, 53, 80, 443, 8080, r.randint(1, 65535))}
        if protocol == TCP:
            packet["flags"] = self.pick(2, 2, 2, 2, 2, 18, 16, 4, 17, 24, 0, 3, 41, 194)
        if protocol in (ICMP, ICMP6):
            packet["type"] = self.pick(8, 8, 8, 0, 13, 3) if v4 else self.pick(128, 128, 128, 129, 1)
            packet["id"] = r.randint(1, 65535)
        return packet

    @staticmethod
    def reply(packet):
        other = dict(packet, direction="out" if packet["direction"] == "in" else "in", source=packet["destination"],
                     destination=packet["source"], sport=packet["dport"], dport=packet["sport"])
        if packet["protocol"] in (ICMP, ICMP6):
            other["type"] = {8: 0, 13: 14, 128: 129}.get(packet["type"], packet["type"])
        if packet["protocol"] == TCP:
            other.update(flags=18, seq=5000, ack=1001)
        return other

    def packets(self):
        out = []
        while len(out) < self.per_policy:
            packet = self.packet()
            out.append(packet)
            if self.random.random() < 0.13:
                out.append(self.reply(packet))
                if packet["protocol"] == TCP and packet["flags"] == 2:
                    out.append(dict(packet, flags=16, seq=1001, ack=5001))
                elif self.random.random() < 0.5:
                    out.append(dict(packet))
        for packet in out:
            self.number += 1
            packet["marker"] = b"wfw%010d" % self.number
            packet["bytes"] = build(packet)
        return out


def build(packet):
    """The IP packet, with good checksums: the kernel tracks no other."""
    v4, protocol, marker = packet["v4"], packet["protocol"], packet["marker"]
    family = socket.AF_INET if v4 else socket.AF_INET6
    source, destination = (socket.inet_pton(family, packet[side]) for side in ("source", "destination"))
    if protocol == TCP:
        body = struct.pack("!HHIIBBHHH", packet["sport"], packet["dport"], packet.get("seq", 1000), packet.get("ack", 0), 0x50,
                           packet["flags"], 8192, 0, 0) + marker
        at = 16
    elif protocol == UDP:
        body = struct.pack("!HHHH", packet["sport"], packet["dport"], 8 + len(marker), 0) + marker
        at = 6
    elif protocol in (ICMP, ICMP6):
        body = struct.pack("!BBHHH", packet["type"], 0, 0, packet["id"], 1) + marker + bytes(40)
        at = 2
    elif protocol == SCTP:
        body = struct.pack("!HHII", packet["sport"], packet["dport"], 0, 0) + marker
        at = None
    else:
        body = struct.pack("!HH", 0, 0x0800) + marker
        at = None
    if at is not None:
        pseudo = b"" if protocol == ICMP else (source + destination + struct.pack("!IHBB", len(body), 0, 0, protocol) if not v4
                                               else source + destination + struct.pack("!BBH", 0, protocol, len(body)))
        body = body[:at] + struct.pack("!H", checksum(pseudo + body) or 0xFFFF) + body[at + 2:]
    if not v4:
        return struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + source + destination + body
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0) + source + destination
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + body


def as_json(packet):
    names = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMP6: "icmpv6", SCTP: "sctp", GRE: "47"}
    out = {"direction": packet["direction"], "protocol": names[packet["protocol"]], "source": packet["source"],
           "destination": packet["destination"], "interface": "v0", "bytes": len(packet["bytes"])}
    if packet["direction"] == "in":
        out.update(source_mac=MAC_THERE, destination_mac=MAC_HERE)
    if packet["protocol"] in (TCP, UDP, SCTP):
        out.update(source_port=packet["sport"], destination_port=packet["dport"])
    if packet["protocol"] == TCP:
        bits = [name for name, bit in [*FLAGS.items(), ("ece", 64), ("cwr", 128)] if packet["flags"] & bit]
        out["flags"] = ",".join(bits) or "none"
    if packet["protocol"] in (ICMP, ICMP6):
        out.update(type=packet["type"], code=0, id=packet["id"])
    return json.dumps(out)


def check_policy(world, maker, warder, folder, counts):
    policy, packets = maker.policy(), maker.packets()
    path = pathlib.Path(folder) / "policy.json"
    path.write_text(json.dumps(policy))
    arguments = [word for packet in packets for word in ("--packet", as_json(packet))]
    said = subprocess.run([warder, "--json", "firewall", "simulate", path, "--interface", "v0", *arguments], capture_output=True, text=True)
    if said.returncode:
        raise SystemExit(f"simulate failed: {said.stderr}\n{json.dumps(policy)}")
    ruleset = run(warder, "--json", "firewall", "compile", path, "--interface", "v0").stdout
    loaded = subprocess.run(["nft", "-j", "-f", "-"], input=ruleset, capture_output=True, text=True)
    if loaded.returncode:
        raise SystemExit(f"nft refuses the ruleset: {loaded.stderr[:2000]}\n{json.dumps(policy)}")
    subprocess.run(["conntrack", "-F"], capture_output=True)
    wrong = 0
    for packet, decision in zip(packets, json.loads(said.stdout)["packets"], strict=True):
        counts[decision["action"] or decision["stage"]] += 1
        passed = world.passes(packet)
        if passed == (decision["verdict"] == "accept"):
            continue
        wrong += 1
        print(f"the kernel {'passes' if passed else 'drops'}, simulate says: {decision['text']}: {decision['verdict']}, "
              f"{decision['reason']}, {decision['state']}\n  {json.dumps(policy)}", flush=True)
    return len(packets), wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--warder", required=True)
    parser.add_argument("--long", action="store_true", default=os.environ.get("WARDER_LONG") == "1", help="100,000 pairs")
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("WARDER_SEED", "1")))
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: needs root for network namespaces of its own")
        return 77
    if options.long:
        options.pairs = 100_000
    world, maker = World(), Maker(options.seed, PER_POLICY_LONG if options.long else PER_POLICY)
    pairs = policies = wrong = 0
    counts = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        while pairs < options.pairs and wrong < 10:
            sent, differ = check_policy(world, maker, options.warder, folder, counts)
            pairs, policies, wrong = pairs + sent, policies + 1, wrong + differ
    print(f"{pairs} pairs, {policies} policies, {wrong} differ; decided by: "
          + ", ".join(f"{k} {v / pairs:.1%}" for k, v in counts.most_common()))
    if wrong:
        return 1
    if policies < 1000 and options.pairs >= 10_000:
        print("too few policies")
        return 1
    rare = [action for action in ACTIONS if counts[action] < 0.1 * pairs]
    if rare:
        print(f"decided too few: {rare}")
    return 1 if rare else 0


sys.exit(main())
