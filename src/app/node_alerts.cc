// What a node looks at again and again for alerts, and what people silence.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "app/alert_report.h"
#include "app/node.h"
#include "app/node_json.h"
#include "app/node_parts.h"
#include "base/text.h"
#include "io/files.h"
#include "io/workers.h"

namespace evershore::app {

namespace {

constexpr Duration kLookInterval = std::chrono::seconds(2);

struct SpaceOf {
  std::string folder;
  io::DiskSpace space;
};

// A folder whose file system does not answer is left out: the others are told all the same.
std::vector<SpaceOf> spaces_of(const std::set<std::string>& folders) {
  std::vector<SpaceOf> all;
  for (const auto& folder : folders) {
    if (const auto space = io::disk_space(folder)) all.push_back({folder, *space});
  }
  return all;
}

std::set<std::string> folders_written_to(const Settings& settings) {
  std::set<std::string> folders{settings.node.data};
  if (settings.edge.cache_disk) folders.insert(settings.edge.cache_disk->path);
  return folders;
}

std::string covered(const health::Silence& silence) {
  return fmt::format("{} {}", silence.kind.empty() ? "every kind" : silence.kind, silence.name.empty() ? "of everything" : silence.name);
}

}  // namespace

void Node::watch_for_alerts() {
  if (stopping_) return;
  for (const uint64_t id : alerts_->take_ended_silences()) replication_->save(fmt::format("{}{}", kSilencePrefix, id), std::nullopt);
  const bool of_replication = alerts_->wants("replication") || alerts_->wants("conflict") || alerts_->wants("delete_cap");
  if (of_replication) tasks_.spawn(look_at_replication());
  if (alerts_->wants("disk") && !disk_watch_) disk_watch_ = std::make_unique<io::Workers>(1);
  if (disk_watch_) tasks_.spawn(look_at_disks());
  loop_.call_at(loop_.now() + kLookInterval, [this] { watch_for_alerts(); });
}

Task<void> Node::look_at_replication() {
  const auto replication = co_await replication_status();
  for (const auto& status : replication) {
    for (const auto& region : status.regions) alerts_->tell_backlog(status.site, region.region, region.oldest_pending, region.pending);
    alerts_->tell_conflicts(status.site, status.conflicts.present);
    alerts_->tell_deletes_held(status.site, status.deletes_held);
  }
}

// On a thread of its own, and one look at a time: a file system may take its time to answer.
Task<void> Node::look_at_disks() {
  if (looking_at_disks_) co_return;
  looking_at_disks_ = true;
  std::function<std::vector<SpaceOf>()> look = [folders = folders_written_to(settings_)] { return spaces_of(folders); };
  const auto spaces = co_await io::OnWorker<std::vector<SpaceOf>>{*disk_watch_, loop_, std::move(look)};
  looking_at_disks_ = false;
  for (const auto& [folder, space] : spaces) alerts_->tell_disk(folder, space.free_bytes, space.total_bytes);
}

std::string Node::silences_json() { return to_text(silences_document(alerts_->silences())); }

Result<std::string> Node::silence(console::SilenceRequest request) {
  health::Silence wanted{.kind = std::move(request.kind),
                         .name = std::move(request.name),
                         .until = loop_.wall() + std::chrono::floor<std::chrono::microseconds>(request.for_span),
                         .reason = std::move(request.reason),
                         .by = std::move(request.by)};
  TRY(const auto made, alerts_->silence(std::move(wanted)));
  replication_->save(fmt::format("{}{}", kSilencePrefix, made.id), health::write_silence(made));
  events_.add("alerts", made.name,
              fmt::format("alerts are silenced until {} for {}: {}", format_iso8601(made.until), covered(made),
                          made.reason.empty() ? "no reason given" : made.reason));
  return to_text(silence_document(made));
}

Result<void> Node::end_silence(uint64_t id) {
  if (!alerts_->end_silence(id)) return fail(Fault::kNotFound, fmt::format("there is no silence {}; see evershore alerts silences", id));
  replication_->save(fmt::format("{}{}", kSilencePrefix, id), std::nullopt);
  events_.add("alerts", "", fmt::format("silence {} of alerts has ended", id));
  return {};
}

}  // namespace evershore::app
