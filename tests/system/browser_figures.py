#!/usr/bin/env python3
"""The console over many events of a real agent: tests/system/browser_figures.py [events, 100,000 unless said]. The pages that show
events, with WARDER_LONG=1 all pages in each language and theme and for each role, and figures, printed. Needs the programs
(WARDER_BIN) and web/dist built."""
import os
import subprocess
import sys

from stack import PASSWORD, ROOT, Stack, wait_until

DEFAULT = 100_000
SOME = "figures|events in |event in |dashboard in |attack in "
ALL = "figures| in en, | in ja, |role"


def seed(stack, count):
    """As many lines of a log, each of which is an event."""
    log = stack.folder / "auth.log"
    stack.set_policy({"integrity": {"watch": [str(stack.watched)]},
                      "log-inspection": {"sources": [f"syslog {log}"], "journal": "off", "from_start": True, "max_lines_per_s": 0}})
    made = log.with_suffix(".made")
    made.write_text("".join(
        f"Nov 22 10:00:00 web1 sshd[{number}]: Accepted publickey for user{number % 50} from 192.0.2.{number % 250} port {number % 60000} ssh2\n"
        for number in range(count)))
    made.rename(log)
    wait_until(f"{count} events", lambda: stack.api.get("/events/facets", fields="module", filter="module=log-inspection")["total"] >= count, 600)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    with Stack() as stack:
        stack.up()
        seed(stack, count)
        environment = {**os.environ, "WARDER_URL": f"https://localhost:{stack.api_port}", "WARDER_USER": "admin", "WARDER_PASSWORD": PASSWORD,
                       "WARDER_FIGURES": str(count), "WARDER_ONLY": os.environ.get("WARDER_ONLY", ALL if os.environ.get("WARDER_LONG") == "1" else SOME)}
        return subprocess.run([ROOT / "web/run", "e2e"], env=environment, check=False).returncode


sys.exit(main())
