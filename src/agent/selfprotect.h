// The agent's own safety: who may stop it, whether it was killed, and whether its files were touched.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/identity.h"
#include "base/result.h"
#include "base/time.h"

namespace warder::agent {

/// Unauthenticated or Forbidden, with the reason, unless `token` is this agent's maintenance token. An agent that was
/// never enrolled has nobody who could give one, and wants none.
Result<void> check_maintenance(const std::optional<Identity>& identity, std::string_view token, Timestamp now);

/// How the last run ended, told by a file that exists while the agent runs.
enum class LastEnd : std::uint8_t {
  Clean,   // stopped, or never ran
  Killed,  // gone without a word while the host stayed up
  Crash,   // the host went down with it: power cut, kernel panic, forced reboot
};
struct RunMarker {
  std::string boot_id;
  pid_t pid = 0;
};
/// Reads what the last run left, and leaves this run's mark.
Result<LastEnd> begin_run(const std::filesystem::path& marker, const RunMarker& self);
Result<void> end_run(const std::filesystem::path& marker);
std::string read_boot_id();

/// What can be told about a file without reading it.
struct FileMark {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t bytes = 0;
  std::int64_t changed_ns = 0;  // ctime: no program can set it
  std::uint32_t mode = 0;
  std::uint32_t owner = 0;
  friend bool operator==(const FileMark&, const FileMark&) = default;
};

struct FileTamper {
  std::filesystem::path path;
  std::string_view what;  // "deleted", "replaced", "changed", "attributes"
};

/// Looks after files that nobody but the agent changes: program, settings, identity. For files that change all the time
/// (the spool) only being deleted, replaced or opened up to others counts.
class FileGuard {
 public:
  void watch(const std::filesystem::path& path, bool may_change);
  /// What happened to them since the last look.
  std::vector<FileTamper> look();
  /// We have changed it ourselves.
  void accept(const std::filesystem::path& path);

 private:
  struct Watched {
    bool may_change = false;
    std::optional<FileMark> mark;
  };
  std::map<std::filesystem::path, Watched> files_;
};

/// Who sent us a signal.
struct Sender {
  pid_t pid = 0;  // 0: the kernel, or a process of an outer pid namespace
  uid_t user = 0;
  std::string executable;  // empty: it is gone already
};
Sender describe_sender(pid_t pid, uid_t user);

/// Whether SIGTERM from there is the end of the host's or the container's life, which no token guards: it comes from
/// init (pid 1) or from outside our pid namespace. The unit file refuses a manual stop (RefuseManualStop=), so that
/// init sends it only when the host goes down or the package is removed.
bool is_shutdown(const Sender& sender);

}  // namespace warder::agent
