"""Alerts reach a real receiver over HTTP; one that fails is tried again and shown."""

import base64
import email
import http.server
import json
import re
import threading

import pytest
import support
from support import evershore, site_settings, wait_until


class Inbox:
    """A receiver that keeps what it is told by path, and answers as it is told to."""

    def __init__(self):
        inbox = self
        self.told, self.status = [], 200

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                inbox.told.append((self.path, json.loads(body), self.headers.get("Authorization")))
                self.send_response(inbox.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def at(self, path):
        return [body for where, body, _ in self.told if where == path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def inbox():
    made = Inbox()
    yield made
    made.close()


def alert(inbox, path, on, more=""):
    return f'\n[[alerts]]\non = ["{on}"]\nwebhook = "{inbox.url(path)}"\n{more}\n'


def receivers(node):
    return node.get_json("/api/v1/status")["alerts"]


def test_a_receiver_that_fails_is_tried_again_and_shown(make_region, make_node, tmp_path, inbox):
    regions = [make_region("east"), make_region("west")]
    inbox.status = 503
    node = make_node(site_settings(tmp_path, regions, extra=alert(inbox, "/secret/path", "region")))
    regions[0].kill()
    shown = wait_until(lambda: [each for each in receivers(node) if each["last_error"]], 15, "the failure to be shown")[0]
    assert shown["last_error"] == "answered 503" and shown["delivered"] == 0
    assert shown["receiver"] == "webhook " + inbox.url("/...")
    inbox.status = 200
    wait_until(lambda: receivers(node)[0]["delivered"] == 1, 15, "the next try")
    assert receivers(node)[0]["last_error"] == ""
    assert 'evershore_alerts_total{place="0",' in node.request("admin", "/metrics")[2].decode()


def test_a_region_that_falls_behind(make_region, make_node, tmp_path, inbox):
    port = support.free_port()
    regions = [make_region(name, "--webhook", f"http://127.0.0.1:{port}/api/v1/replication/webhook") for name in ("east", "west")]
    settings = site_settings(tmp_path, regions, extra=alert(inbox, "/lag", "replication", 'behind = "1s"'))
    node = make_node(re.sub(r'(\[admin\]\nlisten = "127.0.0.1:)\d+', rf"\g<1>{port}", settings))
    wait_until(lambda: node.get_json("/api/v1/status")["sites"][0]["replication"]["last_scan"], 20, "the first scan")
    regions[0].kill()
    wait_until(lambda: node.get_json("/api/v1/status")["regions"][0]["health"] == "down", 10, "east to be seen down")
    regions[1].client().put("late.txt", b"late")
    told = wait_until(lambda: inbox.at("/lag"), 20, "the alert")[0]
    assert (told["name"], told["state"]) == ("assets/east", "behind") and "lacks 1 keys of site assets" in told["why"]
    regions[0].start()
    wait_until(lambda: inbox.at("/lag")[-1]["state"] == "in sync", 20, "its end")


def test_the_command_tries_every_receiver(make_region, tmp_path, inbox):
    regions = [make_region("east"), make_region("west")]
    path = tmp_path / "evershore.toml"
    path.write_text(site_settings(tmp_path, regions, extra=alert(inbox, "/a", "region") + '\n[[alerts]]\non = ["dns"]\nexec = ["/bin/false"]\n'))
    done = evershore("alerts", "test", "-c", path, check=3)
    assert done.stdout == f"webhook {inbox.url('/...')}: delivered\nexec /bin/false: failed: exit status 1\n"
    assert inbox.at("/a")[0]["state"] == "test" and "nothing has happened" in inbox.at("/a")[0]["why"]


class MailServer:
    """A real SMTP server (aiosmtpd) that keeps what it is given."""

    def __init__(self):
        from aiosmtpd.controller import Controller

        mails = self.mails = []

        class Keeper:
            async def handle_DATA(self, server, session, envelope):
                mails.append((envelope.mail_from, envelope.rcpt_tos, email.message_from_bytes(envelope.content)))
                return "250 OK"

        self.controller = Controller(Keeper(), hostname="127.0.0.1", port=support.free_port())
        self.controller.start()

    def settings(self, more=""):
        return f'mail = {{ server = "smtp://127.0.0.1:{self.controller.port}", from = "evershore@example.com", to = ["ops@example.com", "boss@example.com"]{more} }}\n'


@pytest.fixture
def mail_server():
    pytest.importorskip("aiosmtpd")
    made = MailServer()
    yield made
    made.controller.stop()


def test_mail(make_region, make_node, tmp_path, mail_server):
    regions = [make_region("east"), make_region("west")]
    settings = site_settings(tmp_path, regions, extra=f'\n[[alerts]]\non = ["region"]\n{mail_server.settings(", starttls = false")}')
    node = make_node(settings)
    regions[0].kill()
    sender, receivers_of, message = wait_until(lambda: mail_server.mails, 20, "the mail")[0]
    assert (sender, receivers_of) == ("evershore@example.com", ["ops@example.com", "boss@example.com"])
    assert message["Subject"] == "[node-1] region east down"
    text = base64.b64decode(message.get_payload()).decode()
    assert text.startswith("region east down: ") and "Told by node node-1" in text
    assert receivers(node)[0]["receiver"] == "mail ops@example.com, boss@example.com"


def test_a_mail_is_not_sent_in_the_clear_unless_that_is_wanted(make_region, tmp_path, mail_server):
    path = tmp_path / "evershore.toml"
    path.write_text(site_settings(tmp_path, [make_region("east"), make_region("west")], extra=f'\n[[alerts]]\non = ["region"]\n{mail_server.settings()}'))
    done = evershore("alerts", "test", "-c", path, check=3)
    assert done.stdout.startswith("mail ops@example.com, boss@example.com: failed: ") and "STARTTLS" in done.stdout
    assert not mail_server.mails


def test_a_silence_outlives_a_restart_and_can_be_ended(make_region, make_node, tmp_path, inbox):
    regions = [make_region("east"), make_region("west")]
    node = make_node(site_settings(tmp_path, regions, extra=alert(inbox, "/hook", "region")))

    def alerts(verb, *words, check=0):
        return evershore("alerts", verb, "-c", node.settings_path, *words, check=check)

    assert alerts("silences").stdout == "nothing is silenced\n"
    made = alerts("silence", "--kind", "region", "--name", "east", "--for", "1h", "--reason", "new disks")
    assert re.fullmatch(r"silence 1: nobody is told of region east until \S+Z\n", made.stdout)
    assert "alerts silenced until" in node.command("status", check=0).stdout
    node.stop()
    node.start()
    regions[0].kill()
    wait_until(lambda: receivers(node)[0]["open"] == 1, 20, "east to be seen down")
    assert re.fullmatch(r" +1  region east  until \S+Z: new disks\n", alerts("silences").stdout)
    assert not inbox.told
    alerts("unsilence", "1")
    assert wait_until(lambda: inbox.at("/hook"), 10, "the alert")[0]["name"] == "east"
    assert "there is no silence 1" in alerts("unsilence", "1", check=2).stderr
    assert "30 d" in alerts("silence", "--for", "31d", check=2).stderr


def test_a_disk_that_fills_up(make_region, make_node, tmp_path, inbox):
    regions = [make_region("east"), make_region("west")]
    make_node(site_settings(tmp_path, regions, extra=alert(inbox, "/disk", "disk", "disk_free = 99")))
    told = wait_until(lambda: inbox.at("/disk"), 20, "the alert")[0]
    assert (told["name"], told["state"]) == (f"{tmp_path}/state", "low") and " are free on its file system" in told["why"]
