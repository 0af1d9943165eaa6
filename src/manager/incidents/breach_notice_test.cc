#include "manager/incidents/breach_notice.h"

#include <gtest/gtest.h>

#include "manager/incidents/testing.h"

namespace warder::manager {
namespace {

using std::chrono::hours;

class BreachTest : public ::testing::Test, protected TestIncidents {
 protected:
  BreachNotices written_{*events_.tenants(), audit_, events_.clock()};
};

TEST_F(BreachTest, TheAffectedAreThoseThatAreThere) {
  std::vector<SequencedEvent> batch;
  for (std::uint64_t i = 1; i <= 6; ++i) {
    Event event = make_event(kNow - hours{static_cast<int>(i)});
    event.fields.clear();
    event.set("count", std::int64_t{1});
    if (i % 2 == 0) event.set("user.name", "user-" + std::to_string(i % 4));
    batch.push_back({i, event});
  }
  ASSERT_TRUE(events_.ingest(batch));
  const Affected all = count_affected(*events_, scope_, {"", kNow - hours{24}, kNow}).value();
  EXPECT_EQ(all.events, 6);
  EXPECT_EQ(all.with_personal_data, 3);
  EXPECT_EQ(all.persons, 2);
  EXPECT_EQ(all.fields.at("user.name").events, 3);
  EXPECT_EQ(all.fields.at("user.name").values, 2);
  EXPECT_FALSE(all.fields.contains("count"));
  EXPECT_TRUE(all.is_complete);
  EXPECT_EQ(count_affected(*events_, scope_, {"user.name=user-2", kNow - hours{24}, kNow})->events, 2);
  EXPECT_FALSE(count_affected(*events_, scope_, {"(", kNow - hours{24}, kNow}));
  EXPECT_FALSE(count_affected(*events_, scope_, {"", kNow, kNow}));
}

TEST_F(BreachTest, ANoticeHasTheFieldsOfArticle33AndItsVersions) {
  Incident incident = declare("a stolen <disk>");
  NoticeDraft draft;
  draft.nature = "A disk & its backups were stolen";
  EXPECT_EQ(written_.add(scope_, incident, draft).error().code, ErrorCode::Conflict);
  incident = incidents_.mark_breach(scope_, incident.id, kNow).value();
  ASSERT_TRUE(written_.add(scope_, incident, draft));
  EXPECT_EQ(missing_fields(draft), (std::vector<std::string>{"categories", "contact", "consequences", "measures"}));
  draft.contact = "dpo@example.org";
  draft.subjects = 12;
  const BreachNotice second = written_.add(scope_, incident, draft).value();
  EXPECT_EQ(second.version, 2);
  const auto all = written_.list(scope_, incident.id).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].draft.contact, "dpo@example.org");
  EXPECT_EQ(all[1].draft.contact, "");
  const std::string html = notice_html(incident, second);
  EXPECT_NE(html.find("a stolen &lt;disk&gt;"), std::string::npos);
  EXPECT_NE(html.find("to follow"), std::string::npos);
  EXPECT_NE(notice_text(incident, second).find("Art. 33(3)(b)\n  dpo@example.org"), std::string::npos);
}

}  // namespace
}  // namespace warder::manager
