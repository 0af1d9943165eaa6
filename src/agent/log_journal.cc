#include "agent/log_journal.h"

#include <fmt/format.h>
#include <systemd/sd-journal.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "records/source.h"

namespace warder::agent {
namespace {

constexpr std::string_view kName = "journal";

struct CloseJournal {
  void operator()(sd_journal* journal) const noexcept { sd_journal_close(journal); }
};
using JournalPtr = std::unique_ptr<sd_journal, CloseJournal>;

struct FreeText {
  void operator()(char* text) const noexcept { std::free(text); }  // NOLINT(cppcoreguidelines-no-malloc): libsystemd's
};

Result<JournalPtr> open_journal(const JournalOptions& options) {
  sd_journal* journal = nullptr;
  const int result = options.directory.empty() ? sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM)
                                               : sd_journal_open_directory(&journal, options.directory.c_str(), 0);
  if (result < 0) return fail_errno("journal", -result);
  JournalPtr owned(journal);
  sd_journal_set_data_threshold(journal, options.max_message_bytes);
  return owned;
}

// RFC 3164 §4.1.2, in local time.
std::string syslog_time(Timestamp time, std::chrono::seconds utc_offset) {
  const auto local = std::chrono::floor<std::chrono::seconds>(time) + utc_offset;
  const std::chrono::hh_mm_ss clock(local - std::chrono::floor<std::chrono::days>(local));
  return fmt::format("{} {:02}:{:02}:{:02}", records::expand_time("%b %e", time, utc_offset), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

class LogJournal final : public LogSource {
 public:
  LogJournal(JournalOptions options, JournalPtr journal)
      : options_(std::move(options)), name_(kName), journal_(std::move(journal)) {}

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] bool can_wait() const noexcept override { return true; }
  [[nodiscard]] std::string position() const override { return cursor_; }
  Result<void> restore(std::string_view position) override {
    cursor_ = position;
    return {};
  }
  [[nodiscard]] std::vector<int> descriptors() const override {
    const int fd = sd_journal_get_fd(journal_.get());
    return fd < 0 ? std::vector<int>{} : std::vector<int>{fd};
  }

  bool poll(const records::TailTime& time, std::size_t budget, std::vector<LogRecord>& out) override {
    if (!is_placed_) place();
    sd_journal_process(journal_.get());  // takes note of files that came and went
    std::size_t taken = 0;
    while (taken < budget) {
      if (!holds_entry_ && sd_journal_next(journal_.get()) <= 0) return false;
      holds_entry_ = false;
      LogRecord record = read(time);
      taken += record.text.size() + 1;
      ++entries_;
      if (!record.text.empty()) out.push_back(std::move(record));
      note_cursor();
    }
    return true;
  }

  std::vector<LogNotice> take_notices() override { return std::exchange(notices_, {}); }
  void count(std::map<std::string, std::uint64_t>& counters) const override { counters["journal_entries"] += entries_; }

 private:
  void place() {
    is_placed_ = true;
    sd_journal* journal = journal_.get();
    if (cursor_.empty()) {
      if (options_.from_start) {
        sd_journal_seek_head(journal);
      } else {
        sd_journal_seek_tail(journal);
        if (sd_journal_previous(journal) > 0) note_cursor();
      }
      return;
    }
    const bool is_found = sd_journal_seek_cursor(journal, cursor_.c_str()) >= 0 && sd_journal_next(journal) > 0;
    if (is_found && sd_journal_test_cursor(journal, cursor_.c_str()) > 0) return;
    // The entry is gone; the one found instead is new to us. Nothing found: the journal has no entry at or behind it.
    if (is_found) {
      holds_entry_ = true;
    } else {
      sd_journal_seek_head(journal);
    }
    notices_.push_back({"log-inspection.source.gap", name_, "the journal no longer has the entry read last", 0});
  }

  std::string field(const char* name) const {
    const void* data = nullptr;
    std::size_t size = 0;
    if (sd_journal_get_data(journal_.get(), name, &data, &size) < 0) return {};
    const std::string_view whole(static_cast<const char*>(data), size);
    const std::size_t equals = whole.find('=');
    return equals == std::string_view::npos ? std::string() : std::string(whole.substr(equals + 1));
  }

  LogRecord read(const records::TailTime& time) const {
    LogRecord record;
    std::string message = field("MESSAGE");
    if (message.empty()) return record;
    std::ranges::replace_if(
        message, [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
    record.is_cut = message.size() >= options_.max_message_bytes;
    std::string program = field("SYSLOG_IDENTIFIER");
    if (program.empty()) program = field("_COMM");
    std::string process = field("SYSLOG_PID");
    if (process.empty()) process = field("_PID");
    std::string host = field("_HOSTNAME");
    std::uint64_t micros = 0;
    sd_journal_get_realtime_usec(journal_.get(), &micros);
    const auto at = from_micros(static_cast<std::int64_t>(micros));
    record.text = syslog_time(at, time.utc_offset);
    record.text.append(" ")
        .append(host.empty() ? "localhost" : host)
        .append(" ")
        .append(program.empty() ? "-" : program);
    if (!process.empty()) record.text.append("[").append(process).append("]");
    record.text.append(": ").append(message);
    record.location = name_;
    return record;
  }

  void note_cursor() {
    char* text = nullptr;
    if (sd_journal_get_cursor(journal_.get(), &text) < 0) return;
    const std::unique_ptr<char, FreeText> owned(text);
    cursor_ = text;
  }

  JournalOptions options_;
  std::string name_;
  JournalPtr journal_;
  std::string cursor_;
  std::vector<LogNotice> notices_;
  std::uint64_t entries_ = 0;
  bool is_placed_ = false;
  bool holds_entry_ = false;
};

}  // namespace

Result<std::unique_ptr<LogSource>> make_log_journal(const JournalOptions& options) {
  auto journal = WD_TRY(open_journal(options));
  return std::make_unique<LogJournal>(options, std::move(journal));
}

}  // namespace warder::agent
