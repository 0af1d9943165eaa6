#include "manager/tenancy/tenants.h"

#include <gtest/gtest.h>

#include <set>
#include <span>

#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

FeatureSchema notes() {
  return {.feature = "notes",
          .migrations = {{1, "create notes", {"CREATE TABLE notes (id BIGINT PRIMARY KEY, body BLOB)"}}},
          .fields = {{"notes", "id", PersonalData::None}, {"notes", "body", PersonalData::Content}}};
}

class TenantsTest : public testing::Test {
 protected:
  TestTenants tenants_{{notes()}};
};

constexpr SealedPlace kPlace{"users", "u1", "email"};

TEST_F(TenantsTest, EachHasItsOwnFolderAndDatabase) {
  const auto other = tenants_->add("acme", Timestamp{});
  ASSERT_TRUE(other) << other.error().message;
  const TenantScope first = tenants_.scope();
  const TenantScope second = tenants_.scope_of(other->id);
  EXPECT_NE(tenants_->directory(first), tenants_->directory(second));
  auto db = tenants_->config(first).acquire();
  ASSERT_TRUE((*db)->execute("INSERT INTO notes (id) VALUES (1)"));
  auto other_db = tenants_->config(second).acquire();
  EXPECT_EQ((*other_db)->execute("DELETE FROM notes").value(), 0);
}

TEST_F(TenantsTest, ARehearsalSaysWhereEachDatabaseStandsAndChangesNothing) {
  FeatureSchema later = notes();
  later.migrations.push_back({2, "add title", {"ALTER TABLE notes ADD COLUMN title TEXT"}});
  ASSERT_TRUE(tenants_->add("acme", Timestamp{}));
  for (int i = 0; i < 2; ++i) {
    const auto states = Tenants::rehearse(tenants_.options({later}));
    ASSERT_TRUE(states) << states.error().message;
    ASSERT_EQ(states->size(), 3U);
    EXPECT_EQ(states->at(0).name, "control");
    EXPECT_TRUE(states->at(0).missing.empty());
    std::set<std::string> names;
    for (const DatabaseState& state : std::span{*states}.subspan(1)) {
      names.insert(state.name);
      EXPECT_EQ(state.missing, std::vector<std::string>{"notes 2: add title"});
    }
    EXPECT_EQ(names, (std::set<std::string>{"tenant acme", "tenant primary"}));
  }
}

TEST_F(TenantsTest, NamesAreCheckedAndUnique) {
  EXPECT_EQ(tenants_->add("primary", Timestamp{}).error().code, ErrorCode::Conflict);
  for (const std::string& bad : {std::string{}, std::string{"A"}, std::string{"a/b"}, std::string(64, 'a')})
    EXPECT_EQ(tenants_->add(bad, Timestamp{}).error().code, ErrorCode::Invalid) << bad;
  EXPECT_EQ(tenants_->list().size(), 1U);
}

TEST_F(TenantsTest, NoScopeForAnUnknownTenant) {
  EXPECT_EQ(ScopeMaker{*tenants_}.make(TenantId{}, "job:test").error().code, ErrorCode::NotFound);
  EXPECT_EQ(tenants_->find_by_name("absent").error().code, ErrorCode::NotFound);
  EXPECT_EQ(tenants_.scope("user:1").actor(), "user:1");
}

TEST_F(TenantsTest, SealedTextSurvivesARestartAndStaysInItsPlace) {
  const Bytes box = tenants_->seal_text(tenants_.scope(), kPlace, "a@example.org");
  const Bytes index = tenants_->blind_index(tenants_.scope(), "users.email", "a@example.org");
  const Bytes control = tenants_->seal_control(kPlace, as_bytes("key"));
  tenants_.reopen();
  const TenantScope scope = tenants_.scope();
  EXPECT_EQ(tenants_->open_text(scope, kPlace, box).value(), "a@example.org");
  EXPECT_FALSE(tenants_->open_text(scope, {"users", "u2", "email"}, box));
  EXPECT_FALSE(tenants_->open_text(scope, {"users", "u1", "name"}, box));
  EXPECT_EQ(tenants_->blind_index(scope, "users.email", "a@example.org"), index);
  EXPECT_EQ(as_text(tenants_->open_control(kPlace, control).value()), "key");
}

TEST_F(TenantsTest, KeysOfTenantsDiffer) {
  const TenantScope first = tenants_.scope();
  const TenantScope second = tenants_.scope_of(tenants_->add("acme", Timestamp{})->id);
  EXPECT_FALSE(tenants_->open_text(second, kPlace, tenants_->seal_text(first, kPlace, "x")));
  EXPECT_NE(tenants_->blind_index(first, "c", "x"), tenants_->blind_index(second, "c", "x"));
  EXPECT_NE(tenants_->blind_index(first, "c", "x"), tenants_->blind_index(first, "d", "x"));
  EXPECT_NE(tenants_->derive_key(first, "cursor"), tenants_->derive_key(second, "cursor"));
}

TEST(Tenancy, RefusesAnotherRootKey) {
  TemporaryDirectory directory;
  const auto first_key = crypto::make_sealed_file_provider((directory.path() / "a.key").string()).value();
  ASSERT_TRUE(Tenants::create({directory.path(), {}, {}}, *first_key));
  const auto second_key = crypto::make_sealed_file_provider((directory.path() / "b.key").string()).value();
  EXPECT_FALSE(Tenants::create({directory.path(), {}, {}}, *second_key));
}

TEST(Tenancy, EveryColumnHasAPersonalDataClass) {
  const auto checked = check_schemas(std::vector{tenancy_control_schema()});
  EXPECT_TRUE(checked) << checked.error().message;
}

}  // namespace
}  // namespace warder::manager
