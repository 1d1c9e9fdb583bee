// Which content coding an answer gets: what the client accepts, and what is worth it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/settings.h"
#include "wire/http/message.h"

namespace evershore::edge {

enum class Coding : uint8_t { kIdentity, kBrotli, kZstd, kGzip };
std::string_view coding_name(Coding coding);    // "br", "zstd", "gzip"
std::string_view coding_suffix(Coding coding);  // ".br", ".zst", ".gz": of the object beside another that is its compressed form

// Those of ours that Accept-Encoding takes, by its weights and then in our order: br, zstd, gzip (RFC 9110 12.5.3). None without
// the field: then anything would do, but old clients that send none understand none.
std::vector<Coding> accepted_codings(const http::Headers& request);

// Of a whole answer (200): whether it may be compressed on its way. Not what is encoded already or must not be transformed
// (RFC 9110 7.7), nor what is too small, too large, or of a type that gains nothing. `size_bytes` nullopt: not known.
bool worth_encoding(const CompressionSettings& settings, const http::ResponseHead& head, std::optional<uint64_t> size_bytes);
bool compressible_type(const CompressionSettings& settings, std::string_view content_type);

// The fields of an answer in that coding: Content-Encoding, Vary, a weak ETag (the bytes differ, what they mean does not), and
// no Accept-Ranges, since ranges are of the object as it is stored.
void become_encoded(http::Headers& headers, Coding coding);

}  // namespace evershore::edge
