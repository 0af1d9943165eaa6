// Follows the log files of one source over renames, copies, truncation and restarts: every line once, in order.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "host/log_files.h"
#include "records/lines.h"
#include "records/position.h"
#include "records/record.h"
#include "records/rotated_files.h"
#include "records/source.h"

namespace warder::records {

struct TailOptions {
  bool from_start = false;  // what is in the files when the source is new is read too
  std::size_t max_line_bytes = 64 << 10;
  std::size_t max_files = 500;             // open at once
  std::chrono::milliseconds settle{1000};  // an unfinished record is handed over when nothing was added for so long
  std::chrono::seconds grace{30};          // a rotated file is read on until nothing was added for so long
  std::chrono::milliseconds rescan{1000};  // between looks for new and renamed files
};

struct TailTime {
  std::chrono::steady_clock::time_point steady;
  Timestamp wall;
  std::chrono::seconds utc_offset{0};
};

struct TailNotice {
  enum class Kind : std::uint8_t { Gap, Unreadable, TooMany };
  Kind kind = Kind::Gap;
  std::string path;
  std::string why;
};

struct TailCounters {
  std::uint64_t files = 0;      // followed now
  std::uint64_t lag_bytes = 0;  // there and not read, as of the last look
  std::uint64_t rotations = 0;
  std::uint64_t truncations = 0;
  std::uint64_t gaps = 0;  // times that text may have been lost before it was read
};

/// Single-threaded. Memory: one buffer, and for each file one unfinished line and what its framing holds.
class Tail {
 public:
  using Take = std::function<void(const std::string& path, Record)>;

  Tail(host::LogFiles& files, FileSource source, TailOptions options);
  ~Tail();

  /// Goes on where another Tail's positions() say; before the first poll().
  void restore(std::vector<FilePosition> positions);
  /// Reads about `budget` bytes and hands over the records in them; true when there is more to be read at once.
  bool poll(const TailTime& time, std::size_t budget, const Take& take);
  /// How far what was handed over reaches.
  [[nodiscard]] std::vector<FilePosition> positions() const;
  /// What an operator should know, once each.
  std::vector<TailNotice> take_notices();
  [[nodiscard]] TailCounters counters() const;
  [[nodiscard]] const FileSource& source() const noexcept { return source_; }

 private:
  struct Follower;
  using FollowerPtr = std::unique_ptr<Follower>;
  enum class Progress : std::uint8_t { AtEnd, More };

  void scan(const TailTime& time);
  std::vector<host::LogFileInfo> find_live(const TailTime& time);
  void see(const host::LogFileInfo& info, const TailTime& time);
  void retire_unseen(const std::set<std::string>& live);
  void recover(FilePosition position, const TailTime& time);
  void recover_younger(const FilePosition& last, const OpenLogFile* live, const TailTime& time);
  std::optional<FilePosition> youngest(const std::string& path) const;
  std::optional<OpenLogFile> find_rotated(const FilePosition& position);
  std::vector<OpenLogFile> rotated(const std::string& path,
                                   const std::function<bool(const host::LogFileInfo&)>& wanted);
  Result<OpenLogFile> open(const std::string& path);
  Follower* start(const host::LogFileInfo& info, std::unique_ptr<host::LogFile> file, std::uint64_t offset,
                  const TailTime& time);
  std::uint64_t first_offset(host::LogFile& file, std::uint64_t bytes);
  Progress read(Follower& follower, const TailTime& time, std::size_t& budget, const Take& take);
  void begin_again(Follower& follower, const TailTime& time, const Take& take);
  void settle(Follower& follower, const TailTime& time, const Take& take);
  bool is_over(Follower& follower, const TailTime& time, const Take& take);
  bool waits_for_older(const Follower& follower) const;
  bool is_copy(host::LogFile& file, std::initializer_list<Head> heads) const;
  bool knows(const host::LogFileInfo& info) const;
  FilePosition position_of(const Follower& follower) const;
  void notice(TailNotice::Kind kind, const std::string& path, std::string why);

  host::LogFiles& files_;
  FileSource source_;
  TailOptions options_;
  std::deque<FollowerPtr> followers_;   // older ones of a path before younger ones
  std::vector<FilePosition> restored_;  // to be found again by the next scan
  std::deque<FilePosition> closed_;
  std::vector<TailNotice> notices_;
  std::set<std::string> noticed_;
  std::vector<std::uint8_t> buffer_;
  std::chrono::steady_clock::time_point next_scan_;
  bool is_new_ = true;  // nothing is remembered of this source
  TailCounters counters_;
};

}  // namespace warder::records
