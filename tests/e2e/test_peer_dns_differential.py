"""Random zones and questions: Knot, NSD and BIND answer as we do. Long runs: tests/differential/dns_differential.py."""

import subprocess

import support


def test_knot_nsd_and_bind_answer_as_we_do():
    program = support.ROOT / "tests/differential/dns_differential.py"
    done = subprocess.run(["/usr/bin/python3", program, "--build", support.ROOT / "build/release", "--zones", "40", "--questions", "1000"], capture_output=True, text=True,
                          timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
