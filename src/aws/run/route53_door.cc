#include "aws/run/route53_door.h"

#include <fmt/format.h>

#include <iterator>

#include "base/text.h"

namespace evershore::aws {

namespace {
constexpr size_t kPagesMax = 10;  // of one name's sets: Route 53 keeps 100 of a name and type
}

Task<Result<std::string>> LiveRoute53::zone_id(std::string name) {
  CO_TRY(const auto answer, co_await client_.send(list_zones_by_name(name)));
  CO_TRY(const auto zones, parse_zones(answer));
  std::string id;
  for (const auto& zone : zones) {
    if (zone.name != name || zone.private_zone) continue;
    if (!id.empty()) co_return fail(Fault::kInvalid, fmt::format("there are several public hosted zones named {} in the account", name));
    id = zone.id;
  }
  if (id.empty()) co_return fail(Fault::kNotFound, fmt::format("there is no public hosted zone named {} in the account", name));
  co_return id;
}

Task<Result<std::vector<RecordSet>>> LiveRoute53::records(std::string zone_id, std::string name) {
  std::vector<RecordSet> found;
  RecordPage at{.sets = {}, .next_name = name, .next_type = {}, .next_identifier = {}};
  for (size_t pages = 0; pages < kPagesMax && equal_ignoring_case(at.next_name, name); ++pages) {
    CO_TRY(const auto answer, co_await client_.send(list_record_sets(zone_id, at.next_name, at.next_type, at.next_identifier)));
    CO_TRY(at, parse_record_sets(answer));
    for (auto& set : at.sets) {
      if (!equal_ignoring_case(set.name, name)) co_return found;  // sorted by name: the rest is of others
      found.push_back(std::move(set));
    }
  }
  co_return found;
}

Task<Result<std::string>> LiveRoute53::change(ChangeRecordSets changes) {
  CO_TRY(const auto answer, co_await client_.send(request(changes)));
  CO_TRY(const auto made, parse_route53_made(answer));
  const auto id = made.find("change");
  co_return id == made.end() ? std::string() : id->second;
}

Task<Result<bool>> LiveRoute53::in_sync(std::string change_id) {
  CO_TRY(const auto answer, co_await client_.send(get_change(change_id)));
  co_return parse_in_sync(answer);
}

}  // namespace evershore::aws
