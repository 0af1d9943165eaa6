"""Packages of rpm from a database that rpm itself made: read by the inventory, and explaining what they brought."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

BIN = pathlib.Path(os.environ.get("WARDER_BIN", pathlib.Path(__file__).resolve().parents[2] / "build/dev/bin"))
SPEC = """Name: warder-sample
Epoch: 2
Version: 1.4
Release: 3
Summary: A sample
License: MIT
BuildArch: noarch
%description
A sample
%install
mkdir -p %{buildroot}/usr/share/sample
echo hello > %{buildroot}/usr/share/sample/file
ln -s file %{buildroot}/usr/share/sample/link
%files
/usr/share/sample/file
/usr/share/sample/link
"""


@unittest.skipIf(shutil.which("rpmbuild") is None, "no rpmbuild here")
class Rpm(unittest.TestCase):
    def setUp(self):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="warder-rpm-"))
        self.addCleanup(shutil.rmtree, self.top, True)
        self.root = self.top / "root"
        self.sample = self.root / "usr/share/sample"
        self.sample.mkdir(parents=True)
        (self.top / "sample.spec").write_text(SPEC)
        self.must("rpmbuild", "-bb", "--define", f"_topdir {self.top}/build", self.top / "sample.spec")
        self.package = next((self.top / "build").rglob("*.rpm"))
        (self.top / "rules.xml").write_text('<FileSet base="/usr"/>')

    def must(self, *command):
        subprocess.run(command, check=True, capture_output=True)

    def install(self):
        self.must("rpm", "--root", self.root, "--dbpath", "/var/lib/rpm", "-i", "--nodeps", "--nosignature", self.package)

    def run_integrity(self, command, *arguments):
        common = ["--rules", self.top / "rules.xml", "--root", self.root, "--db", self.top / "db"]
        return subprocess.run([BIN / "warder", "--json", "integrity", command, *common, *arguments], capture_output=True, text=True, check=False)

    def test_an_installed_package_is_known(self):
        self.install()
        told = subprocess.run([BIN / "warder", "--json", "inventory", "--root", self.root, "--kind", "packages"], capture_output=True, text=True, check=True)
        self.assertEqual([(item["name"], item["version"]) for item in json.loads(told.stdout)], [("warder-sample", "2:1.4-3")])

    def test_what_a_package_brought_is_explained_and_no_more(self):
        (self.sample / "file").write_text("before")
        self.assertEqual(self.run_integrity("baseline").returncode, 0)
        (self.sample / "file").unlink()
        self.install()
        result = self.run_integrity("check", "--explain-packages")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual({row["key"] for row in rows}, {"/usr/share/sample/file", "/usr/share/sample/link"})
        self.assertEqual({row["explained_by"] for row in rows}, {"package warder-sample 2:1.4-3"})
        (self.sample / "file").write_text("hacked\n")
        self.assertEqual(self.run_integrity("check", "--explain-packages").returncode, 1)


if __name__ == "__main__":
    unittest.main()
