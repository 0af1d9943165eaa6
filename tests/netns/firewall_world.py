"""Two network namespaces and the firewall module's process between them, for tests and benchmarks."""
import ctypes
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

CLONE_NEWNET = 0x40000000
HERE, THERE = "10.77.0.1", "10.77.0.2"
HERE6, THERE6 = "fd00:77::1", "fd00:77::2"
PATIENCE = 60  # for what must happen; a busy machine is no failure
FOREIGN = "table ip foreign {\n\tchain c {\n\t\tip saddr 192.0.2.1 drop\n\t}\n}\n"
libc = ctypes.CDLL(None, use_errno=True)


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


class Namespace:
    """A network namespace; `with` goes there and back."""

    def __init__(self):
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        if libc.unshare(CLONE_NEWNET):
            raise PermissionError(os.strerror(ctypes.get_errno()))
        self.fd = os.open("/proc/self/ns/net", os.O_RDONLY)
        run("ip", "link", "set", "lo", "up")
        libc.setns(home, CLONE_NEWNET)
        os.close(home)
        self.homes = []

    def __enter__(self):
        self.homes.append(os.open("/proc/self/ns/net", os.O_RDONLY))
        libc.setns(self.fd, CLONE_NEWNET)
        return self

    def __exit__(self, *_):
        home = self.homes.pop()
        libc.setns(home, CLONE_NEWNET)
        os.close(home)


def join(here, there):
    """A veth pair with addresses of both families."""
    with here:
        run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", f"/proc/{os.getpid()}/fd/{there.fd}")
        run("ip", "address", "add", f"{HERE}/24", "dev", "v0")
        run("ip", "-6", "address", "add", f"{HERE6}/64", "dev", "v0", "nodad")
        run("ip", "link", "set", "v0", "up")
    with there:
        run("ip", "address", "add", f"{THERE}/24", "dev", "v1")
        run("ip", "-6", "address", "add", f"{THERE6}/64", "dev", "v1", "nodad")
        run("ip", "link", "set", "v1", "up")


# ---- protobuf, as much as the worker's protocol needs -------------------------------------------------------------------

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

    def __init__(self, agent, namespace, folder):
        self.folder = pathlib.Path(folder)
        config = self.folder / "agent.toml"
        config.write_text(f'state_directory = "{folder}/state"\nshare_directory = "{folder}/share"\nruntime_directory = "{folder}/run"\n')
        self.state = self.folder / "state" / "modules" / "firewall"
        self.state.mkdir(parents=True, exist_ok=True)
        self.events, self.configured, self.results, self.states, self.counters = [], [], {}, [], {}
        self.number, self.data = 0, b""
        self.socket, theirs = socket.socketpair()
        with namespace:
            self.process = subprocess.Popen([agent, "worker", "--config", str(config), "firewall", "--fd", str(theirs.fileno())],
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


class World:
    def __init__(self, agent, warder):
        self.agent, self.warder = agent, warder
        self.folder = tempfile.mkdtemp(prefix="warder-firewall-")
        self.here, self.there = Namespace(), Namespace()
        join(self.here, self.there)
        self.servers = {}
        with self.here:
            run("nft", "-f", "-", input=FOREIGN)
        self.workers = []

    def worker(self):
        self.workers.append(Worker(self.agent, self.here, self.folder))
        return self.workers[-1]

    def close(self):
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.kill()
        shutil.rmtree(self.folder)
        for each in (self.here, self.there):
            os.close(each.fd)

    def listen(self, port, family=socket.AF_INET, kind=socket.SOCK_STREAM):
        with self.here:
            server = socket.socket(family, kind)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
        if kind == socket.SOCK_STREAM:
            server.listen(64)
        self.servers[port, family] = server
        return server

    def connects(self, port, address=HERE, patience=3.5):
        with self.there:
            client = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        client.settimeout(patience)
        try:
            client.connect((address, port))
            return True
        except (TimeoutError, socket.timeout, ConnectionRefusedError):
            return False
        finally:
            client.close()

    def nft(self, *words, **options):
        with self.here:
            return run("nft", *words, **options)

    def ours(self):
        return [line for line in self.nft("list", "tables").splitlines() if line.endswith(" warder")]


class Manager:
    """The agent's stream to its manager: a connection of the worker's parent, this process."""

    def __init__(self, world, port=7000):
        with world.there:
            self.server = socket.socket()
            self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.server.bind((THERE, port))
            self.server.listen()
        with world.here:
            self.stream = socket.create_connection((THERE, port), timeout=PATIENCE)
        self.peer = self.server.accept()[0]

    def talk(self):
        self.stream.send(b"x")

    def close(self):
        for each in (self.stream, self.peer, self.server):
            each.close()


def allow(*ports, **more):
    return {"mode": "inline", "commit_confirm_s": 0, "min_fragment_bytes": 0,
            "rules": [{"id": f"p{port}", "action": "allow", "protocol": "tcp", "destination_ports": [str(port)]} for port in ports], **more}
