// Hybrid public key encryption (RFC 9180), base mode: X25519, HKDF-SHA256, ChaCha20-Poly1305. Whoever has the public
// key can seal; only who has the private key can open, not even the one who sealed.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::crypto {

using HpkePublicKey = std::array<std::uint8_t, 32>;

/// Wiped on destruction.
class HpkePrivateKey {
 public:
  static HpkePrivateKey generate();
  static Result<HpkePrivateKey> from_bytes(ByteView bytes);  // 32
  ~HpkePrivateKey();
  HpkePrivateKey(HpkePrivateKey&&) noexcept = default;
  HpkePrivateKey& operator=(HpkePrivateKey&&) noexcept = default;
  HpkePrivateKey(const HpkePrivateKey&) = delete;
  HpkePrivateKey& operator=(const HpkePrivateKey&) = delete;
  [[nodiscard]] ByteView bytes() const noexcept { return bytes_; }
  [[nodiscard]] const HpkePublicKey& public_key() const noexcept { return public_; }

 private:
  HpkePrivateKey(Bytes bytes, const HpkePublicKey& key) : bytes_(std::move(bytes)), public_(key) {}
  Bytes bytes_;
  HpkePublicKey public_;
};

/// What both sides derive from one encapsulated key: messages by number, each number for one message only.
class HpkeContext {
 public:
  struct Sender;
  /// A fresh key for the receiver. `info` binds the context to its use.
  static Result<Sender> make(const HpkePublicKey& receiver, std::string_view info);
  /// The same with a given ephemeral key: for known answers only.
  static Result<Sender> make(const HpkePublicKey& receiver, std::string_view info, const HpkePrivateKey& ephemeral);
  /// The receiver's side. Invalid for an encapsulated key that no sender makes.
  static Result<HpkeContext> open(const HpkePrivateKey& receiver, const HpkePublicKey& encapsulated,
                                  std::string_view info);

  [[nodiscard]] Bytes seal(std::uint64_t number, ByteView associated, ByteView plaintext) const;
  /// Corrupt when box, number or associated data are not those it was sealed with.
  [[nodiscard]] Result<Bytes> unseal(std::uint64_t number, ByteView associated, ByteView box) const;

 private:
  HpkeContext(Bytes key, Bytes nonce) : key_(std::move(key)), nonce_(std::move(nonce)) {}
  static HpkeContext schedule(ByteView shared, std::string_view info);
  [[nodiscard]] Bytes nonce_of(std::uint64_t number) const;
  Bytes key_;
  Bytes nonce_;
};

struct HpkeContext::Sender {
  HpkePublicKey encapsulated;
  HpkeContext context;
};

}  // namespace warder::crypto
