#include "dns/validate.h"

#include <fmt/format.h>

namespace evershore::dns {

std::vector<Problem> validate(const DnsSettings& settings, const std::set<std::string>& known_checks, const MasterFiles& files) {
  auto problems = load_zones(settings, files).problems;
  for (size_t i = 0; i < settings.records.size(); ++i) {
    const auto& answers = settings.records[i].answers;
    std::set<std::string> ids;
    for (size_t k = 0; k < answers.size(); ++k) {
      const auto& answer = answers[k];
      if (!answer.health_check.empty() && !known_checks.contains(answer.health_check)) {
        problems.push_back({Problem::Where::kRecord, i, fmt::format("answers[{}].health_check", k),
                            fmt::format("there is no health check \"{}\"", answer.health_check)});
      }
      if (!answer.id.empty() && !ids.insert(answer.id).second) {
        problems.push_back(
            {Problem::Where::kRecord, i, fmt::format("answers[{}].id", k), fmt::format("the id \"{}\" is there twice", answer.id)});
      }
    }
  }
  return problems;
}

}  // namespace evershore::dns
