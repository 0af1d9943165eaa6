// A token of a PKCS#11 module: AES keys in it by label, and AES-GCM with them. Not thread-safe; calls may hang.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::keys {

struct Pkcs11Options {
  std::string module;    // path of the library
  std::string token;     // its label
  std::string pin_file;  // of mode 0600; read at each login
  std::string key_label = "warder-root";
};

/// Errors name the PKCS#11 function and its CKR code, never the PIN.
class Pkcs11Token {
 public:
  /// Loads and initialises the module. NotFound when there is no module or no token of this label.
  static Result<std::unique_ptr<Pkcs11Token>> open(const Pkcs11Options& options);
  virtual ~Pkcs11Token() = default;

  /// The CKA_IDs of the AES keys with the label, rising.
  virtual Result<std::vector<Bytes>> key_ids() = 0;
  /// A 256-bit AES key that does not leave the token.
  virtual Result<void> make_key(ByteView id) = 0;
  virtual Result<void> destroy_key(ByteView id) = 0;
  /// AES-256-GCM with a tag of 128 bits at the end of the ciphertext. NotFound when there is no such key; Corrupt when
  /// what is decrypted is damaged or has other associated data.
  virtual Result<Bytes> encrypt(ByteView id, ByteView nonce, ByteView associated, ByteView plaintext) = 0;
  virtual Result<Bytes> decrypt(ByteView id, ByteView nonce, ByteView associated, ByteView ciphertext) = 0;
};

}  // namespace warder::keys
