#include "keys/pkcs11_provider.h"

#include <algorithm>
#include <utility>

#include "base/random.h"
#include "crypto/seal.h"
#include "keys/bounded_calls.h"
#include "keys/secret_bytes.h"

namespace warder::keys {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kEpochBytes = 4;
constexpr std::size_t kRandomBytes = 4;  // two managers that make a key at once make two
constexpr std::size_t kMaxLabel = 64;

std::string prefix_of(const std::string& label) {
  return "pkcs11:" + label + "/";
}

/// The next after `last`, which may be absent.
Bytes next_id(const Bytes* last) {
  Reader reader{last != nullptr ? ByteView{*last} : ByteView{}};
  const auto epoch = reader.u32be();
  Bytes id;
  append_u32be(id, epoch ? *epoch + 1 : 1);
  append(id, random_bytes(kRandomBytes));
  return id;
}

/// As crypto::seal writes it.
Bytes header_of(std::string_view root) {
  Bytes header{kVersion, static_cast<std::uint8_t>(root.size())};
  append(header, as_bytes(root));
  append_u32be(header, 1);
  return header;
}

Bytes associated_data(ByteView header, std::string_view purpose) {
  Bytes data{header.begin(), header.end()};
  append(data, as_bytes(purpose));
  return data;
}

/// The present root key's id; made when there is none.
Result<Bytes> present_id(Pkcs11Token& token) {
  auto ids = WD_TRY(token.key_ids());
  if (ids.empty()) {
    WD_TRY(token.make_key(next_id(nullptr)));
    ids = WD_TRY(token.key_ids());
  }
  if (ids.empty()) return fail(ErrorCode::Corrupt, "PKCS#11: the token does not show the key that it has made");
  return ids.back();
}

class Pkcs11Provider final : public crypto::KeyProvider {
 public:
  Pkcs11Provider(std::string label, std::chrono::milliseconds limit)
      : label_(std::move(label)), calls_("the PKCS#11 module", limit) {}

  Result<void> open(const Pkcs11Options& options) {
    token_ = WD_TRY(calls_.call<std::shared_ptr<Pkcs11Token>>([options]() -> Result<std::shared_ptr<Pkcs11Token>> {
      std::shared_ptr<Pkcs11Token> token = WD_TRY(Pkcs11Token::open(options));
      WD_TRY(present_id(*token));
      return token;
    }));
    return {};
  }

  [[nodiscard]] std::string name() const override { return "pkcs11"; }

  Result<Bytes> wrap(std::string_view purpose, ByteView key) override {
    const auto secret = std::make_shared<const SecretBytes>(key);
    return calls_.call<Bytes>(
        [token = token_, prefix = prefix_of(label_), purpose = std::string{purpose}, secret]() -> Result<Bytes> {
          const Bytes id = WD_TRY(present_id(*token));
          Bytes box = header_of(prefix + to_hex(id));
          const Bytes nonce = random_bytes(kNonceBytes);
          const Bytes sealed = WD_TRY(token->encrypt(id, nonce, associated_data(box, purpose), secret->view()));
          append(box, nonce);
          append(box, sealed);
          return box;
        });
  }

  Result<Bytes> unwrap(std::string_view purpose, ByteView wrapped) override {
    const std::string root = WD_TRY(root_of(wrapped));
    const std::string prefix = prefix_of(label_);
    const auto id = root.starts_with(prefix) ? from_hex(std::string_view{root}.substr(prefix.size())) : Result<Bytes>{};
    if (!id || id->size() != kEpochBytes + kRandomBytes)
      return fail(ErrorCode::NotFound, "root key " + root + " is not in the token");
    const Bytes header = header_of(root);
    if (!std::ranges::equal(header, wrapped.first(header.size())))
      return fail(ErrorCode::Corrupt, "wrapped key: altered");
    Reader reader{wrapped.subspan(header.size())};
    const ByteView nonce = WD_TRY(reader.take(kNonceBytes));
    if (reader.remaining() < kTagBytes) return fail(ErrorCode::Corrupt, "wrapped key: too short");
    const ByteView sealed = WD_TRY(reader.take(reader.remaining()));
    return calls_.call<Bytes>(
        [token = token_, id = *id, nonce = Bytes{nonce.begin(), nonce.end()}, data = associated_data(header, purpose),
         sealed = Bytes{sealed.begin(), sealed.end()}] { return token->decrypt(id, nonce, data, sealed); });
  }

  Result<std::string> root() override {
    const Bytes id = WD_TRY(calls_.call<Bytes>([token = token_] { return present_id(*token); }));
    return prefix_of(label_) + to_hex(id);
  }

  Result<void> rotate() override {
    return calls_.call<void>([token = token_]() -> Result<void> {
      const Bytes last = WD_TRY(present_id(*token));
      return token->make_key(next_id(&last));
    });
  }
  Result<bool> has_old() override {
    return WD_TRY(calls_.call<std::vector<Bytes>>([token = token_] { return token->key_ids(); })).size() > 1;
  }
  Result<void> forget_old() override {
    return calls_.call<void>([token = token_]() -> Result<void> {
      auto ids = WD_TRY(token->key_ids());
      if (!ids.empty()) ids.pop_back();
      for (const Bytes& id : ids) WD_TRY(token->destroy_key(id));
      return {};
    });
  }

 private:
  const std::string label_;
  BoundedCalls calls_;
  std::shared_ptr<Pkcs11Token> token_;  // used on the thread of calls_ only
};

}  // namespace

Result<std::unique_ptr<crypto::KeyProvider>> make_pkcs11_provider(const Pkcs11Options& options,
                                                                  std::chrono::milliseconds limit) {
  if (options.key_label.empty() || options.key_label.size() > kMaxLabel)
    return fail(ErrorCode::Invalid, "pkcs11_key_label: 1 to 64 bytes");
  auto provider = std::make_unique<Pkcs11Provider>(options.key_label, limit);
  WD_TRY(provider->open(options));
  return provider;
}

}  // namespace warder::keys
