"""The front of the edge with real clients: access log, limits, PROXY headers, proxies, and a node that drops root."""

import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

import pytest
import support
from support import wait_until
from test_edge_http2 import CLEAN, certificate, tls_site


def with_edge(text, more):
    return text.replace("[edge]\n", "[edge]\n" + more)


def metric(node, name):
    """The sum of a metric's lines."""
    lines = node.request("admin", "/metrics")[2].decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith((name + " ", name + "{")))


def exchange(port, sent, seconds=10):
    """All that comes back for these bytes until the other side ends; b"<reset>" if it broke off, be it while connecting."""
    heard = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
            connection.sendall(sent)
            while got := connection.recv(65536):
                heard += got
    except ConnectionError:
        return heard + b"<reset>"
    return heard


GET = b"GET /small.txt HTTP/1.1\r\nHost: assets.example.com\r\nConnection: close\r\n\r\n"


@pytest.fixture
def regions(make_region):
    made = [make_region(name) for name in ("east", "west")]
    for region in made:
        client = region.client()
        client.put("small.txt", b"small", {"Content-Type": "text/plain", "Cache-Control": "max-age=600"})
        client.put("large.bin", b"x" * (24 << 20), {"Cache-Control": "no-store"})
    return made


def test_every_request_is_a_line_also_over_reloads_under_load(regions, make_node, tmp_path):
    log = tmp_path / "access.log"
    pem, key = certificate(tmp_path)
    text = tls_site(tmp_path, regions, pem, key, f'access_log = {{ path = "{log}" }}\n').replace("threads = 1", "threads = 2")
    node = make_node(text)
    port = node.ports["edge-tls"]

    status, headers, _ = node.edge("/small.txt", {"User-Agent": 'say "hi"', "Referer": "https://a.example/\\"})
    assert status == 200
    node.edge("/no-such-key?x=\"1\"")
    assert exchange(node.ports["edge"], b"NONSENSE\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert exchange(node.ports["edge"], b"GET /" + b"x" * 17000 + b" HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 414")
    assert exchange(node.ports["edge"], b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 33000 + b"\r\n\r\n").startswith(b"HTTP/1.1 431")
    command = ["curl", "-sS", "--http2", "-o", "/dev/null", "--cacert", str(pem), "--resolve", f"assets.example.com:{port}:127.0.0.1"]
    subprocess.run(command + [f"https://assets.example.com:{port}/small.txt"], check=True, env=CLEAN, timeout=30)
    wait_until(lambda: log.read_text().count("\n") == 6, what="six lines")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert sorted(line["status"] for line in lines) == [200, 200, 400, 404, 414, 431]  # each loop's lines are in order, those of two are not
    first = next(line for line in lines if line["target"] == "/small.txt" and not line["tls"])
    last = next(line for line in lines if line["tls"])
    assert first["request"] == headers["x-evershore-request"] and first["user_agent"] == 'say "hi"' and first["referer"] == "https://a.example/\\"
    assert (first["client"], first["host"], first["method"], first["target"], first["bytes"]) == ("127.0.0.1", "assets.example.com", "GET", "/small.txt", 5)
    assert first["region"] in ("east", "west") and first["cache"] == "miss" and first["attempts"] == 1 and first["complete"] is True
    assert (last["protocol"], last["tls"]) == ("HTTP/2.0", "TLSv1.3")

    # logrotate's way: the file is moved away, then SIGHUP. Nothing is lost, nothing is written twice, and nobody dies.
    before = len(lines)
    load = ["h2load", "-c", "8", "-m", "8", "-n", "30000", "-H", ":authority: assets.example.com", f"https://127.0.0.1:{port}/small.txt"]
    running = subprocess.Popen(load, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=CLEAN)
    turns = 0
    while running.poll() is None and turns < 30:
        reloaded = node.process.text().count("settings reloaded")
        log.rename(tmp_path / f"access.log.{turns}")
        node.process.send(signal.SIGHUP)
        wait_until(lambda: node.process.text().count("settings reloaded") > reloaded, what="the reload")
        wait_until(log.exists, what="a new file")
        turns += 1
    output = running.communicate(timeout=60)[0]
    assert "30000 succeeded" in output, output
    assert turns >= 3, "the load was over before it was reloaded under it"
    assert metric(node, "evershore_edge_access_log_lines_total") + metric(node, "evershore_edge_access_log_dropped_total") == before + 30000
    written = metric(node, "evershore_edge_access_log_lines_total")
    node.stop()
    everything = "".join(path.read_text() for path in tmp_path.glob("access.log*"))
    assert everything.count("\n") == written
    ids = [json.loads(line)["request"] for line in everything.splitlines()]
    assert len({each for each in ids if each}) == len([each for each in ids if each])


def test_the_log_to_stdout_in_combined_format_and_turned_off_by_a_reload(regions, make_node, tmp_path):
    text = with_edge(support.site_settings(tmp_path, regions, records=False), 'access_log = { path = "stdout", format = "combined" }\n')
    node = make_node(text)
    node.edge("/small.txt", {"User-Agent": 'a "test"'})
    line = node.process.line(r'127\.0\.0\.1 - - \[[^]]+ \+0000\] "GET /small\.txt HTTP/1\.1" 200 5 "-" "([^"]*)"\n')
    assert line.group(1) == r"a \x22test\x22"
    node.settings_path.write_text(text.replace("access_log", "# access_log"))
    node.process.send(signal.SIGHUP)
    node.process.line("settings reloaded")
    assert node.edge("/other.txt")[0] == 404
    assert "other.txt" not in node.process.text()


def test_limits_hold_and_change_with_a_reload(regions, make_node, tmp_path):
    limits = 'limits = { header_timeout = "300ms", requests_per_connection = 2, connections_per_client = 3, request_line_bytes = "1KiB", header_bytes = "2KiB" }\n'
    text = with_edge(support.site_settings(tmp_path, regions, records=False), limits)
    node = make_node(text)
    port = node.ports["edge"]
    assert exchange(port, b"GET /small.txt HTT").startswith(b"HTTP/1.1 408")
    assert exchange(port, b"GET /" + b"x" * 1100 + b" HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 414")
    assert exchange(port, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 2100 + b"\r\n\r\n").startswith(b"HTTP/1.1 431")
    assert exchange(port, GET.replace(b"Connection: close\r\n", b"") * 3).count(b"HTTP/1.1 200") == 2
    held = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(3)]
    for each in held:
        each.sendall(b"GET /small")  # and so they are accepted, and held
    wait_until(lambda: metric(node, "evershore_edge_connections") == 3, what="three connections")
    assert exchange(port, GET) == b"<reset>"
    for each in held:
        each.close()
    wait_until(lambda: metric(node, "evershore_edge_connections") == 0, what="no connection")
    assert metric(node, "evershore_edge_connections_refused_total") >= 1
    assert metric(node, "evershore_edge_cut_off_total") >= 1
    node.settings_path.write_text(text.replace('header_bytes = "2KiB"', 'header_bytes = "8KiB"').replace("connections_per_client = 3", "connections_per_client = 0"))
    node.process.send(signal.SIGHUP)
    node.process.line("settings reloaded")
    wait_until(lambda: exchange(port, b"GET /small.txt HTTP/1.1\r\nHost: assets.example.com\r\nConnection: close\r\nX: " + b"x" * 2100 + b"\r\n\r\n")
               .startswith(b"HTTP/1.1 200"), what="the new limit")


def test_slow_readers_are_dropped_and_hold_nobody_up(regions, make_node, tmp_path):
    text = with_edge(support.site_settings(tmp_path, regions, records=False), 'limits = { rate = "64KiB", rate_window = "500ms" }\n')
    node = make_node(text)
    readers = []
    for _ in range(50):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", node.ports["edge"]))
        reader.sendall(b"GET /large.bin HTTP/1.1\r\nHost: assets.example.com\r\n\r\n")
        readers.append(reader)
    slowest = 0.0
    while metric(node, "evershore_edge_cut_off_total") < 50:
        begun = time.monotonic()
        assert node.edge("/small.txt")[0] == 200
        slowest = max(slowest, time.monotonic() - begun)
        assert slowest < 5
        assert len(readers) == 50
    for reader in readers:
        reader.close()


def version_2(address, port=4711):
    packed = socket.inet_pton(socket.AF_INET, address) + socket.inet_pton(socket.AF_INET, "127.0.0.1") + struct.pack(">HH", port, 80)
    return b"\r\n\r\n\x00\r\nQUIT\n" + bytes([0x21, 0x11]) + struct.pack(">H", len(packed)) + packed


def test_proxy_headers_of_balancers_name_the_client(regions, make_node, tmp_path):
    log = tmp_path / "access.log"
    pem, key = certificate(tmp_path)
    front = f'access_log = {{ path = "{log}" }}\nproxy_protocol = {{ from = ["127.0.0.0/8"] }}\n'
    text = tls_site(tmp_path, regions, pem, key, front)
    node = make_node(text)
    port, tls_port = node.ports["edge"], node.ports["edge-tls"]

    def clients():
        return [json.loads(line)["client"] for line in log.read_text().splitlines()] if log.exists() else []

    assert exchange(port, b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 80\r\n" + GET).startswith(b"HTTP/1.1 200")
    assert exchange(port, version_2("192.0.2.8") + GET).startswith(b"HTTP/1.1 200")
    assert exchange(port, GET) == b"<reset>"
    # A real client: curl speaks version 1, before plain HTTP and before TLS.
    curl = ["curl", "-sS", "--fail", "-o", "/dev/null", "--haproxy-protocol", "--cacert", str(pem), "--resolve", f"assets.example.com:{port}:127.0.0.1",
            "--resolve", f"assets.example.com:{tls_port}:127.0.0.1"]
    subprocess.run(curl + [f"http://assets.example.com:{port}/small.txt"], check=True, env=CLEAN, timeout=30)
    subprocess.run(curl + ["--http2", f"https://assets.example.com:{tls_port}/small.txt"], check=True, env=CLEAN, timeout=30)
    wait_until(lambda: len(clients()) == 4, what="four lines")
    assert clients() == ["192.0.2.7", "192.0.2.8", "127.0.0.1", "127.0.0.1"]
    assert metric(node, "evershore_edge_connections_refused_total") >= 1
    # From anybody else it is no HTTP.
    node.settings_path.write_text(text.replace("127.0.0.0/8", "10.0.0.0/8"))
    node.process.send(signal.SIGHUP)
    node.process.line("settings reloaded")
    wait_until(lambda: exchange(port, b"PROXY TCP4 192.0.2.7 127.0.0.1 4711 80\r\n" + GET).startswith(b"HTTP/1.1 400"), what="the new networks")
    assert exchange(port, GET).startswith(b"HTTP/1.1 200")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop root")
def test_a_node_that_root_starts_becomes_another_user(make_region):
    # Apart from pytest's own folder, which only root may enter.
    base = pathlib.Path(tempfile.mkdtemp(prefix="evershore-user-"))
    node = None
    try:
        base.chmod(0o755)
        regions = [make_region(name) for name in ("east", "west")]
        regions[0].client().put("small.txt", b"small")
        log = base / "access.log"
        text = with_edge(support.site_settings(base, regions, records=False), f'access_log = {{ path = "{log}" }}\n')
        text = text.replace("[node]\n", '[node]\nuser = "nobody"\n')
        path = base / "evershore.toml"
        path.write_text(text)
        node = support.Node(path)
        status = pathlib.Path(f"/proc/{node.process.pid}/status").read_text()
        fields = {line.split(":")[0]: line.split(":")[1].split() for line in status.splitlines()}
        assert fields["Uid"] == ["65534"] * 4 and fields["Gid"] == ["65534"] * 4 and "0" not in fields["Groups"]
        assert int(fields["CapEff"][0], 16) == 0 and int(fields["CapPrm"][0], 16) == 0
        for task in pathlib.Path(f"/proc/{node.process.pid}/task").iterdir():
            assert "\nUid:\t65534\t65534\t65534\t65534\n" in (task / "status").read_text()
        for path in [log, base / "state", *(base / "state").rglob("*")]:
            assert path.stat().st_uid == 65534, path
        assert wait_until(lambda: node.edge("/small.txt")[0] == 200, what="an answer")
        # What it does later, it does as that user: state is saved, and a log that was moved away is made anew where it may.
        assert node.command("drain", "west", check=0)
        node.process.send(signal.SIGHUP)
        node.process.line("settings reloaded")
        assert node.stop() == 0
        node.start()
        assert node.command("undrain", "west", check=0)
        assert node.stop() == 0
    finally:
        if node is not None:
            node.stop()
        shutil.rmtree(base, ignore_errors=True)


def test_check_tells_a_user_that_is_not_there(tmp_path):
    path = tmp_path / "evershore.toml"
    path.write_text('[node]\nuser = "no-such-user"\n')
    done = support.evershore("check", "-c", path, check=1)
    assert ':2:8: node.user: there is no user "no-such-user" here' in done.stdout + done.stderr
