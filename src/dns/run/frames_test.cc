#include "dns/run/frames.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/text.h"

namespace evershore::dns {
namespace {

std::string framed(const std::string& message) {
  return std::string{static_cast<char>(message.size() >> 8), static_cast<char>(message.size())} + message;
}

// Feeds `bytes` in pieces that end at `cuts`, takes out what is there after each.
std::vector<std::string> feed(std::string_view bytes, std::vector<size_t> cuts) {
  Frames frames;
  std::vector<std::string> out;
  cuts.push_back(bytes.size());
  size_t at = 0;
  for (const size_t cut : cuts) {
    while (at < cut) {
      const auto space = frames.space();
      const size_t take = std::min(space.size(), cut - at);
      std::ranges::copy(as_bytes(bytes.substr(at, take)), space.begin());
      frames.filled(take);
      at += take;
      while (const auto message = frames.next()) out.emplace_back(as_text(*message));
    }
  }
  return out;
}

TEST(Frames, EverySplitGivesTheSameMessages) {
  const std::vector<std::string> messages{"first", "", "second one", std::string(300, 'x')};
  std::string bytes;
  for (const auto& message : messages) bytes += framed(message);
  for (size_t a = 0; a <= bytes.size(); ++a) {
    for (size_t b = a; b <= bytes.size(); b += 7) EXPECT_EQ(feed(bytes, {a, b}), messages);
  }
}

TEST(Frames, TheLongestMessagePasses) {
  const std::string longest(65'535, 'y');
  EXPECT_EQ(feed(framed(longest) + framed("after"), {1, 2, 3, 60'000}), (std::vector<std::string>{longest, "after"}));
}

TEST(Frames, AMessageThatIsNotWholeIsNotHandedOut) { EXPECT_TRUE(feed(framed("whole").substr(0, 6), {}).empty()); }

}  // namespace
}  // namespace evershore::dns
