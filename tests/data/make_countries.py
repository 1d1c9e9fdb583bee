#!/usr/bin/env python3
"""Writes countries.mmdb beside itself: a small MaxMind database for the tests (format: MaxMind DB 2.0, 24-bit records)."""

import ipaddress
import pathlib

NETWORKS = {
    "127.0.0.0/30": ("XL", None),
    "192.0.2.0/24": ("DE", "EU"),
    "192.0.2.128/25": ("FR", "EU"),
    "198.51.100.0/24": ("JP", "AS"),
    "203.0.113.0/24": (None, "OC"),
    "2001:db8::/32": ("DE", "EU"),
}
MARKER = b"\xab\xcd\xefMaxMind.com"


def control(kind, size):
    assert size < 29
    return bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])


def encoded(value, width=None):
    if isinstance(value, str):
        return control(2, len(value)) + value.encode()
    if isinstance(value, dict):
        return control(7, len(value)) + b"".join(encoded(key) + encoded(*item) if isinstance(item, tuple) else encoded(key) + encoded(item) for key, item in value.items())
    if isinstance(value, list):
        return control(11, len(value)) + b"".join(encoded(item) for item in value)
    kind, size = {16: (5, 2), 32: (6, 4), 64: (9, 8)}[width]
    return control(kind, size) + value.to_bytes(size, "big")


def bits_of(network):
    network = ipaddress.ip_network(network)
    text = f"{int(network.network_address):0{network.max_prefixlen}b}"[: network.prefixlen]
    return "0" * 96 + text if network.version == 4 else text


def database():
    data, offsets = b"", {}
    for country, continent in NETWORKS.values():
        if (country, continent) in offsets:
            continue
        offsets[country, continent] = len(data)
        data += encoded({**({"continent": {"code": continent}} if continent else {}), **({"country": {"iso_code": country}} if country else {})})
    nodes = [[None, None]]

    def place(bits, leaf):
        at = 0
        for bit in bits[:-1]:
            below = nodes[at][int(bit)]
            if not isinstance(below, int):  # a leaf is pushed down: what is more specific goes into it
                nodes.append([below, below])
                nodes[at][int(bit)] = below = len(nodes) - 1
            at = below
        nodes[at][int(bits[-1])] = leaf

    for network, where in sorted(NETWORKS.items(), key=lambda item: len(bits_of(item[0]))):
        place(bits_of(network), where)
    start = 0
    for _ in range(96):
        start = nodes[start][0]
    place("0" * 80 + "1" * 16, start)  # ::ffff:0:0/96 is the same tree again
    count = len(nodes)

    def record(below):
        if below is None:
            return count
        return below if isinstance(below, int) else count + 16 + offsets[below]

    tree = b"".join(record(below).to_bytes(3, "big") for node in nodes for below in node)
    metadata = encoded(
        {
            "node_count": (count, 32),
            "record_size": (24, 16),
            "ip_version": (6, 16),
            "database_type": "Test-Country",
            "languages": ["en"],
            "binary_format_major_version": (2, 16),
            "binary_format_minor_version": (0, 16),
            "build_epoch": (1_700_000_000, 64),
            "description": {"en": "for tests"},
        }
    )
    return tree + bytes(16) + data + MARKER + metadata


if __name__ == "__main__":
    pathlib.Path(__file__).with_name("countries.mmdb").write_bytes(database())
