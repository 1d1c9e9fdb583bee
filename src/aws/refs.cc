#include "aws/refs.h"

#include <fmt/format.h>

namespace evershore::aws {

namespace {

// Calls `see(text)` for each text that may hold a reference. One overload for each kind of change that has any.
template <class F>
void each(HealthCheck& at, F see) {
  see(at.fqdn);
  for (auto& child : at.children) see(child);
}
template <class F>
void each(RecordSet& at, F see) {
  see(at.name);
  see(at.type);
  for (auto& value : at.values) see(value);
  if (at.alias) see(at.alias->name);
  see(at.health_check);
}
template <class F>
void each(Distribution& at, F see) {
  see(at.certificate_arn);
  for (auto& origin : at.origins) see(origin.access_control_id);
}
template <class F>
void each(Alarm& at, F see) {
  see(at.health_check);
  for (auto& action : at.actions) see(action);
}

template <class F>
void each_text(CreateHealthCheck& at, F see) {
  each(at.check, see);
}
template <class F>
void each_text(UpdateHealthCheck& at, F see) {
  see(at.id);
  each(at.check, see);
}
template <class F>
void each_text(TagHealthCheck& at, F see) {
  see(at.id);
}
template <class F>
void each_text(TagZone& at, F see) {
  see(at.id);
}
template <class F>
void each_text(ChangeRecordSets& at, F see) {
  see(at.zone_id);
  for (auto& change : at.changes) each(change.set, see);
}
template <class F>
void each_text(SetBucketPolicy& at, F see) {
  see(at.policy);
}
template <class F>
void each_text(SetReplication& at, F see) {
  see(at.replication.role_arn);
}
template <class F>
void each_text(CreateDistribution& at, F see) {
  each(at.distribution, see);
}
template <class F>
void each_text(UpdateDistribution& at, F see) {
  each(at.distribution, see);
}
template <class F>
void each_text(DeleteDistribution& at, F see) {
  see(at.etag);
}
template <class F>
void each_text(Subscribe& at, F see) {
  see(at.topic_arn);
}
template <class F>
void each_text(SetAlarm& at, F see) {
  each(at.alarm, see);
}
template <class T, class F>
void each_text(T&, F) {}

template <class F>
void each_text_of(Change& change, F see) {
  std::visit([&](auto& at) { each_text(at, see); }, change);
}

template <class T>
T filled_in(T value, const Known& known) {
  each(value, [&](std::string& text) { text = filled(text, known); });
  return value;
}

}  // namespace

std::string ref_to(std::string_view part) { return fmt::format("@{{{}}}", part); }
bool has_ref(std::string_view text) { return text.find("@{") != std::string_view::npos; }

std::string filled(std::string_view text, const Known& known) {
  std::string out;
  for (size_t from = 0;;) {
    const auto start = text.find("@{", from);
    const auto end = start == std::string_view::npos ? start : text.find('}', start);
    if (end == std::string_view::npos) return out.append(text.substr(from));
    out.append(text.substr(from, start - from));
    const auto at = known.find(std::string(text.substr(start + 2, end - start - 2)));
    out.append(at == known.end() ? text.substr(start, end + 1 - start) : std::string_view(at->second));
    from = end + 1;
  }
}

std::string readable(std::string_view text) {
  std::string out(text);
  for (size_t start = out.find("@{"); start != std::string::npos; start = out.find("@{", start)) {
    const auto end = out.find('}', start);
    if (end == std::string::npos) break;
    out[end] = '>';
    out.replace(start, 2, "<");
  }
  return out;
}

Change filled(Change change, const Known& known) {
  each_text_of(change, [&](std::string& text) { text = filled(text, known); });
  return change;
}

std::string open_ref(const Change& change) {
  std::string open;
  Change copy = change;
  each_text_of(copy, [&](std::string& text) {
    if (open.empty() && has_ref(text)) open = text;
  });
  return open;
}

HealthCheck filled(HealthCheck check, const Known& known) { return filled_in(std::move(check), known); }
RecordSet filled(RecordSet set, const Known& known) { return filled_in(std::move(set), known); }
Distribution filled(Distribution distribution, const Known& known) { return filled_in(std::move(distribution), known); }
Alarm filled(Alarm alarm, const Known& known) { return filled_in(std::move(alarm), known); }

}  // namespace evershore::aws
