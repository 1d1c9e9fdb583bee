#include "dns/transfer_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace evershore::dns {

namespace {

class Loader {
 public:
  explicit Loader(const DnsSettings& settings) : settings_(settings) {}

  LoadedTransferRules load() {
    for (size_t i = 0; i < settings_.keys.size(); ++i) load_key(settings_.keys[i], fmt::format("dns.keys[{}]", i));
    const auto& transfer = settings_.transfer;
    for (size_t i = 0; i < transfer.allow.size(); ++i) {
      const auto added = out_.rules.networks.add(transfer.allow[i]);
      if (!added) problem(fmt::format("dns.transfer.allow[{}]", i), added.error().text);
    }
    for (size_t i = 0; i < transfer.keys.size(); ++i) allow_key(transfer.keys[i], fmt::format("dns.transfer.keys[{}]", i));
    return std::move(out_);
  }

 private:
  void problem(std::string path, std::string message) { out_.problems.push_back({std::move(path), std::move(message)}); }

  bool known(const Name& name) const {
    return std::ranges::any_of(out_.rules.keys, [&](const dnswire::TsigKey& key) { return key.name == name; });
  }

  void load_key(const TsigKeySettings& settings, const std::string& path) {
    const auto name = Name::parse(settings.name);
    const auto algorithm = dnswire::tsig_algorithm(settings.algorithm);
    const auto secret = from_base64(trim(settings.secret.reveal()));
    if (!name) problem(path + ".name", name.error().text);
    if (name && known(*name)) problem(path + ".name", fmt::format("the key \"{}\" is there twice", settings.name));
    if (!algorithm) problem(path + ".algorithm", "must be \"hmac-sha256\", \"hmac-sha384\" or \"hmac-sha512\"");
    if (!secret || secret->empty()) problem(path + ".secret", "must be base64, as keymgr -t or tsig-keygen write it");
    if (!name || !algorithm || !secret) return;
    out_.rules.keys.push_back({*name, *algorithm, std::string(as_text(*secret))});
  }

  void allow_key(const std::string& text, const std::string& path) {
    const auto name = Name::parse(text);
    if (!name) {
      problem(path, name.error().text);
    } else if (!known(*name)) {
      problem(path, fmt::format("there is no key \"{}\" in dns.keys", text));
    } else {
      out_.rules.key_names.push_back(*name);
    }
  }

  const DnsSettings& settings_;
  LoadedTransferRules out_;
};

}  // namespace

LoadedTransferRules load_transfer_rules(const DnsSettings& settings) { return Loader(settings).load(); }

}  // namespace evershore::dns
