// Who it was, asked a moment too late: what is known of processes is written down while they live, so that one that
// ended right after it acted still has a name.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "host/process_table.h"

namespace warder::host {

/// Fed with the kernel's process events, in order. Single-threaded; bounded: beyond kMaxProcesses the ended ones are
/// forgotten first, then nothing new is written down.
class RecentProcesses {
 public:
  static constexpr std::size_t kMaxProcesses = 16'384;
  static constexpr std::size_t kMaxEnded = 2'048;

  explicit RecentProcesses(ProcessTable& live) : live_(live) {}

  /// A new process, which still runs its parent's program.
  void on_fork(std::int32_t parent, std::int32_t child);
  /// It runs a program of its own now.
  void on_exec(std::int32_t pid);
  /// The same, and it was told what it runs. Its control group may be missing: then it is the one it had.
  void on_exec(ProcessInfo told);
  void on_exit(std::int32_t pid);
  /// Events were lost: what was known may be another process by now.
  void forget() noexcept;

  /// As the process is now; as it last was when it has ended. nullopt: never seen.
  [[nodiscard]] std::optional<ProcessInfo> find(std::int32_t pid) const;

 private:
  using Known = std::shared_ptr<const ProcessInfo>;
  struct Entry {
    Known info;
    std::uint64_t end = 0;  // which end of all it was; 0: it lives
  };
  void note(std::int32_t pid, Known known);
  [[nodiscard]] Known known_of(std::int32_t pid);

  ProcessTable& live_;
  std::unordered_map<std::int32_t, Entry> known_;
  std::deque<std::pair<std::int32_t, std::uint64_t>> ended_;  // oldest first; its number may be in use again
  std::uint64_t ends_ = 0;
};

}  // namespace warder::host
