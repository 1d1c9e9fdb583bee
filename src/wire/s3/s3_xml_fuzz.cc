// Every reader of S3's XML, on the same input; what they understood must survive being written again.
#include <cstdlib>

#include "base/text.h"
#include "wire/s3/errors.h"
#include "wire/s3/list.h"
#include "wire/s3/multi_delete.h"
#include "wire/s3/multipart.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evershore;
  const auto text = as_text({data, size});
  (void)s3::parse_error(text);
  (void)s3::parse_delete_result(text);
  (void)s3::parse_initiate(text);
  (void)s3::parse_complete(text);
  (void)s3::parse_complete_request(text);
  (void)s3::parse_list_parts(text);
  (void)s3::parse_list_uploads(text);
  (void)s3::parse_delete_request(text);
  if (const auto list = s3::parse_list(text)) {
    const auto again = s3::parse_list(s3::render_list({}, *list));
    if (!again || again->objects.size() != list->objects.size()) std::abort();
  }
  return 0;
}
