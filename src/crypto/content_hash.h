// Hashes of a stream by an algorithm that a person chose. MD5 and SHA-1 are here because other tools' databases have
// them; they prove nothing against somebody who means harm.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace warder::crypto {

enum class HashAlgorithm : std::uint8_t { Md5, Sha1, Sha256, Sha512, Blake3 };

/// Single-threaded.
class ContentHash {
 public:
  explicit ContentHash(HashAlgorithm algorithm);
  ~ContentHash();
  ContentHash(ContentHash&&) noexcept;
  ContentHash& operator=(ContentHash&&) noexcept;
  ContentHash(const ContentHash&) = delete;
  ContentHash& operator=(const ContentHash&) = delete;
  void update(ByteView bytes);
  /// The digest as bytes; starts the next.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace warder::crypto
