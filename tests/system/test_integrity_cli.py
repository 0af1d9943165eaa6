"""warder integrity against thousands of random changes, on each file system that can be made here.

What must be found is worked out from the test's own record of what it did, never from what the program says."""
import hashlib
import json
import mmap
import os
import pathlib
import random
import shutil
import signal
import stat
import struct
import subprocess
import tempfile
import time
import unittest

BIN = pathlib.Path(os.environ.get("WARDER_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/dev/bin"))
WARDER = BIN / "warder"
SEED = int(os.environ.get("WARDER_SEED", time.time_ns() % 1_000_000))
STEPS = int(os.environ.get("WARDER_STEPS", "1500"))
RULES = '<FileSet base="/t" onChange="true"><exclude key="**/*.ignored"/></FileSet>'


def run(*arguments):
    return subprocess.run([WARDER, "integrity", *map(str, arguments)], capture_output=True, text=True, check=False)


def must(command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class World:
    """A tree that is changed at random, and a record of which file is where."""

    def __init__(self, top, rng):
        self.top, self.rng, self.last = str(top), rng, 0
        self.files = {}  # path → number of the file there
        self.count = 0

    def directories(self):
        return [directory for directory, _, _ in os.walk(self.top)]

    def name(self):
        self.count += 1
        odd = self.rng.choice(["", "", "", "\n", "\udcff", " ", "ä", "'\"\\", "x" * 150])
        return f"n{self.count}{odd}"

    def place(self):
        return os.path.join(self.rng.choice(self.directories()), self.name())

    def any(self):
        return self.rng.choice(sorted(self.files)) if self.files else None

    def new(self, path):
        self.last += 1
        self.files[path] = self.last

    def create(self):
        path = self.place()
        kind = self.rng.randrange(12)
        if kind == 0:
            os.symlink(self.rng.choice(["a", "/etc/passwd", "."]), path)
        elif kind == 1:
            os.mkfifo(path)
        else:
            pathlib.Path(path).write_bytes(self.rng.randbytes(self.rng.randrange(3000)))
        self.new(path)

    def step(self):
        choice = self.rng.randrange(17)
        path = self.any()
        if choice <= 2 or path is None:
            return self.create()
        is_file = stat.S_ISREG(os.lstat(path).st_mode)
        if choice == 3 and is_file:
            with open(path, "ab") as file:
                file.write(b"more")
        elif choice == 4 and is_file:
            os.truncate(path, self.rng.randrange(100))
        elif choice == 5:
            other = self.place()
            pathlib.Path(other).write_bytes(self.rng.randbytes(20))
            os.rename(other, path)
            self.new(path)
        elif choice == 6 and not os.path.islink(path):
            os.chmod(path, self.rng.choice([0o600, 0o644, 0o755, 0o4755]))
        elif choice == 7:
            os.chown(path, self.rng.randrange(3), self.rng.randrange(3), follow_symlinks=False)
        elif choice == 8 and is_file:
            os.setxattr(path, "user.test", str(self.count).encode())
            self.count += 1
        elif choice == 9 and is_file:
            to = self.place()
            os.link(path, to)
            self.files[to] = self.files[path]
        elif choice == 10:
            os.remove(path)
            del self.files[path]
        elif choice == 11:
            to = self.place()
            os.rename(path, to)
            self.files[to] = self.files.pop(path)
        elif choice == 12:
            os.mkdir(self.place())
        elif choice == 13 and is_file and os.path.getsize(path) > 0:
            with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
                mapped[0] ^= 0x5A  # no write(2) tells of it
        elif choice == 14 and is_file:
            # version 2 with the flag "effective": linux/capability.h
            os.setxattr(path, "security.capability", struct.pack("<IIIII", 0x02000001, 1 << self.rng.randrange(20), 0, 0, 0))
        elif choice == 15:
            shortly = self.place()
            pathlib.Path(shortly).write_bytes(b"gone in a moment")
            os.remove(shortly)
        else:
            self.move_directory()
        return None

    def move_directory(self):
        source = self.rng.choice(self.directories())
        target = self.place()
        if source == self.top or target.startswith(source + "/"):
            return
        os.rename(source, target)
        for path in [p for p in self.files if p.startswith(source + "/")]:
            self.files[target + path[len(source) :]] = self.files.pop(path)

    def state(self):
        """path → (number, everything that STANDARD watches)"""
        seen = {}
        for path, number in self.files.items():
            info = os.lstat(path)
            content = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest() if stat.S_ISREG(info.st_mode) else ""
            target = os.readlink(path) if stat.S_ISLNK(info.st_mode) else ""
            extended = ""
            if stat.S_ISREG(info.st_mode):
                extended = str([(n, os.getxattr(path, n)) for n in sorted(os.listxattr(path))])
            seen[path] = (number, (info.st_mode, info.st_uid, info.st_gid, info.st_mtime_ns, content, target, extended))
        return seen


def escaped(path):
    return "".join(f"\\x{ord(c) - 0xDC00:02x}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in path)


def expected_changes(was, now, key):
    found = {(("updated", key(p), None)) for p in was if p in now and was[p] != now[p]}
    gone, come = {}, {}
    for path in sorted(was):
        if path not in now:
            gone.setdefault(was[path][0], []).append(path)
    for path in sorted(now):
        if path not in was:
            come.setdefault(now[path][0], []).append(path)
    for number, paths in come.items():
        old = gone.get(number, [])
        for path in paths:
            found.add(("renamed", key(path), key(old.pop(0))) if old else ("created", key(path), None))
    found |= {("deleted", key(p), None) for paths in gone.values() for p in paths}
    return found


class IntegrityCommand(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="warder-integrity-"))
        self.addCleanup(shutil.rmtree, self.top, True)
        (self.top / "rules.xml").write_text(RULES)

    def mount(self, kind):
        root = self.top / kind
        root.mkdir()
        if kind == "tmpfs":
            must(["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", root])
        elif kind == "overlay":
            for part in ("lower/t", "upper", "work"):
                (self.top / part).mkdir(parents=True)
            options = f"lowerdir={self.top}/lower,upperdir={self.top}/upper,workdir={self.top}/work"
            must(["mount", "-t", "overlay", "-o", options, "overlay", root])
        else:
            if shutil.which(f"mkfs.{kind}") is None:
                self.skipTest(f"no mkfs.{kind} here")
            image = self.top / f"{kind}.img"
            with open(image, "wb") as file:
                file.truncate(400 << 20)
            must([f"mkfs.{kind}", image])
            try:
                must(["mount", "-o", "loop", image, root])
            except subprocess.CalledProcessError:
                self.skipTest(f"this kernel cannot mount {kind}")
        self.addCleanup(must, ["umount", "-l", root])
        (root / "t").mkdir(exist_ok=True)
        return root

    def check_random_changes(self, kind):
        root = self.mount(kind)
        rng = random.Random(SEED)
        world = World(root / "t", rng)
        for _ in range(150):
            world.create()
        store = ["--rules", self.top / "rules.xml", "--root", root, "--db", self.top / "db"]
        result = run("baseline", *store)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(run("check", *store, "--json").returncode, 0)
        was = world.state()
        for _ in range(STEPS):
            world.step()
        now = world.state()

        def key(path):
            return escaped(path[len(str(root)) :])

        expected = expected_changes(was, now, key)
        for options in ([], ["--quick"], ["--threads", "1"]):
            result = run("check", *store, "--json", *options)
            found = set()
            for line in result.stdout.splitlines():
                row = json.loads(line)
                old = row["was"]["key"] if row["change"] == "renamed" else None
                found.add((row["change"], row["key"], old))
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertEqual(sorted(found - expected, key=str), [], f"invented; seed {SEED}, {kind}, {options}")
            self.assertEqual(sorted(expected - found, key=str), [], f"missed; seed {SEED}, {kind}, {options}")

    def test_tmpfs(self):
        self.check_random_changes("tmpfs")

    def test_ext4(self):
        self.check_random_changes("ext4")

    def test_overlay(self):
        self.check_random_changes("overlay")

    def test_xfs(self):
        self.check_random_changes("xfs")

    def test_btrfs(self):
        self.check_random_changes("btrfs")

    def test_the_watch_sees_what_a_check_would(self):
        root = self.mount("tmpfs")
        world = World(root / "t", random.Random(SEED))
        for _ in range(100):
            world.create()
        store = ["--rules", self.top / "rules.xml", "--root", root, "--db", self.top / "db"]
        self.assertEqual(run("baseline", *store).returncode, 0)
        watch = subprocess.Popen(
            [WARDER, "integrity", "watch", *map(str, store), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.assertIn("watching", watch.stderr.readline())
        for _ in range(STEPS):
            world.step()
        (root / "t/last").write_text("the end")
        lines = []
        for line in watch.stdout:
            lines.append(json.loads(line))
            if lines[-1]["key"] == "/t/last":
                break
        watch.send_signal(signal.SIGTERM)
        lines += [json.loads(line) for line in watch.stdout]
        self.assertEqual(watch.wait(timeout=60), 1)
        watch.stdout.close()
        watch.stderr.close()
        told = {row["key"] for row in lines} | {row["was"]["key"] for row in lines if row["change"] == "renamed"}
        for line in run("check", *store, "--json").stdout.splitlines():
            row = json.loads(line)
            for key in {row["key"], row["was"]["key"] if row["change"] == "renamed" else row["key"]}:
                self.assertTrue(key in told, f"seed {SEED}: {row['change']} {key!r} was not told")
        self.assertTrue(all(row["actor"] is None or row["actor"]["pid"] > 0 for row in lines))

    def test_a_process_that_has_ended_is_named(self):
        root = self.mount("tmpfs")
        store = ["--rules", self.top / "rules.xml", "--root", root, "--db", self.top / "db"]
        self.assertEqual(run("baseline", *store).returncode, 0)
        watch = subprocess.Popen(
            [WARDER, "integrity", "watch", *map(str, store), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        how = watch.stderr.readline()
        self.assertIn("watching", how)
        names = [f"/t/f{i}" for i in range(30)]
        for name in names:
            must(["touch", f"{root}{name}"])
        rows = []
        while {row["key"] for row in rows} < set(names):
            rows.append(json.loads(watch.stdout.readline()))
        watch.send_signal(signal.SIGTERM)
        rows += [json.loads(line) for line in watch.communicate(timeout=60)[0].splitlines()]
        self.assertEqual(watch.returncode, 1)
        actors = [row["actor"] for row in rows if row["actor"]]
        for actor in actors:
            self.assertEqual(actor["executable"], os.path.realpath(shutil.which("touch")))
            self.assertTrue(actor["command_line"].startswith("touch "), actor)
            self.assertEqual(actor["user"], 0)
        if "ebpf" in how:  # elsewhere some have ended before they could be looked at, and are unknown
            self.assertEqual(len(actors), len(rows))

    def test_lost_events_are_looked_for_where_they_were(self):
        root = self.mount("tmpfs")
        store = ["--rules", self.top / "rules.xml", "--root", root, "--db", self.top / "db"]
        self.assertEqual(run("baseline", *store).returncode, 0)
        errors = open(self.top / "errors", "w+", encoding="utf-8")
        self.addCleanup(errors.close)
        watch = subprocess.Popen([WARDER, "integrity", "watch", *map(str, store), "--json"], stdout=subprocess.PIPE, stderr=errors, text=True)
        while "watching" not in (self.top / "errors").read_text():
            self.assertIsNone(watch.poll())
        watch.send_signal(signal.SIGSTOP)
        count = int(pathlib.Path("/proc/sys/fs/fanotify/max_queued_events").read_text()) + 1000
        for i in range(count):
            (root / f"t/f{i}").touch()
        watch.send_signal(signal.SIGCONT)
        told = set()
        while len(told) < count:
            told.add(json.loads(watch.stdout.readline())["key"])
        watch.send_signal(signal.SIGTERM)
        watch.communicate(timeout=60)
        self.assertEqual(watch.returncode, 1)
        self.assertIn(f"events were lost below {root};", (self.top / "errors").read_text())

    def test_hostile_trees_do_no_harm(self):
        root = self.mount("tmpfs")
        tree = root / "t"
        os.symlink("/", tree / "out")
        os.symlink("loop", tree / "loop")
        os.mkfifo(tree / "pipe")
        (tree / "sparse").write_bytes(b"")
        os.truncate(tree / "sparse", 64 << 20)
        must(["mount", "-t", "proc", "proc", self.make(tree / "proc")])
        self.addCleanup(must, ["umount", "-l", tree / "proc"])
        must(["mount", "--bind", tree, self.make(tree / "bind")])
        self.addCleanup(must, ["umount", "-l", tree / "bind"])
        deep = os.open(tree, os.O_PATH)
        for _ in range(30):  # 6,000 bytes of path
            os.mkdir("p" * 200, dir_fd=deep)
            deep, old = os.open("p" * 200, os.O_PATH, dir_fd=deep), deep
            os.close(old)
        os.close(os.open("leaf", os.O_CREAT | os.O_WRONLY, dir_fd=deep))
        os.close(deep)
        rules = self.top / "all.xml"
        rules.write_text('<FileSet base="/t" followLinks="true"><exclude key="proc/**"/></FileSet>')
        store = ["--rules", rules, "--root", root, "--db", self.top / "db"]
        result = run("baseline", *store)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(run("check", *store, "--json").stdout, "")
        rules.write_text('<FileSet base="/t/proc/self/net"/>')
        self.assertEqual(run("baseline", *store).returncode, 0)

    def make(self, path):
        path.mkdir()
        return path

    def test_lists_of_an_image_are_compared(self):
        root = self.mount("tmpfs")
        (root / "etc/cron.d").mkdir(parents=True)
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\nbob:x:1000:1000::/home/bob:/bin/sh\n")
        (root / "etc/group").write_text("root:x:0:\nsudo:x:27:\nbob:x:1000:\n")
        (root / "etc/cron.d/job").write_text("0 1 * * * root /bin/true\n")
        rules = self.top / "lists.xml"
        rules.write_text('<UserSet/><GroupSet><include key="sudo"/></GroupSet><CronSet/><ProcessSet/>')
        store = ["--rules", rules, "--root", root, "--db", self.top / "db"]
        self.assertEqual(run("baseline", *store).returncode, 0)
        self.assertEqual(run("check", *store, "--json").stdout, "")
        (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\nbob:x:0:1000::/home/bob:/bin/sh\neve:x:1:1::/:/bin/sh\n")
        (root / "etc/group").write_text("root:x:0:\nsudo:x:27:bob\nbob:x:1000:\nnew:x:5:\n")
        (root / "etc/cron.d/job").unlink()
        result = run("check", *store, "--json")
        self.assertEqual(result.returncode, 1, result.stderr)
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        found = sorted((row["change"], row["entity"], row["key"]) for row in rows)
        self.assertEqual(
            found,
            [
                ("created", "UserSet", "eve"),
                ("deleted", "CronSet", "/etc/cron.d/job /bin/true"),
                ("updated", "GroupSet", "sudo"),
                ("updated", "UserSet", "bob"),
            ],
        )
        bob = next(row for row in rows if row["key"] == "bob")
        self.assertEqual((bob["was"]["uid"], bob["is"]["uid"]), ("1000", "0"))

    def test_an_edited_baseline_is_found_out(self):
        root = self.mount("tmpfs")
        (root / "t/a").write_text("a")
        key = self.top / "key"
        key.write_text("0123456789abcdef0123456789abcdef")
        store = ["--rules", self.top / "rules.xml", "--root", root, "--db", self.top / "db"]
        self.assertEqual(run("baseline", *store, "--seal-key", key).returncode, 0)
        self.assertEqual(run("check", *store, "--seal-key", key).returncode, 0)
        self.assertEqual(run("check", *store).returncode, 2)
        whole = bytearray((self.top / "db").read_bytes())
        for at in (0, 5000, len(whole) // 2, len(whole) - 1):
            edited = bytearray(whole)
            edited[at] ^= 1
            (self.top / "db").write_bytes(edited)
            self.assertEqual(run("check", *store, "--seal-key", key).returncode, 2, at)
        (self.top / "db").write_bytes(whole[: len(whole) // 2])
        self.assertEqual(run("check", *store, "--seal-key", key).returncode, 2)


if __name__ == "__main__":
    unittest.main()
