// The JSON policies: ours written, others' kept.
#pragma once

#include <string>
#include <string_view>

namespace evershore::aws {

std::string replication_trust_policy();
std::string replication_policy(std::string_view partition, const std::string& from_bucket, const std::string& to_bucket);

// One statement of a bucket's policy each, with our Sid.
std::string public_read_statement(std::string_view partition, const std::string& bucket);
std::string distribution_statement(std::string_view partition, const std::string& bucket, const std::string& distribution_arn);

// `policy` ("" = none) with our statements replaced by `statement` ("" = none); others' stay. "" when no statement is left.
std::string with_statement(const std::string& policy, const std::string& statement);
// Whether our part of `policy` is exactly `statement`.
bool has_statement(const std::string& policy, const std::string& statement);
// The same document, whatever its spaces and order of keys.
bool same_json(const std::string& a, const std::string& b);

}  // namespace evershore::aws
