#include "manager/privacy/pseudonym.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "base/address.h"
#include "base/bytes.h"

namespace warder::manager {
namespace {

const Bytes kKey(32, 0x0B);
const Bytes kOtherKey(32, 0x0C);

TEST(Pseudonym, ShowsThatItIsOne) {
  const std::string alice = pseudonym_of(kKey, "alice");
  EXPECT_EQ(alice.size(), 24U);
  EXPECT_TRUE(alice.starts_with("psn-"));
  EXPECT_TRUE(is_pseudonym(alice));
  EXPECT_FALSE(is_pseudonym("alice"));
  EXPECT_FALSE(is_pseudonym("psn-alice"));
  EXPECT_FALSE(is_pseudonym("192.0.2.1"));
}

TEST(Pseudonym, OfAnAddressIsAnAddressThatNobodyHas) {
  const std::string pseudonym = pseudonym_of(kKey, "192.0.2.1");
  ASSERT_TRUE(parse_ip(pseudonym));
  EXPECT_TRUE(parse_prefix("100::/64")->contains(*parse_ip(pseudonym)));
  EXPECT_TRUE(is_pseudonym(pseudonym));
  EXPECT_NE(pseudonym, pseudonym_of(kKey, "192.0.2.2"));
}

TEST(Pseudonym, OfAnAddressDoesNotDependOnHowItIsWritten) {
  EXPECT_EQ(pseudonym_of(kKey, "2001:db8::1"), pseudonym_of(kKey, "2001:0DB8:0:0::0001"));
  EXPECT_EQ(pseudonym_of(kKey, "192.0.2.1"), pseudonym_of(kKey, "::ffff:192.0.2.1"));
}

RC_GTEST_PROP(PseudonymProperty, IsTheSameForTheSameAndHidesTheValue, (const std::string& value)) {
  const std::string once = pseudonym_of(kKey, value);
  RC_ASSERT(once == pseudonym_of(kKey, value));
  RC_ASSERT(is_pseudonym(once));
  RC_ASSERT(pseudonym_of(kKey, once) == once);
  RC_ASSERT(is_pseudonym(value) || once != pseudonym_of(kOtherKey, value));
  // A single digit is in most texts of hexadecimal digits.
  RC_ASSERT(is_pseudonym(value) || value.size() < 6 || once.find(value) == std::string::npos);
}

RC_GTEST_PROP(PseudonymProperty, OfDifferentValuesAreDifferent, (const std::set<std::string>& values)) {
  std::set<std::string> pseudonyms;
  for (const std::string& value : values) pseudonyms.insert(pseudonym_of(kKey, value));
  RC_ASSERT(pseudonyms.size() == values.size());
}

RC_GTEST_PROP(PseudonymProperty, OfAddressesAreAddresses, (std::uint32_t address)) {
  const std::string clear = IpAddress::v4(address).text();
  const auto pseudonym = parse_ip(pseudonym_of(kKey, clear));
  RC_ASSERT(pseudonym.has_value());
  RC_ASSERT(pseudonym_of(kKey, clear) != pseudonym_of(kOtherKey, clear));
}

}  // namespace
}  // namespace warder::manager
