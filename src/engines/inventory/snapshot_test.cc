#include "engines/inventory/snapshot.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace warder::inventory {
namespace {

Item item(std::string key, std::string version = "1") {
  return {key, key, std::move(version), {{"manager", "dpkg"}}};
}

TEST(Canonical, TellsVersionsOfOneKeyApart) {
  const auto items = canonical({item("b"), item("kernel", "6.2"), item("a"), item("kernel", "6.1"), item("a")});
  ASSERT_EQ(items.size(), 4U);
  EXPECT_EQ(items[0].key, "a");
  EXPECT_EQ(items[2].key, "kernel#6.1");
  EXPECT_EQ(items[3].key, "kernel#6.2");
}

TEST(Diff, FindsAddedChangedAndRemoved) {
  const auto before = canonical({item("a"), item("b"), item("c")});
  const auto after = canonical({item("b", "2"), item("c"), item("d")});
  const Delta delta = diff(before, after);
  ASSERT_EQ(delta.set.size(), 2U);
  EXPECT_EQ(delta.set[0].key, "b");
  EXPECT_EQ(delta.set[1].key, "d");
  EXPECT_EQ(delta.removed, std::vector<std::string>{"a"});
  EXPECT_TRUE(diff(after, after).is_empty());
}

RC_GTEST_PROP(Diff, AppliedGivesTheSecond, ()) {
  const auto list = [] {
    std::vector<Item> items;
    for (const int n : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 60)))
      items.push_back(item("k" + std::to_string(n % 20), std::to_string(n / 20)));
    return canonical(std::move(items));
  };
  const auto before = list();
  const auto after = list();
  RC_ASSERT(apply_delta(before, diff(before, after)) == after);
  RC_ASSERT((digest(before) == digest(after)) == (before == after));
}

TEST(Digest, DoesNotConfuseNeighbours) {
  EXPECT_NE(digest(Item{"ab", "c", "", {}}), digest(Item{"a", "bc", "", {}}));
  EXPECT_NE(digest(Item{"a", "", "", {{"x", "y"}}}), digest(Item{"a", "", "", {{"xy", ""}}}));
}

TEST(Check, RefusesWhatIsNotCanonical) {
  EXPECT_TRUE(check(item("a")));
  EXPECT_FALSE(check(item("")));
  EXPECT_FALSE(check(item("\xff")));
  EXPECT_FALSE(check(item(std::string(kMaxText + 1, 'x'))));
  EXPECT_FALSE(check(Item{"a", "a", "", {{"b", "1"}, {"a", "1"}}}));
  EXPECT_FALSE(check(Item{"a", "a", "", {{"a", "1"}, {"a", "2"}}}));
  EXPECT_FALSE(check(Item{"a", "a", "", {{"a", ""}}}));
}

TEST(Clean, MakesAnyBytesFit) {
  EXPECT_EQ(clean("a\nb"), "a b");
  EXPECT_EQ(clean("\xff"), "\\xff");
  EXPECT_LE(clean(std::string(5000, 'x')).size(), kMaxText);
  std::string text(kMaxText - 1, 'x');
  text += "\xe3\x81\x82";
  EXPECT_EQ(clean(text).size(), kMaxText - 1);
  EXPECT_TRUE(check(item(clean("\x01\xc3\x28\\x41"))));
}

}  // namespace
}  // namespace warder::inventory
