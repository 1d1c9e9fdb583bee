#include "base/networks.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.h"

namespace evershore {

namespace {

bool same_start(std::span<const uint8_t> a, std::span<const uint8_t> b, size_t bits) {
  const size_t whole = bits / 8;
  if (!std::ranges::equal(a.first(whole), b.first(whole))) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<uint8_t>(0xFF << (8 - bits % 8));
  return ((a[whole] ^ b[whole]) & mask) == 0;
}

}  // namespace

std::vector<uint8_t> address_bytes(std::string_view text) {
  const std::string ended(text);
  std::array<uint8_t, 16> bytes{};
  if (text.contains('\0')) return {};
  if (inet_pton(AF_INET, ended.c_str(), bytes.data()) == 1) return {bytes.begin(), bytes.begin() + 4};
  if (inet_pton(AF_INET6, ended.c_str(), bytes.data()) == 1) return {bytes.begin(), bytes.end()};
  return {};
}

Result<void> Networks::add(std::string_view text) {
  const size_t slash = text.find('/');
  const auto bytes = address_bytes(text.substr(0, slash));
  if (bytes.empty()) return fail(Fault::kInvalid, fmt::format("\"{}\" is not a network; write it like \"192.0.2.0/24\"", text));
  Network network{.bytes = bytes.size(), .bits = bytes.size() * 8};
  if (slash != std::string_view::npos) {
    const auto bits = parse_u64(text.substr(slash + 1));
    if (!bits || *bits > network.bits)
      return fail(Fault::kInvalid, fmt::format("\"{}\": the length after the slash is 0 to {}", text, network.bits));
    network.bits = *bits;
  }
  std::ranges::copy(bytes, network.address.begin());
  networks_.push_back(network);
  return {};
}

bool Networks::contains(std::span<const uint8_t> address) const {
  constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (address.size() == 16 && std::ranges::equal(address.first(12), kMapped)) address = address.subspan(12);
  return std::ranges::any_of(networks_, [&](const Network& network) {
    return network.bytes == address.size() && same_start(network.address, address, network.bits);
  });
}

}  // namespace evershore
