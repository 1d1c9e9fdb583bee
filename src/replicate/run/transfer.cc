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

Task<Result<GetResult>> open_source(SiteContext& context, const CopyRequest& request, GetOptions options) {
  options.if_match = request.info.etag;
  auto call = request.source->store->get(request.info.key, std::move(options));
  CO_TRY(auto found, co_await ask(context, *request.source, std::move(call)));
  if (!found) co_return std::unexpected(source_changed(request));
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
  auto call = request.target->store->find(request.info.key);
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
  auto read_target = hash_of(context, *request.target, request.info.key, etag);
  CO_TRY(const auto target_hash, co_await std::move(read_target));
  if (source_hash != target_hash) co_return Written{std::move(etag), CopyMatch::kDifferent};
  request.target->counters.own_etags.add();
  co_return Written{std::move(etag), CopyMatch::kOwnETag};
}

Task<Result<Written>> copy_buffered(SiteContext& context, const CopyRequest& request) {
  auto opened = open_source(context, request, GetOptions{});
  CO_TRY(auto source, co_await std::move(opened));
  auto read = store::read_whole(*source.body, kBufferedBytesMax);
  CO_TRY(auto bytes, co_await std::move(read));
  auto put = put_bytes(context, request, std::move(bytes));
  co_return co_await std::move(put);
}

Task<Result<Written>> copy_streamed(SiteContext& context, const CopyRequest& request) {
  auto opened = open_source(context, request, GetOptions{});
  CO_TRY(auto source, co_await std::move(opened));
  auto put = request.target->store->put(request.info.key, put_options(request), *source.body);
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
  auto opened = open_source(context, work.request, std::move(options));
  CO_TRY(auto source, co_await std::move(opened));
  auto put = work.request.target->store->put_part(work.request.info.key, work.upload_id, number, source.range.length, *source.body);
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
  auto complete = work.request.target->store->complete_multipart(work.request.info.key, work.upload_id, work.completed, condition);
  co_return co_await ask(context, *work.request.target, std::move(complete));
}

Task<Result<Written>> copy_in_parts(SiteContext& context, const CopyRequest& request, Layout layout) {
  auto options = put_options(request);
  auto create = request.target->store->create_multipart(request.info.key, std::move(options.headers), std::move(options.metadata));
  CO_TRY(auto upload_id, co_await ask(context, *request.target, std::move(create)));
  PartsInWork work{.request = request, .layout = layout, .upload_id = upload_id, .completed = std::vector<CompletedPart>(layout.parts)};
  auto sending = send_parts(context, work);
  auto sent = co_await std::move(sending);
  if (!sent) {
    // Unfinished uploads cost for ever. A lost answer may mean that it was completed: then there is nothing to abort.
    auto abort = request.target->store->abort_multipart(request.info.key, upload_id);
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

PutOptions put_options(const CopyRequest& request) {
  auto stamp = encode_stamp({request.version, request.info.etag}, request.info.key, request.info.size_bytes);
  return PutOptions{.size_bytes = request.info.size_bytes,
                    .headers = headers_to_copy(request.info.headers),
                    .metadata = metadata_to_copy(request.info.metadata, std::move(stamp)),
                    .condition = supported_condition(*request.target, request.condition)};
}

Task<Result<Written>> put_bytes(SiteContext& context, CopyRequest request, std::string bytes) {
  store::MemoryBody body(std::move(bytes));
  auto put = request.target->store->put(request.info.key, put_options(request), body);
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
