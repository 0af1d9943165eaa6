// Who is told of an alert, when, and what is kept quiet.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/time_zone.h"
#include "manager/notify/rota.h"
#include "model/event.h"

namespace warder::manager {

/// Of every alert that it takes, its channels are told, and who is on call.
struct AlertRoute {
  std::string id;
  std::string name;
  bool is_enabled = true;
  Severity least = Severity::Info;
  std::set<std::string> rules;  // empty: all
  // Only at these hours; all days from 00:00 to 24:00: always. A span over midnight belongs to the day it begins on.
  unsigned days = 0x7f;
  std::chrono::minutes from{0};
  std::chrono::minutes until{1440};
  std::string time_zone = "UTC";
  std::vector<NoticeChannelId> channels;
  std::optional<RotaId> rota;
  std::int64_t version = 1;
};

/// For a while no notices of what it matches.
struct AlertSilence {
  std::string id;
  std::string name;
  std::string rule;                          // empty: every rule
  std::map<std::string, std::string> group;  // fields that the alert's group must have, with these values
  Timestamp from{};
  Timestamp until{};
  std::string reason;
  std::string owner;  // "user:<id>": who made it
  std::int64_t version = 1;
};

/// A sign of life, sent regularly, so that its absence is noticed where it should arrive.
struct AlertHeartbeat {
  std::string id;
  std::string name;
  bool is_enabled = true;
  NoticeChannelId channel;
  std::chrono::seconds interval{3600};
  std::int64_t version = 1;
};

/// Invalid with a pointer. What is absent stays.
Result<void> read_route(const boost::json::object& object, AlertRoute& route);
Result<void> read_silence(const boost::json::object& object, AlertSilence& silence);
Result<void> read_heartbeat(const boost::json::object& object, AlertHeartbeat& heartbeat);
/// Without id, name and version.
boost::json::object to_json(const AlertRoute& route);
boost::json::object to_json(const AlertSilence& silence);
boost::json::object to_json(const AlertHeartbeat& heartbeat);

/// What routes and silences look at.
struct AlertFacts {
  std::string rule;
  Severity severity = Severity::Medium;
  std::map<std::string, std::string> group;
};
bool takes(const AlertRoute& route, const TimeZone& zone, const AlertFacts& alert, Timestamp now);
bool silences(const AlertSilence& silence, const AlertFacts& alert, Timestamp now);

inline constexpr std::chrono::hours kLongestSilence{24 * 31};

}  // namespace warder::manager
