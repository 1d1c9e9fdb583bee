#include "wire/http/chunked.h"

#include <gtest/gtest.h>

#include "wire/http/every_split.h"

namespace evershore::http {
namespace {

struct Decoded {
  ParseState state = ParseState::kNeedMore;
  std::string data;
  size_t consumed = 0;
};

Decoded decode_pieces(const Pieces& pieces) {
  ChunkedDecoder decoder;
  Decoded decoded;
  for (auto piece : pieces) {
    while (!piece.empty()) {
      const auto step = decoder.feed(piece);
      decoded.state = step.state;
      decoded.data += as_text(step.data);
      decoded.consumed += step.consumed;
      if (step.state != ParseState::kNeedMore) return decoded;
      piece = piece.subspan(step.consumed);
    }
  }
  return decoded;
}

TEST(ChunkedDecoder, DecodesOverEverySplitAndLeavesTheRest) {
  const std::string body = "4;name=\"v;w\"\r\nwiki\r\n00A\r\n0123456789\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n";
  for_every_split(body + "GET /", [&](const Pieces& pieces) {
    const auto decoded = decode_pieces(pieces);
    EXPECT_EQ(decoded.state, ParseState::kDone);
    EXPECT_EQ(decoded.data, "wiki0123456789");
    EXPECT_EQ(decoded.consumed, body.size());
  });
}

TEST(ChunkedDecoder, RefusesWhatCouldBeReadDifferently) {
  const std::pair<const char*, std::string> rows[] = {
      {"bare LF after the size", "4\nwiki\r\n0\r\n\r\n"},
      {"bare LF after the data", "4\r\nwiki\n0\r\n\r\n"},
      {"bare LF at the end", "0\r\n\n"},
      {"bare LF in an extension", "4;a\nwiki\r\n0\r\n\r\n"},
      {"space before the size", " 4\r\nwiki\r\n0\r\n\r\n"},
      {"space after the size", "4 \r\nwiki\r\n0\r\n\r\n"},
      {"0x", "0x4\r\nwiki\r\n0\r\n\r\n"},
      {"sign", "+4\r\nwiki\r\n0\r\n\r\n"},
      {"minus", "-4\r\nwiki\r\n0\r\n\r\n"},
      {"underscore", "1_0\r\n"},
      {"tab after the size", "4\t\r\nwiki\r\n0\r\n\r\n"},
      {"space before an extension", "4 ;a\r\nwiki\r\n0\r\n\r\n"},
      {"NUL after the size", std::string("4\0\r\nwiki\r\n", 11)},
      {"bare CR after the size", "4\rwiki\r\n0\r\n\r\n"},
      {"CR LF missing after the data", "4\r\nwiki0\r\n\r\n"},
      {"bare CR in a trailer", "0\r\na: b\rc\r\n\r\n"},
      {"bare LF in a trailer", "0\r\na: b\nc: d\r\n\r\n"},
      {"no size", "\r\nwiki\r\n"},
      {"size of 16 digits", "1000000000000000\r\n"},
      {"zeros without end", std::string(16, '0') + "\r\n\r\n"},
      {"data longer than said", "4\r\nwikis\r\n0\r\n\r\n"},
      {"data shorter than said", "5\r\nwiki\r\n0\r\n\r\n"},
      {"control in an extension", "4;\x01\r\nwiki\r\n"},
      {"bare CR in an extension", "4;a\rb\r\nwiki\r\n"},
      {"folded trailer", "0\r\n a: b\r\n\r\n"},
      {"control in a trailer", std::string("0\r\na: \0\r\n\r\n", 11)},
      {"extension without end", "1;" + std::string(5000, 'e')},
      {"trailer without end", "0\r\na: " + std::string(9000, 't')},
  };
  for (const auto& [name, text] : rows) {
    EXPECT_EQ(decode_pieces({as_bytes(text)}).state, ParseState::kError) << name;
    if (text.size() > 1000) continue;
    for_every_split(text, [&, label = std::string_view(name)](const Pieces& pieces) {
      EXPECT_EQ(decode_pieces(pieces).state, ParseState::kError) << label;
    });
  }
}

TEST(ChunkedDecoder, BoundsExtensionsOverTheWholeBody) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "1;12345678\r\nx\r\n";
  EXPECT_EQ(decode_pieces({as_bytes(text)}).state, ParseState::kError);
}

TEST(ChunkedEncoder, IsReadBackByTheDecoder) {
  std::string text;
  const std::string big(70'000, 'b');
  append_chunk(text, as_bytes("hello"));
  append_chunk(text, {});
  append_chunk(text, as_bytes(big));
  text += kLastChunk;
  const auto decoded = decode_pieces({as_bytes(text)});
  EXPECT_EQ(decoded.state, ParseState::kDone);
  EXPECT_EQ(decoded.data, "hello" + big);
  EXPECT_EQ(chunk_head(255).text(), "ff\r\n");
}

}  // namespace
}  // namespace evershore::http
