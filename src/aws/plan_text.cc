#include "aws/plan_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "wire/aws/requests.h"

namespace evershore::aws {

namespace {

using Json = nlohmann::json;

char sign_of(Verb verb) {
  switch (verb) {
    case Verb::kMake: return '+';
    case Verb::kChange: return '~';
    case Verb::kReplace: return '!';
    case Verb::kDelete: return '-';
  }
  return ' ';
}

std::string_view paint_of(Verb verb) {
  switch (verb) {
    case Verb::kMake: return "\x1b[32m";
    case Verb::kChange: return "\x1b[33m";
    case Verb::kReplace: return "\x1b[35m";
    case Verb::kDelete: return "\x1b[31m";
  }
  return "";
}

void append_list(std::string& out, std::string_view title, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out += fmt::format("\n{}\n", title);
  for (const auto& text : texts) out += fmt::format("  - {}\n", text);
}

void append_field(std::string& out, const FieldChange& field) {
  const auto from = readable(field.from);
  const auto to = readable(field.to);
  if (from.empty()) {
    out += fmt::format("        {}: {}\n", field.name, to);
  } else {
    out += fmt::format("        {}: {} -> {}\n", field.name, from, to.empty() ? "(removed)" : to);
  }
}

// Steps of one resource stand below one title.
void append_steps(std::string& out, const Plan& plan, Colour colour) {
  const Step* before = nullptr;
  size_t number = 0;
  for (const auto& step : plan.steps) {
    ++number;
    const bool same = before != nullptr && before->title == step.title && before->verb == step.verb;
    if (!same) {
      const bool on = colour == Colour::kOn;
      out += fmt::format("\n{:3} {}{} {}{}\n", number, on ? paint_of(step.verb) : "", sign_of(step.verb), step.title, on ? "\x1b[0m" : "");
    }
    out += fmt::format("      {}\n", step.why);
    for (const auto& field : step.fields) append_field(out, field);
    before = &step;
  }
}

std::string call_name(const Step& step) { return std::holds_alternative<std::monostate>(step.change) ? "" : request_of(step.change).name; }

}  // namespace

std::string plan_text(const Plan& plan, Colour colour) {
  std::string out = fmt::format("{} in account {}: ", plan.host, plan.account);
  if (!plan.differs()) {
    out += "nothing to do, everything is as the settings say.\n";
  } else {
    const auto count = [&](Verb verb) { return std::ranges::count(plan.steps, verb, &Step::verb); };
    out += fmt::format("{} calls ({} make, {} change, {} replace, {} delete)\n", plan.steps.size(), count(Verb::kMake),
                       count(Verb::kChange), count(Verb::kReplace), count(Verb::kDelete));
  }
  append_list(out, "What this layout cannot do:", plan.cannot);
  append_steps(out, plan, colour);
  append_list(out, "To know:", plan.remarks);
  append_list(out, "In the way (nothing is done until these are solved):", plan.problems);
  return out;
}

std::string plan_json(const Plan& plan) {
  Json steps = Json::array();
  for (const auto& step : plan.steps) {
    Json fields = Json::array();
    for (const auto& field : step.fields)
      fields.push_back({{"name", field.name}, {"from", readable(field.from)}, {"to", readable(field.to)}});
    steps.push_back({{"part", step.part},
                     {"title", step.title},
                     {"verb", verb_name(step.verb)},
                     {"why", step.why},
                     {"call", call_name(step)},
                     {"fields", fields}});
  }
  const Json json = {{"host", plan.host}, {"account", plan.account}, {"fingerprint", plan.fingerprint()}, {"differs", plan.differs()},
                     {"steps", steps},    {"cannot", plan.cannot},   {"remarks", plan.remarks},           {"problems", plan.problems}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string fingerprint_in(const std::string& json) {
  const auto document = Json::parse(json, nullptr, false);
  if (!document.is_object() || !document.contains("fingerprint") || !document["fingerprint"].is_string()) return "";
  return document["fingerprint"].get<std::string>();
}

}  // namespace evershore::aws
