#include "manager/events/filter_match.h"

#include <algorithm>
#include <compare>
#include <optional>

#include "manager/events/filter_vocabulary.h"
#include "manager/events/text_pattern.h"

namespace warder::manager {
namespace {

std::optional<FilterValue> field_value(const FilterField& field, const Event& event) {
  const EventValue* value = event.find(field.key);
  if (value == nullptr) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(value)) return FilterValue{*text};
  if (const auto* flag = std::get_if<bool>(value)) return FilterValue{std::int64_t{*flag}};
  return FilterValue{std::get<std::int64_t>(*value)};
}

std::optional<FilterValue> value_of(const FilterField& field, const StoredEvent& stored) {
  const Event& event = stored.event;
  switch (field.column) {
    case EventColumn::None:
      return field_value(field, event);
    case EventColumn::Time:
      return FilterValue{to_micros(event.time)};
    case EventColumn::Received:
      return FilterValue{to_micros(stored.received)};
    case EventColumn::Id:
      return FilterValue{event.id.text()};
    case EventColumn::Agent:
      return stored.agent ? std::optional{FilterValue{stored.agent->text()}} : std::nullopt;
    case EventColumn::Host:
      return FilterValue{stored.host};
    case EventColumn::Module:
      return FilterValue{static_cast<std::int64_t>(event.module)};
    case EventColumn::Type:
      return FilterValue{event.type};
    case EventColumn::Severity:
      return FilterValue{static_cast<std::int64_t>(event.severity)};
    case EventColumn::Action:
      return FilterValue{static_cast<std::int64_t>(event.action)};
    case EventColumn::Rule:
      return FilterValue{event.rule};
    case EventColumn::AssetValue:
      return FilterValue{stored.asset_value};
    case EventColumn::Rank:
      return FilterValue{rank_of(stored.asset_value, event.severity)};
    case EventColumn::Tag:  // has many
      return std::nullopt;
  }
  return std::nullopt;
}

bool matches_any_text(const std::string& pattern, const StoredEvent& stored) {
  const Event& event = stored.event;
  if (matches_pattern(pattern, stored.host) || matches_pattern(pattern, event.type) ||
      matches_pattern(pattern, event.rule))
    return true;
  return std::ranges::any_of(event.fields, [&](const auto& field) {
    const auto* text = std::get_if<std::string>(&field.second);
    return text != nullptr && matches_pattern(pattern, *text);
  });
}

std::string text_of(const FilterValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? *text : std::to_string(std::get<std::int64_t>(value));
}

/// As SQL compares: numbers before texts (the order of the variant's kinds), texts by bytes.
bool holds(const FilterValue& value, const FilterTerm& term) {
  const FilterValue& wanted = term.values[0];
  switch (term.op) {
    case FilterOp::Equal:
    case FilterOp::NotEqual:  // turned around by the caller, as a missing value is
      return value == wanted;
    case FilterOp::Less:
      return value < wanted;
    case FilterOp::LessEqual:
      return value <= wanted;
    case FilterOp::Greater:
      return value > wanted;
    case FilterOp::GreaterEqual:
      return value >= wanted;
    case FilterOp::Like:
      return matches_pattern(std::get<std::string>(wanted), text_of(value));
    case FilterOp::In:
      return std::ranges::find(term.values, value) != term.values.end();
  }
  return false;
}

bool holds_for_a_tag(const FilterTerm& term, const StoredEvent& stored) {
  return std::ranges::any_of(stored.tags, [&](const std::string& tag) { return holds(FilterValue{tag}, term); });
}

bool matches_term(const FilterTerm& term, const StoredEvent& stored) {
  if (term.field->kind == FilterFieldKind::AnyText)
    return matches_any_text(std::get<std::string>(term.values[0]), stored);
  if (term.field->column == EventColumn::Tag) return holds_for_a_tag(term, stored) != (term.op == FilterOp::NotEqual);
  const auto value = value_of(*term.field, stored);
  const bool is_held = value.has_value() && holds(*value, term);
  return term.op == FilterOp::NotEqual ? !is_held : is_held;
}

}  // namespace

bool holds_for_one(const FilterTerm& term, std::span<const FilterValue> values) {
  const bool is_held = std::ranges::any_of(values, [&](const FilterValue& value) { return holds(value, term); });
  return term.op == FilterOp::NotEqual ? !is_held : is_held;
}

bool evaluate(const Filter& filter, const std::function<bool(const FilterTerm&)>& holds) {
  const auto child_holds = [&](const Filter& child) { return evaluate(child, holds); };
  switch (filter.kind) {
    case Filter::Kind::All:
      return true;
    case Filter::Kind::And:
      return std::ranges::all_of(filter.children, child_holds);
    case Filter::Kind::Or:
      return std::ranges::any_of(filter.children, child_holds);
    case Filter::Kind::Not:
      return !evaluate(filter.children[0], holds);
    case Filter::Kind::Term:
      return holds(filter.term);
  }
  return false;
}

bool matches(const Filter& filter, const StoredEvent& stored) {
  return evaluate(filter, [&](const FilterTerm& term) { return matches_term(term, stored); });
}

}  // namespace warder::manager
