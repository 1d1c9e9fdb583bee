"""A Ceph RADOS Gateway as one of three regions: sync, verify, edge and takeover across software nobody here wrote."""

import os
import pathlib
import signal
import subprocess
import threading

import pytest
import support
from support import ACCESS_KEY, SECRET_KEY, evershore, free_port, sha, wait_until
from test_replication import equal, fill, region_status

PEER = support.ROOT.parent / "shared/peers/ceph-rgw"


class CephRegion:
    """Looks like support.Region to the tests."""

    def __init__(self, directory, name):
        self.name, self.dir, self.port, self.bucket = name, pathlib.Path(directory), free_port(), "site-" + name
        self.start()
        assert self.client().request("PUT")[0] == 200

    def start(self):
        command = ["bash", str(PEER), "start", "--port", str(self.port), "--dir", str(self.dir), "--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-2000:]

    endpoint = property(lambda self: f"http://127.0.0.1:{self.port}")
    settings = support.Region.settings
    client = support.Region.client

    def send(self, number):
        os.kill(int((self.dir / "run/radosgw.pid").read_text()), number)

    def stop(self):
        subprocess.run(["bash", str(PEER), "stop", "--dir", str(self.dir), "--now"], capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def ceph(tmp_path_factory):
    if not PEER.exists():
        pytest.skip(f"{PEER} is not here")
    region = CephRegion(tmp_path_factory.mktemp("ceph"), "ceph")
    yield region
    region.stop()


@pytest.fixture
def mixed(ceph, make_region):
    client = ceph.client()
    for key in client.keys_listed():
        client.delete(key)
    client.delete(".evershore/region")
    return [ceph, make_region("east"), make_region("west")]


def test_sync_and_verify_between_ceph_and_our_own_regions(mixed, tmp_path):
    ceph, east, west = mixed
    fill(ceph.client(), 60, "from-ceph/")
    fill(east.client(), 60, "from-east/")
    west.client().put("odd/ü +%&=.bin", os.urandom(5000))
    (tmp_path / "large").write_bytes(os.urandom(20 << 20))
    support.aws(ceph, "s3", "cp", str(tmp_path / "large"), f"s3://{ceph.bucket}/large")
    path = tmp_path / "evershore.toml"
    path.write_text(support.site_settings(tmp_path, mixed))
    evershore("sync", "-c", path, "assets", check=0)
    evershore("verify", "-c", path, "assets", check=0)
    listings = [set(region.client().keys_listed()) for region in mixed]
    assert len(listings[0]) == 122 and listings[0] == listings[1] == listings[2]
    status, headers, body = west.client().request("GET", "from-ceph/0007.txt")
    assert (status, body, headers["x-amz-meta-n"], headers["content-type"]) == (200, b"body 7", "7", "text/plain")
    assert sha(east.client().get("large")) == sha((tmp_path / "large").read_bytes())
    ceph.client().delete("from-east/0001.txt")
    done = evershore("verify", "-c", path, "assets", check=1)
    assert "from-east/0001.txt" in done.stdout and "from-east/0002.txt" not in done.stdout


def test_tags_travel_between_ceph_and_our_own_regions(mixed, tmp_path):
    ceph, east, west = mixed
    ceph.client().put("from-ceph", b"1", {"x-amz-tagging": "a=1&b=x%20y"})
    east.client().put("from-east", b"2", {"x-amz-tagging": "c=3"})
    path = tmp_path / "evershore.toml"
    path.write_text(support.site_settings(tmp_path, mixed))
    evershore("sync", "-c", path, "assets", check=0)
    assert "cannot hold" not in evershore("verify", "-c", path, "assets", check=0).stderr
    for region in mixed:
        of_ceph = region.client().request("GET", "from-ceph", query={"tagging": ""})[2].decode()
        assert "<Value>x y</Value>" in of_ceph and of_ceph.count("<Tag>") == 2, (region.name, of_ceph)
        assert "<Key>c</Key><Value>3</Value>" in region.client().request("GET", "from-east", query={"tagging": ""})[2].decode(), region.name


def test_a_frozen_ceph_primary_is_left_in_mid_download_and_catches_up(mixed, make_node, tmp_path):
    ceph, east, west = mixed
    body = os.urandom(24 << 20)
    ceph.client().put("large.bin", body, {"Cache-Control": "no-store"})
    text = support.site_settings(tmp_path, mixed)
    path = tmp_path / "evershore.toml"
    path.write_text(text)
    evershore("sync", "-c", path, "assets", check=0)
    assert equal(mixed), [region.client().keys_listed() for region in mixed]
    node = make_node(text)
    wait_until(lambda: "region=ceph" in node.edge("/large.bin", {"Range": "bytes=0-0"})[1]["x-evershore"], 20)
    frozen = threading.Timer(0.3, lambda: ceph.send(signal.SIGSTOP))
    frozen.start()
    try:
        done = subprocess.run(["curl", "-sS", "--limit-rate", "16M", "-H", "Host: assets.example.com", f"http://127.0.0.1:{node.ports['edge']}/large.bin"],
                              capture_output=True, timeout=60)
        assert done.returncode == 0 and sha(done.stdout) == sha(body)
        wait_until(lambda: region_status(node, "ceph")["health"] == "down", 10)
        east.client().put("while-frozen.txt", b"x")
    finally:
        frozen.join()
        ceph.send(signal.SIGCONT)
    wait_until(lambda: region_status(node, "ceph")["health"] == "up", 20)
    # The node may be scanning by itself, since the region has come back; then a sync says so.
    wait_until(lambda: evershore("sync", "-c", path, "assets").returncode == 0, 30, "a sync that converges")
    assert ceph.client().get("while-frozen.txt") == b"x"
