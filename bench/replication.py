#!/usr/bin/env python3
"""Copies the same buckets with Evershore and with a tuned rclone, in turn, and prints medians and ratios.

  bench/replication.py --evershore build/release/src/app/evershore --fake build/release/bench/fake_s3

Both ends are fake_s3 processes in memory, so that the copier is what is measured. Each pair runs both programs against the
same source and a fresh target; their order changes from pair to pair. CPU and memory are the copier's own (wait4). Ratios
count, absolute times depend on the machine and its neighbours.
"""
import argparse
import hashlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

CASES = {
    # name: (objects, bytes, what the target has: None = nothing, what is compared, bar)
    "small": (20_000, "1024-4096", None, "objects/s", 3.0),
    "mixed": (5_000, "100-400000", None, "objects/s", None),
    "large": (20, str(64 << 20), None, "MB/s", 1.2),
    "no-change": (100_000, "16-64", [], "objects/s", 5.0),
    "changed": (100_000, "16-64", ["--stale", "100"], "objects/s", None),
}
RCLONE = {
    "small": ["--transfers", "32", "--checkers", "32", "--fast-list", "--checksum", "--s3-no-head"],
    "mixed": ["--transfers", "32", "--checkers", "32", "--fast-list", "--checksum", "--s3-no-head"],
    "large": ["--transfers", "8", "--fast-list", "--checksum", "--s3-no-head", "--s3-upload-cutoff", "4G"],
    "no-change": ["--checkers", "32", "--fast-list", "--checksum"],
    "changed": ["--transfers", "32", "--checkers", "32", "--fast-list", "--checksum", "--s3-no-head"],
}
RUN_SECONDS_MAX = 300


class Server:
    """One fake_s3 process, ended when the block is left."""

    def __init__(self, program, arguments):
        self.process = subprocess.Popen([program, "--port", "0", *arguments], stdout=subprocess.PIPE, text=True)
        self.port = int(re.fullmatch(r"port (\d+)\n", self.process.stdout.readline()).group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def requests(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_requests") as answer:
            return int(answer.read())

    def listing_hash(self):
        """Number of objects and a hash over keys and etags, without Evershore's own objects."""
        digest, count, after = hashlib.sha256(), 0, ""
        while True:
            url = f"http://127.0.0.1:{self.port}/b?list-type=2&start-after={after}"
            body = urllib.request.urlopen(url).read().decode()
            entries = re.findall(r"<Key>(.*?)</Key>.*?<ETag>&quot;(.*?)&quot;", body)
            for key, etag in entries:
                if not key.startswith(".evershore/"):
                    digest.update(f"{key} {etag}\n".encode())
                    count += 1
            if "<IsTruncated>true" not in body:
                return count, digest.hexdigest()
            after = entries[-1][0]


def plain_environment():
    """Without proxies and AWS settings: only loopback, only what the settings files say."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}


def measured(command, log):
    """Runs a command: wall seconds, CPU seconds, peak MiB."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=plain_environment())
    deadline = began + RUN_SECONDS_MAX
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.002)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\nended with {process.returncode}; its output is in {log.name}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def evershore_command(options, source, target, scratch):
    data = os.path.join(scratch, "node")
    shutil.rmtree(data, ignore_errors=True)
    settings = os.path.join(scratch, "evershore.toml")
    with open(settings, "w") as file:
        file.write(f'[node]\nname = "bench"\ndata = "{data}"\n')
        for name, server in (("source", source), ("target", target)):
            file.write(f'[regions.{name}]\nendpoint = "http://127.0.0.1:{server.port}"\nbucket = "b"\n'
                       'access_key = "key"\nsecret_key = "secret"\n')
        file.write('[sites.s]\nhosts = ["*"]\nregions = ["source", "target"]\n')
    return [options.evershore, "sync", "-c", settings, "s"]


def rclone_command(options, case, source, target, scratch):
    settings = os.path.join(scratch, "rclone.conf")
    with open(settings, "w") as file:
        for name, server in (("source", source), ("target", target)):
            file.write(f"[{name}]\ntype = s3\nprovider = Other\nendpoint = http://127.0.0.1:{server.port}\nforce_path_style = true\n"
                       "access_key_id = key\nsecret_access_key = secret\nno_check_bucket = true\nlist_version = 2\n")
    return [options.rclone, "--config", settings, "sync", "source:b", "target:b", *RCLONE[case]]


def run_case(options, case):
    count, sizes, held, unit, bar = CASES[case]
    fill = ["--fill", str(count), "--bytes", sizes, "--seed", "1"]
    delay = ["--delay-ms", str(options.delay_ms)]
    total_mb = count * int(sizes.split("-")[0]) / 1e6
    amount = total_mb if unit == "MB/s" else count
    results = {"evershore": [], "rclone": []}
    with tempfile.TemporaryDirectory(prefix="evershore-bench-") as scratch, Server(options.fake, fill + delay) as source:
        expected = source.listing_hash()
        for pair in range(options.pairs):
            for program in ("evershore", "rclone") if pair % 2 == 0 else ("rclone", "evershore"):
                with Server(options.fake, ([] if held is None else fill + held) + delay) as target, open(f"/tmp/evershore-bench-{program}.log", "w") as log:
                    command = (evershore_command(options, source, target, scratch) if program == "evershore" else
                               rclone_command(options, case, source, target, scratch))
                    before = source.requests() + target.requests()
                    figures = measured(command, log)
                    results[program].append((*figures, source.requests() + target.requests() - before))
                    if target.listing_hash() != expected:
                        raise SystemExit(f"{case}: after {program} the target differs from the source")
                print(f"  {case} {pair + 1}/{options.pairs} {program}: {results[program][-1][0]:.2f} s", file=sys.stderr)
    report(case, count, amount, unit, bar, results, options.delay_ms)


def report(case, count, amount, unit, bar, results, delay_ms):
    print(f"\n{case}: {count} objects{f', each request waits {delay_ms} ms' if delay_ms else ''}, median of {len(results['evershore'])} runs each")
    print(f"  {'':10} {'wall s':>8} {unit:>12} {'CPU us/object':>14} {'peak MiB':>9} {'requests/object':>16}")
    rates = {}
    for program, runs in results.items():
        wall, cpu, peak, requests = (statistics.median(column) for column in zip(*runs))
        rates[program] = statistics.median(amount / run[0] for run in runs)
        spread = f"{min(amount / run[0] for run in runs):.0f}..{max(amount / run[0] for run in runs):.0f}"
        print(f"  {program:10} {wall:8.2f} {rates[program]:12.0f} {cpu / count * 1e6:14.1f} {peak:9.0f} {requests / count:16.3f}   ({spread})")
    paired = statistics.median(theirs[0] / ours[0] for ours, theirs in zip(results["evershore"], results["rclone"]))
    print(f"  ratio of the medians {rates['evershore'] / rates['rclone']:.2f}, median of the pairs' ratios {paired:.2f}, {f'bar {bar}' if bar and not delay_ms else 'no bar'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evershore", required=True)
    parser.add_argument("--fake", required=True)
    parser.add_argument("--rclone", default=shutil.which("rclone"))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--cases", default=",".join(CASES))
    parser.add_argument("--delay-ms", type=int, default=0, help="what each request waits at both ends, as if they were far away")
    options = parser.parse_args()
    if not options.rclone:
        raise SystemExit("rclone is not installed (apt-get install rclone)")
    for case in options.cases.split(","):
        run_case(options, case)


if __name__ == "__main__":
    main()
