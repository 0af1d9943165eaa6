#include "model/messages.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/event_fields.h"

namespace warder {
namespace {

Messages sample() {
  Messages messages;
  EXPECT_TRUE(messages.add("en", R"({"a":"{file.path} is {count} {x y} {} {{count}}","only.en":"English"})"));
  EXPECT_TRUE(messages.add("ja", R"({"a":"{count} 件: {file.path}"})"));
  return messages;
}

TEST(Messages, RenderInTheLanguageAskedFor) {
  const Messages messages = sample();
  const Messages::Fields fields{{"count", std::int64_t{3}}, {"file.path", "/{count}"}};
  EXPECT_EQ(messages.render("a", fields, "en"), "/{count} is 3 {x y} {} {3}");
  EXPECT_EQ(messages.render("a", fields, "ja"), "3 件: /{count}");
  EXPECT_EQ(messages.render("a", fields, "ja-JP"), "3 件: /{count}");
  EXPECT_EQ(messages.render("a", {}, "fr"), "? is ? {x y} {} {?}");
  EXPECT_EQ(messages.render("only.en", {}, "ja"), "English");
  EXPECT_EQ(messages.render("no.such", fields, "en"), "no.such");
}

TEST(Messages, RefuseWhatIsNoCatalogue) {
  Messages messages;
  EXPECT_FALSE(messages.add("en", "[]"));
  EXPECT_FALSE(messages.add("en", R"({"a":1})"));
  EXPECT_FALSE(messages.add("en", R"({"a":"x","a":"y"})"));
  EXPECT_FALSE(Messages::load("/no/such/directory"));
}

TEST(Placeholders, AreEachNamedOnce) {
  EXPECT_EQ(placeholders("{a} {b.c} {a} {D} { e} {"), (std::vector<std::string_view>{"a", "b.c"}));
}

class ShippedMessages : public ::testing::Test {
 protected:
  const Result<Messages> messages_ = Messages::load(WARDER_SOURCE_DIR "/content/messages");
};

TEST_F(ShippedMessages, HaveTheSameIdsAndPlaceholdersInEveryLanguage) {
  ASSERT_TRUE(messages_) << messages_.error().message;
  EXPECT_EQ(messages_->locales(), (std::vector<std::string_view>{"en", "ja"}));
  EXPECT_EQ(messages_->ids("en"), messages_->ids("ja"));
  for (const std::string_view id : messages_->ids("en")) {
    SCOPED_TRACE(id);
    const std::string* translated = messages_->find(id, "ja");
    if (translated == nullptr) continue;
    auto english = placeholders(*messages_->find(id, "en"));
    auto japanese = placeholders(*translated);
    std::sort(english.begin(), english.end());
    std::sort(japanese.begin(), japanese.end());
    EXPECT_EQ(english, japanese);
  }
}

TEST_F(ShippedMessages, NameOnlyFieldsThatExist) {
  ASSERT_TRUE(messages_) << messages_.error().message;
  for (const std::string_view id : messages_->ids("en")) {
    for (const std::string_view key : placeholders(*messages_->find(id, "en"))) {
      EXPECT_NE(find_event_field(key), nullptr) << id << ": {" << key << "}";
    }
  }
}

}  // namespace
}  // namespace warder
