#include "base/address.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace warder {
namespace {

TEST(IpAddress, HasOneTextForEachAddress) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"::ffff:192.0.2.1", "192.0.2.1"},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
      {"::", "::"},
      {"::1", "::1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:db8::1:0:0:1", "2001:db8::1:0:0:1"},
  };
  for (const auto& [text, canonical] : cases) {
    SCOPED_TRACE(text);
    const auto address = parse_ip(text);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->text(), canonical);
  }
  EXPECT_EQ(IpAddress::v4(0xc0000201).text(), "192.0.2.1");
}

TEST(IpAddress, KnowsLoopback) {
  EXPECT_TRUE(parse_ip("127.8.0.1")->is_loopback());
  EXPECT_TRUE(parse_ip("::1")->is_loopback());
  EXPECT_FALSE(parse_ip("::2")->is_loopback());
  EXPECT_FALSE(parse_ip("128.0.0.1")->is_loopback());
  EXPECT_FALSE(parse_ip("::")->is_loopback());
}

TEST(IpAddress, RefusesOtherForms) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view bad :
       {"", "1.2.3", "1.2.3.256", "01.2.3.4", "0x1.2.3.4", "1.2.3.4 ", "fe80::1%eth0", ":::", "1.2.3.4/32"}) {
    SCOPED_TRACE(bad);
    EXPECT_FALSE(parse_ip(bad));
  }
  EXPECT_FALSE(parse_ip("1.2.3.4\0x"sv));
}

TEST(IpPrefix, ContainsItsAddresses) {
  const auto v4 = parse_prefix("192.0.2.0/25");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->text(), "192.0.2.0/25");
  EXPECT_TRUE(v4->contains(parse_ip("192.0.2.127").value()));
  EXPECT_FALSE(v4->contains(parse_ip("192.0.2.128").value()));
  const auto v6 = parse_prefix("2001:db8::/32");
  ASSERT_TRUE(v6);
  EXPECT_TRUE(v6->contains(parse_ip("2001:db8:ffff::1").value()));
  EXPECT_FALSE(v6->contains(parse_ip("2001:db9::").value()));
  EXPECT_TRUE(parse_prefix("0.0.0.0/0")->contains(parse_ip("8.8.8.8").value()));
  EXPECT_FALSE(parse_prefix("0.0.0.0/0")->contains(parse_ip("2001:db8::1").value()));
  EXPECT_TRUE(parse_prefix("::/0")->contains(parse_ip("8.8.8.8").value()));
  EXPECT_EQ(parse_prefix("192.0.2.7")->text(), "192.0.2.7/32");
  for (const std::string_view bad :
       {"192.0.2.1/24", "192.0.2.0/33", "2001:db8::/129", "2001:db8::1/64", "192.0.2.0/", "/24", "192.0.2.0/-1"}) {
    SCOPED_TRACE(bad);
    EXPECT_FALSE(parse_prefix(bad));
  }
}

RC_GTEST_PROP(IpAddress, ReadsWhatItWrote, (const std::array<std::uint8_t, 16>& bytes)) {
  const IpAddress address = IpAddress::v6(bytes);
  RC_ASSERT(parse_ip(address.text()).value() == address);
}

TEST(HostPort, ReadsNamesAndBothAddressForms) {
  for (const std::string_view text : {"host.example:443", "127.0.0.1:0", "[::1]:65535"}) {
    SCOPED_TRACE(text);
    const auto parsed = parse_host_port(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->text(), text);
  }
  EXPECT_EQ(parse_host_port("[::1]:8443")->host, "::1");
  for (const std::string_view bad :
       {"", "host", ":1", "host:", "host:65536", "::1:80", "[::1]", "[host]:1", "[127.0.0.1]:1", "a b:1", "u@h:1"}) {
    SCOPED_TRACE(bad);
    EXPECT_FALSE(parse_host_port(bad));
  }
}

TEST(PublicAddress, IsNoneOfTheSpecialOnes) {
  for (const char* text : {"8.8.8.8", "1.1.1.1", "192.0.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111"})
    EXPECT_TRUE(is_public(parse_ip(text).value())) << text;
  for (const char* text : {"127.0.0.1",
                           "10.0.0.1",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "0.0.0.0",
                           "224.0.0.1",
                           "255.255.255.255",
                           "198.18.0.1",
                           "203.0.113.5",
                           "::",
                           "::1",
                           "fe80::1",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "64:ff9b::7f00:1"})
    EXPECT_FALSE(is_public(parse_ip(text).value())) << text;
}

}  // namespace
}  // namespace warder
