#include "formats/attributes.h"

#include <algorithm>

#include "base/text.h"
#include "formats/attribute_list.h"
#include "formats/text.h"
#include "model/event_fields.h"

namespace warder::formats {
namespace {

constexpr std::int64_t kMicrosPerMilli = 1000;

}  // namespace

std::string value_text(std::string_view field, const EventValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  const std::int64_t number = std::get<std::int64_t>(value);
  const EventField* row = find_event_field(field);
  return std::to_string(row != nullptr && row->type == EventFieldType::Time ? number / kMicrosPerMilli : number);
}

void AttributeList::add(std::string_view key, std::string value, std::size_t cap) {
  if (value.empty()) return;
  const std::size_t most = cap == 0 ? max_value_bytes_ : std::min(cap, max_value_bytes_);
  std::string text = visible(value, Keep::LineEnds);
  if (text.size() > most) {
    text = cut_utf8(text, most);
    is_cut_ = true;
  }
  if (!text.empty()) list_.push_back({std::string(key), std::move(text)});
}

void AttributeList::add_custom(std::string_view key, std::string_view label, std::string value) {
  constexpr std::size_t kCustom = 4000;
  if (value.empty()) return;
  add(key, std::move(value), kCustom);
  list_.push_back({std::string(key) + "Label", std::string(label)});
}

std::string AttributeList::text(std::string_view field) const {
  const EventValue* value = event_.event.find(field);
  return value == nullptr ? std::string() : value_text(field, *value);
}

void AttributeList::add_field(std::string_view field, std::string_view key, std::size_t cap) {
  add(key, text(field), cap);
  mark(field);
}

void AttributeList::add_custom_field(std::string_view field, std::string_view key, std::string_view label) {
  add_custom(key, label, text(field));
  mark(field);
}

void AttributeList::add_rest() {
  for (const auto& [field, value] : event_.event.fields) {
    if (field != "truncated" && std::ranges::find(done_, field) == done_.end())
      add(own_key(field), value_text(field, value));
  }
}

std::vector<Attribute> AttributeList::take() {
  const EventValue* was_cut = event_.event.find("truncated");
  if (is_cut_ || (was_cut != nullptr && *was_cut == EventValue(true))) list_.push_back({own_key("truncated"), "true"});
  return std::move(list_);
}

std::string own_key(std::string_view field) {
  std::string key = "warder";
  bool is_first = true;
  for (const char c : field) {
    if (c == '.' || c == '_') {
      is_first = true;
      continue;
    }
    key += is_first && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    is_first = false;
  }
  return key;
}

Heading heading_of(const OutgoingEvent& event, Names names) {
  return names == Names::DeepSecurity ? deep_security_heading(event) : warder_heading(event);
}

std::vector<Attribute> attributes_of(const OutgoingEvent& event, const RenderOptions& options) {
  AttributeList list(event, options.max_value_bytes);
  if (options.names == Names::DeepSecurity) {
    add_deep_security_attributes(list, event);
  } else {
    add_warder_attributes(list, event);
  }
  list.add_rest();
  if (event.number) list.add(own_key("number"), std::to_string(*event.number));
  return list.take();
}

}  // namespace warder::formats
