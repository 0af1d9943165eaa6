// Port: who did it. What /proc says about a process right after it acted; a short-lived one may be gone already, and
// then the answer is "unknown", never a guess.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace warder::host {

struct ProcessInfo {
  std::int32_t pid = 0;
  std::int32_t parent = 0;       // 0: not known, or the kernel
  std::uint64_t start_tick = 0;  // clock ticks since boot; with pid it names one process
  std::string executable;
  std::string command_line;  // arguments joined by spaces, cut to 4 KiB
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> login_uid;  // absent: never set (a daemon), or not readable
  std::string control_group;               // of the unified hierarchy: "/system.slice/ssh.service"
  std::string container_id;                // 64 hex digits from the control group; empty: none
  friend bool operator==(const ProcessInfo&, const ProcessInfo&) = default;
};

/// Thread-safe.
class ProcessTable {
 public:
  virtual ~ProcessTable() = default;
  /// nullopt when the process is gone.
  virtual std::optional<ProcessInfo> find(std::int32_t pid) = 0;
  /// The numbers of all processes that can be seen, kernel threads included.
  virtual std::vector<std::int32_t> pids() = 0;
  /// The local account's name, or the number as text.
  virtual std::string user_name(std::uint32_t uid) = 0;
  virtual std::string group_name(std::uint32_t gid) = 0;
};

}  // namespace warder::host
