// The rows once more, now for the values in force: what the console shows, and what a reload would change.
#include <fmt/format.h>

#include "app/settings/rows.h"
#include "app/settings/values.h"

namespace evershore::app {

namespace {

// The path of a webhook is a secret of many chat systems: its host is enough to know it by.
std::string without_path(const std::string& url) {
  const auto host = url.find("//");
  const auto path = host == std::string::npos ? host : url.find('/', host + 2);
  return path == std::string::npos || path + 1 == url.size() ? url : url.substr(0, path) + "/...";
}

std::string shown(const std::string& value) { return value; }
std::string shown(const Duration& value) { return plain_duration(value); }
std::string shown(const uint64_t& value) { return plain_size(value); }
std::string shown(const uint32_t& value) { return std::to_string(value); }
std::string shown(const bool& value) { return value ? "true" : "false"; }
std::string shown(const Secret& value) { return value.empty() ? "not set" : "set"; }
std::string shown(const std::vector<std::string>& value) { return fmt::format("{}", fmt::join(value, ", ")); }

// nullopt: a table, whose own rows tell.
template <class S>
std::optional<std::string> value_of(const Row<S>& row, S& from) {
  return std::visit(
      [&](const auto& field) -> std::optional<std::string> {
        using F = std::decay_t<decltype(field)>;
        if constexpr (std::is_same_v<F, Tables> || std::is_same_v<F, Named> || std::is_same_v<F, OneTable>) {
          return std::nullopt;
        } else if constexpr (std::is_same_v<F, Choice<S>>) {
          return std::string(row.limits.options[field.get(from)].name);
        } else {
          const auto value = shown(field(from));
          return row.key == "webhook" ? without_path(value) : value;
        }
      },
      row.field);
}

class Lister {
 public:
  explicit Lister(const std::map<std::string, uint32_t>& lines) : lines_(lines) {}

  template <class S>
  void section(const std::string& path, std::span<const Row<S>> rows, S& from) {
    for (const Row<S>& row : rows) {
      const auto value = value_of(row, from);
      if (!value || list_.size() >= kEffectiveSettingsMax) continue;
      auto name = fmt::format("{}.{}", path, row.key);
      const auto line = lines_.find(name);
      list_.push_back({.path = std::move(name),
                       .value = *value,
                       .line = line == lines_.end() ? 0 : line->second,
                       .restart = row.apply == Apply::kRestart,
                       .text = row.text});
    }
  }
  template <class S>
  void sections(const std::string& path, std::span<const Row<S>> rows, std::vector<S>& from) {
    for (size_t i = 0; i < from.size(); ++i) section(fmt::format("{}[{}]", path, i), rows, from[i]);
  }
  template <class S>
  void sections(const std::string& path, std::span<const Row<S>> rows, std::map<std::string, S>& from) {
    for (auto& [name, each] : from) section(fmt::format("{}.{}", path, name), rows, each);
  }
  std::vector<EffectiveSetting> take() { return std::move(list_); }

 private:
  const std::map<std::string, uint32_t>& lines_;
  std::vector<EffectiveSetting> list_;
};

void list_sites(Lister& out, std::map<std::string, SiteSettings>& sites) {
  out.sections("sites", site_rows(), sites);
  for (auto& [name, site] : sites) {
    const auto path = "sites." + name;
    out.sections(path + ".redirects", redirect_rows(), site.behaviour.redirects);
    out.sections(path + ".error_pages", error_page_rows(), site.behaviour.error_pages);
    out.sections(path + ".cors", cors_rows(), site.behaviour.cors);
    out.sections(path + ".signed.keys", signing_key_rows(), site.behaviour.signing.keys);
  }
}

void list_dns(Lister& out, DnsSettings& dns) {
  out.section("dns", dns_rows(), dns);
  out.sections("dns.keys", tsig_key_rows(), dns.keys);
  out.sections("dns.zones", zone_rows(), dns.zones);
  out.sections("dns.records", record_rows(), dns.records);
  for (size_t i = 0; i < dns.records.size(); ++i) {
    out.sections(fmt::format("dns.records[{}].answers", i), answer_rows(), dns.records[i].answers);
  }
}

}  // namespace

std::vector<EffectiveSetting> effective_settings(const Settings& settings, const std::map<std::string, uint32_t>& lines) {
  Settings all = settings;  // rows give references to change
  Lister out(lines);
  out.section("node", node_rows(), all.node);
  out.sections("regions", region_rows(), all.regions);
  list_sites(out, all.sites);
  out.section("edge", edge_rows(), all.edge);
  out.sections("edge.tls", tls_rows(), all.edge.tls);
  if (all.edge.acme) out.section("edge.acme", acme_rows(), *all.edge.acme);
  list_dns(out, all.dns);
  out.sections("health_checks", health_check_rows(), all.health_checks);
  out.sections("alerts", alert_rows(), all.alerts);
  out.section("admin", admin_rows(), all.admin);
  return out.take();
}

}  // namespace evershore::app
