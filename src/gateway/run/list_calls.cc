// Operations on many objects.
#include "base/text.h"
#include "gateway/grouping.h"
#include "gateway/run/service.h"
#include "wire/s3/list.h"
#include "wire/s3/multi_delete.h"

namespace evershore::gateway {

using s3::ErrorCode;

namespace {
// Feeds one page of the store. False: the answer is full.
bool add_all(Grouping& grouping, const std::vector<ListedObject>& objects) {
  for (const auto& object : objects) {
    if (!grouping.add(object)) return false;
  }
  return true;
}
}  // namespace

Service::Answering Service::list_objects(Call& call) {
  const auto& request = call.request.list;
  Grouping grouping(request);
  bool more = request.max_keys > 0;
  bool full = !more;
  while (more && !full) {
    const ListOptions options{.prefix = request.prefix, .start_after = grouping.resume_after()};
    auto page = co_await store_.list(options);
    if (!page) co_return std::unexpected(refusal_of(page.error()));
    more = page->more;
    full = !add_all(grouping, page->objects);
  }
  co_return Answer{.body = s3::render_list(request, std::move(grouping).finish(rules_.bucket, full))};
}

Service::Answering Service::delete_objects(Call& call) {
  auto reading = read_document(call, 2 << 20);
  CO_TRY(const auto text, co_await std::move(reading));
  const auto request = s3::parse_delete_request(text);
  if (!request) co_return refuse(ErrorCode::kMalformedXml, "");
  s3::DeleteResult result;
  for (const auto& entry : request->entries) {
    const auto removed = co_await store_.remove(entry.key, entry.etag);
    if (!removed) {
      const auto refusal = refusal_of(removed.error());
      result.failures.push_back({entry.key, std::string(s3::code_name(refusal.code)), std::string(s3::default_text(refusal.code))});
      continue;
    }
    changed("ObjectRemoved:Delete", entry.key, "", std::nullopt);
    if (!request->quiet) result.deleted.push_back(entry.key);
  }
  co_return Answer{.body = s3::render_delete_result(result)};
}

}  // namespace evershore::gateway
