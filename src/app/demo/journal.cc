#include "app/demo/journal.h"

#include <fmt/format.h>

#include "app/demo/parallel.h"

namespace evershore::app::demo {

namespace {

constexpr size_t kReadsAtOnce = 32;

std::string key_of(const ChangePlan& plan, const char* fate, size_t index) {
  return fmt::format("changing/{}/{}-{:03}.bin", plan.act, fate, index);
}

DataObject version(const std::string& key, uint64_t version_number, size_t index) {
  return pattern_object(key, version_number * 100'000 + index, 300 + index * 37 % 6'000);
}

Task<Result<void>> put(DataObject object, Bucket& bucket, Journal& journal) {
  auto done = co_await bucket.put(object);
  done ? journal.acknowledged(object) : journal.unknown(object.key);
  co_return done;
}

Task<Result<void>> remove(std::string key, Bucket& bucket, Journal& journal) {
  auto done = co_await bucket.remove(key);
  done ? journal.acknowledged_delete(key) : journal.unknown(key);
  co_return done;
}

// Change `index` of the plan: create, overwrite, create, overwrite, delete, ...
Task<Result<void>> change(const ChangePlan& plan, size_t index, Bucket& bucket, Journal& journal) {
  const size_t round = index / 5, turn = index % 5;
  if (turn == 4) return remove(key_of(plan, "deleted", round), bucket, journal);
  const char* fate = turn % 2 == 0 ? "created" : "overwritten";
  return put(version(key_of(plan, fate, round * 2 + turn / 2), 2, index), bucket, journal);
}

struct Comparison {
  const std::vector<std::pair<std::string, std::optional<Sha256>>> expected;
  Bucket& bucket;
  uint64_t missing = 0;
};

Task<Result<void>> compare(Comparison& comparison, size_t index) {
  const auto& [key, hash] = comparison.expected[index];
  CO_TRY(const auto found, co_await comparison.bucket.hash_of(key));
  comparison.missing += found != hash;
  co_return Result<void>();
}

}  // namespace

std::vector<DataObject> objects_before(const ChangePlan& plan) {
  std::vector<DataObject> objects;
  for (size_t i = 0; i < plan.overwritten(); ++i) objects.push_back(version(key_of(plan, "overwritten", i), 1, i));
  for (size_t i = 0; i < plan.deleted(); ++i) objects.push_back(version(key_of(plan, "deleted", i), 1, i));
  return objects;
}

Task<void> make_changes(io::Loop& loop, Interrupt& interrupt, ChangePlan plan, Bucket& bucket, Journal& journal, std::string& first_error) {
  const Mono begun = loop.now();
  for (size_t i = 0; i < plan.count; ++i) {
    const Mono due = begun + Duration(static_cast<int64_t>(static_cast<double>(i) * 1e9 / plan.per_second));
    const auto go_on = co_await interrupt.pause(std::max(Duration{}, Duration(due - loop.now())));
    if (!go_on) co_return;
    const auto done = co_await change(plan, i, bucket, journal);
    if (!done && first_error.empty()) first_error = done.error().text;
  }
}

Task<Result<uint64_t>> count_missing(const Journal& journal, Bucket& bucket) {
  Comparison comparison{{journal.expected().begin(), journal.expected().end()}, bucket};
  auto* shared = &comparison;
  IndexJob job = [shared](size_t index) { return compare(*shared, index); };
  CO_TRY_VOID(co_await for_each_index(comparison.expected.size(), kReadsAtOnce, std::move(job)));
  co_return comparison.missing;
}

}  // namespace evershore::app::demo
