#!/usr/bin/env python3
"""Integrity monitoring in real time, on a file system of its own (tmpfs): notifications a second without loss, the delay from a change to its line, and
what a compile job costs more while it is watched. WARDER_BENCH_ROUNDS sets how often the job is run each way, in turns; the best of each counts."""
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(os.environ.get("WARDER_BIN", pathlib.Path(__file__).resolve().parent.parent / "build/release/bin"))
ROUNDS = int(os.environ.get("WARDER_BENCH_ROUNDS", "3"))
SOURCE = "#include <map>\n#include <string>\n#include <vector>\nstd::map<std::string, std::vector<int>> f() {{ return {{{{\"a\", {{{0}}}}}}}; }}\n"


def row(figure, value, peer="", ratio=""):
    print(f"| {figure} | {value} | {peer} | {ratio} |", flush=True)


class Watch:
    def __init__(self, top, tree):
        (top / "rules.xml").write_text(f'<FileSet base="{tree}"/>')
        store = ["--rules", top / "rules.xml", "--db", top / "db"]
        subprocess.run([BIN / "warder", "integrity", "baseline", *store], check=True, stderr=subprocess.DEVNULL)
        self.errors = open(top / "errors", "w+", encoding="utf-8")
        self.process = subprocess.Popen([BIN / "warder", "integrity", "watch", *store, "--json"], stdout=subprocess.PIPE, stderr=self.errors, text=True)
        while "watching" not in (top / "errors").read_text():
            assert self.process.poll() is None, (top / "errors").read_text()

    def until(self, key):
        while json.loads(self.process.stdout.readline())["key"] != str(key):
            pass

    def end(self):
        """CPU seconds"""
        self.process.terminate()
        self.process.stdout.read()
        _, _, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = 0
        self.errors.close()
        return usage.ru_utime + usage.ru_stime


def delays(top, tree):
    watch = Watch(top, tree)
    found = []
    for i in range(200):
        path = tree / f"delay-{i}"
        path.write_text("x")
        start = time.monotonic()
        watch.until(path)
        found.append((time.monotonic() - start) * 1000)
    watch.end()
    return found


def compile_job(tree):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for i in range(6):
        (tree / f"s{i}.cc").write_text(SOURCE.format(i))
        subprocess.run(["g++", "-O0", "-c", tree / f"s{i}.cc", "-o", tree / f"s{i}.o"], check=True, env={**os.environ, "TMPDIR": str(tree)})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    with tempfile.TemporaryDirectory(prefix="warder-bench-") as name:
        top = pathlib.Path(name)
        tree = top / "tree"
        tree.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", tree], check=True)
        try:
            for writers in (1, 2):
                told = subprocess.run([BIN / "integrity_events", tree, "5", str(writers)], capture_output=True, text=True, check=True).stdout.strip()
                rate, losses, cpu = told.split(", ")
                row(f"notifications a second, {writers} writers: {losses}, {cpu}", rate.split()[0], "100,000", f"{int(rate.split()[0]) / 1e5:.2f}")
            found = delays(top, tree)
            row("from a change to its line, ms, half", f"{statistics.median(found):.0f}", "waits 50 for the file to settle")
            row("the same, 95 of 100", f"{statistics.quantiles(found, n=20)[-1]:.0f}")
            plain, watched, own = [], [], []
            for _ in range(ROUNDS):
                plain.append(compile_job(tree))
                watch = Watch(top, tree)
                watched.append(compile_job(tree))
                own.append(watch.end())
            row("a compile job with its files watched, CPU s of the job", f"{min(watched):.2f}", f"not watched: {min(plain):.2f}", f"{min(watched) / min(plain):.3f}")
            row("CPU s of the watch meanwhile, its start included", f"{min(own):.2f}", f"the job {min(plain):.2f}", f"{min(own) / min(plain):.3f}")
        finally:
            subprocess.run(["umount", "-l", tree], check=True)
    return 0


sys.exit(main())
