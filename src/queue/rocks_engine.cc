#include "queue/rocks_engine.h"

#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/assert.h"

namespace evershore::queue {
namespace {

// Small on purpose: the working set is the queue, which is in memory anyway.
constexpr size_t kBlockCacheBytes = 32 << 20;
constexpr size_t kWriteBufferBytes = 16 << 20;
constexpr size_t kWriteBuffersBytes = 32 << 20;  // of all tables together
constexpr size_t kLogBytesMax = 64 << 20;
constexpr int kOpenFilesMax = 256;
constexpr size_t kGroupChangesMax = 20'000;  // of one batch; the rest waits for the next
constexpr std::array<const char*, kTables> kTableNames = {"rows", "queue", "board"};

Error error_of(const rocksdb::Status& status, std::string_view doing) {
  const Fault fault = status.IsNoSpace() || status.IsBusy() ? Fault::kBusy : Fault::kBroken;
  return {fault, fmt::format("state: {}: {}", doing, status.ToString())};
}

rocksdb::ColumnFamilyOptions table_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = cache;
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  blocks.cache_index_and_filter_blocks = true;
  blocks.pin_l0_filter_and_index_blocks_in_cache = true;
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  options.write_buffer_size = kWriteBufferBytes;
  options.compression = rocksdb::kLZ4Compression;
  return options;
}

rocksdb::DBOptions database_options() {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.db_write_buffer_size = kWriteBuffersBytes;
  options.max_total_wal_size = kLogBytesMax;
  options.max_open_files = kOpenFilesMax;
  options.max_background_jobs = 2;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1 << 20;
  options.info_log_level = rocksdb::WARN_LEVEL;
  // A torn last record is a write nobody was told of.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  return options;
}

// The first key that does not start with `prefix`; "" = there is none.
std::string end_of(std::string prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return prefix;
}

// A thread with a line of jobs; each job is run once, in order. The destructor runs what is left.
template <class Job>
class Worker {
 public:
  using RunAll = std::function<void(std::vector<Job>)>;
  explicit Worker(RunAll run_all) : run_all_(std::move(run_all)), thread_([this] { work(); }) {}
  ~Worker() {
    {
      std::scoped_lock lock(mutex_);
      closing_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  void submit(Job job) {
    {
      std::scoped_lock lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

 private:
  void work() {
    while (true) {
      std::vector<Job> jobs;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        jobs.swap(jobs_);
      }
      run_all_(std::move(jobs));
    }
  }

  const RunAll run_all_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Job> jobs_;  // under mutex_
  bool closing_ = false;   // under mutex_
  std::thread thread_;     // last: it uses the rest
};

}  // namespace

struct RocksEngine::Impl {
  // A commit on its way: owned by the waiting coroutine, which is resumed after `outcome` is set.
  struct Commit {
    std::vector<Change> changes;
    std::optional<Decide> decide;
    Durability durability;
    Result<void> outcome = {};
    std::coroutine_handle<> waiter = {};
  };
  struct Read {
    std::move_only_function<void()> look;
    std::coroutine_handle<> waiter = {};
  };

  Scheduler& scheduler;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> tables;
  std::atomic<uint64_t> groups{0};
  std::optional<Worker<Commit*>> writer;
  std::optional<Worker<Read*>> reader;

  explicit Impl(Scheduler& its_scheduler) : scheduler(its_scheduler) {}
  ~Impl() {
    writer.reset();
    reader.reset();
    for (auto* table : tables) db->DestroyColumnFamilyHandle(table);
    if (db) db->Close();
  }

  rocksdb::ColumnFamilyHandle* handle(Table table) const { return tables[static_cast<size_t>(table)]; }
  Result<std::optional<std::string>> look_up(Table table, const std::string& key) const;
  void write_all(std::vector<Commit*> commits);
  void write_group(std::vector<Commit*>& group, rocksdb::WriteBatch& batch);
  void read_all(std::vector<Read*> reads);

  struct CommitAwaiter {
    Impl& impl;
    Commit& commit;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      commit.waiter = h;
      impl.writer->submit(&commit);
    }
    void await_resume() const noexcept {}
  };
  struct ReadAwaiter {
    Impl& impl;
    Read& read;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      read.waiter = h;
      impl.reader->submit(&read);
    }
    void await_resume() const noexcept {}
  };
};

Result<std::optional<std::string>> RocksEngine::Impl::look_up(Table table, const std::string& key) const {
  std::string value;
  const auto status = db->Get(rocksdb::ReadOptions(), handle(table), key, &value);
  if (status.IsNotFound()) return std::optional<std::string>{};
  if (!status.ok()) return std::unexpected(error_of(status, "read"));
  return std::optional<std::string>(std::move(value));
}

// Writer thread. One fsync makes the whole group durable; its waiters go on in the order they came.
void RocksEngine::Impl::write_group(std::vector<Commit*>& group, rocksdb::WriteBatch& batch) {
  if (group.empty()) return;
  rocksdb::WriteOptions options;
  for (const Commit* commit : group) options.sync = options.sync || commit->durability == Durability::kDurable;
  const auto status = db->Write(options, &batch);
  groups.fetch_add(1, std::memory_order_relaxed);
  std::vector<std::coroutine_handle<>> waiters;
  for (Commit* commit : group) {
    if (!status.ok()) commit->outcome = std::unexpected(error_of(status, "write"));
    waiters.push_back(commit->waiter);
  }
  group.clear();
  batch.Clear();
  scheduler.post([waiters = std::move(waiters)] {
    for (const auto& waiter : waiters) waiter.resume();
  });
}

// Writer thread.
void RocksEngine::Impl::write_all(std::vector<Commit*> commits) {
  const Lookup lookup = [this](Table table, const std::string& key) { return look_up(table, key); };
  std::vector<Commit*> group;
  rocksdb::WriteBatch batch;
  for (Commit* commit : commits) {
    if (commit->decide) {
      write_group(group, batch);  // what it decides on must be there
      auto decided = (*commit->decide)(lookup);
      if (decided)
        commit->changes = *std::move(decided);
      else
        commit->outcome = std::unexpected(std::move(decided).error());
    }
    for (const Change& change : commit->changes) {
      const auto status =
          change.value ? batch.Put(handle(change.table), change.key, *change.value) : batch.Delete(handle(change.table), change.key);
      EVERSHORE_ASSERT(status.ok());  // a batch in memory has nothing to fail on
    }
    group.push_back(commit);
    if (static_cast<size_t>(batch.Count()) >= kGroupChangesMax) write_group(group, batch);
  }
  write_group(group, batch);
}

// Reader thread.
void RocksEngine::Impl::read_all(std::vector<Read*> reads) {
  for (Read* read : reads) {
    read->look();
    scheduler.post([waiter = read->waiter] { waiter.resume(); });
  }
}

RocksEngine::RocksEngine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksEngine::~RocksEngine() = default;

Result<std::unique_ptr<RocksEngine>> RocksEngine::open(Scheduler& scheduler, const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return fail(Fault::kRefused, fmt::format("state: cannot create {}: {}", directory, error.message()));

  const auto cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> wanted = {{rocksdb::kDefaultColumnFamilyName, table_options(cache)}};
  for (const char* name : kTableNames) wanted.emplace_back(name, table_options(cache));
  auto impl = std::make_unique<Impl>(scheduler);
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const auto status = rocksdb::DB::Open(database_options(), directory, wanted, &handles, &db);
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos)
    return fail(Fault::kRefused, fmt::format("state: {} is in use by another process: {}", directory, status.ToString()));
  if (!status.ok()) return std::unexpected(error_of(status, "open " + directory));
  impl->db.reset(db);
  db->DestroyColumnFamilyHandle(handles[0]);  // the default table stays empty
  impl->tables.assign(handles.begin() + 1, handles.end());
  Impl* raw = impl.get();
  impl->writer.emplace([raw](std::vector<Impl::Commit*> commits) { raw->write_all(std::move(commits)); });
  impl->reader.emplace([raw](std::vector<Impl::Read*> reads) { raw->read_all(std::move(reads)); });
  return std::unique_ptr<RocksEngine>(new RocksEngine(std::move(impl)));
}

Task<Result<void>> RocksEngine::commit(std::vector<Change> changes, Durability durability) {
  Impl::Commit commit{.changes = std::move(changes), .durability = durability};
  Impl::CommitAwaiter awaiter{*impl_, commit};
  co_await awaiter;
  co_return std::move(commit.outcome);
}

Task<Result<void>> RocksEngine::commit_decided(Decide decide, Durability durability) {
  Impl::Commit commit{.decide = std::move(decide), .durability = durability};
  Impl::CommitAwaiter awaiter{*impl_, commit};
  co_await awaiter;
  co_return std::move(commit.outcome);
}

namespace {

Result<std::vector<std::optional<std::string>>> get_all(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* table,
                                                        const std::vector<std::string>& keys) {
  std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  db.MultiGet(rocksdb::ReadOptions(), table, keys.size(), slices.data(), values.data(), statuses.data());
  std::vector<std::optional<std::string>> found(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return std::unexpected(error_of(statuses[i], "read"));
    found[i] = values[i].ToString();
  }
  return found;
}

Result<std::vector<KeyValue>> scan_some(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* table, const std::string& prefix,
                                        const std::string& after, size_t max) {
  const std::string end = end_of(prefix);
  const rocksdb::Slice upper(end);
  rocksdb::ReadOptions options;
  if (!end.empty()) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at(db.NewIterator(options, table));
  std::vector<KeyValue> pairs;
  at->Seek(after < prefix ? prefix : after);
  if (at->Valid() && at->key() == after && !after.empty()) at->Next();
  for (; at->Valid() && pairs.size() < max; at->Next()) pairs.push_back({at->key().ToString(), at->value().ToString()});
  if (!at->status().ok()) return std::unexpected(error_of(at->status(), "scan"));
  return pairs;
}

}  // namespace

Task<Result<std::vector<std::optional<std::string>>>> RocksEngine::get(Table table, std::vector<std::string> keys) {
  Result<std::vector<std::optional<std::string>>> found;
  if (keys.empty()) co_return found;
  Impl::Read read{.look = [&] { found = get_all(*impl_->db, impl_->handle(table), keys); }};
  Impl::ReadAwaiter awaiter{*impl_, read};
  co_await awaiter;
  co_return std::move(found);
}

Task<Result<std::vector<KeyValue>>> RocksEngine::scan(Table table, std::string prefix, std::string after, size_t max) {
  Result<std::vector<KeyValue>> pairs;
  Impl::Read read{.look = [&] { pairs = scan_some(*impl_->db, impl_->handle(table), prefix, after, max); }};
  Impl::ReadAwaiter awaiter{*impl_, read};
  co_await awaiter;
  co_return std::move(pairs);
}

Result<void> RocksEngine::visit(Table table, const std::function<Result<void>(std::string_view, std::string_view)>& visitor) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = 2 << 20;
  const std::unique_ptr<rocksdb::Iterator> at(impl_->db->NewIterator(options, impl_->handle(table)));
  for (at->SeekToFirst(); at->Valid(); at->Next()) TRY_VOID(visitor(at->key().ToStringView(), at->value().ToStringView()));
  if (!at->status().ok()) return std::unexpected(error_of(at->status(), "scan"));
  return {};
}

uint64_t RocksEngine::estimate(Table table, const std::string& prefix) const {
  const std::string end = end_of(prefix);
  const std::array<rocksdb::Range, 2> ranges = {rocksdb::Range(prefix, end), rocksdb::Range("", "\xff\xff\xff\xff")};
  std::array<uint64_t, 2> bytes{};
  uint64_t keys = 0;
  rocksdb::SizeApproximationOptions options;
  options.include_memtables = true;
  if (!impl_->db->GetIntProperty(impl_->handle(table), rocksdb::DB::Properties::kEstimateNumKeys, &keys)) return 0;
  if (!impl_->db->GetApproximateSizes(options, impl_->handle(table), ranges.data(), 2, bytes.data()).ok() || bytes[1] == 0) return keys;
  return static_cast<uint64_t>(static_cast<double>(keys) * (static_cast<double>(bytes[0]) / static_cast<double>(bytes[1])));
}

uint64_t RocksEngine::groups_written() const { return impl_->groups.load(std::memory_order_relaxed); }

}  // namespace evershore::queue
