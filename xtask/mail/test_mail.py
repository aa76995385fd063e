"""Letters by a real mail server: aiosmtpd, which refuses, goes away and comes back.

`cargo xtask test mail` builds `notices` and starts this. The events are sealed as users seals them
(shared/kit/src/seal.rs), by another library.
"""

import base64
import hashlib
import hmac
import json
import os
import socket
import ssl
import subprocess
import time
import uuid
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NOTICES = os.environ["NOTICES"]
KEY = "a-key-of-letters-for-tests-alone"
PASSWORD = "zmarkz/pass+word"

# Stands in everything that nobody but the recipient may read.
MARK = "zmarkz"


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def wait_until(done, what, timeout_s=90):
    started = time.monotonic()
    while not (found := done()):
        assert time.monotonic() - started < timeout_s, f"{what} does not happen"
        time.sleep(0.1)
    return found


class Post:
    """A mail server that can be told what to say. It takes letters from who signs in."""

    def __init__(self, certificates, starttls=True):
        self.letters, self.recipients, self.answers = [], [], {}
        self.port, self.starttls = free_port(), starttls
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificates.issue_cert("localhost").configure_cert(self.context)
        self.controller = None

    def start(self):
        options = {"tls_context": self.context, "require_starttls": True} if self.starttls else {}
        self.controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self.authenticate,
            auth_required=self.starttls,
            auth_require_tls=self.starttls,
            enable_SMTPUTF8=False,
            **options,
        )
        self.controller.start()

    def stop(self):
        if self.controller:
            self.controller.stop()
            self.controller = None

    @staticmethod
    def authenticate(server, session, envelope, mechanism, login):
        return AuthResult(success=(login.login, login.password) == (b"notices", PASSWORD.encode()))

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.recipients.append(address)
        if answers := self.answers.get(address):
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        assert session.ssl or not self.starttls
        letter = message_from_bytes(envelope.content, policy=policy.default)
        self.letters.append((envelope.rcpt_tos[0], letter))
        return "250 OK"

    def taken(self, address):
        return [letter for to, letter in self.letters if to == address]


class Shop:
    """A Redis, and notices on a database of its own, which sends by this mail server."""

    def __init__(self, folder, mail):
        self.folder, self.log = folder, folder / "log"
        self.redis = free_port()
        arguments = ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--dir", str(folder)]
        self.server = subprocess.Popen(
            ["redis-server", "--port", str(self.redis), *arguments], stdout=subprocess.DEVNULL
        )
        wait_until(lambda: self.ask("PING") == "PONG", "the start of Redis")
        self.admin = free_port()
        secret = folder / "mail"
        secret.write_text(mail)
        self.environment = {
            "NOTICES__STORE": f"sqlite:{folder}/notices.db",
            "NOTICES__REDIS": f"redis://127.0.0.1:{self.redis}/0",
            "NOTICES__LETTER_KEYS": KEY,
            "NOTICES__INVOKE_KEYS": KEY,
            "NOTICES__MAIL_FILE": str(secret),
            "NOTICES__LISTEN": f"127.0.0.1:{free_port()}",
            "NOTICES__ADMIN_LISTEN": f"127.0.0.1:{self.admin}",
            "NOTICES__SITE": "https://terrace.example",
            "NOTICES__LOG_LEVEL": "trace",
        }
        self.notices = None
        self.start()

    def start(self):
        with self.log.open("a") as log:
            self.notices = subprocess.Popen([NOTICES], env=self.environment, stderr=log, stdout=log)

    def kill(self):
        self.notices.kill()
        self.notices.wait()

    def close(self):
        for process in (self.notices, self.server):
            process.kill()
            process.wait()

    def ask(self, *command):
        asked = subprocess.run(
            ["redis-cli", "-p", str(self.redis), *command], capture_output=True, text=True, check=False
        )
        return asked.stdout.strip()

    def run(self, command):
        ran = subprocess.run([NOTICES, command], env=self.environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def tell(self, address, kind="reset-password", times=1):
        """Tells of a letter, as the relay of users does; its id."""
        letter = {"to": address, "name": MARK, "kind": kind, "token": f"{MARK}-token"}
        now_ms = time.time_ns() // 1_000_000
        event = str(uuid.UUID(int=(now_ms << 80) | (7 << 76) | (2 << 62) | int.from_bytes(os.urandom(7))))
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        payload = json.dumps({"sealed": sealed(letter)})
        fields = ["id", event, "topic", "letter", "key", str(uuid.uuid4()), "payload", payload, "at", at]
        for _ in range(times):
            self.ask("XADD", "events:users", "*", *fields)
        return event


def sealed(letter):
    def derived(label):
        return hmac.new(KEY.encode(), label, hashlib.sha256).digest()

    name, nonce = derived(b"name")[:4], os.urandom(12)
    text = AESGCM(derived(b"letters")).encrypt(nonce, json.dumps(letter).encode(), name)
    return base64.urlsafe_b64encode(name + nonce + text).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def certificates():
    return trustme.CA()


@pytest.fixture
def post(certificates):
    post = Post(certificates)
    post.start()
    yield post
    post.stop()


@pytest.fixture
def shop(tmp_path, certificates, post):
    root = tmp_path / "root.pem"
    certificates.cert_pem.write_to_path(str(root))
    password = PASSWORD.replace("/", "%2F").replace("+", "%2B")
    shop = Shop(tmp_path, f"smtp://notices:{password}@localhost:{post.port}?root={root}")
    yield shop
    shop.close()
    assert_unmarked(shop)


def assert_unmarked(shop):
    """Nobody who reads the database, Redis' file or the log learns anything."""
    files = [file for file in shop.folder.rglob("*") if file.is_file() and file.name not in ("mail", "root.pem")]
    assert {"notices.db", "log"} <= {file.name for file in files}
    assert any(b"sealed" in file.read_bytes() for file in files if "appendonly" in str(file))
    for file in files:
        content = file.read_bytes().lower()
        for told in (MARK, "garden.example", "reset-password"):
            assert told.encode() not in content, f"{file} tells {told}"


def test_a_letter_comes_by_starttls_once_with_links_to_the_shop(shop, post):
    event = shop.tell("rose@garden.example", times=3)

    wait_until(lambda: post.taken("rose@garden.example"), "the letter")

    last = shop.tell("last@garden.example")
    wait_until(lambda: post.taken("last@garden.example"), f"letter {last}")
    [letter] = post.taken("rose@garden.example")
    assert letter["Message-ID"] == f"<{event}@terrace.example>"
    assert letter["From"] == "Terrace <shop@terrace.example>"
    link = f"https://terrace.example/reset#{MARK}-token"
    assert link in letter.get_body(("plain",)).get_content().split()
    assert f'href="{link}"' in letter.get_body(("html",)).get_content()


def test_while_the_server_is_gone_letters_wait_also_through_a_kill(shop, post):
    post.stop()
    shop.tell("rose@garden.example")
    wait_until(lambda: "a letter waits" in shop.log.read_text(), "the first attempt")
    shop.kill()
    shop.tell("lily@garden.example")

    post.start()
    shop.start()

    for address in ("rose@garden.example", "lily@garden.example"):
        wait_until(lambda address=address: post.taken(address), "the letter")
        assert len(post.taken(address)) == 1


def test_what_is_refused_for_now_comes_later_and_nothing_waits_for_it(shop, post):
    post.answers["rose@garden.example"] = ["450 4.2.1 <rose@garden.example> zmarkz: not now"]
    shop.tell("rose@garden.example")
    wait_until(lambda: post.recipients, "the first attempt")

    shop.tell("lily@garden.example")

    wait_until(lambda: post.taken("lily@garden.example"), "the other letter")
    wait_until(lambda: post.taken("rose@garden.example"), "the letter")


def test_what_is_refused_for_good_is_a_dead_letter_and_can_be_sent_again(shop, post):
    post.answers["rose@garden.example"] = ["550 5.1.1 <rose@garden.example> zmarkz: nobody"]
    event = shop.tell("rose@garden.example")

    told = wait_until(lambda: shop.run("dead-letters"), "the end of the letter")

    dead = json.loads(told)
    assert (dead["id"], dead["attempts"]) == (event, 1)
    assert dead["reason"] == "the mail server refuses it: 550"
    assert shop.run("retry-dead-letters") == "1 letters are sent again\n"
    wait_until(lambda: post.taken("rose@garden.example"), "the letter")
    assert shop.run("dead-letters") == ""


def test_an_address_that_the_server_cannot_take_is_a_dead_letter(shop, post):
    shop.tell("ren\u00e9e@garden.example")
    shop.tell("rose@g\u00e4rten.example")

    told = wait_until(lambda: shop.run("dead-letters"), "the end of the letter")

    assert "SMTPUTF8" in json.loads(told)["reason"]
    wait_until(lambda: post.taken("rose@xn--grten-gra.example"), "the other letter")


def test_without_tls_and_to_a_stranger_nothing_is_told(tmp_path, certificates):
    root = tmp_path / "root.pem"
    trustme.CA().cert_pem.write_to_path(str(root))
    plain, stranger = Post(certificates, starttls=False), Post(certificates)
    for number, post in enumerate((plain, stranger)):
        folder = tmp_path / str(number)
        folder.mkdir()
        post.start()
        shop = Shop(folder, f"smtp://notices:{MARK}@localhost:{post.port}?root={root}")
        try:
            shop.tell("rose@garden.example")
            wait_until(lambda log=shop.log: "a letter waits" in log.read_text(), "the refusal")
        finally:
            shop.close()
            post.stop()
        assert not post.recipients
        assert_unmarked(shop)
