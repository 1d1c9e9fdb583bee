"""What belongs to an object besides its bytes, and what becomes of writes that cross."""

import json

import pytest
from support import evershore, site_settings, wait_until
from test_replication import equal, webhooked

TAGGING = "<Tagging><TagSet><Tag><Key>owner</Key><Value>new &amp; old</Value></Tag></TagSet></Tagging>"


def tags(region, key):
    status, _, body = region.client().request("GET", key, query={"tagging": ""})
    assert status == 200, body
    return body.decode()


def test_tags_travel_with_the_object_and_on_their_own(make_region, make_node, tmp_path):
    regions, node = webhooked(make_region, make_node, tmp_path)
    east, west, north = regions
    wait_until(lambda: all(r.client().get(".evershore/region") for r in regions), 20, "the markers")
    east.client().put("k", b"body", {"x-amz-tagging": "owner=me&stage=live"})
    wait_until(lambda: all("live" in tags(r, "k") for r in regions if r.client().get("k")) and equal(regions), 15, "object and tags everywhere")
    wait_until(lambda: metric(node, "evershore_replication_bytes_total") == 8, 10, "four bytes, twice, counted")
    status, _, text = north.client().request("PUT", "k", TAGGING.encode(), query={"tagging": ""})
    assert status == 200, text
    wait_until(lambda: all("new &amp; old" in tags(r, "k") and "live" not in tags(r, "k") for r in regions), 15, "the new tags everywhere")
    assert west.client().request("HEAD", "k")[1]["x-amz-tagging-count"] == "1"
    assert metric(node, "evershore_replication_bytes_total") == 8, "no byte was sent again"


def metric(node, name):
    text = node.request("admin", "/metrics")[2].decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name + "{"))


def seconds_apart(headers):
    """Last-Modified has whole seconds: only then the other write is the later one for everybody."""
    return headers["date"] != headers["last-modified"]


@pytest.fixture
def crossed(make_region, make_node, tmp_path):
    """Two regions, one key written differently in each before anybody replicated."""
    regions = [make_region(name) for name in ("east", "west")]
    regions[0].client().put("index.html", b"from east", {"Content-Type": "text/html"})
    regions[1].client().put("index.html", b"from west", {"Content-Type": "text/html"})
    node = make_node(site_settings(tmp_path, regions))
    wait_until(lambda: regions[0].client().get("index.html") == b"from west", 20, "the later one everywhere")
    return regions, node


def test_what_loses_against_a_crossing_write_is_kept_shown_and_can_be_brought_back(crossed):
    regions, node = crossed
    listed = json.loads(evershore("conflicts", "list", "-c", node.settings_path, "assets", "--json", check=0).stdout)
    assert [(c["key"], c["region"], c["bytes"], c["regions"]) for c in listed] == [("index.html", "east", 9, ["east", "west"])]
    assert regions[1].client().get(listed[0]["name"]) == b"from east"
    assert node.edge("/" + listed[0]["name"])[0] == 404, "never served"
    assert set(regions[0].client().keys_listed()) == {"index.html"}
    events = [event["text"] for event in node.get_json("/api/v1/events?since=0")["events"]]
    assert any("index.html" in text and "conflicts list" in text for text in events), events
    assert metric(node, "evershore_replication_conflicts") == 1
    evershore("verify", "-c", node.settings_path, "assets", check=0)

    shown = evershore("conflicts", "show", "-c", node.settings_path, "assets", "index.html", check=0).stdout
    assert "now: object" in shown and "written in east" in shown
    evershore("conflicts", "show", "-c", node.settings_path, "assets", "other", check=1)
    evershore("conflicts", "resolve", "-c", node.settings_path, "assets", "index.html", "--keep", "loser", check=0)
    wait_until(lambda: all(r.client().get("index.html") == b"from east" for r in regions), 15, "the loser as the key's content")
    assert regions[1].client().request("HEAD", "index.html")[1]["content-type"] == "text/html"
    assert "no conflicts" in evershore("conflicts", "list", "-c", node.settings_path, "assets", check=0).stdout
    assert metric(node, "evershore_replication_conflicts") == 0


def test_the_winner_may_stay(crossed):
    regions, node = crossed
    evershore("conflicts", "resolve", "-c", node.settings_path, "assets", "index.html", "--keep", "winner", check=0)
    assert all(r.client().get("index.html") == b"from west" for r in regions)
    assert node.get_json("/api/v1/sites/assets/conflicts")["conflicts"] == []
    evershore("conflicts", "resolve", "-c", node.settings_path, "assets", "index.html", "--keep", "winner", check=1)


def test_one_way_from_a_region_that_is_only_read_with_a_filter(make_region, tmp_path):
    east, west = make_region("east"), make_region("west")
    text = site_settings(tmp_path, [east, west])
    rule = 'replication = { mode = "async", read_only = ["east"], filter = { exclude_prefixes = ["tmp/"], exclude_suffixes = [".part"], max_size = "1MiB" }, '
    path = tmp_path / "evershore.toml"
    path.write_text(text.replace('replication = { mode = "async", ', rule))
    for key in ("a", "tmp/b", "c.part"):
        east.client().put(key, b"from east")
    east.client().put("large", bytes(2 << 20))
    west.client().put("west-only", b"x")
    evershore("sync", "-c", path, "assets", check=0)
    assert set(west.client().keys_listed()) == {"a", "west-only"}
    assert set(east.client().keys_listed()) == {"a", "tmp/b", "c.part", "large"}
    evershore("verify", "-c", path, "assets", check=0)
    assert "0 of 2 keys" in evershore("sync", "-c", path, "assets", "--dry-run", check=0).stdout
