#include "dns/master_file.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "wire/dns/rdata.h"

// Last: it defines macros that break the standard headers.
#include <ldns/ldns.h>

namespace evershore::dns {

namespace {

struct FileClose {
  void operator()(FILE* file) const { fclose(file); }
};
struct RrFree {
  void operator()(ldns_rr* rr) const { ldns_rr_free(rr); }
};

// What ldns carries from record to record.
struct Carry {
  uint32_t default_ttl = 3'600;
  ldns_rdf* origin = nullptr;
  ldns_rdf* previous = nullptr;
  Carry() = default;
  Carry(const Carry&) = delete;
  Carry& operator=(const Carry&) = delete;
  ~Carry() {
    if (origin != nullptr) ldns_rdf_deep_free(origin);
    if (previous != nullptr) ldns_rdf_deep_free(previous);
  }
};

std::string_view bytes_of(const ldns_rdf* field) { return {reinterpret_cast<const char*>(ldns_rdf_data(field)), ldns_rdf_size(field)}; }

std::string convert(const ldns_rr& rr, size_t line, MasterRecord& record) {
  if (ldns_rr_get_class(&rr) != LDNS_RR_CLASS_IN) return "only class IN is served";
  const auto owner = dnswire::Name::from_wire(bytes_of(ldns_rr_owner(&rr)));
  if (!owner) return owner.error().text;
  record = {.line = line, .owner = *owner, .type = static_cast<uint16_t>(ldns_rr_get_type(&rr)), .ttl = ldns_rr_ttl(&rr), .rdata = {}};
  for (size_t i = 0; i < ldns_rr_rd_count(&rr); ++i) record.rdata += bytes_of(ldns_rr_rdf(&rr, i));
  if (!dnswire::rdata_is_sound(record.type, record.rdata)) return fmt::format("not a {} record", dnswire::type_name(record.type));
  return {};
}

bool harmless(ldns_status status) {
  return status == LDNS_STATUS_SYNTAX_EMPTY || status == LDNS_STATUS_SYNTAX_TTL || status == LDNS_STATUS_SYNTAX_ORIGIN;
}

std::string explain(ldns_status status) {
  if (status == LDNS_STATUS_SYNTAX_INCLUDE) return "$INCLUDE is not allowed; put the records into this file";
  return ldns_get_errorstr_by_id(status);
}

}  // namespace

MasterRecords read_master_file(std::string_view text, const dnswire::Name& origin) {
  MasterRecords out;
  if (text.empty()) return out;
  std::string copy(text);
  const std::unique_ptr<FILE, FileClose> file(fmemopen(copy.data(), copy.size(), "r"));
  Carry carry;
  carry.origin = ldns_dname_new_frm_str(origin.text().c_str());
  if (file == nullptr || carry.origin == nullptr) {
    out.problems.push_back({.line = 0, .message = "cannot be read: out of memory"});
    return out;
  }
  int line = 1;
  while (feof(file.get()) == 0 && out.problems.size() < kMasterProblemsMax) {
    ldns_rr* raw = nullptr;
    const ldns_status status = ldns_rr_new_frm_fp_l(&raw, file.get(), &carry.default_ttl, &carry.origin, &carry.previous, &line);
    const std::unique_ptr<ldns_rr, RrFree> rr(status == LDNS_STATUS_OK ? raw : nullptr);
    const size_t at = line > 1 ? static_cast<size_t>(line) - 1 : 1;  // the counter already stands on the next line
    if (rr == nullptr) {
      if (!harmless(status)) out.problems.push_back({.line = at, .message = explain(status)});
      continue;
    }
    MasterRecord record;
    if (auto problem = convert(*rr, at, record); !problem.empty()) {
      out.problems.push_back({.line = at, .message = std::move(problem)});
    } else {
      out.records.push_back(std::move(record));
    }
  }
  return out;
}

}  // namespace evershore::dns
