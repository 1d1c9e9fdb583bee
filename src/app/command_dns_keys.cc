// evershore dns keys: DNSSEC keys of a zone on this node's disk. What a running node does with them follows from their files
// (dns/keys.h); it looks at them every minute.
#include <fmt/format.h>

#include <algorithm>

#include "app/commands.h"
#include "app/load.h"
#include "base/text.h"
#include "dns/run/key_store.h"
#include "io/loop.h"
#include "wire/dns/rdata.h"

namespace evershore::app {

namespace {

using dns::KeyFacts;
using dns::KeyPhase;
using dns::KeyRole;
using dns::StoredKey;

// One zone's keys, as every command needs them.
struct Shop {
  std::string data;
  dns::Name apex;
  std::vector<StoredKey> keys;
  Wall now;

  std::string zone() const {
    const auto text = apex.text();
    return text.size() > 1 ? text.substr(0, text.size() - 1) : text;
  }
  KeyPhase phase(const StoredKey& stored) const { return dns::phase_of(stored.key.facts, dns::facts_of(keys), now); }
};

Result<Shop> open_shop(const GlobalOptions& global, const std::string& zone) {
  const auto settings = load_or_explain(global.settings_path);
  if (!settings) return fail(Fault::kInvalid, "the settings file has problems (see above)");
  TRY(const auto apex, dns::Name::parse(zone));
  const auto same = [&](const ZoneSettings& known) {
    const auto name = dns::Name::parse(known.name);
    return name && *name == apex;
  };
  if (!std::ranges::any_of(settings->dns.zones, same)) {
    return fail(Fault::kNotFound, fmt::format("there is no zone \"{}\" in {}", zone, global.settings_path));
  }
  TRY(auto keys, dns::read_keys(settings->node.data, apex));
  return Shop{.data = settings->node.data, .apex = apex, .keys = std::move(keys), .now = io::Loop().wall()};
}

std::string title(const KeyFacts& facts) { return fmt::format("{} {}", dns::key_role_name(facts.role), facts.tag); }

std::string base64_dnskey(const StoredKey& stored) {
  return fmt::format("{} 3 {} {}", dns::entry_point(stored.key.facts.role) ? 257 : 256, dns::kAlgorithmEcdsaP256,
                     to_base64(as_bytes(stored.key.key.public_key())));
}

// What happens to a key next, and what people have to do for it.
std::string outlook(const Shop& shop, const StoredKey& stored) {
  const auto& facts = stored.key.facts;
  switch (shop.phase(stored)) {
    case KeyPhase::kPublished:
      return fmt::format("{} at {}", dns::entry_point(facts.role) ? "ready for the registrar" : "signs",
                         format_iso8601(facts.made + dns::kCacheSpan));
    case KeyPhase::kReady: return "give its DS to the registrar, then: evershore dns keys roll --ds-published";
    case KeyPhase::kActive: return "";
    case KeyPhase::kRetired: return "kept for what caches still hold";
    case KeyPhase::kRemoved: return "not needed any more; the next roll deletes its file";
  }
  return "";
}

Result<StoredKey> add_key(Shop& shop, KeyFacts facts) {
  facts.made = std::chrono::floor<std::chrono::seconds>(shop.now);
  TRY(auto made, dns::make_key(shop.data, shop.apex, facts, shop.keys));
  shop.keys.push_back(made);
  fmt::print("made {}: {}\n", title(made.key.facts), made.path);
  return made;
}

// Those that the parent's DS should point at now: the ready one, else the active one.
std::vector<const StoredKey*> offered(const Shop& shop) {
  std::vector<const StoredKey*> out;
  for (const KeyPhase phase : {KeyPhase::kReady, KeyPhase::kActive}) {
    for (const auto& stored : shop.keys) {
      if (dns::entry_point(stored.key.facts.role) && shop.phase(stored) == phase) out.push_back(&stored);
    }
    if (!out.empty()) return out;
  }
  return out;
}

Result<void> make(Shop& shop, const DnsKeysOptions& options) {
  const auto used = [&](const StoredKey& stored) { return shop.phase(stored) != KeyPhase::kRemoved; };
  if (std::ranges::any_of(shop.keys, used)) {
    return fail(Fault::kPrecondition, fmt::format("{} has keys already (evershore dns keys list); `roll` replaces one", shop.zone()));
  }
  for (const KeyRole role : options.split ? std::vector{KeyRole::kKsk, KeyRole::kZsk} : std::vector{KeyRole::kCsk}) {
    TRY_VOID(add_key(shop, {.role = role}));
  }
  fmt::print("Next: `dnssec = true` in the zone's settings, then give the DS to the registrar (evershore dns keys ds).\n");
  return {};
}

Result<void> begin_roll(Shop& shop, const DnsKeysOptions& options) {
  const bool has_csk = std::ranges::any_of(shop.keys, [](const StoredKey& stored) { return stored.key.facts.role == KeyRole::kCsk; });
  const auto role = options.role.empty() ? std::optional(has_csk ? KeyRole::kCsk : KeyRole::kZsk) : dns::parse_key_role(options.role);
  if (!role) return fail(Fault::kInvalid, fmt::format("\"{}\" is not a role: csk, ksk or zsk", options.role));
  TRY(const uint16_t replaced, dns::key_to_replace(dns::facts_of(shop.keys), *role, shop.now));
  for (const auto& stored : shop.keys) {
    if (shop.phase(stored) != KeyPhase::kRemoved) continue;
    TRY_VOID(dns::remove_key(stored));
    fmt::print("deleted {}\n", title(stored.key.facts));
  }
  TRY(const auto made, add_key(shop, {.role = *role, .replaces = replaced}));
  fmt::print("{} will replace {} {}: {}\n", title(made.key.facts), dns::key_role_name(*role), replaced, outlook(shop, made));
  return {};
}

Result<void> confirm_ds(Shop& shop) {
  for (auto& stored : shop.keys) {
    if (!dns::entry_point(stored.key.facts.role)) continue;
    const auto phase = shop.phase(stored);
    if (phase == KeyPhase::kPublished) {
      return fail(Fault::kPrecondition,
                  fmt::format("{} is not in every cache before {}: its DS must not stand alone at the parent before that",
                              title(stored.key.facts), format_iso8601(stored.key.facts.made + dns::kCacheSpan)));
    }
    if (phase != KeyPhase::kReady) continue;
    KeyFacts facts = stored.key.facts;
    facts.ds_published = std::chrono::floor<std::chrono::seconds>(shop.now);
    TRY_VOID(dns::write_facts(stored, facts));
    fmt::print("{} is active; {} is kept until {}\n", title(facts), *facts.replaces,
               format_iso8601(*facts.ds_published + dns::kRetireSpan));
    return {};
  }
  return fail(Fault::kPrecondition, "no key waits for its DS (evershore dns keys list)");
}

int code_of(const Error& error) {
  if (error.fault == Fault::kPrecondition) return kAnswerIsNo;
  return error.fault == Fault::kNotFound || error.fault == Fault::kInvalid ? kUsage : kFailed;
}

int finish(const Result<void>& result) { return result ? kDone : complain(code_of(result.error()), result.error().text); }

}  // namespace

int command_dns_keys_list(const GlobalOptions& global, const DnsKeysOptions& options) {
  const auto shop = open_shop(global, options.zone);
  if (!shop) return complain(code_of(shop.error()), shop.error().text);
  if (shop->keys.empty()) return complain(kAnswerIsNo, fmt::format("{} has no keys; make one: evershore dns keys make", shop->zone()));
  for (const auto& stored : shop->keys) {
    const auto& facts = stored.key.facts;
    fmt::print("{:<10} {:<10} made {}  {}\n", title(facts), dns::key_phase_name(shop->phase(stored)), format_iso8601(facts.made),
               outlook(*shop, stored));
  }
  return kDone;
}

int command_dns_keys_make(const GlobalOptions& global, const DnsKeysOptions& options) {
  auto shop = open_shop(global, options.zone);
  if (!shop) return complain(code_of(shop.error()), shop.error().text);
  return finish(make(*shop, options));
}

int command_dns_keys_roll(const GlobalOptions& global, const DnsKeysOptions& options) {
  auto shop = open_shop(global, options.zone);
  if (!shop) return complain(code_of(shop.error()), shop.error().text);
  return finish(options.ds_published ? confirm_ds(*shop) : begin_roll(*shop, options));
}

int command_dns_keys_ds(const GlobalOptions& global, const DnsKeysOptions& options) {
  const auto shop = open_shop(global, options.zone);
  if (!shop) return complain(code_of(shop.error()), shop.error().text);
  const auto keys = offered(*shop);
  if (keys.empty()) return complain(kAnswerIsNo, fmt::format("{} has no key to point at; make one: evershore dns keys make", shop->zone()));
  for (const auto* stored : keys) {
    const auto& facts = stored->key.facts;
    const auto ds = dns::ds_rdata(shop->apex, dns::dnskey_rdata(facts.role, stored->key.key.public_key()));
    fmt::print("{} IN DS {} {} {} {}\n", shop->apex.text(), facts.tag, dns::kAlgorithmEcdsaP256, dns::kDigestSha256,
               to_hex(as_bytes(ds).subspan(4)));
    fmt::print("{} IN DNSKEY {}\n", shop->apex.text(), base64_dnskey(*stored));
  }
  return kDone;
}

}  // namespace evershore::app
