#!/usr/bin/env python3
"""Runs the public test cases of intrusion prevention through `warder ips replay` and compares alert counts.

  ips.py WARDER [--cases DIR] [--only TEXT] [--list] [--jobs N] [--minimum PERCENT]

A case applies when it needs no configuration of its own, no release above 8, and no Lua. Prints each miss with what was
expected and what came, then the score in all and by protocol. Exit 0 when both reach their minimum."""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

FIELDS = {"signature_id": "sid", "pcap_cnt": "packet", "src_ip": "src", "dest_ip": "dst", "src_port": "sport",
          "dest_port": "dport", "proto": "proto", "action": "action", "app_proto": "app", "signature": "msg"}
# What a case sets, and our option for it.
SETTINGS = {"app-layer.protocols.ftp.max-tx": "--max-transactions", "stream.reassembly.depth": "--stream-depth"}


def missing_files(folder, rules):
    """Files that rules load and the corpus does not have."""
    names = re.findall(r",\s*load\s+([^,;)\s]+)", rules)
    return sorted({name for name in names if not (folder / name).exists()})


def why_not(case, rules, folder):
    """The reason for which a case does not apply, or None."""
    if missing := missing_files(folder, rules):
        return f"the corpus lacks {', '.join(missing)}, which its rules load"
    if case["own_config"]:
        return "needs a configuration of its own"
    if case["min_version"] and int(case["min_version"].split(".")[0]) > 8:
        return "needs a release above 8"
    if re.search(r"[(;]\s*(lua|luaxform)\s*:", rules):
        return "Lua"
    return None


def options_of(case):
    words = " ".join(case["args"])
    options = []
    if case["inline"] or "stream.inline=true" in words or "--simulate-ips" in words:
        options.append("--inline")
    if "vlan.use-for-tracking=false" in words:
        options.append("--ignore-vlans")
    for name, option in SETTINGS.items():
        if value := re.search(re.escape(name) + r"=(\d+)(kb)?", words):
            options += [option, str(int(value[1]) * (1024 if value[2] else 1))]
    if "stream.midstream=true" in words:
        options.append("--midstream")
    if "stream.async-oneside=true" in words:
        options.append("--async-oneside")
    return options


def matches(alert, expected):
    for key, wanted in expected.items():
        if key == "count":
            continue
        have = alert.get(FIELDS.get(key, key))
        if str(have) != str(wanted):
            return False
    return True


def run(warder, root, case):
    command = [warder, "ips", "replay", "--json", *options_of(case), "--rules", str(root / case["dir"] / "test.rules"),
               "--pcap", str(root / case["pcap"])]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return ["timeout"], ""
    if done.returncode not in (0, 1):
        return [f"exit {done.returncode}"], done.stderr
    alerts = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    problems = []
    for expected in case["expect"]:
        count = sum(matches(alert, expected) for alert in alerts)
        if count != expected["count"]:
            problems.append(f"{ {k: v for k, v in expected.items() if k != 'count'} }: {expected['count']} expected, {count} came")
    seen = collections.Counter((alert["sid"], alert["packet"]) for alert in alerts)
    return problems, done.stderr + f"alerts (sid, packet): {dict(seen)}\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("warder")
    parser.add_argument("--cases")
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true", help="print one line for each miss and exclusion")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--minimum", type=float, default=95.0, help="percent of all cases")
    parser.add_argument("--minimum-protocol", type=float, default=85.0, help="percent in each protocol of five cases and more")
    arguments = parser.parse_args()
    top = pathlib.Path(__file__).resolve().parents[2]
    corpus = pathlib.Path(os.environ.get("WARDER_CORPUS", top.parent / "shared" / "corpus"))
    root = pathlib.Path(arguments.cases) if arguments.cases else corpus / "ips" / "cases"
    if not (root / "cases.json").exists():
        print(f"no public cases at {root}: nothing was compared (set WARDER_CORPUS)")
        return 0
    cases = json.loads((root / "cases.json").read_text())
    applicable, excluded = [], []
    for case in cases:
        if arguments.only not in case["name"]:
            continue
        folder = root / case["dir"]
        reason = why_not(case, (folder / "test.rules").read_text(errors="replace"), folder)
        (applicable if reason is None else excluded).append((case, reason))
    passed = collections.Counter()
    total = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda item: run(arguments.warder, root, item[0]), applicable)
        for (case, _), (problems, text) in zip(applicable, results):
            total[case["app"]] += 1
            passed[case["app"]] += not problems
            if problems:
                print(f"MISS {case['name']} [{case['app']}]: " + "; ".join(problems[:6]))
                if arguments.only or not arguments.list:
                    print("".join(f"     {line}\n" for line in text.splitlines()[:12]), end="")
    if arguments.list:
        for case, reason in excluded:
            print(f"LEFT OUT {case['name']} [{case['app']}]: {reason}")
    for app in sorted(total, key=lambda name: -total[name]):
        print(f"{app:16} {passed[app]:4} of {total[app]:4}  {100 * passed[app] / total[app]:5.1f} %")
    score = 100 * sum(passed.values()) / max(1, sum(total.values()))
    print(f"in all {sum(passed.values())} of {sum(total.values())} = {score:.1f} %; {len(excluded)} cases do not apply")
    low = [app for app in total if total[app] >= 5 and 100 * passed[app] / total[app] < arguments.minimum_protocol]
    for app in low:
        print(f"{app}: below {arguments.minimum_protocol:g} %")
    return 0 if score >= arguments.minimum and not low else 1


if __name__ == "__main__":
    sys.exit(main())
