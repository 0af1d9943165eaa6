#include "scanner/file_digests.h"

#include <openssl/evp.h>

#include "crypto/openssl.h"

namespace warder::scanner {

using crypto::openssl::must;

struct FileDigests::State {
  crypto::Sha256 sha256;
  crypto::openssl::DigestContext sha1;  // nullptr: not asked for
  crypto::openssl::DigestContext md5;

  static crypto::openssl::DigestContext start(bool is_wanted, const EVP_MD* algorithm) {
    if (!is_wanted) return nullptr;
    crypto::openssl::DigestContext context{EVP_MD_CTX_new()};
    must(EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1);
    return context;
  }
  static Bytes finish(const crypto::openssl::DigestContext& context) {
    if (!context) return {};
    Bytes digest(EVP_MAX_MD_SIZE);
    unsigned bytes = 0;
    must(EVP_DigestFinal_ex(context.get(), digest.data(), &bytes) == 1);
    digest.resize(bytes);
    return digest;
  }
};

FileDigests::FileDigests(bool has_sha1, bool has_md5) : state_(std::make_unique<State>()) {
  state_->sha1 = State::start(has_sha1, EVP_sha1());
  state_->md5 = State::start(has_md5, EVP_md5());
}
FileDigests::~FileDigests() = default;

void FileDigests::update(ByteView bytes) {
  state_->sha256.update(bytes);
  for (const auto* each : {&state_->sha1, &state_->md5})
    if (*each) must(EVP_DigestUpdate(each->get(), bytes.data(), bytes.size()) == 1);
}

FileDigests::All FileDigests::finish() {
  return {state_->sha256.finish(), State::finish(state_->sha1), State::finish(state_->md5)};
}

}  // namespace warder::scanner
