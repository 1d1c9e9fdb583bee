"""slowhttptest against the edge: slow heads, slow bodies, slow readers by the hundred, while another client's requests stay quick."""

import os
import re
import subprocess
import time

import pytest
import support

CONNECTIONS = 300
MODES = {
    "slow heads": ["-H", "-i", "1", "-x", "24"],
    "slow bodies": ["-B", "-i", "1", "-x", "10", "-s", "65536"],
    "slow readers": ["-X", "-w", "10", "-y", "20", "-n", "1", "-z", "8", "-k", "1"],
}


@pytest.mark.parametrize("mode", MODES)
def test_others_stay_quick_and_the_slow_ones_are_dropped(mode, make_region, make_node, tmp_path):
    regions = [make_region(name) for name in ("east", "west")]
    for region in regions:
        region.client().put("small.txt", b"small", {"Cache-Control": "max-age=600"})
        region.client().put("large.bin", b"x" * (4 << 20), {"Cache-Control": "max-age=600"})
    text = support.site_settings(tmp_path, regions, records=False)
    if mode == "slow bodies":  # a site that takes them: it forwards requests
        text += f"""
[regions.plain]
endpoint = "{regions[0].endpoint}"
addressing = "bare"
[sites.forwarding]
hosts = ["*"]
regions = ["plain"]
forward = "requests"
"""
    else:
        text = text.replace('"assets.example.com"]', '"assets.example.com", "*"]')
    limits = 'limits = { header_timeout = "3s", rate = "1KiB", rate_window = "3s" }\n'
    node = make_node(text.replace("[edge]\n", "[edge]\n" + limits))
    port = node.ports["edge"]
    target = "/large.bin"
    assert node.edge("/small.txt")[0] == 200 and node.edge("/large.bin")[0] == 200
    command = ["slowhttptest", "-c", str(CONNECTIONS), "-r", "200", "-l", "12", "-p", "3", *MODES[mode], "-u", f"http://127.0.0.1:{port}{target}"]
    slow = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={"PATH": os.environ["PATH"]}, stdin=subprocess.DEVNULL)
    times = []
    while slow.poll() is None:
        begun = time.monotonic()
        assert node.edge("/small.txt")[0] == 200
        times.append(time.monotonic() - begun)
    output = re.sub(r"\x1b\[[0-9;]*m", "", slow.communicate()[0])
    times.sort()
    print(f"{mode}: {len(times)} requests beside them, median {times[len(times) // 2] * 1000:.1f} ms, worst {times[-1] * 1000:.0f} ms")
    assert len(times) > 100
    assert times[len(times) * 99 // 100] < 0.5
    assert "service available:   YES" in output or "service available:  YES" in output, output[-2000:]
    wait = support.wait_until(lambda: node.get_json("/api/v1/status")["edge"]["connections"] <= 1, what="the slow ones' end")
    assert wait
