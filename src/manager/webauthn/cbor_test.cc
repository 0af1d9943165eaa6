#include "manager/webauthn/cbor.h"

#include <gtest/gtest.h>

#include "manager/webauthn/testing.h"

namespace warder::manager {
namespace {

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

TEST(Cbor, ReadsWhatAuthenticatorsWrite) {
  const Bytes bytes = testing::CborWriter().map(2).integer(-257).text("x").integer(300).bytes(hex("00ff")).written();
  CborReader reader(bytes);
  EXPECT_EQ(reader.map(), 2U);
  EXPECT_EQ(reader.integer(), -257);
  EXPECT_EQ(reader.text(), "x");
  EXPECT_EQ(reader.integer(), 300);
  EXPECT_EQ(reader.bytes()->size(), 2U);
  EXPECT_TRUE(reader.is_at_end());
}

TEST(Cbor, RefusesOtherForms) {
  struct Case {
    const char* name;
    const char* bytes;
  };
  const Case cases[] = {
      {"nothing", ""},
      {"a number longer than needed", "1817"},
      {"a length longer than needed", "5801aa"},
      {"two bytes where one does", "190017"},
      {"an indefinite length", "5f41aaff"},
      {"an indefinite map", "bfff"},
      {"a tag", "c000"},
      {"a float", "f97e00"},
      {"a simple value of no meaning", "e0"},
      {"undefined", "f7"},
      {"a break", "ff"},
      {"bytes that are not there", "42aa"},
      {"as many as there cannot be", "5bffffffffffffffff"},
      {"a map of as many", "bbffffffffffffffff"},
      {"a reserved length", "1c"},
      {"five levels", "818181818100"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Bytes bytes = hex(c.bytes);
    EXPECT_FALSE(CborReader(bytes).skip());
  }
  const Bytes deep = hex("8181818100");
  EXPECT_TRUE(CborReader(deep).skip());
  const Bytes number = hex("00");
  EXPECT_FALSE(CborReader(number).text());
  EXPECT_FALSE(CborReader(number).map());
  const Bytes large = hex("1bffffffffffffffff");
  EXPECT_FALSE(CborReader(large).integer());
}

}  // namespace
}  // namespace warder::manager
