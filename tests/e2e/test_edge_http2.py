"""HTTP/2 over TLS with real clients: curl, nghttp, h2load."""

import os
import re
import signal
import subprocess
import threading

import pytest
import support
from support import evershore, sha, wait_until

LARGE = os.urandom(48 << 20)
CLEAN = {"PATH": os.environ["PATH"]}  # no proxy of this machine


def certificate(folder, name="site", names="DNS:assets.example.com", days=2):
    """A certificate that signs itself: (PEM, key)."""
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName={names}", "-keyout", key, "-out", pem], check=True, capture_output=True)
    return pem, key


def tls_site(folder, regions, pem, key, more=""):
    text = support.site_settings(folder, regions, records=False)
    return text.replace("[edge]\n", f'[edge]\nlisten_tls = ["127.0.0.1:0"]\ntls = [{{ certificate = "{pem}", private_key = "{key}" }}]\n{more}')


@pytest.fixture
def site(make_region, make_node, tmp_path):
    regions = [make_region(name) for name in ("east", "west")]
    client = regions[0].client()
    client.put("small.txt", b"small", {"Content-Type": "text/plain", "Cache-Control": "max-age=600"})
    client.put("large.bin", LARGE, {"Cache-Control": "no-store"})
    pem, key = certificate(tmp_path)
    text = tls_site(tmp_path, regions, pem, key)
    path = tmp_path / "evershore.toml"
    path.write_text(text)
    evershore("sync", "-c", path, "assets", check=0)
    node = make_node(text)
    node.pem = pem
    return regions, node


def curl_command(node, target, *more):
    port = node.ports["edge-tls"]
    return ["curl", "-sS", "--http2", "--cacert", str(node.pem), "--resolve", f"assets.example.com:{port}:127.0.0.1", *more,
            f"https://assets.example.com:{port}{target}"]


def curl(node, target, *more):
    """(exit code, status, headers, body) of one request over HTTP/2."""
    done = subprocess.run(curl_command(node, target, "-i", *more), capture_output=True, timeout=60, env=CLEAN)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode(errors="replace").split("\r\n")
    version, _, status = lines[0].partition(" ")
    assert version == "HTTP/2", done.stderr
    return done.returncode, int(status.split()[0]), dict(line.split(": ", 1) for line in lines[1:]), body


def metric(node, name):
    text = node.request("admin", "/metrics")[2].decode()
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.M))


def test_serves_the_contract_over_http2(site):
    _, node = site
    code, status, headers, body = curl(node, "/small.txt")
    assert (code, status, body, headers["content-length"]) == (0, 200, b"small", "5")
    assert headers["via"] == "1.1 evershore" and headers["accept-ranges"] == "bytes" and "date" in headers
    assert curl(node, "/small.txt", "-H", "Range: bytes=1-2")[1::2] == (206, b"ma")
    assert curl(node, "/small.txt", "-H", f"If-None-Match: {headers['etag']}")[1] == 304
    assert curl(node, "/small.txt", "--head")[1::2] == (200, b"")
    assert curl(node, "/nothing")[1] == 404
    assert curl(node, "/small.txt", "-H", "Host: other.example.com")[1] == 421
    assert curl(node, "/small.txt", "-X", "OPTIONS")[1] == 204
    code, status, headers, _ = curl(node, "/small.txt", "--data-binary", "x" * 100_000)
    assert status == 405 and headers["allow"]
    assert curl(node, "/small.txt", "-H", "X-Large: " + "x" * 40_000)[1] == 431
    assert curl(node, "/" + "x" * 17_000)[1] == 414
    assert metric(node, "evershore_edge_http2_requests_total") == 8  # but for the two that were refused at once


def test_http11_is_still_spoken_to_those_who_ask(site):
    _, node = site
    done = subprocess.run(curl_command(node, "/small.txt", "--http1.1", "-i"), capture_output=True, timeout=30, env=CLEAN)
    assert done.stdout.startswith(b"HTTP/1.1 200")


def test_large_bodies_of_many_streams_at_once_are_whole(site, tmp_path):
    _, node = site
    port = node.ports["edge-tls"]
    script = "".join(f'url = "https://assets.example.com:{port}/large.bin"\noutput = "{tmp_path}/copy{i}"\n' for i in range(4))
    (tmp_path / "urls").write_text(script)
    command = ["curl", "-sS", "--http2", "--cacert", str(node.pem), "--resolve", f"assets.example.com:{port}:127.0.0.1", "-Z", "-K", str(tmp_path / "urls")]
    subprocess.run(command, check=True, timeout=120, env=CLEAN)
    for i in range(4):
        assert (tmp_path / f"copy{i}").read_bytes() == LARGE
    done = subprocess.run(["nghttp", "-nv", "-m", "20", "-H", ":authority: assets.example.com", f"https://127.0.0.1:{port}/small.txt"],
                          capture_output=True, text=True, timeout=30)
    assert len(re.findall(r":status: 200", done.stdout)) == 20 and "The negotiated protocol: h2" in done.stdout


@pytest.mark.parametrize("fault", ["kill", "stop"])
def test_a_region_that_dies_in_the_middle_of_a_download_is_not_noticed(site, fault):
    regions, node = site
    downloads = [subprocess.Popen(curl_command(node, "/large.bin", "--limit-rate", "12M"), stdout=subprocess.PIPE, env=CLEAN) for _ in range(2)]
    bodies = [bytearray() for _ in downloads]

    def read(index):
        while piece := downloads[index].stdout.read(1 << 16):
            bodies[index] += piece

    readers = [threading.Thread(target=read, args=(i,), daemon=True) for i in range(len(downloads))]
    for reader in readers:
        reader.start()
    wait_until(lambda: all(len(body) > 2 << 20 for body in bodies), 30, "the first bytes")
    regions[0].process.send(signal.SIGKILL if fault == "kill" else signal.SIGSTOP)
    for reader, download in zip(readers, downloads):
        reader.join(60)
        assert download.wait(10) == 0
    assert [sha(body) for body in bodies] == [sha(LARGE)] * 2
    assert node.get_json("/api/v1/status")["edge"]["takeovers"] >= 1
    regions[0].process.send(signal.SIGCONT)


def test_a_body_that_nobody_can_complete_is_reset(site):
    regions, node = site
    download = subprocess.Popen(curl_command(node, "/large.bin", "--limit-rate", "8M"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=CLEAN)
    assert download.stdout.read(1 << 20)
    for region in regions:
        region.kill()
    _, errors = download.communicate(timeout=60)
    assert download.returncode == 92, errors  # curl: HTTP/2 stream was not closed cleanly
    assert b"INTERNAL_ERROR" in errors


def h2load(node, *more):
    port = node.ports["edge-tls"]
    return ["h2load", *more, "-H", ":authority: assets.example.com", f"https://127.0.0.1:{port}/small.txt"]


def test_requests_under_way_end_when_the_node_is_told_to_stop(site):
    _, node = site
    curl(node, "/small.txt")
    slow = [subprocess.Popen(curl_command(node, "/large.bin", "--limit-rate", "16M"), stdout=subprocess.PIPE, env=CLEAN) for _ in range(2)]
    assert all(download.stdout.read(1 << 20) for download in slow)
    load = subprocess.Popen(h2load(node, "-c4", "-m8", "-D20"), stdout=subprocess.PIPE, text=True)
    wait_until(lambda: metric(node, "evershore_edge_http2_requests_total") > 500, 20, "load")
    node.process.send(signal.SIGTERM)
    for download in slow:
        rest = download.stdout.read()
        assert download.wait(30) == 0 and len(rest) == len(LARGE) - (1 << 20)
    wait_until(lambda: not node.process.running(), 20, "the end of the node")
    load.send_signal(signal.SIGTERM)
    load.wait(20)
    assert node.process.child.returncode == 0


def test_certificates_change_under_load_and_no_request_fails(site, tmp_path):
    _, node = site
    curl(node, "/small.txt")
    load = subprocess.Popen(h2load(node, "-c4", "-m8", "-n6000"), stdout=subprocess.PIPE, text=True)
    before = 0
    for _ in range(4):
        certificate(tmp_path)
        node.process.send(signal.SIGHUP)
        wait_until(lambda: node.process.text().count("settings reloaded") > before, 10, "a reload")
        before = node.process.text().count("settings reloaded")
        assert curl(node, "/small.txt")[0] == 0  # verified against the new one
    text, _ = load.communicate(timeout=60)
    assert re.search(r"6000 succeeded, 0 failed, 0 errored, 0 timeout", text), text
