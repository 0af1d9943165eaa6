// Policies: JSON documents of named sections, one section a module. A policy inherits from its parent and overrides
// single keys; the effective value of each key knows which policy it comes from.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/result.h"
#include "model/ids.h"

namespace warder {

/// One section's settings, made from a struct with a field table. `check` takes a partial section: keys may be missing.
struct PolicySection {
  std::string_view name;  // "integrity"
  std::string_view doc;
  std::function<Result<void>(const boost::json::value&)> check;
  std::function<boost::json::object()> schema;
  std::function<boost::json::object()> defaults;
};

/// The section for settings struct S (see base/fields.h).
template <class S>
PolicySection policy_section(std::string_view name, std::string_view doc) {
  return {name, doc,
          [](const boost::json::value& value) -> Result<void> {
            S settings;
            return apply_json(bind_fields(settings), value);
          },
          [name] {
            S settings;
            return json_schema(bind_fields(settings), name);
          },
          [] {
            S settings;
            return to_json(bind_fields(settings));
          }};
}

/// Unknown sections and keys, wrong types and values out of range are Invalid; the message starts with the JSON pointer
/// ("/integrity/watch/2: …").
Result<void> check_policy(std::span<const PolicySection> sections, const boost::json::value& document);

/// One policy on the way from the root to the one that applies.
struct PolicyLayer {
  PolicyId id;
  std::string name;
  boost::json::object document;
};

struct EffectiveSetting {
  std::string section;
  std::string key;
  boost::json::value value;
  std::optional<PolicyId> origin;  // absent: the built-in default
};

/// All settings of all sections, in table order, with the nearest layer's value (`layers` is root first).
std::vector<EffectiveSetting> effective_settings(std::span<const PolicySection> sections,
                                                 std::span<const PolicyLayer> layers);

/// The same as one complete document: what is pushed to an agent.
boost::json::object effective_policy(std::span<const PolicySection> sections, std::span<const PolicyLayer> layers);

/// JSON Schema 2020-12 of a whole policy document.
boost::json::object policy_schema(std::span<const PolicySection> sections);

}  // namespace warder
