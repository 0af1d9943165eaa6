#include "manager/tenancy/tenant_terms.h"

#include <gtest/gtest.h>

#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

FeatureSchema notes() {
  return {.feature = "notes",
          .migrations = {{1, "create notes", {"CREATE TABLE notes (id BIGINT PRIMARY KEY, body BLOB)"}}},
          .fields = {{"notes", "id", PersonalData::None}, {"notes", "body", PersonalData::Content}}};
}

FeatureSchema visits() {
  return {.feature = "visits",
          .migrations = {{1, "create visits", {"CREATE TABLE visits (id BIGINT PRIMARY KEY, tenant_id TEXT)"}}},
          .fields = {{"visits", "id", PersonalData::None}, {"visits", "tenant_id", PersonalData::None}}};
}

constexpr Timestamp kDue{std::chrono::hours{24}};
constexpr SealedPlace kPlace{"notes", "1", "body"};

Result<void> suspend(TenantTerms& terms) {
  terms.status = TenantStatus::Suspended;
  terms.reason = "unpaid";
  return {};
}

Result<void> schedule(TenantTerms& terms) {
  WD_TRY(suspend(terms));
  terms.deletion_due = kDue;
  return {};
}

class TenantTermsTest : public testing::Test {
 protected:
  void SetUp() override { acme_ = tenants_->add("acme", Timestamp{}).value().id; }
  [[nodiscard]] TenantTerms terms() const { return tenants_->find(acme_).value().terms; }

  TestTenants tenants_{{notes()}, {visits()}};
  TenantId acme_;
};

TEST_F(TenantTermsTest, ATenantIsServedUntilItIsSuspended) {
  EXPECT_TRUE(tenants_->check_served(acme_));
  ASSERT_TRUE(tenants_->change_terms(acme_, suspend));
  for (int restarts = 0; restarts < 2; ++restarts) {
    const auto served = tenants_->check_served(acme_);
    ASSERT_FALSE(served);
    EXPECT_EQ(served.error().code, ErrorCode::Forbidden);
    EXPECT_NE(served.error().message.find("unpaid"), std::string::npos);
    EXPECT_EQ(tenants_->list().size(), 2U) << "its agents go on";
    tenants_.reopen();
  }
  ASSERT_TRUE(tenants_->change_terms(acme_, [](TenantTerms& terms) -> Result<void> {
    terms.status = TenantStatus::Active;
    return {};
  }));
  EXPECT_TRUE(tenants_->check_served(acme_));
}

TEST_F(TenantTermsTest, LimitsAreKept) {
  EXPECT_FALSE(terms().max_agents);
  ASSERT_TRUE(tenants_->change_terms(acme_, [](TenantTerms& changed) -> Result<void> {
    changed.max_agents = 5;
    changed.max_users = 0;
    changed.event_partition = "day";
    return {};
  }));
  tenants_.reopen();
  EXPECT_EQ(terms().max_agents, 5);
  EXPECT_EQ(terms().max_users, 0);
  EXPECT_FALSE(terms().max_events_per_day);
  EXPECT_EQ(terms().event_partition, "day");
}

TEST_F(TenantTermsTest, ARefusedChangeLeavesEverything) {
  const auto refused = tenants_->change_terms(acme_, [](TenantTerms& changed) -> Result<void> {
    changed.max_agents = 5;
    return fail(ErrorCode::Invalid, "no");
  });
  EXPECT_EQ(refused.error().code, ErrorCode::Invalid);
  EXPECT_FALSE(terms().max_agents);
  const auto moved = tenants_->change_terms(acme_, [](TenantTerms& changed) -> Result<void> {
    changed.database_server = "elsewhere";
    return {};
  });
  EXPECT_EQ(moved.error().code, ErrorCode::Invalid);
  const auto deleted = tenants_->change_terms(acme_, [](TenantTerms& changed) -> Result<void> {
    changed.status = TenantStatus::Deleted;
    return {};
  });
  EXPECT_EQ(deleted.error().code, ErrorCode::Invalid);
}

TEST_F(TenantTermsTest, TheFirstTenantStays) {
  const TenantId first = tenants_.scope().tenant();
  EXPECT_EQ(tenants_->change_terms(first, suspend).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(tenants_->change_terms(first, schedule).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(tenants_->erase(first, kDue).error().code, ErrorCode::Conflict);
}

TEST_F(TenantTermsTest, NothingIsErasedBeforeItsTime) {
  EXPECT_EQ(tenants_->erase(acme_, kDue).error().code, ErrorCode::Conflict);
  ASSERT_TRUE(tenants_->change_terms(acme_, schedule));
  EXPECT_EQ(tenants_->erase(acme_, kDue - std::chrono::microseconds{1}).error().code, ErrorCode::Conflict);
  ASSERT_TRUE(tenants_->change_terms(acme_, [](TenantTerms& changed) -> Result<void> {
    changed.deletion_due.reset();
    return {};
  }));
  EXPECT_EQ(tenants_->erase(acme_, kDue).error().code, ErrorCode::Conflict) << "the deletion was called off";
  EXPECT_TRUE(tenants_->config(tenants_.scope_of(acme_)).acquire().value()->execute("SELECT id FROM notes"));
}

TEST_F(TenantTermsTest, ErasingDestroysKeysAndDataAndFreesTheName) {
  const TenantScope scope = tenants_.scope_of(acme_);
  const auto directory = tenants_->directory(scope);
  ASSERT_TRUE(tenants_->config(scope).acquire().value()->execute("INSERT INTO notes (id, body) VALUES (1, ?1)",
                                                                 {tenants_->seal_text(scope, kPlace, "secret")}));
  ASSERT_TRUE(tenants_->change_terms(acme_, schedule));
  const auto erased = tenants_->erase(acme_, kDue);
  ASSERT_TRUE(erased) << erased.error().message;
  EXPECT_EQ(erased->keys.front(), acme_.text() + "/tenant/1");
  EXPECT_FALSE(std::filesystem::exists(directory));
  EXPECT_EQ(ScopeMaker{*tenants_}.make(acme_, "job:test").error().code, ErrorCode::NotFound);
  if (is_on_postgres()) {
    const StmtHandle statement = [&] {
      static const auto db = TestPostgres::instance().superuser();
      return db->prepare("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = ?1").value();
    }();
    ASSERT_TRUE(statement->bind({PostgresSchemas::name_of(acme_)}));
    EXPECT_EQ(statement->step().value(), nullptr);
  }
  EXPECT_EQ(tenants_->control().acquire().value()->execute("DELETE FROM data_keys WHERE id = ?1", {acme_.text()}), 0)
      << "it was left";
  const auto again = tenants_->add("acme", Timestamp{});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_NE(again->id, acme_);
  tenants_.reopen();
  EXPECT_EQ(tenants_->list().size(), 2U);
}

TEST_F(TenantTermsTest, NothingOfAnErasedTenantStaysInTheControlDatabase) {
  const std::string other = tenants_.scope().tenant().text();
  for (const auto& [id, tenant] : {std::pair{1, acme_.text()}, std::pair{2, other}})
    ASSERT_TRUE(tenants_->control().acquire().value()->execute("INSERT INTO visits (id, tenant_id) VALUES (?1, ?2)",
                                                               {std::int64_t{id}, tenant}));
  ASSERT_TRUE(tenants_->change_terms(acme_, schedule));
  ASSERT_TRUE(tenants_->erase(acme_, kDue));
  EXPECT_EQ(tenants_->control().acquire().value()->execute("DELETE FROM visits WHERE id = 1").value(), 0);
  EXPECT_EQ(tenants_->control().acquire().value()->execute("DELETE FROM visits WHERE id = 2").value(), 1);
}

TEST_F(TenantTermsTest, DataLeftByACrashGoesAtTheNextStart) {
  ASSERT_TRUE(tenants_->change_terms(acme_, schedule));
  const auto directory = tenants_->directory(tenants_.scope_of(acme_));
  ASSERT_TRUE(tenants_->erase(acme_, kDue));
  std::filesystem::create_directories(directory / "left");  // as if it had ended before the last step
  tenants_.reopen();
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST_F(TenantTermsTest, OtherManagersSeeWhatChanged) {
  const auto other = tenants_.another_manager();
  ASSERT_TRUE(tenants_->change_terms(acme_, suspend));
  const TenantId late = tenants_->add("late", Timestamp{}).value().id;
  EXPECT_TRUE(other->check_served(acme_));
  ASSERT_TRUE(other->refresh());
  EXPECT_FALSE(other->check_served(acme_));
  EXPECT_TRUE(other->find(late));
  ASSERT_TRUE(tenants_->change_terms(late, schedule));
  ASSERT_TRUE(tenants_->erase(late, kDue));
  ASSERT_TRUE(other->refresh());
  EXPECT_EQ(other->find(late).error().code, ErrorCode::NotFound);
}

TEST_F(TenantTermsTest, TenantsSpreadOverServers) {
  TenantTerms on_second;
  on_second.database_server = "second";
  EXPECT_EQ(tenants_->add("far", Timestamp{}, on_second).error().code, ErrorCode::Invalid) << "no such server";
  if (!is_on_postgres()) return;
  tenants_.add_server();
  tenants_.reopen();
  const Tenant far = tenants_->add("far", Timestamp{}).value();  // two are on the first already
  EXPECT_EQ(far.terms.database_server, "second");
  EXPECT_EQ(tenants_->add("near", Timestamp{}).value().terms.database_server, "second");
  EXPECT_EQ(tenants_->add("balanced", Timestamp{}).value().terms.database_server, "");
  tenants_.reopen();
  const TenantScope scope = tenants_.scope_of(far.id);
  auto db = tenants_->config(scope).acquire().value();
  ASSERT_TRUE(db->execute("INSERT INTO notes (id) VALUES (1)"));
  EXPECT_FALSE(db->execute("SELECT id FROM " + PostgresSchemas::name_of(acme_) + ".notes")) << "not on this server";
  EXPECT_NE(tenants_->postgres(scope), tenants_->postgres(tenants_.scope()));
  EXPECT_EQ(Tenants::rehearse(tenants_.options({notes()}))->size(), 6U);
}

}  // namespace
}  // namespace warder::manager
