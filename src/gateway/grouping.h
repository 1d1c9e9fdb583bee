// Turns sorted keys into one page of a ListObjects answer: keys, common prefixes, and where the next page starts.
#pragma once

#include <string>
#include <vector>

#include "model/object.h"
#include "wire/s3/list.h"

namespace evershore::gateway {

// Fed with the keys after request.start_after that have its prefix, in order, until full() or the keys end.
class Grouping {
 public:
  explicit Grouping(const s3::ListRequest& request);

  // Takes one key. False: the page was full before it, and it is not in it.
  bool add(const ListedObject& object);
  // Where the store should go on listing: after the last key, or after all keys of the last common prefix (so that a
  // prefix of a million keys costs one step).
  const std::string& resume_after() const { return resume_after_; }
  // `more`: there are keys that were not added.
  s3::ListResult finish(std::string bucket, bool more) &&;

 private:
  const s3::ListRequest& request_;
  s3::ListResult result_;
  std::string last_;  // the last key or common prefix of the page
  std::string resume_after_;
};

}  // namespace evershore::gateway
