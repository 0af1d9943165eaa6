"""An authority of client certificates, made with the openssl command: independent of the code that is tested."""
import datetime
import pathlib
import subprocess

CONFIG = """
[ca]
default_ca = own
[own]
database = {folder}/index.txt
serial = {folder}/serial
crlnumber = {folder}/crlnumber
new_certs_dir = {folder}
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[person]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = clientAuth
[server]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
"""


def run(*command):
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=60)


def stamp(days):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%y%m%d%H%M%SZ")


class ClientAuthority:
    def __init__(self, folder, name, parent=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.config = self.folder / "openssl.cnf"
        self.config.write_text(CONFIG.format(folder=self.folder))
        (self.folder / "index.txt").touch()
        (self.folder / "serial").write_text("1001\n")
        (self.folder / "crlnumber").write_text("01\n")
        self.key, self.certificate = self.folder / "ca.key", self.folder / "ca.pem"
        if parent is None:
            run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key, "-out", self.certificate,
                "-days", 30, "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
            self.chain = ""
        else:
            made = parent.issue(name, "authority")
            made[0].rename(self.certificate)
            made[1].rename(self.key)
            self.chain = self.certificate.read_text() + parent.chain

    def issue(self, name, extensions="person", begins=-1, ends=20):
        """Files with the certificate, behind it the chain below the root, and with its key."""
        serial = (self.folder / "serial").read_text().strip()
        key, request, file = (self.folder / f"{serial}{end}" for end in (".key", ".csr", ".crt"))
        run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        run("openssl", "ca", "-batch", "-config", self.config, "-extensions", extensions, "-startdate", stamp(begins), "-enddate", stamp(ends),
            "-in", request, "-out", file, "-notext")
        if self.chain and extensions != "authority":
            file.write_text(file.read_text() + self.chain)
        return file, key

    def revoke(self, file):
        run("openssl", "ca", "-config", self.config, "-revoke", file)

    def revocations(self, days=2):
        out = self.folder / "crl.pem"
        run("openssl", "ca", "-config", self.config, "-gencrl", "-crldays", days, "-out", out)
        return out
