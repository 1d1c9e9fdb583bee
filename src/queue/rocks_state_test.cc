#include "queue/rocks_state.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/loop.h"
#include "io/test_support.h"
#include "queue/codec.h"
#include "queue/queue_suite.h"

namespace evershore::queue {
namespace {

class RocksUnderTest final : public QueueUnderTest {
 public:
  RocksUnderTest() { open(); }
  TaskQueue& queue() override { return state_->queue(); }
  RowStore& rows() override { return state_->rows(); }
  void run_until_done(Task<void> task) override { loop_.run_until_done(std::move(task)); }
  void restart() override {
    state_.reset();
    open();
  }
  RocksState& state() { return *state_; }
  io::Loop& loop() { return loop_; }
  const std::string& path() const { return directory_.path(); }

 private:
  void open() {
    auto opened = RocksState::open(loop_, directory_.path());
    ASSERT_TRUE(opened.has_value()) << opened.error().text;
    state_ = *std::move(opened);
  }

  io::ScratchDirectory directory_;
  io::Loop loop_;
  std::unique_ptr<RocksState> state_;
};

INSTANTIATE_TEST_SUITE_P(Rocks, QueueSuite,
                         testing::Values(QueueUnderTestMaker{"rocks", [] { return std::make_unique<RocksUnderTest>(); }}),
                         queue_under_test_name);

Wall at(int seconds) { return Wall{} + std::chrono::seconds(1'700'000'000 + seconds); }

Task<void> enqueue_one(TaskQueue& queue, std::string key, size_t& succeeded) {
  std::vector<NewTask> tasks;
  tasks.push_back(NewTask{.key = std::move(key)});
  const auto result = co_await queue.enqueue("s", std::move(tasks), at(0), Durability::kDurable);
  if (result) ++succeeded;
}

Task<void> enqueue_many_at_once(TaskQueue& queue, int count, size_t& succeeded) {
  TaskScope scope;
  for (int i = 0; i < count; ++i) scope.spawn(enqueue_one(queue, "k" + std::to_string(i), succeeded));
  co_await scope.join();
}

TEST(RocksState, ManyCallersShareOneSync) {
  RocksUnderTest rig;
  size_t succeeded = 0;
  rig.run_until_done(enqueue_many_at_once(rig.queue(), 500, succeeded));
  EXPECT_EQ(succeeded, 500U);
  EXPECT_LT(rig.state().engine().groups_written(), 250U);
  EXPECT_EQ(rig.queue().counts("s").pending, 500U);
}

TEST(RocksState, ASecondProcessIsRefused) {
  RocksUnderTest rig;
  const auto second = RocksState::open(rig.loop(), rig.path());
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().fault, Fault::kRefused) << second.error().text;
}

Task<void> board_story(Board& board) {
  const auto put_a = co_await board.put("drain/east", "maintenance");
  EXPECT_TRUE(put_a.has_value());
  const auto put_b = co_await board.put("drain/west", "x");
  EXPECT_TRUE(put_b.has_value());
  const auto put_c = co_await board.put("pin/assets", "west");
  EXPECT_TRUE(put_c.has_value());
  const auto removed = co_await board.remove("drain/west");
  EXPECT_TRUE(removed.has_value());
  const auto gone = co_await board.remove("never/there");
  EXPECT_TRUE(gone.has_value());
  const auto too_long = co_await board.put(std::string(kBoardKeyBytesMax + 1, 'k'), "");
  EXPECT_FALSE(too_long.has_value());
}

Task<void> board_after(Board& board) {
  const auto east = co_await board.get("drain/east");
  EXPECT_EQ(east.value(), "maintenance");
  const auto west = co_await board.get("drain/west");
  EXPECT_EQ(west.value(), std::nullopt);
  const auto drains = co_await board.list("drain/");
  EXPECT_EQ(drains.value(), (std::vector<std::pair<std::string, std::string>>{{"drain/east", "maintenance"}}));
  const auto all = co_await board.list("");
  EXPECT_EQ(all.value().size(), 2U);
}

TEST(RocksState, TheBoardSurvivesARestart) {
  RocksUnderTest rig;
  rig.run_until_done(board_story(rig.state().board()));
  rig.restart();
  rig.run_until_done(board_after(rig.state().board()));
}

Task<void> acknowledge_to_pipe(TaskQueue& queue, int count, int pipe) {
  for (int i = 0; i < count; ++i) {
    size_t succeeded = 0;
    co_await enqueue_one(queue, "k" + std::to_string(i), succeeded);
    const char byte = 'a';
    if (succeeded == 1 && ::write(pipe, &byte, 1) != 1) co_return;
  }
}

// A child acknowledges keys one after another and is killed in the middle; the parent then finds each of them.
TEST(RocksState, WhatWasAcknowledgedSurvivesAKill) {
  io::ScratchDirectory directory;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    io::Loop loop;
    auto state = RocksState::open(loop, directory.path());
    if (state) loop.run_until_done(acknowledge_to_pipe((*state)->queue(), 1'000'000, ends[1]));
    ::_exit(0);
  }
  ::close(ends[1]);
  size_t acknowledged = 0;
  char byte = 0;
  while (acknowledged < 200 && ::read(ends[0], &byte, 1) == 1) ++acknowledged;
  ASSERT_EQ(acknowledged, 200U);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  while (::read(ends[0], &byte, 1) == 1) ++acknowledged;
  ::close(ends[0]);

  io::Loop loop;
  auto state = RocksState::open(loop, directory.path());
  ASSERT_TRUE(state.has_value()) << state.error().text;
  for (size_t i = 0; i < acknowledged; ++i) EXPECT_TRUE((*state)->queue().find("s", "k" + std::to_string(i)).has_value()) << i;
}

TEST(Codec, RefusesEveryTruncationAndAnyTail) {
  const TaskRow task{
      .key = "k", .generation = 300, .hint = {.source = 1, .etag = "e", .removed = {5}}, .first_seen = at(1), .error = "503"};
  const std::string task_bytes = encode(task);
  for (size_t cut = 0; cut < task_bytes.size(); ++cut) EXPECT_FALSE(decode_task("k", task_bytes.substr(0, cut)).has_value()) << cut;
  EXPECT_FALSE(decode_task("k", task_bytes + "x").has_value());
  EXPECT_EQ(decode_task("k", task_bytes)->hint, task.hint);

  const KeyRow row{.key = "k", .version = {1ULL << 47, 65535, 65535}, .size_bytes = UINT64_MAX, .etag = "e", .seen = {{15, "old"}}};
  const std::string row_bytes = encode(row);
  for (size_t cut = 0; cut < row_bytes.size(); ++cut) EXPECT_FALSE(decode_row("k", row_bytes.substr(0, cut)).has_value()) << cut;
  EXPECT_EQ(decode_row("k", row_bytes).value(), row);
  EXPECT_FALSE(decode_row("k", "\x02" + row_bytes.substr(1)).has_value()) << "a layout from a newer version";
}

}  // namespace
}  // namespace evershore::queue
