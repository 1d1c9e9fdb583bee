"""`evershore region` under clients nobody here wrote: aws, rclone, s3cmd, curl."""

import os
import signal
import subprocess
import urllib.request

import support
from support import ACCESS_KEY, SECRET_KEY, aws


def tree(folder):
    """Files with odd names, an empty one and one that needs multipart."""
    names = ["index.html", "a/b c+d.txt", "a/ü/%41.bin", "deep/er/x", "empty"]
    for index, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"" if name == "empty" else os.urandom(1000 + index))
    (folder / "large.bin").write_bytes(os.urandom(20 << 20))
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def same_tree(one, other):
    assert subprocess.run(["diff", "-r", str(one), str(other)], capture_output=True).returncode == 0


def test_aws_cli_copies_syncs_lists_and_removes(make_region, tmp_path):
    region = make_region("east")
    names = tree(tmp_path / "in")
    aws(region, "s3", "sync", str(tmp_path / "in"), f"s3://{region.bucket}/")
    listed = aws(region, "s3", "ls", "--recursive", f"s3://{region.bucket}/").stdout.decode()
    assert sorted(line.split(maxsplit=3)[3] for line in listed.splitlines()) == names
    aws(region, "s3", "sync", f"s3://{region.bucket}/", str(tmp_path / "out"))
    same_tree(tmp_path / "in", tmp_path / "out")
    aws(region, "s3", "cp", f"s3://{region.bucket}/large.bin", f"s3://{region.bucket}/copy.bin")
    aws(region, "s3", "rm", "--recursive", f"s3://{region.bucket}/")
    assert aws(region, "s3", "ls", "--recursive", f"s3://{region.bucket}/", check=False).stdout == b""


def test_a_presigned_url_works_with_curl_until_it_is_changed(make_region, tmp_path):
    region = make_region("east")
    (tmp_path / "hello.txt").write_text("hello")
    aws(region, "s3", "cp", str(tmp_path / "hello.txt"), f"s3://{region.bucket}/hello.txt")
    url = aws(region, "s3", "presign", f"s3://{region.bucket}/hello.txt").stdout.decode().strip()
    assert subprocess.run(["curl", "-sS", url], capture_output=True, timeout=20).stdout == b"hello"
    refused = subprocess.run(["curl", "-sS", "-w", "%{http_code}", url.replace("hello.txt", "other.txt")], capture_output=True, timeout=20).stdout
    assert refused.endswith(b"403") and b"<Code>SignatureDoesNotMatch</Code>" in refused


def test_a_wrong_secret_and_no_signature_are_refused_with_s3_errors(make_region):
    region = make_region("east")
    environment = dict(support.aws_environment(), AWS_SECRET_ACCESS_KEY="wrong")
    done = subprocess.run(["/usr/bin/aws", "--endpoint-url", region.endpoint, "s3api", "list-objects-v2", "--bucket", region.bucket], env=environment, capture_output=True, timeout=60)
    assert b"SignatureDoesNotMatch" in done.stderr
    anonymous = subprocess.run(["curl", "-sS", f"{region.endpoint}/{region.bucket}/x"], capture_output=True, timeout=20).stdout
    assert b"<Code>AccessDenied</Code>" in anonymous


def test_conditional_put_and_multipart_etags_are_as_s3_computes_them(make_region, tmp_path):
    region = make_region("east")
    body = tmp_path / "body"
    body.write_bytes(b"one")
    first = aws(region, "s3api", "put-object", "--bucket", region.bucket, "--key", "k", "--body", str(body)).stdout.decode()
    assert "f97c5d29941bfb1b2fdab0874906ab82" in first  # md5 of "one"
    large = tmp_path / "large"
    large.write_bytes(bytes(20 << 20))
    aws(region, "s3", "cp", str(large), f"s3://{region.bucket}/large")
    head = aws(region, "s3api", "head-object", "--bucket", region.bucket, "--key", "large").stdout.decode()
    assert '-3\\""' in head  # 8 MiB parts: 3 of them


def rclone(region, *words):
    remote = f":s3,provider=Other,access_key_id={ACCESS_KEY},secret_access_key={SECRET_KEY},endpoint='{region.endpoint}',force_path_style=true:{region.bucket}"
    words = [word.replace("REMOTE", remote) for word in words]
    done = subprocess.run(["rclone", "--config", "/dev/null", "--retries", "1", *words], env=support.aws_environment(), capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout.decode()


def test_rclone_copies_checks_and_deletes(make_region, tmp_path):
    region = make_region("east")
    names = tree(tmp_path / "in")
    rclone(region, "copy", str(tmp_path / "in"), "REMOTE")
    rclone(region, "check", str(tmp_path / "in"), "REMOTE")
    assert sorted(rclone(region, "lsf", "-R", "--files-only", "REMOTE").splitlines()) == names
    rclone(region, "copy", "REMOTE", str(tmp_path / "out"))
    same_tree(tmp_path / "in", tmp_path / "out")
    rclone(region, "delete", "REMOTE")
    assert rclone(region, "lsf", "-R", "--files-only", "REMOTE") == ""


def test_s3cmd_puts_gets_lists_and_removes(make_region, tmp_path):
    region = make_region("east")
    (tmp_path / "a b.txt").write_text("some text")
    host = f"127.0.0.1:{region.port}"
    base = ["s3cmd", "-c", "/dev/null", f"--access_key={ACCESS_KEY}", f"--secret_key={SECRET_KEY}", f"--host={host}", f"--host-bucket={host}", "--no-ssl"]

    def s3cmd(*words):
        done = subprocess.run(base + list(words), capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()[-2000:]
        return done.stdout.decode()

    s3cmd("put", str(tmp_path / "a b.txt"), f"s3://{region.bucket}/dir/a b.txt")
    assert "dir/a b.txt" in s3cmd("ls", "-r", f"s3://{region.bucket}/")
    s3cmd("get", f"s3://{region.bucket}/dir/a b.txt", str(tmp_path / "back"))
    assert (tmp_path / "back").read_text() == "some text"
    s3cmd("del", f"s3://{region.bucket}/dir/a b.txt")
    assert s3cmd("ls", "-r", f"s3://{region.bucket}/") == ""


def test_objects_survive_kill_nine_of_the_region(make_region, tmp_path):
    region = make_region("east")
    for index in (0, 10, 19):
        body = tmp_path / f"f{index}"
        body.write_text(f"body {index}")
        aws(region, "s3api", "put-object", "--bucket", region.bucket, "--key", f"k{index}", "--body", str(body))
    region.process.send(signal.SIGKILL)
    region.process.child.wait()
    region.start()
    url = aws(region, "s3", "presign", f"s3://{region.bucket}/k19").stdout.decode().strip()
    assert urllib.request.urlopen(url, timeout=20).read() == b"body 19"
    listed = aws(region, "s3", "ls", f"s3://{region.bucket}/").stdout.decode()
    assert len(listed.splitlines()) == 3
