#include "crypto/content_hash.h"

#include <openssl/evp.h>

#include <array>

#include "crypto/blake3.h"
#include "crypto/openssl.h"

namespace warder::crypto {
namespace {

struct AlgorithmCloser {
  void operator()(EVP_MD* algorithm) const noexcept { EVP_MD_free(algorithm); }
};

const char* openssl_name(HashAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case HashAlgorithm::Md5:
      return "MD5";
    case HashAlgorithm::Sha1:
      return "SHA1";
    case HashAlgorithm::Sha256:
      return "SHA256";
    case HashAlgorithm::Sha512:
      return "SHA512";
    case HashAlgorithm::Blake3:
      break;
  }
  return nullptr;
}

}  // namespace

struct ContentHash::State {
  std::unique_ptr<EVP_MD, AlgorithmCloser> algorithm;
  openssl::DigestContext context;
  std::unique_ptr<Blake3> own;
};

// Where an algorithm is switched off (FIPS), the digest is empty: not known rather than wrong.
ContentHash::ContentHash(HashAlgorithm algorithm) : state_(std::make_unique<State>()) {
  if (algorithm == HashAlgorithm::Blake3) {
    state_->own = std::make_unique<Blake3>();
    return;
  }
  state_->algorithm.reset(EVP_MD_fetch(nullptr, openssl_name(algorithm), nullptr));
  state_->context.reset(EVP_MD_CTX_new());
  if (state_->algorithm) EVP_DigestInit_ex2(state_->context.get(), state_->algorithm.get(), nullptr);
}
ContentHash::~ContentHash() = default;
ContentHash::ContentHash(ContentHash&&) noexcept = default;
ContentHash& ContentHash::operator=(ContentHash&&) noexcept = default;

void ContentHash::update(ByteView bytes) {
  if (state_->own) state_->own->update(bytes);
  if (state_->algorithm) EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

std::string ContentHash::finish() {
  if (state_->own) return state_->own->finish();
  if (!state_->algorithm) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(state_->context.get(), digest.data(), &size);
  EVP_DigestInit_ex2(state_->context.get(), state_->algorithm.get(), nullptr);
  return std::string(as_text(ByteView(digest.data(), size)));
}

}  // namespace warder::crypto
