#include "manager/trials/capture_trial.h"

#include "base/process.h"

namespace warder::manager {
namespace {

constexpr std::chrono::seconds kMaxTime(20);
constexpr std::size_t kMaxAnswerBytes = 4U << 20U;
constexpr int kKilled = 128;

}  // namespace

Result<json::object> try_capture(const std::filesystem::path& program, const std::filesystem::path& packs,
                                 const CaptureTrial& trial) {
  if (trial.rules.size() > kMaxTrialRuleBytes) return fail(ErrorCode::TooLarge, "rules: more than 256 KiB");
  if (trial.capture.size() > kMaxTrialFileBytes) return fail(ErrorCode::TooLarge, "the capture: more than 16 MiB");
  ProcessOptions options;
  options.timeout = kMaxTime;
  options.max_output_bytes = kMaxAnswerBytes;
  options.input =
      json::serialize(json::object{{"with_packs", trial.with_packs}, {"rules_bytes", trial.rules.size()}}) + "\n";
  options.input.append(trial.rules).append(as_text(trial.capture));
  const ProcessOutput output = WD_TRY(run_process({program.string(), "try-capture", packs.string()}, options));
  if (output.exit_code > kKilled)
    return fail(ErrorCode::Invalid, "the capture could not be judged within the limits of time and memory");
  const json::value answer = WD_TRY(parse_json(output.out, kMaxAnswerBytes).in("try-capture"));
  if (!answer.is_object()) return fail(ErrorCode::Internal, "try-capture: no object");
  if (const auto error = get_string(answer.as_object(), "error"))
    return fail(ErrorCode::Internal, "try-capture: " + std::string(*error));
  if (output.exit_code != 0) return fail(ErrorCode::Internal, "try-capture: " + output.err);
  return answer.as_object();
}

}  // namespace warder::manager
