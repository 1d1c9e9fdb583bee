#include "store/fake_store.h"

#include <gtest/gtest.h>

#include "base/fake_scheduler.h"
#include "store/object_store_suite.h"

namespace evershore::store {
namespace {

class FakeUnderTest final : public StoreUnderTest {
 public:
  FakeUnderTest(FaultRates faults, FakeStoreOptions options) : store_(scheduler_, "fake", 1, faults, options) {}
  ObjectStore& store() override { return store_; }
  void run_until_done(Task<void> task) override {
    spawn_detached(std::move(task));
    while (scheduler_.run_next()) {
    }
  }

 private:
  FakeScheduler scheduler_;
  FakeStore store_;
};

std::unique_ptr<StoreUnderTest> make_prompt() { return std::make_unique<FakeUnderTest>(FaultRates{}, FakeStoreOptions{}); }
std::unique_ptr<StoreUnderTest> make_slow() {
  return std::make_unique<FakeUnderTest>(
      FaultRates{.latency_min = std::chrono::milliseconds(1), .latency_max = std::chrono::milliseconds(30)}, FakeStoreOptions{});
}
std::unique_ptr<StoreUnderTest> make_unsorted() {
  return std::make_unique<FakeUnderTest>(FaultRates{}, FakeStoreOptions{.supports = {.list_sorted = false}});
}

INSTANTIATE_TEST_SUITE_P(Fake, ObjectStoreSuite,
                         testing::Values(StoreUnderTestMaker{"prompt", make_prompt}, StoreUnderTestMaker{"slow", make_slow},
                                         StoreUnderTestMaker{"unsorted", make_unsorted}),
                         store_under_test_name);

// A store, its time, and calls that are run to their end.
struct Rig {
  FakeScheduler time;
  FakeStore store;

  explicit Rig(FaultRates faults) : store(time, "b", 7, faults) {}
  Rig(FaultRates faults, FakeStoreOptions options) : store(time, "b", 7, faults, options) {}

  template <class T>
  T await(Task<T> task) {
    std::optional<T> slot;
    spawn_detached(task_detail::store_result(std::move(task), slot));
    while (!slot && time.run_next()) {
    }
    return std::move(*slot);
  }
};

TEST(FakeStore, RefusesAMissingFeatureInsteadOfIgnoringIt) {
  Rig rig(FaultRates{}, FakeStoreOptions{.supports = {}});
  EXPECT_FAULT(rig.await(suite::put_text(rig.store, "k", "x", PutCondition{.if_none_match = true})), Fault::kRefused);
  EXPECT_FAULT(rig.await(suite::put_text(rig.store, "k", "x", PutCondition{.if_match = "e"})), Fault::kRefused);
  EXPECT_FAULT(rig.await(rig.store.remove("k", "e")), Fault::kRefused);
  EXPECT_TRUE(rig.store.objects().empty());
}

TEST(FakeStore, ALostResponseLeavesTheEffectALostRequestDoesNot) {
  Rig lost_response(FaultRates{.lost_response = 1});
  EXPECT_FAULT(lost_response.await(suite::put_text(lost_response.store, "k", "x", {})), Fault::kTimedOut);
  EXPECT_TRUE(lost_response.store.objects().contains("k"));
  Rig lost_request(FaultRates{.lost_request = 1});
  EXPECT_FAULT(lost_request.await(suite::put_text(lost_request.store, "k", "x", {})), Fault::kTimedOut);
  EXPECT_FALSE(lost_request.store.objects().contains("k"));
}

TEST(FakeStore, ABusyStoreDoesNothing) {
  Rig rig(FaultRates{.busy = 1});
  EXPECT_FAULT(rig.await(suite::put_text(rig.store, "k", "x", {})), Fault::kBusy);
  EXPECT_TRUE(rig.store.objects().empty());
}

TEST(FakeStore, ACutBodyIsAnErrorNeverAnEnd) {
  Rig rig(FaultRates{.cut_body = 1});
  rig.store.write_behind("k", "0123456789", {}, {});
  auto got = rig.await(rig.store.get("k", GetOptions{}));
  ASSERT_TRUE(got && *got);
  EXPECT_FAULT(rig.await(read_whole(*(**got).body, 100)), Fault::kBroken);
}

TEST(FakeStore, AnObjectRewrittenUnderAGetKeepsItsBytesAndChangesItsEtag) {
  Rig rig(FaultRates{.rewrite_under_get = 1});
  rig.store.write_behind("k", "0123456789", {}, {{"m", "1"}});
  const std::string before = rig.store.objects().at("k").etag;
  auto got = rig.await(rig.store.get("k", GetOptions{}));
  ASSERT_TRUE(got && *got);
  EXPECT_EQ((**got).info.etag, before);
  EXPECT_NE(rig.store.objects().at("k").etag, before);
  EXPECT_EQ(rig.store.objects().at("k").bytes, "0123456789");
  EXPECT_EQ(rig.store.objects().at("k").metadata.at("m"), "1");
}

TEST(FakeStore, AStaleListShowsThePast) {
  Rig rig(FaultRates{.stale_list = 1, .list_lag = std::chrono::seconds(5)});
  rig.store.write_behind("stays", "x", {}, {});
  rig.store.write_behind("goes", "x", {}, {});
  rig.time.run_for(std::chrono::minutes(1));
  rig.store.erase_behind("goes");
  rig.store.write_behind("comes", "x", {}, {});
  bool old_seen = false;
  for (int i = 0; i < 20; ++i) old_seen |= rig.await(suite::all_keys(rig.store, "", 1000)) == std::vector<ObjectKey>{"goes", "stays"};
  EXPECT_TRUE(old_seen);
  rig.time.run_for(std::chrono::seconds(6));
  EXPECT_EQ(rig.await(suite::all_keys(rig.store, "", 1000)), (std::vector<ObjectKey>{"comes", "stays"}));
}

TEST(FakeStore, AnUnreachableStoreRefusesAndCutsWhatIsUnderWay) {
  Rig rig(FaultRates{.latency_min = std::chrono::milliseconds(10), .latency_max = std::chrono::milliseconds(10)});
  std::optional<Result<PutResult>> slot;
  spawn_detached(task_detail::store_result(suite::put_text(rig.store, "k", "x", {}), slot));
  rig.time.run_for(std::chrono::milliseconds(15));  // stored, its answer is on the way
  rig.store.set_reachable(false);
  rig.time.run_for(std::chrono::milliseconds(15));
  ASSERT_TRUE(slot.has_value());
  EXPECT_FAULT(*slot, Fault::kTimedOut);
  EXPECT_TRUE(rig.store.objects().contains("k"));
  EXPECT_FAULT(rig.await(rig.store.find("k")), Fault::kRefused);
  rig.store.set_reachable(true);
  EXPECT_TRUE(rig.await(rig.store.find("k")).has_value());
}

TEST(FakeStore, TellsOfEachChange) {
  Rig rig(FaultRates{});
  std::vector<ObjectKey> told;
  rig.store.on_change([&](const ObjectKey& key) { told.push_back(key); });
  rig.store.write_behind("a", "1", {}, {});
  ASSERT_TRUE(rig.await(suite::put_text(rig.store, "b", "2", {})).has_value());
  ASSERT_TRUE(rig.await(rig.store.remove("a", "")).has_value());
  ASSERT_TRUE(rig.await(rig.store.remove("absent", "")).has_value());
  rig.time.run_ready();
  EXPECT_EQ(told, (std::vector<ObjectKey>{"a", "b", "a"}));
}

TEST(FakeStore, TheSameSeedGivesTheSameRun) {
  const FaultRates faults{.busy = 0.3, .lost_request = 0.2, .lost_response = 0.2, .latency_max = std::chrono::milliseconds(9)};
  const auto history = [&] {
    Rig rig(faults);
    std::string log;
    for (int i = 0; i < 50; ++i) {
      const auto put = rig.await(suite::put_text(rig.store, "k" + std::to_string(i), "x", {}));
      log += put ? "ok " : std::string(fault_name(put.error().fault)) + " ";
    }
    return log + std::to_string(rig.store.objects().size()) + "@" + std::to_string(rig.time.now().time_since_epoch().count());
  };
  EXPECT_EQ(history(), history());
}

TEST(FakeStore, RefusesWhatS3MerelyTolerates) {
  Rig rig(FaultRates{}, FakeStoreOptions{.part_bytes_min = 10});
  PutOptions upper;
  upper.metadata = {{"Upper", "x"}};
  MemoryBody empty("");
  EXPECT_FAULT(rig.await(rig.store.put("k", upper, empty)), Fault::kInvalid);
  PutOptions unknown;
  unknown.headers = {{"x-amz-acl", "public-read"}};
  EXPECT_FAULT(rig.await(rig.store.put("k", unknown, empty)), Fault::kInvalid);
  PutOptions much;
  much.metadata = {{"m", std::string(2048, 'x')}};
  EXPECT_FAULT(rig.await(rig.store.put("k", much, empty)), Fault::kInvalid);
  EXPECT_FAULT(rig.await(rig.store.find(std::string(1025, 'k'))), Fault::kInvalid);

  const auto upload = rig.await(rig.store.create_multipart("k", {}, {}));
  ASSERT_TRUE(upload.has_value());
  const auto one = rig.await(suite::put_part_text(rig.store, "k", *upload, 1, "small"));
  const auto two = rig.await(suite::put_part_text(rig.store, "k", *upload, 2, "small"));
  ASSERT_TRUE(one && two);
  EXPECT_FAULT(rig.await(rig.store.complete_multipart("k", *upload, {*two, *one}, {})), Fault::kInvalid);
  EXPECT_FAULT(rig.await(rig.store.complete_multipart("k", *upload, {*one, *two}, {})), Fault::kInvalid);
  EXPECT_TRUE(rig.await(rig.store.complete_multipart("k", *upload, {*two}, {})).has_value()) << "the last part may be small";
}

}  // namespace
}  // namespace evershore::store
