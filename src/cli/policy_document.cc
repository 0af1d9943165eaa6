#include "cli/policy_document.h"

#include <string_view>
#include <utility>

namespace warder::cli {
namespace {

/// "integrity.rescan_s" is key rescan_s of section integrity.
Result<std::pair<std::string, std::string>> section_and_key(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == text.size()) {
    return fail(ErrorCode::Invalid, "\"" + std::string(text) + "\" is not section.setting");
  }
  return std::pair(std::string(text.substr(0, dot)), std::string(text.substr(dot + 1)));
}

/// Applies "section.setting=value" to a policy document; the value is JSON, or else a string.
Result<void> set_one(json::object& document, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) {
    return fail(ErrorCode::Invalid, "\"" + std::string(assignment) + "\" is not section.setting=value");
  }
  const auto [section, key] = WD_TRY(section_and_key(assignment.substr(0, equals)));
  const std::string_view text = assignment.substr(equals + 1);
  const auto value = parse_json(text);
  json::value& settings = document[section];
  if (!settings.is_object()) settings = json::object{};
  settings.get_object()[key] = value ? *value : json::value(json::string(text));
  return {};
}

Result<void> unset_one(json::object& document, std::string_view name) {
  const auto [section, key] = WD_TRY(section_and_key(name));
  json::value* const settings = document.if_contains(section);
  if (settings == nullptr || !settings->is_object() || settings->get_object().stable_erase(key) == 0) {
    return fail(ErrorCode::NotFound, "the policy itself does not set " + std::string(name));
  }
  if (settings->get_object().empty()) document.stable_erase(section);
  return {};
}

}  // namespace

Result<void> edit_document(json::object& document, const std::vector<std::string>& settings,
                           const std::vector<std::string>& unset) {
  for (const std::string& assignment : settings) WD_TRY(set_one(document, assignment));
  for (const std::string& name : unset) WD_TRY(unset_one(document, name));
  return {};
}

}  // namespace warder::cli
