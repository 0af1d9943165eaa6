#include "base/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "base/file.h"

namespace warder {
namespace {

Result<ProcessOutput> shell(const std::string& script, ProcessOptions options = {}) {
  return run_process({"sh", "-c", script}, options);
}

TEST(RunProcess, ReturnsOutputsAndExitCode) {
  const auto output = shell("echo out; echo err >&2; exit 3");
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->out, "out\n");
  EXPECT_EQ(output->err, "err\n");
  EXPECT_EQ(output->exit_code, 3);
  EXPECT_EQ(shell("kill -TERM $$")->exit_code, 128 + SIGTERM);
}

TEST(RunProcess, FeedsInputLargerThanAPipe) {
  ProcessOptions options;
  options.input.assign(1 << 20, 'x');
  EXPECT_EQ(run_process({"wc", "-c"}, options)->out, "1048576\n");
  EXPECT_EQ(run_process({"true"}, options)->exit_code, 0);  // one that does not read it
}

TEST(RunProcess, GivesTheChildOnlyWhatIsSaid) {
  ProcessOptions options;
  options.environment = {"A=1"};
  const auto output = run_process({"env"}, options);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out.find("HOME="), std::string::npos);
  EXPECT_NE(output->out.find("A=1\n"), std::string::npos);
  const UniqueFd leaked{open("/dev/null", O_RDONLY)};  // no O_CLOEXEC: a library's descriptor
  EXPECT_EQ(shell("test -e /proc/self/fd/" + std::to_string(leaked.get()) + " && echo open")->out, "");
}

TEST(RunProcess, SaysWhyItCannotStart) {
  const auto output = run_process({"/no/such/program"});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, ErrorCode::NotFound);
  EXPECT_EQ(output.error().message, "/no/such/program: cannot start: No such file or directory");
  EXPECT_FALSE(run_process({}));
}

TEST(RunProcess, KillsWhatOutlivesTheTimeout) {
  ProcessOptions options;
  options.timeout = std::chrono::milliseconds{50};
  const auto output = shell("sleep 1000 & sleep 1000", options);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, ErrorCode::Timeout);
}

TEST(RunProcess, StopsWhatPrintsTooMuch) {
  ProcessOptions options;
  options.max_output_bytes = 100'000;
  EXPECT_EQ(run_process({"cat", "/dev/zero"}, options).error().code, ErrorCode::TooLarge);
}

TEST(RunProcess, DoesNotWaitForWhatTheChildLeftBehind) {
  const auto output = shell("sleep 1000 & echo $!");
  ASSERT_TRUE(output) << output.error().message;
  kill(std::stoi(output->out), SIGKILL);
}

}  // namespace
}  // namespace warder
