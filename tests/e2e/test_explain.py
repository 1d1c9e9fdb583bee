"""Why is it so: a check, a request, and what happened before a restart, each from one command."""

import json
import re

import support
from support import evershore, site_settings, wait_until

CHECK = """
[health_checks.page]
type = "http"
url = "{url}"
interval = "250ms"
timeout = "1s"
[health_checks.all]
type = "calculated"
children = ["page", "region/west"]
healthy_at_least = 2
[[dns.records]]
name = "page.example.com"
type = "A"
ttl = "1s"
policy = "failover"
answers = [ {{ id = "one", role = "primary", value = "192.0.2.1", health_check = "all" }}, {{ id = "two", role = "secondary", value = "192.0.2.2" }} ]
"""


def explained(node, subject):
    return json.loads(evershore("explain", "-c", node.settings_path, subject, "--json", check=0).stdout)


def started(make_region, make_node, tmp_path):
    regions = [make_region("east", "--public-read"), make_region("west")]
    for region in regions:
        region.client().put("k", b"body")
    settings = site_settings(tmp_path, regions, extra=CHECK.format(url=f"{regions[0].endpoint}/{regions[0].bucket}/k"))
    settings = settings.replace("[edge]\n", f'[edge]\naccess_log = {{ path = "{tmp_path}/access.log" }}\n')
    node = make_node(settings)
    wait_until(lambda: node.edge("/k")[0] == 200, 20, "the site to serve")
    return regions, node


def test_a_check_is_explained_down_to_its_children_and_what_it_decides(make_region, make_node, tmp_path):
    regions, node = started(make_region, make_node, tmp_path)
    wait_until(lambda: explained(node, "all")["check"]["health"] == "up", 20, "the check to be up")
    regions[0].kill()
    told = wait_until(lambda: (found := explained(node, "all"))["check"]["health"] == "down" and found, 20, "the check to be down")
    assert told["rule"] == {"type": "calculated", "healthy_at_least": 2}
    assert [child["name"] for child in told["children"]] == ["page", "region/west"]
    assert told["children"][0]["health"] == "down" and "connection refused" in told["children"][0]["last_probe"]
    assert told["decides"] == ["page.example.com A"]
    assert any("check all down" in event for event in told["recent_events"])
    page = explained(node, "page")
    assert page["rule"]["url"].endswith("/k") and page["rule"]["failure_threshold"] == 3
    assert explained(node, "region/east")["check"]["health"] == "down"
    text = evershore("explain", "-c", node.settings_path, "all", check=0).stdout
    assert re.search(r"^decides:\n  - page.example.com A$", text, re.M), text


def test_a_request_is_explained_from_its_id(make_region, make_node, tmp_path):
    regions, node = started(make_region, make_node, tmp_path)
    regions[0].kill()
    wait_until(lambda: node.get_json("/api/v1/status")["regions"][0]["health"] == "down", 20, "east to be seen down")
    status, headers, _ = node.edge("/k?x=1")
    assert status == 200
    name = headers["x-evershore-request"]
    wait_until(lambda: name in (tmp_path / "access.log").read_text(), 10, "the line of the request")
    told = explained(node, name)
    assert told["as_logged"]["request"] == name and told["as_logged"]["region"] == "west" and told["as_logged"]["target"] == "/k?x=1"
    assert any("region east down" in event for event in told["events_before"])
    assert explained(node, "request/" + name) == told
    missing = evershore("explain", "-c", node.settings_path, "0123456789-ff", check=2)
    assert "no request 0123456789-ff in " in missing.stderr


def test_without_a_log_a_request_has_no_explanation_but_a_remedy(make_region, make_node, tmp_path):
    node = make_node(site_settings(tmp_path, [make_region("east"), make_region("west")]))
    done = evershore("explain", "-c", node.settings_path, "0123456789-ff", check=2)
    assert "set edge.access_log.path to a file" in done.stderr


def test_events_outlive_a_restart(make_region, make_node, tmp_path):
    regions, node = started(make_region, make_node, tmp_path)
    evershore("drain", "-c", node.settings_path, "west", "--reason", "new disks", check=0)
    before = node.get_json("/api/v1/events")["events"]
    assert any("new disks" in event["text"] for event in before)
    node.stop()
    node.start()
    after = node.get_json("/api/v1/events")["events"]
    assert after[:len(before)] == before
    assert all(event["id"] > before[-1]["id"] for event in after[len(before):])
    assert any("new disks" in event for event in explained(node, "west")["recent_events"])
