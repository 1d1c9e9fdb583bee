"""Runs the public HTTP caching suite (npm http-cache-tests) through an edge in front of the suite's own origin, and counts.

    tests/peers/http_cache_tests.py [--evershore PROGRAM] [--verbose]

Prints the failures of required tests and one line of counts; exit 0 if none failed but the known exceptions. With --base URL it drives any proxy in
front of an origin that runs on --origin-port already.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))
import support  # noqa: E402

VERSION = "0.4.5"
# Required tests that say the opposite of RFC 9111, or that no cache can pass; by the results that come with the suite none does.
EXCEPTIONS = {
    # RFC 9111 5.1: of several values the first counts. The suite itself wants that of "0,7200", and here the contrary.
    "age-parse-prefix-twoline", "age-parse-dup-0", "age-parse-dup-0-twoline", "age-parse-dup-old",
    # The origin hangs up, and a stale copy is forbidden: we answer 503, and the suite looks for a field that only the origin sets.
    "stale-close-must-revalidate", "stale-close-proxy-revalidate", "stale-close-no-cache", "stale-close-s-maxage=2",
}
FOLDER = ROOT / "build/peers/http-cache-tests"
PACKAGE = FOLDER / "node_modules/http-cache-tests"
# What the suite's own summary does, printed as JSON: its verdict per test, dependencies honoured.
JUDGE = """
import fs from 'fs'
import * as display from './lib/display.mjs'
import tests from './tests/index.mjs'
import surrogate from './tests/surrogate-control.mjs'
tests.push(surrogate)
const results = JSON.parse(fs.readFileSync(process.argv[2]))
const all = []
for (const suite of tests) for (const test of suite.tests) {
  const verdict = display.determineTestResult(tests, test.id, results)[2]
  all.push([test.id, test.kind || 'required', verdict, Array.isArray(results[test.id]) ? results[test.id][1] : ''])
}
console.log(JSON.stringify(all))
"""
WORDS = {"✅": "pass", "⛔️": "fail", "⚠️": "miss", "Y": "yes", "N": "no", "🔹": "setup", "⚪️": "dependency", "⁉️": "harness", "↻": "retry", "-": "untested"}


def install():
    """The package, once. Raises CalledProcessError when the registry cannot be reached."""
    if not PACKAGE.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(FOLDER), f"http-cache-tests@{VERSION}"], check=True, capture_output=True, timeout=180)
    (PACKAGE / "judge.mjs").write_text(JUDGE)


def start_origin(folder, port):
    environment = {"npm_config_protocol": "http", "npm_config_port": str(port), "npm_config_pidfile": str(folder / "origin.pid")}
    command = ["node", str(PACKAGE / "server/server.mjs")]
    origin = support.Process(command, folder / "origin.log", environment)
    origin.line("Listening on")
    return origin


def settings(folder, port):
    return f"""
[node]
name = "node-1"
data = "{folder}/state"
threads = 1
[regions.origin]
endpoint = "http://127.0.0.1:{port}"
addressing = "bare"
[sites.suite]
hosts = ["*"]
regions = ["origin"]
forward = "requests"
replication = {{ mode = "off" }}
[edge]
listen = ["127.0.0.1:0"]
"""


def run_suite(folder, base):
    environment = dict(os.environ, npm_config_base=base, npm_package_config_id="")
    environment.pop("npm_config_id", None)
    done = subprocess.run(["node", "--no-warnings", "cli.mjs"], cwd=PACKAGE, env=environment, capture_output=True, text=True, timeout=300)
    text = done.stdout
    results = folder / "results.json"
    results.write_text(text[text.index("{"):])
    judged = subprocess.run(["node", "--no-warnings", "judge.mjs", str(results)], cwd=PACKAGE, capture_output=True, text=True, timeout=60, check=True)
    return [(name, kind, WORDS[mark], why) for name, kind, mark, why in json.loads(judged.stdout)]


def failures(verdicts):
    """Required tests that failed and are no exceptions: [(name, why)]."""
    return [(name, why) for name, kind, word, why in verdicts if (kind, word) == ("required", "fail") and name not in EXCEPTIONS]


def summary(verdicts):
    counts = {kind: {} for kind in ("required", "optimal", "check")}
    for _, kind, word, _ in verdicts:
        counts[kind][word] = counts[kind].get(word, 0) + 1
    required, optimal, check = (counts[kind] for kind in ("required", "optimal", "check"))
    not_reached = sum(count for word, count in required.items() if word not in ("pass", "fail", "untested"))
    return {"required": required.get("pass", 0), "failed": required.get("fail", 0), "not_reached": not_reached, "optimal": optimal.get("pass", 0),
            "missed": optimal.get("miss", 0), "yes": check.get("yes", 0), "no": check.get("no", 0)}


def run(evershore=None, base=None, origin_port=None):
    install()
    if evershore:
        support.EVERSHORE = evershore
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if base:
            return run_suite(folder, base)
        port = origin_port or support.free_port()
        origin = start_origin(folder, port)
        try:
            path = folder / "evershore.toml"
            path.write_text(settings(folder, port))
            node = support.Node(path)
            try:
                return run_suite(folder, f"http://127.0.0.1:{node.ports['edge']}")
            finally:
                node.stop()
        finally:
            origin.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evershore")
    parser.add_argument("--base")
    parser.add_argument("--verbose", action="store_true", help="also what was not reached and what an optimal cache would do")
    arguments = parser.parse_args()
    verdicts = run(arguments.evershore, arguments.base)
    for name, kind, word, why in verdicts:
        if (kind, word) == ("required", "fail") or (arguments.verbose and word not in ("pass", "yes", "untested")):
            print(f"{kind:9} {word:10} {name}: {why}")
    counts = summary(verdicts)
    print("required: {required} pass, {failed} fail, {not_reached} not reached; optimal: {optimal} pass, {missed} miss; checks: {yes} yes, {no} no".format(**counts))
    return 1 if failures(verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
