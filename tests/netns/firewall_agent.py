#!/usr/bin/env python3
"""The firewall module as the agent runs it (its own process, in its sandbox) on a real kernel: what it puts into force, takes back,
repairs, reports and leaves behind, seen by real connections.

Makes network namespaces of its own, joined by a veth pair; needs root, and exits with 77 (skipped) without.
  firewall_agent.py --agent PROGRAM [--warder PROGRAM] [CASE…]"""
import argparse
import json
import os
import pathlib
import select
import shutil
import socket
import struct
import subprocess
import sys
import time
import traceback

from firewall_beside import (case_beside_containers_and_vpns, case_fails_open_and_closed,  # noqa: F401: cases
                             case_interface_isolation, case_packet_data)
from firewall_world import HERE, HERE6, PATIENCE, THERE, THERE6, Manager, World, allow, field, run


def case_nothing_to_do_touches_nothing(world):
    before = world.nft("list", "ruleset")
    worker = world.worker()
    assert worker.configure({}) == ""
    assert worker.configure({"mode": "tap"}) == ""
    assert world.nft("list", "ruleset") == before
    worker.stop()
    assert world.nft("list", "ruleset") == before


def case_policy_holds_and_leaves_no_trace(world):
    for port in (8080, 9090):
        world.listen(port)
        world.listen(port + 1, socket.AF_INET6)
    foreign = world.nft("list", "table", "ip", "foreign")
    worker = world.worker()
    assert world.connects(9090)
    assert worker.configure(allow(8080, 8081)) == ""
    assert world.connects(8080) and world.connects(8081, HERE6)
    assert not world.connects(9090) and not world.connects(9091, HERE6)
    event = worker.event("firewall.packet.refused", destination__port=9090)
    assert event["source.ip"] == THERE and event["firewall.code"] == 123 and event["network.tcp_flags"] == "syn", event
    assert event["network.direction"] == "inbound" and event["network.interface"] == "v0" and event["action"] == 2, event
    assert event["user.id"] == 0 and event["process.pid"] == os.getpid() and "python" in event["process.executable"], event
    assert worker.configure({"mode": "sideways"}).startswith("/mode"), "refused with its place"
    assert not world.connects(9090), "and the old one stays"
    assert world.nft("list", "table", "ip", "foreign") == foreign
    worker.stop()
    assert world.connects(9090)
    assert world.nft("list", "ruleset").strip() == foreign.strip()


def case_tap_only_reports(world):
    world.listen(9090)
    worker = world.worker()
    assert worker.configure({**allow(8080), "mode": "tap"}) == ""
    assert world.connects(9090)
    event = worker.event("firewall.packet.would-refuse", destination__port=9090)
    assert event["action"] == 0
    worker.stop()


def case_flush_drill(world):
    world.listen(8080)
    world.listen(9090)
    worker = world.worker()
    assert worker.configure(allow(8080)) == ""
    rules = world.nft("-s", "-t", "list", "table", "inet", "warder")
    for change in (("flush", "ruleset"), ("delete", "table", "inet", "warder"), ("add", "rule", "inet", "warder", "rules_in", "accept"),
                   ("flush", "chain", "inet", "warder", "rules_in")):
        worker.events.clear()
        world.nft(*change)
        assert worker.event("firewall.table.repaired")["action"] == 5
        assert world.nft("-s", "-t", "list", "table", "inet", "warder") == rules, change
        assert not world.connects(9090) and world.connects(8080), change
    worker.events.clear()
    world.nft("add", "table", "ip", "other")
    world.nft("delete", "table", "ip", "other")
    ok, _, _ = worker.execute("status")
    assert ok and not worker.events, "other tables are nobody's business"
    worker.stop()


def case_kill_drill(world):
    world.listen(8080)
    world.listen(9090)
    worker = world.worker()
    assert worker.configure(allow(8080)) == ""
    worker.kill()
    assert world.connects(8080) and not world.connects(9090), "the rules outlive the worker"
    worker = world.worker()
    assert worker.configure(allow(8080)) == ""
    assert world.connects(8080) and not world.connects(9090)
    worker.kill()
    worker = world.worker()
    assert worker.configure({}) == ""
    assert not world.ours() and world.connects(9090), "what the killed one left is removed"
    worker.stop()


def case_lock_out_drill(world):
    """The manager is at THERE:7000; the new rules forget it."""
    world.listen(8080)
    manager = Manager(world)

    def reached():
        with world.here:
            client = socket.socket()
        client.settimeout(1.5)
        try:
            client.connect((THERE, 7000))
            return True
        except (TimeoutError, socket.timeout):
            return False
        finally:
            client.close()

    def confirmed():
        manager.talk()
        return not worker.execute("status")[2]["awaits_manager"]

    good = {**allow(8080), "commit_confirm_s": 8}
    worker = world.worker()
    assert worker.configure(good) == ""
    assert worker.execute("status")[2]["awaits_manager"], "the manager has not answered yet"
    worker.event("firewall.rules.applied")
    worker.until(confirmed, "the manager's answer")
    bad = {**good, "protect_manager_link": False, "rules": [*good["rules"], {"id": "oops", "action": "deny", "priority": 4,
                                                                           "direction": "outgoing", "protocol": "tcp"}]}
    assert reached()
    assert worker.configure(bad) == ""
    assert not reached(), "cut off"
    manager.talk()
    worker.event("firewall.rules.rolled-back")
    assert reached() and world.connects(8080)
    assert worker.execute("status")[2]["rolled_back"] is True
    protected = {**bad, "protect_manager_link": True}
    assert worker.configure(protected) == ""
    assert reached(), "the protected link passes every rule"
    worker.until(confirmed, "the manager's answer")
    manager.close()
    worker.stop()


def case_reboot_drill(world):
    world.listen(8080)
    world.listen(9090)
    worker = world.worker()
    assert worker.configure(allow(8080)) == ""
    rules = world.nft("-s", "-t", "list", "table", "inet", "warder")
    worker.kill()
    booted = World(world.agent, world.warder)  # an empty kernel
    try:
        with booted.here:
            subprocess.run([world.agent, "firewall-restore", "--config", f"{world.folder}/agent.toml"], check=True)
        booted.listen(8080)
        booted.listen(9090)
        assert booted.nft("-s", "-t", "list", "table", "inet", "warder") == rules
        assert booted.connects(8080) and not booted.connects(9090)
    finally:
        booted.close()


def case_isolation(world):
    for port in (8080, 9090):
        world.listen(port)
    worker = world.worker()
    assert worker.configure({}) == ""
    assert worker.execute("isolate", {"allow": ["192.0.2.9"]})[0]
    assert not world.connects(8080) and not world.connects(9090)
    worker.event("firewall.host.isolated")
    worker.kill()
    assert not world.connects(8080), "a killed agent frees nobody"
    worker = world.worker()
    assert worker.configure({}) == ""
    assert not world.connects(8080), "nor does its restart"
    assert worker.execute("isolate", {"allow": [THERE]})[0]
    assert world.connects(8080), "a named address"
    assert worker.execute("release")[0]
    assert world.connects(9090) and not world.ours()
    assert not worker.execute("isolate", {"allow": ["nonsense"]})[0]
    worker.stop()


def case_scans(world):
    """nmap against every kind of detection; the source is blocked where the policy says so."""
    if shutil.which("nmap") is None:
        print("    nmap is not installed: left out")
        return
    world.listen(8080)
    worker = world.worker()
    base = allow(8080, recon_scan="detect")

    def scan(*words):
        with world.there:
            subprocess.run(["nmap", "-n", "-Pn", "--max-retries", "0", "-T5", "--host-timeout", "30s", *words, HERE], capture_output=True)

    for words, kind in ((("-sN", "-p", "80"), "null"), (("-sX", "-p", "80"), "xmas"), (("-sS", "--scanflags", "SYNFIN", "-p", "80"), "syn-fin"),
                        (("-sS", "-p", "1-60"), "port-scan"), (("-sF", "-p", "100-160"), "port-scan"), (("-sU", "-p", "300-340"), "port-scan"),
                        (("-O", "-p", "8080,81"), "fingerprint")):
        assert worker.configure({}) == ""
        worker.stop()  # each scan is the first that this source makes
        worker = world.worker()
        assert worker.configure(base) == ""
        scan(*words)
        worker.event("firewall.recon.detected", **{"firewall.recon": kind, "source.ip": THERE})
    assert world.connects(8080), "only detected"
    alerts = worker.execute("status")[2]["alerts"]
    assert [(a["kind"], a["source"], a["findings"]) for a in alerts if a["kind"] == "fingerprint"] == [("fingerprint", THERE, 1)], alerts
    worker.stop()
    worker = world.worker()
    assert worker.configure({**base, "recon_null": "block", "recon_except": [THERE]}) == ""
    worker.events.clear()
    with world.there:
        run("ip", "address", "add", "10.77.0.9/24", "dev", "v1")
    scan("-sN", "-p", "80")
    scan("-sN", "-p", "80", "-S", "10.77.0.9", "-e", "v1")
    worker.event("firewall.recon.detected", **{"source.ip": "10.77.0.9"})
    assert world.connects(8080) and not [e for e in worker.events if e["type"] == "firewall.recon.detected" and e["source.ip"] == THERE], "an exception"
    worker.stop()
    worker = world.worker()
    assert worker.configure({**base, "recon_scan": "block"}) == ""
    scan("-sS", "-p", "1-60")
    event = worker.event("firewall.recon.detected", **{"firewall.recon": "port-scan"})
    assert event["action"] == 2 and event["firewall.blocked_min"] == 30
    assert not world.connects(8080), "blocked"
    blocked = worker.execute("status")[2]["blocked"]
    assert [b["address"] for b in blocked] == [THERE] and blocked[0]["remaining_s"] > 1700
    assert worker.execute("unblock", {"address": THERE})[0]
    assert world.connects(8080)
    worker.stop()


def case_no_packet_is_lost_in_a_replace(world):
    server = world.listen(5000, kind=socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
    with world.there:
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect((HERE, 5000))
    worker = world.worker()
    policy = allow(1, fold_s=0)
    policy["rules"].append({"id": "udp", "action": "allow", "protocol": "udp", "destination_ports": ["5000"]})
    assert worker.configure(policy) == ""
    sent = got = 0
    for round_number in range(10):
        policy["rules"][0]["destination_ports"] = [str(100 + round_number)]
        worker.send(2, field(1, json.dumps(policy).encode()))
        wanted = len(worker.configured) + 1
        while len(worker.configured) < wanted:
            for _ in range(200):
                client.send(b"x")
                sent += 1
            worker.until(lambda: True, "")
            if select.select([worker.socket], [], [], 0)[0]:
                worker.data += worker.socket.recv(1 << 20)
                worker.take()
            server.setblocking(False)
            try:
                while server.recv(10):
                    got += 1
            except BlockingIOError:
                pass
    server.settimeout(1)
    try:
        while got < sent and server.recv(10):
            got += 1
    except (TimeoutError, socket.timeout):
        pass
    assert sent == got, f"{sent - got} of {sent} packets lost"
    print(f"    {sent} packets over 10 replaces")
    worker.stop()


def case_stateful_replies_and_icmp_errors(world):
    worker = world.worker()
    assert worker.configure(allow(8080)) == ""  # nothing else may come in
    with world.there:
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        peer.bind((THERE, 5353))
        peer.settimeout(PATIENCE)
    with world.here:
        ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ours.settimeout(PATIENCE)
        other.settimeout(1)
        other.bind((HERE, 4000))
    ours.sendto(b"question", (THERE, 5353))
    _, back = peer.recvfrom(100)
    peer.sendto(b"unasked", (HERE, 4000))
    peer.sendto(b"answer", back)
    assert ours.recv(100) == b"answer"
    try:
        other.recv(100)
        raise AssertionError("nobody asked for that")
    except socket.timeout:
        pass
    ours.connect((THERE, 5354))  # nobody listens: an ICMP error of a known connection
    ours.send(b"x")
    try:
        ours.recv(100)
        raise AssertionError("an answer from nowhere")
    except ConnectionRefusedError:
        pass
    with world.here:
        run("ping", "-c", "1", "-W", str(PATIENCE), THERE)
        run("ping", "-c", "1", "-W", str(PATIENCE), THERE6)
    with world.there:
        assert subprocess.run(["ping", "-c", "1", "-W", "1", HERE], capture_output=True).returncode == 1, "no rule allows echo requests"
    worker.stop()


def case_limits(world):
    server = world.listen(8080)
    worker = world.worker()
    assert worker.configure(allow(8080, max_incoming_connections=3)) == ""
    with world.there:
        clients = [socket.create_connection((HERE, 8080), timeout=PATIENCE) for _ in range(3)]
    assert not world.connects(8080), "the fourth"
    worker.event("firewall.packet.refused", firewall__code=114)
    for each in clients:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        each.close()
    worker.until(lambda: world.connects(8080), "room for another")
    assert worker.configure(allow(8080, syn_flood_per_s=5)) == ""
    with world.there:
        many = [socket.socket() for _ in range(40)]
    for each in many:
        each.setblocking(False)
        each.connect_ex((HERE, 8080))
    worker.event("firewall.packet.refused", firewall__code=125)
    for each in many:
        each.close()
    assert worker.configure(allow(8080, max_half_open_connections=4)) == ""
    with world.there:  # handshakes that are never finished
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
        run("nft", "-f", "-", input="table ip quiet { chain o { type filter hook output priority 0; tcp flags rst drop\n}\n}\n")
    for port in range(20000, 20010):
        raw.sendto(tcp_segment(THERE, HERE, port, 8080, 2), (HERE, 0))
    worker.event("firewall.packet.refused", firewall__code=116)
    server.close()
    worker.stop()


def tcp_segment(source, destination, sport, dport, flags):
    body = struct.pack("!HHIIBBHHH", sport, dport, 1000, 0, 0x50, flags, 8192, 0, 0)
    pseudo = socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack("!BBH", 0, 6, len(body))
    total = sum(struct.unpack(f"!{len(pseudo + body) // 2}H", pseudo + body))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return body[:16] + struct.pack("!H", ~total & 0xFFFF) + body[18:]


def case_fragments(world):
    server = world.listen(5000, kind=socket.SOCK_DGRAM)
    server.settimeout(1)
    worker = world.worker()
    with world.there:
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def arrives():
        client.sendto(b"y" * 4000, (HERE, 5000))
        try:
            return len(server.recv(8000)) == 4000
        except socket.timeout:
            return False

    udp = {"mode": "inline", "commit_confirm_s": 0, "rules": [{"id": "udp", "action": "allow", "protocol": "udp", "destination_ports": ["5000"]}]}
    assert worker.configure(udp) == ""
    assert arrives(), "rules see whole packets"
    assert worker.configure({**udp, "deny_fragments": True}) == ""
    assert not arrives()
    worker.event("firewall.packet.refused", firewall__code=108)
    assert worker.configure({**udp, "min_fragment_bytes": 0}) == ""
    assert arrives()
    with world.there:
        run("ip", "link", "set", "v1", "mtu", "100")  # the first fragments are below 120 bytes
    assert arrives()
    assert worker.configure(udp) == ""
    assert not arrives()
    worker.event("firewall.packet.refused", firewall__code=110)
    worker.stop()


def case_ftp(world):
    """A passive data connection passes by the helper alone."""
    world.listen(21)
    world.listen(40000)
    worker = world.worker()
    for helps in (False, True):
        assert worker.configure(allow(21, ftp_passive_incoming=helps)) == ""
        with world.there:
            control = socket.create_connection((HERE, 21), timeout=PATIENCE)
        server = world.servers[21, socket.AF_INET].accept()[0]
        server.sendall(b"220 ready\r\n")  # the kernel's helper reads from the second line on
        control.recv(100)
        control.sendall(b"USER anonymous\r\nPASV\r\n")
        server.recv(100)
        server.sendall(f"227 Entering Passive Mode ({HERE.replace('.', ',')},156,64)\r\n".encode())  # 156 * 256 + 64 = 40000
        control.recv(200)
        assert world.connects(40000) is helps, helps
        control.close()
        server.close()
    assert not world.connects(40001)
    worker.stop()


def case_schedules_and_contexts(world):
    world.listen(8080)
    worker = world.worker()
    day = time.strftime("%a", time.gmtime()).lower()
    other = time.strftime("%a", time.gmtime(time.time() + 3 * 86400)).lower()
    for window, holds in ((f"{day} 00:00-24:00", True), (f"{other} 00:00-24:00", False)):
        policy = {"mode": "inline", "commit_confirm_s": 0, "schedules": [{"name": "s", "windows": [window], "time": "utc"}],
                  "rules": [{"id": "no", "action": "deny", "protocol": "tcp", "destination_ports": ["8080"], "schedule": "s"}]}
        assert worker.configure(policy) == ""
        assert world.connects(8080) is not holds, window
    away = {"mode": "inline", "commit_confirm_s": 0, "contexts": [{"name": "away", "manager": "unreachable"}],
            "rules": [{"id": "no", "action": "deny", "protocol": "tcp", "destination_ports": ["8080"], "context": "away"}]}
    manager = Manager(world)
    assert worker.configure(away) == ""
    assert world.connects(8080)
    manager.close()
    worker.until(lambda: not world.connects(8080), "the rule, now that the manager is away")
    worker.stop()


def case_connection_records(world):
    world.listen(8080)
    worker = world.worker()
    assert worker.configure(allow(8080, connection_records=True)) == ""
    worker.execute("status")

    def opened():
        world.connects(8080)
        return [e for e in worker.events if e["type"] == "firewall.connection.opened" and e.get("destination.port") == 8080]

    worker.until(opened, "a connection record")
    worker.stop()


def case_proposal(world):
    world.listen(8080)
    worker = world.worker()
    assert worker.configure({**allow(8080), "mode": "tap"}) == ""
    world.connects(8080)

    def proposed():
        return worker.execute("propose", {"days": 7})[2]["rules"]

    worker.until(proposed, "a proposal")
    rule = next(r for r in proposed() if r["id"] == "tcp-8080")
    assert rule["source_addresses"] == [THERE] and rule["action"] == "allow", rule
    view = worker.execute("seen")[2]["ports"]
    assert any(p["port"] == 8080 and p["listens"] and "python" in p["program"] for p in view), view
    worker.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--agent", required=True)
    parser.add_argument("--warder", default="warder")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: needs root for network namespaces of its own")
        return 77
    options.agent = str(pathlib.Path(options.agent).resolve())
    failed = []
    for name, case in list(globals().items()):
        if not name.startswith("case_") or (options.cases and name.removeprefix("case_") not in options.cases):
            continue
        world = World(options.agent, options.warder)
        began = time.monotonic()
        try:
            case(world)
            print(f"ok      {name.removeprefix('case_')} ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception:
            failed.append(name)
            traceback.print_exc()
            print(f"FAILED  {name.removeprefix('case_')}", flush=True)
        finally:
            world.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
