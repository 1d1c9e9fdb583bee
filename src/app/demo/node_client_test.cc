#include "app/demo/node_client.h"

#include <gtest/gtest.h>

namespace evershore::app::demo {
namespace {

TEST(NodeView, is_what_the_status_says) {
  const auto view = parse_status(R"({"regions":[
      {"name":"east","health":"down","pending_keys":7,"oldest_pending_seconds":3.5,"lag_seconds":0.25},
      {"name":"west","health":"up","pending_keys":1,"oldest_pending_seconds":0,"lag_seconds":0.5}],
    "sites":[{"name":"assets","order":[{"region":"east","usable":false},{"region":"west","usable":true}],
      "replication":{"objects_copied":10,"bytes_copied":2000}},{"name":"bare","order":[],"replication":null}],
    "edge":{"listen":["127.0.0.1:80"],"takeovers":4},"dns":{"listen":["127.0.0.1:53"]}})");
  ASSERT_TRUE(view) << view.error().text;
  EXPECT_EQ(view->pending_keys, 8u);
  EXPECT_EQ(view->find("east")->health, "down");
  EXPECT_EQ(view->find("east")->lag, std::chrono::milliseconds(250));
  EXPECT_EQ(view->lag_worst, std::chrono::milliseconds(3'500));
  EXPECT_EQ(view->find("moon"), nullptr);
  EXPECT_EQ(view->first_choice("assets"), "west");
  EXPECT_EQ(view->first_choice("bare"), "");
  EXPECT_EQ(view->first_choice("none"), "");
  EXPECT_EQ(view->takeovers, 4u);
  EXPECT_EQ(view->objects_replicated, 10u);
  EXPECT_EQ(view->bytes_replicated, 2'000u);
  EXPECT_EQ(view->edge_listen, std::vector<std::string>{"127.0.0.1:80"});
  EXPECT_EQ(view->dns_listen, std::vector<std::string>{"127.0.0.1:53"});
}

TEST(NodeView, of_a_node_without_roles_is_empty_not_an_error) {
  const auto view = parse_status(R"({"regions":[{"name":"east","pending_keys":null}],"sites":[],"edge":null})");
  ASSERT_TRUE(view);
  EXPECT_EQ(view->pending_keys, 0u);
  EXPECT_TRUE(view->edge_listen.empty());
}

TEST(NodeView, refuses_what_is_no_status) {
  for (const char* text : {"", "[]", "{}", "{\"regions\":", "12"}) EXPECT_FALSE(parse_status(text)) << text;
}

}  // namespace
}  // namespace evershore::app::demo
