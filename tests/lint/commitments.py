#!/usr/bin/env python3
"""The promises of the Trust Center are complete: every sentence once, in both languages, as schemas/commitments.json has it.

That their checks are known to the program is what trust_test holds."""
import json
import pathlib
import sys

import yaml

try:
    import jsonschema
except ImportError:  # the style-only machine has none; the full one does
    jsonschema = None

ROOT = pathlib.Path(__file__).resolve().parents[2]
SENTENCES = 93
SECTIONS = ("compliance", "faq", "privacy", "security")


def main():
    problems, seen = [], {}
    schema = json.loads((ROOT / "schemas/commitments.json").read_text())
    files = sorted((ROOT / "content/commitments").glob("*.yaml"))
    if tuple(file.stem for file in files) != SECTIONS:
        problems.append(f"content/commitments: sections are {', '.join(SECTIONS)}")
    for file in files:
        rows = yaml.safe_load(file.read_text())
        if jsonschema:
            for error in jsonschema.Draft202012Validator(schema).iter_errors(rows):
                row = rows[error.path[0]].get("id", error.path[0]) if error.path else ""
                problems.append(f"{file.name}: {row}: {error.message[:160]}")
        for row in rows:
            if row.get("id") in seen:
                problems.append(f"{file.name}: {row['id']} is in {seen[row['id']]} as well")
            seen[row.get("id")] = file.name
    if len(seen) != SENTENCES:
        problems.append(f"content/commitments: {len(seen)} sentences, not {SENTENCES}")
    print("\n".join(problems) if problems else f"commitments: all {SENTENCES} sentences, in both languages")
    return 1 if problems else 0


sys.exit(main())
