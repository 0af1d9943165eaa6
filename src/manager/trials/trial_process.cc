#include "manager/trials/trial_process.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>

#include "base/process.h"
#include "base/text.h"

namespace warder::manager {
namespace {

constexpr std::chrono::seconds kMaxTime(20);
constexpr std::size_t kMaxAnswerBytes = 4U << 20U;
constexpr int kKilled = 128;
constexpr std::size_t kStep = 64U << 10U;

}  // namespace

Result<json::object> run_trial(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                               std::string input) {
  const std::string& word = arguments.front();
  ProcessOptions options;
  options.timeout = kMaxTime;
  options.max_output_bytes = kMaxAnswerBytes;
  options.input = std::move(input);
  std::vector<std::string> command{program.string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const ProcessOutput output = WD_TRY(run_process(command, options));
  if (output.exit_code > kKilled)
    return fail(ErrorCode::Invalid, "the sample could not be judged within the limits of time and memory");
  const json::value answer = WD_TRY(parse_json(output.out, kMaxAnswerBytes).in(word));
  if (!answer.is_object()) return fail(ErrorCode::Internal, word + ": no object");
  if (const auto error = get_string(answer.as_object(), "error"))
    return fail(ErrorCode::Internal, word + ": " + std::string(*error));
  if (output.exit_code != 0) return fail(ErrorCode::Internal, word + ": " + output.err);
  return answer.as_object();
}

Result<std::string> read_trial(std::size_t max_bytes) {
  std::string out;
  for (;;) {
    const std::size_t before = out.size();
    out.resize(before + kStep);
    const ssize_t count = ::read(STDIN_FILENO, out.data() + before, kStep);
    if (count < 0) return fail_errno("read", errno);
    out.resize(before + static_cast<std::size_t>(count));
    if (count == 0) return out;
    if (out.size() > max_bytes) return fail(ErrorCode::TooLarge, "the trial");
  }
}

int finish_trial(const Result<std::string>& result) {
  const std::string text =
      result ? *result : json::serialize(json::object{{"error", escape_non_utf8(result.error().message)}});
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0 && result ? 0 : 1;
}

}  // namespace warder::manager
