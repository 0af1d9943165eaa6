#!/usr/bin/env python3
"""Reads back what our renderers write, with parsers made from the specifications alone, and compares each value with the event's.

  read_back.py PROGRAM [COUNT [SEED]]

CEF: "Implementing ArcSight Common Event Format", LEEF: QRadar's "LEEF event components", syslog: RFC 5424 section 6."""
import base64
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

CATALOGUE = pathlib.Path(__file__).resolve().parents[2] / "content/messages/en.json"
CAPS = {"cat": 1023, "act": 63, "dvchost": 100, "msg": 1023, "filePath": 1023, "oldFilePath": 1023, "fname": 1023, "sproc": 1023, "suser": 1023,
        "suid": 1023, "usrName": 1023, "reason": 1023, "app": 31, "proto": 31, "fileHash": 255, "oldFileHash": 255, "fileType": 1023, "filePermission": 1023,
        "oldFilePermission": 1023, "fileId": 1023, "deviceInboundInterface": 128, "deviceOutboundInterface": 128}
SEVERITIES = {"info": 1, "low": 3, "medium": 5, "high": 8, "critical": 10}


def decode(text):
    return base64.b64decode(text)


@functools.lru_cache(2000)
def escape_invalid(data):
    """UTF-8 as it is; other bytes as \\xNN with the backslashes before what looks like one doubled (docs/siem.md)."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    # Each byte that is in no character stands as U+DC00 and its value.
    parts = [(f"\\x{ord(c) - 0xDC00:02x}", True) if "\udc80" <= c <= "\udcff" else (c, False) for c in data.decode("utf-8", "surrogateescape")]
    text, end = [], 0
    for index, (part, is_escape) in enumerate(parts):
        if part != "\\" or is_escape:
            text.append(part)
            continue
        if end <= index:
            end = next((i for i in range(index, len(parts)) if parts[i] != ("\\", False)), len(parts))
        after = parts[end:end + 3]
        looks = after and (after[0][1] or (len(after) == 3 and after[0][0] == "x" and all(re.fullmatch("[0-9a-fA-F]", a[0]) for a in after[1:])))
        text.append("\\\\" if looks else "\\")
    return "".join(text)


def visible(data, keep):
    return "".join(c if (ord(c) >= 32 and ord(c) != 127) or c in keep else f"\\x{ord(c):02x}" for c in escape_invalid(data))


def cut(text, limit):
    data = text.encode()
    return data[:limit].decode("utf-8", "ignore") if len(data) > limit else text


def split_header(text, count):
    """`count` parts between pipes that no backslash precedes, and the rest."""
    parts, part, position = [], "", 0
    while len(parts) < count:
        c = text[position]
        if c == "\\":
            part += text[position + 1]
            position += 1
        elif c == "|":
            parts.append(part)
            part = ""
        else:
            part += c
        position += 1
    return parts, text[position:]


def unescape_cef(text):
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r"}.get(m.group(1), m.group(1)), text, flags=re.S)


def parse_cef(text):
    assert text.startswith("CEF:0|")
    header, extension = split_header(text[len("CEF:0|"):], 6)
    # A key begins the extension or follows a space, and an unescaped = ends it.
    starts = [m for m in re.finditer(r"(?:^| )([A-Za-z0-9_]+)=", extension)]
    values = {}
    for this, following in zip(starts, starts[1:] + [None]):
        key = this.group(1)
        assert key not in values, f"{key} twice"
        values[key] = unescape_cef(extension[this.end():following.start() if following else None])
    return header, values


def parse_leef(text):
    assert text.startswith("LEEF:2.0|")
    *header, delimiter, attributes = text[len("LEEF:2.0|"):].split("|", 5)
    assert delimiter == "x09"
    values = {}
    for attribute in attributes.split("\t"):
        key, value = attribute.split("=", 1)
        assert key not in values, f"{key} twice"
        values[key] = value
    return header, values


class ReadBack(unittest.TestCase):
    program, count, seed = "format_samples", "360", "7"

    @classmethod
    def setUpClass(cls):
        done = subprocess.run([cls.program, cls.count, cls.seed, CATALOGUE], capture_output=True, check=True, text=True)
        cls.samples = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(cls.samples) == int(cls.count)

    def each(self, name):
        for sample in self.samples:
            yield sample["raw"], decode(sample["lines"][name]).decode("utf-8")

    @staticmethod
    def text(raw, field):
        value = raw["fields"].get(field)
        if value is None:
            return b""
        return decode(value["text"]) if isinstance(value, dict) else str(value).lower().encode()

    def value(self, raw, field, key, keep="\n\r\t"):
        limit = CAPS.get(key, 4000 if re.fullmatch("c[sn6][a0-9]+", key) else 4096)
        return cut(visible(self.text(raw, field), keep), limit)

    def test_cef(self):
        keys = {"file.path": "filePath", "process.executable": "sproc", "user.name": "suser", "log.line": "cs5", "process.command_line": "cs4",
                "malware.signature": "cs3", "reason": "reason", "file.hash.sha256": "fileHash", "change.is": "warderChangeIs",
                "network.protocol": "proto", "source.port": "spt", "error": "warderError", "rule.level": "cn1"}
        for raw, line in self.each("cef"):
            self.assertNotRegex(line, r"[\x00-\x08\x0a-\x1f\x7f]")
            header, values = parse_cef(line)
            self.assertEqual(header[0], "Warder")
            self.assertEqual(header[3], raw["type"])
            self.assertEqual(int(header[5]), SEVERITIES[raw["severity"]])
            self.assertEqual(values["externalId"], raw["id"])
            self.assertEqual(int(values["rt"]), raw["time_us"] // 1000)
            self.assertEqual(values.get("msg", ""), cut(visible(decode(raw["title"]), "\n\r\t"), 1023))
            self.assertEqual(values.get("cs2", ""), cut(visible(decode(raw["tenant"]), "\n\r\t"), 4000))
            for field, key in keys.items():
                self.assertEqual(values.get(key, ""), self.value(raw, field, key), field)
            for address, (v4, v6) in {"source.ip": ("src", "c6a2"), "destination.ip": ("dst", "c6a3")}.items():
                said = self.text(raw, address).decode()
                self.assertEqual(values.get(v6 if ":" in said else v4, ""), said)
                self.assertNotIn(v4 if ":" in said else v6, values)

    def test_cef_with_the_names_of_deep_security(self):
        for raw, line in self.each("cef-ds"):
            header, values = parse_cef(line)
            self.assertEqual(header[0], "Trend Micro")
            self.assertTrue(header[3].isdigit())
            self.assertEqual(values["externalId"], raw["id"])
            if raw["type"] in ("log-inspection.rule.matched", "log-inspection.sigma.matched"):
                self.assertEqual(values.get("msg", ""), self.value(raw, "log.line", "-"))
            if raw["module"] in ("firewall", "ips"):
                self.assertEqual(values.get("src", ""), self.text(raw, "source.ip").decode())

    def test_leef(self):
        keys = {"file.path": "filePath", "user.name": "usrName", "log.line": "cs5", "source.port": "srcPort", "source.ip": "src", "error": "warderError"}
        flat = str.maketrans("\n\r\t", "   ")
        for raw, line in self.each("leef"):
            self.assertNotRegex(line, r"[\x00-\x08\x0a-\x1f\x7f]")
            header, values = parse_leef(line)
            self.assertEqual(header[3], raw["type"])
            self.assertEqual(values["externalId"], raw["id"])
            self.assertIn(int(values["sev"]), range(1, 11))
            for field, key in keys.items():
                self.assertEqual(values.get(key, ""), self.value(raw, field, key).translate(flat), field)

    def test_json(self):
        for raw, line in self.each("json"):
            self.assertNotIn("\n", line)
            event = json.loads(line)
            self.assertEqual(event["id"], raw["id"])
            self.assertEqual(event["host"], escape_invalid(decode(raw["host"])))
            event["fields"].pop("truncated", None)
            self.assertEqual(set(event["fields"]), set(raw["fields"]))
            for field, value in raw["fields"].items():
                said = escape_invalid(decode(value["text"])) if isinstance(value, dict) else value
                self.assertEqual(event["fields"][field], said)

    def test_what_was_made_to_fit(self):
        fitting = 0
        for sample in self.samples:
            for form, parse in {"cef": parse_cef, "leef": parse_leef}.items():
                line = sample["lines"].get(f"{form}-16384")
                if line is not None:
                    fitting += 1
                    self.assertLessEqual(len(decode(line)), 16384)
                    self.assertEqual(parse(decode(line).decode())[1]["externalId"], sample["raw"]["id"])
        self.assertGreater(fitting, 0)

    def test_syslog_head(self):
        head = re.compile(r"<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) (-|\[.*\]) payload")
        for raw, line in self.each("syslog"):
            found = head.fullmatch(line)
            self.assertIsNotNone(found, line)
            self.assertEqual(found.group(6), raw["module"])


def texts(value):
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


class Huge(ReadBack):
    """The same of values of a megabyte, in each field that is a text in turn: whole where the form has no limit, else cut where it says."""
    size = 1 << 20
    count = "24" if os.environ.get("WARDER_LONG") else "4"  # three fields each; 24 are all
    test_cef = test_cef_with_the_names_of_deep_security = test_leef = test_json = test_what_was_made_to_fit = test_syslog_head = None

    @classmethod
    def setUpClass(cls):
        cls.huge = set()

    def test_each_form(self):
        with subprocess.Popen([self.program, self.count, self.seed, CATALOGUE, str(self.size)], stdout=subprocess.PIPE, text=True) as made:
            for line in made.stdout:
                self.samples = [json.loads(line)]
                ReadBack.test_cef(self)
                ReadBack.test_leef(self)
                self.check_whole(self.samples[0])
                self.check_cut(self.samples[0])
        self.assertEqual(made.returncode, 0)
        self.assertGreater(len(self.huge), 2 * int(self.count))

    def check_whole(self, sample):
        raw = sample["raw"]
        event = json.loads(decode(sample["lines"]["json-whole"]))
        self.assertEqual(event["host"], escape_invalid(decode(raw["host"])))
        self.assertNotIn("truncated", event["fields"])
        in_ocsf = set(texts(json.loads(decode(sample["lines"]["ocsf-whole"]))))
        for field, value in raw["fields"].items():
            if isinstance(value, dict) and len(value["text"]) > self.size:
                said = escape_invalid(decode(value["text"]))
                self.assertTrue(event["fields"][field] == said, field)
                self.assertTrue(said in in_ocsf, field)
                self.huge.add(field)

    def check_cut(self, sample):
        raw = sample["raw"]
        event = json.loads(decode(sample["lines"]["json"]))
        for field, value in raw["fields"].items():
            self.assertEqual(event["fields"][field], cut(escape_invalid(decode(value["text"])), 4096) if isinstance(value, dict) else value, field)
        self.assertTrue(event["fields"]["truncated"])
        for form, parse in {"cef": parse_cef, "leef": parse_leef}.items():
            line = decode(sample["lines"][f"{form}-16384"])
            self.assertLessEqual(len(line), 16384)
            self.assertEqual(parse(line.decode())[1]["externalId"], raw["id"])


if __name__ == "__main__":
    ReadBack.program = sys.argv[1]
    if len(sys.argv) > 2:
        ReadBack.count = sys.argv[2]
    if len(sys.argv) > 3:
        ReadBack.seed = sys.argv[3]
    unittest.main(argv=sys.argv[:1])
