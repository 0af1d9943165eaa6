"""Full disk, wrong clock, manager away, certificate expired: each has a clear state, and nothing accepted is lost."""
import os
import pathlib
import subprocess
import tempfile
import time
import unittest

from stack import Stack, wait_until

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


def small_disk(megabytes):
    """A tmpfs of its own, in the private mount namespace of the test run."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="warder-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], check=True)
    return folder


def fill(folder):
    """Writes until nothing more fits; returns the file."""
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


def make_changes(stack, prefix, count):
    for i in range(count):
        (stack.watched / f"{prefix}-{i}").write_text(f"{prefix} {i}")


def stored(stack, prefix):
    return [e["fields"]["file.path"] for e in stack.api.events(f'type:"integrity.file.created" and file.path:"{stack.watched}/{prefix}-*"')]


class Faults(unittest.TestCase):
    def disk(self, megabytes):
        folder = small_disk(megabytes)
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        return folder

    def assert_all_stored_once(self, stack, prefix, count):
        wait_until(f"{count} {prefix} changes stored", lambda: len(stored(stack, prefix)) >= count, 120)
        paths = stored(stack, prefix)
        self.assertEqual(len(paths), count)
        self.assertEqual(len(set(paths)), count)

    def test_full_disk_of_the_agent(self):
        disk = self.disk(24)
        with Stack(agent_state=disk / "agent") as stack:
            stack.up()
            ballast = fill(disk)
            make_changes(stack, "full", 300)
            wait_until("the agent says that its disk is full", lambda: "disk" in str(stack.agent_status()) and "degraded" in str(stack.agent_status()))
            ballast.unlink()
            self.assert_all_stored_once(stack, "full", 300)
            stack.wait_protected()

    def test_full_disk_of_the_manager(self):
        disk = self.disk(24)
        with Stack(manager_data=disk / "manager") as stack:
            stack.up()
            ballast = fill(disk)
            make_changes(stack, "full", 300)
            wait_until("the agent keeps what the manager cannot store", lambda: stack.agent_status()["spool"]["events"] > 0)
            ballast.unlink()
            self.assert_all_stored_once(stack, "full", 300)

    def run_with_clock(self, offset, check, manager_too=False):
        environment = {"LD_PRELOAD": FAKETIME, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        with Stack() as stack:
            stack.up()
            stack.agent.kill()
            if manager_too:
                stack.manager.kill()
                stack.start_manager(environment)
            stack.start_agent(environment=environment)
            check(stack)

    def test_clock_two_days_off_is_said_and_events_arrive(self):
        for offset in ("+2d", "-2d"):
            with self.subTest(offset):
                def check(stack):
                    wait_until("warning about the clock", lambda: any("clock" in w for w in stack.agent_record()["warnings"]), 90)
                    make_changes(stack, "clock", 5)
                    self.assert_all_stored_once(stack, "clock", 5)
                self.run_with_clock(offset, check)

    def test_expired_certificate_is_a_clear_state(self):
        def check(stack):
            wait_until("state certificate-expired", lambda: stack.agent_status().get("uplink", {}).get("state") == "certificate-expired", 60)
            make_changes(stack, "expired", 3)
            wait_until("events kept", lambda: stack.agent_status()["spool"]["events"] >= 3)
        # Of both: as long as the manager's clock says that the certificate holds, it holds.
        self.run_with_clock("+40d", check, manager_too=True)

    def test_manager_away_for_an_hour(self):
        # The agent's clock runs 120 times as fast, so that an hour of its back-off passes in half a minute.
        with Stack() as stack:
            stack.up()
            stack.manager.kill()
            make_changes(stack, "away", 100)
            wait_until("events kept", lambda: stack.agent_status()["spool"]["events"] >= 100)
            stack.agent.kill()
            stack.start_agent(environment={"LD_PRELOAD": FAKETIME, "FAKETIME": "+0 x120"})
            make_changes(stack, "hour", 100)
            time.sleep(30)
            self.assertEqual(stack.agent_status()["uplink"]["state"], "unreachable")
            stack.agent.kill()
            stack.start_manager()
            stack.start_agent()
            self.assert_all_stored_once(stack, "away", 100)
            self.assert_all_stored_once(stack, "hour", 100)


if __name__ == "__main__":
    unittest.main()
