// Where root keys are: a file, a PKCS#11 token or a key management service. A provider wraps tenants' keys; a root key
// itself leaves it never (file: never leaves this process).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::crypto {

/// Thread-safe, and safe beside other processes that use the same root keys. `purpose` is authenticated: what was
/// wrapped for another does not open. A wrapped key names the root key that opens it. No key and no PIN is ever part of
/// an error. Errors of `wrap` and `unwrap`: Unavailable or Timeout when the provider does not answer, Corrupt when a
/// wrapped key is damaged or for another purpose, NotFound when its root key is not there.
class KeyProvider {
 public:
  virtual ~KeyProvider() = default;
  [[nodiscard]] virtual std::string name() const = 0;  // "sealed-file"
  virtual Result<Bytes> wrap(std::string_view purpose, ByteView key) = 0;
  virtual Result<Bytes> unwrap(std::string_view purpose, ByteView wrapped) = 0;
  /// The id of the root key that `wrap` uses now.
  virtual Result<std::string> root() = 0;
  /// That of the root key which opens `wrapped`.
  [[nodiscard]] virtual Result<std::string> root_of(ByteView wrapped) const;
  /// Makes a root key that `wrap` uses from now on; the ones before still unwrap.
  virtual Result<void> rotate() = 0;
  /// Whether there are root keys before the present one.
  virtual Result<bool> has_old() = 0;
  /// Destroys the root keys before the present one. Nothing may be wrapped under them any more.
  virtual Result<void> forget_old() = 0;
};

/// 256-bit root keys in a file of mode 0600, made on first use; the last line is the one that wraps. Refuses a file
/// that others can read.
Result<std::unique_ptr<KeyProvider>> make_sealed_file_provider(const std::string& path);

}  // namespace warder::crypto
