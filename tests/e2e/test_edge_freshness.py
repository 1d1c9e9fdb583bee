"""Reads while one region's copy is known to be older: nobody gets it, and nobody keeps it."""

import http.client
import http.server
import json
import threading

import pytest
import support
from support import wait_until


class Gate:
    """An HTTP proxy in front of a region that holds writes back until it is opened: what comes later than others."""

    def __init__(self, port):
        self.opened = threading.Event()
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.command in ("PUT", "POST", "DELETE") and "/f/" in self.path:
                    gate.opened.wait(60)
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                response = connection.getresponse()
                answer = response.read()
                self.send_response_only(response.status)
                for name, value in response.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", response.getheader("content-length") if self.command == "HEAD" else str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                connection.close()

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = pass_on

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.opened.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def late(make_region, make_node, tmp_path):
    """late(reads) -> (east, west, gate, node): west goes first, has the keys f/0 to f/9, and gets no news before the gate is opened."""
    gates = []

    def start(reads, threads=2):
        port = support.free_port()
        hook = f"http://127.0.0.1:{port}/api/v1/replication/webhook"
        east, west = make_region("east", "--webhook", hook), make_region("west")
        gate = Gate(west.port)
        gates.append(gate)
        for region in (east, west):
            for index in range(10):
                region.client().put(f"f/{index}", b"old", {"Cache-Control": "max-age=3600"})
        text = support.site_settings(tmp_path, [west, east], records=False).replace(west.endpoint, f"http://127.0.0.1:{gate.port}")
        admin = text.index('[admin]\nlisten = "')
        text = text[:admin] + f'[admin]\nlisten = "127.0.0.1:{port}"\n' + text[text.index("\n", text.index("listen", admin)) + 1 :]
        text = text.replace('mode = "in-sync"', 'mode = "immediate"')  # west serves from the start
        node = make_node(text.replace("threads = 1", f"threads = {threads}").replace("[sites.assets]", f'[sites.assets]\nreads = "{reads}"'))
        wait_until(lambda: node.get_json("/api/v1/status")["sites"][0]["replication"]["last_scan"], what="the first scan")
        wait_until(lambda: {r["health"] for r in node.get_json("/api/v1/regions")} == {"up"}, what="both regions up")
        return east, west, gate, node

    yield start
    for gate in gates:
        gate.close()


def known_behind(node):
    return node.get_json("/api/v1/status")["edge"]["reads"]["keys_behind"]


def test_latest_never_shows_an_older_copy_once_a_change_was_accepted(late):
    east, west, gate, node = late("latest")
    for index in range(10):
        assert node.edge(f"/f/{index}")[2] == b"old"
    asking = threading.Event()

    def ask():  # so that fetches are always under way
        while not asking.is_set():
            for index in range(10):
                node.edge(f"/f/{index}")

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for index in range(10):
            east.client().put(f"f/{index}", b"new", {"Cache-Control": "max-age=3600"})
        wait_until(lambda: known_behind(node) == 10, what="all changes accepted")
        for index in range(10):
            for _ in range(5):
                status, headers, body = node.edge(f"/f/{index}")
                assert (status, body) == (200, b"new") and "region=east" in headers["x-evershore"]
        assert west.client().get("f/0") == b"old"
        told = json.loads(node.command("explain", "f/0", "--json", check=0).stdout)
        assert told["reads"] == {"mode": "latest", "newest": ["east"], "older": ["west"], "perhaps_older": [], "changed_here": True, "order": ["west", "east"]}
        gate.opened.set()
        wait_until(lambda: known_behind(node) == 0, what="all copied")
        assert west.client().get("f/0") == b"new"
        for index in range(10):
            assert node.edge(f"/f/{index}")[2] == b"new"
    finally:
        asking.set()
        for thread in threads:
            thread.join()
    metrics = node.request("admin", "/metrics")[2].decode()
    counts = {line.split()[0]: float(line.split()[1]) for line in metrics.splitlines() if line.startswith("evershore_edge_")  and "{" not in line}
    assert counts["evershore_edge_reads_redirected_total"] >= 10 and counts["evershore_edge_copies_doubted_total"] >= 10
    assert counts["evershore_edge_reads_older_total"] == 0 and counts["evershore_edge_keys_behind"] == 0


def test_any_may_show_the_older_copy_until_all_have_the_new_one_and_not_longer(late):
    east, west, gate, node = late("any")
    asking = threading.Event()

    def ask():
        while not asking.is_set():
            for index in range(10):
                node.edge(f"/f/{index}")

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for index in range(10):
            east.client().put(f"f/{index}", b"new", {"Cache-Control": "max-age=3600"})
        wait_until(lambda: known_behind(node) == 10, what="all changes accepted")
        assert node.edge("/f/3")[2] == b"old"
        gate.opened.set()
        wait_until(lambda: known_behind(node) == 0, what="all copied")
        for index in range(10):
            for _ in range(5):
                assert node.edge(f"/f/{index}")[2] == b"new"
    finally:
        asking.set()
        for thread in threads:
            thread.join()
    for index in range(10):
        assert node.edge(f"/f/{index}")[2] == b"new"


def test_when_only_the_older_copy_can_be_had_it_is_served_as_stale(late):
    east, west, gate, node = late("latest")
    east.client().put("f/0", b"new")
    wait_until(lambda: known_behind(node) == 1, what="the change accepted")
    east.kill()
    status, headers, body = node.edge("/f/0")
    assert (status, body) == (200, b"old")
    assert "region=west" in headers["x-evershore"] and "cache=stale" in headers["x-evershore"]
    east.start()
    wait_until(lambda: node.edge("/f/0")[2] == b"new", what="the newest copy again")


def test_a_deleted_key_is_gone_at_once(late):
    east, west, gate, node = late("latest")
    assert node.edge("/f/0")[2] == b"old"
    east.client().delete("f/0")
    wait_until(lambda: known_behind(node) == 1, what="the deletion accepted")
    assert node.edge("/f/0")[0] == 404
    assert west.client().get("f/0") == b"old"
    gate.opened.set()
    wait_until(lambda: west.client().get("f/0") is None, what="the deletion in west")
    assert node.edge("/f/0")[0] == 404
