#include "health/silences.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace evershore::health {

namespace {

using Json = nlohmann::json;

bool covers(const Silence& silence, const AlertEvent& event) {
  if (!silence.kind.empty() && silence.kind != event.kind) return false;
  if (silence.name.ends_with('*')) return event.name.starts_with(std::string_view(silence.name).substr(0, silence.name.size() - 1));
  return silence.name.empty() || silence.name == event.name;
}

std::string text_of(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

Result<Silence> Silences::add(Silence silence, Wall now) {
  if (silence.until <= now) return fail(Fault::kInvalid, "a silence needs an end that is still to come");
  if (silence.until > now + kSilenceMax) {
    return fail(Fault::kInvalid,
                fmt::format("a silence lasts at most {}: what is never to be told goes out of `on`", format_duration(kSilenceMax)));
  }
  if (silences_.size() >= kSilencesMax) return fail(Fault::kBusy, fmt::format("there are {} silences already; end some", kSilencesMax));
  silence.id = ++last_id_;
  silences_.push_back(silence);
  return silence;
}

void Silences::restore(Silence silence, Wall now) {
  last_id_ = std::max(last_id_, silence.id);
  if (silence.until <= now || silences_.size() >= kSilencesMax) return;
  silences_.push_back(std::move(silence));
  std::ranges::sort(silences_, {}, &Silence::id);
}

bool Silences::end(uint64_t id) {
  return std::erase_if(silences_, [id](const Silence& silence) { return silence.id == id; }) > 0;
}

std::vector<uint64_t> Silences::take_ended(Wall now) {
  std::vector<uint64_t> ended;
  for (const auto& silence : silences_) {
    if (silence.until <= now) ended.push_back(silence.id);
  }
  for (const uint64_t id : ended) end(id);
  return ended;
}

std::optional<Wall> Silences::until(const AlertEvent& event, Wall now) const {
  std::optional<Wall> latest;
  for (const auto& silence : silences_) {
    if (silence.until > now && covers(silence, event)) latest = std::max(latest.value_or(silence.until), silence.until);
  }
  return latest;
}

std::string write_silence(const Silence& silence) {
  const Json json{{"id", silence.id},         {"kind", silence.kind}, {"name", silence.name}, {"until", format_iso8601(silence.until)},
                  {"reason", silence.reason}, {"by", silence.by}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Silence> read_silence(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("id") || !json["id"].is_number_unsigned()) return std::nullopt;
  const auto until = parse_iso8601(text_of(json, "until"));
  if (!until) return std::nullopt;
  return Silence{.id = json["id"].get<uint64_t>(),
                 .kind = text_of(json, "kind"),
                 .name = text_of(json, "name"),
                 .until = *until,
                 .reason = text_of(json, "reason"),
                 .by = text_of(json, "by")};
}

}  // namespace evershore::health
