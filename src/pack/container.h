// The outer form of a pack; private to this folder. Nothing in here is believed before the signature is checked.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/sign.h"

namespace warder::pack {

struct Container {
  ByteView manifest;  // JSON
  ByteView body;      // one zstd frame
  crypto::PublicKey signer{};
  crypto::Signature signature{};
  ByteView signed_bytes;  // all before the signature
};

/// Corrupt unless the bytes are exactly one container; TooLarge beyond the limits.
Result<Container> parse_container(ByteView pack);
Bytes make_container(ByteView manifest, ByteView body, const crypto::SigningKey& key);
/// The text that is signed: bound to this format, so that a signature made for something else does not fit.
Bytes signing_input(ByteView signed_bytes);

}  // namespace warder::pack
