#include "wire/s3/event.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "wire/s3/encode.h"
#include "wire/s3/xml.h"

namespace evershore::s3 {

using nlohmann::json;

namespace {
// Keys are form-URL-encoded in events: a space is '+', '/' stays (aws-semantics.md 4.4).
std::string form_encode(std::string_view key) {
  auto text = encode(key, Slash::kKept);
  for (size_t at = text.find("%20"); at != std::string::npos; at = text.find("%20", at)) text.replace(at, 3, "+");
  return text;
}
}  // namespace

std::string render_event(const ObjectEvent& event, std::string_view region) {
  json object{{"key", form_encode(event.key)}, {"sequencer", event.sequencer}};
  if (!event.etag.empty()) object["eTag"] = event.etag;
  if (event.size_bytes) object["size"] = *event.size_bytes;
  const json record{
      {"eventVersion", "2.1"},
      {"eventSource", "aws:s3"},
      {"awsRegion", region},
      {"eventTime", format_iso8601(event.time)},
      {"eventName", event.name},
      {"s3",
       {{"s3SchemaVersion", "1.0"}, {"bucket", {{"name", event.bucket}, {"arn", "arn:aws:s3:::" + event.bucket}}}, {"object", object}}}};
  return json{{"Records", json::array({record})}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

namespace {
// Total look-ups: whatever is missing or of another type is as good as absent.
const json& member(const json& node, const char* name) {
  static const json kNothing;
  if (!node.is_object()) return kNothing;
  const auto found = node.find(name);
  return found == node.end() ? kNothing : *found;
}
std::string text_of(const json& node) { return node.is_string() ? node.get<std::string>() : std::string(); }
std::optional<uint64_t> number_of(const json& node) {
  if (node.is_number_unsigned()) return node.get<uint64_t>();
  return node.is_string() ? parse_u64(node.get_ref<const std::string&>()) : std::nullopt;
}
std::string without_prefix(std::string text, std::string_view prefix) {
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  return text;
}

void add_record(const json& record, std::vector<ObjectEvent>& into) {
  const auto& s3 = member(record, "s3");
  const auto& object = member(s3, "object");
  const auto raw_key = text_of(member(object, "key"));
  if (raw_key.empty()) return;
  ObjectEvent event{.name = without_prefix(text_of(member(record, "eventName")), "s3:"),
                    .bucket = text_of(member(member(s3, "bucket"), "name")),
                    .key = decode(raw_key, PlusMeans::kSpace),
                    .etag = std::string(unquote_etag(text_of(member(object, "eTag")))),
                    .size_bytes = number_of(member(object, "size")),
                    .sequencer = text_of(member(object, "sequencer")),
                    .time = parse_iso8601(text_of(member(record, "eventTime"))).value_or(Wall{})};
  const bool ambiguous = text_of(member(record, "eventSource")) == "ceph:s3" && event.key != raw_key;
  into.push_back(event);
  if (!ambiguous) return;
  event.key = raw_key;
  into.push_back(std::move(event));
}

// EventBridge: {"source": "aws.s3", "detail-type": "Object Created", "detail": {...}}; its key is not encoded.
void add_bridge_event(const json& envelope, std::vector<ObjectEvent>& into) {
  const auto& detail = member(envelope, "detail");
  const auto& object = member(detail, "object");
  auto key = text_of(member(object, "key"));
  if (key.empty()) return;
  const auto type = text_of(member(envelope, "detail-type"));
  const auto* name = type == "Object Created" ? "ObjectCreated:" : type == "Object Deleted" ? "ObjectRemoved:" : "";
  into.push_back({.name = name + (*name == '\0' ? type : text_of(member(detail, "reason"))),
                  .bucket = text_of(member(member(detail, "bucket"), "name")),
                  .key = std::move(key),
                  .etag = std::string(unquote_etag(text_of(member(object, "etag")))),
                  .size_bytes = number_of(member(object, "size")),
                  .sequencer = text_of(member(object, "sequencer")),
                  .time = parse_iso8601(text_of(member(envelope, "time"))).value_or(Wall{})});
}

}  // namespace

Result<std::vector<ObjectEvent>> parse_events(std::string_view text) {
  if (text.size() > kEventBytesMax) return fail(Fault::kInvalid, "the event document is larger than 4 MiB");
  auto document = json::parse(text, nullptr, false);
  // SNS: {"Type": "Notification", "Message": "<the event as a string>"}
  const auto message = document.is_discarded() ? std::string() : text_of(member(document, "Message"));
  if (!message.empty()) document = json::parse(message, nullptr, false);
  if (document.is_discarded()) return fail(Fault::kInvalid, "the event is not JSON");
  if (!document.is_object()) return fail(Fault::kInvalid, "the event is not a JSON object");
  std::vector<ObjectEvent> events;
  const auto& records = member(document, "Records");
  if (records.size() > kEventRecordsMax) return fail(Fault::kInvalid, "more than 10000 records in one event document");
  if (records.is_array()) {
    for (const auto& record : records) add_record(record, events);
  }
  add_bridge_event(document, events);
  return events;
}

}  // namespace evershore::s3
