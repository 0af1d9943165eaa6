#include "engines/loginspection/prefilter.h"

#include <gtest/gtest.h>

namespace warder::loginspection {
namespace {

std::vector<std::uint32_t> walk(const CandidateBits& bits, std::uint32_t first, std::uint32_t end,
                                const std::uint64_t* mask = nullptr) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t bit = bits.next(first, end, mask); bit < end; bit = bits.next(bit + 1, end, mask)) {
    found.push_back(bit);
  }
  return found;
}

// More than 64 words of 64 bits, so that whole blocks of words are stepped over.
TEST(Prefilter, FindsTheFewCandidatesOfMany) {
  constexpr std::uint32_t kBits = 20'000;
  Prefilter::Builder builder;
  for (std::uint32_t bit = 0; bit < kBits; ++bit) {
    if (bit != 777) builder.add(bit, {"word" + std::to_string(100'000 + bit)});
  }
  const auto built = std::move(builder).build(kBits);
  ASSERT_TRUE(built) << built.error().message;
  Prefilter::Scratch scratch(*built);
  CandidateBits bits;
  CandidateBits more;
  using List = std::vector<std::uint32_t>;
  const struct {
    const char* line;
    List expected;
  } cases[] = {{"nothing", {777}},
               {"word100000 WORD104096 word119999", {0, 777, 4096, 19'999}},
               {"word112345", {777, 12'345}},
               {"", {777}},
               {"word100063 word100064 word104095", {63, 64, 777, 4095}}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.line);
    built->scan(c.line, scratch, bits);
    EXPECT_EQ(walk(bits, 0, kBits), c.expected);
    for (const std::uint32_t bit : c.expected) EXPECT_TRUE(bits.has(bit));
  }
  EXPECT_EQ(walk(bits, 64, 4095), (List{64, 777}));
  EXPECT_EQ(walk(bits, 65, 65), List());
  built->scan("word115000", scratch, more);
  bits.add(more);
  EXPECT_EQ(walk(bits, 0, kBits), (List{63, 64, 777, 4095, 15'000}));
  std::vector<std::uint64_t> mask(kBits / 64 + 1, 0);
  mask[1] = 1;                                     // 64
  mask[4095 / 64] = std::uint64_t{1} << 63U;       // 4095
  mask[15'000 / 64] = ~(std::uint64_t{1} << 24U);  // all of the word but 15,000
  EXPECT_EQ(walk(bits, 0, kBits, mask.data()), (List{64, 4095}));
}

}  // namespace
}  // namespace warder::loginspection
