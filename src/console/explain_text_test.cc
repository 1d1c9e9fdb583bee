#include "console/explain_text.h"

#include <gtest/gtest.h>

namespace evershore::console {
namespace {

TEST(ExplainText, NestsEvidenceUnderTheConclusion) {
  const auto text = explain_text(
      R"({"region":"east","health":"down","checks":[{"name":"region/east","why":"3 of 3 probes failed"}],"drained":null,"sites":[]})");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "region: east\nhealth: down\nchecks:\n  - name: region/east\n    why: 3 of 3 probes failed\ndrained: -\nsites: none\n");
}

}  // namespace
}  // namespace evershore::console
