"""The edge in front of three regions: what a client sees while regions die, stall and lie."""

import os
import signal
import socket
import threading
import time

import pytest
import support
from support import evershore, sha, wait_until


@pytest.fixture
def site(make_region, make_node, tmp_path):
    regions = [make_region(name) for name in ("east", "west", "north")]
    client = regions[0].client()
    client.put("index.html", b"<h1>home</h1>", {"Content-Type": "text/html"})
    client.put("small.txt", b"small", {"Content-Type": "text/plain", "Cache-Control": "no-store"})
    client.put("cached.txt", b"cached", {"Cache-Control": "max-age=1"})
    client.put("404.html", b"<h1>nothing here</h1>", {"Content-Type": "text/html"})
    client.put("large.bin", os.urandom(24 << 20), {"Cache-Control": "no-store"})
    text = support.site_settings(tmp_path, regions).replace("[sites.assets]", '[sites.assets]\nerror_document = "404.html"')
    path = tmp_path / "evershore.toml"
    path.write_text(text)
    evershore("sync", "-c", path, "assets", check=0)
    return regions, make_node(text)


def test_serves_with_the_headers_of_the_contract(site):
    regions, node = site
    status, headers, body = node.edge("/small.txt")
    assert (status, body, headers["content-type"]) == (200, b"small", "text/plain")
    assert headers["via"] == "1.1 evershore" and headers["accept-ranges"] == "bytes" and headers["etag"] and headers["last-modified"]
    assert headers["x-evershore"].startswith("region=east; cache=") and "attempts=1" in headers["x-evershore"]
    assert not [name for name in headers if name.startswith("x-amz-meta-evershore")]
    status, headers, body = node.edge("/")
    assert (status, body) == (200, b"<h1>home</h1>")
    assert node.edge("/small.txt", {"Range": "bytes=1-2"})[::2] == (206, b"ma")
    assert node.edge("/small.txt", {"Range": "bytes=100-"})[0] == 416
    etag = node.edge("/small.txt")[1]["etag"]
    assert node.edge("/small.txt", {"If-None-Match": etag})[0] == 304
    assert node.edge("/small.txt", {"If-Match": '"other"'})[0] == 412
    status, headers, body = node.edge("/small.txt", method="HEAD")
    assert (status, headers["content-length"], body) == (200, "5", b"")
    status, headers, _ = node.edge("/small.txt", method="POST")
    assert status == 405 and "GET" in headers["allow"]
    assert node.request("edge", "/small.txt", {"Host": "other.example.org"})[0] == 421
    status, _, body = node.edge("/missing")
    assert (status, body) == (404, b"<h1>nothing here</h1>")


def test_limits_and_malformed_requests(site):
    _, node = site

    def raw(data):
        with socket.create_connection(("127.0.0.1", node.ports["edge"]), timeout=10) as connection:
            connection.sendall(data)
            return connection.recv(200).split(b"\r\n")[0]

    host = b"Host: assets.example.com\r\n"
    assert b" 431 " in raw(b"GET / HTTP/1.1\r\n" + host + b"X: " + b"a" * 40_000 + b"\r\n\r\n")
    assert b" 414 " in raw(b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + host + b"\r\n")
    assert b" 400 " in raw(b"GET / HTTP/1.1\r\n" + host + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert b" 400 " in raw(b"nonsense\r\n\r\n")


def test_a_key_one_region_lacks_is_served_from_another(site):
    regions, node = site
    regions[1].client().put("only-west.txt", b"w")
    status, headers, body = node.edge("/only-west.txt")
    assert (status, body) == (200, b"w") and "region=west" in headers["x-evershore"]


def test_cached_copies_are_served_stale_when_all_regions_are_down(site):
    regions, node = site
    assert node.edge("/cached.txt")[0] == 200
    assert "cache=hit" in node.edge("/cached.txt")[1]["x-evershore"]
    for region in regions:
        region.kill()
    time.sleep(1.1)  # let the copy go stale: its freshness is the event waited for
    status, headers, body = node.edge("/cached.txt")
    assert (status, body) == (200, b"cached") and "cache=stale" in headers["x-evershore"]
    status, headers, _ = node.edge("/small.txt")
    assert status == 503 and "retry-after" in headers


class Load(threading.Thread):
    """Requests one after another; every answer's time and correctness is kept."""

    def __init__(self, node, target, body):
        super().__init__(daemon=True)
        self.node, self.target, self.body = node, target, body
        self.answers, self.bad, self.worst, self.stopping = 0, [], 0.0, False

    def run(self):
        while not self.stopping:
            began = time.monotonic()
            try:
                status, _, body = self.node.edge(self.target)
                if status != 200 or body != self.body:
                    self.bad.append((status, len(body)))
            except Exception as error:  # noqa: BLE001 - any failure is what the test is about
                self.bad.append(repr(error))
            self.worst = max(self.worst, time.monotonic() - began)
            self.answers += 1

    def finish(self):
        self.stopping = True
        self.join()
        return self


@pytest.mark.parametrize("fault", ["kill", "stop"])
def test_no_request_fails_and_no_download_is_cut_while_the_primary_dies(site, fault):
    regions, node = site
    original = regions[0].client().get("large.bin")
    loads = [Load(node, "/small.txt", b"small") for _ in range(4)]
    results, stalls = {}, {}

    def slow_download(index):
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", node.ports["edge"], timeout=20)
        connection.request("GET", "/large.bin", headers={"Host": "assets.example.com"})
        response = connection.getresponse()
        parts, longest, last = [], 0.0, time.monotonic()
        while True:
            piece = response.read(256 * 1024)
            now = time.monotonic()
            longest, last = max(longest, now - last), now
            if not piece:
                break
            parts.append(piece)
            time.sleep(0.02)
            last = time.monotonic()
        results[index], stalls[index] = sha(b"".join(parts)), longest

    downloads = [threading.Thread(target=slow_download, args=(i,), daemon=True) for i in range(4)]
    for thread in loads + downloads:
        thread.start()
    wait_until(lambda: all(load.answers > 20 for load in loads), 10)
    regions[0].process.send(signal.SIGKILL if fault == "kill" else signal.SIGSTOP)
    for thread in downloads:
        thread.join(40)
    before = sum(load.answers for load in loads)
    wait_until(lambda: sum(load.answers for load in loads) > before + 100, 20)
    for load in loads:
        load.finish()
    assert [load.bad for load in loads] == [[], [], [], []]
    assert results == {i: sha(original) for i in range(4)}
    assert max(stalls.values()) < 5 and max(load.worst for load in loads) < 5
    regions[0].process.send(signal.SIGCONT)


def test_answers_of_503_never_reach_the_client(site):
    regions, node = site
    done = node.command("drill", "--region", "east", "--fault", "error", "--for", "2s", check=0)
    assert node.edge("/small.txt")[0] == 200
    assert "east" in done.stdout


def test_tls_listeners_serve_the_same_site(make_region, make_node, tmp_path):
    import subprocess

    regions = [make_region("east"), make_region("west")]
    regions[0].client().put("k.txt", b"over tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=assets.example.com",
                    "-addext", "subjectAltName=DNS:assets.example.com", "-keyout", str(tmp_path / "k.pem"), "-out", str(tmp_path / "c.pem")], check=True, capture_output=True)
    text = support.site_settings(tmp_path, regions).replace(
        "[edge]\n", f'[edge]\nlisten_tls = ["127.0.0.1:0"]\ntls = [{{ certificate = "{tmp_path}/c.pem", private_key = "{tmp_path}/k.pem" }}]\n')
    node = make_node(text)
    port = node.ports["edge-tls"]
    done = subprocess.run(["curl", "-sS", "--cacert", str(tmp_path / "c.pem"), "--resolve", f"assets.example.com:{port}:127.0.0.1", f"https://assets.example.com:{port}/k.txt"],
                          capture_output=True, timeout=20, env={"PATH": os.environ["PATH"]})
    assert done.stdout == b"over tls", done.stderr
