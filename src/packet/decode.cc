#include "packet/decode.h"

#include "packet/checksum.h"
#include "packet/decode_layers.h"

namespace warder::packet {

struct Decoder::State {
  explicit State(const DecodeOptions& options) : layers(options) {}
  Layers layers;
};

Decoder::Decoder(DecodeOptions options) : state_(std::make_unique<State>(options)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

std::span<Packet> Decoder::decode(const Frame& frame) {
  return state_->layers.decode(frame);
}

const DefragmentCounters& Decoder::fragments() const noexcept {
  return state_->layers.fragments().counters();
}

std::span<Packet> Layers::decode(const Frame& frame) {
  has_partial_checksums_ = frame.has_partial_checksums;
  layers_ = 0;
  used_ = 1;
  Packet& first = packets_[0];
  first = Packet{};
  first.time = frame.time;
  first.number = frame.number;
  first.link = frame.link;
  first.frame = frame.bytes;
  link_layer(first, frame.bytes, frame.link);
  const std::span<Packet> packets(packets_.data(), used_);
  if (options_.verify_checksums && !has_partial_checksums_) {
    for (Packet& packet : packets) verify_checksums(packet);
  }
  return packets;
}

Packet* Layers::inner(Where outer, ByteView bytes, Origin origin) {
  if (used_ == packets_.size()) {
    outer.events.add(PacketEvent::TooManyLayers);
    return nullptr;
  }
  Packet& packet = packets_[used_++];
  packet = Packet{};
  packet.time = outer.time;
  packet.number = outer.number;
  packet.link = outer.link;
  packet.origin = origin;
  packet.depth = static_cast<std::uint8_t>(outer.depth + (origin == Origin::Tunnel ? 1 : 0));
  packet.frame = bytes;
  packet.vlan = outer.vlan;
  packet.vlan_count = outer.vlan_count;
  return &packet;
}

}  // namespace warder::packet
