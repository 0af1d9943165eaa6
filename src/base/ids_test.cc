#include "base/ids.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <unordered_set>

#include "base/random.h"

namespace warder {
namespace {

using std::chrono::milliseconds;

TEST(Uuid, RoundTripsItsText) {
  const auto uuid = parse_uuid("019353C8-74ac-7000-8000-0123456789ab");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->text(), "019353c8-74ac-7000-8000-0123456789ab");
  EXPECT_FALSE(uuid->is_nil());
  EXPECT_TRUE(Uuid{}.is_nil());
}

TEST(Uuid, RefusesOtherForms) {
  for (const std::string_view bad : {"", "019353c874ac700080000123456789ab", "019353c8-74ac-7000-8000-0123456789a",
                                     "019353c8-74ac-7000-8000-0123456789abc", "019353c8-74ac-7000-80000-123456789ab",
                                     "{19353c8-74ac-7000-8000-0123456789a}", "g19353c8-74ac-7000-8000-0123456789ab"}) {
    SCOPED_TRACE(bad);
    EXPECT_FALSE(parse_uuid(bad));
  }
  EXPECT_FALSE(uuid_from_bytes(Bytes(15)));
  EXPECT_FALSE(uuid_from_bytes(Bytes(17)));
}

TEST(UuidGenerator, MakesVersion7WithItsMillisecond) {
  UuidGenerator generator(fill_random);
  const Timestamp now = from_micros(1'795'303'515'250'999);
  const Uuid uuid = generator.next(now);
  EXPECT_EQ(uuid.time(), std::chrono::floor<milliseconds>(now));
  EXPECT_EQ(uuid.bytes[6] >> 4, 7);
  EXPECT_EQ(uuid.bytes[8] >> 6, 2);
}

TEST(UuidGenerator, SortsByCreationWhateverTheClockDoes) {
  UuidGenerator generator(fill_random);
  const Timestamp start = from_micros(1'795'303'515'000'000);
  std::vector<Uuid> made;
  for (int i = 0; i < 10'000; ++i) made.push_back(generator.next(start));  // more than one millisecond's counter holds
  for (int i = 0; i < 100; ++i) made.push_back(generator.next(start - milliseconds{i * 1000}));
  made.push_back(generator.next(start + milliseconds{5000}));
  EXPECT_TRUE(std::is_sorted(made.begin(), made.end()));
  EXPECT_EQ((std::unordered_set<Uuid>(made.begin(), made.end()).size()), made.size());
  EXPECT_EQ(made.back().time(), start + milliseconds{5000});
}

TEST(Id, IsTypedAndParsed) {
  using FruitId = Id<struct FruitTag>;
  const auto id = parse_id<FruitId>("019353c8-74ac-7000-8000-0123456789ab");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), "019353c8-74ac-7000-8000-0123456789ab");
  EXPECT_TRUE(FruitId{}.is_nil());
  EXPECT_NE(std::hash<FruitId>{}(*id), std::hash<FruitId>{}(FruitId{}));
}

}  // namespace
}  // namespace warder
