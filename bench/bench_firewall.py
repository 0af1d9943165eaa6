#!/usr/bin/env python3
"""The firewall on this kernel: throughput and connections through a pair of namespaces with 0 to 10,000 rules, against no firewall and
against the same rules one by one in iptables; time to apply; packets lost in a replace; logged packets a second. Needs root, iperf3 and iptables."""
import json
import os
import pathlib
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/netns"))
import firewall_agent  # noqa: E402: beside the tests
import firewall_world as drills  # noqa: E402

BIN = pathlib.Path(os.environ.get("WARDER_BIN", ROOT / "build/release/bin"))
COUNTS = (0, 100, 1_000, 10_000)
ROUNDS = int(os.environ.get("WARDER_ROUNDS", "3"))
SECONDS = float(os.environ.get("WARDER_SECONDS", "1.5"))


def row(figure, value, peer="", ratio=""):
    print(f"| {figure} | {value} | {peer} | {ratio} |", flush=True)


def sources(count):
    return [(f"10.{100 + i // 60_000}.{i // 250 % 240}.{i % 250 + 1}", 1000 + i % 5000) for i in range(count)]


def policy(count):
    """So many rules for others, and at last the one that lets us in."""
    rules = [{"id": f"r{i}", "action": "allow", "protocol": "tcp", "source_addresses": [a], "destination_ports": [str(p)]}
             for i, (a, p) in enumerate(sources(count))]
    return {"mode": "inline", "rules": [*rules, {"id": "us", "action": "allow", "protocol": "tcp", "source_addresses": [drills.THERE]},
                                        {"id": "udp", "action": "allow", "protocol": "udp"}]}


def iptables(count):
    lines = ["*filter", ":INPUT DROP [0:0]", "-A INPUT -i lo -j ACCEPT", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"]
    lines += [f"-A INPUT -s {a} -p tcp -m tcp --dport {p} -j ACCEPT" for a, p in sources(count)]
    return "\n".join([*lines, f"-A INPUT -s {drills.THERE} -p tcp -j ACCEPT", "-A INPUT -p udp -j ACCEPT", "COMMIT", ""])


def cpu_seconds(pid):
    """Of the process and of the programs that it ran."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")


class Bench:
    def __init__(self):
        self.world = drills.World(str(BIN / "warder-agent"), "")
        self.folder = tempfile.mkdtemp(prefix="warder-bench-")
        with self.world.here:
            self.iperf = subprocess.Popen(["iperf3", "-s"], stdout=subprocess.DEVNULL)
            self.server = socket.socket()
            self.server.bind((drills.HERE, 6000))
            self.server.listen(1024)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            self.server.accept()[0].close()

    def clear(self):
        with self.world.here:
            drills.run("nft", "flush", "ruleset")

    def use_ours(self, count):
        path = pathlib.Path(self.folder) / "policy.json"
        path.write_text(json.dumps(policy(count)))
        ruleset = drills.run(str(BIN / "warder"), "--json", "firewall", "compile", str(path))
        began = time.monotonic()
        with self.world.here:
            drills.run("nft", "-j", "-f", "-", input=ruleset)
        return time.monotonic() - began

    def use_iptables(self, count):
        began = time.monotonic()
        with self.world.here:
            drills.run("iptables-nft-restore", input=iptables(count))
        return time.monotonic() - began

    def throughput(self):
        """Gbit a second of processor time of client, server and the kernel between them: what else the machine does matters less."""
        with self.world.there:
            out = json.loads(drills.run("iperf3", "-c", drills.HERE, "-t", str(max(1, round(SECONDS))), "-J"))["end"]
        used = out["cpu_utilization_percent"]
        return out["sum_received"]["bits_per_second"] / 1e9 / ((used["host_total"] + used["remote_total"]) / 100)

    def connections(self):
        """A second of processor time of client and server, which are this program: their own work is a good part of it."""
        count, end, began = 0, time.monotonic() + SECONDS, time.process_time()
        with self.world.there:
            while time.monotonic() < end:
                client = socket.create_connection((drills.HERE, 6000))
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # no TIME_WAIT: ports do not run out
                client.close()
                count += 1
        return count / (time.process_time() - began)

    def compare(self):
        for count in COUNTS:
            got = {name: ([], []) for name in ("none", "ours", "iptables")}
            for _ in range(ROUNDS):
                for name, (through, connects) in got.items():
                    self.clear()
                    if name == "ours":
                        self.use_ours(count)
                    if name == "iptables":
                        self.use_iptables(count)
                    through.append(self.throughput())
                    connects.append(self.connections())
            best = {name: (max(t), max(c)) for name, (t, c) in got.items()}
            for peer in ("none", "iptables"):
                words = "no firewall" if peer == "none" else "iptables, rule by rule"
                row(f"throughput, {count} rules, Gbit a CPU second", f"{best['ours'][0]:.1f}", f"{words}: {best[peer][0]:.1f}",
                    f"{best['ours'][0] / best[peer][0]:.2f}")
                row(f"connections a CPU second, {count} rules", f"{best['ours'][1]:.0f}", f"{words}: {best[peer][1]:.0f}",
                    f"{best['ours'][1] / best[peer][1]:.2f}")
        self.clear()

    def apply(self):
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(self.use_ours(10_000))
            self.clear()
            theirs.append(self.use_iptables(10_000))
            self.clear()
        worker = self.world.worker()
        began = cpu_seconds(worker.process.pid)
        assert worker.configure({**policy(10_000), "commit_confirm_s": 0}) == ""
        used = cpu_seconds(worker.process.pid) - began
        worker.stop()
        row("the agent takes a policy of 10,000 rules: checked, compiled, applied, read back, CPU s", f"{used:.2f}")
        row("nft applies 10,000 rules, s", f"{min(ours):.2f}", f"iptables-restore: {min(theirs):.2f}", f"{min(ours) / min(theirs):.2f}")

    def logged(self):
        """Packets that a rule denies, as fast as they can be sent, to a different port each: what the agent's process took, and lost."""
        worker = self.world.worker()
        assert worker.configure({"mode": "inline", "commit_confirm_s": 0, "recon_scan": "off",
                                 "rules": [{"id": "no", "action": "deny", "protocol": "udp"}]}) == ""
        with self.world.there:
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sent, began, used = 0, time.monotonic(), cpu_seconds(worker.process.pid)
        while time.monotonic() < began + 5:
            for _ in range(500):
                client.sendto(b"x" * 64, (drills.HERE, 1 + sent % 60_000))
                sent += 1
            if select.select([worker.socket], [], [], 0)[0]:
                worker.data += worker.socket.recv(1 << 20)
                worker.take()
        took = time.monotonic() - began
        worker.until(lambda: worker.counters.get("packets_logged", 0) + worker.counters.get("packets_lost", 0) >= sent, "the last packets")
        lost = worker.counters.get("packets_lost", 0)
        row("logged packets/s from NFLOG", f"{(sent - lost) / took:.0f}", f"sent: {sent / took:.0f}", f"{1 - lost / sent:.4f}")
        used = cpu_seconds(worker.process.pid) - used
        row("logged packets a CPU second of the agent's process", f"{(sent - lost) / used:.0f}")
        worker.stop()

    def close(self):
        self.iperf.terminate()
        self.iperf.wait()
        shutil.rmtree(self.folder)
        self.world.close()


def main():
    if os.geteuid() != 0 or shutil.which("iperf3") is None or shutil.which("iptables-nft-restore") is None:
        print("needs root, iperf3 and iptables")
        return 1
    bench = Bench()
    try:
        bench.compare()
        bench.apply()
        bench.logged()
    finally:
        bench.close()
    firewall_agent.case_no_packet_is_lost_in_a_replace(world := drills.World(str(BIN / "warder-agent"), ""))
    world.close()
    row("packets lost over 10 replaces", "0", "0", "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
