// What a check is: a look at what the service does, not at what its settings say.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manager/trust/assessment.h"

namespace warder::manager {

struct CheckOutcome {
  Verdict verdict = Verdict::Unknown;
  std::string detail;  // for the operator alone: what was seen, or why nothing could be
  std::optional<Ratio> ratio;
};

inline CheckOutcome passed(std::string detail, std::optional<Ratio> ratio = std::nullopt) {
  return {Verdict::Pass, std::move(detail), ratio};
}
inline CheckOutcome failed(std::string detail, std::optional<Ratio> ratio = std::nullopt) {
  return {Verdict::Fail, std::move(detail), ratio};
}

/// What is to be looked at is being prepared.
inline CheckOutcome pending(std::string detail) {
  return {Verdict::Pending, std::move(detail), std::nullopt};
}

/// An error means that it could not be carried out. Ends soon after `stop`.
using CheckFunction = std::function<Result<CheckOutcome>(const std::stop_token& stop)>;

/// `en`, `ja`: what is looked at and how, for everybody to read.
struct Check {
  std::string id;
  std::string en;
  std::string ja;
  CheckFunction run;
};

/// Carries it out in a thread of its own. Unknown when it fails to run, throws, or takes longer than `limit`; it is
/// told to stop then, and `run_check` returns when it has.
CheckOutcome run_check(const Check& check, std::chrono::milliseconds limit, const std::stop_token& stop = {});

}  // namespace warder::manager
