"""Load on one edge, from the other core: each function drives it and returns figures of that round."""

import re
import socket
import ssl
import subprocess
import tempfile
import time

from servers import HOST, LOAD_CPU, SIZES

SCALE = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}
MS = {"us": 1e-3, "ms": 1, "s": 1e3, "m": 60e3}


def on_load_core(*command, check=True):
    return subprocess.run(["taskset", "-c", LOAD_CPU, *command], capture_output=True, text=True, check=check).stdout


def wrk(edge, path, seconds, connections=64, tls=False, more=()):
    scheme, port = ("https", edge.tls_port) if tls else ("http", edge.port)
    cpu = edge.cpu_seconds()
    text = on_load_core("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *more, f"{scheme}://{HOST}:{port}{path}")
    cpu = edge.cpu_seconds() - cpu
    requests = int(re.search(r"(\d+) requests in", text).group(1))
    bad = sum(int(number) for line in re.findall(r"(?:Socket errors|Non-2xx).*", text) for number in re.findall(r" (\d+)", line))
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", text)
    return {"requests": requests, "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), "cpu": cpu, "bad": bad,
            "us": cpu / max(requests, 1) * 1e6, "p99": float(p99.group(1)) * MS[p99.group(2)]}


def h2load(edge, path, seconds):
    cpu = edge.cpu_seconds()
    begin = time.monotonic()
    text = on_load_core("h2load", "-c10", "-m16", "-t1", f"-D{seconds}", f"https://{HOST}:{edge.tls_port}{path}")
    took, cpu = time.monotonic() - begin, edge.cpu_seconds() - cpu
    done, failed = (int(re.search(rf"requests:.* (\d+) {word}", text).group(1)) for word in ("succeeded", "failed"))
    return {"requests": done, "rate": done / min(took, seconds), "cpu": cpu, "bad": failed, "us": cpu / max(done, 1) * 1e6}


def gigabytes(round_, size):
    """The same figures by bytes, of requests for objects of `size`."""
    return round_ | {"gbs": round_["rate"] * size / 1e9, "cpu_gb": round_["cpu"] / max(round_["requests"], 1) / size * 1e9}


def download(edge, path, rate=None):
    """One large object by one client. `grew`: the peak of memory above what was in use before."""
    before, cpu, begin = edge.forget_peak(), edge.cpu_seconds(), time.monotonic()
    limit = ["--limit-rate", rate] if rate else []
    text = on_load_core("curl", "-sS", *limit, "-o", "/dev/null", "-w", "%{http_code} %{size_download}", f"http://{HOST}:{edge.port}{path}")
    took, cpu = time.monotonic() - begin, edge.cpu_seconds() - cpu
    size = SIZES["256m"]
    return {"gbs": size / took / 1e9, "cpu_gb": cpu / size * 1e9, "grew": (edge.peak() - before) / 1e6, "bad": int(text != f"200 {size}")}


def zipf(edge, origin, keys, seconds, skew):
    """Many names by popularity, the same names in the same order for every edge. Sizes by name: 60 % 1 KB, 25 % 16 KB, 12 % 128 KB, 3 % 1 MB."""
    script = f"""
local sizes = {{}}
for i = 1, 60 do sizes[i] = "1k" end
for i = 61, 85 do sizes[i] = "16k" end
for i = 86, 97 do sizes[i] = "128k" end
for i = 98, 100 do sizes[i] = "1m" end
local total, sums = 0, {{}}
for i = 1, {keys} do total = total + 1 / i ^ {skew}; sums[i] = total end
math.randomseed(1)
request = function()
  local at, low, high = math.random() * total, 1, {keys}
  while low < high do
    local middle = math.floor((low + high) / 2)
    if sums[middle] < at then low = middle + 1 else high = middle end
  end
  return wrk.format("GET", "/keep/" .. sizes[low * 7919 % 100 + 1] .. "/" .. low)
end
"""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        before = origin.requests()
        round_ = wrk(edge, "/", seconds, connections=32, more=("-s", file.name))
        asked = origin.requests() - before - 1
    return round_ | {"hits": 100 * (1 - asked / round_["requests"])}


def idle(edge, count, tls):
    """Memory of connections that had one answer and stay open."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connections, before = [], edge.memory()
    try:
        for _ in range(count):
            connection = socket.create_connection((HOST, edge.tls_port if tls else edge.port))
            if tls:
                connection = context.wrap_socket(connection)
            connection.sendall(b"GET /keep/1k/idle HTTP/1.1\r\nHost: bench.example\r\n\r\n")
            answer = b""
            while len(answer) < SIZES["1k"] or not answer.partition(b"\r\n\r\n")[2][SIZES["1k"] - 1:]:
                piece = connection.recv(65536)
                if not piece:
                    raise SystemExit(f"{edge.name} closed an idle connection after {answer[:100]}")
                answer += piece
            connections.append(connection)
        time.sleep(0.3)
        return {"kb": (edge.memory() - before) / count / 1024, "bad": 0}
    finally:
        for connection in connections:
            connection.close()
