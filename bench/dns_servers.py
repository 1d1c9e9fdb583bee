#!/usr/bin/env python3
"""Asks Evershore, a bare socket loop and other DNS servers the same questions, in turn, and prints medians and ratios.

  bench/dns_servers.py --evershore build/release/src/app/evershore --echo build/release/bench/udp_echo [--signed]

Each server has one core to itself, dnsperf the other. Half of the questions go to a record that health decides, where the
server has such a thing (Evershore: failover; gdnsd: simplefo; PowerDNS: Lua ifportup), the other half to random plain
records. Evershore's cookies and rate limiting are on (with a rate that is not reached). CPU per query is the server's own (all its processes), over the queries that were answered. The latency is that of a
second run at a fixed rate; the memory is what the names add: to a start with one name. With --signed the zone is signed by
Evershore, those that can serve a signed zone (NSD, Knot, BIND) serve it as they get it from there, questions come with DO, and the loop's answers are as large. Needs dnsperf, and the servers that are to be compared: apt-get install dnsperf gdnsd nsd knot bind9 pdns-server pdns-backend-bind
"""
import argparse
import os
import pathlib
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests"))
import dns_peers

ZONE = "bench.example"
SERVER_CPU, LOAD_CPU = "0", "1"
START_SECONDS_MAX = 120
DO = b"\x00\x00\x29\x04\xd0\x00\x00\x80\x00\x00\x00"  # OPT: 1,232 bytes, DNSSEC wanted


def zone_text(names, assets):
    lines = [f"$ORIGIN {ZONE}.", "$TTL 300", "@ IN SOA ns1 hostmaster 1 3600 600 86400 60", "@ IN NS ns1", "ns1 IN A 192.0.2.53", *assets]
    lines += [f"host{i} IN A 10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}" for i in range(names)]
    return "\n".join(lines) + "\n"


class Bench:
    def __init__(self, options, scratch):
        self.options = options
        self.scratch = scratch
        self.healthy = socket.socket()
        self.healthy.bind(("127.0.0.1", 0))
        self.healthy.listen(64)
        self.healthy_port = self.healthy.getsockname()[1]
        self.signed_zone = None
        self.answer_bytes = 64
        if options.signed:
            self.sign()

    def sign(self):
        """The signed zone for the others, and the size of its answers for the loop."""
        command, port = self.evershore()
        with open("/tmp/evershore-bench-sign.log", "w") as log:
            running = Running("evershore", command, port, log)
            try:
                self.answer_bytes = len(ask(port, DO) or b"")
                self.signed_zone = dns_peers.transferred(f"{ZONE}.", port, os.path.join(self.scratch, "signed"))
            finally:
                running.stop()

    def folder(self, name):
        return os.path.join(self.scratch, name)

    def zone(self, name, assets=("assets 30 IN A 192.0.2.1",)):
        if self.signed_zone and name != "evershore":
            return self.signed_zone
        return dns_peers.write(os.path.join(self.folder(name), "zone"), zone_text(self.options.names, assets))

    # Each returns the command, run in the foreground, and the port.

    def echo(self):
        return [self.options.echo, str(self.answer_bytes)], None

    def evershore(self):
        port = dns_peers.free_port()
        settings = dns_peers.write(os.path.join(self.folder("evershore"), "evershore.toml"), f'''[node]
name = "bench"
data = "{self.folder("evershore")}/data"
threads = 1
[dns]
listen = ["127.0.0.1:{port}"]
rate_limit = 1000000
transfer = {{ allow = ["127.0.0.0/8"] }}
[[dns.zones]]
name = "{ZONE}"
dnssec = {str(self.options.signed).lower()}
file = "{self.zone("evershore", ())}"
[[dns.records]]
name = "assets.{ZONE}"
type = "A"
ttl = "30s"
policy = "failover"
answers = [{{ id = "primary", role = "primary", value = "192.0.2.1", health_check = "primary" }},
           {{ id = "secondary", role = "secondary", value = "192.0.2.2" }}]
[health_checks.primary]
type = "tcp"
url = "127.0.0.1:{self.healthy_port}"
interval = "1s"
''')
        if self.options.signed and not os.path.exists(f"{self.folder('evershore')}/data"):
            dns_peers.make_keys(self.options.evershore, settings, ZONE)
        return [self.options.evershore, "run", "-c", settings, "--log-level", "warn"], port

    def gdnsd(self):
        port, folder = dns_peers.free_port(), self.folder("gdnsd")
        os.makedirs(f"{folder}/run", exist_ok=True)
        os.makedirs(f"{folder}/state", exist_ok=True)
        dns_peers.write(f"{folder}/zones/{ZONE}", zone_text(self.options.names, ["assets 30 DYNA simplefo!assets"]))
        dns_peers.write(f"{folder}/config", f'''options => {{ listen => [ 127.0.0.1:{port} ], udp_threads => 1, tcp_threads => 1,
  run_dir => {folder}/run, state_dir => {folder}/state }}
service_types => {{ tcp => {{ plugin => tcp_connect, port => {self.healthy_port}, interval => 2, timeout => 1 }} }}
plugins => {{ tcp_connect => {{}}, simplefo => {{ service_types => tcp, assets => {{ primary => 127.0.0.1, secondary => 127.0.0.2 }} }} }}
''')
        return [dns_peers.program("gdnsd"), "-c", folder, "start"], port

    def plain(self, name):
        port = dns_peers.free_port()
        return dns_peers.SERVERS[name](self.folder(name), {ZONE: self.zone(name)}, port), port

    def nsd(self):
        return self.plain("nsd")

    def knot(self):
        return self.plain("knot")

    def bind(self):
        return self.plain("bind")

    def powerdns(self):
        port, folder = dns_peers.free_port(), self.folder("powerdns")
        self.zone("powerdns", (f'assets 30 IN LUA A "ifportup({self.healthy_port}, {{\'127.0.0.1\', \'127.0.0.2\'}})"',))
        dns_peers.write(f"{folder}/named.conf", f'zone "{ZONE}" {{ type master; file "{folder}/zone"; }};\n')
        dns_peers.write(f"{folder}/pdns.conf", f'''launch=bind
bind-config={folder}/named.conf
local-address=127.0.0.1
local-port={port}
enable-lua-records=yes
receiver-threads=1
distributor-threads=1
socket-dir={folder}
loglevel=3
''')
        return [dns_peers.program("powerdns"), f"--config-dir={folder}", "--guardian=no", "--daemon=no", "--disable-syslog"], port


def group_cpu(group):
    """CPU seconds of all processes of a process group."""
    total = 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as file:
                fields = file.read().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def ask(port, opt=b""):
    """The answer for host0, None if there is none."""
    query = b"\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00" + bytes([1 if opt else 0]) + b"\x05host0\x05bench\x07example\x00\x00\x01\x00\x01" + opt
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.1)
        try:
            udp.sendto(query, ("127.0.0.1", port))
            return udp.recv(2048)
        except OSError:
            return None


def answers(port):
    reply = ask(port)
    return reply is not None and reply[2] & 0x80 != 0 and reply[3] & 15 == 0


def group_memory(group):
    """Bytes of all processes of a process group, shared ones in parts."""
    total = 0
    for entry in os.listdir("/proc"):
        try:
            if not entry.isdigit() or os.getpgid(int(entry)) != group:
                continue
            with open(f"/proc/{entry}/smaps_rollup") as file:
                total += int(re.search(r"^Pss: +(\d+) kB", file.read(), re.M).group(1)) * 1024
        except (OSError, AttributeError):
            continue
    return total


class Running:
    def __init__(self, name, command, port, log):
        begin = time.monotonic()
        self.process = subprocess.Popen(["taskset", "-c", SERVER_CPU, *command], stdout=subprocess.PIPE if port is None else log,
                                        stderr=log, text=True, start_new_session=True)
        self.port = port or int(re.fullmatch(r"port (\d+)\n", self.process.stdout.readline()).group(1))
        deadline = time.monotonic() + START_SECONDS_MAX
        while not answers(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise SystemExit(f"{name} does not answer; its output is in {log.name}")
            time.sleep(0.002)
        self.start_seconds = time.monotonic() - begin

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def dnsperf(port, questions, *more):
    return subprocess.run(["taskset", "-c", LOAD_CPU, "dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", questions, "-c", "8", "-T", "1",
                           *more], capture_output=True, text=True, check=True)


def latency_p99(port, options, questions):
    """Milliseconds, at a rate that every server can keep."""
    run = dnsperf(port, questions, "-l", "2", "-q", "1000", "-Q", str(options.rate), "-v")
    times = sorted(float(line.rsplit(" ", 1)[1]) for line in run.stdout.splitlines() if line.startswith("> NOERROR"))
    return times[len(times) * 99 // 100] * 1000 if times else float("nan")


def measure(port, group, options, questions):
    before = group_cpu(group)
    run = dnsperf(port, questions, "-l", str(options.seconds), "-q", "256", *(["-D"] if options.signed else []))
    cpu = group_cpu(group) - before
    done = int(re.search(r"Queries completed:\s+(\d+)", run.stdout).group(1))
    lost = int(re.search(r"Queries lost:\s+(\d+)", run.stdout).group(1))
    rate = float(re.search(r"Queries per second:\s+([\d.]+)", run.stdout).group(1))
    return {"rate": rate, "cpu": cpu / done * 1e6, "lost": lost, "p99": latency_p99(port, options, questions),
            "memory": group_memory(group)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evershore", required=True)
    parser.add_argument("--echo", required=True)
    parser.add_argument("--servers", default="echo,evershore,gdnsd,nsd,knot,bind,powerdns")
    parser.add_argument("--names", type=int, default=1000)
    parser.add_argument("--pairs", type=int, default=5, help="rounds; each asks every server once")
    parser.add_argument("--seconds", type=int, default=4, help="of load in each round")
    parser.add_argument("--signed", action="store_true")
    parser.add_argument("--rate", type=int, default=5000, help="queries/s for the latency")
    options = parser.parse_args()
    names = [name for name in options.servers.split(",") if not options.signed or name not in ("gdnsd", "powerdns")]
    dns_peers.require(name for name in names if name in dns_peers.PROGRAMS)
    with tempfile.TemporaryDirectory(prefix="evershore-bench-") as scratch:
        os.chmod(scratch, 0o755)
        draw = random.Random(1)
        questions = dns_peers.write(f"{scratch}/questions", "".join(
            f"assets.{ZONE} A\n" if i % 2 else f"host{draw.randrange(options.names)}.{ZONE} A\n" for i in range(100_000)))
        bench = Bench(options, scratch)
        results = {name: [] for name in names}
        for turn in range(options.pairs):
            for name in names if turn % 2 == 0 else reversed(names):
                command, port = getattr(bench, name)()
                with open(f"/tmp/evershore-bench-{name}.log", "w") as log:
                    running = Running(name, command, port, log)
                    try:
                        results[name].append(measure(running.port, running.process.pid, options, questions))
                        results[name][-1]["start"] = running.start_seconds
                    finally:
                        running.stop()
        empty = {name: memory_of_one_name(name, bench, options) for name in names if name != "echo"}
    report(options, results, empty)


def memory_of_one_name(name, bench, options):
    many, options.names = options.names, 1
    command, port = getattr(bench, name)()
    options.names = many
    with open(f"/tmp/evershore-bench-{name}.log", "w") as log:
        running = Running(name, command, port, log)
        try:
            return group_memory(running.process.pid)
        finally:
            running.stop()


def report(options, results, empty):
    print(f"{options.names} names, {options.pairs} rounds of {options.seconds} s, medians; p99 at {options.rate} queries/s")
    print(f"  {'':10} {'queries/s':>10} {'CPU us/query':>13} {'of the floor':>13} {'lost':>6} {'p99 ms':>8} {'start s':>8} {'bytes/name':>11}")
    for name, rounds in results.items():
        median = {key: statistics.median(row[key] for row in rounds) for key in rounds[0]}
        paired = statistics.median(own["cpu"] / base["cpu"] for own, base in zip(rounds, results["echo"])) if "echo" in results else float("nan")
        lost = sum(row["lost"] for row in rounds)
        cpus = [row["cpu"] for row in rounds]
        bytes_each = f"{(median['memory'] - empty[name]) / options.names:11.0f}" if name in empty else f"{'':11}"
        print(f"  {name:10} {median['rate']:10.0f} {median['cpu']:13.2f} {paired:12.2f}x {lost:6d} {median['p99']:8.2f} {median['start']:8.2f} {bytes_each}"
              f"   ({min(cpus):.2f}..{max(cpus):.2f} us)")


if __name__ == "__main__":
    main()
