#include "model/policy.h"

#include <fmt/format.h>

#include <algorithm>

namespace warder {
namespace {

namespace json = boost::json;

const PolicySection* find_section(std::span<const PolicySection> sections, std::string_view name) {
  const auto at =
      std::find_if(sections.begin(), sections.end(), [&](const auto& section) { return section.name == name; });
  return at == sections.end() ? nullptr : &*at;
}

const json::value* find_setting(const json::object& document, std::string_view section, std::string_view key) {
  const json::value* settings = document.if_contains(section);
  return settings != nullptr && settings->is_object() ? settings->get_object().if_contains(key) : nullptr;
}

EffectiveSetting effective(std::string_view section, std::string_view key, const json::value& built_in,
                           std::span<const PolicyLayer> layers) {
  EffectiveSetting setting{std::string(section), std::string(key), built_in, std::nullopt};
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    if (const json::value* value = find_setting(layer->document, section, key)) {
      setting.value = *value;
      setting.origin = layer->id;
      break;
    }
  }
  return setting;
}

}  // namespace

Result<void> check_policy(std::span<const PolicySection> sections, const json::value& document) {
  if (!document.is_object()) return fail(ErrorCode::Invalid, "/: a policy is an object of sections");
  for (const auto& member : document.get_object()) {
    const std::string pointer = fmt::format("/{}", std::string_view(member.key()));
    const PolicySection* section = find_section(sections, member.key());
    if (section == nullptr) return fail(ErrorCode::Invalid, pointer + ": there is no such section");
    if (auto checked = section->check(member.value()); !checked) {
      const std::string& message = checked.error().message;
      return fail(checked.error().code, pointer + (message.starts_with('/') ? "" : ": ") + message);
    }
  }
  return {};
}

std::vector<EffectiveSetting> effective_settings(std::span<const PolicySection> sections,
                                                 std::span<const PolicyLayer> layers) {
  std::vector<EffectiveSetting> settings;
  for (const PolicySection& section : sections) {
    const json::object defaults = section.defaults();
    for (const auto& row : defaults) settings.push_back(effective(section.name, row.key(), row.value(), layers));
  }
  return settings;
}

json::object effective_policy(std::span<const PolicySection> sections, std::span<const PolicyLayer> layers) {
  json::object document;
  for (EffectiveSetting& setting : effective_settings(sections, layers)) {
    auto [section, added] = document.emplace(setting.section, json::object{});
    section->value().get_object()[setting.key] = std::move(setting.value);
  }
  return document;
}

json::object policy_schema(std::span<const PolicySection> sections) {
  json::object properties;
  for (const PolicySection& section : sections) {
    json::object schema = section.schema();
    schema.erase("$schema");
    schema["description"] = json::string(section.doc);
    properties[section.name] = std::move(schema);
  }
  json::object out;
  out["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  out["title"] = "Policy";
  out["type"] = "object";
  out["additionalProperties"] = false;
  out["properties"] = std::move(properties);
  return out;
}

}  // namespace warder
