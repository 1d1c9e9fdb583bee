"""The Debian package: Debian's own checker finds nothing, what is in it works, and every command has its page and completion."""

import pathlib
import re
import shutil
import subprocess

import pytest
from support import EVERSHORE, ROOT, Process, free_port

BUILD = ROOT / "build/release"


@pytest.fixture(scope="module")
def package():
    if not shutil.which("lintian"):
        pytest.skip("no lintian: scripts/install peers")
    done = subprocess.run([str(ROOT / "scripts/build"), "release", "package_files"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    for old in BUILD.glob("evershore_*.deb"):
        old.unlink()
    done = subprocess.run(["cpack", "-G", "DEB"], cwd=BUILD, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return next(BUILD.glob("evershore_*.deb"))


@pytest.fixture(scope="module")
def unpacked(package, tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    subprocess.run(["dpkg-deb", "-R", str(package), str(folder)], check=True)
    return folder


def test_lintian_finds_nothing(package):
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", str(package)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and not done.stdout, done.stdout + done.stderr


def test_the_program_in_it_runs_on_the_settings_in_it(unpacked, tmp_path):
    program = unpacked / "usr/bin/evershore"
    settings = (unpacked / "etc/evershore/evershore.toml").read_text()
    assert (unpacked / "DEBIAN/conffiles").read_text().split() == ["/etc/evershore/evershore.toml"]
    mine = tmp_path / "evershore.toml"
    mine.write_text(settings.replace("/var/lib/evershore", str(tmp_path / "state")).replace("127.0.0.1:9090", f"127.0.0.1:{free_port()}"))
    subprocess.run([str(program), "check", "-c", str(mine)], check=True)
    node = Process([str(program), "run", "-c", str(mine)], tmp_path / "log")
    node.line(r"node \S+ is ready")
    assert node.stop() == 0


def test_the_service_is_sound_and_fenced_in(unpacked, tmp_path):
    unit = unpacked / "lib/systemd/system/evershore.service"
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd here")
    here = tmp_path / "evershore.service"
    here.write_text(unit.read_text().replace("/usr/bin/evershore", str(unpacked / "usr/bin/evershore")))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(here)], capture_output=True, text=True)
    assert done.returncode == 0 and "evershore.service" not in done.stderr, done.stderr
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", str(here)], capture_output=True, text=True)
    exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout).group(1))
    assert exposure <= 2.0, done.stdout[-1500:]


def commands(words=()):
    text = subprocess.run([EVERSHORE, *words, "--help"], capture_output=True, text=True, check=True).stdout
    part = re.search(r"^Subcommands:\n((?:  .*\n?)+)", text, re.M)
    for name in re.findall(r"^  (\S+)", part.group(1), re.M) if part else []:
        yield (*words, name)
        yield from commands((*words, name))


def test_every_command_has_its_page_and_completion(unpacked):
    bash = unpacked / "usr/share/bash-completion/completions/evershore"
    for words in commands():
        page = unpacked / f"usr/share/man/man1/evershore-{'-'.join(words)}.1.gz"
        assert page.exists(), page
        script = f"source '{bash}'; COMP_WORDS=(evershore {' '.join(words[:-1])} '{words[-1][:2]}'); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); _evershore; echo \"${{COMPREPLY[@]}}\""
        told = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout
        assert words[-1] in told.split(), (words, told)
    for shell, path in (("zsh", "usr/share/zsh/vendor-completions/_evershore"), ("fish", "usr/share/fish/vendor_completions.d/evershore.fish")):
        if shutil.which(shell):
            subprocess.run([shell, "-n", str(unpacked / path)], check=True)


def test_the_scripts_of_the_package_are_sound(unpacked):
    scripts = [str(unpacked / "DEBIAN" / name) for name in ("postinst", "prerm", "postrm")]
    subprocess.run(["shellcheck", *scripts], check=True)
    assert pathlib.Path(scripts[0]).stat().st_mode & 0o777 == 0o755
