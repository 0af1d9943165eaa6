#include <algorithm>
#include <array>

#include "records/audit.h"
#include "records/record.h"
#include "rules/pattern.h"

namespace warder::records {
namespace {

struct FormatRow {
  Format format;
  std::string_view name;
};
constexpr std::array kFormats{
    FormatRow{Format::Syslog, "syslog"},
    FormatRow{Format::Apache, "apache"},
    FormatRow{Format::Nginx, "nginx"},
    FormatRow{Format::Squid, "squid"},
    FormatRow{Format::Iis, "iis"},
    FormatRow{Format::MySql, "mysql"},
    FormatRow{Format::PostgreSql, "postgresql"},
    FormatRow{Format::SnortFull, "snort-full"},
    FormatRow{Format::SnortFast, "snort-fast"},
    FormatRow{Format::Json, "json"},
    FormatRow{Format::Cef, "cef"},
    FormatRow{Format::Audit, "audit"},
    FormatRow{Format::MultiLine, "multi-line"},
};

// Every line is a record; what `leaves_out` says is none.
class SingleLine final : public Framing {
 public:
  explicit SingleLine(std::string_view left_out) : left_out_(left_out) {}

  void add(const Line& line, const Take& take) override {
    if (line.text.empty() || left_out_.find(line.text.front()) != std::string_view::npos) return;
    take({std::string(line.text), line.begin, line.end, line.is_cut});
  }
  void flush(const Take& /*take*/) override {}
  [[nodiscard]] std::optional<std::uint64_t> pending() const override { return std::nullopt; }

 private:
  std::string_view left_out_;
};

// Lines that belong together, joined by spaces; `Rule` says where a record begins or ends.
class Joined : public Framing {
 public:
  explicit Joined(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void add(const Line& line, const Take& take) override {
    if (open_ && begins(line.text)) flush(take);
    if (line.text.empty() && !open_) return;
    append(line);
    if (ends(line.text)) flush(take);
  }
  void flush(const Take& take) override {
    if (!open_) return;
    Record record = std::move(*open_);
    open_.reset();
    on_end();
    if (!record.text.empty()) take(std::move(record));
  }
  [[nodiscard]] std::optional<std::uint64_t> pending() const override {
    return open_ ? std::optional(open_->begin) : std::nullopt;
  }

 protected:
  /// Called with a line while a record is open: does this line begin the next?
  virtual bool begins(std::string_view line) = 0;
  /// Is this line its record's last?
  virtual bool ends(std::string_view line) = 0;
  virtual void on_end() {}

 private:
  void append(const Line& line) {
    if (!open_) open_ = Record{{}, line.begin, line.end, false};
    open_->end = line.end;
    open_->is_cut = open_->is_cut || line.is_cut;
    std::string_view text = line.text;
    if (!open_->text.empty() && open_->text.size() < max_bytes_ && !text.empty()) open_->text.push_back(' ');
    const std::size_t room = max_bytes_ - std::min(max_bytes_, open_->text.size());
    if (text.size() > room) {
      text = text.substr(0, room);
      open_->is_cut = true;
    }
    open_->text.append(text);
  }

  std::size_t max_bytes_;
  std::optional<Record> open_;
};

class Counted final : public Joined {
 public:
  Counted(std::size_t max_bytes, std::size_t lines) : Joined(max_bytes), lines_(lines) {}

 private:
  bool begins(std::string_view /*line*/) override { return false; }
  bool ends(std::string_view /*line*/) override { return ++seen_ >= lines_; }
  void on_end() override { seen_ = 0; }

  std::size_t lines_;
  std::size_t seen_ = 0;
};

class Indented final : public Joined {
 public:
  using Joined::Joined;

 private:
  bool begins(std::string_view line) override { return !line.starts_with(' ') && !line.starts_with('\t'); }
  bool ends(std::string_view /*line*/) override { return false; }
};

class Started final : public Joined {
 public:
  Started(std::size_t max_bytes, rules::Pattern start) : Joined(max_bytes), start_(std::move(start)) {}

 private:
  bool begins(std::string_view line) override { return start_.matches(line); }
  bool ends(std::string_view /*line*/) override { return false; }

  rules::Pattern start_;
};

// snort's full alerts: a block of lines, then an empty one.
class Blocks final : public Joined {
 public:
  using Joined::Joined;

 private:
  bool begins(std::string_view line) override { return line.starts_with("[**]"); }
  bool ends(std::string_view line) override { return line.empty(); }
};

// PostgreSQL writes text with a time in front, or CSV in which a quoted value may go over several lines.
class PostgreSqlEntries final : public Joined {
 public:
  PostgreSqlEntries(std::size_t max_bytes, rules::Pattern csv, rules::Pattern start)
      : Joined(max_bytes), csv_(std::move(csv)), start_(std::move(start)) {}

 private:
  bool begins(std::string_view line) override { return !is_csv_ && start_.matches(line); }
  bool ends(std::string_view line) override {
    // The first line says which of the two it is.
    if (!is_inside_) is_csv_ = csv_.matches(line);
    is_inside_ = true;
    if (!is_csv_) return false;
    for (const char c : line) is_quoted_ = is_quoted_ != (c == '"');
    return !is_quoted_;
  }
  void on_end() override { is_inside_ = is_quoted_ = is_csv_ = false; }

  rules::Pattern csv_;
  rules::Pattern start_;
  bool is_inside_ = false;
  bool is_csv_ = false;
  bool is_quoted_ = false;
};

// dev.mysql.com: error log "2026-11-22T10:00:00.000000Z 8 [Note] …" (or "2026-11-22 10:00:00 …" of MariaDB, "261122
// 10:00:00" before 5.7); slow query log "# Time: …" and "# User@Host: …"; general log a time, an id and a command.
constexpr std::string_view kMySqlStart =
    R"(^(?:\d{4}-\d\d-\d\d[T ]|\d{6}\s+\d{1,2}:\d\d:\d\d|# Time: |\[\d{4}-\d\d-\d\d))";
// postgresql.org, log_line_prefix: '%m …' and '%t …' begin with the time.
constexpr std::string_view kPostgreSqlStart = R"(^\[?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)";
constexpr std::string_view kPostgreSqlCsv = R"(^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [^,]*,)";

using FramingResult = Result<std::unique_ptr<Framing>>;

Result<rules::Pattern> pcre2(std::string_view text) {
  return rules::Pattern::compile(rules::PatternLanguage::Pcre2, text);
}

FramingResult make_multi_line(const FramingOptions& options) {
  if (options.multi_line.lines > 0) return std::make_unique<Counted>(options.max_bytes, options.multi_line.lines);
  if (options.multi_line.by_indent) return std::make_unique<Indented>(options.max_bytes);
  auto start = WD_TRY(pcre2(options.multi_line.start));
  return std::make_unique<Started>(options.max_bytes, std::move(start));
}

}  // namespace

std::string_view name(Format format) noexcept {
  for (const FormatRow& row : kFormats) {
    if (row.format == format) return row.name;
  }
  return "syslog";
}

Result<Format> parse_format(std::string_view text) {
  for (const FormatRow& row : kFormats) {
    if (row.name == text) return row.format;
  }
  return fail(ErrorCode::Invalid, "\"" + std::string(text) + "\" is not one of " + format_names());
}

std::string format_names() {
  std::string names;
  for (const FormatRow& row : kFormats) names.append(names.empty() ? "" : "|").append(row.name);
  return names;
}

Result<std::unique_ptr<Framing>> make_framing(const FramingOptions& options) {
  switch (options.format) {
    case Format::Syslog:
    case Format::Apache:
    case Format::Nginx:
    case Format::Squid:
    case Format::SnortFast:
    case Format::Json:
    case Format::Cef:
      return std::make_unique<SingleLine>("");
    case Format::Iis:
      return std::make_unique<SingleLine>("#");
    case Format::MySql: {
      auto start = WD_TRY(pcre2(kMySqlStart));
      return std::make_unique<Started>(options.max_bytes, std::move(start));
    }
    case Format::PostgreSql: {
      auto csv = WD_TRY(pcre2(kPostgreSqlCsv));
      auto start = WD_TRY(pcre2(kPostgreSqlStart));
      return std::make_unique<PostgreSqlEntries>(options.max_bytes, std::move(csv), std::move(start));
    }
    case Format::SnortFull:
      return std::make_unique<Blocks>(options.max_bytes);
    case Format::Audit:
      return make_audit_framing(options.max_bytes);
    case Format::MultiLine:
      return make_multi_line(options);
  }
  return fail(ErrorCode::Internal, "format");
}

}  // namespace warder::records
