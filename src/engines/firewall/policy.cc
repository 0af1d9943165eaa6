#include "engines/firewall/policy.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "engines/firewall/yaml.h"

namespace warder::firewall {
namespace {

namespace json = boost::json;

json::value as_written_text(const json::value& value) {
  return value.is_int64() ? json::value(std::to_string(value.get_int64())) : value;
}

/// `443` where a text or a list of texts is wanted is "443" or ["443"], as people write YAML.
json::value with_lists(std::span<const AnyField> rows, const json::value& item) {
  if (!item.is_object()) return item;
  json::object out;
  for (const auto& member : item.get_object()) {
    const AnyField* row = find_field(rows, member.key());
    json::value value = member.value();
    if (row != nullptr && std::holds_alternative<std::string*>(row->value)) value = as_written_text(value);
    if (row != nullptr && std::holds_alternative<std::vector<std::string>*>(row->value)) {
      if (!value.is_array() && !value.is_object() && !value.is_null()) value = json::array{value};
      if (value.is_array())
        for (json::value& part : value.get_array()) part = as_written_text(part);
    }
    out[member.key()] = std::move(value);
  }
  return out;
}

template <class Item>
Result<std::vector<Item>> parse_items(const json::value& list, std::string_view key, std::size_t most) {
  if (!list.is_array()) return fail(ErrorCode::Invalid, fmt::format("/{}: must be a list of objects", key));
  const json::array& items = list.get_array();
  if (items.size() > most)
    return fail(ErrorCode::TooLarge, fmt::format("/{}: {} entries; at most {}", key, items.size(), most));
  std::vector<Item> parsed;
  parsed.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    Item item;
    const auto rows = bind_fields(item);
    if (auto done = apply_json(rows, with_lists(rows, items[i])); !done) {
      const std::string& message = done.error().message;
      return fail(done.error().code, fmt::format("/{}/{}{}{}", key, i, message.starts_with('/') ? "" : ": ", message));
    }
    parsed.push_back(std::move(item));
  }
  return parsed;
}

template <class Item>
json::array items_json(const std::vector<Item>& items) {
  json::array list;
  for (Item item : items) list.push_back(warder::to_json(bind_fields(item)));
  return list;
}

template <class Item>
json::object items_schema(std::string_view title, std::string_view doc) {
  Item item;
  json::object schema = json_schema(bind_fields(item), title);
  schema.erase("$schema");
  return {{"type", "array"},
          {"description", json::string(doc)},
          {"default", json::array{}},
          {"x-personal-data", "identifier"},
          {"items", std::move(schema)}};
}

/// Only what differs from an empty rule: what a person would write.
template <class Item>
json::object differences(Item item) {
  Item plain;
  const json::object defaults = warder::to_json(bind_fields(plain));
  json::object out;
  for (const auto& member : warder::to_json(bind_fields(item)))
    if (member.value() != defaults.at(member.key())) out[member.key()] = member.value();
  return out;
}

Result<void> parse_lists(Policy& policy, const json::object& section) {
  if (const auto* list = section.if_contains("rules"))
    policy.rules = WD_TRY(parse_items<Rule>(*list, "rules", kMaxRules));
  if (const auto* list = section.if_contains("lists"))
    policy.lists = WD_TRY(parse_items<NamedList>(*list, "lists", 1000));
  if (const auto* list = section.if_contains("schedules"))
    policy.schedules = WD_TRY(parse_items<Schedule>(*list, "schedules", 1000));
  if (const auto* list = section.if_contains("contexts"))
    policy.contexts = WD_TRY(parse_items<Context>(*list, "contexts", 1000));
  return {};
}

bool is_list(std::string_view key) {
  return key == "rules" || key == "lists" || key == "schedules" || key == "contexts";
}

}  // namespace

Result<Policy> parse_policy(const json::value& section) {
  if (!section.is_object()) return fail(ErrorCode::Invalid, "must be an object of settings");
  Policy policy;
  json::object plain;
  for (const auto& member : section.get_object())
    if (!is_list(member.key())) plain[member.key()] = member.value();
  WD_TRY(apply_json(bind_fields(policy), plain));
  WD_TRY(parse_lists(policy, section.get_object()));
  return policy;
}

Result<Policy> parse_policy_text(std::string_view text) {
  const json::value document = WD_TRY(parse_document(text));
  if (!document.is_object()) return fail(ErrorCode::Invalid, "a policy is an object: { rules: [ … ] }");
  if (const auto* section = document.get_object().if_contains("firewall"))
    return parse_policy(*section).in("/firewall");
  return parse_policy(document);
}

json::object to_json(const Rule& rule) {
  return differences(rule);
}

json::object to_json(const Policy& policy) {
  json::object out = differences(policy);
  json::array rules;
  for (const Rule& rule : policy.rules) rules.push_back(differences(rule));
  out["rules"] = std::move(rules);
  const auto add = [&out](std::string_view key, json::array items) {
    if (!items.empty()) out[key] = std::move(items);
  };
  add("lists", items_json(policy.lists));
  add("schedules", items_json(policy.schedules));
  add("contexts", items_json(policy.contexts));
  return out;
}

PolicySection firewall_section() {
  return {"firewall", "Firewall: which packets may come and go, connections, scans, isolation.",
          [](const json::value& value) -> Result<void> {
            WD_TRY(parse_policy(value));
            return {};
          },
          [] {
            Policy policy;
            json::object schema = json_schema(bind_fields(policy), "firewall");
            json::object& properties = schema["properties"].get_object();
            properties["rules"] = items_schema<Rule>("rule", "The rules; their order matters only within one action.");
            properties["lists"] = items_schema<NamedList>("list", "Reusable lists of addresses, ports, macs.");
            properties["schedules"] = items_schema<Schedule>("schedule", "When rules hold.");
            properties["contexts"] = items_schema<Context>("context", "Where rules hold.");
            return schema;
          },
          [] {
            Policy policy;
            json::object defaults = warder::to_json(bind_fields(policy));
            for (const char* key : {"rules", "lists", "schedules", "contexts"}) defaults[key] = json::array{};
            return defaults;
          }};
}

}  // namespace warder::firewall
