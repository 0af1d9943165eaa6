#include "crypto/password.h"

#include <argon2.h>
#include <fmt/format.h>
#include <openssl/crypto.h>

#include <array>
#include <optional>

#include "base/random.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/openssl.h"

namespace warder::crypto {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
// A stored hash with absurd costs must not stop the manager: what hash_password would never be asked for is no hash.
constexpr std::uint32_t kMaxMemoryKib = 1 << 20;
constexpr std::uint32_t kMaxPasses = 64;
constexpr std::uint32_t kMaxLanes = 64;

struct StoredHash {
  PasswordCost cost;
  Bytes salt;
  Bytes hash;
};

std::string unpadded_base64(ByteView bytes) {
  std::string text = to_base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  return text;
}

Result<Bytes> from_unpadded_base64(std::string_view text) {
  std::string padded{text};
  while (padded.size() % 4 != 0) padded += '=';
  return from_base64(padded);
}

/// argon2 takes pointers to mutable memory; it changes only what its flags ask for, and ours ask for nothing.
std::uint8_t* mutable_bytes(Bytes& bytes) {
  return bytes.empty() ? nullptr : bytes.data();
}

Bytes argon2id(std::string_view password, std::string_view pepper, const StoredHash& parameters) {
  Bytes password_copy{password.begin(), password.end()};
  Bytes pepper_copy{pepper.begin(), pepper.end()};
  Bytes salt = parameters.salt;
  Bytes hash(parameters.hash.size());
  argon2_context context{};
  context.out = hash.data();
  context.outlen = static_cast<std::uint32_t>(hash.size());
  context.pwd = mutable_bytes(password_copy);
  context.pwdlen = static_cast<std::uint32_t>(password_copy.size());
  context.salt = salt.data();
  context.saltlen = static_cast<std::uint32_t>(salt.size());
  context.secret = mutable_bytes(pepper_copy);
  context.secretlen = static_cast<std::uint32_t>(pepper_copy.size());
  context.t_cost = parameters.cost.passes;
  context.m_cost = parameters.cost.memory_kib;
  context.lanes = parameters.cost.lanes;
  context.threads = 1;
  context.version = ARGON2_VERSION_13;
  openssl::must(argon2_ctx(&context, Argon2_id) == ARGON2_OK);
  OPENSSL_cleanse(password_copy.data(), password_copy.size());
  OPENSSL_cleanse(pepper_copy.data(), pepper_copy.size());
  return hash;
}

/// "m=19456,t=2,p=1"; RFC 9106 §3.1: memory is at least 8 KiB a lane.
std::optional<PasswordCost> parse_cost(std::string_view text) {
  const auto parts = split(text, ',');
  if (parts.size() != 3) return std::nullopt;
  std::array<std::uint32_t, 3> values{};
  constexpr std::array<std::string_view, 3> kKeys{"m=", "t=", "p="};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].starts_with(kKeys.at(i))) return std::nullopt;
    const auto value = parse_integer<std::uint32_t>(parts[i].substr(2));
    if (!value) return std::nullopt;
    values.at(i) = *value;
  }
  const PasswordCost cost{.memory_kib = values[0], .passes = values[1], .lanes = values[2]};
  const bool is_sane = cost.lanes >= 1 && cost.lanes <= kMaxLanes && cost.passes >= 1 && cost.passes <= kMaxPasses &&
                       cost.memory_kib >= 8 * cost.lanes && cost.memory_kib <= kMaxMemoryKib;
  return is_sane ? std::optional{cost} : std::nullopt;
}

std::optional<StoredHash> parse_stored(std::string_view text) {
  const auto parts = split(text, '$');  // "", "argon2id", "v=19", cost, salt, hash
  if (parts.size() != 6 || !parts[0].empty() || parts[1] != "argon2id" || parts[2] != "v=19") return std::nullopt;
  const auto cost = parse_cost(parts[3]);
  auto salt = from_unpadded_base64(parts[4]);
  auto hash = from_unpadded_base64(parts[5]);
  if (!cost || !salt || !hash) return std::nullopt;
  if (salt->size() < 8 || salt->size() > 64 || hash->size() < 16 || hash->size() > 64) return std::nullopt;
  return StoredHash{.cost = *cost, .salt = std::move(*salt), .hash = std::move(*hash)};
}

}  // namespace

std::string hash_password(std::string_view password, std::string_view pepper, PasswordCost cost) {
  StoredHash made{.cost = cost, .salt = random_bytes(kSaltBytes), .hash = Bytes(kHashBytes)};
  made.hash = argon2id(password, pepper, made);
  return fmt::format("$argon2id$v=19$m={},t={},p={}${}${}", cost.memory_kib, cost.passes, cost.lanes,
                     unpadded_base64(made.salt), unpadded_base64(made.hash));
}

bool is_password(std::string_view password, std::string_view hash, std::string_view pepper) {
  const auto stored = parse_stored(hash);
  return stored && equals_constant_time(argon2id(password, pepper, *stored), stored->hash);
}

bool needs_rehash(std::string_view hash, PasswordCost cost) {
  const auto stored = parse_stored(hash);
  return !stored || stored->cost.memory_kib < cost.memory_kib || stored->cost.passes < cost.passes ||
         stored->cost.lanes < cost.lanes;
}

}  // namespace warder::crypto
