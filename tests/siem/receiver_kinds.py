"""What each kind of receiver takes and answers: `take` gives the status, the answer and what was wrong."""
import base64
import hashlib
import hmac
import json
import time


class Webhook:
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


KINDS = {"webhook": Webhook}
