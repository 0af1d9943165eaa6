#include "crypto/seal.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace warder::crypto {
namespace {

constexpr std::string_view kPlace = "tenant|users|42|email";

TEST(Seal, OpensAtItsPlaceWithItsKey) {
  const DataKey key = DataKey::generate("tenant-1", 3);
  const Bytes box = seal(key, kPlace, as_bytes("a@example.org"));
  EXPECT_EQ(as_text(open_sealed(key, kPlace, box).value()), "a@example.org");
  const SealedHeader header = read_sealed_header(box).value();
  EXPECT_EQ(header.key_id, "tenant-1");
  EXPECT_EQ(header.epoch, 3U);
}

RC_GTEST_PROP(Seal, OpenIsTheInverse, (const std::vector<std::uint8_t>& plaintext, const std::string& place)) {
  const DataKey key = DataKey::generate("k", 1);
  RC_ASSERT(open_sealed(key, place, seal(key, place, plaintext)).value() == plaintext);
}

TEST(Seal, TwoBoxesOfOneTextDiffer) {
  const DataKey key = DataKey::generate("k", 1);
  EXPECT_NE(seal(key, kPlace, as_bytes("x")), seal(key, kPlace, as_bytes("x")));
}

TEST(Seal, RefusesAnotherKeyOrPlace) {
  const DataKey key = DataKey::generate("k", 1);
  const Bytes box = seal(key, kPlace, as_bytes("secret"));
  struct Case {
    const char* name;
    DataKey key;
    std::string place;
  };
  std::vector<Case> cases;
  cases.push_back({"other row", DataKey{"k", 1, {key.key().begin(), key.key().end()}}, "tenant|users|43|email"});
  cases.push_back({"no place", DataKey{"k", 1, {key.key().begin(), key.key().end()}}, ""});
  cases.push_back({"other bytes, same name", DataKey::generate("k", 1), std::string{kPlace}});
  cases.push_back(
      {"same bytes, other name", DataKey{"l", 1, {key.key().begin(), key.key().end()}}, std::string{kPlace}});
  cases.push_back(
      {"same bytes, other epoch", DataKey{"k", 2, {key.key().begin(), key.key().end()}}, std::string{kPlace}});
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto opened = open_sealed(c.key, c.place, box);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::Corrupt);
  }
}

TEST(Seal, RefusesEveryTruncationAndEveryFlippedBit) {
  const DataKey key = DataKey::generate("key", 1);
  const Bytes box = seal(key, kPlace, as_bytes("secret"));
  for (std::size_t length = 0; length < box.size(); ++length) {
    EXPECT_FALSE(open_sealed(key, kPlace, ByteView{box}.first(length)).has_value()) << length;
  }
  for (std::size_t bit = 0; bit < box.size() * 8; ++bit) {
    Bytes altered = box;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(open_sealed(key, kPlace, altered).has_value()) << bit;
  }
  Bytes longer = box;
  longer.push_back(0);
  EXPECT_FALSE(open_sealed(key, kPlace, longer).has_value());
}

TEST(Seal, HeaderAndPlaceCannotBeShiftedIntoOneAnother) {
  const Bytes raw(32, 9);
  const DataKey key{"k", 0x61616161, raw};
  const Bytes box = seal(key, "b", as_bytes("x"));
  EXPECT_FALSE(open_sealed(key, "", box).has_value());
  EXPECT_FALSE(open_sealed(key, "ab", box).has_value());
}

}  // namespace
}  // namespace warder::crypto
