// How far a log file has been read, in a form that finds the file again after it was renamed, copied or compressed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "host/log_files.h"

namespace warder::records {

/// The first bytes of a file, as a fingerprint: at most kMaxHeadBytes, fewer while the file is shorter.
struct Head {
  std::size_t bytes = 0;
  std::string digest;  // SHA-256, hex
  friend bool operator==(const Head&, const Head&) = default;
};
inline constexpr std::size_t kMaxHeadBytes = 1024;

/// Of the first `bytes` bytes; nullopt-like empty head when the file has fewer.
Result<Head> read_head(host::LogFile& file, std::size_t bytes);
/// Of as many as there are.
Result<Head> read_head_of(host::LogFile& file);
/// Does the file begin as the fingerprint says? True for an empty fingerprint.
bool begins_with(host::LogFile& file, const Head& head);

struct FilePosition {
  std::string path;  // the name under which the file was followed, also after it was renamed
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;      // everything before it has been handed over
  std::int64_t modified_ns = 0;  // when the file had last been written, as of the last read
  Head head;
  bool is_retired = false;  // rotated away: read to its end, then forgotten
  bool is_closed = false;   // not followed now; remembered in case it comes back
  std::string state;        // of the framing
  friend bool operator==(const FilePosition&, const FilePosition&) = default;
};

/// As JSON, and back; Corrupt when it is not what was written.
std::string to_text(const std::vector<FilePosition>& positions);
Result<std::vector<FilePosition>> parse_positions(std::string_view text);

}  // namespace warder::records
