"""testssl.sh looks at the edge's TLS: no finding but those about an authority that nobody knows."""

import json
import os
import subprocess

import support

# Of a certificate made here: its authority is nobody's, lists no revocation, and is in no log.
ABOUT_THE_CERTIFICATE = ("cert_", "OCSP_", "DNS_CAArecord", "chain_of_trust")
# WARN is what testssl says of itself: a cipher its openssl lacks, a connection that took too long.
FINDINGS = ("LOW", "MEDIUM", "HIGH", "CRITICAL")


def issue(folder):
    """A certificate of an authority made here, with its chain; (PEM, key, CA)."""

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=folder)

    ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *ec, "-days", 30, "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", *ec, "-subj", "/CN=assets.example.com", "-addext", "subjectAltName=DNS:assets.example.com", "-keyout", "site.key", "-out", "site.csr")
    openssl("x509", "-req", "-in", "site.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", 30, "-copy_extensions", "copy", "-out", "site.crt")
    (folder / "site.pem").write_text((folder / "site.crt").read_text() + (folder / "ca.pem").read_text())
    return folder / "site.pem", folder / "site.key", folder / "ca.pem"


def test_testssl_has_no_finding(make_region, make_node, tmp_path):
    pem, key, authority = issue(tmp_path)
    text = support.site_settings(tmp_path, [make_region("east"), make_region("west")], records=False)
    node = make_node(text.replace("[edge]\n", f'[edge]\nlisten_tls = ["127.0.0.1:0"]\ntls = [{{ certificate = "{pem}", private_key = "{key}" }}]\n'))
    report = tmp_path / "report.json"
    # Protocols, cipher categories, forward secrecy, server defaults, server preference, vulnerabilities.
    command = ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1", "--nodns", "none", "--add-ca", str(authority), "-p", "-s", "-f", "-S",
               "-P", "-U", "--jsonfile", str(report), f"assets.example.com:{node.ports['edge-tls']}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, stdin=subprocess.DEVNULL)
    assert report.exists(), done.stdout[-2000:] + done.stderr[-2000:]
    findings = json.loads(report.read_text())
    seen = {finding["id"]: finding for finding in findings}
    assert "offered" in seen["TLS1_3"]["finding"] and "h2" in seen["ALPN_HTTP2"]["finding"], done.stdout[-3000:]
    bad = [finding for finding in findings if finding["severity"] in FINDINGS and not finding["id"].startswith(ABOUT_THE_CERTIFICATE)]
    assert bad == [], json.dumps(bad, indent=1)
