// S3Store against the product's own S3 server: both ends of the wire in one suite.
#include <gtest/gtest.h>

#include "gateway/run/region_server.h"
#include "io/loop.h"
#include "io/test_support.h"
#include "store/object_store_suite.h"
#include "store/s3_store.h"
#include "wire/s3/multipart.h"

namespace evershore::store {
namespace {

class RegionUnderTest final : public StoreUnderTest {
 public:
  RegionUnderTest() : server_(start(loop_, directory_.path())), client_(loop_, {}), store_(region(*server_), client_, loop_) {}
  ~RegionUnderTest() override { loop_.run_until_done(server_->drain(loop_.now())); }

  ObjectStore& store() override { return store_; }
  void run_until_done(Task<void> task) override { loop_.run_until_done(std::move(task)); }
  uint64_t part_bytes_min() const override { return s3::kPartBytesMin; }
  StoreCapabilities probe() {
    std::optional<Result<StoreCapabilities>> slot;
    loop_.run_until_done(task_detail::store_result(store_.probe_capabilities(), slot));
    return slot->value();
  }

 private:
  static std::unique_ptr<gateway::RegionServer> start(io::Loop& loop, const std::string& path) {
    gateway::RegionServerOptions options;
    options.dir = path;
    options.listen = {"127.0.0.1", 0};
    options.bucket = "bucket";
    options.access_key = "key";
    options.secret_key = Secret("secret");
    auto server = gateway::RegionServer::start(std::move(options), {&loop}, Log());
    EVERSHORE_ASSERT(server.has_value());
    return std::move(*server);
  }
  static RegionSettings region(const gateway::RegionServer& server) {
    RegionSettings settings;
    settings.name = "own";
    settings.endpoint = "http://" + io::format_endpoint(server.local());
    settings.bucket = "bucket";
    settings.access_key = Secret("key");
    settings.secret_key = Secret("secret");
    return settings;
  }

  io::ScratchDirectory directory_;
  io::Loop loop_;
  std::unique_ptr<gateway::RegionServer> server_;
  io::HttpClient client_;
  S3Store store_;
};

INSTANTIATE_TEST_SUITE_P(S3ToRegionServer, ObjectStoreSuite,
                         testing::Values(StoreUnderTestMaker{"own", [] { return std::make_unique<RegionUnderTest>(); }}),
                         store_under_test_name);

TEST(S3ToRegionServer, AllThatCanBeProbedIsFound) {
  RegionUnderTest rig;
  const auto found = rig.probe();
  EXPECT_TRUE(found.put_if_none_match && found.put_if_match && found.delete_if_match && found.get_part_number && found.list_sorted);
}

}  // namespace
}  // namespace evershore::store
