// SHA-256, HMAC and constant-time comparison, on OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "base/bytes.h"

namespace warder::crypto {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(ByteView bytes);
std::array<std::uint8_t, 64> sha512(ByteView bytes);
Digest hmac_sha256(ByteView key, ByteView message);
/// HKDF (RFC 5869) with SHA-256.
Bytes derive_key(ByteView secret, ByteView salt, std::string_view purpose, std::size_t bytes);
/// Takes the same time wherever the difference is. False for different lengths.
bool equals_constant_time(ByteView a, ByteView b) noexcept;

/// SHA-256 of a stream. Single-threaded.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(ByteView bytes);
  /// Ends this digest and starts the next.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace warder::crypto
