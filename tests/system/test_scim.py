"""People and groups as an identity provider pushes them by SCIM: a user's whole life, and patches against a model of the RFC."""
import copy
import json
import os
import random
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

from stack import BIN, Api, ApiError, Stack

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Scim:
    """An identity provider's client."""

    def __init__(self, api, key):
        self.base, self.context, self.key = api.base.removesuffix("/api/v1") + "/scim/v2", api.context, key

    def ask(self, method, path, body=None, headers=None, **query):
        url = self.base + path + ("?" + urllib.parse.urlencode(query) if query else "")
        request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), method=method, headers={
            "Authorization": "Bearer " + self.key, "Content-Type": "application/scim+json", **(headers or {})})
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=30) as answer:
                content = answer.read()
                return answer.status, json.loads(content) if content else None
        except urllib.error.HTTPError as error:
            content = error.read()
            return error.code, json.loads(content) if content.startswith(b"{") else None

    def patch(self, path, *operations, **headers):
        return self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, headers)


class Refused(Exception):
    pass


class Model:
    """What RFC 7644 section 3.5.2 says of the attributes that the test uses, written from the RFC alone."""
    SINGLE = ("displayName", "active")
    NAME = ("givenName", "familyName", "middleName")

    def __init__(self, state):
        self.state = copy.deepcopy(state)

    def run(self, operations):
        for operation in operations:
            verb, path, value = operation["op"].lower(), operation.get("path"), operation.get("value")
            if path is None:
                for name, one in value.items():
                    self.apply(verb, name, one)
            else:
                self.apply(verb, path, value)

    def apply(self, verb, path, value):
        if path in self.SINGLE:
            self.set(self.state, path, None if verb == "remove" else self.boolean(path, value), verb)
        elif path == "name":
            parts = self.state.setdefault("name", {})
            for part, one in ({} if verb == "remove" else value).items():
                self.set(parts, part, one, "replace")
            if verb == "remove":
                parts.clear()
        elif path.startswith("name."):
            self.set(self.state.setdefault("name", {}), path[5:], None if verb == "remove" else value, "replace")
        elif path == "emails":
            self.emails(verb, value)
        else:
            self.chosen_emails(verb, path, value)
        for empty in [name for name, one in self.state.items() if one in ({}, [])]:
            del self.state[empty]

    @staticmethod
    def boolean(path, value):
        return value.lower() == "true" if path == "active" and isinstance(value, str) else value

    @staticmethod
    def set(target, name, value, verb):
        if value is not None:
            target[name] = value
        elif verb != "add":
            target.pop(name, None)

    def emails(self, verb, value):
        if verb == "remove":
            self.state.pop("emails", None)
            return
        kept = [] if verb == "replace" else self.state.get("emails", [])
        for one in copy.deepcopy(value):
            if any((e.get("value"), e.get("type")) == (one.get("value"), one.get("type")) for e in kept):
                continue
            if one.get("primary"):
                self.no_other_primary(kept)
            kept.append(one)
        self.state["emails"] = kept

    @staticmethod
    def no_other_primary(emails):
        for email in emails:
            if email.get("primary"):
                email["primary"] = False

    def chosen_emails(self, verb, path, value):
        choice, _, part = path.removeprefix("emails[").partition("]")
        wanted = choice.split('"')[1]
        emails = self.state.get("emails", [])
        chosen = [e for e in emails if e.get("type", "").lower() == wanted.lower()]
        part = part.removeprefix(".")
        if verb == "remove":
            for email in chosen:
                email.pop(part, None) if part else emails.remove(email)
            self.state["emails"] = [e for e in emails if e]
            return
        if not chosen:
            if verb == "replace":
                raise Refused("noTarget")
            chosen = [{"type": wanted}]
            self.state.setdefault("emails", emails).append(chosen[0])
        for email in chosen:
            if part == "primary" and value:
                self.no_other_primary(self.state["emails"])
            email[part] = value


class Dice:
    """Patches as identity providers send them, from a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def operations(self):
        return [self.operation() for _ in range(self.random.randint(1, 4))]

    def operation(self):
        verb = self.random.choice(["add", "replace", "remove"])
        path, value = self.random.choice([self.single, self.name_part, self.name, self.emails, self.chosen])()
        operation = {"op": self.random.choice([verb, verb.title(), verb.upper()])}
        if verb == "remove":
            return {**operation, "path": path}
        if self.random.random() < 0.3 and "[" not in path:
            return {**operation, "value": {path: value}}
        return {**operation, "path": path, "value": value}

    def word(self):
        return self.random.choice(["Ann", "Bo", "佐藤", "O'Neil \"x\"", "Lind-Ås"])

    def single(self):
        if self.random.random() < 0.4:
            return "active", self.random.choice([True, False, "True", "False"])
        return "displayName", self.random.choice([self.word(), None])

    def name_part(self):
        return "name." + self.random.choice(Model.NAME), self.word()

    def name(self):
        return "name", {part: self.random.choice([self.word(), None]) for part in self.random.sample(Model.NAME, 2)}

    def email(self):
        email = {"value": f"m{self.random.randint(1, 3)}@example.org", "type": self.random.choice(["work", "home"])}
        if self.random.random() < 0.4:
            email["primary"] = True
        return email

    def emails(self):
        return "emails", [self.email() for _ in range(self.random.randint(1, 3))]

    def chosen(self):
        path = f'emails[type eq "{self.random.choice(["work", "home", "WORK"])}"].'
        return self.random.choice([(path + "value", f"n{self.random.randint(1, 3)}@example.org"), (path + "display", self.word()), (path + "primary", True)])


class Provisioning(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack("warder-test-scim-")
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        cls.stack.initialise()
        cls.api = cls.stack.api
        file = cls.stack.folder / "provider.json"
        file.write_text(json.dumps({"kind": "scim", "settings": {}, "mappings": [
            {"group": "Ops", "roles": ["operator"]}, {"group": "Auditors", "roles": ["auditor"]}]}))
        cls.cli("sso", "add", "Directory", "--file", file)
        cls.scim = Scim(cls.api, json.loads(cls.cli("--json", "sso", "token", "Directory", "--expires", "30d"))["key"])

    @classmethod
    def cli(cls, *words):
        run = subprocess.run([BIN / "warder", *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, env={
            **os.environ, "HOME": str(cls.stack.folder), "WARDER_URL": cls.api.base.removesuffix("/api/v1"),
            "WARDER_CA_FILE": str(cls.stack.manager_data / "ca.pem"), "WARDER_TOKEN": cls.api.token})
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout

    def made(self, answer, status=201):
        self.assertEqual(answer[0], status, answer[1])
        return answer[1]

    def user(self, name):
        return next((user for user in self.api.pages("/users") if user["username"] == name), None)

    def key_of(self, user):
        """The API as a program of the user's."""
        program = Api(self.api.base.removesuffix("/api/v1"), str(self.stack.manager_data / "ca.pem"))
        program.token = self.api.post("/api-keys", {"name": "of " + user["username"], "rights": ["agents:read"], "user_id": user["id"]})["key"]
        return program

    def test_a_users_whole_life(self):
        ann = self.made(self.scim.ask("POST", "/Users", {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann", "externalId": "0001", "active": True, "title": "Boss",
            "name": {"givenName": "Ann", "familyName": "Lind"}, "emails": [{"value": "ann@example.org", "type": "work", "primary": True}]}))
        person = "/Users/" + ann["id"]
        self.assertNotIn("title", ann, "what is not needed is not kept")
        self.assertIsNone(self.user("ann"), "no group gives a role")
        self.assertEqual(self.made(self.scim.ask("GET", "/Users", filter='externalId eq "0001"'), 200)["Resources"][0]["id"], ann["id"])

        ops = self.made(self.scim.ask("POST", "/Groups", {"displayName": "Ops"}))
        group = "/Groups/" + ops["id"]
        self.made(self.scim.patch(group, {"op": "Add", "path": "members", "value": [{"value": ann["id"]}]}), 200)
        user = self.user("ann")
        self.assertEqual((user["roles"], user["display_name"], user["email"], user["source"]["name"]), (["operator"], "Ann Lind", "ann@example.org", "Directory"))
        self.assertEqual(self.made(self.scim.ask("GET", person), 200)["groups"][0]["display"], "Ops")
        with self.assertRaises(ApiError) as refused:
            self.api.post(f"/users/{user['id']}/password-reset", None)
        self.assertEqual(refused.exception.status, 409, "she has no password here")

        program = self.key_of(user)
        program.get("/agents")
        self.made(self.scim.patch(person, {"op": "Replace", "path": "active", "value": "False"}), 200)
        with self.assertRaises(ApiError) as refused:
            program.get("/agents")
        self.assertEqual(refused.exception.status, 401)
        self.assertTrue(self.user("ann")["disabled"])
        self.made(self.scim.patch(person, {"op": "replace", "value": {"active": True}}), 200)
        program.get("/agents")

        auditors = self.made(self.scim.ask("POST", "/Groups", {"displayName": "Auditors", "members": [{"value": ann["id"]}]}))
        self.made(self.scim.patch(group, {"op": "remove", "path": f'members[value eq "{ann["id"]}"]'}), 200)
        self.assertEqual(self.user("ann")["roles"], ["auditor"])

        version = self.made(self.scim.ask("GET", person), 200)["meta"]["version"]
        changed = {"schemas": ann["schemas"], "userName": "ann.lind", "displayName": "Ann B."}
        self.assertEqual(self.scim.ask("PUT", person, changed, {"If-Match": 'W/"99"'})[0], 412)
        self.made(self.scim.ask("PUT", person, changed, {"If-Match": version}), 200)
        self.assertIsNone(self.user("ann"))
        self.assertEqual(self.user("ann.lind")["display_name"], "Ann B.")
        status, error = self.scim.ask("POST", "/Users", {"userName": "ANN.LIND"})
        self.assertEqual((status, error["scimType"], error["status"]), (409, "uniqueness", "409"))

        self.assertEqual(self.scim.ask("DELETE", person)[0], 204)
        self.assertEqual(self.scim.ask("GET", person)[0], 404)
        self.assertIsNone(self.user("ann.lind"))
        with self.assertRaises(ApiError) as refused:
            program.get("/agents")
        self.assertEqual(refused.exception.status, 401)
        self.assertNotIn("members", self.made(self.scim.ask("GET", "/Groups/" + auditors["id"]), 200))
        actions = [entry["action"] for entry in self.api.pages("/audit")]
        for action in ("scim.user.create", "user.create", "scim.group.update", "user.update", "scim.user.delete", "user.delete"):
            self.assertIn(action, actions)
        self.assertTrue(self.api.get("/audit/verification")["intact"])

    def test_a_local_user_is_never_taken_over(self):
        taken = self.made(self.scim.ask("POST", "/Users", {"userName": "admin"}))
        status, error = self.scim.ask("POST", "/Groups", {"displayName": "Ops", "members": [{"value": taken["id"]}]})
        self.assertEqual((status, error["scimType"]), (409, "uniqueness"))
        self.assertIsNone(self.user("admin")["source"])
        self.assertEqual(self.scim.ask("DELETE", "/Users/" + taken["id"])[0], 204)
        self.assertIsNotNone(self.user("admin"))

    def test_hostile_texts_are_texts(self):
        for seed in ("' OR '1'='1", "'; DROP TABLE scim_people; --", "$1", "?1", "<script>", "\u202e", "x" * 1000):
            made = self.made(self.scim.ask("POST", "/Users", {"userName": "h" + str(abs(hash(seed)) % 10**8), "displayName": seed, "externalId": seed}))
            found = self.made(self.scim.ask("GET", "/Users", filter="externalId eq " + json.dumps(seed)), 200)
            self.assertEqual([one["id"] for one in found["Resources"]], [made["id"]])
            self.assertEqual(found["Resources"][0]["displayName"], seed)
            self.assertEqual(self.scim.ask("DELETE", "/Users/" + made["id"])[0], 204)
        for text in ("userName eq \"" + "x" * 5000, "(" * 500, 'userName eq "\u0000"', "'; --"):
            self.assertEqual(self.scim.ask("GET", "/Users", filter=text)[0], 400, text)

    def test_patches_do_what_the_rfc_says(self):
        dice = Dice(20261127)
        person = self.made(self.scim.ask("POST", "/Users", {"userName": "dice"}))
        path, state, refusals = "/Users/" + person["id"], {"active": True}, 0
        for turn in range(250):
            operations = dice.operations()
            model = Model(state)
            with self.subTest(turn=turn, operations=operations, before=state):
                try:
                    model.run(operations)
                    status, shown = self.scim.patch(path, *operations)
                    self.assertEqual(status, 200, shown)
                    # Whoever says nothing of it is active.
                    state = {"active": True, **model.state}
                except Refused as refused:
                    refusals += 1
                    status, error = self.scim.patch(path, *operations)
                    self.assertEqual((status, error.get("scimType")), (400, str(refused)), error)
                shown = self.made(self.scim.ask("GET", path), 200)
                self.assertEqual({k: v for k, v in shown.items() if k not in ("schemas", "id", "userName", "meta")}, state)
        self.assertGreater(refusals, 5)


if __name__ == "__main__":
    unittest.main()
