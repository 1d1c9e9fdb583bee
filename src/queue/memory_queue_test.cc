#include "queue/memory_queue.h"

#include "queue/memory_board.h"
#include "queue/memory_rows.h"
#include "queue/queue_suite.h"

namespace evershore::queue {
namespace {

class MemoryUnderTest final : public QueueUnderTest {
 public:
  TaskQueue& queue() override { return queue_; }
  RowStore& rows() override { return rows_; }
  void run_until_done(Task<void> task) override { spawn_detached(std::move(task)); }  // nothing in memory ever waits
  void restart() override {
    queue_.crash();
    rows_.crash();
  }

 private:
  MemoryQueue queue_{CrashTracking::kOn};
  MemoryRows rows_{CrashTracking::kOn};
};

INSTANTIATE_TEST_SUITE_P(Memory, QueueSuite,
                         testing::Values(QueueUnderTestMaker{"memory", [] { return std::make_unique<MemoryUnderTest>(); }}),
                         queue_under_test_name);

class MemoryCrash : public QueueSuite {};
INSTANTIATE_TEST_SUITE_P(Memory, MemoryCrash,
                         testing::Values(QueueUnderTestMaker{"memory", [] { return std::make_unique<MemoryUnderTest>(); }}),
                         queue_under_test_name);

TEST_P(MemoryCrash, LosesLazyWritesUnlessADurableOneFollowed) {
  wait(queue().enqueue("s", {task("kept")}, at(1), Durability::kLazy));
  enqueue(task("durable"), 2);
  wait(queue().enqueue("s", {task("lost")}, at(3), Durability::kLazy));
  under_test_->restart();
  EXPECT_EQ(keys_of(take(9, 9)), (Keys{"durable", "kept"}));
}

TEST_P(MemoryCrash, RepeatsALookWhoseDoneWasLost) {
  enqueue(task("a"), 1);
  wait(queue().done("s", {of(take(1, 1).at(0))}));
  under_test_->restart();
  EXPECT_EQ(keys_of(take(9, 9)), (Keys{"a"}));
}

template <class T>
Task<void> keep(Task<Result<T>> task, std::optional<Result<T>>& slot) {
  slot.emplace(co_await std::move(task));
}
template <class T>
Result<T> now(Task<Result<T>> task) {
  std::optional<Result<T>> slot;
  spawn_detached(keep(std::move(task), slot));
  return std::move(slot.value());
}

TEST(MemoryBoard, KeepsEntriesInOrderByPrefix) {
  MemoryBoard board;
  EXPECT_TRUE(now(board.put("drain/west", "b")));
  EXPECT_TRUE(now(board.put("drain/east", "a")));
  EXPECT_TRUE(now(board.put("pin/assets", "east")));
  EXPECT_EQ(now(board.get("drain/west")).value(), "b");
  const std::vector<std::pair<std::string, std::string>> drains{{"drain/east", "a"}, {"drain/west", "b"}};
  EXPECT_EQ(now(board.list("drain/")).value(), drains);
  EXPECT_TRUE(now(board.remove("drain/west")));
  EXPECT_EQ(now(board.get("drain/west")).value(), std::nullopt);
}

TEST(MemoryBoard, RefusesWhatIsTooLarge) {
  MemoryBoard board;
  EXPECT_FALSE(now(board.put("", "x")));
  EXPECT_FALSE(now(board.put("k", std::string(kBoardValueBytesMax + 1, 'x'))));
  EXPECT_TRUE(now(board.put("k", std::string(kBoardValueBytesMax, 'x'))));
}

}  // namespace
}  // namespace evershore::queue
