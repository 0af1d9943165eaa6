"""Every operation of the contract, for every tenant and every role: what is a tenant's own succeeds, what is another's is
as if it were not there, and hostile strings in any field change nothing of that."""
import json
import unittest
import urllib.error
import urllib.parse
import urllib.request

import isolation_world
from isolation_world import ROLES, Request, object_of, operations, resolve
from stack import Stack, wait_until

# Of one's own session only: no object of anybody's is named.
OF_THE_SESSION = {"login", "createToken", "logout", "changePassword", "endSession", "redeemPasswordReset", "beginSecondFactor",
                  "confirmSecondFactor", "removeSecondFactor", "renewRecoveryCodes", "addPasskey", "beginPasskey", "requestOwnPasskey",
                  "removePasskey", "beginPasskeyLogin", "loginWithPasskey",
                  "listLoginProviders", "startSso", "finishSso", "beginSsoSession", "createSsoToken",
                  "negotiateSession", "negotiateToken", "certificateSession", "certificateToken"}
# The right is not all that it takes, and the other part is missing here.
MORE_THAN_A_RIGHT = {
    ("createCommand", "soc-analyst"): "a command takes an approval without commands:write",
    ("isolateForIncident", "soc-analyst"): "the same, of an incident",
    ("fetchSignatures", "full-access"): "no mirror is set",
    **{(operation, role): "what was made for somebody else" for operation in ("getReportDelivery", "getReportContent") for role in ROLES[1:]},
}
# Which task and which notice is not told by the path of the incident alone: there is none of that number.
EXPECTED = {"finishIncidentTask": {404}, "getBreachNoticeDocument": {404, 200}, "signReview": {409}, "syncIdentityProvider": {400}, "fetchSignatures": {409, 400, 202, 200}, "publishSignatures": {200, 201, 204}}
# What changes by itself, or by being read.
VOLATILE_OPERATIONS = {"tailEvents", "getEventHistogram", "getEventFacets", "getEventGroups", "exportEvents", "getSystem", "getSession", "exportAudit", "verifyAudit", "getAuditCheckpoint", "exportTenant",
                       "getOwnTenant", "listReviews", "getReview", "listReviewSystems", "listAudit", "getAuditKey",
                       "getAssurance", "getMeasures", "listAccessGrants", "listSessions", "getAccessGrant", "getFleetSummary", "listNotices", "getNotice"}
# Lists to which the tenant's own background work may add, newest first; and what it changes of those that are there.
GROWING = {"listEvents": (), "listAlerts": ("count", "last", "value", "members", "events", "told", "level", "escalates", "state", "resolved")}
VOLATILE_MEMBERS = {"backlog", "last_delivery", "last_used", "last_login", "last_address", "last_seen", "generated", "time"}
SEEDS = ["' OR '1'='1", "'; DROP TABLE users; --", "\" OR \"\"=\"", "' UNION SELECT id, secret FROM tenants --", "$1", "?1",
         "\\'; SELECT pg_sleep(9); --", "%' ESCAPE '", "acme'--", "{\"$ne\": null}", "\u0000", "x" * 3000]


def ask(client, request, token=True, headers=None):
    """Status and text; a stream without an end is not read."""
    url = client.base + urllib.parse.quote(request.path, safe="/%") + ("?" + urllib.parse.urlencode(request.query) if request.query else "")
    body = request.body
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    made = urllib.request.Request(url, data=data, method=request.operation.method)
    for name, value in {"Content-Type": "application/json", **request.headers, **(headers or {})}.items():
        if data is not None or name != "Content-Type":
            made.add_header(name, value)
    if token:
        made.add_header("Authorization", "Bearer " + client.token)
    try:
        with urllib.request.urlopen(made, context=client.context, timeout=30) as answer:
            return answer.status, "" if request.operation.id == "tailEvents" else answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def is_success(status):
    return 200 <= status < 300


def without_volatile(value):
    if isinstance(value, dict):
        return {k: without_volatile(v) for k, v in value.items() if k not in VOLATILE_MEMBERS}
    if isinstance(value, list):
        return [without_volatile(item) for item in value]
    return value


class Isolation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack("warder-test-isolation-")
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        cls.operators, cls.acme, cls.beta = isolation_world.build(cls.stack)
        cls.operations = [o for o in operations() if o.id not in OF_THE_SESSION]

    def owner_of(self, operation, world):
        return self.operators if operation.is_of_operators else world

    def succeeds(self, operation, status):
        return status in EXPECTED.get(operation.id, ()) or is_success(status)

    def no_rollout_runs(self, world):
        """Those of the examples find no hosts, and end by themselves."""
        policies = world.admin.get("/policies?limit=1000")["items"]
        rollouts = [each for p in policies for each in world.admin.get(f"/policies/{p['id']}/rollouts")["items"]]
        return all(each["state"] != "running" for each in rollouts)

    def snapshot(self, world):
        """All that the tenant can read of itself, as it stands."""
        wait_until("no roll-out runs", lambda: self.no_rollout_runs(world))
        seen = {}
        for operation in self.operations:
            if operation.method != "GET" or operation.id in VOLATILE_OPERATIONS or operation.is_of_operators:
                continue
            request = Request(operation, world, object_of(operation, world, is_fresh=False))
            status, text = ask(world.admin, request)
            try:
                seen[operation.id] = (status, without_volatile(json.loads(text)))
            except ValueError:
                seen[operation.id] = (status, text)
        return seen

    def assert_unchanged(self, before, after):
        for name, was in before.items():
            if name in GROWING:
                self.assert_only_grown(name, was, after[name])
            else:
                self.assertEqual(was, after[name], f"{name} gives something else than before")

    def assert_only_grown(self, name, before, after):
        """What is on both pages is the same, and no more is gone from the first page than was added before it."""
        self.assertEqual((before[0], after[0]), (200, 200), name)
        was, now = ({each["id"]: {k: v for k, v in each.items() if k not in GROWING[name]} for each in page[1]["items"]}
                    for page in (before, after))
        self.assertEqual({key: was[key] for key in was if key in now}, {key: now[key] for key in now if key in was}, name)
        self.assertLessEqual(len(was.keys() - now.keys()), len(now.keys() - was.keys()), f"{name} has lost some")

    def assert_nothing_of(self, world, text, where):
        self.assertNotIn(world.mark, text, where)
        for kind, object_id in world.ids.items():
            if kind not in ("tenants", "signatures/files"):
                self.assertNotIn(str(object_id), text, f"{where}: names {kind}")

    def test_each_operation_succeeds_for_its_tenant_and_for_no_other(self):
        cells = 0
        for own, other in ((self.acme, self.beta), (self.beta, self.acme)):
            others = {}
            for operation in self.operations:
                with self.subTest(tenant=own.name, operation=operation.id):
                    changes = operation.method != "GET"
                    owner = self.owner_of(operation, own)
                    status, text = ask(owner.second if operation.id == "updateUser" else owner.admin,
                                       Request(operation, owner, object_of(operation, owner, is_fresh=changes)))
                    self.assertTrue(self.succeeds(operation, status), f"{operation.id} fails for who may: {status} {text[:300]}\n"
                                    "(a new operation may need an example in isolation_world.py)")
                    cells += 1
                    target = object_of(operation, owner, is_fresh=changes)
                    request = Request(operation, owner, target)
                    if target is not None and operation.id != "putSignatureFile":
                        others[operation.id] = request
                    elif not operation.is_of_operators:
                        status, text = ask(other.admin, Request(operation, other, object_of(operation, other, is_fresh=True)))
                        self.assert_nothing_of(own, text, f"{operation.id} of {other.name}")
                        cells += 1
            before = self.snapshot(own)
            for operation in self.operations:
                if operation.id not in others:
                    continue
                with self.subTest(tenant=own.name, operation=operation.id, asked_by=other.name):
                    for role in ROLES:
                        status, text = ask(other.clients[role], others[operation.id])
                        self.assertIn(status, (403, 404), f"{role} of {other.name} on {operation.path} of {own.name}: {text[:300]}")
                        if operation.right in self.rights(role) and not operation.is_of_operators and operation.id != "createCommand":
                            self.assertEqual(status, 404, f"{role}: {text[:300]}")
                        cells += 1
            self.assert_unchanged(before, self.snapshot(own))
        print(f"isolation: {cells} cells of operation, role and tenant")

    @staticmethod
    def rights(role):
        """From docs/roles.md, which a unit test holds to the program."""
        if not hasattr(Isolation, "_rights"):
            table, head = {}, None
            for line in (isolation_world.ROOT / "docs/roles.md").read_text().splitlines():
                cells = [cell.strip() for cell in line.strip("|").split("|")]
                if line.startswith("| right |"):
                    head = cells
                elif head and line.startswith("| `"):
                    for column, cell in zip(head[1:-1], cells[1:-1]):
                        table.setdefault(column, set()).update([cells[0].strip("`")] if cell == "yes" else [])
            Isolation._rights = table
        return Isolation._rights[role]

    def test_each_role_may_what_its_rights_say_and_nobody_without_a_login(self):
        for world in (self.acme, self.operators):
            for operation in self.operations:
                if operation.is_of_operators and world is not self.operators:
                    continue
                for role in ROLES:
                    with self.subTest(tenant=world.name, operation=operation.id, role=role):
                        may = operation.right == "self" or operation.right in self.rights(role)
                        target = object_of(operation, world, is_fresh=may and operation.method != "GET")
                        status, text = ask(world.clients[role], Request(operation, world, target))
                        if may and (operation.id, role) not in MORE_THAN_A_RIGHT:
                            self.assertTrue(self.succeeds(operation, status), f"{status} {text[:300]}")
                        elif not may:
                            self.assertEqual(status, 403, text[:300])
                            self.assertIn(operation.right, text)
                status, _ = ask(world.admin, Request(operation, world, object_of(operation, world, is_fresh=False)), token=False)
                self.assertEqual(status, 401, f"{operation.id} without a login")

    def test_ids_of_another_tenant_in_a_body_or_query_reach_nothing(self):
        before = self.snapshot(self.acme)
        for operation in self.operations:
            if operation.is_of_operators or operation.body_schema is None:
                continue
            theirs = Request(operation, self.beta, object_of(operation, self.beta, is_fresh=True), body_of=self.acme)
            if not any(str(i) in json.dumps(theirs.body) for kind, i in self.acme.ids.items() if kind != "roles") and self.acme.policy not in json.dumps(theirs.body):
                continue
            with self.subTest(operation=operation.id):
                status, text = ask(self.beta.second, theirs)
                self.assertIn(status, (400, 403, 404), f"{theirs.body}: {text[:300]}")
        request = Request(next(o for o in self.operations if o.id == "listAgents"), self.beta)
        request.query = {"group_id": self.acme.ids["groups"]}
        status, text = ask(self.beta.admin, request)
        self.assertEqual(json.loads(text).get("items", []), [], text[:300])
        self.assert_unchanged(before, self.snapshot(self.acme))

    def test_another_tenant_cannot_be_entered(self):
        before = self.snapshot(self.acme)
        for operation in self.operations:
            with self.subTest(operation=operation.id):
                request = Request(operation, self.acme, object_of(operation, self.acme, is_fresh=False)) if not operation.is_of_operators else \
                    Request(operation, self.operators, object_of(operation, self.operators, is_fresh=False))
                for client in (self.beta.admin, self.operators.admin):
                    status, text = ask(client, request, headers={"Warder-Tenant": "acme"})
                    self.assertEqual(status, 403, text[:300])
        self.assert_unchanged(before, self.snapshot(self.acme))

    def string_fields(self, operation):
        """Requests of beta's, each with a hostile string in one place."""
        world = self.beta
        for seed in SEEDS:
            target = object_of(operation, world, is_fresh=False)
            for parameter in operation.parameters:
                if parameter["in"] == "header":
                    continue
                request = Request(operation, world, target)
                if parameter["in"] == "query":
                    request.query[parameter["name"]] = seed
                else:
                    own = isolation_world.PLAIN_PARAMETERS.get(parameter["name"], target)
                    request.path = request.path.replace(str(own), urllib.parse.quote(seed, safe=""))
                yield f"{parameter['in']} {parameter['name']}", request
            if operation.body_schema is None:
                continue
            for name, schema in operation.body_schema.get("properties", {}).items():
                schema = resolve(schema)
                kinds = [resolve(s).get("type") for s in schema.get("anyOf", [schema])]
                request = Request(operation, world, target)
                if "string" in kinds and "enum" not in schema:
                    request.body[name] = seed
                elif "array" in kinds:
                    request.body[name] = [seed]
                else:
                    continue
                yield f"body {name}", request

    def test_hostile_strings_in_every_field_change_nothing_of_another(self):
        before = self.snapshot(self.acme)
        tried = 0
        for operation in self.operations:
            if operation.is_of_operators or operation.takes_bytes or operation.id == "tailEvents":
                continue
            for where, request in self.string_fields(operation):
                with self.subTest(operation=operation.id, where=where):
                    status, text = ask(self.beta.admin, request)
                    self.assertLess(status, 500, text[:300])
                    if is_success(status):
                        self.assert_nothing_of(self.acme, text, where)
                    tried += 1
        self.assert_unchanged(before, self.snapshot(self.acme))
        self.assertEqual(self.snapshot(self.beta)["listRoles"][0], 200)
        print(f"isolation: {tried} hostile strings")

    def test_what_was_secret_is_in_no_log(self):
        """After all of the above: passwords, tokens and keys that were used, and the hostile ones of a log in."""
        made = self.acme.admin.post("/api-keys", {"name": "for the log", "rights": ["agents:read"]})["key"]
        request = Request(next(o for o in self.operations if o.id == "listAgents"), self.acme)
        self.assertEqual(ask(self.acme.admin, request, token=False, headers={"Authorization": f"Bearer {made}x"})[0], 401)
        log = (self.stack.folder / "manager.log").read_text(errors="replace")
        secrets = [made, "Given-By-Others-31", isolation_world.PASSWORD]
        secrets += [client.token for world in (self.operators, self.acme, self.beta) for client in world.clients.values()]
        for secret in secrets:
            self.assertNotIn(secret, log)
