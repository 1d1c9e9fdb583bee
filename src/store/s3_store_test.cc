#include "store/s3_store.h"

#include <gtest/gtest.h>

#include "io/loop.h"
#include "store/object_store_suite.h"
#include "store/s3_answer.h"
#include "store/s3_test_server.h"

namespace evershore::store {
namespace {

constexpr StoreCapabilities kAll{.put_if_none_match = true,
                                 .put_if_match = true,
                                 .delete_if_match = true,
                                 .get_part_number = true,
                                 .tags = true,
                                 .find_tells_tags = true,
                                 .get_tells_tags = true};

// As measured (reference: s3-servers 3).
constexpr S3Quirks kCeph{.delete_if_match = Conditions::kIgnored,
                         .copy_if_match = Conditions::kIgnored,
                         .etag_spelling = EtagSpelling::kPlain,
                         .part_number = false,
                         .empty_etag_on_complete = true,
                         .stray_metadata = true};
constexpr S3Quirks kSwift{.put_if_none_match = Conditions::kNotImplemented,
                          .put_if_match = Conditions::kNotImplemented,
                          .delete_if_match = Conditions::kNotImplemented,
                          .part_number = false,
                          .tagging = Conditions::kNotImplemented};
constexpr S3Quirks kCareless{.put_if_none_match = Conditions::kIgnored,
                             .put_if_match = Conditions::kIgnored,
                             .delete_if_match = Conditions::kIgnored,
                             .copy_if_match = Conditions::kIgnored,
                             .part_number = false,
                             .tagging = Conditions::kIgnored};

class S3UnderTest final : public StoreUnderTest {
 public:
  explicit S3UnderTest(S3Quirks quirks) : S3UnderTest(quirks, Addressing::kPath, kAll) {}
  S3UnderTest(S3Quirks quirks, Addressing addressing, StoreCapabilities supports)
      : server_(loop_, quirks, supports),
        client_(std::make_unique<io::HttpClient>(loop_, io::HttpClient::Options{})),
        store_(server_.region(addressing), *client_, loop_) {}
  ~S3UnderTest() override { loop_.run_until_done(server_.close()); }

  ObjectStore& store() override { return store_; }
  void run_until_done(Task<void> task) override { loop_.run_until_done(std::move(task)); }
  template <class T>
  T await(Task<T> task) {
    std::optional<T> slot;
    loop_.run_until_done(task_detail::store_result(std::move(task), slot));
    return std::move(*slot);
  }
  S3Store& s3() { return store_; }
  S3TestServer& server() { return server_; }
  StoreCapabilities probe() { return await(store_.probe_capabilities()).value(); }

 private:
  io::Loop loop_;
  S3TestServer server_;
  std::unique_ptr<io::HttpClient> client_;
  S3Store store_;
};

INSTANTIATE_TEST_SUITE_P(S3, ObjectStoreSuite,
                         testing::Values(StoreUnderTestMaker{"strict", [] { return std::make_unique<S3UnderTest>(S3Quirks{}); }},
                                         StoreUnderTestMaker{"ceph", [] { return std::make_unique<S3UnderTest>(kCeph); }},
                                         StoreUnderTestMaker{"swift", [] { return std::make_unique<S3UnderTest>(kSwift); }}),
                         store_under_test_name);

TEST(S3Probe, FindsWhatAnObedientServerCanDo) {
  S3UnderTest rig{S3Quirks{}};
  const auto found = rig.probe();
  EXPECT_TRUE(found.put_if_none_match && found.put_if_match && found.delete_if_match && found.get_part_number && found.list_sorted);
  EXPECT_EQ(rig.s3().dialect().put_if_match, EtagSpelling::kQuoted);
  EXPECT_EQ(rig.s3().dialect().delete_if_match, EtagSpelling::kQuoted);
  EXPECT_TRUE(rig.s3().dialect().copy_source_if_match);
  EXPECT_TRUE(rig.server().bucket().objects().empty());
}

TEST(S3Probe, FindsTheSpellingThatCephWants) {
  S3UnderTest rig{kCeph};
  const auto found = rig.probe();
  EXPECT_TRUE(found.put_if_none_match && found.put_if_match);
  EXPECT_FALSE(found.delete_if_match || found.get_part_number);
  EXPECT_EQ(rig.s3().dialect().put_if_match, EtagSpelling::kPlain);
  EXPECT_TRUE(rig.server().bucket().objects().empty());
}

TEST(S3Probe, IsNotFooledByServersThatIgnoreOrRefuseConditions) {
  for (const S3Quirks& quirks : {kSwift, kCareless}) {
    S3UnderTest rig{quirks};
    const auto found = rig.probe();
    EXPECT_FALSE(found.put_if_none_match || found.put_if_match || found.delete_if_match || found.get_part_number);
    EXPECT_FALSE(found.tags || found.find_tells_tags || found.get_tells_tags);
    EXPECT_TRUE(found.list_sorted);
    EXPECT_TRUE(rig.server().bucket().objects().empty());
  }
}

TEST(S3Probe, SeesTagsAndWhoTellsTheirNumber) {
  S3UnderTest telling{S3Quirks{}};
  auto found = telling.probe();
  EXPECT_TRUE(found.tags && found.find_tells_tags && found.get_tells_tags);
  S3UnderTest silent{S3Quirks{.tag_count = false}};
  found = silent.probe();
  EXPECT_TRUE(found.tags);
  EXPECT_FALSE(found.find_tells_tags || found.get_tells_tags);
  EXPECT_TRUE(silent.server().bucket().objects().empty());
}

TEST(S3Store, RefusesTagsWhereTheServerWouldForgetThem) {
  S3UnderTest rig{kCareless};
  rig.probe();
  EXPECT_FAULT(rig.await(rig.s3().tags("k")), Fault::kRefused);
  EXPECT_FAULT(rig.await(rig.s3().put_tags("k", "a=1")), Fault::kRefused);
}

TEST(S3Probe, SeesThatAListIsNotInOrder) {
  S3UnderTest rig(S3Quirks{}, Addressing::kPath, StoreCapabilities{.put_if_none_match = true, .list_sorted = false});
  rig.server().quirks().put_if_match = rig.server().quirks().delete_if_match = Conditions::kNotImplemented;
  rig.server().quirks().part_number = false;
  EXPECT_FALSE(rig.probe().list_sorted);
}

TEST(S3Probe, CredentialsThatMayOnlyReadAreNoError) {
  S3UnderTest rig{S3Quirks{.writes_denied = true}};
  const auto found = rig.await(rig.s3().probe_capabilities());
  ASSERT_TRUE(found.has_value()) << found.error().text;
  EXPECT_FALSE(found->put_if_none_match);
}

TEST(S3Probe, WrongCredentialsAreAnErrorThatNamesTheRemedy) {
  S3UnderTest rig{S3Quirks{.keys_wrong = true}};
  const auto found = rig.await(rig.s3().probe_capabilities());
  EXPECT_FAULT(found, Fault::kRefused);
  EXPECT_NE(found.error().text.find("access_key"), std::string::npos) << found.error().text;
}

TEST(S3Store, RefusesConditionsThatTheServerWouldIgnore) {
  S3UnderTest rig{kCareless};
  rig.probe();
  EXPECT_FAULT(rig.await(suite::put_text(rig.s3(), "k", "x", PutCondition{.if_none_match = true})), Fault::kRefused);
  EXPECT_FAULT(rig.await(suite::put_text(rig.s3(), "k", "x", PutCondition{.if_match = "e"})), Fault::kRefused);
  EXPECT_FAULT(rig.await(rig.s3().remove("k", "e")), Fault::kRefused);
  GetOptions part;
  part.part_number = 1;
  EXPECT_FAULT(rig.await(rig.s3().get("k", part)), Fault::kRefused);
}

TEST(S3Store, AMissingBucketIsAnErrorNotAMissingKey) {
  S3UnderTest rig{S3Quirks{.bucket_missing = true}};
  const auto found = rig.await(rig.s3().find("k"));  // HEAD: 404 without a document
  EXPECT_FAULT(found, Fault::kNotFound);
  EXPECT_NE(found.error().text.find("bucket b"), std::string::npos) << found.error().text;
  EXPECT_NE(found.error().text.find("create the bucket"), std::string::npos) << found.error().text;
  EXPECT_FAULT(rig.await(rig.s3().get("k", GetOptions{})), Fault::kNotFound);
  EXPECT_FAULT(rig.await(rig.s3().list(ListOptions{})), Fault::kNotFound);
  EXPECT_FAULT(rig.await(rig.s3().remove("k", "")), Fault::kNotFound);
}

TEST(S3Store, WhereListingIsDeniedA403IsAMissingKey) {
  S3UnderTest rig{S3Quirks{.listing_denied = true}};
  const auto found = rig.await(rig.s3().find("k"));
  ASSERT_TRUE(found.has_value()) << found.error().text;
  EXPECT_FALSE(found->has_value());
  const auto got = rig.await(rig.s3().get("k", GetOptions{}));
  ASSERT_TRUE(got.has_value());
  EXPECT_FALSE(got->has_value());
}

TEST(S3Store, WhereListingIsAllowedA403IsARefusal) {
  S3UnderTest rig{S3Quirks{.reads_denied = true}};
  rig.server().bucket().write_behind("k", "x", {}, {});
  EXPECT_FAULT(rig.await(rig.s3().find("k")), Fault::kRefused);
  EXPECT_FAULT(rig.await(rig.s3().get("k", GetOptions{})), Fault::kRefused);
}

TEST(S3Store, AMissingKeyCostsOneLookAtTheBucketNotOneEach) {
  S3UnderTest rig{S3Quirks{}};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(rig.await(rig.s3().find("k" + std::to_string(i))).has_value());
  EXPECT_EQ(rig.server().seen().size(), 6U);
}

TEST(S3Store, SlowDownIsBusy) {
  S3UnderTest rig{S3Quirks{.slow_down = true}};
  EXPECT_FAULT(rig.await(suite::put_text(rig.s3(), "k", "x", {})), Fault::kBusy);
  EXPECT_FAULT(rig.await(rig.s3().list(ListOptions{})), Fault::kBusy);
  EXPECT_FAULT(rig.await(rig.s3().get("k", GetOptions{})), Fault::kBusy);
}

TEST(S3Store, AnErrorInsideA200IsAnError) {
  S3UnderTest rig{S3Quirks{.error_in_200 = true}};
  ASSERT_TRUE(rig.await(suite::put_text(rig.s3(), "k", "x", {})).has_value());
  EXPECT_FAULT(rig.await(rig.s3().replace_metadata("k", "", {}, {})), Fault::kBroken);
  const auto upload = rig.await(rig.s3().create_multipart("k", {}, {}));
  ASSERT_TRUE(upload.has_value());
  const auto part = rig.await(suite::put_part_text(rig.s3(), "k", *upload, 1, "y"));
  ASSERT_TRUE(part.has_value());
  EXPECT_FAULT(rig.await(rig.s3().complete_multipart("k", *upload, {*part}, {})), Fault::kBroken);
}

TEST(S3Store, MetadataIsReplacedOnlyOnTheObjectThatWasSeenWhateverTheServerChecks) {
  for (const Conditions copy : {Conditions::kObeyed, Conditions::kIgnored}) {
    S3UnderTest rig{S3Quirks{.copy_if_match = copy}};
    rig.probe();
    ASSERT_TRUE(rig.await(suite::put_text(rig.s3(), "k", "x", {})).has_value());
    EXPECT_FAULT(rig.await(rig.s3().replace_metadata("k", "0123456789abcdef0123456789abcdef", {}, {{"m", "1"}})), Fault::kPrecondition);
    EXPECT_TRUE(rig.server().bucket().objects().at("k").metadata.empty());
  }
}

TEST(S3Store, ABareEndpointCanOnlyBeRead) {
  S3UnderTest rig(S3Quirks{}, Addressing::kBare, kAll);
  ASSERT_TRUE(rig.await(rig.s3().probe_capabilities()).has_value());
  EXPECT_FAULT(rig.await(suite::put_text(rig.s3(), "k", "x", {})), Fault::kRefused);
  EXPECT_FAULT(rig.await(rig.s3().remove("k", "")), Fault::kRefused);
  EXPECT_FAULT(rig.await(rig.s3().list(ListOptions{})), Fault::kRefused);
  const auto found = rig.await(rig.s3().find("b/k"));  // unsigned, so this server says 403: absent
  ASSERT_TRUE(found.has_value()) << found.error().text;
  EXPECT_FALSE(found->has_value());
}

TEST(S3Store, NobodyListeningIsRefused) {
  io::Loop loop;
  io::HttpClient client(loop, {});
  RegionSettings region;
  region.name = "gone";
  region.endpoint = "http://127.0.0.1:1";
  region.bucket = "b";
  S3Store store(region, client, loop);
  std::optional<Result<std::optional<ObjectInfo>>> slot;
  loop.run_until_done(task_detail::store_result(store.find("k"), slot));
  EXPECT_FAULT(*slot, Fault::kRefused);
  EXPECT_NE(slot->error().text.find("gone"), std::string::npos) << slot->error().text;
}

TEST(S3Answer, KeepsOnlyWhatBelongsToTheObject) {
  http::ResponseHead head;
  head.content_length = 3;
  head.headers = {{"ETag", "\"abc\""},
                  {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"},
                  {"Cache-Control", "no-cache"},
                  {"x-amz-request-id", "1"},
                  {"X-Amz-Meta-Colour", "green"},
                  {"x-amz-meta-x-amz-checksum-crc32", "AAAA"},
                  {"x-amz-mp-parts-count", "7"},
                  {"Server", "x"}};
  const auto info = object_info_of("k", head);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->etag, "abc");
  EXPECT_EQ(info->size_bytes, 3U);
  EXPECT_EQ(info->headers, (StandardHeaders{{"cache-control", "no-cache"}}));
  EXPECT_EQ(info->metadata, (UserMetadata{{"colour", "green"}}));
  EXPECT_EQ(info->part_count, 7U);
  EXPECT_EQ(info->last_modified, Wall(std::chrono::seconds(784111777)));
}

TEST(S3Answer, AWeakEtagIsNone) {
  EXPECT_EQ(strong_etag("W/\"abc\""), "");
  EXPECT_EQ(strong_etag("\"abc-2\""), "abc-2");
  EXPECT_EQ(strong_etag("abc"), "abc");
}

TEST(S3Answer, APartialAnswerTellsTheWholeSize) {
  http::ResponseHead head;
  head.status = 206;
  head.content_length = 4;
  head.headers = {{"Content-Range", "bytes 3-6/10"}};
  EXPECT_EQ(object_info_of("k", head)->size_bytes, 10U);
  EXPECT_EQ(range_of(head).value(), (ByteRange{3, 4}));
  for (const char* bad : {"", "bytes 3-6/*", "bytes 6-3/10", "bytes 3-10/10", "items 3-6/10"}) {
    head.headers.set("Content-Range", bad);
    EXPECT_FALSE(object_info_of("k", head).has_value()) << bad;
  }
}

}  // namespace
}  // namespace evershore::store
