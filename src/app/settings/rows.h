// The rows of every section of the settings file.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "app/settings/row.h"
#include "app/settings/settings.h"

namespace evershore::app {

inline constexpr size_t kRegionsMax = 16;
inline constexpr size_t kSitesMax = 1'024;
inline constexpr size_t kHealthChecksMax = 1'024;
inline constexpr size_t kZonesMax = 1'024;
inline constexpr size_t kRecordsMax = 100'000;
inline constexpr size_t kAnswersMax = 100;  // as Route 53: records of one name and type
inline constexpr size_t kTsigKeysMax = 64;
inline constexpr size_t kSecondariesMax = 16;
inline constexpr size_t kNetworksMax = 1'024;
inline constexpr size_t kResolversMax = 8;
inline constexpr size_t kPrefixesMax = 10'000;  // of one network
inline constexpr size_t kAlertsMax = 64;
inline constexpr size_t kTlsPairsMax = 1'024;
inline constexpr size_t kRedirectsMax = 100;  // S3 has 50
inline constexpr size_t kErrorPagesMax = 16;
inline constexpr size_t kCorsRulesMax = 100;  // as S3
inline constexpr size_t kPolicyFieldsMax = 64;
inline constexpr size_t kSigningKeysMax = 16;

std::span<const Row<NodeSettings>> node_rows();
std::span<const Row<RegionSettings>> region_rows();
std::span<const Row<SiteSettings>> site_rows();
Row<SiteSettings> redirect_row();  // of site_rows()
std::array<Row<SiteSettings>, 3> hsts_rows();
std::span<const Row<SiteSettings>> site_replication_rows();
std::array<Row<RegionSettings>, 4> region_replication_rows();
std::span<const Row<SiteSettings>> with_behaviour(std::span<const Row<SiteSettings>> rows);  // of site_rows() alone: joined once, and kept
std::span<const Row<SiteSettings>> site_reads_rows();                                        // of site_rows()
Limits weight_limits();                                                                      // of sites.NAME.weights REGION
std::span<const Row<RedirectSettings>> redirect_rows();
std::span<const Row<ErrorPageSettings>> error_page_rows();
std::span<const Row<CorsRuleSettings>> cors_rows();
std::span<const Row<SigningKeySettings>> signing_key_rows();
std::span<const Row<EdgeSettings>> edge_rows();
std::span<const Row<TlsPair>> tls_rows();
std::span<const Row<AcmeSettings>> acme_rows();
std::span<const Row<DnsSettings>> dns_rows();
Limits prefix_limits();   // of [dns.networks] NAME
Limits latency_limits();  // of [dns.latency.NETWORK] REGION
std::span<const Row<ZoneSettings>> zone_rows();
std::span<const Row<TsigKeySettings>> tsig_key_rows();
std::span<const Row<RecordSettings>> record_rows();
std::span<const Row<AnswerSettings>> answer_rows();
std::span<const Row<HealthCheckSettings>> health_check_rows();
std::span<const Row<AlertSettings>> alert_rows();
std::span<const Row<AdminSettings>> admin_rows();
std::span<const Row<AwsSettings>> aws_rows();
std::array<Row<DnsSettings>, 4> route53_rows();  // of dns_rows()

}  // namespace evershore::app
