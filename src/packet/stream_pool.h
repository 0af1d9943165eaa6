// Memory for streams: buffers in sizes of powers of two, reused, together never above a limit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace warder::packet {

/// A buffer on loan; give it back to the pool that it came from.
class StreamBuffer {
 public:
  StreamBuffer() = default;
  StreamBuffer(StreamBuffer&& other) noexcept : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  StreamBuffer& operator=(StreamBuffer&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::uint8_t* data() noexcept { return bytes_.get(); }
  [[nodiscard]] const std::uint8_t* data() const noexcept { return bytes_.get(); }

 private:
  friend class StreamPool;
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_ = 0;
};

/// Single-threaded.
class StreamPool {
 public:
  static constexpr std::size_t kSmallest = 2048;
  static constexpr std::size_t kClasses = 13;  // 2 KiB … 8 MiB

  explicit StreamPool(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  /// At least `bytes`; an empty buffer when that is over the limit.
  StreamBuffer take(std::size_t bytes);
  void give_back(StreamBuffer&& buffer) noexcept;

  [[nodiscard]] std::uint64_t in_use() const noexcept { return in_use_; }
  [[nodiscard]] std::uint64_t refusals() const noexcept { return refusals_; }

 private:
  std::array<std::vector<StreamBuffer>, kClasses> free_;
  std::uint64_t max_bytes_;
  std::uint64_t in_use_ = 0;
  std::uint64_t kept_ = 0;  // free, for the next
  std::uint64_t refusals_ = 0;
};

}  // namespace warder::packet
