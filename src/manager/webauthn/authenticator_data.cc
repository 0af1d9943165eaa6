#include "manager/webauthn/authenticator_data.h"

#include <algorithm>
#include <map>
#include <variant>

#include "manager/webauthn/cbor.h"

namespace warder::manager {

namespace {

enum Flag : std::uint8_t {
  kUserPresent = 0x01,
  kUserVerified = 0x04,
  kBackupEligible = 0x08,
  kBackedUp = 0x10,
  kHasCredential = 0x40,
  kHasExtensions = 0x80,
};

// Labels of COSE keys: RFC 9052 section 7, RFC 9053 section 7, RFC 8230 section 4.
constexpr std::int64_t kKeyType = 1;
constexpr std::int64_t kAlgorithm = 3;
constexpr std::int64_t kCurve = -1;     // of EC2 and OKP
constexpr std::int64_t kModulus = -1;   // of RSA
constexpr std::int64_t kX = -2;         // of EC2 and OKP
constexpr std::int64_t kExponent = -2;  // of RSA
constexpr std::int64_t kY = -3;
constexpr std::size_t kMostMembers = 5;

using Member = std::variant<std::int64_t, Bytes>;
using Members = std::map<std::int64_t, Member>;

tl::unexpected<Error> corrupt(const char* why) {
  return fail(ErrorCode::Corrupt, std::string("authenticator data: ") + why);
}

bool is_bytes(std::int64_t label, bool is_rsa) {
  return label == kX || label == kY || (is_rsa && label == kModulus);
}

/// The key type comes first in the order that CTAP2 demands, so the meaning of the labels is known.
Result<Members> read_members(CborReader& reader) {
  const std::uint64_t count = WD_TRY(reader.map());
  if (count > kMostMembers) return corrupt("a key of too many parts");
  Members members;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::int64_t label = WD_TRY(reader.integer());
    if ((i == 0) != (label == kKeyType)) return corrupt("a key that does not begin with its type");
    const bool is_rsa = i > 0 && members.at(kKeyType) == Member{std::int64_t{3}};
    Member member;
    if (is_bytes(label, is_rsa)) {
      const ByteView bytes = WD_TRY(reader.bytes());
      member = Bytes(bytes.begin(), bytes.end());
    } else {
      member = WD_TRY(reader.integer());
    }
    if (!members.emplace(label, std::move(member)).second) return corrupt("a part of the key twice");
  }
  return members;
}

bool has(const Members& members, std::int64_t label, std::int64_t value) {
  const auto found = members.find(label);
  return found != members.end() && found->second == Member{value};
}

bool has_bytes(const Members& members, std::int64_t label, std::size_t size) {
  const auto found = members.find(label);
  return found != members.end() && std::holds_alternative<Bytes>(found->second) &&
         std::get<Bytes>(found->second).size() == size;
}

Bytes joined(const Members& members, std::int64_t first, std::optional<std::int64_t> second) {
  Bytes bytes = std::get<Bytes>(members.at(first));
  if (second) append(bytes, std::get<Bytes>(members.at(*second)));
  return bytes;
}

/// Exactly the parts of its kind: what belongs to no kind is not looked over.
Result<CredentialKey> read_key(CborReader& reader) {
  const Members key = WD_TRY(read_members(reader));
  if (key.size() == 5 && has(key, kKeyType, 2) && has(key, kAlgorithm, -7) && has(key, kCurve, 1) &&
      has_bytes(key, kX, 32) && has_bytes(key, kY, 32))
    return CredentialKey{SignatureAlgorithm::Es256, joined(key, kX, kY)};
  if (key.size() == 4 && has(key, kKeyType, 1) && has(key, kAlgorithm, -8) && has(key, kCurve, 6) &&
      has_bytes(key, kX, 32))
    return CredentialKey{SignatureAlgorithm::EdDsa, joined(key, kX, std::nullopt)};
  if (key.size() == 4 && has(key, kKeyType, 3) && has(key, kAlgorithm, -257) && has_bytes(key, kModulus, 256) &&
      has_bytes(key, kExponent, 3))
    return CredentialKey{SignatureAlgorithm::Rs256, joined(key, kModulus, kExponent)};
  return corrupt("a key that is neither ES256, EdDSA nor RS256 of 2048 bits");
}

}  // namespace

std::optional<SignatureAlgorithm> signature_algorithm(std::int64_t number) noexcept {
  for (const auto known : {SignatureAlgorithm::Es256, SignatureAlgorithm::EdDsa, SignatureAlgorithm::Rs256})
    if (static_cast<std::int64_t>(known) == number) return known;
  return std::nullopt;
}

Result<AuthenticatorData> parse_authenticator_data(ByteView bytes) {
  Reader reader(bytes);
  AuthenticatorData data;
  const ByteView hash = WD_TRY(reader.take(data.rp_id_hash.size()));
  std::ranges::copy(hash, data.rp_id_hash.begin());
  const unsigned flags = WD_TRY(reader.u8());
  data.is_user_present = (flags & kUserPresent) != 0;
  data.is_user_verified = (flags & kUserVerified) != 0;
  data.is_backup_eligible = (flags & kBackupEligible) != 0;
  data.is_backed_up = (flags & kBackedUp) != 0;
  data.has_extensions = (flags & kHasExtensions) != 0;
  if (data.is_backed_up && !data.is_backup_eligible) return corrupt("backed up, and not to be backed up");
  data.counter = WD_TRY(reader.u32be());
  if ((flags & kHasCredential) != 0) {
    AttestedCredential credential;
    const ByteView aaguid = WD_TRY(reader.take(credential.aaguid.size()));
    std::ranges::copy(aaguid, credential.aaguid.begin());
    const std::uint16_t size = WD_TRY(reader.u16be());
    if (size == 0 || size > kMaxCredentialIdBytes) return corrupt("a credential id of no allowed length");
    const ByteView id = WD_TRY(reader.take(size));
    credential.id.assign(id.begin(), id.end());
    CborReader cbor(bytes.subspan(reader.offset()));
    credential.key = WD_TRY(read_key(cbor));
    WD_TRY(reader.skip(cbor.offset()));
    data.credential = std::move(credential);
  }
  CborReader cbor(bytes.subspan(reader.offset()));
  if (data.has_extensions) WD_TRY(cbor.skip());
  if (!cbor.is_at_end()) return corrupt("bytes behind its end");
  return data;
}

}  // namespace warder::manager
