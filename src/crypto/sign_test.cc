#include "crypto/sign.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace warder::crypto {
namespace {

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

struct SignCase {
  const char* name;
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032 §7.1.
constexpr SignCase kCases[] = {
    {"TEST 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
     "655141438e7a100b"},
    {"TEST 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
     "b00d291612bb0c00"},
    {"TEST 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
     "c027beceea1ec40a"},
};

TEST(Sign, GivesRfc8032sSignatures) {
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const SigningKey key = SigningKey::from_seed(hex(c.seed)).value();
    EXPECT_EQ(to_hex(key.public_key()), c.public_key);
    EXPECT_EQ(to_hex(key.sign(hex(c.message))), c.signature);
    EXPECT_TRUE(is_signed_by(key.public_key(), hex(c.message), key.sign(hex(c.message))));
  }
}

TEST(Sign, RefusesSeedsOfAnotherLength) {
  for (const std::size_t length : {0U, 31U, 33U, 64U}) {
    const auto key = SigningKey::from_seed(Bytes(length));
    ASSERT_FALSE(key.has_value()) << length;
    EXPECT_EQ(key.error().code, ErrorCode::Invalid);
  }
}

TEST(Sign, SeedMakesTheSameKey) {
  const SigningKey key = SigningKey::generate();
  EXPECT_EQ(SigningKey::from_seed(key.seed()).value().public_key(), key.public_key());
  EXPECT_NE(SigningKey::generate().public_key(), key.public_key());
}

RC_GTEST_PROP(Sign, EveryChangedBitIsRefused, (const std::vector<std::uint8_t>& message)) {
  const SigningKey key = SigningKey::generate();
  const Signature signature = key.sign(message);
  RC_ASSERT(is_signed_by(key.public_key(), message, signature));

  Signature altered = signature;
  const auto bit = *rc::gen::inRange<std::size_t>(0, altered.size() * 8);
  altered.at(bit / 8) ^= static_cast<std::uint8_t>(1U << (bit % 8));
  RC_ASSERT(!is_signed_by(key.public_key(), message, altered));

  std::vector<std::uint8_t> longer = message;
  longer.push_back(0);
  RC_ASSERT(!is_signed_by(key.public_key(), longer, signature));
  RC_ASSERT(!is_signed_by(SigningKey::generate().public_key(), message, signature));
}

TEST(Sign, PublicKeysThatAreNoPointAreRefused) {
  const SigningKey key = SigningKey::generate();
  PublicKey none{};
  none.fill(0xFF);
  EXPECT_FALSE(is_signed_by(none, as_bytes("x"), key.sign(as_bytes("x"))));
}

}  // namespace
}  // namespace warder::crypto
