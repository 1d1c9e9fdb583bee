"""The command line: help, exit codes, check, reload, drain and friends."""

import signal
import socket
import subprocess

import support
from support import evershore, wait_until


def test_help_of_every_command_has_an_example():
    for command in ["run", "check", "status", "verify", "sync", "drain", "undrain", "failover", "explain", "drill", "region", "demo"]:
        done = evershore(command, "--help", check=0)
        assert f"evershore {command}" in done.stdout and "Example" in done.stdout, command
    assert "evershore 0." in evershore("--version", check=0).stdout
    assert evershore("frobnicate").returncode == 2
    assert evershore("check").returncode == 2
    assert evershore("aws", "plan").returncode == 2


def test_check_reports_every_problem_with_its_place(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text('[regions.east]\nendpiont = "http://127.0.0.1:1"\nbucket = 7\n\n[sites.a]\nhosts = ["a.example.com"]\nregions = ["east", "wets"]\n')
    done = evershore("check", "-c", path, check=1)
    lines = (done.stdout + done.stderr).splitlines()
    assert any(line.startswith(f"{path}:2:1: ") and "endpoint" in line for line in lines), lines
    assert any(line.startswith(f"{path}:3:") for line in lines), lines
    assert any(line.startswith(f"{path}:7:") and "wets" in line for line in lines), lines
    assert evershore("check", "-c", tmp_path / "absent.toml").returncode == 2
    path.write_text("this is [not toml")
    assert evershore("check", "-c", path).returncode in (1, 2)


def test_the_example_file_is_clean():
    path = support.ROOT / "examples/evershore.toml"
    done = subprocess.run([support.EVERSHORE, "check", "-c", str(path)], capture_output=True, text=True, cwd=support.ROOT, timeout=20)
    assert done.returncode == 0, done.stdout + done.stderr


def test_status_drain_failover_and_explain(make_region, make_node, tmp_path):
    regions = [make_region("east"), make_region("west")]
    regions[0].client().put("k.txt", b"k")
    node = make_node(support.site_settings(tmp_path, regions))
    wait_until(lambda: regions[1].client().get("k.txt") == b"k")
    text = node.command("status", check=0).stdout
    assert "east" in text and "west" in text and "up" in text
    wait_until(lambda: all(row["usable"] for row in node.get_json("/api/v1/status")["sites"][0]["order"]), 15, "the new regions to be in sync")
    assert "region=east" in node.edge("/k.txt?0")[1]["x-evershore"]
    node.command("drain", "east", "--reason", "new disks", check=0)
    assert "region=west" in node.edge("/k.txt?1")[1]["x-evershore"]
    assert "new disks" in node.command("status", check=0).stdout
    assert "new disks" in node.command("explain", "east", check=0).stdout
    node.command("undrain", "east", check=0)
    node.command("failover", "assets", "west", check=0)
    assert node.get_json("/api/v1/status")["sites"][0]["order"][0]["region"] == "west"
    node.command("failover", "assets", "--auto", check=0)
    assert node.get_json("/api/v1/status")["sites"][0]["order"][0]["region"] == "east"
    assert "assets" in node.command("explain", "assets.example.com", check=0).stdout
    assert "west" in node.command("explain", "k.txt", check=0).stdout
    assert node.command("drain", "nowhere").returncode == 2
    assert node.command("explain", "no/such/key").returncode in (0, 2)


def test_drains_survive_a_restart(make_region, make_node, tmp_path):
    regions = [make_region("east"), make_region("west")]
    node = make_node(support.site_settings(tmp_path, regions))
    node.command("drain", "east", "--reason", "kept", check=0)
    assert node.stop() == 0
    node.start()
    assert "kept" in node.command("status", check=0).stdout


def test_reload_takes_a_good_file_and_refuses_a_bad_one(make_region, make_node, tmp_path):
    regions = [make_region("east"), make_region("west")]
    text = support.site_settings(tmp_path, regions)
    node = make_node(text)
    node.settings_path.write_text(text.replace('regions = ["east", "west"]', 'regions = ["west", "east"]'))
    node.process.send(signal.SIGHUP)
    wait_until(lambda: node.get_json("/api/v1/status")["sites"][0]["order"][0]["region"] == "west", 10)
    node.settings_path.write_text(text.replace('regions = ["east", "west"]', 'regions = ["west", "gone"]'))
    node.process.send(signal.SIGHUP)
    node.process.line(r"(?s)reload.*gone", 10)
    assert node.get_json("/api/v1/status")["sites"][0]["order"][0]["region"] == "west"
    assert node.stop() == 0


def test_a_taken_address_is_named_and_nothing_stays_half_open(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        there = f"127.0.0.1:{taken.getsockname()[1]}"
        for listeners, what in [(f'[edge]\nlisten = ["127.0.0.1:0"]\n[dns]\nlisten = ["{there}"]\n', "dns.listen"),
                                (f'[edge]\nlisten = ["127.0.0.1:0"]\n[dns]\nlisten = ["127.0.0.1:0"]\n[admin]\nlisten = "{there}"\n', "admin.listen")]:
            path = tmp_path / "taken.toml"
            path.write_text(f"""[node]
name = "n"
data = "{tmp_path}/data"
threads = 2
{listeners}[[dns.zones]]
name = "example.com"
nameservers = ["ns1.example.com"]
[regions.east]
endpoint = "http://127.0.0.1:9"
bucket = "b"
[sites.a]
hosts = ["a.example.com"]
regions = ["east"]
""")
            done = evershore("run", "-c", path, check=3, seconds=20)
            assert f"{what} {there}" in done.stderr and "in use" in done.stderr, done.stderr


def test_metrics_health_and_token(make_region, make_node, tmp_path):
    regions = [make_region("east"), make_region("west")]
    text = support.site_settings(tmp_path, regions).replace("[admin]\n", '[admin]\ntoken = "letmein"\n')
    node = make_node(text)
    assert node.request("admin", "/healthz")[0] == 200
    wait_until(lambda: node.request("admin", "/readyz")[0] == 200, 10)
    assert node.request("admin", "/metrics")[0] == 401
    status, _, body = node.request("admin", "/metrics", {"Authorization": "Bearer letmein"})
    assert status == 200 and b"evershore_replication_lag_seconds" in body and b"# TYPE" in body
    assert support.SECRET_KEY.encode() not in body
    node.command("status", check=0)
    assert "letmein" not in node.process.text() and support.SECRET_KEY not in node.process.text()


def test_a_command_without_a_node_says_so(tmp_path, make_region):
    regions = [make_region("east"), make_region("west")]
    path = tmp_path / "x.toml"
    path.write_text(support.site_settings(tmp_path, regions))
    done = evershore("status", "-c", path, check=3)
    assert "no node answers" in done.stderr
