#include "manager/events/event_files.h"

#include <ranges>

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

}  // namespace

EventFile::EventFile(Month its_month, const std::filesystem::path& path, const EventStoreOptions& options)
    : month(its_month),
      writer(path,
             {.read_only = false,
              .durable = options.durable,
              .cache_kb = kWriterCacheKb,
              .max_pages = options.max_pages_per_file,
              .statement_limit = {}},
             1),
      reader(path, {.read_only = true,
                    .durable = false,
                    .cache_kb = 8'000,
                    .max_pages = 0,
                    .statement_limit = options.query_limit}) {}

EventFiles::EventFiles(std::filesystem::path directory, const EventStoreOptions& options)
    : directory_(std::move(directory)), options_(options) {}

std::filesystem::path EventFiles::path_of(Month month) const {
  return directory_ / (std::string{kPrefix} + to_text(month) + std::string{kSuffix});
}

Result<EventFileRef> EventFiles::open(Month month) const {
  auto file = std::make_shared<EventFile>(month, path_of(month), options_);
  auto db = WD_TRY(file->writer.acquire());
  const std::vector<FeatureSchema> schemas = {events_file_schema()};
  WD_TRY(migrate(*db, schemas).in(file->writer.name()));
  return file;
}

Result<void> EventFiles::load() {
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

Result<EventFileRef> EventFiles::open_or_create(Month month) {
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

std::vector<EventFileRef> EventFiles::newest_first(std::optional<Timestamp> from, std::optional<Timestamp> to) const {
  const std::scoped_lock lock{mutex_};
  std::vector<EventFileRef> files;
  for (const auto& [month, file] : files_ | std::views::reverse) {
    const bool is_before = from && end_of(month) <= *from;
    const bool is_after = to && start_of(month) >= *to;
    if (!is_before && !is_after) files.push_back(file);
  }
  return files;
}

Result<void> EventFiles::remove(Month month) {
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
