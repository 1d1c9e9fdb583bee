// evershore prefetch: lists what a site has, or reads a list, and has a running node fetch it into its cache.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/admin_client.h"
#include "app/commands.h"
#include "app/load.h"
#include "base/text.h"
#include "edge/site_match.h"
#include "io/files.h"
#include "io/http_client.h"
#include "store/s3_store.h"
#include "wire/http/uri.h"

namespace evershore::app {

namespace {

using Json = nlohmann::json;

constexpr size_t kBatch = 64;  // keys in one request to the node
constexpr size_t kListBytesMax = 256 << 20;

struct Totals {
  uint64_t asked = 0;
  uint64_t fetched = 0;
  uint64_t were_there = 0;
  uint64_t missing = 0;
  uint64_t failed = 0;
};

std::string told(const Totals& totals) {
  return fmt::format("{} keys: {} fetched, {} were there, {} missing, {} failed", totals.asked, totals.fetched, totals.were_there,
                     totals.missing, totals.failed);
}

// Sends keys to the node in batches, and tells how far it is.
class Sender {
 public:
  Sender(const AdminClient& client, std::string site)
      : client_(client), target_("/api/v1/sites/" + http::percent_encode(site, http::Slash::kEncode) + "/prefetch") {}
  const Totals& totals() const { return totals_; }

  Result<void> add(std::string key) {
    keys_.push_back(std::move(key));
    return keys_.size() < kBatch ? Result<void>{} : send();
  }
  Result<void> send() {
    if (keys_.empty()) return {};
    TRY(const auto answer, client_.post(target_, Json{{"keys", keys_}}.dump(-1, ' ', false, Json::error_handler_t::replace)));
    totals_.asked += keys_.size();
    keys_.clear();
    const auto json = Json::parse(answer, nullptr, false);
    if (!json.is_object()) return fail(Fault::kBroken, "the node's answer cannot be read");
    totals_.fetched += json.value("fetched", uint64_t{0});
    totals_.were_there += json.value("were_there", uint64_t{0});
    totals_.missing += json.value("missing", uint64_t{0});
    for (const auto& key : json.value("failed", std::vector<std::string>{})) {
      ++totals_.failed;
      fmt::print(stderr, "{}failed: {}\n", terminal_ ? "\r\x1b[K" : "", key);
    }
    if (terminal_) fmt::print(stderr, "\r\x1b[K{}", told(totals_));
    return {};
  }
  void end_line() const {
    if (terminal_ && totals_.asked > 0) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  const AdminClient& client_;
  std::string target_;
  std::vector<std::string> keys_;
  Totals totals_;
  const bool terminal_ = isatty(STDERR_FILENO) == 1;
};

Task<void> list_page(store::S3Store& from, ListOptions options, Result<ListPage>& out) { out = co_await from.list(std::move(options)); }

// From the first region that can be listed; one that breaks on the way is followed by the next, at the key that is due.
Result<void> send_listed(const Settings& settings, const SiteSettings& site, const std::string& prefix, Sender& sender) {
  io::Loop loop;
  std::shared_ptr<io::TlsClientContext> tls;
  TRY(tls, io::TlsClientContext::make({}));
  io::HttpClient client(loop, io::HttpClient::Options{.tls = tls});
  ListOptions options{.prefix = site.prefix + prefix, .start_after = ""};
  Error last{Fault::kInvalid, "none of the site's regions can be listed (\"bare\" ones cannot)"};
  for (const auto& name : site.regions) {
    const auto& region = settings.regions.at(name);
    if (region.addressing == Addressing::kBare) continue;
    store::S3Store from(region, client, loop);
    while (true) {
      Result<ListPage> page = fail(Fault::kBroken, "not asked");
      loop.run_until_done(list_page(from, options, page));
      if (!page) {
        last = wrap(std::move(page).error(), "region " + name).error();
        break;
      }
      for (const auto& object : page->objects) {
        options.start_after = object.key;
        if (!object.key.starts_with(edge::kOwnKeys)) TRY_VOID(sender.add(object.key.substr(site.prefix.size())));
      }
      if (!page->more || page->objects.empty()) return {};
    }
  }
  return std::unexpected(std::move(last));
}

// A key a line; "-" is standard input.
Result<void> send_file(const std::string& path, Sender& sender) {
  TRY(const auto text, io::read_whole_file(path == "-" ? "/dev/stdin" : path, kListBytesMax));
  for (auto line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) TRY_VOID(sender.add(std::string(line)));
  }
  return {};
}

}  // namespace

int command_prefetch(const GlobalOptions& global, const PrefetchOptions& options) {
  const auto settings = load_or_explain(global.settings_path);
  if (!settings) return kUsage;
  const auto site = settings->sites.find(options.site);
  if (site == settings->sites.end()) return complain(kUsage, fmt::format("prefetch: there is no site \"{}\"", options.site));
  const auto client = AdminClient::for_settings(settings->admin);
  if (!client) return complain(kUsage, client.error().text);
  Sender sender(*client, options.site);
  auto done = options.list.empty() ? send_listed(*settings, site->second, options.prefix, sender) : send_file(options.list, sender);
  if (done) done = sender.send();
  sender.end_line();
  if (!done) return complain(done.error().fault == Fault::kInvalid ? kUsage : kFailed, done.error().text);
  fmt::print("site {}: {}\n", options.site, told(sender.totals()));
  return sender.totals().failed > 0 ? kAnswerIsNo : kDone;
}

}  // namespace evershore::app
