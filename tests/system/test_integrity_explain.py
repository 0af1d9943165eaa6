"""warder integrity check --explain-…, and trees that are odd: names, sizes, kinds, and mounts that come later."""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

BIN = pathlib.Path(os.environ.get("WARDER_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/dev/bin"))
WARDER = BIN / "warder"
ENTRIES = 1_000_000 if os.environ.get("WARDER_LONG") == "1" else 50_000


def run(*arguments):
    return subprocess.run([WARDER, "integrity", *map(str, arguments)], capture_output=True, text=True, check=False)


def must(command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Trees(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="warder-explain-"))
        self.addCleanup(shutil.rmtree, self.top, True)
        self.root = self.top / "root"
        self.root.mkdir()
        must(["mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", self.root])
        self.addCleanup(must, ["umount", "-l", self.root])
        self.tree = self.root / "usr/bin"
        self.tree.mkdir(parents=True)
        (self.top / "rules.xml").write_text('<FileSet base="/usr/bin" onChange="true"/>')
        self.store = ["--rules", self.top / "rules.xml", "--root", self.root, "--db", self.top / "db"]

    def check(self, *options):
        result = run("check", *self.store, "--json", *options)
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        return result.returncode, {row["key"]: row for row in rows}, result.stderr


class Explained(Trees):
    def test_a_package_a_ticket_an_approval_and_a_golden_host(self):
        info = self.root / "var/lib/dpkg/info"
        info.mkdir(parents=True)
        (info / "../status").resolve().write_text("Package: tool\nStatus: install ok installed\nVersion: 2.0\n")
        (info / "tool.list").write_text("/usr/bin/tool\n/usr/bin/other\n")
        for name in ("tool", "other", "motd", "golden", "late"):
            (self.tree / name).write_text("old " + name)
        self.assertEqual(run("baseline", *self.store).returncode, 0)
        # The golden host has one file as it will be here.
        golden = self.top / "golden.db"
        (self.tree / "golden").write_text("new golden")
        self.assertEqual(run("baseline", *self.store[:-1], golden).returncode, 0)
        (self.tree / "tool").write_text("new tool")
        (self.tree / "other").write_text("trojan")
        (self.tree / "motd").write_text("approved")
        (self.tree / "late").write_text("late")
        digest = hashlib.md5(b"new tool").hexdigest()
        (info / "tool.md5sums").write_text(f"{digest}  usr/bin/tool\n{digest}  usr/bin/other\n")
        allowed = self.top / "allowed"
        allowed.write_text(
            "# changes that were asked for\n"
            f"approved=alice path=/usr/bin/motd sha256={hashlib.sha256(b'approved').hexdigest()}\n"
            "ticket=CHG-7 from=2020-01-01T00:00:00Z to=2099-01-01T00:00:00Z path=/usr/bin/l*\n"
        )
        code, rows, error = self.check()
        self.assertEqual((code, len(rows)), (1, 5), error)
        self.assertTrue(all("explained_by" not in row for row in rows.values()))
        code, rows, error = self.check("--explain-packages", "--explain-allowed", allowed, "--explain-golden", golden)
        self.assertEqual(code, 1, error)
        told = {key[9:]: (row.get("explained_by"), row["severity"]) for key, row in rows.items()}
        self.assertEqual(
            told,
            {
                "tool": ("package tool 2.0", "info"),
                "motd": ("approval of alice", "info"),
                "late": ("ticket CHG-7", "info"),
                "golden": ("golden host", "info"),
                "other": (None, "medium"),
            },
        )
        (self.tree / "other").write_text("new tool")
        code, _, error = self.check("--explain-packages", "--explain-allowed", allowed, "--explain-golden", golden)
        self.assertEqual(code, 0, error)  # all is explained
        os.chmod(self.tree / "tool", 0o4755)
        code, rows, _ = self.check("--explain-packages", "--explain-allowed", allowed, "--explain-golden", golden)
        self.assertEqual(code, 1)  # no package says anything of a set-uid bit
        self.assertNotIn("explained_by", rows["/usr/bin/tool"])

    def test_an_allowance_that_is_wrong_is_refused_by_its_line(self):
        (self.tree / "a").write_text("a")
        self.assertEqual(run("baseline", *self.store).returncode, 0)
        (self.top / "allowed").write_text("\nticket=1\n")
        code, _, error = self.check("--explain-allowed", self.top / "allowed")
        self.assertEqual(code, 2)
        self.assertIn("line 2", error)


class Odd(Trees):
    def test_a_directory_with_very_many_entries(self):
        for i in range(ENTRIES):
            os.close(os.open(self.tree / f"file-{i:07}", os.O_CREAT | os.O_WRONLY))
        self.assertEqual(run("baseline", *self.store).returncode, 0)
        code, rows, error = self.check()
        self.assertEqual((code, rows), (0, {}), error)
        os.remove(self.tree / f"file-{ENTRIES - 1:07}")
        (self.tree / "file-0000007").write_text("x")
        (self.tree / "new").write_text("y")
        for options in ([], ["--quick"]):
            code, rows, error = self.check(*options)
            self.assertEqual(code, 1, error)
            found = sorted((row["change"], key[9:]) for key, row in rows.items())
            self.assertEqual(
                found, [("created", "new"), ("deleted", f"file-{ENTRIES - 1:07}"), ("updated", "file-0000007")]
            )

    def test_a_file_that_grows_while_it_is_read_ends(self):
        (self.tree / "log").write_bytes(b"x" * 4_000_000)
        (self.tree / "still").write_text("still")
        stop = threading.Event()

        def grow():
            with open(self.tree / "log", "ab", buffering=0) as file:
                while not stop.is_set() and file.tell() < 200_000_000:
                    file.write(b"y" * 65536)

        writer = threading.Thread(target=grow)
        writer.start()
        try:
            self.assertEqual(run("baseline", *self.store).returncode, 0)
            code, rows, error = self.check()
        finally:
            stop.set()
            writer.join()
        self.assertIn(code, (0, 1), error)
        self.assertLessEqual(set(rows), {"/usr/bin/log"})

    def test_odd_names_sockets_and_pipes(self):
        names = [b"new\nline", b"\xff\xfe", b"\xe2\x82", b" ", b"'\"\\", b"\x1b[31m", b"n" * 255]
        for name in names:
            os.close(os.open(os.fsencode(self.tree) + b"/" + name, os.O_CREAT | os.O_WRONLY))
        self.assertEqual(run("baseline", *self.store).returncode, 0)
        self.assertEqual(self.check()[0], 0)
        for name in names:
            os.remove(os.fsencode(self.tree) + b"/" + name)
        os.mkfifo(self.tree / "pipe")
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        here = os.getcwd()
        os.chdir(self.tree)
        server.bind("socket")
        os.chdir(here)
        code, rows, error = self.check()
        self.assertEqual(code, 1, error)
        self.assertEqual(sum(row["change"] == "deleted" for row in rows.values()), len(names))
        self.assertIn("/usr/bin/\\xff\\xfe", rows)
        self.assertEqual(rows["/usr/bin/pipe"]["is"]["type"], "fifo")
        self.assertEqual(rows["/usr/bin/socket"]["is"]["type"], "socket")

    def test_a_mount_that_comes_later_is_watched(self):
        (self.tree / "on").mkdir()
        self.assertEqual(run("baseline", *self.store).returncode, 0)
        watch = subprocess.Popen(
            [WARDER, "integrity", "watch", *map(str, self.store), "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self.assertIn("watching", watch.stderr.readline())
        must(["mount", "-t", "tmpfs", "tmpfs", self.tree / "on"])
        self.addCleanup(must, ["umount", "-l", self.tree / "on"])
        (self.tree / "on/first").write_text("1")
        keys = []
        for line in watch.stdout:
            keys.append(json.loads(line)["key"])
            if keys[-1] == "/usr/bin/on/first":
                break
        (self.tree / "on/second").write_text("2")  # the new file system is marked by now
        for line in watch.stdout:
            keys.append(json.loads(line)["key"])
            if keys[-1] == "/usr/bin/on/second":
                break
        watch.send_signal(signal.SIGTERM)
        watch.stdout.read()
        self.assertEqual(watch.wait(timeout=60), 1)
        watch.stdout.close()
        watch.stderr.close()
        self.assertIn("/usr/bin/on/second", keys)


if __name__ == "__main__":
    unittest.main()
