// What this node knows, in node.data: the account, each host's certificate with its key (one file, so that no crash can part them),
// and how far each host's next one is. All files 0600 in a folder 0700, one folder for each authority. Blocking; control thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "acme/documents.h"
#include "base/result.h"

namespace evershore::acme {

class LocalFiles {
 public:
  LocalFiles() = default;
  // Makes the folder.
  static Result<LocalFiles> open(const std::string& data, const std::string& directory_url);

  // Absent: nullopt. What is there and cannot be read is an error.
  Result<std::optional<Account>> account() const;
  Result<std::optional<std::string>> bundle(std::string_view host) const;
  Result<std::optional<Progress>> progress(std::string_view host) const;

  Result<void> keep(const Account& account) const;
  Result<void> keep_bundle(std::string_view host, std::string_view bundle) const;
  Result<void> keep(std::string_view host, const Progress& progress) const;
  void forget_progress(std::string_view host) const;

  std::string bundle_path(std::string_view host) const;

 private:
  explicit LocalFiles(std::string folder) : folder_(std::move(folder)) {}
  std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }

  std::string folder_;
};

// A part of paths and keys that stands for an authority: its host, and a few digits of its directory's URL.
std::string authority_element(const std::string& directory_url);
// The path of a self-signed certificate with its key, made if it is not there.
Result<std::string> placeholder(const std::string& data, Wall now);

}  // namespace evershore::acme
