#include "wire/aws/sqs.h"

#include <gtest/gtest.h>

namespace evershore::aws {
namespace {

using namespace std::chrono_literals;

TEST(Sqs, AsksForABatchAndHidesIt) {
  EXPECT_EQ(receive_request("https://q", 5s, 2min),
            R"({"MaxNumberOfMessages":10,"QueueUrl":"https://q","VisibilityTimeout":120,"WaitTimeSeconds":5})");
}

TEST(Sqs, ReadsMessages) {
  const auto messages = parse_received(R"({"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":"{}","MD5OfBody":"x"}]})");
  ASSERT_TRUE(messages);
  ASSERT_EQ(messages->size(), 1U);
  EXPECT_EQ(messages->front().receipt, "r");
  EXPECT_EQ(messages->front().body, "{}");
  EXPECT_TRUE(parse_received("{}")->empty());
  EXPECT_TRUE(parse_received(R"({"Messages":null})")->empty());
  EXPECT_FALSE(parse_received(R"({"Messages":[{"Body":"x"}]})"));
  EXPECT_FALSE(parse_received("<xml/>"));
}

TEST(Sqs, DeletesThemTogetherAndCountsWhatFailed) {
  const std::vector<QueueMessage> messages{{"m", "r1", ""}, {"n", "r2", ""}};
  EXPECT_EQ(delete_request("u", messages),
            R"({"Entries":[{"Id":"0","ReceiptHandle":"r1"},{"Id":"1","ReceiptHandle":"r2"}],"QueueUrl":"u"})");
  EXPECT_EQ(parse_deleted(R"({"Successful":[{"Id":"0"}],"Failed":[{"Id":"1"}]})").value_or(9), 1U);
  EXPECT_EQ(parse_deleted("{}").value_or(9), 0U);
  EXPECT_FALSE(parse_deleted("[]"));
}

}  // namespace
}  // namespace evershore::aws
