#!/usr/bin/env python3
"""Asks Evershore, Knot, NSD and BIND the same random questions over the same random zones and explains every difference.

  tests/differential/dns_differential.py --build build/release [--zones 20] [--questions 400] [--first 1]

Compared are the code, AA, the answer section, and the authority section of negative answers and referrals; not the additional
section, which servers fill as they like. An answer of ours passes if every difference to every peer has a name in explain(). Each
zone and its questions follow from one number: a finding is repeated by --first NUMBER --zones 1. Zones with an even number are signed:
Evershore signs, the peers serve the zone as they get it from it, questions come with DO, and signatures and proofs are compared, too.
Some zones at a time share one start of the servers. dns_ask.cc asks and finds what is not alike; here is explained what it finds.
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

PARENT = "test.example."
LABELS = ["a", "b", "c", "*", "_x", "A-very-long-label-that-is-still-allowed-in-a-name-because-of-63"]
TYPES = ["A", "AAAA", "TXT", "MX", "SRV", "CAA", "TYPE65280"]
QUESTION_TYPES = ["A", "AAAA", "TXT", "MX", "SRV", "CAA", "CNAME", "NS", "SOA", "DS", "TYPE65280", "PTR", "DNAME"]
SIGNED_TYPES = ["DNSKEY", "NSEC", "CDS"]
START_SECONDS_MAX = 60  # beside other work
ZONES_PER_START = 20


# --- random zones ---


class Zone:
    def __init__(self, seed):
        self.seed = seed
        self.name = f"z{seed}.{PARENT}"
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
            name = self.some_name()
            return name if len(name) <= 180 else "a"  # no server takes a name of more than 255
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
        lines = [f"$ORIGIN {self.name}", "$TTL 300", "@ 600 IN SOA ns1 hostmaster 1 3600 600 604800 60", "@ IN NS ns1", "@ IN MX 10 a", "ns1 IN A 192.0.2.1"]
        lines += [f"{name} IN {record}" for name, records in self.names.items() for record in records]
        return "\n".join(lines) + "\n"

    def types(self):
        return QUESTION_TYPES + (SIGNED_TYPES if self.signed else [])

    def questions(self, count):
        """Random names, each asked for every type."""
        names = [self.name_to_ask() for _ in range(-(-count // len(self.types())))]
        return [(name, kind) for name in names for kind in self.types()][:count]

    def name_to_ask(self):
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
        return f"{name}.{self.name}" if name else self.name


# --- servers ---


def evershore(program, folder, zones, port):
    settings = dns_peers.write(f"{folder}/evershore.toml", f'''[node]
name = "n"
data = "{folder}/data"
threads = 1
[dns]
listen = ["127.0.0.1:{port}"]
rate_limit = 0
transfer = {{ allow = ["127.0.0.0/8"] }}
''' + "".join(f'''[[dns.zones]]
name = "{zone.name.rstrip(".")}"
file = "{path}"
dnssec = {str(zone.signed).lower()}
''' for zone, path in zones))
    for zone, _ in zones:
        if zone.signed:
            dns_peers.make_keys(program, settings, zone.name)
    return [program, "run", "-c", settings]


class Server:
    def __init__(self, name, command, port, folder):
        self.name, self.port = name, port
        self.log = open(f"{folder}/log", "w")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, start_new_session=True)

    def wait(self, zones):
        deadline = time.monotonic() + START_SECONDS_MAX
        for zone in zones:
            while not self.serves(zone):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{self.name} does not serve {zone.name}:\n{open(self.log.name).read()[-2000:]}")

    def serves(self, zone):
        try:
            return dns.query.udp(dns.message.make_query(zone.name, "SOA"), "127.0.0.1", 0.2, self.port).rcode() == dns.rcode.NOERROR
        except (dns.exception.DNSException, OSError):
            return False

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


def view(zone, answer):
    authoritative = bool(answer.flags & dns.flags.AA)
    apex = dns.name.from_text(zone.name)

    def is_courtesy(rrset):
        """The zone's own NS beside an answer, and their signature."""
        return authoritative and rrset.name == apex and dns.rdatatype.NS in (rrset.rdtype, rrset.covers)

    authority = [rrset for rrset in answer.authority if not is_courtesy(rrset)]
    return View(dns.rcode.to_text(answer.rcode()), authoritative, lines(answer.answer), lines(authority))


def is_one_proof(records):
    """An NSEC and its signature."""
    return sorted(record.split()[2] for record in records) == ["NSEC", "RRSIG"]


def types_of(records):
    return {record.split()[2] for record in records}


def applies_a_dname_again(ours, theirs):
    """What theirs has more are CNAMEs of names below a DNAME that leads below itself, perhaps through others, and has been applied already, or that the name
    would become too long."""
    dnames = [record.split() for record in ours.answer if record.split()[2] == "DNAME"]
    circle = all(any(target.endswith("." + other) or target == other for other, *_ in dnames) for _, _, _, target, *_ in dnames)
    owners = [owner for owner, _, _, target, *_ in dnames if circle or target.endswith("." + owner)]
    more = [record.split() for record in theirs.answer - ours.answer]
    below = lambda name: any(name.endswith("." + owner) for owner in owners)
    too_long = theirs.rcode == "YXDOMAIN" and any(kind == "CNAME" and below(target) for _, _, kind, target, *_ in map(str.split, ours.answer))
    return ours.answer <= theirs.answer and all(kind == "CNAME" and below(name) for name, _, kind, *_ in more) and (too_long or more)


def meets_its_wildcard_again(ours, theirs):
    """A loop that a wildcard's own name is part of: what theirs has more is the wildcard's CNAME under that name."""
    more = [record.split() for record in theirs.answer - ours.answer]
    owners = {record.split()[0] for record in ours.answer}
    return ours.answer < theirs.answer and all(name.startswith("*.") and (kind == "RRSIG" or target in owners or target == name) for name, _, kind, target, *_ in more)


def points_at_itself(records):
    return all(name == target and kind == "CNAME" or kind == "RRSIG" for name, _, kind, target, *_ in map(str.split, records))


def explain(peer, ours, theirs, agree):
    """The name of a known and harmless difference, or None. `agree`: how many peers say what we say."""
    if ours == theirs:
        return "same"
    if peer == "bind" and theirs.rcode == "SERVFAIL" and ours.rcode == "NOERROR" and theirs.answer == ours.answer:
        return "BIND says SERVFAIL at the end of a CNAME loop, RFC 1034 3.6.2 asks for the chain"
    if applies_a_dname_again(ours, theirs):
        return "follows DNAMEs that lead below themselves on and on (Knot and NSD some times, BIND until SERVFAIL), we once"
    if meets_its_wildcard_again(ours, theirs):
        return "goes round a CNAME loop until it meets a wildcard's own name a second time, we stop at the first"
    if peer == "knot" and theirs.answer < ours.answer and points_at_itself(ours.answer - theirs.answer):
        return "Knot leaves out a CNAME that points at itself, at the end of a chain through a wildcard"
    if peer == "knot" and ours.rcode == theirs.rcode == "YXDOMAIN" and ours.answer <= theirs.answer:
        return "Knot goes on at the DNAME's target although it has said that the name would be too long"
    if peer == "bind" and ours.answer <= theirs.answer and is_one_proof(theirs.answer - ours.answer) and "NS" in types_of(ours.authority):
        return "BIND answers for the NSEC at a delegation itself, the others refer"
    if ours[:3] == theirs[:3] and theirs.authority < ours.authority and is_one_proof(ours.authority - theirs.authority):
        return "leaves out an NSEC that RFC 4035 3.1.3 asks for: behind a DNAME (NSD), or of a wildcard that is an empty non-terminal"
    if peer == "nsd" and ours[:3] == theirs[:3] and "DNAME" in types_of(ours.answer) and types_of(ours.authority ^ theirs.authority) == {"NSEC", "RRSIG"}:
        return "NSD proves by the wrong NSEC, or by one too many, what is not there behind a DNAME"
    no_data = ours[:3] == theirs[:3] and ours.rcode == "NOERROR" and not ours.answer
    if peer == "bind" and agree == 2 and no_data and is_one_proof(ours.authority - theirs.authority) and is_one_proof(theirs.authority - ours.authority):
        return "BIND proves by the wrong NSEC that a wildcard which is an empty non-terminal has no data; Knot and NSD prove as we do"
    return None


def ask(program, zone, servers, questions):
    """Of what is not answered alike: the question, and what each server says."""
    text = "".join(f"{name} {kind}{' +DO' if zone.signed else ''}\n" for name, kind in questions)
    done = subprocess.run([program, zone.name] + [str(server.port) for server in servers], input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"zone {zone.seed}: {done.stderr}")
    differing = []
    for line in done.stdout.splitlines():
        index, *messages = line.split()
        differing.append((questions[int(index)], [view(zone, dns.message.from_wire(bytes.fromhex(message))) for message in messages]))
    return differing


def run_zone(options, zone, servers, totals):
    """False if something has no explanation."""
    questions = zone.questions(options.questions)
    differing = ask(options.dns_ask, zone, servers, questions)
    good = True
    for server in servers[1:]:
        totals[server.name, "same"] += len(questions) - len(differing)
    for question, views in differing:
        agree = views.count(views[0]) - 1
        for index, server in enumerate(servers[1:], 1):
            why = explain(server.name, views[0], views[index], agree)
            totals[server.name, why or "UNEXPLAINED"] += 1
            if why is None:
                good = False
                show(zone, question, server.name, views[0], views[index])
    if not good and options.keep:
        dns_peers.write(os.path.abspath(options.keep), zone.text())
    return good


def show(zone, question, peer, ours, theirs):
    print(f"zone {zone.seed}: {' '.join(question)}: differs from {peer}", flush=True)
    for name, seen in (("evershore", ours), (peer, theirs)):
        print(f"  {name:10} {seen.rcode} aa={seen.aa}\n    answer    {sorted(seen.answer)}\n    authority {sorted(seen.authority)}", flush=True)


def run_zones(options, zones, totals):
    with tempfile.TemporaryDirectory(prefix="evershore-differential-") as scratch:
        os.chmod(scratch, 0o755)
        files = [(zone, dns_peers.write(f"{scratch}/zones/{zone.seed}", zone.text())) for zone in zones]
        servers = []

        def start(name, make):
            folder, port = f"{scratch}/{name}", dns_peers.free_port()
            os.makedirs(folder)
            servers.append(Server(name, make(folder, port), port, folder))

        try:
            start("evershore", lambda folder, port: evershore(options.evershore, folder, files, port))
            servers[0].wait(zones)
            peers_files = {zone.name: dns_peers.transferred(zone.name, servers[0].port, f"{path}.signed") if zone.signed else path for zone, path in files}
            for name, make in dns_peers.SERVERS.items():
                start(name, lambda folder, port, make=make: make(folder, peers_files, port))
            for server in servers:
                server.wait(zones)
            return all([run_zone(options, zone, servers, totals) for zone in zones])
        finally:
            for server in servers:
                server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="the folder with the programs, for example build/release")
    parser.add_argument("--zones", type=int, default=20)
    parser.add_argument("--questions", type=int, default=400, help="per zone")
    parser.add_argument("--first", type=int, default=1, help="number of the first zone")
    parser.add_argument("--keep", help="where to write the zone of a finding")
    options = parser.parse_args()
    options.evershore = os.path.abspath(f"{options.build}/src/app/evershore")
    options.dns_ask = os.path.abspath(f"{options.build}/tests/differential/dns_ask")
    dns_peers.require(dns_peers.SERVERS)
    totals = collections.Counter()
    good = True
    end = options.first + options.zones
    for first in range(options.first, end, ZONES_PER_START):
        good &= run_zones(options, [Zone(seed) for seed in range(first, min(first + ZONES_PER_START, end))], totals)
    for (peer, why), count in sorted(totals.items()):
        print(f"{peer:6} {count:9d}  {why}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
