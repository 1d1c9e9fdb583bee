// Before the acts and after them: filling the first region, waiting for the others, opening the doors to the clients, and the
// check at the end.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "app/demo/acts.h"
#include "app/demo/parallel.h"
#include "base/text.h"
#include "wire/http/uri.h"

namespace evershore::app::demo {

namespace {

constexpr size_t kSmallAtOnce = 32;
constexpr size_t kLargeAtOnce = 2;
constexpr Duration kReplicatedMax = std::chrono::minutes(5);
constexpr int kQuietPolls = 5;  // in a row with nothing pending: events still under way would show in one of them

// One line on a terminal that is rewritten in place; nothing elsewhere.
void show_progress(const std::string& text) {
  static const bool terminal = isatty(STDOUT_FILENO) == 1;
  if (!terminal) return;
  fmt::print("\r\x1b[K  {}", text);
  std::fflush(stdout);
}
void clear_progress() {
  if (isatty(STDOUT_FILENO) == 1) fmt::print("\r\x1b[K");
}

Target target_of(const DataObject& object) {
  return {"/" + http::percent_encode(object.key, http::Slash::kKeep), object.size_bytes, object.sha256, ""};
}

uint64_t total_bytes(const std::vector<DataObject>& objects) {
  uint64_t sum = 0;
  for (const auto& object : objects) sum += object.size_bytes;
  return sum;
}

}  // namespace

Task<Result<void>> Acts::put_one(const DataObject& object, size_t index, size_t count) {
  CO_TRY_VOID(co_await buckets_[0]->put(object));
  journal_.acknowledged(object);
  if (index % 50 == 0) show_progress(fmt::format("{} of {} objects written", index, count));
  if (interrupt_.asked()) co_return fail(Fault::kClosed, "interrupted");
  co_return Result<void>();
}

Task<Result<void>> Acts::put_all(std::vector<DataObject> objects, size_t width) {
  const auto* list = &objects;
  IndexJob job = [this, list](size_t index) { return put_one((*list)[index], index, list->size()); };
  auto done = co_await for_each_index(objects.size(), width, std::move(job));
  clear_progress();
  co_return done;
}

Task<Result<void>> Acts::fill() {
  small_ = small_objects(script_.data);
  for (size_t i = 0; i < script_.large_bytes.size(); ++i) {
    large_.push_back(pattern_object(fmt::format("large/{}.bin", i + 1), 1'000'000 + i, script_.large_bytes[i]));
  }
  std::vector<DataObject> all = small_;
  for (const char* act : {"kill", "stop", "503"}) {
    for (auto& object : objects_before(changes_of(act))) all.push_back(std::move(object));
  }
  auto& seeding = report_.seeding;
  seeding.objects = all.size() + large_.size();
  seeding.bytes = total_bytes(all) + total_bytes(large_);
  say(fmt::format("Filling region east: {} files from {} and {} large objects, {} in all.", all.size(), script_.data.directory,
                  large_.size(), format_size(seeding.bytes)));
  co_await io::yield(loop_);  // reading and hashing took seconds: deadlines must count from now
  const Mono begun = loop_.now();
  CO_TRY_VOID(co_await put_all(std::move(all), kSmallAtOnce));
  CO_TRY_VOID(co_await put_all(large_, kLargeAtOnce));
  seeding.written_in = loop_.now() - begun;
  say(fmt::format("Written in {}. West and north are being brought up to date.", format_duration(seeding.written_in)));
  co_return Result<void>();
}

Task<Result<void>> Acts::wait_replicated() {
  const Mono begun = loop_.now();
  uint64_t last = 0;
  for (int quiet = 0; quiet < kQuietPolls;) {
    CO_TRY(const auto view, co_await node_->status());
    quiet = view.pending_keys == 0 ? quiet + 1 : 0;
    last = view.pending_keys;
    show_progress(fmt::format("{} objects copied, {} to go", view.objects_replicated, view.pending_keys));
    if (loop_.now() - begun > kReplicatedMax) co_return fail(Fault::kTimedOut, fmt::format("{} keys still wait to be replicated", last));
    CO_TRY_VOID(co_await interrupt_.pause(Millis(100)));
  }
  clear_progress();
  report_.seeding.replicated_in = loop_.now() - begun;
  co_return Result<void>();
}

Task<Result<bool>> Acts::verify(std::string& output) {
  std::vector<std::string> words{"verify", "-c", stage_.settings_path(), kDemoSite};
  CO_TRY(auto ran, co_await stage_.run_command(std::move(words), std::chrono::minutes(2)));
  output = std::move(ran.output);
  if (ran.code > 1) co_return fail(Fault::kBroken, fmt::format("`evershore verify` ended with {}: {}", ran.code, output));
  co_return ran.code == 0;
}

Task<Result<void>> Acts::open_doors() {
  std::string output;
  CO_TRY(const bool identical, co_await verify(output));
  if (!identical) co_return fail(Fault::kBroken, "the regions are not identical after the first replication: " + output);
  const auto& seeding = report_.seeding;
  say(fmt::format("All three regions hold the same {} objects ({} in each), {} after the last write; `evershore verify` agrees.",
                  seeding.objects, format_size(seeding.bytes), format_duration(seeding.replicated_in)));
  ClientsOptions options;
  options.load = {.edge = stage_.edge(), .host = kDemoHost, .requests_per_second = script_.requests_per_second};
  for (const auto& object : small_) options.load.targets.push_back(target_of(object));
  options.dns = stage_.dns();
  options.dns_name = kDemoHost;
  CO_TRY(clients_, Clients::start(loop_, std::move(options)));
  say(fmt::format("Clients: {:.0f} GET/s of random objects, every byte checked; the name server is asked every 5 ms.",
                  script_.requests_per_second));
  co_return Result<void>();
}

void Acts::begin_downloads() {
  const auto& object = large_.front();
  const double per_second = static_cast<double>(object.size_bytes) / std::chrono::duration<double>(script_.download_takes).count();
  for (size_t i = 0; i < script_.downloads; ++i) clients_->download(target_of(object), per_second);
  say(fmt::format("{} slow downloads of {} begin.", script_.downloads, format_size(object.size_bytes)));
}

Task<Result<void>> Acts::check_end() {
  clients_.reset();
  say("The clients leave. All regions are compared, and every acknowledged write is looked for in each of them.");
  CO_TRY_VOID(co_await wait_replicated());
  auto& check = report_.check;
  CO_TRY(check.identical, co_await verify(check.verify_output));
  if (check.identical) check.verify_output.clear();
  check.writes_acknowledged = journal_.writes();
  for (const auto& bucket : buckets_) {
    CO_TRY(const auto missing, co_await count_missing(journal_, *bucket));
    check.writes_missing += missing;
  }
  co_return Result<void>();
}

}  // namespace evershore::app::demo
