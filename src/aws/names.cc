#include "aws/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/text.h"
#include "wire/aws/call.h"

namespace evershore::aws {

namespace {

enum class Mark : uint8_t { kDot, kDash };  // s3-website.REGION or s3-website-REGION

struct WebsiteRegion {
  std::string_view region, zone;
  Mark mark;
};

// docs.aws.amazon.com/general/latest/gr/s3.html, website endpoints
constexpr std::array<WebsiteRegion, 36> kRegions{{
    {"us-east-1", "Z3AQBSTGFYJSTF", Mark::kDash},
    {"us-east-2", "Z2O1EMRO9K5GLX", Mark::kDot},
    {"us-west-1", "Z2F56UZL2M1ACD", Mark::kDash},
    {"us-west-2", "Z3BJ6K6RIION7M", Mark::kDash},
    {"ca-central-1", "Z1QDHH18159H29", Mark::kDot},
    {"ca-west-1", "Z03565811Z33SLEZTHOUL", Mark::kDot},
    {"af-south-1", "Z2OSFR5PIJ8TYW", Mark::kDot},
    {"ap-east-1", "ZNB98KWMFR0R6", Mark::kDot},
    {"ap-east-2", "Z064739330DAH7WJVOO93", Mark::kDot},
    {"ap-south-1", "Z11RGJOFQNVJUP", Mark::kDot},
    {"ap-south-2", "Z02976202B4EZMXIPMXF7", Mark::kDot},
    {"ap-southeast-1", "Z3O0J2DXBE1FTB", Mark::kDash},
    {"ap-southeast-2", "Z1WCIGYICN2BYD", Mark::kDash},
    {"ap-southeast-3", "Z01846753K324LI26A3VV", Mark::kDot},
    {"ap-southeast-4", "Z0312387243XT5FE14WFO", Mark::kDot},
    {"ap-southeast-5", "Z08660063OXLMA7F1FJHU", Mark::kDot},
    {"ap-southeast-6", "Z05686083R66JX5C163TC", Mark::kDot},
    {"ap-southeast-7", "Z0031014GXUMRZG6I14G", Mark::kDot},
    {"ap-northeast-1", "Z2M4EHUR26P7ZW", Mark::kDash},
    {"ap-northeast-2", "Z3W03O7B5YMIYP", Mark::kDot},
    {"ap-northeast-3", "Z2YQB5RD63NC85", Mark::kDot},
    {"eu-west-1", "Z1BKCTXD74EZPE", Mark::kDash},
    {"eu-west-2", "Z3GKZC51ZF0DB4", Mark::kDot},
    {"eu-west-3", "Z3R1K369G5AVDG", Mark::kDot},
    {"eu-central-1", "Z21DNDUVLTQW6Q", Mark::kDot},
    {"eu-central-2", "Z030506016YDQGETNASS", Mark::kDot},
    {"eu-north-1", "Z3BAZG2TWCNX0D", Mark::kDot},
    {"eu-south-1", "Z2OPA49AB41N7K", Mark::kDot},
    {"eu-south-2", "Z0081959F7139GRJC19J", Mark::kDot},
    {"il-central-1", "Z09640613K4A3MN55U7GU", Mark::kDot},
    {"mx-central-1", "Z057606446ZNVQJJ8WOP", Mark::kDot},
    {"me-central-1", "Z06143092I8HRXZRUZROF", Mark::kDot},
    {"me-south-1", "Z1MPMWCPA7YB62", Mark::kDot},
    {"sa-east-1", "Z7KQH4QJS55SO", Mark::kDash},
    {"us-gov-east-1", "Z2NIFVYYW2VKV1", Mark::kDash},
    {"us-gov-west-1", "Z31GFT0UA1I2HV", Mark::kDash},
}};

const WebsiteRegion* find_region(std::string_view region) {
  const auto at = std::ranges::find(kRegions, region, &WebsiteRegion::region);
  return at == kRegions.end() ? nullptr : &*at;
}

std::string short_hash(std::string_view text) { return to_hex(sha256(text)).substr(0, 12); }

}  // namespace

bool is_ours(const Tags& tags, const std::string& host) {
  const auto at = tags.find(std::string(kOwnerTag));
  return at != tags.end() && at->second == host;
}

std::string reference_prefix(const std::string& host, std::string_view part) {
  std::string plain(part);
  std::ranges::replace(plain, '/', '-');
  return fmt::format("evershore/{}/{}/", short_hash(host), plain);
}

std::string plain_name(const std::string& host) {
  constexpr size_t kNameCharsMax = 64;
  std::string name = "evershore-" + host;
  for (char& c : name) {
    if (c == '.' || c == '*') c = '-';
  }
  if (name.size() <= kNameCharsMax) return name;
  return name.substr(0, kNameCharsMax - 13) + "-" + short_hash(host);
}

bool known_region(std::string_view region) { return find_region(region) != nullptr; }

std::string website_domain(std::string_view region) {
  const auto* found = find_region(region);
  const bool dash = found != nullptr && found->mark == Mark::kDash;
  return fmt::format("s3-website{}{}.amazonaws.com", dash ? '-' : '.', region);
}

std::string website_zone(std::string_view region) {
  const auto* found = find_region(region);
  return found == nullptr ? "" : std::string(found->zone);
}

std::string bucket_domain(const std::string& bucket, std::string_view region) {
  return fmt::format("{}.s3.{}.amazonaws.com", bucket, region);
}

}  // namespace evershore::aws
