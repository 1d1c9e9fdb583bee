// The rows as Markdown: `evershore check --help-settings` and docs/operating/settings.md.
#include <fmt/format.h>

#include "app/settings/rows.h"
#include "app/settings/values.h"

namespace evershore::app {

namespace {

std::string choices(std::span<const Option> options) {
  std::string text;
  for (const Option& option : options) {
    if (!option.available) continue;
    text += fmt::format("{}`{}`", text.empty() ? "" : ", ", option.name);
  }
  return text;
}

std::string format_text(Format format) {
  switch (format) {
    case Format::kText: return "text";
    case Format::kName: return "name";
    case Format::kEndpoint: return "address:port";
    case Format::kResolver: return "address[:port]";
    case Format::kOrigin: return "http(s)://host:port";
    case Format::kHttpUrl: return "URL";
    case Format::kHost: return "host name";
    case Format::kDomain: return "domain name";
    case Format::kDirectory: return "folder";
    case Format::kCountry: return "two letters";
    case Format::kPrefix: return "network";
    case Format::kReadableFile: return "file";
    case Format::kLogFile: return "file";
  }
  return "text";
}

struct Cells {
  std::string type;
  std::string value;   // the default
  std::string bounds;  // "" = none worth telling
};

std::string quoted(std::string_view text) { return fmt::format("`\"{}\"`", text); }

Cells cells(const std::string& at, const Limits& limits) {
  return {limits.options.empty() ? format_text(limits.format) : "choice", at.empty() ? "" : quoted(at),
          limits.options.empty() ? "" : choices(limits.options)};
}
Cells cells(const Duration& at, const Limits& limits) {
  return {"duration", quoted(plain_duration(at)), fmt::format("{} to {}", plain_duration(limits.shortest), plain_duration(limits.longest))};
}
Cells cells(const uint64_t& at, const Limits& limits) {
  return {"size", at == 0 ? "" : quoted(plain_size(at)), fmt::format("{} to {}", plain_size(limits.least), plain_size(limits.most))};
}
Cells cells(const uint32_t& at, const Limits& limits) {
  return {"number", fmt::format("`{}`", at), fmt::format("{} to {}", limits.least, limits.most)};
}
Cells cells(const bool& at, const Limits&) { return {"flag", at ? "`true`" : "`false`", ""}; }
Cells cells(const Secret&, const Limits&) { return {"secret", "", ""}; }
Cells cells(const std::vector<std::string>&, const Limits& limits) {
  const std::string member = limits.options.empty() ? format_text(limits.format) : "choice";
  const std::string among = limits.options.empty() ? "" : " of " + choices(limits.options);
  return {"list of " + member, "`[]`", fmt::format("{} to {}{}", limits.least, limits.most, among)};
}

template <class S>
Cells cells_of(const Row<S>& row) {
  S defaults{};
  return std::visit(
      [&](const auto& field) -> Cells {
        using F = std::decay_t<decltype(field)>;
        if constexpr (std::is_same_v<F, Tables>) {
          return {"list of tables", "`[]`", fmt::format("0 to {}, see below", row.limits.most)};
        } else if constexpr (std::is_same_v<F, Named>) {
          return {"by name", "none", fmt::format("0 to {}", row.limits.most)};
        } else if constexpr (std::is_same_v<F, OneTable>) {
          return {"table", "none", "see below"};
        } else if constexpr (std::is_same_v<F, Choice<S>>) {
          return {"choice", quoted(row.limits.options[field.get(defaults)].name), choices(row.limits.options)};
        } else {
          return cells(field(defaults), row.limits);
        }
      },
      row.field);
}

template <class S>
void section(std::string& out, std::string_view title, std::span<const Row<S>> rows) {
  out += fmt::format("\n## {}\n\n| setting | type | default | limits | a change | meaning |\n|---|---|---|---|---|---|\n", title);
  for (const Row<S>& row : rows) {
    Cells cell = cells_of(row);
    if (!row.limits.default_text.empty()) cell.value = row.limits.default_text;
    if (row.limits.required) cell.value = "required";
    const std::string_view apply = row.apply == Apply::kLive ? "on reload" : "on restart";
    out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", row.key, cell.type, cell.value, cell.bounds, apply, row.text);
  }
}

}  // namespace

std::string settings_reference() {
  std::string out =
      "# Settings\n\n"
      "The file is TOML. Durations are whole numbers with a unit (`\"250ms\"`, `\"10s\"`, `\"15m\"`, `\"1h\"`), sizes too (`\"256MiB\"`, "
      "`\"20GiB\"`).\n"
      "A secret is a literal, `\"env:NAME\"` or `\"file:PATH\"`. Relative paths start from the settings file's folder. `evershore check` "
      "tells\n"
      "everything that is wrong with a file at once. This page is made from the same rows that the check uses: `evershore check "
      "--help-settings`.\n";
  section(out, "[node]", node_rows());
  section(out, "[regions.NAME]", region_rows());
  section(out, "[sites.NAME]", site_rows());
  section(out, "sites.NAME.redirects", redirect_rows());
  section(out, "sites.NAME.error_pages", error_page_rows());
  section(out, "sites.NAME.cors", cors_rows());
  section(out, "sites.NAME.signed.keys", signing_key_rows());
  section(out, "[edge]", edge_rows());
  section(out, "edge.tls", tls_rows());
  section(out, "edge.acme", acme_rows());
  section(out, "[dns]", dns_rows());
  section(out, "[[dns.keys]]", tsig_key_rows());
  section(out, "[[dns.zones]]", zone_rows());
  section(out, "[[dns.records]]", record_rows());
  section(out, "dns.records answers", answer_rows());
  section(out, "[health_checks.NAME]", health_check_rows());
  section(out, "[[alerts]]", alert_rows());
  section(out, "[admin]", admin_rows());
  section(out, "[aws]", aws_rows());
  return out;
}

}  // namespace evershore::app
