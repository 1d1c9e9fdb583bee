"""Zone transfers: Knot, NSD and BIND as secondaries, kdig as one who is allowed or not, and zones as files."""

import re
import subprocess
import time

import pytest
import support
from secondaries import KEY_NAME, KEY_SECRET, Bind, Knot, Nsd
from support import free_port, wait_until

KEY = f"""
[[dns.keys]]
name = "{KEY_NAME}"
secret = "{KEY_SECRET}"
"""


def settings(tmp_path, regions, transfer, keys=KEY, dns_port=0):
    text = support.site_settings(tmp_path, regions, extra=keys)
    return text.replace('[dns]\nlisten = ["127.0.0.1:0"]', f'[dns]\nlisten = ["127.0.0.1:{dns_port}"]\ntransfer = {{ {transfer} }}')


def kdig(port, *words):
    done = subprocess.run(["kdig", "@127.0.0.1", "-p", str(port), "+timeout=3", "+retry=0", *words], capture_output=True, text=True, timeout=20)
    return done.stdout + done.stderr


def serial(port):
    return int(kdig(port, "+short", "example.com", "SOA").split()[2])


@pytest.fixture
def regions(make_region):
    return [make_region("east"), make_region("west")]


def test_only_the_key_opens_the_zone(regions, make_node, tmp_path):
    node = make_node(settings(tmp_path, regions, f'allow = ["127.0.0.0/8"], keys = ["{KEY_NAME}"]'))
    port = node.ports["dns"]
    wait_until(lambda: kdig(port, "+short", "assets.example.com").split() == ["192.0.2.1"])
    key = f"hmac-sha256:{KEY_NAME}:{KEY_SECRET}"
    whole = kdig(port, "example.com", "AXFR", "-y", key)
    assert "assets.example.com." in whole and "192.0.2.1" in whole and whole.count("SOA") == 2
    assert "REFUSED" in kdig(port, "example.com", "AXFR")
    assert "assets.example.com." not in kdig(port, "example.com", "AXFR", "-y", f"hmac-sha256:{KEY_NAME}:b3RoZXI=")
    assert "assets.example.com." not in kdig(port, "example.com", "AXFR", "-y", f"hmac-sha256:other:{KEY_SECRET}")
    assert "NOTAUTH" in kdig(port, "example.org", "AXFR", "-y", key)
    now = serial(port)
    current = kdig(port, "example.com", f"IXFR={now}", "-y", key)
    assert current.count("SOA") == 1 and "assets.example.com." not in current
    assert "REFUSED" in kdig(port, "example.com", f"IXFR={now}")
    regions[0].kill()
    wait_until(lambda: kdig(port, "+short", "assets.example.com").split() == ["192.0.2.2"], 5)
    steps = kdig(port, "example.com", f"IXFR={now}", "-y", key)
    assert steps.count("SOA") == 4 and "192.0.2.1" in steps and "192.0.2.2" in steps and "ns1.example.com." in steps
    assert "NS" not in re.sub(r"SOA.*|;.*", "", steps)
    metrics = node.request("admin", "/metrics")[2].decode()
    assert 'evershore_dns_transfers_total{kind="steps"} 1' in metrics and 'evershore_dns_transfers_total{kind="refused"} 3' in metrics


def test_without_the_setting_nobody_gets_the_zone(regions, make_node, tmp_path):
    node = make_node(support.site_settings(tmp_path, regions))
    assert "REFUSED" in kdig(node.ports["dns"], "example.com", "AXFR")
    assert "REFUSED" in kdig(node.ports["dns"], "+notcp", "example.com", "IXFR=1")


@pytest.mark.parametrize("kind", [Knot, Nsd, Bind])
def test_a_secondary_follows_a_failover_within_a_second_and_outlives_us(kind, regions, make_node, tmp_path):
    primary_port, port = free_port(), free_port()
    secondary = kind(tmp_path, primary_port, port)
    transfer = f'keys = ["{KEY_NAME}"], notify = ["127.0.0.1:{port}"]'
    node = make_node(settings(tmp_path, regions, transfer, dns_port=primary_port))
    wait_until(lambda: kdig(primary_port, "+short", "assets.example.com").split() == ["192.0.2.1"])
    secondary.start()
    try:
        wait_until(lambda: secondary.answers() == ["192.0.2.1"], 30, "the zone at the secondary")
        regions[0].kill()
        wait_until(lambda: kdig(primary_port, "+short", "assets.example.com").split() == ["192.0.2.2"], 5, "our failover")
        ours = time.monotonic()
        wait_until(lambda: secondary.answers() == ["192.0.2.2"], 10, "the secondary's failover")
        assert time.monotonic() - ours < 1.0
        wait_until(lambda: node.get_json("/api/v1/status")["dns"]["secondaries"][0]["acknowledged"], 10, "the acknowledgement")
        metrics = node.request("admin", "/metrics")[2].decode()
        assert f'evershore_dns_secondary_acknowledged{{secondary="127.0.0.1:{port}",zone="example.com."}} 1' in metrics
        assert re.search(r'evershore_dns_transfers_total\{kind="steps"\} [1-9]', metrics), "the change came whole, not as a difference"
        before = serial(primary_port)
        node.process.kill()
        assert secondary.answers() == ["192.0.2.2"]
        # Back with a higher serial, so that the secondary goes on following.
        node.start()
        assert serial(primary_port) > before
        regions[0].start()
        wait_until(lambda: secondary.answers() == ["192.0.2.1"], 30, "the way back at the secondary")
    finally:
        secondary.stop()


def test_a_secondary_that_is_not_there_is_shown(regions, make_node, tmp_path):
    port = free_port()
    node = make_node(settings(tmp_path, regions, f'keys = ["{KEY_NAME}"], notify = ["127.0.0.1:{port}"]'))

    def shown():
        return node.get_json("/api/v1/status")["dns"]["secondaries"][0]["why"] == "no answer"

    wait_until(shown, 10, "the missing acknowledgement in the status")
    wait_until(lambda: "does not acknowledge zone example.com." in node.process.text(), 10, "the warning")
    assert kdig(node.ports["dns"], "+short", "assets.example.com").split() == ["192.0.2.1"]


def test_export_writes_a_zone_that_others_read(regions, make_node, tmp_path):
    (tmp_path / "part").write_text("$GENERATE 1-3 gen$ A 10.0.0.$\n")
    (tmp_path / "example.com.zone").write_text('$TTL 60\nx TYPE65400 \\# 2 0102\nt TXT "a;\\"b" ( "c"\n "d" )\n$INCLUDE part\n')
    text = settings(tmp_path, regions, 'allow = ["127.0.0.1"]').replace('name = "example.com"\n', 'name = "example.com"\nfile = "example.com.zone"\n')
    text += '[[dns.records]]\nname = "ns1.example.com"\ntype = "A"\nvalues = ["192.0.2.53"]\n'
    node = make_node(text)
    regions[0].kill()
    wait_until(lambda: kdig(node.ports["dns"], "+short", "assets.example.com").split() == ["192.0.2.2"], 5)

    def export(*words):
        return support.evershore("dns", "export", "-c", node.settings_path, *words)

    done = export("example.com")
    assert done.returncode == 0, done.stderr
    assert "assets.example.com. 1 IN A 192.0.2.2" in done.stdout and "gen3.example.com. 60 IN A 10.0.0.3" in done.stdout
    exported = tmp_path / "exported.zone"
    exported.write_text(done.stdout)
    checked = subprocess.run(["/usr/bin/named-checkzone", "example.com", str(exported)], capture_output=True, text=True, timeout=20)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert str(serial(node.ports["dns"])) in checked.stdout
    checked = subprocess.run(["/usr/sbin/nsd-checkzone", "example.com", str(exported)], capture_output=True, text=True, timeout=20)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert export("example.org").returncode == 2
    node.stop()
    offline = export("example.com")
    assert offline.returncode == 0 and "assets.example.com. 1 IN A 192.0.2.1" in offline.stdout and "with everything healthy" in offline.stderr
    (tmp_path / "part").write_text("\n$GENERATE 1-3 gen$ A 10.0.0\n")
    bad = support.evershore("check", "-c", node.settings_path)
    assert bad.returncode == 1 and re.search(r"evershore\.toml:\d+:\d+: dns\.zones\[0\]\.file: \S*/part:2: ", bad.stdout), bad.stdout
