"""A recorder between the program and an AWS emulation: knows which calls change something, and can cut the program off at one."""

import http.client
import http.server
import threading
import urllib.parse

READING_ACTIONS = ("Get", "List", "Describe", "Test")


def name_of(method, path, headers, body):
    """(call, changes something?)"""
    target = headers.get("x-amz-target", "")
    if target:
        name = target.split(".")[-1]
        return name, not name.startswith(READING_ACTIONS)
    if "x-www-form-urlencoded" in headers.get("content-type", ""):
        name = urllib.parse.parse_qs(body.decode())["Action"][0]
        return name, not name.startswith(READING_ACTIONS)
    listing_tags = method == "POST" and path.rstrip("/").endswith(("/tags/healthcheck", "/tags/hostedzone"))
    return f"{method} {path}", method not in ("GET", "HEAD") and not listing_tags


class Recorder:
    def __init__(self, port):
        self.target_port = port
        self.calls = []  # names of those that change something
        self.cut = None  # (number of the changing call from 1, "before" or "after", what to do)
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                name, changes = name_of(self.command, self.path, headers, body)
                if changes:
                    recorder.calls.append(name)
                cut = recorder.cut if changes and recorder.cut and len(recorder.calls) == recorder.cut[0] else None
                if cut and cut[1] == "before":
                    cut[2]()
                    self.close_connection = True
                    return
                connection = http.client.HTTPConnection("127.0.0.1", recorder.target_port, timeout=30)
                connection.request(self.command, self.path, body, {k: v for k, v in headers.items() if k != "connection"})
                response = connection.getresponse()
                answer = response.read()
                if cut:
                    cut[2]()
                    self.close_connection = True
                    return
                self.send_response_only(response.status)
                for key, value in response.getheaders():
                    if key.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(key, value)
                if response.status != 204:
                    self.send_header("content-length", response.getheader("content-length", len(answer)) if self.command == "HEAD" else len(answer))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
