// An OCSF event in the making: which fields have their place already, and values made fit for attributes.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "formats/format.h"

namespace warder::formats {

/// Kinds of observables, as OCSF numbers its types.
enum class OcsfObservable : std::uint8_t { Hostname = 1, IpAddress = 2, UserName = 4, Hash = 8, FilePath = 45 };

inline constexpr std::int64_t kMaxInteger = std::numeric_limits<std::int32_t>::max();  // of integer_t
inline constexpr std::int64_t kMaxLong = std::numeric_limits<std::int64_t>::max();     // of long_t

class OcsfEvent {
 public:
  OcsfEvent(const OutgoingEvent& source, const RenderOptions& options);

  [[nodiscard]] const OutgoingEvent& source() const noexcept { return source_; }
  [[nodiscard]] const RenderOptions& options() const noexcept { return options_; }
  /// Text of a field; empty when it is absent or no text.
  [[nodiscard]] std::string_view peek(std::string_view field) const noexcept;

  /// Valid UTF-8, cut to what a value may hold.
  json::string text(std::string_view value);

  // Each gives a field its place, and says whether it did: an absent field, or one whose value the attribute does not
  // take, has none.
  bool put(json::object& into, std::string_view key, std::string_view field);
  bool put_number(json::object& into, std::string_view key, std::string_view field, std::int64_t most = kMaxInteger);
  /// A number as text: user ids, inodes.
  bool put_number_as_text(json::object& into, std::string_view key, std::string_view field);
  bool put_time(json::object& into, std::string_view key, std::string_view field);
  bool put_address(json::object& into, std::string_view key, std::string_view field);
  bool put_mac(json::object& into, std::string_view key, std::string_view field);
  /// The field stands somewhere else in another form that says all of it.
  void mark(std::string_view field);

  void observe(std::string_view name, OcsfObservable kind, const json::value& value);
  void use_profile(std::string_view name);
  /// Source-specific values that are no fields.
  void add_unmapped(std::string_view key, json::value value);

  /// Begins anew.
  void reset();
  /// The event, with all that has no place yet under "unmapped".
  json::object finish(json::object head);

  json::object body;      // attributes of the class
  json::object metadata;  // more of it

 private:
  void put_whole(json::object& into, std::string_view key, std::string_view field);  // a text that is never cut
  [[nodiscard]] std::size_t index_of(std::string_view field) const noexcept;         // npos: absent

  const OutgoingEvent& source_;
  const RenderOptions& options_;
  std::vector<bool> placed_;  // by index of the event's fields
  json::array observables_;
  json::object unmapped_;
  std::vector<std::string_view> profiles_;  // of static storage
  bool is_cut_ = false;
};

}  // namespace warder::formats
