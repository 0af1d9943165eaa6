"""Rules tried on captures and files over REST: found by the engines of hosts, in processes that strangers' bytes cannot leave."""
import struct
import unittest

from stack import ApiError, Stack

RULE = b'drop udp any any -> any 53 (msg:"a name that nobody wants"; content:"unwanted"; sid:5;)\n'
YARA = b'rule own_rule { strings: $a = "unwanted" condition: $a }\n'


def packet(payload):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 1, 0, 64, 17, 0, bytes([192, 0, 2, 1]), bytes([198, 51, 100, 2]))
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    head = head[:10] + struct.pack(">H", ~total & 0xFFFF) + head[12:]
    return head + struct.pack(">HHHH", 40000, 53, 8 + len(payload), 0) + payload


def capture(*payloads):
    out = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for payload in payloads:
        body = packet(payload)
        out += struct.pack("<IIII", 1700000000, 0, len(body), len(body)) + body
    return out


class RuleTrials(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack()
        cls.addClassCleanup(cls.stack.__exit__, None, None, None)
        cls.stack.__enter__()
        cls.stack.initialise()

    def send(self, path, rules, sample, **query):
        return self.stack.api.request("POST", path, rules + sample, {"Content-Type": "application/octet-stream"},
                                      {"rules_bytes": len(rules), **query})

    def refused(self, status, path, rules, sample, **query):
        with self.assertRaises(ApiError) as caught:
            self.send(path, rules, sample, **query)
        self.assertEqual(caught.exception.status, status)

    def test_a_capture_is_judged_by_own_rules_and_the_product_s(self):
        result = self.send("/capture-rule-tests", RULE, capture(b"fine", b"an unwanted one"))
        self.assertTrue(result["complete"], result)
        self.assertGreater(result["rules"], 50)
        self.assertEqual([(f["rule"], f["packet"], f["blocked"]) for f in result["findings"]], [("1:5", 2, True)])
        alone = self.send("/capture-rule-tests", RULE + b"alert nonsense\n", capture(b"fine"), with_packs="false")
        self.assertEqual((alone["rules"], alone["total"], alone["problems"][0]["line"]), (1, 0, 2))

    def test_what_is_no_capture_is_said_to_be_none(self):
        whole = capture(b"unwanted", b"unwanted")
        cut = self.send("/capture-rule-tests", RULE, whole[:-5], with_packs="false")
        self.assertEqual((cut["complete"], cut["total"]), (False, 1))
        self.assertFalse(self.send("/capture-rule-tests", RULE, b"no capture", with_packs="false")["complete"])
        self.refused(400, "/capture-rule-tests", b"", b"x", rules_bytes=2)
        self.refused(413, "/capture-rule-tests", b"", bytes((16 << 20) + 1))

    def test_own_rules_read_no_file_of_the_manager(self):
        rule = b"alert udp any any -> any any (dataset:isset,x,type string,load /etc/passwd; sid:6;)\n"
        result = self.send("/capture-rule-tests", rule, capture(b"fine"), with_packs="false")
        self.assertEqual((result["rules"], len(result["problems"])), (0, 1))

    def test_a_file_is_judged_by_yara_rules_and_signatures(self):
        found = self.send("/file-rule-tests", YARA, b"an unwanted one", name="sample.txt")
        self.assertEqual((found["verdict"], found["engine"], found["signature"]), ("infected", "yara", "own_rule"))
        self.assertEqual(self.send("/file-rule-tests", YARA, b"fine")["verdict"], "clean")
        broken = self.send("/file-rule-tests", b"rule broken { condition: nothing }\n", b"fine")
        self.assertIn("undefined identifier", broken["warnings"][0])
        reading = self.send("/file-rule-tests", b'include "/etc/passwd"\n', b"fine")
        self.assertEqual((reading["rules"], len(reading["warnings"])), (0, 1))
        self.assertNotIn("root", reading["warnings"][0])


if __name__ == "__main__":
    unittest.main()
