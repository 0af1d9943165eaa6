"""Two network namespaces and the firewall module's process between them, for tests and benchmarks."""
import ctypes
import os
import shutil
import socket
import subprocess
import tempfile

from agent_worker import PATIENCE, Worker, field, parse  # noqa: F401: for the tests

CLONE_NEWNET = 0x40000000
HERE, THERE = "10.77.0.1", "10.77.0.2"
HERE6, THERE6 = "fd00:77::1", "fd00:77::2"
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
        with self.here:
            self.workers.append(Worker(self.agent, "firewall", self.folder))
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
