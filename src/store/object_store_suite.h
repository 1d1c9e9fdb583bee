// What every ObjectStore must do. One suite, run unchanged over each driver: a driver is done when it passes.
//
//   INSTANTIATE_TEST_SUITE_P(Fake, ObjectStoreSuite, testing::Values(StoreUnderTestMaker{"fake", make_fake}), store_under_test_name);
//
// The tests themselves are in object_store_suite_test.cc; a driver in another library compiles that file, too.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "store/body.h"
#include "store/object_store.h"

namespace evershore::store {

// An empty bucket and the loop that drives it.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual ObjectStore& store() = 0;
  virtual void run_until_done(Task<void> task) = 0;
  // The smallest size of a part that is not the last one.
  virtual uint64_t part_bytes_min() const { return 1; }
};

struct StoreUnderTestMaker {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};
inline void PrintTo(const StoreUnderTestMaker& maker, std::ostream* out) { *out << maker.name; }
inline std::string store_under_test_name(const testing::TestParamInfo<StoreUnderTestMaker>& info) { return info.param.name; }

#define CO_ASSERT_TRUE(condition)                \
  if (!(condition)) {                            \
    ADD_FAILURE() << "is false: " << #condition; \
    co_return;                                   \
  }                                              \
  static_assert(true)
#define CO_ASSERT_OK(result)                                          \
  if (!(result)) {                                                    \
    ADD_FAILURE() << #result << " failed: " << (result).error().text; \
    co_return;                                                        \
  }                                                                   \
  static_assert(true)
#define EXPECT_FAULT(result, expected_fault)                                                                                 \
  do {                                                                                                                       \
    const auto& outcome_ = (result);                                                                                         \
    if (outcome_)                                                                                                            \
      ADD_FAILURE() << #result << " succeeded";                                                                              \
    else                                                                                                                     \
      EXPECT_EQ(fault_name(outcome_.error().fault), fault_name(expected_fault)) << #result << ": " << outcome_.error().text; \
  } while (false)

class ObjectStoreSuite : public testing::TestWithParam<StoreUnderTestMaker> {
 protected:
  using Scenario = Task<void> (*)(StoreUnderTest& under_test);

  // Probes first, as production does, then runs the scenario.
  void run(Scenario scenario) {
    const auto under_test = GetParam().make();
    ASSERT_NE(under_test, nullptr);
    bool done = false;
    under_test->run_until_done(probe_and_run(*under_test, scenario, done));
    EXPECT_TRUE(done) << "the scenario got stuck";
  }

 private:
  static Task<void> probe_and_run(StoreUnderTest& under_test, Scenario scenario, bool& done) {
    const auto probed = co_await under_test.store().probe_capabilities();
    CO_ASSERT_OK(probed);
    co_await scenario(under_test);
    done = true;
  }
};

namespace suite {

inline Task<Result<PutResult>> put_text(ObjectStore& store, ObjectKey key, std::string text, PutCondition condition) {
  PutOptions options;
  options.size_bytes = text.size();
  options.condition = condition;
  MemoryBody body(std::move(text), 7);
  auto result = co_await store.put(std::move(key), std::move(options), body);
  co_return result;
}

// The body of `key`; "(absent)" or "(error ...)" otherwise.
inline Task<std::string> text_of(ObjectStore& store, ObjectKey key, GetOptions options) {
  auto got = co_await store.get(std::move(key), std::move(options));
  if (!got) co_return "(error " + got.error().text + ")";
  if (!*got) co_return "(absent)";
  auto text = co_await read_whole(*(**got).body, 64ULL << 20);
  if (!text) co_return "(error " + text.error().text + ")";
  co_return *text;
}

inline Task<std::vector<ObjectKey>> all_keys(ObjectStore& store, std::string prefix, uint32_t max_keys) {
  std::vector<ObjectKey> keys;
  ListOptions options;
  options.prefix = std::move(prefix);
  options.max_keys = max_keys;
  while (true) {
    auto page = co_await store.list(options);
    if (!page) {
      ADD_FAILURE() << page.error().text;
      co_return keys;
    }
    EXPECT_LE(page->objects.size(), max_keys);
    for (const ListedObject& object : page->objects) keys.push_back(object.key);
    if (!page->more || page->objects.empty()) co_return keys;
    options.start_after = keys.back();
  }
}

inline Task<Result<CompletedPart>> put_part_text(ObjectStore& store, ObjectKey key, std::string upload, uint32_t number, std::string text) {
  const uint64_t size = text.size();
  MemoryBody body(std::move(text));
  auto part = co_await store.put_part(std::move(key), std::move(upload), number, size, body);
  co_return part;
}

}  // namespace suite

}  // namespace evershore::store
