#!/usr/bin/env python3
"""Runs the system tests in a mount namespace of their own: tests/system/run.py [PATTERN…]"""
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def enter_private_mounts():
    """Mounts that a test makes are seen by nobody else and vanish with it."""
    if os.environ.get("WARDER_PRIVATE_MOUNTS") == "1":
        return
    os.environ["WARDER_PRIVATE_MOUNTS"] = "1"
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])


def main():
    if os.geteuid() != 0:
        print("system tests need root: fanotify marks and private mounts")
        return 1
    enter_private_mounts()
    sys.path.insert(0, str(HERE))
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{p}*" for p in sys.argv[1:]] or None
    suite = loader.discover(str(HERE), "test_*.py")
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    bad = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    print(f"system: {result.testsRun - bad - skipped} passed, {bad} failed, {skipped} skipped")
    return 0 if result.wasSuccessful() and result.testsRun else 1


sys.exit(main())
