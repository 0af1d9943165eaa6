"""What each kind of receiver takes and answers: `take` gives the status, the answer and what was wrong."""
import base64
import gzip
import hashlib
import hmac
import json
import pathlib
import re
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "keys"))
import sigv4  # noqa: E402


class Receiver:
    taken: list

    def restore(self, taken):
        """What a process before this one has taken."""
        self.taken = taken


class Webhook(Receiver):
    """Standard Webhooks, version 1: https://www.standardwebhooks.com. `secrets`: any one of them must fit; none: unsigned.
    A body with the word `poison` is refused."""

    def __init__(self, options):
        self.secrets = options.get("secrets", [])
        self.taken = []

    def is_signed(self, headers, body):
        message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not message_id or not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
            return False
        signed = f"{message_id}.{stamp}.".encode() + body
        given = [part.split(",", 1)[1] for part in headers.get("webhook-signature", "").split() if part.startswith("v1,")]
        for secret in self.secrets:
            key = base64.b64decode(secret.removeprefix("whsec_"))
            wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
            if any(hmac.compare_digest(wanted, each) for each in given):
                return True
        return False

    def take(self, method, path, headers, body):
        if method != "POST" or path != "/hook":
            return 404, {}, f"{method} {path}"
        if self.secrets and not self.is_signed(headers, body):
            return 401, {}, "the signature does not hold"
        if b"poison" in body:
            return 400, {"error": "poison"}, "poison"
        if headers.get("content-type") == "application/json":
            events = json.loads(body)
            self.taken += events if isinstance(events, list) else [events]
        else:
            self.taken += body.decode().split("\n")
        return 200, {}, ""


class SplunkCollector(Receiver):
    """HTTP Event Collector: `token`; `acks`: "on", "never" or absent. Words in events: `poison` is refused."""

    ENVELOPE = {"time", "host", "source", "sourcetype", "index", "event", "fields"}

    def __init__(self, options):
        self.token = options["token"]
        self.acks = options.get("acks")
        self.next_ack = 0
        self.channels = {}
        self.taken = []

    def refuse(self, status, code, text):
        return status, {"text": text, "code": code}, text

    def take(self, method, path, headers, body):
        if headers.get("authorization") != f"Splunk {self.token}":
            return self.refuse(403, 4, "Invalid token")
        channel = headers.get("x-splunk-request-channel", "")
        if path.startswith("/services/collector/ack?channel="):
            known = self.channels.get(path.partition("=")[2], set())
            return 200, {"acks": {str(i): self.acks == "on" and i in known for i in json.loads(body)["acks"]}}, ""
        if path != "/services/collector/event":
            return 404, {}, path
        if self.acks and not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", channel):
            return self.refuse(400, 10, "Data channel is missing")
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        return self.take_events(body.decode(), channel)

    def take_events(self, text, channel):
        events, place, decoder = [], 0, json.JSONDecoder()
        while place < len(text):
            event, place = decoder.raw_decode(text, place)
            flat = all(isinstance(v, (str, list)) for v in event.get("fields", {}).values())
            if not set(event) <= self.ENVELOPE or not isinstance(event["time"], (int, float)) or not flat:
                return self.refuse(400, 6, "Invalid data format")
            if "poison" in json.dumps(event):
                return 400, {"text": "Invalid data format", "code": 6, "invalid-event-number": len(events)}, "poison"
            if event.get("index") == "unknown":
                return self.refuse(400, 7, "Incorrect index")
            events.append(event)
        if not events:
            return self.refuse(400, 5, "No data")
        for event in events:
            self.taken.append(event["event"] if isinstance(event["event"], dict) else event)
        answer = {"text": "Success", "code": 0}
        if self.acks:
            answer["ackId"] = self.next_ack
            self.channels.setdefault(channel, set()).add(self.next_ack)
            self.next_ack += 1
        return 200, answer, ""


class BulkIndex(Receiver):
    """_bulk of OpenSearch: `authorization`, the header that is demanded. Words in documents: `poison` cannot be mapped, `busy`
    gets 429 the first time. `documents` keeps each by its index and id; a second one is a conflict."""

    def __init__(self, options):
        self.authorization = options.get("authorization")
        self.documents = {}
        self.busy = set()
        self.taken = []

    def restore(self, taken):
        super().restore(taken)
        self.documents = {(each["index"], each["id"]): each["document"] for each in taken}

    def item(self, action, document):
        index, document_id = action["create"]["_index"], action["create"]["_id"]
        status, error = 201, None
        text = json.dumps(document)
        if (index, document_id) in self.documents:
            status, error = 409, "version_conflict_engine_exception"
        elif "poison" in text:
            status, error = 400, "mapper_parsing_exception"
        elif "busy" in text and document_id not in self.busy:
            self.busy.add(document_id)
            status, error = 429, "es_rejected_execution_exception"
        else:
            self.documents[index, document_id] = document
            self.taken.append({"id": document_id, "index": index, "document": document})
        item = {"_id": document_id, "status": status}
        if error:
            item["error"] = {"type": error}
        return {"create": item}

    def take(self, method, path, headers, body):
        if self.authorization and headers.get("authorization") != self.authorization:
            return 401, {}, "unauthorized"
        if path.partition("?")[0] != "/_bulk" or headers.get("content-type") != "application/x-ndjson":
            return 405, {}, path
        if not body.endswith(b"\n"):
            return 400, {"error": {"type": "illegal_argument_exception"}}, "no line feed at the end"
        lines = [json.loads(line) for line in body[:-1].split(b"\n")]
        if len(lines) % 2 or any(list(action) != ["create"] for action in lines[::2]):
            return 400, {"error": {"type": "illegal_argument_exception"}}, "not action and document in turn"
        if any("@timestamp" not in document for document in lines[1::2]):
            return 400, {}, "no @timestamp"
        items = [self.item(action, document) for action, document in zip(lines[::2], lines[1::2])]
        return 200, {"errors": any("error" in item["create"] for item in items), "items": items}, ""


class SnsTopic(Receiver):
    """Publish and PublishBatch of SNS with its limits; `token`: of the session. In a batch `poison` is the sender's fault, `busy`
    the service's, the first time. `taken` has the messages; a list of events becomes many."""

    ARN = "arn:aws:sns:eu-central-1:123456789012:events"

    def __init__(self, options):
        self.signer = sigv4.Signer("AKIDEXAMPLE", options["secret"], options.get("token", ""), "eu-central-1", "sns")
        self.busy = set()
        self.taken = []

    @staticmethod
    def error(status, code):
        return status, f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code></Error></ErrorResponse>".encode(), code

    def take(self, method, path, headers, body):
        if path != "/" or not self.signer.has_signed(method, path, headers, body):
            return self.error(403, "SignatureDoesNotMatch")
        form = dict(urllib.parse.parse_qsl(body.decode(), strict_parsing=True))
        topic = form.get("TopicArn", "")
        if form.get("Version") != "2010-03-31" or topic.removesuffix(".fifo") != self.ARN:
            return self.error(404, "NotFound")
        return {"Publish": self.publish, "PublishBatch": self.publish_batch}[form["Action"]](form, topic.endswith(".fifo"))

    def keep(self, form, prefix, is_fifo):
        message = form[prefix + "Message"]
        names = [form[k] for k in form if re.fullmatch(re.escape(prefix) + r"MessageAttributes\.entry\.\d+\.Name", k)]
        try:
            events = json.loads(message)
        except ValueError:
            events = message.split("\n")
        for event in events if isinstance(events, list) else [events]:
            kept = dict(event) if isinstance(event, dict) else {"id": event}
            if "UniqueID" in kept:
                kept["id"] = kept["UniqueID"]
            kept["attributes"] = names
            if is_fifo:
                kept["fifo"] = [form[prefix + "MessageGroupId"], form[prefix + "MessageDeduplicationId"]]
            self.taken.append(kept)

    def publish(self, form, is_fifo):
        if len(form["Message"].encode()) > 262_144:
            return self.error(400, "InvalidParameter")
        if "poison" in form["Message"]:
            return self.error(400, "BatchRequestTooLong")
        self.keep(form, "", is_fifo)
        return 200, b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>", ""

    def publish_batch(self, form, is_fifo):
        prefix = "PublishBatchRequestEntries.member."
        numbers = sorted({int(k[len(prefix):].split(".")[0]) for k in form if k.startswith(prefix)})
        messages = [form[f"{prefix}{n}.Message"] for n in numbers]
        if len(numbers) > 10 or numbers[:1] != [1]:
            return self.error(400, "TooManyEntriesInBatchRequest")
        if sum(len(m.encode()) for m in messages) > 262_144:
            return self.error(400, "BatchRequestTooLong")
        good, bad = "", ""
        for number, message in zip(numbers, messages):
            entry = f"<Id>{form[f'{prefix}{number}.Id']}</Id>"
            if "poison" in message:
                bad += f"<member>{entry}<Code>InvalidParameter</Code><SenderFault>true</SenderFault></member>"
            elif "busy" in message and message not in self.busy:
                self.busy.add(message)
                bad += f"<member>{entry}<Code>InternalError</Code><SenderFault>false</SenderFault></member>"
            else:
                self.keep(form, f"{prefix}{number}.", is_fifo)
                good += f"<member>{entry}<MessageId>{number}</MessageId></member>"
        result = f"<Successful>{good}</Successful><Failed>{bad}</Failed>"
        return 200, f"<PublishBatchResponse><PublishBatchResult>{result}</PublishBatchResult></PublishBatchResponse>".encode(), ""


KINDS = {"webhook": Webhook, "splunk": SplunkCollector, "opensearch": BulkIndex, "sns": SnsTopic}
