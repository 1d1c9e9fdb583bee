// What the settings of a site's behaviour must be to each other.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "app/settings/cross_check.h"
#include "edge/headers_policy.h"

namespace evershore::app {

namespace {

std::string at(std::string_view path, size_t index) { return fmt::format("{}[{}]", path, index); }

bool one_of(uint32_t value, std::initializer_list<uint32_t> allowed) { return std::ranges::find(allowed, value) != allowed.end(); }

// Names of HTTP fields (RFC 9110 5.1), as Format::kName has checked them but for '.'.
void check_field(std::string_view path, std::string_view name, std::string_view value, Problems& problems) {
  const bool token = !name.empty() &&
                     std::ranges::all_of(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_'; });
  if (!token) problems.add(path, fmt::format("\"{}\" is not the name of a field", name));
  if (token && !edge::policy_may_change(name)) problems.add(path, fmt::format("{} is not for a policy to change", name));
  if (std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    problems.add(path, "a field's value has no control characters");
}

void check_headers(const HeaderPolicySettings& headers, const std::string& path, Problems& problems) {
  for (const auto& [name, value] : headers.set) check_field(fmt::format("{}.set.{}", path, name), name, value, problems);
  for (const auto& [name, value] : headers.override) check_field(fmt::format("{}.override.{}", path, name), name, value, problems);
  for (size_t i = 0; i < headers.remove.size(); ++i)
    if (!headers.remove[i].empty()) check_field(at(path + ".remove", i), headers.remove[i], "", problems);
}

void check_host(const std::string& host, const std::string& path, Problems& problems) {
  const auto good = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-._:[]").contains(c); };
  if (!std::ranges::all_of(host, good))
    problems.add(path, fmt::format("\"{}\" is not a host; write \"www.example.com\" or \"www.example.com:8443\"", host));
}

void check_redirect(const RedirectSettings& rule, const std::string& path, Problems& problems) {
  check_host(rule.host, path + ".host", problems);
  if (problems.present(path + ".http_redirect_code") && !one_of(rule.status, {301, 302, 303, 307, 308}))
    problems.add(path + ".http_redirect_code", fmt::format("{} is no redirect; allowed are 301, 302, 303, 307 and 308", rule.status));
  if (rule.replaces_prefix && !rule.replace_key_with.empty())
    problems.add(path + ".replace_key_with", "stands beside replace_key_prefix_with; give one");
  const bool leads = rule.replaces_prefix || !rule.replace_key_with.empty() || !rule.host.empty() || !rule.protocol.empty();
  if (!leads && !problems.any_below(path))
    problems.add(path, "leads nowhere: give host, protocol, replace_key_prefix_with or replace_key_with");
}

void check_error_page(const ErrorPageSettings& page, const std::string& path, Problems& problems) {
  if (problems.any_below(path)) return;
  if (!one_of(page.status, {400, 403, 404, 405, 416, 503}))
    problems.add(path + ".status", fmt::format("{} is no error of the edge; those are 400, 403, 404, 405, 416 and 503", page.status));
  if (page.answer != 0 && page.answer != 200 && page.answer < 400)
    problems.add(path + ".answer", fmt::format("{} cannot be the answer; allowed are 200 and 400 to 599", page.answer));
  if (page.ttl > Duration::zero() && page.status != 404) problems.add(path + ".ttl", "only a 404 is remembered");
}

void check_cors(const CorsRuleSettings& rule, const std::string& path, Problems& problems) {
  const auto check = [&](const std::vector<std::string>& patterns, const std::string& where) {
    for (size_t i = 0; i < patterns.size(); ++i)
      if (std::ranges::count(patterns[i], '*') > 1) problems.add(at(where, i), fmt::format("\"{}\" has more than one '*'", patterns[i]));
  };
  check(rule.origins, path + ".origins");
  check(rule.headers, path + ".headers");
}

void check_signed(const SignedSettings& signing, const std::string& path, Problems& problems) {
  constexpr size_t kSecretBytesMin = 16;
  std::set<std::string> ids;
  for (size_t i = 0; i < signing.keys.size(); ++i) {
    const auto& key = signing.keys[i];
    const auto where = at(path + ".keys", i);
    if (!key.id.empty() && !ids.insert(key.id).second) problems.add(where + ".id", fmt::format("\"{}\" is there twice", key.id));
    if (problems.present(where + ".secret") && !problems.any_below(where + ".secret") && key.secret.reveal().size() < kSecretBytesMin)
      problems.add(where + ".secret", "is too short; make one with: openssl rand -hex 32");
  }
  if (signing.keys.empty() && !signing.prefixes.empty() && !problems.any_below(path)) problems.add(path + ".keys", "is missing");
}

void check_compression(const SiteSettings& site, const std::string& path, Problems& problems) {
  const auto& compression = site.behaviour.compression;
  if (compression.least_bytes > compression.most_bytes) problems.add(path + ".compression.min_size", "is more than max_size");
  if (compression.precompressed && !compression.on) problems.add(path + ".precompressed", "needs compress = true");
  if (compression.precompressed && site.forward == ForwardMode::kRequests)
    problems.add(path + ".precompressed", "needs forward = \"keys\"");
  for (size_t i = 0; i < compression.types.size(); ++i) {
    const auto& type = compression.types[i];
    const bool good = std::ranges::count(type, '/') == 1 && type.find_first_of(" ;,") == std::string::npos &&
                      (!type.contains('*') || (type.ends_with("/*") && std::ranges::count(type, '*') == 1));
    if (!type.empty() && !good)
      problems.add(at(path + ".compression.types", i),
                   fmt::format("\"{}\" is not a media type; write \"application/json\" or \"text/*\"", type));
  }
}

}  // namespace

void check_behaviour(const SiteSettings& site, const std::string& path, Problems& problems) {
  const auto& behaviour = site.behaviour;
  check_host(behaviour.redirect_all.host, path + ".redirect_all.host", problems);
  if (behaviour.redirect_all.host.empty() && problems.present(path + ".redirect_all.protocol"))
    problems.add(path + ".redirect_all.host", "is missing");
  for (size_t i = 0; i < behaviour.redirects.size(); ++i) check_redirect(behaviour.redirects[i], at(path + ".redirects", i), problems);
  std::set<uint32_t> statuses;
  for (size_t i = 0; i < behaviour.error_pages.size(); ++i) {
    const auto& page = behaviour.error_pages[i];
    check_error_page(page, at(path + ".error_pages", i), problems);
    if (page.status != 0 && !statuses.insert(page.status).second)
      problems.add(at(path + ".error_pages", i), fmt::format("there is a page for {} already", page.status));
  }
  if (!behaviour.error_pages.empty() && site.forward == ForwardMode::kRequests)
    problems.add(path + ".error_pages", "a site with forward = \"requests\" passes errors on as they are");
  check_headers(behaviour.headers, path + ".headers", problems);
  check_signed(behaviour.signing, path + ".signed", problems);
  check_compression(site, path, problems);
  for (size_t i = 0; i < behaviour.cors.size(); ++i) check_cors(behaviour.cors[i], at(path + ".cors", i), problems);
  for (size_t i = 0; i < behaviour.access.methods.size(); ++i) {
    const auto& method = behaviour.access.methods[i];
    const bool reads = method.empty() || method == "GET" || method == "HEAD" || method == "OPTIONS";
    if (!reads && site.forward == ForwardMode::kKeys)
      problems.add(at(path + ".access.methods", i), fmt::format("{} needs forward = \"requests\": this site is read-only", method));
  }
}

}  // namespace evershore::app
