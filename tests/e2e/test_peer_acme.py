"""Certificates by ACME from a real authority (Pebble), which asks our own DNS and our own edge for the proofs."""

import hashlib
import json
import pathlib
import re
import signal
import socket
import ssl
import subprocess

import pytest
import support

SECRET = "0123456789abcdef" * 4


def openssl(*words, text=None):
    done = subprocess.run(["openssl", *map(str, words)], input=text, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_ca(folder):
    """A root, and a server certificate of it for `localhost`."""
    ca, key, request, certificate = (folder / name for name in ("ca.pem", "localhost.key", "localhost.csr", "localhost.pem"))
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "ca.key", "-out", ca, "-days", "30",
            "-subj", "/CN=test root")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=localhost")
    names = folder / "names.txt"
    names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", "30", "-extfile", names, "-out", certificate)
    return ca, certificate, key


class Pebble:
    """The authority. It asks `dns_port` for names and `http_port` of their addresses for http-01."""

    def __init__(self, folder, http_port, dns_port, eab=None, validity_seconds=90 * 86400, dns_address="127.0.0.1", **environment):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.ca, certificate, key = make_ca(self.folder)
        self.port, self.management = support.free_port(), support.free_port()
        config = {"listenAddress": f"127.0.0.1:{self.port}", "managementListenAddress": f"127.0.0.1:{self.management}", "certificate": str(certificate),
                  "privateKey": str(key), "httpPort": http_port, "tlsPort": support.free_port(), "ocspResponderURL": "",
                  "externalAccountBindingRequired": eab is not None, "externalAccountMACKeys": eab or {},
                  "certificateValidityPeriod": validity_seconds}
        (self.folder / "config.json").write_text(json.dumps({"pebble": config}))
        self.command = ["pebble", "-config", str(self.folder / "config.json"), "-dnsserver", f"{dns_address}:{dns_port}"]
        self.environment = dict({"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "5", "PEBBLE_AUTHZREUSE": "0"}, **environment)
        self.process = support.Process(self.command, self.folder / "log", self.environment)
        self.process.line("Listening on")
        support.wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", self.port)) == 0, what="Pebble's port")

    @property
    def directory(self):
        return f"https://localhost:{self.port}/dir"

    def count(self, pattern):
        return len(re.findall(pattern, self.process.text()))

    def stop(self):
        if self.process.running():
            self.process.stop()


@pytest.fixture
def make_pebble(tmp_path):
    made = []

    def make(http_port, dns_port, **more):
        made.append(Pebble(tmp_path / f"pebble{len(made)}", http_port, dns_port, **more))
        return made[-1]

    yield make
    for pebble in made:
        pebble.stop()


class Ports:
    """Chosen before the node starts: the authority has to know them."""

    def __init__(self):
        self.http, self.dns = support.free_port(), support.free_port()


def settings(base, name, region, ports, pebble, acme, hosts='"a.example.com"', address="127.0.0.1", dns_extra="", extra="", target="127.0.0.1"):
    return f"""
[node]
name = "{name}"
data = "{base}/{name}"
threads = 2
{region.settings()}
[sites.assets]
hosts = [{hosts}]
regions = ["{region.name}"]
replication = {{ mode = "off" }}
{extra}
[edge]
listen = ["{address}:{ports.http}"]
listen_tls = ["{address}:0"]
[edge.acme]
directory = "{pebble.directory}"
accept_terms = true
email = "someone@example.com"
ca_file = "{pebble.ca}"
{acme}
[dns]
listen = ["{address}:{ports.dns}"]
[[dns.zones]]
name = "example.com"
nameservers = ["ns1.example.com"]
{dns_extra}
[[dns.records]]
name = "*.example.com"
type = "A"
values = ["{target}"]
[admin]
listen = "127.0.0.1:{support.free_port()}"
"""


def served(node, host, address="127.0.0.1"):
    """(names, issuer, serial) of the certificate that clients of `host` see."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((address, node.ports["edge-tls"]), timeout=10) as tcp, context.wrap_socket(tcp, server_hostname=host) as tls:
        text = openssl("x509", "-noout", "-text", text=ssl.DER_cert_to_PEM_cert(tls.getpeercert(True)))
    names = re.findall(r"DNS:([^,\s]+)", text)
    return names, re.search(r"Issuer: CN\s*=\s*(.*)", text).group(1), re.search(r"Serial Number:\s*(\S+)", text).group(1)


def certificates(node):
    return {entry["host"]: entry for entry in node.get_json("/api/v1/status")["certificates"]}


def wait_for_certificate(node, host, address="127.0.0.1", seconds=30):
    """Its serial, when clients of `host` see one of the authority for that name, or for the wildcard that holds it."""
    wanted = ([host], ["*." + host.split(".", 1)[1]])

    def there():
        names, issuer, serial = served(node, host, address)
        return "Pebble" in issuer and names in wanted and serial

    return support.wait_until(there, seconds, f"a certificate for {host}")


def test_a_certificate_by_http_01_although_half_of_the_nonces_are_refused(tmp_path, make_region, make_node, make_pebble):
    region, ports = make_region("east"), Ports()
    region.client().put("hello.txt", b"hello")
    pebble = make_pebble(ports.http, ports.dns, PEBBLE_WFE_NONCEREJECT="50")
    site = 'redirect_https = true\nhsts = { max_age = "180d" }'
    node = make_node(settings(tmp_path, "node-1", region, ports, pebble, "", hosts='"a.example.com", "b.example.com"', extra=site))
    wait_for_certificate(node, "a.example.com")
    wait_for_certificate(node, "b.example.com")

    # The redirect, and HSTS over TLS alone.
    status, headers, _ = node.request("edge", "/hello.txt?x=1", {"Host": "a.example.com"})
    assert (status, headers["location"]) == (301, "https://a.example.com/hello.txt?x=1")
    assert "strict-transport-security" not in headers
    root = tmp_path / "root.pem"
    root.write_text(curl("-k", f"https://localhost:{pebble.management}/roots/0"))
    got = curl("--cacert", root, "-i", "--connect-to", f"a.example.com:443:127.0.0.1:{node.ports['edge-tls']}", "https://a.example.com/hello.txt")
    assert "strict-transport-security: max-age=15552000" in got.lower()
    assert got.endswith("hello")

    # What people see.
    entry = certificates(node)["a.example.com"]
    assert entry["state"] == "valid" and "Pebble" in entry["issuer"] and entry["failures"] == 0
    metrics = node.request("admin", "/metrics")[2].decode()
    assert re.search(r'evershore_certificate_not_after_seconds\{host="a.example.com"\} 1\d{9}', metrics)
    assert "evershore_certificates_ordered_total 2" in metrics
    assert "a.example.com" in node.command("status", check=0).stdout
    # Keys are for nobody else.
    files = list((tmp_path / "node-1" / "acme").rglob("*.pem")) + list((tmp_path / "node-1" / "acme").rglob("account.json"))
    assert len(files) == 4 and all(path.stat().st_mode & 0o777 == 0o600 for path in files)

    # A restart asks the authority nothing.
    serial = served(node, "a.example.com")[2]
    node.stop()
    pebble.stop()
    node.start()
    assert served(node, "a.example.com")[2] == serial


def curl(*words):
    done = subprocess.run(["curl", "-sS", "--max-time", "20", *map(str, words)], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("signed", [False, True], ids=["plain", "signed"])
def test_wildcards_by_dns_01_through_our_own_zones(tmp_path, make_region, make_node, make_pebble, signed):
    region, ports = make_region("east"), Ports()
    pebble = make_pebble(support.free_port(), ports.dns)
    text = settings(tmp_path, "node-1", region, ports, pebble, 'challenge = "dns-01"', hosts='"a.example.com", "*.example.com"',
                    dns_extra="dnssec = true" if signed else "")
    if signed:
        path = tmp_path / "evershore.toml"
        path.write_text(text)
        support.evershore("dns", "keys", "make", "-c", path, "example.com", check=0)
    node = make_node(text)
    wait_for_certificate(node, "anything.example.com")
    support.wait_until(lambda: served(node, "a.example.com")[0] == ["a.example.com"], what="the host's own certificate")
    # The proofs are gone again: nothing is left at the name but what the zone itself says.
    done = subprocess.run(["kdig", "@127.0.0.1", "-p", str(ports.dns), "+short", "TXT", "_acme-challenge.example.com"], capture_output=True, text=True, timeout=20)
    assert done.stdout.strip() == ""


def test_a_name_that_cannot_be_proven_is_told_with_a_remedy_and_no_other_suffers(tmp_path, make_region, make_node, make_pebble):
    region, ports = make_region("east"), Ports()
    pebble = make_pebble(ports.http, ports.dns)
    # At z.elsewhere.test nobody is: our DNS refuses it.
    told = tmp_path / "told"
    alerts = f'[[alerts]]\non = ["certificate"]\nexec = ["/bin/sh", "-c", "cat >> {told}; echo >> {told}"]\n'
    node = make_node(settings(tmp_path, "node-1", region, ports, pebble, "", hosts='"a.example.com", "z.elsewhere.test"') + alerts)
    wait_for_certificate(node, "a.example.com")
    entry = support.wait_until(lambda: (lambda e: e if e["failures"] else None)(certificates(node)["z.elsewhere.test"]), what="the failure")
    assert entry["state"] == "none" and "z.elsewhere.test: localhost says " in entry["problem"]
    assert served(node, "z.elsewhere.test")[0] == ["a.example.com"], "the first certificate is the default"
    def states():
        lines = told.read_text().splitlines() if told.exists() else []
        return {(alert["name"], alert["state"]) for alert in map(json.loads, filter(None, lines))}

    support.wait_until(lambda: states() == {("a.example.com", "renewed"), ("z.elsewhere.test", "failing")}, what="both alerts")
    assert any("no certificate: z.elsewhere.test" in event["text"] for event in node.get_json("/api/v1/events?since=0")["events"])


def test_a_host_that_a_reload_brings_gets_its_certificate(tmp_path, make_region, make_node, make_pebble):
    region, ports = make_region("east"), Ports()
    pebble = make_pebble(ports.http, ports.dns)
    node = make_node(settings(tmp_path, "node-1", region, ports, pebble, ""))
    serial = wait_for_certificate(node, "a.example.com")
    text = node.settings_path.read_text()
    node.settings_path.write_text(text.replace('hosts = ["a.example.com"]', 'hosts = ["a.example.com", "b.example.com"]'))
    node.process.send(signal.SIGHUP)
    wait_for_certificate(node, "b.example.com")
    assert served(node, "a.example.com")[2] == serial


def authority_folder(base, node, pebble):
    return base / node / "acme" / f"localhost-{hashlib.sha256(pebble.directory.encode()).hexdigest()[:8]}"


def test_the_old_one_serves_on_while_the_authority_is_silent(tmp_path, make_region, make_node, make_pebble):
    region, ports = make_region("east"), Ports()
    pebble = make_pebble(ports.http, ports.dns, validity_seconds=4)
    node = make_node(settings(tmp_path, "node-1", region, ports, pebble, ""))
    wait_for_certificate(node, "a.example.com")
    pebble.process.send(signal.SIGSTOP)
    last = served(node, "a.example.com")[2]
    support.wait_until(lambda: certificates(node)["a.example.com"]["state"] == "expired", what="its end")
    assert served(node, "a.example.com")[2] == last
    pebble.process.send(signal.SIGCONT)
    support.wait_until(lambda: served(node, "a.example.com")[2] != last, what="the next one")


def test_a_certificate_is_renewed_before_it_ends(tmp_path, make_region, make_node, make_pebble):
    region, ports = make_region("east"), Ports()
    pebble = make_pebble(ports.http, ports.dns, validity_seconds=6)
    node = make_node(settings(tmp_path, "node-1", region, ports, pebble, ""))
    first = wait_for_certificate(node, "a.example.com")
    # Never out of date on the way: a third of its lifetime was left.
    states = set()
    support.wait_until(lambda: states.add(certificates(node)["a.example.com"]["state"]) or served(node, "a.example.com")[2] != first, 30, "the next one")
    assert states <= {"valid", "expiring"}, states


@pytest.mark.parametrize("challenge", ["http-01", "dns-01"])
def test_two_nodes_share_one_certificate(tmp_path, make_region, make_node, make_pebble, challenge):
    region, ports = make_region("east"), Ports()
    # The authority asks the second node alone, for names and for proofs, while the first one orders.
    pebble = make_pebble(ports.http, ports.dns, dns_address="127.0.0.2")
    shared = f'challenge = "{challenge}"\nshared = {{ regions = ["east"], secret = "{SECRET}", interval = "300ms" }}'
    pebble.process.send(signal.SIGSTOP)  # until both are there
    first = make_node(settings(tmp_path, "node-1", region, ports, pebble, shared, target="127.0.0.2"), "one.toml")
    support.wait_until(lambda: any(key.endswith("/lease") for key in all_keys(region.client())), what="the first node's lease")
    second = make_node(settings(tmp_path, "node-2", region, ports, pebble, shared, address="127.0.0.2", target="127.0.0.2"), "two.toml")
    pebble.process.send(signal.SIGCONT)
    wait_for_certificate(first, "a.example.com")
    wait_for_certificate(second, "a.example.com", "127.0.0.2")
    support.wait_until(lambda: served(first, "a.example.com")[2] == served(second, "a.example.com", "127.0.0.2")[2], what="the same certificate")
    assert "evershore_certificates_adopted_total 1" in second.request("admin", "/metrics")[2].decode()
    # What lies in the bucket is sealed, and the edge does not serve it.
    client = region.client()
    keys = [key for key in all_keys(client) if key.startswith(".evershore/acme/")]
    assert any(key.endswith("certificate/a.example.com") for key in keys) and any(key.endswith("/account") for key in keys)
    assert not any(key.endswith("/lease") or key.endswith("/proofs") for key in keys)
    for key in keys:
        assert b"PRIVATE" not in client.get(key) and b"CERTIFICATE" not in client.get(key)
        status, _, _ = curl_status(second, "127.0.0.2", "/" + key)
        assert status == 404
    # A third node that comes later needs no authority.
    pebble.stop()
    other = Ports()
    third = make_node(settings(tmp_path, "node-3", region, other, pebble, shared), "three.toml")
    wait_for_certificate(third, "a.example.com")


def all_keys(client):
    status, _, text = client.request("GET", query={"list-type": "2", "prefix": ".evershore/"})
    assert status == 200
    return re.findall(r"<Key>(.*?)</Key>", text.decode())


def curl_status(node, address, target):
    done = curl("-k", "-o", "/dev/null", "-w", "%{http_code}", "--connect-to", f"a.example.com:443:{address}:{node.ports['edge-tls']}", f"https://a.example.com{target}")
    return int(done), None, None


def test_an_order_goes_on_after_kill_9(tmp_path, make_region, make_node, make_pebble):
    region, ports = make_region("east"), Ports()
    # The authority takes a second or more over each proof.
    pebble = make_pebble(ports.http, ports.dns, PEBBLE_VA_NOSLEEP="0", PEBBLE_VA_SLEEPTIME="2")
    node = make_node(settings(tmp_path, "node-1", region, ports, pebble, ""))
    folder = authority_folder(tmp_path, "node-1", pebble)
    progress = folder / "a.example.com.order"
    support.wait_until(lambda: progress.exists() and json.loads(progress.read_text())["order"], what="an order under way")
    pebble.process.send(signal.SIGSTOP)
    node.process.kill()
    key = json.loads(progress.read_text())["key"]
    pebble.process.send(signal.SIGCONT)
    node.start()
    wait_for_certificate(node, "a.example.com")
    assert key in (folder / "a.example.com.pem").read_text(), "the certificate is for the key of the order before"
    assert pebble.count("Added order") == 1
    assert not progress.exists()


def test_an_account_bound_to_one_at_the_authority(tmp_path, make_region, make_node, make_pebble):
    region, ports = make_region("east"), Ports()
    mac = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
    pebble = make_pebble(ports.http, ports.dns, eab={"kid-1": mac})
    node = make_node(settings(tmp_path, "node-1", region, ports, pebble, ""), "without.toml")
    entry = support.wait_until(lambda: (lambda e: e if e["failures"] else None)(certificates(node)["a.example.com"]), what="the failure")
    assert "give edge.acme.eab_key_id and edge.acme.eab_hmac_key" in entry["problem"]
    node.stop()
    bound = make_node(settings(tmp_path, "node-2", region, ports, pebble, f'eab_key_id = "kid-1"\neab_hmac_key = "{mac}"'), "with.toml")
    wait_for_certificate(bound, "a.example.com")


def test_check_says_what_cannot_work(tmp_path):
    base = '[regions.e]\nendpoint = "http://127.0.0.1:1"\nbucket = "b"\n[sites.a]\nhosts = ["a.example.com", "*.example.org"]\nregions = ["e"]\n'
    edge = '[edge]\nlisten = ["127.0.0.1:0"]\nlisten_tls = ["127.0.0.1:0"]\nacme = {{ directory = "https://ca.test/dir", accept_terms = {terms}{more} }}\n'
    path = tmp_path / "evershore.toml"

    def problems(terms="true", more="", extra=""):
        path.write_text(base + edge.format(terms=terms, more=more) + extra)
        return support.evershore("check", "-c", path).stdout

    assert "no problems" in problems()
    assert "edge.acme.accept_terms: must be true" in problems(terms="false")
    assert '"*.example.org" is a wildcard: only challenge = "dns-01" can prove it' in problems(more=', hosts = ["*.example.org"]')
    assert "edge.acme.challenge: dns-01 needs dns.listen" in problems(more=', challenge = "dns-01"')
    zone = '[dns]\nlisten = ["127.0.0.1:0"]\n[[dns.zones]]\nname = "example.com"\nnameservers = ["ns.example.com"]\n'
    assert '"*.example.org" is in none of dns.zones' in problems(more=', challenge = "dns-01"', extra=zone)
    assert "edge.acme.shared.secret: must be 64 hex digits" in problems(more=', shared = { regions = ["e"], secret = "x" }')
    assert 'edge.acme.shared.regions[0]: there is no region "west"' in problems(more=f', shared = {{ regions = ["west"], secret = "{SECRET}" }}')
