#include "agent/log_file_source.h"

namespace warder::agent {
namespace {

std::string_view type_of(records::TailNotice::Kind kind) noexcept {
  switch (kind) {
    case records::TailNotice::Kind::Gap:
      return "log-inspection.source.gap";
    case records::TailNotice::Kind::Unreadable:
    case records::TailNotice::Kind::TooMany:
      return "log-inspection.source.unreadable";
  }
  return "log-inspection.source.gap";
}

class LogFileSource final : public LogSource {
 public:
  LogFileSource(host::LogFiles& files, records::FileSource source, records::TailOptions options)
      : name_(source.text), tail_(files, std::move(source), options) {}

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  [[nodiscard]] bool can_wait() const noexcept override { return true; }

  bool poll(const records::TailTime& time, std::size_t budget, std::vector<LogRecord>& out) override {
    return tail_.poll(time, budget, [&out](const std::string& path, records::Record record) {
      out.push_back({std::move(record.text), path, {}, record.is_cut});
    });
  }

  [[nodiscard]] std::string position() const override { return records::to_text(tail_.positions()); }

  Result<void> restore(std::string_view position) override {
    tail_.restore(WD_TRY(records::parse_positions(position)));
    return {};
  }

  std::vector<LogNotice> take_notices() override {
    std::vector<LogNotice> notices;
    for (records::TailNotice& notice : tail_.take_notices())
      notices.push_back({type_of(notice.kind), std::move(notice.path), std::move(notice.why), 0});
    return notices;
  }

  void count(std::map<std::string, std::uint64_t>& counters) const override {
    const records::TailCounters tail = tail_.counters();
    counters["files"] += tail.files;
    counters["lag_bytes"] += tail.lag_bytes;
    counters["rotations"] += tail.rotations;
    counters["truncations"] += tail.truncations;
    counters["gaps"] += tail.gaps;
  }

 private:
  std::string name_;
  records::Tail tail_;
};

}  // namespace

std::unique_ptr<LogSource> make_log_file_source(host::LogFiles& files, records::FileSource source,
                                                records::TailOptions options) {
  return std::make_unique<LogFileSource>(files, std::move(source), options);
}

}  // namespace warder::agent
