"""What visitors of a site see beyond its objects: redirects, error pages, fields, cross-origin rules, access; with curl, over real regions."""

import subprocess
import urllib.parse

import pytest
import support
from support import evershore

HTML = {"Content-Type": "text/html", "Cache-Control": "max-age=3600"}
RULES = """
error_document = "404.html"
redirects = [
  { key_prefix = "old/", replace_key_prefix_with = "docs/" },
  { http_error_code_equals = 404, key_prefix = "lost/", host = "archive.example.com", protocol = "https", http_redirect_code = 302 },
]
error_pages = [{ status = 403, document = "login.html", answer = 200 }, { status = 404, document = "404.html", ttl = "60s" }]
cors = [{ origins = ["https://*.example.org"], methods = ["GET"], headers = ["range"], expose = ["ETag"], max_age = "10m" }]
access = { referers = ["example.com", "*.example.com"] }
[sites.assets.headers]
security = true
override = { "Cache-Control" = "max-age=60" }
set = { "X-Shop" = "open" }
"""


def curl(node, target, *options, host="assets.example.com"):
    """(status, fields, body) as curl has them; `--location` gives the last answer."""
    command = ["/usr/bin/curl", "-sS", "--max-time", "15", "--include", "--path-as-is", "--connect-to", f"{host}:80:127.0.0.1:{node.ports['edge']}", *options,
               f"http://{host}{target}"]
    done = subprocess.run(command, capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    rest = done.stdout
    while True:
        head, _, rest = rest.partition(b"\r\n\r\n")
        if not rest.startswith(b"HTTP/1.1 "):
            break
    lines = head.decode().split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    return int(lines[0].split()[1]), fields, rest


@pytest.fixture
def regions(make_region):
    made = [make_region("east"), make_region("west")]
    for region in made:
        client = region.client()
        client.put("index.html", b"<h1>home</h1>", HTML)
        client.put("docs/index.html", b"<h1>docs</h1>", HTML)
        client.put("docs/a b.html", b"<h1>a b</h1>", HTML)
        client.put("404.html", b"<h1>not here</h1>", HTML)
        client.put("login.html", b"<h1>who are you</h1>", HTML)
        client.put("moved.html", b"never seen", dict(HTML, **{"x-amz-website-redirect-location": "/docs/"}))
    return made


def settings(tmp_path, regions, rules=RULES):
    text = support.site_settings(tmp_path, regions, records=False)
    return text.replace("\n[edge]\n", f"{rules}\n[edge]\n")


@pytest.fixture
def node(regions, make_node, tmp_path):
    return make_node(settings(tmp_path, regions))


def test_folders_rules_and_objects_lead_elsewhere(node):
    status, fields, _ = curl(node, "/docs?x=1")
    assert (status, fields["location"]) == (302, "/docs/?x=1")
    assert curl(node, "/docs", "--location")[2] == b"<h1>docs</h1>"
    status, fields, _ = curl(node, "/old/a%20b.html")
    assert (status, fields["location"]) == (301, "/docs/a%20b.html")
    assert curl(node, "/old/a%20b.html", "--location")[2] == b"<h1>a b</h1>"
    status, fields, _ = curl(node, "/lost/x")
    assert (status, fields["location"]) == (302, "https://archive.example.com/lost/x")
    for options in ((), ("--head",), ("--range", "0-3"), ()):
        status, fields, body = curl(node, "/moved.html", *options)
        assert (status, fields["location"], body) == (301, "/docs/", b"") and "etag" not in fields
    assert curl(node, "//example.net")[0] == 404


def test_errors_show_their_pages(node, regions):
    status, fields, body = curl(node, "/nothing")
    assert (status, fields["content-type"], body) == (404, "text/html", b"<h1>not here</h1>")
    status, _, body = curl(node, "/docs/", "--referer", "https://thief.example.net/page")
    assert (status, body) == (200, b"<h1>who are you</h1>")
    assert curl(node, "/docs/", "--referer", "https://shop.example.com/page")[2] == b"<h1>docs</h1>"
    for region in regions:
        region.client().put("nothing", b"something", HTML)
    assert curl(node, "/nothing")[0] == 404  # known for a minute
    for region in regions:
        region.kill()
    assert curl(node, "/nothing")[2] == b"<h1>not here</h1>"
    status, fields, body = curl(node, "/never-seen")
    assert (status, fields["retry-after"]) == (503, "2") and b"No region can be reached" in body


def test_fields_and_cross_origin_requests(node):
    status, fields, body = curl(node, "/", "--header", "Origin: https://app.example.org")
    assert (status, body) == (200, b"<h1>home</h1>")
    assert fields["access-control-allow-origin"] == "https://app.example.org" and fields["access-control-expose-headers"] == "ETag"
    assert "Origin" in fields["vary"]
    assert (fields["cache-control"], fields["x-shop"], fields["x-frame-options"]) == ("max-age=60", "open", "SAMEORIGIN")
    status, fields, _ = curl(node, "/")
    assert "Origin" in fields["vary"] and "access-control-allow-origin" not in fields and "cache=hit" in fields["x-evershore"]
    ask = ("--request", "OPTIONS", "--header", "Origin: https://app.example.org", "--header", "Access-Control-Request-Method: GET")
    status, fields, body = curl(node, "/", *ask, "--header", "Access-Control-Request-Headers: range")
    assert (status, fields["access-control-allow-headers"], fields["access-control-max-age"], body) == (204, "range", "600", b"")
    assert curl(node, "/", *ask, "--header", "Access-Control-Request-Headers: x-other")[2] == b"<h1>who are you</h1>"


def test_a_site_may_be_nothing_but_a_redirect_and_its_error_page_may_be_missing(regions, make_node, tmp_path):
    text = settings(tmp_path, regions, 'error_document = "none.html"\n')
    text += '[sites.bare]\nhosts = ["example.com"]\nregions = ["east"]\nredirect_all = { host = "assets.example.com" }\n'
    node = make_node(text)
    status, fields, _ = curl(node, "/a%20b?c=d", host="example.com")
    assert (status, fields["location"]) == (301, "http://assets.example.com/a%20b?c=d")
    status, _, body = curl(node, "/nothing")
    assert status == 404 and b"The site's page for this is not there, either." in body


def test_the_most_specific_host_name_serves_and_a_star_takes_the_rest(regions, make_node, tmp_path):
    for region in regions:
        for site in ("wild", "deep", "any"):
            region.client().put(f"{site}/index.html", site.encode(), HTML)
    text = settings(tmp_path, regions, "")
    for site, host in (("wild", "*.example.com"), ("deep", "*.img.example.com"), ("any", "*")):
        text += f'[sites.{site}]\nhosts = ["{host}"]\nregions = ["east", "west"]\nprefix = "{site}/"\nreplication = {{ mode = "off" }}\n'
    node = make_node(text)
    for host, body in (("assets.example.com", b"<h1>home</h1>"), ("b.example.com", b"wild"), ("a.b.example.com", b"wild"), ("img.example.com", b"wild"),
                       ("a.img.example.com", b"deep"), ("example.com", b"any"), ("elsewhere.test", b"any")):
        assert curl(node, "/", host=host)[2] == body, host
    del node


def test_signed_links_and_cookies(regions, make_node, tmp_path):
    for region in regions:
        region.client().put("private/a b.txt", b"secret", HTML)
    rules = 'signed = { keys = [{ id = "k2", secret = "the second secret" }, { id = "k1", secret = "the first secret" }], prefixes = ["private/"] }\n'
    node = make_node(settings(tmp_path, regions, rules))

    def sign(*words):
        return node.command("sign", "assets", *words, check=0).stdout.strip()

    def target(link):
        assert link.startswith("http://assets.example.com/"), link
        return link.removeprefix("http://assets.example.com")

    assert curl(node, "/")[2] == b"<h1>home</h1>"
    status, _, body = curl(node, "/private/a%20b.txt")
    assert status == 403 and b"needs a signed link" in body
    link = target(sign("private/a b.txt", "--for", "1h"))
    assert link.startswith("/private/a%20b.txt?ev-expires=")
    assert curl(node, link)[2] == b"secret" and "cache=hit" in curl(node, link, "--head")[1]["x-evershore"]
    assert curl(node, target(sign("private/a b.txt", "--for", "1h", "--key-id", "k1")))[2] == b"secret"
    status, _, body = curl(node, link.replace("ev-expires=1", "ev-expires=2"))
    assert status == 403 and b"signature is wrong" in body
    status, _, body = curl(node, target(sign("private/a b.txt", "--for", "1h", "--network", "192.0.2.0/24")))
    assert status == 403 and b"another network" in body
    assert curl(node, target(sign("private/a b.txt", "--for", "1h", "--network", "127.0.0.0/8")))[2] == b"secret"
    cookie = sign("private/", "--prefix", "--cookie", "--for", "1h").removeprefix("Set-Cookie: ").split(";")[0]
    assert curl(node, "/private/a%20b.txt", "--cookie", cookie)[2] == b"secret"
    assert curl(node, "/private/none", "--cookie", cookie)[0] == 404
    assert node.command("sign", "assets", "x", "--for", "no").returncode == 2
    assert node.command("sign", "none", "x", "--for", "1h").returncode == 2
    assert node.command("sign", "assets", "x", "--for", "1h", "--key-id", "gone").returncode == 2


def test_what_is_wrong_with_the_rules_is_told(tmp_path, regions):
    path = tmp_path / "bad.toml"
    path.write_text(settings(tmp_path, regions, 'error_pages = [{ status = 418, document = "tea.html" }]\n'))
    told = evershore("check", "-c", path, check=1)
    assert "sites.assets.error_pages[0].status: 418 is no error of the edge" in told.stdout + told.stderr


def test_prefetch_fills_the_cache_of_all_loops(make_region, make_node, tmp_path):
    made = [make_region("east"), make_region("west")]
    keys = [f"img/{i} ü.png" for i in range(150)]
    for region in made:
        client = region.client()
        for key in keys + ["other.txt"]:
            client.put("web/" + key, key.encode(), HTML)
    text = settings(tmp_path, made, 'prefix = "web/"\n').replace("threads = 1", "threads = 2")
    node = make_node(text)
    assert node.command("prefetch", "assets", "--prefix", "img/", check=0).stdout == "site assets: 150 keys: 150 fetched, 0 were there, 0 missing, 0 failed\n"
    (tmp_path / "list.txt").write_text("other.txt\nnone\n" + keys[0] + "\n")
    done = node.command("prefetch", "assets", "--list", tmp_path / "list.txt", check=0)
    assert done.stdout == "site assets: 3 keys: 1 fetched, 1 were there, 1 missing, 0 failed\n"
    for region in made:
        region.kill()
    for key in keys[:20]:
        for _ in range(2):
            status, fields, body = node.edge("/" + urllib.parse.quote(key))
            assert (status, body) == (200, key.encode()) and "cache=hit" in fields["x-evershore"]
    done = node.command("prefetch", "assets", "--list", tmp_path / "list.txt")
    assert done.returncode in (0, 1) and "were there" in done.stdout
    assert node.command("prefetch", "none").returncode == 2
    assert node.request("admin", "/api/v1/sites/assets/prefetch", method="POST", body='{"keys": "a"}')[0] == 400
