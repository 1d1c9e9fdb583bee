// What the console asks of a node beyond the state: the settings in force, and DNS answers for a client that one chooses.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "app/node.h"
#include "app/node_json.h"
#include "app/settings/settings.h"
#include "app/why_json.h"
#include "dns/answer.h"
#include "io/files.h"
#include "wire/dns/client.h"

namespace evershore::app {

namespace {

using Json = nlohmann::ordered_json;

Json setting_json(const EffectiveSetting& setting) {
  Json json{{"path", setting.path}, {"value", setting.value}};
  json["line"] = setting.line == 0 ? Json() : Json(setting.line);
  json["restart"] = setting.restart;
  json["text"] = setting.text;
  return json;
}

// What the file says now against what is in force: what a reload would do. null = nothing, or not there on that side.
Json reload_json(const std::vector<EffectiveSetting>& now, const std::vector<EffectiveSetting>& next) {
  std::map<std::string_view, std::pair<const EffectiveSetting*, const EffectiveSetting*>> sides;
  for (const auto& each : now) sides[each.path].first = &each;
  for (const auto& each : next) sides[each.path].second = &each;
  Json list = Json::array();
  for (const auto& [path, side] : sides) {
    const auto& [before, after] = side;
    if (before != nullptr && after != nullptr && before->value == after->value) continue;
    Json row{{"path", path}};
    row["now"] = before == nullptr ? Json() : Json(before->value);
    row["next"] = after == nullptr ? Json() : Json(after->value);
    row["restart"] = (before == nullptr ? after : before)->restart;
    list.push_back(std::move(row));
  }
  return list;
}

// 4 or 16 bytes.
Result<std::vector<uint8_t>> address_bytes(const std::string& text) {
  std::array<uint8_t, 16> bytes{};
  if (text.empty()) return std::vector<uint8_t>();
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return std::vector<uint8_t>(bytes.begin(), bytes.begin() + 4);
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return std::vector<uint8_t>(bytes.begin(), bytes.end());
  return fail(Fault::kInvalid, fmt::format("client: \"{}\" is no address", text));
}

Json records_json(const std::vector<dnswire::Record>& records) {
  Json list = Json::array();
  for (const auto& record : records) {
    list.push_back(
        {{"name", record.owner.text()}, {"ttl_seconds", record.ttl}, {"type", dnswire::type_name(record.type)}, {"value", record.value()}});
  }
  return list;
}

uint64_t random_number() {
  std::array<uint8_t, 8> bytes{};
  io::fill_random(bytes);
  uint64_t number = 0;
  for (const uint8_t byte : bytes) number = number << 8 | byte;
  return number;
}

}  // namespace

Task<Result<std::string>> Node::settings_json() {
  const auto loaded = load_settings(settings_path_);
  const bool good = loaded && loaded->problems.empty();
  const std::map<std::string, uint32_t> none;
  const auto now = effective_settings(settings_, loaded ? loaded->lines : none);
  Json json{{"file", settings_path_}};
  Json list = Json::array();
  for (const auto& setting : now) list.push_back(setting_json(setting));
  json["settings"] = std::move(list);
  Json problems = Json::array();
  if (!loaded) problems.push_back(loaded.error().text);
  if (loaded) {
    for (const auto& problem : loaded->problems) problems.push_back(format_problem(problem));
  }
  json["problems"] = std::move(problems);
  json["reload"] = good ? reload_json(now, effective_settings(loaded->settings, loaded->lines)) : Json::array();
  co_return to_text(json);
}

Task<Result<std::string>> Node::dns_query_json(console::DnsQuestion question) {
  CO_TRY(const auto name, dns::Name::parse(question.name));
  const auto type = dnswire::parse_type(question.type);
  if (!type) co_return fail(Fault::kInvalid, fmt::format("type: \"{}\" is no type of records", question.type));
  CO_TRY(const auto address, address_bytes(question.client));
  const uint64_t entropy = random_number();
  const auto query = dnswire::build_query(name, *type, static_cast<uint16_t>(entropy), {.edns_payload_bytes = 1232});
  dns::AnswerCounters uncounted;
  std::vector<uint8_t> out(dnswire::kMessageBytesMax);
  const dns::Asker asker{.transport = dns::Transport::kTcp, .address = address, .entropy = entropy};
  const size_t size = dns::answer(query, *publisher_.snapshots().read(), asker, out, uncounted);
  CO_TRY(const auto response, dnswire::parse_response(std::span(out).first(size)));
  Json json{{"name", name.text()}, {"type", dnswire::type_name(*type)}, {"client", question.client}};
  json["rcode"] = dnswire::rcode_name(response.rcode);
  json["authoritative"] = response.authoritative();
  json["answers"] = records_json(response.answers);
  json["authorities"] = records_json(response.authorities);
  const auto why = dns::why_of(publisher_.why_state(), *publisher_.snapshots().read(), name);
  json["why"] = why ? why_json(*why, loop_.wall()) : Json();
  co_return to_text(json);
}

}  // namespace evershore::app
