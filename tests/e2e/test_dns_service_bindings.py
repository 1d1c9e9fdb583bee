"""SVCB and HTTPS records (RFC 9460) from settings and from a zone file: BIND reads what we export as we do, kdig what we answer."""

import subprocess

import dns.zone
import pytest
import support

# The vectors of RFC 9460 appendix D and some more, as settings and files have them.
VALUES = [
    "0 foo.example.com.",
    "1 .",
    "16 foo.example.com. port=53",
    "1 foo.example.com. key667=hello",
    r'1 foo.example.com. key667="hello\210qoo"',
    '1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"',
    '1 example.com. ipv6hint="2001:db8:122:344::192.0.2.33"',
    "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
    r'16 foo.example.org. alpn="f\\\\oo\\,bar,h2"',
    r"16 foo.example.org. alpn=f\\\092oo\092,bar,h2",
    "1 . alpn=h3 no-default-alpn",
    "1 . ech=AEX+DQ==",
    "1 . key65280",
    '1 . key9="a b"',
]
CAA = ['0 issue "ca.example; policy=ev"', '128 iodef "mailto:a@example.com"', '0 issuewild ";"']


@pytest.fixture
def settings(tmp_path):
    def name(index, where):
        return f"{where}{index}.example.com"

    file_lines = ["$TTL 60"] + [f"{name(i, 'f')}. HTTPS {value}" for i, value in enumerate(VALUES)] + [f"{name(i, 'cf')}. CAA {value}" for i, value in enumerate(CAA)]
    (tmp_path / "example.com.zone").write_text("\n".join(file_lines) + "\n")
    text = f"""
[node]
name = "node-1"
data = "{tmp_path}/data"
[dns]
listen = ["127.0.0.1:0"]
[[dns.zones]]
name = "example.com"
file = "{tmp_path}/example.com.zone"
nameservers = ["ns1.example.net"]
[admin]
listen = "127.0.0.1:0"
"""
    for i, value in enumerate(VALUES):
        text += f"[[dns.records]]\nname = \"{name(i, 's')}\"\ntype = \"HTTPS\"\nttl = \"60s\"\nvalues = ['{value}']\n"
    for i, value in enumerate(CAA):
        text += f"[[dns.records]]\nname = \"{name(i, 'cs')}\"\ntype = \"CAA\"\nttl = \"60s\"\nvalues = ['{value}']\n"
    return text


def test_bind_reads_the_exported_records_as_it_reads_their_source(settings, tmp_path):
    path = tmp_path / "evershore.toml"
    path.write_text(settings)
    support.evershore("check", "-c", path, check=0)
    exported = support.evershore("dns", "export", "-c", path, "example.com", check=0).stdout
    zone = dns.zone.from_text(exported, origin="example.com.", relativize=False)
    (tmp_path / "exported").write_text(exported)
    done = subprocess.run(["named-checkzone", "-D", "-o", tmp_path / "dump", "example.com", tmp_path / "exported"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stdout + done.stderr + exported
    by_bind = dns.zone.from_file(str(tmp_path / "dump"), origin="example.com.", relativize=False)
    source = "$TTL 60\n@ SOA a b 1 2 3 4 5\n@ NS ns.example.net.\n" + (tmp_path / "example.com.zone").read_text()
    (tmp_path / "source").write_text(source)
    done = subprocess.run(["named-checkzone", "-D", "-o", tmp_path / "dump2", "example.com", tmp_path / "source"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stdout + done.stderr
    from_source = dns.zone.from_file(str(tmp_path / "dump2"), origin="example.com.", relativize=False)
    for prefix, kind, values in (("", "HTTPS", VALUES), ("c", "CAA", CAA)):
        for i, value in enumerate(values):
            expected = from_source.find_rdataset(f"{prefix}f{i}.example.com.", kind)
            for where in "sf":
                name = f"{prefix}{where}{i}.example.com."
                assert zone.find_rdataset(name, kind) == expected, (value, name)
                assert by_bind.find_rdataset(name, kind) == expected, (value, name)


def test_kdig_understands_the_answers(settings, make_node):
    node = make_node(settings)
    port = str(node.ports["dns"])
    for where in "sf":
        done = subprocess.run(["kdig", "@127.0.0.1", "-p", port, "+short", f"{where}7.example.com", "HTTPS"], capture_output=True, text=True, timeout=20)
        assert done.stdout.strip() == "16 foo.example.org. mandatory=alpn,ipv4hint alpn=h2,h3-19 ipv4hint=192.0.2.1"


def test_check_refuses_what_is_not_consistent(settings, tmp_path):
    path = tmp_path / "evershore.toml"
    path.write_text(settings + '[[dns.records]]\nname = "bad.example.com"\ntype = "SVCB"\nvalues = ["1 . no-default-alpn"]\n')
    assert "no-default-alpn needs an alpn" in support.evershore("check", "-c", path, check=1).stdout
