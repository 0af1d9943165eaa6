"""A manager and an agent with a network namespace each, joined by a wire."""
import json
import socket
import subprocess
import sys

from stack import BIN, PASSWORD, ROOT, Api, Stack, wait_until

sys.path.insert(0, str(ROOT / "tests/netns"))
from firewall_world import HERE, THERE, Namespace, join, run  # noqa: E402: beside the tests of the kernel

SCANNER = "10.77.0.3"
OTHERS_OFF = {name: {"enabled": False} for name in ("integrity", "log-inspection")}


class Hosts(Stack):
    """The manager is `there` at THERE, the agent `here` at HERE."""

    def __init__(self):
        self.here, self.there = Namespace(), Namespace()
        join(self.here, self.there)
        with self.there:
            run("ip", "address", "add", f"{SCANNER}/24", "dev", "v1")
        super().__init__()
        text = self.manager_toml.read_text().replace("127.0.0.1:", f"{THERE}:").replace(f'metrics_listen = "{THERE}', 'metrics_listen = "127.0.0.1')
        self.manager_toml.write_text(text + f'public_names = ["{THERE}"]\n')
        self.listeners = []

    def initialise(self):
        with self.there:
            password = json.loads(self.tool("warder-manager", "init", "--json").stdout)["password"]
            self.start_manager()
        self.api = Api(f"https://{THERE}:{self.api_port}", str(self.manager_data / "ca.pem"))
        request = self.api.request

        def from_there(*words, **named):
            with self.there:
                return request(*words, **named)
        self.api.request = from_there
        self.api.login(password)
        self.api.request("PUT", "/session/password", {"current": password, "new": PASSWORD})
        self.api.login(PASSWORD)
        self.policy_id = next(p["id"] for p in self.api.pages("/policies") if p["parent_id"] is None)

    def start(self):
        with self.here:
            self.enrol()
            self.start_agent()

    def module(self, name="firewall"):
        return next((m for m in self.agent_record()["modules"] if m["module"] == name), None)

    def put(self, **sections):
        """Puts the sections into force, all else off, and waits until the agent says so."""
        self.set_policy({**OTHERS_OFF, **sections})
        self.wait_applied()

    def wait_applied(self):
        wait_until("the policy", lambda: self.agent_record()["policy_state"] == "applied", 90)

    def listen(self, *ports):
        for port in ports:
            with self.here:
                server = socket.socket()
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("0.0.0.0", port))
            server.listen(64)
            self.listeners.append(server)

    def connects(self, port, source=THERE, patience=2.5):
        with self.there:
            client = socket.socket()
        client.settimeout(patience)
        try:
            client.bind((source, 0))
            client.connect((HERE, port))
            return True
        except OSError:
            return False
        finally:
            client.close()

    def nft(self, *words):
        with self.here:
            return run("nft", *words)

    def cli(self, *words, code=0):
        with self.there:
            done = subprocess.run([BIN / "warder", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, env={
                "PATH": "/usr/bin:/bin", "HOME": str(self.folder), "WARDER_URL": self.api.base.removesuffix("/api/v1"),
                "WARDER_CA_FILE": str(self.manager_data / "ca.pem"), "WARDER_TOKEN": self.api.token})
        if done.returncode != code:
            raise AssertionError(f"warder {words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout
