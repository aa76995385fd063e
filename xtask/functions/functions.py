"""The services as functions: each program behind the emulator of Lambda's runtime interface, and the part of Lambda's
own interface by which they invoke each other."""

import base64
import json
import os
import signal
import socket
import subprocess
import threading
import time
import tomllib
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LISTED = tomllib.loads((Path(__file__).parents[2] / "services/terrace/services.toml").read_text())["service"]
# Every function, and whom it calls.
CALLS = {service["name"]: service.get("calls", []) for service in LISTED if "function" in service}
NAMES = list(CALLS)
RIE = os.environ["TERRACE_TEST_RIE"]
PROGRAMS = Path(os.environ["TERRACE_TEST_PROGRAMS"])
ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A"
SITE = "https://terrace.example"
KEY = "an-invoke-key-of-this-test-32-b-"
REGION = "eu-west-1"


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class Function:
    """One, which begins with the first event, as on Lambda."""

    def __init__(self, service, settings, seconds=30):
        self.service, self.seconds = service, seconds
        self.port, self.runtime = free_port(), free_port()
        self.settings = settings
        self.invoked = 0
        # The emulator answers one event after the other, as an instance does.
        self.turn = threading.Lock()
        self.start()

    def start(self):
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self.seconds),
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "FUNCTION__ORIGIN": SITE,
            "FUNCTION__ISSUER": ISSUER,
            "FUNCTION__CLIENTS": "web",
            "FUNCTION__NAMESPACE": "terrace",
            "FUNCTION__METRICS": "orders_steps_total",
            **self.settings,
        }
        log = open(Path(os.environ["TERRACE_TEST_LOGS"]) / f"{self.service}.log", "ab")
        self.emulator = subprocess.Popen(
            [
                RIE,
                "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
                "--runtime-api-address", f"127.0.0.1:{self.runtime}",
                PROGRAMS / self.service,
            ],
            env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )
        for _ in range(1000):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.005)
        raise AssertionError(f"the emulator of {self.service} does not start")

    def program(self):
        """The id of the program's process, once it runs."""
        for entry in Path("/proc").iterdir():
            try:
                # Its parent is the emulator.
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if parent == self.emulator.pid:
                    return int(entry.name)
            except (OSError, ValueError, IndexError):
                continue
        return None

    def kill(self):
        """Ends the function where it is, and begins it anew."""
        self.stop()
        self.start()

    def stop(self):
        program = self.program()
        for process in (program, self.emulator.pid):
            try:
                os.kill(process or self.emulator.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.emulator.wait()

    def invoke(self, event, timeout=40):
        with self.turn:
            self.invoked += 1
            return self._invoke(event, timeout)

    def _invoke(self, event, timeout):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/2015-03-31/functions/function/invocations",
            data=json.dumps(event).encode(),
        )
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.loads(answer.read() or b"null")


class Lambda:
    """Invocations by the functions' names, for who calls a neighbour."""

    def __init__(self, functions):
        names = functions

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                name = self.path.split("/")[3].split("%3A")[0].split(":")[0]
                try:
                    answer = names[name].invoke(json.loads(body))
                    status, headers = 200, {}
                    if isinstance(answer, dict) and "errorType" in answer:
                        headers = {"X-Amz-Function-Error": "Unhandled"}
                except (OSError, KeyError):
                    status, headers, answer = 502, {}, {"message": "gone"}
                data = json.dumps(answer).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def event(method, path, user=None, groups="", body=None, headers=None, query=None):
    """A request as API Gateway's proxy integration hands it on."""
    context = {
        "accountId": "123456789012",
        "domainName": "shop.example",
        "httpMethod": method,
        "identity": {"sourceIp": "203.0.113.9", "userArn": None},
        "requestId": str(uuid.uuid4()),
        "stage": "live",
    }
    if user:
        context["authorizer"] = {"claims": {
            "sub": user, "iss": ISSUER, "client_id": "web", "token_use": "access", "cognito:groups": groups,
        }}
    all_headers = {"Host": "shop.example", "Content-Type": "application/json", **(headers or {})}
    return {
        "path": path,
        "httpMethod": method,
        "headers": all_headers,
        "multiValueHeaders": {name: [value] for name, value in all_headers.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()} or None,
        "requestContext": context,
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def called(function, *arguments, **more):
    """The status and the body of an answer."""
    answer = function.invoke(event(*arguments, **more))
    assert "statusCode" in answer, answer
    body = answer["body"]
    if answer["isBase64Encoded"]:
        return answer["statusCode"], base64.b64decode(body)
    return answer["statusCode"], json.loads(body) if body else None


def record(body, group=None):
    return {
        "messageId": str(uuid.uuid4()),
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"MessageGroupId": group} if group else {},
        "eventSource": "aws:sqs",
    }


def shop(folder):
    """Every function, with its settings; pictures and letters are in the folder."""
    signing = os.environ["TERRACE_TEST_SIGNING_KEY"]
    functions = {}
    lambdas = Lambda(functions)

    def own(name):
        prefix = name.upper()
        settings = {
            f"{prefix}__INVOKE_KEYS": KEY + name,
            f"{prefix}__STORE": os.environ[f"TERRACE_TEST_DATABASE_{prefix}"] + "?sslmode=disable&pool=2",
            f"{prefix}__LOG_FORMAT": "json",
            f"{prefix}__LOG_LEVEL": "info",
            "AWS_ENDPOINT_URL": lambdas.url,
        }
        for called in CALLS[name]:
            settings[f"{prefix}__{called.upper()}__URL"] = f"lambda:{REGION}/{called}:neighbours"
            settings[f"{prefix}__{called.upper()}__INVOKE_KEY"] = KEY + called
        return settings

    letters = base64.b64encode(b"letter-keys-of-a-test-32-bytes-x").decode()
    # What one of them alone has.
    settings = {
        "users": {"USERS__SIGNING_KEY": signing, "USERS__LETTER_KEYS": letters},
        "catalog": {"CATALOG__IMAGES": str(folder / "images")},
        "notices": {"NOTICES__LETTER_KEYS": letters, "NOTICES__MAIL": f"file:{folder / 'outbox'}", "NOTICES__SITE": SITE},
        "reports": {"REPORTS__PSEUDONYM_KEY": KEY + "pseudonyms"},
    }
    for name in NAMES:
        functions[name] = Function(name, {**own(name), **settings.get(name, {})})
    return functions
