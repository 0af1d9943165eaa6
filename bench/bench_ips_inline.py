#!/usr/bin/env python3
"""Intrusion prevention in the way of packets, between two network namespaces of its own: bulk (iperf3), HTTP over kept and over
short connections (wrk, nginx), without a queue, with a bare program that accepts all, and with the engine, in turns.
RULES=FILE… names the rule files; otherwise the ET Open rules of the public corpus, or the packs of content/ips."""
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("WARDER_BIN", HERE.parent / "build/release/bin"))
CORPUS = pathlib.Path(os.environ.get("WARDER_CORPUS", HERE.parent / "../shared/corpus"))
CLIENT, SERVER = "warder-bench-c", "warder-bench-s"
ADDRESS = "198.51.100.2"
SECONDS, ROUNDS = int(os.environ.get("SECONDS_EACH", "4")), int(os.environ.get("ROUNDS", "3"))


def run(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, text=True, **more).stdout


def inside(namespace, *words):
    return ("ip", "netns", "exec", namespace, *words)


def rule_files():
    if os.environ.get("RULES"):
        return os.environ["RULES"].split()
    found = sorted(CORPUS.glob("ips/et-open/**/*.rules"))
    return [str(f) for f in found or sorted((HERE.parent / "content/ips").glob("*/*.rules"))]


class Network:
    def __enter__(self):
        self.folder = tempfile.mkdtemp()
        os.chmod(self.folder, 0o755)
        for name in (CLIENT, SERVER):
            run("ip", "netns", "add", name)
            run(*inside(name, "ip", "link", "set", "lo", "up"))
        run("ip", "link", "add", "wb0", "netns", CLIENT, "type", "veth", "peer", "name", "wb0", "netns", SERVER)
        for name, host in ((CLIENT, "198.51.100.1/24"), (SERVER, ADDRESS + "/24")):
            run(*inside(name, "ip", "address", "add", host, "dev", "wb0"))
            run(*inside(name, "ip", "link", "set", "wb0", "up"))
        page = pathlib.Path(self.folder, "page.html")
        page.write_text("<html>" + "A page of text like any other. " * 535)
        page.chmod(0o644)
        config = pathlib.Path(self.folder, "nginx.conf")
        config.write_text(f"""daemon off; pid {self.folder}/pid; error_log {self.folder}/error.log; worker_processes 1;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000; server {{ listen 80; root {self.folder}; }} }}""")
        self.servers = [subprocess.Popen(inside(SERVER, "nginx", "-c", str(config)), stderr=subprocess.DEVNULL),
                        subprocess.Popen(inside(SERVER, "iperf3", "-s"), stdout=subprocess.DEVNULL)]
        time.sleep(1)
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.terminate()
            server.wait()
        for name in (CLIENT, SERVER):
            subprocess.run(("ip", "netns", "delete", name), check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def set_offload(self, is_on):
        for name in (CLIENT, SERVER):
            state = "on" if is_on else "off"
            run(*inside(name, "ethtool", "-K", "wb0", "tso", state, "gso", state, "gro", state, "tx", state))


class Worker:
    """Reads the queues while it is entered."""

    def __init__(self, *words):
        self.words = words

    def __enter__(self):
        if not self.words:
            return self
        self.process = subprocess.Popen(inside(SERVER, str(BIN / "ips_inline_worker"), *self.words), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(self.process.stderr.read())
        return self

    def __exit__(self, *_):
        if self.words:
            self.said = self.process.communicate("")[1]

    def cpu_and_memory(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


def bulk():
    out = json.loads(run(*inside(CLIENT, "iperf3", "-c", ADDRESS, "-t", str(SECONDS), "-J")))
    return out["end"]["sum_received"]["bits_per_second"] / 1e9


def http(*options):
    out = run(*inside(CLIENT, "wrk", "-t1", "-c8", f"-d{SECONDS}s", "--latency", *options, f"http://{ADDRESS}/page.html"))
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    scale = {"us": 0.001, "ms": 1, "s": 1000}[p99[2]]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), float(p99[1]) * scale


def measure():
    kept, latency = http()
    short, _ = http("-H", "Connection: close")
    return {"bulk, Gbit/s": bulk(), "HTTP requests/s": kept, "p99 of a request, ms": latency, "short connections/s": short}


def main():
    for tool in ("iperf3", "wrk", "nginx", "ethtool", "ip"):
        if not shutil.which(tool):
            print(f"| needs {tool} | | | |")
            return 0
    rules = rule_files()
    kinds = {"no queue": (), "accept all": ("accept",), "engine": ("engine", *rules)}
    results, notes = {}, []
    with Network() as network:
        for size in ("GSO", "1500 bytes"):
            network.set_offload(size == "GSO")
            for _ in range(ROUNDS):
                for kind, words in kinds.items():
                    with Worker(*words) as worker:
                        for figure, value in measure().items():
                            results.setdefault((size, figure), {}).setdefault(kind, []).append(value)
                        if kind == "engine":
                            notes.append(worker.cpu_and_memory())
                    if kind == "engine":
                        said = worker.said
    for (size, figure), values in results.items():
        middle = {kind: statistics.median(v) for kind, v in values.items()}
        print(f"| {figure}, {size}: engine, against accept all (without a queue {middle['no queue']:.2f}) | "
              f"{middle['engine']:.2f} | {middle['accept all']:.2f} | {middle['engine'] / middle['accept all']:.2f} |")
    print(f"| resident memory of the engine's process, MB | {max(notes):.0f} | 200 | {max(notes) / 200:.2f} |")
    shed = re.search(r"packets_shed (\d+)", said)
    print(f"| packets that passed unseen in the last round | {shed[1] if shed else '?'} | 0 | |")
    print(f"| {said.splitlines()[0] if said else ''} | | | |", flush=True)
    return 0


sys.exit(main())
