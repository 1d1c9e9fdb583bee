// The door's live side: what a bucket is set up to be.
#include "aws/run/live_api.h"

namespace evershore::aws {

Task<Result<PresentBucket>> LiveApi::read_bucket(std::string region, std::string name) {
  PresentBucket bucket;
  auto head = co_await client_.send(head_bucket(region, name));
  if (!head) {
    const auto fault = head.error().fault;
    if (fault == Fault::kNotFound) co_return bucket;
    if (fault == Fault::kRefused) {
      bucket.refused = true;  // 403 or a redirect: there is one, and it is not where or whose it should be
      co_return bucket;
    }
    co_return std::unexpected(std::move(head).error());
  }
  bucket.exists = true;
  bucket.region = std::string(head->headers.find("x-amz-bucket-region").value_or(region));
  CO_TRY_VOID(co_await read_bucket_parts(name, bucket));
  co_return bucket;
}

Task<Result<void>> LiveApi::read_bucket_parts(std::string name, PresentBucket& bucket) {
  const std::string region = bucket.region;
  auto tagging = co_await find(get_bucket_part(region, name, "tagging"));
  if (!tagging) co_return std::unexpected(std::move(tagging).error());
  if (*tagging) {
    CO_TRY(bucket.tags, parse_bucket_tags(**tagging));
  }
  auto versioning = co_await find(get_bucket_part(region, name, "versioning"));
  if (!versioning) co_return std::unexpected(std::move(versioning).error());
  if (*versioning) {
    CO_TRY(bucket.versioned, parse_versioning(**versioning));
  }
  auto access = co_await find(get_bucket_part(region, name, "publicAccessBlock"));
  if (!access) co_return std::unexpected(std::move(access).error());
  bucket.public_allowed = !*access;  // no block at all
  if (*access) {
    CO_TRY(bucket.public_allowed, parse_public_access(**access));
  }
  auto policy = co_await find(get_bucket_part(region, name, "policy"));
  if (!policy) co_return std::unexpected(std::move(policy).error());
  if (*policy) bucket.policy = (*policy)->body;
  auto website = co_await find(get_bucket_part(region, name, "website"));
  if (!website) co_return std::unexpected(std::move(website).error());
  if (*website) {
    CO_TRY(auto parsed, parse_website(**website));
    bucket.website = std::move(parsed);
  }
  auto replication = co_await find(get_bucket_part(region, name, "replication"));
  if (!replication) co_return std::unexpected(std::move(replication).error());
  if (*replication) {
    CO_TRY(auto parsed, parse_replication(**replication));
    bucket.replication = std::move(parsed);
  }
  auto first = co_await client_.send(list_versions(region, name, "", "", 1));
  if (!first) co_return std::unexpected(std::move(first).error());
  CO_TRY(const auto page, parse_versions(*first));
  bucket.empty = page.versions.empty();
  co_return Result<void>{};
}

}  // namespace evershore::aws
