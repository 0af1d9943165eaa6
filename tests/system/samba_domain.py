"""An Active Directory of Samba's in a network namespace: LDAP, LDAPS and a KDC on its loopback."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

REALM = "WARDER.TEST"
BASE = "DC=warder,DC=test"
ADMIN_PASSWORD = "Adm1n-of-the-domain"

# Debian's python has Samba's own modules.
MODIFY = """
import sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
settings = LoadParm()
settings.load(sys.argv[1])
SamDB(url=sys.argv[2], lp=settings, session_info=system_session()).modify_ldif(sys.stdin.read())
"""

# By GSSAPI itself, so that the client is not of our making.
SPNEGO = """
import base64, ctypes, sys
gss = ctypes.CDLL("libgssapi_krb5.so.2")
class Buffer(ctypes.Structure):
    _fields_ = [("length", ctypes.c_size_t), ("value", ctypes.c_void_p)]
class Oid(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint32), ("elements", ctypes.c_char_p)]
def need(major, what):
    if major & 0xffff0000:
        sys.exit(f"{what}: {major:x}")
minor, name, context = ctypes.c_uint32(), ctypes.c_void_p(), ctypes.c_void_p()
text = sys.argv[1].encode()
service = Buffer(len(text), ctypes.cast(ctypes.c_char_p(text), ctypes.c_void_p))
host_based = Oid(10, bytes.fromhex("2a864886f71201020104"))
spnego = Oid(6, bytes.fromhex("2b0601050502"))
token = Buffer()
need(gss.gss_import_name(ctypes.byref(minor), ctypes.byref(service), ctypes.byref(host_based), ctypes.byref(name)), "name")
need(gss.gss_init_sec_context(ctypes.byref(minor), None, ctypes.byref(context), name, ctypes.byref(spnego), 2, 0, None, None, None,
                              ctypes.byref(token), None, None), "context")
print(base64.b64encode(ctypes.string_at(token.value, token.length)).decode())
"""


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=120, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class SambaDomain:
    def __init__(self, folder, namespace):
        self.folder = pathlib.Path(folder)
        self.namespace = namespace
        self.server = None
        self.root = self.folder / "dc"
        self.configuration = self.root / "etc/smb.conf"
        run("samba-tool", "domain", "provision", f"--targetdir={self.root}", f"--realm={REALM}", "--domain=WARDER", "--server-role=dc",
            "--dns-backend=NONE", f"--adminpass={ADMIN_PASSWORD}", "--host-name=dc1", "--host-ip=127.0.0.1",
            "--option=log file=" + str(self.folder / "samba.log"))
        text = self.configuration.read_text()
        own = "".join(f"\t{name} = {value}\n" for name, value in {
            "pid directory": self.root / "run", "ncalrpc dir": self.root / "ncalrpc", "ntp signd socket directory": self.root / "ntp",
            "winbindd socket directory": self.root / "winbind", "interfaces": "lo", "bind interfaces only": "yes",
            "server services": "ldap, kdc"}.items())
        self.configuration.write_text(text.replace("[global]\n", "[global]\n" + own, 1))
        (self.root / "run").mkdir()
        self._make_certificate()
        self.krb5_conf = self.folder / "krb5.conf"
        self.krb5_conf.write_text(
            f"[libdefaults]\ndefault_realm = {REALM}\ndns_lookup_kdc = false\ndns_lookup_realm = false\nrdns = false\n"
            f"dns_canonicalize_hostname = false\n[realms]\n{REALM} = {{\nkdc = 127.0.0.1:88\n}}\n[domain_realm]\nlocalhost = {REALM}\n")

    def _make_certificate(self):
        tls = self.root / "private/tls"
        tls.mkdir(mode=0o700, exist_ok=True)
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tls / "key.pem", "-out", tls / "cert.pem", "-days", "30",
            "-subj", "/CN=dc1.warder.test", "-addext", "subjectAltName=IP:127.0.0.1,DNS:dc1.warder.test")
        (tls / "key.pem").chmod(0o600)
        shutil.copy(tls / "cert.pem", tls / "ca.pem")
        self.ca_pem = (tls / "cert.pem").read_text()

    def start(self):
        with self.namespace, open(self.folder / "samba.out", "ab") as output:
            self.server = subprocess.Popen(["samba", "-i", "-M", "single", "-s", self.configuration, "--debug-stdout"], stdout=output,
                                           stderr=output, stdin=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 60
        while not all(self._is_listening(port) for port in (88, 389, 636)):
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("samba does not start:\n" + (self.folder / "samba.out").read_text(errors="replace")[-3000:])
            time.sleep(0.05)

    def _is_listening(self, port):
        with self.namespace:
            client = socket.socket()
        with client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    def stop(self):
        if self.server and self.server.poll() is None:
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait(30)
        self.server = None

    def tool(self, *words):
        return run("samba-tool", *words, "-H", self.root / "private/sam.ldb", "-s", self.configuration)

    def add_user(self, name, password, *options):
        self.tool("user", "create", name, password, *options)

    def add_group(self, name, *members):
        self.tool("group", "add", name)
        if members:
            self.tool("group", "addmembers", name, ",".join(members))

    def modify(self, ldif):
        run("/usr/bin/python3", "-c", MODIFY, self.configuration, self.root / "private/sam.ldb", input=ldif)

    def make_keytab(self, principal, account, password):
        """AES keys for the account's service; the file's path."""
        self.add_user(account, password)
        self.modify(f"dn: CN={account},CN=Users,{BASE}\nchangetype: modify\nreplace: msDS-SupportedEncryptionTypes\n"
                    "msDS-SupportedEncryptionTypes: 24\n")
        self.tool("user", "setpassword", account, f"--newpassword={password}")  # with keys of those types
        self.tool("spn", "add", principal, account)
        keytab = self.folder / "http.keytab"
        run("samba-tool", "domain", "exportkeytab", keytab, f"--principal={principal}", "-s", self.configuration)
        keytab.chmod(0o600)
        return keytab

    def ticket(self, name, password):
        """A cache with the ticket of somebody who has logged in at their own machine: KRB5 settings for a program."""
        environment = {"KRB5_CONFIG": str(self.krb5_conf), "KRB5CCNAME": f"FILE:{self.folder}/tickets-{name}"}
        with self.namespace:
            run("kinit", name, input=password + "\n", env={**os.environ, **environment})
        return environment

    def spnego_token(self, environment, service="HTTP@localhost"):
        """What a browser would show, base64; a new one each time."""
        with self.namespace:
            return run("/usr/bin/python3", "-c", SPNEGO, service, env={**os.environ, **environment}).strip()
