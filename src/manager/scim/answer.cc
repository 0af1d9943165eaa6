#include "manager/scim/answer.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace warder::manager::scim {
namespace {

bool names(const Kind& kind, const AttributePath& path, const Attribute& attribute) {
  return (path.schema.empty() || equals_ignoring_case(path.schema, kind.schema)) &&
         equals_ignoring_case(path.name, attribute.name);
}

std::vector<const AttributePath*> about(const Kind& kind, const std::vector<AttributePath>& paths,
                                        const Attribute& attribute) {
  std::vector<const AttributePath*> found;
  for (const AttributePath& path : paths)
    if (names(kind, path, attribute)) found.push_back(&path);
  return found;
}

bool is_whole(const AttributePath* path) {
  return path->part.empty();
}

/// The parts of one value, or of each of several.
template <class Keep>
json::value with_parts(const json::value& value, const Keep& keep) {
  if (value.is_array()) {
    json::array all;
    for (const json::value& one : value.get_array()) all.push_back(with_parts(one, keep));
    return all;
  }
  if (!value.is_object()) return value;
  json::object parts;
  for (const auto& [key, part] : value.get_object())
    if (keep(key)) parts.emplace(key, part);
  return parts;
}

Result<std::vector<AttributePath>> parse_list(std::string_view text) {
  std::vector<AttributePath> paths;
  for (const std::string_view each : split(text, ',')) {
    if (trim(each).empty()) continue;
    paths.push_back(WD_TRY(parse_attribute(each)));
  }
  return paths;
}

/// What a resource is sorted by: of several values the primary one, or the first.
std::string sort_key(const Kind& kind, const AttributePath& path, const json::object& resource) {
  const Attribute* const attribute = find_attribute(kind, path.name);
  const json::value* value = attribute == nullptr ? nullptr : find(resource, attribute->name);
  if (value != nullptr && value->is_array()) {
    const json::array& values = value->get_array();
    const auto primary = std::ranges::find_if(values, [](const json::value& one) {
      const json::value* const flag = one.is_object() ? find(one.get_object(), "primary") : nullptr;
      return flag != nullptr && flag->is_bool() && flag->get_bool();
    });
    value = values.empty() ? nullptr : primary == values.end() ? &values.front() : &*primary;
  }
  const Attribute* leaf = attribute;
  if (value != nullptr && value->is_object()) {
    leaf = find_part(*attribute, path.part.empty() ? std::string_view("value") : path.part);
    value = leaf == nullptr ? nullptr : find(value->get_object(), leaf->name);
  }
  if (value == nullptr) return {};
  if (value->is_bool()) return value->get_bool() ? "true" : "false";
  if (!value->is_string()) return {};
  return leaf->is_case_exact ? std::string(value->get_string()) : to_lower_ascii(value->get_string());
}

}  // namespace

Result<Selection> parse_selection(std::string_view only, std::string_view without) {
  if (!only.empty() && !without.empty())
    return fail_as("invalidValue", "attributes and excludedAttributes do not go together");
  return Selection{WD_TRY(parse_list(only)), WD_TRY(parse_list(without))};
}

bool shows(const Kind& kind, const Selection& selection, std::string_view name) {
  const Attribute* const attribute = find_attribute(kind, name);
  if (attribute == nullptr) return false;
  if (attribute->returned == Returned::Always) return true;
  if (!selection.only.empty()) return !about(kind, selection.only, *attribute).empty();
  return std::ranges::none_of(about(kind, selection.without, *attribute), is_whole);
}

json::object select(const Kind& kind, const json::object& resource, const Selection& selection) {
  json::object shown;
  for (const auto& [key, value] : resource) {
    if (!shows(kind, selection, key)) continue;
    const Attribute& attribute = *find_attribute(kind, key);
    const bool is_positive = !selection.only.empty();
    const auto paths = about(kind, is_positive ? selection.only : selection.without, attribute);
    if (attribute.returned == Returned::Always || paths.empty() || std::ranges::any_of(paths, is_whole)) {
      shown.emplace(key, value);
      continue;
    }
    shown.emplace(key, with_parts(value, [&](std::string_view part) {
                    const bool is_named = std::ranges::any_of(
                        paths, [&](const AttributePath* path) { return equals_ignoring_case(path->part, part); });
                    return is_named == is_positive;
                  }));
  }
  return shown;
}

std::vector<std::size_t> choose(const Kind& kind, const Query& query, const std::vector<json::object>& resources) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < resources.size(); ++i)
    if (!query.filter || matches(kind, *query.filter, resources[i])) chosen.push_back(i);
  if (!query.sort_by) return chosen;
  std::vector<std::pair<std::string, std::size_t>> keyed;
  keyed.reserve(chosen.size());
  for (const std::size_t i : chosen) keyed.emplace_back(sort_key(kind, *query.sort_by, resources[i]), i);
  std::ranges::stable_sort(keyed, [&](const auto& a, const auto& b) {
    if (a.first.empty() != b.first.empty()) return a.first.empty() == query.is_descending;
    return query.is_descending ? b.first < a.first : a.first < b.first;
  });
  for (std::size_t i = 0; i < keyed.size(); ++i) chosen[i] = keyed[i].second;
  return chosen;
}

Result<void> check_sort(const Kind& kind, const AttributePath& path) {
  const Attribute* const attribute = find_attribute(kind, path.name);
  const bool is_known = attribute != nullptr && (path.part.empty() || find_part(*attribute, path.part) != nullptr);
  if (is_known || is_not_stored(kind, path.name)) return {};
  return fail_as("invalidPath", print(path) + ": there is no such attribute");
}

json::object list_response(std::int64_t total, std::int64_t start, json::array resources) {
  return {{"schemas", json::array{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}},
          {"totalResults", total},
          {"startIndex", start},
          {"itemsPerPage", static_cast<std::int64_t>(resources.size())},
          {"Resources", std::move(resources)}};
}

json::object error_response(int status, std::string_view type, std::string_view detail) {
  json::object error{{"schemas", json::array{"urn:ietf:params:scim:api:messages:2.0:Error"}},
                     {"status", std::to_string(status)}};
  if (!type.empty()) error["scimType"] = type;
  if (!detail.empty()) error["detail"] = detail;
  return error;
}

}  // namespace warder::manager::scim
