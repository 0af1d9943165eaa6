#!/usr/bin/env python3
"""An enrolled agent that inspects a log: lines a second from file to spool, and what it computes at 1,000 lines a second."""
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/system"))
from bench_agent_idle import cpu_s  # noqa: E402
from stack import Stack, wait_until  # noqa: E402

LINES = 200_000
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


def inspected(stack):
    modules = stack.agent_status().get("modules", [])
    return next((m.get("counters", {}).get("lines", 0) for m in modules if m.get("module") == "log-inspection"), 0)


def main():
    rng = random.Random(1)
    with Stack() as stack:
        stack.initialise()
        log = stack.folder / "bench.log"
        log.write_text("".join(line(rng, i) for i in range(LINES)))
        stack.set_policy({"integrity": {"enabled": False}, "log-inspection": {
            "sources": [f"syslog {log}"], "journal": "off", "from_start": True, "max_lines_per_s": 0}})
        stack.enrol()
        stack.start_agent()
        wait_until("the first line", lambda: inspected(stack) > 0, 120)
        pids = [stack.agent.pid, *stack.workers()]
        first, before, started = inspected(stack), sum(map(cpu_s, pids)), time.monotonic()
        wait_until("all lines", lambda: inspected(stack) >= LINES, 300)
        took, used = time.monotonic() - started, sum(map(cpu_s, pids)) - before
        count = LINES - first
        if count > 0:
            print(f"| log file to spool, {ALERT_SHARE:.0%} alerts | {count / took:,.0f} lines/s | | |")
            rate = count / max(used, 0.01)
            print(f"| the same, for each CPU second of supervisor and worker | {rate:,.0f} | {OSSEC_DAEMON:,} (ossec-analysisd) | {rate / OSSEC_DAEMON:.2f} |")
        before, started, number = sum(map(cpu_s, pids)), time.monotonic(), 0
        with open(log, "a") as file:
            while (now := time.monotonic() - started) < MEASURE_S:
                while number < now * RATE:
                    file.write(line(rng, number))
                    number += 1
                file.flush()
                time.sleep(0.02)
        percent = (sum(map(cpu_s, pids)) - before) / MEASURE_S * 100
    print(f"| processor at {RATE:,} lines/s | {percent:.1f} % of a core | | |")


main()
