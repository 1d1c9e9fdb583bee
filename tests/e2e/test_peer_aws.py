"""`evershore aws` against an emulation of AWS: made from nothing, unchanged the second time, cut off anywhere, and taken away again."""

import json
import os
import shutil
import signal
import subprocess

import aws_proxy
import pytest
import support

botocore_session = pytest.importorskip("botocore.session")
from botocore.config import Config  # noqa: E402

HOST = "assets.example.com"
VENV_SERVER = support.ROOT / "build/moto/bin/moto_server"
SERVER = os.environ.get("MOTO_SERVER") or (str(VENV_SERVER) if VENV_SERVER.exists() else shutil.which("moto_server"))


class Account:
    """The emulation, emptied for each test."""

    def __init__(self, directory):
        self.port = support.free_port()
        # Certificates are issued, and distributions deployed, as soon as somebody looks.
        environment = {"MOTO_ACM_VALIDATION_WAIT": "0"}
        self.process = support.Process([SERVER, "-H", "127.0.0.1", "-p", str(self.port)], directory / "moto.log", environment)
        self.process.line(r"Running on", 60)

    def post(self, path):
        subprocess.run(["curl", "-fsS", "-o", "/dev/null", "-X", "POST", f"http://127.0.0.1:{self.port}{path}"], check=True, timeout=30)

    def client(self, service, region="us-east-1"):
        session = botocore_session.get_session()
        return session.create_client(service, region_name=region, endpoint_url=f"http://127.0.0.1:{self.port}", aws_access_key_id="x", aws_secret_access_key="y",
                                     config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}))

    def inventory(self):
        """Everything there is, by what stays the same over runs."""
        route53 = self.client("route53")
        found = {"zones": sorted((z["Name"], z["ResourceRecordSetCount"]) for z in route53.list_hosted_zones()["HostedZones"])}
        found["records"] = sorted((r["Name"], r["Type"], r.get("SetIdentifier", "")) for z in route53.list_hosted_zones()["HostedZones"]
                                  for r in route53.list_resource_record_sets(HostedZoneId=z["Id"])["ResourceRecordSets"] if r["Type"] not in ("NS", "SOA"))
        found["checks"] = sorted((c["HealthCheckConfig"]["Type"], c["HealthCheckConfig"].get("FullyQualifiedDomainName", "").endswith("cloudfront.net"))
                                 for c in route53.list_health_checks()["HealthChecks"])
        found["buckets"] = sorted(b["Name"] for b in self.client("s3").list_buckets()["Buckets"])
        found["distributions"] = len(self.client("cloudfront").list_distributions()["DistributionList"].get("Items", []))
        found["roles"] = sorted(r["RoleName"] for r in self.client("iam").list_roles()["Roles"])
        found["certificates"] = sorted(c["DomainName"] for c in self.client("acm").list_certificates()["CertificateSummaryList"])
        found["topics"] = sorted(t["TopicArn"] for t in self.client("sns").list_topics()["Topics"])
        found["alarms"] = sorted(a["AlarmName"] for a in self.client("cloudwatch").describe_alarms()["MetricAlarms"])
        return found

    def furnish(self):
        """Things of others, which must be there at the end of everything."""
        route53 = self.client("route53")
        zone = route53.create_hosted_zone(Name="other.example.net", CallerReference="theirs")["HostedZone"]["Id"]
        record = {"Name": "www.other.example.net", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]})
        route53.create_health_check(CallerReference="theirs", HealthCheckConfig={"Type": "TCP", "FullyQualifiedDomainName": "db.example.net", "Port": 5432})
        self.client("s3").create_bucket(Bucket="somebodys-bucket")
        self.client("sns").create_topic(Name="theirs")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not SERVER:
        pytest.skip("moto_server is not here: scripts/install peers brings it")
    account = Account(tmp_path_factory.mktemp("moto"))
    yield account
    account.process.kill()


@pytest.fixture
def account(server):
    server.post("/moto-api/reset")
    server.furnish()
    return server


@pytest.fixture
def recorder(account):
    recorder = aws_proxy.Recorder(account.port)
    yield recorder
    recorder.stop()


def settings(path, port, layout="classic", extra=""):
    secondary = '{ region = "us-west-2", bucket = "example-west" }' if layout == "origin-group" else '{ region = "us-west-2" }'
    path.write_text(f"""
[regions.east]
endpoint = "https://s3.us-east-1.amazonaws.com"
bucket = "example-assets"
[regions.west]
endpoint = "https://s3.us-west-2.amazonaws.com"
bucket = "{HOST}"
[sites.assets]
hosts = ["{HOST}"]
regions = ["east", "west"]
replication = {{ mode = "async", deletes = false }}  # the emulation forgets whether delete markers are replicated
[aws]
layout = "{layout}"
site = "assets"
hosted_zone = "example.com"
primary = {{ region = "us-east-1", bucket = "example-assets" }}
secondary = {secondary}
endpoint = "http://127.0.0.1:{port}"
{extra}
""")
    return path


ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "TESTKEY", "AWS_SECRET_ACCESS_KEY": "very-secret-key"}


def aws(verb, path, *words, check=None):
    done = subprocess.run([support.EVERSHORE, "aws", verb, "-c", str(path), *words], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                          env=dict(os.environ, **ENVIRONMENT))
    if check is not None:
        assert done.returncode == check, f"aws {verb}: exit {done.returncode}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    assert "very-secret-key" not in done.stdout + done.stderr
    return done


# The emulation knows no origin groups: that layout is carried out over the strict account of the unit tests, and only planned here.
@pytest.mark.parametrize("layout", ["classic", "evershore"])
def test_made_from_nothing_unchanged_the_second_time_and_taken_away(account, recorder, tmp_path, layout):
    before = account.inventory()
    extra = 'edges = ["198.51.100.1", "203.0.113.1"]' if layout == "evershore" else 'notify = "ops@example.com"'
    path = settings(tmp_path / "evershore.toml", recorder.port, layout, extra)
    planned = aws("plan", path, "--json", check=1)
    plan = json.loads(planned.stdout)
    assert plan["differs"] and not plan["problems"] and plan["cannot"]
    assert recorder.calls == [], "a plan changes nothing"
    aws("apply", path, check=1)
    assert recorder.calls == [], "nothing is done without consent"
    aws("apply", path, "--yes", check=0)
    assert len(recorder.calls) == len(plan["steps"])
    again = aws("plan", path, check=0)
    assert "nothing to do" in again.stdout
    made = len(recorder.calls)
    aws("apply", path, "--yes", check=0)
    assert recorder.calls[made:] == [], "the second apply makes no call that changes anything"
    status = json.loads(aws("status", path, "--json", check=0).stdout)
    assert [r["type"] for r in status["records"]]
    aws("destroy", path, "--yes", check=0)
    assert account.inventory() == before


def test_an_origin_group_is_planned(account, recorder, tmp_path):
    path = settings(tmp_path / "evershore.toml", recorder.port, "origin-group")
    plan = json.loads(aws("plan", path, "--json", check=1).stdout)
    assert {"access-control", "distribution", "bucket-policy/secondary", "records"} <= {step["part"] for step in plan["steps"]}
    assert recorder.calls == []


def test_what_stands_after_apply_is_the_layout(account, recorder, tmp_path):
    path = settings(tmp_path / "evershore.toml", recorder.port)
    aws("apply", path, "--yes", check=0)
    s3 = account.client("s3")
    replication = s3.get_bucket_replication(Bucket="example-assets")["ReplicationConfiguration"]["Rules"][0]
    assert replication["Destination"]["Bucket"] == f"arn:aws:s3:::{HOST}" and replication["Status"] == "Enabled"
    assert s3.get_bucket_versioning(Bucket=HOST)["Status"] == "Enabled"
    assert s3.get_bucket_website(Bucket=HOST)["IndexDocument"]["Suffix"] == "index.html"
    route53 = account.client("route53")
    checks = {c["Id"]: c["HealthCheckConfig"] for c in route53.list_health_checks()["HealthChecks"]}
    both = [i for i, c in checks.items() if c["Type"] == "CALCULATED"]
    assert len(both) == 1 and checks[both[0]]["HealthThreshold"] == 2 and len(checks[both[0]]["ChildHealthChecks"]) == 2
    zone = next(z["Id"] for z in route53.list_hosted_zones()["HostedZones"] if z["Name"] == "example.com.")
    records = {r.get("Failover"): r for r in route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"] if r["Name"] == HOST + "."}
    assert records["PRIMARY"]["HealthCheckId"] == both[0]
    assert records["PRIMARY"]["ResourceRecords"][0]["Value"].endswith(".cloudfront.net")
    assert records["SECONDARY"]["ResourceRecords"][0]["Value"] == f"{HOST}.s3-website-us-west-2.amazonaws.com"
    cloudfront = account.client("cloudfront")
    distribution = cloudfront.list_distributions()["DistributionList"]["Items"][0]["Id"]
    assert cloudfront.get_distribution_config(Id=distribution)["DistributionConfig"]["Aliases"]["Items"] == [HOST]


def test_cut_off_at_calls_it_goes_on_and_ends_the_same(account, recorder, tmp_path):
    path = settings(tmp_path / "evershore.toml", recorder.port)
    aws("apply", path, "--yes", check=0)
    whole, total = account.inventory(), len(recorder.calls)
    aws("destroy", path, "--yes", check=0)
    for at, moment in ((3, "before"), (13, "after"), (total - 1, "after")):
        recorder.calls.clear()
        child = subprocess.Popen([support.EVERSHORE, "aws", "apply", "-c", str(path), "--yes"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 env=dict(os.environ, **ENVIRONMENT))
        recorder.cut = (at, moment, lambda child=child: child.send_signal(signal.SIGKILL))
        assert child.wait(120) == -signal.SIGKILL, f"cut {moment} call {at}"
        recorder.cut = None
        aws("apply", path, "--yes", check=0)
        assert account.inventory() == whole, f"cut {moment} call {at}"
        aws("plan", path, check=0)
        aws("destroy", path, "--yes", check=0)


def test_a_stale_plan_is_refused(account, recorder, tmp_path):
    path = settings(tmp_path / "evershore.toml", recorder.port)
    aws("plan", path, "--out", str(tmp_path / "plan.json"), check=1)
    account.client("route53").create_hosted_zone(Name="example.com", CallerReference="meanwhile")
    refused = aws("apply", path, "--yes", "--plan", str(tmp_path / "plan.json"), check=1)
    assert "stale" in refused.stderr and recorder.calls == []


def test_drift_is_shown_and_objects_are_not_deleted_unasked(account, recorder, tmp_path):
    path = settings(tmp_path / "evershore.toml", recorder.port)
    aws("apply", path, "--yes", check=0)
    settings(path, recorder.port, extra='check = { interval = "10s" }')
    drift = aws("plan", path, check=1)
    assert "replace" in drift.stdout and "cannot be changed" in drift.stdout
    aws("apply", path, "--yes", check=0)
    aws("plan", path, check=0)
    account.client("s3").put_object(Bucket="example-assets", Key="k", Body=b"x")
    kept = aws("destroy", path, "--yes", check=3)
    assert "--delete-objects" in kept.stdout
    aws("destroy", path, "--yes", "--delete-objects", check=0)
    assert "example-assets" not in account.inventory()["buckets"]


def test_the_readmes_settings_give_a_readable_plan(account, recorder, tmp_path):
    block = next(part.split("```")[0] for part in (support.ROOT / "README.md").read_text().split("```toml\n")[1:] if "[aws]" in part)
    assert len(block.strip().splitlines()) < 20
    path = tmp_path / "evershore.toml"
    path.write_text(block + f'endpoint = "http://127.0.0.1:{recorder.port}"\n')
    text = aws("plan", path, check=1).stdout
    for part in ("What this layout cannot do:", "TLS on the secondary", "health check: both of them", "records at assets.example.com", "it is not there"):
        assert part in text, text


def test_records_of_others_are_taken_over_only_when_told(account, recorder, tmp_path):
    path = settings(tmp_path / "evershore.toml", recorder.port)
    route53 = account.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="old")["HostedZone"]["Id"]
    record = {"Name": HOST, "Type": "CNAME", "TTL": 300, "ResourceRecords": [{"Value": "old.example.net"}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]})
    refused = aws("apply", path, "--yes", check=3)
    assert "--take-over" in refused.stdout and recorder.calls == []
    aws("apply", path, "--yes", "--take-over", check=0)
    aws("plan", path, check=0)
    aws("destroy", path, "--yes", check=0)
    assert ("example.com.", 2) in account.inventory()["zones"], "the zone was there before us"


def test_what_stands_is_imported_as_settings_that_check_clean(account, recorder, tmp_path):
    path = settings(tmp_path / "evershore.toml", recorder.port)
    aws("apply", path, "--yes", check=0)
    made = len(recorder.calls)
    imported = tmp_path / "imported.toml"
    done = subprocess.run([support.EVERSHORE, "aws", "import", HOST, "--out", str(imported), "--endpoint", f"http://127.0.0.1:{recorder.port}"],
                          capture_output=True, text=True, timeout=60, env=dict(os.environ, **ENVIRONMENT))
    assert done.returncode == 0, done.stderr
    assert recorder.calls[made:] == []
    text = imported.read_text()
    for part in ('bucket = "example-assets"', f'bucket = "{HOST}"', 'healthy_at_least = 2', 'role = "primary"'):
        assert part in text, text
    support.evershore("check", "-c", imported, check=0)
