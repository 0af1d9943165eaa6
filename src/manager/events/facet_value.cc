#include "manager/events/facet_value.h"

#include "manager/events/event_rows.h"
#include "manager/events/filter_term.h"

namespace warder::manager {

std::optional<FilterValue> facet_value(const FilterField& field, const DbValue& value) {
  if (std::holds_alternative<std::nullptr_t>(value)) return std::nullopt;
  if (const auto* bytes = std::get_if<Bytes>(&value)) {
    const auto id = uuid_from_bytes(*bytes);
    return id ? std::optional{FilterValue{id->text()}} : std::nullopt;
  }
  if (const auto* text = std::get_if<std::string>(&value)) return FilterValue{*text};
  const std::int64_t number = std::get<std::int64_t>(value);
  if (field.kind == FilterFieldKind::Integer || field.kind == FilterFieldKind::Boolean) return FilterValue{number};
  return FilterValue{filter_value_text(field, FilterValue{number})};
}

}  // namespace warder::manager
