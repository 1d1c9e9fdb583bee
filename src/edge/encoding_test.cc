#include "edge/encoding.h"

#include <brotli/decode.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "base/text.h"
#include "edge/encoder.h"

namespace evershore::edge {
namespace {

std::string accepted(std::string_view field) {
  std::string names;
  for (const auto coding : accepted_codings({{"Accept-Encoding", std::string(field)}})) names.append(coding_name(coding)).append(" ");
  return names;
}

TEST(Encoding, what_a_client_accepts_in_order) {
  struct Row {
    const char* field;
    const char* accepted;
  };
  const Row rows[] = {
      {"gzip", "gzip "},
      {"gzip, deflate, br, zstd", "br zstd gzip "},
      {"gzip;q=1.0, br;q=0.5", "gzip br "},
      {"br;q=0, gzip;q=0.001", "gzip "},
      {"*", "br zstd gzip "},
      {"*;q=0.1, gzip", "gzip br zstd "},
      {"*;q=0, gzip", "gzip "},
      {"identity", ""},
      {"x-gzip", "gzip "},
      {"GZIP ; Q=0.8", "gzip "},
      {"gzip;q=2, br;q=x, zstd;q=0.1234", ""},
      {"gzip;q=1.5", ""},
      {"gzip;q=", ""},
      {"deflate", ""},
      {"", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(accepted(row.field), row.accepted) << row.field;
  EXPECT_TRUE(accepted_codings({}).empty());
  EXPECT_EQ(accepted_codings({{"Accept-Encoding", "br"}, {"Accept-Encoding", "gzip"}}).size(), 2u);
}

TEST(Encoding, what_is_worth_it) {
  const CompressionSettings usual;
  const auto worth = [](const CompressionSettings& settings, http::Headers headers, std::optional<uint64_t> size, uint16_t status = 200) {
    http::ResponseHead head;
    head.status = status;
    head.headers = std::move(headers);
    return worth_encoding(settings, head, size);
  };
  const http::Headers html{{"Content-Type", "text/html; charset=utf-8"}};
  EXPECT_FALSE(worth(usual, html, 999));
  EXPECT_TRUE(worth(usual, html, 1'000));
  EXPECT_TRUE(worth(usual, html, 10'000'000));
  EXPECT_FALSE(worth(usual, html, 10'000'001));
  EXPECT_TRUE(worth(usual, html, std::nullopt));
  EXPECT_FALSE(worth(usual, html, 5'000, 206));
  EXPECT_FALSE(worth(usual, {}, 5'000));
  EXPECT_FALSE(worth(usual, {{"Content-Type", "text/html"}, {"Content-Encoding", "gzip"}}, 5'000));
  EXPECT_FALSE(worth(usual, {{"Content-Type", "text/html"}, {"Cache-Control", "max-age=5, no-transform"}}, 5'000));
  auto off = usual;
  off.on = false;
  EXPECT_FALSE(worth(off, html, 5'000));
  for (const auto* type : {"TEXT/css", "application/json", "application/ld+json", "image/svg+xml", "application/wasm", "font/ttf"})
    EXPECT_TRUE(compressible_type(usual, type)) << type;
  for (const auto* type : {"image/png", "video/mp4", "application/zip", "font/woff2", "text/event-stream", "application/octet-stream", ""})
    EXPECT_FALSE(compressible_type(usual, type)) << type;
  auto own = usual;
  own.types = {"application/x-own", "model/*"};
  EXPECT_TRUE(compressible_type(own, "model/obj"));
  EXPECT_TRUE(compressible_type(own, "application/x-own; v=1"));
  EXPECT_FALSE(compressible_type(own, "text/html"));
}

TEST(Encoding, the_fields_of_an_encoded_answer) {
  http::Headers headers{{"ETag", "\"v\""}, {"Accept-Ranges", "bytes"}, {"Vary", "Origin"}};
  become_encoded(headers, Coding::kBrotli);
  EXPECT_EQ(headers.get("etag"), "W/\"v\"");
  EXPECT_EQ(headers.get("content-encoding"), "br");
  EXPECT_EQ(headers.get("vary"), "Origin, Accept-Encoding");
  EXPECT_FALSE(headers.has("accept-ranges"));
  http::Headers weak{{"ETag", "W/\"v\""}};
  become_encoded(weak, Coding::kGzip);
  EXPECT_EQ(weak.get("etag"), "W/\"v\"");
}

std::string decoded(Coding coding, const std::string& bytes, size_t room) {
  std::string out(room, '\0');
  auto* to = reinterpret_cast<uint8_t*>(out.data());
  const auto* from = reinterpret_cast<const uint8_t*>(bytes.data());
  if (coding == Coding::kBrotli) {
    size_t size = room;
    EXPECT_EQ(BrotliDecoderDecompress(bytes.size(), from, &size, to), BROTLI_DECODER_RESULT_SUCCESS);
    out.resize(size);
  } else if (coding == Coding::kZstd) {
    ZSTD_DCtx* context = ZSTD_createDCtx();
    const size_t size = ZSTD_decompressDCtx(context, to, room, from, bytes.size());
    ZSTD_freeDCtx(context);
    EXPECT_FALSE(ZSTD_isError(size));
    out.resize(ZSTD_isError(size) ? 0 : size);
  } else {
    z_stream stream{};
    inflateInit2(&stream, 16 + MAX_WBITS);
    stream.next_in = const_cast<uint8_t*>(from);
    stream.avail_in = static_cast<uint32_t>(bytes.size());
    stream.next_out = to;
    stream.avail_out = static_cast<uint32_t>(room);
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(room - stream.avail_out);
    inflateEnd(&stream);
  }
  return out;
}

TEST(Encoder, every_split_decodes_to_the_same_and_is_smaller) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += fmt::format("line {} of a text that repeats itself, as pages do\n", i * 7919 % 1000);
  for (const auto coding : {Coding::kBrotli, Coding::kZstd, Coding::kGzip}) {
    for (const size_t piece : {size_t{1'000}, size_t{65'536}, text.size()}) {
      const auto encoder = make_encoder(coding);
      std::string out;
      for (size_t at = 0; at < text.size(); at += piece) encoder->add(as_bytes(std::string_view(text).substr(at, piece)), out);
      encoder->finish(out);
      EXPECT_EQ(decoded(coding, out, text.size()), text) << coding_name(coding);
      EXPECT_LT(out.size(), text.size() / 5) << coding_name(coding);
    }
  }
}

TEST(Encoder, an_empty_body_and_a_flush) {
  for (const auto coding : {Coding::kBrotli, Coding::kZstd, Coding::kGzip}) {
    std::string empty;
    make_encoder(coding)->finish(empty);
    EXPECT_EQ(decoded(coding, empty, 10), "");
    const auto encoder = make_encoder(coding);
    std::string out;
    encoder->add(as_bytes("hello"), out);
    encoder->flush(out);
    EXPECT_FALSE(out.empty());
    encoder->finish(out);
    EXPECT_EQ(decoded(coding, out, 10), "hello");
  }
  EXPECT_EQ(make_encoder(Coding::kIdentity), nullptr);
}

}  // namespace
}  // namespace evershore::edge
