// MaxMind databases of countries (.mmdb), read once into plain values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace evershore::io {

struct GeoNetwork {
  std::array<uint8_t, 16> address{};  // v4: the first four bytes
  uint8_t bits = 0;
  bool v6 = false;
  std::string country;    // "DE"; "" = not told
  std::string continent;  // "EU"; "" = not told
};

inline constexpr size_t kGeoNetworksMax = 8'000'000;

// All networks of the file that have a country or a continent; the one that is registered stands in for one that is not told. v4
// networks are there once, whatever other v6 notations the file has for them. Reads the whole file: takes about a second for a million
// networks, blocks. kNotFound, kInvalid: the file is not there, or is none.
Result<std::vector<GeoNetwork>> read_geo_database(const std::string& path);

}  // namespace evershore::io
