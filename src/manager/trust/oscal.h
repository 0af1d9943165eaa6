// What the Trust Center knows as documents of NIST's OSCAL 1.2, for programs that gather such things: docs/trust.md.
#pragma once

#include <boost/json/fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "manager/trust/trust_center.h"

namespace warder::manager {

struct OscalInput {
  const TrustSnapshot& snapshot;
  std::span<const Check> checks;
  std::string origin;   // whose promises: the name that the status is signed with
  std::string version;  // of the program
};

/// "catalog": the promises as controls. "component-definition": which checks the product has for each.
/// "assessment-results": what the checks found and when that runs out. "poam": what is not kept, and why. NotFound for
/// anything else. Documents about the same thing have the same identifiers every time.
Result<boost::json::object> oscal_document(std::string_view name, const OscalInput& input);

}  // namespace warder::manager
