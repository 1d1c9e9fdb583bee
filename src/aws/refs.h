// References "@{part}" in a plan's texts to what is known only once it is made, and their filling.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "wire/aws/changes.h"

namespace evershore::aws {

// "check/both" -> id, "distribution.domain" -> "d111.cloudfront.net"; what Made says of a part, as PART or PART.KEY.
using Known = std::map<std::string, std::string>;

std::string ref_to(std::string_view part);  // "@{part}"
std::string filled(std::string_view text, const Known& known);
bool has_ref(std::string_view text);
// For people: "@{check/both}" -> "<check/both>".
std::string readable(std::string_view text);

// Every text of the change that may hold a reference.
Change filled(Change change, const Known& known);
// The first reference that `change` still holds; "" = none.
std::string open_ref(const Change& change);

HealthCheck filled(HealthCheck check, const Known& known);
RecordSet filled(RecordSet set, const Known& known);
Distribution filled(Distribution distribution, const Known& known);
Alarm filled(Alarm alarm, const Known& known);

}  // namespace evershore::aws
