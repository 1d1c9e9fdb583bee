"""Which region the edge asks: by weight, by nearness, and step by step after one came back."""

import collections
import re

import support
from support import wait_until

KEYS = [f"w/{index}" for index in range(200)]


def region_of(node, key):
    status, headers, _ = node.edge("/" + key)
    assert status == 200
    return re.search(r"region=(\w+)", headers["x-evershore"]).group(1)


def filled(make_region, *names):
    regions = [make_region(name) for name in names]
    for region in regions:
        client = region.client()
        for key in KEYS:
            client.put(key, b"x")  # no lifetime: each request asks
    return regions


def settings_with(tmp_path, regions, lines, failback='{ mode = "immediate" }'):
    text = support.site_settings(tmp_path, regions, records=False).replace("[sites.assets]", "[sites.assets]\n" + lines)
    return re.sub(r"failback = .*", f"failback = {failback}", text)  # no gate: what is tested is the choice


def all_up(node):
    return {r["health"] for r in node.get_json("/api/v1/regions")} == {"up"}


def test_weights_give_each_region_its_share_of_the_keys_and_a_reload_moves_few(make_region, make_node, tmp_path):
    east, west = filled(make_region, "east", "west")
    lines = 'choice = "weights"\nweights = { east = 70, west = 30 }'
    node = make_node(settings_with(tmp_path, [east, west], lines))
    wait_until(lambda: all_up(node), what="both regions up")
    before = {key: region_of(node, key) for key in KEYS}
    shares = collections.Counter(before.values())
    assert 120 <= shares["east"] <= 160 and shares["west"] == len(KEYS) - shares["east"], shares
    assert before == {key: region_of(node, key) for key in KEYS}
    told = node.command("explain", KEYS[0], check=0).stdout
    assert re.search(r"order:\n\s+- " + before[KEYS[0]], told), told
    node.settings_path.write_text(node.settings_path.read_text().replace("west = 30", "west = 40"))
    node.process.send(support.signal.SIGHUP)
    wait_until(lambda: node.get_json("/api/v1/status")["sites"][0]["choice"]["weights"]["west"] == 40, what="the reload")
    after = {key: region_of(node, key) for key in KEYS}
    moved = [key for key in KEYS if before[key] != after[key]]
    assert 0 < len(moved) < 30 and all(after[key] == "west" for key in moved)


def test_the_nearest_is_chosen_by_measurement(make_region, make_node, tmp_path):
    regions = filled(make_region, "east", "west")
    node = make_node(settings_with(tmp_path, regions, 'choice = "nearest"'))
    choice = wait_until(lambda: (lambda c: c if c["nearest"] else None)(node.get_json("/api/v1/status")["sites"][0]["choice"]), what="a measured nearest region")
    assert choice["mode"] == "nearest" and set(choice["distance_seconds"]) == {"east", "west"}
    other = "west" if choice["nearest"] == "east" else "east"
    assert region_of(node, KEYS[0]) == choice["nearest"]
    {"east": regions[0], "west": regions[1]}[choice["nearest"]].kill()
    wait_until(lambda: node.get_json("/api/v1/status")["sites"][0]["choice"]["nearest"] == other, what="the other one")
    assert region_of(node, KEYS[1]) == other


def test_a_region_that_came_back_gets_its_keys_step_by_step(make_region, make_node, tmp_path):
    east, west = filled(make_region, "east", "west")
    failback = '{ mode = "immediate", ramp = ["10%", "50%"], step = "2s" }'
    node = make_node(settings_with(tmp_path, [east, west], "", failback))
    wait_until(lambda: all_up(node), what="both regions up")
    assert {region_of(node, key) for key in KEYS} == {"east"}
    east.kill()
    wait_until(lambda: not all_up(node), what="east down")
    east.start()
    ramps = lambda: node.get_json("/api/v1/status")["sites"][0]["choice"]["ramps"]  # noqa: E731
    first = wait_until(ramps, what="the ramp")
    assert first[0]["region"] == "east"
    seen = collections.defaultdict(list)

    def count():
        before = ramps()
        share = sum(region_of(node, key) == "east" for key in KEYS)
        if before == ramps():
            seen[before[0]["percent"] if before else 100].append(share)
        return not before

    wait_until(count, 30, "the end of the ramp")
    wait_until(lambda: {region_of(node, key) for key in KEYS} == {"east"}, what="all keys from east")
    assert all(share <= 50 for share in seen[10]) and any(share > 0 for share in seen[10]), seen
    assert all(60 <= share <= 140 for share in seen[50]), seen
    log = node.process.text()
    for line in ("region east gets 10% of site assets's keys at first", "region east gets 50% of site assets's keys now", "region east serves all its keys of site assets again"):
        assert line in log
