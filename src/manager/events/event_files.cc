#include "manager/events/event_files.h"

#include <algorithm>
#include <iterator>
#include <ranges>

#include "manager/events/spool_places.h"
#include "manager/store/migrations.h"

namespace warder::manager {
namespace {

constexpr std::string_view kPrefix = "events-";
constexpr std::string_view kSuffix = ".db";
constexpr std::int64_t kWriterCacheKb = 32'000;

std::optional<Month> month_of_name(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(kSuffix.size());
  return parse_month(name);
}

EventFileRef open_file(Month month, const std::filesystem::path& path, const EventStoreOptions& options) {
  const SqliteOptions writer{.read_only = false,
                             .durable = options.durable,
                             .cache_kb = kWriterCacheKb,
                             .max_pages = options.max_pages_per_file,
                             .statement_limit = {}};
  const SqliteOptions reader{
      .read_only = true, .durable = false, .cache_kb = 8'000, .max_pages = 0, .statement_limit = options.query_limit};
  return std::make_shared<EventFile>(EventFile{start_of(month), end_of(month), std::make_unique<Pool>(path, writer, 1),
                                               std::make_unique<Pool>(path, reader)});
}

/// What somebody has not read yet of its outbox goes with the file: where it ended is kept, so that it can be counted.
Result<void> carry_outbox(Db& file, Timestamp from, Db& config) {
  const StmtHandle statement = WD_TRY(file.prepare("SELECT max(number) FROM outbox"));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr || row->is_null(0)) return {};
  WD_TRY(
      config.execute("INSERT INTO event_outboxes_gone (file, number) VALUES (?1, ?2) ON CONFLICT (file) DO UPDATE SET "
                     "number = excluded.number",
                     {to_micros(from), row->integer(0)}));
  return {};
}

/// Keeps the places that the file knows when the file is gone.
Result<void> carry_places(Db& file, Timestamp from, Db& config) {
  const StmtHandle statement = WD_TRY(file.prepare("SELECT agent_id, epoch, acknowledged FROM spools"));
  Tx transaction = WD_TRY(Tx::begin(config));
  while (const Row* row = WD_TRY(statement->step())) {
    const SpoolKey key{AgentId{WD_TRY(uuid_from_bytes(row->bytes(0)))}, row->bytes(1)};
    WD_TRY(write_place(config, "event_spools", key, static_cast<std::uint64_t>(row->integer(2))));
  }
  WD_TRY(carry_outbox(file, from, config));
  return transaction.commit();
}

}  // namespace

MonthFiles::MonthFiles(std::filesystem::path directory, const EventStoreOptions& options)
    : directory_(std::move(directory)), options_(options) {}

std::filesystem::path MonthFiles::path_of(Month month) const {
  return directory_ / (std::string{kPrefix} + to_text(month) + std::string{kSuffix});
}

Result<EventFileRef> MonthFiles::open(Month month) const {
  auto file = open_file(month, path_of(month), options_);
  auto db = WD_TRY(file->writer->acquire());
  const std::vector<FeatureSchema> schemas = {events_file_schema()};
  WD_TRY(migrate(*db, schemas).in(file->writer->name()));
  return file;
}

Result<void> MonthFiles::load() {
  std::error_code error;
  std::filesystem::directory_iterator entry{directory_, error};
  const std::scoped_lock lock{mutex_};
  for (const std::filesystem::directory_iterator end; !error && entry != end; entry.increment(error)) {
    const auto month = month_of_name(entry->path().filename().string());
    if (month) files_[*month] = WD_TRY(open(*month));
  }
  if (error) return fail_errno(directory_.string(), error.value());
  return {};
}

Result<EventFileRef> MonthFiles::open_or_create(Month month) {
  const std::scoped_lock lock{mutex_};
  EventFileRef& file = files_[month];
  if (file) return file;
  auto opened = open(month);
  if (!opened) {
    files_.erase(month);
    return opened;
  }
  file = std::move(*opened);
  return file;
}

std::vector<EventFileRef> MonthFiles::newest_first(std::optional<Timestamp> from, std::optional<Timestamp> to) const {
  const std::scoped_lock lock{mutex_};
  std::vector<EventFileRef> files;
  for (const auto& [month, file] : files_ | std::views::reverse) {
    const bool is_before = from && file->to <= *from;
    const bool is_after = to && file->from >= *to;
    if (!is_before && !is_after) files.push_back(file);
  }
  return files;
}

Result<std::vector<std::string>> MonthFiles::remove_expired(const EventLimits& limits, Pool& config) {
  const Timestamp limit = limits.earliest(kModuleKinds);
  std::vector<std::string> removed;
  for (const EventFileRef& file : newest_first(std::nullopt, limit)) {
    if (file->to > limit) continue;
    {
      auto db = WD_TRY(file->writer->acquire());
      auto config_db = WD_TRY(config.acquire());
      WD_TRY(carry_places(*db, file->from, *config_db));
    }
    WD_TRY(remove(month_of(file->from)));
    removed.push_back(to_text(month_of(file->from)));
  }
  return removed;
}

Result<std::vector<ExpiredRows>> MonthFiles::expired_rows(const EventLimits& limits) const {
  std::vector<ExpiredRows> all;
  for (const EventFileRef& file : newest_first(std::nullopt, std::nullopt))
    std::ranges::move(manager::expired_rows(kModuleKinds, file->from, file->to, limits), std::back_inserter(all));
  return all;
}

Result<void> MonthFiles::remove(Month month) {
  const std::scoped_lock lock{mutex_};
  files_.erase(month);
  for (const std::string_view suffix : {"", "-wal", "-shm"}) {
    std::error_code error;
    std::filesystem::remove(path_of(month).concat(suffix), error);
    if (error) return fail_errno(path_of(month).string(), error.value());
  }
  return {};
}

}  // namespace warder::manager
