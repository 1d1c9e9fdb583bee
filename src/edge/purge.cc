#include "edge/purge.h"

#include <algorithm>
#include <vector>

#include "base/digest.h"
#include "base/text.h"

namespace evershore::edge {

namespace {

constexpr size_t kTagsBytesMax = 4096;
constexpr std::string_view kHeadline = "evershore purges 1";

std::string name_of(std::string_view site, std::string_view value) {
  std::string name(site);
  name.push_back('\0');
  name.append(value);
  return name;
}

uint64_t mark_in(const std::map<std::string, uint64_t, std::less<>>& marks, std::string_view name) {
  const auto at = marks.find(name);
  return at == marks.end() ? 0 : at->second;
}

char letter_of(PurgeKind kind) { return "kpts"[static_cast<size_t>(kind)]; }

}  // namespace

PurgeList::Marks& PurgeList::marks_of(PurgeKind kind) {
  switch (kind) {
    case PurgeKind::kKey: return keys_;
    case PurgeKind::kPrefix: return prefixes_;
    case PurgeKind::kTag: return tags_;
    case PurgeKind::kSite: break;
  }
  return sites_;
}

PurgeList PurgeList::with(const PurgeOrder& order) const {
  PurgeList next = *this;
  ++next.mark_;
  next.marks_of(order.kind)[name_of(order.site, order.kind == PurgeKind::kSite ? "" : order.value)] = next.mark_;
  next.keep_within(next.keys_, kKeysMax);
  next.keep_within(next.prefixes_, kPrefixesMax);
  next.keep_within(next.tags_, kTagsMax);
  next.keep_within(next.sites_, kSitesMax);
  return next;
}

void PurgeList::keep_within(Marks& marks, size_t most) {
  if (marks.size() <= most) return;
  std::vector<uint64_t> ages;
  for (const auto& [_, mark] : marks) ages.push_back(mark);
  const auto middle = ages.begin() + static_cast<ptrdiff_t>(ages.size() / 2);
  std::ranges::nth_element(ages, middle);
  floor_ = std::max(floor_, *middle);
  std::erase_if(marks, [this](const auto& entry) { return entry.second <= floor_; });
}

bool PurgeList::purged_since(std::string_view cache_key, const StoredObject& object) const {
  const uint64_t since = object.purge_mark;
  if (since < floor_) return true;
  const auto site_end = cache_key.find('\0');
  const auto site = cache_key.substr(0, site_end);
  const auto named = cache_key.substr(0, cache_key.find('\0', site_end + 1));  // without the variant
  if (mark_in(keys_, named) > since || mark_in(sites_, named.substr(0, site_end + 1)) > since) return true;
  for (const auto& [prefix, mark] : prefixes_)
    if (mark > since && named.starts_with(prefix)) return true;
  if (tags_.empty()) return false;
  for (const auto tag : split(object.tags, ' '))
    if (!tag.empty() && mark_in(tags_, name_of(site, tag)) > since) return true;
  return false;
}

// Lines of "LETTER MARK HEX-OF-NAME"; the last one is the SHA-256 of all before.
std::string PurgeList::encode() const {
  std::string out = std::string(kHeadline) + " " + std::to_string(mark_) + " " + std::to_string(floor_) + "\n";
  for (const auto kind : {PurgeKind::kKey, PurgeKind::kPrefix, PurgeKind::kTag, PurgeKind::kSite})
    for (const auto& [name, mark] : marks_of(kind))
      out += std::string(1, letter_of(kind)) + " " + std::to_string(mark) + " " + to_hex(as_bytes(name)) + "\n";
  return out + to_hex(sha256(out)) + "\n";
}

std::optional<PurgeList> PurgeList::decode(std::string_view bytes) {
  constexpr size_t kDigestLine = 65;
  if (bytes.size() < kDigestLine || !bytes.starts_with(kHeadline)) return std::nullopt;
  const auto text = bytes.substr(0, bytes.size() - kDigestLine);
  if (bytes.substr(text.size(), kDigestLine - 1) != to_hex(sha256(text))) return std::nullopt;
  PurgeList list;
  for (const auto line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (line.starts_with(kHeadline) && words.size() == 5) {
      list.mark_ = parse_u64(words[3]).value_or(0);
      list.floor_ = parse_u64(words[4]).value_or(0);
    } else if (words.size() == 3 && words[0].size() == 1) {
      const auto name = from_hex(words[2]);
      const auto mark = parse_u64(words[1]);
      const auto letter = std::string_view("kpts").find(words[0][0]);
      if (!name || !mark || letter == std::string_view::npos) return std::nullopt;
      list.marks_of(static_cast<PurgeKind>(letter))[std::string(as_text(*name))] = *mark;
    } else if (!line.empty()) {
      return std::nullopt;
    }
  }
  return list;
}

PurgeList PurgeList::everything_before(uint64_t mark) {
  PurgeList list;
  list.mark_ = list.floor_ = mark;
  return list;
}

std::string tags_of(const http::Headers& upstream) {
  std::string tags = upstream.joined("surrogate-key");
  if (tags.empty()) tags = upstream.joined("x-amz-meta-surrogate-key");
  std::ranges::replace(tags, ',', ' ');
  if (tags.size() > kTagsBytesMax) tags.resize(tags.rfind(' ', kTagsBytesMax) == std::string::npos ? 0 : tags.rfind(' ', kTagsBytesMax));
  return tags;
}

}  // namespace evershore::edge
