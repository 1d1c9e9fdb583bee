// What AWS asks for, in US dollars. One table, dated; each row says where it is from. Regions differ: these are us-east-1's.
#pragma once

#include <array>
#include <string_view>

namespace evershore::aws {

inline constexpr std::string_view kPricesOf = "20 Sep 2026";

enum class Price : uint8_t {
  kCheckAws,         // a month
  kCheckOther,       // a month
  kCheckFeatureAws,  // HTTPS, string match, 10 s interval, latency: each, a month
  kCheckFeatureOther,
  kZone,             // a month
  kQueries,          // a million
  kStorage,          // a GB and month
  kPut,              // a thousand
  kGet,              // a thousand
  kInterRegion,      // a GB
  kTimeControl,      // a GB
  kCloudFrontGb,     // a GB
  kCloudFrontHttps,  // ten thousand
  kAlarm,            // a month
  kCount
};

struct PriceRow {
  Price price;
  double usd;
  std::string_view unit, source;
  bool checked;  // read on a page of that date; else as commonly quoted, look before relying on it
};

inline constexpr std::string_view kRoute53Page = "aws.amazon.com/route53/pricing";
inline constexpr std::string_view kS3Quoted = "aws.amazon.com/s3/pricing as quoted by third parties in 2026";
inline constexpr std::string_view kQuoted = "commonly quoted";

inline constexpr std::array<PriceRow, static_cast<size_t>(Price::kCount)> kPrices{{
    {Price::kCheckAws, 0.50, "check", kRoute53Page, true},
    {Price::kCheckOther, 0.75, "check", kRoute53Page, true},
    {Price::kCheckFeatureAws, 1.00, "feature", kRoute53Page, true},
    {Price::kCheckFeatureOther, 2.00, "feature", kRoute53Page, true},
    {Price::kZone, 0.50, "zone", kRoute53Page, true},
    {Price::kQueries, 0.40, "million", kRoute53Page, true},
    {Price::kStorage, 0.023, "GB", kS3Quoted, false},
    {Price::kPut, 0.005, "thousand", kS3Quoted, false},
    {Price::kGet, 0.0004, "thousand", kS3Quoted, false},
    {Price::kInterRegion, 0.02, "GB", kQuoted, false},
    {Price::kTimeControl, 0.015, "GB", kQuoted, false},
    {Price::kCloudFrontGb, 0.085, "GB", kQuoted, false},
    {Price::kCloudFrontHttps, 0.01, "ten thousand", kQuoted, false},
    {Price::kAlarm, 0.10, "alarm", kQuoted, false},
}};
static_assert([] {
  for (size_t i = 0; i < kPrices.size(); ++i) {
    if (kPrices[i].price != static_cast<Price>(i)) return false;
  }
  return true;
}());

// Free each month, for the whole account.
inline constexpr double kFreeAwsChecks = 50;            // basic ones, of AWS endpoints (the page above)
inline constexpr double kFreeCloudFrontGb = 1024;       // commonly quoted
inline constexpr double kFreeCloudFrontRequests = 1e7;  // commonly quoted
inline constexpr double kFreeAlarms = 10;               // commonly quoted

constexpr const PriceRow& price_of(Price price) { return kPrices[static_cast<size_t>(price)]; }

}  // namespace evershore::aws
