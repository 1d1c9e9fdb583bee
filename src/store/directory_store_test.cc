#include "store/directory_store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/digest.h"
#include "base/text.h"
#include "io/loop.h"
#include "io/test_support.h"
#include "store/object_store_suite.h"

namespace evershore::store {
namespace {

namespace fs = std::filesystem;

constexpr DirectoryOptions kQuick{.durable = false, .workers = 2, .part_bytes_min = 5};

std::shared_ptr<DirectoryBucket> open_or_die(const std::string& path, DirectoryOptions options) {
  auto bucket = DirectoryBucket::open(path, options);
  EXPECT_TRUE(bucket) << bucket.error().text;
  return bucket ? *bucket : nullptr;
}

class DirectoryUnderTest final : public StoreUnderTest {
 public:
  explicit DirectoryUnderTest(DirectoryOptions options) : store_(open_or_die(directory_.path(), options), loop_) {}
  ObjectStore& store() override { return store_; }
  void run_until_done(Task<void> task) override { loop_.run_until_done(std::move(task)); }
  uint64_t part_bytes_min() const override { return kQuick.part_bytes_min; }

 private:
  io::ScratchDirectory directory_;
  io::Loop loop_;
  DirectoryStore store_;
};
std::unique_ptr<StoreUnderTest> make_quick() { return std::make_unique<DirectoryUnderTest>(kQuick); }
std::unique_ptr<StoreUnderTest> make_durable() {
  return std::make_unique<DirectoryUnderTest>(DirectoryOptions{.workers = 2, .part_bytes_min = 5});
}
INSTANTIATE_TEST_SUITE_P(Directory, ObjectStoreSuite,
                         testing::Values(StoreUnderTestMaker{"quick", make_quick}, StoreUnderTestMaker{"durable", make_durable}),
                         store_under_test_name);

// A bucket that can be closed and opened again.
class DirectoryStoreTest : public testing::Test {
 protected:
  void open(DirectoryOptions options = kQuick) {
    store_.reset();
    bucket_.reset();
    bucket_ = open_or_die(directory_.path(), options);
    store_ = std::make_unique<DirectoryStore>(bucket_, loop_);
  }
  template <class T>
  T run(Task<T> task) {
    std::optional<T> slot;
    loop_.run_until_done(task_detail::store_result(std::move(task), slot));
    return std::move(*slot);
  }
  std::string put(const ObjectKey& key, std::string text) {
    auto result = run(suite::put_text(*store_, key, std::move(text), {}));
    EXPECT_TRUE(result) << result.error().text;
    return result ? result->etag : "";
  }
  std::string get(const ObjectKey& key) { return run(suite::text_of(*store_, key, {})); }
  std::vector<std::string> files(const std::string& under) {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path() + "/" + under)) {
      if (entry.is_regular_file()) found.push_back(entry.path().string());
    }
    return found;
  }

  io::ScratchDirectory directory_;
  io::Loop loop_;
  std::shared_ptr<DirectoryBucket> bucket_;
  std::unique_ptr<DirectoryStore> store_;
};

TEST_F(DirectoryStoreTest, FindsEverythingAgainAfterARestart) {
  open();
  const auto etag = put("a/b", "text");
  put("gone", "x");
  EXPECT_TRUE(run(store_->remove("gone", "")));
  const auto upload = run(store_->create_multipart("big", {}, {}));
  open();
  EXPECT_EQ(get("a/b"), "text");
  EXPECT_EQ(bucket_->index().size(), 1U);
  EXPECT_EQ(bucket_->index().etag_of("a/b"), etag);
  ASSERT_EQ(bucket_->list_uploads()->size(), 1U);
  EXPECT_EQ(bucket_->list_uploads()->front().upload_id, *upload);
}

TEST_F(DirectoryStoreTest, KeepsEveryByteAndEveryLengthOfKeyInsideItsDirectory) {
  open();
  std::vector<ObjectKey> keys{
      "..", ".", "/", "//", "/etc/passwd", "../../x", "a", "a/", "a/b", std::string(kObjectKeyBytesMax, 'k'), std::string("nul\0in", 6)};
  for (int byte = 0; byte < 256; ++byte) keys.push_back(std::string("b") + static_cast<char>(byte));
  for (const auto& key : keys) put(key, "at " + key);
  open();
  for (const auto& key : keys) EXPECT_EQ(get(key), "at " + key);
  EXPECT_EQ(files("objects").size(), keys.size());
  EXPECT_FAULT(run(suite::put_text(*store_, "", "x", {})), Fault::kInvalid);
  EXPECT_FAULT(run(suite::put_text(*store_, std::string(kObjectKeyBytesMax + 1, 'k'), "x", {})), Fault::kInvalid);
}

TEST_F(DirectoryStoreTest, RemovesWhatACrashLeftInStaging) {
  open();
  store_.reset();
  bucket_.reset();
  std::ofstream(directory_.path() + "/staging/17") << "half an object";
  open();
  EXPECT_TRUE(files("staging").empty());
}

TEST_F(DirectoryStoreTest, LeavesNoStagedFileBehindWhenABodyBreaks) {
  open();
  MemoryBody body("short");
  PutOptions options;
  options.size_bytes = 10;
  EXPECT_FAULT(run(store_->put("k", options, body)), Fault::kInvalid);
  EXPECT_TRUE(files("staging").empty());
  EXPECT_EQ(get("k"), "(absent)");
}

TEST_F(DirectoryStoreTest, PassesOverDamagedFilesAtStartAndSaysHowMany) {
  open();
  put("good", "1");
  put("cut", "2");
  std::string cut;
  for (const auto& file : files("objects")) {
    std::ifstream in(file);
    if (in.get() == '2') cut = file;
  }
  store_.reset();
  bucket_.reset();
  fs::resize_file(cut, fs::file_size(cut) - 1);
  open();
  EXPECT_EQ(bucket_->damaged(), 1U);
  EXPECT_EQ(bucket_->index().size(), 1U);
  EXPECT_EQ(get("good"), "1");
  put("cut", "new");
  EXPECT_EQ(get("cut"), "new");
}

TEST_F(DirectoryStoreTest, IsServedByOneProcessAtATime) {
  open();
  const auto second = DirectoryBucket::open(directory_.path(), kQuick);
  EXPECT_FAULT(second, Fault::kRefused);
}

TEST_F(DirectoryStoreTest, AReaderKeepsTheObjectItOpened) {
  open();
  put("k", std::string(600'000, 'a'));
  auto got = run(store_->get("k", {}));
  ASSERT_TRUE(got && *got);
  put("k", std::string(600'000, 'b'));
  const auto text = run(read_whole(*(*got)->body, 1 << 20));
  ASSERT_TRUE(text);
  EXPECT_TRUE(*text == std::string(600'000, 'a'));
}

TEST_F(DirectoryStoreTest, MultipartEtagIsTheMd5OfThePartsMd5s) {
  open();
  const auto upload = run(store_->create_multipart("k", {}, {}));
  const auto one = run(suite::put_part_text(*store_, "k", *upload, 1, "hello"));
  const auto two = run(suite::put_part_text(*store_, "k", *upload, 7, "x"));
  const auto done = run(store_->complete_multipart("k", *upload, {*one, *two}, {}));
  ASSERT_TRUE(done) << done.error().text;
  const auto binary = std::string(as_text(md5("hello"))) + std::string(as_text(md5("x")));
  EXPECT_EQ(done->etag, to_hex(md5(binary)) + "-2");
  EXPECT_EQ(run(suite::text_of(*store_, "k", {.part_number = 2})), "x");
  EXPECT_FAULT(run(store_->get("k", {.part_number = 3})), Fault::kInvalid);
  EXPECT_TRUE(files("uploads").empty());
}

TEST_F(DirectoryStoreTest, RefusesPartsThatDoNotFit) {
  open();
  const auto upload = run(store_->create_multipart("k", {}, {}));
  const auto small = run(suite::put_part_text(*store_, "k", *upload, 1, "tiny"));
  const auto two = run(suite::put_part_text(*store_, "k", *upload, 2, "hello"));
  const auto text_of_refusal = [&](std::vector<CompletedPart> parts) {
    const auto done = run(store_->complete_multipart("k", *upload, std::move(parts), {}));
    return done ? "accepted" : done.error().text.substr(0, done.error().text.find(':'));
  };
  EXPECT_EQ(text_of_refusal({*small, *two}), "EntityTooSmall");
  EXPECT_EQ(text_of_refusal({*two, *small}), "InvalidPartOrder");
  EXPECT_EQ(text_of_refusal({{2, "wrong"}}), "InvalidPart");
  EXPECT_EQ(text_of_refusal({{3, two->etag}}), "InvalidPart");
  EXPECT_EQ(text_of_refusal({}), "MalformedXML");
  EXPECT_EQ(text_of_refusal({*two}), "accepted");
}

TEST_F(DirectoryStoreTest, UploadIdsFromOutsideNameNoPath) {
  open();
  put("k", "x");
  for (const std::string id : {"", ".", "..", "../objects", "/", "a/b", "00000000-1"}) {
    EXPECT_FAULT(run(store_->abort_multipart("k", id)), Fault::kNotFound);
    EXPECT_FAULT(run(suite::put_part_text(*store_, "k", id, 1, "x")), Fault::kNotFound);
  }
  const auto upload = run(store_->create_multipart("k", {}, {}));
  EXPECT_FAULT(run(suite::put_part_text(*store_, "another key", *upload, 1, "x")), Fault::kNotFound);
}

// Two loops race for one key with If-None-Match: exactly one wins, each round.
void race(const std::shared_ptr<DirectoryBucket>& bucket, int rounds, std::atomic<int>& wins) {
  io::Loop loop;
  DirectoryStore store(bucket, loop);
  for (int round = 0; round < rounds; ++round) {
    std::optional<Result<PutResult>> slot;
    loop.run_until_done(task_detail::store_result(suite::put_text(store, "k" + std::to_string(round), "x", {.if_none_match = true}), slot));
    if (slot->has_value()) ++wins;
  }
}

TEST_F(DirectoryStoreTest, ConditionsHoldBetweenThreads) {
  open();
  constexpr int kRounds = 200;
  std::atomic<int> wins{0};
  std::thread other([&] { race(bucket_, kRounds, wins); });
  race(bucket_, kRounds, wins);
  other.join();
  EXPECT_EQ(wins, kRounds);
}

TEST(DirectoryIndex, ListsAHundredThousandKeysFromAnyPlace) {
  DirectoryIndex index;
  for (int i = 0; i < 100'000; ++i) index.set({.key = fmt::format("{:02}/{:06}", i % 100, i), .size_bytes = 1, .etag = "e"});
  size_t seen = 0;
  ListOptions options{.prefix = "42/"};
  while (true) {
    const auto page = index.list(options);
    seen += page.objects.size();
    if (!page.more) break;
    options.start_after = page.objects.back().key;
  }
  EXPECT_EQ(seen, 1000U);
  EXPECT_EQ(index.list({.prefix = "42/", .start_after = "1"}).objects.front().key, "42/000042");
  EXPECT_EQ(index.list({.start_after = "98/~"}).objects.front().key, "99/000099");
  EXPECT_TRUE(index.list({.start_after = "99/~"}).objects.empty());
}

TEST(ObjectRecord, IsRefusedWhenAnyByteIsWrongOrMissing) {
  const ObjectRecord record{
      .key = "k", .etag = "e-2", .size_bytes = 9, .part_sizes = {5, 4}, .headers = {{"a", "b"}}, .metadata = {{"c", "d"}}};
  const auto bytes = encode_record(record);
  const auto back = decode_record(as_bytes(bytes));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->part_sizes, record.part_sizes);
  EXPECT_EQ(back->metadata, record.metadata);
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] ^= 1;
    EXPECT_FALSE(decode_record(as_bytes(changed))) << i;
    EXPECT_FALSE(decode_record(as_bytes(bytes).first(i))) << i;
  }
}

}  // namespace
}  // namespace evershore::store
