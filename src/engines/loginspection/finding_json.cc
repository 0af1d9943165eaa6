#include "engines/loginspection/finding_json.h"

#include "base/text.h"

namespace warder::loginspection {

namespace {

std::string text_of(std::string_view bytes) {
  return is_utf8(bytes) ? std::string(bytes) : escape_non_utf8(bytes);
}

json::array texts_of(const std::vector<std::string>& texts) {
  json::array made;
  for (const auto& text : texts) made.emplace_back(text_of(text));
  return made;
}

}  // namespace

json::object to_json(const Finding& finding, std::string_view line) {
  json::object fields;
  for (const Field& field : finding.fields) {
    // The first value of a name is what rules see.
    if (!fields.contains(field.name)) fields[text_of(field.name)] = text_of(field.value);
  }
  json::object object{{"line", text_of(line)}, {"decoder", text_of(finding.decoder)}, {"fields", std::move(fields)}};
  object["rule_id"] = finding.rule == nullptr ? json::value(nullptr) : json::value(finding.rule->id);
  object["level"] = finding.rule == nullptr ? 0U : finding.rule->level;
  object["description"] = text_of(finding.description);
  object["groups"] = finding.rule == nullptr ? json::array() : texts_of(finding.rule->groups);
  object["mitre"] = finding.rule == nullptr ? json::array() : texts_of(finding.rule->mitre);
  object["alert"] = finding.is_alert;
  json::array sigma;
  for (const SigmaMatch& match : finding.sigma) {
    sigma.emplace_back(json::object{{"id", text_of(match.rule->id)},
                                    {"title", text_of(match.rule->title)},
                                    {"author", text_of(match.rule->author)},
                                    {"level", match.rule->level}});
  }
  if (!sigma.empty()) object["sigma"] = std::move(sigma);
  return object;
}

json::object to_json(const Problem& problem) {
  return {{"file", text_of(problem.file)},
          {"line", problem.line},
          {"message", text_of(problem.message)},
          {"severity", problem.is_error ? "error" : "warning"}};
}

}  // namespace warder::loginspection
