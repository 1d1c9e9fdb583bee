#include "replicate/run/byte_gate.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/fake_scheduler.h"
#include "base/sync.h"
#include "base/task.h"

namespace evershore::replicate {
namespace {

using namespace std::chrono_literals;

struct World {
  FakeScheduler scheduler;
  ByteGate gate{scheduler, 100};
  std::vector<int> in;
  std::vector<int> out;
};

Task<void> pass(World& world, int name, uint64_t bytes, Duration span) {
  const auto hold = co_await world.gate.take(bytes);
  world.in.push_back(name);
  co_await sleep_for(world.scheduler, span);
  world.out.push_back(name);
}

using Names = std::vector<int>;

TEST(ByteGate, lets_in_what_fits_in_order_of_arrival) {
  World world;
  spawn_detached(pass(world, 1, 60, 1s));
  spawn_detached(pass(world, 2, 60, 1s));
  spawn_detached(pass(world, 3, 10, 1s));
  world.scheduler.run_ready();
  EXPECT_EQ(world.in, (Names{1})) << "the third would fit, and does not overtake";
  world.scheduler.run_for(1s);
  EXPECT_EQ(world.in, (Names{1, 2, 3}));
  world.scheduler.run_for(1s);
  EXPECT_EQ(world.out, (Names{1, 2, 3}));
  EXPECT_EQ(world.gate.free(), 100u);
}

TEST(ByteGate, lets_through_alone_what_is_larger_than_itself) {
  World world;
  spawn_detached(pass(world, 1, 1'000, 1s));
  spawn_detached(pass(world, 2, 1, 1s));
  world.scheduler.run_ready();
  EXPECT_EQ(world.in, (Names{1}));
  world.scheduler.run_for(3s);
  EXPECT_EQ(world.out, (Names{1, 2}));
  EXPECT_EQ(world.gate.free(), 100u);
}

}  // namespace
}  // namespace evershore::replicate
