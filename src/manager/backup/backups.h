// Backups that a running manager makes and checks, on request or by the clock, and the record of each run:
// docs/backup.md.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/job_states.h"
#include "base/result.h"
#include "host/clock.h"
#include "manager/backup/backup.h"
#include "manager/store/migrations.h"
#include "manager/store/pool.h"

namespace warder::manager {

enum class BackupTask : std::uint8_t { Create, Verify };
std::string_view name(BackupTask task) noexcept;

struct BackupRun {
  std::string id;
  BackupTask task = BackupTask::Create;
  std::string file;   // in the directory; empty until a new one has its name
  std::string actor;  // "user:<id>", "job:backup"
  Timestamp begun;
  std::optional<Timestamp> ended;
  std::string error;  // empty: it has succeeded, or goes on
  std::int64_t bytes = 0;
  std::int64_t parts = 0;
};

/// A file of the directory, and what the last runs said of it.
struct BackupFile {
  std::string name;
  std::int64_t bytes = 0;
  std::optional<BackupRun> made{};
  std::optional<BackupRun> verified{};  // the last check; making one ends with a check, too
};

struct BackupsOptions {
  BackupSource source{};
  std::filesystem::path directory{};  // empty: this manager makes none while it runs
  std::string host{};                 // where that directory is
  std::size_t keep = 14;
  std::chrono::hours every{0};  // 0: only on request
  JobRuns runs{};               // of those that are made
};

/// Thread-safe. One run at a time, in a thread of its own.
class Backups {
 public:
  /// Called after a run, with what became of it.
  using Listener = std::function<void(const BackupRun& run)>;
  /// All must outlive it.
  Backups(Pool& control, crypto::KeyProvider& root, const host::Clock& clock, BackupsOptions options, Listener on_end);
  ~Backups() = default;
  Backups(const Backups&) = delete;
  Backups& operator=(const Backups&) = delete;

  /// Begins to work. A run that goes on at the end of this is interrupted.
  void start();
  /// Conflict while a run goes on; Unavailable when the settings name no directory, or it is not there.
  Result<BackupRun> create(std::string actor);
  /// The same; NotFound when the directory has no such backup.
  Result<BackupRun> verify(std::string_view file, std::string actor);
  /// When the last good one is older than the settings say: begins another, for "job:backup".
  void tick();
  /// How long a good one has been due by the settings, negative while it is not; absent where they ask for none. Before
  /// the first, since it was tried for the first time, or since the start.
  Result<std::optional<std::chrono::seconds>> overdue();

  /// The newest first.
  Result<std::vector<BackupFile>> files();
  /// Of this host and directory, the newest first. One that an earlier process has left unfinished shows as failed.
  Result<std::vector<BackupRun>> runs();
  Result<BackupRun> run(std::string_view id);

  static constexpr std::int64_t kRunsKept = 1000;

 private:
  Result<BackupRun> begin(BackupTask task, std::string file, std::string actor);
  void work(const std::stop_token& stop);
  void carry_out(BackupRun& run, const std::stop_token& stop);
  Result<BackupContents> perform(const BackupRun& run, const std::stop_token& stop);
  [[nodiscard]] std::string place() const;
  Result<void> store(const BackupRun& run);
  [[nodiscard]] bool has_schedule() const;
  Result<bool> is_due();

  Pool& control_;
  crypto::KeyProvider& root_;
  const host::Clock& clock_;
  const BackupsOptions options_;
  const Listener on_end_;
  const Timestamp started_;
  std::mutex mutex_;  // guards current_
  std::condition_variable_any changed_;
  std::optional<BackupRun> current_;
  std::jthread thread_;  // last: it uses the others
};

/// Of the control database.
FeatureSchema backups_schema();

}  // namespace warder::manager
