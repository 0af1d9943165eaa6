"""A private PostgreSQL on a Unix socket, for stacks with WARDER_TEST_DATABASE=postgres: one for the run, a database a stack."""
import atexit
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time


def is_wanted():
    return os.environ.get("WARDER_TEST_DATABASE") == "postgres"


def programs():
    """Debian keeps the server's programs off PATH, one folder a version."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise AssertionError("PostgreSQL is not installed (apt-get install postgresql)")
    return found[-1].parent


class PrivatePostgres:
    running = None

    @classmethod
    def shared(cls):
        if cls.running is None:
            cls.running = cls()
        return cls.running

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="warder-postgres-"))
        self.user = None
        if os.geteuid() == 0:  # PostgreSQL refuses root
            self.user = pwd.getpwnam("postgres").pw_name
            shutil.chown(self.folder, self.user)
        self.databases = 0
        data = self.folder / "db"
        self._run("initdb", f"--pgdata={data}", "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8")
        self.server = None
        atexit.register(self.stop)
        self.start()
        self.sql("postgres", "CREATE ROLE warder_owner LOGIN CREATEROLE", "CREATE ROLE warder_app LOGIN NOINHERIT")

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.server = subprocess.Popen(
                [programs() / "postgres", "-D", self.folder / "db", "-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "jit=off"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, user=self.user, cwd=self.folder, start_new_session=True)
        deadline = time.monotonic() + 60
        while subprocess.run([programs() / "pg_isready", "-q", "-h", self.folder], check=False).returncode != 0:
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("PostgreSQL does not start:\n" + (self.folder / "log").read_text(errors="replace"))
            time.sleep(0.05)

    def kill(self):
        """As when its machine loses power: nothing is said to anyone."""
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(30)

    def _run(self, program, *arguments):
        run = subprocess.run([programs() / program, *map(str, arguments)], capture_output=True, text=True, user=self.user, cwd=self.folder,
                             check=False)
        if run.returncode != 0:
            raise AssertionError(f"{program}: {run.stdout}{run.stderr}")
        return run.stdout

    def sql(self, database, *statements, user="postgres"):
        commands = [part for statement in statements for part in ("-c", statement)]
        return self._run("psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", user, database, *commands)

    def make_database(self):
        """Its name, and the lines of manager.toml that point to it."""
        self.databases += 1
        name = f"warder_{self.databases}"
        self.sql("postgres", f"CREATE DATABASE {name} OWNER warder_owner TEMPLATE template0")
        url = f"host={self.folder} dbname={name} user="
        return name, f'database_url = "{url}warder_app"\ndatabase_owner_url = "{url}warder_owner"\n'

    def stop(self):
        if self.server and self.server.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
