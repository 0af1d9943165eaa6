// Lines become records: one line, several lines that belong together, or the parts of an audit event. A record is what
// rules are applied to.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "records/lines.h"

namespace warder::records {

struct Record {
  std::string text;
  std::uint64_t begin = 0;  // offset of its first byte
  std::uint64_t end = 0;    // offset behind its last byte
  bool is_cut = false;      // longer than the limit: the rest is left out
};

/// Joins lines. Single-threaded; holds a bounded number of unfinished records.
class Framing {
 public:
  using Take = std::function<void(Record)>;
  virtual ~Framing() = default;
  virtual void add(const Line& line, const Take& take) = 0;
  /// Hands over what is unfinished: nothing has come for a while, or nothing will.
  virtual void flush(const Take& take) = 0;
  /// Offset of the first line that is not yet part of a record handed over; absent: there is none.
  [[nodiscard]] virtual std::optional<std::uint64_t> pending() const = 0;
  /// What must be known to go on at pending() in a new process, and its counterpart. Mostly empty.
  [[nodiscard]] virtual std::string state() const { return {}; }
  virtual void restore(std::string_view /*state*/) {}
};

/// What a log is written in: the first word of a source in the policy.
enum class Format : std::uint8_t {
  Syslog,  // one line; and every other format of one line a record
  Apache,
  Nginx,
  Squid,
  Iis,         // lines that begin with # are directives, not records
  MySql,       // an entry of the error log, the general log or the slow query log
  PostgreSql,  // text: an entry begins with a time; csvlog: ends where its quotes do
  SnortFull,   // a block that ends with an empty line
  SnortFast,
  Json,
  Cef,
  Audit,  // all records of one audit event
  MultiLine,
};
std::string_view name(Format format) noexcept;
Result<Format> parse_format(std::string_view text);
/// "syslog|apache|…"
std::string format_names();

/// How lines of Format::MultiLine belong together: "multi-line:3", "multi-line:indent", "multi-line:/^\d{4}-/".
struct MultiLine {
  std::size_t lines = 0;   // so many lines are a record; 0: not counted
  bool by_indent = false;  // a line that begins with a space or tab goes on
  std::string start;       // PCRE2: a line that matches begins a record
};

struct FramingOptions {
  Format format = Format::Syslog;
  MultiLine multi_line;
  std::size_t max_bytes = 64 << 10;  // of a record
};

/// Invalid when the start pattern cannot be read.
Result<std::unique_ptr<Framing>> make_framing(const FramingOptions& options);

}  // namespace warder::records
