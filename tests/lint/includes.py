#!/usr/bin/env python3
"""The rule of direction for #include lines: a folder includes only lower layers, and of its own layer only itself.

The same table as in src/CMakeLists.txt, where it is held for linking."""
import pathlib
import re
import sys

LAYERS = {
    "base": 0,
    "model": 10, "crypto": 10, "keys": 11, "formats": 12,
    "protocol": 20, "pack": 20, "stream": 20, "sinks": 20,
    "host": 30,
    "packet": 40, "rules": 40, "archive": 40, "records": 41,
    "engines/antimalware": 50, "engines/firewall": 50, "engines/ips": 50, "engines/integrity": 50,
    "engines/loginspection": 50, "engines/inventory": 50,
    "scanner": 55,
    "client": 60,
    "manager/passwords": 69, "manager/directory": 69, "manager/webauthn": 69,
    "manager/scim": 69,
    "agent": 70, "manager/store": 70, "manager/net": 70,
    "manager/tenancy": 71,
    "manager/audit": 72,
    "manager/identity": 73, "manager/policies": 73, "manager/events": 73, "manager/content": 73,
    "manager/fleet": 74, "manager/trials": 74, "manager/siem": 74, "manager/privacy": 74, "manager/sso": 74,
    "manager/provisioning": 75, "manager/backup": 75, "manager/notify": 75, "manager/search": 75, "manager/stream": 75, "manager/review": 75, "manager/rollouts": 75,
    "manager/alerts": 76, "manager/incidents": 76, "manager/reports": 77, "manager/trust": 77,
    "manager/api": 78, "manager/gateway": 78,
    "manager": 79, "cli": 80,
}
# Bodies of ports may be included by programs and tests only.
BODIES = ("host/linux", "host/offline", "host/testing")
HOST_USERS = ("host/", "agent/main.cc", "agent/modules.cc", "manager/main.cc", "manager/installation.h", "cli/", "agent/module_",
              "agent/process_inspector.cc")
# Headers that only tests include.
TEST_SUPPORT = ("_test.cc", "/testing.h", "/testing.cc", "/fixture.h", "/fixture.cc")
# A worker's sandbox is made of Linux calls by definition; it has no other body.
LINUX_ONLY = ("host/linux/sandbox.h", "host/linux/process_usage.h")


def folder_of(path):
    for name in sorted(LAYERS, key=len, reverse=True):
        if path == name or path.startswith(name + "/"):
            return name
    return None


def main():
    root = pathlib.Path(__file__).resolve().parents[2] / "src"
    problems = []
    for file in sorted(root.rglob("*.[ch]*")):
        here = file.relative_to(root).as_posix()
        own = folder_of(here)
        if own is None:
            problems.append(f"src/{here}: its folder has no layer")
            continue
        is_test = here.endswith(TEST_SUPPORT) or "/testing/" in here
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = re.match(r'\s*#include "([^"]+)"', line)
            if not match:
                continue
            target = match.group(1)
            other = folder_of(target)
            where = f"src/{here}:{number}"
            if other is None:
                problems.append(f"{where}: {target} is in no layer")
            elif other != own and LAYERS[other] >= LAYERS[own] and not is_test:
                problems.append(f"{where}: {own} (layer {LAYERS[own]}) includes {target} (layer {LAYERS[other]})")
            elif target.startswith(BODIES) and target not in LINUX_ONLY and not is_test and not here.startswith(HOST_USERS):
                problems.append(f"{where}: {target} is a body of a port; include the port")
    print("\n".join(problems) if problems else "direction: every #include points down")
    return 1 if problems else 0


sys.exit(main())
