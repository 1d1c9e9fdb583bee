#include "node.h"

namespace evershore::sim {

namespace {
std::unexpected<Error> cut_off() { return fail(Fault::kClosed, "the node has crashed"); }

template <class T>
Task<Result<T>> pass(const bool& dead, Task<Result<T>> call) {
  if (dead) co_return cut_off();
  auto result = co_await std::move(call);
  if (dead) co_return cut_off();
  co_return result;
}
}  // namespace

class Node::Door final : public ObjectStore {
 public:
  Door(const bool& dead, ObjectStore& store) : dead_(dead), store_(store) {}
  Task<Result<std::optional<ObjectInfo>>> find(ObjectKey key) override { return pass(dead_, store_.find(std::move(key))); }
  Task<Result<std::optional<GetResult>>> get(ObjectKey key, GetOptions options) override {
    return pass(dead_, store_.get(std::move(key), std::move(options)));
  }
  Task<Result<PutResult>> put(ObjectKey key, PutOptions options, BodyReader& body) override {
    return pass(dead_, store_.put(std::move(key), std::move(options), body));
  }
  Task<Result<void>> remove(ObjectKey key, std::string if_match) override {
    return pass(dead_, store_.remove(std::move(key), std::move(if_match)));
  }
  Task<Result<PutResult>> replace_metadata(ObjectKey key, std::string if_match, StandardHeaders headers, UserMetadata metadata) override {
    return pass(dead_, store_.replace_metadata(std::move(key), std::move(if_match), std::move(headers), std::move(metadata)));
  }
  Task<Result<std::string>> tags(ObjectKey key) override { return pass(dead_, store_.tags(std::move(key))); }
  Task<Result<void>> put_tags(ObjectKey key, std::string tags) override {
    return pass(dead_, store_.put_tags(std::move(key), std::move(tags)));
  }
  Task<Result<ListPage>> list(ListOptions options) override { return pass(dead_, store_.list(std::move(options))); }
  Task<Result<std::string>> create_multipart(ObjectKey key, StandardHeaders headers, UserMetadata metadata) override {
    return pass(dead_, store_.create_multipart(std::move(key), std::move(headers), std::move(metadata)));
  }
  Task<Result<CompletedPart>> put_part(ObjectKey key, std::string upload_id, uint32_t number, uint64_t size_bytes,
                                       BodyReader& body) override {
    return pass(dead_, store_.put_part(std::move(key), std::move(upload_id), number, size_bytes, body));
  }
  Task<Result<PutResult>> complete_multipart(ObjectKey key, std::string upload_id, std::vector<CompletedPart> parts,
                                             PutCondition condition) override {
    return pass(dead_, store_.complete_multipart(std::move(key), std::move(upload_id), std::move(parts), std::move(condition)));
  }
  Task<Result<void>> abort_multipart(ObjectKey key, std::string upload_id) override {
    return pass(dead_, store_.abort_multipart(std::move(key), std::move(upload_id)));
  }
  Task<Result<StoreCapabilities>> probe_capabilities() override { return pass(dead_, store_.probe_capabilities()); }
  const StoreCapabilities& capabilities() const override { return store_.capabilities(); }

 private:
  const bool& dead_;
  ObjectStore& store_;
};

class Node::QueueDoor final : public queue::TaskQueue {
 public:
  QueueDoor(const bool& dead, queue::TaskQueue& queue) : dead_(dead), queue_(queue) {}
  Task<Result<void>> enqueue(std::string site, std::vector<queue::NewTask> tasks, Wall now, queue::Durability durability) override {
    return pass(dead_, queue_.enqueue(std::move(site), std::move(tasks), now, durability));
  }
  Task<Result<std::vector<queue::TaskRow>>> take_due(std::string site, queue::Lane lane, size_t max, queue::Order order,
                                                     Wall now) override {
    return pass(dead_, queue_.take_due(std::move(site), lane, max, order, now));
  }
  Task<Result<void>> done(std::string site, std::vector<queue::Taken> tasks) override {
    return pass(dead_, queue_.done(std::move(site), std::move(tasks)));
  }
  Task<Result<void>> retry(std::string site, queue::Taken task, Wall when, std::string error) override {
    return pass(dead_, queue_.retry(std::move(site), std::move(task), when, std::move(error)));
  }
  Task<Result<void>> park(std::string site, queue::Taken task, RegionSet regions) override {
    return pass(dead_, queue_.park(std::move(site), std::move(task), regions));
  }
  Task<Result<void>> release(std::string site, queue::Taken task) override {
    return pass(dead_, queue_.release(std::move(site), std::move(task)));
  }
  Task<Result<void>> unpark(std::string site, RegionSlot region) override { return pass(dead_, queue_.unpark(std::move(site), region)); }
  Task<Result<uint64_t>> forget_parked(std::string site, RegionSlot region) override {
    return pass(dead_, queue_.forget_parked(std::move(site), region));
  }
  queue::QueueCounts counts(const std::string& site) const override { return queue_.counts(site); }
  queue::QueueCounts counts_for(const std::string& site, RegionSlot region) const override { return queue_.counts_for(site, region); }
  std::optional<Wall> next_due(const std::string& site, queue::Lane lane) const override { return queue_.next_due(site, lane); }
  std::vector<queue::TaskRow> list(const std::string& site, size_t max) const override { return queue_.list(site, max); }
  std::optional<queue::TaskRow> find(const std::string& site, const ObjectKey& key) const override { return queue_.find(site, key); }

 private:
  const bool& dead_;
  queue::TaskQueue& queue_;
};

class Node::RowsDoor final : public queue::RowStore {
 public:
  RowsDoor(const bool& dead, queue::RowStore& rows) : dead_(dead), rows_(rows) {}
  Task<Result<std::vector<std::optional<KeyRow>>>> get(std::string site, std::vector<ObjectKey> keys) override {
    return pass(dead_, rows_.get(std::move(site), std::move(keys)));
  }
  Task<Result<void>> put(std::string site, std::vector<KeyRow> rows, queue::Durability durability) override {
    return pass(dead_, rows_.put(std::move(site), std::move(rows), durability));
  }
  Task<Result<void>> put_new(std::string site, std::vector<KeyRow> rows) override {
    return pass(dead_, rows_.put_new(std::move(site), std::move(rows)));
  }
  Task<Result<void>> erase(std::string site, std::vector<Erase> rows) override {
    return pass(dead_, rows_.erase(std::move(site), std::move(rows)));
  }
  Task<Result<queue::RowPage>> list(std::string site, ObjectKey start_after, size_t max) override {
    return pass(dead_, rows_.list(std::move(site), std::move(start_after), max));
  }
  uint64_t count(const std::string& site) const override { return rows_.count(site); }
  Task<Result<queue::SiteFacts>> facts(std::string site) override { return pass(dead_, rows_.facts(std::move(site))); }
  Task<Result<void>> put_facts(std::string site, queue::SiteFacts facts) override {
    return pass(dead_, rows_.put_facts(std::move(site), std::move(facts)));
  }

 private:
  const bool& dead_;
  queue::RowStore& rows_;
};

Node::Node(Scheduler& scheduler, queue::MemoryQueue& queue, queue::MemoryRows& rows, std::vector<std::unique_ptr<store::FakeStore>>& stores,
           replicate::ReplicatorRules rules, std::set<std::string> read_only, std::function<bool(const std::string&)> reachable)
    : queue_(std::make_unique<QueueDoor>(dead_, queue)), rows_(std::make_unique<RowsDoor>(dead_, rows)) {
  std::vector<replicate::SiteRegion> regions;
  for (auto& store : stores) {
    doors_.push_back(std::make_unique<Door>(dead_, *store));
    regions.push_back({.name = store->name(), .store = doors_.back().get(), .read_only = read_only.contains(store->name())});
  }
  replicator_ = std::make_unique<replicate::SiteReplicator>(
      std::move(rules), replicate::ReplicatorDeps{scheduler, *queue_, *rows_, std::move(regions), std::move(reachable), Log()});
}

Node::~Node() { EVERSHORE_ASSERT(finished_); }

Task<void> Node::run_start() {
  auto starting = replicator_->start(replicate::SiteReplicator::Scans::kRegular);
  const auto result = co_await std::move(starting);
  EVERSHORE_ASSERT(result || dead_);
  started_ = result.has_value();
}

Task<void> Node::run_stop() {
  auto stopping = replicator_->stop();
  co_await std::move(stopping);
  finished_ = true;
}

void Node::start() { spawn_detached(run_start()); }

void Node::stop() {
  if (stopping_) return;
  stopping_ = true;
  spawn_detached(run_stop());
}

void Node::crash() {
  dead_ = true;
  stop();
}

}  // namespace evershore::sim
