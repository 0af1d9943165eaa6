"""A module's process of the agent, with a test in the supervisor's place: protobuf, as much as their protocol needs."""
import json
import pathlib
import select
import signal
import socket
import struct
import subprocess
import time

PATIENCE = 60  # for what must happen; a busy machine is no failure


def varint(number):
    out = b""
    while True:
        out += bytes([number & 0x7F | (0x80 if number > 0x7F else 0)])
        number >>= 7
        if not number:
            return out


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def parse(data):
    out, at = {}, 0

    def number():
        nonlocal at
        result = shift = 0
        while True:
            byte = data[at]
            at += 1
            result |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return result

    while at < len(data):
        tag = number()
        if tag & 7 == 0:
            value = number()
        elif tag & 7 == 1:
            value, at = data[at:at + 8], at + 8
        else:
            size = number()
            value, at = data[at:at + size], at + size
        out.setdefault(tag >> 3, []).append(value)
    return out


def read_event(data):
    message = parse(data)
    event = {"type": message[4][0].decode(), "severity": message.get(5, [0])[0], "action": message.get(6, [0])[0],
             "rule": message.get(7, [b""])[0].decode()}
    for entry in message.get(8, []):
        pair = parse(entry)
        kind, value = next(iter(parse(pair[2][0]).items())) if pair.get(2, [b""])[0] else (1, [0])
        event[pair[1][0].decode()] = value[0].decode() if kind == 2 else value[0]
    return event


class Worker:
    """The module's process, with this test in the supervisor's place."""

    def __init__(self, agent, module, folder):
        self.folder = pathlib.Path(folder)
        config = self.folder / "agent.toml"
        config.write_text(f'state_directory = "{folder}/state"\nshare_directory = "{folder}/share"\nruntime_directory = "{folder}/run"\n')
        self.state = self.folder / "state" / "modules" / module
        self.state.mkdir(parents=True, exist_ok=True)
        self.events, self.configured, self.results, self.states, self.counters = [], [], {}, [], {}
        self.number, self.data = 0, b""
        self.socket, theirs = socket.socketpair()
        self.process = subprocess.Popen([agent, "worker", "--config", str(config), module, "--fd", str(theirs.fileno())],
                                        pass_fds=[theirs.fileno()], stderr=open(self.folder / "log", "ab"))
        theirs.close()
        self.is_ready = False
        self.until(lambda: self.is_ready, "the worker's start")

    def send(self, number, message):
        body = field(number, message)
        self.socket.sendall(struct.pack("!I", len(body)) + body)

    def configure(self, section):
        before = len(self.configured)
        self.send(2, field(1, json.dumps(section).encode()))
        self.until(lambda: len(self.configured) > before, "the answer to a policy")
        return self.configured[-1]

    def execute(self, name, arguments=None):
        self.number += 1
        key = str(self.number)
        self.send(7, field(1, key.encode()) + field(3, name.encode()) + field(4, json.dumps(arguments or {}).encode()))
        self.until(lambda: key in self.results, f"the answer to {name}")
        return self.results[key]

    def until(self, holds, what, patience=PATIENCE):
        end = time.monotonic() + patience
        while not holds():
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError(f"waited in vain for {what}; events: {[e['type'] for e in self.events]}; "
                                     f"log: {(self.folder / 'log').read_text()[-1500:]}")
            if select.select([self.socket], [], [], min(left, 0.05))[0]:
                got = self.socket.recv(1 << 20)
                if not got:
                    raise AssertionError(f"the worker ended: {(self.folder / 'log').read_text()[-1500:]}")
                self.data += got
                self.take()

    def take(self):
        while len(self.data) >= 4:
            size = struct.unpack("!I", self.data[:4])[0]
            if len(self.data) < 4 + size:
                return
            message, self.data = parse(self.data[4:4 + size]), self.data[4 + size:]
            if 1 in message:
                self.is_ready = True
            if 3 in message:
                self.configured.append(parse(message[3][0]).get(1, [b""])[0].decode())
            if 4 in message:
                batch = parse(message[4][0])
                self.events += [read_event(event) for event in batch.get(1, [])]
                self.send(5, field(1, batch[2][0]))
            if 6 in message:
                state = parse(message[6][0])
                self.states.append((state[2][0].decode(), state.get(3, [b""])[0].decode()))
                for pair in map(parse, state.get(4, [])):
                    self.counters[pair[1][0].decode()] = pair.get(2, [0])[0]
            if 8 in message:
                result = parse(message[8][0])
                self.results[result[1][0].decode()] = (result.get(2, [0])[0] == 1, result.get(3, [b""])[0].decode(),
                                                       json.loads(result.get(4, [b"null"])[0] or b"null"))

    def event(self, kind, **fields):
        def found():
            return [e for e in self.events if e["type"] == kind and all(e.get(k.replace("__", ".")) == v for k, v in fields.items())]
        self.until(found, f"an event {kind} {fields}")
        return found()[-1]

    def stop(self):
        self.send(9, b"")
        assert self.process.wait(PATIENCE) == 0, "the worker's exit code"
        self.socket.close()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.socket.close()
