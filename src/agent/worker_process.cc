#include "agent/worker_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/text.h"

namespace warder::agent {
namespace {

constexpr int kWorkerFd = 3;

/// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void become_worker(int channel, char* const* arguments) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (channel == kWorkerFd) {
    ::fcntl(channel, F_SETFD, 0);
  } else if (::dup2(channel, kWorkerFd) < 0) {
    ::_exit(127);
  }
  ::syscall(SYS_close_range, kWorkerFd + 1, ~0U, 0U);
  ::execv(arguments[0], arguments);
  ::_exit(127);
}

}  // namespace

std::string ProcessEnd::text() const {
  return signal != 0 ? "signal " + std::to_string(signal) : "exit code " + std::to_string(exit_code);
}

std::optional<ProcessUsage> read_usage(pid_t pid) {
  const std::string path = pid == 0 ? "/proc/self/stat" : "/proc/" + std::to_string(pid) + "/stat";
  const auto text = read_file(path, 4096);
  if (!text) return std::nullopt;
  // proc(5): the name in parentheses may hold anything, so count from the last ')'; then state is field 3.
  const auto after_name = text->rfind(") ");
  if (after_name == std::string::npos) return std::nullopt;
  const auto fields = split(std::string_view(*text).substr(after_name + 2), ' ');
  if (fields.size() < 22) return std::nullopt;
  const auto ticks = parse_integer<std::uint64_t>(fields[11]).value_or(0) +  // utime, field 14
                     parse_integer<std::uint64_t>(fields[12]).value_or(0);   // stime, field 15
  const auto pages = parse_integer<std::uint64_t>(fields[21]).value_or(0);   // rss, field 24
  return ProcessUsage{pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)),
                      ticks * 1000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK))};
}

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(std::vector<std::string> command) {
  auto pair = WD_TRY(make_channel_pair());
  command.insert(command.end(), {"--fd", std::to_string(kWorkerFd)});
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno("fork", errno);
  if (pid == 0) become_worker(pair.worker.get(), arguments.data());
  UniqueFd pid_fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  auto process = std::unique_ptr<WorkerProcess>(
      new WorkerProcess(pid, std::move(pid_fd), std::move(pair.supervisor)));  // NOLINT: private constructor
  if (!process->pid_fd_.is_open()) return fail_errno("pidfd_open", errno);
  return process;
}

WorkerProcess::~WorkerProcess() {
  if (end_) return;
  kill();
  ::waitpid(pid_, nullptr, 0);
}

std::optional<ProcessEnd> WorkerProcess::reap() {
  if (end_) return end_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  end_ = WIFSIGNALED(status) ? ProcessEnd{0, WTERMSIG(status)} : ProcessEnd{WEXITSTATUS(status), 0};
  return end_;
}

void WorkerProcess::kill() {
  if (!end_) ::kill(pid_, SIGKILL);
}

}  // namespace warder::agent
