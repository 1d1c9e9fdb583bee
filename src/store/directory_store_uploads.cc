// Multipart uploads of a DirectoryBucket: all state is on disk, so an upload survives a restart.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <tuple>

#include "base/digest.h"
#include "base/text.h"
#include "store/directory_store_bucket.h"

namespace evershore::store {

namespace fs = std::filesystem;

namespace {
constexpr uint32_t kPartNumberMax = 10'000;

std::unexpected<Error> no_such_upload(const std::string& upload_id) { return fail(Fault::kNotFound, "NoSuchUpload: " + upload_id); }

// Ids come from outside and become a path: only what create_upload() makes passes.
bool is_upload_id(std::string_view id) {
  const auto is_fine = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-'; };
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, is_fine);
}

std::string part_name(uint32_t number) { return fmt::format("p{:05}", number); }

// S3: MD5 over the parts' binary MD5s, "-", how many.
Result<std::string> etag_of_parts(const std::vector<OpenedObject>& parts) {
  Hasher hasher(HashKind::kMd5);
  for (const auto& part : parts) {
    const auto digest = from_hex(part.record.etag);
    if (!digest) return fail(Fault::kBroken, "a part's etag is no MD5");
    hasher.update(*digest);
  }
  return fmt::format("{}-{}", to_hex(hasher.finish_as<Md5>()), parts.size());
}
}  // namespace

std::string DirectoryBucket::upload_path(const std::string& upload_id) const { return path_ + "/uploads/" + upload_id; }

Result<std::string> DirectoryBucket::create_upload(ObjectRecord about) {
  const auto id = fmt::format("{:016x}-{:x}", about.modified.time_since_epoch().count(), ++names_);
  const auto path = upload_path(id);
  if (::mkdir(path.c_str(), 0700) != 0) return fail_errno("make", path);
  TRY(auto staged, stage());
  TRY_VOID(staged.append(as_bytes(encode_record(about))));
  if (options_.durable) TRY_VOID(staged.sync());
  TRY_VOID(staged.publish(path + "/about"));
  if (options_.durable) TRY_VOID(sync_directory_of(path + "/about"));
  return id;
}

Result<ObjectRecord> DirectoryBucket::upload_about(const ObjectKey& key, const std::string& upload_id) const {
  if (!is_upload_id(upload_id)) return no_such_upload(upload_id);
  TRY(auto about, open_object(upload_path(upload_id) + "/about"));
  if (!about || about->record.key != key) return no_such_upload(upload_id);
  return std::move(about->record);
}

Result<CompletedPart> DirectoryBucket::commit_part(StagedFile staged, ObjectRecord part, const std::string& upload_id, uint32_t number) {
  if (number < 1 || number > kPartNumberMax) return fail(Fault::kInvalid, "InvalidArgument: the part number must be 1 to 10000");
  TRY_VOID(upload_about(part.key, upload_id));
  TRY_VOID(staged.append(as_bytes(encode_record(part))));
  if (options_.durable) TRY_VOID(staged.sync());
  const auto path = upload_path(upload_id) + "/" + part_name(number);
  auto published = staged.publish(path);
  // Aborted or completed meanwhile.
  if (!published && published.error().fault == Fault::kNotFound) return no_such_upload(upload_id);
  TRY_VOID(std::move(published));
  if (options_.durable) (void)sync_directory_of(path);
  return CompletedPart{.number = number, .etag = part.etag};
}

Result<std::vector<OpenedObject>> DirectoryBucket::open_parts(const std::string& upload_id, const std::vector<CompletedPart>& parts) const {
  if (parts.empty()) return fail(Fault::kInvalid, "MalformedXML: no parts");
  std::vector<OpenedObject> opened;
  uint32_t previous = 0;
  for (const auto& wanted : parts) {
    if (wanted.number <= previous) return fail(Fault::kInvalid, "InvalidPartOrder: part numbers must ascend");
    previous = wanted.number;
    TRY(auto part, open_object(upload_path(upload_id) + "/" + part_name(wanted.number)));
    if (!part || part->record.etag != wanted.etag) {
      return fail(Fault::kInvalid, fmt::format("InvalidPart: part {} is not there with etag {}", wanted.number, wanted.etag));
    }
    if (&wanted != &parts.back() && part->record.size_bytes < options_.part_bytes_min) {
      return fail(Fault::kInvalid,
                  fmt::format("EntityTooSmall: part {} is smaller than {}", wanted.number, format_size(options_.part_bytes_min)));
    }
    opened.push_back(*std::move(part));
  }
  return opened;
}

Result<PutResult> DirectoryBucket::complete_upload(const ObjectKey& key, const std::string& upload_id,
                                                   const std::vector<CompletedPart>& parts, PutCondition condition, Wall now) {
  TRY(auto record, upload_about(key, upload_id));
  TRY(const auto opened, open_parts(upload_id, parts));
  TRY(record.etag, etag_of_parts(opened));
  TRY(auto staged, stage());
  record.size_bytes = 0;
  for (const auto& part : opened) {
    TRY_VOID(staged.append_from(part.file, part.record.size_bytes));
    record.part_sizes.push_back(part.record.size_bytes);
    record.size_bytes += part.record.size_bytes;
  }
  record.modified = now;
  TRY(auto put, commit(std::move(staged), std::move(record), std::move(condition)));
  drop_upload(upload_id);
  return put;
}

Result<void> DirectoryBucket::abort_upload(const ObjectKey& key, const std::string& upload_id) {
  TRY_VOID(upload_about(key, upload_id));
  drop_upload(upload_id);
  return {};
}

// Renamed first, so that it disappears at once; what a crash leaves in staging goes at the next start.
void DirectoryBucket::drop_upload(const std::string& upload_id) {
  std::error_code ignored;
  const auto grave = fmt::format("{}/staging/{}", path_, ++names_);
  fs::rename(upload_path(upload_id), grave, ignored);
  fs::remove_all(grave, ignored);
}

Result<std::vector<PartInfo>> DirectoryBucket::list_parts(const ObjectKey& key, const std::string& upload_id) const {
  TRY_VOID(upload_about(key, upload_id));
  std::vector<PartInfo> parts;
  std::error_code error;
  for (fs::directory_iterator at(upload_path(upload_id), error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    const auto number = name.starts_with('p') ? parse_u64(std::string_view(name).substr(1)) : std::nullopt;
    if (!number) continue;
    TRY(const auto part, open_object(at->path().string()));
    if (!part) continue;
    parts.push_back({static_cast<uint32_t>(*number), part->record.etag, part->record.size_bytes, part->record.modified});
  }
  std::ranges::sort(parts, {}, &PartInfo::number);
  return parts;
}

Result<std::vector<UploadInfo>> DirectoryBucket::list_uploads() const {
  std::vector<UploadInfo> uploads;
  std::error_code error;
  for (fs::directory_iterator at(path_ + "/uploads", error), end; !error && at != end; at.increment(error)) {
    const auto about = open_object(at->path().string() + "/about");
    if (!about || !*about) continue;  // being made or being dropped
    uploads.push_back({(*about)->record.key, at->path().filename().string(), (*about)->record.modified});
  }
  std::ranges::sort(uploads,
                    [](const UploadInfo& a, const UploadInfo& b) { return std::tie(a.key, a.upload_id) < std::tie(b.key, b.upload_id); });
  return uploads;
}

}  // namespace evershore::store
