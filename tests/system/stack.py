"""A manager and an agent on loopback in a temporary folder, started and torn down by a test."""
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import postgres
from postgres import PrivatePostgres

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("WARDER_BIN", ROOT / "build/dev/bin"))
PASSWORD = "Correct-Horse-7-Battery"


def wait_until(what, check, seconds=60.0):
    """The first true value of check(); fails the test when there is none in time. `what` says what was waited for. Looks
    often at first and then less so: what asks all the time takes the processor from what it waits for."""
    deadline = time.monotonic() + seconds
    last, pause = None, 0.05
    while time.monotonic() < deadline:
        try:
            last = check()
            if last:
                return last
        except (OSError, ApiError) as error:
            last = error
        time.sleep(pause)
        pause = min(0.3, pause * 1.2)
    raise AssertionError(f"not in {seconds:.0f} s: {what} (last: {last!r})")


def free_port():
    """Below the ports that outgoing connections are given: an agent that calls while the manager is away must not be
    given the manager's own."""
    first_outgoing = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(10_000, first_outgoing)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class ApiError(Exception):
    def __init__(self, status, problem):
        super().__init__(f"{status} {problem}")
        self.status = status
        self.problem = problem


class Api:
    """The REST API as a script would use it: bearer token, the manager's CA, problem details as exceptions."""

    def __init__(self, base, ca_file):
        self.base = base + "/api/v1"
        self.context = ssl.create_default_context(cafile=ca_file)
        self.token = None

    def request(self, method, path, body=None, headers=None, query=None):
        url = self.base + path + ("?" + urllib.parse.urlencode(query) if query else "")
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method, headers=dict(headers or {}))
        if data is not None and not request.has_header("Content-type"):
            request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", "Bearer " + self.token)
        try:
            with self.open(request) as answer:
                content = answer.read()
                return json.loads(content) if content else None
        except urllib.error.HTTPError as error:
            content = error.read()
            with contextlib.suppress(ValueError):
                content = json.loads(content)
            raise ApiError(error.code, content) from None

    def open(self, request):
        return urllib.request.urlopen(request, context=self.context, timeout=30)

    def get(self, path, **query):
        return self.request("GET", path, query=query)

    def post(self, path, body=None, **headers):
        return self.request("POST", path, body if body is not None else None, headers)

    def change(self, path, body, method="PATCH"):
        return self.request(method, path, body, {"If-Match": self.get(path)["etag"]})

    def pages(self, path, **query):
        while True:
            page = self.get(path, **query)
            yield from page["items"]
            if not page["next_cursor"]:
                return
            query["cursor"] = page["next_cursor"]

    def events(self, filter_text="", **query):
        return list(self.pages("/events", filter=filter_text, limit=1000, **query))

    def login(self, password, username="admin"):
        answer = self.post("/tokens", {"username": username, "password": password})
        self.token = answer["token"]
        return answer


class Program:
    """A process of ours: its output goes to a file, and it is gone when the test is."""

    def __init__(self, log, *command, environment=None):
        self.log = log
        with open(log, "ab") as output:
            self.process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **(environment or {})}, start_new_session=True)

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def kill(self, number=signal.SIGKILL):
        if self.is_running():
            self.process.send_signal(number)
        self.process.wait(30)

    def tail(self):
        return pathlib.Path(self.log).read_text(errors="replace")[-3000:]


class Stack:
    def __init__(self, name="warder-test-", manager_data=None, agent_state=None, on_postgres=False):
        self.server = PrivatePostgres.shared() if on_postgres or postgres.is_wanted() else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=name))
        self.api_port, self.gateway_port, self.metrics_port = free_port(), free_port(), free_port()
        self.manager_data = pathlib.Path(manager_data or self.folder / "manager")
        self.agent_state = pathlib.Path(agent_state or self.folder / "agent")
        self.watched = self.folder / "watched"
        self.watched.mkdir()
        self.manager_toml = self.folder / "manager.toml"
        self.agent_toml = self.folder / "agent.toml"
        self.manager = self.agent = None
        self.agent_id = None
        self._configure()

    def _configure(self):
        share = self.folder / "share"
        share.mkdir()
        (share / "messages").symlink_to(ROOT / "content/messages")
        (share / "commitments").symlink_to(ROOT / "content/commitments")
        (share / "recommendations").symlink_to(ROOT / "content/recommendations")
        (share / "alerts").symlink_to(ROOT / "content/alerts")
        (share / "loginspection").symlink_to(ROOT / "content/loginspection")
        for folder in ("ips", "integrity"):
            (share / folder).symlink_to(ROOT / "content" / folder)
        (share / "openapi.yaml").symlink_to(ROOT / "api/openapi.yaml")
        self.database, database_lines = self.server.make_database() if self.server else (None, "")
        self.manager_toml.write_text(
            database_lines +
            f'data_directory = "{self.manager_data}"\nshare_directory = "{share}"\n'
            f'console_directory = "{ROOT / "web/dist"}"\napi_listen = "127.0.0.1:{self.api_port}"\n'
            f'gateway_listen = "127.0.0.1:{self.gateway_port}"\nmetrics_listen = "127.0.0.1:{self.metrics_port}"\n'
            "check_answers = true\ntrust_check_s = 0\n")
        self.agent_toml.write_text(f'state_directory = "{self.agent_state}"\nruntime_directory = "{self.folder / "run"}"\n'
                                   f'share_directory = "{ROOT / "content"}"\n')

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            for program in (self.manager, self.agent):
                if program:
                    print(f"--- {program.log}\n{program.tail()}")
        for program in (self.agent, self.manager):
            if program:
                program.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def tool(self, program, *arguments, check=True, environment=None):
        config = self.manager_toml if program == "warder-manager" else self.agent_toml
        run = subprocess.run([BIN / program, *map(str, arguments), "--config", config], capture_output=True, text=True, timeout=120,
                             env={**os.environ, **(environment or {})})
        if check and run.returncode != 0:
            raise AssertionError(f"{program} {arguments}: exit {run.returncode}\n{run.stdout}{run.stderr}")
        return run

    def start_manager(self, environment=None):
        self.manager = Program(self.folder / "manager.log", BIN / "warder-manager", "run", "--config", self.manager_toml, environment=environment)
        self.wait_ready()

    def wait_ready(self):
        def is_ready():
            if not self.manager.is_running():
                raise AssertionError("the manager ended:\n" + self.manager.tail())
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/readyz", timeout=5) as answer:
                return answer.status == 200
        wait_until("manager ready", is_ready)

    def start_agent(self, *wrapper, environment=None, program=BIN / "warder-agent"):
        self.agent = Program(self.folder / "agent.log", *wrapper, program, "run", "--config", self.agent_toml, environment=environment)

    def up(self):
        """Initialise, start, log in, and enrol an agent that watches `self.watched`."""
        if not (ROOT / "src/agent/module_integrity.h").exists():
            raise unittest.SkipTest("the agent has no integrity module yet")
        self.initialise()
        self.enrol()
        self.start_agent()
        self.wait_protected()

    def initialise(self):
        password = json.loads(self.tool("warder-manager", "init", "--json").stdout)["password"]
        self.start_manager()
        self.api = Api(f"https://127.0.0.1:{self.api_port}", str(self.manager_data / "ca.pem"))
        self.api.login(password)
        self.api.request("PUT", "/session/password", {"current": password, "new": PASSWORD})
        self.api.login(PASSWORD)
        base = next(policy for policy in self.api.pages("/policies") if policy["parent_id"] is None)
        self.policy_id = base["id"]
        # The logs of the machine that runs the tests are none of theirs.
        self.set_policy({"integrity": {"watch": [str(self.watched)], "exclude": []}, "log-inspection": {"enabled": False}})

    def set_policy(self, document):
        return self.api.change(f"/policies/{self.policy_id}", {"document": document})

    def enrol(self):
        token = self.api.post("/enrol-tokens", {"name": "test", "uses": 1})["token"]
        token_file = self.folder / "token"
        token_file.write_text(token)
        self.tool("warder-agent", "enrol", "--token-file", token_file)
        self.agent_id = self.tool("warder-agent", "id").stdout.strip()

    def warder(self, *arguments, code=0, timeout=90):
        """The command line, as whoever is logged in; what it printed. An AssertionError when it does not end with `code`."""
        run = subprocess.run([BIN / "warder", *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=timeout, check=False, env={
            **os.environ, "HOME": str(self.folder), "WARDER_URL": self.api.base.removesuffix("/api/v1"),
            "WARDER_CA_FILE": str(self.manager_data / "ca.pem"), "WARDER_TOKEN": self.api.token})
        if run.returncode != code:
            raise AssertionError(f"warder {arguments}: exit {run.returncode}\n{run.stdout}{run.stderr}")
        return run.stdout

    def agent_status(self):
        return json.loads(self.tool("warder-agent", "status", "--json", check=False).stdout or "{}")

    def agent_record(self):
        return self.api.get(f"/agents/{self.agent_id}")

    def wait_protected(self, seconds=90):
        def is_protected():
            record = self.agent_record()
            integrity = next((m for m in record["modules"] if m["module"] == "integrity"), None)
            return record["state"] == "online" and record["policy_state"] == "applied" and integrity and integrity["state"] == "on"
        wait_until("agent online with integrity on", is_protected, seconds)

    def workers(self):
        """Pids of the agent's worker processes."""
        children = pathlib.Path(f"/proc/{self.agent.pid}/task/{self.agent.pid}/children")
        return [int(pid) for pid in children.read_text().split()] if children.exists() else []


class StackTest(unittest.TestCase):
    """Tests that share a manager and an agent."""

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack()
        try:
            cls.stack.up()
        except BaseException:
            cls.stack.__exit__(None, None, None)
            raise

    @classmethod
    def tearDownClass(cls):
        cls.stack.__exit__(None, None, None)
