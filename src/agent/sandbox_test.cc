#include "agent/sandbox.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "agent/testing.h"
#include "base/process.h"

namespace warder::agent {
namespace {

TEST(Sandbox, LeavesAModuleOnlyWhatItNeeds) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: it is root's rights that are given up";
  constexpr int kCould = 0;
  constexpr int kCouldNot = 1;
  constexpr int kKilled = 128 + SIGSYS;
  struct Case {
    std::string action;
    int exit_code;
  };
  const std::vector<Case> cases = {
      {"write-inside", kCould},
      {"write-outside", kCouldNot},
      {"unix-socket", kCould},
      {"inet-socket", kCouldNot},
      {"set-user", kCouldNot},
      {"capabilities", kCouldNot},
      {"execute", kKilled},
      {"program", kCould},
      {"refused-program", kKilled},
      {"refused-unix-socket", kCouldNot},
      {"refused-write-inside", kCould},
      {"see-parent", kCouldNot},
      {"inspecting-see-parent", kCould},
      {"inspecting-write-inside", kCould},
      {"inspecting-write-outside", kCouldNot},
      {"inspecting-execute", kKilled},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.action);
    const testing::Directory directory;
    const auto writable = directory.path() / "state";
    std::filesystem::create_directory(writable);
    const auto output =
        run_process({std::filesystem::read_symlink("/proc/self/exe").string(), "sandbox", writable.string(), c.action});
    ASSERT_TRUE(output) << output.error().message;
    EXPECT_EQ(output->exit_code, c.exit_code);
  }
}

}  // namespace
}  // namespace warder::agent
