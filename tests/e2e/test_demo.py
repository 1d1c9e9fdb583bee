"""The demo as a user runs it, and a drill of each fault against a running node."""

import json
import os
import signal
import subprocess
import time

import pytest
import support
from support import evershore, wait_until


def processes_in(directory):
    """Pids whose command line names the directory."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    if directory.encode() in file.read():
                        found.append(int(entry))
            except OSError:
                pass
    return found


def environment(tmp_path):
    return dict(os.environ, TMPDIR=str(tmp_path))


def test_the_quick_demo_loses_nothing_and_leaves_nothing(tmp_path):
    report_path = tmp_path / "report.json"
    command = [support.EVERSHORE, "demo", "--once", "--quick", "--report", str(report_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment(tmp_path))
    assert done.returncode in (0, 1), done.stdout[-4000:] + done.stderr[-2000:]
    report = json.loads(report_path.read_text())
    assert done.returncode == (0 if report["kept"] else 1)
    # How fast it was depends on what else the machine does; what was served does not.
    broken = [promise for promise in report["promises"] if not promise["kept"] and not promise["bound"].endswith(" ms")]
    assert not broken, done.stdout[-4000:]
    acts = {act["name"]: act for act in report["acts"]}
    assert list(acts) == ["steady", "kill", "stop", "503"]
    assert all(act["requests"] > 500 and act["failed"] == 0 for act in acts.values())
    assert acts["kill"]["downloads"]["completed"] == 8 and acts["kill"]["takeovers"] >= 1
    assert report["check"]["identical"] and report["check"]["writes_missing"] == 0
    assert list(tmp_path.iterdir()) == [report_path]
    assert processes_in(str(tmp_path) + "/evershore-demo") == []


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_however_the_demo_ends_its_regions_end_with_it(tmp_path, ending):
    child = subprocess.Popen([support.EVERSHORE, "demo", "--quick"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(tmp_path))
    mark = str(tmp_path) + "/evershore-demo"
    wait_until(lambda: len(processes_in(mark)) == 4, 30, "three regions and a node")
    child.send_signal(ending)
    child.wait(30)
    wait_until(lambda: processes_in(mark) == [], 10, "no process left")
    assert ending == signal.SIGKILL or list(tmp_path.iterdir()) == []


@pytest.fixture
def filled(make_region, make_node, tmp_path):
    regions = [make_region(name) for name in ("east", "west", "north")]
    for index in range(60):
        regions[0].client().put(f"f/{index:03}.txt", f"body {index}".encode() * 50, {"Cache-Control": "no-store"})
    path = tmp_path / "evershore.toml"
    path.write_text(support.site_settings(tmp_path, regions))
    evershore("sync", "-c", path, "assets", check=0)
    node = make_node(path.read_text())
    wait_until(lambda: node.edge("/f/000.txt")[0] == 200, 20, "the edge")
    wait_until(lambda: node.get_json("/api/v1/status")["sites"][0]["order"][0]["usable"], 30, "the primary to serve")
    return node


@pytest.mark.parametrize("fault", ["down", "blackhole", "error", "slow", "cut"])
def test_no_client_notices_a_drill(filled, tmp_path, fault):
    report_path = tmp_path / "drill.json"
    done = filled.command("drill", "--region", "east", "--fault", fault, "--for", "4s", "--report", str(report_path))
    report = json.loads(report_path.read_text())
    assert done.returncode == 0, (done.stdout, report)
    assert report["region"] == "east" and report["fault"] == fault and report["keys"] == 50
    assert report["requests"] > 80 and report["failed"] == report["truncated"] == report["wrong_bytes"] == 0
    assert 3.9 < report["seconds"] < 6
    if fault in ("down", "blackhole", "error"):
        assert report["down_after_seconds"] < 3 and report["order_changed_after_seconds"] < 3 and report["dns_changed_after_seconds"] < 3
    assert report["back_after_seconds"] is not None
    assert report["verdict"] == "No client noticed." and sum(slice["requests"] for slice in report["timeline"]) == report["requests"]


def test_drills_are_kept_to_be_compared(filled, tmp_path):
    assert filled.command("drills", check=0).stdout == "this node has seen no drill yet\n"
    pages = [tmp_path / "one.html", tmp_path / "one.json"]
    filled.command("drill", "--region", "east", "--fault", "down", "--for", "2s", "--report", str(pages[0]), "--report", str(pages[1]), check=0)
    filled.command("drill", "--region", "west", "--fault", "error", "--for", "2s", check=0)
    filled.stop()
    filled.start()
    table = filled.command("drills", check=0).stdout.splitlines()
    assert [line.split()[:4:3] for line in table[1:]] == [["1", "down"], ["2", "error"]], table
    kept = json.loads(evershore("drills", "-c", filled.settings_path, "1", check=0).stdout)
    assert kept.pop("id") == 1 and kept == json.loads(pages[1].read_text())
    again = tmp_path / "again.html"
    evershore("drills", "-c", filled.settings_path, "1", "--report", again, check=0)
    assert again.read_text() == pages[0].read_text() and "<svg" in again.read_text() and "No client noticed." in again.read_text()
    assert "keeps no drill 7" in evershore("drills", "-c", filled.settings_path, "7", check=2).stderr
    assert any(event["kind"] == "drill" and "No client noticed." in event["text"] for event in filled.get_json("/api/v1/events")["events"])


def test_an_interrupted_drill_ends_its_fault_and_still_reports(filled, tmp_path):
    report_path = tmp_path / "drill.json"
    command = [support.EVERSHORE, "drill", "-c", str(filled.settings_path), "--region", "east", "--fault", "down", "--for", "60s", "--report", str(report_path)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=dict(os.environ, REGION_SECRET=support.SECRET_KEY))
    wait_until(lambda: health_of(filled, "east") == "down", 20, "the fault to be seen")
    child.send_signal(signal.SIGINT)
    begun = time.monotonic()
    assert child.wait(20) == 0
    assert time.monotonic() - begun < 10
    assert json.loads(report_path.read_text())["ended_early"]
    wait_until(lambda: health_of(filled, "east") == "up", 20, "the end of the fault")


def health_of(node, name):
    return next(region["health"] for region in node.get_json("/api/v1/status")["regions"] if region["name"] == name)


def test_a_drill_that_cannot_be_run_says_why(filled):
    done = filled.command("drill", "--region", "moon", "--fault", "down", "--for", "4s", check=2)
    assert "east, north, west" in done.stderr
    filled.command("drill", "--region", "east", "--fault", "down", "--for", "0s", check=2)
    filled.stop()
    done = filled.command("drill", "--region", "east", "--fault", "down", "--for", "4s", check=3)
    assert "drill" in done.stderr
