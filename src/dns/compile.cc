#include "dns/compile.h"

#include "dns/name_compiler.h"
#include "wire/dns/message.h"

namespace evershore::dns {

namespace {

// Header, the longest question and OPT with this much fit into the shortest limit a client can set.
constexpr size_t kNsidBytesMax = 128;
static_assert(dnswire::kHeaderBytes + dnswire::kNameBytesMax + 4 + dnswire::kOptBytes + 4 + kNsidBytesMax + dnswire::kSubnetOptionBytesMax +
                  dnswire::kCookieOptionBytes + 2 * dnswire::kSmallOptionBytes <=
              dnswire::kUdpBytesWithoutEdns);

// What no state changes. Where a name turns out to lead to one that varies, what was made for it is taken back.
class FixedCompiler {
 public:
  explicit FixedCompiler(NameTree& tree) : tree_(tree), part_(tree.fixed()->part), compiler_(tree, {}, discarded_, part_) {}

  // Returns the names that must be compiled for each state.
  std::vector<uint32_t> add_all() {
    auto& names = tree_.fixed()->table.names;
    for (uint32_t number = 0; number < names.size(); ++number) {
      if (!add(number)) {
        names[number].answers = static_cast<uint32_t>(varying_.size());
        varying_.push_back(number);
      }
    }
    shrink();
    return std::move(varying_);
  }

 private:
  // False: it varies.
  bool add(uint32_t number) {
    auto& name = tree_.fixed()->table.names[number];
    const auto& packed = tree_.zone(name.zone).packed;
    if (packed == nullptr || tree_.varies(number)) return false;
    if (const auto sets = tree_.packed_sets(number); sets && add_plain(name, *sets)) return true;
    tree_.forget();
    const auto before = CompiledPart::Sizes(part_);
    name.answers = compiler_.add_node(tree_.entry(number));
    if (!tree_.touched()) return true;
    before.restore(part_);
    return false;
  }

  // Sets whose data holds no names lead nowhere: most names of large zones are such.
  bool add_plain(CompiledName& name, const PackedRecords::Sets& sets) {
    types_.clear();
    auto all = sets;
    for (PackedRecords::Set set; all.next(set);) {
      if (!holds_no_names(set.type)) return false;
    }
    all = sets;
    for (PackedRecords::Set set; all.next(set);) {
      PlainSetWriter body(part_, name.name_bytes, set.type, set.ttl);
      for (size_t i = 0; i < set.count; ++i) body.put(PackedRecords::take_rdata(set.rdata));
      types_.push_back({set.type, body.finish()});
    }
    name.answers = compiler_.put_node(
        {.other_body = no_data_slot(name.zone), .any_body = types_.front().body, .below_body = no_name_slot(name.zone)}, types_);
    return true;
  }

  void shrink() {
    auto& table = tree_.fixed()->table;
    table.bytes.shrink_to_fit();
    table.names.shrink_to_fit();
    part_.shrink_to_fit();
  }

  NameTree& tree_;
  CompiledPart& part_;
  CompiledSnapshot discarded_;  // choices vary: they come to nothing here
  NameCompiler compiler_;
  std::vector<uint32_t> varying_;
  std::vector<TypeBody> types_;
};

}  // namespace

ZoneCompiler::ZoneCompiler(NameTree& tree) : tree_(tree), varying_(FixedCompiler(tree).add_all()) {}

std::optional<size_t> ZoneCompiler::number_of(const Name& name) const {
  const auto* known = tree_.table().closest(name);
  const bool varies = known != nullptr && known->name_bytes == name.wire().size() && (known->answers & kFixedBit) == 0;
  return varies ? std::optional<size_t>(known->answers) : std::nullopt;
}

std::shared_ptr<const CompiledSnapshot> ZoneCompiler::compile(CompileOptions options) {
  auto out = std::make_shared<CompiledSnapshot>();
  if (options.nsid.size() > kNsidBytesMax) options.nsid.resize(kNsidBytesMax);
  out->fixed = tree_.fixed();
  out->nsid = std::move(options.nsid);
  out->client_subnet = options.client_subnet;
  out->places = std::move(options.places);
  out->outcomes = std::move(options.outcomes);
  out->counter_rows = std::move(options.counter_rows);
  tree_.forget();
  NameCompiler compiler(tree_, std::move(options.signers), *out, out->state);
  compiler.add_zones();
  for (const uint32_t number : varying_) {
    tree_.forget();
    compiler.add_node(tree_.entry(number));
  }
  return out;
}

std::shared_ptr<const CompiledSnapshot> compile(const std::vector<PlainZone>& zones, CompileOptions options) {
  std::vector<const PlainZone*> all;
  for (const auto& zone : zones) all.push_back(&zone);
  NameTree tree(std::move(all));
  return ZoneCompiler(tree).compile(std::move(options));
}

}  // namespace evershore::dns
