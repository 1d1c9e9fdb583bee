#include "store/object_store_suite.h"

#include <algorithm>

namespace evershore::store {
namespace {

using namespace suite;

Task<void> reads_back(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  PutOptions options;
  options.size_bytes = 5;
  options.headers = {{"cache-control", "max-age=60"}, {"content-type", "text/css"}, {"content-encoding", "identity"}};
  options.metadata = {{"evershore-version", "1-2-3"}, {"colour", "sea green, mostly"}};
  MemoryBody body("hello");
  const auto put = co_await store.put("a/b.css", options, body);
  CO_ASSERT_OK(put);
  EXPECT_EQ(put->etag, "5d41402abc4b2a76b9719d911017c592") << "a single put's etag is the MD5 in hex, without quotes";

  const auto found = co_await store.find("a/b.css");
  CO_ASSERT_OK(found);
  CO_ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->key, "a/b.css");
  EXPECT_EQ((*found)->size_bytes, 5U);
  EXPECT_EQ((*found)->etag, put->etag);
  EXPECT_EQ((*found)->headers.at("cache-control"), "max-age=60");
  EXPECT_EQ((*found)->headers.at("content-type"), "text/css");
  EXPECT_EQ((*found)->headers.at("content-encoding"), "identity");
  EXPECT_EQ((*found)->metadata, options.metadata);
  EXPECT_NE((*found)->last_modified, Wall{});

  GetOptions plain;
  auto got = co_await store.get("a/b.css", plain);
  CO_ASSERT_OK(got);
  CO_ASSERT_TRUE(got->has_value());
  EXPECT_EQ((**got).info.etag, put->etag);
  EXPECT_EQ((**got).info.metadata, options.metadata);
  EXPECT_EQ((**got).info.headers, (*found)->headers);
  EXPECT_EQ((**got).range, (ByteRange{0, 5}));
  const auto text = co_await read_whole(*(**got).body, 100);
  CO_ASSERT_OK(text);
  EXPECT_EQ(*text, "hello");
}

Task<void> absence_is_no_error(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  const auto found = co_await store.find("nothing/here");
  CO_ASSERT_OK(found);
  EXPECT_FALSE(found->has_value());
  GetOptions plain;
  const auto got = co_await store.get("nothing/here", plain);
  CO_ASSERT_OK(got);
  EXPECT_FALSE(got->has_value());
  const auto removed = co_await store.remove("nothing/here", "");
  CO_ASSERT_OK(removed);
}

Task<void> tags(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  if (!store.capabilities().tags) co_return;
  PutOptions options{.size_bytes = 5, .headers = {{"content-type", "text/css"}, {std::string(kTagsHeader), "a=1&b=%2F"}}};
  MemoryBody body("hello");
  const auto put = co_await store.put("tagged", options, body);
  CO_ASSERT_OK(put);
  const auto found = co_await store.find("tagged");
  CO_ASSERT_OK(found);
  CO_ASSERT_TRUE(found->has_value());
  EXPECT_FALSE((*found)->headers.contains(std::string(kTagsHeader))) << "reads give the number, not the tags";
  EXPECT_EQ((*found)->tag_count, store.capabilities().find_tells_tags ? 2U : 0U);
  GetOptions plain;
  const auto got = co_await store.get("tagged", plain);
  CO_ASSERT_OK(got);
  EXPECT_EQ((**got).info.tag_count, store.capabilities().get_tells_tags ? 2U : 0U);
  auto read = co_await store.tags("tagged");
  CO_ASSERT_OK(read);
  EXPECT_EQ(*read, "a=1&b=%2F");

  const auto retagged = co_await store.put_tags("tagged", "c=3");
  CO_ASSERT_OK(retagged);
  read = co_await store.tags("tagged");
  EXPECT_EQ(read.value_or("?"), "c=3");
  const auto after = co_await store.find("tagged");
  CO_ASSERT_OK(after);
  EXPECT_EQ((*after)->etag, put->etag);
  EXPECT_EQ((*after)->last_modified, (*found)->last_modified);
  EXPECT_EQ((*after)->headers, (*found)->headers);

  StandardHeaders headers{{"content-type", "text/html"}, {std::string(kTagsHeader), "d=4"}};
  const auto replaced = co_await store.replace_metadata("tagged", put->etag, headers, {});
  CO_ASSERT_OK(replaced);
  read = co_await store.tags("tagged");
  EXPECT_EQ(read.value_or("?"), "d=4");
  const auto cleared = co_await store.replace_metadata("tagged", put->etag, {}, {});
  CO_ASSERT_OK(cleared);
  read = co_await store.tags("tagged");
  EXPECT_EQ(read.value_or("?"), "") << "without the header: no tags";

  const auto upload = co_await store.create_multipart("tagged", headers, {});
  CO_ASSERT_OK(upload);
  const auto part = co_await put_part_text(store, "tagged", *upload, 1, "part");
  CO_ASSERT_OK(part);
  const auto completed = co_await store.complete_multipart("tagged", *upload, {*part}, {});
  CO_ASSERT_OK(completed);
  read = co_await store.tags("tagged");
  EXPECT_EQ(read.value_or("?"), "d=4");
  const auto overwritten = co_await put_text(store, "tagged", "plain", {});
  CO_ASSERT_OK(overwritten);
  read = co_await store.tags("tagged");
  EXPECT_EQ(read.value_or("?"), "") << "a new object has its own tags";
  const auto absent = co_await store.tags("absent");
  EXPECT_FAULT(absent, Fault::kNotFound);
  const auto absent_put = co_await store.put_tags("absent", "a=1");
  EXPECT_FAULT(absent_put, Fault::kNotFound);
}

Task<void> empty_object(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  const auto put = co_await put_text(store, "folder/", "", {});
  CO_ASSERT_OK(put);
  const auto text = co_await text_of(store, "folder/", {});
  EXPECT_EQ(text, "");
  const auto found = co_await store.find("folder/");
  CO_ASSERT_OK(found);
  CO_ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->size_bytes, 0U);
}

Task<void> overwrite_and_remove(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  const auto first = co_await put_text(store, "k", "one", {});
  CO_ASSERT_OK(first);
  const auto second = co_await put_text(store, "k", "two!", {});
  CO_ASSERT_OK(second);
  EXPECT_NE(first->etag, second->etag);
  auto text = co_await text_of(store, "k", {});
  EXPECT_EQ(text, "two!");
  const auto removed = co_await store.remove("k", "");
  CO_ASSERT_OK(removed);
  text = co_await text_of(store, "k", {});
  EXPECT_EQ(text, "(absent)");
}

Task<void> ranges(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  const auto put = co_await put_text(store, "digits", "0123456789", {});
  CO_ASSERT_OK(put);
  struct Row {
    ByteRange asked;
    ByteRange given;
    std::string text;
  };
  const std::vector<Row> rows = {{{0, 1}, {0, 1}, "0"},
                                 {{3, 4}, {3, 4}, "3456"},
                                 {{9, 1}, {9, 1}, "9"},
                                 {{8, 100}, {8, 2}, "89"},
                                 {{4, UINT64_MAX}, {4, 6}, "456789"},
                                 {{0, UINT64_MAX}, {0, 10}, "0123456789"}};
  for (const Row& row : rows) {
    GetOptions options;
    options.range = row.asked;
    auto got = co_await store.get("digits", options);
    CO_ASSERT_OK(got);
    CO_ASSERT_TRUE(got->has_value());
    EXPECT_EQ((**got).range, row.given);
    EXPECT_EQ((**got).info.size_bytes, 10U) << "the whole object's size, also for a range";
    const auto text = co_await read_whole(*(**got).body, 100);
    CO_ASSERT_OK(text);
    EXPECT_EQ(*text, row.text);
  }
  GetOptions behind;
  behind.range = ByteRange{10, 1};
  const auto got = co_await store.get("digits", behind);
  EXPECT_FAULT(got, Fault::kInvalid);
}

Task<void> conditional_get(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  const auto put = co_await put_text(store, "k", "one", {});
  CO_ASSERT_OK(put);
  GetOptions same;
  same.if_match = put->etag;
  const auto text = co_await text_of(store, "k", same);
  EXPECT_EQ(text, "one");
  const auto replaced = co_await put_text(store, "k", "two", {});
  CO_ASSERT_OK(replaced);
  const auto got = co_await store.get("k", same);
  EXPECT_FAULT(got, Fault::kPrecondition);
}

Task<void> put_if_none_match(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  if (!store.capabilities().put_if_none_match) co_return;
  const PutCondition fresh{.if_none_match = true};
  const auto first = co_await put_text(store, "k", "one", fresh);
  CO_ASSERT_OK(first);
  const auto second = co_await put_text(store, "k", "two", fresh);
  EXPECT_FAULT(second, Fault::kPrecondition);
  const auto text = co_await text_of(store, "k", {});
  EXPECT_EQ(text, "one") << "a refused put writes nothing";
}

Task<void> put_if_match(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  if (!store.capabilities().put_if_match) co_return;
  const auto first = co_await put_text(store, "k", "one", {});
  CO_ASSERT_OK(first);
  const PutCondition on_first{.if_match = first->etag};
  const auto second = co_await put_text(store, "k", "two", on_first);
  CO_ASSERT_OK(second);
  const auto third = co_await put_text(store, "k", "three", on_first);
  EXPECT_FAULT(third, Fault::kPrecondition);
  const auto text = co_await text_of(store, "k", {});
  EXPECT_EQ(text, "two") << "a refused put writes nothing";
  const auto absent = co_await put_text(store, "other", "x", on_first);
  EXPECT_FAULT(absent, Fault::kPrecondition);
}

Task<void> remove_if_match(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  if (!store.capabilities().delete_if_match) co_return;
  const auto put = co_await put_text(store, "k", "one", {});
  CO_ASSERT_OK(put);
  const auto refused = co_await store.remove("k", "0123456789abcdef0123456789abcdef");
  EXPECT_FAULT(refused, Fault::kPrecondition);
  const auto text = co_await text_of(store, "k", {});
  EXPECT_EQ(text, "one");
  const auto removed = co_await store.remove("k", put->etag);
  CO_ASSERT_OK(removed);
  const auto found = co_await store.find("k");
  CO_ASSERT_OK(found);
  EXPECT_FALSE(found->has_value());
}

Task<void> replaces_metadata(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  PutOptions options;
  options.size_bytes = 3;
  options.headers = {{"content-type", "text/plain"}, {"cache-control", "no-store"}};
  options.metadata = {{"old", "1"}};
  MemoryBody body("abc");
  const auto put = co_await store.put("k", options, body);
  CO_ASSERT_OK(put);
  const StandardHeaders headers = {{"content-type", "text/html"}};
  const UserMetadata metadata = {{"new", "2"}};
  const auto replaced = co_await store.replace_metadata("k", put->etag, headers, metadata);
  CO_ASSERT_OK(replaced);
  const auto found = co_await store.find("k");
  CO_ASSERT_OK(found);
  CO_ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->headers.at("content-type"), "text/html");
  EXPECT_FALSE((*found)->headers.contains("cache-control"));
  EXPECT_EQ((*found)->metadata, metadata);
  const auto text = co_await text_of(store, "k", {});
  EXPECT_EQ(text, "abc");
}

Task<void> lists_in_order(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  // Byte order: "B" < "a" < "a b" < "a+b" < "a/" < "a/1" < "a0" < "\xc3\xa4"
  const std::vector<ObjectKey> keys = {"B", "a", "a b", "a+b", "a/1", "a/2&<", "a/3%41", "a0", "\xc3\xa4"};
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    const auto put = co_await put_text(store, *key, "x", {});
    CO_ASSERT_OK(put);
  }
  for (const uint32_t max_keys : {1U, 2U, 4U, 1000U}) {
    auto listed = co_await all_keys(store, "", max_keys);
    if (!store.capabilities().list_sorted) std::ranges::sort(listed);
    EXPECT_EQ(listed, keys) << "in pages of " << max_keys;
  }
  auto under = co_await all_keys(store, "a/", 2);
  if (!store.capabilities().list_sorted) std::ranges::sort(under);
  EXPECT_EQ(under, (std::vector<ObjectKey>{"a/1", "a/2&<", "a/3%41"}));
  const auto none = co_await all_keys(store, "zzz", 10);
  EXPECT_TRUE(none.empty());
}

Task<void> lists_facts(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  const auto put = co_await put_text(store, "k", "four", {});
  CO_ASSERT_OK(put);
  ListOptions options;
  const auto page = co_await store.list(options);
  CO_ASSERT_OK(page);
  CO_ASSERT_TRUE(page->objects.size() == 1);
  EXPECT_FALSE(page->more);
  EXPECT_EQ(page->objects[0].key, "k");
  EXPECT_EQ(page->objects[0].size_bytes, 4U);
  EXPECT_EQ(page->objects[0].etag, put->etag);
  EXPECT_NE(page->objects[0].last_modified, Wall{});
}

Task<void> odd_keys(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  const std::vector<ObjectKey> keys = {"a b+c",       "100%",         "a//b",
                                       "q?x=1&y=2#f", "~*'()!$@:;,=", "line\nbreak",
                                       "d/./e",       "d/../e",       "\xf0\x9f\x8c\x8a/wave",
                                       ".hidden",     "ends/",        std::string(200, 'n') + "/x"};
  for (const ObjectKey& key : keys) {
    const auto put = co_await put_text(store, key, "at " + key, {});
    CO_ASSERT_OK(put);
  }
  for (const ObjectKey& key : keys) {
    const auto text = co_await text_of(store, key, {});
    EXPECT_EQ(text, "at " + key);
  }
  auto expected = keys;
  std::ranges::sort(expected);
  auto listed = co_await all_keys(store, "", 5);
  std::ranges::sort(listed);
  EXPECT_EQ(listed, expected);
}

Task<void> streams_large_bodies(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  std::string bytes(3'000'000, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>((i * 2654435761U) >> 13);
  PutOptions options;
  options.size_bytes = bytes.size();
  MemoryBody body(bytes, 100'000);
  const auto put = co_await store.put("large", options, body);
  CO_ASSERT_OK(put);
  const auto text = co_await text_of(store, "large", {});
  EXPECT_TRUE(text == bytes);
}

Task<void> body_that_breaks_writes_nothing(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  const auto before = co_await put_text(store, "k", "old", {});
  CO_ASSERT_OK(before);
  PutOptions options;
  options.size_bytes = 10;
  MemoryBody body("short", 2);
  const auto put = co_await store.put("k", options, body);
  EXPECT_FALSE(put.has_value());
  const auto text = co_await text_of(store, "k", {});
  EXPECT_EQ(text, "old");
}

Task<void> early_end_of_a_read(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  const auto put = co_await put_text(store, "k", std::string(500'000, 'x'), {});
  CO_ASSERT_OK(put);
  {
    GetOptions plain;
    auto got = co_await store.get("k", plain);
    CO_ASSERT_OK(got);
    CO_ASSERT_TRUE(got->has_value());
    const auto piece = co_await (**got).body->next();
    CO_ASSERT_OK(piece);
    EXPECT_FALSE(piece->empty());
  }
  const auto again = co_await text_of(store, "k", {});
  EXPECT_EQ(again.size(), 500'000U);
}

Task<void> multipart(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  const std::string first(std::max<uint64_t>(under_test.part_bytes_min(), 5), 'a');
  const StandardHeaders headers = {{"content-type", "video/mp4"}};
  const UserMetadata metadata = {{"m", "1"}};
  const auto upload = co_await store.create_multipart("big", headers, metadata);
  CO_ASSERT_OK(upload);
  const auto part2 = co_await put_part_text(store, "big", *upload, 2, "tail");
  CO_ASSERT_OK(part2);
  const auto part1 = co_await put_part_text(store, "big", *upload, 1, first);
  CO_ASSERT_OK(part1);
  EXPECT_EQ(part1->number, 1U);
  auto found = co_await store.find("big");
  CO_ASSERT_OK(found);
  EXPECT_FALSE(found->has_value()) << "visible only after complete";

  const std::vector<CompletedPart> parts = {*part1, *part2};
  const PutCondition none;
  const auto completed = co_await store.complete_multipart("big", *upload, parts, none);
  CO_ASSERT_OK(completed);
  EXPECT_TRUE(completed->etag.ends_with("-2")) << completed->etag;
  found = co_await store.find("big");
  CO_ASSERT_OK(found);
  CO_ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->etag, completed->etag);
  EXPECT_EQ((*found)->size_bytes, first.size() + 4);
  EXPECT_EQ((*found)->headers.at("content-type"), "video/mp4");
  EXPECT_EQ((*found)->metadata, metadata);
  const auto text = co_await text_of(store, "big", {});
  EXPECT_TRUE(text == first + "tail");

  if (!store.capabilities().get_part_number) co_return;
  GetOptions part;
  part.part_number = 1;
  auto got = co_await store.get("big", part);
  CO_ASSERT_OK(got);
  CO_ASSERT_TRUE(got->has_value());
  EXPECT_EQ((**got).info.part_count, 2U);
  EXPECT_EQ((**got).info.part_size_bytes, first.size());
  EXPECT_EQ((**got).info.size_bytes, first.size() + 4);
  EXPECT_EQ((**got).range, (ByteRange{0, first.size()}));
}

Task<void> multipart_conditions(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  if (!store.capabilities().put_if_none_match) co_return;
  const auto upload = co_await store.create_multipart("k", {}, {});
  CO_ASSERT_OK(upload);
  const auto part = co_await put_part_text(store, "k", *upload, 1, "new");
  CO_ASSERT_OK(part);
  const auto put = co_await put_text(store, "k", "someone else's", {});
  CO_ASSERT_OK(put);
  const std::vector<CompletedPart> parts = {*part};
  const PutCondition fresh{.if_none_match = true};
  const auto completed = co_await store.complete_multipart("k", *upload, parts, fresh);
  EXPECT_FAULT(completed, Fault::kPrecondition);
  const auto text = co_await text_of(store, "k", {});
  EXPECT_EQ(text, "someone else's");
}

Task<void> aborted_upload_is_gone(StoreUnderTest& under_test) {
  ObjectStore& store = under_test.store();
  const auto upload = co_await store.create_multipart("k", {}, {});
  CO_ASSERT_OK(upload);
  const auto part = co_await put_part_text(store, "k", *upload, 1, "new");
  CO_ASSERT_OK(part);
  const auto aborted = co_await store.abort_multipart("k", *upload);
  CO_ASSERT_OK(aborted);
  const std::vector<CompletedPart> parts = {*part};
  const PutCondition none;
  const auto completed = co_await store.complete_multipart("k", *upload, parts, none);
  EXPECT_FAULT(completed, Fault::kNotFound);
  const auto found = co_await store.find("k");
  CO_ASSERT_OK(found);
  EXPECT_FALSE(found->has_value());
}

Task<void> probing_leaves_nothing(StoreUnderTest& under_test) {
  const auto listed = co_await all_keys(under_test.store(), "", 1000);
  EXPECT_TRUE(listed.empty()) << "left behind: " << listed.front();
}

}  // namespace

TEST_P(ObjectStoreSuite, ReadsBackBytesHeadersAndMetadata) { run(reads_back); }
TEST_P(ObjectStoreSuite, KeepsTagsBesideTheObject) { run(tags); }
TEST_P(ObjectStoreSuite, AbsenceIsNoError) { run(absence_is_no_error); }
TEST_P(ObjectStoreSuite, AnEmptyObjectIsAnObject) { run(empty_object); }
TEST_P(ObjectStoreSuite, OverwritesAndRemoves) { run(overwrite_and_remove); }
TEST_P(ObjectStoreSuite, GivesByteRangesAndCutsThemAtTheEnd) { run(ranges); }
TEST_P(ObjectStoreSuite, RefusesAGetWhoseEtagHasChanged) { run(conditional_get); }
TEST_P(ObjectStoreSuite, PutIfNoneMatchCreatesOnlyOnce) { run(put_if_none_match); }
TEST_P(ObjectStoreSuite, PutIfMatchReplacesOnlyWhatWasSeen) { run(put_if_match); }
TEST_P(ObjectStoreSuite, RemoveIfMatchRemovesOnlyWhatWasSeen) { run(remove_if_match); }
TEST_P(ObjectStoreSuite, ReplacesMetadataAndKeepsTheBytes) { run(replaces_metadata); }
TEST_P(ObjectStoreSuite, ListsKeysInByteOrderInPages) { run(lists_in_order); }
TEST_P(ObjectStoreSuite, ListsSizeEtagAndTime) { run(lists_facts); }
TEST_P(ObjectStoreSuite, KeepsOddKeysAsTheyAre) { run(odd_keys); }
TEST_P(ObjectStoreSuite, StreamsLargeBodies) { run(streams_large_bodies); }
TEST_P(ObjectStoreSuite, ABodyThatBreaksOffWritesNothing) { run(body_that_breaks_writes_nothing); }
TEST_P(ObjectStoreSuite, AReaderMayGiveUpEarly) { run(early_end_of_a_read); }
TEST_P(ObjectStoreSuite, MultipartAppearsWholeAtCompletion) { run(multipart); }
TEST_P(ObjectStoreSuite, MultipartCompletionObeysConditions) { run(multipart_conditions); }
TEST_P(ObjectStoreSuite, AnAbortedUploadIsGone) { run(aborted_upload_is_gone); }
TEST_P(ObjectStoreSuite, ProbingLeavesNothingBehind) { run(probing_leaves_nothing); }

}  // namespace evershore::store
