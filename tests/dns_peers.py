"""Knot, NSD and BIND over zone files on loopback: commands that run in the foreground, configurations in a scratch folder."""

import os
import shutil
import socket
import subprocess

PROGRAMS = {"knot": "knotd", "nsd": "nsd", "bind": "named", "gdnsd": "gdnsd", "powerdns": "pdns_server"}
PACKAGES = {"bind": "bind9", "powerdns": "pdns-server"}


def program(name):
    """The server's path, None if it is not installed. Users' PATH lacks /usr/sbin on Debian."""
    return shutil.which(PROGRAMS[name], path=os.environ.get("PATH", "") + ":/usr/sbin")


def require(names):
    missing = [PACKAGES.get(name, name) for name in names if not program(name)]
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)} (apt-get install {' '.join(missing)})")


def free_port():
    """Free for UDP and TCP alike."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    return path


def make_keys(evershore, settings, zone):
    subprocess.run([evershore, "dns", "keys", "make", "-c", settings, zone.rstrip(".")], check=True, stdout=subprocess.DEVNULL)


def transferred(zone, port, path):
    """The whole zone as the server at `port` gives it away, signatures and proofs included, as a master file. Needs dnspython."""
    import dns.query

    records = [record for message in dns.query.xfr("127.0.0.1", zone, port=port, relativize=False) for rrset in message.answer for record in rrset.to_text().split("\n")]
    return write(path, "\n".join(records[:-1]) + "\n")  # the SOA comes twice


# Each returns the command. `zones` is a path by name. One worker, no rate limit, nothing outside `folder`.


def knot(folder, zones, port):
    listed = "".join(f'  - domain: {name}\n    file: "{path}"\n    zonefile-sync: -1\n    semantic-checks: soft\n' for name, path in zones.items())
    config = write(f"{folder}/knot.conf", f'''server:
  rundir: "{folder}"
  listen: 127.0.0.1@{port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "{folder}"
zone:
{listed}''')
    return [program("knot"), "-c", config]


def nsd(folder, zones, port):
    listed = "".join(f'zone:\n  name: {name}\n  zonefile: "{path}"\n' for name, path in zones.items())
    config = write(f"{folder}/nsd.conf", f'''server:
  server-count: 1
  ip-address: 127.0.0.1@{port}
  username: ""
  database: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/pid"
  xfrdfile: "{folder}/xfrd"
  zonelistfile: "{folder}/list"
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
{listed}''')
    return [program("nsd"), "-d", "-c", config]


def bind(folder, zones, port):
    """Its TTL of 0 for the SOA of a negative answer about a SOA is off: the others do not do that."""
    checks = "check-mx ignore; check-srv-cname ignore; check-mx-cname ignore; check-integrity no;"
    listed = "".join(f'zone "{name}" {{ type primary; file "{path}"; {checks} }};\n' for name, path in zones.items())
    config = write(f"{folder}/named.conf", f'''options {{
  directory "{folder}"; pid-file "{folder}/pid"; session-keyfile "{folder}/session"; managed-keys-directory "{folder}";
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  recursion no; notify no; minimal-responses yes; zero-no-soa-ttl no; check-names primary ignore;
}};
controls {{ }};
{listed}''')
    return [program("bind"), "-g", "-n", "1", "-c", config]


SERVERS = {"knot": knot, "nsd": nsd, "bind": bind}
