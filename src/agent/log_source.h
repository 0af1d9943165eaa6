// Where lines come from: files, the journal, the network, commands. One thread polls them all.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "records/tail.h"

namespace warder::agent {

struct LogRecord {
  std::string text;
  std::string location;  // file, "journal", "udp://192.0.2.1", or the command
  std::string host;      // who sent it; empty: this host
  bool is_cut = false;
};

struct LogNotice {
  std::string_view type;  // message id
  std::string source;
  std::string text;
  std::uint64_t count = 0;
};

/// Single-threaded.
class LogSource {
 public:
  virtual ~LogSource() = default;
  /// As the policy writes it; what is remembered of the source is kept under this name.
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;
  /// Appends what there is, about `budget` bytes; true when there is more to be had at once. Never blocks for long.
  virtual bool poll(const records::TailTime& time, std::size_t budget, std::vector<LogRecord>& out) = 0;
  /// What is not read now can be read later.
  [[nodiscard]] virtual bool can_wait() const noexcept = 0;
  /// How far what was handed over reaches; empty for a source that cannot be read again.
  [[nodiscard]] virtual std::string position() const { return {}; }
  /// Before the first poll. Corrupt when it is not a position of this kind of source.
  virtual Result<void> restore(std::string_view /*position*/) { return {}; }
  /// Readable when there may be something before the next regular look.
  [[nodiscard]] virtual std::vector<int> descriptors() const { return {}; }
  virtual std::vector<LogNotice> take_notices() { return {}; }
  /// Adds to what the module reports of itself.
  virtual void count(std::map<std::string, std::uint64_t>& /*counters*/) const {}
};

}  // namespace warder::agent
