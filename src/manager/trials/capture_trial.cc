#include "manager/trials/capture_trial.h"

#include "manager/trials/trial_process.h"

namespace warder::manager {

Result<json::object> try_capture(const std::filesystem::path& program, const std::filesystem::path& packs,
                                 const CaptureTrial& trial) {
  if (trial.rules.size() > kMaxTrialRuleBytes) return fail(ErrorCode::TooLarge, "rules: more than 256 KiB");
  if (trial.capture.size() > kMaxTrialFileBytes) return fail(ErrorCode::TooLarge, "the capture: more than 16 MiB");
  std::string input =
      json::serialize(json::object{{"with_packs", trial.with_packs}, {"rules_bytes", trial.rules.size()}}) + "\n";
  input.append(trial.rules).append(as_text(trial.capture));
  return run_trial(program, {"try-capture", packs.string()}, std::move(input));
}

}  // namespace warder::manager
