#include "crypto/hash.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace warder::crypto {
namespace {

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

struct HashCase {
  const char* name;
  std::string input;
  const char* digest;
};

TEST(Hash, Sha256GivesTheStandardsExamples) {
  // FIPS 180-2 appendix B.
  const std::vector<HashCase> cases{
      {"empty", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"a million a", std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(to_hex(sha256(as_bytes(c.input))), c.digest);
  }
}

TEST(Hash, HmacGivesRfc4231sExamples) {
  EXPECT_EQ(to_hex(hmac_sha256(Bytes(20, 0x0B), as_bytes("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(Bytes(131, 0xAA), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hash, HkdfGivesRfc5869sExamples) {
  const Bytes info = hex("f0f1f2f3f4f5f6f7f8f9");
  EXPECT_EQ(to_hex(derive_key(Bytes(22, 0x0B), hex("000102030405060708090a0b0c"), as_text(info), 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(to_hex(derive_key(Bytes(22, 0x0B), {}, "", 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(Hash, PurposeSeparatesDerivedKeys) {
  const Bytes secret(32, 7);
  EXPECT_NE(derive_key(secret, {}, "a", 32), derive_key(secret, {}, "b", 32));
  EXPECT_NE(derive_key(secret, {}, "a", 32), derive_key(secret, Bytes{1}, "a", 32));
}

TEST(Hash, ConstantTimeComparisonComparesValues) {
  EXPECT_TRUE(equals_constant_time({}, {}));
  EXPECT_TRUE(equals_constant_time(Bytes{1, 2}, Bytes{1, 2}));
  EXPECT_FALSE(equals_constant_time(Bytes{1, 2}, Bytes{1, 3}));
  EXPECT_FALSE(equals_constant_time(Bytes{1, 2}, Bytes{1, 2, 3}));
  EXPECT_FALSE(equals_constant_time(Bytes{}, Bytes{0}));
}

RC_GTEST_PROP(Hash, StreamInPiecesEqualsOneShot, (const std::vector<std::vector<std::uint8_t>>& pieces)) {
  Sha256 stream;
  Bytes whole;
  for (const auto& piece : pieces) {
    stream.update(piece);
    append(whole, piece);
  }
  RC_ASSERT(stream.finish() == sha256(whole));
}

TEST(Hash, FinishedStreamStartsAnew) {
  Sha256 stream;
  stream.update(as_bytes("other"));
  static_cast<void>(stream.finish());
  stream.update(as_bytes("abc"));
  EXPECT_EQ(stream.finish(), sha256(as_bytes("abc")));
}

TEST(Hash, StreamMovesWithItsState) {
  Sha256 stream;
  stream.update(as_bytes("ab"));
  Sha256 moved = std::move(stream);
  moved.update(as_bytes("c"));
  EXPECT_EQ(moved.finish(), sha256(as_bytes("abc")));
}

}  // namespace
}  // namespace warder::crypto
