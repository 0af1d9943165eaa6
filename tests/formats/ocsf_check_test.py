#!/usr/bin/env python3
"""The judge of OCSF events finds each kind of mistake in an event that is good."""
import copy
import unittest

import ocsf_check

FINDING = {
    "class_uid": 2004, "class_name": "Detection Finding", "category_uid": 2, "category_name": "Findings", "activity_id": 1,
    "activity_name": "Create", "type_uid": 200401, "type_name": "Detection Finding: Create", "severity_id": 4, "severity": "High",
    "time": 1795341600500, "message": "m", "status_id": 1, "status": "New", "action_id": 2, "action": "Denied", "disposition_id": 3,
    "disposition": "Quarantined", "is_alert": True, "count": 1,
    "metadata": {"version": "1.8.0", "uid": "u", "profiles": ["host", "security_control"], "product": {"name": "p", "vendor_name": "v"}},
    "device": {"hostname": "h", "uid": "a", "type_id": 1, "type": "Server"},
    "actor": {"user": {"name": "root", "uid": "0"}},
    "attacks": [{"technique": {"uid": "T1110"}}],
    "malware": [{"name": "Eicar", "classification_ids": [0], "classifications": ["Unknown"]}],
    "evidences": [{"file": {"name": "f", "path": "/f", "type_id": 1, "type": "Regular File", "hashes": [{"algorithm_id": 3, "value": "ab"}]},
                   "src_endpoint": {"ip": "2001:db8::1", "port": 65535, "mac": "02:42:ac:11:00:02"}}],
    "finding_info": {"uid": "u", "title": "t", "analytic": {"uid": "1", "type_id": 1, "type": "Rule"}},
    "observables": [{"name": "device.hostname", "type_id": 1, "type": "Hostname", "value": "h"}],
    "unmapped": {"anything": [1, {}]},
}
LOGIN = {
    "class_uid": 3002, "category_uid": 3, "activity_id": 99, "activity_name": "Something", "type_uid": 300299, "severity_id": 1,
    "time": 1795341600500, "metadata": {"version": "1.8.0", "product": {"name": "p"}}, "user": {"name": "u"}, "service": {"name": "sshd"},
}


class OcsfCheck(unittest.TestCase):
    schema = ocsf_check.Schema()

    def judge(self, event, path=None, value=None):
        """Verdict on the event with one member set, or taken out when the value is None."""
        changed = copy.deepcopy(event)
        if path:
            holder = changed
            *steps, last = path
            for step in steps:
                holder = holder[step]
            if value is None:
                del holder[last]
            else:
                holder[last] = value
        return self.schema.judge(changed)

    def assert_found(self, event, path, value, words):
        errors = self.judge(event, path, value)
        self.assertTrue(any(words in error for error in errors), f"{path} = {value!r}: {errors}")

    def test_good_events_are_good(self):
        self.assertEqual(self.judge(FINDING), [])
        self.assertEqual(self.judge(LOGIN), [])

    def test_what_is_no_event(self):
        self.assertTrue(self.schema.judge([]))
        self.assertTrue(self.schema.judge({}))
        for uid in (2001, True, "2004", None):
            self.assertTrue(self.schema.judge({**FINDING, "class_uid": uid}), uid)

    def test_unknown_attributes(self):
        self.assert_found(FINDING, ["foo"], 1, "foo: is unknown")
        self.assert_found(FINDING, ["device", "foo"], 1, "device.foo: is unknown")
        self.assert_found(FINDING, ["evidences", 0, "file", "mode"], "0644", "evidences[0].file.mode: is unknown")
        self.assert_found(FINDING, ["metadata", "product", "colour"], "red", "is unknown")
        self.assert_found(LOGIN, ["finding_info"], {"uid": "u"}, "finding_info: is unknown")

    def test_missing_required(self):
        for path in (["metadata"], ["time"], ["severity_id"], ["activity_id"], ["category_uid"], ["type_uid"], ["finding_info"],
                     ["finding_info", "uid"], ["metadata", "version"], ["metadata", "product"], ["device", "type_id"],
                     ["malware", 0, "classification_ids"], ["evidences", 0, "file", "name"], ["evidences", 0, "file", "hashes", 0, "value"]):
            self.assert_found(FINDING, path, None, f"{path[-1]}: is missing")
        self.assert_found(LOGIN, ["user"], None, "user: is missing")

    def test_wrong_types(self):
        for path, value in ((["time"], "2026-11-22T10:00:00Z"), (["time"], 1795341600), (["time"], 1795341600500.5), (["time"], 1795341600500000),
                            (["severity_id"], "4"), (["severity_id"], True), (["is_alert"], 1), (["message"], 1), (["message"], ["m"]),
                            (["count"], 2**31), (["device"], "h"), (["device"], [{}]), (["evidences"], {}), (["evidences"], []),
                            (["malware", 0, "classification_ids"], 0), (["metadata", "profiles"], "host"), (["unmapped"], "x"),
                            (["evidences", 0, "src_endpoint", "ip"], "192.0.2"), (["evidences", 0, "src_endpoint", "ip"], "host"),
                            (["evidences", 0, "src_endpoint", "port"], 65536), (["evidences", 0, "src_endpoint", "port"], -1),
                            (["evidences", 0, "src_endpoint", "mac"], "0242ac110002"), (["actor", "user", "uid"], 0)):
            self.assertTrue(self.judge(FINDING, path, value), f"{path} = {value!r}")

    def test_numbers_that_are_none_of_an_enumeration(self):
        for path, value in ((["severity_id"], 7), (["activity_id"], 4), (["action_id"], 99), (["disposition_id"], 28), (["status_id"], 7),
                            (["category_uid"], 3), (["device", "type_id"], 16), (["evidences", 0, "file", "type_id"], 9),
                            (["malware", 0, "classification_ids"], [12]), (["observables", 0, "type_id"], 100)):
            self.assert_found(FINDING, path, value, "none of its numbers")
        self.assert_found(LOGIN, ["activity_id"], 8, "none of its numbers")

    def test_texts_that_say_something_else(self):
        for path, value in ((["severity"], "Low"), (["activity_name"], "Update"), (["action"], "Allowed"), (["disposition"], "Blocked"),
                            (["status"], "Success"), (["class_name"], "Base Event"), (["category_name"], "Discovery"), (["device", "type"], "Desktop"),
                            (["malware", 0, "classifications"], ["Virus"]), (["finding_info", "analytic", "type"], "rule")):
            self.assert_found(FINDING, path, value, "not ")
        self.assert_found(FINDING, ["malware", 0, "classifications"], ["Unknown", "Virus"], "as many texts")
        self.assert_found(FINDING, ["type_name"], "Detection Finding: Update", "type_name")
        self.assert_found(LOGIN, ["activity_name"], None, "Other without a text")

    def test_type_uid(self):
        self.assert_found(FINDING, ["type_uid"], 200402, "type_uid: 200402, not 200401")
        self.assert_found(FINDING, ["activity_id"], 2, "type_uid")

    def test_profiles(self):
        for key in ("action_id", "disposition_id", "attacks"):
            self.assert_found(FINDING, ["metadata", "profiles"], ["host"], f"{key}: needs the profile security_control")
        self.assert_found(FINDING, ["metadata", "profiles"], ["security_control"], "actor: needs the profile host")
        self.assert_found(FINDING, ["metadata", "profiles"], None, "needs the profile")
        self.assert_found(FINDING, ["metadata", "profiles"], ["host", "security_control", "hosts"], "'hosts' is no profile")
        self.assertEqual([e for e in self.judge(FINDING, ["metadata", "profiles"], ["host"]) if e.startswith(("device", "malware", "is_alert"))], [])

    def test_constraints(self):
        self.assert_found(LOGIN, ["service"], None, "needs one of service, dst_endpoint")
        self.assert_found(FINDING, ["actor"], {}, "actor.: needs one of")
        self.assert_found(FINDING, ["attacks"], [{"version": "1"}], "needs one of tactic, technique, sub_technique")
        self.assert_found(FINDING, ["evidences"], [{"name": "n"}], "needs one of")
        self.assert_found(FINDING, ["evidences", 0, "process"], {"name": "n"}, "needs one of pid, uid")
        self.assert_found(FINDING, ["evidences", 0, "src_endpoint"], {"port": 1}, "needs one of ip")
        schema = ocsf_check.Schema()
        schema.classes = {**schema.classes, "3002": {**schema.classes["3002"], "just_one": ["service", "dst_endpoint"]}}
        self.assertEqual(schema.judge(LOGIN), [])
        self.assertTrue(any("just one of" in e for e in schema.judge({**LOGIN, "dst_endpoint": {"uid": "u"}})))

    def test_version(self):
        self.assert_found(FINDING, ["metadata", "version"], "1.7.0", "metadata.version")


if __name__ == "__main__":
    unittest.main()
