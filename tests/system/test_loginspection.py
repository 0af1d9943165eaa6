"""Lines of rotating logs under kill -9 of worker and supervisor: each line that matches is stored once, none is lost."""
import collections
import os
import pathlib
import random
import socket
import subprocess
import sys
import time
import unittest

from stack import ApiError, Stack, wait_until

# The outside witness: writes numbered lines to a log, rotates it in every way, and says how many there were.
PRODUCER = """
import gzip, os, random, signal, sys, time
path, seed, stop = sys.argv[1], int(sys.argv[2]), []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
rng, count, rotations = random.Random(seed), 0, 0
log = open(path, "a")
def shift():
    for i in range(rotations, 0, -1):
        for end in ("", ".gz"):
            if os.path.exists(f"{path}.{i}{end}"):
                os.rename(f"{path}.{i}{end}", f"{path}.{i + 1}{end}")
while not stop:
    log.write(f"Nov 22 10:00:00 web1 sshd[{count}]: Accepted publickey for user{count:06d} from 192.0.2.7 port 40022 ssh2\\n")
    if count % 3 == 0:
        log.write(f"Nov 22 10:00:00 web1 sshd[{count}]: Connection closed by 192.0.2.7 port 40022 [preauth]\\n")
    log.flush()
    count += 1
    if rng.random() < 0.01:
        shift()
        rotations += 1
        os.rename(path, path + ".1")
        log.close()
        log = open(path, "a")
    if rng.random() < 0.005 and os.path.exists(path + ".2"):
        times = os.stat(path + ".2")
        with open(path + ".2", "rb") as plain, gzip.open(path + ".2.gz.new", "wb") as packed:
            packed.write(plain.read())
        os.utime(path + ".2.gz.new", ns=(times.st_atime_ns, times.st_mtime_ns))
        os.rename(path + ".2.gz.new", path + ".2.gz")
        os.remove(path + ".2")
    time.sleep(0.004)
print(count, rotations)
"""


class LogInspection(unittest.TestCase):
    def stack(self):
        stack = Stack()
        self.addCleanup(stack.__exit__, None)
        stack.initialise()
        return stack

    def start(self, stack, settings):
        stack.set_policy(self.policy(settings))
        stack.enrol()
        stack.start_agent()
        self.wait_on(stack)

    def wait_on(self, stack):
        def is_on():
            modules = stack.agent_record()["modules"]
            return any(m["module"] == "log-inspection" and m["state"] == "on" for m in modules)
        wait_until("log inspection on", is_on, 90)

    def test_a_line_is_one_event_with_what_the_rule_says(self):
        stack = self.stack()
        log = stack.folder / "auth.log"
        log.write_text("")
        self.start(stack, {"sources": [f"syslog {log}"]})
        with open(log, "a") as file:
            file.write("Nov 22 10:00:00 web1 useradd[7]: new user: name=toor, UID=0, GID=0, home=/root, shell=/bin/bash\n")
        event = wait_until("the event", lambda: stack.api.events('type:"log-inspection.rule.matched"'))[0]
        self.assertEqual(event["rule"], "710502")
        self.assertEqual(event["severity"], "critical")
        self.assertEqual(event["fields"]["user.name"], "toor")
        self.assertEqual(event["fields"]["log.source"], str(log))
        self.assertIn("T1136.001", event["fields"]["rule.attack"])

    def test_listeners_and_commands_come_and_go_with_the_policy(self):
        stack = self.stack()
        log = stack.folder / "auth.log"
        log.write_text("")
        settings = {"sources": [f"syslog {log}"]}
        self.start(stack, settings)
        worker = self.worker(stack)
        filters = self.filters(worker)
        port = self.free_low_port()
        stack.set_policy(self.policy({**settings, "listen": [f"udp 127.0.0.1:{port}"]}))
        wait_until("another process", lambda: self.worker(stack) != worker, 60)
        self.send_until_seen(stack, port, "listener")
        # Listening, it can make no other sockets and start nothing; with a command it must.
        listening = self.worker(stack)
        self.assertEqual(self.filters(listening), filters)
        said = stack.folder / "said"
        said.write_text("")
        stack.set_policy(self.policy({**settings, "commands": [f"1 cat {said}"]}))
        wait_until("another process", lambda: self.worker(stack) not in (None, listening), 60)
        wait_until("the command runs", lambda: self.counters(stack).get("commands_run", 0) > 0, 60)
        self.assertLess(self.filters(self.worker(stack)), filters)
        self.assertEqual(stack.api.events('type:"agent.module.failed"'), [])
        with open(log, "a") as file:
            file.write("Nov 22 10:00:00 web1 useradd[7]: new user: name=after, UID=0, GID=0, home=/root, shell=/bin/bash\n")
        wait_until("the file is still read", lambda: self.users(stack) == {"listener": 1, "after": 1})

    def test_rules_are_tried_over_http(self):
        stack = self.stack()
        line = "Nov 22 10:00:00 web1 shop[7]: login failed for bob"
        rules = ('<group name="shop,"><rule id="100100" level="5"><match>login failed</match>'
                 "<description>Failed.</description></rule></group>")
        answer = stack.api.post("/log-rule-tests", {"dialect": "wazuh", "rules": rules, "lines": [line, "nothing"]})
        self.assertTrue(answer["complete"])
        self.assertEqual(answer["problems"], [])
        self.assertEqual([r["rule_id"] for r in answer["results"]], [100100, None])
        self.assertEqual(answer["results"][0]["level"], 5)
        with self.assertRaises(ApiError) as refused:
            stack.api.post("/log-rule-tests", {"dialect": "wazuh", "lines": [line] * 1001})
        self.assertEqual(refused.exception.status, 400)

    def policy(self, settings):
        return {"integrity": {"enabled": False}, "log-inspection": {"journal": "off", "from_start": True, **settings}}

    def counters(self, stack):
        modules = stack.agent_status().get("modules", [])
        return next((m.get("counters", {}) for m in modules if m["module"] == "log-inspection"), {})

    def worker(self, stack):
        """The pid of the log worker; None while there is none."""
        for pid in stack.workers():
            command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"log-inspection" in command:
                return pid
        return None

    def filters(self, pid):
        status = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in status if line.startswith("Seccomp_filters:")).split()[1])

    def free_low_port(self):
        for port in range(600, 1000):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
                try:
                    taken.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
        raise AssertionError("no free port below 1024")

    def users(self, stack):
        events = stack.api.events('type:"log-inspection.rule.matched"')
        return dict(collections.Counter(event["fields"]["user.name"] for event in events))

    def send_until_seen(self, stack, port, name):
        """UDP: one message, sent once somebody listens."""
        def listens():
            listeners = pathlib.Path("/proc/net/udp").read_text()
            return f"0100007F:{port:04X}" in listeners
        wait_until("a listener", listens, 60)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            text = f"new user: name={name}, UID=0, GID=0, home=/root, shell=/bin/bash"
            sender.sendto(f"<38>Nov 22 10:00:00 web1 useradd[7]: {text}".encode(), ("127.0.0.1", port))
        wait_until("the event", lambda: self.users(stack) == {name: 1})

    def test_every_matching_line_is_stored_exactly_once(self):
        kills = 200 if os.environ.get("WARDER_LONG") == "1" else 20
        seed = int(os.environ.get("WARDER_SEED", time.time()))
        print(f"seed {seed}, {kills} kills")
        rng = random.Random(seed)
        stack = self.stack()
        log = stack.folder / "auth.log"
        log.write_text("")
        # A login: no rule counts these, for what a rule has counted ends with its process.
        self.start(stack, {"sources": [f"syslog {log}"], "store_level": 3})
        producer = subprocess.Popen([sys.executable, "-c", PRODUCER, log, str(seed)], stdout=subprocess.PIPE, text=True)
        done = collections.Counter()
        try:
            for _ in range(kills):
                time.sleep(rng.uniform(0.05, 0.8))
                done[self.kill_one(stack, rng)] += 1
        finally:
            producer.terminate()
            lines, rotations = map(int, producer.communicate(timeout=30)[0].split())
        print(f"{lines} lines, {rotations} rotations, kills: {dict(done)}")
        self.check(stack, lines)

    def kill_one(self, stack, rng):
        if rng.random() < 0.7:
            workers = stack.workers()
            if not workers:
                return "no worker yet"
            try:
                os.kill(rng.choice(workers), 9)
            except ProcessLookupError:
                return "worker already gone"
            return "worker"
        stack.agent.kill()
        stack.start_agent()
        return "supervisor"

    def check(self, stack, lines):
        def stored():
            events = stack.api.events('type:"log-inspection.rule.matched" and rule:"710101"')
            return collections.Counter(e["fields"].get("user.name") for e in events)
        expected = {f"user{i:06d}" for i in range(lines)}
        try:
            wait_until(f"{lines} lines stored", lambda: expected <= set(stored()), 180)
        except AssertionError as late:
            missing = sorted(expected - set(stored()))
            raise AssertionError(f"{late}: {len(missing)} missing, from {missing[0]} to {missing[-1]}; "
                                 f"{self.counters(stack)}; agent: {stack.agent.tail()}") from None
        counts = stored()
        self.assertEqual(set(counts), expected)
        self.assertEqual({n: c for n, c in counts.items() if c != 1}, {}, "lines stored more than once")


if __name__ == "__main__":
    unittest.main()
