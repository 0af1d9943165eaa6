// What a filter can name: the columns of an event and every row of event_fields().
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/event_fields.h"

namespace warder::manager {

enum class FilterFieldKind : std::uint8_t { Text, Uuid, Integer, Boolean, Time, Severity, Module, Action, AnyText };
std::string_view name(FilterFieldKind kind) noexcept;

/// Where the value is: a column of the events table, or the event's own fields.
enum class EventColumn : std::uint8_t {
  None,
  Time,
  Received,
  Id,
  Agent,
  Host,
  Module,
  Type,
  Severity,
  Action,
  Rule,
  AssetValue,
  Rank,
  Tag  // as many values as the event has tags: what is asked must hold for one of them
};

struct FilterField {
  std::string_view key;
  FilterFieldKind kind;
  EventColumn column;  // None: a row of event_fields(), or AnyText
  PersonalData personal_data;
  std::string_view doc;
};

/// Columns first, then event_fields(); in all, `any` stands for every text of an event.
std::span<const FilterField> filter_fields();
/// nullptr when there is none; "host" and "agent_id" are taken for "host.name" and "agent".
const FilterField* find_filter_field(std::string_view key);

}  // namespace warder::manager
