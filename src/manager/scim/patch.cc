#include "manager/scim/patch.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "manager/scim/filter.h"

namespace warder::manager::scim {
namespace {

enum class Verb : std::uint8_t { Add, Replace, Remove };

/// Where an operation works.
struct Target {
  const Attribute* attribute = nullptr;
  const Attribute* part = nullptr;
  const Filter* values = nullptr;
  std::string pointer;
};

std::optional<Verb> verb_of(std::string_view text) {
  if (equals_ignoring_case(text, "add")) return Verb::Add;
  if (equals_ignoring_case(text, "replace")) return Verb::Replace;
  if (equals_ignoring_case(text, "remove")) return Verb::Remove;
  return std::nullopt;
}

/// A member in any case of letters: some clients write "Operations" and "Path" their own way.
const json::value* find_any_case(const json::object& object, std::string_view name) {
  for (const auto& [key, value] : object)
    if (equals_ignoring_case(key, name)) return &value;
  return nullptr;
}

bool is_primary(const json::value& value) {
  const json::value* const primary = value.is_object() ? find(value.get_object(), "primary") : nullptr;
  return primary != nullptr && primary->is_bool() && primary->get_bool();
}

/// Only the one at `kept`, when that is primary.
void keep_primary(json::array& values, std::size_t kept) {
  if (!is_primary(values[kept])) return;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (i != kept && is_primary(values[i])) values[i].get_object()["primary"] = false;
}

void store(json::object& resource, const Attribute& attribute, json::value value) {
  const bool is_nothing = value.is_null() || (value.is_array() && value.get_array().empty()) ||
                          (value.is_object() && value.get_object().empty());
  if (is_nothing)
    resource.erase(attribute.name);
  else
    resource[attribute.name] = std::move(value);
}

/// Two values of a list are one when value and type are the same, or all of them where there is no value.
std::string identity_of(const json::value& value) {
  if (!value.is_object()) return json::serialize(value);
  const json::object& object = value.get_object();
  const json::value* const own = find(object, "value");
  if (own == nullptr) return canonical_json(value);
  const json::value* const type = find(object, "type");
  return json::serialize(*own) + (type == nullptr ? "" : json::serialize(*type));
}

/// "members" have a person once, whatever else is said.
std::string identity_of(const Attribute& attribute, const json::value& value) {
  const json::value* const own = value.is_object() ? find(value.get_object(), "value") : nullptr;
  return attribute.name == "members" && own != nullptr ? json::serialize(*own) : identity_of(value);
}

void merge(json::object& into, const json::object& values) {
  for (const auto& [key, value] : values) into[key] = value;
}

/// What "type eq \"work\" and primary eq true" says that a value has; nothing for other filters.
bool add_equalities(const Attribute& attribute, const Filter& filter, json::object& value) {
  if (filter.kind == Filter::Kind::Compare && filter.comparison == Comparison::Equal && !filter.value.is_null()) {
    value[find_part(attribute, filter.path.name)->name] = filter.value;
    return true;
  }
  return filter.kind == Filter::Kind::And && std::ranges::all_of(filter.children, [&](const Filter& child) {
           return add_equalities(attribute, child, value);
         });
}

class Patch {
 public:
  Patch(const Kind& kind, json::object& resource) : kind_(kind), resource_(resource) {}

  Result<void> apply(const json::object& operation) {
    const json::value* const op = find_any_case(operation, "op");
    const auto verb = op != nullptr && op->is_string() ? verb_of(op->get_string()) : std::nullopt;
    if (!verb) return fail_as("invalidSyntax", "op: want add, replace or remove");
    const json::value* const path = find_any_case(operation, "path");
    const json::value* const value = find_any_case(operation, "value");
    if (*verb != Verb::Remove && value == nullptr) return fail_as("invalidSyntax", "value: is missing");
    if (path != nullptr && !path->is_null()) {
      if (!path->is_string()) return fail_as("invalidPath", "not text");
      return apply_at(*verb, path->get_string(), value, true);
    }
    if (*verb == Verb::Remove) return fail_as("noTarget", "remove without a path");
    if (!value->is_object()) return fail_as("invalidValue", "without a path the value is an object of attributes");
    for (const auto& [key, one] : value->get_object()) WD_TRY(apply_key(*verb, key, one));
    return {};
  }

 private:
  /// A member of a value without a path. What is read-only or not known is passed over, as in a whole resource; an
  /// extension's object has its members within.
  Result<void> apply_key(Verb verb, std::string_view key, const json::value& value) {
    if (equals_ignoring_case(key, kind_.schema) && value.is_object()) {
      for (const auto& [inner, one] : value.get_object()) WD_TRY(apply_key(verb, inner, one));
      return {};
    }
    if (find_attribute(kind_, key) == nullptr && key.find_first_of(".[:") == std::string_view::npos) return {};
    if (to_lower_ascii(key).starts_with("urn:") && value.is_object() && !key.ends_with(']') &&
        find_attribute(kind_, key.substr(key.rfind(':') + 1)) == nullptr)
      return {};
    return apply_at(verb, key, &value, false);
  }

  Result<void> apply_at(Verb verb, std::string_view text, const json::value* value, bool is_strict) {
    const PatchPath path = WD_TRY(parse_path(text));
    Target target;
    target.attribute = find_target(path.attribute);
    if (target.attribute == nullptr) {
      if (is_not_stored(kind_, path.attribute.name)) return {};
      return is_strict ? fail_as("invalidPath", std::string(text) + ": there is no such attribute") : Result<void>{};
    }
    target.pointer = "/" + std::string(target.attribute->name);
    if (target.attribute->mutability == Mutability::ReadOnly)
      return is_strict ? fail_as("mutability", target.pointer + ": cannot be changed") : Result<void>{};
    if (path.values) WD_TRY(check_values(*target.attribute, *path.values));
    target.values = path.values ? &*path.values : nullptr;
    if (!path.attribute.part.empty()) {
      target.part = find_part(*target.attribute, path.attribute.part);
      if (target.part == nullptr) {
        // "name.honorificPrefix" is the RFC's, too.
        if (is_not_stored(kind_, path.attribute.part)) return {};
        return fail_as("invalidPath", std::string(text) + ": there is no such part");
      }
    }
    if (verb == Verb::Remove) return remove(target, value);
    return put(verb, target, *value);
  }

  const Attribute* find_target(const AttributePath& path) const {
    if (!path.schema.empty() && !equals_ignoring_case(path.schema, kind_.schema)) return nullptr;
    return find_attribute(kind_, path.name);
  }

  static Result<void> check_values(const Attribute& attribute, const Filter& values) {
    if (!attribute.is_multi)
      return fail_as("invalidPath", std::string(attribute.name) + ": has one value, nothing to choose from");
    auto checked = check_value_filter(attribute, values);
    return checked;
  }

  Result<void> put(Verb verb, const Target& target, const json::value& given) {
    const Attribute& attribute = *target.attribute;
    if (target.values != nullptr) return put_chosen(verb, target, given);
    if (target.part != nullptr) return put_part(target, given);
    if (attribute.type == Type::Complex && !attribute.is_multi && given.is_object())
      return put_parts(target, given.get_object());
    json::value value = WD_TRY(normalize_value(attribute, given, target.pointer));
    if (verb == Verb::Add && value.is_null()) return {};
    if (attribute.is_multi)
      return verb == Verb::Add ? append(target, std::move(value)) : replace(attribute, std::move(value));
    return replace(attribute, std::move(value));
  }

  /// The parts that are given; others stay.
  Result<void> put_parts(const Target& target, const json::object& given) {
    json::value present = current(*target.attribute);
    if (!present.is_object()) present = json::object();
    for (const auto& [key, value] : given) {
      const Attribute* const part = find_part(*target.attribute, key);
      if (part == nullptr) continue;
      const std::string pointer = target.pointer + "/" + std::string(part->name);
      set_part(present.get_object(), *part, WD_TRY(normalize_value(*part, value, pointer)));
    }
    store(resource_, *target.attribute, std::move(present));
    return {};
  }

  Result<void> replace(const Attribute& attribute, json::value value) {
    if (attribute.is_required && value.is_null())
      return fail_as("mutability", "/" + std::string(attribute.name) + ": is required");
    if (value.is_array()) {
      json::array once;
      std::set<std::string> seen;
      for (json::value& one : value.get_array())
        if (seen.insert(identity_of(attribute, one)).second) once.push_back(std::move(one));
      keep_one_primary(once);
      value = std::move(once);
    }
    store(resource_, attribute, std::move(value));
    return {};
  }

  Result<void> append(const Target& target, json::value value) {
    if (!value.is_array()) return {};
    const json::value* const present = find(resource_, target.attribute->name);
    json::array values = present == nullptr ? json::array() : present->get_array();
    std::set<std::string> seen;
    for (const json::value& one : values) seen.insert(identity_of(*target.attribute, one));
    for (json::value& one : value.get_array()) {
      if (!seen.insert(identity_of(*target.attribute, one)).second) continue;
      values.push_back(std::move(one));
      keep_primary(values, values.size() - 1);
    }
    // Once more: there may be too many by now.
    store(resource_, *target.attribute, WD_TRY(normalize_value(*target.attribute, values, target.pointer)));
    return {};
  }

  /// A part of the one value, or of each of several.
  Result<void> put_part(const Target& target, const json::value& given) {
    const json::value value =
        WD_TRY(normalize_value(*target.part, given, target.pointer + "/" + std::string(target.part->name)));
    json::value present = current(*target.attribute);
    if (!target.attribute->is_multi) {
      if (!present.is_object()) present = json::object();
      set_part(present.get_object(), *target.part, value);
      store(resource_, *target.attribute, std::move(present));
      return {};
    }
    if (!present.is_array() || present.get_array().empty())
      return fail_as("noTarget", target.pointer + ": has no values");
    for (json::value& one : present.get_array()) set_part(one.get_object(), *target.part, value);
    if (target.part->name == "primary") keep_one_primary(present.get_array());
    return put_back(target, std::move(present));
  }

  Result<void> put_chosen(Verb verb, const Target& target, const json::value& given) {
    json::object values;
    if (target.part != nullptr) {
      const std::string pointer = target.pointer + "/" + std::string(target.part->name);
      values[target.part->name] = WD_TRY(normalize_value(*target.part, given, pointer));
    } else {
      values = WD_TRY(one_value(target, given));
    }
    json::value present = current(*target.attribute);
    if (!present.is_array()) present = json::array();
    json::array& all = present.get_array();
    bool is_found = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!matches_value(*target.attribute, *target.values, all[i])) continue;
      is_found = true;
      for (const auto& [key, value] : values) set_part(all[i].get_object(), *find_part(*target.attribute, key), value);
      keep_primary(all, i);
    }
    if (!is_found) {
      all.push_back(WD_TRY(made_for(verb, target, values)));
      keep_primary(all, all.size() - 1);
    }
    return put_back(target, std::move(present));
  }

  /// A value that the filter finds, with what was given.
  Result<json::value> made_for(Verb verb, const Target& target, const json::object& values) const {
    json::object made;
    if (verb != Verb::Add || !add_equalities(*target.attribute, *target.values, made))
      return fail_as("noTarget", target.pointer + "[" + print(*target.values) + "]: nothing is like that");
    merge(made, values);
    const json::value list = WD_TRY(normalize_value(*target.attribute, made, target.pointer));
    return list.is_array() ? list.get_array().front() : json::value(json::object());
  }

  /// What replaces parts of chosen values.
  static Result<json::object> one_value(const Target& target, const json::value& given) {
    const json::value value = WD_TRY(normalize_value(*target.attribute, given, target.pointer));
    if (!value.is_array() || value.get_array().size() != 1 || !value.get_array().front().is_object())
      return fail_as("invalidValue", target.pointer + ": want one value");
    return value.get_array().front().get_object();
  }

  Result<void> remove(const Target& target, const json::value* value) {
    const Attribute& attribute = *target.attribute;
    if (target.part == nullptr && target.values == nullptr) {
      if (attribute.is_required) return fail_as("mutability", target.pointer + ": is required");
      if (value != nullptr && !value->is_null() && attribute.is_multi) return remove_listed(target, *value);
      resource_.erase(attribute.name);
      return {};
    }
    json::value present = current(attribute);
    if (present.is_object()) {
      present.get_object().erase(target.part->name);
      store(resource_, attribute, std::move(present));
    }
    if (!present.is_array()) return {};
    json::array kept;
    for (json::value& one : present.get_array()) {
      if (target.values == nullptr || matches_value(attribute, *target.values, one)) {
        if (target.part == nullptr) continue;
        one.get_object().erase(target.part->name);
      }
      kept.push_back(std::move(one));
    }
    return put_back(target, std::move(kept));
  }

  /// Entra removes members so: the path is the list, the value has those that go.
  Result<void> remove_listed(const Target& target, const json::value& value) {
    const json::value listed = WD_TRY(normalize_value(*target.attribute, value, target.pointer));
    json::value present = current(*target.attribute);
    if (!listed.is_array() || !present.is_array()) return {};
    std::set<std::string> gone;
    for (const json::value& one : listed.get_array()) gone.insert(value_of(one));
    json::array kept;
    for (json::value& one : present.get_array())
      if (!gone.contains(value_of(one))) kept.push_back(std::move(one));
    return put_back(target, std::move(kept));
  }

  static std::string value_of(const json::value& one) {
    const json::value* const value = one.is_object() ? find(one.get_object(), "value") : &one;
    return value == nullptr ? std::string() : json::serialize(*value);
  }

  json::value current(const Attribute& attribute) const {
    const json::value* const present = find(resource_, attribute.name);
    return present == nullptr ? json::value() : *present;
  }

  static void set_part(json::object& value, const Attribute& part, const json::value& to) {
    if (to.is_null())
      value.erase(part.name);
    else
      value[part.name] = to;
  }

  /// What has become empty goes.
  Result<void> put_back(const Target& target, json::value values) {
    json::value normal = WD_TRY(normalize_value(*target.attribute, values, target.pointer));
    if (normal.is_array()) keep_one_primary(normal.get_array());
    store(resource_, *target.attribute, std::move(normal));
    return {};
  }

  const Kind& kind_;
  json::object& resource_;
};

}  // namespace

Result<json::object> apply_patch(const Kind& kind, json::object resource, const json::value& request) {
  const json::value* const list = request.is_object() ? find_any_case(request.get_object(), "Operations") : nullptr;
  if (list == nullptr || !list->is_array() || list->get_array().empty())
    return fail_as("invalidSyntax", "Operations: want a list with one at least");
  const json::array& operations = list->get_array();
  if (operations.size() > kMaxOperations)
    return fail_as("tooMany", "more than " + std::to_string(kMaxOperations) + " operations");
  Patch patch(kind, resource);
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (!operations[i].is_object())
      return fail_as("invalidSyntax", "Operations/" + std::to_string(i) + ": not an object");
    WD_TRY(patch.apply(operations[i].get_object()));
  }
  WD_TRY(check_whole(kind, resource));
  return resource;
}

}  // namespace warder::manager::scim
