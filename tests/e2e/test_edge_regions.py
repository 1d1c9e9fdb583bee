"""How the edge reaches its regions: TLS both ways, and whom it asks."""

import socket
import ssl
import subprocess
import threading

import pytest
import support
from support import evershore, wait_until


def make_authority(folder):
    """An authority with a certificate for localhost and one for the node; {name: path}."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    files = {name: str(folder / name) for name in ("ca.pem", "ca.key", "server.pem", "server.key", "node.pem", "node.key")}

    def openssl(*words):
        subprocess.run(["openssl", "req", "-x509", "-days", "2", *key, *words], check=True, capture_output=True)

    openssl("-subj", "/CN=test authority", "-keyout", files["ca.key"], "-out", files["ca.pem"])
    signed = ["-CA", files["ca.pem"], "-CAkey", files["ca.key"], "-addext", "basicConstraints=CA:FALSE"]
    openssl("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", *signed, "-keyout", files["server.key"], "-out", files["server.pem"])
    openssl("-subj", "/CN=node-1", *signed, "-keyout", files["node.key"], "-out", files["node.pem"])
    return files


class TlsFront:
    """TLS in front of a region, for clients with a certificate of the authority alone."""

    def __init__(self, port, files):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(files["server.pem"], files["server.key"])
        self.context.load_verify_locations(files["ca.pem"])
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.behind, self.listener, self.clients = port, socket.create_server(("127.0.0.1", 0)), set()
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            client = self.context.wrap_socket(connection, server_side=True)
            client.getpeercert()["subject"]
            self.clients.add(dict(field[0] for field in client.getpeercert()["subject"])["commonName"])
            region = socket.create_connection(("127.0.0.1", self.behind))
        except OSError:
            return connection.close()
        threading.Thread(target=self.pump, args=(region, client), daemon=True).start()
        self.pump(client, region)

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for side in (source, sink):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


@pytest.fixture
def secure_sites(make_region, tmp_path):
    """Two regions behind TLS, the settings for them with and without the node's certificate."""
    regions = [make_region("east"), make_region("west")]
    files = make_authority(tmp_path)
    fronts = [TlsFront(region.port, files) for region in regions]
    plain = support.site_settings(tmp_path, regions, records=False)
    for region, front in zip(regions, fronts):
        own = f'endpoint = "https://localhost:{front.port}"\nca_file = "ca.pem"\nclient_certificate = "node.pem"\nclient_key = "node.key"'
        plain = plain.replace(f'endpoint = "{region.endpoint}"', own)
    yield regions, fronts, plain
    for front in fronts:
        front.close()


def test_edge_probes_and_replication_show_the_clients_certificate(secure_sites, make_node, tmp_path):
    regions, fronts, text = secure_sites
    regions[0].client().put("k.txt", b"over both TLS")
    node = make_node(text)
    assert node.edge("/k.txt")[::2] == (200, b"over both TLS")
    wait_until(lambda: regions[1].client().get("k.txt") == b"over both TLS", what="the copy in the other region")
    wait_until(lambda: {r["health"] for r in node.get_json("/api/v1/regions")} == {"up"}, what="both regions up")
    assert [front.clients for front in fronts] == [{"node-1"}, {"node-1"}]
    node.stop()
    assert evershore("verify", "-c", tmp_path / "evershore.toml", "assets").returncode == 0


def test_an_endpoint_that_cannot_prove_its_name_is_no_region(secure_sites, make_node):
    regions, fronts, text = secure_sites
    regions[0].client().put("k.txt", b"x")
    node = make_node(text.replace('ca_file = "ca.pem"\n', ""))
    assert node.edge("/k.txt")[0] == 503
    wait_until(lambda: {r["health"] for r in node.get_json("/api/v1/regions")} == {"down"}, what="both regions down")
    said = node.command("explain", "east").stdout
    assert "TLS handshake with localhost: the certificate is not accepted: " in said


def test_check_names_what_is_wrong_with_the_files(secure_sites, tmp_path):
    _, _, text = secure_sites
    path = tmp_path / "bad.toml"
    path.write_text(text.replace('client_key = "node.key"', 'client_key = "ca.key"', 1))
    done = evershore("check", "-c", path, check=1)
    assert "regions.east.client_key: " in done.stdout + done.stderr and "cannot read the private key of" in done.stdout + done.stderr
