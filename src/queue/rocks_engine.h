// Three tables of bytes in one RocksDB, driven from one loop without ever blocking it: changes go to a writer thread, which
// commits whatever has gathered as one batch with one fsync (group commit), reads go to a reader thread. RocksDB itself
// stays inside rocks_engine.cc.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "queue/task_queue.h"

namespace evershore::queue {

enum class Table : uint8_t { kRows, kQueue, kBoard };
inline constexpr size_t kTables = 3;

struct Change {
  Table table = Table::kRows;
  std::string key;
  std::optional<std::string> value;  // nullopt = remove
};

struct KeyValue {
  std::string key;
  std::string value;
};

// All members are for the scheduler's thread. No call may be under way when it is destroyed.
class RocksEngine {
 public:
  // Looks at what is stored and decides. Runs on the writer thread: it may touch nothing but its own values.
  using Lookup = std::function<Result<std::optional<std::string>>(Table, const std::string& key)>;
  using Decide = std::move_only_function<Result<std::vector<Change>>(const Lookup& lookup)>;

  // Creates `directory` if it is not there. Blocks: for the start of a node. kRefused: another process has it open.
  static Result<std::unique_ptr<RocksEngine>> open(Scheduler& scheduler, const std::string& directory);
  ~RocksEngine();

  // All or nothing, in the order of the calls. Visible to reads when the task resumes; kDurable: on disk by then.
  Task<Result<void>> commit(std::vector<Change> changes, Durability durability);
  // The same with changes that depend on what is stored; nothing comes between the look and the change.
  Task<Result<void>> commit_decided(Decide decide, Durability durability);

  Task<Result<std::vector<std::optional<std::string>>>> get(Table table, std::vector<std::string> keys);
  // Up to `max` pairs with keys > `after` that start with `prefix`, in byte order.
  Task<Result<std::vector<KeyValue>>> scan(Table table, std::string prefix, std::string after, size_t max);

  // Blocks: for the start of a node. All pairs of the table in byte order; stops at the visitor's first error.
  Result<void> visit(Table table, const std::function<Result<void>(std::string_view key, std::string_view value)>& visitor);
  // How many keys start with `prefix`, roughly; never blocks on disk.
  uint64_t estimate(Table table, const std::string& prefix) const;

  // Groups that were written so far; for tests of group commit.
  uint64_t groups_written() const;

 private:
  struct Impl;
  explicit RocksEngine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace evershore::queue
