// What connects certificates with the rest of a node. For this folder's .cc files only.
#pragma once

#include <cstddef>
#include <span>

#include "acme/documents.h"
#include "model/settings.h"

namespace evershore::app {

size_t thread_count(const NodeSettings& node);

// The zones' settings with these TXT records; where the settings have a plain one of that name, the values come to its own.
void add_proofs(DnsSettings& settings, std::span<const acme::DnsProof> proofs);

}  // namespace evershore::app
