#!/usr/bin/env python3
"""What clients see while regions die: three real regions, one node, plain HTTP, TLS and HTTP/2.

  bench/edge_failover.py --evershore build/release/src/app/evershore [--over plain,tls,h2] [load downloads two outage]

load       500 uncached requests/s, latency counted from the scheduled moment; the primary freezes (SIGSTOP) after 5 s for 8 s, or is killed
downloads  8 slow downloads of 64 MiB; the primary is killed, or frozen, in the middle
two        the same; the primary is killed, and the second region 1.5 s later
outage     all regions are killed: a cached copy, and what nobody has cached

Over h2, load is made by h2load and latency counts from the sending; downloads are curl's. Needs curl, openssl and nghttp2-client.
"""
import argparse
import asyncio
import hashlib
import os
import pathlib
import random
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/e2e"))
import support  # noqa: E402

HOST = "assets.example.com"
KEYS = 400
SIZES = [1_000] * 60 + [16_000] * 25 + [128_000] * 12 + [1_000_000] * 3  # as the reference's load


def body_of(index):
    return hashlib.sha256(str(index).encode()).digest() * (SIZES[index % 100] // 32)


class World:
    """Three regions with the same objects, and a node before them."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.regions = [support.Region(folder, name) for name in ("east", "west", "north")]
        big = os.urandom(64 << 20)
        self.big = hashlib.sha256(big).hexdigest()
        for region in self.regions:
            client = region.client()
            for index in range(KEYS):
                client.put(f"k{index}", body_of(index), {"Cache-Control": "no-store"})
            client.put("cached", b"cached", {"Cache-Control": "max-age=1"})
            client.put("big", big, {"Cache-Control": "no-store"})
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={HOST}", "-addext",
                        f"subjectAltName=DNS:{HOST}", "-keyout", f"{folder}/k.pem", "-out", f"{folder}/c.pem"], check=True, capture_output=True)
        text = support.site_settings(folder, self.regions, records=False).replace(
            "[edge]\n", f'[edge]\nlisten_tls = ["127.0.0.1:0"]\ntls = [{{ certificate = "{folder}/c.pem", private_key = "{folder}/k.pem" }}]\n')
        path = self.folder / "evershore.toml"
        path.write_text(text.replace('mode = "async"', 'mode = "off"'))
        self.node = support.Node(path)
        support.wait_until(lambda: {r["health"] for r in self.node.get_json("/api/v1/regions")} == {"up"}, what="all regions up")

    def port(self, over):
        return self.node.ports["edge" if over == "plain" else "edge-tls"]

    def curl(self, over, target):
        port, scheme = self.port(over), "http" if over == "plain" else "https"
        version = {"plain": "--http1.1", "tls": "--http1.1", "h2": "--http2"}[over]
        return ["curl", "-sS", version, "--cacert", f"{self.folder}/c.pem", "--resolve", f"{HOST}:{port}:127.0.0.1", f"{scheme}://{HOST}:{port}/{target}"]

    def close(self):
        for region in self.regions:
            region.process.send(signal.SIGCONT)
        self.node.stop()
        for region in self.regions:
            region.stop()


class Load:
    """Open loop: each request has its moment, whatever became of those before it."""

    def __init__(self, world, over, rate, seconds):
        self.world, self.over, self.rate, self.seconds = world, over, rate, seconds
        self.idle, self.took, self.bad = [], [], []
        self.tls = ssl.create_default_context(cafile=f"{world.folder}/c.pem") if over == "tls" else None

    async def ask(self, index):
        if self.idle:
            reader, writer = self.idle.pop()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.world.port(self.over), ssl=self.tls, server_hostname=HOST if self.tls else None, limit=1 << 21)
        writer.write(f"GET /k{index} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        body = await reader.readexactly(length)
        self.idle.append((reader, writer))
        return int(head.split()[1]), body

    async def one(self, at):
        index = random.randrange(KEYS)
        try:
            status, body = await asyncio.wait_for(self.ask(index), 15)
            if status != 200 or body != body_of(index):
                self.bad.append(status)
        except Exception as error:  # noqa: BLE001 - whatever a client would call a failure
            self.bad.append(repr(error))
        self.took.append(time.monotonic() - at)

    async def run(self, faults):
        begin = time.monotonic() + 0.2
        tasks = []
        for number in range(self.rate * self.seconds):
            at = begin + number / self.rate
            await asyncio.sleep(max(0, at - time.monotonic()))
            while faults and at - begin >= faults[0][0]:
                faults.pop(0)[1]()
            tasks.append(asyncio.create_task(self.one(at)))
        await asyncio.gather(*tasks)
        for _, writer in self.idle:
            writer.close()


def h2_load(world, rate, seconds, faults):
    log, urls = world.folder / "h2.log", world.folder / "urls"
    log.unlink(missing_ok=True)
    urls.write_text("".join(f"https://127.0.0.1:{world.port('h2')}/k{random.randrange(KEYS)}\n" for _ in range(2000)))
    child = subprocess.Popen(["h2load", "-n", str(rate * seconds), "-c", "20", "-m", "20", f"--rps={rate // 20}", "-H", f":authority: {HOST}", "-i", str(urls),
                              f"--log-file={log}", "--npn-list=h2"], stdout=subprocess.PIPE, text=True)
    begin = time.monotonic()
    for after, act in faults:
        time.sleep(max(0, begin + after - time.monotonic()))
        act()
    child.communicate(timeout=120)
    rows = [line.split() for line in log.read_text().splitlines()]
    bad = [row[1] for row in rows if row[1] != "200"] + ["lost"] * (rate * seconds - len(rows))
    return [int(row[2]) / 1e6 for row in rows], bad


def load(world, over, fault):
    east = world.regions[0]
    if fault == "freeze":
        faults = [(5, lambda: east.process.send(signal.SIGSTOP)), (13, lambda: east.process.send(signal.SIGCONT))]
    else:
        faults = [(5, east.kill), (13, east.start)]
    if over == "h2":
        took, bad = h2_load(world, 500, 20, faults)
    else:
        run = Load(world, over, 500, 20)
        asyncio.run(run.run(faults))
        took, bad = run.took, run.bad
    took.sort()
    print(f"  load, {fault:6} {over:5}: {len(bad)} of {len(took)} failed, worst {took[-1] * 1000:.0f} ms, {sum(t > 0.5 for t in took)} over 500 ms, "
          f"{sum(t > 0.25 for t in took)} over 250 ms, median {took[len(took) // 2] * 1000:.1f} ms", *sorted(set(map(str, bad)))[:3], flush=True)


class Download(threading.Thread):
    """Some 8 MB/s; how long it stood still at most."""

    def __init__(self, command):
        super().__init__(daemon=True)
        self.command, self.longest, self.digest, self.code = command, 0.0, "", None

    def run(self):
        child = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        digest = hashlib.sha256()
        while True:
            before = time.monotonic()
            piece = os.read(child.stdout.fileno(), 256 * 1024)
            self.longest = max(self.longest, time.monotonic() - before)
            if not piece:
                break
            digest.update(piece)
            time.sleep(len(piece) / 8e6)
        self.digest, self.code = digest.hexdigest(), child.wait()


def downloads(world, over, name, faults):
    all_ = [Download(world.curl(over, "big")) for _ in range(8)]
    begin = time.monotonic()
    for one in all_:
        one.start()
    for after, act in faults:
        time.sleep(max(0, begin + after - time.monotonic()))
        act()
    for one in all_:
        one.join(90)
    cut = sum(one.code != 0 or one.digest != world.big for one in all_)
    print(f"  downloads, {name:22} {over:5}: {cut} of {len(all_)} cut or wrong, longest stall {max(one.longest for one in all_) * 1000:.0f} ms", flush=True)


def revive(world):
    for region in world.regions:
        region.process.send(signal.SIGCONT)
        if not region.process.running():
            region.start()
    support.wait_until(lambda: {r["health"] for r in world.node.get_json("/api/v1/regions")} == {"up"}, what="all regions up")
    support.wait_until(lambda: "region=east" in world.node.edge("/k0")[1].get("x-evershore", ""), what="the primary in use")


def outage(world, over):
    assert world.node.edge("/cached")[0] == 200
    for region in world.regions:
        region.kill()
    time.sleep(1.2)
    for target in ("cached", "k1"):
        took = []
        for _ in range(20):
            begin = time.monotonic()
            text = subprocess.run(world.curl(over, target) + ["-D-", "-o", "/dev/null"], capture_output=True, text=True).stdout
            took.append(time.monotonic() - begin)
        fields = [line for line in text.splitlines() if line.lower().startswith(("http/", "retry-after", "x-evershore", "age"))]
        print(f"  outage, /{target} {over}: {'; '.join(fields)}; worst {max(took) * 1000:.0f} ms with the start of curl", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evershore", default="build/release/src/app/evershore")
    parser.add_argument("--over", default="plain,tls")
    parser.add_argument("what", nargs="*", help="default: all")
    options = parser.parse_args()
    support.EVERSHORE = options.evershore
    what = options.what or ["load", "downloads", "two", "outage"]
    folder = tempfile.mkdtemp(prefix="evershore-failover-")
    world = World(folder)
    east, west, _ = world.regions
    try:
        for over in options.over.split(","):
            if "load" in what:
                for fault in ("freeze", "kill"):
                    load(world, over, fault)
                    revive(world)
            if "downloads" in what:
                downloads(world, over, "the primary is killed", [(1.5, east.kill)])
                revive(world)
                downloads(world, over, "the primary freezes", [(1.5, lambda: east.process.send(signal.SIGSTOP))])
                revive(world)
            if "two" in what:
                downloads(world, over, "one after the other dies", [(1.5, east.kill), (3, west.kill)])
                revive(world)
            if "outage" in what:
                outage(world, over)
                revive(world)
    finally:
        world.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
