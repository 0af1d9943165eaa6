#include "manager/events/filter_fields.h"

#include <algorithm>
#include <vector>

namespace warder::manager {
namespace {

using Kind = FilterFieldKind;

constexpr FilterField kColumns[] = {
    {"time", Kind::Time, EventColumn::Time, PersonalData::None, "When it happened"},
    {"received", Kind::Time, EventColumn::Received, PersonalData::None, "When the manager got it"},
    {"id", Kind::Uuid, EventColumn::Id, PersonalData::None, "The event's identity"},
    {"agent", Kind::Uuid, EventColumn::Agent, PersonalData::None, "The agent that sent it"},
    {"host.name", Kind::Text, EventColumn::Host, PersonalData::None, "Name of the host"},
    {"module", Kind::Module, EventColumn::Module, PersonalData::None, "Protection module"},
    {"type", Kind::Text, EventColumn::Type, PersonalData::None, "Message id of what happened"},
    {"severity", Kind::Severity, EventColumn::Severity, PersonalData::None, "info, low, medium, high or critical"},
    {"action", Kind::Action, EventColumn::Action, PersonalData::None, "What was done about it"},
    {"rule", Kind::Text, EventColumn::Rule, PersonalData::None, "Id of the rule that decided, or empty"},
    {"asset_value", Kind::Integer, EventColumn::AssetValue, PersonalData::None, "Value of the host, 1 to 100"},
    {"rank", Kind::Integer, EventColumn::Rank, PersonalData::None, "Value of the host times weight of the severity"},
    {"tag", Kind::Text, EventColumn::Tag, PersonalData::None, "One of its tags"},
    {"any", Kind::AnyText, EventColumn::None, PersonalData::Content, "Host, type, rule or any text field"},
};

Kind kind_of(EventFieldType type) noexcept {
  switch (type) {
    case EventFieldType::Text:
    case EventFieldType::Ip:
      return Kind::Text;
    case EventFieldType::Integer:
      return Kind::Integer;
    case EventFieldType::Boolean:
      return Kind::Boolean;
    case EventFieldType::Time:
      return Kind::Time;
  }
  return Kind::Text;
}

std::vector<FilterField> all_fields() {
  std::vector<FilterField> fields(std::begin(kColumns), std::end(kColumns));
  for (const EventField& field : event_fields())
    fields.push_back({field.key, kind_of(field.type), EventColumn::None, field.personal_data, field.doc});
  return fields;
}

}  // namespace

std::string_view name(FilterFieldKind kind) noexcept {
  switch (kind) {
    case Kind::Text:
    case Kind::AnyText:
      return "text";
    case Kind::Uuid:
      return "uuid";
    case Kind::Integer:
      return "integer";
    case Kind::Boolean:
      return "boolean";
    case Kind::Time:
      return "time";
    case Kind::Severity:
    case Kind::Module:
    case Kind::Action:
      return "word";
  }
  return "text";
}

std::span<const FilterField> filter_fields() {
  static const std::vector<FilterField> kFields = all_fields();
  return kFields;
}

const FilterField* find_filter_field(std::string_view key) {
  if (key == "host") key = "host.name";
  if (key == "agent_id") key = "agent";
  const auto fields = filter_fields();
  const auto found = std::ranges::find(fields, key, &FilterField::key);
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace warder::manager
