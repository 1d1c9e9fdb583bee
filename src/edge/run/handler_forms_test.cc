// Compression through the handler: who gets which form, what is kept of it, and what never becomes another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge/run/handler_fixture.h"

namespace evershore::edge {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class HandlerFormsTest : public HandlerFixture {
 protected:
  void with(const std::function<void(CompressionSettings&)>& change) {
    EdgeConfig changed = *config.read();
    SiteSettings site = changed.sites.all().front();
    change(site.behaviour.compression);
    changed.sites = SiteTable({{site.name, site}});
    config.publish(changed);
  }
  static FakeObject page(size_t size = 5'000, std::string etag = "\"v1\"") {
    return {std::string(size, 'x'), std::move(etag), {{"Cache-Control", "max-age=60"}, {"Content-Type", "text/html"}}};
  }
  Exchange take(std::string target, std::string encodings, http::Headers more = {}) {
    more.add("Accept-Encoding", encodings);
    return get(std::move(target), std::move(more));
  }
  static std::string_view coding(const Exchange& exchange) { return exchange->head.headers.get("content-encoding"); }
  static std::string expected(Coding coding, const std::string& bytes) {
    std::string out;
    const auto encoder = make_encoder(coding);
    encoder->add(as_bytes(bytes), out);
    encoder->finish(out);
    return out;
  }
};

TEST_F(HandlerFormsTest, each_client_gets_a_form_it_takes_and_a_hit_costs_no_compression) {
  put_everywhere("k", page());
  const auto miss = take("/k", "gzip");
  EXPECT_EQ(coding(miss), "gzip");
  EXPECT_EQ(miss->head.headers.get("etag"), "W/\"v1\"");
  EXPECT_EQ(miss->head.headers.get("vary"), "Accept-Encoding");
  EXPECT_FALSE(miss->head.headers.has("accept-ranges"));
  EXPECT_LT(miss->body.size(), 200u);
  EXPECT_EQ(handler.counters().forms_made.get(), 1u);
  const auto hit = take("/k", "gzip, br;q=0.1");
  EXPECT_EQ(hit->body, miss->body);
  EXPECT_EQ(hit->announced, miss->body.size());
  EXPECT_THAT(told(hit), HasSubstr("cache=hit"));
  EXPECT_EQ(handler.counters().forms_made.get(), 1u);
  EXPECT_EQ(handler.counters().forms_served.get(), 1u);
  const auto brotli = take("/k", "gzip, deflate, br");
  EXPECT_EQ(coding(brotli), "br");
  EXPECT_EQ(brotli->body, expected(Coding::kBrotli, page().bytes));
  EXPECT_EQ(coding(take("/k", "zstd")), "zstd");
  const auto plain = get("/k");
  EXPECT_EQ(plain->body, page().bytes);
  EXPECT_EQ(plain->head.headers.get("etag"), "\"v1\"");
  EXPECT_EQ(plain->head.headers.get("vary"), "Accept-Encoding");
  EXPECT_EQ(east.seen.size(), 1u);
}

TEST_F(HandlerFormsTest, conditions_hold_for_every_form) {
  put_everywhere("k", page());
  take("/k", "br");
  for (const auto* etag : {"\"v1\"", "W/\"v1\""}) {
    const auto got = take("/k", "br", {{"If-None-Match", etag}});
    EXPECT_EQ(got->head.status, 304);
    EXPECT_EQ(got->head.headers.get("etag"), "W/\"v1\"");
    EXPECT_EQ(got->head.headers.get("vary"), "Accept-Encoding");
    EXPECT_FALSE(got->head.headers.has("content-encoding"));
  }
  EXPECT_EQ(get("/k", {{"If-None-Match", "W/\"v1\""}})->head.headers.get("etag"), "\"v1\"");
  const auto head = ask("HEAD", "/k", {{"Accept-Encoding", "br"}});
  EXPECT_EQ(coding(head), "br");
  EXPECT_EQ(head->announced, expected(Coding::kBrotli, page().bytes).size());
}

TEST_F(HandlerFormsTest, ranges_are_of_the_object_as_it_is) {
  put_everywhere("k", page());
  for (int i = 0; i < 2; ++i) {
    const auto part = take("/k", "br", {{"Range", "bytes=0-9"}});
    EXPECT_EQ(part->head.status, 206);
    EXPECT_EQ(part->body, "xxxxxxxxxx");
    EXPECT_EQ(coding(part), "");
    EXPECT_EQ(part->head.headers.get("vary"), "Accept-Encoding");
    const auto whole = take("/k", "br", {{"Range", "bytes=0-9"}, {"If-Range", "W/\"v1\""}});
    EXPECT_EQ(whole->head.status, 200);
    EXPECT_EQ(whole->body, page().bytes);
  }
}

TEST_F(HandlerFormsTest, what_gains_nothing_or_is_encoded_already_stays) {
  put_everywhere("small", page(999));
  put_everywhere("image", {std::string(5'000, 'x'), "\"i\"", {{"Content-Type", "image/png"}}});
  put_everywhere("gzipped", {std::string(5'000, 'x'), "\"g\"", {{"Content-Type", "text/html"}, {"Content-Encoding", "gzip"}}});
  for (const auto* key : {"/small", "/image", "/gzipped"}) {
    const auto got = take(key, "br, gzip");
    EXPECT_EQ(got->body.size(), key == std::string("/small") ? 999u : 5'000u);
    EXPECT_FALSE(got->head.headers.has("vary")) << key;
  }
  EXPECT_EQ(coding(take("/gzipped", "br")), "gzip");
  put_everywhere("k", page());
  with([](CompressionSettings& settings) { settings.on = false; });
  EXPECT_EQ(coding(take("/k", "br")), "");
  EXPECT_EQ(handler.counters().forms_made.get(), 0u);
}

TEST_F(HandlerFormsTest, a_new_version_has_forms_of_its_own) {
  put_everywhere("k", page(5'000, "\"v1\""));
  take("/k", "br");
  put_everywhere("k", page(6'000, "\"v2\""));
  time.run_for(61s);
  const auto got = take("/k", "br");
  EXPECT_EQ(got->body, expected(Coding::kBrotli, page(6'000).bytes));
  EXPECT_EQ(got->head.headers.get("etag"), "W/\"v2\"");
}

TEST_F(HandlerFormsTest, a_download_is_compressed_as_it_comes_and_taken_over_when_its_region_breaks) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919 % 100'003) + "\n";
  FakeObject large = page(1);
  large.bytes = text;
  put_everywhere("large", large);
  east.break_at = 500'000;
  east.breaks = 1;
  const auto first = take("/large", "zstd");
  EXPECT_TRUE(first->complete);
  EXPECT_EQ(first->announced, std::nullopt);
  EXPECT_LT(first->body.size(), text.size() / 2);
  EXPECT_EQ(take("/large", "zstd")->body, first->body);
  EXPECT_EQ(get("/large")->body, text);
  EXPECT_EQ(fetcher.counters().takeovers.get(), 1u);
}

TEST_F(HandlerFormsTest, a_body_that_nobody_can_complete_is_cut_and_its_form_is_not_kept) {
  put_everywhere("k", page(300'000));
  for (auto* region : {&east, &west}) {
    region->break_at = 100'000;
    region->breaks = 100;
  }
  const auto got = take("/k", "br");
  EXPECT_FALSE(got->complete);
  EXPECT_EQ(handler.counters().forms_made.get(), 0u);
}

TEST_F(HandlerFormsTest, what_is_for_one_client_alone_is_compressed_but_not_kept) {
  auto object = page();
  object.headers.set("Cache-Control", "private");
  put_everywhere("k", object);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(coding(take("/k", "br")), "br");
  EXPECT_EQ(handler.counters().forms_made.get(), 0u);
}

TEST_F(HandlerFormsTest, a_neighbour_in_the_bucket_is_the_form_of_its_object) {
  with([](CompressionSettings& settings) { settings.precompressed = true; });
  put_everywhere("app.wasm", {std::string(5'000, 'x'), "\"w\"", {{"Content-Type", "application/x-own"}, {"Cache-Control", "max-age=600"}}});
  put_everywhere("app.wasm.gz", {"gz bytes", "\"gz\"", {{"Content-Type", "application/gzip"}}});
  for (int i = 0; i < 3; ++i) {
    const auto got = take("/app.wasm", "br, gzip");
    EXPECT_EQ(got->body, "gz bytes");
    EXPECT_EQ(coding(got), "gzip");
    EXPECT_EQ(got->head.headers.get("content-type"), "application/x-own");
    EXPECT_EQ(got->head.headers.get("etag"), "W/\"w\"");
    EXPECT_EQ(got->head.headers.get("vary"), "Accept-Encoding");
  }
  EXPECT_EQ(get("/app.wasm")->body, std::string(5'000, 'x'));
  const auto asked = [&](const std::string& key) {
    return std::ranges::count_if(east.seen, [&](const OriginRequest& request) { return request.key == key; });
  };
  EXPECT_EQ(asked("app.wasm.gz"), 1);
  EXPECT_EQ(asked("app.wasm.br"), 1);  // that it is not there is known for a minute
  time.run_for(61s);
  put_everywhere("app.wasm.br", {"br bytes", "\"br\"", {}});
  EXPECT_EQ(take("/app.wasm", "br, gzip")->body, "br bytes");
}

}  // namespace
}  // namespace evershore::edge
