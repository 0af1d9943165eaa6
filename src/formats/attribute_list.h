// Building a list of attributes: values as text, cut to what a key may hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/attributes.h"

namespace warder::formats {

/// Text of a field's value: whole numbers, "true" and "false", times in milliseconds since 1970.
std::string value_text(std::string_view field, const EventValue& value);

class AttributeList {
 public:
  AttributeList(const OutgoingEvent& event, std::size_t max_value_bytes)
      : event_(event), max_value_bytes_(max_value_bytes) {}

  /// Nothing for an empty value. `cap`: bytes that the dictionary allows; 0: no limit of its own.
  void add(std::string_view key, std::string value, std::size_t cap = 0);
  /// One of cs1-cs6, cn1-cn3 …, with its label.
  void add_custom(std::string_view key, std::string_view label, std::string value);
  /// The event's field under this key, once.
  void add_field(std::string_view field, std::string_view key, std::size_t cap = 0);
  void add_custom_field(std::string_view field, std::string_view key, std::string_view label);
  /// Every field that has not been added, under a key of our own.
  void add_rest();
  [[nodiscard]] std::string text(std::string_view field) const;
  [[nodiscard]] std::vector<Attribute> take();

 private:
  void mark(std::string_view field) { done_.emplace_back(field); }

  const OutgoingEvent& event_;
  std::size_t max_value_bytes_;
  std::vector<Attribute> list_;
  std::vector<std::string> done_;  // fields
  bool is_cut_ = false;
};

/// The tables of names, each in its own file.
void add_warder_attributes(AttributeList& list, const OutgoingEvent& event);
void add_deep_security_attributes(AttributeList& list, const OutgoingEvent& event);
Heading warder_heading(const OutgoingEvent& event);
Heading deep_security_heading(const OutgoingEvent& event);
/// For ids where a number is expected; positive in 32 bits.
std::uint32_t deep_security_number(std::string_view id);

}  // namespace warder::formats
