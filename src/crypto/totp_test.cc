#include "crypto/totp.h"

#include <gtest/gtest.h>

namespace warder::crypto {
namespace {

const ByteView kSecret = as_bytes("12345678901234567890");

Timestamp at_second(std::int64_t seconds) {
  return from_micros(seconds * 1'000'000);
}

TEST(Totp, CountersGiveTheCodesOfRfc4226) {  // appendix D
  const char* codes[] = {"755224", "287082", "359152", "969429", "338314",
                         "254676", "287922", "162583", "399871", "520489"};
  for (std::uint64_t counter = 0; counter < 10; ++counter) EXPECT_EQ(hotp(kSecret, counter), codes[counter]);
}

TEST(Totp, TimesGiveTheCodesOfRfc6238) {  // appendix B, SHA-1
  const struct {
    std::int64_t second;
    const char* code;
  } cases[] = {{59, "94287082"},         {1111111109, "07081804"}, {1111111111, "14050471"},
               {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"}};
  for (const auto& each : cases)
    EXPECT_EQ(hotp(kSecret, static_cast<std::uint64_t>(totp_step(at_second(each.second))), 8), each.code);
}

TEST(Totp, ACodeHoldsOneStepBeforeAndAfter) {
  const std::string code = hotp(kSecret, 100);
  EXPECT_FALSE(find_totp_step(kSecret, code, at_second(98 * 30 + 29)));
  for (const std::int64_t second : {99 * 30, 100 * 30, 101 * 30 + 29})
    EXPECT_EQ(find_totp_step(kSecret, code, at_second(second)), 100) << second;
  EXPECT_FALSE(find_totp_step(kSecret, code, at_second(102 * 30)));
  for (const std::string& wrong : {std::string(), code.substr(1), code + "0", std::string("000000")})
    EXPECT_FALSE(find_totp_step(kSecret, wrong, at_second(100 * 30))) << wrong;
}

TEST(Base32, IsThatOfRfc4648) {  // §10, without padding
  const char* cases[][2] = {{"", ""},
                            {"f", "MY"},
                            {"fo", "MZXQ"},
                            {"foo", "MZXW6"},
                            {"foob", "MZXW6YQ"},
                            {"fooba", "MZXW6YTB"},
                            {"foobar", "MZXW6YTBOI"}};
  for (const auto& each : cases) EXPECT_EQ(to_base32(as_bytes(each[0])), each[1]);
}

}  // namespace
}  // namespace warder::crypto
