#include "crypto/jws.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/openssl.h"

namespace warder::crypto {

namespace {

using openssl::Free;
using openssl::Pkey;
using openssl::PkeyContext;
using BigNumber = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 4096;  // a larger one only takes our time
constexpr std::size_t kMaxExponentBytes = 8;
constexpr std::size_t kCoordinateBytes = 32;
constexpr std::size_t kMaxKid = 512;

enum class KeyType : std::uint8_t { Rsa, P256, Ed25519 };

struct AlgorithmRow {
  JwsAlgorithm algorithm;
  std::string_view name;
  KeyType type;
};
constexpr AlgorithmRow kAlgorithms[] = {
    {JwsAlgorithm::Rs256, "RS256", KeyType::Rsa},
    {JwsAlgorithm::Ps256, "PS256", KeyType::Rsa},
    {JwsAlgorithm::Es256, "ES256", KeyType::P256},
    {JwsAlgorithm::EdDsa, "EdDSA", KeyType::Ed25519},
};

const AlgorithmRow& row_of(JwsAlgorithm algorithm) noexcept {
  return *std::ranges::find(kAlgorithms, algorithm, &AlgorithmRow::algorithm);
}

tl::unexpected<Error> refused(std::string message) {
  return fail(ErrorCode::Unauthenticated, std::move(message));
}

/// A member that is text; nothing when it is absent or not.
std::optional<std::string> text_in(const json::object& object, std::string_view key) {
  const json::value* const value = find(object, key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(std::string_view(value->get_string()));
}

Bytes bytes_in(const json::object& object, std::string_view key) {
  const auto text = text_in(object, key);
  return text ? from_base64url(*text).value_or(Bytes{}) : Bytes{};
}

/// nullptr when the parameters are not those of a sound public key.
Pkey make_key(const char* type, OSSL_PARAM* parameters) {
  const PkeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  EVP_PKEY* made = nullptr;
  const bool is_made = context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                       EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters) == 1;
  Pkey key{made};
  if (!is_made) return nullptr;
  const PkeyContext check{EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr)};
  if (!check || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
  return key;
}

Pkey rsa_key(const json::object& jwk) {
  const Bytes n = bytes_in(jwk, "n");
  const Bytes e = bytes_in(jwk, "e");
  if (n.empty() || n.size() > std::size_t{kMaxRsaBits} / 8 || e.empty() || e.size() > kMaxExponentBytes) return nullptr;
  const BigNumber modulus{BN_bin2bn(n.data(), static_cast<int>(n.size()), nullptr)};
  const BigNumber exponent{BN_bin2bn(e.data(), static_cast<int>(e.size()), nullptr)};
  if (!modulus || !exponent || BN_num_bits(modulus.get()) < kMinRsaBits || BN_is_odd(modulus.get()) == 0)
    return nullptr;
  if (BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) == 1) return nullptr;
  const ParameterBuilder builder{OSSL_PARAM_BLD_new()};
  openssl::must(builder && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
                OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1);
  const Parameters parameters{OSSL_PARAM_BLD_to_param(builder.get())};
  return make_key("RSA", parameters.get());
}

/// RFC 7518 §6.2: both coordinates at full length.
Pkey ec_key(const json::object& jwk) {
  const Bytes x = bytes_in(jwk, "x");
  const Bytes y = bytes_in(jwk, "y");
  if (text_in(jwk, "crv") != "P-256" || x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) return nullptr;
  Bytes point{4};  // uncompressed
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  std::string group = "P-256";
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
                             OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
                             OSSL_PARAM_construct_end()};
  return make_key("EC", parameters);
}

Pkey ed25519_key(const json::object& jwk) {
  const Bytes x = bytes_in(jwk, "x");
  if (text_in(jwk, "crv") != "Ed25519" || x.size() != kCoordinateBytes) return nullptr;
  return Pkey{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, x.data(), x.size())};
}

/// "use" and "key_ops" (RFC 7517 §4.2, §4.3) say what a key is for; without them it is for anything.
bool is_for_signatures(const json::object& jwk) {
  if (find(jwk, "use") != nullptr && text_in(jwk, "use") != "sig") return false;
  const json::value* const operations = find(jwk, "key_ops");
  if (operations == nullptr) return true;
  return operations->is_array() && std::ranges::any_of(operations->get_array(), [](const json::value& operation) {
           return operation.is_string() && operation.get_string() == "verify";
         });
}

}  // namespace

struct JwkSet::Key {
  KeyType type;
  std::optional<std::string> kid;
  std::optional<std::string> algorithm;
  Pkey key;
};

namespace {

std::shared_ptr<const JwkSet::Key> read_key(const json::object& jwk) {
  if (!is_for_signatures(jwk)) return nullptr;
  const auto type = text_in(jwk, "kty");
  JwkSet::Key key{KeyType::Rsa, text_in(jwk, "kid"), text_in(jwk, "alg"), nullptr};
  if (find(jwk, "kid") != nullptr && (!key.kid || key.kid->size() > kMaxKid)) return nullptr;
  if (find(jwk, "alg") != nullptr && !key.algorithm) return nullptr;
  if (type == "RSA") {
    key.key = rsa_key(jwk);
  } else if (type == "EC") {
    key.type = KeyType::P256;
    key.key = ec_key(jwk);
  } else if (type == "OKP") {
    key.type = KeyType::Ed25519;
    key.key = ed25519_key(jwk);
  }
  ERR_clear_error();
  if (!key.key) return nullptr;
  return std::make_shared<const JwkSet::Key>(std::move(key));
}

struct Header {
  JwsAlgorithm algorithm;
  std::optional<std::string> kid;
};

Result<Header> read_header(std::string_view part, std::span<const JwsAlgorithm> allowed) {
  const auto bytes = from_base64url(part);
  if (!bytes) return refused("the token's header is not base64url");
  const auto parsed = parse_json(as_text(*bytes), kMaxJwsBytes, 4);
  if (!parsed || !parsed->is_object()) return refused("the token's header is not a JSON object");
  const json::object& object = parsed->get_object();
  // RFC 7515 §4.1.11: who does not understand what is listed must refuse; nothing is understood here.
  if (find(object, "crit") != nullptr) return refused("the token demands an extension (crit)");
  const auto type = text_in(object, "typ");
  if (find(object, "typ") != nullptr && (!type || to_lower_ascii(*type) != "jwt"))
    return refused("the token is of another type (typ)");
  const auto algorithm = text_in(object, "alg");
  const auto parsed_algorithm = algorithm ? parse_jws_algorithm(*algorithm) : fail(ErrorCode::Invalid, "");
  if (!parsed_algorithm || std::ranges::find(allowed, *parsed_algorithm) == allowed.end())
    return refused("the token's algorithm is not allowed");
  Header header{*parsed_algorithm, text_in(object, "kid")};
  if (find(object, "kid") != nullptr && !header.kid) return refused("the token's kid is not text");
  return header;
}

bool is_candidate(const JwkSet::Key& key, const Header& header) {
  const AlgorithmRow& row = row_of(header.algorithm);
  if (key.type != row.type || (key.algorithm && *key.algorithm != row.name)) return false;
  return !header.kid || key.kid == header.kid;
}

/// RFC 7518 §3.4: the two numbers at full length, one behind the other. Empty when it is not that.
Bytes der_of(ByteView raw) {
  if (raw.size() != 2 * kCoordinateBytes) return {};
  const EcSignature signature{ECDSA_SIG_new()};
  BigNumber r{BN_bin2bn(raw.data(), int{kCoordinateBytes}, nullptr)};
  BigNumber s{BN_bin2bn(raw.data() + kCoordinateBytes, int{kCoordinateBytes}, nullptr)};
  openssl::must(signature && r && s && ECDSA_SIG_set0(signature.get(), r.get(), s.get()) == 1);
  static_cast<void>(r.release());  // the signature's now
  static_cast<void>(s.release());
  unsigned char* encoded = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &encoded);
  openssl::must(size > 0);
  const Bytes der(encoded, encoded + size);
  OPENSSL_free(encoded);
  return der;
}

bool set_padding(EVP_PKEY_CTX* context, JwsAlgorithm algorithm) {
  if (algorithm == JwsAlgorithm::Rs256) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  if (algorithm != JwsAlgorithm::Ps256) return true;
  // RFC 7518 §3.5: MGF1 with the same hash, a salt as long as it.
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool is_signed(const JwkSet::Key& key, JwsAlgorithm algorithm, std::string_view signed_text, ByteView signature) {
  const openssl::DigestContext digest{EVP_MD_CTX_new()};
  EVP_PKEY_CTX* context = nullptr;  // the digest's
  const EVP_MD* const hash = algorithm == JwsAlgorithm::EdDsa ? nullptr : EVP_sha256();
  Bytes der;
  if (algorithm == JwsAlgorithm::Es256) {
    der = der_of(signature);
    if (der.empty()) return false;
    signature = der;
  }
  const ByteView text = as_bytes(signed_text);
  const bool is_right =
      digest && EVP_DigestVerifyInit(digest.get(), &context, hash, nullptr, key.key.get()) == 1 &&
      set_padding(context, algorithm) &&
      EVP_DigestVerify(digest.get(), signature.data(), signature.size(), text.data(), text.size()) == 1;
  ERR_clear_error();
  return is_right;
}

}  // namespace

std::string_view name(JwsAlgorithm algorithm) noexcept {
  return row_of(algorithm).name;
}

Result<JwsAlgorithm> parse_jws_algorithm(std::string_view text) {
  for (const AlgorithmRow& row : kAlgorithms)
    if (row.name == text) return row.algorithm;
  return fail(ErrorCode::Invalid, "not a signature algorithm that is taken");
}

Result<JwkSet> JwkSet::parse(std::string_view text) {
  if (text.size() > kMaxJwkSetBytes) return fail(ErrorCode::TooLarge, "key set: larger than 256 KiB");
  const json::value value = WD_TRY(parse_json(text, kMaxJwkSetBytes, 8).in("key set"));
  if (!value.is_object()) return fail(ErrorCode::Invalid, "key set: not an object");
  const json::array& keys = *WD_TRY(get_array(value.get_object(), "keys").in("key set"));
  if (keys.size() > kMaxJwks) return fail(ErrorCode::TooLarge, "key set: more than 64 keys");
  JwkSet set;
  for (const json::value& key : keys) {
    if (!key.is_object()) return fail(ErrorCode::Invalid, "key set: a key is not an object");
    if (auto read = read_key(key.get_object())) set.keys_.push_back(std::move(read));
  }
  return set;
}

Result<std::string> verify_jws(std::string_view compact, const JwkSet& keys, std::span<const JwsAlgorithm> allowed) {
  if (compact.size() > kMaxJwsBytes) return refused("the token is larger than 64 KiB");
  const auto parts = split(compact, '.');
  if (parts.size() != 3) return refused("the token has not three parts");
  const Header header = WD_TRY(read_header(parts[0], allowed));
  const auto payload = from_base64url(parts[1]);
  const auto signature = from_base64url(parts[2]);
  if (!payload || !signature) return refused("the token is not base64url");
  std::vector<std::shared_ptr<const JwkSet::Key>> candidates;
  for (const auto& key : keys.keys_)
    if (is_candidate(*key, header)) candidates.push_back(key);
  if (candidates.empty()) return fail(ErrorCode::NotFound, "no key of the issuer fits the token");
  if (!header.kid && candidates.size() > 1)
    return refused("the token does not say which of the issuer's keys it is of");
  const std::string_view signed_text = compact.substr(0, parts[0].size() + 1 + parts[1].size());
  const bool is_right = std::ranges::any_of(
      candidates, [&](const auto& key) { return is_signed(*key, header.algorithm, signed_text, *signature); });
  if (!is_right) return refused("the token's signature is wrong");
  return std::string(as_text(*payload));
}

}  // namespace warder::crypto
