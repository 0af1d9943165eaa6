// The two keys of a stream as text: the manager's, which signs and is known to the receiver by a NoteKey
// (crypto/signed_note.h), and the receiver's, which alone opens.
#pragma once

#include <string>
#include <string_view>

#include "crypto/hpke.h"
#include "crypto/signed_note.h"

namespace warder::stream {

/// The manager's: a name of letters, digits, '.', '_', '-' and '/', and the seed of an Ed25519 key.
struct StreamKey {
  std::string name;
  crypto::SigningKey key;
  /// What the receiver knows it by.
  [[nodiscard]] crypto::NoteKey known() const { return {name, key.public_key()}; }
};
bool is_stream_name(std::string_view name) noexcept;
/// "warder-stream-signing-key:<name>:<base64>\n", a file of mode 0600.
std::string to_text(const StreamKey& key);
Result<StreamKey> parse_stream_key(std::string_view text);

/// "x25519:<base64>"
std::string to_text(const crypto::HpkePublicKey& key);
Result<crypto::HpkePublicKey> parse_receiver_key(std::string_view text);
/// "x25519-private:<base64>\n", a file of mode 0600 that no manager ever has.
std::string to_text(const crypto::HpkePrivateKey& key);
Result<crypto::HpkePrivateKey> parse_receiver_private_key(std::string_view text);

}  // namespace warder::stream
