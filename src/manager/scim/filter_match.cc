#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "manager/scim/filter.h"

namespace warder::manager::scim {
namespace {

bool is_order(Comparison comparison) {
  switch (comparison) {
    case Comparison::Greater:
    case Comparison::GreaterEqual:
    case Comparison::Less:
    case Comparison::LessEqual:
      return true;
    case Comparison::Equal:
    case Comparison::NotEqual:
    case Comparison::Contains:
    case Comparison::StartsWith:
    case Comparison::EndsWith:
      return false;
  }
  return false;
}

/// What stands on the left of a comparison: an attribute, or a part of one.
struct Place {
  const Attribute* attribute = nullptr;
  const Attribute* leaf = nullptr;  // what is compared; of a complex attribute alone its "value"
};

std::optional<Place> place_of(const Attribute& attribute, std::string_view part) {
  Place place{&attribute, &attribute};
  if (attribute.type == Type::Complex)
    place.leaf = find_part(attribute, part.empty() ? std::string_view("value") : part);
  else if (!part.empty())
    place.leaf = nullptr;
  if (place.leaf == nullptr) return std::nullopt;
  return place;
}

Result<void> check_comparison(const Attribute& leaf, const Filter& filter) {
  const auto senseless = [&](const std::string& why) {
    return fail_as("invalidFilter", print(filter.path) + " " + std::string(name(filter.comparison)) + ": " + why);
  };
  const bool is_equality = filter.comparison == Comparison::Equal || filter.comparison == Comparison::NotEqual;
  if (filter.value.is_null()) return is_equality ? Result<void>{} : senseless("null only with eq and ne");
  if (leaf.type == Type::Boolean) {
    if (!is_equality) return senseless("true and false only with eq and ne");
    const bool is_word = filter.value.is_string() && (equals_ignoring_case(filter.value.get_string(), "true") ||
                                                      equals_ignoring_case(filter.value.get_string(), "false"));
    return filter.value.is_bool() || is_word ? Result<void>{} : senseless("not true or false");
  }
  if (!filter.value.is_string()) return senseless("not text");
  if (leaf.type == Type::DateTime && (is_equality || is_order(filter.comparison)) &&
      !parse_rfc3339(filter.value.get_string()))
    return senseless("not a time");
  return {};
}

int order_of(const Attribute& leaf, std::string_view a, std::string_view b) {
  if (leaf.type == Type::DateTime) {
    const auto left = parse_rfc3339(a);
    const auto right = parse_rfc3339(b);
    if (left && right) return *left < *right ? -1 : *left > *right ? 1 : 0;
  }
  return leaf.is_case_exact ? a.compare(b) : to_lower_ascii(a).compare(to_lower_ascii(b));
}

bool compare_text(const Attribute& leaf, Comparison comparison, std::string_view value, std::string_view wanted) {
  const std::string left = leaf.is_case_exact ? std::string(value) : to_lower_ascii(value);
  const std::string right = leaf.is_case_exact ? std::string(wanted) : to_lower_ascii(wanted);
  switch (comparison) {
    case Comparison::Equal:
    case Comparison::NotEqual:  // of which the caller takes the opposite
      return order_of(leaf, value, wanted) == 0;
    case Comparison::Contains:
      return left.find(right) != std::string::npos;
    case Comparison::StartsWith:
      return left.starts_with(right);
    case Comparison::EndsWith:
      return left.ends_with(right);
    case Comparison::Greater:
      return order_of(leaf, value, wanted) > 0;
    case Comparison::GreaterEqual:
      return order_of(leaf, value, wanted) >= 0;
    case Comparison::Less:
      return order_of(leaf, value, wanted) < 0;
    case Comparison::LessEqual:
      return order_of(leaf, value, wanted) <= 0;
  }
  return false;
}

bool compare(const Attribute& leaf, const Filter& filter, const json::value& value) {
  if (value.is_bool()) {
    const bool wanted = filter.value.is_bool()
                            ? filter.value.get_bool()
                            : filter.value.is_string() && equals_ignoring_case(filter.value.get_string(), "true");
    return !filter.value.is_null() && value.get_bool() == wanted;
  }
  return value.is_string() && filter.value.is_string() &&
         compare_text(leaf, filter.comparison, value.get_string(), filter.value.get_string());
}

/// The leaf's value in one value of the attribute; null when it is not there.
const json::value* leaf_of(const Place& place, const json::value& value) {
  if (place.leaf == place.attribute) return &value;
  return value.is_object() ? find(value.get_object(), place.leaf->name) : nullptr;
}

/// Whether any of the values at a place fulfils it.
template <class Test>
bool any_of(const Place& place, const json::value* value, const Test& test) {
  if (value == nullptr) return false;
  const auto holds = [&](const json::value& one) {
    const json::value* const leaf = leaf_of(place, one);
    return leaf != nullptr && !leaf->is_null() && test(*leaf);
  };
  if (value->is_array()) return std::ranges::any_of(value->get_array(), holds);
  return holds(*value);
}

bool matches_at(const Place& place, const Filter& filter, const json::value* value) {
  const auto is_there = [](const json::value& leaf) { return !leaf.is_string() || !leaf.get_string().empty(); };
  if (filter.kind == Filter::Kind::Present) return any_of(place, value, is_there);
  const bool is_negative = filter.comparison == Comparison::NotEqual;
  if (filter.value.is_null()) return any_of(place, value, is_there) == is_negative;
  const bool is_any = any_of(place, value, [&](const json::value& leaf) { return compare(*place.leaf, filter, leaf); });
  return is_negative ? !is_any : is_any;
}

/// The tree around what is about one attribute.
template <class Term>
bool evaluate(const Filter& filter, const Term& term) {
  const auto inner = [&](const Filter& child) { return evaluate(child, term); };
  switch (filter.kind) {
    case Filter::Kind::And:
      return std::ranges::all_of(filter.children, inner);
    case Filter::Kind::Or:
      return std::ranges::any_of(filter.children, inner);
    case Filter::Kind::Not:
      return !inner(filter.children.front());
    case Filter::Kind::Compare:
    case Filter::Kind::Present:
    case Filter::Kind::Values:
      return term(filter);
  }
  return false;
}

template <class Term>
Result<void> check_each(const Filter& filter, const Term& term) {
  if (filter.kind == Filter::Kind::Compare || filter.kind == Filter::Kind::Present ||
      filter.kind == Filter::Kind::Values)
    return term(filter);
  for (const Filter& child : filter.children) WD_TRY(check_each(child, term));
  return {};
}

bool is_of(const Kind& kind, const AttributePath& path) {
  return path.schema.empty() || equals_ignoring_case(path.schema, kind.schema);
}

Result<void> check_term(const Attribute& attribute, std::string_view part, const Filter& filter) {
  if (filter.kind == Filter::Kind::Present && part.empty()) return {};
  const auto place = place_of(attribute, part);
  if (!place) return fail_as("invalidFilter", print(filter.path) + ": there is no such part");
  return filter.kind == Filter::Kind::Present ? Result<void>{} : check_comparison(*place->leaf, filter);
}

bool matches_term(const Attribute& attribute, std::string_view part, const Filter& filter, const json::value* value) {
  // Of a whole complex attribute nothing but its being there can be asked.
  if (filter.kind == Filter::Kind::Present && part.empty()) return value != nullptr && !value->is_null();
  const auto place = place_of(attribute, part);
  return place && matches_at(*place, filter, value);
}

}  // namespace

Result<void> check_value_filter(const Attribute& attribute, const Filter& filter) {
  return check_each(filter, [&](const Filter& term) -> Result<void> {
    const Attribute* const part = find_part(attribute, term.path.name);
    if (part == nullptr || !term.path.part.empty() || term.kind == Filter::Kind::Values)
      return fail_as("invalidFilter", print(term.path) + ": " + std::string(attribute.name) + " has no such part");
    return check_term(*part, {}, term);
  });
}

bool matches_value(const Attribute& attribute, const Filter& filter, const json::value& value) {
  return evaluate(filter, [&](const Filter& term) {
    const Attribute* const part = find_part(attribute, term.path.name);
    if (part == nullptr) return false;
    return matches_term(*part, {}, term, value.is_object() ? find(value.get_object(), part->name) : nullptr);
  });
}

Result<void> check_filter(const Kind& kind, const Filter& filter) {
  return check_each(filter, [&](const Filter& term) -> Result<void> {
    const bool is_foreign = !is_of(kind, term.path);
    const Attribute* const attribute = is_foreign ? nullptr : find_attribute(kind, term.path.name);
    if (attribute == nullptr) {
      if (is_not_stored(kind, term.path.name)) return {};
      return fail_as("invalidFilter", print(term.path) + ": there is no such attribute");
    }
    if (term.kind != Filter::Kind::Values) return check_term(*attribute, term.path.part, term);
    if (!term.path.part.empty() || attribute->type != Type::Complex)
      return fail_as("invalidFilter", print(term.path) + ": has no parts to choose by");
    return check_value_filter(*attribute, term.children.front());
  });
}

bool matches(const Kind& kind, const Filter& filter, const json::object& resource) {
  return evaluate(filter, [&](const Filter& term) {
    const Attribute* const attribute = is_of(kind, term.path) ? find_attribute(kind, term.path.name) : nullptr;
    if (attribute == nullptr) {  // not stored: absent from everybody
      const bool is_negative = term.comparison == Comparison::NotEqual;
      return term.kind == Filter::Kind::Compare && term.value.is_null() != is_negative;
    }
    const json::value* const value = find(resource, attribute->name);
    if (term.kind != Filter::Kind::Values) return matches_term(*attribute, term.path.part, term, value);
    if (value == nullptr) return false;
    const auto holds = [&](const json::value& one) { return matches_value(*attribute, term.children.front(), one); };
    return value->is_array() ? std::ranges::any_of(value->get_array(), holds) : holds(*value);
  });
}

}  // namespace warder::manager::scim
