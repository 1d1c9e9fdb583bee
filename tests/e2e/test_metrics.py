"""Every metric is documented and well named, and the dashboard and the alert rules speak of metrics that exist. The peers' Prometheus tools look, too."""

import importlib.machinery
import importlib.util
import json
import re
import shutil
import subprocess

import pytest
from support import ROOT, free_port, site_settings, wait_until

PROMTOOL = shutil.which("promtool")
PAGE = ROOT / "docs/operating/metrics.md"
RULES = ROOT / "packaging/prometheus/evershore-rules.yml"
DASHBOARD = ROOT / "packaging/grafana/evershore.json"


def tables():
    loader = importlib.machinery.SourceFileLoader("metrics_table", str(ROOT / "scripts/metrics-table"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("metrics_table", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def metrics(make_region, make_node, tmp_path):
    """What a node says that uses everything that has metrics."""
    regions = [make_region("east"), make_region("west")]
    regions[0].client().put("a.txt", b"a")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=assets.example.com",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    text = site_settings(tmp_path, regions, extra='\n[[alerts]]\non = ["dns"]\nexec = ["/bin/true"]\n')
    text = text.replace("[edge]\n", f'[edge]\nlisten_tls = ["127.0.0.1:0"]\ntls = [{{ certificate = "{certificate}", private_key = "{key}" }}]\n'
                        f'cache = {{ disk = {{ path = "{tmp_path}/cache", size = "64MiB" }} }}\n'
                        f'acme = {{ directory = "https://127.0.0.1:{free_port()}/dir", accept_terms = true, email = "a@example.com" }}\n')
    text = text.replace("[dns]\n", '[dns]\nlisten_tls = ["127.0.0.1:0"]\n')
    text = text.replace("[dns]\n", f'[dns]\ntransfer = {{ notify = ["127.0.0.1:{free_port()}"] }}\n')
    node = make_node(text)
    node.edge("/a.txt")
    wait_until(lambda: node.get_json("/api/v1/status")["sites"][0]["replication"]["keys"] >= 1, 20, "the first scan")
    status, headers, body = node.request("admin", "/metrics")
    assert status == 200 and headers["content-type"] == "text/plain; version=0.0.4"
    return body.decode()


def test_the_page_has_every_metric(metrics):
    wanted = tables().table(metrics)
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build/metrics.txt").write_text(metrics)
    assert PAGE.read_text() == wanted, "write it anew: scripts/metrics-table <build/metrics.txt >docs/operating/metrics.md"
    if PROMTOOL:
        done = subprocess.run([PROMTOOL, "check", "metrics"], input=metrics, text=True, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr


def spoken_of(text):
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bevershore_[a-z0-9_]+", text)}


def test_dashboard_and_rules_speak_of_metrics_that_exist():
    known = set(re.findall(r"^\| `(\w+)`", PAGE.read_text(), re.M))
    dashboard = json.loads(DASHBOARD.read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(expressions) >= 15
    for text in [*expressions, RULES.read_text()]:
        assert spoken_of(text) <= known, spoken_of(text) - known


@pytest.mark.skipif(not PROMTOOL, reason="no promtool: scripts/install peers")
def test_the_rules_do_what_they_say():
    folder = RULES.parent
    subprocess.run([PROMTOOL, "check", "rules", RULES.name], cwd=folder, check=True, capture_output=True)
    done = subprocess.run([PROMTOOL, "test", "rules", "evershore-rules-test.yml"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    # The dashboard's expressions, as rules: their syntax is checked so.
    dashboard = json.loads(DASHBOARD.read_text())
    expressions = [target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*") for panel in dashboard["panels"] for target in panel.get("targets", [])]
    rules = {"groups": [{"name": "dashboard", "rules": [{"record": f"dashboard:{number}", "expr": each} for number, each in enumerate(expressions)]}]}
    done = subprocess.run([PROMTOOL, "check", "rules", "/dev/stdin"], input=json.dumps(rules), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
