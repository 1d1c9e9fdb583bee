"""`evershore aws` without an account: templates, costs, settings; and how its calls behave towards a server that throttles, lies about the time, and fails."""

import email.utils
import http.server
import json
import os
import subprocess
import threading
import time

import pytest
import support
from support import evershore

SETTINGS = """
[regions.east]
endpoint = "https://s3.us-east-1.amazonaws.com"
bucket = "example-assets"
[regions.west]
endpoint = "https://s3.us-west-2.amazonaws.com"
bucket = "assets.example.com"
[sites.assets]
hosts = ["assets.example.com"]
regions = ["east", "west"]
[aws]
site = "assets"
hosted_zone = "example.com"
primary = { region = "us-east-1", bucket = "example-assets" }
secondary = { region = "us-west-2" }
"""


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "evershore.toml"
    file.write_text(SETTINGS)
    return file


def test_templates_and_costs_need_no_account(path):
    template = json.loads(evershore("aws", "export", "-c", path, "--format", "cloudformation", check=0).stdout)
    assert template["Resources"]["CheckBoth"]["Properties"]["HealthCheckConfig"]["HealthThreshold"] == 2
    modules = json.loads(evershore("aws", "export", "-c", path, "--format", "terraform", check=0).stdout)
    assert set(modules["resource"]["aws_route53_record"]) == {"primary", "secondary", "certificate"}
    cost = evershore("aws", "cost", "-c", path, "--stored-gb", "100", check=0).stdout
    assert "1.25 = 0.50 + 0.75" in cost and "in the free tier" in cost
    bill = json.loads(evershore("aws", "cost", "-c", path, "--json", check=0).stdout)
    assert abs(bill["total_usd"] - sum(line["usd"] for line in bill["lines"])) < 1e-6


def test_what_aws_would_refuse_is_told_with_its_place(path):
    path.write_text(SETTINGS.replace('bucket = "example-assets" }', 'bucket = "Example" }') + 'check = { interval = "20s" }\n')
    done = evershore("check", "-c", path, check=1)
    told = done.stdout + done.stderr
    assert "aws.primary.bucket" in told and "aws.check.interval: Route 53 offers 10s and 30s" in told
    assert evershore("aws", "plan", "-c", path).returncode == 2
    path.write_text(SETTINGS.split("[aws]")[0])
    assert "no [aws] section" in evershore("aws", "cost", "-c", path, check=2).stderr


class Service:
    """Answers GetCallerIdentity by a script of its first answers, and everything else with 403; keeps what it was sent."""

    def __init__(self, script):
        self.script, self.seen = list(script), []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def date_time_string(self, timestamp=None):
                return email.utils.formatdate(time.time() + service.ahead, usegmt=True)

            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
                service.seen.append((self.command, self.path, dict((k.lower(), v) for k, v in self.headers.items()), body))
                status, text = service.script.pop(0) if service.script else (403, "<Error><Code>AccessDenied</Code></Error>")
                self.send_response(status)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_HEAD = do_POST = do_PUT = answer

        self.ahead = 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def plan(self, path, environment):
        path.write_text(SETTINGS + f'endpoint = "http://127.0.0.1:{self.port}"\n')
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        done = subprocess.run([support.EVERSHORE, "--log-level", "debug", "aws", "plan", "-c", str(path)], capture_output=True, text=True, timeout=60,
                              env=dict(kept, **environment))
        for secret in ("secret-one", "secret-two", "token-one", "token-two"):
            assert secret not in done.stdout + done.stderr
        self.server.shutdown()
        self.server.server_close()
        return done


KEYS = {"AWS_ACCESS_KEY_ID": "KEYONE", "AWS_SECRET_ACCESS_KEY": "secret-one"}
IDENTITY = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"


def error(code):
    return f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"


def test_throttling_and_failures_are_tried_again_and_a_no_is_not(path):
    service = Service([(400, error("Throttling")), (503, "busy"), (200, IDENTITY), (403, error("AccessDenied"))])
    done = service.plan(path, KEYS)
    assert done.returncode == 3 and "AccessDenied" in done.stderr and "right to do it" in done.stderr
    assert len(service.seen) == 4


def test_a_wrong_clock_is_corrected_by_the_answers_date(path):
    service = Service([(403, error("RequestTimeTooSkewed")), (200, IDENTITY), (403, error("AccessDenied"))])
    service.ahead = 3600
    done = service.plan(path, KEYS)
    assert "clock" in done.stderr
    first, second = (seen[2]["x-amz-date"] for seen in service.seen[:2])
    assert int(second[9:11]) != int(first[9:11]), (first, second)


def test_a_profile_and_its_role(path, tmp_path):
    session = ("<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>KEYTWO</AccessKeyId><SecretAccessKey>secret-two</SecretAccessKey>"
               "<SessionToken>token-two</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>")
    (tmp_path / "credentials").write_text("[base]\naws_access_key_id = KEYONE\naws_secret_access_key = secret-one\n")
    (tmp_path / "config").write_text("[profile deploy]\nrole_arn = arn:aws:iam::1:role/deploy\nsource_profile = base\n")
    service = Service([(200, session), (200, IDENTITY)])
    service.plan(path, {"AWS_PROFILE": "deploy", "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"), "AWS_CONFIG_FILE": str(tmp_path / "config")})
    assert "Action=AssumeRole" in service.seen[0][3] and "Credential=KEYONE/" in service.seen[0][2]["authorization"]
    assert "Credential=KEYTWO/" in service.seen[1][2]["authorization"] and service.seen[1][2]["x-amz-security-token"] == "token-two"


def test_keys_of_the_instance_by_version_2_of_its_metadata(path, tmp_path):
    document = json.dumps({"AccessKeyId": "KEYTWO", "SecretAccessKey": "secret-two", "Token": "token-two", "Expiration": "2099-01-01T00:00:00Z"})
    service = Service([(200, "metadata-token"), (200, "role-name"), (200, document), (200, IDENTITY)])
    service.plan(path, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{service.port}", "HOME": str(tmp_path)})
    assert service.seen[0][:2] == ("PUT", "/latest/api/token")
    assert service.seen[1][2]["x-aws-ec2-metadata-token"] == "metadata-token"
    assert service.seen[2][1].endswith("/security-credentials/role-name")
    assert "Credential=KEYTWO/" in service.seen[3][2]["authorization"]


def test_web_identity(path, tmp_path):
    session = ("<R><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>KEYTWO</AccessKeyId><SecretAccessKey>secret-two</SecretAccessKey>"
               "<SessionToken>token-two</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></R>")
    (tmp_path / "token").write_text("token-one\n")
    service = Service([(200, session), (200, IDENTITY)])
    service.plan(path, {"AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"), "AWS_ROLE_ARN": "arn:aws:iam::1:role/pod", "HOME": str(tmp_path)})
    assert "authorization" not in service.seen[0][2] and "WebIdentityToken=token-one" in service.seen[0][3]
    assert "Credential=KEYTWO/" in service.seen[1][2]["authorization"]


def test_without_any_credentials_it_says_what_to_do(path, tmp_path):
    service = Service([(404, "")])
    done = service.plan(path, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{service.port}", "HOME": str(tmp_path)})
    assert done.returncode == 3 and "AWS_ACCESS_KEY_ID" in done.stderr
