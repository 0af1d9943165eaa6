#!/usr/bin/env python3
"""Every type of event with hostile values as OCSF: valid by ocsf_check.py, of the class that docs/siem-ocsf.md says, and each field is
found again where that document says, or under "unmapped".

  ocsf_read_back.py PROGRAM [COUNT [SEED]]"""
import collections
import json
import pathlib
import re
import subprocess
import sys
import unittest

import ocsf_check
from read_back import decode, escape_invalid

ROOT = pathlib.Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "content/messages/en.json"
MANUAL = ROOT / "docs/siem-ocsf.md"
SEVERITIES = {"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
DISPOSITIONS = {"logged": {15, 17, 9}, "allowed": {1}, "blocked": {2, 4}, "quarantined": {3}, "killed": {99}, "repaired": {11, 5}, "failed": {27}}
OWN = {"rule", "tenant", "number"}  # what stands in "unmapped" and is no field
FILE_TYPES = {1: "file", 2: "directory", 5: "socket", 6: "fifo", 7: "symlink"}


def table(heading):
    """Rows of the table under a heading of the manual, without its head."""
    text = MANUAL.read_text().split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return rows[2:]


def classes_by_type():
    found = {}
    for types, its_class, activity in table("Classes"):
        for name in re.findall(r"`([^`]+)`", types):
            assert name not in found, f"{name} twice"
            found[name] = (int(re.search(r"\d+", its_class).group()), int(re.search(r"\d+", activity).group()))
    return found


def places_by_field():
    return {field.strip("`"): re.findall(r"`([^`]+)`", places) for field, places in table("Fields")}


def at(event, path):
    """Values at "evidences[].src_endpoint.ip"."""
    values = [event]
    for part in path.split("."):
        is_list = part.endswith("[]")
        following = []
        for value in values:
            member = value.get(part.removesuffix("[]")) if isinstance(value, dict) else None
            following += (member or []) if is_list else [] if member is None else [member]
        values = following
    return values


def same(field, said, value):
    """Whether an attribute's value says the field's."""
    if field in ("file.mtime",):
        return said == value // 1000
    if field == "file.type" and isinstance(said, int):
        return FILE_TYPES.get(said) == value
    if field == "network.direction":
        return said == {"inbound": "Inbound", "outbound": "Outbound"}.get(value)
    if field == "entity.kind" and said in ("User", "Group"):
        return value == said + "Set"
    return said == value or (isinstance(value, int) and said == str(value))


def techniques(event):
    return ",".join((each.get("sub_technique") or each["technique"])["uid"] for each in event.get("attacks", []))


class OcsfReadBack(unittest.TestCase):
    program, count, seed = "format_samples", "2200", "13"

    @classmethod
    def setUpClass(cls):
        done = subprocess.run([cls.program, cls.count, cls.seed, CATALOGUE], capture_output=True, check=True, text=True)
        cls.samples = []
        for row in done.stdout.splitlines():
            sample = json.loads(row)
            raw = sample["raw"]
            for name in ("host", "tenant", "title"):
                raw[name] = escape_invalid(decode(raw[name]))
            raw["fields"] = {k: escape_invalid(decode(v["text"])) if isinstance(v, dict) else v for k, v in raw["fields"].items()}
            lines = {form: decode(text).decode("utf-8") for form, text in sample["lines"].items() if re.fullmatch(r"ocsf(-\d+)?", form)}
            assert not any("\n" in line for line in lines.values())
            cls.samples.append((raw, {form: json.loads(line) for form, line in lines.items()}))
        assert len(cls.samples) == int(cls.count)

    def each(self, form="ocsf"):
        return [(raw, events[form]) for raw, events in self.samples if form in events]

    def test_every_type_is_there(self):
        self.assertEqual({raw["type"] for raw, _ in self.each()}, set(json.loads(CATALOGUE.read_text())))

    def test_every_event_is_valid(self):
        schema = ocsf_check.Schema()
        for form in ("ocsf", "ocsf-16384", "ocsf-2048"):
            for raw, event in self.each(form):
                self.assertEqual(schema.judge(event), [], f"{raw['type']} {event}")

    def test_classes_are_those_of_the_manual(self):
        classes = classes_by_type()
        self.assertEqual(set(classes), set(json.loads(CATALOGUE.read_text())))
        seen = collections.defaultdict(set)
        for raw, event in self.each():
            seen[raw["type"]].add((event["class_uid"], event["activity_id"]))
        for name, kinds in seen.items():
            # A line about a login is an Authentication; what lacks what its class demands is a Base Event.
            self.assertIn(classes[name], kinds, name)
            self.assertLessEqual(kinds, {classes[name], (0, 99)} | ({(3002, 1)} if name == "log-inspection.rule.matched" else set()), name)
        self.assertIn((3002, 1), seen["log-inspection.rule.matched"])
        whole = [event["class_uid"] for _, event in self.each() if event["class_uid"] != 0]
        self.assertGreater(len(whole), len(self.samples) * 0.8)

    def test_what_every_event_says(self):
        for raw, event in self.each():
            metadata, unmapped = event["metadata"], event.get("unmapped", {})
            self.assertEqual(metadata["uid"], raw["id"])
            self.assertEqual(metadata["tenant_uid"], raw["tenant_id"])
            self.assertEqual(metadata["event_code"], raw["type"])
            self.assertEqual(metadata["product"]["feature"]["name"], raw["module"])
            self.assertEqual(metadata["logged_time"], raw["received_us"] // 1000)
            self.assertEqual(event["time"], raw["time_us"] // 1000)
            self.assertEqual(event["severity_id"], SEVERITIES[raw["severity"]])
            self.assertEqual(event["message"], raw["title"])
            self.assertEqual(unmapped.get("tenant", ""), raw["tenant"])
            self.assertEqual(metadata.get("sequence", unmapped.get("number")), raw["number"])
            rule = at(event, "finding_info.analytic.uid") + at(event, "firewall_rule.uid") + at(event, "unmapped.rule")
            self.assertEqual(rule, [raw["rule"]] if raw["rule"] else [])
            device = event.get("device", {})
            self.assertEqual(device.get("uid"), raw["agent"])
            self.assertEqual(device.get("hostname", device.get("name", "")), raw["host"])
            if "disposition_id" in event or raw["action"] != "logged":
                self.assertIn(event["disposition_id"], DISPOSITIONS[raw["action"]])

    def test_every_field_is_found_again(self):
        places = places_by_field()
        placed = set()
        for raw, event in self.each():
            unmapped = event.get("unmapped", {})
            self.assertLessEqual(set(unmapped) - OWN, set(raw["fields"]), raw["type"])
            for field, value in raw["fields"].items():
                if field in unmapped:
                    self.assertEqual(unmapped[field], value, field)
                elif field == "rule.attack":
                    self.assertEqual(techniques(event), value)
                    placed.add(field)
                else:
                    said = [each for place in places.get(field, []) for each in at(event, place)]
                    self.assertTrue(any(same(field, each, value) for each in said), f"{raw['type']}: {field}={value!r}: {event}")
                    placed.add(field)
        self.assertEqual(placed, set(places), "fields that the manual has a place for, and those that took it")

    def test_observables_are_what_stands_there(self):
        seen = set()
        for _, event in self.each():
            for observable in event.get("observables", []):
                self.assertIn(observable["value"], at(event, re.sub(r"\[0\]", "[]", observable["name"])))
                seen.add(observable["type"])
        self.assertEqual(seen, {"Hostname", "IP Address", "User Name", "Hash", "File Path"})

    def test_what_was_made_to_fit_says_so(self):
        cut = 0
        for form in ("ocsf", "ocsf-2048"):
            for raw, event in self.each(form):
                self.assertEqual(event["metadata"]["uid"], raw["id"])
                cut += event["metadata"].get("is_truncated", False)
        self.assertGreater(cut, 0)


if __name__ == "__main__":
    OcsfReadBack.program, *rest = sys.argv[1:]
    if rest:
        OcsfReadBack.count = rest[0]
    if rest[1:]:
        OcsfReadBack.seed = rest[1]
    unittest.main(argv=sys.argv[:1])
