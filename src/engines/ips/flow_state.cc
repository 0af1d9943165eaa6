#include "engines/ips/flow_state.h"

#include <algorithm>

namespace warder::ips {

namespace {

constexpr std::size_t kMaxSharedBits = 100'000;
constexpr std::size_t kMaxFlowBits = 1024;

}  // namespace

bool Bits::has(std::uint32_t name) const noexcept {
  return std::ranges::binary_search(names_, name);
}

void Bits::set(std::uint32_t name) {
  const auto place = std::ranges::lower_bound(names_, name);
  if ((place == names_.end() || *place != name) && names_.size() < kMaxFlowBits) names_.insert(place, name);
}

void Bits::unset(std::uint32_t name) {
  const auto place = std::ranges::lower_bound(names_, name);
  if (place != names_.end() && *place == name) names_.erase(place);
}

void FlowState::reset() {
  app.reset();
  sides = {};
  bits.clear();
  integers.clear();
  verdict = FlowVerdict::Inspect;
  is_established = has_ended = is_bypassed = false;
}

SharedState::Key SharedState::key(const packet::Packet& packet, BitTrack track, std::uint32_t name) {
  switch (track) {
    case BitTrack::Source:
      return {packet.source, {}, name, BitTrack::Source};
    case BitTrack::Destination:
      return {packet.destination, {}, name, BitTrack::Source};
    case BitTrack::Pair:
    case BitTrack::Transaction:
      break;
  }
  return {std::min(packet.source, packet.destination), std::max(packet.source, packet.destination), name,
          BitTrack::Pair};
}

bool SharedState::has_bit(const packet::Packet& packet, BitTrack track, std::uint32_t name) const {
  const auto found = bits_.find(key(packet, track, name));
  return found != bits_.end() && found->second >= now_;
}

void SharedState::set_bit(const packet::Packet& packet, BitTrack track, std::uint32_t name, std::uint32_t seconds) {
  if (bits_.size() >= kMaxSharedBits) {
    std::erase_if(bits_, [&](const auto& bit) { return bit.second < now_; });
    if (bits_.size() >= kMaxSharedBits) return;
  }
  bits_[key(packet, track, name)] = now_ + std::chrono::seconds(seconds);
}

void SharedState::unset_bit(const packet::Packet& packet, BitTrack track, std::uint32_t name) {
  bits_.erase(key(packet, track, name));
}

std::optional<std::uint8_t> SharedState::reputation(const IpAddress& address, std::uint8_t category) const {
  const auto found = std::ranges::find_if(reputation_, [&](const ReputationEntry& entry) {
    return entry.category == category && entry.addresses.contains(address);
  });
  return found == reputation_.end() ? std::nullopt : std::optional(found->score);
}

}  // namespace warder::ips
