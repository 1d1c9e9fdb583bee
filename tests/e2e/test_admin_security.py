"""The admin listener keeps strangers, other web pages and the view token from acting, and notes who acted and why."""

import json

import pytest
from support import site_settings

ACTIONS = [
    ("/api/v1/regions/east/drain", {"reason": "r"}),
    ("/api/v1/regions/east/undrain", {}),
    ("/api/v1/regions/east/fault", {"fault": "none"}),
    ("/api/v1/sites/assets/failover", {"auto": True}),
    ("/api/v1/sites/assets/purge", {"all": True}),
    ("/api/v1/sites/assets/prefetch", {"keys": []}),
    ("/api/v1/sites/assets/sync", {}),
    ("/api/v1/replication/webhook", {"Records": []}),
    ("/api/v1/silences", {"for": "1h"}),
    ("/api/v1/silences/1/end", {}),
    ("/api/v1/drills", {"verdict": "v", "begun": "b", "region": "east", "fault": "down"}),
]
READS = ["/api/v1/status", "/api/v1/regions", "/api/v1/checks", "/api/v1/events", "/api/v1/settings", "/api/v1/explain?subject=east", "/api/v1/whoami", "/api/v1/silences", "/api/v1/drills",
         "/api/v1/dns/query?name=assets.example.com", "/metrics"]
OPERATE, VIEW = {"Authorization": "Bearer act"}, {"Authorization": "Bearer look"}


@pytest.fixture
def node(make_region, make_node, tmp_path):
    regions = [make_region("east"), make_region("west")]
    text = site_settings(tmp_path, regions).replace("[admin]\n", '[admin]\ntoken = "act"\nview_token = "look"\n')
    return make_node(text)


def post(node, path, body, headers):
    return node.request("admin", path, headers, "POST", json.dumps(body))


def test_every_route_asks_for_the_right_token(node):
    for path, body in ACTIONS:
        assert post(node, path, body, {})[0] == 401, path
        assert post(node, path, body, VIEW)[0] == 403, path
        for forged in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            assert post(node, path, body, {**OPERATE, **forged})[0] == 403, (path, forged)
        assert post(node, path, body, OPERATE)[0] not in (401, 403, 404), path
    for path in READS:
        assert node.request("admin", path)[0] == 401, path
        assert node.request("admin", path, VIEW)[0] == 200, path
    assert node.request("admin", "/api/v1/status", {**VIEW, "Host": "admin.example"})[0] == 200
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert node.request("admin", ACTIONS[0][0], OPERATE, method)[0] == 405, method


def test_acts_are_noted_with_who_and_why(node):
    assert post(node, "/api/v1/regions/east/drain", {"reason": "racks move", "by": "Ada", "for": "1h"}, OPERATE)[0] == 200
    assert post(node, "/api/v1/sites/assets/purge", {"prefix": "img/", "reason": "wrong logo"}, OPERATE)[0] == 200
    assert post(node, "/api/v1/sites/assets/failover", {"auto": "yes"}, OPERATE)[0] == 400
    events = json.loads(node.request("admin", "/api/v1/events", VIEW)[2])["events"]
    told = [event["text"] for event in events if event["kind"] == "admin"]
    assert told == [
        'Ada (127.0.0.1) asked to drain east {"for":"1h"}: racks move',
        '127.0.0.1 asked to purge assets {"prefix":"img/"}: wrong logo',
        '127.0.0.1 asked to failover assets {"auto":"yes"}',
    ]


def test_guessing_is_slowed(node):
    answers = [node.request("admin", "/api/v1/status", {"Authorization": f"Bearer {number}"}) for number in range(12)]
    assert [status for status, _, _ in answers] == [401] * 10 + [429] * 2
    assert answers[-1][1]["retry-after"] == "60"
    assert node.request("admin", "/healthz")[0] == 200, "who asks without a token is not locked out"


def test_pages_come_with_their_fences(node):
    for path in ("/", "/console.js", "/console.css", "/favicon.svg"):
        status, headers, body = node.request("admin", path)
        assert status == 200 and body, path
        assert "default-src 'none'" in headers["content-security-policy"] and "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "content-encoding" not in headers
    assert node.request("admin", "/", {"Accept-Encoding": "br, gzip"})[1]["content-encoding"] == "gzip"


def test_without_a_token_a_name_may_be_anybodys(make_node, tmp_path):
    node = make_node(f'[node]\nname = "n"\ndata = "{tmp_path}/state"\n[admin]\nlisten = "127.0.0.1:0"\n')
    assert node.request("admin", "/api/v1/status")[0] == 200
    assert node.request("admin", "/api/v1/status", {"Host": "localhost:1"})[0] == 200
    for path in ("/", "/api/v1/status"):
        status, _, body = node.request("admin", path, {"Host": "rebound.example"})
        assert status == 403 and b"admin.token" in body, path


def test_settings_tell_where_they_are_from_and_keep_secrets(node):
    answer = node.request("admin", "/api/v1/settings", VIEW)[2]
    assert b"test/secret" not in answer and b'"act"' not in answer
    settings = {each["path"]: each for each in json.loads(answer)["settings"]}
    assert settings["admin.token"]["value"] == "set" and settings["admin.token"]["line"]
    assert settings["node.threads"]["value"] == "1"
    assert settings["regions.east.signing_region"]["line"] is None
    assert json.loads(answer)["reload"] == []


def test_dns_answers_for_a_client_that_one_chooses(node):
    def ask(query):
        status, _, body = node.request("admin", f"/api/v1/dns/query?{query}", VIEW)
        return status, json.loads(body)

    status, answer = ask("name=assets.example.com&type=A&client=198.51.100.1")
    assert status == 200 and answer["rcode"] == "NOERROR"
    assert [record["value"] for record in answer["answers"]] == ["192.0.2.1"]
    assert answer["why"]["records"][0]["policy"] == "failover"
    assert ask("name=elsewhere.test")[1]["rcode"] == "REFUSED"
    assert ask("name=nothing.example.com")[1]["rcode"] == "NXDOMAIN"
    for bad in ("name=assets.example.com&type=NONE", "name=assets.example.com&client=here", "name=a..b"):
        status, answer = ask(bad)
        assert status == 400 and answer["error"], bad
