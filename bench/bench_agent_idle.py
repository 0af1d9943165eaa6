#!/usr/bin/env python3
"""An enrolled agent with all its modules, left alone: resident memory of all its processes, and what it computes."""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/system"))
from stack import Stack, wait_until  # noqa: E402

SETTLE_S = 15
MEASURE_S = 60
MAX_RSS_MB = 60
MAX_CPU_PERCENT = 0.5


def rss_mb(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


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
        pids = [stack.agent.pid, *stack.workers()]
        before = sum(map(cpu_s, pids))
        time.sleep(MEASURE_S)
        percent = (sum(map(cpu_s, pids)) - before) / MEASURE_S * 100
        memory = sum(map(rss_mb, pids))
    print(f"| agent, idle: resident memory of {len(pids)} processes | {memory:.1f} MB | {MAX_RSS_MB} MB | {memory / MAX_RSS_MB:.2f} |")
    print(f"| agent, idle: processor | {percent:.2f} % of a core | {MAX_CPU_PERCENT} % | {percent / MAX_CPU_PERCENT:.2f} |")


if __name__ == "__main__":
    main()
