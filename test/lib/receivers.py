#!/usr/bin/python3
"""An SMTP and an HTTP server on loopback that keep what they get.

    receivers.py FILE

prints their ports in one line, and appends to FILE a line of JSON for each mail and each request.
Mail to nobody@ is refused for good, to later@ for now. A request is answered by the last part of
its path: a number is the status, `refused` and `accepted` are answers of group robots, `never` is
no answer.
"""
import http.server
import json
import sys
import threading
import time

from aiosmtpd.controller import Controller

KEPT = sys.argv[1]
LOCK = threading.Lock()


def keep(entry):
    with LOCK, open(KEPT, "a", encoding="utf-8") as out:
        print(json.dumps(entry), file=out, flush=True)


class Mail:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later@"):
            return "451 4.3.0 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        keep({"mail_from": envelope.mail_from, "rcpt_tos": envelope.rcpt_tos, "content": envelope.content.decode()})
        return "250 OK"


class Loopback(Controller):
    """At a port that is free, which aiosmtpd itself cannot be asked for."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


ANSWERS = {
    "accepted": {"errcode": 0, "errmsg": "ok"}, "refused": {"errcode": 45009, "errmsg": "api freq out of limit"},
    "feishu-accepted": {"code": 0, "msg": "success"}, "feishu-refused": {"code": 19021, "msg": "sign match fail"}}


class Web(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        keep({"path": self.path, "headers": dict(self.headers), "body": body})
        last = self.path.partition("?")[0].rsplit("/", 1)[-1]
        if last == "never":
            time.sleep(60)
        answer = json.dumps(ANSWERS[last]) if last in ANSWERS else "taken"
        self.send_response(int(last) if last.isdigit() else 200)
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *arguments):
        pass


mail = Loopback(Mail(), hostname="127.0.0.1", port=0)
mail.start()
web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
web.daemon_threads = True
print(mail.port, web.server_address[1], flush=True)
web.serve_forever()
