#!/usr/bin/env python3
"""An enrolled agent with all its modules, left alone: the memory that its processes hold together, and what it computes.

They are one program: pages that they share are counted once (proportional set size); the sum that counts them for each
process stands beside it."""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/system"))
from stack import Stack, wait_until  # noqa: E402

SETTLE_S = 15
MEASURE_S = 60
MAX_MB = 60
MAX_CPU_PERCENT = 0.5


def memory_mb(pid, kind):
    lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{kind}:")).split()[1]) / 1024


def with_descendants(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in with_descendants(int(child)))]


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    with Stack() as stack:
        stack.initialise()
        stack.enrol()
        stack.start_agent()
        wait_until("a policy in force", lambda: stack.agent_record()["policy_state"] == "applied")
        time.sleep(SETTLE_S)
        pids = with_descendants(stack.agent.pid)
        before = sum(map(cpu_s, pids))
        time.sleep(MEASURE_S)
        percent = (sum(map(cpu_s, pids)) - before) / MEASURE_S * 100
        memory, counted_again = (sum(memory_mb(pid, kind) for pid in pids) for kind in ("Pss", "Rss"))
    print(f"| agent, idle: resident memory of {len(pids)} processes | {memory:.1f} MB | {MAX_MB} MB | {memory / MAX_MB:.2f} |")
    print(f"| the same, shared pages counted for each process | {counted_again:.1f} MB | – | – |")
    print(f"| agent, idle: processor | {percent:.2f} % of a core | {MAX_CPU_PERCENT} % | {percent / MAX_CPU_PERCENT:.2f} |")


if __name__ == "__main__":
    main()
