// The network of a test, as the test itself: a TUN device of which every packet is read and written by hand, so that a
// client can fragment, reorder and overlap as no kernel would.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/file.h"
#include "base/result.h"
#include "packet/testing.h"

namespace warder::wire {

/// Addresses of the documentation networks: this host, and who speaks to it.
inline constexpr std::string_view kHost4 = "198.51.100.2";
inline constexpr std::string_view kPeer4 = "198.51.100.77";
inline constexpr std::string_view kHost6 = "2001:db8:1::2";
inline constexpr std::string_view kPeer6 = "2001:db8:1::77";

class TunWire {
 public:
  /// Makes the device with the host's addresses in the network namespace of the calling thread.
  static Result<TunWire> open(const std::string& name = "wire");
  void write(const Bytes& packet) const;
  /// One IP packet from the host, or nothing within `patience`.
  [[nodiscard]] std::optional<Bytes> read(std::chrono::milliseconds patience) const;

 private:
  explicit TunWire(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

/// A TCP client that decides itself which bytes go into which packet.
class TunClient {
 public:
  TunClient(TunWire& wire, std::uint16_t port, std::uint16_t server_port, bool is_v6);

  bool connect();
  /// A segment with `text` at this place in what the client says; nothing is remembered of it.
  void segment(std::size_t offset, std::string_view text);
  /// The same packet in IP fragments of at most `size` bytes (a multiple of eight) of the segment, last one first.
  void fragments(std::size_t offset, std::string_view text, std::size_t size);
  /// What the server answers until it closes, resets or says nothing for `patience`; acknowledges it.
  std::string answer(std::chrono::milliseconds patience);
  [[nodiscard]] bool was_reset() const noexcept { return was_reset_; }

 private:
  [[nodiscard]] Bytes packet(std::uint8_t flags, std::uint32_t sequence, std::string_view text) const;
  void take(const Bytes& packet);

  TunWire& wire_;
  std::uint16_t port_;
  std::uint16_t server_port_;
  bool is_v6_;
  std::uint32_t first_ = 100'000;  // sequence number of the first byte
  std::uint32_t next_ = 0;         // expected of the server
  bool is_connected_ = false;
  bool was_reset_ = false;
  bool has_ended_ = false;
  std::map<std::uint32_t, std::string> early_;
  std::string heard_;
};

}  // namespace warder::wire
