#!/usr/bin/env python3
"""A node and its healthy regions on a machine that is overloaded for minutes: is anything taken for dead that is not?

  bench/false_failover.py --evershore build/release/src/app/evershore --minutes 10 [--burners 4]

Regions are checked as the defaults say (each second, three failures in a row). For each core some processes burn CPU at the same priority
as the node and its regions. All the while the failover record is asked over DNS and an object over the edge, ten times a second. Exit code 1
if an answer was not the primary's, a request failed, or a region's state changed.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import dns.message
import dns.query


def burn(count):
    return [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]


def states(node):
    return {region["name"]: region["health"] for region in node.get_json("/api/v1/status")["regions"]}


def changes(node):
    return [event for event in node.get_json("/api/v1/events")["events"] if event["kind"] in ("region", "health_check")]


class Watch:
    def __init__(self, node):
        self.node = node
        self.question = dns.message.make_query("assets.example.com.", "A")
        self.counts = {"answers": 0, "others": 0, "lost": 0, "requests": 0, "failed": 0}
        self.slowest_ms = 0.0

    def look(self):
        begin = time.monotonic()
        try:
            reply = dns.query.udp(self.question, "127.0.0.1", timeout=5, port=self.node.ports["dns"])
            self.counts["answers"] += 1
            self.counts["others"] += [str(item) for item in reply.answer[0]] != ["192.0.2.1"]
        except (OSError, dns.exception.DNSException):
            self.counts["lost"] += 1
        self.slowest_ms = max(self.slowest_ms, (time.monotonic() - begin) * 1000)
        self.counts["requests"] += 1
        self.counts["failed"] += self.node.edge("/a")[0] != 200


def watch(options, support, scratch):
    regions = [support.Region(scratch, name) for name in ("east", "west")]
    for region in regions:
        region.client().put("a", b"body", {})
    text = support.site_settings(scratch, regions)
    for region in regions:
        text = text.replace(region.settings(), region.settings(interval="1s", timeout="1s"))
    settings = pathlib.Path(scratch) / "load.toml"
    settings.write_text(text)
    node = support.Node(settings)
    support.wait_until(lambda: set(states(node).values()) == {"up"}, what="all regions up")
    before = len(changes(node))
    seen = Watch(node)
    burners = burn(options.burners * os.cpu_count())
    try:
        end = time.monotonic() + options.minutes * 60
        while time.monotonic() < end:
            seen.look()
            time.sleep(0.1)
        load = os.getloadavg()[0]
        changed = changes(node)[before:]
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
        node.stop()
        for region in regions:
            region.stop()
    return seen, changed, load


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evershore", default="build/release/src/app/evershore")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--burners", type=int, default=4, help="for each core")
    options = parser.parse_args()
    os.environ["EVERSHORE"] = str(pathlib.Path(options.evershore).resolve())
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/e2e"))
    import support
    with tempfile.TemporaryDirectory(prefix="evershore-load-") as scratch:
        seen, changed, load = watch(options, support, scratch)
    counts = seen.counts
    print(f"{options.minutes:g} minutes, {options.burners} burners a core, load {load:.1f}: {counts['answers']} DNS answers, {counts['others']} not the primary's, "
          f"{counts['lost']} lost, slowest {seen.slowest_ms:.0f} ms; {counts['requests']} requests, {counts['failed']} failed; changes of state: {len(changed)}")
    for event in changed:
        print(f"  {event}")
    sys.exit(1 if changed or counts["others"] or counts["lost"] or counts["failed"] else 0)


if __name__ == "__main__":
    main()
