// Everything the demo has written and been told "done": what must be in every region at the end. One loop's.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "app/demo/bucket.h"
#include "app/demo/stage.h"

namespace evershore::app::demo {

class Journal {
 public:
  void acknowledged(const DataObject& object) { note(object.key, object.sha256); }
  void acknowledged_delete(const std::string& key) { note(key, std::nullopt); }
  // Nobody knows whether it was done: either is right.
  void unknown(const std::string& key) { expected_.erase(key); }

  uint64_t writes() const { return writes_; }
  // The keys that must exist with these bytes, or (nullopt) must not.
  const std::map<std::string, std::optional<Sha256>>& expected() const { return expected_; }

 private:
  void note(const std::string& key, std::optional<Sha256> hash) {
    ++writes_;
    expected_[key] = hash;
  }
  uint64_t writes_ = 0;
  std::map<std::string, std::optional<Sha256>> expected_;
};

// The changes of one act: of five, two create keys, two overwrite and one deletes.
struct ChangePlan {
  std::string act;
  size_t count = 0;  // a multiple of 5
  double per_second = 40;
  size_t overwritten() const { return count / 5 * 2; }
  size_t deleted() const { return count / 5; }
};

// What must be there before the changes: the objects that they will overwrite and delete.
std::vector<DataObject> objects_before(const ChangePlan& plan);

// Makes the changes at their pace; a failure is told in `first_error` and ends nothing.
Task<void> make_changes(io::Loop& loop, Interrupt& interrupt, ChangePlan plan, Bucket& bucket, Journal& journal, std::string& first_error);

// How many expected keys are not as expected in this bucket.
Task<Result<uint64_t>> count_missing(const Journal& journal, Bucket& bucket);

}  // namespace evershore::app::demo
