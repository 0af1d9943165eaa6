// Where a tenant's events are sent to. docs/siem.md is the manual.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/result.h"
#include "base/time.h"
#include "formats/format.h"
#include "manager/events/filter.h"
#include "model/ids.h"

namespace warder::manager {

using DestinationId = Id<struct DestinationTag>;

struct Destination {
  DestinationId id;
  std::string name;
  std::string kind;  // a row of sink_kinds(): "syslog"
  bool is_enabled = true;
  std::string filter;  // of the filter language; empty: every event
  Severity floor = Severity::Info;
  std::string format = "json";   // a name of formats::formats()
  std::string names = "warder";  // or "deep-security": of CEF and LEEF
  std::string language = "en";   // of titles
  boost::json::object settings;  // of the kind
  bool has_secret = false;
  Timestamp created{};
  std::int64_t version = 1;
};

struct DestinationDraft {
  std::string name;
  std::string kind;
  bool is_enabled = true;
  std::string filter{};
  Severity floor = Severity::Info;
  std::string format = "json";
  std::string names = "warder";
  std::string language = "en";
  boost::json::object settings{};
  std::optional<std::string> secret{};  // absent: as it was
};

/// How it stands with a destination.
struct DestinationState {
  std::int64_t delivered = 0;  // events that the receiver has, since it was made
  std::int64_t refused = 0;    // that it will never take: the dead letters' count
  std::int64_t lost = 0;       // gone with the retention before they were sent
  std::int64_t backlog = 0;    // not sent yet
  std::optional<Timestamp> last_delivery;
  std::string error;  // of the last try; empty: none
  std::optional<Timestamp> failing_since;
};

/// An event that the receiver will never take.
struct DeadLetter {
  DestinationId destination;
  EventId event;
  Timestamp time{};  // of the event
  Timestamp noted{};
  std::string reason;
  bool is_sent_again = false;  // as soon as it can be
};

inline constexpr std::size_t kMaxDestinations = 200;    // of a tenant
inline constexpr std::size_t kMaxDeadLetters = 10'000;  // of a destination; the oldest go
inline constexpr std::size_t kMaxSecretBytes = 16'384;

}  // namespace warder::manager
