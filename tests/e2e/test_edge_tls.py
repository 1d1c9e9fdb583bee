"""Certificates of the edge: what `check` says of them, what the node tells, and what a reload leaves alone."""

import datetime
import os
import re
import signal
import subprocess

import support
from support import evershore, wait_until


def certificate(folder, name, names, *more):
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName={names}", "-keyout", key, "-out", pem, *(more or ("-days", "30"))], check=True, capture_output=True)
    return pem, key


def settings(folder, regions, *pairs):
    pairs = ", ".join(f'{{ certificate = "{pem}", private_key = "{key}" }}' for pem, key in pairs)
    text = support.site_settings(folder, regions, records=False)
    return text.replace("[edge]\n", f'[edge]\nlisten_tls = ["127.0.0.1:0"]\ntls = [{pairs}]\n')


def test_check_tells_certificates_that_would_fail(make_region, tmp_path):
    regions = [make_region("east"), make_region("west")]
    path = tmp_path / "evershore.toml"
    good, other = certificate(tmp_path, "good", "DNS:*.example.com"), certificate(tmp_path, "other", "DNS:other.example.net")
    path.write_text(settings(tmp_path, regions, good))
    assert "warning" not in evershore("check", "-c", path, check=0).stdout

    path.write_text(settings(tmp_path, regions, other))
    done = evershore("check", "-c", path, check=0)
    assert 'warning: no certificate of edge.tls covers host "assets.example.com" of site assets' in done.stdout

    path.write_text(settings(tmp_path, regions, (good[0], other[1])))
    done = evershore("check", "-c", path, check=1)
    assert re.search(r":\d+:\d+: edge\.tls\[0\]: \S+other\.key: not the private key of \S+good\.pem", done.stdout), done.stdout

    soon = certificate(tmp_path, "soon", "DNS:assets.example.com", "-days", "3")
    path.write_text(settings(tmp_path, regions, soon))
    assert "soon.pem expires at 2" in evershore("check", "-c", path, check=0).stdout

    request = tmp_path / "old.csr"
    subprocess.run(["openssl", "req", "-new", "-key", good[1], "-subj", "/CN=old", "-addext", "subjectAltName=DNS:assets.example.com", "-out", request], check=True)
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-signkey", good[1], "-days", "-1", "-out", tmp_path / "old.pem"], check=True, capture_output=True)
    path.write_text(settings(tmp_path, regions, (tmp_path / "old.pem", good[1])))
    done = evershore("check", "-c", path, check=1)
    assert re.search(r":\d+:\d+: edge\.tls\[0\]\.certificate: has expired at 2\d{3}-", done.stdout), done.stdout


def s_client(node, *more):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{node.ports['edge-tls']}", "-servername", "assets.example.com", *map(str, more)]
    return subprocess.run(command, input="GET / HTTP/1.1\r\nHost: assets.example.com\r\nConnection: close\r\n\r\n", capture_output=True, text=True, timeout=20,
                          env={"PATH": os.environ["PATH"]}).stdout


def test_a_reload_brings_new_certificates_and_keeps_sessions(make_region, make_node, tmp_path):
    regions = [make_region("east"), make_region("west")]
    node = make_node(settings(tmp_path, regions, certificate(tmp_path, "site", "DNS:assets.example.com", "-days", "3")))
    first = node.get_json("/api/v1/status")["edge"]["tls"][0]
    assert first["names"] == ["assets.example.com"] and first["staple_until"] is None
    assert "site.pem expires at" in node.process.text()  # a warning in the log
    text = node.request("admin", "/metrics")[2].decode()
    seconds = float(re.search(r'^evershore_edge_certificate_not_after_seconds\{certificate="\S+site\.pem"\} (\S+)$', text, re.M).group(1))
    assert abs(seconds - datetime.datetime.now().timestamp() - 3 * 86400) < 3600
    session = tmp_path / "session"
    assert "New, TLSv1.3" in s_client(node, "-ign_eof", "-sess_out", session)

    certificate(tmp_path, "site", "DNS:assets.example.com,DNS:second.example.com")
    node.process.send(signal.SIGHUP)
    wait_until(lambda: "settings reloaded" in node.process.text(), 10, "the reload")
    assert node.get_json("/api/v1/status")["edge"]["tls"][0]["names"] == ["assets.example.com", "second.example.com"]
    assert "Reused, TLSv1.3" in s_client(node, "-ign_eof", "-sess_in", session)

    (tmp_path / "site.key").write_text("no key")
    node.process.send(signal.SIGHUP)
    wait_until(lambda: "reload refused" in node.process.text(), 10, "the refusal")
    assert "New, TLSv1.3" in s_client(node, "-ign_eof")  # the old one goes on
