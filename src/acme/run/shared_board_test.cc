#include "acme/run/shared_board.h"

#include <gtest/gtest.h>

#include "base/fake_scheduler.h"
#include "base/sync.h"
#include "store/fake_store.h"

namespace evershore::acme {
namespace {

using namespace std::chrono_literals;
using Claim = SharedBoard::Claim;

struct World {
  explicit World(store::FakeStoreOptions options = {}) : east(time, "east", 1, {}, options), west(time, "west", 2, {}, options) {}

  template <class T>
  T await(Task<T> task) {
    std::optional<T> slot;
    spawn_detached(fill(std::move(task), slot));
    while (!slot && time.run_next()) {
    }
    return std::move(*slot);
  }
  template <class T>
  static Task<void> fill(Task<T> task, std::optional<T>& slot) {
    slot.emplace(co_await std::move(task));
  }
  static Task<bool> done(Task<void> task) {
    co_await std::move(task);
    co_return true;
  }
  SharedBoard board(std::string_view secret = "secret") { return SharedBoard(time, {&east, &west}, seal_key(secret), "ca"); }

  FakeScheduler time;
  store::FakeStore east;
  store::FakeStore west;
};

TEST(SharedBoard, what_one_node_puts_another_gets_and_nobody_reads) {
  World world;
  auto one = world.board();
  auto two = world.board();
  ASSERT_TRUE(world.await(one.put("account", "the key")));
  EXPECT_EQ(world.await(two.get("account")).value().value_or(""), "the key");
  EXPECT_EQ(world.await(two.list())->count("account"), 1u);
  for (auto* store : {&world.east, &world.west}) {
    ASSERT_EQ(store->objects().size(), 1u);
    EXPECT_EQ(store->objects().begin()->first, ".evershore/acme/ca/account");
    EXPECT_EQ(store->objects().begin()->second.bytes.find("the key"), std::string::npos);
  }
  EXPECT_FALSE(world.await(world.board("another").get("account")));
  EXPECT_FALSE(world.await(two.get("nothing")).value().has_value());
}

TEST(SharedBoard, one_region_is_enough) {
  World world;
  auto board = world.board();
  world.east.set_reachable(false);
  ASSERT_TRUE(world.await(board.put("account", "x")));
  EXPECT_EQ(world.await(board.get("account")).value().value_or(""), "x");
  EXPECT_EQ(world.await(board.claim("a", 1min)).value(), Claim::kGot);
  world.west.set_reachable(false);
  EXPECT_FALSE(world.await(board.put("account", "y")));
  EXPECT_FALSE(world.await(board.list()));
  EXPECT_FALSE(world.await(board.claim("a", 1min)));
}

TEST(SharedBoard, a_document_moved_to_another_name_is_refused) {
  World world;
  auto board = world.board();
  ASSERT_TRUE(world.await(board.put("certificate/a.test", "x")));
  const auto bytes = world.east.objects().begin()->second.bytes;
  world.east.write_behind(".evershore/acme/ca/certificate/b.test", bytes, {}, {});
  world.west.set_reachable(false);
  EXPECT_FALSE(world.await(board.get("certificate/b.test")));
}

class Leases : public testing::TestWithParam<bool> {};  // with conditional writes, and without

TEST_P(Leases, one_holder_until_it_ends_or_lets_go) {
  store::FakeStoreOptions options;
  if (!GetParam()) options.supports = {};
  World world(options);
  auto one = world.board();
  auto two = world.board();
  EXPECT_EQ(world.await(one.claim("a", 10min)).value(), Claim::kGot);
  EXPECT_EQ(world.await(two.claim("b", 10min)).value(), Claim::kHeld);
  EXPECT_EQ(world.await(one.claim("a", 10min)).value(), Claim::kGot) << "it died and is back";
  world.await(World::done(two.release("b")));
  EXPECT_EQ(world.await(two.claim("b", 10min)).value(), Claim::kHeld) << "what is another's stays";
  world.await(World::done(one.release("a")));
  EXPECT_EQ(world.await(two.claim("b", 10min)).value(), Claim::kGot);
  world.time.run_for(11min);
  EXPECT_EQ(world.await(one.claim("a", 10min)).value(), Claim::kGot) << "its time was over";
}

TEST_P(Leases, of_two_that_claim_at_once_one_gets_it) {
  store::FakeStoreOptions options;
  if (!GetParam()) options.supports = {};
  World world(options);
  world.east.set_faults({.latency_min = 1ms, .latency_max = 300ms});
  auto one = world.board();
  auto two = world.board();
  for (int round = 0; round < 50; ++round) {
    std::optional<Result<Claim>> a;
    std::optional<Result<Claim>> b;
    spawn_detached(World::fill(one.claim("a", 1min), a));
    spawn_detached(World::fill(two.claim("b", 1min), b));
    while ((!a || !b) && world.time.run_next()) {
    }
    EXPECT_LE((*a && **a == Claim::kGot ? 1 : 0) + (*b && **b == Claim::kGot ? 1 : 0), 1) << round;
    world.time.run_for(2min);
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, Leases, testing::Bool(),
                         [](const auto& info) { return info.param ? "with_conditions" : "without_conditions"; });

}  // namespace
}  // namespace evershore::acme
