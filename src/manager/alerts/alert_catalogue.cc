#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "manager/alerts/alert_rule.h"

namespace warder::manager {
namespace {

json::value scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return json::string(text);  // quoted
  if (const auto number = parse_integer<std::int64_t>(text)) return *number;
  if (text == "true" || text == "false") return text == "true";
  return json::string(text);
}

json::value to_json(const YAML::Node& node) {
  if (node.IsSequence()) {
    json::array list;
    for (const YAML::Node& each : node) list.push_back(to_json(each));
    return list;
  }
  if (node.IsMap()) {
    json::object object;
    for (const auto& each : node) object[each.first.Scalar()] = to_json(each.second);
    return object;
  }
  return scalar(node);
}

Result<AlertRule> rule_of(const json::object& object) {
  AlertRule rule;
  rule.id = WD_TRY(get_string(object, "id"));
  rule.is_built_in = true;
  WD_TRY(read_rule(object, rule).in(rule.id));
  for (const char* language : {"en", "ja"}) {
    const AlertText& text = rule.texts[language];
    if (text.title.empty() || text.meaning.empty() || text.action.empty())
      return fail(ErrorCode::Invalid, rule.id + ": has no title, meaning or action in " + language);
  }
  rule.name = rule.id;
  return rule;
}

}  // namespace

Result<std::vector<AlertRule>> parse_alert_catalogue(const std::string& text) {
  json::value all;
  try {
    all = to_json(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::Invalid, error.what());
  }
  if (!all.is_array()) return fail(ErrorCode::Invalid, "is no list of rules");
  std::vector<AlertRule> rules;
  for (const json::value& each : all.get_array()) {
    if (!each.is_object()) return fail(ErrorCode::Invalid, "has an entry that is no rule");
    rules.push_back(WD_TRY(rule_of(each.get_object())));
  }
  return rules;
}

Result<std::vector<AlertRule>> load_alert_catalogue(const std::filesystem::path& folder) {
  std::set<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".yaml") files.insert(entry.path());
  if (files.empty()) return fail(ErrorCode::NotFound, folder.string() + ": has no catalogue of alerts");
  std::vector<AlertRule> rules;
  std::set<std::string> ids;
  for (const std::filesystem::path& file : files) {
    auto some = WD_TRY(parse_alert_catalogue(WD_TRY(read_file(file))).in(file.string()));
    for (AlertRule& rule : some) {
      if (!ids.insert(rule.id).second)
        return fail(ErrorCode::Invalid, file.string() + ": " + rule.id + " is there twice");
      rules.push_back(std::move(rule));
    }
  }
  return rules;
}

}  // namespace warder::manager
