#include "gateway/run/region_server.h"

#include <atomic>

#include "base/assert.h"
#include "gateway/run/service.h"
#include "gateway/run/webhook.h"
#include "io/http_server.h"
#include "store/directory_store.h"

namespace evershore::gateway {

struct RegionServer::Shared {
  std::shared_ptr<store::DirectoryBucket> bucket;
  std::atomic<uint64_t> sequence{0};
};

// All that belongs to one loop.
struct RegionServer::Lane {
  io::Loop& loop;
  store::DirectoryStore store;
  std::unique_ptr<Webhook> webhook;
  std::unique_ptr<Service> service;
  std::unique_ptr<io::HttpServer> server;

  Lane(io::Loop& on, std::shared_ptr<store::DirectoryBucket> bucket) : loop(on), store(std::move(bucket), on) {}

  Task<bool> drain(Mono deadline) {
    co_await server->drain(deadline);
    server.reset();
    if (webhook) co_await webhook->close();
    co_return true;
  }
};

RegionServer::~RegionServer() = default;

namespace {
Result<void> check(const RegionServerOptions& options) {
  if (options.dir.empty()) return fail(Fault::kInvalid, "no directory is given");
  if (options.bucket.size() < 3 || options.bucket.size() > 63 || options.bucket.find('/') != std::string::npos) {
    return fail(Fault::kInvalid, "the bucket's name must have 3 to 63 characters and no '/'");
  }
  if (options.access_key.empty() || options.secret_key.empty()) return fail(Fault::kInvalid, "an access key and a secret key are needed");
  return {};
}
}  // namespace

Result<std::unique_ptr<RegionServer>> RegionServer::start(RegionServerOptions options, std::vector<io::Loop*> loops, Log log) {
  EVERSHORE_ASSERT(!loops.empty());
  TRY_VOID(check(options));
  std::optional<io::HttpUrl> webhook;
  if (!options.webhook.empty()) {
    TRY(webhook, io::parse_http_url(options.webhook));
  }
  std::unique_ptr<RegionServer> server(new RegionServer);
  server->shared_ = std::make_unique<Shared>();
  TRY(server->shared_->bucket, store::DirectoryBucket::open(options.dir, options.directory));
  // Sequence numbers must grow over restarts too.
  server->shared_->sequence = static_cast<uint64_t>(loops.front()->wall().time_since_epoch().count());
  if (const auto damaged = server->shared_->bucket->damaged(); damaged > 0) {
    log.error("{}: {} files under objects/ are damaged and not served; restore them from another region", options.dir, damaged);
  }
  const ServiceRules rules{
      .bucket = options.bucket, .region = options.signing_region, .readers = options.public_read ? Readers::kAnyone : Readers::kSigned};
  auto listen = options.listen;
  for (auto* loop : loops) {
    auto lane = std::make_unique<Lane>(*loop, server->shared_->bucket);
    Service::OnChange on_change;
    if (webhook) {
      lane->webhook = std::make_unique<Webhook>(*loop, *webhook, options.signing_region, log);
      on_change = [hook = lane->webhook.get()](s3::ObjectEvent event) { hook->notify(std::move(event)); };
    }
    lane->service =
        std::make_unique<Service>(rules, s3::Credentials{.access_key = options.access_key, .secret_key = options.secret_key.reveal()},
                                  lane->store, *loop, server->shared_->sequence, std::move(on_change), log);
    const auto handler = [service = lane->service.get()](io::HttpExchange& exchange) { return service->handle(exchange); };
    TRY(lane->server, io::HttpServer::start(*loop, listen, {}, handler));
    listen = lane->server->local();
    server->lanes_.push_back(std::move(lane));
  }
  log.info("serving {} objects of bucket {} from {} on {}", server->objects(), options.bucket, options.dir, io::format_endpoint(listen));
  return server;
}

io::Endpoint RegionServer::local() const { return lanes_.front()->server->local(); }
size_t RegionServer::objects() const { return shared_->bucket->index().size(); }

uint64_t RegionServer::events_dropped() const {
  uint64_t dropped = 0;
  for (const auto& lane : lanes_) dropped += lane->webhook ? lane->webhook->counters().dropped.get() : 0;
  return dropped;
}

Task<void> RegionServer::drain(Mono deadline) {
  auto& home = lanes_.front()->loop;
  std::vector<Task<bool>> drains;
  for (const auto& lane : lanes_) {
    if (&lane->loop == &home) {
      drains.push_back(lane->drain(deadline));
    } else {
      drains.push_back(io::call_on<bool>(lane->loop, home, [at = lane.get(), deadline] { return at->drain(deadline); }));
    }
  }
  co_await when_all(std::move(drains));
}

}  // namespace evershore::gateway
