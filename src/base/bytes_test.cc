#include "base/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace warder {
namespace {

TEST(Reader, ReadsIntegersInBothOrders) {
  const Bytes bytes{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x88};
  EXPECT_EQ(Reader(bytes).u8().value(), 0x01);
  EXPECT_EQ(Reader(bytes).u16be().value(), 0x0102);
  EXPECT_EQ(Reader(bytes).u16le().value(), 0x0201);
  EXPECT_EQ(Reader(bytes).u32be().value(), 0x01020304U);
  EXPECT_EQ(Reader(bytes).u32le().value(), 0x04030201U);
  EXPECT_EQ(Reader(bytes).u64be().value(), 0x0102030405060788U);
  EXPECT_EQ(Reader(bytes).u64le().value(), 0x8807060504030201U);
}

TEST(Reader, FailsAtTheEndAndStaysWhereItWas) {
  const Bytes bytes{1, 2, 3};
  Reader reader(bytes);
  ASSERT_TRUE(reader.skip(1));
  const auto read = reader.u32be();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::Corrupt);
  EXPECT_EQ(read.error().message, "offset 1: needs 4 bytes, 2 are left");
  EXPECT_EQ(reader.offset(), 1U);
  EXPECT_EQ(reader.u16be().value(), 0x0203);
  EXPECT_TRUE(reader.is_at_end());
  EXPECT_FALSE(reader.take(1));
  EXPECT_FALSE(reader.skip(static_cast<std::size_t>(-1)));
}

TEST(Append, WritesNetworkOrder) {
  Bytes out;
  append_u32be(out, 0x01020304);
  append_u64be(out, 0x05060708090a0b0c);
  append(out, as_bytes("xy"));
  EXPECT_EQ(to_hex(out), "0102030405060708090a0b0c7879");
}

TEST(Hex, RefusesWhatIsNotHex) {
  EXPECT_EQ(from_hex("00fFAb").value(), (Bytes{0x00, 0xff, 0xab}));
  for (const std::string_view bad : {"0", "0g", "g0", "0x", " 00", "00 "}) {
    SCOPED_TRACE(bad);
    EXPECT_FALSE(from_hex(bad));
  }
}

TEST(Base64, KnowsTheVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"},
                                                                   {"\xfb\xff", "+/8="}};
  for (const auto& [plain, encoded] : vectors) {
    SCOPED_TRACE(encoded);
    EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
    const auto decoded = from_base64(encoded);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(as_text(*decoded), plain);
  }
  EXPECT_EQ(to_base64url(as_bytes("\xfb\xff")), "-_8");
}

TEST(Base64, RefusesEveryOtherForm) {
  for (const std::string_view bad :
       {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "Zm9v\n", "Zm 9", "-_8=", "Zg==Zg=="}) {
    SCOPED_TRACE(bad);
    EXPECT_FALSE(from_base64(bad));
  }
  for (const std::string_view bad : {"Zg==", "Zh", "Z", "+/8", "Zm9v="}) {
    SCOPED_TRACE(bad);
    EXPECT_FALSE(from_base64url(bad));
  }
}

RC_GTEST_PROP(Encoding, DecodesWhatItEncoded, (const Bytes& bytes)) {
  RC_ASSERT(from_hex(to_hex(bytes)).value() == bytes);
  RC_ASSERT(from_base64(to_base64(bytes)).value() == bytes);
  RC_ASSERT(from_base64url(to_base64url(bytes)).value() == bytes);
}

}  // namespace
}  // namespace warder
