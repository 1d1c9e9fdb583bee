"""Requests and answers that two HTTP implementations might read differently: refused, and nothing behind them is heard."""

import http.server
import re
import socket
import threading

import pytest
import support

HOST = b"Host: assets.example.com\r\n"
SECOND = b"GET /second.txt HTTP/1.1\r\n" + HOST + b"\r\n"  # what an attacker would smuggle
BODY = b"abc"


def post(fields, body=BODY):
    return b"POST /first.txt HTTP/1.1\r\n" + HOST + fields + b"\r\n" + body


def get(line, fields=HOST):
    return line + b"\r\n" + fields + b"\r\n"


# name, bytes, status. The second request follows each of them on the same connection and must get no answer.
ATTACKS = [
    ("CL.TE", post(b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\nG"), 400),
    ("TE.CL", post(b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", b"8\r\nSMUGGLED\r\n0\r\n\r\n"), 400),
    ("CL.0 with TE", post(b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", b""), 400),
    ("TE.TE, other coding second", post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", b"0\r\n\r\n"), 400),
    ("TE.TE twice", post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400),
    ("TE xchunked", post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"), 501),
    ("TE with a tab before the colon", post(b"Transfer-Encoding\t: chunked\r\n", b"0\r\n\r\n"), 400),
    ("TE with a space before the colon", post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"), 400),
    ("TE with a vertical tab", post(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"), 400),
    ("TE folded", post(b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n"), 400),
    ("TE behind a bare LF", post(b"X: y\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400),
    ("TE behind a bare CR", post(b"X: y\rTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400),
    ("TE quoted", post(b'Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n"), 501),
    ("TE with a parameter", post(b"Transfer-Encoding: chunked;q=1\r\n", b"0\r\n\r\n"), 501),
    ("TE list", post(b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n"), 501),
    ("TE in HTTP/1.0", b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("two CL that differ", post(b"Content-Length: 3\r\nContent-Length: 0\r\n"), 400),
    ("list of CL", post(b"Content-Length: 3, 0\r\n"), 400),
    ("signed CL", post(b"Content-Length: +3\r\n"), 400),
    ("negative CL", post(b"Content-Length: -3\r\n"), 400),
    ("hex CL", post(b"Content-Length: 0x3\r\n"), 400),
    ("overflowing CL", post(b"Content-Length: 18446744073709551619\r\n"), 400),
    ("CL with a space inside", post(b"Content-Length: 3 0\r\n"), 400),
    ("empty CL", post(b"Content-Length:\r\n"), 400),
    ("CL with a space before the colon", post(b"Content-Length : 3\r\n"), 400),
    ("folded field", post(b"X: y\r\n\tContent-Length: 3\r\n"), 400),
    ("NUL in a value", post(b"X: y\0z\r\n"), 400),
    ("NUL in a name", post(b"X\0: y\r\n"), 400),
    ("no colon", post(b"Content-Length 3\r\n"), 400),
    ("two Host", get(b"GET / HTTP/1.1", HOST + HOST), 400),
    ("no Host", get(b"GET / HTTP/1.1", b""), 400),
    ("Host as a list", get(b"GET / HTTP/1.1", b"Host: assets.example.com, evil\r\n"), 400),
    ("Host with user information", get(b"GET / HTTP/1.1", b"Host: evil@assets.example.com\r\n"), 400),
    ("absolute form with another Host", get(b"GET http://evil.example/ HTTP/1.1"), 400),
    ("absolute form with user information", get(b"GET http://evil@assets.example.com/ HTTP/1.1"), 400),
    ("HTTP/0.9", b"GET /\r\n\r\n", 400),
    ("HTTP/2 by hand", get(b"GET / HTTP/2.0"), 505),
    ("HTTP/1", get(b"GET / HTTP/1"), 400),
    ("lower-case version", get(b"GET / http/1.1"), 400),
    ("version with more behind it", get(b"GET / HTTP/1.1x"), 400),
    ("two request lines in one", get(b"GET / HTTP/1.1 GET /second.txt HTTP/1.1"), 400),
    ("space in the target", get(b"GET /a b HTTP/1.1"), 400),
    ("tab for a space", get(b"GET\t/ HTTP/1.1"), 400),
    ("bare LF after the request line", b"GET / HTTP/1.1\n" + HOST + b"\r\n", 400),
    ("bare CR in the request line", get(b"GET /\r HTTP/1.1"), 400),
    ("fragment", get(b"GET /#a HTTP/1.1"), 400),
    ("space before the method", get(b" GET / HTTP/1.1"), 400),
    ("no method", get(b"/ HTTP/1.1"), 400),
]

# Well-formed heads whose bodies are not: the answer is the edge's to the head (405), and the connection ends with it.
BAD_BODIES = [
    ("chunk size with a sign", b"+3\r\nabc\r\n0\r\n\r\n"),
    ("chunk size in 0x", b"0x3\r\nabc\r\n0\r\n\r\n"),
    ("chunk size that overflows", b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
    ("chunk size with a space", b"3 \r\nabc\r\n0\r\n\r\n"),
    ("bare LF after the chunk size", b"3\nabc\r\n0\r\n\r\n"),
    ("bare LF after the chunk", b"3\r\nabc\n0\r\n\r\n"),
    ("bare LF in an extension", b"3;a\nabc\r\n0\r\n\r\n"),
    ("chunk longer than said", b"3\r\nabcd\r\n0\r\n\r\n"),
    ("folded trailer", b"0\r\n X: y\r\n\r\n"),
    ("bare LF in a trailer", b"0\r\nX: y\n\r\n"),
]


def hear(connection):
    """All until the end; a reset after the answer counts as an end, too."""
    heard = b""
    connection.settimeout(15)
    try:
        while piece := connection.recv(65536):
            heard += piece
    except ConnectionResetError:
        pass
    return heard


def say(node, data):
    with socket.create_connection(("127.0.0.1", node.ports["edge"]), timeout=15) as connection:
        connection.sendall(data)
        return hear(connection)


def statuses(heard):
    """The status of each answer in `heard`, by their lengths; 0 at the end for what is no answer."""
    found = []
    while heard:
        head, _, rest = heard.partition(b"\r\n\r\n")
        status, length = re.match(rb"HTTP/1\.1 (\d{3}) ", head), re.search(rb"\r\nContent-Length: (\d+)", head)
        if not status or not length:
            return found + [0]
        found.append(int(status.group(1)))
        heard = rest[int(length.group(1)):]
    return found


@pytest.fixture
def node(make_region, make_node, tmp_path):
    region = make_region("east")
    region.client().put("first.txt", b"first")
    region.client().put("second.txt", b"never to be seen")
    return make_node(support.site_settings(tmp_path, [region], records=False))


def test_attacks_are_refused_and_what_follows_them_is_not_heard(node):
    wrong = []
    for name, data, status in ATTACKS:
        heard = say(node, data + SECOND)
        if statuses(heard) != [status] or b"\r\nConnection: close\r\n" not in heard or b"never to be seen" in heard:
            wrong.append((name, statuses(heard), heard[:200]))
    for name, body in BAD_BODIES:
        heard = say(node, post(b"Transfer-Encoding: chunked\r\n", body) + SECOND)
        if statuses(heard) != [405] or b"never to be seen" in heard:
            wrong.append((name, statuses(heard), heard[:200]))
    assert not wrong
    assert node.edge("/first.txt")[2] == b"first"


def test_unusual_but_sound_requests_are_told_apart_exactly(node):
    last = SECOND.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    for name, data, expected in [
        ("chunks, extensions and trailers", post(b"Transfer-Encoding: chunked\r\n", b"3;a=b\r\nabc\r\n0\r\nContent-Length: 99\r\n\r\n"), [405, 200]),
        ("chunked in capitals", post(b"TRANSFER-ENCODING: CHUNKED\r\n", b"0\r\n\r\n"), [405, 200]),
        ("a body under GET", get(b"GET /first.txt HTTP/1.1", HOST + b"Content-Length: 3\r\n") + BODY, [200, 200]),
        ("a request in a body", post(b"Content-Length: %d\r\n" % len(SECOND), SECOND), [405, 200]),
        ("equal CL twice", post(b"Content-Length: 3\r\nContent-Length: 3\r\n"), [405, 200]),
        ("empty lines first", b"\r\n\r\n" + get(b"GET /first.txt HTTP/1.1"), [200, 200]),
        ("absolute form", get(b"GET http://assets.example.com/first.txt HTTP/1.1"), [200, 200]),
        ("HTTP/1.0 kept alive", b"GET /first.txt HTTP/1.0\r\n" + HOST + b"Connection: keep-alive\r\n\r\n", [200, 200]),
        ("a later minor version", get(b"GET /first.txt HTTP/1.9"), [200, 200]),
    ]:
        heard = say(node, data + last)
        assert statuses(heard) == expected, (name, heard)
    # RFC 9110 10.1.1: the connection may end here, as nobody can tell whether the body will come.
    assert statuses(say(node, post(b"Content-Length: 3\r\nExpect: 100-continue\r\n") + last)) in ([405], [405, 200])


def test_heads_are_taken_up_to_the_border_and_refused_beyond_it(node):
    def line(length):
        return b"GET /first.txt?" + b"q" * (length - 24) + b" HTTP/1.1"

    def head(length):
        start = b"GET /first.txt HTTP/1.1\r\n" + HOST + b"Connection: close\r\nX: "
        return start + b"x" * (length - len(start) - 4) + b"\r\n\r\n"

    def fields(count):
        return get(b"GET /first.txt HTTP/1.1", HOST + b"Connection: close\r\n" + b"X: y\r\n" * (count - 2))

    close = HOST + b"Connection: close\r\n"
    assert len(line(16384)) == 16384 and len(head(32768)) == 32768
    assert statuses(say(node, get(line(16384), close))) == [200]
    assert statuses(say(node, get(line(16385), close))) == [414]
    assert statuses(say(node, head(32768))) == [200]
    assert statuses(say(node, head(32769))) == [431]
    assert statuses(say(node, fields(256))) == [200]
    assert statuses(say(node, fields(257))) == [431]
    assert statuses(say(node, get(b"GET /first.txt HTTP/1.1", close.replace(b"assets", b"other")))) == [421]
    assert statuses(say(node, b"GET /" + b"a" * 100_000)) == [414], "without an end, too"
    assert statuses(say(node, b"\r\n" * 20_000)) == [431]


# ---- answers of regions

SPLIT = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
# name, the answer of the first region to GET /x. The client must get the second region's object, then and later.
LIES = [
    ("TE and CL", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n6\r\nforged\r\n0\r\n\r\n"),
    ("two lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 3\r\n\r\nforged"),
    ("signed length", b"HTTP/1.1 200 OK\r\nContent-Length: +6\r\n\r\nforged"),
    ("bare CR in a field", b"HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: forged\r\nContent-Length: 6\r\n\r\nforged"),
    ("bare LF in a field", b"HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: forged\r\nContent-Length: 6\r\n\r\nforged"),
    ("NUL in a field", b"HTTP/1.1 200 OK\r\nX: a\0\r\nContent-Length: 6\r\n\r\nforged"),
    ("folded field", b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 6\r\n\r\nforged"),
    ("a part nobody asked for", b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-5/6\r\nContent-Length: 6\r\n\r\nforged"),
    ("304 to nothing", b"HTTP/1.1 304 Not Modified\r\nETag: \"forged\"\r\n\r\n"),
    ("protocol switched", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: forged\r\n\r\nforged"),
    ("interim answers without end", b"HTTP/1.1 103 Early Hints\r\nLink: forged\r\n\r\n" * 50),
    ("no HTTP at all", b"forged\r\n\r\n"),
]
# Sound heads whose body is another's: what comes with it must not be taken for the next answer.
MORE_THAN_ASKED = [
    ("a second answer behind the first", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: max-age=60\r\n\r\nright" + SPLIT),
    ("a body of 204", b"HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\n" + SPLIT),
]


class Liar(threading.Thread):
    """A region that answers GET /x with given bytes, once a connection, and everything else soundly."""

    def __init__(self, answer):
        super().__init__(daemon=True)
        self.answer, self.asked = answer, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            head = b""
            while True:
                while b"\r\n\r\n" not in head:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    head += piece
                one, head = head.split(b"\r\n\r\n", 1)
                lies = re.match(rb"GET /x[ ?]", one)
                self.asked += bool(lies)
                connection.sendall(self.answer if lies else b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + (b"" if one.startswith(b"HEAD") else b"right"))


class Honest(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.send_header("Cache-Control", "max-age=60")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(b"right")

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def honest():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Honest)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def liars_settings(tmp_path, honest, liars, forward):
    text = f'[node]\ndata = "{tmp_path}/state"\nthreads = 1\n[edge]\nlisten = ["127.0.0.1:0"]\n'
    text += f'[regions.honest]\nendpoint = "http://127.0.0.1:{honest}"\naddressing = "bare"\n'
    for index, liar in enumerate(liars):
        text += f'[regions.liar{index}]\nendpoint = "http://127.0.0.1:{liar.port}"\naddressing = "bare"\n'
        text += f'[sites.s{index}]\nhosts = ["s{index}.example"]\nregions = ["liar{index}", "honest"]\nforward = "{forward}"\n'
        text += 'replication = { mode = "off" }\nfailback = { mode = "immediate" }\n'
    return text


@pytest.mark.parametrize("forward", ["keys", "requests"])
def test_a_lying_region_poisons_no_cache_and_no_connection(make_node, tmp_path, honest, forward):
    liars = [Liar(answer) for _, answer in LIES + MORE_THAN_ASKED]
    node = make_node(liars_settings(tmp_path, honest, liars, forward))
    for index, (name, _) in enumerate(LIES + MORE_THAN_ASKED):
        host = {"Host": f"s{index}.example"}
        answers = [node.request("edge", target, host) for target in ("/x", "/x", "/y", "/x", "/z")]
        for status, headers, body in answers:
            forged = b"forged" in body or any("forged" in value for value in headers.values()) or "set-cookie" in headers
            assert not forged, (name, answers)
        assert liars[index].asked > 0, name
        if index < len(LIES):
            assert [body for _, _, body in answers] == [b"right"] * 5, (name, answers)
        else:
            assert [body for _, _, body in answers][2::2] == [b"right"] * 2, (name, answers)
    for liar in liars:
        liar.socket.close()
