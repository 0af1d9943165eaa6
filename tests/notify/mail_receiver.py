#!/usr/bin/env python3
"""A mail server (aiosmtpd) for tests.

    mail_receiver.py FOLDER [OPTIONS]     OPTIONS: a JSON object; prints its port

FOLDER/mails.jsonl  what was taken, one mail a line, read by Python's own mail parser
FOLDER/mode         what the next mails get: up, defer (451), refuse (550), drop (takes it, and hangs up before saying so),
                    hang (takes it, and says so when the mode is another)

Options: certificate, key (files): offers STARTTLS, or with "tls": true speaks TLS from the first byte.
"required": false: takes mail without TLS too. username, password: takes mail only from who logs in.
"""
import asyncio
import email
import email.policy
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

FOLDER = pathlib.Path(sys.argv[1])
OPTIONS = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}


def mode():
    path = FOLDER / "mode"
    return path.read_text().strip() if path.exists() else "up"


def parsed(envelope):
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    return {"from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": message["subject"],
            "body": message.get_content().replace("\r\n", "\n"), "id": message["message-id"],
            "headers": [[name, str(value)] for name, value in message.items()],
            "defects": [str(each) for each in message.defects], "language": message["content-language"],
            "longest": max(len(line) for line in envelope.content.split(b"\n")),
            "is_ascii": envelope.content.isascii()}


class Handler:
    async def handle_DATA(self, server, session, envelope):
        now = mode()
        if now == "defer":
            return "451 not now"
        if now == "refuse":
            return "550 nobody here"
        with (FOLDER / "mails.jsonl").open("a") as out:
            out.write(json.dumps(parsed(envelope)) + "\n")
        if now == "drop":
            server.transport.abort()
        while mode() == "hang":
            await asyncio.sleep(0.02)
        return "250 taken"


def authenticate(_server, _session, _envelope, _mechanism, data):
    is_right = (data.login.decode(), data.password.decode()) == (OPTIONS.get("username"), OPTIONS.get("password"))
    return AuthResult(success=is_right, handled=False)


def context():
    if "certificate" not in OPTIONS:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(OPTIONS["certificate"], OPTIONS["key"])
    return made


async def serve():
    tls = context()
    is_tls_first = OPTIONS.get("tls", False)
    has_login = "username" in OPTIONS

    def make():
        return SMTP(Handler(), hostname="mail.example", enable_SMTPUTF8=False,
                    tls_context=None if is_tls_first else tls,
                    require_starttls=tls is not None and not is_tls_first and OPTIONS.get("required", True),
                    authenticator=authenticate if has_login else None, auth_required=has_login,
                    auth_require_tls=tls is not None and not is_tls_first)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(make, "127.0.0.1", OPTIONS.get("port", 0), ssl=tls if is_tls_first else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve())
