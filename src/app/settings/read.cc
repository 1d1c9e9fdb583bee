// TOML -> settings: walks the file's tables along the rows, and notes every setting's place.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <type_traits>

#include "app/settings/cross_check.h"
#include "app/settings/problems.h"
#include "app/settings/rows.h"
#include "app/settings/toml.h"
#include "app/settings/values.h"
#include "io/files.h"

namespace evershore::app {

namespace {

Position position_in(const toml::source_region& source) { return {std::max(1u, source.begin.line), std::max(1u, source.begin.column)}; }

std::string_view type_text(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "a list";
    case toml::node_type::string: return "a text";
    case toml::node_type::integer: return "a number";
    case toml::node_type::floating_point: return "a number with a fraction";
    case toml::node_type::boolean: return "true or false";
    default: return "a date or time";
  }
}

std::string join(std::string_view path, std::string_view key) { return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key); }

// Where in the file the walk is, and what it tells.
struct Reader {
  Problems& problems;
  std::string folder;

  void wrong_type(std::string_view path, const toml::node& node, std::string_view wanted) {
    problems.add(path, fmt::format("must be {}, not {}", wanted, type_text(node)));
  }
  // The value, or a problem told.
  const std::string* text_in(std::string_view path, const toml::node& node, std::string_view wanted) {
    if (const auto* text = node.as_string()) return &text->get();
    wrong_type(path, node, wanted);
    return nullptr;
  }
  template <class T>
  bool keep(std::string_view path, Result<T> value, auto& target) {
    if (!value) {
      problems.add(path, value.error().text);
      return false;
    }
    target = static_cast<std::remove_reference_t<decltype(target)>>(*std::move(value));
    return true;
  }
};

void read_value(Reader& reader, std::string_view path, const toml::node& node, const Limits& limits, std::string& target) {
  if (const auto* text = reader.text_in(path, node, "a text")) reader.keep(path, read_text(*text, limits, reader.folder), target);
}

void read_value(Reader& reader, std::string_view path, const toml::node& node, const Limits& limits, Duration& target) {
  if (const auto* text = reader.text_in(path, node, "a duration such as \"10s\"")) reader.keep(path, read_duration(*text, limits), target);
}

void read_value(Reader& reader, std::string_view path, const toml::node& node, const Limits& limits, uint64_t& target) {
  if (const auto* text = reader.text_in(path, node, "a size such as \"256MiB\"")) reader.keep(path, read_size(*text, limits), target);
}

void read_value(Reader& reader, std::string_view path, const toml::node& node, const Limits& limits, uint32_t& target) {
  if (const auto* number = node.as_integer()) {
    reader.keep(path, read_number(number->get(), limits), target);
  } else {
    reader.wrong_type(path, node, "a number");
  }
}

void read_value(Reader& reader, std::string_view path, const toml::node& node, const Limits&, bool& target) {
  if (const auto* flag = node.as_boolean()) {
    target = flag->get();
  } else {
    reader.wrong_type(path, node, "true or false");
  }
}

void read_value(Reader& reader, std::string_view path, const toml::node& node, const Limits&, Secret& target) {
  if (const auto* text = reader.text_in(path, node, "a text")) reader.keep(path, read_secret(*text, reader.folder), target);
}

void read_value(Reader& reader, std::string_view path, const toml::node& node, const Limits& limits, std::vector<std::string>& target) {
  const auto* list = node.as_array();
  if (list == nullptr) return reader.wrong_type(path, node, "a list of texts");
  target.clear();
  if (list->size() < limits.least || list->size() > limits.most) {
    return reader.problems.add(path, fmt::format("has {} entries; allowed are {} to {}", list->size(), limits.least, limits.most));
  }
  Limits member = limits;
  member.most = Limits{}.most;
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string at = fmt::format("{}[{}]", path, i);
    reader.problems.place(at, position_in((*list)[i].source()));
    read_value(reader, at, (*list)[i], member, target.emplace_back());
  }
}

// One level of a section: keys that rows name at `prefix` ("check." while inside `check`).
template <class S>
std::vector<std::string> keys_at(std::span<const Row<S>> rows, std::string_view prefix) {
  std::vector<std::string> keys;
  for (const Row<S>& row : rows) {
    if (!row.key.starts_with(prefix)) continue;
    const std::string_view rest = row.key.substr(prefix.size());
    keys.emplace_back(rest.substr(0, rest.find('.')));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

template <class S>
void read_row(Reader& reader, const Row<S>& row, std::string_view path, const toml::node& node, S& into) {
  std::visit(
      [&](const auto& field) {
        using F = std::decay_t<decltype(field)>;
        if constexpr (std::is_same_v<F, Choice<S>>) {
          const auto* text = reader.text_in(path, node, "a text");
          size_t option = 0;
          if (text != nullptr && reader.keep(path, read_option(*text, row.limits), option)) field.set(into, option);
        } else if constexpr (!std::is_same_v<F, Tables> && !std::is_same_v<F, Named> && !std::is_same_v<F, OneTable>) {
          read_value(reader, path, node, row.limits, field(into));
        }
      },
      row.field);
}

template <class S>
void read_level(Reader& reader, std::span<const Row<S>> rows, const std::string& section, const std::string& prefix,
                const toml::table& table, S& into) {
  for (auto&& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    const std::string path = join(section, name);
    reader.problems.place(path, position_in(key.source()));
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row<S>& candidate) { return candidate.key == name; });
    const auto keys = keys_at(rows, prefix);
    if (row != rows.end()) {
      reader.problems.place(path, position_in(node.source()));
      read_row(reader, *row, path, node, into);
    } else if (std::find(keys.begin(), keys.end(), key.str()) == keys.end()) {
      const std::string_view parent = std::string_view(path).substr(0, path.size() - key.str().size() - 1);
      reader.problems.add_at(position_in(key.source()),
                             fmt::format("unknown key \"{}\" in {}{}", key.str(), parent, did_you_mean(key.str(), keys)));
    } else if (const auto* inner = node.as_table()) {
      read_level(reader, rows, section, name + ".", *inner, into);
    } else {
      reader.wrong_type(path, node, "a table");
    }
  }
}

template <class S>
void read_section(Reader& reader, std::span<const Row<S>> rows, const std::string& section, const toml::table& table, S& into) {
  read_level(reader, rows, section, "", table, into);
  for (const Row<S>& row : rows) {
    const std::string path = join(section, row.key);
    if (row.limits.required && !reader.problems.present(path)) reader.problems.add(path, "is missing");
  }
}

// An array of tables, each read by `read(path, table)`.
template <class Read>
void read_tables(Reader& reader, const std::string& path, const toml::node* node, size_t most, Read read) {
  if (node == nullptr) return;
  const auto* list = node->as_array();
  if (list == nullptr) return reader.wrong_type(path, *node, "a list of tables");
  if (list->size() > most) return reader.problems.add(path, fmt::format("has {} entries; allowed are 0 to {}", list->size(), most));
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string at = fmt::format("{}[{}]", path, i);
    reader.problems.place(at, position_in((*list)[i].source()));
    if (const auto* table = (*list)[i].as_table()) {
      read(at, *table);
    } else {
      reader.wrong_type(at, (*list)[i], "a table");
    }
  }
}

// "[regions.NAME]" and the like: tables by name.
template <class S>
void read_named(Reader& reader, std::span<const Row<S>> rows, const std::string& section, const toml::node& node, size_t most,
                std::map<std::string, S>& into, void (*read_more)(Reader&, const std::string&, const toml::table&, S&) = nullptr) {
  constexpr Limits kNameLimits{.format = Format::kName, .most = 64};
  const auto* tables = node.as_table();
  if (tables == nullptr) return reader.wrong_type(section, node, "a table");
  if (tables->size() > most) reader.problems.add(section, fmt::format("there are {}; allowed are 0 to {}", tables->size(), most));
  for (auto&& [key, value] : *tables) {
    const std::string name(key.str());
    const std::string path = join(section, name);
    reader.problems.place(path, position_in(key.source()));
    if (const auto good = read_text(name, kNameLimits, ""); !good) reader.problems.add(path, good.error().text);
    const auto* table = value.as_table();
    if (table == nullptr) {
      reader.wrong_type(path, value, "a table");
      continue;
    }
    S& item = into[name];
    item.name = name;
    read_section(reader, rows, path, *table, item);
    if (read_more != nullptr) read_more(reader, path, *table, item);
  }
}

// A table of whatever `read(path, key, node)` takes, each at its place.
template <class Read>
void read_entries(Reader& reader, const std::string& section, const toml::node* node, size_t most, Read read) {
  if (node == nullptr) return;
  const auto* table = node->as_table();
  if (table == nullptr) return reader.wrong_type(section, *node, "a table");
  if (table->size() > most) return reader.problems.add(section, fmt::format("has {} entries; allowed are 0 to {}", table->size(), most));
  for (auto&& [key, value] : *table) {
    const std::string path = join(section, key.str());
    reader.problems.place(path, position_in(key.source()));
    read(path, std::string(key.str()), value);
  }
}

void read_dns(Reader& reader, const toml::table& table, DnsSettings& dns) {
  read_section(reader, dns_rows(), "dns", table, dns);
  read_tables(reader, "dns.keys", table.get("keys"), kTsigKeysMax, [&](const std::string& path, const toml::table& key) {
    read_section(reader, tsig_key_rows(), path, key, dns.keys.emplace_back());
  });

  const auto read_network = [&](const std::string& path, const std::string& name, const toml::node& node) {
    read_value(reader, path, node, prefix_limits(), dns.networks[name]);
  };
  read_entries(reader, "dns.networks", table.get("networks"), kNetworksMax, read_network);
  const auto read_latency = [&](const std::string& path, const std::string& network, const toml::node& node) {
    read_entries(reader, path, &node, kRegionsMax, [&](const std::string& at, const std::string& region, const toml::node& value) {
      read_value(reader, at, value, latency_limits(), dns.latency[network][region]);
    });
  };
  read_entries(reader, "dns.latency", table.get("latency"), kNetworksMax, read_latency);
  read_tables(reader, "dns.zones", table.get("zones"), kZonesMax, [&](const std::string& path, const toml::table& zone) {
    read_section(reader, zone_rows(), path, zone, dns.zones.emplace_back());
  });
  read_tables(reader, "dns.records", table.get("records"), kRecordsMax, [&](const std::string& path, const toml::table& each) {
    RecordSettings& record = dns.records.emplace_back();
    read_section(reader, record_rows(), path, each, record);
    read_tables(reader, path + ".answers", each.get("answers"), kAnswersMax, [&](const std::string& at, const toml::table& answer) {
      read_section(reader, answer_rows(), at, answer, record.answers.emplace_back());
    });
  });
}

template <class S>
void read_all(Reader& reader, std::span<const Row<S>> rows, const std::string& path, const toml::node* node, size_t most,
              std::vector<S>& into) {
  read_tables(reader, path, node, most,
              [&](const std::string& at, const toml::table& table) { read_section(reader, rows, at, table, into.emplace_back()); });
}

void read_fields(Reader& reader, const std::string& path, const toml::node* node, std::map<std::string, std::string>& into) {
  read_entries(reader, path, node, kPolicyFieldsMax, [&](const std::string& at, const std::string& name, const toml::node& value) {
    read_value(reader, at, value, Limits{}, into[name]);
  });
}

void read_site(Reader& reader, const std::string& path, const toml::table& table, SiteSettings& site) {
  auto& behaviour = site.behaviour;
  const auto read_weight = [&](const std::string& at, const std::string& region, const toml::node& value) {
    read_value(reader, at, value, weight_limits(), site.reads.weights[region]);
  };
  read_entries(reader, path + ".weights", table.get("weights"), kRegionsMax, read_weight);
  read_all(reader, redirect_rows(), path + ".redirects", table.get("redirects"), kRedirectsMax, behaviour.redirects);
  read_all(reader, error_page_rows(), path + ".error_pages", table.get("error_pages"), kErrorPagesMax, behaviour.error_pages);
  read_all(reader, cors_rows(), path + ".cors", table.get("cors"), kCorsRulesMax, behaviour.cors);
  if (const auto* signing = table["signed"].as_table())
    read_all(reader, signing_key_rows(), path + ".signed.keys", signing->get("keys"), kSigningKeysMax, behaviour.signing.keys);
  if (const auto* headers = table["headers"].as_table()) {
    read_fields(reader, path + ".headers.set", headers->get("set"), behaviour.headers.set);
    read_fields(reader, path + ".headers.override", headers->get("override"), behaviour.headers.override);
  }
}

void read_edge(Reader& reader, const toml::table& table, EdgeSettings& edge) {
  read_section(reader, edge_rows(), "edge", table, edge);
  read_tables(reader, "edge.tls", table.get("tls"), kTlsPairsMax, [&](const std::string& path, const toml::table& pair) {
    read_section(reader, tls_rows(), path, pair, edge.tls.emplace_back());
  });
  if (const auto* acme = table.get_as<toml::table>("acme")) {
    read_section(reader, acme_rows(), "edge.acme", *acme, edge.acme.emplace());
  } else if (table.contains("acme")) {
    reader.wrong_type("edge.acme", *table.get("acme"), "a table");
  }
}

// The file's top level.
class FileReader {
 public:
  FileReader(Reader& reader, Loaded& loaded) : reader_(reader), loaded_(loaded) {}

  void read(const toml::table& file) {
    for (auto&& [key, node] : file) {
      reader_.problems.place(std::string(key.str()), position_in(key.source()));
      read_top(std::string(key.str()), position_in(key.source()), node);
    }
  }

 private:
  void read_top(const std::string& key, Position position, const toml::node& node) {
    static const std::array<std::string, 9> kKeys = {"node", "regions", "sites", "edge", "dns", "health_checks", "alerts", "admin", "aws"};
    Settings& settings = loaded_.settings;
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      return reader_.problems.add_at(position, fmt::format("unknown section \"{}\"{}", key, did_you_mean(key, kKeys)));
    }
    if (key == "regions") return read_named(reader_, region_rows(), key, node, kRegionsMax, settings.regions);
    if (key == "sites") return read_named(reader_, site_rows(), key, node, kSitesMax, settings.sites, read_site);
    if (key == "health_checks") return read_named(reader_, health_check_rows(), key, node, kHealthChecksMax, settings.health_checks);
    if (key == "alerts") {
      return read_tables(reader_, key, &node, kAlertsMax, [&](const std::string& path, const toml::table& alert) {
        read_section(reader_, alert_rows(), path, alert, settings.alerts.emplace_back());
      });
    }
    const auto* table = node.as_table();
    if (table == nullptr) return reader_.wrong_type(key, node, "a table");
    if (key == "node") read_section(reader_, node_rows(), key, *table, settings.node);
    if (key == "edge") read_edge(reader_, *table, settings.edge);
    if (key == "dns") read_dns(reader_, *table, settings.dns);
    if (key == "admin") read_section(reader_, admin_rows(), key, *table, settings.admin);
    if (key == "aws") read_section(reader_, aws_rows(), key, *table, loaded_.aws.emplace());
  }

  Reader& reader_;
  Loaded& loaded_;
};

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name.front() == '\0') return "node";
  return name.data();
}

std::string folder_of(std::string_view file_name) {
  std::error_code error;
  const auto file = std::filesystem::absolute(std::filesystem::path(file_name), error);
  return error ? "." : file.parent_path().string();
}

}  // namespace

namespace {

Loaded parse_and_check(std::string_view text, std::string_view file_name, const FurtherCheck& further) {
  Loaded loaded;
  Problems problems(file_name);
  const toml::parse_result file = toml::parse(text);
  if (!file) {
    problems.add_at(position_in(file.error().source()), std::string(file.error().description()));
    loaded.problems = problems.take();
    return loaded;
  }
  Reader reader{problems, folder_of(file_name)};
  FileReader(reader, loaded).read(file.table());
  if (loaded.settings.node.name.empty()) loaded.settings.node.name = host_name();
  cross_check(loaded, problems);
  for (const auto& [path, position] : problems.positions()) loaded.lines.emplace(path, position.line);
  loaded.problems = problems.take();
  if (!loaded.problems.empty() || !further) return loaded;
  further(loaded.settings, [&](std::string_view path, std::string_view message) { problems.add(path, message); });
  loaded.problems = problems.take();
  return loaded;
}

}  // namespace

Loaded parse_settings(std::string_view text, std::string_view file_name) { return parse_and_check(text, file_name, nullptr); }

Result<Loaded> load_settings(const std::string& path) { return load_settings(path, nullptr); }

Result<Loaded> load_settings(const std::string& path, const FurtherCheck& further) {
  TRY(const std::string text, io::read_whole_file(path, kSettingsBytesMax));
  return parse_and_check(text, path, further);
}

}  // namespace evershore::app
