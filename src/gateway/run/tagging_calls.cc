// The tags of an object (?tagging): documents in and out.
#include "gateway/run/service.h"
#include "wire/s3/tagging.h"

namespace evershore::gateway {

using s3::ErrorCode;

namespace {
constexpr size_t kDocumentBytesMax = 64 << 10;
}

Task<Outcome<std::string>> Service::tags_of(ObjectKey key) {
  auto tags = co_await store_.tags(std::move(key));
  if (!tags) co_return std::unexpected(refusal_of(tags.error()));
  co_return *std::move(tags);
}

Task<Outcome<void>> Service::store_tags(ObjectKey key, std::string tags) {
  auto put = co_await store_.put_tags(std::move(key), std::move(tags));
  if (!put) co_return std::unexpected(refusal_of(put.error()));
  co_return Outcome<void>{};
}

Service::Answering Service::get_tagging(Call& call) {
  auto asking = tags_of(call.request.key);
  CO_TRY(const auto text, co_await std::move(asking));
  co_return Answer{.body = s3::render_tagging(s3::parse_tag_text(text).value_or(s3::Tags{}))};
}

Service::Answering Service::put_tagging(Call& call) {
  auto reading = read_document(call, kDocumentBytesMax);
  CO_TRY(const auto document, co_await std::move(reading));
  const auto tags = s3::parse_tagging(document);
  if (!tags) co_return refuse(ErrorCode::kInvalidTag, tags.error().text);
  auto storing = store_tags(call.request.key, s3::tag_text(*tags));
  CO_TRY_VOID(co_await std::move(storing));
  changed("ObjectTagging:Put", call.request.key, "", std::nullopt);
  co_return Answer{};
}

Service::Answering Service::delete_tagging(Call& call) {
  auto storing = store_tags(call.request.key, "");
  CO_TRY_VOID(co_await std::move(storing));
  changed("ObjectTagging:Delete", call.request.key, "", std::nullopt);
  co_return Answer{.head = {.status = 204}};
}

}  // namespace evershore::gateway
