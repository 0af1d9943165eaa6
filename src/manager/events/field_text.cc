#include "manager/events/field_text.h"

#include "manager/events/rank.h"
#include "manager/events/tags.h"

namespace warder::manager {
namespace {

std::string value_text(const EventValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  return std::to_string(std::get<std::int64_t>(value));
}

}  // namespace

std::string field_text(const FilterField& field, const StoredEvent& stored) {
  switch (field.column) {
    case EventColumn::Agent:
      return stored.agent ? stored.agent->text() : "";
    case EventColumn::Host:
      return stored.host;
    case EventColumn::Module:
      return std::string(name(stored.event.module));
    case EventColumn::Type:
      return stored.event.type;
    case EventColumn::Severity:
      return std::string(name(stored.event.severity));
    case EventColumn::Action:
      return std::string(name(stored.event.action));
    case EventColumn::Rule:
      return stored.event.rule;
    case EventColumn::Id:
      return stored.event.id.text();
    case EventColumn::AssetValue:
      return std::to_string(stored.asset_value);
    case EventColumn::Rank:
      return std::to_string(rank_of(stored.asset_value, stored.event.severity));
    case EventColumn::Tag:
      return tags_text(stored.tags);
    case EventColumn::None:
    case EventColumn::Time:
    case EventColumn::Received:
      break;
  }
  const EventValue* const value = stored.event.find(field.key);
  return value == nullptr ? "" : value_text(*value);
}

}  // namespace warder::manager
