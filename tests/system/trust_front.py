"""What stands in front of a manager's console, as operators put it there: ends TLS and passes requests on. A test sets it up badly."""
import contextlib
import socket
import ssl
import subprocess
import threading
import warnings


def make_certificate(folder, name, days):
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days),
                    "-subj", "/CN=front", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True, timeout=60)
    return certificate, key


class Front:
    def __init__(self, folder, api_port):
        self.api_port = api_port
        self.good, self.ending = make_certificate(folder, "good", 90), make_certificate(folder, "ending", 2)
        self.behind = ssl.create_default_context()
        self.behind.check_hostname, self.behind.verify_mode = False, ssl.CERT_NONE
        self.repair()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def repair(self):
        self.hidden, self.header = None, None
        self.context = self.make_context(self.good)

    @staticmethod
    def make_context(certificate, is_old=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        context.set_ciphers("ALL:@SECLEVEL=0" if is_old else "ECDHE+AESGCM")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context.minimum_version = ssl.TLSVersion.TLSv1 if is_old else ssl.TLSVersion.TLSv1_2
        return context

    def allow_old_tls(self):
        self.context = self.make_context(self.good, is_old=True)

    def show_ending_certificate(self):
        self.context = self.make_context(self.ending)

    def hide(self, path):
        self.hidden = path

    def add_header(self, line):
        self.header = line

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        connection.settimeout(30)
        with connection, contextlib.suppress(OSError), self.context.wrap_socket(connection, server_side=True) as client:
            head = b""
            while b"\r\n\r\n" not in head:
                got = client.recv(65536)
                if not got:
                    return
                head += got
            first, rest = head.split(b"\r\n", 1)
            if self.hidden and first.split()[1].split(b"?")[0].decode() == self.hidden:
                client.sendall(b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
                return
            added = self.header.encode() + b"\r\n" if self.header else b""
            with socket.create_connection(("127.0.0.1", self.api_port), timeout=30) as plain, self.behind.wrap_socket(plain) as manager:
                manager.sendall(first + b"\r\n" + added + rest)
                while got := manager.recv(65536):
                    client.sendall(got)

    def close(self):
        self.listener.close()
