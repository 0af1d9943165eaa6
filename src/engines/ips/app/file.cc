#include "engines/ips/app/file.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engines/ips/app/memory.h"

namespace warder::ips::app {

namespace {

struct Context {
  struct Free {
    void operator()(EVP_MD_CTX* one) const noexcept { EVP_MD_CTX_free(one); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context;

  explicit Context(const EVP_MD* digest) {
    if (digest == nullptr) return;
    context.reset(EVP_MD_CTX_new());
    if (EVP_DigestInit_ex(context.get(), digest, nullptr) != 1) context.reset();
  }
  void update(ByteView bytes) {
    if (context != nullptr) EVP_DigestUpdate(context.get(), bytes.data(), bytes.size());
  }
  std::string finish() {
    if (context == nullptr) return {};
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context.get(), digest.data(), &size);
    return to_hex({digest.data(), size});
  }
};

}  // namespace

struct File::Hashes {
  explicit Hashes(const Limits& limits)
      : md5(limits.wants_md5 ? EVP_md5() : nullptr),
        sha1(limits.wants_sha1 ? EVP_sha1() : nullptr),
        sha256(limits.wants_sha256 ? EVP_sha256() : nullptr) {}
  Context md5;
  Context sha1;
  Context sha256;
};

File::File(std::string name, const Limits& limits, std::uint64_t max_kept_bytes)
    : name_(std::move(name)),
      max_kept_bytes_(max_kept_bytes),
      rooms_(limits.memory == nullptr ? nullptr : &limits.memory->rooms) {
  if (limits.wants_md5 || limits.wants_sha1 || limits.wants_sha256) hashes_ = std::make_unique<Hashes>(limits);
}

File::~File() {
  if (rooms_ != nullptr) rooms_->give_back(std::move(content_));
}

void File::append(ByteView bytes) {
  if (state_ != State::Open) return;
  size_ += bytes.size();
  const auto kept = std::min<std::uint64_t>(
      bytes.size(), max_kept_bytes_ - std::min<std::uint64_t>(max_kept_bytes_, content_.size()));
  if (content_.capacity() == 0 && rooms_ != nullptr) content_ = rooms_->take();
  warder::append(content_, bytes.first(kept));
  if (hashes_ != nullptr) {
    hashes_->md5.update(bytes);
    hashes_->sha1.update(bytes);
    hashes_->sha256.update(bytes);
  }
}

void File::close() {
  if (state_ != State::Open) return;
  state_ = State::Closed;
  if (hashes_ == nullptr) return;
  md5_ = hashes_->md5.finish();
  sha1_ = hashes_->sha1.finish();
  sha256_ = hashes_->sha256.finish();
  hashes_.reset();
}

void File::truncate() {
  if (state_ != State::Open) return;
  state_ = State::Truncated;
  hashes_.reset();
}

BufferView File::view() const noexcept {
  if (state_ == State::Open && !is_full()) return BufferView::partial(content_);
  return BufferView::complete(content_);
}

}  // namespace warder::ips::app
