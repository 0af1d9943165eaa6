#include "engines/ips/app/memory.h"

#include <algorithm>
#include <utility>

namespace warder::ips::app {

namespace {

constexpr std::size_t kFirstBytes = 8UL * 1024;
constexpr std::size_t kLargest = 256UL * 1024;
constexpr std::size_t kMost = 32;

}  // namespace

Bytes Rooms::take() {
  Bytes room;
  if (free_.empty()) {
    room.reserve(kFirstBytes);
  } else {
    room = std::move(free_.back());
    free_.pop_back();
  }
  return room;
}

void Rooms::give_back(Bytes&& room) {
  if (room.capacity() < kFirstBytes || room.capacity() > kLargest || free_.size() == kMost) return;
  free_.push_back(std::move(room));
  free_.back().clear();
}

Result<CertificateFacts> KnownCertificates::read(ByteView der) {
  const auto found = std::ranges::find_if(known_, [&](const auto& one) { return std::ranges::equal(one.der, der); });
  if (!der.empty() && found != known_.end()) return found->facts;
  auto facts = WD_TRY(parse_certificate(der));
  known_[next_] = {Bytes(der.begin(), der.end()), facts};
  next_ = (next_ + 1) % known_.size();
  return facts;
}

}  // namespace warder::ips::app
