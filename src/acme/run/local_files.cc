#include "acme/run/local_files.h"

#include <fmt/format.h>

#include <filesystem>

#include "acme/certificate.h"
#include "base/digest.h"
#include "base/text.h"
#include "io/files.h"
#include "io/http_client.h"

namespace evershore::acme {

namespace {

constexpr size_t kFileBytesMax = 256 << 10;
constexpr uint32_t kFileMode = 0600, kFolderMode = 0700;
constexpr std::string_view kAccountName = "account.json";

Result<std::optional<std::string>> read_if_there(const std::string& path) {
  auto text = io::read_whole_file(path, kFileBytesMax);
  if (!text && text.error().fault == Fault::kNotFound) return std::optional<std::string>();
  if (!text) return std::unexpected(std::move(text).error());
  return std::optional(*std::move(text));
}

template <class T>
Result<std::optional<T>> parse_if_there(const std::string& path, Result<T> (*parse)(std::string_view)) {
  TRY(const auto text, read_if_there(path));
  if (!text) return std::optional<T>();
  auto value = parse(*text);
  if (!value) return wrap(std::move(value).error(), path);
  return std::optional<T>(*std::move(value));
}

}  // namespace

std::string authority_element(const std::string& directory_url) {
  constexpr size_t kDigits = 8;
  const auto url = io::parse_http_url(directory_url);
  const auto digest = sha256(directory_url);
  return fmt::format("{}-{}", url ? url->origin.host : "authority", to_hex(digest).substr(0, kDigits));
}

Result<LocalFiles> LocalFiles::open(const std::string& data, const std::string& directory_url) {
  LocalFiles files(fmt::format("{}/acme/{}", data, authority_element(directory_url)));
  TRY_VOID(io::make_directories(files.folder_, kFolderMode));
  return files;
}

Result<std::optional<Account>> LocalFiles::account() const { return parse_if_there<Account>(path(kAccountName), read_account); }
Result<std::optional<std::string>> LocalFiles::bundle(std::string_view host) const { return read_if_there(bundle_path(host)); }
Result<std::optional<Progress>> LocalFiles::progress(std::string_view host) const {
  return parse_if_there<Progress>(path(path_element(host) + ".order"), read_progress);
}

Result<void> LocalFiles::keep(const Account& account) const {
  return io::write_file_durably(path(kAccountName), to_text(account), kFileMode);
}
Result<void> LocalFiles::keep_bundle(std::string_view host, std::string_view bundle) const {
  return io::write_file_durably(bundle_path(host), bundle, kFileMode);
}
Result<void> LocalFiles::keep(std::string_view host, const Progress& progress) const {
  return io::write_file_durably(path(path_element(host) + ".order"), to_text(progress), kFileMode);
}
void LocalFiles::forget_progress(std::string_view host) const {
  std::error_code ignored;
  std::filesystem::remove(path(path_element(host) + ".order"), ignored);
}

std::string LocalFiles::bundle_path(std::string_view host) const { return path(path_element(host) + ".pem"); }

Result<std::string> placeholder(const std::string& data, Wall now) {
  auto path = data + "/acme/placeholder.pem";
  TRY(const auto there, read_if_there(path));
  if (there && read_certificate(*there)) return path;
  TRY_VOID(io::make_directories(data + "/acme", kFolderMode));
  TRY(const auto made, placeholder_bundle(now));
  TRY_VOID(io::write_file_durably(path, made, kFileMode));
  return path;
}

}  // namespace evershore::acme
