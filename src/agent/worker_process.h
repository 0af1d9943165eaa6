// The supervisor's side of one worker process: start it, watch it, end it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/channel.h"
#include "base/file.h"
#include "base/result.h"

namespace warder::agent {

/// How a process ended.
struct ProcessEnd {
  int exit_code = 0;
  int signal = 0;                          // 0: it ended by itself
  [[nodiscard]] std::string text() const;  // "exit code 1", "signal 9"
};

struct ProcessUsage {
  std::uint64_t rss_bytes = 0;
  std::uint64_t cpu_ms = 0;
};
/// Of this process: pid 0. Absent when it is gone.
std::optional<ProcessUsage> read_usage(pid_t pid);

/// One child. Killed, and reaped, on destruction; the kernel kills it when this process dies. Start it from a thread
/// that lives as long as the supervisor: PR_SET_PDEATHSIG follows the thread.
class WorkerProcess {
 public:
  /// Runs `command` with "--fd N" appended, N being its end of the channel. The first word is a path.
  static Result<std::unique_ptr<WorkerProcess>> start(std::vector<std::string> command);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// Readable once the process has ended.
  [[nodiscard]] int pid_fd() const noexcept { return pid_fd_.get(); }
  [[nodiscard]] Channel& channel() noexcept { return channel_; }

  /// Absent while it runs.
  std::optional<ProcessEnd> reap();
  void kill();

 private:
  WorkerProcess(pid_t pid, UniqueFd pid_fd, UniqueFd channel)
      : pid_(pid), pid_fd_(std::move(pid_fd)), channel_(std::move(channel)) {}

  pid_t pid_;
  UniqueFd pid_fd_;
  Channel channel_;
  std::optional<ProcessEnd> end_;
};

}  // namespace warder::agent
