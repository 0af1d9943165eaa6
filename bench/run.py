#!/usr/bin/env python3
"""Runs the benchmarks of the release build and prints their tables: bench/run.py [NAME…]

Each program prints Markdown rows `| figure | value | peer or limit | ratio |`; `bench_*.py` beside this file drive whole
programs (a manager with thousands of agents). Compare ratios, never the absolute figures of two machines."""
import os
import pathlib
import platform
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("WARDER_BIN", HERE.parent / "build/release/bin"))


def main():
    wanted = [name.replace("-", "_") for name in sys.argv[1:]]
    programs = [p for p in sorted(BIN.glob("bench_*")) if p.is_file()] + sorted(HERE.glob("bench_*.py"))
    programs = [p for p in programs if not wanted or p.stem.removeprefix("bench_") in wanted]
    if not programs:
        print(f"no benchmark named {' '.join(wanted)}" if wanted else f"no benchmarks in {BIN}: ./dev build release")
        return 2
    print(f"{os.cpu_count()} processors, Linux {platform.release()}, load {os.getloadavg()[0]:.1f}\n")
    failed = []
    for program in programs:
        print(f"### {program.stem.removeprefix('bench_')}\n\n| figure | value | peer or limit | ratio |\n|---|---|---|---|", flush=True)
        command = [sys.executable, program] if program.suffix == ".py" else [program]
        if subprocess.run(command, env={**os.environ, "WARDER_BIN": str(BIN)}, check=False).returncode:
            failed.append(program.stem)
        print(flush=True)
    if failed:
        print("failed: " + ", ".join(failed))
    return 1 if failed else 0


sys.exit(main())
