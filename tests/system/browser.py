#!/usr/bin/env python3
"""Runs the console's browser tests against a real manager with a real agent's events."""
import base64
import contextlib
import os
import signal
import subprocess
import sys
import unittest

from document_visitor import Visitor, pdf_of
from oidc_provider import SECRET, Provider, install
from stack import PASSWORD, ROOT, Api, Stack, wait_until

sys.path.insert(0, str(ROOT / "tests/netns"))
from antimalware_world import EICAR, children_by_name  # noqa: E402: beside the tests of the kernel


def seed_events(stack):
    for i in range(40):
        (stack.watched / f"service-{i:02d}.conf").write_text(f"port = {8000 + i}\n")
    wait_until("seeded events", lambda: len(stack.api.events('type:"integrity.file.created"')) >= 40)
    for i in range(0, 40, 4):
        os.chmod(stack.watched / f"service-{i:02d}.conf", 0o666)
    (stack.watched / "service-39.conf").unlink()
    wait_until("attribute events", lambda: stack.api.events('type:"integrity.file.attributes"'))


SECOND = "Temporary-Kumquat-27"


def seed_quarantine(stack):
    """A scan takes a file away."""
    files, signatures = stack.folder / "upload", stack.folder / "signatures"
    files.mkdir()
    signatures.mkdir()
    (files / "bad.bin").write_bytes(EICAR)
    stack.set_policy({"integrity": {"watch": [str(stack.watched)]},
                      "anti-malware": {"mode": "prevent", "real_time": "off", "watch": [str(files)], "on_infected": "quarantine",
                                       "signature_folders": [str(signatures)], "scan_paths": [str(files)]}})

    def is_on():
        record = stack.agent_record()
        return record["policy_state"] == "applied" and any(m["module"] == "anti-malware" and m["state"] != "off" for m in record["modules"])

    wait_until("anti-malware", is_on, 120)
    stack.api.post(f"/agents/{stack.agent_id}/commands", {"module": "anti-malware", "name": "scan", "arguments": {"kind": "full"}})
    wait_until("the file to be taken away", lambda: not (files / "bad.bin").exists(), 90)


def add_firewall_policy(stack):
    """Of no host: nothing of it is put into force."""
    ports = [("no-telnet", "deny", 2, "23"), ("telnet", "force-allow", 1, "23"), ("web", "allow", 0, "443")]
    rules = [{"id": name, "action": action, "priority": priority, "protocol": "tcp", "destination_ports": [port]} for name, action, priority, port in ports]
    stack.api.post("/policies", {"name": "Web servers", "document": {"firewall": {"mode": "inline", "rules": rules}}})


def end_guards(stack):
    """A killed agent leaves the guard for a minute."""
    for pids in children_by_name(stack.folder).values():
        for pid in pids:
            os.kill(pid, signal.SIGKILL)


def add_second_person(stack):
    stack.api.post("/users", {"username": "second", "password": SECOND, "roles": ["full-access"]})
    other = Api(stack.api.base.removesuffix("/api/v1"), str(stack.manager_data / "ca.pem"))
    other.login(SECOND, "second")
    other.request("PUT", "/session/password", {"current": SECOND, "new": PASSWORD + "2"})
    other.login(PASSWORD + "2", "second")
    return other


def seed_document_requests(stack, reviewer):
    """A document, and two people who ask for it from the public page."""
    stack.api.post("/trust/terms", {"en": "Keep it to yourself.", "ja": "秘密にしてください。"})
    filed = stack.api.post("/trust/evidence", {
        "commitment": "tc-13b", "title": "Penetration test, summary", "owner": "olga", "on_request": True, "issued": "2026-01-01T00:00:00Z",
        "expires": "2099-01-01T00:00:00Z", "attachment": base64.b64encode(pdf_of("Findings")).decode()})["id"]
    reviewer.post(f"/trust/evidence/{filed}/review")
    for mail in ("hanako@example.com", "taro@example.com"):
        Visitor(stack).ask(filed, mail=mail)


def seed_alerts(stack):
    for title in ("a host sends mail", "a file is gone"):
        stack.api.post("/incidents", {"title": title})
    wait_until("alerts", lambda: len(stack.api.get("/alerts", rule="incident-declared")["items"]) == 2)


def add_identity_provider(stack, provider, url):
    """"Example ID", where ann is an operator."""
    made = stack.api.post("/identity-providers", {
        "kind": "oidc", "name": "Example ID", "settings": {"issuer": provider.issuer, "client_id": "warder-ES256"}, "secret": SECRET,
        "mappings": [{"group": "ops", "roles": ["operator"]}]})
    callback = f"{url}/api/v1/sso/primary/{made['id']}/callback"
    provider.start([callback], {"ann": {"preferred_username": "ann", "name": "Ann Example", "groups": ["ops"]}})


def main():
    with Stack() as stack, contextlib.ExitStack() as ends:
        install()
        provider = Provider(stack.folder, "127.0.0.1")
        ends.callback(provider.stop)
        # A name, because browsers bind passkeys to names alone.
        url = f"https://localhost:{stack.api_port}"
        (stack.folder / "backups").mkdir()
        with open(stack.manager_toml, "a", encoding="utf-8") as settings:
            settings.write(f'console_url = "{url}"\nsso_ca_file = "{provider.ca}"\nsso_allowed_networks = ["127.0.0.1"]\n'
                           f'backup_directory = "{stack.folder / "backups"}"\n')
        stack.up()
        seed_events(stack)
        ends.callback(end_guards, stack)
        seed_quarantine(stack)
        seed_document_requests(stack, add_second_person(stack))
        add_firewall_policy(stack)
        seed_alerts(stack)
        add_identity_provider(stack, provider, url)
        environment = {**os.environ, "WARDER_URL": url, "WARDER_USER": "admin",
                       "WARDER_PASSWORD": PASSWORD, "WARDER_WATCHED": str(stack.watched), "WARDER_SSO": "Example ID", "WARDER_SECOND": f"second:{PASSWORD}2"}
        return subprocess.run([ROOT / "web/run", "e2e"], env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except unittest.SkipTest as reason:
        print(f"browser tests not run: {reason}")
