"""Changes told by an SQS queue (an emulation of AWS): copied within seconds, and kept once their message is deleted, whatever happens to the node."""

import json
import os
import shutil
import signal
import urllib.parse

import pytest
import support
from support import ACCESS_KEY, SECRET_KEY, site_settings, wait_until
from test_replication import region_status

botocore_session = pytest.importorskip("botocore.session")

VENV_SERVER = support.ROOT / "build/moto/bin/moto_server"
SERVER = os.environ.get("MOTO_SERVER") or (str(VENV_SERVER) if VENV_SERVER.exists() else shutil.which("moto_server"))


@pytest.fixture
def sqs(tmp_path):
    if not SERVER:
        pytest.skip("moto_server is not here: scripts/install peers brings it")
    port = support.free_port()
    process = support.Process([SERVER, "-H", "127.0.0.1", "-p", str(port)], tmp_path / "moto.log")
    process.line(r"Running on", 60)
    yield botocore_session.get_session().create_client("sqs", region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id=ACCESS_KEY,
                                                       aws_secret_access_key=SECRET_KEY)
    process.kill()


def tell(sqs, url, region, name, key):
    record = {"eventSource": "aws:s3", "eventName": name, "s3": {"bucket": {"name": region.bucket}, "object": {"key": urllib.parse.quote_plus(key)}}}
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"Records": [record]}))


def left(sqs, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(int(value) for value in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())


def test_changes_told_by_a_queue_are_copied_and_kept_over_a_kill(sqs, make_region, make_node, tmp_path):
    url = sqs.create_queue(QueueName="changes")["QueueUrl"]
    east, west = regions = [make_region(name) for name in ("east", "west")]
    text = site_settings(tmp_path, regions)
    node = make_node(text.replace("[regions.east]\n", f'[regions.east]\nevent_queue = "{url}"\n'))
    wait_until(lambda: all(r.client().get(".evershore/region") for r in regions), 20, "the markers")
    sqs.send_message(QueueUrl=url, MessageBody='{"Event":"s3:TestEvent"}')
    sqs.send_message(QueueUrl=url, MessageBody="no event at all")
    east.client().put("a b", b"told by the queue")
    tell(sqs, url, east, "ObjectCreated:Put", "a b")
    wait_until(lambda: west.client().get("a b") == b"told by the queue", 20, "the copy")
    wait_until(lambda: left(sqs, url) == 0, 10, "an empty queue")

    west.kill()
    wait_until(lambda: region_status(node, "west")["health"] == "down", 10, "west to be seen down")
    east.client().delete("a b")
    tell(sqs, url, east, "ObjectRemoved:Delete", "a b")
    wait_until(lambda: left(sqs, url) == 0, 20, "the removal taken in")
    node.process.send(signal.SIGKILL)
    node.process.child.wait()
    west.start()
    node.start()
    # A scan alone would restore the key in east: only what the message told can have removed it.
    wait_until(lambda: west.client().get("a b") is None, 30, "the removal in west")
    assert east.client().get("a b") is None
