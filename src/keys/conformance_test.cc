// What every key provider must do; the same tests for each.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include "crypto/key_provider.h"
#include "keys/aws_kms.h"
#include "keys/pkcs11_provider.h"
#include "keys/stand_in.h"

namespace warder::keys {
namespace {

using Provider = std::unique_ptr<crypto::KeyProvider>;
constexpr std::chrono::seconds kLimit{20};

/// Where root keys are, and how they are replaced there.
class Place {
 public:
  virtual ~Place() = default;
  virtual Provider open() = 0;
  virtual void rotate(crypto::KeyProvider& provider) { ASSERT_TRUE(provider.rotate()); }
  [[nodiscard]] virtual bool keeps_old() const { return false; }
};

class FilePlace final : public Place {
 public:
  FilePlace() {
    std::string pattern = ::testing::TempDir() + "conformance-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~FilePlace() override { std::filesystem::remove_all(folder_); }
  FilePlace(const FilePlace&) = delete;
  FilePlace& operator=(const FilePlace&) = delete;
  Provider open() override { return crypto::make_sealed_file_provider(folder_ / "root.key").value(); }

 private:
  std::filesystem::path folder_;
};

class TokenPlace final : public Place {
 public:
  Provider open() override { return make_pkcs11_provider(token_.options(), kLimit).value(); }

 private:
  testing::SoftHsmToken token_;
};

class KmsPlace final : public Place {
 public:
  Provider open() override { return make_aws_kms_provider(kms_.options()).value(); }
  /// KMS makes keys itself; the alias then names another.
  void rotate(crypto::KeyProvider& /*provider*/) override { kms_.control("rotate"); }
  [[nodiscard]] bool keeps_old() const override { return true; }

 private:
  testing::KmsStandIn kms_{"session-token"};
};

struct Case {
  std::string name;
  std::function<std::unique_ptr<Place>()> make;
};

class Conformance : public ::testing::TestWithParam<Case> {
 protected:
  std::unique_ptr<Place> place_ = GetParam().make();
  Provider provider_ = place_->open();
  const Bytes key_ = Bytes(32, 0xA7);
};

TEST_P(Conformance, WhatIsWrappedIsUnwrappedAlsoByAnotherProcess) {
  const Bytes wrapped = provider_->wrap("tenant-1", key_).value();
  EXPECT_EQ(provider_->unwrap("tenant-1", wrapped).value(), key_);
  EXPECT_EQ(place_->open()->unwrap("tenant-1", wrapped).value(), key_);
}

TEST_P(Conformance, ItIsBoundToItsPurpose) {
  const Bytes wrapped = provider_->wrap("tenant-1", key_).value();
  for (const char* other : {"tenant-2", "", "tenant-1 ", "\"}"})
    EXPECT_EQ(provider_->unwrap(other, wrapped).error().code, ErrorCode::Corrupt) << other;
  const Bytes odd = provider_->wrap("a\"b\\c|\n", key_).value();
  EXPECT_EQ(provider_->unwrap("a\"b\\c|\n", odd).value(), key_);
}

TEST_P(Conformance, WrappingTwiceDiffersAndShowsNothing) {
  const Bytes one = provider_->wrap("p", key_).value();
  EXPECT_NE(one, provider_->wrap("p", key_).value());
  EXPECT_EQ(as_text(one).find(as_text(ByteView{key_}.first(8))), std::string_view::npos);
}

TEST_P(Conformance, AnyChangeOrCutIsRefused) {
  const Bytes wrapped = provider_->wrap("p", key_).value();
  for (std::size_t at = 0; at < wrapped.size(); ++at) {
    Bytes changed = wrapped;
    changed[at] ^= 1U;
    EXPECT_FALSE(provider_->unwrap("p", changed)) << at;
  }
  for (std::size_t size = 0; size < wrapped.size(); size += 7)
    EXPECT_FALSE(provider_->unwrap("p", ByteView{wrapped}.first(size))) << size;
}

TEST_P(Conformance, AWrappedKeyNamesItsRootKey) {
  const Bytes wrapped = provider_->wrap("p", key_).value();
  EXPECT_EQ(provider_->root_of(wrapped).value(), provider_->root().value());
  EXPECT_EQ(place_->open()->root().value(), provider_->root().value());
}

TEST_P(Conformance, ANewRootKeyWrapsAndTheOldOneStillUnwraps) {
  const std::string first = provider_->root().value();
  const Bytes before = provider_->wrap("p", key_).value();
  const Provider other = place_->open();
  place_->rotate(*provider_);
  EXPECT_NE(provider_->root().value(), first);
  EXPECT_EQ(other->root().value(), provider_->root().value());
  const Bytes after = other->wrap("p", Bytes(32, 1)).value();
  EXPECT_EQ(provider_->root_of(after).value(), provider_->root().value()) << "also when another process wraps";
  for (crypto::KeyProvider* one : {provider_.get(), other.get()}) {
    EXPECT_EQ(one->unwrap("p", before).value(), key_);
    EXPECT_EQ(one->unwrap("p", after).value(), Bytes(32, 1));
  }
}

TEST_P(Conformance, AForgottenRootKeyIsNotFound) {
  const Bytes before = provider_->wrap("p", key_).value();
  place_->rotate(*provider_);
  const Bytes after = provider_->wrap("p", key_).value();
  EXPECT_NE(provider_->has_old().value(), place_->keeps_old());
  ASSERT_TRUE(provider_->forget_old());
  EXPECT_FALSE(provider_->has_old().value());
  EXPECT_EQ(provider_->unwrap("p", after).value(), key_);
  if (place_->keeps_old()) return;
  EXPECT_EQ(provider_->unwrap("p", before).error().code, ErrorCode::NotFound);
  EXPECT_EQ(place_->open()->unwrap("p", before).error().code, ErrorCode::NotFound);
}

TEST_P(Conformance, AnotherPlacesKeyDoesNotUnwrap) {
  const auto elsewhere = GetParam().make();
  const auto refused = provider_->unwrap("p", elsewhere->open()->wrap("p", key_).value());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NotFound) << refused.error().message;
}

TEST_P(Conformance, ThreadsShareIt) {
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (std::uint8_t thread = 1; thread <= 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 10; ++i) {
          const auto wrapped = provider_->wrap("p", Bytes(32, thread));
          if (!wrapped || provider_->unwrap("p", *wrapped).value_or(Bytes{}) != Bytes(32, thread)) ++failures;
        }
      });
    }
  }
  EXPECT_EQ(failures, 0);
}

TEST_P(Conformance, NoErrorHasTheKeyInIt) {
  Bytes wrapped = provider_->wrap("p", key_).value();
  wrapped.back() ^= 1U;
  const std::string message = provider_->unwrap("p", wrapped).error().message;
  for (const std::string& secret : {to_hex(key_), to_base64(key_), std::string(as_text(key_))})
    EXPECT_EQ(message.find(secret), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(Providers, Conformance,
                         ::testing::Values(Case{"File", [] { return std::make_unique<FilePlace>(); }},
                                           Case{"Pkcs11", [] { return std::make_unique<TokenPlace>(); }},
                                           Case{"AwsKms", [] { return std::make_unique<KmsPlace>(); }}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace warder::keys
