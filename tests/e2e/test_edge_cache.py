"""The cache of a running node: over restarts and crashes, and purged by key, prefix, tag and site."""

import http.server
import json
import os
import pathlib
import threading
import time

import pytest
import support
from support import evershore, sha, wait_until

CACHED = {"Cache-Control": "max-age=3600", "Content-Type": "text/plain"}


@pytest.fixture
def site(make_region, make_node, tmp_path):
    regions = [make_region("east"), make_region("west")]
    for region in regions:
        client = region.client()
        for key in ("a.txt", "img/1", "img/2"):
            client.put(key, b"old " + key.encode(), CACHED)
        client.put("tagged", b"old tagged", dict(CACHED, **{"x-amz-meta-surrogate-key": "winter shoes"}))
    text = support.site_settings(tmp_path, regions, records=False).replace("threads = 1", "threads = 2")
    text = text.replace('mode = "async"', 'mode = "off"')
    text = text.replace('[edge]\n', f'[edge]\ncache = {{ memory = "64MiB", disk = {{ path = "{tmp_path}/cache", size = "64MiB" }} }}\n')
    return regions, make_node(text), tmp_path


def word(answer):
    return answer[1]["x-evershore"].split("cache=")[1].split(";")[0]


def on_disk(node):
    return node.get_json("/api/v1/status")["edge"]["disk"]


def fill(node, keys=("a.txt", "img/1", "img/2", "tagged")):
    for key in keys:
        assert node.edge("/" + key)[0] == 200
    wait_until(lambda: on_disk(node)["objects"] >= len(keys), what="all objects on disk")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_cached_objects_are_there_after_a_restart_with_all_regions_dead(site, end):
    regions, node, _ = site
    fill(node)
    node.stop() if end == "stop" else node.process.kill()
    for region in regions:
        region.kill()
    node.start()
    assert "cache on disk: 4 objects" in node.process.text()
    for key in ("a.txt", "img/1", "img/2", "tagged"):
        answer = node.edge("/" + key)
        assert (answer[0], answer[2], word(answer)) == (200, b"old " + key.encode(), "hit")
    assert on_disk(node)["hits"] == 4
    assert node.edge("/never-seen")[0] == 503


def test_a_damaged_disk_cache_costs_a_fetch_and_no_error(site):
    regions, node, folder = site
    fill(node)
    node.stop()
    for path in sorted((folder / "cache").glob("*.data")):
        data = bytearray(path.read_bytes())
        data[100::50] = bytes(len(data[100::50]))
        path.write_bytes(data)
    node.start()
    for key in ("a.txt", "img/1", "img/2", "tagged"):
        answer = node.edge("/" + key)
        assert (answer[0], answer[2], word(answer)) == (200, b"old " + key.encode(), "miss")


def test_purges_by_key_prefix_tag_and_site_reach_all_loops_and_the_disk(site):
    regions, node, _ = site

    def bodies():
        """What each key is, over new connections to both loops."""
        seen = {}
        for key in ("a.txt", "img/1", "img/2", "tagged"):
            seen[key] = {node.edge("/" + key)[2].split()[0] for _ in range(8)}
        return seen

    fill(node)
    assert set().union(*bodies().values()) == {b"old"}
    for region in regions:
        for key in ("a.txt", "img/1", "img/2"):
            region.client().put(key, b"new " + key.encode(), CACHED)
        region.client().put("tagged", b"new tagged", dict(CACHED, **{"x-amz-meta-surrogate-key": "winter"}))
    assert set().union(*bodies().values()) == {b"old"}
    told = node.command("purge", "assets", "--key", "a.txt", check=0).stdout
    assert told == 'site assets: key "a.txt" is purged\n'
    assert bodies() == {"a.txt": {b"new"}, "img/1": {b"old"}, "img/2": {b"old"}, "tagged": {b"old"}}
    node.command("purge", "assets", "--prefix", "img/", check=0)
    assert bodies() == {"a.txt": {b"new"}, "img/1": {b"new"}, "img/2": {b"new"}, "tagged": {b"old"}}
    node.command("purge", "assets", "--tag", "shoes", check=0)
    assert bodies()["tagged"] == {b"new"}
    status, _, body = node.request("admin", "/api/v1/sites/assets/purge", method="POST", body=json.dumps({"all": True}))
    assert (status, json.loads(body)) == (200, {"done": True})
    assert word(node.edge("/a.txt")) == "miss"
    assert node.command("purge", "assets").returncode == 2
    assert node.command("purge", "nothing", "--all").returncode == 2
    assert node.request("admin", "/api/v1/sites/assets/purge", method="POST", body='{"key": "a", "tag": "b"}')[0] == 400


def test_a_purge_is_not_forgotten_by_a_restart(site):
    regions, node, _ = site
    fill(node)
    node.command("purge", "assets", "--prefix", "img/", check=0)
    node.process.kill()
    for region in regions:
        region.kill()
    node.start()
    assert node.edge("/a.txt")[0] == 200
    assert node.edge("/img/1")[0] == 503


def test_a_folder_that_cannot_be_used_leaves_the_cache_in_memory(make_region, make_node, tmp_path):
    region = make_region("east")
    region.client().put("a.txt", b"a", CACHED)
    pathlib.Path(tmp_path / "cache").write_text("not a folder")
    text = support.site_settings(tmp_path, [region], records=False)
    text = text.replace('[edge]\n', f'[edge]\ncache = {{ disk = {{ path = "{tmp_path}/cache", size = "64MiB" }} }}\n')
    node = make_node(text)
    assert "edge.cache.disk is not used" in node.process.text()
    assert node.edge("/a.txt")[2] == b"a" and word(node.edge("/a.txt")) == "hit"
    assert on_disk(node) is None
    assert evershore("check", "-c", node.settings_path, check=0)


def test_ranges_of_a_large_object_fetch_blocks_and_survive_a_restart(site):
    regions, node, _ = site
    data = os.urandom((20 << 20) + 12_345)
    for region in regions:
        region.client().put("large.bin", data, CACHED)
    status, headers, body = node.edge("/large.bin", {"Range": "bytes=0-9,10485760-10485769,-5"})
    assert status == 206 and headers["content-type"].startswith("multipart/byteranges") and len(body) < 1000
    for part in (data[:10], data[10485760:10485770], data[-5:]):
        assert b"\r\n\r\n" + part + b"\r\n--" in body
    first = node.edge("/large.bin", {"Range": "bytes=5242880-6291460"})
    assert (first[0], sha(first[2]), first[1]["content-range"]) == (206, sha(data[5242880:6291461]), f"bytes 5242880-6291460/{len(data)}")
    assert sha(node.edge("/large.bin")[2]) == sha(data)
    wait_until(lambda: on_disk(node)["objects"] >= 22, what="21 blocks and their object on disk")
    node.process.kill()
    for region in regions:
        region.kill()
    node.start()
    answer = node.edge("/large.bin")
    assert (answer[0], sha(answer[2]), word(answer)) == (200, sha(data), "hit")
    assert sha(node.edge("/large.bin", {"Range": "bytes=1000000-9000000"})[2]) == sha(data[1000000:9000001])


def test_many_readers_of_a_large_object_while_its_region_dies(site):
    regions, node, _ = site
    data = os.urandom(32 << 20)
    for region in regions:
        region.client().put("large.bin", data, CACHED)
    etags = {region.client().request("HEAD", "large.bin")[1]["etag"] for region in regions}
    assert len(etags) == 1
    got = {}

    def read(number):
        got[number] = sha(node.edge("/large.bin")[2])

    readers = [threading.Thread(target=read, args=(i,)) for i in range(8)]
    for reader in readers:
        reader.start()
    regions[0].kill()
    for reader in readers:
        reader.join(60)
    assert set(got.values()) == {sha(data)} and len(got) == 8


class CountingOrigin:
    """A plain HTTP server that takes a moment and counts who asks."""

    def __init__(self):
        origin = self
        self.targets = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                origin.targets.append(self.path)
                time.sleep(0.3)
                self.send_response(200)
                self.send_header("Content-Length", "5")
                self.send_header("Cache-Control", "max-age=60")
                self.end_headers()
                self.wfile.write(b"hello")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_loops_that_miss_the_same_key_at_once_fetch_it_once(make_node, tmp_path):
    origin = CountingOrigin()
    node = make_node(f"""
[node]
name = "node-1"
data = "{tmp_path}/state"
threads = 4
[regions.origin]
endpoint = "http://127.0.0.1:{origin.server.server_address[1]}"
addressing = "bare"
check = {{ interval = "1h" }}
[sites.assets]
hosts = ["assets.example.com"]
regions = ["origin"]
replication = {{ mode = "off" }}
[edge]
listen = ["127.0.0.1:0"]
timeouts = {{ first_byte = "5s" }}
""")
    bodies = []
    clients = [threading.Thread(target=lambda: bodies.append(node.edge("/k")[2])) for _ in range(40)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(30)
    assert bodies == [b"hello"] * 40
    assert origin.targets.count("/k") == 1, origin.targets
    origin.server.shutdown()
