"""ALIAS to a name that somebody else serves: NSD has it, unbound resolves it, and either of them may fail."""

import re
import subprocess

import pytest
import support
from support import free_port, wait_until


def short(port, name, kind="A"):
    command = ["kdig", "@127.0.0.1", "-p", str(port), "+timeout=2", "+retry=0", "+short", name, kind]
    return sorted(subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.split())


class Authority:
    """NSD with the zone example.net."""

    def __init__(self, base):
        self.base = base
        self.port = free_port()
        self.process = None

    def serve(self, records, soa_minimum=1):
        (self.base / "example.net.zone").write_text(f"""$ORIGIN example.net.
$TTL 1
@ SOA ns1 hostmaster 1 3600 600 604800 {soa_minimum}
@ NS ns1
ns1 A 127.0.0.1
{records}
""")
        (self.base / "nsd.conf").write_text(f"""
server:
    ip-address: 127.0.0.1@{self.port}
    username: ""
    chroot: ""
    zonesdir: "{self.base}"
    database: ""
    zonelistfile: "{self.base}/zone.list"
    xfrdfile: "{self.base}/xfrd.state"
    xfrdir: "{self.base}"
    pidfile: "{self.base}/nsd.pid"
    server-count: 1
remote-control:
    control-enable: no
zone:
    name: "example.net"
    zonefile: "example.net.zone"
""")
        self.stop()
        self.process = support.Process(["/usr/sbin/nsd", "-d", "-V", "1", "-c", str(self.base / "nsd.conf")], self.base / "nsd.log")
        wait_until(lambda: short(self.port, "ns1.example.net") == ["127.0.0.1"], 10, "NSD's first answer")

    def stop(self):
        if self.process and self.process.running():
            self.process.stop()


class Unbound:
    """A resolver that finds example.net at the authority, and has no answer for anything else."""

    def __init__(self, base, authority):
        self.base = base
        self.port = free_port()
        self.authority = authority
        self.process = None

    def start(self):
        path = self.base / "unbound.conf"
        path.write_text(f"""
server:
  interface: 127.0.0.1
  port: {self.port}
  do-daemonize: no
  use-syslog: no
  chroot: ""
  username: ""
  directory: "{self.base}"
  pidfile: "{self.base}/unbound.pid"
  do-not-query-localhost: no
  module-config: "iterator"
  cache-max-negative-ttl: 1
  infra-host-ttl: 1
  access-control: 127.0.0.0/8 allow
remote-control:
  control-enable: no
stub-zone:
  name: "example.net"
  stub-addr: 127.0.0.1@{self.authority.port}
""")
        self.process = support.Process(["/usr/sbin/unbound", "-d", "-c", str(path)], self.base / "unbound.log")
        wait_until(lambda: short(self.port, "ns1.example.net") == ["127.0.0.1"], 10, "unbound's first answer")

    def kill(self):
        if self.process and self.process.running():
            self.process.kill()


@pytest.fixture
def authority(tmp_path):
    server = Authority(tmp_path)
    server.serve("cdn CNAME edge.cdn\nedge.cdn A 192.0.2.10\nedge.cdn A 192.0.2.11\nedge.cdn AAAA 2001:db8::10\nother A 192.0.2.20")
    yield server
    server.stop()


@pytest.fixture
def resolver(tmp_path, authority):
    unbound = Unbound(tmp_path, authority)
    unbound.start()
    yield unbound
    unbound.kill()


def settings(tmp_path, resolver, records, resolvers=None):
    return f"""
[node]
name = "node-1"
data = "{tmp_path}/data"

[dns]
listen = ["127.0.0.1:0"]
resolvers = {resolvers or [f"127.0.0.1:{resolver.port}"]}

[[dns.zones]]
name = "example.com"
nameservers = ["ns1.example.com"]
{records}

[[alerts]]
on = ["dns"]
exec = ["/bin/sh", "-c", "cat >> {tmp_path}/alerts; echo >> {tmp_path}/alerts"]

[admin]
listen = "127.0.0.1:0"
"""


APEX = """
[[dns.records]]
name = "example.com"
type = "ALIAS"
ttl = "30s"
values = ["cdn.example.net"]
"""
FIRST = ["192.0.2.10", "192.0.2.11"]


def failing(node):
    metrics = node.request("admin", "/metrics")[2].decode()
    return int(re.search(r"^evershore_dns_alias_failing (\d+)", metrics, re.M).group(1))


def events(node):
    return [event["text"] for event in node.get_json("/api/v1/events")["events"]]


def test_an_apex_alias_has_the_addresses_of_its_target_from_the_first_answer_on(make_node, resolver, tmp_path):
    node = make_node(settings(tmp_path, resolver, APEX))
    port = node.ports["dns"]
    assert short(port, "example.com") == FIRST
    assert short(port, "example.com", "AAAA") == ["2001:db8::10"]
    assert short(port, "example.com", "CNAME") == []
    targets = {(one["name"], one["type"]): one for one in node.get_json("/api/v1/status")["dns"]["alias_targets"]}
    assert targets["cdn.example.net", "A"]["addresses"] == FIRST and targets["cdn.example.net", "A"]["failures"] == 0
    answer = subprocess.run(["kdig", "@127.0.0.1", "-p", str(port), "example.com", "A"], capture_output=True, text=True, timeout=20).stdout
    assert re.search(r"example\.com\.\s+1\s+IN\s+A\s+192\.0\.2\.1", answer)


def test_a_change_is_seen_when_the_targets_ttl_ends(make_node, authority, resolver, tmp_path):
    node = make_node(settings(tmp_path, resolver, APEX))
    assert short(node.ports["dns"], "example.com") == FIRST
    authority.serve("cdn A 192.0.2.30")
    wait_until(lambda: short(node.ports["dns"], "example.com") == ["192.0.2.30"], 15, "the new address")
    wait_until(lambda: short(node.ports["dns"], "example.com", "AAAA") == [], 15, "the end of the other family")
    authority.serve("other A 192.0.2.20")
    wait_until(lambda: short(node.ports["dns"], "example.com") == [], 15, "the word that there is nothing")
    assert failing(node) == 0


def test_the_addresses_stay_while_the_resolver_is_dead_and_over_a_restart(make_node, authority, resolver, tmp_path):
    node = make_node(settings(tmp_path, resolver, APEX))
    assert short(node.ports["dns"], "example.com") == FIRST
    resolver.kill()
    wait_until(lambda: failing(node) == 2, 20, "the failure's metric")
    assert short(node.ports["dns"], "example.com") == FIRST
    assert any("no addresses for the ALIAS target cdn.example.net." in text and "the last known ones stay" in text for text in events(node))
    wait_until(lambda: '"state":"failing"' in (tmp_path / "alerts").read_text().replace(" ", "") if (tmp_path / "alerts").exists() else False)
    node.process.kill()
    node.start()
    assert short(node.ports["dns"], "example.com") == FIRST
    assert short(node.ports["dns"], "example.com", "AAAA") == ["2001:db8::10"]
    wait_until(lambda: failing(node) == 2, 20, "the failure's metric after the restart")
    authority.serve("cdn A 192.0.2.40")
    resolver.start()
    wait_until(lambda: short(node.ports["dns"], "example.com") == ["192.0.2.40"], 30, "the address of now")
    wait_until(lambda: failing(node) == 0, 20, "the failure's end")
    assert any("cdn.example.net. is answered again" in text for text in events(node))


def test_a_second_resolver_takes_over(make_node, resolver, tmp_path):
    dead = free_port()
    node = make_node(settings(tmp_path, resolver, APEX, [f"127.0.0.1:{dead}", f"127.0.0.1:{resolver.port}"]))
    assert short(node.ports["dns"], "example.com") == FIRST
    assert failing(node) == 0


def test_a_policy_chooses_among_targets_outside(make_node, resolver, tmp_path):
    with_policy = """
[[dns.records]]
name = "example.com"
type = "ALIAS"
ttl = "30s"
policy = "failover"
answers = [
  { id = "p", role = "primary", value = "cdn.example.net", health_check = "file" },
  { id = "s", role = "secondary", value = "other.example.net" },
]

[health_checks.file]
type = "tcp"
url = "tcp://127.0.0.1:PORT"
interval = "100ms"
failure_threshold = 1
timeout = "100ms"
"""
    target = support.Process(["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", str(free := free_port())], tmp_path / "http.log")
    try:
        node = make_node(settings(tmp_path, resolver, with_policy.replace("PORT", str(free))))
        wait_until(lambda: short(node.ports["dns"], "example.com") == FIRST, 10, "the primary's addresses")
        target.kill()
        wait_until(lambda: short(node.ports["dns"], "example.com") == ["192.0.2.20"], 10, "the secondary's address")
    finally:
        target.stop()


def test_a_reload_learns_new_targets_before_it_serves_them(make_node, resolver, tmp_path):
    plain = '[[dns.records]]\nname = "example.com"\ntype = "ALIAS"\nvalues = ["192.0.2.99"]\n'
    node = make_node(settings(tmp_path, resolver, plain))
    assert short(node.ports["dns"], "example.com") == ["192.0.2.99"]
    node.settings_path.write_text(settings(tmp_path, resolver, APEX))
    node.process.send(support.signal.SIGHUP)
    seen = []

    def changed():
        seen.append(short(node.ports["dns"], "example.com"))
        return seen[-1] == FIRST

    wait_until(changed, 10, "the new target's addresses")
    assert all(answer in (["192.0.2.99"], FIRST) for answer in seen), seen


def test_check_says_that_an_alias_that_leads_out_needs_a_resolver(tmp_path):
    path = tmp_path / "evershore.toml"
    text = '[dns]\nlisten = ["127.0.0.1:0"]\n[[dns.zones]]\nname = "example.com"\nnameservers = ["ns1.example.com"]\n'
    path.write_text(text + '[[dns.records]]\nname = "example.com"\ntype = "ALIAS"\nvalues = ["cdn.example.net"]\n')
    done = support.evershore("check", "-c", path, check=1)
    assert re.search(r":9:\d+: .*needs dns\.resolvers", done.stdout + done.stderr)
    path.write_text(path.read_text().replace("[dns]", '[dns]\nresolvers = ["here"]'))
    assert "is not a resolver" in support.evershore("check", "-c", path, check=1).stdout
    path.write_text(path.read_text().replace('"here"', '"192.0.2.53", "[2001:db8::53]:5353"'))
    support.evershore("check", "-c", path, check=0)
