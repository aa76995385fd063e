"""Local ports for what an emulator tells apart by host: `forward.py AT PORT=HOST[/PREFIX]...`. Clients need no names then."""

import http.client
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# RFC 9110, section 7.6.1, and what is counted anew.
OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "date", "server"}


def forward(at, port, host, prefix):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def answer(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            there = http.client.HTTPConnection(at.hostname, at.port, timeout=60)
            there.putrequest(self.command, prefix + self.path, skip_host=True, skip_accept_encoding=True)
            there.putheader("host", host)
            # As the load balancer in front says it.
            there.putheader("x-forwarded-proto", "https")
            for name, value in self.headers.items():
                if name.lower() not in OF_ONE_CONNECTION:
                    there.putheader(name, value)
            if body or self.command in ("POST", "PUT", "PATCH"):
                there.putheader("content-length", str(len(body)))
            there.endheaders(body)
            told = there.getresponse()
            content = told.read()
            self.send_response_only(told.status)
            for name, value in told.getheaders():
                if name.lower() not in OF_ONE_CONNECTION:
                    self.send_header(name, value)
            if told.status not in (204, 304):
                self.send_header("content-length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
            there.close()

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


def main():
    at = urlsplit(sys.argv[1])
    for argument in sys.argv[2:]:
        port, _, target = argument.partition("=")
        host, slash, prefix = target.partition("/")
        arguments = (at, int(port), host, slash + prefix)
        threading.Thread(target=forward, args=arguments).start()


main()
