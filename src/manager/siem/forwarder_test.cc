#include "manager/siem/forwarder.h"

#include <gtest/gtest.h>

namespace warder::manager {
namespace {

TEST(PublicAddress, IsNoneThatBelongsToSomebodysNetwork) {
  for (const char* text :
       {"127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"})
    EXPECT_FALSE(is_public(parse_ip(text).value())) << text;
  for (const char* text : {"8.8.8.8", "172.32.0.1", "192.169.0.1", "2600::1"})
    EXPECT_TRUE(is_public(parse_ip(text).value())) << text;
}

}  // namespace
}  // namespace warder::manager
