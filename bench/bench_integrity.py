#!/usr/bin/env python3
"""Integrity monitoring against AIDE: the same tree, the same hash, one after the other in turn.

Ratios are per CPU second. WARDER_BENCH_FILES sets the size of the tree (5,000 by default, 100,000 for the figures in
docs/performance.md), WARDER_BENCH_ROUNDS how often each is run; the best of each counts. Cold is what the page cache forgot of the files' content when it was asked to
(posix_fadvise); names and inodes stay warm, for emptying those would disturb the whole machine."""
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(os.environ.get("WARDER_BIN", pathlib.Path(__file__).resolve().parent.parent / "build/release/bin"))
FILES = int(os.environ.get("WARDER_BENCH_FILES", "5000"))
ROUNDS = int(os.environ.get("WARDER_BENCH_ROUNDS", "2"))
MEAN_BYTES = int(os.environ.get("WARDER_BENCH_BYTES", "40000"))  # of /usr of a server: 96,536 files, 3,869 MB
WALKER = os.environ.get("WARDER_BENCH_WALKER")  # a program that only walks and hashes: WALKER DIRECTORY THREADS sha256


def make_tree(root):
    rng = random.Random(1)
    block = rng.randbytes(1 << 20)
    total = 0
    for i in range(FILES):
        directory = root / f"d{i // 500}" / f"e{i // 12}"
        directory.mkdir(parents=True, exist_ok=True)
        size = min(int(rng.expovariate(1 / MEAN_BYTES)), len(block) - 1)
        start = rng.randrange(len(block) - size)
        (directory / f"file-{i}").write_bytes(block[start : start + size])
        total += size
    return total


def run(command, expected):
    """(wall s, CPU s, peak MB)"""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    code = os.waitstatus_to_exitcode(status)
    if code not in expected:
        sys.exit(f"{' '.join(map(str, command))}: exit {code}: {errors.decode(errors='replace')}")
    del before
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def forget(root):
    for path in root.rglob("*"):
        if not path.is_file():
            continue
        fd = os.open(path, os.O_RDONLY)
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def best(results):
    return tuple(min(column) for column in zip(*results))


def row(figure, value, peer="", ratio=""):
    print(f"| {figure} | {value} | {peer} | {ratio} |", flush=True)


def main():
    with tempfile.TemporaryDirectory(prefix="warder-bench-") as name:
        top = pathlib.Path(name)
        tree = top / "tree"
        total = make_tree(tree)
        rules = top / "rules.xml"
        rules.write_text(
            f'<FileSet base="{tree}"><attributes><CONTENTS/><permissions/><owner/><group/><size/><lastModified/>'
            "<inodeNumber/></attributes></FileSet>"
        )
        config = top / "aide.conf"
        config.write_text(
            f"database_in=file:{top}/aide.db\ndatabase_out=file:{top}/aide.new\ndatabase_new=file:{top}/aide.new\n"
            f"gzip_dbout=no\nreport_url=file:{top}/report\nnum_workers=2\n{tree} p+u+g+s+m+i+sha256\n"
        )
        warder = [BIN / "warder", "integrity"]
        store = ["--rules", rules, "--db", top / "warder.db"]
        has_aide = shutil.which("aide") is not None
        ours = {"baseline": [], "check": [], "quick": [], "one": [], "cold": []}
        peer = {"init": [], "check": [], "cold": [], "walk": []}
        for _ in range(ROUNDS):
            ours["baseline"].append(run([*warder, "baseline", *store], (0,)))
            if has_aide:
                peer["init"].append(run(["aide", "--init", f"--config={config}"], (0,)))
                shutil.copy(top / "aide.new", top / "aide.db")
            ours["check"].append(run([*warder, "check", *store], (0,)))
            ours["one"].append(run([*warder, "check", *store, "--threads", "1"], (0,)))
            if has_aide:
                peer["check"].append(run(["aide", "--check", f"--config={config}"], (0,)))
            ours["quick"].append(run([*warder, "check", *store, "--quick"], (0,)))
            if WALKER:
                peer["walk"].append(run([WALKER, tree, "2", "sha256"], (0,)))
            forget(tree)
            ours["cold"].append(run([*warder, "check", *store], (0,)))
            if has_aide:
                forget(tree)
                peer["cold"].append(run(["aide", "--check", f"--config={config}"], (0,)))
        w_base, c_base, m_base = best(ours["baseline"])
        w_check, c_check, m_check = best(ours["check"])
        _, c_quick, m_quick = best(ours["quick"])
        w_one, _, _ = best(ours["one"])
        mb = total / 1e6
        print(f"<!-- {FILES} files, {mb:.0f} MB, warm -->")
        if has_aide:
            _, c_init, m_init = best(peer["init"])
            _, c_aide, m_aide = best(peer["check"])
            row("baseline, MB a CPU second", f"{mb / c_base:.0f}", f"AIDE {mb / c_init:.0f}", f"{c_init / c_base:.1f}")
            row("check, MB a CPU second", f"{mb / c_check:.0f}", f"AIDE {mb / c_aide:.0f}", f"{c_aide / c_check:.1f}")
            row("peak memory of baseline, MB", f"{m_base:.0f}", f"AIDE {m_init:.0f}", f"{m_init / m_base:.1f}")
            row("peak memory of check, MB", f"{m_check:.0f}", f"AIDE {m_aide:.0f}", f"{m_aide / m_check:.1f}")
        else:
            row("baseline, MB a CPU second", f"{mb / c_base:.0f}", "AIDE is not installed")
            row("check, MB a CPU second", f"{mb / c_check:.0f}", "AIDE is not installed")
        if WALKER:
            _, c_walk, _ = best(peer["walk"])
            row("the same by a program that only walks and hashes", f"{mb / c_walk:.0f}", f"baseline {mb / c_base:.0f}, check {mb / c_check:.0f}", f"{c_walk / c_base:.2f}, {c_walk / c_check:.2f}")
        w_cold, c_cold, _ = best(ours["cold"])
        if has_aide:
            w_peer, c_peer, _ = best(peer["cold"])
            row("check, content not in the page cache, wall s", f"{w_cold:.2f}", f"AIDE {w_peer:.2f}", f"{w_peer / w_cold:.1f}")
            row("the same, CPU s", f"{c_cold:.2f}", f"AIDE {c_peer:.2f}", f"{c_peer / c_cold:.1f}")
        row("baseline, wall s", f"{w_base:.2f}")
        row("check by times, files a CPU second", f"{FILES / c_quick:.0f}", "at least 200,000", f"{FILES / c_quick / 2e5:.2f}")
        row("peak memory of a check by times, MB", f"{m_quick:.0f}", "at most 40")
        row("two threads against one, wall of check", f"{w_check:.2f} s", f"{w_one:.2f} s", f"{w_one / w_check:.2f}")
        row("database, bytes a file", f"{(top / 'warder.db').stat().st_size / FILES:.0f}")
    return 0


sys.exit(main())
