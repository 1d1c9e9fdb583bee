// Moves the bytes of one object from one region to another: one put where the source was one put, the source's parts where it
// was uploaded in parts, so that ETags stay equal. Memory is bounded whatever the size. Nothing half-written stays.
#pragma once

#include <optional>

#include "replicate/run/site_context.h"

namespace evershore::replicate {

// Under another key, as a client would write it: without a stamp, with this metadata besides its own.
struct CopyAs {
  ObjectKey key;
  UserMetadata metadata;
};

struct CopyRequest {
  Region* source = nullptr;
  Region* target = nullptr;
  ObjectInfo info;  // of the source; its etag must still be that one
  Version version;  // for the stamp
  PutCondition condition;
  std::optional<CopyAs> as;

  const ObjectKey& target_key() const { return as ? as->key : info.key; }
};

enum class CopyMatch : uint8_t {
  kSameETag,
  kOwnETag,    // the target gave another ETag, and reading both back showed the same bytes
  kDifferent,  // the bytes differ: to be copied again, and never to be taken for somebody's new write
};

struct Written {
  std::string etag;  // the target's
  CopyMatch match = CopyMatch::kSameETag;
};

// kPrecondition: the target changed, or the source changed or went. Anything else: that request failed.
Task<Result<Written>> copy_object(SiteContext& context, CopyRequest request);

// The second half of it for a body already in memory.
Task<Result<Written>> put_bytes(SiteContext& context, CopyRequest request, std::string bytes);

// What travels, by the rules for tags and storage class; the stamp among the metadata.
struct CopyAbout {
  StandardHeaders headers;
  UserMetadata metadata;
};
CopyAbout about_copy(const SiteContext& context, Region& target, const ObjectInfo& info, Version version);
PutOptions put_options(const SiteContext& context, const CopyRequest& request);

// Asks for the tags of this copy if it may have some, and puts them among its headers.
Task<Result<void>> read_tags(SiteContext& context, Region& region, ObjectInfo& info, bool told);

// Restricts the condition to what the target can check; counts what stays unguarded.
PutCondition supported_condition(Region& target, PutCondition condition);

}  // namespace evershore::replicate
