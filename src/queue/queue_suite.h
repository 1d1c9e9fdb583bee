// What every TaskQueue and RowStore must do. One suite, run unchanged over each driver: a driver is done when it passes.
//
//   INSTANTIATE_TEST_SUITE_P(Memory, QueueSuite, testing::Values(QueueUnderTestMaker{"memory", make_memory}), queue_under_test_name);
//
// The tests themselves are in queue_suite_test.cc; a driver in another library compiles that file, too.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "queue/row_store.h"
#include "queue/task_queue.h"

namespace evershore::queue {

// An empty queue and an empty row store, and the loop that drives them.
class QueueUnderTest {
 public:
  virtual ~QueueUnderTest() = default;
  virtual TaskQueue& queue() = 0;
  virtual RowStore& rows() = 0;
  virtual void run_until_done(Task<void> task) = 0;
  // A power cut and a new start. Between calls only.
  virtual void restart() = 0;
};

struct QueueUnderTestMaker {
  std::string name;
  std::function<std::unique_ptr<QueueUnderTest>()> make;
};
inline std::string queue_under_test_name(const testing::TestParamInfo<QueueUnderTestMaker>& info) { return info.param.name; }

// A blocking face over the driver, for short tests.
class QueueSuite : public testing::TestWithParam<QueueUnderTestMaker> {
 protected:
  QueueSuite() : under_test_(GetParam().make()) {}

  template <class T>
  static Task<void> keep(Task<Result<T>> task, std::optional<Result<T>>& slot) {
    slot.emplace(co_await std::move(task));
  }
  template <class T>
  Result<T> wait(Task<Result<T>> task) {
    std::optional<Result<T>> slot;
    under_test_->run_until_done(keep(std::move(task), slot));
    EXPECT_TRUE(slot.has_value());
    if (slot && !*slot) ADD_FAILURE() << slot->error().text;
    return std::move(*slot);
  }

  static Wall at(int seconds) { return Wall{} + std::chrono::seconds(1'700'000'000 + seconds); }
  static NewTask task(std::string key) { return NewTask{.key = std::move(key)}; }
  TaskQueue& queue() { return under_test_->queue(); }
  RowStore& rows() { return under_test_->rows(); }
  void enqueue(NewTask new_task, int second) { wait(queue().enqueue("s", {std::move(new_task)}, at(second), Durability::kDurable)); }
  std::vector<TaskRow> take(size_t max, int second) {
    return wait(queue().take_due("s", Lane::kSmall, max, Order::kNewestFirst, at(second))).value_or(std::vector<TaskRow>{});
  }
  static std::vector<std::string> keys_of(const std::vector<TaskRow>& taken) {
    std::vector<std::string> keys;
    for (const auto& row : taken) keys.push_back(row.key);
    return keys;
  }
  static Taken of(const TaskRow& row) { return Taken{row.key, row.generation}; }
  static KeyRow object(std::string key, uint64_t millis) {
    return KeyRow{.key = std::move(key),
                  .version = {millis, 1, 2},
                  .size_bytes = 5,
                  .etag = "e",
                  .content_id = {1, 2, 3},
                  .meta_hash = 7,
                  .origin = 1,
                  .synced = {3},
                  .seen = {{2, "older"}, {3, ""}}};
  }
  std::optional<KeyRow> row_of(std::string key) { return wait(rows().get("s", {std::move(key)})).value().at(0); }

  std::unique_ptr<QueueUnderTest> under_test_;
};

using Keys = std::vector<std::string>;

}  // namespace evershore::queue
