#include "base/uri.h"

#include <gtest/gtest.h>

#include <cctype>

namespace warder {
namespace {

TEST(PercentEncode, LeavesWhatIsUnreservedAndNothingElse) {
  EXPECT_EQ(percent_encode("a-Z_0.~ /&=\xe6"), "a-Z_0.~%20%2F%26%3D%E6");
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    const bool is_plain =
        byte < 0x80 && (std::isalnum(byte) != 0 || std::string_view("-._~").find(text) != std::string_view::npos);
    EXPECT_EQ(percent_encode(text).size(), is_plain ? 1U : 3U) << byte;
  }
}

}  // namespace
}  // namespace warder
