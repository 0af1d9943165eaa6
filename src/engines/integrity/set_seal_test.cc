#include "engines/integrity/set_seal.h"

#include <gtest/gtest.h>

namespace warder::integrity {
namespace {

class SetSealTest : public ::testing::Test {
 protected:
  static ByteView bytes(std::string_view text) { return as_bytes(text); }
  const SetSeal seal_{as_bytes("0123456789abcdef0123456789abcdef")};
  const Bytes nonce_ = Bytes(SetSeal::kNonceBytes, 7);
};

TEST_F(SetSealTest, DependsOnTheRecordsAndNotOnTheirOrder) {
  SetSeal::Sum one{};
  SetSeal::Sum other{};
  for (int i = 0; i < 200; ++i) seal_.add(one, 0, bytes(std::to_string(i)), bytes("value"));
  for (int i = 199; i >= 0; --i) seal_.add(other, 0, bytes(std::to_string(i)), bytes("value"));
  EXPECT_EQ(one, other);
  EXPECT_TRUE(seal_.matches(one, seal_.close(other, nonce_)));
  seal_.add(other, 0, bytes("200"), bytes("value"));
  EXPECT_FALSE(seal_.matches(one, seal_.close(other, nonce_)));
}

TEST_F(SetSealTest, WhatWasTakenAwayLeavesNoTrace) {
  SetSeal::Sum sum{};
  for (int i = 0; i < 200; ++i) seal_.add(sum, 1, bytes(std::to_string(i)), bytes("a"));
  for (int i = 0; i < 200; ++i) seal_.subtract(sum, 1, bytes(std::to_string(i)), bytes("a"));
  EXPECT_EQ(sum, SetSeal::Sum{});
}

TEST_F(SetSealTest, TableKeyValueAndSecretAllCount) {
  const auto sum_of = [](const SetSeal& seal, std::uint8_t table, std::string_view key, std::string_view value) {
    SetSeal::Sum sum{};
    seal.add(sum, table, as_bytes(key), as_bytes(value));
    return sum;
  };
  const auto base = sum_of(seal_, 0, "ab", "cd");
  EXPECT_NE(sum_of(seal_, 1, "ab", "cd"), base);
  EXPECT_NE(sum_of(seal_, 0, "abc", "d"), base);
  EXPECT_NE(sum_of(seal_, 0, "ab", "ce"), base);
  EXPECT_NE(sum_of(SetSeal(as_bytes("another key of thirty-two bytes!")), 0, "ab", "cd"), base);
}

TEST_F(SetSealTest, TwoSealsOverTheSameRecordsHaveNothingInCommon) {
  SetSeal::Sum sum{};
  seal_.add(sum, 0, bytes("k"), bytes("v"));
  const Bytes first = seal_.close(sum, nonce_);
  const Bytes second = seal_.close(sum, Bytes(SetSeal::kNonceBytes, 8));
  EXPECT_NE(first, second);
  EXPECT_TRUE(seal_.matches(sum, first));
  EXPECT_TRUE(seal_.matches(sum, second));
  Bytes damaged = first;
  damaged.back() ^= 1U;
  EXPECT_FALSE(seal_.matches(sum, damaged));
  EXPECT_FALSE(seal_.matches(sum, {}));
  EXPECT_FALSE(seal_.matches(sum, ByteView(first).first(20)));
}

}  // namespace
}  // namespace warder::integrity
