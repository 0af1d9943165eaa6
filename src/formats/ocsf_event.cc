#include "formats/ocsf_event.h"

#include <algorithm>

#include "base/address.h"
#include "formats/text.h"

namespace warder::formats {
namespace {

constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);
constexpr std::int64_t kMicrosPerMilli = 1000;
constexpr std::size_t kMaxAddressBytes = 40;  // of ip_t

std::string_view name_of(OcsfObservable kind) noexcept {
  switch (kind) {
    case OcsfObservable::Hostname:
      return "Hostname";
    case OcsfObservable::IpAddress:
      return "IP Address";
    case OcsfObservable::UserName:
      return "User Name";
    case OcsfObservable::Hash:
      return "Hash";
    case OcsfObservable::FilePath:
      return "File Path";
  }
  return "Unknown";
}

bool is_mac(std::string_view text) {
  constexpr std::size_t kLength = 17;
  if (text.size() != kLength) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (i % 3 == 2 ? c != ':' && c != '-' : !is_digit) return false;
  }
  return true;
}

}  // namespace

OcsfEvent::OcsfEvent(const OutgoingEvent& source, const RenderOptions& options)
    : source_(source), options_(options), placed_(source.event.fields.size()) {}

std::size_t OcsfEvent::index_of(std::string_view field) const noexcept {
  const auto& fields = source_.event.fields;
  const auto at = std::ranges::find(fields, field, &std::pair<std::string, EventValue>::first);
  return at == fields.end() ? kAbsent : static_cast<std::size_t>(at - fields.begin());
}

std::string_view OcsfEvent::peek(std::string_view field) const noexcept {
  const EventValue* value = source_.event.find(field);
  const auto* words = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return words == nullptr ? std::string_view() : std::string_view(*words);
}

json::string OcsfEvent::text(std::string_view value) {
  return json_text(value, options_.max_value_bytes, is_cut_);
}

bool OcsfEvent::put(json::object& into, std::string_view key, std::string_view field) {
  const std::string_view words = peek(field);
  if (words.empty()) return false;
  into[key] = text(words);
  mark(field);
  return true;
}

bool OcsfEvent::put_number(json::object& into, std::string_view key, std::string_view field, std::int64_t most) {
  const EventValue* value = source_.event.find(field);
  const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  if (number == nullptr || *number < 0 || *number > most) return false;
  into[key] = *number;
  mark(field);
  return true;
}

bool OcsfEvent::put_number_as_text(json::object& into, std::string_view key, std::string_view field) {
  const EventValue* value = source_.event.find(field);
  const auto* number = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  if (number == nullptr) return false;
  into[key] = std::to_string(*number);
  mark(field);
  return true;
}

bool OcsfEvent::put_time(json::object& into, std::string_view key, std::string_view field) {
  const EventValue* value = source_.event.find(field);
  const auto* micros = value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
  if (micros == nullptr || *micros < 0) return false;
  into[key] = *micros / kMicrosPerMilli;
  mark(field);
  return true;
}

bool OcsfEvent::put_address(json::object& into, std::string_view key, std::string_view field) {
  const std::string_view words = peek(field);
  if (words.size() > kMaxAddressBytes || !parse_ip(words)) return false;
  put_whole(into, key, field);
  return true;
}

bool OcsfEvent::put_mac(json::object& into, std::string_view key, std::string_view field) {
  if (!is_mac(peek(field))) return false;
  put_whole(into, key, field);
  return true;
}

void OcsfEvent::put_whole(json::object& into, std::string_view key, std::string_view field) {
  const std::string_view words = peek(field);
  into[key] = json::string(words.data(), words.size());
  mark(field);
}

void OcsfEvent::mark(std::string_view field) {
  const std::size_t at = index_of(field);
  if (at != kAbsent) placed_[at] = true;
}

void OcsfEvent::observe(std::string_view name, OcsfObservable kind, const json::value& value) {
  observables_.push_back(
      json::object{{"name", name}, {"type_id", static_cast<int>(kind)}, {"type", name_of(kind)}, {"value", value}});
}

void OcsfEvent::use_profile(std::string_view name) {
  if (std::ranges::find(profiles_, name) == profiles_.end()) profiles_.push_back(name);
}

void OcsfEvent::add_unmapped(std::string_view key, json::value value) {
  unmapped_[key] = std::move(value);
}

void OcsfEvent::reset() {
  placed_.assign(placed_.size(), false);
  observables_.clear();
  unmapped_.clear();
  profiles_.clear();
  body.clear();
  metadata.clear();
  is_cut_ = false;
}

json::object OcsfEvent::finish(json::object head) {
  const EventValue* was_cut = source_.event.find("truncated");
  for (std::size_t i = 0; i < placed_.size(); ++i) {
    const auto& [key, value] = source_.event.fields[i];
    if (placed_[i] || key == "truncated") continue;
    const auto* words = std::get_if<std::string>(&value);
    unmapped_[key] = words != nullptr ? json::value(text(*words))
                                      : std::visit([](const auto& plain) { return json::value(plain); }, value);
  }
  if (is_cut_ || (was_cut != nullptr && *was_cut == EventValue(true))) metadata["is_truncated"] = true;
  if (!profiles_.empty()) metadata["profiles"] = json::array(profiles_.begin(), profiles_.end());
  head["metadata"] = std::move(metadata);
  for (auto& [key, value] : body) head[key] = std::move(value);
  if (!observables_.empty()) head["observables"] = std::move(observables_);
  if (!unmapped_.empty()) head["unmapped"] = std::move(unmapped_);
  return head;
}

}  // namespace warder::formats
