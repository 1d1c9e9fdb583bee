"""The table of docs/operating/dns-conformance.md: forty rules, and every test that it names exists."""

import re

import support

TABLE = support.ROOT / "docs/operating/dns-conformance.md"


def unit_tests():
    found = set()
    for path in (support.ROOT / "src").rglob("*_test.cc"):
        found.update(".".join(pair) for pair in re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", path.read_text(), re.M))
    return found


def test_every_rule_has_tests_and_each_of_them_exists():
    rows = re.findall(r"^\| (\d+) \|.*\| (.*) \|$", TABLE.read_text(), re.M)
    assert [int(number) for number, _ in rows] == list(range(1, 41))
    known = unit_tests()
    for number, tests in rows:
        names = re.findall(r"`([^`]+)`", tests)
        assert names, f"rule {number} has no test"
        for name in names:
            if "::" in name:
                path, function = name.split("::")
                assert f"def {function}(" in (support.ROOT / path).read_text(), f"rule {number}: {name}"
            else:
                assert name in known, f"rule {number}: {name}"
