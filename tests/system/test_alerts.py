"""Alerts from what happens to whom it calls: a manager, an agent and a mail server as they are, killed on the way."""
import collections
import datetime
import unittest

from mail_server import MailServer
from stack import PASSWORD, Api, Stack, wait_until

FIRST, SECOND, SOC, PULSE = "first@example.com", "second@example.com", "soc@example.com", "pulse@example.com"
LEAST_WAIT_S = 60  # of an escalation


def in_seconds(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Alerts(unittest.TestCase):
    def setUp(self):
        self.stack = Stack("warder-test-alerts-")
        self.addCleanup(lambda: self.stack.__exit__(*((None,) * 3 if self.succeeded else (AssertionError, None, None))))
        self.succeeded = False
        self.mail = MailServer(self.stack.folder / "mail")
        self.addCleanup(self.mail.kill)

    @property
    def api(self):
        return self.stack.api

    def channel(self, name, *to):
        return self.api.post("/notice-channels", {"name": name, "kind": "mail", "settings": self.mail.settings(*to)})["id"]

    def person(self, name, address):
        return self.api.post("/users", {"username": name, "password": "Given-By-Others-31", "roles": ["auditor"], "email": address})["id"]

    def rota(self, channel):
        """The first is told at once, the second when nobody acknowledges."""
        people = [self.person("first", FIRST), self.person("second", SECOND)]
        return self.api.post("/rotas", {"name": "on call", "channel": channel, "members": [{"user": each} for each in people],
                                        "levels": [{"order": [each], "wait_s": LEAST_WAIT_S} for each in people]})

    def alert(self, rule, **query):
        """The newest of the rule; None when there is none."""
        return next(iter(self.api.get("/alerts", rule=rule, **query)["items"]), None)

    def declare(self, title):
        """An alert of a rule of the catalogue, without an agent: its id."""
        known = {each["id"] for each in self.api.pages("/alerts", rule="incident-declared")}
        self.api.post("/incidents", {"title": title})
        return wait_until("the alert", lambda: next((each["id"] for each in self.api.pages("/alerts", rule="incident-declared")
                                                     if each["id"] not in known), None))

    def notices(self, alert):
        return self.api.get("/notices", about=f"alert:{alert}")["items"]

    def mails_of(self, notice):
        return [mail for mail in self.mail.mails() if notice["id"] in mail["id"]]

    def kill_manager(self):
        self.stack.manager.kill()

    def restart_manager(self):
        token = self.api.token
        self.stack.start_manager()
        self.stack.api = Api(f"https://127.0.0.1:{self.stack.api_port}", str(self.stack.manager_data / "ca.pem"))
        self.stack.api.token = token

    def test_a_silent_agent_calls_one_after_the_other_until_somebody_acknowledges(self):
        self.stack.up()
        rota = self.rota(self.channel("mail"))
        self.assertEqual([shift["user"] for shift in rota["on_call"]], [member["user"] for member in rota["members"]])
        self.api.post("/alert-routes", {"name": "severe", "severity": "high", "rules": ["agent-silent"], "rota": rota["id"]})
        self.api.change("/alert-rules/agent-silent", {"fire_at": 1, "resolve_at": 1})

        self.stack.agent.kill()
        opened = wait_until("the first is told", lambda: self.mail.mails(FIRST, "silent"))[0]
        alert = self.alert("agent-silent")
        self.assertEqual((alert["state"], alert["severity"], alert["level"]), ("open", "high", 0))
        self.assertEqual(alert["group"]["agent"], self.stack.agent_id)
        self.assertIn(alert["group"]["host.name"], opened["subject"])
        self.assertIn("systemctl status warder-agent", opened["body"])
        self.assertEqual(opened["defects"], [])
        self.assertEqual(self.mail.mails(SECOND), [])
        second = wait_until("the second is told", lambda: self.mail.mails(SECOND), LEAST_WAIT_S + 40)[0]
        waited = self.api.get(f"/alerts/{alert['id']}")
        self.assertEqual((waited["state"], waited["level"], waited["escalates"]), ("open", 1, None))
        self.assertIn(alert["group"]["host.name"], second["subject"])
        self.api.post(f"/alerts/{alert['id']}/comments", {"text": "the rack has no power"})
        acknowledged = self.api.post(f"/alerts/{alert['id']}/acknowledge")
        self.assertEqual(acknowledged["state"], "acknowledged")

        self.stack.start_agent()
        for address in (FIRST, SECOND):
            wait_until(f"{address} hears of the end", lambda address=address: len(self.mail.mails(address)) == 2)
            self.assertTrue(self.mail.mails(address)[1]["subject"].startswith("[primary] [high] Resolved"), self.mail.mails(address)[1]["subject"])
        self.assertEqual(self.api.get(f"/alerts/{alert['id']}")["state"], "resolved")
        self.assertEqual(len(self.mail.mails()), 4)
        self.assertEqual(len({mail["id"] for mail in self.mail.mails()}), 4)
        told = collections.Counter(event["type"] for event in self.api.events('type:"alert.*"') if event["fields"]["alert.id"] == alert["id"])
        self.assertEqual(told, {"alert.opened": 1, "alert.escalated": 1, "alert.acknowledged": 1, "alert.resolved": 1})
        self.assertIn("alert.acknowledge", [entry["action"] for entry in self.api.get("/audit", limit=100)["items"]])
        self.succeeded = True

    def test_a_manager_that_is_killed_between_alert_and_mail_tells_everything(self):
        self.stack.initialise()
        self.api.post("/alert-routes", {"name": "all", "channels": [self.channel("mail", SOC)]})
        # Killed while the mail server has taken the mail and has not said so: told again, as the same mail.
        self.mail.become("hang")
        taken = self.declare("taken but not said")
        wait_until("the mail server has it", self.mail.mails)
        self.kill_manager()
        self.mail.become("defer")
        self.restart_manager()
        # Killed while the mail server takes nothing.
        waits = self.declare("not taken")
        wait_until("it was tried", lambda: [each for each in self.notices(waits) if each["tries"] > 0])
        self.kill_manager()
        self.assertEqual(len(self.mail.mails()), 1)
        # Killed as soon as it is declared, wherever the alert is by then.
        self.restart_manager()
        self.api.post("/incidents", {"title": "declared and nothing else"})
        self.kill_manager()
        self.mail.become("up")
        self.restart_manager()
        alerts = wait_until("three alerts", lambda: (lambda all: all if len(all) == 3 else None)(self.api.get("/alerts", rule="incident-declared")["items"]))
        self.assertLessEqual({taken, waits}, {each["id"] for each in alerts})
        for alert in alerts:
            wait_until("it is sent", lambda alert=alert: [each["state"] for each in self.notices(alert["id"])] == ["sent"], 180)
        sent = {alert["id"]: self.mails_of(self.notices(alert["id"])[0]) for alert in alerts}
        self.assertEqual(len(sent.pop(taken)), 2, "the same mail once more, by its id")
        self.assertEqual([len(mails) for mails in sent.values()], [1, 1])
        self.assertEqual(len({mail["id"] for mail in self.mail.mails()}), 3)
        opened = collections.Counter(event["fields"]["alert.id"] for event in self.api.events("type:alert.opened"))
        self.assertEqual(set(opened.values()), {1})
        self.succeeded = True

    def test_a_backup_that_is_overdue_is_an_alert_until_there_is_one(self):
        shelf = self.stack.folder / "backups"
        self.stack.manager_toml.write_text(self.stack.manager_toml.read_text() + f'backup_directory = "{shelf}"\n')
        self.stack.initialise()
        self.assertIsNone(self.alert("backup-overdue"), "not before it has been due for two hours")
        self.api.change("/alert-rules/backup-overdue", {"fire_at": 0, "resolve_at": 0})
        alert = wait_until("the alert", lambda: self.alert("backup-overdue"))
        self.assertEqual((alert["state"], alert["value"]), ("open", 0))
        shelf.mkdir()
        self.api.post("/backups")
        wait_until("it is over", lambda: self.api.get(f"/alerts/{alert['id']}")["state"] == "resolved")
        self.succeeded = True

    def test_a_silence_is_quiet_until_its_end_and_signs_of_life_go_on(self):
        self.stack.initialise()
        self.api.post("/alert-routes", {"name": "all", "channels": [self.channel("mail", SOC)]})
        self.api.post("/alert-heartbeats", {"name": "pulse", "channel": self.channel("pulse", PULSE), "interval_s": 10})
        silence = self.api.post("/alert-silences", {"name": "drill", "rule": "incident-declared", "until": in_seconds(600), "reason": "a drill"})
        self.assertTrue(silence["owner"].startswith("user:"))
        quiet = self.declare("a drill")
        self.assertEqual(self.api.get(f"/alerts/{quiet}")["state"], "silenced")
        self.assertEqual(self.notices(quiet), [])
        # What it does not match is told meanwhile.
        self.api.change("/alert-rules/login-failures", {"fire_at": 1, "resolve_at": 1})
        stranger = Api(self.api.base.removesuffix("/api/v1"), str(self.stack.manager_data / "ca.pem"))
        with self.assertRaises(Exception):
            stranger.login(PASSWORD + "-wrong")
        wait_until("the other alert is told", lambda: self.mail.mails(SOC, "failed logins"))
        self.assertEqual(len(self.mail.mails(SOC)), 1)
        short = self.api.post("/alert-silences", {"name": "short", "rule": "incident-declared", "until": in_seconds(4), "reason": "over by itself"})
        self.api.request("DELETE", f"/alert-silences/{silence['id']}", headers={"If-Match": "*"})
        wait_until("told at the end of the silence", lambda: len(self.mail.mails(SOC)) == 2)
        self.assertEqual(self.api.get(f"/alerts/{quiet}")["state"], "open")
        self.assertLessEqual(short["until"], in_seconds(0))
        # Signs of life come one after the other while their channel takes them; when it does not, that is an alert.
        wait_until("two signs of life", lambda: len(self.mail.mails(PULSE)) >= 2)
        self.assertEqual(len({mail["id"] for mail in self.mail.mails(PULSE)}), len(self.mail.mails(PULSE)))
        self.mail.become("defer")
        wait_until("their absence is seen", lambda: self.alert("heartbeat-stopped", state="open"))
        self.mail.become("up")
        wait_until("it is over", lambda: self.alert("heartbeat-stopped", state="resolved"))
        self.succeeded = True


if __name__ == "__main__":
    unittest.main()
