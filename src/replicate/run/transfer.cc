#include "replicate/run/transfer.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "replicate/identity.h"
#include "replicate/part_layout.h"
#include "store/body.h"

namespace evershore::replicate {

namespace {

Error source_changed(const CopyRequest& request) {
  return Error{Fault::kPrecondition, request.source->name + ": " + request.info.key + " changed while it was copied"};
}

// Bytes on their way through the budgets of both regions.
class PacedBody final : public BodyReader {
 public:
  PacedBody(SiteContext& context, std::unique_ptr<BodyReader> body, Region& source, Region* target)
      : context_(context), body_(std::move(body)), source_(source), target_(target) {}
  Task<Result<std::span<const uint8_t>>> next() override {
    auto read = body_->next();
    CO_TRY(const auto piece, co_await std::move(read));
    auto by_source = wait_for_budget(context_, source_.byte_budget, static_cast<double>(piece.size()));
    co_await std::move(by_source);
    if (target_ != nullptr) {
      auto by_target = wait_for_budget(context_, target_->byte_budget, static_cast<double>(piece.size()));
      co_await std::move(by_target);
    }
    co_return piece;
  }

 private:
  SiteContext& context_;
  std::unique_ptr<BodyReader> body_;
  Region& source_;
  Region* target_;
};

// `by_target`: whose budget the bytes take as well while they are read; nullptr = they are counted when they are written.
Task<Result<GetResult>> open_source(SiteContext& context, const CopyRequest& request, GetOptions options, Region* by_target) {
  options.if_match = request.info.etag;
  auto call = request.source->store->get(request.info.key, std::move(options));
  CO_TRY(auto found, co_await ask(context, *request.source, std::move(call)));
  if (!found) co_return std::unexpected(source_changed(request));
  if (request.source->byte_budget.limited() || request.target->byte_budget.limited())
    found->body = std::make_unique<PacedBody>(context, std::move(found->body), *request.source, by_target);
  co_return std::move(*found);
}

Task<Result<Sha256>> hash_of(SiteContext& context, Region& region, ObjectKey key, std::string etag) {
  auto call = region.store->get(std::move(key), GetOptions{.if_match = std::move(etag)});
  CO_TRY(auto found, co_await ask(context, region, std::move(call)));
  if (!found) co_return fail(Fault::kPrecondition, region.name + ": the key went while it was read back");
  Hasher hasher(HashKind::kSha256);
  while (true) {
    auto next = found->body->next();
    CO_TRY(const auto piece, co_await std::move(next));
    if (piece.empty()) break;
    hasher.update(piece);
  }
  co_return hasher.finish_as<Sha256>();
}

// Some servers answer the end of an upload in parts without an ETag (Ceph 16).
Task<Result<std::string>> etag_or_ask(SiteContext& context, const CopyRequest& request, std::string etag) {
  if (!etag.empty()) co_return etag;
  auto call = request.target->store->find(request.target_key());
  CO_TRY(auto info, co_await ask(context, *request.target, std::move(call)));
  if (!info) co_return fail(Fault::kPrecondition, request.target->name + ": the key went right after it was written");
  co_return info->etag;
}

// An ETag that is not the source's proves nothing either way: then both are read.
Task<Result<Written>> verify(SiteContext& context, const CopyRequest& request, std::string put_etag) {
  auto asked = etag_or_ask(context, request, std::move(put_etag));
  CO_TRY(auto etag, co_await std::move(asked));
  if (etag == request.info.etag && !etag.empty()) co_return Written{std::move(etag), CopyMatch::kSameETag};
  auto read_source = hash_of(context, *request.source, request.info.key, request.info.etag);
  CO_TRY(const auto source_hash, co_await std::move(read_source));
  auto read_target = hash_of(context, *request.target, request.target_key(), etag);
  CO_TRY(const auto target_hash, co_await std::move(read_target));
  if (source_hash != target_hash) co_return Written{std::move(etag), CopyMatch::kDifferent};
  request.target->counters.own_etags.add();
  co_return Written{std::move(etag), CopyMatch::kOwnETag};
}

Task<Result<Written>> copy_buffered(SiteContext& context, const CopyRequest& request) {
  const auto room = co_await context.buffered.take(request.info.size_bytes);
  auto opened = open_source(context, request, GetOptions{}, nullptr);
  CO_TRY(auto source, co_await std::move(opened));
  auto read = store::read_whole(*source.body, kBufferedBytesMax);
  CO_TRY(auto bytes, co_await std::move(read));
  auto put = put_bytes(context, request, std::move(bytes));
  co_return co_await std::move(put);
}

Task<Result<Written>> copy_streamed(SiteContext& context, const CopyRequest& request) {
  auto opened = open_source(context, request, GetOptions{}, request.target);
  CO_TRY(auto source, co_await std::move(opened));
  auto put = request.target->store->put(request.target_key(), put_options(context, request), *source.body);
  CO_TRY(auto written, co_await ask(context, *request.target, std::move(put)));
  auto checked = verify(context, request, std::move(written.etag));
  co_return co_await std::move(checked);
}

// One upload in parts: a few carriers take the next number until none is left or one has failed.
struct PartsInWork {
  const CopyRequest& request;
  const Layout layout;
  const std::string upload_id;
  uint32_t next_number = 1;
  std::vector<CompletedPart> completed;
  std::optional<Error> failed = {};
};

Task<Result<CompletedPart>> copy_part(SiteContext& context, const PartsInWork& work, uint32_t number) {
  GetOptions options;
  if (work.layout.transfer == Transfer::kSourceParts) {
    options.part_number = number;
  } else {
    options.range = part_range(work.layout, work.request.info.size_bytes, number);
  }
  auto opened = open_source(context, work.request, std::move(options), work.request.target);
  CO_TRY(auto source, co_await std::move(opened));
  auto put = work.request.target->store->put_part(work.request.target_key(), work.upload_id, number, source.range.length, *source.body);
  co_return co_await ask(context, *work.request.target, std::move(put));
}

Task<void> carry_parts(SiteContext& context, PartsInWork& work) {
  while (!work.failed && work.next_number <= work.layout.parts) {
    const uint32_t number = work.next_number++;
    auto part = copy_part(context, work, number);
    auto done = co_await std::move(part);
    if (!done) {
      work.failed = std::move(done).error();
    } else {
      work.completed[number - 1] = std::move(*done);
    }
  }
}

Task<Result<PutResult>> send_parts(SiteContext& context, PartsInWork& work) {
  TaskScope carriers;
  for (size_t i = 0; i < context.rules.parts_in_flight; ++i) carriers.spawn(carry_parts(context, work));
  co_await carriers.join();
  if (work.failed) co_return std::unexpected(*work.failed);
  const auto condition = supported_condition(*work.request.target, work.request.condition);
  auto complete = work.request.target->store->complete_multipart(work.request.target_key(), work.upload_id, work.completed, condition);
  co_return co_await ask(context, *work.request.target, std::move(complete));
}

Task<Result<Written>> copy_in_parts(SiteContext& context, const CopyRequest& request, Layout layout) {
  auto options = put_options(context, request);
  auto create = request.target->store->create_multipart(request.target_key(), std::move(options.headers), std::move(options.metadata));
  CO_TRY(auto upload_id, co_await ask(context, *request.target, std::move(create)));
  PartsInWork work{.request = request, .layout = layout, .upload_id = upload_id, .completed = std::vector<CompletedPart>(layout.parts)};
  auto sending = send_parts(context, work);
  auto sent = co_await std::move(sending);
  if (!sent) {
    // Unfinished uploads cost for ever. A lost answer may mean that it was completed: then there is nothing to abort.
    auto abort = request.target->store->abort_multipart(request.target_key(), upload_id);
    co_await ask(context, *request.target, std::move(abort));
    co_return std::unexpected(std::move(sent).error());
  }
  auto checked = verify(context, request, std::move(sent->etag));
  co_return co_await std::move(checked);
}

}  // namespace

PutCondition supported_condition(Region& target, PutCondition condition) {
  const auto& can = target.store->capabilities();
  const bool wanted = condition.if_none_match || !condition.if_match.empty();
  if (condition.if_none_match && !can.put_if_none_match) condition.if_none_match = false;
  if (!condition.if_match.empty() && !can.put_if_match) condition.if_match.clear();
  if (wanted && !condition.if_none_match && condition.if_match.empty()) target.counters.unguarded_writes.add();
  return condition;
}

namespace {
TagsTravel tags_travel(const SiteContext& context, const Region& target) {
  return context.rules.tags != TagRule::kIgnore && target.store->capabilities().tags ? TagsTravel::kYes : TagsTravel::kNo;
}
}  // namespace

CopyAbout about_copy(const SiteContext& context, Region& target, const ObjectInfo& info, Version version) {
  const TagsTravel tags = tags_travel(context, target);
  CopyAbout about{.headers = headers_to_copy(info.headers, tags, target.storage_class), .metadata = {}};
  if (tags == TagsTravel::kNo && tags_hash_of(info.headers) != 0) target.counters.tags_left_out.add();
  auto stamp = encode_stamp({version, info.etag, tags_hash_of(about.headers)}, info.key, info.size_bytes);
  about.metadata = metadata_to_copy(info.metadata, std::move(stamp));
  return about;
}

PutOptions put_options(const SiteContext& context, const CopyRequest& request) {
  auto about = about_copy(context, *request.target, request.info, request.version);
  if (request.as) {
    about.metadata.erase(std::string(kStampName));
    about.metadata.insert(request.as->metadata.begin(), request.as->metadata.end());
  }
  return PutOptions{.size_bytes = request.info.size_bytes,
                    .headers = std::move(about.headers),
                    .metadata = std::move(about.metadata),
                    .condition = supported_condition(*request.target, request.condition)};
}

Task<Result<void>> read_tags(SiteContext& context, Region& region, ObjectInfo& info, bool told) {
  const bool none = !region.store->capabilities().tags || (told && info.tag_count == 0);
  if (none || context.rules.tags == TagRule::kIgnore) co_return Result<void>{};
  auto call = region.store->tags(info.key);
  auto text = co_await ask(context, region, std::move(call));
  // Gone since it was looked at: the condition of whatever is done next will tell.
  if (!text && text.error().fault == Fault::kNotFound)
    co_return fail(Fault::kPrecondition, region.name + ": " + info.key + " went while its tags were read");
  if (!text) co_return std::unexpected(std::move(text).error());
  if (!text->empty()) info.headers[std::string(kTagsHeader)] = *std::move(text);
  co_return Result<void>{};
}

Task<Result<Written>> put_bytes(SiteContext& context, CopyRequest request, std::string bytes) {
  if (request.target->byte_budget.limited()) {
    auto waiting = wait_for_budget(context, request.target->byte_budget, static_cast<double>(bytes.size()));
    co_await std::move(waiting);
  }
  store::MemoryBody body(std::move(bytes));
  auto put = request.target->store->put(request.target_key(), put_options(context, request), body);
  CO_TRY(auto written, co_await ask(context, *request.target, std::move(put)));
  auto checked = verify(context, request, std::move(written.etag));
  co_return co_await std::move(checked);
}

Task<Result<Written>> copy_object(SiteContext& context, CopyRequest request) {
  const Layout layout = choose_layout({.size_bytes = request.info.size_bytes,
                                       .etag = request.info.etag,
                                       .source_tells_parts = request.source->store->capabilities().get_part_number});
  switch (layout.transfer) {
    case Transfer::kBuffered: {
      auto copy = copy_buffered(context, request);
      co_return co_await std::move(copy);
    }
    case Transfer::kStreamed: {
      auto copy = copy_streamed(context, request);
      co_return co_await std::move(copy);
    }
    default: break;
  }
  auto copy = copy_in_parts(context, request, layout);
  co_return co_await std::move(copy);
}

}  // namespace evershore::replicate
