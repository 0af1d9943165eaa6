#include "manager/trust/notice.h"

#include <gtest/gtest.h>

#include <set>

#include "base/json.h"
#include "model/event_fields.h"

namespace warder::manager {
namespace {

const FeatureSchema kPeople{"people",
                            {},
                            {{"people", "id", PersonalData::None},
                             {"people", "email", PersonalData::Contact, "id"},
                             {"people", "hash", PersonalData::Secret}}};

TEST(Notice, EveryFieldAboutPeopleIsOfAModule) {
  for (const EventField& field : event_fields()) {
    EXPECT_TRUE(field.personal_data == PersonalData::None || !modules_telling(field.key).empty())
        << field.key << ": add it to the table in notice.cc";
  }
}

TEST(Notice, ItHasWhatIsDeclaredAndNothingElse) {
  const FeatureSchema tenant[] = {kPeople};
  const json::object notice = make_notice(tenant, {});
  EXPECT_EQ(json::serialize(notice.at("stored")),
            R"([{"feature":"people","fields":[{"field":"people.email","class":"contact","sealed":true}]}])");
  std::set<std::string> told;
  for (const json::value& module : notice.at("modules").as_array())
    for (const json::value& field : module.at("fields").as_array()) told.emplace(field.at("field").as_string());
  for (const EventField& field : event_fields())
    EXPECT_EQ(told.contains(std::string(field.key)), field.personal_data != PersonalData::None) << field.key;
}

TEST(Notice, ThePageIsInBothLanguagesAndEscaped) {
  const FeatureSchema tenant[] = {{"f", {}, {{"<b>", "x", PersonalData::Content}}}};
  const NoticeVersion versions[] = {{2, Timestamp{}, "abcdef0123456789abcd"}};
  const json::object notice = make_notice(tenant, {});
  for (const PageLanguage language : {PageLanguage::English, PageLanguage::Japanese}) {
    const std::string page = notice_page(notice, versions, language);
    EXPECT_NE(page.find("&lt;b&gt;.x"), std::string::npos);
    EXPECT_EQ(page.find("<b>.x"), std::string::npos);
    EXPECT_NE(page.find("2: 1970-01-01"), std::string::npos);
    EXPECT_NE(page.find(language == PageLanguage::Japanese ? "日数のあいだ保持" : "Events are kept for the days"),
              std::string::npos);
    EXPECT_NE(page.find(language == PageLanguage::Japanese ? "データ収集" : "Data Collection Notice"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace warder::manager
