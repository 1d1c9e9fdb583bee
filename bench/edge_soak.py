#!/usr/bin/env python3
"""A node under mixed load while regions fail, settings are reloaded and caches purged; every byte is compared.

  bench/edge_soak.py --evershore build/release/src/app/evershore --minutes 10 [--seed 1]

Three regions hold the same objects (1 KB to 20 MB). Clients ask by popularity for whole objects, ranges, heads and revalidations. Now and then one
region is killed, frozen, or slowed by a stop-and-go, while the two others live; the node gets SIGHUP, and keys, prefixes or the whole site
are purged. At the end: requests, wrong bytes, answers that failed although a region could have served, the slowest answer, and the memory
of the node over time. Exit code 1 if a byte was wrong, a request failed, or memory grew on.
"""
import argparse
import hashlib
import http.client
import multiprocessing
import os
import pathlib
import random
import re
import signal
import statistics
import sys
import tempfile
import time

SIZES = [(150, 1 << 10), (80, 16 << 10), (40, 128 << 10), (20, 1 << 20), (3, 20 << 20)]
HOST = "assets.example.com"
SLOW_MS = 1_000


def body_of(key, size):
    """What the object is, from its name alone."""
    block = b"".join(hashlib.sha256(f"{key} {i}".encode()).digest() for i in range(min(size // 32, 2048)))
    return (block * (size // len(block) + 1))[:size]


def objects():
    return {f"{'img' if i % 2 else 'doc'}/{size}-{i}": size for count, size in SIZES for i in range(count)}


class Client:
    """One connection that asks until the end is reached, and counts."""

    def __init__(self, port, seed):
        self.port, self.draw = port, random.Random(seed)
        self.sizes = objects()
        self.keys = sorted(self.sizes, key=lambda key: hashlib.sha256(key.encode()).digest())
        self.weights = [1 / (rank + 1) ** 0.9 for rank in range(len(self.keys))]
        self.tags, self.bodies = {}, {}
        self.counts = {"requests": 0, "bytes": 0, "wrong": 0, "failed": 0, "slow": 0, "worst_ms": 0.0}
        self.first_problem = ""
        self.connection = None

    def expected(self, key):
        if key not in self.bodies:
            self.bodies[key] = body_of(key, self.sizes[key])
        return self.bodies[key]

    def problem(self, kind, text):
        self.counts[kind] += 1
        self.first_problem = self.first_problem or f"{time.strftime('%H:%M:%S')} {text}"

    def ask(self, key):
        headers, method, first, last = {"Host": HOST}, "GET", 0, self.sizes[key] - 1
        kind = self.draw.random()
        if kind < 0.15:
            first = self.draw.randrange(self.sizes[key])
            last = min(last, first + self.draw.randrange(1, 300_000))
            headers["Range"] = f"bytes={first}-{last}"
        elif kind < 0.25 and key in self.tags:
            headers["If-None-Match"] = self.tags[key]
        elif kind < 0.3:
            method = "HEAD"
        begin = time.monotonic()
        self.connection.request(method, "/" + key, headers=headers)
        answer = self.connection.getresponse()
        got = answer.read()
        took = (time.monotonic() - begin) * 1000
        self.counts["requests"] += 1
        self.counts["bytes"] += len(got)
        if len(got) < 2 << 20:
            self.counts["worst_ms"] = max(self.counts["worst_ms"], took)
            self.counts["slow"] += took > SLOW_MS
        wanted = 206 if "Range" in headers else 304 if "If-None-Match" in headers else 200
        if answer.status != wanted:
            return self.problem("failed", f"{method} {key} {headers}: {answer.status}, not {wanted}: {got[:100]}")
        if answer.status == 200:
            self.tags[key] = answer.headers["ETag"]
        if answer.status in (200, 206) and method == "GET" and got != self.expected(key)[first:last + 1]:
            self.problem("wrong", f"{key} {headers}: {len(got)} bytes, not those of {first}-{last}")

    def run(self, seconds, report):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            key = self.draw.choices(self.keys, self.weights)[0]
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                self.ask(key)
            except (OSError, http.client.HTTPException) as error:
                self.problem("failed", f"{key}: {error!r}")
                self.connection.close()
                self.connection = None
        report.put((self.counts, self.first_problem))


class Troubles:
    """One after the other, each undone before the next; the other two regions live."""

    def __init__(self, regions, node, draw):
        self.regions, self.node, self.draw, self.counts = regions, node, draw, {}

    def one(self):
        kind = self.draw.choice(["kill", "freeze", "stutter", "reload", "purge", "purge", "nothing"])
        self.counts[kind] = self.counts.get(kind, 0) + 1
        region = self.draw.choice(self.regions)
        getattr(self, kind)(region)
        time.sleep(self.draw.uniform(1.0, 3.0))

    def kill(self, region):
        region.kill()
        time.sleep(self.draw.uniform(0.5, 4))
        region.start()

    def freeze(self, region):
        region.process.send(signal.SIGSTOP)
        time.sleep(self.draw.uniform(0.5, 4))
        region.process.send(signal.SIGCONT)

    def stutter(self, region):
        for _ in range(20):
            region.process.send(signal.SIGSTOP)
            time.sleep(0.05)
            region.process.send(signal.SIGCONT)
            time.sleep(0.05)

    def reload(self, _):
        self.node.process.send(signal.SIGHUP)

    def purge(self, _):
        which = self.draw.choice(['{"all":true}', '{"prefix":"img/"}', '{"key":"doc/1024-0"}'])
        status, _, text = self.node.request("admin", "/api/v1/sites/assets/purge", {"Content-Type": "application/json"}, "POST", which)
        if status >= 300:
            raise SystemExit(f"purge {which}: {status} {text}")

    def nothing(self, _):
        pass


def memory_mb(pid):
    return int(re.search(r"^Pss: +(\d+) kB", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M).group(1)) / 1024


def soak(options, support, scratch):
    regions = [support.Region(scratch, name) for name in ("east", "west", "north")]
    for key, size in objects().items():
        body = body_of(key, size)
        for region in regions:
            region.client().put(key, body, {"Cache-Control": f"max-age={1 + len(key) % 7}", "Content-Type": "application/octet-stream"})
    text = support.site_settings(scratch, regions, records=False).replace('mode = "async"', 'mode = "off"')
    text = text.replace("[edge]\n", f'[edge]\ncache = {{ memory = "48MiB", disk = {{ path = "{scratch}/cache", size = "96MiB" }} }}\n')
    settings = pathlib.Path(scratch) / "soak.toml"
    settings.write_text(text)
    node = support.Node(settings)
    draw, report, samples = random.Random(options.seed), multiprocessing.Queue(), []
    clients = [multiprocessing.Process(target=Client(node.ports["edge"], options.seed * 1000 + i).run, args=(options.minutes * 60, report))
               for i in range(options.clients)]
    troubles = Troubles(regions, node, draw)
    try:
        begin = time.monotonic()
        for client in clients:
            client.start()
        while time.monotonic() < begin + options.minutes * 60 - 6:
            troubles.one()
            samples.append(memory_mb(node.process.pid))
        outcomes = [report.get(timeout=120) for _ in clients]
        files = len(os.listdir(f"/proc/{node.process.pid}/fd"))
    finally:
        for client in clients:
            client.kill()
        for region in regions:
            region.process.send(signal.SIGCONT)
            region.stop()
        ended = node.stop()
    return outcomes, samples, troubles.counts, files, ended


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evershore", default="build/release/src/app/evershore")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ["EVERSHORE"] = str(pathlib.Path(options.evershore).resolve())
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/e2e"))
    import support
    with tempfile.TemporaryDirectory(prefix="evershore-soak-") as scratch:
        outcomes, samples, troubles, files, ended = soak(options, support, scratch)
    total = {key: sum(counts[key] for counts, _ in outcomes) for key in ("requests", "bytes", "wrong", "failed", "slow")}
    worst = max(counts["worst_ms"] for counts, _ in outcomes)
    third = max(len(samples) // 3, 1)
    middle, last = statistics.median(samples[third:2 * third] or samples), statistics.median(samples[-third:])
    print(f"{options.minutes:g} minutes, seed {options.seed}: {total['requests']} requests, {total['bytes'] / 1e9:.1f} GB compared; troubles: "
          + ", ".join(f"{count} x {kind}" for kind, count in sorted(troubles.items())))
    print(f"  wrong bytes: {total['wrong']}   failed: {total['failed']}   slower than {SLOW_MS} ms: {total['slow']}   worst: {worst:.0f} ms")
    print(f"  memory MB, median of the thirds: {statistics.median(samples[:third]):.1f} {middle:.1f} {last:.1f}   peak {max(samples):.1f}   open files at the end: {files}"
          f"   exit code: {ended}")
    for _, problem in outcomes:
        if problem:
            print(f"  first of a client: {problem}")
    grew = last > middle * 1.05 + 2
    sys.exit(1 if total["wrong"] or total["failed"] or grew or ended != 0 else 0)


if __name__ == "__main__":
    main()
