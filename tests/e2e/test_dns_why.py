"""Asking why: TXT at _why.NAME, `evershore explain`, and the counters that tell what is asked and what is answered."""

import json
import re

import pytest
import support
from support import wait_until
from test_dns import kdig

RECORDS = """
[[dns.records]]
name = "fixed.example.com"
type = "A"
values = ["192.0.2.9"]
[[dns.records]]
name = "many.example.com"
type = "A"
policy = "multivalue"
answers = [ {many} ]
"""


@pytest.fixture
def asked(make_region, make_node, tmp_path):
    regions = [make_region("east"), make_region("west")]
    many = ", ".join(f'{{ id = "a{i}", value = "10.0.0.{i}", health_check = "region/east" }}' for i in range(1, 30))
    text = support.site_settings(tmp_path, regions).replace("[dns]\n", '[dns]\nwhy = ["127.0.0.2/32", "127.0.0.1/32"]\n')
    return regions, make_node(text + RECORDS.replace("{many}", many))


def why(node, name, *words):
    return kdig(node.ports["dns"], "+short", f"_why.{name}", "TXT", *words).splitlines()


def test_why_follows_a_failover(asked):
    (east, _), node = asked
    told = wait_until(lambda: (lambda lines: lines if "check region/east is up" in " ".join(lines) else None)(why(node, "assets.example.com")))
    assert re.fullmatch(r'"assets\.example\.com A \(failover, ttl 1 s\) answers one: preferred, nothing speaks against it; since [-0-9T:.]+Z, the node\'s start"', told[0]), told
    assert re.match(r'"A one = 192\.0\.2\.1: given; check region/east is up since [-0-9T:.]+Z: ', told[1])
    assert re.match(r'"A two = 192\.0\.2\.2: not given; check region/west is ', told[2])
    east.kill()
    told = wait_until(lambda: (lambda lines: lines if "answers two" in lines[0] else None)(why(node, "assets.example.com")), 10)
    assert re.fullmatch(r'"assets\.example\.com A \(failover, ttl 1 s\) answers two: failed over, what comes before it is not usable; since [-0-9T:.]+Z"', told[0]), told
    assert re.match(r'"A one = 192\.0\.2\.1: not given; check region/east is down since [-0-9T:.]+Z: 3 of 3 probes failed, last: ', told[1])
    assert told[2].startswith('"A two = 192.0.2.2: given; ')
    node.command("drain", "west", "--reason", "new disks", check=0)
    assert "; drained by people" in why(node, "assets.example.com")[2]


def test_why_of_names_without_a_policy_and_of_long_answers(asked):
    _, node = asked
    assert why(node, "fixed.example.com") == ['"fixed.example.com: fixed; nothing there has a policy, so health does not change it"']
    assert why(node, "nowhere.example.com") == ['"nowhere.example.com: there is no such name"']
    whole = kdig(node.ports["dns"], "_why.many.example.com", "TXT")
    assert "ANSWER: 30;" in whole and "TCP" in whole and re.search(r"^_why\.many\.example\.com\.\s+0\s+IN\s+TXT", whole, re.M), whole
    cut = kdig(node.ports["dns"], "_why.many.example.com", "TXT", "+ignore", "+notcp")
    assert re.search(r"Flags: qr aa tc", cut) and "ANSWER: 0;" in cut, cut
    assert "REFUSED" in kdig(node.ports["dns"], "_why.example.org", "TXT")


def test_who_may_not_ask_finds_no_such_name(asked):
    _, node = asked
    assert "NXDOMAIN" in kdig(node.ports["dns"], "_why.assets.example.com", "TXT", "-b", "127.0.0.3")
    assert "NOERROR" in kdig(node.ports["dns"], "_why.assets.example.com", "TXT", "-b", "127.0.0.2")
    assert "NXDOMAIN" in kdig(node.ports["dns"], "_why.assets.example.com", "A")


def test_explain_tells_the_same(asked):
    (east, _), node = asked
    east.kill()
    wait_until(lambda: "answers two" in why(node, "assets.example.com")[0], 10)
    text = node.command("explain", "assets.example.com", check=0).stdout
    assert "site: assets" in text and "why: failed over" in text and "name: region/east" in text
    document = json.loads(support.evershore("explain", "--json", "-c", node.settings_path, "assets.example.com", check=0).stdout)
    record = document["dns"]["records"][0]
    assert (record["type"], record["policy"], record["answers"], record["why"]) == ("A", "failover", ["two"], "failed over")
    assert record["changes"] >= 1 and record["since_seconds"] < 60
    one, two = record["candidates"]
    assert (one["value"], one["given"], one["standing"], one["check"]["health"]) == ("192.0.2.1", False, "down", "down")
    assert (two["given"], two["check"]["name"]) == (True, "region/west") and "probes failed" in one["check"]["why"]
    fixed = json.loads(support.evershore("explain", "--json", "-c", node.settings_path, "fixed.example.com", check=0).stdout)
    assert fixed["dns"]["kind"] == "fixed" and fixed["site"] is None


def test_metrics_count_queries_by_zone_and_type_and_tell_what_records_answer(asked):
    (east, _), node = asked
    port = node.ports["dns"]

    def metrics():
        return node.request("admin", "/metrics")[2].decode()

    for _ in range(3):
        kdig(port, "fixed.example.com", "A")
    kdig(port, "fixed.example.com", "AAAA", "+tcp")
    kdig(port, "example.com", "TYPE65280")
    kdig(port, "example.org", "MX")
    text = metrics()
    for labels, count in [('zone="example.com",type="A"', 3), ('zone="example.com",type="AAAA"', 1), ('zone="example.com",type="other"', 1),
                          ('zone="other",type="MX"', 1)]:
        assert f"evershore_dns_queries_total{{{labels}}} {count}\n" in text, text
    assert 'evershore_dns_answers_total{rcode="REFUSED"} 1\n' in text
    assert 'evershore_dns_record_answer{record="assets.example.com",type="A",answer="one"} 1\n' in text
    assert 'evershore_dns_records{outcome="preferred"} 2\n' in text
    east.kill()
    wait_until(lambda: 'evershore_dns_record_answer{record="assets.example.com",type="A",answer="two"} 1\n' in metrics(), 10)
    text = metrics()
    assert 'evershore_dns_record_outcome{record="assets.example.com",type="A",outcome="failed over"} 1\n' in text
    assert re.search(r'evershore_dns_record_changes_total\{record="assets.example.com",type="A"\} [1-9]', text)
    assert 'record="assets.example.com",type="A",answer="one"' not in text
