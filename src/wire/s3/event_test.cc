#include "wire/s3/event.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace evershore::s3 {
namespace {

ObjectEvent only(const Result<std::vector<ObjectEvent>>& events) {
  EXPECT_TRUE(events) << events.error().text;
  if (!events || events->size() != 1) {
    ADD_FAILURE() << "not one event";
    return {};
  }
  return events->front();
}

TEST(Event, ComesBackWithAnyKey) {
  for (const std::string key : {"plain", "a b+c%20/\xc3\xa9", "\x01\xff\xfe\"\\"}) {
    const ObjectEvent sent{.name = "ObjectCreated:Put",
                           .bucket = "site-east",
                           .key = key,
                           .etag = "e",
                           .size_bytes = 5,
                           .sequencer = "0055AED6DCD90281E5",
                           .time = *parse_iso8601("2026-11-22T10:00:00.123Z")};
    EXPECT_EQ(only(parse_events(render_event(sent, "us-east-1"))), sent);
  }
}

TEST(Event, FromAwsHasAFormEncodedKey) {
  const auto event = only(parse_events(R"({"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-west-2",
    "eventTime":"1970-01-01T00:00:00.000Z","eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"b"},
    "object":{"key":"red+flower%2B.jpg","sequencer":"0055AED6DCD90281E5"}}}]})"));
  EXPECT_EQ(event.key, "red flower+.jpg");
  EXPECT_TRUE(event.removed());
  EXPECT_FALSE(event.size_bytes);
}

TEST(Event, FromMinioHasAPrefixedName) {
  const auto event = only(parse_events(R"({"EventName":"s3:ObjectCreated:Put","Key":"b/dir/x.txt","Records":[{"eventSource":"minio:s3",
    "eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"dir%2Fx.txt","size":3,"eTag":"abc"}}}]})"));
  EXPECT_EQ(event.name, "ObjectCreated:Put");
  EXPECT_EQ(event.key, "dir/x.txt");
  EXPECT_EQ(event.size_bytes, 3U);
  EXPECT_FALSE(event.removed());
}

TEST(Event, FromCephGivesBothReadingsOfAnAmbiguousKey) {
  const auto events = parse_events(R"({"Records":[{"eventSource":"ceph:s3","eventName":"ObjectCreated:Put",
    "s3":{"bucket":{"name":"b"},"object":{"key":"a+b","etag":"x"}}}]})");
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2U);
  EXPECT_EQ(events->at(0).key, "a b");
  EXPECT_EQ(events->at(1).key, "a+b");
}

TEST(Event, FromEventBridgeHasAPlainKey) {
  const auto event = only(parse_events(R"({"detail-type":"Object Deleted","source":"aws.s3","time":"2021-11-12T00:00:00Z",
    "detail":{"bucket":{"name":"b"},"object":{"key":"a+b","etag":"e","size":7,"sequencer":"00"},"reason":"DeleteObject"}})"));
  EXPECT_EQ(event.key, "a+b");
  EXPECT_TRUE(event.removed());
}

TEST(Event, OfTagsSaysNothingOfTheContent) {
  for (const char* name : {"ObjectTagging:Put", "ObjectTagging:Delete", "ObjectAcl:Put", "Object Tags Added", "Object ACL Updated"})
    EXPECT_TRUE(ObjectEvent{.name = name}.beside_content()) << name;
  for (const char* name : {"ObjectCreated:Put", "ObjectRemoved:Delete", ""})
    EXPECT_FALSE(ObjectEvent{.name = name}.beside_content()) << name;
}

TEST(Event, IsFoundInsideAnSnsEnvelope) {
  const auto event = only(parse_events(
      R"({"Type":"Notification","Message":"{\"Records\":[{\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"object\":{\"key\":\"k\"}}}]}"})"));
  EXPECT_EQ(event.key, "k");
}

TEST(Event, TestMessageIsNoEvent) {
  const auto events = parse_events(R"({"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"})");
  ASSERT_TRUE(events);
  EXPECT_TRUE(events->empty());
}

TEST(Event, OfAnotherShapeIsPassedOver) {
  const auto events = parse_events(R"({"Records":[1,null,[],{"s3":5},{"s3":{"object":{"key":7}}}]})");
  ASSERT_TRUE(events);
  EXPECT_TRUE(events->empty());
  for (const auto* text : {"", "{", "[]", "5", "\"x\""}) EXPECT_FALSE(parse_events(text)) << text;
}

TEST(Event, DoesNotMindDeepNesting) { EXPECT_FALSE(parse_events(std::string(200'000, '['))); }

}  // namespace
}  // namespace evershore::s3
