// Multipart uploads and copies: the XML of their requests and answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace evershore::s3 {

inline constexpr uint32_t kPartNumberMax = 10'000;
inline constexpr uint64_t kPartBytesMin = 5ULL << 20;  // of every part but the last

struct InitiateResult {
  std::string bucket, key, upload_id;
};
std::string render_initiate(const InitiateResult& result);
Result<InitiateResult> parse_initiate(std::string_view xml);

struct PartReference {
  uint32_t number = 0;
  std::string etag;  // without quotes
};
// Ascending part numbers are the caller's to check.
std::string render_complete_request(const std::vector<PartReference>& parts);
Result<std::vector<PartReference>> parse_complete_request(std::string_view xml);

struct CompleteResult {
  std::string location, bucket, key, etag;
};
std::string render_complete(const CompleteResult& result);
// An error document, which S3 can send under status 200, is not a CompleteResult: ask parse_error() first.
Result<CompleteResult> parse_complete(std::string_view xml);

struct PartEntry {
  uint32_t number = 0;
  std::string etag;
  uint64_t size_bytes = 0;
  Wall last_modified{};
};
struct ListPartsResult {
  std::string bucket, key, upload_id;
  uint32_t part_number_marker = 0;
  uint32_t next_part_number_marker = 0;
  uint32_t max_parts = 1000;
  bool truncated = false;
  std::vector<PartEntry> parts;
};
std::string render_list_parts(const ListPartsResult& result);
Result<ListPartsResult> parse_list_parts(std::string_view xml);

struct UploadEntry {
  std::string key, upload_id;
  Wall initiated{};
};
struct ListUploadsResult {
  std::string bucket, prefix, key_marker, upload_id_marker, next_key_marker, next_upload_id_marker;
  uint32_t max_uploads = 1000;
  bool truncated = false;
  bool encoding_url = false;
  std::vector<UploadEntry> uploads;
};
std::string render_list_uploads(const ListUploadsResult& result);
Result<ListUploadsResult> parse_list_uploads(std::string_view xml);

// CopyObjectResult or CopyPartResult.
struct CopyResult {
  std::string etag;
  Wall last_modified{};
};
std::string render_copy(std::string_view root, const CopyResult& result);
Result<CopyResult> parse_copy(std::string_view root, std::string_view xml);

}  // namespace evershore::s3
