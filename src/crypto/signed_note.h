// Signed notes, the checkpoints of logs in them and what witnesses add to these, as C2SP has them
// (c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature): text that people can read and other
// logs' tools can check.
//
//     origin
//     <number of entries>
//     <root, base64>
//
//     — <name of the key> <base64(key id, 4 bytes | Ed25519 signature)>
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "crypto/merkle.h"
#include "crypto/sign.h"

namespace warder::crypto {

inline constexpr std::size_t kMaxNoteBytes = 64 << 10;

/// A key by name: "<name>+<key id, hex>+<base64(0x01 | Ed25519 key)>". The name is 1 to 255 bytes of UTF-8 without
/// white space, control characters and '+'.
struct NoteKey {
  std::string name;
  PublicKey key{};
  [[nodiscard]] std::string text() const;
  /// Invalid when it is no such text, of another algorithm, or when its key id is not that of name and key.
  static Result<NoteKey> parse(std::string_view text);
  friend bool operator==(const NoteKey&, const NoteKey&) = default;
};

/// The text with one signature. `text` ends with a newline and has no control characters but newlines.
Result<std::string> sign_note(std::string_view text, std::string_view key_name, const SigningKey& key);
/// The text that `key` has signed. Invalid when it is no note, Forbidden when no signature of this key is there or it
/// is not right; signatures of other keys are passed over. Up to kMaxNoteBytes and 100 signatures.
Result<std::string> open_note(std::string_view note, const NoteKey& key);

/// What a log says of itself: its name, and how long it is with which root.
struct Checkpoint {
  std::string origin;
  MerkleHead head;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};
/// Invalid unless the origin can be a key's name.
Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const SigningKey& key);
/// The origin is the key's name, else Forbidden; lines after the root are passed over.
Result<Checkpoint> open_checkpoint(std::string_view note, const NoteKey& key);

/// The key of a witness: "<name>+<key id, hex>+<base64(0x04 | Ed25519 key)>". Rules as for NoteKey, which no key is as
/// well: what was signed as one is nothing as the other.
struct WitnessKey {
  std::string name;
  PublicKey key{};
  [[nodiscard]] std::string text() const;
  static Result<WitnessKey> parse(std::string_view text);
  friend bool operator==(const WitnessKey&, const WitnessKey&) = default;
};

/// "I have seen this checkpoint at that time, and that the log only grew up to it": a line to stand below the note's
/// signatures. Invalid when `note` is none.
Result<std::string> cosign(std::string_view note, std::string_view key_name, const SigningKey& key, Timestamp time);
/// When the witness has cosigned, in whole seconds; several times: the last. Errors as open_note.
Result<Timestamp> open_cosignature(std::string_view note, const WitnessKey& key);

}  // namespace warder::crypto
