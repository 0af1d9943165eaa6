// A file that crosses the wire: name, size, digests and a bounded piece of its content, grown as its bytes arrive.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "engines/ips/app/parser.h"

namespace warder::ips::app {

class Rooms;

/// Single-threaded. Content beyond the limit is counted and hashed, not kept.
class File {
 public:
  enum class State : std::uint8_t { Open, Closed, Truncated /*lost bytes, or its flow ended before it did*/ };

  File(std::string name, const Limits& limits, std::uint64_t max_kept_bytes);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void append(ByteView bytes);
  void close();
  void truncate();

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  [[nodiscard]] State state() const noexcept { return state_; }
  /// Bytes seen so far; the size when closed.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// The first bytes of the file, as many as are kept.
  [[nodiscard]] ByteView content() const noexcept { return content_; }
  /// True when later bytes are not kept any more.
  [[nodiscard]] bool is_full() const noexcept { return content_.size() >= max_kept_bytes_; }
  /// Lower-case hex; nothing before the file is closed or when no rule wants it.
  [[nodiscard]] const std::string& md5() const noexcept { return md5_; }
  [[nodiscard]] const std::string& sha1() const noexcept { return sha1_; }
  [[nodiscard]] const std::string& sha256() const noexcept { return sha256_; }

  /// file.data of this file.
  [[nodiscard]] BufferView view() const noexcept;

 private:
  struct Hashes;
  std::string name_;
  std::uint64_t max_kept_bytes_;
  Rooms* rooms_;
  std::uint64_t size_ = 0;
  State state_ = State::Open;
  Bytes content_;
  std::unique_ptr<Hashes> hashes_;
  std::string md5_;
  std::string sha1_;
  std::string sha256_;
};

}  // namespace warder::ips::app
