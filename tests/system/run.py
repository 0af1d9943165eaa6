#!/usr/bin/env python3
"""Runs the system tests, three files at a time, each in a process and mount namespace of its own: tests/system/run.py
[PATTERN…]. What a file prints is shown when it has ended, with the time it took."""
import concurrent.futures
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
LANES = 3  # they wait more than they compute
LIMIT_S = 1500  # of a file
# Agents tell what every process of the machine listens at, in whatever network namespace: that of these is to see its own alone.
OWN_PROCESSES = {"test_trust.py"}


class TookTooLong(BaseException):
    """Of no kind that a test waits out."""


class Bounded(unittest.TextTestResult):
    """Fails the test at which the time of the file is over, and runs no more."""

    def startTestRun(self):
        signal.signal(signal.SIGALRM, self.end)
        signal.alarm(LIMIT_S)

    def end(self, *_):
        self.stop()
        raise TookTooLong(f"this file has taken {LIMIT_S} s; the rest of it is not run")


def load(file, patterns):
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{p}*" for p in patterns] or None
    return loader.discover(str(HERE), file)


def run_file(file, patterns):
    """In the process of this file alone; the last line is for the one that counts."""
    runner = unittest.TextTestRunner(verbosity=2, stream=sys.stdout, resultclass=Bounded)
    result = runner.run(load(file, patterns))
    bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    print(f"counts {result.testsRun} {bad} {len(result.skipped)}")
    return 0 if result.wasSuccessful() else 1


def run_apart(file, patterns):
    """Mounts that a test makes are seen by nobody else and vanish with it."""
    apart = ["--pid", "--fork", "--mount-proc"] if file in OWN_PROCESSES else []
    command = ["unshare", "--mount", "--propagation", "private", *apart, sys.executable, __file__, "--file", file, *patterns]
    begun = time.monotonic()
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    lines = ended.stdout.decode(errors="replace").rstrip("\n").split("\n")
    words = lines[-1].split()
    if words[:1] == ["counts"]:
        del lines[-1]
        counts = [int(word) for word in words[1:]]
    else:
        counts = [1, 1, 0]  # it died
    print(f"{file}: exit {ended.returncode} after {time.monotonic() - begun:.0f} s", *lines, "", sep="\n", flush=True)
    return counts if ended.returncode == 0 or counts[1] else [counts[0], 1, counts[2]]


def main():
    if os.geteuid() != 0:
        print("system tests need root: fanotify marks and private mounts")
        return 1
    sys.path.insert(0, str(HERE))
    if sys.argv[1:2] == ["--file"]:
        return run_file(sys.argv[2], sys.argv[3:])
    patterns = sys.argv[1:]
    counted = {file.name: load(file.name, patterns).countTestCases() for file in HERE.glob("test_*.py")}
    files = sorted((file for file, tests in counted.items() if tests), key=lambda file: (-counted[file], file))
    with concurrent.futures.ThreadPoolExecutor(LANES) as lanes:
        results = list(lanes.map(lambda file: run_apart(file, patterns), files))
    run, bad, skipped = (sum(result[i] for result in results) for i in range(3))
    print(f"system: {run - bad - skipped} passed, {bad} failed, {skipped} skipped")
    return 1 if bad or not run else 0


sys.exit(main())
