#include "manager/notify/rotas.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "host/testing/clock.h"
#include "manager/notify/testing.h"

namespace warder::manager {
namespace {

using std::chrono::hours;

class RotasTest : public ::testing::Test {
 protected:
  TestTenants tenants_{{audit_schema(), rotas_schema()}};
  warder::testing::ManualClock clock_{kNow};
  AuditLog audit_{*tenants_, clock_};
  testing::People people_;
  Rotas rotas_{*tenants_, audit_, clock_, people_.find()};
  const TenantScope scope_ = tenants_.scope("user:1");
  const UserId a_ = people_.add("a@example.com");
  const UserId b_ = people_.add("b@example.com");

  Rota draft(const std::string& name = "soc") {
    Rota rota;
    rota.name = name;
    rota.time_zone = "Asia/Tokyo";
    rota.first_day = std::chrono::sys_days{std::chrono::year{2026} / 11 / 16};
    rota.channel = make_id<NoticeChannelId>(kNow);
    rota.members = {{a_, {"forensics"}}, {b_, {}}};
    RotaLevel first;
    first.order = {a_, b_};
    RotaLevel second;
    second.order = {b_};
    second.shift_days = 1;
    rota.levels = {first, second};
    return rota;
  }
};

TEST_F(RotasTest, AreKeptAsTheyWereMadeAndSayWhoIsOnCall) {
  const Rota made = rotas_.create(scope_, draft()).value();
  const Rota found = rotas_.find(scope_, made.id).value();
  EXPECT_EQ(rota_plan_to_json(found), rota_plan_to_json(made));
  EXPECT_EQ(audit_.list(scope_, {}).value().items.at(0).record.action, "rota.create");
  EXPECT_EQ(rotas_.on_call_at(scope_, made.id, 0, kNow).value().user, a_);
  EXPECT_EQ(rotas_.on_call_at(scope_, made.id, 0, kNow + hours(24 * 7)).value().user, b_);
  EXPECT_EQ(rotas_.on_call_at(scope_, made.id, 7, kNow).value().user, b_) << "the last level";
}

TEST_F(RotasTest, StandInsAreAddedAndTakenAway) {
  const RotaId id = rotas_.create(scope_, draft()).value().id;
  const RotaOverride made = rotas_.add_override(scope_, id, {{}, 0, b_, kNow, kNow + hours(1), {}}).value();
  EXPECT_EQ(rotas_.on_call_at(scope_, id, 0, kNow).value().user, b_);
  EXPECT_EQ(rotas_.on_call_at(scope_, id, 0, kNow + hours(1)).value().user, a_);
  ASSERT_TRUE(rotas_.remove_override(scope_, made.id));
  EXPECT_EQ(rotas_.on_call_at(scope_, id, 0, kNow).value().user, a_);
  EXPECT_EQ(rotas_.remove_override(scope_, made.id).error().code, ErrorCode::NotFound);
  EXPECT_FALSE(rotas_.add_override(scope_, id, {{}, 0, b_, kNow, kNow, {}}));
  EXPECT_FALSE(rotas_.add_override(scope_, id, {{}, 2, b_, kNow, kNow + hours(1), {}}));
  EXPECT_FALSE(rotas_.add_override(scope_, id, {{}, 0, people_.add("c@example.com"), kNow, kNow + hours(1), {}}));
}

TEST_F(RotasTest, AChangeNeedsTheEtagAndTakesStandInsAwayThatNoLongerFit) {
  const Rota made = rotas_.create(scope_, draft()).value();
  ASSERT_TRUE(rotas_.add_override(scope_, made.id, {{}, 1, b_, kNow, kNow + hours(1), {}}));
  Rota next = draft("night");
  next.levels.pop_back();
  EXPECT_EQ(rotas_.update(scope_, made.id, "\"4\"", next).error().code, ErrorCode::Stale);
  const Rota changed = rotas_.update(scope_, made.id, "\"1\"", next).value();
  EXPECT_EQ(changed.name, "night");
  EXPECT_TRUE(changed.overrides.empty());
  ASSERT_TRUE(rotas_.remove(scope_, made.id, "*"));
  EXPECT_EQ(rotas_.find(scope_, made.id).error().code, ErrorCode::NotFound);
}

TEST_F(RotasTest, StrangersAndTakenNamesAreRefused) {
  Rota rota = draft();
  rota.members.push_back({make_id<UserId>(kNow), {}});
  EXPECT_TRUE(rotas_.create(scope_, rota).error().message.starts_with("/members/2/user"));
  ASSERT_TRUE(rotas_.create(scope_, draft()));
  EXPECT_EQ(rotas_.create(scope_, draft()).error().code, ErrorCode::Conflict);
}

TEST(RotaJson, WhatIsNoPlanIsRefusedWithItsPlace) {
  const auto error_of = [](const char* text) {
    Rota rota;
    const auto read = read_rota_plan(json::parse(text).as_object(), rota);
    return read ? std::string() : read.error().message;
  };
  EXPECT_TRUE(error_of(R"({"first_day": "yesterday"})").starts_with("/first_day"));
  EXPECT_TRUE(error_of(R"({"handover": "25:00"})").starts_with("/handover"));
  EXPECT_TRUE(error_of(R"({"members": [{"user": 7}]})").starts_with("/members/0/user"));
  EXPECT_TRUE(error_of(R"({"members": [7]})").starts_with("/members/0"));
  EXPECT_TRUE(error_of(R"({"levels": [{}]})").starts_with("/levels/0"));
}

}  // namespace
}  // namespace warder::manager
