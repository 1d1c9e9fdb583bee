#include "aws/cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "aws/prices.h"

namespace evershore::aws {

namespace {

constexpr double kQueriesPerRequest = 0.01;  // resolvers keep the answer for its TTL, clients their connections

class Bill {
 public:
  Bill(const Layout& layout, const Volumes& volumes) : layout_(layout), volumes_(volumes) { estimate_.prices_of = kPricesOf; }
  Estimate take() && { return std::move(estimate_); }

  void checks() {
    double aws_checks = 0, aws_features = 0, other_checks = 0, other_features = 0;
    for (const auto& want : layout_.checks) {
      const auto& check = want.check;
      const bool other = !check.address.empty();  // our edges; buckets, distributions and calculated ones count as AWS's
      const double features = (check.type.starts_with("HTTPS") ? 1 : 0) + (check.type.ends_with("_STR_MATCH") ? 1 : 0) +
                              (check.interval_s == 10 ? 1 : 0) + (check.measure_latency ? 1 : 0);
      (other ? other_checks : aws_checks) += 1;
      (other ? other_features : aws_features) += features;
    }
    add("health checks of AWS endpoints, basic", aws_checks, Price::kCheckAws);
    free("  of them in the free tier (50 an account)", std::min(aws_checks, kFreeAwsChecks), Price::kCheckAws);
    add("  options: HTTPS, string match, 10 s, latency", aws_features, Price::kCheckFeatureAws);
    add("health checks of other endpoints, basic", other_checks, Price::kCheckOther);
    add("  options: HTTPS, string match, 10 s, latency", other_features, Price::kCheckFeatureOther);
  }

  void zone() {
    add("hosted zone", 1, Price::kZone);
    const bool alias = !layout_.records.empty() && layout_.records.front().alias.has_value();
    const double millions = static_cast<double>(volumes_.requests) * kQueriesPerRequest / 1e6;
    if (alias) {
      line("queries for aliases to AWS targets", "free", 0, true);
    } else {
      add("queries (one for 100 requests)", millions, Price::kQueries);
    }
  }

  void storage() {
    const double gb = volumes_.stored_gb;
    for (const auto& bucket : layout_.buckets) add(fmt::format("storage, {} copy", bucket.part), gb, Price::kStorage);
    if (!layout_.role) return;
    add("storage of versions kept, both copies", 2 * volumes_.written_gb, Price::kStorage);
    const double thousands = static_cast<double>(volumes_.writes) / 1000;
    add("writes to the primary", thousands, Price::kPut);
    add("replication: requests at the secondary", thousands, Price::kPut);
    add("replication: transfer between regions", volumes_.written_gb, Price::kInterRegion);
    if (layout_.buckets[0].replication->time_control) add("replication time control", volumes_.written_gb, Price::kTimeControl);
  }

  void cloudfront() {
    if (!layout_.distribution) return;
    add("CloudFront: transfer to clients", volumes_.served_gb, Price::kCloudFrontGb);
    free("  of it in the free tier (1 TB)", std::min(volumes_.served_gb, kFreeCloudFrontGb), Price::kCloudFrontGb);
    const double requests = static_cast<double>(volumes_.requests);
    add("CloudFront: HTTPS requests", requests / 1e4, Price::kCloudFrontHttps);
    free("  of them in the free tier (10 million)", std::min(requests, kFreeCloudFrontRequests) / 1e4, Price::kCloudFrontHttps);
    add("reads of the primary by CloudFront (one request of 20)", requests / 20 / 1000, Price::kGet);
    line("certificate of ACM", "free", 0, true);
  }

  void alarm() {
    if (!layout_.alarm) return;
    add("CloudWatch alarm", 1, Price::kAlarm);
    free("  in the free tier (10 an account)", std::min(1.0, kFreeAlarms), Price::kAlarm);
  }

  void remarks() {
    auto& remarks = estimate_.remarks;
    remarks.push_back("free tiers are the account's: what else it uses counts against them");
    remarks.push_back("lines with * are prices as commonly quoted, not read on AWS's page: look before relying on them");
    if (layout_.kind == LayoutKind::kClassic) {
      remarks.push_back(
          "the \"$1.25 a month\" that is told of this layout: three basic checks of AWS endpoints list at 3 x 0.50 = 1.50 and cost 0.00 in "
          "the free "
          "tier; 1.25 = 0.50 + 0.75 is one check of an AWS endpoint and one of another, with the calculated one not counted (our reading)");
      remarks.push_back("how AWS bills a calculated check is not written anywhere we know: counted as one of an AWS endpoint");
    }
    if (layout_.kind == LayoutKind::kEvershore) remarks.push_back("the edges' own machines and traffic are not in this");
  }

 private:
  void line(std::string what, std::string count, double usd, bool checked) {
    estimate_.lines.push_back({std::move(what), std::move(count), usd, checked});
  }
  void add(std::string what, double count, Price price) {
    if (count <= 0) return;
    const auto& row = price_of(price);
    line(std::move(what), fmt::format("{:.6g} {} x {:.6g}", count, row.unit, row.usd), count * row.usd, row.checked);
  }
  void free(std::string what, double count, Price price) {
    if (count <= 0) return;
    const auto& row = price_of(price);
    line(std::move(what), fmt::format("{:.6g} {} x {:.6g}", count, row.unit, row.usd), -count * row.usd, row.checked);
  }

  const Layout& layout_;
  const Volumes& volumes_;
  Estimate estimate_;
};

std::string_view layout_name(LayoutKind kind) {
  switch (kind) {
    case LayoutKind::kClassic: return "classic";
    case LayoutKind::kOriginGroup: return "origin-group";
    case LayoutKind::kEvershore: return "evershore";
  }
  return "";
}

}  // namespace

double Estimate::total() const {
  double sum = 0;
  for (const auto& line : lines) sum += line.usd;
  return sum;
}

Estimate estimate(const Layout& layout, const Volumes& volumes) {
  Bill bill(layout, volumes);
  bill.checks();
  bill.zone();
  bill.storage();
  bill.cloudfront();
  bill.alarm();
  bill.remarks();
  return std::move(bill).take();
}

std::string estimate_text(const Layout& layout, const Estimate& estimate) {
  std::string out = fmt::format("{}, layout {}, a month in US dollars; prices of {} (us-east-1)\n\n", layout.host, layout_name(layout.kind),
                                estimate.prices_of);
  for (const auto& line : estimate.lines) {
    out += fmt::format("{} {:54} {:>28} {:>10.2f}\n", line.checked ? ' ' : '*', line.what, line.count, line.usd);
  }
  out += fmt::format("  {:54} {:>28} {:>10.2f}\n\n", "together", "", estimate.total());
  for (const auto& remark : estimate.remarks) out += fmt::format("- {}\n", remark);
  return out;
}

std::string estimate_json(const Layout& layout, const Estimate& estimate) {
  nlohmann::json lines = nlohmann::json::array();
  for (const auto& line : estimate.lines)
    lines.push_back({{"what", line.what}, {"count", line.count}, {"usd", line.usd}, {"checked", line.checked}});
  const nlohmann::json json = {{"host", layout.host}, {"layout", layout_name(layout.kind)}, {"prices_of", estimate.prices_of},
                               {"lines", lines},      {"total_usd", estimate.total()},      {"remarks", estimate.remarks}};
  return json.dump(2) + "\n";
}

}  // namespace evershore::aws
