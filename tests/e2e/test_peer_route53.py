"""dns.publish = "route53": decisions of a running node in a hosted zone of emulated AWS."""

import subprocess

import pytest

import support
from support import wait_until
from test_peer_aws import account, server  # noqa: F401  (fixtures)


def records(account, zone_id):
    sets = account.client("route53").list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    return {(s["Name"], s["Type"]): (s.get("TTL"), sorted(r["Value"] for r in s.get("ResourceRecords", [])), s.get("SetIdentifier", "")) for s in sets}


def value(account, zone_id, name="assets.example.com.", kind="A"):
    return records(account, zone_id).get((name, kind), (None, [], ""))[1]


@pytest.fixture
def hosted_zone(account):
    route53 = account.client("route53")
    made = route53.create_hosted_zone(Name="example.com.", CallerReference="test")["HostedZone"]["Id"]
    change(account, made, {"Name": "www.example.com.", "Type": "A", "TTL": 300, "ResourceRecords": [{"Value": "203.0.113.7"}]})
    return made


def change(account, zone_id, record, action="UPSERT"):
    account.client("route53").change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]})


@pytest.fixture
def publishing(make_region, make_node, tmp_path, account, hosted_zone, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    regions = [make_region("east"), make_region("west")]
    text = support.site_settings(tmp_path, regions).replace('[dns]\nlisten = ["127.0.0.1:0"]\n', f'[dns]\npublish = "route53"\nroute53 = {{ endpoint = "http://127.0.0.1:{account.port}" }}\n')
    assert "publish" in text
    return regions, text, make_node


def test_a_failover_is_written_to_the_hosted_zone_and_back(publishing, account, hosted_zone):
    regions, text, make_node = publishing
    node = make_node(text)
    wait_until(lambda: value(account, hosted_zone) == ["192.0.2.1"], 20, "the primary's address in Route 53")
    regions[0].kill()
    wait_until(lambda: value(account, hosted_zone) == ["192.0.2.2"], 20, "the secondary's address in Route 53")
    regions[0].start()
    wait_until(lambda: value(account, hosted_zone) == ["192.0.2.1"], 60, "the primary's address in Route 53 again")
    assert records(account, hosted_zone)["www.example.com.", "A"] == (300, ["203.0.113.7"], "")
    assert records(account, hosted_zone)["assets.example.com.", "A"][0] == 1
    zone = wait_until(lambda: next((zone for zone in node.get_json("/api/v1/status")["dns"]["route53"] if zone["in_sync"]), None), 20, "Route 53 to be in sync")
    assert zone["zone"] == "example.com" and zone["state"] == "published"
    assert b"evershore_dns_route53_published{zone=\"example.com\"} 1" in node.request("admin", "/metrics")[2]


def test_a_restart_in_an_outage_does_not_lead_back_to_what_is_down(publishing, account, hosted_zone):
    regions, text, make_node = publishing
    node = make_node(text)
    wait_until(lambda: value(account, hosted_zone) == ["192.0.2.1"], 20, "the primary's address in Route 53")
    regions[0].kill()
    wait_until(lambda: value(account, hosted_zone) == ["192.0.2.2"], 20, "the secondary's address in Route 53")
    node.stop()
    node.start()
    wait_until(lambda: any(zone["state"] == "published" for zone in node.get_json("/api/v1/status")["dns"]["route53"]), 20, "the node to have looked at Route 53")
    assert b"evershore_dns_route53_changes_total 0" in node.request("admin", "/metrics")[2]
    assert value(account, hosted_zone) == ["192.0.2.2"]


def test_records_that_route53_chooses_from_are_left_alone_and_told_of(publishing, account, hosted_zone):
    theirs = {"Name": "assets.example.com.", "Type": "A", "TTL": 60, "SetIdentifier": "theirs", "Weight": 1, "ResourceRecords": [{"Value": "203.0.113.9"}]}
    change(account, hosted_zone, theirs)
    _, text, make_node = publishing
    node = make_node(text)
    zone = wait_until(lambda: next((zone for zone in node.get_json("/api/v1/status")["dns"]["route53"] if zone["state"] == "failing"), None), 20, "the obstacle to be told")
    assert 'set "theirs"' in zone["problem"]
    assert records(account, hosted_zone)["assets.example.com.", "A"] == (60, ["203.0.113.9"], "theirs")
    change(account, hosted_zone, theirs, "DELETE")
    wait_until(lambda: value(account, hosted_zone) == ["192.0.2.1"], 30, "ours to be published once theirs are gone")


def test_a_zone_that_is_missing_does_not_keep_the_node_from_starting_or_stopping(publishing, account, hosted_zone):
    _, text, make_node = publishing
    node = make_node(text.replace('name = "example.com"', 'name = "example.net"').replace('name = "assets.example.com"', 'name = "assets.example.net"').replace(
        '"ns1.example.com"', '"ns1.example.net"'))
    wait_until(lambda: any("no public hosted zone named example.net" in zone["problem"] for zone in node.get_json("/api/v1/status")["dns"]["route53"]), 20, "the missing zone to be told")
    assert node.stop() == 0


def test_without_credentials_the_node_says_what_to_do(publishing, tmp_path, monkeypatch):
    _, text, _ = publishing
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
    path = tmp_path / "none.toml"
    path.write_text(text)
    process = support.Process([support.EVERSHORE, "run", "-c", str(path)], tmp_path / "none.log", {"REGION_SECRET": support.SECRET_KEY})
    try:
        process.line(r"route53|Route 53")
    finally:
        process.kill()
