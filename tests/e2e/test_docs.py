"""The documentation: links lead somewhere, commands and options exist, settings in it are accepted, outputs are those of the program."""

import functools
import re
import subprocess
import urllib.parse

import pytest

import support
from support import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/**/*.md")])


def name(page):
    return str(page.relative_to(ROOT))


def anchor(title):
    """As forges make it: lower case, words by hyphens, the rest dropped."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


@functools.cache
def anchors(page):
    return {anchor(title) for title in re.findall(r"^#+ (.+)$", page.read_text(), re.M)}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, part = urllib.parse.unquote(target).partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{name(page)}: {target}"
        assert not part or part in anchors(there), f"{name(page)}: {target}: no such heading"


@functools.cache
def help_of(words):
    done = subprocess.run([support.EVERSHORE, *words, "--help"], capture_output=True, text=True, timeout=20)
    return done.stdout if done.returncode == 0 else None


@functools.cache
def subcommands(words):
    part = (help_of(words) or "").partition("\nSubcommands:\n")[2]
    return set(re.findall(r"^  (\S+)", part, re.M))


def commands_in(text):
    """Whole command lines: in code spans, behind a prompt, or indented."""
    spans = re.findall(r"`(evershore [^`]+)`", text)
    lines = re.findall(r"^(?:\s*\$ |    )(evershore .+)$", text, re.M)
    return [re.sub(r"\s{2,}\S.*$", "", line) for line in spans + lines]


@pytest.mark.parametrize("page", [page for page in PAGES if "decisions" not in page.parts], ids=name)
def test_commands_and_their_options_exist(page):
    for command in commands_in(page.read_text()):
        words, rest = (), command.split()[1:]
        while rest and rest[0] in subcommands(words):
            words, rest = (*words, rest[0]), rest[1:]
        if not words:
            assert rest[0].startswith("-") or rest[0].isupper() or not rest[0].isalpha(), f"{name(page)}: {command}: no such command"
            continue
        known = help_of(words)
        for option in re.findall(r"(?:^|[ \[])(--[a-z][a-z-]*)", " " + " ".join(rest)):
            assert re.search(rf"{option}\b", known) or option in ("--log-level", "--log-format"), f"{name(page)}: {command}: no option {option}"


def test_outputs_that_are_marked_real_are_made_by_the_script():
    steps = set(subprocess.run([ROOT / "scripts/refresh-docs", "--list"], capture_output=True, text=True, check=True, timeout=20).stdout.split())
    for page in PAGES:
        text = page.read_text()
        marked = re.findall(r"<!-- real (\S+) -->\n```console\n(.*?)```", text, re.S)
        assert len(marked) == text.count("<!-- real "), f"{name(page)}: a mark without a block behind it"
        for step, output in marked:
            assert step in steps and output.startswith("$ evershore "), f"{name(page)}: {step}: run scripts/refresh-docs"
