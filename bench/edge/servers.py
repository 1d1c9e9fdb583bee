"""The edges that are compared, each on one core with its settings from this folder, and the origin behind them on another."""

import getpass
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
HOST = "127.0.0.1"
SERVER_CPU, LOAD_CPU = "0", "1"
START_SECONDS_MAX = 60
NAMES = ("evershore", "nginx", "haproxy", "varnish", "trafficserver")
PROGRAMS = {"nginx": ["nginx"], "haproxy": ["haproxy"], "varnish": ["varnishd", "hitch"], "trafficserver": ["traffic_server"]}
PACKAGES = {"nginx": "nginx-light", "varnish": "varnish hitch"}
SIZES = {"1k": 1 << 10, "16k": 16 << 10, "128k": 128 << 10, "1m": 1 << 20, "256m": 256 << 20}


def program(name):
    """Its path, None if it is not installed. Users' PATH lacks /usr/sbin on Debian."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def missing(names):
    return [PACKAGES.get(name, name) for name in names if not all(program(each) for each in PROGRAMS.get(name, []))]


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def certificate(folder):
    """ECDSA P-256, as most sites have it. Returns the files of certificate, key, and both."""
    names = [f"{folder}/{name}.pem" for name in ("certificate", "key", "both")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "7", "-subj",
                    "/CN=bench.example", "-addext", f"subjectAltName=DNS:bench.example,IP:{HOST}", "-keyout", names[1], "-out", names[0]],
                   check=True, capture_output=True)
    pathlib.Path(names[2]).write_text(pathlib.Path(names[0]).read_text() + pathlib.Path(names[1]).read_text())
    for name in names:
        os.chmod(name, 0o644)  # some servers read it as another user
    return names


class Group:
    """Programs of one server, bound to a core; stopped by their process groups."""

    def __init__(self, cpu, folder):
        self.cpu = cpu
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.children = []
        self.values = {"FOLDER": folder, "HOST": HOST}

    def settings(self, name, to=None):
        """A file of this folder with its @NAMES@ filled in."""
        path = self.folder / (to or name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(re.sub(r"@(\w+)@", lambda match: str(self.values[match.group(1)]), (HERE / name).read_text()))
        return str(path)

    def run(self, command, environment=None):
        log = open(self.folder / "log", "ab")
        self.children.append(subprocess.Popen(["taskset", "-c", self.cpu, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                              start_new_session=True, env=dict(os.environ, **(environment or {}))))
        log.close()

    def wait_for(self, port, path=None):
        """Until it takes connections; with a path, until that is answered by a 200."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self.answers(port, path):
            if time.monotonic() > deadline or any(child.poll() is not None for child in self.children):
                self.stop()
                raise SystemExit(f"{self.folder.name} does not answer; it says:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.02)

    @staticmethod
    def answers(port, path):
        try:
            with socket.create_connection((HOST, port), 2) as connection:
                if path is None:
                    return True
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: bench.example\r\nConnection: close\r\n\r\n".encode())
                return connection.recv(12).endswith(b" 200")
        except OSError:
            return False

    def stop(self):
        for child in self.children:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()
        self.children = []

    # ---- what it costs

    def processes(self):
        groups = {child.pid for child in self.children}
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and os.getpgid(int(entry)) in groups:
                    yield entry
            except ProcessLookupError:
                continue

    def cpu_seconds(self):
        """Of all threads that run now."""
        total = 0
        for entry in self.processes():
            for thread in os.listdir(f"/proc/{entry}/task"):
                try:
                    total += int(pathlib.Path(f"/proc/{entry}/task/{thread}/schedstat").read_text().split()[0])
                except OSError:
                    continue
        return total / 1e9

    def memory(self):
        """Bytes, what is shared in parts."""
        return sum(1024 * int(re.search(r"^Pss: +(\d+) kB", pathlib.Path(f"/proc/{entry}/smaps_rollup").read_text(), re.M).group(1))
                   for entry in self.processes())

    def _status(self, field):
        return sum(1024 * int(re.search(rf"^{field}:\s+(\d+) kB", pathlib.Path(f"/proc/{entry}/status").read_text(), re.M).group(1))
                   for entry in self.processes())

    def forget_peak(self):
        """The peak counts from here. Returns the bytes in use now."""
        for entry in self.processes():
            pathlib.Path(f"/proc/{entry}/clear_refs").write_text("5")
        return self._status("VmRSS")

    def peak(self):
        return self._status("VmHWM")


class Origin(Group):
    def __init__(self, scratch):
        super().__init__(LOAD_CPU, f"{scratch}/origin")
        files = self.folder / "files"
        files.mkdir()
        block = os.urandom(1 << 20)
        for name, size in SIZES.items():
            with open(files / name, "wb") as file:
                for at in range(0, size, len(block)):
                    file.write(block[:size - at])
        (files / "index.html").write_text("origin\n")
        self.port = free_port()
        self.address = self.values["ORIGIN"] = f"{HOST}:{self.port}"
        self.run([program("nginx"), "-c", self.settings("origin.conf")])
        self.wait_for(self.port)

    def requests(self):
        """How many it has had."""
        with socket.create_connection((HOST, self.port)) as connection:
            connection.sendall(b"GET /requests HTTP/1.0\r\n\r\n")
            text = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
        return int(re.search(r"^ \d+ \d+ (\d+)", text, re.M).group(1))


class Edge(Group):
    """One of NAMES, running. `port` speaks plain HTTP, `tls_port` TLS."""

    def __init__(self, name, scratch, origin, pems, options):
        super().__init__(SERVER_CPU, f"{scratch}/{name}")
        self.name, self.port, self.tls_port = name, free_port(), free_port()
        self.values |= {"PLAIN": f"{HOST}:{self.port}", "TLS": f"{HOST}:{self.tls_port}", "PLAIN_PORT": self.port, "TLS_PORT": self.tls_port,
                        "ORIGIN": origin.address, "ORIGIN_HOST": HOST, "ORIGIN_PORT": origin.port, "CERTIFICATE": pems[0], "KEY": pems[1],
                        "BOTH": pems[2], "SCRATCH": scratch, "CACHE_MB": options.cache_mb, "CACHE_BYTES": options.cache_mb << 20}
        self.options = options
        self.start()

    def start(self):
        getattr(self, self.name)()
        self.wait_for(self.port, "/index.html")
        self.wait_for(self.tls_port)

    def evershore(self):
        self.run([self.options.evershore, "run", "-c", self.settings("evershore.toml"), "--log-level", "warn"])

    def nginx(self):
        self.run([program("nginx"), "-c", self.settings("nginx.conf")])

    def haproxy(self):
        self.run([program("haproxy"), "-db", "-f", self.settings("haproxy.cfg")])

    def varnish(self):
        self.run([program("varnishd"), "-F", "-j", "none", "-n", f"{self.folder}/work", "-a", f"{HOST}:{self.port}",
                  "-a", f"{self.folder}/varnish.sock,PROXY,mode=0666", "-f", self.settings("varnish.vcl"), "-s", f"malloc,{self.options.cache_mb}m",
                  "-p", "thread_pools=1", "-p", "thread_pool_min=100", "-p", "timeout_idle=300", "-p", "feature=+http2",
                  "-p", "listen_depth=4096", "-p", "h2_max_concurrent_streams=256", "-p", "vsl_mask=-VCL_trace", "-p", "workspace_client=32k"])
        self.wait_for(self.port)
        self.values["HITCH_USER"] = "_hitch" if os.geteuid() == 0 else ""  # it refuses to be root
        self.run([program("hitch"), "--config", self.settings("hitch.conf")])

    def trafficserver(self):
        root, folders = self.folder / "root", {"sysconfdir": "config", "localstatedir": "state", "runtimedir": "run", "logdir": "log", "cachedir": "cache"}
        for folder in folders.values():
            (root / folder).mkdir(parents=True, exist_ok=True)
        system = {"prefix": "/usr", "exec_prefix": "/usr", "bindir": "/usr/bin", "sbindir": "/usr/sbin", "includedir": "/usr/include",
                  "libdir": "/usr/lib/trafficserver", "libexecdir": "/usr/lib/trafficserver/modules", "datadir": "/usr/share/trafficserver"}
        (root / "runroot.yaml").write_text("".join(f"{key}: {value}\n" for key, value in (system | {k: root / v for k, v in folders.items()}).items()))
        for file, text in {"remap.config": f"map / http://{self.values['ORIGIN']}/\n", "plugin.config": "", "parent.config": "",
                           "ip_allow.yaml": "ip_allow: [{apply: in, ip_addrs: 127.0.0.1, action: allow, methods: ALL}]\n",
                           "storage.config": f"{root}/cache {self.options.cache_mb}M\n",
                           "ssl_multicert.config": "dest_ip=* ssl_cert_name=certificate.pem ssl_key_name=key.pem\n"}.items():
            (root / "config" / file).write_text(text)
        self.values["USER"] = "trafficserver" if os.geteuid() == 0 else getpass.getuser()  # it refuses to be root
        self.settings("trafficserver/records.config", str(root / "config/records.config"))
        for entry in [root, *root.glob("**/*")] if os.geteuid() == 0 else ():
            shutil.chown(entry, "trafficserver")
        self.run([program("traffic_server"), f"--run-root={root}/runroot.yaml"])

    def protocol(self):
        """What it speaks over TLS to a client that would like HTTP/2."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2", "http/1.1"])
        with socket.create_connection((HOST, self.tls_port)) as tcp, context.wrap_socket(tcp) as tls:
            return tls.selected_alpn_protocol() or "http/1.1"
