// DeleteObjects (POST ?delete): up to 1,000 keys in one request.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace evershore::s3 {

inline constexpr size_t kDeleteKeysMax = 1000;

struct DeleteEntry {
  std::string key;
  std::string etag;  // without quotes; "" = unconditional
};
struct DeleteRequest {
  std::vector<DeleteEntry> entries;
  bool quiet = false;  // report failures only
};
std::string render_delete_request(const DeleteRequest& request);
Result<DeleteRequest> parse_delete_request(std::string_view xml);

struct DeleteFailure {
  std::string key;
  std::string code;
  std::string message;
};
struct DeleteResult {
  std::vector<std::string> deleted;
  std::vector<DeleteFailure> failures;
};
std::string render_delete_result(const DeleteResult& result);
Result<DeleteResult> parse_delete_result(std::string_view xml);

}  // namespace evershore::s3
