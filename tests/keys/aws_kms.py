#!/usr/bin/env python3
"""A stand-in for AWS KMS: Encrypt, Decrypt and DescribeKey of symmetric keys, with the Signature Version 4 check of sigv4.py.

Prints its port. What it wraps is under keys in its memory.
GET /control/COMMAND, unsigned: rotate (the alias names a new key), down (503 from now on), hang (no answer), up.
"""
import base64
import hmac
import http.server
import json
import os
import sys
import threading

import sigv4

REGION = "eu-central-1"
WHO = sigv4.Signer("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", sys.argv[1], REGION, "kms")
KEYS = {}
STATE = {"alias": "", "mode": "up"}


def new_key():
    arn = f"arn:aws:kms:{REGION}:111122223333:key/{os.urandom(16).hex()}"
    KEYS[arn] = os.urandom(32)
    STATE["alias"] = arn


def stream(key, nonce, size):
    return b"".join(sigv4.mac(key, nonce + bytes([i])) for i in range(size // 32 + 1))[:size]


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
    blob = nonce + sigv4.mac(KEYS[arn], nonce + sealed + context_of(request)) + sealed
    return 200, {"CiphertextBlob": base64.b64encode(blob).decode(), "KeyId": arn}


def decrypt(request):
    arn = arn_of(request["KeyId"])
    if arn not in KEYS:
        return 400, {"__type": "com.amazonaws.kms#NotFoundException", "message": "no such key"}
    blob = base64.b64decode(request["CiphertextBlob"])
    nonce, tag, sealed = blob[:16], blob[16:48], blob[48:]
    if not hmac.compare_digest(tag, sigv4.mac(KEYS[arn], nonce + sealed + context_of(request))):
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
        if not WHO.has_signed(self.command, self.path, self.headers, body, {"x-amz-target"}):
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
