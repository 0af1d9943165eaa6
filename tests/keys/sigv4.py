"""AWS Signature Version 4 as the receiver checks it: from the AWS documentation, not as curl does it."""
import datetime
import hashlib
import hmac
import urllib.parse


def mac(key, text):
    return hmac.new(key, text.encode() if isinstance(text, str) else text, hashlib.sha256).digest()


class Signer:
    """Whose signatures hold, where. `token`: of the session, or empty."""

    def __init__(self, access, secret, token, region, service):
        self.access, self.secret, self.token, self.region, self.service = access, secret, token, region, service

    def signature_of(self, request, body, signed, scope, stamp):
        """None when something that must be signed is not."""
        method, path, headers, further = request
        names = signed.split(";")
        required = {"host", "x-amz-date"} | further | ({"x-amz-security-token"} if self.token else set())
        if not required <= set(names) or names != sorted(names):
            return None
        lines = "".join(f"{n}:{' '.join(headers.get(n, '').split())}\n" for n in names)
        path = urllib.parse.quote(urllib.parse.unquote(path.split("?")[0]), safe="/-_.~")
        canonical = "\n".join([method, path, "", lines, signed, hashlib.sha256(body).hexdigest()])
        date, region, service, end = scope
        if (region, service, end) != (self.region, self.service, "aws4_request") or not stamp.startswith(date):
            return None
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join(scope), digest])
        key = ("AWS4" + self.secret).encode()
        for part in scope:
            key = mac(key, part)
        return mac(key, to_sign).hex()

    def has_signed(self, method, path, headers, body, further=frozenset()):
        """`further`: names of headers that must be signed besides the usual ones."""
        kind, _, rest = headers.get("authorization", "").partition(" ")
        parts = dict(p.strip().split("=", 1) for p in rest.split(",") if "=" in p)
        who, *scope = parts.get("Credential", "").split("/")
        stamp = headers.get("x-amz-date", "")
        if kind != "AWS4-HMAC-SHA256" or who != self.access or len(scope) != 4:
            return False
        if self.token and headers.get("x-amz-security-token") != self.token:
            return False
        try:
            sent = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        except ValueError:
            return False
        if abs((datetime.datetime.now(datetime.timezone.utc) - sent).total_seconds()) > 300:
            return False
        request = (method, path, headers, set(further))
        wanted = self.signature_of(request, body, parts.get("SignedHeaders", ""), scope, stamp)
        return wanted is not None and hmac.compare_digest(wanted, parts.get("Signature", ""))
