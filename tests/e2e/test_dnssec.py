"""Signed zones under those who check signatures: ldns-verify-zone, delv, and a validating unbound, through failovers and a roll."""

import base64
import datetime
import hashlib
import re
import signal
import subprocess

import pytest
import support
from support import evershore, free_port, wait_until

ZONE_FILE = """$TTL 300
@ 600 IN SOA ns1 hostmaster 1 3600 600 604800 5
@ IN NS ns1
@ IN MX 10 mail
ns1 IN A 192.0.2.53
www IN A 192.0.2.80
mail IN AAAA 2001:db8::25
alias IN CNAME www
gone IN CNAME nowhere
out IN CNAME assets
deep.down.below IN TXT "x"
*.wild IN TXT "any name"
real.wild IN A 192.0.2.81
*.wildalias IN CNAME www
child IN NS ns1.child
ns1.child IN A 192.0.2.54
"""

# What a validating resolver must find secure: name, type, and what its answer or code is.
SECURE = [
    ("www.example.com", "A", "192.0.2.80"),
    ("example.com", "MX", "mail.example.com"),
    ("alias.example.com", "A", "192.0.2.80"),
    ("any.thing.wild.example.com", "TXT", "any name"),
    ("x.wildalias.example.com", "A", "192.0.2.80"),
    ("real.wild.example.com", "A", "192.0.2.81"),
    ("www.example.com", "AAAA", "NOERROR"),
    ("alias.example.com", "TXT", "NOERROR"),
    ("below.example.com", "A", "NOERROR"),
    ("any.wild.example.com", "A", "NOERROR"),
    ("real.wild.example.com", "TXT", "NOERROR"),
    ("child.example.com", "DS", "NOERROR"),
    ("nothing.example.com", "A", "NXDOMAIN"),
    ("a.b.c.www.example.com", "A", "NXDOMAIN"),
    ("gone.example.com", "A", "NXDOMAIN"),
    ("0.example.com", "A", "NXDOMAIN"),
    ("zzzz.example.com", "A", "NXDOMAIN"),
]


class Signed:
    def __init__(self, make_region, make_node, tmp_path, *make_options):
        self.dir = tmp_path
        self.regions = [make_region("east"), make_region("west")]
        (tmp_path / "example.com.zone").write_text(ZONE_FILE)
        settings = support.site_settings(
            tmp_path,
            self.regions,
            f"""
[dns]
listen = ["127.0.0.1:0"]
transfer = {{ allow = ["127.0.0.0/8"] }}
[[dns.zones]]
name = "example.com"
file = "{tmp_path}/example.com.zone"
dnssec = true
[[dns.records]]
name = "assets.example.com"
type = "A"
ttl = "1s"
policy = "failover"
answers = [
  {{ id = "one", role = "primary", value = "192.0.2.1", health_check = "region/east" }},
  {{ id = "two", role = "secondary", value = "192.0.2.2", health_check = "region/west" }},
]
""",
            records=False,
        )
        path = tmp_path / "evershore.toml"
        path.write_text(settings)
        self.path = path
        self.keys("make", *make_options, check=0)
        self.node = make_node(settings)
        self.port = self.node.ports["dns"]
        wait_until(lambda: self.address("assets.example.com") == "192.0.2.1")

    def keys(self, verb, *words, check=None):
        return evershore("dns", "keys", verb, "-c", self.path, *words, "example.com", check=check).stdout

    def address(self, name):
        return dig(self.port, name, "A", "+short").strip().split("\n")[-1]

    def anchor(self, kind="DNSKEY"):
        """The records that people would hand on, as the program prints them."""
        return [line for line in self.keys("ds", check=0).splitlines() if f" IN {kind} " in line]

    def transferred(self):
        """The zone as a secondary gets it."""
        path = self.dir / "axfr.zone"
        path.write_text(dig(self.port, "example.com", "AXFR", "+onesoa", "+nocmd", "+nostats"))
        return path

    def verify_zone(self):
        path = self.transferred()
        anchors = self.dir / "anchors.ds"
        anchors.write_text("\n".join(self.anchor("DS")) + "\n")
        done = subprocess.run(["ldns-verify-zone", "-V", "2", "-k", str(anchors), str(path)], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stdout + done.stderr + path.read_text()
        return path.read_text()

    def flip(self):
        self.regions[0].kill()
        wait_until(lambda: self.address("assets.example.com") == "192.0.2.2", 10)

    def key_files(self):
        return sorted((self.dir / "state/dnssec/example.com").glob("*.pem"))

    def make_older(self, file, hours):
        """As if the key had been made so long ago."""
        then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)
        file.write_text(re.sub(r"# made: \S+", then.strftime("# made: %Y-%m-%dT%H:%M:%SZ"), file.read_text()))


def dig(port, name, kind, *words):
    done = subprocess.run(["dig", "@127.0.0.1", "-p", str(port), "+time=2", "+tries=2", name, kind, *words], capture_output=True, text=True, timeout=30)
    return done.stdout


def delv(port, anchors, directory, name, kind):
    keys = "".join(f'  example.com. static-key {" ".join(line.split()[3:6])} "{line.split()[6]}";\n' for line in anchors)
    path = directory / "delv.keys"
    path.write_text(f"trust-anchors {{\n{keys}}};\n")
    words = ["delv", "@127.0.0.1", "-p", str(port), "-a", str(path), "+root=example.com", name, kind]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    return done.stdout + done.stderr


class Unbound:
    """A validating resolver that is given the zone's keys."""

    def __init__(self, directory, authority_port, anchors):
        self.port = free_port()
        lines = "\n".join(f'  trust-anchor: "{line}"' for line in anchors)
        settings = directory / f"unbound-{self.port}.conf"
        settings.write_text(f"""
server:
  interface: 127.0.0.1
  port: {self.port}
  do-daemonize: no
  use-syslog: no
  chroot: ""
  username: ""
  directory: "{directory}"
  pidfile: "{directory}/unbound-{self.port}.pid"
  do-not-query-localhost: no
  module-config: "validator iterator"
  aggressive-nsec: yes
  qname-minimisation: yes
  val-log-level: 2
  cache-max-ttl: 1
  access-control: 127.0.0.0/8 allow
{lines}
remote-control:
  control-enable: no
stub-zone:
  name: "example.com"
  stub-addr: 127.0.0.1@{authority_port}
""")
        self.process = support.Process(["/usr/sbin/unbound", "-d", "-c", str(settings)], directory / f"unbound-{self.port}.log")

    def ask(self, name, kind):
        return dig(self.port, name, kind, "+dnssec")

    def expect_secure(self, name, kind, expected):
        text = wait_until(lambda: (lambda out: out if "status:" in out and "REFUSED" not in out else None)(self.ask(name, kind)), 10)
        flags = re.search(r"flags: ([a-z ]+);", text).group(1).split()
        assert "ad" in flags and expected in text, f"{name} {kind}:\n{text}\n{self.process.text()[-3000:]}"

    def stop(self):
        self.process.stop()


@pytest.fixture
def signed(make_region, make_node, tmp_path):
    return Signed(make_region, make_node, tmp_path)


@pytest.fixture
def make_unbound(tmp_path):
    made = []

    def make(authority_port, anchors):
        made.append(Unbound(tmp_path, authority_port, anchors))
        return made[-1]

    yield make
    for unbound in made:
        unbound.stop()


def test_the_ds_is_made_from_the_key(signed):
    dnskey = signed.anchor()[0].split()
    assert dnskey[3:6] == ["257", "3", "13"]
    public = bytes([1, 1, 3, 13]) + base64.b64decode(dnskey[6])
    digest = hashlib.sha256(b"\x07example\x03com\x00" + public).hexdigest()
    assert signed.anchor("DS")[0].split()[6].lower() == digest
    assert dnskey[6] in dig(signed.port, "example.com", "DNSKEY").replace(" ", "")


def test_a_transferred_zone_verifies_before_and_after_a_failover(signed):
    before = signed.verify_zone()
    assert "192.0.2.1" in before and before.count("NSEC") > 10
    signed.flip()
    after = signed.verify_zone()
    assert re.search(r"assets.example.com.\s+1\s+IN\s+A\s+192.0.2.2", after)


def test_delv_validates_every_kind_of_answer(signed):
    anchors = signed.anchor()
    for name, kind, expected in SECURE:
        text = delv(signed.port, anchors, signed.dir, name, kind)
        assert "fully validated" in text, f"{name} {kind}: {text}"
        if expected not in ("NOERROR", "NXDOMAIN"):
            assert expected in text
    signed.flip()
    text = delv(signed.port, anchors, signed.dir, "assets.example.com", "A")
    assert "fully validated" in text and "192.0.2.2" in text


def test_a_validating_unbound_finds_all_secure_through_a_failover(signed, make_unbound):
    unbound = make_unbound(signed.port, signed.anchor())
    for question in SECURE:
        unbound.expect_secure(*question)
    for name in ("assets.example.com", "out.example.com"):
        unbound.expect_secure(name, "A", "192.0.2.1")
    signed.flip()
    for name in ("assets.example.com", "out.example.com"):
        wait_until(lambda: "192.0.2.2" in unbound.ask(name, "A"), 10)  # noqa: B023
        unbound.expect_secure(name, "A", "192.0.2.2")
    for question in SECURE:
        unbound.expect_secure(*question)


def test_without_do_and_over_small_datagrams(signed):
    assert "RRSIG" not in dig(signed.port, "www.example.com", "A")
    assert "NSEC" not in dig(signed.port, "nothing.example.com", "A")
    small = dig(signed.port, "a" * 60 + "." + "b" * 60 + ".example.com", "A", "+dnssec", "+bufsize=512", "+ignore")
    assert "tc" in re.search(r"flags: ([a-z ]+);", small).group(1).split()
    whole = dig(signed.port, "a" * 60 + "." + "b" * 60 + ".example.com", "A", "+dnssec", "+bufsize=512")
    assert whole.count("RRSIG") >= 3 and "NXDOMAIN" in whole


def test_a_csk_roll_is_seen_secure_from_both_sides(signed, make_unbound):
    old = signed.anchor()
    signed.keys("roll", check=0)
    assert signed.anchor() == old
    signed.keys("roll", "--ds-published", check=1)  # not yet in every cache
    successor = next(file for file in signed.key_files() if "replaces" in file.read_text())
    signed.make_older(successor, 4)
    new = signed.anchor()
    assert new != old and "ready" in signed.keys("list", check=0)
    signed.node.process.send(signal.SIGHUP)
    new_key = new[0].split()[6]
    wait_until(lambda: new_key in dig(signed.port, "example.com", "CDNSKEY").replace(" ", ""), 10)
    signed.verify_zone()
    for anchors in (old, new):
        unbound = make_unbound(signed.port, anchors)
        for question in SECURE:
            unbound.expect_secure(*question)
    signed.keys("roll", "--ds-published", check=0)
    assert signed.anchor() == new
    text = successor.read_text()
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=20)
    successor.write_text(re.sub(r"# ds-published: \S+", then.strftime("# ds-published: %Y-%m-%dT%H:%M:%SZ"), text))
    signed.node.process.send(signal.SIGHUP)
    wait_until(lambda: dig(signed.port, "example.com", "DNSKEY", "+short").count("257 3 13") == 1, 10)
    signed.verify_zone()
    signed.flip()
    unbound = make_unbound(signed.port, new)
    for question in SECURE + [("assets.example.com", "A", "192.0.2.2")]:
        unbound.expect_secure(*question)


def test_a_zsk_roll_has_no_gap(make_region, make_node, tmp_path, make_unbound):
    signed = Signed(make_region, make_node, tmp_path, "--ksk-zsk")
    anchors = signed.anchor()
    unbound = make_unbound(signed.port, anchors)

    def expect_all():
        signed.verify_zone()
        for question in SECURE:
            unbound.expect_secure(*question)

    expect_all()
    signed.keys("roll", check=0)
    signed.node.process.send(signal.SIGHUP)
    wait_until(lambda: dig(signed.port, "example.com", "DNSKEY", "+short").count("256 3 13") == 2, 10)
    expect_all()
    # Four hours go by below, in which every resolver takes up the two keys: this one would hold the old set for a second more.
    unbound = make_unbound(signed.port, anchors)
    expect_all()
    successor = next(file for file in signed.key_files() if "replaces" in file.read_text())
    tag = int(successor.stem.split("-")[1])
    signed.make_older(successor, 4)
    signed.node.process.send(signal.SIGHUP)
    wait_until(lambda: f" {tag} example.com." in dig(signed.port, "www.example.com", "A", "+dnssec"), 10)
    expect_all()
    signed.make_older(successor, 24 * 20)
    signed.node.process.send(signal.SIGHUP)
    wait_until(lambda: dig(signed.port, "example.com", "DNSKEY", "+short").count("256 3 13") == 1, 10)
    expect_all()


def test_a_zone_without_a_key_says_how_to_make_one(make_region, tmp_path):
    settings = tmp_path / "bare.toml"
    settings.write_text(f"""
[node]
data = "{tmp_path}/bare"
[dns]
listen = ["127.0.0.1:0"]
[[dns.zones]]
name = "example.com"
nameservers = ["ns1.example.com"]
dnssec = true
""")
    done = evershore("run", "-c", settings)
    assert done.returncode != 0 and "evershore dns keys make" in done.stdout + done.stderr
    checked = evershore("check", "-c", settings, check=1)
    assert re.search(r"bare\.toml:9:10: dns\.zones\[0\]\.dnssec: example\.com has no key .*make one: evershore dns keys make -c FILE example\.com", checked.stdout), checked.stdout
    evershore("dns", "keys", "make", "-c", settings, "example.com", check=0)
    evershore("check", "-c", settings, check=0)


def test_export_of_a_signed_zone_is_plain_unless_asked_for_signed(signed):
    signed.flip()
    exported = signed.dir / "exported.zone"

    def export(*words):
        exported.write_text(evershore("dns", "export", "-c", signed.path, *words, "example.com", check=0).stdout)
        return {line.split()[3] for line in exported.read_text().splitlines()}

    def accepted_by(*command):
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stdout + done.stderr

    assert export().isdisjoint({"RRSIG", "NSEC", "DNSKEY", "CDS", "CDNSKEY"}) and "assets.example.com. 1 IN A 192.0.2.2" in exported.read_text()
    accepted_by("/usr/bin/named-checkzone", "example.com", exported)
    assert export("--signed") >= {"RRSIG", "NSEC", "DNSKEY", "CDS", "CDNSKEY"} and "assets.example.com. 1 IN A 192.0.2.2" in exported.read_text()
    anchors = signed.dir / "anchors.ds"
    anchors.write_text("\n".join(signed.anchor("DS")) + "\n")
    accepted_by("ldns-verify-zone", "-V", "2", "-k", anchors, exported)
    accepted_by("/usr/bin/named-checkzone", "example.com", exported)
    assert exported.read_text().count(" SOA ") == 1
    serial = int(exported.read_text().splitlines()[0].split()[6])
    assert dig(signed.port, "example.com", "SOA", "+short").split()[2] == str(serial)


def test_export_of_an_unsigned_zone_as_signed_says_so(make_region, make_node, tmp_path):
    node = make_node(support.site_settings(tmp_path, [make_region("east"), make_region("west")]))
    done = evershore("dns", "export", "-c", node.settings_path, "--signed", "example.com", check=2)
    assert "zone example.com is not signed" in done.stderr
