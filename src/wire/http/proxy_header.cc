#include "wire/http/proxy_header.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"

namespace evershore::http {

namespace {

using State = ProxyHeader::State;

constexpr std::string_view kSignature2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kSignature1 = "PROXY ";
constexpr size_t kLineBytesMax = 107;  // of version 1, with its end
constexpr size_t kFixedBytes2 = 16;

ProxyHeader error(std::string_view why) { return {.state = State::kError, .error = why}; }

bool begins(std::span<const uint8_t> bytes, std::string_view signature) {
  const auto text = as_text(bytes);
  return text.substr(0, signature.size()) == signature.substr(0, text.size());
}

bool is_address(int family, std::string_view text) {
  std::array<uint8_t, 16> bytes;
  return !text.contains('\0') && inet_pton(family, std::string(text).c_str(), bytes.data()) == 1;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  const auto value = parse_u64(text);
  if (!value || *value > 65'535 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  return static_cast<uint16_t>(*value);
}

// "PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n"
ProxyHeader parse_version_1(std::string_view text) {
  const auto end = text.substr(0, kLineBytesMax).find("\r\n");
  if (end == std::string_view::npos) return text.size() >= kLineBytesMax ? error("the line has no end") : ProxyHeader{};
  const auto words = split(text.substr(0, end), ' ');
  const size_t size = end + 2;
  if (words[1] == "UNKNOWN") return {.state = State::kDone, .size = size};
  if (words[1] != "TCP4" && words[1] != "TCP6") return error("the protocol is neither TCP4 nor TCP6 nor UNKNOWN");
  if (words.size() != 6) return error("there are not two addresses and two ports");
  const int family = words[1] == "TCP4" ? AF_INET : AF_INET6;
  const auto port = parse_port(words[4]);
  if (!is_address(family, words[2]) || !is_address(family, words[3])) return error("an address is malformed");
  if (!port || !parse_port(words[5])) return error("a port is malformed");
  return {.state = State::kDone, .size = size, .address = std::string(words[2]), .port = *port};
}

uint16_t number_at(std::span<const uint8_t> bytes, size_t at) { return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]); }

ProxyHeader parse_version_2(std::span<const uint8_t> bytes) {
  if (bytes.size() < kFixedBytes2) return {};
  const uint8_t version = bytes[12] >> 4, command = bytes[12] & 0x0f, family = bytes[13] >> 4, transport = bytes[13] & 0x0f;
  const size_t size = kFixedBytes2 + number_at(bytes, 14);
  if (version != 2) return error("the version is not 2");
  if (command > 1) return error("the command is neither LOCAL nor PROXY");
  if (family > 3 || transport > 2) return error("the address family or transport is unknown");
  if (size > kProxyHeaderBytesMax) return error("it is too long");
  if (bytes.size() < size) return {};
  ProxyHeader header{.state = State::kDone, .size = size};
  const bool told = command == 1 && transport == 1 && (family == 1 || family == 2);
  if (!told) return header;  // LOCAL, UNSPEC, UNIX, datagrams: the connection's own address counts
  const size_t address_bytes = family == 1 ? 4 : 16;
  if (size < kFixedBytes2 + 2 * address_bytes + 4) return error("the addresses are cut short");
  std::array<char, INET6_ADDRSTRLEN> text;
  inet_ntop(family == 1 ? AF_INET : AF_INET6, bytes.data() + kFixedBytes2, text.data(), text.size());
  header.address = text.data();
  header.port = number_at(bytes, kFixedBytes2 + 2 * address_bytes);
  return header;
}

}  // namespace

ProxyHeader parse_proxy_header(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return {};
  if (begins(bytes, kSignature2)) return parse_version_2(bytes);
  if (!begins(bytes, kSignature1)) return error("there is none");
  return bytes.size() < kSignature1.size() ? ProxyHeader{} : parse_version_1(as_text(bytes));
}

}  // namespace evershore::http
