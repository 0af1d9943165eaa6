#!/usr/bin/env python3
"""warder scan against clamscan: same signatures, same tree, in turns; and the index of hashes against ClamAV's.

The tree is a copy of a part of this system's programs and documents; the signatures are made up, of the shape of real ones."""
import ctypes
import hashlib
import os
import pathlib
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(os.environ.get("WARDER_BIN", pathlib.Path(__file__).resolve().parents[1] / "build/release/bin"))
FILES = int(os.environ.get("WARDER_FILES", "3000"))
ROUNDS = 3


def run(command, is_memory=False):
    """Wall seconds, CPU seconds, and the most memory that the process and its children held together (proportional set size), in MB.

    Memory is looked at in runs of its own, because looking costs time."""
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        most = 0
        while is_memory and process.poll() is None:
            most = max(most, proportional_kb(process.pid))
            time.sleep(0.05)
        error = process.stderr.read()
    wall = time.monotonic() - start
    wait_for_adopted()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in (0, 1):
        sys.exit(f"{command[0]}: {error[-500:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, most / 1024


def wait_for_adopted():
    """Scanning processes outlive the program that made them for a moment; their processor time counts."""
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass


def proportional_kb(pid):
    total, todo = 0, [pid]
    while todo:
        one = todo.pop()
        try:
            for line in pathlib.Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
            todo += map(int, pathlib.Path(f"/proc/{one}/task/{one}/children").read_text().split())
            for task in pathlib.Path(f"/proc/{one}/task").iterdir():
                if task.name != str(one):
                    todo += map(int, (task / "children").read_text().split())
        except OSError:
            pass
    return total


def make_tree(top):
    rng, count = random.Random(1), 0
    found = [path for folder in ("/usr/bin", "/usr/share/doc", "/usr/lib/python3", "/usr/include")
             for path in pathlib.Path(folder).rglob("*") if path.is_file() and not path.is_symlink()]
    for path in rng.sample(found, min(FILES, len(found))):
        shutil.copyfile(path, top / f"{count:05}-{path.name}")
        count += 1
    return count


def make_signatures(top):
    rng = random.Random(2)
    with open(top / "hashes.hsb", "w", encoding="ascii") as out:
        for _ in range(100_000):
            out.write(f"{rng.randbytes(32).hex()}:{rng.randrange(1, 1 << 20)}:Bench.H:73\n")
    with open(top / "bodies.ndb", "w", encoding="ascii") as out:
        for number in range(20_000):
            out.write(f"Bench.B{number}:0:*:{rng.randbytes(24).hex()}\n")


def hashes(top):
    """A million SHA-256: memory of ClamAV above its own without them, against the size of the index, which is only mapped."""
    rng = random.Random(3)
    digests = [rng.randbytes(32).hex() for _ in range(1_000_000)]
    (top / "one").mkdir()
    (top / "one/one.hsb").write_text(f"{hashlib.sha256(b'x').hexdigest()}:1:One:73\n")
    (top / "many").mkdir()
    (top / "many/many.hsb").write_text("".join(f"{each}:1:Many:73\n" for each in digests))
    (top / "list.sha256").write_text("\n".join(digests))
    file = top / "file"
    file.write_text("x")
    base_cpu, base = run(["clamscan", "-d", top / "one", file])[1], run(["clamscan", "-d", top / "one", file], True)[2]
    cpu, memory = run(["clamscan", "-d", top / "many", file])[1], run(["clamscan", "-d", top / "many", file], True)[2]
    subprocess.run([BIN / "warder", "signatures", "compile", top / "list.sha256", "--output", top / "list.whx"],
                   check=True, capture_output=True)
    megabytes = (top / "list.whx").stat().st_size / 1e6
    print(f"| a million SHA-256, MB | {megabytes:.1f} | ClamAV {memory - base:.0f} | {megabytes / (memory - base):.2f} |")
    (top / "index").mkdir()
    (top / "index/one.hsb").write_text((top / "one/one.hsb").read_text())
    own_base = min(run([BIN / "warder", "scan", "--signatures", top / "index", file])[1] for _ in range(ROUNDS))
    (top / "list.whx").rename(top / "index/list.whx")
    own = min(run([BIN / "warder", "scan", "--signatures", top / "index", file])[1] for _ in range(ROUNDS))
    print(f"| loading them, CPU s | {max(own - own_base, 0):.2f} | ClamAV {cpu - base_cpu:.2f} | |")


def main():
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
    with tempfile.TemporaryDirectory(prefix="warder-bench-") as name:
        top = pathlib.Path(name)
        tree, signatures = top / "tree", top / "signatures"
        tree.mkdir()
        signatures.mkdir()
        count = make_tree(tree)
        make_signatures(signatures)
        ours, theirs = [], []
        for _ in range(ROUNDS):
            theirs.append(run(["clamscan", "-d", signatures, "-r", "-i", "--no-summary", tree]))
            ours.append(run([BIN / "warder", "scan", "--signatures", signatures, "--jobs", "2", "-i", tree]))
        best = [min(row[0] for row in rows) for rows in (ours, theirs)]
        print(f"| {count} files, 2 jobs, wall s | {best[0]:.1f} | clamscan {best[1]:.1f} | {best[1] / best[0]:.2f} |")
        cpu = [statistics.median(row[1] for row in rows) for rows in (ours, theirs)]
        print(f"| the same, CPU s | {cpu[0]:.1f} | clamscan {cpu[1]:.1f} | {cpu[1] / cpu[0]:.2f} |")
        memory = [run([BIN / "warder", "scan", "--signatures", signatures, "--jobs", "2", "-i", tree], True)[2],
                  run(["clamscan", "-d", signatures, "-r", "-i", "--no-summary", tree], True)[2]]
        print(f"| memory of all processes, MB | {memory[0]:.0f} | clamscan {memory[1]:.0f} + 20 | {memory[0] / (memory[1] + 20):.2f} |")
        cached = [BIN / "warder", "scan", "--signatures", signatures, "--cache", top / "cache", "--jobs", "2", "-i", tree]
        first, second = run(cached)[0], min(run(cached)[0] for _ in range(ROUNDS))
        empty = top / "empty"
        empty.mkdir()
        load = min(run([BIN / "warder", "scan", "--signatures", signatures, empty])[0] for _ in range(ROUNDS))
        print(f"| second pass, wall s (loads no signatures) | {second:.2f} | first {first:.1f} | {first / second:.1f} |")
        print(f"| the same, loading ({load:.1f} s) left out of the first | {second:.2f} | first {first - load:.1f} | {(first - load) / second:.1f} |")
        hashes(top)


main()
