#include "io/http_write.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <array>
#include <cstring>

namespace evershore::io {
namespace {

constexpr PaceRules kRules{.bytes_per_second = 1, .window = std::chrono::seconds(5)};

// A peer that makes room as fast as it is filled: no write of it ever waits.
class Bottomless final : public Stream {
 public:
  explicit Bottomless(Loop& loop) : watch_(loop, ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  void close() override { watch_.close(); }
  void finish_writing() override {}
  void reset() override { watch_.close(); }
  Attempt try_read(std::span<uint8_t>) override { return {.end = Attempt::End::kEof}; }
  Attempt try_write(std::span<const iovec> pieces) override {
    size_t bytes = 0;
    for (const auto& piece : pieces) bytes += piece.iov_len;
    for (const auto& piece : pieces) sum += static_cast<const uint8_t*>(piece.iov_base)[piece.iov_len - 1];
    largest = std::max(largest, bytes);
    in_turn += bytes;
    most_in_turn = std::max(most_in_turn, in_turn);
    return {.bytes = bytes};
  }
  FdWatch& watch() override { return watch_; }
  bool silent() override { return true; }

  size_t largest = 0;
  size_t in_turn = 0;  // until somebody else had one
  size_t most_in_turn = 0;
  uint64_t sum = 0;

 private:
  FdWatch watch_;
};

// Another's work, in every turn.
struct Other {
  Loop& loop;
  Bottomless& stream;
  size_t turns = 0;
  bool stop = false;
  void go_on() {
    ++turns;
    stream.in_turn = 0;
    if (!stop) loop.post([this] { go_on(); });
  }
};

Task<void> write_blocks(Bottomless& stream, Other& other, size_t blocks, size_t block_bytes, uint64_t& written) {
  const std::vector<uint8_t> block(block_bytes, 7);
  const std::array<uint8_t, 300> head{};
  ClientPace pace;
  uint64_t turn_from = 0;
  other.go_on();
  for (size_t i = 0; i < blocks; ++i) {
    const std::array<std::span<const uint8_t>, 2> pieces = {i == 0 ? std::span<const uint8_t>(head) : std::span<const uint8_t>(), block};
    const auto sent = co_await write_at_pace(stream, pieces, pace, kRules, {written, turn_from});
    EXPECT_TRUE(sent.has_value());
  }
  other.stop = true;
  co_await yield(other.loop);
  co_await yield(other.loop);
}

TEST(HttpWrite, APeerThatTakesAllAtOnceLeavesOthersTheirTurns) {
  for (const auto& [blocks, bytes] : {std::pair<size_t, size_t>{64, 1 << 20}, {1, 64 << 20}, {4096, 16 << 10}}) {
    Loop loop;
    Bottomless stream(loop);
    Other other{loop, stream};
    uint64_t written = 0;
    loop.run_until_done(write_blocks(stream, other, blocks, bytes, written));
    EXPECT_EQ(written, (64U << 20) + 300) << bytes;
    EXPECT_GE(other.turns, 32U) << bytes;
    EXPECT_LE(stream.most_in_turn, 2 * kBytesPerTurn + (32 << 10)) << bytes;
    EXPECT_LE(stream.largest, kBytesPerTurn + (32 << 10)) << bytes;
  }
}

TEST(HttpWrite, ABlockAndItsHeadAreOneWrite) {
  Loop loop;
  Bottomless stream(loop);
  Other other{loop, stream};
  uint64_t written = 0;
  loop.run_until_done(write_blocks(stream, other, 1, 1 << 20, written));
  EXPECT_EQ(stream.largest, (1U << 20) + 300);
}

}  // namespace
}  // namespace evershore::io
