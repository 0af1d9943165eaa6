// Every field an event can carry, declared once: filters, columns, forms, exports, the manual and the Data Collection
// Notice are made from this table.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/fields.h"

namespace warder {

/// Text and Ip travel as text, Integer and Time (microseconds since 1970) as integers.
enum class EventFieldType : std::uint8_t { Text, Integer, Boolean, Ip, Time };
std::string_view name(EventFieldType type) noexcept;

struct EventField {
  std::string_view key;  // "file.path"
  EventFieldType type;
  PersonalData personal_data;
  std::string_view doc;
};

/// Sorted by key.
std::span<const EventField> event_fields() noexcept;
/// nullptr when there is no such field.
const EventField* find_event_field(std::string_view key) noexcept;

}  // namespace warder
