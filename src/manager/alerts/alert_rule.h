// What is an alert: a rule over events or over a state. docs/alerts.md is the manual.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manager/alerts/hysteresis.h"
#include "manager/events/filter.h"
#include "model/event.h"

namespace warder::manager {

struct AlertText {
  std::string title;    // one line, with {field} of the group, {value} and {count}
  std::string meaning;  // what it means
  std::string action;   // what to do
};

struct AlertRule {
  std::string id;    // of the catalogue: "agent-silent"; else a UUID
  std::string name;  // what people call it
  bool is_built_in = false;
  bool is_enabled = true;
  Severity severity = Severity::Medium;
  std::string state;                  // a state ("agent.silent"), or empty: events
  std::string filter;                 // of events, in the filter language
  std::string resolve_filter;         // an event that matches it ends the alert of its group; empty: none does
  std::vector<std::string> group_by;  // fields; events without one count as ""
  // A field of events: the alert of a group lists its values, each from an event that counts to one that ends it, and
  // what is compared is how many there are. Empty: events are counted.
  std::string members;
  std::chrono::seconds window{300};  // of events; 0: they count until the alert is resolved
  Hysteresis hysteresis;
  std::map<std::string, AlertText> texts;  // by language, "en" at least
  std::int64_t version = 0;                // of what the tenant has decided; 0: nothing
};

inline constexpr std::size_t kMaxGroupFields = 4;

/// Everything but id, name, is_built_in and version.
boost::json::object rule_to_json(const AlertRule& rule);
/// Goes over what `rule` has; what is absent stays. Invalid, with a JSON pointer, for what cannot be a rule.
Result<void> read_rule(const boost::json::object& object, AlertRule& rule);

/// Every *.yaml of the folder, each a list of rules; Invalid when two have the same id or a text is missing in English
/// or Japanese.
Result<std::vector<AlertRule>> load_alert_catalogue(const std::filesystem::path& folder);
/// One file's.
Result<std::vector<AlertRule>> parse_alert_catalogue(const std::string& text);

}  // namespace warder::manager
