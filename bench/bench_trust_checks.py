#!/usr/bin/env python3
"""What the Trust Center's checks cost a manager that has all they look at (tests/system/trust_world.py): a round of all of them, its CPU time
from /proc and its time by the clock, the median of rounds, and what the manager does in the same time without one."""
import os
import pathlib
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/system"))
os.environ.setdefault("WARDER_BIN", str(HERE.parent / "build/release/bin"))
from stack import wait_until  # noqa: E402
from test_trust import add_second_factor  # noqa: E402
from trust_states import entries  # noqa: E402
from trust_world import TrustWorld  # noqa: E402

ROUNDS, EVERY_S, LIMIT = 5, 3600, 0.01  # rounds in an hour: the default of trust_check_s; 1 % of a core
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(pid):
    """Seconds in user and kernel, of children that ended as well."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def cost_of(pid, act):
    """CPU seconds and seconds of what is done."""
    cpu, begin = cpu_of(pid), time.monotonic()
    act()
    return cpu_of(pid) - cpu, time.monotonic() - begin


def a_round(api):
    newest = max(entries(api).values(), default=0)
    api.post("/trust/runs")
    deadline = time.monotonic() + 180
    while min(entries(api).values()) <= newest:
        if time.monotonic() > deadline:
            raise AssertionError("the round has no end")
        time.sleep(0.5)  # each look is the manager's work, too


def main():
    world = TrustWorld(add_second_factor)
    try:
        api, pid = world.stack.api, world.stack.manager.pid
        a_round(api)  # the first one makes the canary tenants and a drill
        wait_until("the agent is well", lambda: world.stack.agent_record()["state"] == "online")
        rounds = [cost_of(pid, lambda: a_round(api)) for _ in range(ROUNDS)]
        cpu, wall = (statistics.median(each[i] for each in rounds) for i in (0, 1))
        idle, _ = cost_of(pid, lambda: time.sleep(wall))
        verdicts = [each["result"]["verdict"] for each in api.pages("/trust/checks")]
        allowed = EVERY_S * LIMIT
        print(f"| a round of all {len(verdicts)} checks, {verdicts.count('pass')} of which pass: CPU of the manager | {cpu:.2f} s | limit {allowed:.0f} s | {cpu / allowed:.2f} |")
        print(f"| the same, by the clock | {wall:.1f} s | – | – |")
        print(f"| the manager without a round, in as much time | {idle:.2f} s | – | – |")
        print(f"| all checks, {3600 // EVERY_S} round an hour, of one core | {cpu / EVERY_S:.3%} | limit {LIMIT:.0%} | {cpu / EVERY_S / LIMIT:.2f} |")
        return 0 if cpu <= allowed else 1
    finally:
        world.close()


if __name__ == "__main__":
    sys.exit(main())
