#!/usr/bin/env python3
"""A stand-in for AWS KMS: Encrypt, Decrypt and DescribeKey of symmetric keys, with a Signature Version 4 check of its own.

Prints its port. Signature: as in the AWS documentation, not as curl does it. What it wraps is under keys in its memory.
GET /control/COMMAND, unsigned: rotate (the alias names a new key), down (503 from now on), hang (no answer), up.
"""
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import os
import sys
import threading
import urllib.parse

ACCESS, SECRET, TOKEN, REGION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", sys.argv[1], "eu-central-1"
KEYS = {}
STATE = {"alias": "", "mode": "up"}


def new_key():
    arn = f"arn:aws:kms:{REGION}:111122223333:key/{os.urandom(16).hex()}"
    KEYS[arn] = os.urandom(32)
    STATE["alias"] = arn


def mac(key, text):
    return hmac.new(key, text.encode() if isinstance(text, str) else text, hashlib.sha256).digest()


def signature_of(handler, body, signed, scope, stamp):
    """None when something that must be signed is not."""
    names = signed.split(";")
    required = {"host", "x-amz-date", "x-amz-target"} | ({"x-amz-security-token"} if TOKEN else set())
    if not required <= set(names) or names != sorted(names):
        return None
    lines = "".join(f"{n}:{' '.join(handler.headers.get(n, '').split())}\n" for n in names)
    path = urllib.parse.quote(urllib.parse.unquote(handler.path.split("?")[0]), safe="/-_.~")
    canonical = "\n".join([handler.command, path, "", lines, signed, hashlib.sha256(body).hexdigest()])
    date, region, service, end = scope
    if (region, service, end) != (REGION, "kms", "aws4_request") or not stamp.startswith(date):
        return None
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for part in scope:
        key = mac(key, part)
    return mac(key, to_sign).hex()


def is_signed(handler, body):
    kind, _, rest = handler.headers.get("authorization", "").partition(" ")
    parts = dict(p.strip().split("=", 1) for p in rest.split(",") if "=" in p)
    who, *scope = parts.get("Credential", "").split("/")
    stamp = handler.headers.get("x-amz-date", "")
    if kind != "AWS4-HMAC-SHA256" or who != ACCESS or len(scope) != 4:
        return False
    if TOKEN and handler.headers.get("x-amz-security-token") != TOKEN:
        return False
    try:
        sent = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return False
    if abs((datetime.datetime.now(datetime.timezone.utc) - sent).total_seconds()) > 300:
        return False
    wanted = signature_of(handler, body, parts.get("SignedHeaders", ""), scope, stamp)
    return wanted is not None and hmac.compare_digest(wanted, parts.get("Signature", ""))


def stream(key, nonce, size):
    return b"".join(mac(key, nonce + bytes([i])) for i in range(size // 32 + 1))[:size]


def context_of(request):
    return json.dumps(request.get("EncryptionContext", {}), sort_keys=True).encode()


def arn_of(key_id):
    return STATE["alias"] if key_id == "alias/warder" else key_id


def encrypt(request):
    arn = arn_of(request["KeyId"])
    if arn not in KEYS:
        return 400, {"__type": "NotFoundException"}
    plain = base64.b64decode(request["Plaintext"])
    nonce = os.urandom(16)
    sealed = bytes(a ^ b for a, b in zip(plain, stream(KEYS[arn], nonce, len(plain))))
    blob = nonce + mac(KEYS[arn], nonce + sealed + context_of(request)) + sealed
    return 200, {"CiphertextBlob": base64.b64encode(blob).decode(), "KeyId": arn}


def decrypt(request):
    arn = arn_of(request["KeyId"])
    if arn not in KEYS:
        return 400, {"__type": "com.amazonaws.kms#NotFoundException", "message": "no such key"}
    blob = base64.b64decode(request["CiphertextBlob"])
    nonce, tag, sealed = blob[:16], blob[16:48], blob[48:]
    if not hmac.compare_digest(tag, mac(KEYS[arn], nonce + sealed + context_of(request))):
        return 400, {"__type": "InvalidCiphertextException"}
    plain = bytes(a ^ b for a, b in zip(sealed, stream(KEYS[arn], nonce, len(sealed))))
    return 200, {"Plaintext": base64.b64encode(plain).decode(), "KeyId": arn}


def describe(request):
    arn = arn_of(request["KeyId"])
    return (200, {"KeyMetadata": {"Arn": arn, "KeyId": arn}}) if arn in KEYS else (400, {"__type": "NotFoundException"})


OPERATIONS = {"TrentService.Encrypt": encrypt, "TrentService.Decrypt": decrypt, "TrentService.DescribeKey": describe}


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        command = self.path.rsplit("/", 1)[-1]
        if command == "rotate":
            new_key()
        else:
            STATE["mode"] = command
        self.answer(200, {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if STATE["mode"] == "hang":
            threading.Event().wait()
        if STATE["mode"] == "down":
            return self.answer(503, {"__type": "ServiceUnavailableException"})
        if not is_signed(self, body):
            return self.answer(400, {"__type": "InvalidSignatureException", "message": "the signature does not hold"})
        operation = OPERATIONS.get(self.headers.get("x-amz-target"))
        if operation is None:
            return self.answer(400, {"__type": "UnknownOperationException"})
        return self.answer(*operation(json.loads(body)))

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


new_key()
SERVER = Server(("127.0.0.1", 0), Handler)
print(SERVER.server_address[1], flush=True)
SERVER.serve_forever()
