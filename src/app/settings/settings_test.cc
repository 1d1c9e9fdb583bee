#include "app/settings/settings.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "io/files.h"
#include "io/test_support.h"

namespace evershore::app {
namespace {

std::string told(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) text += fmt::format("{}:{}: {}\n", problem.line, problem.column, problem.message);
  return text;
}

std::string problems_of(std::string_view text) { return told(parse_settings(text, "/etc/evershore.toml").problems); }

constexpr std::string_view kTwoRegions = R"(
[regions.east]
endpoint = "http://127.0.0.1:9001"
bucket = "e"
[regions.west]
endpoint = "http://127.0.0.1:9002"
bucket = "w"
)";

struct BadFile {
  const char* sentence;
  const char* text;
  const char* problems;
};

void expect_all(std::span<const BadFile> files) {
  for (const BadFile& file : files) EXPECT_EQ(problems_of(file.text), file.problems) << file.sentence;
}

TEST(BadSettings, of_the_text_itself) {
  const BadFile files[] = {
      {"a syntax error has its place", "[node]\nname = \"x\n",
       "2:10: Error while parsing string: unescaped control characters other than TAB (U+0009) are explicitly prohibited\n"},
      {"a section without a name", "[.",
       "1:2: Error while parsing key: expected bare key starting character or string delimiter, saw '.'\n"},
      {"letters beyond ASCII outside of a text", "[node]\n\u00e9 = 1\n",
       "2:1: Error while parsing root table: expected keys, tables, whitespace or comments, saw '\u00e9'\n"},
      {"a blank beyond ASCII", "[node]\u3000\n", "1:7: Error while parsing table header: expected space or tab, saw '\\u3000'\n"},
      {"a key that is there twice", "[node]\nthreads = 1\nthreads = 2\n",
       "3:11: Error while parsing key-value pair: cannot redefine existing integer 'threads'\n"},
      {"an unknown section", "[edges]\n", "1:2: unknown section \"edges\"; did you mean \"edge\"?\n"},
      {"a section that is like nothing we know", "[frobnicate]\n", "1:2: unknown section \"frobnicate\"\n"},
      {"an unknown key", "[node]\nthread = 2\n", "2:1: unknown key \"thread\" in node; did you mean \"threads\"?\n"},
      {"an unknown key of an inner table", "[edge]\ntimeouts = { conect = \"1s\" }\n",
       "2:14: unknown key \"conect\" in edge.timeouts; did you mean \"connect\"?\n"},
      {"a section that is no table", "node = 1\n", "1:1: node: must be a table, not a number\n"},
      {"an inner table that is none", "[edge]\ncache = 5\n", "2:1: edge.cache: must be a table, not a number\n"},
      {"a list of tables that is none", "alerts = 1\n", "1:1: alerts: must be a list of tables, not a number\n"},
      {"a text that is a number", "[node]\nname = 5\n", "2:8: node.name: must be a text, not a number\n"},
      {"a number that is a text", "[node]\nthreads = \"2\"\n", "2:11: node.threads: must be a number, not a text\n"},
      {"a duration that is a number", "[edge]\ntimeouts = { stall = 3 }\n",
       "2:22: edge.timeouts.stall: must be a duration such as \"10s\", not a number\n"},
      {"a flag that is a text", "[edge]\nexpose_header = \"no\"\n", "2:17: edge.expose_header: must be true or false, not a text\n"},
      {"a list that is a text", "[edge]\nlisten = \"0.0.0.0:80\"\n", "2:10: edge.listen: must be a list of texts, not a text\n"},
      {"a list's member that is a number", "[edge]\nlisten = [\n  80,\n]\n", "3:3: edge.listen[0]: must be a text, not a number\n"},
  };
  expect_all(files);
}

TEST(BadSettings, of_single_values) {
  const BadFile files[] = {
      {"a duration without a unit", "[edge]\ntimeouts = { stall = \"3\" }\n",
       "2:22: edge.timeouts.stall: \"3\" is not a duration; write a whole number and a unit, such as \"250ms\", \"10s\", \"15m\" or "
       "\"1h\"\n"},
      {"a size that is none", "[edge]\ncache = { memory = \"lots\" }\n",
       "2:20: edge.cache.memory: \"lots\" is not a size; write a whole number and a unit, such as \"256MiB\" or \"20GiB\"\n"},
      {"a number that is too large", "[node]\nthreads = 257\n", "2:11: node.threads: 257 is out of bounds; allowed is 0 to 256\n"},
      {"a number below zero", "[node]\nthreads = -1\n", "2:11: node.threads: -1 is out of bounds; allowed is 0 to 256\n"},
      {"an endpoint without a port", "[admin]\nlisten = \"127.0.0.1\"\n",
       "2:10: admin.listen: \"127.0.0.1\": not an address and a port; write it like 127.0.0.1:80 or [::1]:80\n"},
      {"a bad webhook", "[[alerts]]\non = [\"region\"]\nwebhook = \"hooks.example.com\"\n",
       "3:11: alerts[0].webhook: \"hooks.example.com\" is not a URL; write it like \"https://host/path\"\n"},
      {"a name with a slash", "[node]\nname = \"a/b\"\n",
       "2:8: node.name: \"a/b\" is not a name; letters, digits, '-', '_' and '.' are allowed\n"},
      {"an alert on nothing we know", "[[alerts]]\non = [\"regions\"]\nexec = [\"/bin/true\"]\n",
       "2:7: alerts[0].on[0]: \"regions\" is not one of \"region\", \"health_check\", \"replication\", \"conflict\", "
       "\"delete_cap\", \"dns\", \"certificate\", \"disk\", \"clock\"\n"},
  };
  expect_all(files);
}

TEST(BadSettings, interval_bounds_are_seen_from_both_sides) {
  const auto with_interval = [](std::string_view interval) {
    return problems_of(fmt::format("[health_checks.a]\ntype = \"tcp\"\nurl = \"127.0.0.1:1\"\ninterval = \"{}\"\n", interval));
  };
  EXPECT_EQ(with_interval("100ms"), "");
  EXPECT_EQ(with_interval("1h"), "");
  EXPECT_EQ(with_interval("99ms"), "4:12: health_checks.a.interval: \"99ms\" is out of bounds; allowed is 100ms to 1h\n");
  EXPECT_EQ(with_interval("61m"), "4:12: health_checks.a.interval: \"61m\" is out of bounds; allowed is 100ms to 1h\n");
}

TEST(BadSettings, of_https) {
  const std::string site = "[regions.east]\nendpoint = \"http://h:1\"\nbucket = \"b\"\n[sites.a]\nhosts = [\"h\"]\nregions = [\"east\"]\n";
  EXPECT_EQ(problems_of(site + "redirect_https = true\n"),
            "7:18: sites.a.redirect_https: nothing listens for HTTPS: give edge.listen_tls\n");
  const std::string_view preload = "hsts.preload: needs hsts.max_age of at least 365d and hsts.include_subdomains = true\n";
  EXPECT_EQ(problems_of(site + "hsts = { max_age = \"364d\", include_subdomains = true, preload = true }\n"),
            fmt::format("7:65: sites.a.{}", preload));
  EXPECT_EQ(problems_of(site + "hsts = { max_age = \"365d\", preload = true }\n"), fmt::format("7:38: sites.a.{}", preload));
  EXPECT_EQ(problems_of(site + "hsts = { max_age = \"365d\", include_subdomains = true, preload = true }\n"), "");
}

TEST(Settings, certificates_from_an_authority) {
  const auto loaded = parse_settings(R"(
[regions.east]
endpoint = "http://h:1"
bucket = "b"
[sites.a]
hosts = ["b.test", "*.a.test", "a.test", "*"]
regions = ["east"]
[edge]
listen = ["127.0.0.1:80"]
listen_tls = ["127.0.0.1:443"]
[edge.acme]
directory = "https://ca.test/dir"
accept_terms = true
shared = { regions = ["east"], secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", interval = "5s" }
)",
                                     "evershore.toml");
  ASSERT_EQ(told(loaded.problems), "");
  ASSERT_TRUE(loaded.settings.edge.acme);
  EXPECT_EQ(loaded.settings.edge.acme->challenge, AcmeChallenge::kHttp01);
  EXPECT_EQ(loaded.settings.edge.acme->shared.interval, 5s);
  EXPECT_EQ(certificate_hosts(loaded.settings), (std::vector<std::string>{"a.test", "b.test"}));
  auto by_dns = loaded.settings;
  by_dns.edge.acme->challenge = AcmeChallenge::kDns01;
  EXPECT_EQ(certificate_hosts(by_dns), (std::vector<std::string>{"*.a.test", "a.test", "b.test"}));
  by_dns.edge.acme->hosts = {"c.test", "c.test"};
  EXPECT_EQ(certificate_hosts(by_dns), (std::vector<std::string>{"c.test"}));
  EXPECT_TRUE(certificate_hosts(Settings{}).empty());
}

TEST(BadSettings, of_acme) {
  const auto with = [](std::string_view acme) {
    return problems_of(
        fmt::format("[edge]\nlisten = [\"127.0.0.1:80\"]\nlisten_tls = [\"127.0.0.1:443\"]\n[edge.acme]\naccept_terms = true\n{}\n", acme));
  };
  const std::string good = "directory = \"https://ca.test/dir\"\nhosts = [\"a.test\"]\n";
  EXPECT_EQ(with(good), "");
  EXPECT_EQ(with("hosts = [\"a.test\"]"), "4:1: edge.acme.directory: is missing\n");
  EXPECT_EQ(with("directory = \"http://ca.test/dir\"\nhosts = [\"a.test\"]"),
            "6:13: edge.acme.directory: must be an https URL (RFC 8555 6.1)\n");
  EXPECT_EQ(with("directory = \"https://ca.test/dir\""), "4:1: edge.acme.hosts: there is no host that could have a certificate\n");
  EXPECT_EQ(with("directory = \"https://ca.test/dir\"\nhosts = [\"*.a.test\"]"),
            "7:10: edge.acme.hosts[0]: \"*.a.test\" is a wildcard: only challenge = \"dns-01\" can prove it\n");
  EXPECT_EQ(with(good + "email = \"me\""), "8:9: edge.acme.email: \"me\" is no e-mail address\n");
  EXPECT_EQ(with(good + "eab_key_id = \"k\""), "4:1: edge.acme.eab_hmac_key: is missing; the two belong together\n");
  EXPECT_EQ(problems_of("[edge]\nacme = 1\n"), "2:8: edge.acme: must be a table, not a number\n");
}

TEST(BadSettings, of_regions) {
  const BadFile files[] = {
      {"a region without anything", "[regions.east]\n",
       "1:10: regions.east.bucket: is missing; only addressing = \"bare\" does without\n"
       "1:10: regions.east.endpoint: is missing\n"},
      {"an endpoint without a scheme", "[regions.east]\nendpoint = \"h:1\"\nbucket = \"b\"\n",
       "2:12: regions.east.endpoint: \"h:1\" is not an endpoint; write scheme, host and port, such as \"http://127.0.0.1:9001\"\n"},
      {"an endpoint with a query", "[regions.east]\nendpoint = \"http://h:1/?x\"\nbucket = \"b\"\n",
       "2:12: regions.east.endpoint: \"http://h:1/?x\" is not an endpoint; write scheme, host and port, such as "
       "\"http://127.0.0.1:9001\"\n"},
      {"an unknown addressing", "[regions.east]\nendpoint = \"http://h:1\"\nbucket = \"b\"\naddressing = \"vhost\"\n",
       "4:14: regions.east.addressing: \"vhost\" is not one of \"path\", \"virtual\", \"bare\"\n"},
      {"one key without the other", "[regions.east]\nendpoint = \"http://h:1\"\nbucket = \"b\"\naccess_key = \"a\"\n",
       "1:10: regions.east.secret_key: is missing, but access_key is given; give both, or none for anonymous requests\n"},
      {"the other key without the one", "[regions.east]\nendpoint = \"http://h:1\"\nbucket = \"b\"\nsecret_key = \"a\"\n",
       "1:10: regions.east.access_key: is missing, but secret_key is given; give both, or none for anonymous requests\n"},
      {"a bare region with a bucket", "[regions.cdn]\nendpoint = \"http://h:1\"\naddressing = \"bare\"\nbucket = \"b\"\n",
       "4:10: regions.cdn.bucket: a region with addressing = \"bare\" has none; leave it out\n"},
      {"a secret from an unset variable",
       "[regions.east]\nendpoint = \"http://h:1\"\nbucket = \"b\"\naccess_key = \"a\"\nsecret_key = \"env:EVERSHORE_TEST_UNSET\"\n",
       "5:14: regions.east.secret_key: the environment variable EVERSHORE_TEST_UNSET is not set\n"},
      {"a secret from a missing file",
       "[regions.east]\nendpoint = \"http://h:1\"\nbucket = \"b\"\naccess_key = \"a\"\nsecret_key = \"file:/nonexistent/key\"\n",
       "5:14: regions.east.secret_key: cannot read /nonexistent/key: No such file or directory\n"},
  };
  expect_all(files);
}

TEST(BadSettings, of_a_regions_tls_files) {
  const io::ScratchDirectory scratch;
  const auto pair = io::make_certificate(scratch, "client", "DNS:client.test");
  const auto other = io::make_certificate(scratch, "other", "DNS:other.test");
  const auto region = [](const std::string& more) { return "[regions.a]\nendpoint = \"https://h:1\"\nbucket = \"b\"\n" + more; };
  const auto line = [](const std::string& key, const std::string& path) { return key + " = \"" + path + "\"\n"; };
  EXPECT_EQ(problems_of(region(line("ca_file", pair.certificate_path) + line("client_certificate", pair.certificate_path) +
                               line("client_key", pair.private_key_path))),
            "");
  EXPECT_EQ(problems_of(region(line("client_certificate", pair.certificate_path))),
            "1:10: regions.a.client_key: is missing, but client_certificate is given\n");
  EXPECT_EQ(problems_of(region(line("client_key", pair.private_key_path))),
            "1:10: regions.a.client_certificate: is missing, but client_key is given\n");
  EXPECT_THAT(problems_of(region(line("client_certificate", pair.certificate_path) + line("client_key", other.private_key_path))),
              testing::HasSubstr("5:14: regions.a.client_key: " + other.private_key_path + ": cannot read the private key of"));
  EXPECT_THAT(problems_of(region(line("ca_file", pair.private_key_path))), testing::HasSubstr("4:11: regions.a.ca_file: "));
  EXPECT_EQ(problems_of("[regions.a]\nendpoint = \"http://h:1\"\nbucket = \"b\"\n" + line("ca_file", pair.certificate_path)),
            "4:11: regions.a.ca_file: is of no use: the endpoint is http://\n");
}

TEST(BadSettings, seventeen_regions_are_one_too_many) {
  std::string text;
  for (int i = 0; i < 16; ++i) text += fmt::format("[regions.r{}]\nendpoint = \"http://h:1\"\nbucket = \"b\"\n", i);
  EXPECT_EQ(problems_of(text), "");
  text += "[regions.r16]\nendpoint = \"http://h:1\"\nbucket = \"b\"\n";
  EXPECT_EQ(problems_of(text), "1:2: regions: there are 17; allowed are 0 to 16\n");
}

TEST(BadSettings, of_sites) {
  const auto site = [](std::string_view text) { return problems_of(fmt::format("{}[sites.a]\n{}", kTwoRegions, text)); };
  EXPECT_EQ(site("hosts = [\"a.example.com\"]\nregions = [\"east\", \"wst\"]\n"),
            "10:20: sites.a.regions[1]: there is no region \"wst\"; did you mean \"west\"?\n");
  EXPECT_EQ(site("hosts = [\"a.example.com\"]\nregions = [\"east\", \"east\"]\n"), "10:20: sites.a.regions[1]: \"east\" is there twice\n");
  EXPECT_EQ(site(""), "8:8: sites.a.hosts: is missing\n8:8: sites.a.regions: is missing\n");
  EXPECT_EQ(site("hosts = []\nregions = [\"east\"]\n"), "9:9: sites.a.hosts: has 0 entries; allowed are 1 to 256\n");
  EXPECT_EQ(site("hosts = [\"a b\"]\nregions = [\"east\"]\n"),
            "9:10: sites.a.hosts[0]: \"a b\" is not a host name; write \"assets.example.com\", \"*.example.com\", or \"*\" for any\n");
  EXPECT_EQ(site("hosts = [\"*\"]\nregions = [\"east\", \"west\"]\nreplication = { mode = \"quorum\", copies = 3 }\n"),
            "11:43: sites.a.replication.copies: is 3, but the site has only 2 regions\n");
  EXPECT_EQ(site("hosts = [\"*\"]\nregions = [\"east\", \"west\"]\nreplication = { read_only = [\"east\", \"west\"] }\n"),
            "11:29: sites.a.replication.read_only: names every region of the site: there is none left to write to\n");
  EXPECT_EQ(
      site("hosts = [\"*\"]\nregions = [\"east\", \"west\"]\nreplication = { filter = { min_size = \"5KiB\", max_size = \"4KiB\" } }\n"),
      "11:39: sites.a.replication.filter.min_size: is more than max_size\n");
  EXPECT_EQ(site("hosts = [\"*\"]\nregions = [\"east\"]\nfailback = { hold = \"25h\" }\n"),
            "11:21: sites.a.failback.hold: \"25h\" is out of bounds; allowed is 0s to 1d\n");
  EXPECT_EQ(site("hosts = [\"A.example.com\"]\nregions = [\"east\"]\n[sites.b]\nhosts = [\"a.example.com\"]\nregions = [\"east\"]\n"),
            "12:10: sites.b.hosts[0]: \"a.example.com\" is already a host of site \"a\"\n");
}

TEST(BadSettings, of_health_checks) {
  const BadFile files[] = {
      {"a check without a type", "[health_checks.a]\nurl = \"http://h/\"\n", "1:16: health_checks.a.type: is missing\n"},
      {"a type that is none", "[health_checks.a]\ntype = \"ping\"\n",
       "2:8: health_checks.a.type: \"ping\" is not one of \"http\", \"https\", \"tcp\", \"calculated\"\n"},
      {"a check without a url", "[health_checks.a]\ntype = \"http\"\n", "1:16: health_checks.a.url: is missing\n"},
      {"a url of another scheme", "[health_checks.a]\ntype = \"http\"\nurl = \"https://h/\"\n",
       "3:7: health_checks.a.url: \"https://h/\" must begin with http:// as the check's type says\n"},
      {"a tcp check without a port", "[health_checks.a]\ntype = \"tcp\"\nurl = \"h\"\n",
       "3:7: health_checks.a.url: \"h\" is not a host and a port; write it like \"db.example.com:5432\"\n"},
      {"a tcp check that searches", "[health_checks.a]\ntype = \"tcp\"\nurl = \"tcp://h:1\"\nsearch = \"x\"\n",
       "4:10: health_checks.a.search: a tcp check reads nothing; use type http or https\n"},
      {"children of a check that probes", "[health_checks.a]\ntype = \"tcp\"\nurl = \"h:1\"\nchildren = [\"b\"]\n",
       "4:12: health_checks.a.children: is for type \"calculated\"\n"},
      {"a calculated check without children", "[health_checks.a]\ntype = \"calculated\"\n",
       "1:16: health_checks.a.children: is missing: name the checks it counts\n"},
      {"a calculated check with a url",
       "[health_checks.a]\ntype = \"calculated\"\nurl = \"http://h/\"\nchildren = [\"b\"]\n"
       "[health_checks.b]\ntype = \"tcp\"\nurl = \"h:1\"\n",
       "3:7: health_checks.a.url: a calculated check probes nothing; leave it out\n"},
      {"an unknown child",
       "[health_checks.a]\ntype = \"calculated\"\nchildren = [\"bucket\"]\n[health_checks.bucked]\ntype = \"tcp\"\nurl = \"h:1\"\n",
       "3:13: health_checks.a.children[0]: there is no health check \"bucket\"; did you mean \"bucked\"?\n"},
      {"a calculated child", "[health_checks.a]\ntype = \"calculated\"\nchildren = [\"a\"]\n",
       "3:13: health_checks.a.children[0]: \"a\" is itself calculated; a calculated check counts only checks that probe\n"},
      {"more healthy children than there are",
       "[health_checks.a]\ntype = \"calculated\"\nhealthy_at_least = 2\nchildren = [\"b\"]\n[health_checks.b]\ntype = \"tcp\"\nurl = "
       "\"h:1\"\n",
       "3:20: health_checks.a.healthy_at_least: is 2, but there are only 1 children: it would never be healthy\n"},
  };
  expect_all(files);
}

TEST(BadSettings, of_listeners_and_admin) {
  const BadFile files[] = {
      {"two listeners on one endpoint", "[edge]\nlisten = [\"127.0.0.1:80\"]\n[admin]\nlisten = \"127.0.0.1:80\"\n",
       "4:10: admin.listen: edge.listen[0] listens on 127.0.0.1:80 already\n"},
      {"port 0 is another one each time", "[edge]\nlisten = [\"127.0.0.1:0\", \"127.0.0.1:0\"]\n", ""},
      {"tls without a certificate", "[edge]\nlisten_tls = [\"127.0.0.1:443\"]\n",
       "2:14: edge.listen_tls: needs a certificate: give edge.tls or edge.acme\n"},
      {"certificates that cannot be read", "[edge]\ntls = [{ certificate = \"/nonexistent.pem\", private_key = \"/\" }]\n",
       "2:24: edge.tls[0].certificate: cannot read /nonexistent.pem: No such file or directory\n"
       "2:58: edge.tls[0].private_key: cannot read /: not a regular file\n"},
      {"requests forwarded to a bucket",
       "[regions.east]\nendpoint = \"http://127.0.0.1:1\"\nbucket = \"b\"\n[sites.a]\nhosts = [\"a\"]\nregions = [\"east\"]\nforward = "
       "\"requests\"\n",
       "7:11: sites.a.forward: region \"east\" is an S3 bucket; requests can be forwarded to addressing = \"bare\" only\n"},
      {"a cache on disk without its size", "[edge]\ncache = { disk = { path = \"/tmp/cache\" } }\n",
       "2:11: edge.cache.disk.size: is missing\n"},
      {"admin for all the world without a token", "[admin]\nlisten = \"0.0.0.0:9090\"\n",
       "1:2: admin.token: is missing; it is required because 0.0.0.0:9090 is not a loopback address\n"},
      {"admin on loopback needs no token", "[admin]\nlisten = \"[::1]:9090\"\n", ""},
      {"a view token alone", "[admin]\nlisten = \"[::1]:9090\"\nview_token = \"v\"\n",
       "3:14: admin.view_token: needs admin.token beside it: without one, everybody who reaches the address may act\n"},
      {"a view token that may do everything", "[admin]\nlisten = \"[::1]:9090\"\ntoken = \"v\"\nview_token = \"v\"\n",
       "4:14: admin.view_token: is the same as admin.token\n"},
      {"an alert that goes nowhere", "[[alerts]]\non = [\"region\"]\n", "1:1: alerts[0]: has none of webhook, exec and mail; give one\n"},
      {"a token for a program", "[[alerts]]\non = [\"region\"]\nexec = [\"a\"]\ntoken = \"t\"\n",
       "4:9: alerts[0].token: is for a webhook; a program or a mail gets none\n"},
      {"a mail with little in it",
       "[[alerts]]\non = [\"region\"]\nmail = { server = \"mail.example.com\", to = [\"ops\"], user = \"u\" }\n",
       "3:1: alerts[0].mail.from: is missing\n3:1: alerts[0].mail: needs user and password together\n"
       "3:19: alerts[0].mail.server: \"mail.example.com\" is not a mail server; write it like smtp://mail.example.com:587\n"
       "3:45: alerts[0].mail.to[0]: \"ops\" is not a mail address; write it like ops@example.com\n"},
      {"a password in the clear",
       "[[alerts]]\non = [\"disk\"]\nmail = { server = \"smtp://m\", from = \"a@b\", to = [\"c@d\"], user = \"u\", password = \"p\", "
       "starttls = false }\n",
       "3:98: alerts[0].mail.starttls: would send the password unencrypted; leave starttls on, or sign in nowhere\n"},
      {"an alert in a form we do not know", "[[alerts]]\non = [\"region\"]\nexec = [\"a\"]\nformat = \"xml\"\n",
       "4:10: alerts[0].format: \"xml\" is not one of \"json\", \"slack\", \"alertmanager\"\n"},
      {"an alert that goes two ways", "[[alerts]]\non = [\"region\"]\nexec = [\"a\"]\nwebhook = \"http://h/\"\n",
       "1:1: alerts[0]: has more than one of webhook, exec and mail; give one\n"},
      {"aws for a site that is not there", "[aws]\nsite = \"x\"\nhosted_zone = \"example.com\"\nprimary = { region = \"us-east-1\" }\n",
       "1:2: aws.secondary.region: is missing\n2:8: aws.site: there is no site \"x\"\n"},
  };
  expect_all(files);
}

// Records are judged by the dns folder; here only that its problems land in the right place.
TEST(BadSettings, of_dns_are_told_at_their_place) {
  const auto record = [](std::string_view text) {
    return problems_of(fmt::format("[[dns.zones]]\nname = \"example.com\"\nnameservers = [\"ns.example.net\"]\n[[dns.records]]\n{}", text));
  };
  EXPECT_EQ(record("name = \"www.example.com\"\ntype = \"A\"\nvalues = [\"192.0.2.1\"]\n"), "");
  EXPECT_EQ(record("name = \"www.example.org\"\ntype = \"A\"\nvalues = [\"192.0.2.1\"]\n").substr(0, 26), "5:8: dns.records[0].name: ");
  EXPECT_EQ(record("name = \"www.example.com\"\ntype = \"A\"\nvalues = [\"192.0.2.1\", \"x\"]\n").substr(0, 34),
            "7:24: dns.records[0].values[1]: \"x");
  EXPECT_EQ(record("name = \"example.com\"\ntype = \"CNAME\"\nvalues = [\"a.example.net.\"]\n").substr(0, 26),
            "6:8: dns.records[0].type: ");
  EXPECT_EQ(record("name = \"www.example.com\"\ntype = \"A\"\npolicy = \"random\"\nanswers = [{ value = \"192.0.2.1\" }]\n"),
            "7:10: dns.records[0].policy: \"random\" is not one of \"simple\", \"failover\", \"weighted\", \"multivalue\", \"latency\", "
            "\"geo\"\n");
  EXPECT_EQ(
      record(
          "name = \"www.example.com\"\ntype = \"A\"\npolicy = \"failover\"\nanswers = [{ value = \"192.0.2.1\", role = \"primary\" }]\n"),
      "8:11: dns.records[0].answers: policy \"failover\" needs exactly one answer with role \"primary\" and one with role \"secondary\"; "
      "for more tiers, leave the roles out and put the answers in order\n");
  EXPECT_EQ(
      record("name = \"www.example.com\"\ntype = \"A\"\npolicy = \"failover\"\nanswers = [\n"
             "{ value = \"192.0.2.1\", role = \"primary\", health_check = \"x\" },\n{ value = \"192.0.2.2\", role = \"secondary\" }]\n"),
      "9:57: dns.records[0].answers[0].health_check: there is no health check \"x\"\n");
  EXPECT_EQ(record("name = \"www.example.com\"\ntype = \"A\"\nsite = \"asets\"\n[sites.assets]\nhosts = [\"*\"]\nregions = [\"e\"]\n"
                   "[regions.e]\nendpoint = \"http://h:1\"\nbucket = \"b\"\n"),
            "7:8: dns.records[0].site: there is no site \"asets\"; did you mean \"assets\"?\n");
}

TEST(SettingsOfDns, networks_and_measurements_are_read_by_name) {
  const auto loaded = parse_settings(
      "[dns]\nclient_subnet = true\n[dns.networks]\noffice = [\"10.0.0.0/8\", \"2001:db8::/32\"]\n"
      "[dns.latency.office]\neast = \"12ms\"\nwest = \"90ms\"\n",
      "/etc/evershore.toml");
  EXPECT_EQ(told(loaded.problems), "");
  EXPECT_TRUE(loaded.settings.dns.client_subnet);
  EXPECT_EQ(loaded.settings.dns.networks.at("office").size(), 2U);
  EXPECT_EQ(loaded.settings.dns.latency.at("office").at("west"), 90ms);
}

TEST(SettingsOfDns, a_geo_database_is_opened_for_a_look) {
  const std::string source = EVERSHORE_SOURCE_DIR;
  EXPECT_EQ(problems_of(fmt::format("[dns]\ngeo_database = \"{}/tests/data/countries.mmdb\"\n", source)), "");
  const std::string told = problems_of(fmt::format("[dns]\ngeo_database = \"{}/README.md\"\n", source));
  EXPECT_TRUE(told.starts_with("2:16: dns.geo_database: cannot read ")) << told;
}

TEST(SettingsOfDns, networks_and_measurements_name_their_problems) {
  EXPECT_EQ(problems_of("[dns.networks]\noffice = [\"10.0.0.0/8\", \"10.0.0.1/8\"]\n"),
            "2:25: dns.networks.office[1]: \"10.0.0.1/8\" is not a network such as \"192.0.2.0/24\": there are bits behind its length\n");
  EXPECT_EQ(problems_of("[dns.networks]\noffice = []\n"), "2:1: dns.networks.office: has 0 entries; allowed are 1 to 10000\n");
  EXPECT_EQ(problems_of("[dns.latency.moon]\neast = \"12ms\"\n"), "1:14: dns.latency.moon: there is no network \"moon\" in dns.networks\n");
  EXPECT_EQ(problems_of("[dns.networks]\nmoon = [\"10.0.0.0/8\"]\n[dns.latency.moon]\neast = 12\n"),
            "4:1: dns.latency.moon.east: must be a duration such as \"10s\", not a number\n");
}

TEST(BadSettings, are_all_told_at_once_and_in_order) {
  EXPECT_EQ(
      problems_of("[admin]\nlisten = 5\n[node]\nthread = 1\n[regions.east]\nbucket = \"b\"\ncheck = { interval = \"1ms\", timeout = 3 }\n"),
      "2:10: admin.listen: must be a text, not a number\n"
      "4:1: unknown key \"thread\" in node; did you mean \"threads\"?\n"
      "5:10: regions.east.endpoint: is missing\n"
      "7:22: regions.east.check.interval: \"1ms\" is out of bounds; allowed is 100ms to 1h\n"
      "7:39: regions.east.check.timeout: must be a duration such as \"10s\", not a number\n");
}

TEST(BadSettings, are_written_with_file_line_and_column) {
  const Loaded loaded = parse_settings("[nod]\n", "conf/evershore.toml");
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_EQ(format_problem(loaded.problems[0]), "conf/evershore.toml:1:2: unknown section \"nod\"; did you mean \"node\"?");
}

TEST(BadSettings, never_show_a_secret) {
  for (const char* text : {"[admin]\ntoken = \"hunter2\"\nlisten = \"1.2.3.4\"\n", "[admin]\ntoken = [\"hunter2\"]\n"}) {
    EXPECT_FALSE(problems_of(text).contains("hunter2")) << text;
  }
}

TEST(Settings, an_empty_file_is_all_defaults) {
  const Loaded loaded = parse_settings("", "evershore.toml");
  EXPECT_EQ(told(loaded.problems), "");
  EXPECT_FALSE(loaded.settings.node.name.empty());
  Settings defaults;
  defaults.node.name = loaded.settings.node.name;
  EXPECT_EQ(loaded.settings, defaults);
}

Settings clean(std::string_view text) {
  const Loaded loaded = parse_settings(text, "/etc/evershore/evershore.toml");
  EXPECT_EQ(told(loaded.problems), "");
  return loaded.settings;
}

TEST(Settings, of_node_and_regions_land_in_their_fields) {
  const Settings got = clean(R"(
[node]
name = "n"
data = "state"
threads = 3
[regions.east]
endpoint = "https://s3.example.com/"
addressing = "virtual"
bucket = "b"
probe = "health.txt"
check = { interval = "250ms", failure_threshold = 2, timeout = "300ms" }
access_key = "ak"
secret_key = "sk"
signing_region = "eu-west-1"
storage_class = "STANDARD_IA"
event_queue = "https://sqs.eu-west-1.amazonaws.com/1/q"
replication = { bytes_per_second = "50MB", requests_per_second = 200 }
[regions.cdn]
endpoint = "http://127.0.0.1:8000"
addressing = "bare"
)");
  EXPECT_EQ(got.node, (NodeSettings{"n", "/etc/evershore/state", 3}));
  EXPECT_EQ(got.regions.at("east"), (RegionSettings{.name = "east",
                                                    .endpoint = "https://s3.example.com",
                                                    .addressing = Addressing::kVirtual,
                                                    .bucket = "b",
                                                    .probe = "health.txt",
                                                    .check = {.interval = 250ms, .timeout = 300ms, .failure_threshold = 2},
                                                    .access_key = Secret("ak"),
                                                    .secret_key = Secret("sk"),
                                                    .signing_region = "eu-west-1",
                                                    .event_queue = "https://sqs.eu-west-1.amazonaws.com/1/q",
                                                    .storage_class = "STANDARD_IA",
                                                    .replication_bytes_per_second = 50'000'000,
                                                    .replication_requests_per_second = 200}));
  EXPECT_EQ(got.regions.at("cdn").addressing, Addressing::kBare);
}

TEST(Settings, of_sites_and_edge_land_in_their_fields) {
  const Settings got = clean(std::string(kTwoRegions) + R"(
[sites.assets]
hosts = ["Assets.Example.com", "*.example.org"]
regions = ["west", "east"]
prefix = "p/"
default_ttl = "5m"
negative_ttl = "10s"
max_ttl = "1h"
replication = { mode = "quorum", copies = 1, deletes = false, scan_interval = "1h", tags = "require", conflict_retention = "7d", read_only = ["east"], filter = { exclude_prefixes = ["tmp/"], suffixes = [".jpg"], exclude_suffixes = [".tmp.jpg"], min_size = "1KiB", max_size = "1GiB" } }
failback = { mode = "manual", hold = "0s" }
[edge]
listen = ["[::1]:8080"]
cache = { memory = "1GiB", disk = { path = "/var/cache/e", size = "20GiB" } }
timeouts = { connect = "1s", first_byte = "4s", stall = "5s" }
expose_header = false
)");
  EXPECT_EQ(got.sites.at("assets"), (SiteSettings{.name = "assets",
                                                  .hosts = {"assets.example.com", "*.example.org"},
                                                  .regions = {"west", "east"},
                                                  .prefix = "p/",
                                                  .default_ttl = 5min,
                                                  .negative_ttl = 10s,
                                                  .max_ttl = 1h,
                                                  .replication = {.mode = ReplicationMode::kQuorum,
                                                                  .copies = 1,
                                                                  .deletes = false,
                                                                  .scan_interval = 1h,
                                                                  .tags = TagRule::kRequire,
                                                                  .filter = {.exclude_prefixes = {"tmp/"},
                                                                             .suffixes = {".jpg"},
                                                                             .exclude_suffixes = {".tmp.jpg"},
                                                                             .size_min = 1024,
                                                                             .size_max = 1ULL << 30},
                                                                  .read_only = {"east"},
                                                                  .conflict_retention = 24h * 7},
                                                  .failback = {.mode = FailbackMode::kManual, .hold = 0s}}));
  EXPECT_EQ(got.edge, (EdgeSettings{.listen = {"[::1]:8080"},
                                    .cache_memory_bytes = 1ULL << 30,
                                    .cache_disk = DiskCacheSettings{"/var/cache/e", 20ULL << 30},
                                    .connect_timeout = 1s,
                                    .first_byte_timeout = 4s,
                                    .stall_timeout = 5s,
                                    .expose_header = false}));
}

TEST(Settings, of_checks_alerts_and_admin_land_in_their_fields) {
  const Settings got = clean(std::string(kTwoRegions) + R"(
[node]
name = "n"
[edge]
listen = ["127.0.0.1:8080"]
[health_checks.all]
type = "calculated"
children = ["region/east", "edge/n"]
healthy_at_least = 2
inverted = true
[[alerts]]
on = ["region"]
exec = ["/usr/bin/notify", "--now"]
[admin]
listen = "127.0.0.1:9090"
)");
  const HealthCheckSettings& all = got.health_checks.at("all");
  EXPECT_EQ(all.type, CheckType::kCalculated);
  EXPECT_EQ(all.children, (std::vector<std::string>{"region/east", "edge/n"}));
  EXPECT_EQ(all.healthy_at_least, 2u);
  EXPECT_TRUE(all.inverted);
  EXPECT_EQ(got.alerts, (std::vector<AlertSettings>{{.on = {"region"}, .exec = {"/usr/bin/notify", "--now"}}}));
  EXPECT_EQ(got.admin.listen, "127.0.0.1:9090");
}

TEST(Settings, secrets_come_from_the_environment_and_from_files) {
  const io::ScratchDirectory scratch;
  std::ofstream(scratch.file("key")) << "from-file\n";
  ::setenv("EVERSHORE_TEST_KEY", "from-env", 1);
  const Loaded loaded = parse_settings(
      "[regions.a]\nendpoint = \"http://h:1\"\nbucket = \"b\"\naccess_key = \"env:EVERSHORE_TEST_KEY\"\nsecret_key = \"file:key\"\n",
      scratch.file("evershore.toml"));
  ::unsetenv("EVERSHORE_TEST_KEY");
  ASSERT_EQ(told(loaded.problems), "");
  EXPECT_EQ(loaded.settings.regions.at("a").access_key.reveal(), "from-env");
  EXPECT_EQ(loaded.settings.regions.at("a").secret_key.reveal(), "from-file");
}

TEST(Settings, aws_is_read_beside_the_rest) {
  const Loaded loaded = parse_settings(std::string(kTwoRegions) + R"(
[sites.assets]
hosts = ["assets.example.com"]
regions = ["east", "west"]
[aws]
layout      = "classic"
site        = "assets"
hosted_zone = "example.com"
primary     = { region = "us-east-1", bucket = "example-assets" }
secondary   = { region = "us-west-2" }
endpoint    = "http://127.0.0.1:5000"
)",
                                       "e.toml");
  ASSERT_EQ(told(loaded.problems), "");
  ASSERT_TRUE(loaded.aws.has_value());
  EXPECT_EQ(loaded.aws->primary_bucket, "example-assets");
  EXPECT_EQ(loaded.aws->secondary_region, "us-west-2");
}

TEST(Settings, what_aws_would_refuse_is_told_at_its_place) {
  const Loaded loaded = parse_settings(std::string(kTwoRegions) + R"([sites.assets]
hosts = ["assets.example.com"]
regions = ["east", "west"]
[aws]
site = "assets"
hosted_zone = "example.org"
primary = { region = "us-east-1", bucket = "example-assets" }
secondary = { region = "us-west-2" }
)",
                                       "e.toml");
  ASSERT_EQ(loaded.problems.size(), 1U) << told(loaded.problems);
  EXPECT_EQ(loaded.problems[0].message, "aws.hosted_zone: assets.example.com is not in the zone example.org");
}

TEST(Settings, a_file_that_cannot_be_read_is_an_error_and_no_problem) {
  const auto missing = load_settings("/nonexistent/evershore.toml");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().fault, Fault::kNotFound);
}

TEST(Settings, the_example_passes) {
  const auto loaded = load_settings(std::string(EVERSHORE_SOURCE_DIR) + "/examples/evershore.toml");
  ASSERT_TRUE(loaded.has_value()) << loaded.error().text;
  EXPECT_EQ(told(loaded->problems), "");
}

TEST(Reference, is_the_page_in_the_manual) {
  const auto page = io::read_whole_file(std::string(EVERSHORE_SOURCE_DIR) + "/docs/operating/settings.md", 1 << 20);
  EXPECT_EQ(page.value_or(""), settings_reference()) << "write it anew: evershore check --help-settings > docs/operating/settings.md";
}

TEST(Reference, names_every_section_with_defaults_and_limits) {
  const std::string reference = settings_reference();
  for (const char* line : {"## [regions.NAME]", "| `check.interval` | duration | `\"1s\"` | 100ms to 1h | on reload |",
                           "| `timeouts.connect` | duration | `\"300ms\"` | 1ms to 10m | on reload |",
                           "| `replication.mode` | choice | `\"async\"` | `off`, `async`, `quorum` | on reload |",
                           "| `endpoint` | http(s)://host:port | required |", "| `cache.memory` | size | `\"256MiB\"` |"}) {
    EXPECT_TRUE(reference.contains(line)) << line;
  }
}

}  // namespace
}  // namespace evershore::app
