#include "edge/run/disk_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "io/files.h"
#include "io/test_support.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr Mono kNow{1h};
constexpr Wall kWall{std::chrono::hours(24 * 20'000)};

StoredObject object_of(std::string_view text) {
  StoredObject object;
  auto bytes = std::make_shared<Bytes>(text.size());
  std::ranges::copy(text, bytes->data.get());
  object.body = bytes;
  object.headers = {{"ETag", "\"e\""}};
  object.freshness = {.received = kNow, .lifetime = 60s};
  return object;
}

class DiskStoreTest : public ::testing::Test {
 protected:
  ~DiskStoreTest() override { store.reset(); }
  void open(uint64_t size = 16 << 20) {
    store.reset();
    auto opened = DiskStore::open(folder, size);
    ASSERT_TRUE(opened) << opened.error().text;
    store = std::move(*opened);
  }
  // As a crash leaves the folder: everything that has been written so far, and no list of the open segment.
  void crash() {
    const std::string copy = folder + ".copy";
    fs::remove_all(copy);
    fs::copy(folder, copy, fs::copy_options::recursive);
    store.reset();
    fs::remove_all(folder);
    fs::rename(copy, folder);
  }
  void put(const std::string& key, std::string_view text) { store->write(key, object_of(text), kNow, kWall); }
  std::string get(const std::string& key) {
    const auto object = store->read(key, kNow, kWall);
    return object ? std::string(as_text(object->body->all())) : "(none)";
  }
  std::vector<fs::path> files(std::string_view ending) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().string().ends_with(ending)) found.push_back(entry.path());
    std::ranges::sort(found);
    return found;
  }
  void damage(const fs::path& path, int64_t at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at, at < 0 ? std::ios::end : std::ios::beg);
    const auto place = file.tellg();
    const char byte = static_cast<char>(file.get() ^ 1);
    file.seekp(place);
    file.put(byte);
  }

  io::ScratchDirectory scratch;
  const std::string folder = scratch.file("cache");
  std::unique_ptr<DiskStore> store;
};

TEST_F(DiskStoreTest, what_was_written_is_read_again_and_the_rest_is_a_miss) {
  open();
  put("a", "hello");
  put("empty", "");
  put("large", std::string(900'000, 'x'));
  EXPECT_EQ(get("a"), "hello");
  EXPECT_EQ(get("empty"), "");
  EXPECT_EQ(get("large").size(), 900'000u);
  EXPECT_EQ(get("b"), "(none)");
  EXPECT_TRUE(store->may_have("a"));
  EXPECT_FALSE(store->may_have("b"));
}

TEST_F(DiskStoreTest, it_is_all_there_after_a_restart) {
  open();
  for (int i = 0; i < 100; ++i) put("k" + std::to_string(i), "v" + std::to_string(i));
  put("k7", "newer");
  store->remove("k8");
  open();
  EXPECT_EQ(get("k0"), "v0");
  EXPECT_EQ(get("k7"), "newer");
  EXPECT_EQ(get("k8"), "(none)");
  EXPECT_EQ(get("k99"), "v99");
}

TEST_F(DiskStoreTest, after_a_crash_the_heads_are_read_and_it_is_all_there) {
  open();
  put("a", "hello");
  put("b", std::string(100'000, 'b'));
  store->remove("a");
  put("c", "after");
  crash();
  EXPECT_TRUE(files(".list").empty());
  open();
  EXPECT_EQ(get("a"), "(none)");
  EXPECT_EQ(get("b").size(), 100'000u);
  EXPECT_EQ(get("c"), "after");
  EXPECT_EQ(files(".list").size(), 1u) << "the next start need not read the heads again";
}

TEST_F(DiskStoreTest, a_crash_at_any_byte_loses_what_was_not_written_and_nothing_else) {
  open();
  put("a", "first");
  const auto before = fs::file_size(files(".data")[0]);
  put("b", "second");
  crash();
  const auto whole = fs::file_size(files(".data")[0]);
  const std::string kept = *io::read_whole_file(files(".data")[0], 1 << 20);
  for (auto size = before; size <= whole; ++size) {
    fs::remove(files(".data")[0].replace_extension(".list"));
    std::ofstream(files(".data")[0], std::ios::binary | std::ios::trunc) << kept.substr(0, size);
    open();
    EXPECT_EQ(get("a"), "first") << size;
    EXPECT_EQ(get("b"), size == whole ? "second" : "(none)") << size;
    store.reset();
    for (const auto& extra : files(".list")) fs::remove(extra);
  }
}

TEST_F(DiskStoreTest, what_has_rotted_is_a_miss_wherever_it_has) {
  open();
  put("a", std::string(10'000, 'a'));
  put("b", "fine");
  store.reset();
  const auto file = files(".data")[0];
  for (const int64_t at : {3, 40, 70, 120, 5'000}) {
    damage(file, at);
    open();
    EXPECT_EQ(get("a"), "(none)") << at;
    EXPECT_EQ(get("b"), "fine") << at;
    EXPECT_EQ(store->counters().read_failures.get(), 1u);
    store.reset();
    damage(file, at);
  }
  open();
  EXPECT_EQ(get("a").size(), 10'000u);
}

TEST_F(DiskStoreTest, a_damaged_list_is_made_anew) {
  open();
  put("a", "hello");
  store.reset();
  damage(files(".list")[0], 20);
  open();
  EXPECT_EQ(get("a"), "hello");
}

TEST_F(DiskStoreTest, a_file_that_was_cut_short_is_a_miss) {
  open();
  put("a", std::string(50'000, 'a'));
  store.reset();
  fs::resize_file(files(".data")[0], 1'000);
  open();
  EXPECT_EQ(get("a"), "(none)");
}

TEST_F(DiskStoreTest, it_stays_within_its_size) {
  open(2 << 20);
  for (int i = 0; i < 200; ++i) put("k" + std::to_string(i), std::string(60'000, 'x'));
  uint64_t used = 0;
  for (const auto& file : files(".data")) used += fs::file_size(file);
  EXPECT_LE(used, 2u << 20);
  EXPECT_GE(used, 1u << 20);
  EXPECT_EQ(get("k0"), "(none)");
  EXPECT_EQ(get("k199").size(), 60'000u);
  EXPECT_EQ(get("k185").size(), 60'000u);
}

TEST_F(DiskStoreTest, larger_than_a_segment_is_not_kept) {
  open(2 << 20);
  put("a", std::string(200'000, 'x'));
  EXPECT_EQ(get("a"), "(none)");
}

TEST_F(DiskStoreTest, a_disk_that_takes_nothing_costs_misses_only) {
  open();
  put("a", "hello");
  fs::remove_all(folder);  // every new file fails from now on
  for (int i = 0; i < 40; ++i) put("k" + std::to_string(i), std::string(900'000, 'x'));
  EXPECT_EQ(get("a"), "hello") << "its file is open";
  EXPECT_GE(store->counters().write_failures.get(), 1u);
  EXPECT_GE(store->counters().skipped.get(), 1u) << "it is not tried each time";
  EXPECT_EQ(get("k39"), "(none)");
}

TEST_F(DiskStoreTest, two_processes_cannot_share_a_folder) {
  open();
  const auto second = DiskStore::open(folder, 16 << 20);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().fault, Fault::kBusy);
}

TEST_F(DiskStoreTest, what_is_hidden_is_not_found_any_more) {
  open();
  put("a", "hello");
  store->hide("a");
  EXPECT_FALSE(store->may_have("a"));
  EXPECT_EQ(get("a"), "(none)");
}

}  // namespace
}  // namespace evershore::edge
