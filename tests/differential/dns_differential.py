#!/usr/bin/env python3
"""Asks Evershore, Knot, NSD and BIND the same random questions over the same random zones and explains every difference.

  tests/differential/dns_differential.py --evershore build/release/src/app/evershore [--zones 20] [--questions 400] [--first 1]

Compared are the code, AA, the answer section, and the authority section of negative answers and referrals; not the additional
section, which servers fill as they like. An answer of ours passes if every difference to every peer has a name in explain(). Each
zone and its questions follow from one number: a finding is repeated by --first NUMBER --zones 1. Zones with an even number are signed:
Evershore signs, the peers serve the zone as they get it from it, questions come with DO, and signatures and proofs are compared, too.
Needs: apt-get install python3-dnspython knot nsd bind9
"""
import argparse
import collections
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import dns_peers

ZONE = "test.example."
LABELS = ["a", "b", "c", "*", "_x", "A-very-long-label-that-is-still-allowed-in-a-name-because-of-63"]
TYPES = ["A", "AAAA", "TXT", "MX", "SRV", "CAA", "TYPE65280"]
QUESTION_TYPES = ["A", "AAAA", "TXT", "MX", "SRV", "CAA", "CNAME", "NS", "SOA", "DS", "TYPE65280", "PTR", "DNAME"]
SIGNED_TYPES = ["DNSKEY", "NSEC", "CDS"]
START_SECONDS_MAX = 20


# --- random zones ---


class Zone:
    def __init__(self, seed):
        self.signed = seed % 2 == 0
        self.random = random.Random(seed)
        self.names = {}  # relative name -> list of "TYPE RDATA"
        self.tops = []  # cuts and DNAMEs: no data below them
        for _ in range(self.random.randint(3, 30)):
            self.add_name()

    def some_name(self):
        """Seldom a new one from scratch: names that share their ends are where the corners are."""
        known = [name for name in self.names if len(name) < 150]
        base = self.random.choice(known) if known and self.random.random() < 0.5 else ""
        labels = [self.random.choice(LABELS) for _ in range(self.random.choice((1, 1, 1, 2, 3)))]
        return ".".join(labels + ([base] if base else []))

    def target(self):
        kind = self.random.random()
        if kind < 0.15:
            return "host.elsewhere.example."
        if kind < 0.3:
            return self.some_name()
        return self.random.choice(list(self.names) or ["a"])

    def add_name(self):
        name = self.some_name()
        if name in self.names or len(name) > 180 or any(name == top or name.endswith("." + top) for top in self.tops):
            return  # Evershore's check refuses data below a cut or a DNAME that no question can reach
        kind = self.random.random()
        if kind < 0.2:
            self.names[name] = [f"CNAME {self.target()}"]
        elif kind < 0.32 and "*" not in name and not any(other.endswith("." + name) for other in self.names):
            self.tops.append(name)
            self.names[name] = [f"NS ns.{name}", "NS ns.elsewhere.example."]
            self.names[f"ns.{name}"] = ["A 192.0.2.53"]
            if self.random.random() < 0.4:
                self.names[name].append("DS 1 13 2 " + "ab" * 32)
        elif kind < 0.42 and "*" not in name and not any(other.endswith("." + name) for other in self.names):
            self.tops.append(name)
            self.names[name] = [f"DNAME {self.target()}"] + ([self.record("A")] if self.random.random() < 0.3 else [])
        else:
            self.names[name] = [self.record(kind) for kind in self.random.sample(TYPES, self.random.choice((1, 1, 2, 3)))]

    def record(self, kind):
        number = self.random.randint(1, 250)
        return {
            "A": f"A 192.0.2.{number}",
            "AAAA": f"AAAA 2001:db8::{number:x}",
            "TXT": f'TXT "text {number}" "\\{number:03d}"',
            "MX": f"MX {number} {self.target()}",
            "SRV": f"SRV 1 2 {number} {self.target()}",
            "CAA": f'CAA 0 issue "ca{number}.example"',
            "TYPE65280": f"TYPE65280 \\# 2 {number:04x}",
        }[kind]

    def text(self):
        lines = [f"$ORIGIN {ZONE}", "$TTL 300", "@ 600 IN SOA ns1 hostmaster 1 3600 600 604800 60", "@ IN NS ns1", "@ IN MX 10 a", "ns1 IN A 192.0.2.1"]
        lines += [f"{name} IN {record}" for name, records in self.names.items() for record in records]
        return "\n".join(lines) + "\n"

    def question(self):
        known = self.random.choice(list(self.names) + ["", "ns1"])
        twist = self.random.random()
        if twist < 0.35:
            name = known
        elif twist < 0.6:
            name = ".".join([self.random.choice(LABELS + ["zz"])] + ([known] if known else []))
        elif twist < 0.75:
            name = known.partition(".")[2]
        else:
            name = known.replace("*", self.random.choice(["zz", "yy.zz", "a"]))
        if len(name) > 200:
            name = known
        if self.random.random() < 0.2:
            name = "".join(self.random.choice((letter.lower(), letter.upper())) for letter in name)
        return (f"{name}.{ZONE}" if name else ZONE), self.random.choice(QUESTION_TYPES + (SIGNED_TYPES if self.signed else []))


# --- servers ---


def evershore(program, folder, zone_file, port, signed):
    settings = dns_peers.write(f"{folder}/evershore.toml", f'''[node]
name = "n"
data = "{folder}/data"
threads = 1
[dns]
listen = ["127.0.0.1:{port}"]
rate_limit = 0
transfer = {{ allow = ["127.0.0.0/8"] }}
[[dns.zones]]
name = "{ZONE.rstrip(".")}"
file = "{zone_file}"
dnssec = {str(signed).lower()}
''')
    if signed:
        subprocess.run([program, "dns", "keys", "make", "-c", settings, ZONE.rstrip(".")], check=True, stdout=subprocess.DEVNULL)
    return [program, "run", "-c", settings]


def transferred(port, path):
    """The whole zone as the server at `port` gives it away, signatures and proofs included."""
    records = [record for message in dns.query.xfr("127.0.0.1", ZONE, port=port, relativize=False) for rrset in message.answer for record in rrset.to_text().split("\n")]
    return dns_peers.write(path, "\n".join(records[:-1]) + "\n")  # the SOA comes twice


class Server:
    def __init__(self, name, command, port, folder):
        self.name, self.port = name, port
        self.log = open(f"{folder}/log", "w")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, start_new_session=True)

    def wait(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        query = dns.message.make_query(ZONE, "SOA")
        while True:
            try:
                if dns.query.udp(query, "127.0.0.1", 0.2, self.port).rcode() == dns.rcode.NOERROR:
                    return
            except (dns.exception.DNSException, OSError):
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{self.name} does not serve the zone:\n{open(self.log.name).read()[-2000:]}")

    def ask(self, query):
        answer = dns.query.udp(query, "127.0.0.1", 5, self.port)
        return dns.query.tcp(query, "127.0.0.1", 5, self.port) if answer.flags & dns.flags.TC else answer

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.log.close()


# --- comparison ---

View = collections.namedtuple("View", "rcode aa answer authority")


def text_of(rdata):
    """Without the serial: ours counts changes of health, too."""
    return (rdata.replace(serial=0) if rdata.rdtype == dns.rdatatype.SOA else rdata).to_text().lower()


def lines(section):
    return frozenset(f"{rrset.name.to_text().lower()} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} {text_of(rdata)}"
                     for rrset in section for rdata in rrset)


def is_courtesy(rrset):
    """The zone's own NS beside an answer, and their signature."""
    return rrset.name == dns.name.from_text(ZONE) and dns.rdatatype.NS in (rrset.rdtype, rrset.covers)


def view(answer):
    authoritative = bool(answer.flags & dns.flags.AA)
    authority = [rrset for rrset in answer.authority if not (authoritative and is_courtesy(rrset))]
    return View(dns.rcode.to_text(answer.rcode()), authoritative, lines(answer.answer), lines(authority))


def is_one_proof(records):
    """An NSEC and its signature."""
    return sorted(record.split()[2] for record in records) == ["NSEC", "RRSIG"]


def types_of(records):
    return {record.split()[2] for record in records}


def explain(peer, ours, theirs):
    """The name of a known and harmless difference, or None."""
    if ours == theirs:
        return "same"
    if peer == "bind" and theirs.rcode == "SERVFAIL" and ours.rcode == "NOERROR" and theirs.answer == ours.answer:
        return "BIND says SERVFAIL at the end of a CNAME loop, RFC 1034 3.6.2 asks for the chain"
    if peer == "bind" and theirs.aa and not ours.aa and sorted(record.split()[2] for record in theirs.answer) == ["NSEC", "RRSIG"]:
        return "BIND answers for the NSEC at a delegation itself, the others refer"
    if ours[:3] == theirs[:3] and theirs.authority < ours.authority and is_one_proof(ours.authority - theirs.authority):
        return "leaves out an NSEC that RFC 4035 3.1.3 asks for: behind a DNAME (NSD), or of a wildcard that is an empty non-terminal"
    if peer == "nsd" and ours[:3] == theirs[:3] and "DNAME" in types_of(ours.answer) and types_of(ours.authority ^ theirs.authority) == {"NSEC", "RRSIG"}:
        return "NSD proves by the wrong NSEC, or by one too many, what is not there behind a DNAME"
    return None


def compare(servers, signed, name, kind, totals):
    query = dns.message.make_query(name, kind)
    query.use_edns(0, dns.flags.DO if signed else 0, payload=1232)
    views = {server.name: view(server.ask(query)) for server in servers}
    ours = views["evershore"]
    findings = []
    for peer, theirs in views.items():
        why = explain(peer, ours, theirs)
        if peer != "evershore":
            totals[peer, why or "UNEXPLAINED"] += 1
        if why is None:
            findings.append(peer)
    return views, findings


def run_zone(options, seed, totals):
    zone = Zone(seed)
    with tempfile.TemporaryDirectory(prefix="evershore-differential-") as scratch:
        os.chmod(scratch, 0o755)
        zone_file = dns_peers.write(f"{scratch}/zone", zone.text())
        servers = []

        def start(name, make):
            folder, port = f"{scratch}/{name}", dns_peers.free_port()
            os.makedirs(folder)
            servers.append(Server(name, make(folder, port), port, folder))

        try:
            start("evershore", lambda folder, port: evershore(options.evershore, folder, zone_file, port, zone.signed))
            servers[0].wait()
            peers_file = transferred(servers[0].port, f"{scratch}/signed") if zone.signed else zone_file
            for name, make in dns_peers.SERVERS.items():
                start(name, lambda folder, port, make=make: make(folder, ZONE, peers_file, port))
            for server in servers:
                server.wait()
            for _ in range(options.questions):
                name, kind = zone.question()
                views, findings = compare(servers, zone.signed, name, kind, totals)
                if findings:
                    print(f"zone {seed}: {name} {kind}: differs from {', '.join(findings)}")
                    for server, seen in views.items():
                        print(f"  {server:10} {seen.rcode} aa={seen.aa}\n    answer    {sorted(seen.answer)}\n    authority {sorted(seen.authority)}")
                    if options.keep:
                        dns_peers.write(os.path.abspath(options.keep), zone.text())
                    return False
        finally:
            for server in servers:
                server.stop()
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evershore", required=True)
    parser.add_argument("--zones", type=int, default=20)
    parser.add_argument("--questions", type=int, default=400, help="per zone")
    parser.add_argument("--first", type=int, default=1, help="number of the first zone")
    parser.add_argument("--keep", help="where to write the zone of a finding")
    options = parser.parse_args()
    options.evershore = os.path.abspath(options.evershore)
    dns_peers.require(dns_peers.SERVERS)
    totals = collections.Counter()
    good = all([run_zone(options, seed, totals) for seed in range(options.first, options.first + options.zones)])
    for (peer, why), count in sorted(totals.items()):
        print(f"{peer:6} {count:7d}  {why}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
