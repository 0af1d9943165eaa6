#!/usr/bin/env python3
"""From a change of a watched file to its event in the answer of the API, on an otherwise idle agent and manager."""
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/system"))
from stack import Stack, wait_until  # noqa: E402

CHANGES = 200
LIMIT_MS = 1000


def main():
    taken = []
    with Stack() as stack:
        stack.up()
        for number in range(CHANGES):
            path = stack.watched / f"change-{number:04d}"
            start = time.monotonic()
            path.write_text("changed")
            wait_until("the event", lambda: stack.api.get("/events", filter=f'file.path:"{path}"', limit=1)["items"], 30)
            taken.append((time.monotonic() - start) * 1000)
    taken.sort()
    p95 = taken[int(len(taken) * 0.95) - 1]
    print(f"| file change to event in the API, median of {CHANGES} | {statistics.median(taken):.0f} ms | – | – |")
    print(f"| file change to event in the API, p95 | {p95:.0f} ms | {LIMIT_MS} ms | {p95 / LIMIT_MS:.2f} |")


main()
