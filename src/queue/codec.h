// Queue rows, key rows and site facts <-> the bytes that are stored. Each value begins with a byte that names its layout, so
// that a newer program reads what an older one wrote. Bytes from disk are not trusted: anything odd is kBroken.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "queue/row_store.h"
#include "queue/task_queue.h"

namespace evershore::queue {

// The site's name, a zero byte, the key: sites are apart, keys keep their byte order.
std::string stored_key(std::string_view site, std::string_view key);
struct SiteKey {
  std::string_view site;
  std::string_view key;
};
Result<SiteKey> split_stored_key(std::string_view stored);

// Both leave out the key, which is part of the stored key.
std::string encode(const TaskRow& row);
Result<TaskRow> decode_task(ObjectKey key, std::string_view bytes);

std::string encode(const KeyRow& row);
Result<KeyRow> decode_row(ObjectKey key, std::string_view bytes);

std::string encode(const SiteFacts& facts);
Result<SiteFacts> decode_facts(std::string_view bytes);

}  // namespace evershore::queue
