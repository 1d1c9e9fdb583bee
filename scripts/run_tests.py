"""Runs every suite, shows progress, and ends with one line: N passed, N failed, N skipped.

A suite is a program that writes JUnit XML (gtest, pytest) or a plain check judged by its exit code.
Output of a suite goes to build/test-logs/NAME.log; the end of it is shown when something in it failed.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "test-logs"
SUITE_SECONDS_MAX = 1500


def suites(peers):
    """(name, command, JUnit file or None) in the order they run: quick and telling ones first."""
    found = [
        ("floors", ["scripts/check-floors"], None),
        ("lint", ["scripts/lint"], None),
        ("lint-rules", ["/usr/bin/python3", "scripts/lint_test.py"], None),
        ("format", ["scripts/check-format"], None),
        ("shellcheck", ["scripts/check-shell"], None),
    ]
    for program in sorted((ROOT / "build/asan/src").glob("**/*_test")):
        found.append(("unit." + program.name.removesuffix("_test"), [str(program)], "gtest"))
    for program in sorted((ROOT / "build/release/src").glob("**/*_links_alone")):
        found.append(("links-alone." + program.name.removesuffix("_links_alone"), [str(program)], None))
    for program in sorted((ROOT / "build/release/tests").glob("**/*_test")):
        found.append(("sim." + program.name.removesuffix("_test"), [str(program)], "gtest"))
    for script in sorted((ROOT / "tests/sim").glob("*_check.sh")):
        found.append(("sim." + script.stem, ["bash", str(script)], None))
    for script in sorted((ROOT / "tests/e2e").glob("test_*.py")):
        if script.stem.startswith("test_peer") and not peers:
            continue
        found.append(("e2e." + script.stem.removeprefix("test_"), ["/usr/bin/python3", "-m", "pytest", "-q", "-x" if os.environ.get("FAIL_FAST") else "-v", str(script)], "pytest"))
    return found


def counts_of(report):
    """(passed, failed, skipped) of a JUnit file."""
    passed = failed = skipped = 0
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None or case.get("status") == "notrun" or case.get("result") == "skipped":
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def run(name, command, kind):
    report = LOGS / (name + ".xml")
    report.unlink(missing_ok=True)
    if kind == "gtest":
        command = command + ["--gtest_output=xml:" + str(report), "--gtest_brief=1"]
    elif kind == "pytest":
        command = command + ["--junitxml=" + str(report), "-p", "no:cacheprovider"]
    environment = dict(os.environ, EVERSHORE=str(ROOT / "build/release/src/app/evershore"), PYTHONDONTWRITEBYTECODE="1")
    log = LOGS / (name + ".log")
    began = time.monotonic()
    with open(log, "wb") as out:
        try:
            code = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, timeout=SUITE_SECONDS_MAX).returncode
        except subprocess.TimeoutExpired:
            code = -1
            out.write(f"\ngave up after {SUITE_SECONDS_MAX} s\n".encode())
        except OSError as error:
            code = -1
            out.write(f"\ncannot run {command[0]}: {error}\n".encode())
    passed, failed, skipped = (1, 0, 0) if code == 0 else (0, 1, 0)
    if kind and report.exists():
        passed, failed, skipped = counts_of(report)
        if code != 0 and failed == 0:
            failed = 1  # it died on the way
    print(f"{name:32} {passed:5} passed {failed:3} failed {skipped:3} skipped {time.monotonic() - began:7.1f} s", flush=True)
    if failed:
        print("".join("    " + line + "\n" for line in log.read_text(errors="replace").splitlines()[-60:]), flush=True)
    return passed, failed, skipped


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    LOGS.mkdir(parents=True, exist_ok=True)
    total = [0, 0, 0]
    for name, command, kind in suites(arguments.peers):
        if arguments.only not in name:
            continue
        total = [a + b for a, b in zip(total, run(name, command, kind))]
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main())
