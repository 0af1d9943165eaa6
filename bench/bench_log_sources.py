#!/usr/bin/env python3
"""An enrolled agent that inspects a log: lines a second from file to spool, and what it computes at 1,000 lines a second."""
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/system"))
from bench_agent_idle import cpu_s  # noqa: E402
from stack import Stack, wait_until  # noqa: E402

LINES = 2_000_000
RATE = 1000
MEASURE_S = 30
ALERT_SHARE = 0.02
OSSEC_DAEMON = 15_000  # events per CPU second of ossec-analysisd 4.3, measured on a machine of this kind


def line(rng, number):
    if rng.random() < ALERT_SHARE:
        return f"Nov 22 10:00:00 web1 sshd[{number}]: Accepted publickey for alice from 192.0.2.7 port {number % 60000} ssh2\n"
    return rng.choice([
        f"Nov 22 10:00:00 web1 sshd[{number}]: Connection closed by 192.0.2.7 port 40022 [preauth]\n",
        f"Nov 22 10:00:00 web1 CRON[{number}]: (root) CMD (run-parts --report /etc/cron.hourly)\n",
        f"Nov 22 10:00:00 web1 systemd[1]: session-{number}.scope: Deactivated successfully.\n",
        f"Nov 22 10:00:00 web1 dhclient[{number}]: DHCPACK of 192.0.2.8 from 192.0.2.1\n",
    ])


def counter(stack, name):
    modules = stack.agent_status().get("modules", [])
    return next((m.get("counters", {}).get(name, 0) for m in modules if m.get("module") == "log-inspection"), 0)


def start(stack, log):
    stack.initialise()
    stack.set_policy({"integrity": {"enabled": False}, "log-inspection": {
        "sources": [f"syslog {log}"], "journal": "off", "from_start": True, "max_lines_per_s": 0}})
    stack.enrol()
    stack.start_agent()
    wait_until("rules loaded", lambda: counter(stack, "rules") > 0, 120)


def measure_backlog(stack, log, made):
    """The whole file at once: an event of a line is in the spool before the line counts as inspected."""
    pids = [stack.agent.pid, *stack.workers()]
    before, started = sum(map(cpu_s, pids)), time.monotonic()
    made.rename(log)
    wait_until("all lines", lambda: counter(stack, "lines") >= LINES, 300)
    took, used = time.monotonic() - started, sum(map(cpu_s, pids)) - before
    print(f"| log file to spool, {LINES:,} lines, {counter(stack, 'events'):,} events | {LINES / took:,.0f} lines/s | | |")
    rate = LINES / used
    print(f"| the same, for each CPU second of all the agent's processes | {rate:,.0f} | {OSSEC_DAEMON:,} (ossec-analysisd) | {rate / OSSEC_DAEMON:.2f} |")


def measure_trickle(stack, log, rng):
    pids = [stack.agent.pid, *stack.workers()]
    before, started, number = sum(map(cpu_s, pids)), time.monotonic(), 0
    with open(log, "a") as file:
        while (now := time.monotonic() - started) < MEASURE_S:
            while number < now * RATE:
                file.write(line(rng, number))
                number += 1
            file.flush()
            time.sleep(0.02)
    percent = (sum(map(cpu_s, pids)) - before) / MEASURE_S * 100
    print(f"| processor at {RATE:,} lines/s, {ALERT_SHARE:.0%} of them events | {percent:.1f} % of a core | | |")


def main():
    rng = random.Random(1)
    with Stack() as stack:
        log, made = stack.folder / "bench.log", stack.folder / "made.log"
        with open(made, "w") as file:
            file.writelines(line(rng, i) for i in range(LINES))
        start(stack, log)
        measure_backlog(stack, log, made)
        measure_trickle(stack, log, rng)


main()
