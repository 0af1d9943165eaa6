#include "scanner/subject.h"

#include <unistd.h>

#include <cerrno>

namespace warder::scanner {

ByteView ContentReader::read(int file) {
  constexpr std::size_t kSpace = kMaxBytes + 1;  // one more tells that there is more
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(kSpace);
  std::size_t have = 0;
  while (have < kSpace) {
    const ssize_t count = ::pread(file, buffer_.get() + have, kSpace - have, static_cast<off_t>(have));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return {};
    if (count == 0) return {buffer_.get(), have};
    have += static_cast<std::size_t>(count);
  }
  return {};
}

}  // namespace warder::scanner
