#include "edge/takeover.h"

#include <gtest/gtest.h>

namespace evershore::edge {
namespace {

http::ResponseHead answer(uint16_t status, http::Headers headers, std::optional<uint64_t> length) {
  http::ResponseHead head;
  head.status = status;
  head.headers = std::move(headers);
  head.content_length = length;
  return head;
}
const Identity kObject{.etag = "\"v1\"", .first_byte = 0, .last_byte = 999, .total_bytes = 1000};
http::ResponseHead good() { return answer(206, {{"ETag", "\"v1\""}, {"Content-Range", "bytes 300-999/1000"}}, 700); }

TEST(Takeover, asks_for_exactly_what_is_missing) {
  EXPECT_EQ(range_header(kObject, 300), "bytes=300-999");
  EXPECT_EQ(range_header({.etag = "\"v1\"", .first_byte = 100, .last_byte = 199, .total_bytes = 1000}, 150), "bytes=150-199");
}

TEST(Takeover, the_same_object_from_the_next_byte_is_accepted) { EXPECT_EQ(judge_splice(kObject, 300, good()), Splice::kAccept); }

struct Trap {
  const char* name;
  uint16_t status;
  http::Headers headers;
  std::optional<uint64_t> length;
  Splice expected;
};

TEST(Takeover, every_other_answer_is_refused) {
  const std::string etag = "\"v1\"", range = "bytes 300-999/1000";
  const Trap traps[] = {
      {"the server answers 200 to a Range", 200, {{"ETag", etag}}, 1000, Splice::kWholeBody},
      {"the object has changed there", 412, {}, 0, Splice::kGone},
      {"it is gone there", 404, {}, 0, Splice::kGone},
      {"no Content-Range", 206, {{"ETag", etag}}, 700, Splice::kNoRange},
      {"two Content-Ranges", 206, {{"ETag", etag}, {"Content-Range", range}, {"Content-Range", range}}, 700, Splice::kNoRange},
      {"an unreadable Content-Range", 206, {{"ETag", etag}, {"Content-Range", "bytes 300-"}}, 700, Splice::kNoRange},
      {"multipart", 206, {{"ETag", etag}, {"Content-Type", "multipart/byteranges; boundary=x"}}, 700, Splice::kNoRange},
      {"it starts at 0", 206, {{"ETag", etag}, {"Content-Range", "bytes 0-699/1000"}}, 700, Splice::kWrongRange},
      {"it starts one byte early", 206, {{"ETag", etag}, {"Content-Range", "bytes 299-999/1000"}}, 701, Splice::kWrongRange},
      {"it starts one byte late", 206, {{"ETag", etag}, {"Content-Range", "bytes 301-999/1000"}}, 699, Splice::kWrongRange},
      {"it ends early", 206, {{"ETag", etag}, {"Content-Range", "bytes 300-998/1000"}}, 699, Splice::kWrongRange},
      {"another total", 206, {{"ETag", etag}, {"Content-Range", "bytes 300-999/1001"}}, 700, Splice::kWrongTotal},
      {"an unknown total", 206, {{"ETag", etag}, {"Content-Range", "bytes 300-999/*"}}, 700, Splice::kWrongTotal},
      {"another etag", 206, {{"ETag", "\"v2\""}, {"Content-Range", range}}, 700, Splice::kOtherEtag},
      {"a weak etag", 206, {{"ETag", "W/\"v1\""}, {"Content-Range", range}}, 700, Splice::kNoStrongEtag},
      {"an empty etag", 206, {{"ETag", "\"\""}, {"Content-Range", range}}, 700, Splice::kNoStrongEtag},
      {"no etag", 206, {{"Content-Range", range}}, 700, Splice::kNoStrongEtag},
      {"two etags", 206, {{"ETag", etag}, {"ETag", etag}, {"Content-Range", range}}, 700, Splice::kNoStrongEtag},
      {"another encoding", 206, {{"ETag", etag}, {"Content-Range", range}, {"Content-Encoding", "gzip"}}, 700, Splice::kOtherEncoding},
      {"a length that contradicts", 206, {{"ETag", etag}, {"Content-Range", range}}, 699, Splice::kWrongLength},
  };
  for (const auto& trap : traps)
    EXPECT_EQ(splice_name(judge_splice(kObject, 300, answer(trap.status, trap.headers, trap.length))), splice_name(trap.expected))
        << trap.name;
}

TEST(Takeover, only_what_has_a_strong_etag_and_a_length_can_be_continued) {
  EXPECT_TRUE(identity_of(answer(200, {{"ETag", "\"v1\""}}, 10)));
  EXPECT_FALSE(identity_of(answer(200, {{"ETag", "W/\"v1\""}}, 10)));
  EXPECT_FALSE(identity_of(answer(200, {}, 10)));
  EXPECT_FALSE(identity_of(answer(200, {{"ETag", "\"v1\""}}, std::nullopt)));
  EXPECT_FALSE(identity_of(answer(200, {{"ETag", "\"v1\""}}, 0)));
  EXPECT_FALSE(identity_of(answer(404, {{"ETag", "\"v1\""}}, 10)));
}

TEST(Takeover, a_partial_answer_is_continued_within_its_range) {
  const auto object = identity_of(answer(206, {{"ETag", "\"v1\""}, {"Content-Range", "bytes 100-199/1000"}}, 100));
  ASSERT_TRUE(object);
  EXPECT_EQ(object->first_byte, 100u);
  EXPECT_EQ(object->last_byte, 199u);
  EXPECT_EQ(object->length(), 100u);
  EXPECT_EQ(judge_splice(*object, 150, answer(206, {{"ETag", "\"v1\""}, {"Content-Range", "bytes 150-199/1000"}}, 50)), Splice::kAccept);
  EXPECT_EQ(judge_splice(*object, 150, answer(206, {{"ETag", "\"v1\""}, {"Content-Range", "bytes 150-999/1000"}}, 850)),
            Splice::kWrongRange);
}

}  // namespace
}  // namespace evershore::edge
