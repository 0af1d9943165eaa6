// A record of the independent stream (docs/stream.md): one line of JSON, numbered without gaps, bound to the record
// before by its hash, its body sealed to the receiver. The last record of a batch carries a signature, which by the
// chain of hashes is one of all before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"

namespace warder::stream {

enum class RecordKind : std::uint8_t {
  Started,    // the manager sends again
  Stopped,    // the manager ends in order
  Changed,    // the stream's settings are others
  Heartbeat,  // nothing else was due
  Event,
  Lost,  // events that were counted were not there to be read
};
std::string_view name(RecordKind kind) noexcept;

struct Record {
  std::string stream;        // the name of the key that signs
  std::uint64_t number = 0;  // from 1
  Timestamp time;
  Timestamp next;  // when the next heartbeat is due: later than that, silence is a finding
  RecordKind kind = RecordKind::Heartbeat;
  crypto::Digest before{};      // hash of the record before; zeros for the first
  crypto::HpkePublicKey key{};  // encapsulated, one for a batch
  std::uint64_t place = 0;      // in the batch
  Bytes body;                   // sealed
  std::optional<crypto::Signature> signature{};
  friend bool operator==(const Record&, const Record&) = default;
};

inline constexpr std::size_t kMaxLineBytes = 4 << 20;

/// The line without its end.
std::string to_line(const Record& record);
/// Invalid for what `to_line` never writes, byte by byte.
Result<Record> parse_line(std::string_view line);
/// Of all but the signature.
crypto::Digest hash_of(const Record& record);
/// What is signed for the chain up to this record.
Bytes signed_text(std::string_view stream, std::uint64_t number, const crypto::Digest& hash);

}  // namespace warder::stream
