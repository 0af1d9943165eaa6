#!/usr/bin/env python3
"""warder scan against clamscan: same signatures, same tree, in turns; and the index of hashes against ClamAV's.

The tree is a copy of a part of this system's programs and documents; the signatures are made up, of the shape of real ones."""
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


def run(command):
    """Wall seconds, CPU seconds and the largest resident set of one process, in MB."""
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["/usr/bin/env", "python3", "-c", MEASURE, *map(str, command)], capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        sys.exit(f"{command[0]}: {done.stderr[-500:]}")
    wall = time.monotonic() - start
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, float(done.stderr.rsplit("\n", 2)[-2])


# Runs the command and prints the most memory that it and its children held together (proportional set size), in MB.
MEASURE = r"""
import subprocess, sys, time, pathlib
def pss(pid):
    total, todo = 0, [pid]
    while todo:
        one = todo.pop()
        try:
            for line in pathlib.Path(f'/proc/{one}/smaps_rollup').read_text().splitlines():
                if line.startswith('Pss:'): total += int(line.split()[1])
            todo += map(int, pathlib.Path(f'/proc/{one}/task/{one}/children').read_text().split())
        except OSError: pass
    return total
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
most = 0
while process.poll() is None:
    most = max(most, pss(process.pid))
    time.sleep(0.1)
print(most / 1024, file=sys.stderr)
sys.exit(process.returncode)
"""


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
    _, base_cpu, base = run(["clamscan", "-d", top / "one", file])
    _, cpu, memory = run(["clamscan", "-d", top / "many", file])
    subprocess.run([BIN / "warder", "signatures", "compile", top / "list.sha256", "--output", top / "list.whx"],
                   check=True, capture_output=True)
    megabytes = (top / "list.whx").stat().st_size / 1e6
    print(f"| a million SHA-256, MB | {megabytes:.1f} | ClamAV {memory - base:.0f} | {megabytes / (memory - base):.2f} |")
    (top / "index").mkdir()
    (top / "index/one.hsb").write_text((top / "one/one.hsb").read_text())
    _, own_base, _ = run([BIN / "warder", "scan", "--signatures", top / "index", file])
    (top / "list.whx").rename(top / "index/list.whx")
    _, own, _ = run([BIN / "warder", "scan", "--signatures", top / "index", file])
    print(f"| loading them, CPU s | {max(own - own_base, 0):.2f} | ClamAV {cpu - base_cpu:.2f} | |")


def main():
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
        memory = [max(row[2] for row in rows) for rows in (ours, theirs)]
        print(f"| memory of all processes, MB | {memory[0]:.0f} | clamscan {memory[1]:.0f} + 20 | {memory[0] / (memory[1] + 20):.2f} |")
        cached = [BIN / "warder", "scan", "--signatures", signatures, "--cache", top / "cache", "--jobs", "2", "-i", tree]
        first, second = run(cached)[0], min(run(cached)[0] for _ in range(ROUNDS))
        empty = top / "empty"
        empty.mkdir()
        load = min(run([BIN / "warder", "scan", "--signatures", signatures, empty])[0] for _ in range(ROUNDS))
        print(f"| second pass, wall s, signatures loaded in {load:.1f} s of it | {second:.1f} | first {first:.1f} | {first / second:.1f} |")
        print(f"| second pass without loading, wall s | {max(second - load, 0.001):.3f} | first {first - load:.1f} | {(first - load) / max(second - load, 0.001):.0f} |")
        hashes(top)


main()
