"""Knot, NSD and BIND as secondaries of a node: temporary configurations, high ports on loopback, ended by pid."""

import subprocess

import support

KEY_NAME = "transfer-key"
KEY_SECRET = "c2VjcmV0IG9mIHRoZSB0cmFuc2ZlcnMgb2YgdGhlIHRlc3Q="


class Secondary:
    def __init__(self, base, primary_port, port):
        self.base = base / type(self).__name__.lower()
        self.base.mkdir()
        self.primary_port = primary_port
        self.port = port
        self.process = None

    def start(self):
        path = self.base / "server.conf"
        path.write_text(self.settings())
        self.process = support.Process(self.command(path), self.base / "server.log")

    def stop(self):
        if self.process and self.process.running():
            self.process.kill()

    def answers(self, name="assets.example.com", kind="A"):
        command = ["kdig", "@127.0.0.1", "-p", str(self.port), "+timeout=1", "+retry=0", "+short", name, kind]
        return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.split()


class Knot(Secondary):
    def command(self, path):
        return ["/usr/sbin/knotd", "-c", str(path)]

    def settings(self):
        return f"""
server:
    rundir: {self.base}
    listen: 127.0.0.1@{self.port}
log:
  - target: stderr
    any: debug
database:
    storage: {self.base}
key:
  - id: {KEY_NAME}
    algorithm: hmac-sha256
    secret: {KEY_SECRET}
remote:
  - id: primary
    address: 127.0.0.1@{self.primary_port}
    key: {KEY_NAME}
acl:
  - id: notice
    address: 127.0.0.1
    key: {KEY_NAME}
    action: notify
template:
  - id: default
    storage: {self.base}
zone:
  - domain: example.com
    master: primary
    acl: notice
"""


class Nsd(Secondary):
    def command(self, path):
        return ["/usr/sbin/nsd", "-d", "-V", "2", "-c", str(path)]

    def settings(self):
        return f"""
server:
    ip-address: 127.0.0.1@{self.port}
    username: ""
    chroot: ""
    zonesdir: "{self.base}"
    database: ""
    zonelistfile: "{self.base}/zone.list"
    xfrdfile: "{self.base}/xfrd.state"
    xfrdir: "{self.base}"
    pidfile: "{self.base}/nsd.pid"
    logfile: "{self.base}/nsd.log"
    server-count: 1
    xfrd-reload-timeout: 0
remote-control:
    control-enable: no
key:
    name: "{KEY_NAME}"
    algorithm: hmac-sha256
    secret: "{KEY_SECRET}"
zone:
    name: "example.com"
    request-xfr: 127.0.0.1@{self.primary_port} {KEY_NAME}
    allow-notify: 127.0.0.1 {KEY_NAME}
"""


class Bind(Secondary):
    def command(self, path):
        return ["/usr/sbin/named", "-g", "-n", "1", "-c", str(path)]

    def settings(self):
        return f"""
options {{
    directory "{self.base}";
    pid-file "{self.base}/named.pid";
    session-keyfile "{self.base}/session.key";
    managed-keys-directory "{self.base}";
    listen-on port {self.port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    recursion no;
    notify no;
}};
controls {{ }};
key "{KEY_NAME}" {{ algorithm hmac-sha256; secret "{KEY_SECRET}"; }};
server 127.0.0.1 {{ keys {{ "{KEY_NAME}"; }}; }};
zone "example.com" {{
    type secondary;
    file "{self.base}/example.com.zone";
    masterfile-format text;
    primaries {{ 127.0.0.1 port {self.primary_port} key "{KEY_NAME}"; }};
    allow-notify {{ key "{KEY_NAME}"; }};
}};
"""
