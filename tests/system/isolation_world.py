"""Two tenants and the operators' one, each with real objects of every kind, and for every operation of the contract a
request that succeeds for its rightful tenant. An operation that is not listed here gets a request made from its schema."""
import base64
import datetime
import hashlib
import http.client
import json
import pathlib
import subprocess
import time
import urllib.parse

import yaml
from client_authority import ClientAuthority
from document_visitor import Visitor, pdf_of
from stack import BIN, PASSWORD, ROOT, Api, ApiError, Program, wait_until

CONTRACT = yaml.safe_load((ROOT / "api/openapi.yaml").read_text())
ROLES = ["full-access", "auditor", "operator", "soc-analyst", "infosec"]
METHODS = ("get", "post", "put", "patch", "delete")


class Operation:
    def __init__(self, path, method, spec):
        self.path, self.method, self.spec = path, method.upper(), spec
        self.id, self.right = spec["operationId"], spec.get("x-right")
        self.parameters = [resolve(p) for p in spec.get("parameters", [])]
        content = spec.get("requestBody", {}).get("content", {})
        schema = next((content[kind]["schema"] for kind in ("application/json", "application/scim+json") if kind in content), None)
        self.body_schema = resolve(schema) if schema is not None else None
        self.takes_bytes = bool(content) and self.body_schema is None

    @property
    def resource(self):
        """What its first path parameter names: "users" of /users/{id}."""
        return self.path.split("/{")[0].strip("/") if "{" in self.path else None

    @property
    def is_of_operators(self):
        return self.path.startswith(("/tenants", "/tenant-", "/backup", "/trust")) or self.id == "requestAccessGrant"

    def __repr__(self):
        return self.id


def resolve(node):
    while "$ref" in node:
        target = CONTRACT
        for part in node["$ref"].lstrip("#/").split("/"):
            target = target[part]
        node = target
    return node


def operations():
    return [Operation(path, method, spec) for path, methods in CONTRACT["paths"].items() for method, spec in methods.items() if method in METHODS]


def example(schema):
    """The least value that a schema takes."""
    schema = resolve(schema)
    if "anyOf" in schema:
        return example(schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: example(member) for name, member in schema.get("properties", {}).items() if name in schema.get("required", [])}
    if kind == "array":
        return [example(schema["items"])] * schema.get("minItems", 0)
    if kind == "integer":
        return schema.get("minimum", 1)
    if kind == "boolean":
        return True
    return "x" * max(1, schema.get("minLength", 1))


def login(client, username, password, address):
    """From an address of its own: so many logins from one peer would be held up."""
    connection = http.client.HTTPSConnection("127.0.0.1", urllib.parse.urlsplit(client.base).port, context=client.context, source_address=(address, 0))
    connection.request("POST", "/api/v1/tokens", json.dumps({"username": username, "password": password}), {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    client.token = answer["token"]


class World:
    """One tenant: a client for each role, and ids of objects that carry its mark."""

    def __init__(self, stack, name, admin):
        self.stack, self.name, self.admin = stack, name, admin
        self.mark = f"mark-{name}"
        self.count = 0
        self.ids = {}
        self.clients = {"full-access": admin}
        self.events = []

    def next(self):
        self.count += 1
        return f"{self.mark}-{self.count}"

    def next_address(self):
        return f"127.{1 + ['primary', 'acme', 'beta'].index(self.name)}.{self.count // 250}.{1 + self.count % 250}"

    def login_name(self, user):
        return user if self.name == "primary" else f"{self.name}/{user}"

    def member(self, role):
        user = self.next()
        self.admin.post("/users", {"username": user, "password": "Given-By-Others-31", "roles": [role], "display_name": self.mark,
                                   "email": f"{user}@example.org"})
        client = Api(f"https://127.0.0.1:{self.stack.api_port}", str(self.stack.manager_data / "ca.pem"))
        address = self.next_address()
        login(client, self.login_name(user), "Given-By-Others-31", address)
        client.request("PUT", "/session/password", {"current": "Given-By-Others-31", "new": PASSWORD})
        login(client, self.login_name(user), PASSWORD, address)
        return client

    def populate(self):
        for role in ROLES[1:]:
            self.clients[role] = self.member(role)
        self.second = self.member("full-access")
        self.policy = next(p for p in self.admin.pages("/policies") if p["parent_id"] is None)["id"]
        self.admin.post("/identity-providers", {"kind": "scim", "name": self.mark, "settings": {}, "mappings": [{"group": self.mark, "roles": ["auditor"]}]})
        self.ids = {}
        for kind, maker in MAKERS.items():
            self.ids[kind] = maker(self)
        self.ids["events"] = self.events.pop()
        self.ids["agents"] = self.agent

    def enrol(self, folder):
        """An agent of this host; its settings."""
        folder.mkdir()
        watched = folder / "watched"
        watched.mkdir()
        settings = folder / "agent.toml"
        settings.write_text(f'state_directory = "{folder / "state"}"\nruntime_directory = "{folder / "run"}"\nshare_directory = "{ROOT / "content"}"\n')
        token = folder / "token"
        token.write_text(self.admin.post("/enrol-tokens", {"name": self.mark})["token"])
        self.agent_tool(settings, "enrol", "--token-file", token)
        return self.agent_tool(settings, "id").strip(), settings, watched

    @staticmethod
    def agent_tool(settings, *arguments):
        run = subprocess.run([BIN / "warder-agent", *map(str, arguments), "--config", settings], capture_output=True, text=True, timeout=120)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def protect(self, events):
        """A running agent until it has told its inventory and so many changed files; then it is stopped, and all stands still."""
        folder = self.stack.folder / f"agent-{self.name}"
        self.agent, settings, watched = self.enrol(folder)
        base = next(p for p in self.admin.pages("/policies") if p["parent_id"] is None)["id"]
        self.admin.change(f"/policies/{base}", {"document": {"integrity": {"watch": [str(watched)]}, "log-inspection": {"enabled": False}}})
        program = Program(folder / "log", BIN / "warder-agent", "run", "--config", settings)
        try:
            def record():
                return self.admin.get(f"/agents/{self.agent}")
            wait_until("agent protected", lambda: record()["policy_state"] == "applied" and any(
                m["module"] == "integrity" and m["state"] == "on" for m in record()["modules"]), 90)
            for number in range(events):
                (watched / f"{self.mark}-{number}").write_text("x")
            wait_until("changes told", lambda: len(self.changes()) >= events, 60)
            wait_until("inventory told", lambda: self.admin.get(f"/agents/{self.agent}/inventory"), 120)
        finally:
            program.kill()
        self.events = [event["id"] for event in self.changes()]
        wait_until("agent offline", lambda: self.admin.get(f"/agents/{self.agent}")["state"] != "online", 180)

    def changes(self):
        return [e for e in self.admin.events("module=integrity") if self.mark in json.dumps(e) and e["type"] == "integrity.file.created"]

    def fresh(self, resource):
        """A new object of the kind that a path names, for an operation that changes or removes it."""
        if resource == "events":
            return self.events.pop()
        if resource == "agents":
            return self.enrol(self.stack.folder / f"spare-{self.next()}")[0]
        return MAKERS[resource](self)


def provider_of(world):
    return {"kind": "oidc", "name": world.next(), "settings": {"issuer": f"https://{world.name}.example", "client_id": world.mark}, "secret": world.mark,
            "mappings": [{"group": world.mark, "roles": ["auditor"], "scoped_roles": [{"role": "operator", "tags": [world.mark]}]}]}


def make_provider(world):
    return world.admin.post("/identity-providers", provider_of(world))["id"]


def make_grant(world):
    return world.operators.second.post("/access-grants", {"tenant_id": world.tenant_id, "reason": world.mark})["id"]


def make_pack(world):
    folder = world.stack.folder / f"pack-{world.next()}"
    folder.mkdir()
    (folder / "note.txt").write_text(world.mark)
    pack = folder.with_suffix(".wpk")
    key = world.stack.folder / "pack.key"
    run = subprocess.run([BIN / "warder", "content", "build", folder, "--name", world.mark, "--pack-version", f"1.{world.count}.0", "--licence",
                          "Apache-2.0", "--key", key, "--output", pack], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    return pack.read_bytes()


def add_chunk(world):
    body = f"Test.{world.mark}:0:*:{world.next().encode().hex()}\n".encode()
    world.admin.request("POST", "/signatures/chunks", body, {"Content-Type": "application/octet-stream"})
    return body


def file_of(body):
    digest = hashlib.sha256(body).hexdigest()
    return {"bytes": len(body), "sha256": digest, "chunks": [{"digest": digest, "bytes": len(body)}]}


def make_signature_file(world):
    name = f"{world.next()}.ndb"
    world.admin.request("PUT", f"/signatures/files/{name}", file_of(add_chunk(world)))
    return name


def make_session(world):
    user, client = world.next(), Api(f"https://127.0.0.1:{world.stack.api_port}", str(world.stack.manager_data / "ca.pem"))
    made = world.admin.post("/users", {"username": user, "password": "Given-By-Others-31", "roles": ["auditor"], "display_name": world.mark})
    login(client, world.login_name(user), "Given-By-Others-31", world.next_address())
    return world.admin.get(f"/users/{made['id']}/sessions")["items"][0]["id"]


def scim_person(world):
    return {"userName": world.next(), "displayName": world.mark}


def make_destination(world):
    return world.admin.post("/destinations", {"name": world.next(), "kind": "syslog", "enabled": False,
                                              "settings": {"host": "127.0.0.1", "port": 9, "transport": "udp"}})["id"]


def channel_of(world):
    return {"name": world.next(), "kind": "syslog", "settings": {"host": "127.0.0.1", "port": 9, "transport": "udp"}}


def rota_of(world):
    user = world.ids["users"]
    return {"name": world.next(), "channel": world.ids["notice-channels"], "members": [{"user": user}], "levels": [{"order": [user]}]}


def stand_in(world):
    return {"user": world.ids["users"], "from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}


def alert_rule_of(world):
    return {"name": world.next(), "state": "login.failures", "fire_at": 0, "resolve_at": 0, "texts": {"en": {"title": world.mark}}}


def make_incident(world):
    """One of personal data, with a notice that was drafted."""
    made = world.admin.post("/incidents", {"title": world.next()})["id"]
    world.admin.post(f"/incidents/{made}/breach", {})
    world.admin.post(f"/incidents/{made}/notices", {"nature": world.mark})
    return made


def make_alert(world):
    """A rule that holds at once, and its alert."""
    rule = world.admin.post("/alert-rules", alert_rule_of(world))["id"]
    return wait_until("an alert", lambda: world.admin.get(f"/alerts?rule={rule}")["items"])[0]["id"]


def route_of(world):
    return {"name": world.next(), "channels": [world.ids["notice-channels"]]}


def silence_of(world):
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    return {"name": world.next(), "rule": world.next(), "until": end.strftime("%Y-%m-%dT%H:%M:%SZ"), "reason": world.mark}


def heartbeat_of(world):
    return {"name": world.next(), "channel": world.ids["notice-channels"], "enabled": False}


def rest_of_backups(world):
    """One run at a time: waits for the last one, and gives its record."""
    return wait_until("the backups rest", lambda: next((run for run in world.operators.admin.get("/backup-runs")["items"][:1] if run["state"] != "running"), None))


def make_backup(world):
    if not world.operators.admin.get("/backup-runs")["items"]:
        world.operators.admin.post("/backups", None)
    return rest_of_backups(world)


def make_authority(world):
    return ClientAuthority(world.stack.folder / world.next(), world.mark)


def make_client_authority(world):
    world.authority = make_authority(world)
    return world.admin.post("/client-authorities", {"name": world.next(), "certificate": world.authority.certificate.read_text()})["id"]


def certificate_of(world):
    """Of an authority that the tenant trusts."""
    if not hasattr(world, "authority"):
        make_client_authority(world)
    return {"user_id": world.ids["users"], "name": world.next(), "certificate": world.authority.issue(world.mark)[0].read_text()}


def evidence_of(world):
    return {"commitment": "tc-22a", "title": world.next(), "issued": "2026-01-01T00:00:00Z", "expires": "2099-01-01T00:00:00Z",
            "owner": "owner", "attachment": "eA=="}


def make_evidence(world):
    """There is only the operators'; filed by somebody who does not try to review it."""
    filer = world.second if world.name == "primary" else world.stack.api
    return filer.post("/trust/evidence", evidence_of(world))["id"]


def policy_of(world):
    return {"subject": "security", "title": world.next(), "owner": "owner", "text": "Rules."}


def make_written_policy(world):
    """There is only the operators'; filed by somebody who does not try to review it."""
    filer = world.second if world.name == "primary" else world.stack.api
    return filer.post("/trust/policies", policy_of(world))["id"]


def make_own_policy(world):
    """In force, for everybody."""
    policy = world.operators.second.post("/trust/policies", policy_of(world))["id"]
    world.stack.api.post(f"/trust/policies/{policy}/review", {"version": 1})
    return policy


def make_document_request(world):
    """Asked by somebody new on the operators' public page, for a document that is there once and that somebody else has reviewed."""
    stack, operators = world.stack, world.operators
    if not hasattr(stack, "document_on_request"):
        filed = {**evidence_of(world), "on_request": True, "attachment": base64.b64encode(pdf_of("Report")).decode()}
        stack.document_on_request = stack.api.post("/trust/evidence", filed)["id"]
        operators.second.post(f"/trust/evidence/{stack.document_on_request}/review")
        stack.api.post("/trust/terms", {"en": "Terms", "ja": "Terms"})
    mail = f"{world.next()}@example.com"
    Visitor(stack, world.next_address()).ask(stack.document_on_request, mail=mail)
    return next(each["id"] for each in stack.api.pages("/trust/requests") if each["mail"] == mail)


def make_rollout(world):
    """Of a policy of its own: one policy has one roll-out at a time."""
    policy = world.fresh("policies")
    body = {"document": {"agent": {"heartbeat_s": 25}}, "rings": [{"name": world.mark, "percent": 10}]}
    return world.admin.request("POST", f"/policies/{policy}/rollouts", body, {"If-Match": "*"})["id"]


def smart_group_of(world):
    return {"name": world.next(), "filter": f'name="{world.mark}"'}


def tag_rule_of(world):
    return {"name": world.next(), "filter": f'host.name="{world.mark}"', "tag": "isolation"}


def subject_request_of(world):
    return {"right": "erasure", "person": world.mark, "values": [world.next()]}


def make_subject_request(world):
    """Of a person whose identity was checked, whose data nobody has."""
    made = world.admin.post("/subject-requests", subject_request_of(world))["id"]
    world.admin.post(f"/subject-requests/{made}/steps", {"step": "check-identity", "note": world.mark})
    return made


def report_of(world):
    return {"name": world.next(), "kind": "hosts", "range": "24h", "recipients": [world.ids["users"]]}


def make_delivery(world):
    """Of a report for the one who asks."""
    own = world.admin.get("/session")["user"]["id"]
    report = world.admin.post("/reports", {**report_of(world), "name": world.next(), "recipients": [own]})["id"]
    world.admin.post(f"/reports/{report}/run", None)
    return wait_until("the report", lambda: world.admin.get(f"/report-deliveries?report={report}")["items"])[0]["id"]


MAKERS = {
    "incidents": make_incident,
    "backups": lambda w: make_backup(w) and w.operators.admin.get("/backups")["items"][0]["name"],
    "backup-runs": lambda w: make_backup(w)["id"],
    "client-authorities": make_client_authority,
    "destinations": make_destination,
    "alerts": make_alert,
    "alert-rules": lambda w: w.admin.post("/alert-rules", alert_rule_of(w))["id"],
    "alert-silences": lambda w: w.admin.post("/alert-silences", silence_of(w))["id"],
    "saved-searches": lambda w: w.admin.post("/saved-searches", {"name": w.mark, "shared": True})["id"],
    "subject-requests": make_subject_request,
    "tag-rules": lambda w: w.admin.post("/tag-rules", tag_rule_of(w))["id"],
    "scim/v2/Users": lambda w: w.admin.post("/scim/v2/Users", scim_person(w))["id"],
    "scim/v2/Groups": lambda w: w.admin.post("/scim/v2/Groups", {"displayName": w.mark})["id"],
    "user-sessions": make_session,
    "users": lambda w: w.admin.post("/users", {"username": w.next(), "password": "Given-By-Others-31", "roles": ["auditor"], "display_name": w.mark})["id"],
    "reports": lambda w: w.admin.post("/reports", report_of(w))["id"],
    "report-deliveries": make_delivery,
    "user-certificates": lambda w: w.admin.post("/user-certificates", certificate_of(w))["id"],
    "roles": lambda w: w.admin.post("/roles", {"name": w.next(), "description": w.mark, "rights": ["agents:read"]})["name"],
    "identity-providers": make_provider,
    "api-keys": lambda w: w.admin.post("/api-keys", {"name": w.next(), "rights": ["agents:read"]})["id"],
    "notice-channels": lambda w: w.admin.post("/notice-channels", channel_of(w))["id"],
    "rotas": lambda w: w.admin.post("/rotas", rota_of(w))["id"],
    "rota-overrides": lambda w: w.admin.post(f"/rotas/{w.ids['rotas']}/overrides", stand_in(w))["id"],
    "alert-routes": lambda w: w.admin.post("/alert-routes", route_of(w))["id"],
    "alert-heartbeats": lambda w: w.admin.post("/alert-heartbeats", heartbeat_of(w))["id"],
    "smart-groups": lambda w: w.admin.post("/smart-groups", smart_group_of(w))["id"],
    "groups": lambda w: w.admin.post("/groups", {"name": w.next()})["id"],
    "enrol-tokens": lambda w: w.admin.post("/enrol-tokens", {"name": w.next()})["id"],
    "rollouts": make_rollout,
    "policies": lambda w: w.admin.post("/policies", {"name": w.next(), "description": w.mark})["id"],
    "approvals": lambda w: w.second.post("/approvals", {"action": "test", "object": w.mark, "reason": w.mark})["id"],
    "access-grants": make_grant,
    "content": lambda w: w.admin.request("POST", "/content", make_pack(w), {"Content-Type": "application/octet-stream"})["digest"],
    "signatures/files": make_signature_file,
    "tenants": lambda w: w.spare_tenant,
    "trust/evidence": make_evidence,
    "trust/duties": lambda w: "tc-15a",
    "trust/policies": make_written_policy,
    "trust/own-policies": make_own_policy,
    "trust/requests": make_document_request,
}

# Bodies: of the world whose request succeeds, with ids of that world where an object names others.
BODIES = {
    "createSmartGroup": smart_group_of, "updateSmartGroup": smart_group_of,
    "tagEvents": lambda w: {"filter": f'host.name="{w.mark}"', "add": ["isolation"]},
    "setEventRetention": lambda w: {"modules": {"firewall": 300}},
    "openSubjectRequest": subject_request_of,
    "stepSubjectRequest": lambda w: {"step": "refuse", "note": w.mark},
    "assignDuty": lambda w: {"owner": w.mark, "reviewer": "rita", "cadence_days": 90},
    "setCollection": lambda w: {"rules": [{"module": "ips", "data": "packets", "treatment": "off"}]},
    "resolvePseudonym": lambda w: {"value": w.mark, "reason": w.mark},
    "createTagRule": tag_rule_of,
    "updateTagRule": lambda w: {"name": w.next()},
    "applyTagRule": lambda w: {},
    "addClientAuthority": lambda w: {"name": w.next(), "certificate": make_authority(w).certificate.read_text()},
    "setClientRevocations": lambda w: {"revocations": w.authority.revocations().read_text()},
    "addUserCertificate": certificate_of,
    "createScimUser": scim_person,
    "replaceScimUser": scim_person,
    "patchScimUser": lambda w: {"Operations": [{"op": "replace", "path": "displayName", "value": w.mark}]},
    "createScimGroup": lambda w: {"displayName": w.mark, "members": [{"value": w.ids["scim/v2/Users"]}]},
    "replaceScimGroup": lambda w: {"displayName": w.mark, "members": [{"value": w.ids["scim/v2/Users"]}]},
    "patchScimGroup": lambda w: {"Operations": [{"op": "add", "path": "members", "value": [{"value": w.ids["scim/v2/Users"]}]}]},
    "createUser": lambda w: {"username": w.next(), "password": "Given-By-Others-31", "roles": ["auditor"],
                             "scoped_roles": [{"role": "operator", "groups": [w.ids["groups"]]}]},
    "updateUser": lambda w: {"display_name": w.next(), "scoped_roles": [{"role": "operator", "policies": [w.ids["policies"]]}]},
    "createRole": lambda w: {"name": w.next(), "description": w.mark, "rights": ["agents:read"]},
    "updateRole": lambda w: {"description": w.next()},
    "createIdentityProvider": lambda w: provider_of(w),
    "updateIdentityProvider": lambda w: {"name": w.next()},
    "createDestination": lambda w: {"name": w.next(), "kind": "syslog", "enabled": False,
                                    "settings": {"host": "127.0.0.1", "port": 9, "transport": "udp"}},
    "createNoticeChannel": channel_of,
    "updateNoticeChannel": lambda w: {"name": w.next()},
    "createRota": rota_of,
    "updateRota": lambda w: {"name": w.next()},
    "addRotaOverride": stand_in,
    "createAlertComment": lambda w: {"text": w.mark},
    "createAlertRule": alert_rule_of,
    "updateAlertRule": lambda w: {"fire_at": 3},
    "createAlertRoute": route_of,
    "updateAlertRoute": lambda w: {"name": w.next()},
    "createAlertSilence": silence_of,
    "createAlertHeartbeat": heartbeat_of,
    "updateAlertHeartbeat": lambda w: {"name": w.next()},
    "createReport": report_of,
    "updateReport": lambda w: {"name": w.next(), "recipients": [w.ids["users"]]},
    "createSavedSearch": lambda w: {"name": w.mark, "page": "fleet", "query": f"state=offline&host={w.mark}"},
    "updateSavedSearch": lambda w: {"name": w.next()},
    "updateDestination": lambda w: {"name": w.next()},
    "syncIdentityProvider": lambda w: {},
    "createApiKey": lambda w: {"name": w.next(), "rights": ["agents:read"], "user_id": w.ids["users"]},
    "updateAgent": lambda w: {"group_id": w.ids["groups"], "policy_id": w.ids["policies"], "tags": [w.mark]},
    "createCommand": lambda w: {"name": "send-diagnostics"},
    "setAccessPolicy": lambda w: {"rules": [{"roles": ["full-access"], "networks": ["127.0.0.0/8"]}]},
    "setPasswordPolicy": lambda w: {"profile": "pci-4.0.1+seed"},
    "createGroup": lambda w: {"name": w.next(), "parent_id": w.ids["groups"], "policy_id": w.ids["policies"]},
    "updateGroup": lambda w: {"name": w.next(), "parent_id": w.ids["groups"], "policy_id": w.ids["policies"]},
    "createEnrolToken": lambda w: {"name": w.next(), "group_id": w.ids["groups"], "policy_id": w.ids["policies"]},
    "testIntegrityRules": lambda w: {"rules": '<FileSet base="/etc"/>', "paths": [{"path": f"/etc/{w.mark}"}]},
    "testLogRules": lambda w: {"dialect": "ossec", "lines": [w.mark]},
    "createPolicy": lambda w: {"name": w.next(), "parent_id": w.ids["policies"], "document": {}},
    "updatePolicy": lambda w: {"description": w.next(), "parent_id": w.policy},
    "startPolicyRollout": lambda w: {"document": {"agent": {"heartbeat_s": 25}}, "rings": [{"name": w.mark, "percent": 10}]},
    "stepRollout": lambda w: {"step": "back-out"},
    "setGoldenHost": lambda w: {"agent_id": w.ids["agents"]},
    "createEventExplanation": lambda w: {"reason": w.mark},
    "createApproval": lambda w: {"action": "test", "object": w.next(), "reason": w.mark},
    "declareIncident": lambda w: {"title": w.next(), "description": w.mark},
    "assignIncident": lambda w: {"rota": w.ids["rotas"]},
    "countAffectedTenants": lambda w: {"incident": w.ids["incidents"]},
    "moveIncident": lambda w: {"state": "triaged", "note": w.mark},
    "addIncidentTask": lambda w: {"title": w.mark},
    "isolateForIncident": lambda w: {"agent_id": w.ids["agents"], "action": "release"},
    "takeIncidentEvidence": lambda w: {"kind": "file", "name": w.next(), "content": "eA=="},
    "changeIncidentSettings": lambda w: {"matrix": [["low"] * 3] * 3, "channels": []},
    "addBreachNotice": lambda w: {"nature": w.mark},
    "setIncidentBreach": lambda w: {},
    "countIncidentAffected": lambda w: {},
    "signReview": lambda w: {"whole_day": True, "note": w.mark},
    "retryDeadLetters": lambda w: {},
    "changeReviewSettings": lambda w: {"time_zone": "UTC", "deadline_hours": 48},
    "decideApproval": lambda w: {"approve": True, "comment": w.mark},
    "rotateKey": lambda w: {"level": "contact"},
    "setPasswordPolicy": lambda w: {"profile": "pci-4.0.1+seed"},
    "fileEvidence": evidence_of,
    "fileWrittenPolicy": policy_of,
    "fileWrittenPolicyVersion": lambda w: {name: value for name, value in policy_of(w).items() if name != "subject"},
    "reviewWrittenPolicy": lambda _: {"version": 1},
    "acknowledgePolicy": lambda _: {"version": 1},
    "createTenant": lambda w: {"name": w.next()},
    "updateTenant": lambda w: {"limits": {"max_agents": 10}},
    "setTenantStatus": lambda w: {"status": "suspended", "reason": w.mark},
    "setTenantTemplate": lambda w: {"limits": {"max_agents": 10_000}},
    "requestAccessGrant": lambda w: {"tenant_id": w.spare_tenant, "reason": w.mark},
    "decideAccessGrant": lambda w: {"agree": False, "comment": w.mark},
    "endAccessGrant": lambda w: {"reason": w.mark},
    "findMissingSignatureChunks": lambda w: {"digests": [hashlib.sha256(w.mark.encode()).hexdigest()]},
    "putSignatureFile": lambda w: file_of(add_chunk(w)),
}
# Of pcap, the head alone.
EMPTY_CAPTURE = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000065000000")
BYTES = {"importContent": make_pack, "addSignatureChunk": lambda w: f"Test.{w.next()}:0:*:00\n".encode(),
         "testCapture": lambda _: EMPTY_CAPTURE, "testFile": lambda w: w.mark.encode()}
QUERIES = {
    "proveAuditInclusion": {"index": 1, "size": 2}, "proveAuditConsistency": {"from": 1, "to": 2}, "getAuditCheckpoint": {"fresh": "true"},
    "getReportContent": {"format": "json"}, "getEventFacets": {"fields": "host.name"}, "getEventGroups": {"by": "host.name,type"},
}
# Further path parameters, which name no object of a tenant's own.
PLAIN_PARAMETERS = {"module": "integrity", "rule": "nginx", "day": time.strftime("%Y-%m-%d", time.gmtime()), "kind": "users", "document": "catalog", "version": "1", "index": "1", "type": "User", "urn": "urn:ietf:params:scim:schemas:core:2.0:User"}


class Request:
    """One operation as a world would ask for it. `path` and `body` may be of different worlds."""

    def __init__(self, operation, owner, object_id=None, body_of=None):
        self.operation, self.owner = operation, owner
        self.object_id = object_id
        self.path = operation.path
        for parameter in operation.parameters:
            if parameter["in"] != "path":
                continue
            name = parameter["name"]
            value = PLAIN_PARAMETERS.get(name) if name in PLAIN_PARAMETERS else object_id
            self.path = self.path.replace("{" + name + "}", str(value))
        self.query = dict(QUERIES.get(operation.id, {}))
        writer = body_of or owner
        self.body = None
        if operation.takes_bytes:
            self.body = BYTES[operation.id](writer)
        elif operation.body_schema is not None:
            self.body = BODIES[operation.id](writer) if operation.id in BODIES else example(operation.body_schema)

    @property
    def headers(self):
        headers = {"Content-Type": "application/octet-stream"} if self.operation.takes_bytes else {}
        if any(p["name"] == "If-Match" for p in self.operation.parameters):
            headers["If-Match"] = "*"
        return headers


def object_of(operation, world, is_fresh):
    if operation.path.startswith("/backup"):
        rest_of_backups(world)
    if operation.resource is None or operation.resource in ("inventory", "audit/entries", "scim/v2/ResourceTypes", "scim/v2/Schemas", "reviews", "trust/oscal", "rules"):
        return None
    resource = operation.resource
    if operation.id in ("setGoldenHost", "clearGoldenHost"):  # of the policy that applies to the agent
        if is_fresh:
            world.admin.request("PUT", f"/policies/{world.policy}/golden-host", BODIES["setGoldenHost"](world))
        return world.policy
    if operation.id == "revokeDocumentRequest" and is_fresh:
        asked = world.fresh(resource)
        world.operators.second.post(f"/trust/requests/{asked}/approve", {})
        return asked
    if operation.id == "putSignatureFile":
        return f"{world.next()}.ndb"
    return world.fresh(resource) if is_fresh else world.ids[resource]


def build(stack):
    """The operators' tenant and two others."""
    pathlib.Path(stack.folder / "keys").mkdir(exist_ok=True)
    pathlib.Path(stack.folder / "backups").mkdir(exist_ok=True)
    key = stack.folder / "pack.key"
    subprocess.run([BIN / "warder", "content", "keygen", key], check=True, capture_output=True, timeout=60)
    (stack.folder / "keys" / "test.pub").write_bytes(pathlib.Path(f"{key}.pub").read_bytes())
    with open(stack.manager_toml, "a", encoding="utf-8") as settings:
        settings.write(f'content_keys_directory = "{stack.folder / "keys"}"\nbackup_directory = "{stack.folder / "backups"}"\napi_requests_per_minute_key = 0\n'
                       "api_requests_per_minute_tenant = 0\napi_requests_per_minute_node = 0\n")
    stack.initialise()
    operators = World(stack, "primary", stack.api)
    worlds = [operators]
    for name in ("acme", "beta"):
        made = operators.admin.post("/tenants", {"name": name})
        client = Api(f"https://127.0.0.1:{stack.api_port}", str(stack.manager_data / "ca.pem"))
        client.request("POST", "/password-resets", {"token": made["link"]["token"], "new": PASSWORD})
        client.login(PASSWORD, made["username"])
        world = World(stack, name, client)
        world.tenant_id = made["tenant"]["id"]
        worlds.append(world)
    spare = operators.admin.post("/tenants", {"name": "spare"})["tenant"]["id"]
    for world in worlds:
        world.operators, world.spare_tenant = operators, spare
        world.protect(events=14)
    operators.tenant_id = spare  # whom its own grants are for
    for world in worlds:
        world.populate()
    return worlds
