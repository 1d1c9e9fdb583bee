#!/usr/bin/env python3
"""Changes what many records answer a thousand times, reloads the settings now and then, and asks all the while: is any query
lost, is any answer a mixture, and how long does a change take to be published?

  bench/dns_changes.py --evershore build/release/src/app/evershore --changes 1000 --names 1000000 --decided 10000

Each change drains or undrains a region that all decided records prefer. Every answer is compared with the two that may be.
"""
import argparse
import http.server
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))
import dns_peers

ZONE = "bench.example"
IN_FLIGHT = 64


class Region(http.server.BaseHTTPRequestHandler):
    """A bucket that is there: all that a health check asks for."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


def settings(options, folder, dns_port, admin_port, region_port):
    lines = [f"host{i} 300 IN A 10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}" for i in range(options.names)]
    zone = dns_peers.write(f"{folder}/zone", "@ 300 IN SOA ns1 hostmaster 1 3600 600 86400 60\n@ IN NS ns1\nns1 IN A 192.0.2.53\n" + "\n".join(lines) + "\n")
    records = "".join(f'''[[dns.records]]
name = "site{i}.{ZONE}"
type = "{options.type}"
ttl = "30s"
policy = "failover"
answers = [{{ id = "near", value = "{options.values[0]}", health_check = "region/near" }}, {{ id = "far", value = "{options.values[1]}", health_check = "region/far" }}]
''' for i in range(options.decided))
    regions = "".join(f'''[regions.{name}]
endpoint = "http://127.0.0.1:{region_port}"
bucket = "b"
''' for name in ("near", "far"))
    return dns_peers.write(f"{folder}/evershore.toml", f'''[node]
name = "bench"
data = "{folder}/data"
threads = 1
[admin]
listen = "127.0.0.1:{admin_port}"
{regions}
[dns]
listen = ["127.0.0.1:{dns_port}"]
rate_limit = 0
[[dns.zones]]
name = "{ZONE}"
file = "{zone}"
{records}''')


def question(number, name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return number.to_bytes(2, "big") + b"\0\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\1\0\1"


class Asker(threading.Thread):
    """Keeps IN_FLIGHT questions under way; every one must be answered, by one of the two sets."""

    def __init__(self, port, options):
        super().__init__()
        self.port, self.options = port, options
        self.stopping = threading.Event()
        self.asked = self.lost = self.wrong = 0
        self.seen = set()

    def run(self):
        draw = random.Random(2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect(("127.0.0.1", self.port))
            udp.settimeout(2)
            while not self.stopping.is_set():
                numbers = {(self.asked + i) & 0xFFFF: draw.randrange(self.options.decided) for i in range(IN_FLIGHT)}
                for number, record in numbers.items():
                    udp.send(question(number, f"site{record}.{ZONE}"))
                self.asked += len(numbers)
                while numbers:
                    try:
                        reply = udp.recv(2048)
                    except TimeoutError:
                        self.lost += len(numbers)
                        break
                    numbers.pop(int.from_bytes(reply[:2], "big"), None)
                    self.look_at(reply)

    def look_at(self, reply):
        data = reply.rsplit(b"\0\0\0\x1e", 1)[-1][2:]  # behind the TTL of 30 s and the length
        fine = reply[3] & 15 == 0 and int.from_bytes(reply[6:8], "big") == 1 and data in self.options.data
        self.seen.add(data)
        self.wrong += not fine


def post(port, path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=30).read()


def published(port):
    """How often so far, and the seconds that all took."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60).read().decode()
    return tuple(float(re.search(rf"^evershore_dns_publish_seconds_{what} (\S+)$", text, re.M).group(1)) for what in ("count", "sum"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evershore", required=True)
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--reloads", type=int, default=5)
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--decided", type=int, default=10_000)
    parser.add_argument("--type", choices=["A", "CNAME"], default="A")
    options = parser.parse_args()
    if options.type == "A":
        options.values, options.data = ("192.0.2.1", "192.0.2.2"), (b"\xc0\0\2\1", b"\xc0\0\2\2")
    else:
        options.values = ("near.example.net", "far.example.net")
        options.data = tuple(bytes([len(host)]) + host + b"\7example\3net\0" for host in (b"near", b"far"))
    with tempfile.TemporaryDirectory(prefix="evershore-bench-") as folder:
        dns_port, admin_port = dns_peers.free_port(), dns_peers.free_port()
        regions = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Region)
        threading.Thread(target=regions.serve_forever, daemon=True).start()
        path = settings(options, folder, dns_port, admin_port, regions.server_address[1])
        with open("/tmp/evershore-bench-changes.log", "w") as log:
            node = subprocess.Popen([options.evershore, "run", "-c", path, "--log-level", "warn"], stdout=log, stderr=log)
            try:
                change(options, node, dns_port, admin_port)
            finally:
                node.kill()
                node.wait()


def wait_ready(port):
    deadline = time.monotonic() + 120
    while True:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60).read()
        except OSError:
            if time.monotonic() > deadline:
                raise SystemExit("evershore does not start; its output is in /tmp/evershore-bench-changes.log")
            time.sleep(0.05)


def change(options, node, dns_port, admin_port):
    wait_ready(admin_port)
    asker = Asker(dns_port, options)
    asker.start()
    before = published(admin_port)
    for number in range(options.changes):
        post(admin_port, f"regions/near/{'undrain' if number % 2 else 'drain'}", {"reason": "benchmark"})
    after = published(admin_port)
    for number in range(options.reloads):
        node.send_signal(signal.SIGHUP)
        post(admin_port, f"regions/near/{'undrain' if number % 2 else 'drain'}", {"reason": "benchmark"})
    asker.stopping.set()
    asker.join()
    count, seconds = (now - then for now, then in zip(after, before))
    print(f"{options.names} names, {options.decided} decided {options.type} records; {options.changes} changes and {options.reloads} reloads under load")
    print(f"  {asker.asked} queries, {asker.lost} lost, {asker.wrong} wrong; both answers seen: {len(asker.seen) == 2}")
    print(f"  {count:.0f} changes published, each within {seconds / count * 1000:.2f} ms of the news (mean)")


if __name__ == "__main__":
    main()
