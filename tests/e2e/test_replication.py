"""Three regions kept equal: backfill, changes, deletes, outage and catch-up, seen with a client of our own."""

import json
import os
import random
import signal
import zlib

import pytest
import support
from support import evershore, wait_until


def fill(client, count, prefix="f/"):
    for index in range(count):
        client.put(f"{prefix}{index:04}.txt", f"body {index}".encode(), {"Content-Type": "text/plain", "x-amz-meta-n": str(index), "Cache-Control": "max-age=60"})


def equal(regions):
    listings = [region.client().keys_listed() for region in regions]
    return listings[0] if all(listing == listings[0] for listing in listings) else None


@pytest.fixture
def three(make_region):
    return [make_region(name) for name in ("east", "west", "north")]


@pytest.fixture
def settings(three, tmp_path):
    path = tmp_path / "evershore.toml"
    path.write_text(support.site_settings(tmp_path, three))
    return path


def test_sync_backfills_existing_objects_with_their_headers_and_verify_agrees(three, settings):
    east, west, north = three
    fill(east.client(), 300)
    east.client().put("odd/ü +%&.bin", os.urandom(100))
    east.client().put("empty", b"")
    evershore("sync", "-c", settings, "assets", check=0)
    listing = equal(three)
    assert listing and len(listing) == 302
    status, headers, body = north.client().request("GET", "f/0007.txt")
    assert (status, body) == (200, b"body 7")
    assert headers["content-type"] == "text/plain" and headers["x-amz-meta-n"] == "7" and headers["cache-control"] == "max-age=60"
    evershore("verify", "-c", settings, "assets", check=0)


def test_verify_names_exactly_the_keys_that_differ(three, settings):
    east, west, north = three
    fill(east.client(), 50)
    evershore("sync", "-c", settings, "assets", check=0)
    west.client().delete("f/0003.txt")
    north.client().put("f/0004.txt", b"tampered")
    north.client().put("extra", b"x")
    done = evershore("verify", "-c", settings, "assets", check=1)
    assert "f/0003.txt" in done.stdout and "f/0004.txt" in done.stdout and "extra" in done.stdout
    assert "f/0005.txt" not in done.stdout
    done = evershore("verify", "-c", settings, "assets", "--json", check=1)
    assert {json.loads(line)["key"] for line in done.stdout.splitlines() if '"key"' in line} == {"f/0003.txt", "f/0004.txt", "extra"}


def test_a_dry_run_tells_what_sync_then_does(three, settings):
    east, west, north = three
    fill(east.client(), 50)
    west.client().put("large", os.urandom(3 << 20))
    planned = json.loads(evershore("sync", "-c", settings, "assets", "--dry-run", "--json", check=1).stdout)
    assert (planned["keys"], planned["objects"]) == (51, 102)
    assert not north.client().keys_listed(), "nothing was copied"
    told = evershore("sync", "-c", settings, "assets", "--dry-run", check=1).stdout
    assert "large: copy to east, north" in told and "f/0049.txt: copy to west, north" in told
    done = json.loads(evershore("sync", "-c", settings, "assets", "--json", check=0).stdout)
    assert (done["objects_copied"], done["bytes_copied"]) == (planned["objects"], planned["bytes"])
    assert "0 of 51 keys" in evershore("sync", "-c", settings, "assets", "--dry-run", check=0).stdout


def rot(region, body):
    """Turns a bit over in the one object file that holds this body."""
    path = next(path for path in (region.dir / "objects").rglob("*") if path.is_file() and path.read_bytes().startswith(body))
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)


def test_verify_in_depth_finds_what_listings_hide_and_repair_puts_it_right(three, settings):
    east, west, north = three
    fill(east.client(), 20)
    evershore("sync", "-c", settings, "assets", check=0)
    rot(west, b"body 7")
    north.client().request("PUT", "f/0003.txt", b"body 3", {"Content-Type": "text/odd"})
    evershore("verify", "-c", settings, "assets", check=0)
    done = evershore("verify", "-c", settings, "assets", "--depth", "identity", check=1)
    assert "f/0003.txt" in done.stdout and "f/0007.txt" not in done.stdout
    done = evershore("verify", "-c", settings, "assets", "--depth", "full", check=1)
    assert "f/0007.txt: west: the bytes are not what its ETag says" in done.stdout
    done = evershore("verify", "-c", settings, "assets", "--depth", "full", "--after", "f/0003.txt", check=1)
    assert "f/0003.txt" not in done.stdout and "f/0007.txt" in done.stdout
    evershore("repair", "-c", settings, "assets", "--depth", "full", check=0)
    assert west.client().get("f/0007.txt") == b"body 7"
    evershore("verify", "-c", settings, "assets", "--depth", "full", check=0)


def test_a_key_that_only_a_scan_misses_is_restored_not_deleted(three, settings):
    fill(three[0].client(), 20)
    evershore("sync", "-c", settings, "assets", check=0)
    three[0].client().delete("f/0001.txt")
    evershore("sync", "-c", settings, "assets", check=0)
    assert three[0].client().get("f/0001.txt") == b"body 1"


def test_multipart_objects_keep_their_etag(three, settings, tmp_path):
    (tmp_path / "large").write_bytes(os.urandom(20 << 20))
    support.aws(three[0], "s3", "cp", str(tmp_path / "large"), f"s3://{three[0].bucket}/large")
    evershore("sync", "-c", settings, "assets", check=0)
    listing = equal(three)
    assert listing and listing["large"].endswith("-3")


def webhooked(make_region, make_node, tmp_path, **options):
    """Three regions that tell the node of every change."""
    port = support.free_port()
    hook = f"http://127.0.0.1:{port}/api/v1/replication/webhook"
    regions = [make_region(name, "--webhook", hook) for name in ("east", "west", "north")]
    text = support.site_settings(tmp_path, regions, **options)
    admin = text.index('[admin]\nlisten = "')
    text = text[:admin] + f'[admin]\nlisten = "127.0.0.1:{port}"\n' + text[text.index("\n", text.index("listen", admin)) + 1 :]
    return regions, make_node(text)


def test_changes_and_deletes_travel_by_webhook_within_seconds(make_region, make_node, tmp_path):
    regions, _ = webhooked(make_region, make_node, tmp_path)
    east, west, north = regions
    wait_until(lambda: all(r.client().get(".evershore/region") for r in regions), 20, "the markers")
    east.client().put("a", b"1")
    north.client().put("b", b"2")
    wait_until(lambda: len(equal(regions) or ()) == 2, 15, "both keys everywhere")
    west.client().put("a", b"1 changed elsewhere")
    wait_until(lambda: all(r.client().get("a") == b"1 changed elsewhere" for r in regions), 15, "the overwrite everywhere")
    north.client().delete("a")
    wait_until(lambda: all(r.client().get("a") is None for r in regions), 15, "the delete everywhere")
    assert all(r.client().get("b") == b"2" for r in regions)


def test_a_region_that_was_down_catches_up_and_serves_again_only_then(make_region, make_node, tmp_path):
    regions, node = webhooked(make_region, make_node, tmp_path)
    east, west, north = regions
    fill(east.client(), 30)
    wait_until(lambda: len(equal(regions) or ()) == 30, 30, "the first sync")
    east.kill()
    wait_until(lambda: region_status(node, "east")["health"] == "down", 10, "east to be seen down")
    fill(west.client(), 40, "later/")
    west.client().delete("f/0001.txt")
    wait_until(lambda: north.client().get("later/0039.txt") and north.client().get("f/0001.txt") is None, 20, "the other two")
    assert region_status(node, "east")["pending_keys"] >= 41
    (gaps,) = node.get_json("/api/v1/regions/east/gaps")
    assert gaps["lacks_keys"] >= 41 and gaps["only_here_keys"] == 0
    assert {"key": "later/0039.txt", "held_by": ["west", "north"]}.items() <= next(k for k in gaps["keys"] if k["key"] == "later/0039.txt").items()
    assert "lacks_keys" in evershore("explain", "-c", node.settings_path, "east", "--json", check=0).stdout
    east.start()
    wait_until(lambda: len(equal(regions) or ()) == 69, 30, "east to catch up")
    wait_until(lambda: site_order(node)[0]["region"] == "east" and site_order(node)[0]["usable"], 30, "failback")
    events = [event["text"] for event in node.get_json("/api/v1/events?since=0")["events"]]
    assert any("east" in text and "down" in text for text in events), events


def region_status(node, name):
    return next(region for region in node.get_json("/api/v1/status")["regions"] if region["name"] == name)


def site_order(node):
    return node.get_json("/api/v1/status")["sites"][0]["order"]


def test_everything_acknowledged_converges_over_kill_nine_of_the_node(make_region, make_node, tmp_path):
    rounds = int(os.environ.get("KILL_ROUNDS", "8"))
    regions, node = webhooked(make_region, make_node, tmp_path)
    wait_until(lambda: all(r.client().get(".evershore/region") for r in regions), 20, "the markers")
    expected = {}
    pick = random.Random(int(os.environ.get("KILL_SEED", "1")))
    for turn in range(rounds):
        for step in range(pick.randrange(5, 60)):
            key = f"k/{pick.randrange(200):03}"
            body = f"{turn}.{step}".encode()
            # A key is written in one region only, so that its last acknowledged write is known.
            regions[zlib.crc32(key.encode()) % 3].client().put(key, body)
            expected[key] = body
        node.process.send(signal.SIGKILL)
        node.process.child.wait()
        node.start()
    wait_until(lambda: (lambda l: l is not None and set(l) == set(expected))(equal(regions)), 60, "convergence")
    wait_until(lambda: node.get_json("/api/v1/status")["regions"][0]["pending_keys"] == 0, 30, "an empty queue")
    for key, body in expected.items():
        for region in regions:
            assert region.client().get(key) == body, (key, region.name)
