"""warder scan: the same verdicts as clamscan and yara with the same signatures, and no file that stops the others."""
import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile
import tempfile
import time
import unittest
import zipfile

BIN = pathlib.Path(os.environ.get("WARDER_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/dev/bin"))
WARDER = BIN / "warder"
TESTFILES = pathlib.Path("/usr/share/clamav-testfiles")  # Debian package clamav-testfiles
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*"  # in two halves on purpose
MARKER = b"WARDER-TEST-MARKER"


def scan(*arguments, **options):
    done = subprocess.run([WARDER, "scan", "--json", *map(str, arguments)], capture_output=True, text=True, check=False, **options)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {row["path"]: row for row in rows}, done.stderr


def children_of(pid):
    """Process ids of all descendants, as /proc tells them now."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(text.rsplit(")", 1)[1].split()[1])
    found, last = set(), {pid}
    while last:
        last = {child for child, parent in parents.items() if parent in last}
        found |= last
    return found


class Scan(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="warder-test-scan-")))
        self.signatures = self.top / "signatures"
        self.files = self.top / "files"
        self.signatures.mkdir()
        self.files.mkdir()

    def clamav(self):
        body = (TESTFILES / "clam.exe").read_bytes()
        (self.signatures / "file.hdb").write_text(f"{hashlib.md5(body).hexdigest()}:{len(body)}:Test.File\n")
        (self.signatures / "body.ndb").write_text(f"Test.Body:0:*:{MARKER.hex()}\n")

    def yara(self, condition="$a", name="has_marker"):
        (self.signatures / f"{name}.yar").write_text(f'rule {name} {{ strings: $a = "{MARKER.decode()}" condition: {condition} }}\n')

    def test_each_verdict_has_its_engine_and_its_exit_code(self):
        self.yara()
        (self.signatures / "known.sha256").write_text(hashlib.sha256(b"indicator").hexdigest() + "  Known.Bad\n")
        clean = self.files / "clean"
        clean.write_text("nothing")
        self.assertEqual(scan("--signatures", self.signatures, self.files)[0], 0)
        (self.files / "eicar.com").write_text(EICAR)
        (self.files / "marked").write_bytes(b"x" + MARKER)
        (self.files / "indicator").write_text("indicator")
        (self.files / "empty").touch()
        (self.files / "invoice.pdf.sh").write_text("#!/bin/sh\n")
        (self.files / "link").symlink_to("eicar.com")
        os.mkfifo(self.files / "fifo")
        (self.files / "big").write_bytes(bytes(3 << 20))
        (self.files / "bytes\udcff").write_text("x")
        code, rows, _ = scan("--signatures", self.signatures, "--max-file-mb", 2, self.files)
        self.assertEqual(code, 1)
        seen = {path.removeprefix(f"{self.files}/"): (row["verdict"], row["engine"], row["signature"]) for path, row in rows.items()}
        self.assertEqual(seen, {
            "clean": ("clean", None, None), "empty": ("clean", None, None), "bytes\\xff": ("clean", None, None),
            "eicar.com": ("infected", "builtin", "EICAR-Test-File"), "marked": ("infected", "yara", "has_marker"),
            "indicator": ("infected", "hash", "Known.Bad"), "invoice.pdf.sh": ("suspicious", "heuristic", "double-extension"),
            "link": ("skipped", None, None), "fifo": ("skipped", None, None), "big": ("skipped", None, None)})
        self.assertEqual(rows[str(clean)]["sha256"], hashlib.sha256(b"nothing").hexdigest())
        self.assertIn("2097152 bytes", rows[str(self.files / "big")]["reason"])
        self.assertEqual(scan("--signatures", self.signatures, self.files / "absent")[0], 2)
        self.assertEqual(scan("--signatures", self.top / "absent", self.files)[0], 2)
        self.assertEqual(scan("--signatures", self.files, self.files)[0], 2, "nothing to scan with is not clean")

    def test_the_same_verdicts_as_clamscan(self):
        self.clamav()
        body = (TESTFILES / "clam.exe").read_bytes()
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("clam.exe", body)
        with zipfile.ZipFile(self.files / "nested.zip", "w") as archive:
            archive.writestr("inner.zip", inner.getvalue())
        with tarfile.open(self.files / "marked.tar.xz", "w:xz") as archive:
            entry = tarfile.TarInfo("marked")
            entry.size = len(MARKER)
            archive.addfile(entry, io.BytesIO(MARKER))
        (self.files / "harmless.txt").write_text("nothing")
        (self.files / "cut.zip").write_bytes(inner.getvalue()[:-40])
        places = [str(TESTFILES), str(self.files)]
        peer = subprocess.run(["clamscan", "-d", self.signatures, "-r", "--no-summary", *places], capture_output=True, text=True, check=False)
        theirs = {}
        for line in peer.stdout.splitlines():
            path, _, verdict = line.rpartition(": ")
            theirs[path] = verdict.removesuffix(" FOUND") if verdict.endswith(" FOUND") else None
        self.assertGreater(sum(1 for verdict in theirs.values() if verdict), 40)
        code, rows, _ = scan("--signatures", self.signatures, "--no-heuristics", *places)
        self.assertEqual(code, peer.returncode)
        self.assertEqual({path: row["signature"] for path, row in rows.items()}, theirs)

    def test_the_same_verdicts_as_yara(self):
        self.yara("#a > 1 and filesize < 1KB", "twice")
        self.yara('filename matches /^odd/', "odd_name")
        (self.signatures / "broken.yar").write_text("rule broken { condition: nothing_known }\n")
        for number in range(6):
            (self.files / f"{'odd' if number % 3 == 0 else 'even'}{number}").write_bytes(MARKER * (number % 3) + b"x" * number * 400)
        (self.files / "odd-empty").touch()
        theirs = {}
        for rule in ("twice", "odd_name"):
            for file in sorted(self.files.iterdir()):
                peer = subprocess.run(["yara", "-d", f"filename={file.name}", self.signatures / f"{rule}.yar", file],
                                      capture_output=True, text=True, check=False)
                if peer.stdout.startswith(rule):
                    theirs.setdefault(str(file), set()).add(rule)
        _, rows, errors = scan("--signatures", self.signatures, self.files)
        self.assertIn("broken.yar:1: undefined identifier", errors)
        self.assertTrue(theirs)
        for file in self.files.iterdir():
            found = rows[str(file)]["signature"]
            self.assertTrue(found in theirs.get(str(file), {None}), (file, found, theirs.get(str(file))))

    def test_what_was_clean_is_not_read_again_until_it_or_the_signatures_change(self):
        self.yara()
        file = self.files / "file"
        file.write_text("clean now")
        cache = self.top / "cache"
        run = ("--signatures", self.signatures, "--cache", cache, self.files)
        scan(*run)
        before = cache.stat().st_size
        read = subprocess.run(["strace", "-f", "-e", "trace=pread64", "-o", self.top / "trace", WARDER, "scan", *map(str, run)],
                              capture_output=True, check=False)
        self.assertEqual(read.returncode, 0)
        self.assertNotIn('"clean now"', (self.top / "trace").read_text())
        self.assertEqual(cache.stat().st_size, before)
        file.write_bytes(MARKER)
        self.assertEqual(scan(*run)[0], 1)
        file.write_text("clean now")
        scan(*run)
        (self.signatures / "known.sha256").write_text(hashlib.sha256(b"clean now").hexdigest() + "\n")
        self.assertEqual(scan(*run)[0], 1)
        cache.write_bytes(cache.read_bytes()[:-1])
        code, _, errors = scan(*run)
        self.assertEqual(code, 1)
        self.assertIn("damaged", errors)

    def test_scanning_processes_have_no_privileges(self):
        self.yara("$a or for all i in (0..2000000000) : (uint8(i % 100) != 0x01)", "slow")
        (self.files / "slow").write_bytes(b"x" * 200)
        with subprocess.Popen([WARDER, "scan", "--json", "--max-seconds", "3", "--signatures", self.signatures, self.files],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            deadline = time.monotonic() + 60
            states = []
            while time.monotonic() < deadline and running.poll() is None and not states:
                for pid in children_of(running.pid):
                    try:
                        fields = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
                        if fields["Seccomp"].strip() == "2":
                            states.append((fields, os.readlink(f"/proc/{pid}/root")))
                    except (OSError, KeyError):
                        continue
            out, _ = running.communicate()
        self.assertTrue(states, "no process was seen at work")
        fields, root = states[0]
        self.assertEqual(fields["Uid"].split(), ["65534"] * 4)
        self.assertEqual(fields["CapEff"].strip(), "0" * 16)
        self.assertEqual(fields["NoNewPrivs"].strip(), "1")
        self.assertIn("warder-scan-", root)
        self.assertFalse(pathlib.Path(root).exists(), "the temporary directory was left behind")
        row = json.loads(out.splitlines()[0])
        self.assertEqual(row["verdict"], "error")
        self.assertIn("not finished", row["reason"])

    def test_a_killed_process_costs_its_file_and_no_other(self):
        self.clamav()
        for number in range(400):
            (self.files / f"f{number:03}").write_bytes(os.urandom(20_000) + (MARKER if number % 10 == 0 else b""))
        with subprocess.Popen([WARDER, "scan", "--json", "--signatures", self.signatures, self.files],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
            rows, killed = [], 0
            for line in running.stdout:  # each finding is written at once: the moments to kill at
                rows.append(json.loads(line))
                for pid in children_of(running.pid) if len(rows) % 40 == 0 else ():
                    try:
                        is_child = b"warder-scanner" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
                        parent = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
                        if is_child and parent != running.pid:
                            os.kill(pid, 9)
                            killed += 1
                    except OSError:
                        continue
            code = running.wait()
        self.assertGreater(killed, 0)
        self.assertEqual(len(rows), 400)
        self.assertEqual(code, 1)
        errors = [row for row in rows if row["verdict"] == "error"]
        self.assertLessEqual(len(errors), killed)
        for row in rows:
            is_marked = int(row["path"][-3:]) % 10 == 0
            self.assertIn(row["verdict"], ("infected", "error") if is_marked else ("clean", "error"), row)

    def test_files_similar_to_a_known_one_are_suspicious(self):
        words = [hashlib.sha256(str(i).encode()).hexdigest()[:6] for i in range(4000)]
        known, variant = self.files / "known", self.files / "variant"
        known.write_text(" ".join(words))
        words[100:110] = ["another", "few", "words"]
        variant.write_text(" ".join(words))
        (self.files / "other").write_bytes(os.urandom(20_000))
        (self.files / "short").write_text("short")
        # The digest as the library of the same name computes it, read from the index of a list of one.
        digest = subprocess.run([WARDER, "signatures", "hash", known], capture_output=True, text=True, check=True).stdout.split()[0]
        self.assertTrue(digest.startswith("T1"), digest)
        (self.signatures / "near.tlsh").write_text(f"{digest} Family.A\n")
        code, rows, _ = scan("--signatures", self.signatures, self.files)
        self.assertEqual(code, 0)  # suspicion alone is no finding
        row = rows[str(variant)]
        self.assertEqual((row["verdict"], row["engine"], row["signature"]), ("suspicious", "tlsh", "Family.A"))
        self.assertIn("distance", row["reason"])
        self.assertEqual(rows[str(known)]["reason"], "similar to a known file: TLSH distance 0")
        self.assertEqual([rows[str(self.files / name)]["verdict"] for name in ("other", "short")], ["clean", "clean"])
        _, rows, _ = scan("--signatures", self.signatures, "--tlsh-distance", 0, self.files)
        self.assertEqual([rows[str(each)]["verdict"] for each in (known, variant)], ["suspicious", "clean"])

    def test_what_is_only_in_memory_is_found(self):
        self.yara()
        hidden = bytes(byte ^ 0x55 for byte in MARKER).hex()
        holder = ("import sys, mmap; text = bytes(byte ^ 0x55 for byte in bytes.fromhex(sys.argv[1])); area = mmap.mmap(-1, 1 << 22); "
                  "area[(1 << 21) + 4090:(1 << 21) + 4090 + len(text)] = text; del text; print('ready', flush=True); sys.stdin.read()")
        processes = [subprocess.Popen(["/usr/bin/python3", "-c", holder, hidden], stdin=subprocess.PIPE, stdout=subprocess.PIPE),
                     subprocess.Popen(["sleep", "600"])]
        try:
            self.assertEqual(processes[0].stdout.readline(), b"ready\n")
            os.kill(processes[0].pid, 19)  # SIGSTOP: it cannot help, nor hinder
            pids = [process.pid for process in processes]
            gone = subprocess.Popen(["true"])
            gone.wait()
            code, rows, _ = scan("--signatures", self.signatures, "--memory", *pids, gone.pid)
            self.assertEqual(code, 1)
            row = rows[f"process:{pids[0]}"]
            self.assertEqual((row["verdict"], row["engine"], row["signature"], row["sha256"]), ("infected", "yara", "has_marker", None))
            self.assertIn("in the memory of python3 at ", row["reason"])
            self.assertEqual(rows[f"process:{pids[1]}"]["verdict"], "clean")
            self.assertEqual(rows[f"process:{gone.pid}"]["verdict"], "skipped")
            self.assertEqual(scan("--signatures", self.signatures, "--memory", "x")[0], 2)
        finally:
            for process in processes:
                process.kill()
                process.wait()
            processes[0].stdin.close()
            processes[0].stdout.close()


if __name__ == "__main__":
    unittest.main()
