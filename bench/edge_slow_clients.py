#!/usr/bin/python3
"""Thousands of slow clients at once over plain HTTP: what each costs in memory, and whether others' requests stay quick.

  bench/edge_slow_clients.py --evershore build/release/src/app/evershore --clients 10000

Three kinds in turn, each on a node that has just started: clients that send their request head byte by byte, clients that send a body
byte by byte, and clients that read a large answer with a small window. Beside them one client asks for a cached object, one request
after the other. Prints a line for each kind; the node's limits are long enough that nobody is dropped meanwhile.
"""

import argparse
import os
import pathlib
import resource
import socket
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/e2e"))

HOST = b"Host: assets.example.com\r\n"
KINDS = {
    "slow heads": (b"GET /small.txt HTTP/1.1\r\n" + HOST, b"X"),
    "slow bodies": (b"POST /small.txt HTTP/1.1\r\n" + HOST + b"Content-Length: 60000\r\n\r\n", b"b"),
    "slow readers": (b"GET /large.bin HTTP/1.1\r\n" + HOST + b"\r\n", None),
}


def memory(pid):
    """Bytes that are the process's own, as the kernel shares them out (Pss)."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no Pss")


def kernel_memory():
    """Bytes of all sockets' buffers."""
    for line in pathlib.Path("/proc/net/sockstat").read_text().splitlines():
        if line.startswith("TCP:"):
            return int(line.split()[-1]) * resource.getpagesize()
    raise AssertionError("no sockstat")


def connect(port, count, first):
    """Connections that have sent `first`, each from an address of its own kind so that ports do not run out."""
    made = []
    for i in range(count):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.bind((f"127.0.1.{1 + i % 200}", 0))
        one.connect(("127.0.0.1", port))
        one.sendall(first)
        one.setblocking(False)
        made.append(one)
    return made


def measure(node, seconds, keep_going):
    """Seconds that each request of a client beside them took."""
    took = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        assert node.edge("/small.txt")[0] == 200
        took.append(time.monotonic() - begun)
        keep_going()
    return sorted(took)


def run(kind, arguments, base, regions, support):
    text = support.site_settings(base, regions, records=False).replace("assets.example.com", "*")
    more = 'limits = { header_timeout = "10m", rate = "0", rate_window = "10m", connections = 100000 }\n'
    path = base / "evershore.toml"
    path.write_text(text.replace("[edge]\n", "[edge]\n" + more))
    node = support.Node(path)
    try:
        assert node.edge("/small.txt")[0] == 200 and node.edge("/large.bin")[0] == 200
        alone = measure(node, arguments.seconds, lambda: None)
        before, kernel = memory(node.process.pid), kernel_memory()
        first, drip = KINDS[kind]
        clients = connect(node.ports["edge"], arguments.clients, first)
        support.wait_until(lambda: node.get_json("/api/v1/status")["edge"]["connections"] >= arguments.clients, 60, "all connections")
        turn = [0]

        def keep_going():
            if drip is None:
                return
            for one in clients[turn[0] % 100::100]:
                one.send(drip)
            turn[0] += 1

        beside = measure(node, arguments.seconds, keep_going)
        own, buffers = memory(node.process.pid) - before, kernel_memory() - kernel
        ms = lambda times, share: times[min(len(times) - 1, int(len(times) * share))] * 1000  # noqa: E731
        print(f"{kind:13} {arguments.clients} clients: {own / arguments.clients / 1024:.1f} KB each in the process, {buffers / arguments.clients / 1024:.1f} KB in the kernel; "
              f"a hit beside them: median {statistics.median(beside) * 1000:.2f} ms, 99 % {ms(beside, 0.99):.1f} ms, worst {beside[-1] * 1000:.1f} ms "
              f"(alone {statistics.median(alone) * 1000:.2f}, {ms(alone, 0.99):.1f}, {alone[-1] * 1000:.1f})", flush=True)
        for one in clients:
            one.close()
    finally:
        node.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evershore", default=str(pathlib.Path(__file__).resolve().parent.parent / "build/release/src/app/evershore"))
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--kinds", default=",".join(KINDS))
    arguments = parser.parse_args()
    os.environ["EVERSHORE"] = str(pathlib.Path(arguments.evershore).resolve())
    import support

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most < arguments.clients + 100:
        sys.exit(f"this machine allows a process {most} descriptors, too few for {arguments.clients} clients")
    with tempfile.TemporaryDirectory() as folder:
        base = pathlib.Path(folder)
        regions = [support.Region(base, name) for name in ("east", "west")]
        try:
            for region in regions:
                region.client().put("small.txt", b"small", {"Cache-Control": "max-age=600"})
                region.client().put("large.bin", os.urandom(4 << 20), {"Cache-Control": "max-age=600"})
            for kind in arguments.kinds.split(","):
                run(kind, arguments, base, regions, support)
        finally:
            for region in regions:
                region.stop()


if __name__ == "__main__":
    main()
