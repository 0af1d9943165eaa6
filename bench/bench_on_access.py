#!/usr/bin/env python3
"""What the anti-malware module costs on access: opens of a tree on a file system of its own, with nothing, with the module, and with
clamd and clamonacc (apt: clamav-daemon) over the same signatures; and a compile job. In turns, in a mount namespace of its own."""
import os
import pathlib
import random
import resource
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/netns"))
from antimalware_world import World, enter_namespace  # noqa: E402

BIN = pathlib.Path(os.environ.get("WARDER_BIN", HERE.parent / "build/release/bin"))
FILES = int(os.environ.get("WARDER_FILES", "3000"))
ROUNDS = 5


def make_tree(top):
    rng, listed = random.Random(1), []
    found = [path for folder in ("/usr/bin", "/usr/share/doc", "/usr/lib/python3", "/usr/include")
             for path in pathlib.Path(folder).rglob("*") if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20]
    for number, path in enumerate(rng.sample(found, min(FILES, len(found)))):
        copy = top / f"{number:05}"
        shutil.copyfile(path, copy)
        os.utime(copy, (1, 1))
        listed.append(str(copy))
    return listed


def opens(listed, folder, rounds=ROUNDS):
    """[(median, p99, mean)] of each round, in microseconds."""
    names = folder / "list"
    names.write_text("\n".join(listed) + "\n")
    done = subprocess.run([BIN / "open_files", names, str(rounds)], capture_output=True, text=True, check=True)
    return [tuple(map(float, line.split())) for line in done.stdout.splitlines()]


def cpu_of(pids):
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def compile_job(folder):
    """CPU seconds of four compilations whose sources, headers and results are on the file system."""
    source = folder / "job.cc"
    source.write_text("#include <bits/stdc++.h>\nint main() { return 0; }\n")
    version = max(path.name for path in (folder / "include/c++").iterdir())
    places = [f"include/c++/{version}", f"include/x86_64-linux-gnu/c++/{version}", "include/x86_64-linux-gnu", "include"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for number in range(4):
        subprocess.run(["g++", "-O0", "-nostdinc++", *(f"-I{folder / place}" for place in places), "-c", source,
                        "-o", folder / f"job{number}.o"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def clamonacc(world, listed):
    """Median of an open with clamd and clamonacc, or None where they are not installed."""
    if not shutil.which("clamonacc") or not shutil.which("clamd"):
        return None
    folder = world.folder / "clam"
    database = folder / "db"
    database.mkdir(parents=True)
    (database / "one.ndb").write_text("Bench.Marker:0:*:" + b"this is a harmless marker of a test".hex() + "\n")
    config = folder / "clamd.conf"
    config.write_text(f"LocalSocket {folder}/clamd.sock\nDatabaseDirectory {database}\nTemporaryDirectory /tmp\nUser root\nForeground yes\n"
                      f"OnAccessIncludePath {world.files}\nOnAccessPrevention yes\nOnAccessExcludeUname clamav\nOnAccessExcludeRootUID no\n")
    daemon = subprocess.Popen(["clamd", "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (folder / "clamd.sock").exists() and time.monotonic() < deadline and daemon.poll() is None:
        time.sleep(0.05)
    watcher = subprocess.Popen(["clamonacc", "-F", "--fdpass", "-c", config, "-l", folder / "log"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(5)  # it says nothing when it watches
    try:
        return opens(listed[:500], world.folder, 2)[-1] if watcher.poll() is None else None
    finally:
        for each in (watcher, daemon):
            each.kill()
            each.wait()


def told(worker):
    """The gate has the policy, and its counters are here."""
    seen = worker.counters.get("gate_reports", 0)
    worker.until(lambda: worker.execute("self-test") and worker.counters.get("gate_reports", 0) >= seen + 3, "the gate")


def main():
    if os.geteuid() != 0:
        sys.exit("needs root for a mount namespace of its own")
    enter_namespace()
    world = World(str(BIN / "warder-agent"))
    try:
        listed = make_tree(world.files)
        shutil.copytree("/usr/include", world.files / "include", symlinks=True, ignore_dangling_symlinks=True)
        bare = opens(listed, world.folder)
        job_bare = [compile_job(world.files) for _ in range(3)]
        worker = world.worker()
        first = opens(listed, world.folder, 1)[0]
        known = opens(listed, world.folder)
        bare_median = statistics.median(row[0] for row in bare)
        known_median = statistics.median(row[0] for row in known)
        print(f"| open of a known clean file, median, µs over no mark | {known_median - bare_median:.2f} | limit 1 | |")
        print(f"| the same, mean of open and close, µs over no mark | {statistics.median(r[2] for r in known) - statistics.median(r[2] for r in bare):.2f} | limit 1 | |")
        print(f"| open of a file never seen, looked at by a YARA rule, median, µs | {first[0]:.0f} | | |")
        world.configure({**world.section, "exclude_paths": [str(world.files)]})
        told(worker)
        excluded = opens(listed, world.folder)
        median = statistics.median(row[0] for row in excluded)
        print(f"| open that the policy allows, asked of the worker, median, µs | {median:.1f} | limit 30 | {median / 30:.2f} |")
        world.configure({**world.section, "exclude_paths": []})
        told(worker)
        compile_job(world.files)  # its files become known
        pids = [worker.process.pid] + [pid for name in ("warder-gate", "warder-guard", "warder-scanner") for pid in world.processes(name)]
        before = cpu_of(pids)
        job = [compile_job(world.files) for _ in range(3)]
        own = (cpu_of(pids) - before) / 3
        told(worker)
        worker.stop()
        job_bare += [compile_job(world.files) for _ in range(3)]
        ratio = (statistics.median(job) + own) / statistics.median(job_bare)
        print(f"| compile job, CPU s with the module's own {own:.2f} | {statistics.median(job) + own:.2f} | none {statistics.median(job_bare):.2f}, limit 1.02 | {ratio:.3f} |")
        print(f"| longest that the gate held an open, ms | {worker.counters['longest_us'] / 1000:.0f} | limit {world.section['limit_ms']} | |")
        peer = clamonacc(world, listed)
        if peer:
            print(f"| the same opens with clamonacc, median, µs | {known_median:.1f} | clamonacc {peer[0]:.0f} | {peer[0] / known_median:.0f} |")
        else:
            print("| clamonacc | not installed | | |")
    finally:
        world.close()


main()
