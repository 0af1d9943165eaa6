// Envelope encryption: AES-256-GCM under a named key, bound to the place where the ciphertext is stored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::crypto {

/// A 256-bit key with the id and epoch that a ciphertext names it by. Wiped on destruction.
class DataKey {
 public:
  static DataKey generate(std::string id, std::uint32_t epoch);
  /// `id` has at most 255 bytes and `key` exactly 32.
  DataKey(std::string id, std::uint32_t epoch, Bytes key);
  ~DataKey();
  DataKey(DataKey&&) noexcept = default;
  DataKey& operator=(DataKey&& other) noexcept;
  DataKey(const DataKey&) = delete;
  DataKey& operator=(const DataKey&) = delete;
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] std::uint32_t epoch() const noexcept { return epoch_; }
  [[nodiscard]] ByteView key() const noexcept { return key_; }
  [[nodiscard]] DataKey clone() const;

 private:
  std::string id_;
  std::uint32_t epoch_;
  Bytes key_;
};

/// version 1 | key id length, key id | epoch | nonce 12 | ciphertext | tag 16. `place` ("tenant|table|row|column") is
/// authenticated, not stored: moved to another row or column, the box does not open.
Bytes seal(const DataKey& key, std::string_view place, ByteView plaintext);
struct SealedHeader {
  std::string key_id;
  std::uint32_t epoch = 0;
};
Result<SealedHeader> read_sealed_header(ByteView box);
/// Corrupt when the box, the place or the key is not the one it was sealed with.
Result<Bytes> open_sealed(const DataKey& key, std::string_view place, ByteView box);

}  // namespace warder::crypto
