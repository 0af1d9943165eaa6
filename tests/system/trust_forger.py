"""Signed statuses of a Trust Center made by hand, with a log and agents of their own: what a server that lies could publish. C2SP notes, RFC 9162."""
import base64
import hashlib
import json
import subprocess
import time

DASH = "\u2014"


def encoded(raw):
    return base64.b64encode(raw).decode()


class Key:
    """Ed25519, by openssl. `kind`: 1 signs notes, 4 cosigns them."""

    def __init__(self, folder, name, kind=1):
        self.name, self.kind, self.file = name, kind, folder / f"{name.replace('/', '-')}.pem"
        self.folder = folder
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.file], check=True, capture_output=True, timeout=60)
        public = subprocess.run(["openssl", "pkey", "-in", self.file, "-pubout", "-outform", "DER"], check=True, capture_output=True, timeout=60).stdout[-32:]
        self.id = hashlib.sha256(name.encode() + bytes([10, kind]) + public).digest()[:4]
        self.text = f"{name}+{self.id.hex()}+{encoded(bytes([kind]) + public)}"

    def sign(self, message):
        text = self.folder / "message"
        text.write_bytes(message)
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", text], check=True, capture_output=True, timeout=60).stdout

    def line(self, signature):
        return f"{DASH} {self.name} {encoded(self.id + signature)}\n"

    def cosign(self, note, seconds):
        """The note with a line more."""
        text = note[:note.rindex("\n\n") + 1]
        signature = self.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
        return note + self.line(seconds.to_bytes(8, "big") + signature)


def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf.encode()).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def split_of(count):
    """The largest power of two below it."""
    return 1 << (count - 1).bit_length() - 1


def root_of(hashes):
    if len(hashes) == 1:
        return hashes[0]
    half = split_of(len(hashes))
    return node_hash(root_of(hashes[:half]), root_of(hashes[half:]))


def inclusion(index, hashes):
    if len(hashes) == 1:
        return []
    half = split_of(len(hashes))
    if index < half:
        return inclusion(index, hashes[:half]) + [root_of(hashes[half:])]
    return inclusion(index - half, hashes[half:]) + [root_of(hashes[:half])]


def consistency(size, hashes, is_whole=True):
    """RFC 9162, 2.1.4.1."""
    if size == len(hashes):
        return [] if is_whole else [root_of(hashes)]
    half = split_of(len(hashes))
    if size <= half:
        return consistency(size, hashes[:half], is_whole) + [root_of(hashes[half:])]
    return consistency(size - half, hashes[half:], False) + [root_of(hashes[:half])]


class Forger:
    """A server with its own keys and a log of so many entries, whose last one is the result of the check."""

    def __init__(self, folder, entries=13):
        self.folder = folder
        self.own, self.log = Key(folder, "made.example/trust"), Key(folder, "made.example")
        self.now = int(time.time())
        result = json.dumps({"action": "trust.check", "object": "check:a", "detail": {"verdict": "pass"}, "time_us": self.now * 1_000_000})
        self.leaves = [f"entry {number}" for number in range(entries - 1)] + [result]

    def checkpoint(self, size, leaves=None):
        root = root_of([leaf_hash(leaf) for leaf in (leaves or self.leaves)[:size]])
        text = f"{self.log.name}\n{size}\n{encoded(root)}\n"
        return text + "\n" + self.log.line(self.log.sign(text.encode()))

    def witness(self, key, size, note=None):
        """As an agent says it that has seen so many entries."""
        hashes = [leaf_hash(leaf) for leaf in self.leaves]
        return {"key": key.text, "note": note or key.cosign(self.checkpoint(size), self.now), "proof": [encoded(each) for each in consistency(size, hashes)]}

    def status(self, witnesses):
        """The whole file."""
        hashes = [leaf_hash(leaf) for leaf in self.leaves]
        at = len(hashes) - 1
        stamp = "%Y-%m-%dT%H:%M:%SZ"
        payload = json.dumps({
            "format": 1, "origin": self.own.name, "generated": time.strftime(stamp, time.gmtime(self.now)), "valid_until": time.strftime(stamp, time.gmtime(self.now + 900)),
            "log": {"key": self.log.text, "checkpoint": self.checkpoint(len(hashes)), "witnesses": witnesses},
            "commitments": [{"id": "tc-1", "section": "faq", "kind": "technical", "text": {"en": "One.", "ja": "One."}, "state": "pass", "reason": "", "checked": None, "holds_until": None, "fresh_s": 10_800, "checks": ["a"]}],
            "results": [{"check": "a", "verdict": "pass", "time": time.strftime(stamp, time.gmtime(self.now)), "entry": at + 1, "leaf": self.leaves[at], "proof": [encoded(each) for each in inclusion(at, hashes)]}],
        }).encode()
        kind = "application/vnd.warder.trust-status+json"
        signature = self.own.sign(f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload)
        return json.dumps({"payloadType": kind, "payload": encoded(payload), "signatures": [{"keyid": self.own.text, "sig": encoded(signature)}]})
