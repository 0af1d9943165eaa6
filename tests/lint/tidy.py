#!/usr/bin/env python3
"""Runs clang-tidy over sources, two at a time. `changed`: since upstream; `newest`: last changed first until the budget
is spent, and then says how many it did not reach; `all`: every file."""
import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout.split()


def candidates(which, known):
    if which == "all":
        return sorted(known)
    if which == "changed":
        base = git("merge-base", "HEAD", "@{upstream}") or git("rev-list", "--max-parents=0", "HEAD")
        names = git("diff", "--name-only", "--diff-filter=d", base[-1]) + git("ls-files", "--others", "--exclude-standard")
    else:
        names = git("log", "--name-only", "--diff-filter=d", "--format=")
    return [name for name in dict.fromkeys(names) if name in known]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--which", choices=["changed", "newest", "all"], default="changed")
    parser.add_argument("--budget", type=int, default=0, help="seconds; 0: no limit")
    arguments = parser.parse_args()

    commands = json.loads((ROOT / arguments.build / "compile_commands.json").read_text())
    known = {str(pathlib.Path(c["file"]).relative_to(ROOT)) for c in commands
             if pathlib.Path(c["file"]).is_relative_to(ROOT) and "/build/" not in c["file"]}
    files = candidates(arguments.which, known)
    deadline = time.monotonic() + arguments.budget if arguments.budget else float("inf")
    bad, skipped = [], 0

    def check(name):
        if time.monotonic() > deadline:
            return name, None
        run = subprocess.run(["clang-tidy-19", "-p", arguments.build, "--quiet", name], cwd=ROOT, capture_output=True, text=True)
        return name, "" if run.returncode == 0 else run.stdout

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, output in pool.map(check, files):
            if output is None:
                skipped += 1
            elif output:
                bad.append(name)
                print(output)
    print(f"clang-tidy: {len(files) - skipped} files looked at, {len(bad)} with findings, {skipped} not reached in time")
    return 1 if bad else 0


sys.exit(main())
