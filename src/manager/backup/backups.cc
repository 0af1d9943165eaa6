#include "manager/backup/backups.h"

#include <algorithm>

#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kActor = "job:backup";
constexpr std::string_view kColumns = "id, task, file, actor, begun, ended, error, bytes, parts";
/// After a run that failed by the clock, the next is not tried at once.
constexpr std::chrono::hours kAfterFailure{1};

Result<BackupRun> read_run(const Row& row) {
  BackupRun run;
  run.id = row.text(0);
  run.task = row.text(1) == name(BackupTask::Create) ? BackupTask::Create : BackupTask::Verify;
  run.file = row.text(2);
  run.actor = row.text(3);
  run.begun = from_micros(row.integer(4));
  run.ended = optional_time_at(row, 5);
  run.error = row.text(6);
  run.bytes = row.integer(7);
  run.parts = row.integer(8);
  return run;
}

bool has_succeeded(const BackupRun& run) {
  return run.ended && run.error.empty();
}

}  // namespace

std::string_view name(BackupTask task) noexcept {
  return task == BackupTask::Create ? "create" : "verify";
}

Backups::Backups(Pool& control, crypto::KeyProvider& root, const host::Clock& clock, BackupsOptions options,
                 Listener on_end)
    : control_(control),
      root_(root),
      clock_(clock),
      options_(std::move(options)),
      on_end_(std::move(on_end)),
      started_(clock.now()) {}

void Backups::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

Result<BackupRun> Backups::create(std::string actor) {
  return begin(BackupTask::Create, {}, std::move(actor));
}

Result<BackupRun> Backups::verify(std::string_view file, std::string actor) {
  const auto all = WD_TRY(files());
  if (std::ranges::find(all, file, &BackupFile::name) == all.end())
    return fail(ErrorCode::NotFound, std::string{file} + ": there is no such backup");
  return begin(BackupTask::Verify, std::string{file}, std::move(actor));
}

Result<BackupRun> Backups::begin(BackupTask task, std::string file, std::string actor) {
  if (options_.directory.empty())
    return fail(ErrorCode::Unavailable, "backup_directory is not set in the manager's settings");
  std::error_code error;
  if (!fs::is_directory(options_.directory, error))
    return fail(ErrorCode::Unavailable, options_.directory.string() + ": is not a directory");
  BackupRun run;
  run.begun = clock_.now();
  run.id = UuidGenerator{fill_random}.next(run.begun).text();
  run.task = task;
  run.file = std::move(file);
  run.actor = std::move(actor);
  const std::scoped_lock lock(mutex_);
  if (current_) return fail(ErrorCode::Conflict, "another backup is made or verified: " + current_->id);
  WD_TRY(store(run));
  current_ = run;
  changed_.notify_all();
  return run;
}

void Backups::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    BackupRun run;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return current_.has_value(); })) return;
      run = *current_;
    }
    const auto to_its_end = [&] {
      carry_out(run, stop);
      {
        const std::scoped_lock lock(mutex_);
        current_.reset();
      }
      on_end_(run);
    };
    run.task == BackupTask::Create ? options_.runs.run(to_its_end) : to_its_end();
  }
}

void Backups::carry_out(BackupRun& run, const std::stop_token& stop) {
  const auto done = perform(run, stop);
  run.ended = clock_.now();
  if (done) {
    run.file = done->file.filename().string();
    run.bytes = static_cast<std::int64_t>(done->bytes);
    run.parts = static_cast<std::int64_t>(done->parts.size());
  } else {
    run.error = done.error().message;
  }
  if (const auto stored = store(run); !stored && run.error.empty()) run.error = stored.error().message;
}

Result<BackupContents> Backups::perform(const BackupRun& run, const std::stop_token& stop) {
  if (run.task == BackupTask::Verify) return verify_backup(options_.directory / run.file, root_, stop);
  auto made = WD_TRY(create_backup(options_.source, options_.directory, root_, run.begun, stop));
  WD_TRY(remove_old_backups(options_.directory, options_.keep));
  return made;
}

std::string Backups::place() const {
  return options_.host + ":" + options_.directory.string();
}

Result<void> Backups::store(const BackupRun& run) {
  auto db = WD_TRY(control_.acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  WD_TRY(db->execute(
      "INSERT INTO backup_runs (id, task, file, actor, begun, ended, error, bytes, parts, place) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO UPDATE SET file = excluded.file, "
      "ended = excluded.ended, error = excluded.error, bytes = excluded.bytes, parts = excluded.parts",
      {run.id, std::string{name(run.task)}, run.file, run.actor, to_micros(run.begun), time_or_null(run.ended),
       run.error, run.bytes, run.parts, place()}));
  WD_TRY(db->execute(
      "DELETE FROM backup_runs WHERE id NOT IN (SELECT id FROM backup_runs ORDER BY begun DESC, id DESC LIMIT ?1)",
      {kRunsKept}));
  return tx.commit();
}

Result<std::vector<BackupRun>> Backups::runs() {
  auto db = WD_TRY(control_.acquire());
  auto all = WD_TRY(read_rows(
      *db, "SELECT " + std::string{kColumns} + " FROM backup_runs WHERE place = ?1 ORDER BY begun DESC, id DESC",
      {place()}, read_run));
  // Without an end and not at work: the process that had it is gone.
  const std::scoped_lock lock(mutex_);
  for (BackupRun& run : all) {
    if (run.ended || (current_ && current_->id == run.id)) continue;
    run.ended = run.begun;
    run.error = "interrupted: the manager ended meanwhile";
  }
  return all;
}

Result<BackupRun> Backups::run(std::string_view id) {
  auto all = WD_TRY(runs());
  const auto found = std::ranges::find(all, id, &BackupRun::id);
  if (found == all.end()) return fail(ErrorCode::NotFound, "no run with this id");
  return *found;
}

Result<std::vector<BackupFile>> Backups::files() {
  std::vector<BackupFile> found;
  if (options_.directory.empty()) return found;
  const auto paths = WD_TRY(list_backups(options_.directory));
  for (const fs::path& path : paths) {
    std::error_code gone;
    const auto bytes = fs::file_size(path, gone);
    if (!gone) found.push_back({path.filename().string(), static_cast<std::int64_t>(bytes)});
  }
  const auto all = WD_TRY(runs());
  for (BackupFile& file : found) {
    for (const BackupRun& run : all) {
      if (run.file != file.name || !run.ended) continue;
      if (run.task == BackupTask::Create) file.made = run;
      if (!file.verified) file.verified = run;
    }
  }
  return found;
}

Result<bool> Backups::is_due() {
  const Timestamp now = clock_.now();
  for (const BackupRun& run : WD_TRY(runs())) {
    if (run.task != BackupTask::Create) continue;
    if (has_succeeded(run)) return now - run.begun >= options_.every;
    if (run.actor == kActor && now - run.begun < std::min(options_.every, kAfterFailure)) return false;
  }
  return true;
}

bool Backups::has_schedule() const {
  return options_.every != std::chrono::hours{0} && !options_.directory.empty();
}

Result<std::optional<std::chrono::seconds>> Backups::overdue() {
  if (!has_schedule()) return std::optional<std::chrono::seconds>{};
  Timestamp due = started_;
  for (const BackupRun& run : WD_TRY(runs())) {
    if (run.task != BackupTask::Create) continue;
    due = std::min(due, run.begun);
    if (!has_succeeded(run)) continue;
    due = run.begun + options_.every;
    break;
  }
  return std::optional{std::chrono::floor<std::chrono::seconds>(clock_.now() - due)};
}

void Backups::tick() {
  if (!has_schedule()) return;
  const auto due = is_due();
  if (due && !*due) return;
  const auto begun = due ? create(std::string{kActor}) : Result<BackupRun>{fail(due.error())};
  if (begun || begun.error().code == ErrorCode::Conflict) return;
  BackupRun failed;
  failed.actor = kActor;
  failed.begun = clock_.now();
  failed.ended = failed.begun;
  failed.error = begun.error().message;
  on_end_(failed);
}

FeatureSchema backups_schema() {
  return {.feature = "backups",
          .migrations = {{1,
                          "create runs of backups",
                          {"CREATE TABLE backup_runs (id TEXT NOT NULL PRIMARY KEY, task TEXT NOT NULL, "
                           "file TEXT NOT NULL, actor TEXT NOT NULL, begun BIGINT NOT NULL, ended BIGINT, "
                           "error TEXT NOT NULL, bytes BIGINT NOT NULL, parts BIGINT NOT NULL, "
                           "place TEXT NOT NULL)",
                           "CREATE INDEX backup_runs_begun ON backup_runs (begun)"}}},
          .fields = {{"backup_runs", "id", PersonalData::None},
                     {"backup_runs", "task", PersonalData::None},
                     {"backup_runs", "file", PersonalData::None},
                     {"backup_runs", "actor", PersonalData::Identifier},
                     {"backup_runs", "begun", PersonalData::None},
                     {"backup_runs", "ended", PersonalData::None},
                     {"backup_runs", "error", PersonalData::None},
                     {"backup_runs", "bytes", PersonalData::None},
                     {"backup_runs", "parts", PersonalData::None},
                     {"backup_runs", "place", PersonalData::None}}};
}

}  // namespace warder::manager
