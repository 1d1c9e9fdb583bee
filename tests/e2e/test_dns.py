"""The authority under kdig, dig and an unbound that is delegated the zone."""

import re
import signal
import socket
import subprocess

import pytest
import support
from support import free_port, wait_until


def kdig(port, *words):
    done = subprocess.run(["kdig", "@127.0.0.1", "-p", str(port), "+timeout=2", "+retry=0", *words], capture_output=True, text=True, timeout=20)
    return done.stdout


def short(port, name, kind="A", *words):
    return kdig(port, "+short", name, kind, *words).split()


@pytest.fixture
def site(make_region, make_node, tmp_path):
    regions = [make_region("east"), make_region("west")]
    return regions, make_node(support.site_settings(tmp_path, regions))


def test_kdig_and_dig_over_udp_and_tcp(site):
    _, node = site
    port = node.ports["dns"]
    assert short(port, "assets.example.com") == ["192.0.2.1"]
    assert short(port, "assets.example.com", "A", "+tcp") == ["192.0.2.1"]
    done = subprocess.run(["dig", "@127.0.0.1", "-p", str(port), "AsSeTs.ExAmPlE.cOm", "A", "+qr", "+noall", "+answer", "+question"], capture_output=True, text=True, timeout=20)
    assert "192.0.2.1" in done.stdout and "AsSeTs.ExAmPlE.cOm" in done.stdout
    assert "NXDOMAIN" in kdig(port, "nothing.example.com", "A")
    nodata = kdig(port, "assets.example.com", "AAAA")
    assert "NOERROR" in nodata and "ANSWER: 0" in nodata and "SOA" in nodata
    assert "REFUSED" in kdig(port, "example.org", "A")
    assert "ns1.example.com." in short(port, "example.com", "NS")
    assert "aa" in kdig(port, "example.com", "SOA").split("Flags:")[1].split(";")[0]


def test_the_answer_follows_the_primary_down_and_back(site):
    (east, _), node = site
    port = node.ports["dns"]
    wait_until(lambda: short(port, "assets.example.com") == ["192.0.2.1"])
    east.kill()
    wait_until(lambda: short(port, "assets.example.com") == ["192.0.2.2"], 5)
    east.start()
    wait_until(lambda: short(port, "assets.example.com") == ["192.0.2.1"], 20)


def test_a_black_hole_is_noticed_too(site):
    (east, _), node = site
    port = node.ports["dns"]
    wait_until(lambda: short(port, "assets.example.com") == ["192.0.2.1"])
    east.process.send(signal.SIGSTOP)
    try:
        wait_until(lambda: short(port, "assets.example.com") == ["192.0.2.2"], 5)
    finally:
        east.process.send(signal.SIGCONT)


def test_unbound_resolves_the_delegated_zone_and_follows_the_failover(site, tmp_path):
    (east, _), node = site
    port = free_port()
    settings = tmp_path / "unbound.conf"
    settings.write_text(f"""
server:
  interface: 127.0.0.1
  port: {port}
  do-daemonize: no
  use-syslog: no
  chroot: ""
  username: ""
  directory: "{tmp_path}"
  pidfile: "{tmp_path}/unbound.pid"
  do-not-query-localhost: no
  module-config: "iterator"
  use-caps-for-id: yes
  cache-max-ttl: 1
  access-control: 127.0.0.0/8 allow
remote-control:
  control-enable: no
stub-zone:
  name: "example.com"
  stub-addr: 127.0.0.1@{node.ports["dns"]}
""")
    unbound = support.Process(["/usr/sbin/unbound", "-d", "-c", str(settings)], tmp_path / "unbound.log")
    try:
        wait_until(lambda: short(port, "assets.example.com") == ["192.0.2.1"], 10, "the resolver's first answer")
        east.kill()
        wait_until(lambda: short(port, "assets.example.com") == ["192.0.2.2"], 10, "the resolver's failed-over answer")
    finally:
        unbound.stop()


def question(name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x01\x00\x01"


def burst(port, count):
    """Sends the same question `count` times at once; what comes back."""
    answers = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.5)
        for _ in range(count):
            udp.sendto(question("www.example.com"), ("127.0.0.1", port))
        try:
            while True:
                answers.append(udp.recv(2048))
        except TimeoutError:
            return answers


def test_cookies_and_the_rate_limit_keep_forged_questions_from_paying(make_node, tmp_path):
    node = make_node(f"""[node]
name = "node-1"
data = "{tmp_path}/node"
[dns]
listen = ["127.0.0.1:0"]
rate_limit = 5
[[dns.zones]]
name = "example.com"
nameservers = ["ns1.example.com"]
[[dns.records]]
name = "www.example.com"
type = "A"
values = ["192.0.2.1"]
[admin]
listen = "127.0.0.1:0"
""")
    port = node.ports["dns"]
    # dig takes the server's cookie from the first answer along to the second.
    done = subprocess.run(["dig", "@127.0.0.1", "-p", str(port), "+tries=1", "+cookie", "www.example.com", "A"],
                          capture_output=True, text=True, timeout=20)
    assert "COOKIE:" in done.stdout and "(good)" in done.stdout, done.stdout
    cookie = done.stdout.split("COOKIE: ")[1].split()[0]
    # A burst over the limit: as many answers as dig's first question has left, then every second one cut down to a TC, the others left out.
    answers = burst(port, 25)
    full = [answer for answer in answers if answer[7] == 1]
    cut = [answer for answer in answers if answer[2] & 2]
    assert 4 <= len(full) <= 7 and 9 <= len(cut) <= 11 and len(answers) == len(full) + len(cut)
    assert all(len(answer) == len(question("www.example.com")) for answer in cut)
    proven = [kdig(port, f"+cookie={cookie}", "www.example.com", "A") for _ in range(20)]
    assert all("192.0.2.1\n" in answer for answer in proven)
    assert all("192.0.2.1\n" in kdig(port, "+tcp", "www.example.com", "A") for _ in range(10))
    metrics = node.request("admin", "/metrics")[2].decode()
    assert float(re.search(r"^evershore_dns_rate_limited_total (\S+)", metrics, re.M).group(1)) == 25 - len(full)


POLICIES = """
client_subnet = true
geo_database = "{root}/tests/data/countries.mmdb"
rate_limit = 0
[dns.networks]
office = ["198.51.100.0/24"]
home = ["127.0.0.0/8"]
[dns.latency.office]
far = "80ms"
near = "5ms"
[[dns.zones]]
name = "example.org"
nameservers = ["ns1.example.com"]
[[dns.records]]
name = "weighted.example.org"
type = "A"
policy = "weighted"
answers = [ { value = "192.0.2.1", weight = 1 }, { value = "192.0.2.2", weight = 3 }, { value = "192.0.2.3", weight = 0 } ]
[[dns.records]]
name = "geo.example.org"
type = "CNAME"
policy = "geo"
answers = [ { value = "office.example.net.", networks = ["office"] }, { value = "weighted.example.org.", networks = ["home"] }, { value = "others.example.net.", default = true } ]
[[dns.records]]
name = "latency.example.org"
type = "A"
policy = "latency"
answers = [ { value = "192.0.2.4", region = "far" }, { value = "192.0.2.5", region = "near", health_check = "region/east" } ]
[[dns.records]]
name = "country.example.org"
type = "A"
policy = "geo"
answers = [ { value = "192.0.2.20", country = "DE" }, { value = "192.0.2.21", continent = "EU" }, { value = "192.0.2.22", default = true } ]
[[dns.records]]
name = "tiers.example.org"
type = "A"
policy = "failover"
answers = [ { value = "192.0.2.6", health_check = "region/east" }, { value = "192.0.2.7", health_check = "region/east" }, { value = "192.0.2.8" } ]
[[dns.records]]
name = "none.example.org"
type = "A"
policy = "multivalue"
when_all_down = "none"
answers = [ { value = "192.0.2.10", health_check = "region/east" } ]
[[dns.records]]
name = "sorry.example.org"
type = "A"
policy = "weighted"
when_all_down = "fallback"
fallback = "sorry"
answers = [ { value = "192.0.2.11", health_check = "region/east" }, { id = "sorry", value = "192.0.2.12" } ]
[[dns.records]]
name = "nested.example.org"
type = "CNAME"
policy = "failover"
answers = [ { value = "none.example.org", evaluate_target_health = true }, { value = "weighted.example.org", evaluate_target_health = true } ]
"""


@pytest.fixture
def policies(make_region, make_node, tmp_path):
    regions = [make_region("east"), make_region("west")]
    text = support.site_settings(tmp_path, regions)
    return regions, make_node(text.replace('[[dns.zones]]\nname = "example.com"', POLICIES.replace("{root}", str(support.ROOT)) + '[[dns.zones]]\nname = "example.com"', 1))


def test_weighted_answers_have_their_shares(policies):
    _, node = policies
    questions = [word for _ in range(800) for word in ("weighted.example.org", "A")]
    got = kdig(node.ports["dns"], "+short", *questions).split()
    assert len(got) == 800
    assert 140 <= got.count("192.0.2.1") <= 260, got.count("192.0.2.1")
    assert got.count("192.0.2.2") == 800 - got.count("192.0.2.1")


def test_geo_and_latency_go_by_the_clients_subnet_or_address(policies):
    _, node = policies
    port = node.ports["dns"]
    assert short(port, "geo.example.org", "A", "+subnet=198.51.100.0/24") == ["office.example.net."]
    assert short(port, "geo.example.org", "A", "+subnet=203.0.113.0/24") == ["others.example.net."]
    assert short(port, "geo.example.org", "A")[0] == "weighted.example.org."
    assert short(port, "geo.example.org", "A")[1] in ("192.0.2.1", "192.0.2.2")
    assert short(port, "latency.example.org", "A", "+subnet=198.51.100.0/24") == ["192.0.2.5"]
    assert short(port, "latency.example.org", "A", "+subnet=203.0.113.0/24") == ["192.0.2.4"]
    assert short(port, "country.example.org", "A", "+subnet=192.0.2.0/25") == ["192.0.2.20"]
    assert short(port, "country.example.org", "A", "+subnet=192.0.2.128/25") == ["192.0.2.21"]
    assert short(port, "country.example.org", "A", "+subnet=198.51.100.0/24") == ["192.0.2.22"]
    assert "198.51.100.0/24/24" in kdig(port, "geo.example.org", "A", "+subnet=198.51.100.0/24")
    assert "198.51.100.0/24/0" in kdig(port, "example.org", "SOA", "+subnet=198.51.100.0/24")


def test_tiers_nesting_and_what_is_answered_when_all_are_down(policies):
    (east, _), node = policies
    port = node.ports["dns"]
    assert short(port, "tiers.example.org") == ["192.0.2.6"]
    assert short(port, "none.example.org") == ["192.0.2.10"]
    assert short(port, "sorry.example.org") == ["192.0.2.11"]
    assert short(port, "nested.example.org") == ["none.example.org.", "192.0.2.10"]
    east.kill()
    wait_until(lambda: short(port, "tiers.example.org") == ["192.0.2.8"], 5)
    nodata = kdig(port, "none.example.org", "A")
    assert "NOERROR" in nodata and "ANSWER: 0" in nodata
    assert short(port, "sorry.example.org") == ["192.0.2.12"]
    assert short(port, "nested.example.org")[0] == "weighted.example.org."
    assert short(port, "latency.example.org", "A", "+subnet=198.51.100.0/24") == ["192.0.2.4"]
    east.start()
    wait_until(lambda: short(port, "tiers.example.org") == ["192.0.2.6"], 20)


def test_the_last_known_answer_is_kept_over_a_restart(make_region, make_node, tmp_path):
    regions = [make_region("east"), make_region("west")]
    node = make_node(support.site_settings(tmp_path, regions).replace('policy = "failover"', 'policy = "failover"\nwhen_all_down = "last-known"'))

    def answered():
        return short(node.ports["dns"], "assets.example.com")

    wait_until(lambda: node.get_json("/api/v1/status")["ready"])
    assert answered() == ["192.0.2.1"]
    regions[0].kill()
    wait_until(lambda: answered() == ["192.0.2.2"], 10)
    regions[1].kill()

    def why():
        return node.get_json("/api/v1/status")["dns"]["records"][0]["why"]

    wait_until(lambda: why() == "last known", 10)
    assert answered() == ["192.0.2.2"]
    node.stop()
    node.start()
    for _ in range(10):
        assert answered() == ["192.0.2.2"] and why() in ("last known", "failed over")
    wait_until(lambda: why() == "last known", 10)
    node.process.kill()
    node.start()
    wait_until(lambda: why() == "last known", 10)
    assert answered() == ["192.0.2.2"]
    regions[0].start()
    wait_until(lambda: answered() == ["192.0.2.1"], 20)


def test_dns_over_tls_with_padding_keepalive_and_pipelining(make_node, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=ns1.example.com",
                    "-addext", "subjectAltName=DNS:ns1.example.com", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    node = make_node(f"""[node]
name = "node-1"
data = "{tmp_path}/node"
[edge]
tls = [{{ certificate = "{tmp_path}/cert.pem", private_key = "{tmp_path}/key.pem" }}]
[dns]
listen_tls = ["127.0.0.1:0"]
[[dns.zones]]
name = "example.com"
nameservers = ["ns1.example.com"]
[[dns.records]]
name = "www.example.com"
type = "A"
values = ["192.0.2.1"]
[admin]
listen = "127.0.0.1:0"
""")
    port = node.ports["dns-tls"]
    tls = [f"+tls-ca={tmp_path}/cert.pem", "+tls-hostname=ns1.example.com"]
    first = kdig(port, *tls, "+padding", "+keepopen", "www.example.com", "A", "www.example.com", "AAAA")
    assert "192.0.2.1\n" in first and "TLS session" in first, first
    assert re.search(r"Received 468 B", first), "answers over TLS are padded to a multiple of 468 bytes"
    assert "TLS" in kdig(port, "+tls", "www.example.com", "A"), "opportunistic TLS works, too"
    assert "192.0.2.1" not in kdig(port, "+tcp", "www.example.com", "A"), "nothing is answered in the clear there"


DNAME_ZONE = """$TTL 300
@ SOA ns1 hostmaster 7 3600 600 604800 60
@ NS ns1
ns1 A 127.0.0.1
old DNAME new
www.new A 192.0.2.7
deep.www.new MX 5 mail.new
alias CNAME www.old
away DNAME example.net.
far DNAME example.org.
"""


def test_dname_is_followed_under_kdig_and_unbound(make_node, tmp_path):
    (tmp_path / "example.com.zone").write_text(DNAME_ZONE)
    (tmp_path / "example.org.zone").write_text("$TTL 60\n@ SOA ns1 h 1 2 3 4 60\n@ NS ns1\nns1 A 127.0.0.1\nwww A 192.0.2.8\n")
    node = make_node(f"""
[node]
name = "node-1"
data = "{tmp_path}/data"
[dns]
listen = ["127.0.0.1:0"]
[[dns.zones]]
name = "example.com"
file = "{tmp_path}/example.com.zone"
[[dns.zones]]
name = "example.org"
file = "{tmp_path}/example.org.zone"
""")
    port = node.ports["dns"]
    assert "192.0.2.7" in short(port, "www.old.example.com")
    whole = kdig(port, "www.old.example.com", "A")
    assert re.search(r"^old\.example\.com\.\s+300\s+IN\s+DNAME\s+new\.example\.com\.", whole, re.M)
    assert re.search(r"^www\.old\.example\.com\.\s+300\s+IN\s+CNAME\s+www\.new\.example\.com\.", whole, re.M)
    assert "NXDOMAIN" in kdig(port, "nobody.old.example.com", "A")
    assert "192.0.2.8" in short(port, "www.far.example.com")
    assert "example.net" in kdig(port, "www.away.example.com", "A")
    resolver = free_port()
    settings = tmp_path / "unbound.conf"
    settings.write_text(f"""
server:
  interface: 127.0.0.1
  port: {resolver}
  do-daemonize: no
  use-syslog: no
  chroot: ""
  username: ""
  directory: "{tmp_path}"
  pidfile: "{tmp_path}/unbound.pid"
  do-not-query-localhost: no
  module-config: "iterator"
  access-control: 127.0.0.0/8 allow
remote-control:
  control-enable: no
stub-zone:
  name: "example.com"
  stub-addr: 127.0.0.1@{port}
stub-zone:
  name: "example.org"
  stub-addr: 127.0.0.1@{port}
""")
    unbound = support.Process(["/usr/sbin/unbound", "-d", "-c", str(settings)], tmp_path / "unbound.log")
    try:
        wait_until(lambda: "192.0.2.7" in short(resolver, "www.old.example.com"), 10, "the name below the DNAME")
        assert "192.0.2.7" in short(resolver, "alias.example.com")
        assert "192.0.2.8" in short(resolver, "www.far.example.com")
        assert "mail.new.example.com." in " ".join(short(resolver, "deep.www.old.example.com", "MX"))
        assert "NXDOMAIN" in kdig(resolver, "nobody.old.example.com", "A")
    finally:
        unbound.stop()
