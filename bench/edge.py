#!/usr/bin/env python3
"""Asks Evershore and other caching proxies for the same things, in turn, and prints medians and ratios to the best of the others.

  bench/edge.py --evershore build/release/src/app/evershore [hit tls h2 large handshakes miss pass slow zipf idle]

Each server has one core to itself; load generator and origin share the other. All servers of a discipline run at the same time and
are asked in turn, in rounds that go through them forwards and backwards. CPU is the server's own (all its processes and
threads). Their settings are in bench/edge. Needs two cores, wrk, nghttp2-client, curl, openssl and the servers that are to be compared:
apt-get install wrk nghttp2-client nginx-light haproxy varnish hitch trafficserver
"""
import argparse
import datetime
import os
import pathlib
import platform
import resource
import signal
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "edge"))
import loads
import servers
from servers import SIZES

# What is measured, how a round of it is made, and which figures count: (key, title, how to print, better is).
LESS, MORE = min, max
RATE, US = ("rate", "requests/s", "{:.0f}", MORE), ("us", "CPU us/request", "{:.1f}", LESS)
GBS, CPU_GB, GREW = ("gbs", "GB/s", "{:.2f}", MORE), ("cpu_gb", "CPU s/GB", "{:.2f}", LESS), ("grew", "growth MB", "{:.1f}", LESS)


def fresh(kind):
    """A name that nobody has asked for yet."""
    fresh.count += 1
    return f"/{kind}/256m/{os.getpid()}-{fresh.count}"


fresh.count = 0


class Discipline:
    def __init__(self, title, figures, round_, warm="/keep/1k/warm", cache_mb=512, rounds=None, before=None, restart=False):
        self.title, self.figures, self.round, self.warm, self.cache_mb, self.rounds = title, figures, round_, warm, cache_mb, rounds
        self.before = before  # once for each edge
        self.restart = restart  # before each round: what one round has left free is not there for the next


def fill_cache(edge, kind):
    """What a cache holds is not growth: full before the first round."""
    for _ in range(3):
        loads.download(edge, fresh(kind))


def disciplines(options):
    seconds = options.seconds
    zipf = lambda edge, origin: loads.zipf(edge, origin, options.keys, 2 * seconds, options.skew)
    return {
        "hit": Discipline("1 KB from the cache, HTTP/1.1, 64 connections", (US, RATE),
                          lambda edge, _: loads.wrk(edge, "/keep/1k/warm", seconds)),
        "tls": Discipline("1 KB from the cache, TLS 1.3, 64 connections", (US, RATE),
                          lambda edge, _: loads.wrk(edge, "/keep/1k/warm", seconds, tls=True)),
        "h2": Discipline("1 KB from the cache, HTTP/2 over TLS 1.3, 10 connections of 16 streams", (US, RATE),
                         lambda edge, _: loads.h2load(edge, "/keep/1k/warm", seconds)),
        "large": Discipline("1 MB from the cache, HTTP/1.1, 8 connections", (CPU_GB, GBS),
                            lambda edge, _: loads.gigabytes(loads.wrk(edge, "/keep/1m/warm", seconds, connections=8), SIZES["1m"]),
                            warm="/keep/1m/warm"),
        "handshakes": Discipline("TLS 1.3 handshake (ECDSA P-256), 1 KB, close; 16 at once", (US, RATE),
                                 lambda edge, _: loads.wrk(edge, "/keep/1k/warm", seconds, 16, True, ("-H", "Connection: close"))),
        "miss": Discipline("256 MB that nobody has asked for", (GBS, CPU_GB, GREW), lambda edge, _: loads.download(edge, fresh("keep")),
                           before=lambda edge, _: fill_cache(edge, "keep")),
        "pass": Discipline("256 MB that may not be stored", (GBS, CPU_GB, GREW), lambda edge, _: loads.download(edge, fresh("pass")),
                           before=lambda edge, _: fill_cache(edge, "pass")),
        "slow": Discipline("256 MB that nobody has asked for, to a client that takes 60 MB/s", (CPU_GB, GREW),
                           lambda edge, _: loads.download(edge, fresh("keep"), "60M"), rounds=2, before=lambda edge, _: fill_cache(edge, "keep")),
        "zipf": Discipline(f"{options.keys} names by popularity (Zipf {options.skew}), 1 KB to 1 MB, cache of 64 MiB, 32 connections",
                           (("hits", "hit %", "{:.1f}", MORE), ("p99", "p99 ms", "{:.1f}", LESS), US, RATE), zipf, cache_mb=64,
                           before=zipf),
        "idle": Discipline("memory of an idle connection, 4000 of them", (("kb", "KB", "{:.2f}", LESS),),
                           lambda edge, _: loads.idle(edge, 4000, tls=False), rounds=2, restart=True),
        "idle_tls": Discipline("memory of an idle TLS connection, 1000 of them", (("kb", "KB", "{:.2f}", LESS),),
                               lambda edge, _: loads.idle(edge, 1000, tls=True), rounds=2, restart=True),
    }


def warm_up(edge, discipline, origin):
    for _ in range(3):
        loads.on_load_core("curl", "-sk", "-o", "/dev/null", f"http://{servers.HOST}:{edge.port}{discipline.warm}")
    if discipline.before:
        discipline.before(edge, origin)


def run(name, discipline, options, scratch):
    options.cache_mb = discipline.cache_mb
    origin, edges = servers.Origin(scratch), []
    try:
        for server in options.servers:
            edges.append(servers.Edge(server, scratch, origin, options.pems, options))
        if name == "h2":
            edges = [edge for edge in edges if edge.protocol() == "h2" or edge.stop()]
        results = {edge.name: [] for edge in edges}
        for edge in edges:
            warm_up(edge, discipline, origin)
        for turn in range(discipline.rounds or options.rounds):
            for edge in edges if turn % 2 == 0 else reversed(edges):
                if discipline.restart and turn > 0:
                    edge.stop()
                    edge.start()
                    warm_up(edge, discipline, origin)
                results[edge.name].append(discipline.round(edge, origin))
        return results
    finally:
        for group in [*edges, origin]:
            group.stop()


def report(discipline, results):
    print(f"\n{discipline.title}")
    medians = {name: {key: statistics.median(row[key] for row in rounds) for key, *_ in discipline.figures} for name, rounds in results.items()}
    print(f"  {'':14}" + "".join(f"{title:>16}" for _, title, *_ in discipline.figures) + f"{'failed':>8}   first figure, lowest..highest")
    first = discipline.figures[0]
    for name, rounds in results.items():
        values = sorted(row[first[0]] for row in rounds)
        print(f"  {name:14}" + "".join(f"{form.format(medians[name][key]):>16}" for key, _, form, _ in discipline.figures)
              + f"{sum(row['bad'] for row in rounds):>8}   {first[2].format(values[0])}..{first[2].format(values[-1])}")
    ours, others = medians.get("evershore"), {name: row for name, row in medians.items() if name != "evershore"}
    for key, title, form, better in discipline.figures if ours and others else ():
        best = better(others, key=lambda name: others[name][key])
        ratio = f"{ours[key] / others[best][key]:.2f} x" if others[best][key] > 0 else "-"
        print(f"  {title}: {ratio} {best}'s, the best of the others ({'less' if better is LESS else 'more'} is better)")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evershore", default="build/release/src/app/evershore")
    parser.add_argument("--servers", default=",".join(servers.NAMES))
    parser.add_argument("--rounds", type=int, default=5, help="each asks every server once")
    parser.add_argument("--seconds", type=int, default=2, help="of load on one server in each round")
    parser.add_argument("--keys", type=int, default=20_000, help="names in the Zipf load")
    parser.add_argument("--skew", type=float, default=0.9)
    parser.add_argument("disciplines", nargs="*", help="default: all")
    options = parser.parse_args()
    options.servers = options.servers.split(",")
    known = disciplines(options)
    unknown = [name for name in options.disciplines if name not in known] + [name for name in options.servers if name not in servers.NAMES]
    if unknown:
        raise SystemExit(f"unknown: {', '.join(unknown)}; there are {', '.join(known)} and {', '.join(servers.NAMES)}")
    if packages := servers.missing(options.servers):
        raise SystemExit(f"not installed: apt-get install {' '.join(packages)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(f"{datetime.date.today()}, {platform.machine()}, Linux {platform.release()}, {os.cpu_count()} cores; medians of {options.rounds} rounds")
    for name in options.disciplines or known:
        with tempfile.TemporaryDirectory(prefix="evershore-bench-") as scratch:
            os.chmod(scratch, 0o755)
            options.pems = servers.certificate(scratch)
            report(known[name], run(name, known[name], options, scratch))


if __name__ == "__main__":
    main()
