"""Starts real regions, nodes and clients on loopback and waits for what they do. Everything is cleaned up by pid."""

import contextlib
import datetime
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EVERSHORE = os.environ.get("EVERSHORE", str(ROOT / "build/release/src/app/evershore"))
ACCESS_KEY = "TESTKEY0000000000001"
SECRET_KEY = "test/secret+key0000000000000000000000001"


def wait_until(condition, seconds=20.0, what="the condition"):
    """Returns the condition's first true value; fails with the last one seen when the bound passes."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true in {seconds} s; last: {value!r}")
        time.sleep(0.02)


def free_port():
    """A port nobody has now, for programs that cannot be asked which one they took."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A child that is always reaped. Its output is in `log`."""

    def __init__(self, command, log, environment=None):
        self.log = pathlib.Path(log)
        self._out = open(self.log, "ab")
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._out, stderr=subprocess.STDOUT, env=dict(os.environ, **(environment or {})))

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child.poll() is None

    def text(self):
        return self.log.read_text(errors="replace")

    def line(self, pattern, seconds=20.0):
        """Waits for a line of output; a death on the way fails at once with the output."""

        def found():
            match = re.search(pattern, self.text())
            if not match and not self.running():
                raise AssertionError(f"{self.child.args[0]} ended with {self.child.returncode}:\n{self.text()[-3000:]}")
            return match

        return wait_until(found, seconds, f"output matching {pattern!r}")

    def send(self, number):
        if self.running():
            self.child.send_signal(number)

    def kill(self):
        self.send(signal.SIGKILL)
        self.child.wait()

    def stop(self, seconds=15.0):
        """TERM, then KILL after the bound. Returns the exit code."""
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop in {seconds} s:\n{self.text()[-3000:]}") from None
        finally:
            self._out.close()


class Region:
    """`evershore region` over a directory. Keeps its port over restarts."""

    def __init__(self, base, name, *more):
        self.name = name
        self.dir = pathlib.Path(base) / name
        self.bucket = "site-" + name
        self.port = 0
        self.more = list(more)
        self.process = None
        self.start()

    def start(self):
        log = self.dir.with_suffix(".log")
        log.unlink(missing_ok=True)
        command = [EVERSHORE, "region", "--dir", str(self.dir), "--listen", f"127.0.0.1:{self.port}", "--bucket", self.bucket]
        command += ["--access-key", ACCESS_KEY, "--secret-key", "env:REGION_SECRET"] + self.more
        self.process = Process(command, log, {"REGION_SECRET": SECRET_KEY})
        self.port = int(self.process.line(r"listening on 127\.0\.0\.1:(\d+)").group(1))

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def client(self):
        return S3(self.endpoint, self.bucket)

    def settings(self, interval="250ms", timeout="300ms"):
        return f"""
[regions.{self.name}]
endpoint = "{self.endpoint}"
bucket = "{self.bucket}"
access_key = "{ACCESS_KEY}"
secret_key = "env:REGION_SECRET"
check = {{ interval = "{interval}", failure_threshold = 3, timeout = "{timeout}" }}
"""

    def kill(self):
        self.process.kill()

    def stop(self):
        if self.process.running():
            self.process.stop()


class Node:
    """`evershore run` on a settings file; finds its ports in what it prints."""

    def __init__(self, settings_path):
        self.settings_path = pathlib.Path(settings_path)
        self.process = None
        self.start()

    def start(self):
        log = self.settings_path.with_suffix(".log")
        log.unlink(missing_ok=True)
        self.process = Process([EVERSHORE, "run", "-c", str(self.settings_path)], log, {"REGION_SECRET": SECRET_KEY})
        self.process.line(r"node \S+ is ready")
        text = self.process.text()
        self.ports = {role: int(port) for role, port in re.findall(r"(edge|edge-tls|dns|dns-tls|admin) listening on \S*?:(\d+)", text)}

    def get_json(self, target):
        return json.loads(self.request("admin", target)[2])

    def request(self, role, target, headers=None, method="GET", body=None):
        """(status, headers, body) of one request to a listener of this node."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[role], timeout=15)
        with contextlib.closing(connection):
            connection.request(method, target, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, dict((k.lower(), v) for k, v in response.getheaders()), response.read()

    def edge(self, target, headers=None, method="GET"):
        return self.request("edge", target, dict({"Host": "assets.example.com"}, **(headers or {})), method)

    def command(self, *words, check=None):
        return evershore(*words[:1], "-c", str(self.settings_path), *words[1:], check=check)

    def stop(self):
        if self.process.running():
            return self.process.stop()
        return self.process.child.returncode


def evershore(*words, check=None, seconds=120):
    """Runs a command of the program; `check` is the exit code it must end with."""
    done = subprocess.run([EVERSHORE, *map(str, words)], capture_output=True, text=True, timeout=seconds, env=dict(os.environ, REGION_SECRET=SECRET_KEY))
    if check is not None:
        assert done.returncode == check, f"{words}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done


def site_settings(base, regions, extra="", records=True, deletes=True, failback="2s"):
    """A whole settings file: a site over `regions`, an edge, a zone and an admin listener, all on system-chosen ports."""
    order = ", ".join(f'"{region.name}"' for region in regions)
    text = f'[node]\nname = "node-1"\ndata = "{base}/state"\nthreads = 1\n'
    text += "".join(region.settings() for region in regions)
    text += f"""
[sites.assets]
hosts = ["assets.example.com"]
regions = [{order}]
replication = {{ mode = "async", deletes = {str(deletes).lower()}, scan_interval = "1h" }}
failback = {{ mode = "in-sync", hold = "{failback}" }}

[edge]
listen = ["127.0.0.1:0"]

[admin]
listen = "127.0.0.1:{free_port()}"
"""
    if records:
        text += f"""
[dns]
listen = ["127.0.0.1:0"]
[[dns.zones]]
name = "example.com"
nameservers = ["ns1.example.com"]
[[dns.records]]
name = "assets.example.com"
type = "A"
ttl = "1s"
policy = "failover"
answers = [
  {{ id = "one", role = "primary", value = "192.0.2.1", health_check = "region/{regions[0].name}" }},
  {{ id = "two", role = "secondary", value = "192.0.2.2", health_check = "region/{regions[1].name}" }},
]
"""
    return text + extra


def sha(data):
    return hashlib.sha256(data).hexdigest()


def aws_environment():
    """Only our keys: nothing of the machine's own cloud set-up (accounts, certificates, proxies)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
    return dict(kept, AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY=SECRET_KEY, AWS_DEFAULT_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true",
                AWS_CONFIG_FILE="/nonexistent", AWS_SHARED_CREDENTIALS_FILE="/nonexistent", PYTHONDONTWRITEBYTECODE="1")


def aws(region, *words, check=True):
    done = subprocess.run(["/usr/bin/aws", "--endpoint-url", region.endpoint, *words], env=aws_environment(), capture_output=True, timeout=120)
    assert not check or done.returncode == 0, done.stderr.decode()[-2000:]
    return done


class S3:
    """Just enough of an S3 client, written apart from the product's: presigned requests on one connection."""

    def __init__(self, endpoint, bucket, access_key=ACCESS_KEY, secret_key=SECRET_KEY, region="us-east-1"):
        url = urllib.parse.urlsplit(endpoint)
        self.host, self.bucket, self.keys, self.region = url.netloc, bucket, (access_key, secret_key), region
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)

    def _presigned(self, method, key, query, headers):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{now[:8]}/{self.region}/s3/aws4_request"
        signed = dict({name.lower(): value for name, value in headers.items() if name.lower().startswith("x-amz-")}, host=self.host)
        names = ";".join(sorted(signed))
        query = dict(query or {}, **{"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{self.keys[0]}/{scope}", "X-Amz-Date": now,
                                     "X-Amz-Expires": "900", "X-Amz-SignedHeaders": names})
        path = "/" + urllib.parse.quote(self.bucket, safe="") + ("/" + urllib.parse.quote(key, safe="/~") if key else "")
        text = "&".join(f"{urllib.parse.quote(k, safe='~')}={urllib.parse.quote(v, safe='~')}" for k, v in sorted(query.items()))
        fields = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        canonical = f"{method}\n{path}\n{text}\n{fields}\n{names}\nUNSIGNED-PAYLOAD"
        to_sign = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{sha(canonical.encode())}"
        secret = ("AWS4" + self.keys[1]).encode()
        for part in scope.split("/"):
            secret = hmac.digest(secret, part.encode(), "sha256")
        return f"{path}?{text}&X-Amz-Signature={hmac.digest(secret, to_sign.encode(), 'sha256').hex()}"

    def request(self, method, key="", body=None, headers=None, query=None):
        """(status, headers, body)"""
        try:
            self.connection.request(method, self._presigned(method, key, query, headers or {}), body=body, headers=headers or {})
            response = self.connection.getresponse()
            return response.status, dict((k.lower(), v) for k, v in response.getheaders()), response.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise

    def put(self, key, body, headers=None):
        status, _, text = self.request("PUT", key, body, headers)
        assert status == 200, (key, status, text)

    def get(self, key):
        """The body, or None when there is no such key."""
        status, _, body = self.request("GET", key)
        assert status in (200, 404), (key, status, body)
        return body if status == 200 else None

    def delete(self, key):
        status, _, text = self.request("DELETE", key)
        assert status in (200, 204), (key, status, text)

    def keys_listed(self, prefix=""):
        """{key: etag} of the whole bucket but for what Evershore keeps for itself."""
        found, start = {}, ""
        while True:
            query = {"list-type": "2", "prefix": prefix, "encoding-type": "url"}
            if start:
                query["start-after"] = start
            status, _, text = self.request("GET", query=query)
            assert status == 200, (status, text)
            page = re.findall(r"<Contents>.*?<Key>(.*?)</Key>.*?<ETag>(.*?)</ETag>.*?</Contents>", text.decode(), re.S)
            for key, etag in page:
                start = urllib.parse.unquote_plus(key)
                if not start.startswith(".evershore/"):
                    found[start] = etag.replace("&quot;", "").strip('"')
            if "<IsTruncated>true</IsTruncated>" not in text.decode():
                return found
