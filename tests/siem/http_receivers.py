#!/usr/bin/env python3
"""Stand-ins for receivers of events over HTTP: see receiver_kinds.py. What they check, they check as the specifications say.

    http_receivers.py KIND [OPTIONS]      OPTIONS: a JSON object; prints its port

With `journal`, a file, what is taken outlives the process.

GET /control/mode/MODE     what the next requests get, see MODES
GET /control/release       ends what `slow` holds
GET /control/taken         the events taken, in order, repetitions included
GET /control/requests      the headers of each request, and what was wrong with it
"""
import http.server
import json
import os
import pathlib
import ssl
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import receiver_kinds  # noqa: E402

OPTIONS = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
KIND = receiver_kinds.KINDS[sys.argv[1]](OPTIONS)
JOURNAL = pathlib.Path(OPTIONS["journal"]) if "journal" in OPTIONS else None
if JOURNAL is not None and JOURNAL.exists():
    KIND.restore([json.loads(line) for line in JOURNAL.read_text().splitlines()])
STATE = {"mode": OPTIONS.get("mode", "up")}
RELEASE = threading.Event()
REQUESTS = []
LOCK = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    disable_nagle_algorithm = True

    def answer(self, status, body, headers=()):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        what = self.path.split("/")[2:]
        if what[0] == "mode":
            RELEASE.clear()
            STATE["mode"] = what[1]
        if what[0] == "release":
            RELEASE.set()
        with LOCK:
            self.answer(200, {"taken": KIND.taken, "requests": REQUESTS, "mode": 0, "release": 0}[what[0]])

    def end_connection(self, *texts):
        for text in texts:
            self.wfile.write(text)
        self.close_connection = True

    def do_POST(self):
        mode = STATE["mode"]
        size = int(self.headers["Content-Length"])
        if mode == "die":  # in the middle of a message
            self.rfile.read(size // 2)
            os._exit(9)
        if mode == "cut":
            self.rfile.read(size // 2)
            return self.end_connection()
        body = self.rfile.read(size)
        handle = MODES.get(mode)
        if mode.startswith("status-"):
            return self.answer(int(mode[7:]), {})
        if handle is not None:
            return handle(self, body)
        return self.take(body)

    def take(self, body):
        with LOCK:
            before = len(KIND.taken)
            status, answer, problem = KIND.take(self.command, self.path, self.headers, body)
            if JOURNAL is not None:
                with JOURNAL.open("a") as journal:
                    journal.writelines(json.dumps(each) + "\n" for each in KIND.taken[before:])
            REQUESTS.append({"path": self.path, "headers": dict(self.headers.items()), "bytes": len(body),
                             "status": status, "problem": problem})
        return self.answer(status, answer)

    def slow(self, body):
        RELEASE.wait()
        self.take(body)

    def sleepy(self, body):
        time.sleep(0.3)
        self.take(body)

    def hang(self, _):
        threading.Event().wait()

    def log_message(self, *_):
        pass


MODES = {
    "down": lambda self, _: self.answer(503, {}),
    "later": lambda self, _: self.answer(503, {}, [("Retry-After", "30")]),
    "slow": Handler.slow,
    "sleepy": Handler.sleepy,
    "hang": Handler.hang,
    "garbage": lambda self, _: self.end_connection(bytes(range(256)) * 4),
    "half": lambda self, _: self.end_connection(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"text\":"),
    "nonsense": lambda self, _: self.answer(200, b"<html>\xff\x00 welcome</html>"),
    "redirect": lambda self, _: self.answer(302, {}, [("Location", OPTIONS["location"])]),
    "huge": lambda self, _: self.answer(200, b"x" * (8 << 20)),
    "long-head": lambda self, _: self.answer(200, {}, [(f"X-{i}", "y" * 1000) for i in range(90)]),
}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


SERVER = Server(("127.0.0.1", OPTIONS.get("port", 0)), Handler)
if "certificate" in OPTIONS:
    CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if OPTIONS.get("old_tls"):
        CONTEXT.set_ciphers("ALL:@SECLEVEL=0")
        CONTEXT.minimum_version = CONTEXT.maximum_version = ssl.TLSVersion.TLSv1_1
    CONTEXT.load_cert_chain(OPTIONS["certificate"], OPTIONS["key"])
    SERVER.socket = CONTEXT.wrap_socket(SERVER.socket, server_side=True, do_handshake_on_connect=False)
print(SERVER.server_address[1], flush=True)
SERVER.serve_forever()
