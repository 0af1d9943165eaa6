#include "manager/trials/pure_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

namespace warder::manager {
namespace {

/// What waitpid(2) says of a pure process that has done this.
int status_of(const PureLimits& limits, const std::function<bool()>& act) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const bool is_pure = become_pure(limits).has_value();
    ::_exit(is_pure && act() ? 0 : 1);
  }
  int status = -1;
  ::waitpid(pid, &status, 0);
  return status;
}

TEST(PureProcess, ReachesNothingButItsDescriptors) {
  const struct {
    const char* name;
    std::function<bool()> is_refused;
  } cases[] = {
      {"open", [] { return ::open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == EPERM; }},
      {"socket", [] { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 && errno == EPERM; }},
      {"fork", [] { return ::fork() < 0 && errno == EPERM; }},
      {"kill", [] { return ::kill(::getppid(), 0) != 0; }},
      {"exec",
       [] {
         char name[] = "/bin/true";
         char* arguments[] = {name, nullptr};
         ::execv(name, arguments);
         return errno == EPERM;
       }},
      {"unlink", [] { return ::unlink("/tmp/x") != 0 && errno == EPERM; }},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.name);
    EXPECT_EQ(status_of({}, each.is_refused), 0);
  }
}

TEST(PureProcess, IsEndedWhenItComputesForTooLong) {
  const int status = status_of({std::chrono::seconds(1), 1U << 30U}, [] {
    volatile unsigned spins = 0;
    while (spins != 1) spins = 2;
    return true;
  });
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST(PureProcess, GetsNoMoreMemoryThanItMay) {
  const int status = status_of({std::chrono::seconds(10), 16U << 20U}, [] {
    void* const memory = ::malloc(64U << 20U);  // NOLINT: the limit is what is looked at
    return memory == nullptr;
  });
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace warder::manager
