// Reads the part of CBOR (RFC 8949) that authenticators write: definite lengths, each number in its shortest form.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::manager {

/// Over bytes that outlive it. What is not of that form, too deep or cut off is Corrupt.
class CborReader {
 public:
  explicit CborReader(ByteView bytes) noexcept : reader_(bytes) {}

  [[nodiscard]] std::size_t offset() const noexcept { return reader_.offset(); }
  [[nodiscard]] bool is_at_end() const noexcept { return reader_.is_at_end(); }

  /// How many pairs follow.
  Result<std::uint64_t> map();
  Result<std::string_view> text();
  Result<ByteView> bytes();
  Result<std::int64_t> integer();
  /// Any one item, at most four levels of it.
  Result<void> skip();

 private:
  struct Head {
    unsigned major;
    std::uint64_t value;
  };
  Result<Head> head();
  Result<Head> head_of(unsigned major);
  Result<ByteView> take(std::uint64_t size);
  Result<void> skip(int levels);

  Reader reader_;
};

}  // namespace warder::manager
