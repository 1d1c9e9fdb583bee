#include "aws/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace evershore::aws {

namespace {

constexpr std::string_view kSuffix = ".amazonaws.com";

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string name_of_place(size_t index) {
  static constexpr std::array<const char*, 2> kNames{"primary", "secondary"};
  return index < kNames.size() ? kNames[index] : fmt::format("region-{}", index + 1);
}

// Settings' names are letters, digits, '-', '_' and '.'.
std::string site_name(const std::string& host) { return host.substr(0, host.find('.')); }

std::string region_of(const BucketPlace& place) { return place.region.empty() ? "us-east-1" : place.region; }

std::string check_name(const Survey& survey, const std::string& id) {
  for (size_t i = 0; i < survey.checks.size(); ++i) {
    if (survey.checks[i].id == id) return fmt::format("{}-{}", survey.checks[i].check.calculated() ? "calculated" : "endpoint", i + 1);
  }
  return "";
}

bool is_speakable(const FoundCheck& found) {
  const auto& type = found.check.type;
  return type.starts_with("HTTP") || type == "TCP" || type == "CALCULATED";
}

std::string check_text(const Survey& survey, const FoundCheck& found) {
  const HealthCheck& check = found.check;
  std::string out = fmt::format("\n[health_checks.{}]           # {}\n", check_name(survey, found.id), found.id);
  if (check.calculated()) {
    std::string children;
    for (const auto& child : check.children) {
      const auto name = check_name(survey, child);
      if (!name.empty()) children += (children.empty() ? "" : ", ") + quoted(name);
    }
    out += fmt::format("type = \"calculated\"\nchildren = [{}]\nhealthy_at_least = {}\n", children, check.health_threshold);
  } else {
    const bool tls = check.type.starts_with("HTTPS");
    const auto& at = check.fqdn.empty() ? check.address : check.fqdn;
    if (check.type == "TCP") {
      out += fmt::format("type = \"tcp\"\nurl = \"{}:{}\"\n", at, check.port);
    } else {
      const std::string port = check.port == (tls ? 443U : 80U) ? "" : fmt::format(":{}", check.port);
      const auto path = check.path.starts_with('/') ? check.path : "/" + check.path;
      out += fmt::format("type = \"{}\"\nurl = {}\n", tls ? "https" : "http",
                         quoted(fmt::format("{}://{}{}{}", tls ? "https" : "http", at, port, path)));
      if (!check.search.empty()) out += fmt::format("search = {}\n", quoted(check.search));
    }
    out += fmt::format("interval = \"{}s\"                # ours may be as short as 100ms\nfailure_threshold = {}\n", check.interval_s,
                       check.failure_threshold);
  }
  if (check.inverted) out += "inverted = true\n";
  if (check.disabled) out += "disabled = true\n";
  return out;
}

std::string record_text(const Survey& survey) {
  std::vector<const RecordSet*> failover;
  for (const auto& set : survey.records) {
    if (!set.failover.empty()) failover.push_back(&set);
  }
  if (failover.empty()) return "";
  std::ranges::sort(failover, {}, [](const RecordSet* set) { return set->failover; });
  std::string out = fmt::format(
      "\n[dns]\n[[dns.zones]]\nname = {}\nnameservers = [{}]\n\n[[dns.records]]\nname = {}\ntype = \"CNAME\"\nttl = \"5s\"\npolicy = "
      "\"failover\"\nanswers = [\n",
      quoted(survey.zone), quoted("ns1." + survey.zone), quoted(survey.host));
  for (const auto* set : failover) {
    const auto role = to_lower(set->failover);
    const auto target = set->alias ? set->alias->name : set->values.empty() ? "" : set->values.front();
    const auto check = check_name(survey, set->health_check);
    out += fmt::format("  {{ id = \"{}\", role = \"{}\", value = {}", role, role, quoted(target.ends_with('.') ? target : target + "."));
    if (!check.empty()) out += fmt::format(", health_check = {}", quoted(check));
    out += " },\n";
  }
  return out + "]\n";
}

std::string region_text(const BucketPlace& place, size_t index) {
  return fmt::format(
      "\n[regions.{}]\nendpoint = \"https://s3.{}.amazonaws.com\"\nbucket = {}\nsigning_region = \"{}\"\n"
      "# access_key = \"env:AWS_ACCESS_KEY_ID\"        # needed to copy; without keys the bucket is read as everyone does\n"
      "# secret_key = \"env:AWS_SECRET_ACCESS_KEY\"\n",
      name_of_place(index), region_of(place), quoted(place.bucket), region_of(place));
}

std::string site_text(const Survey& survey, const std::vector<BucketPlace>& places) {
  std::string regions;
  for (size_t i = 0; i < places.size(); ++i) regions += (i == 0 ? "" : ", ") + quoted(name_of_place(i));
  std::string out = fmt::format("\n[sites.{}]\nhosts = [{}]\nregions = [{}]\n", site_name(survey.host), quoted(survey.host), regions);
  if (survey.distribution && !survey.distribution->default_root.empty())
    out += fmt::format("index = {}\n", quoted(survey.distribution->default_root));
  if (survey.distribution && !survey.distribution->error_page.empty()) {
    out += fmt::format("error_document = {}\n", quoted(std::string_view(survey.distribution->error_page).substr(1)));
  }
  if (places.size() < 2) out += "# one bucket only: add a second region, and `evershore sync` fills it\n";
  return out;
}

void add_place(std::vector<BucketPlace>& places, const std::optional<BucketPlace>& place) {
  if (place && std::ranges::find(places, place->bucket, &BucketPlace::bucket) == places.end()) places.push_back(*place);
}

}  // namespace

std::optional<BucketPlace> bucket_place(std::string domain) {
  if (domain.ends_with('.')) domain.pop_back();
  if (!domain.ends_with(kSuffix)) return std::nullopt;
  const std::string stem = domain.substr(0, domain.size() - kSuffix.size());
  for (const std::string_view mark : {".s3-website-", ".s3-website.", ".s3."}) {
    const auto at = stem.rfind(mark);
    if (at != std::string::npos && at > 0) return BucketPlace{stem.substr(0, at), stem.substr(at + mark.size())};
  }
  if (stem.ends_with(".s3") && stem.size() > 3) return BucketPlace{stem.substr(0, stem.size() - 3), ""};
  return std::nullopt;
}

std::vector<BucketPlace> places_of(const Survey& survey) {
  std::vector<BucketPlace> places;
  if (survey.distribution) {
    for (const auto& origin : survey.distribution->origins) add_place(places, bucket_place(origin.domain));
  }
  for (const auto& set : survey.records) {
    for (const auto& value : set.values) add_place(places, bucket_place(value));
    // An alias names the website endpoint alone: the bucket is named like the record.
    if (set.alias && set.alias->name.starts_with("s3-website")) add_place(places, bucket_place(set.name + "." + set.alias->name));
  }
  for (size_t i = 0; i < places.size(); ++i) {
    const auto to = survey.replicates_to.find(places[i].bucket);
    if (to != survey.replicates_to.end()) add_place(places, BucketPlace{to->second, ""});
  }
  return places;
}

Result<std::string> settings_from(const Survey& survey) {
  const auto places = places_of(survey);
  if (places.empty()) return fail(Fault::kNotFound, fmt::format("nothing at {} leads to a bucket", survey.host));
  std::string out = fmt::format("# {} as it stands in account {}, by `evershore aws import`. Look through it before you run it.\n",
                                survey.host, survey.account);
  for (size_t i = 0; i < places.size(); ++i) out += region_text(places[i], i);
  out += site_text(survey, places);
  for (const auto& check : survey.checks) {
    if (is_speakable(check)) {
      out += check_text(survey, check);
    } else {
      out += fmt::format("\n# health check {} is of type {}, which has no counterpart here\n", check.id, check.check.type);
    }
  }
  return out + record_text(survey);
}

}  // namespace evershore::aws
