#!/usr/bin/env python3
"""Rules for the repository that no compiler knows: sizes, words that must not be in it, catalogues, the npm lock file."""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAX_SOURCE_LINES = 520  # the aim is 300; over 500 wants a reason in the review
MAX_TEST_LINES = 600  # one fixture and its cases stay together
MAX_FILE_BYTES = 1_000_000
# Absolute paths of a developer's machine, and left-over marks.
FORBIDDEN = re.compile(r"/(?:home/[a-z]+|root)/(?:src|work|git)\b|\bFIXME\b|\bXXX\b|TODO(?!\(#\d+\))")
TEXT = {".cc", ".h", ".py", ".ts", ".tsx", ".md", ".sh", ".yaml", ".json", ".cmake", ".toml", ".proto", ".txt"}


def tracked():
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in names.decode().split("\0") if name and (ROOT / name).is_file()]


def check_file(path):
    name = path.relative_to(ROOT).as_posix()
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        yield f"{name}: {size} bytes; at most {MAX_FILE_BYTES}"
    if path.suffix not in TEXT or name.startswith("tests/lint/") or name.endswith("package-lock.json"):
        return
    lines = path.read_text(errors="replace").splitlines()
    most = MAX_TEST_LINES if name.endswith("_test.cc") else MAX_SOURCE_LINES
    if path.suffix in {".cc", ".h", ".ts", ".tsx"} and len(lines) > most and "/generated/" not in name:
        yield f"{name}: {len(lines)} lines; at most {most}"
    for number, line in enumerate(lines, 1):
        match = FORBIDDEN.search(line)
        if match:
            yield f"{name}:{number}: {match.group(0)}"


def check_catalogues():
    catalogues = {p.stem: json.loads(p.read_text()) for p in sorted((ROOT / "content/messages").glob("*.json"))}
    english = catalogues.get("en", {})
    for language, texts in catalogues.items():
        for key in sorted(set(english) ^ set(texts)):
            yield f"content/messages/{language}.json: {key} is in only one catalogue"
        for key in sorted(set(english) & set(texts)):
            if set(re.findall(r"\{[^}]+\}", english[key])) != set(re.findall(r"\{[^}]+\}", texts[key])):
                yield f"content/messages/{language}.json: {key} names other fields than en.json"


def check_lock():
    lock = ROOT / "web/package-lock.json"
    if lock.exists() and '"resolved"' in lock.read_text():
        yield "web/package-lock.json: records download addresses; set omit-lockfile-registry-resolved=true"


def main():
    problems = [p for path in tracked() for p in check_file(path)]
    problems += list(check_catalogues()) + list(check_lock())
    print("\n".join(problems) if problems else "repository: rules hold")
    return 1 if problems else 0


sys.exit(main())
