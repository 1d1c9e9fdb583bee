"""The console in a real browser (Debian's Chromium), with a running three-region system, through a failover. What the browser does is in
web/test/pages.mjs. Pictures go to build/console/, and with EVERSHORE_PICTURES=FOLDER there."""

import os
import pathlib
import re
import shutil
import subprocess
import threading

import pytest
import support
from support import ROOT, site_settings, wait_until

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
WEB = ROOT / "web"


def console_tools():
    """None when the browser's tools are there, else why not."""
    if not pathlib.Path(CHROMIUM).exists():
        return "no Chromium: scripts/install peers"
    if not shutil.which("node") or not shutil.which("npm"):
        return "no node and npm: scripts/install peers"
    done = subprocess.run([str(ROOT / "scripts/build-console"), "--tools"], capture_output=True, text=True, timeout=200)
    return None if done.returncode == 0 else "the npm registry cannot be reached: " + done.stderr[-300:]


@pytest.fixture(scope="module", autouse=True)
def tools():
    missing = console_tools()
    if missing:
        pytest.skip(missing)


class Load:
    """Requests to the edge, one after the other."""

    def __init__(self, node):
        self.node, self.stopped, self.thread = node, threading.Event(), None

    def start(self):
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        number = 0
        while not self.stopped.wait(0.01):
            number += 1
            self.node.edge(f"/page-{number % 20}.html")

    def stop(self):
        self.stopped.set()
        self.thread.join(20)


class Stage:
    """What the browser's script may ask for."""

    def __init__(self, regions, node):
        self.regions, self.node, self.load = {region.name: region for region in regions}, node, Load(node)

    def in_sync(self):
        regions = self.node.get_json("/api/v1/status")["regions"]
        return all(region["health"] == "up" and region["pending_keys"] == 0 for region in regions)

    def settle(self):
        wait_until(self.in_sync, 30, "all regions in sync")
        wait_until(lambda: self.node.get_json("/api/v1/status")["sites"][0]["order"][0]["region"] == "east", 30, "the first region serves again")

    def write(self, name):
        for number in range(5):
            self.regions[name].client().put(f"late/{number}.txt", b"written while a region was dead")

    def edit_settings(self):
        path = self.node.settings_path
        path.write_text(path.read_text().replace('hold = "2s"', 'hold = "7s"'))

    def do(self, words):
        deeds = {"kill": lambda name: self.regions[name].kill(), "restart": lambda name: self.regions[name].start(), "write": self.write,
                 "settle": self.settle, "load": lambda way: self.load.start() if way == "on" else self.load.stop(),
                 "edit": lambda _: self.edit_settings(), "stop": lambda _: self.node.stop(), "start": lambda _: self.node.start()}
        deeds[words[0]](*words[1:])


def token_node(make_node, tmp_path, region):
    text = f'[node]\nname = "guarded"\ndata = "{tmp_path}/guarded"\nthreads = 1\n{region.settings()}\n[admin]\nlisten = "127.0.0.1:0"\ntoken = "acts"\nview_token = "only-look"\n'
    return make_node(text, "guarded.toml")


def test_a_person_finds_cause_effect_and_risk(make_region, make_node, tmp_path):
    port = support.free_port()
    regions = [make_region(name, "--webhook", f"http://127.0.0.1:{port}/api/v1/replication/webhook") for name in ("east", "west", "south")]
    for number in range(20):
        regions[0].client().put(f"page-{number}.html", b"<p>page</p>")
    settings = site_settings(tmp_path, regions, failback="2s")
    node = make_node(re.sub(r'(\[admin\]\nlisten = "127.0.0.1:)\d+', rf"\g<1>{port}", settings))
    guarded = token_node(make_node, tmp_path, regions[2])
    stage = Stage(regions, node)
    stage.settle()
    pictures = pathlib.Path(os.environ.get("EVERSHORE_PICTURES", ROOT / "build/console"))
    pictures.mkdir(parents=True, exist_ok=True)
    urls = [f"http://127.0.0.1:{each.ports['admin']}/" for each in (node, guarded)]
    script = subprocess.Popen(["node", str(WEB / "test/pages.mjs"), *urls, str(pictures)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, bufsize=1)
    timer = threading.Timer(150, script.kill)
    timer.start()
    told = []
    try:
        for line in script.stdout:
            told.append(line)
            print(line, end="")
            if line.startswith("WANT "):
                stage.do(line.split()[1:])
                script.stdin.write("done\n")
    finally:
        timer.cancel()
        script.kill()
        script.wait()
    assert told and told[-1] == "ALL\n", "".join(told)[-4000:]
    paint = re.search(r"first contentful paint (\d+) ms", "".join(told))
    assert int(paint.group(1)) < 3000, "a loaded machine is slow, but not so slow"


def test_the_console_is_small_and_types_agree(make_node, tmp_path):
    node = make_node(f'[node]\nname = "n"\ndata = "{tmp_path}/state"\n[admin]\nlisten = "127.0.0.1:0"\n')
    total = 0
    for path in ("/", "/console.js", "/console.css", "/favicon.svg"):
        status, headers, body = node.request("admin", path, {"Accept-Encoding": "gzip"})
        assert (status, headers["content-encoding"]) == (200, "gzip"), path
        total += len(body)
    assert total < 150_000
    subprocess.run([str(WEB / "node_modules/.bin/tsc"), "-p", str(WEB)], check=True, timeout=120)
