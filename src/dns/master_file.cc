#include "dns/master_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.h"
#include "dns/master_text_entries.h"
#include "wire/dns/rdata.h"
#include "wire/dns/text_escape.h"

// Last: it defines macros that break the standard headers.
#include <ldns/ldns.h>

namespace evershore::dns {

namespace {

using dnswire::Name;

constexpr uint32_t kTtlWithoutAny = 3'600;

struct RrFree {
  void operator()(ldns_rr* rr) const { ldns_rr_free(rr); }
};
struct RdfFree {
  void operator()(ldns_rdf* rdf) const { ldns_rdf_deep_free(rdf); }
};
using Rdf = std::unique_ptr<ldns_rdf, RdfFree>;

// What one file carries from entry to entry.
struct Carry {
  Name origin;
  uint32_t ttl = kTtlWithoutAny;
  bool ttl_is_set = false;  // by $TTL; otherwise it is that of the record before
  Rdf origin_rdf;
  std::optional<Name> previous_owner;
};

Rdf rdf_of(const Name& name) { return Rdf(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name.wire().size(), name.wire().data())); }

std::string_view bytes_of(const ldns_rdf* field) { return {reinterpret_cast<const char*>(ldns_rdf_data(field)), ldns_rdf_size(field)}; }

std::string convert(const ldns_rr& rr, MasterRecord& record) {
  if (ldns_rr_get_class(&rr) != LDNS_RR_CLASS_IN) return "only class IN is served";
  const auto owner = Name::from_wire(bytes_of(ldns_rr_owner(&rr)));
  if (!owner) return owner.error().text;
  record.owner = *owner;
  record.type = static_cast<uint16_t>(ldns_rr_get_type(&rr));
  record.ttl = ldns_rr_ttl(&rr);
  record.rdata.clear();
  for (size_t i = 0; i < ldns_rr_rd_count(&rr); ++i) record.rdata += bytes_of(ldns_rr_rdf(&rr, i));
  if (!dnswire::rdata_is_sound(record.type, record.rdata)) return fmt::format("not a {} record", dnswire::type_name(record.type));
  return {};
}

// "$INCLUDE sub/file" in `including`: the path of the file.
std::string included_path(const std::string& including, std::string_view name) {
  return (std::filesystem::path(including).parent_path() / std::filesystem::path(name)).lexically_normal().string();
}

// Words of a directive, the directive first. Empty: an ordinary entry, or broken quoting.
std::vector<dnswire::Token> directive(std::string_view entry) {
  if (!entry.starts_with('$')) return {};
  auto words = dnswire::tokenize(entry);
  return words ? std::move(*words) : std::vector<dnswire::Token>{};
}

// OWNER [TTL] [IN] TYPE DATA in letters, digits and what else needs no care, with an address or one name as data. Views the text.
struct SimpleEntry {
  std::string_view owner;  // empty: the one before
  std::string_view ttl;    // empty: the default
  uint16_t type = 0;
  std::string_view data;
};

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

uint16_t simple_type(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, uint16_t>, 5> kTypes{{{"A", dnswire::kTypeA},
                                                                         {"AAAA", dnswire::kTypeAaaa},
                                                                         {"CNAME", dnswire::kTypeCname},
                                                                         {"NS", dnswire::kTypeNs},
                                                                         {"PTR", dnswire::kTypePtr}}};
  for (const auto& [name, type] : kTypes) {
    if (equal_ignoring_case(name, text)) return type;
  }
  return 0;
}

// The next word; empty: there is none.
std::string_view take_word(std::string_view& text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  size_t first = 0;
  while (first < text.size() && blank(text[first])) ++first;
  size_t last = first;
  while (last < text.size() && !blank(text[last])) ++last;
  const auto word = text.substr(first, last - first);
  text.remove_prefix(last);
  return word;
}

bool needs_no_care(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == ':' || c == '*' || c == ' ' ||
         c == '\t';
}

std::optional<SimpleEntry> simple_entry(std::string_view text) {
  if (!std::ranges::all_of(text, needs_no_care)) return std::nullopt;
  SimpleEntry entry;
  if (text.front() != ' ' && text.front() != '\t') entry.owner = take_word(text);
  auto word = take_word(text);
  if (all_digits(word)) entry.ttl = std::exchange(word, take_word(text));
  if (equal_ignoring_case(word, "IN")) word = take_word(text);
  entry.type = simple_type(word);
  entry.data = take_word(text);
  if (entry.type == 0 || entry.data.empty() || !take_word(text).empty()) return std::nullopt;
  return entry;
}

// OWNER [TTL] [IN] SVCB|HTTPS PRIORITY TARGET [KEY=VALUE...]: libldns reads the parameters' escapes in another way than RFC 9460.
struct BindingEntry {
  SimpleEntry head;  // without the data
  std::string_view priority;
  std::string_view target;
  std::string_view parameters;
};

std::optional<BindingEntry> binding_entry(std::string_view text) {
  BindingEntry entry;
  if (!text.empty() && text.front() != ' ' && text.front() != '\t') entry.head.owner = take_word(text);
  auto word = take_word(text);
  if (all_digits(word)) entry.head.ttl = std::exchange(word, take_word(text));
  if (equal_ignoring_case(word, "IN")) word = take_word(text);
  if (!equal_ignoring_case(word, "SVCB") && !equal_ignoring_case(word, "HTTPS")) return std::nullopt;
  entry.head.type = equal_ignoring_case(word, "SVCB") ? dnswire::kTypeSvcb : dnswire::kTypeHttps;
  entry.priority = take_word(text);
  entry.target = take_word(text);
  entry.parameters = text;
  if (!all_digits(entry.priority) || entry.target.empty()) return std::nullopt;  // the generic form, for one
  return entry;
}

class FileReader {
 public:
  FileReader(const FileTexts& texts, const std::function<void(const MasterRecord&)>& take) : texts_(texts), take_(take) {}

  MasterFacts read(const std::string& path, const Name& origin) {
    Carry carry;
    set_origin(carry, origin);
    read_file(path, std::move(carry), {});
    return std::move(out_);
  }

 private:
  struct Place {
    size_t file = 0;
    size_t line = 0;
  };

  void problem(Place place, std::string message) { out_.problems.push_back({out_.files[place.file], place.line, std::move(message)}); }
  bool enough() const { return out_.problems.size() >= kMasterProblemsMax; }

  static void set_origin(Carry& carry, const Name& origin) {
    carry.origin = origin;
    carry.origin_rdf = rdf_of(origin);
  }

  // Takes the memory of one file: false = it is not there or too much. `from`: the place that includes it.
  void read_file(const std::string& path, Carry carry, std::optional<Place> from) {
    const auto text = texts_.find(path);
    if (text == texts_.end()) {
      if (from) problem(*from, fmt::format("{} cannot be read", path));
      return;
    }
    bytes_ += text->second.size();
    if (from && (bytes_ > kIncludedBytesMax || out_.files.size() > kIncludedFilesMax)) {
      problem(*from, fmt::format("more is included than {} files with {} in all", kIncludedFilesMax, format_size(kIncludedBytesMax)));
      return;
    }
    const size_t file = out_.files.size();
    out_.files.push_back(path);
    open_.push_back(path);
    MasterEntries entries(text->second);
    MasterEntry entry;
    std::string broken;
    while (!enough() && entries.next(entry, broken)) {
      const Place place{file, entry.line};
      if (!broken.empty()) {
        problem(place, broken);
      } else if (entry.text.starts_with('$')) {
        read_directive(entry.text, carry, place);
      } else {
        read_record(entry.text, carry, place);
      }
    }
    open_.pop_back();
  }

  void read_directive(const std::string& text, Carry& carry, Place place) {
    const auto words = directive(text);
    const std::string name = words.empty() ? "" : to_lower(words[0].text);
    if (name == "$origin" && words.size() == 2) {
      if (const auto origin = name_of(words[1].raw, carry, place)) set_origin(carry, *origin);
    } else if (name == "$ttl" && words.size() == 2) {
      read_ttl(words[1].text, carry, place);
    } else if (name == "$include" && (words.size() == 2 || words.size() == 3)) {
      include(words, carry, place);
    } else if (name == "$generate") {
      generate(std::string_view(text).substr(name.size()), carry, place);
    } else {
      problem(place, fmt::format("\"{}\" is not a directive; there are $ORIGIN NAME, $TTL SECONDS, $INCLUDE FILE [ORIGIN] and "
                                 "$GENERATE RANGE LEFT TYPE RIGHT",
                                 text.substr(0, 40)));
    }
  }

  std::optional<Name> name_of(const std::string& text, const Carry& carry, Place place) {
    if (text == "@") return carry.origin;
    // A final dot that is not escaped makes a name absolute.
    const bool absolute = text.ends_with('.') && !text.ends_with("\\.");
    auto name = Name::parse(absolute || carry.origin.is_root() ? text : text + "." + carry.origin.text());
    if (name) return *std::move(name);
    problem(place, name.error().text);
    return std::nullopt;
  }

  void read_ttl(const std::string& text, Carry& carry, Place place) {
    const char* end = nullptr;
    const uint32_t ttl = ldns_str2period(text.c_str(), &end);
    if (text.empty() || text[0] < '0' || text[0] > '9' || end == nullptr || *end != '\0') {
      problem(place, fmt::format("\"{}\" is not a TTL; write seconds, or like 1h30m", text));
      return;
    }
    carry.ttl = ttl;
    carry.ttl_is_set = true;
  }

  void include(const std::vector<dnswire::Token>& words, const Carry& carry, Place place) {
    const auto path = included_path(open_.back(), words[1].text);
    const auto origin = words.size() == 3 ? name_of(words[2].raw, carry, place) : std::optional(carry.origin);
    if (!origin) return;
    if (std::ranges::find(open_, path) != open_.end()) return problem(place, fmt::format("{} includes itself", path));
    if (open_.size() > kIncludeDepthMax) return problem(place, fmt::format("files are included more than {} deep", kIncludeDepthMax));
    Carry inner;
    inner.ttl = carry.ttl;
    inner.ttl_is_set = carry.ttl_is_set;
    inner.previous_owner = carry.previous_owner;
    set_origin(inner, *origin);
    read_file(path, std::move(inner), place);
  }

  void generate(std::string_view words, Carry& carry, Place place) {
    const auto records = generate_records(words, kGeneratedRecordsMax - generated_);
    if (!records) return problem(place, records.error().text);
    generated_ += records->size();
    for (const auto& record : *records) {
      const size_t before = out_.problems.size();
      read_record(record, carry, place);
      if (out_.problems.size() > before) return;  // the others have the same fault
    }
  }

  void read_record(const std::string& text, Carry& carry, Place place) {
    if (const auto simple = simple_entry(text); simple && read_simple(*simple, carry, place)) return;
    if (const auto binding = binding_entry(text); binding && read_binding(*binding, carry, place)) return;
    if (text.contains('\0')) return problem(place, "a zero byte; write it as \\000");
    ldns_rr* raw = nullptr;
    ldns_rdf* previous = carry.previous_owner ? rdf_of(*carry.previous_owner).release() : nullptr;
    const ldns_status status = ldns_rr_new_frm_str(&raw, text.c_str(), carry.ttl, carry.origin_rdf.get(), &previous);
    const Rdf owner(previous);
    const std::unique_ptr<ldns_rr, RrFree> rr(status == LDNS_STATUS_OK ? raw : nullptr);
    if (owner != nullptr) {
      // libldns puts a relative name and its origin together whatever comes out.
      auto name = Name::from_wire(bytes_of(owner.get()));
      if (!name) return problem(place, "the owner's name is too long, or broken");
      carry.previous_owner = *std::move(name);
    }
    if (status == LDNS_STATUS_SYNTAX_EMPTY) return;
    if (rr == nullptr) return problem(place, ldns_get_errorstr_by_id(status));
    if (auto why = convert(*rr, record_); !why.empty()) return problem(place, std::move(why));
    hand_over(carry, place);
  }

  // False: something is not as it should be, and libldns says what.
  bool read_head(const SimpleEntry& entry, const Carry& carry) {
    const auto owner = entry.owner.empty() ? carry.previous_owner : joined(entry.owner, carry.origin);
    const auto ttl = entry.ttl.empty() ? std::optional<uint64_t>(carry.ttl) : parse_u64(entry.ttl);
    if (!owner || !ttl || *ttl > UINT32_MAX) return false;
    record_.owner = *owner;
    record_.type = entry.type;
    record_.ttl = static_cast<uint32_t>(*ttl);
    return true;
  }

  // False: as read_head().
  bool read_binding(const BindingEntry& entry, Carry& carry, Place place) {
    const auto target = joined(entry.target, carry.origin);
    if (!target || !read_head(entry.head, carry)) return false;
    auto rdata = dnswire::rdata_from_text(entry.head.type, fmt::format("{} {} {}", entry.priority, target->text(), entry.parameters));
    if (rdata) {
      record_.rdata = *std::move(rdata);
      carry.previous_owner = record_.owner;
      hand_over(carry, place);
    } else {
      problem(place, rdata.error().text);
    }
    return true;
  }

  // False: as read_head().
  bool read_simple(const SimpleEntry& entry, Carry& carry, Place place) {
    if (!read_head(entry, carry)) return false;
    if (entry.type == dnswire::kTypeA || entry.type == dnswire::kTypeAaaa) {
      auto rdata = dnswire::rdata_from_text(entry.type, entry.data);
      if (!rdata) return false;
      record_.rdata = *std::move(rdata);
    } else {
      const auto target = joined(entry.data, carry.origin);
      if (!target) return false;
      record_.rdata = target->wire();
    }
    carry.previous_owner = record_.owner;
    hand_over(carry, place);
    return true;
  }

  static std::optional<Name> joined(std::string_view text, const Name& origin) {
    if (text == "@") return origin;
    auto name = Name::parse(text);
    if (!name) return std::nullopt;
    // A final dot that is not escaped makes a name absolute.
    if (text.ends_with('.') && !text.ends_with("\\.")) return *std::move(name);
    auto whole = Name::from_wire(std::string(name->wire().substr(0, name->wire().size() - 1)).append(origin.wire()));
    return whole ? std::optional(*std::move(whole)) : std::nullopt;
  }

  void hand_over(Carry& carry, Place place) {
    if (!carry.ttl_is_set) carry.ttl = record_.ttl;
    record_.file = &out_.files[place.file];
    record_.line = place.line;
    take_(record_);
  }

  const FileTexts& texts_;
  const std::function<void(const MasterRecord&)>& take_;
  MasterRecord record_;
  std::vector<std::string> open_;  // the files being read, the outermost first
  size_t bytes_ = 0;
  size_t generated_ = 0;
  MasterFacts out_;
};

}  // namespace

MasterFacts read_master_file(const std::string& path, const FileTexts& texts, const Name& origin,
                             const std::function<void(const MasterRecord&)>& take) {
  return FileReader(texts, take).read(path, origin);
}

void add_included_files(FileTexts& texts, const std::function<Result<std::string>(const std::string& path)>& read) {
  std::vector<std::string> open;
  for (const auto& [path, text] : texts) open.push_back(path);
  size_t added = 0;
  size_t bytes = 0;
  while (!open.empty()) {
    const auto path = std::move(open.back());
    open.pop_back();
    const std::string_view text = texts.at(path);
    if (!text.contains('$')) continue;
    MasterEntries entries(text);
    MasterEntry entry;
    std::string broken;
    while (entries.next(entry, broken)) {
      const auto words = directive(entry.text);
      if (words.size() < 2 || !equal_ignoring_case(words[0].text, "$INCLUDE")) continue;
      const auto wanted = included_path(path, words[1].text);
      if (texts.contains(wanted) || ++added > kIncludedFilesMax || bytes > kIncludedBytesMax) continue;
      auto found = read(wanted);
      if (!found) continue;
      bytes += found->size();
      texts.emplace(wanted, *std::move(found));
      open.push_back(wanted);
    }
  }
}

}  // namespace evershore::dns
