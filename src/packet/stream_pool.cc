#include "packet/stream_pool.h"

#include <bit>
#include <utility>

namespace warder::packet {
namespace {

/// Free buffers are kept for reuse up to this share of the limit.
constexpr std::uint64_t kKeptShare = 4;

}  // namespace

StreamBuffer StreamPool::take(std::size_t bytes) {
  const std::size_t size = std::bit_ceil(bytes < kSmallest ? kSmallest : bytes);
  const auto index = static_cast<std::size_t>(std::countr_zero(size) - std::countr_zero(kSmallest));
  if (index >= kClasses || in_use_ + size > max_bytes_) {
    ++refusals_;
    return {};
  }
  in_use_ += size;
  auto& free = free_[index];
  if (!free.empty()) {
    StreamBuffer buffer = std::move(free.back());
    free.pop_back();
    kept_ -= size;
    return buffer;
  }
  StreamBuffer buffer;
  // Not value-initialised: what is read was written before.
  buffer.bytes_ = std::make_unique_for_overwrite<std::uint8_t[]>(size);
  buffer.size_ = size;
  return buffer;
}

void StreamPool::give_back(StreamBuffer&& buffer) noexcept {
  StreamBuffer mine = std::move(buffer);
  if (mine.size_ == 0) return;
  in_use_ -= mine.size_;
  if (kept_ + mine.size_ > max_bytes_ / kKeptShare) return;
  kept_ += mine.size_;
  const auto index = static_cast<std::size_t>(std::countr_zero(mine.size_) - std::countr_zero(kSmallest));
  free_[index].push_back(std::move(mine));
}

}  // namespace warder::packet
