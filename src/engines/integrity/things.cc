#include "engines/integrity/things.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "engines/integrity/key_pattern.h"

namespace warder::integrity {
namespace {

constexpr std::size_t kMaxThings = 500'000;
constexpr std::size_t kMaxListBytes = 256 << 20;

bool is_selected(const Condition& condition, const Thing& thing) {
  // These keys are no paths: `*` also matches a slash.
  if (!condition.key.empty() && !matches_section(condition.key, thing.key)) return false;
  return std::all_of(condition.features.begin(), condition.features.end(), [&](const auto& feature) {
    return std::any_of(thing.properties.begin(), thing.properties.end(), [&](const auto& property) {
      return equals_ignoring_case(property.first, feature.first) && matches_section(feature.second, property.second);
    });
  });
}

bool is_selected(const EntitySet& set, const Thing* thing) {
  if (thing == nullptr) return false;
  const auto matches = [&](const Condition& condition) { return is_selected(condition, *thing); };
  if (!set.includes.empty() && std::none_of(set.includes.begin(), set.includes.end(), matches)) return false;
  return std::none_of(set.excludes.begin(), set.excludes.end(), matches);
}

std::string property_of(const Thing& thing, const std::string& name) {
  const auto it = thing.properties.find(name);
  return it == thing.properties.end() ? std::string() : it->second;
}

void compare_one(const Rule& rule, const EntitySet& set, const Thing* was, const Thing* is,
                 const std::function<void(const ThingChange&)>& handler) {
  ThingChange change;
  change.rule = &rule;
  change.set = set.kind;
  change.was = is_selected(set, was) ? was : nullptr;
  change.is = is_selected(set, is) ? is : nullptr;
  if (change.was == nullptr && change.is == nullptr) return;
  if (change.was == nullptr || change.is == nullptr) {
    change.kind = change.was == nullptr ? ChangeKind::Created : ChangeKind::Deleted;
    change.properties = set.properties;
    handler(change);
    return;
  }
  change.kind = ChangeKind::Updated;
  for (const std::string& name : set.properties)
    if (property_of(*was, name) != property_of(*is, name)) change.properties.push_back(name);
  if (!change.properties.empty()) handler(change);
}

boost::json::object describe(const Thing& thing, const std::vector<std::string>& properties) {
  boost::json::object object;
  for (const std::string& name : properties) {
    const auto it = thing.properties.find(name);
    object[name] = it == thing.properties.end() ? boost::json::value(nullptr)
                                                : boost::json::value(boost::json::string(escape_non_utf8(it->second)));
  }
  return object;
}

}  // namespace

std::string encode_things(const std::vector<Thing>& things) {
  boost::json::array list;
  for (const Thing& thing : things) {
    boost::json::object properties;
    for (const auto& [name, value] : thing.properties) properties[name] = boost::json::string(value);
    list.push_back(boost::json::array{boost::json::string(thing.key), std::move(properties)});
  }
  return boost::json::serialize(list);
}

Result<std::vector<Thing>> decode_things(std::string_view text) {
  const auto wrong = [] { return fail(ErrorCode::Corrupt, "baseline: a list of entities is damaged"); };
  auto parsed = parse_json(text, kMaxListBytes);
  if (!parsed || !parsed->is_array() || parsed->get_array().size() > kMaxThings) return wrong();
  std::vector<Thing> things;
  for (const boost::json::value& each : parsed->get_array()) {
    if (!each.is_array() || each.get_array().size() != 2) return wrong();
    const boost::json::value& key = each.get_array()[0];
    const boost::json::value& properties = each.get_array()[1];
    if (!key.is_string() || !properties.is_object()) return wrong();
    Thing thing{std::string(key.get_string()), {}};
    for (const auto& [name, value] : properties.get_object()) {
      if (!value.is_string()) return wrong();
      thing.properties.emplace(name, std::string(value.get_string()));
    }
    things.push_back(std::move(thing));
  }
  return things;
}

void compare_things(SetKind kind, const std::vector<Rule>& rules, const std::vector<Thing>& was,
                    const std::vector<Thing>& is, const std::function<void(const ThingChange&)>& handler) {
  for (const Rule& rule : rules) {
    for (const EntitySet& set : rule.sets) {
      if (set.kind != kind) continue;
      auto old_one = was.begin();
      auto new_one = is.begin();
      while (old_one != was.end() || new_one != is.end()) {
        const bool has_old = old_one != was.end() && (new_one == is.end() || old_one->key <= new_one->key);
        const bool has_new = new_one != is.end() && (old_one == was.end() || new_one->key <= old_one->key);
        compare_one(rule, set, has_old ? &*old_one : nullptr, has_new ? &*new_one : nullptr, handler);
        if (has_old) ++old_one;
        if (has_new) ++new_one;
      }
    }
  }
}

std::vector<SetKind> kinds_of_things(const std::vector<Rule>& rules) {
  std::vector<SetKind> kinds;
  for (const Rule& rule : rules)
    for (const EntitySet& set : rule.sets)
      if (!is_of_files(set.kind)) kinds.push_back(set.kind);
  std::sort(kinds.begin(), kinds.end());
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  return kinds;
}

boost::json::object to_json(const ThingChange& change) {
  const Thing& any = change.is != nullptr ? *change.is : *change.was;
  boost::json::object object{{"change", boost::json::string(name(change.kind))},
                             {"entity", boost::json::string(name(change.set))},
                             {"key", boost::json::string(escape_non_utf8(any.key))},
                             {"was", nullptr},
                             {"is", nullptr},
                             {"rule_id", boost::json::string(change.rule->id)},
                             {"severity", boost::json::string(name(change.rule->severity))},
                             {"actor", nullptr}};
  if (change.was != nullptr) object["was"] = describe(*change.was, change.properties);
  if (change.is != nullptr) object["is"] = describe(*change.is, change.properties);
  return object;
}

}  // namespace warder::integrity
