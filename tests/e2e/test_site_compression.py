"""Compression at the edge of a running node, with curl, which decodes what it gets: every byte, every coding, kept, and taken over."""

import gzip
import hashlib
import os
import subprocess

import pytest
import support

PAGE = b"".join(b"%d,%d,a line of a table that repeats itself\n" % (i, i * 7919 % 1009) for i in range(30_000))  # 1.4 MB
LARGE = PAGE * 7  # in blocks
HTML = {"Content-Type": "text/html", "Cache-Control": "max-age=3600"}


def curl(node, target, *options):
    """(status, fields, raw or decoded body)"""
    command = ["/usr/bin/curl", "-sS", "--max-time", "20", "--include", "--raw" if "--raw" in options else "--path-as-is", *options, "--header",
               "Host: assets.example.com", f"http://127.0.0.1:{node.ports['edge']}{target}"]
    done = subprocess.run(command, capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return int(lines[0].split()[1]), {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines[1:]}, body


@pytest.fixture
def node(make_region, make_node, tmp_path):
    regions = [make_region("east"), make_region("west")]
    for region in regions:
        client = region.client()
        client.put("page.html", PAGE, HTML)
        client.put("large.csv", LARGE, dict(HTML, **{"Content-Type": "text/csv"}))
        client.put("random.bin", os.urandom(50_000), {"Content-Type": "application/octet-stream"})
        client.put("stored.html", gzip.compress(PAGE), dict(HTML, **{"Content-Encoding": "gzip"}))
        client.put("app.js", b"var a = 1;\n" * 500, dict(HTML, **{"Content-Type": "text/javascript"}))
        client.put("app.js.br", b"as the builder made it", {"Content-Type": "application/octet-stream"})
    text = support.site_settings(tmp_path, regions, records=False).replace("\n[edge]\n", "\nprecompressed = true\n\n[edge]\n")
    made = make_node(text)
    made.regions = regions
    return made


def edge(node):
    return node.get_json("/api/v1/status")["edge"]


@pytest.mark.parametrize("key", ["/page.html", "/large.csv"])
def test_every_coding_decodes_to_the_same_bytes_and_is_made_once(node, key):
    data = PAGE if key == "/page.html" else LARGE
    plain = curl(node, key)
    assert plain[2] == data and plain[1]["vary"] == "Accept-Encoding" and int(plain[1]["content-length"]) == len(data)
    sizes = {}
    for coding in ("gzip", "br", "zstd"):
        # Debian's curl decodes gzip, br and zstd.
        for round_number in range(3):
            status, fields, body = curl(node, key, "--compressed", "--header", f"Accept-Encoding: {coding}")
            assert (status, fields["content-encoding"], fields["etag"]) == (200, coding, "W/" + plain[1]["etag"])
            assert hashlib.sha256(body).digest() == hashlib.sha256(data).digest()
        sizes[coding] = int(curl(node, key, "--header", f"Accept-Encoding: {coding}")[1]["content-length"])
        assert sizes[coding] < len(data) / 4, sizes
    assert edge(node)["compressions"] == 3
    assert edge(node)["compressed_hits"] >= 9


def test_conditions_ranges_and_heads(node):
    etag = curl(node, "/page.html")[1]["etag"]
    status, fields, body = curl(node, "/page.html", "--header", "Accept-Encoding: br", "--header", f"If-None-Match: W/{etag}")
    assert (status, fields["etag"], fields["vary"], body) == (304, "W/" + etag, "Accept-Encoding", b"")
    status, fields, body = curl(node, "/page.html", "--header", "Accept-Encoding: br", "--range", "100-199")
    assert (status, body) == (206, PAGE[100:200]) and "content-encoding" not in fields
    status, fields, _ = curl(node, "/page.html", "--head", "--header", "Accept-Encoding: br")
    assert (status, fields["content-encoding"]) == (200, "br")
    assert "content-encoding" not in curl(node, "/page.html", "--header", "Accept-Encoding: br;q=0, identity")[1]


def test_what_is_encoded_or_would_gain_nothing_is_served_as_it_is(node):
    for _ in range(2):
        status, fields, body = curl(node, "/stored.html", "--header", "Accept-Encoding: gzip, br")
        assert (status, fields["content-encoding"]) == (200, "gzip") and gzip.decompress(body) == PAGE
        assert "content-encoding" not in curl(node, "/random.bin", "--header", "Accept-Encoding: gzip, br")[1]
    assert edge(node)["compressions"] == 0


def test_a_form_that_lies_beside_the_object_is_served(node):
    for _ in range(2):
        status, fields, body = curl(node, "/app.js", "--header", "Accept-Encoding: gzip, br")
        assert (status, fields["content-encoding"], fields["content-type"], body) == (200, "br", "text/javascript", b"as the builder made it")
    status, fields, body = curl(node, "/app.js", "--header", "Accept-Encoding: gzip")
    assert (fields["content-encoding"], gzip.decompress(body)) == ("gzip", b"var a = 1;\n" * 500)
    assert curl(node, "/app.js")[2] == b"var a = 1;\n" * 500


def test_compressed_copies_serve_when_all_regions_are_gone(node):
    assert curl(node, "/page.html", "--compressed", "--header", "Accept-Encoding: br")[2] == PAGE
    for region in node.regions:
        region.kill()
    for _ in range(2):
        status, fields, body = curl(node, "/page.html", "--compressed", "--header", "Accept-Encoding: br")
        assert (status, fields["content-encoding"], body) == (200, "br", PAGE)
    assert curl(node, "/page.html", "--compressed", "--header", "Accept-Encoding: gzip")[2] == PAGE
