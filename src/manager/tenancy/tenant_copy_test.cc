#include "manager/tenancy/tenant_copy.h"

#include <gtest/gtest.h>

#include "manager/tenancy/key_store.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

FeatureSchema keys_of_users() {
  return {.feature = "api-keys",
          .migrations = {{1,
                          "create keys",
                          {"CREATE TABLE some_keys (id BIGINT PRIMARY KEY, tenant_id TEXT, hash BLOB, note TEXT)"}}},
          .fields = {{"some_keys", "id", PersonalData::None},
                     {"some_keys", "tenant_id", PersonalData::None},
                     {"some_keys", "hash", PersonalData::Secret},
                     {"some_keys", "note", PersonalData::None}}};
}
FeatureSchema logins() {
  return {.feature = "sessions",
          .migrations = {{1, "create logins", {"CREATE TABLE logins (id BIGINT PRIMARY KEY, tenant_id TEXT)"}}},
          .fields = {{"logins", "id", PersonalData::None}, {"logins", "tenant_id", PersonalData::None}}};
}

constexpr SealedPlace kPlace{"users", "u1", "email"};
constexpr std::string_view kPassing[] = {"sessions"};

class TenantCopyTest : public ::testing::Test {
 protected:
  TenantCopyTest() { acme_ = tenants_->add("acme", Timestamp{}).value(); }

  std::string copy() {
    auto control = tenants_->control().acquire().value();
    return copy_tenants(*control, tenants_->control_schemas()).value();
  }
  Result<void> put_back(std::string_view text, std::string_view name, crypto::KeyProvider& then) {
    const auto found = find_tenant_copy(text, name);
    if (!found) return tl::unexpected(found.error());
    auto control = tenants_->control().acquire().value();
    auto transaction = Tx::begin(*control).value();
    WD_TRY(put_tenant_back(*control, tenants_->control_schemas(), *found, {then, tenants_.keys(), kPassing}));
    return transaction.commit();
  }
  void execute(const std::string& sql, std::initializer_list<DbValue> values) {
    ASSERT_TRUE(tenants_->control().acquire().value()->execute(sql, values));
  }
  std::int64_t count(const std::string& table) {
    auto control = tenants_->control().acquire().value();
    const auto statement =
        control->prepare("SELECT CAST(COUNT(*) AS BIGINT) FROM " + table + " WHERE tenant_id = ?1").value();
    EXPECT_TRUE(statement->bind({acme_.id.text()}));
    return statement->step().value()->integer(0);
  }
  void fill() {
    execute("INSERT INTO some_keys (id, tenant_id, hash, note) VALUES (1, ?1, ?2, NULL)",
            {acme_.id.text(), Bytes{0, 1, 255}});
    execute("INSERT INTO logins (id, tenant_id) VALUES (1, ?1)", {acme_.id.text()});
  }
  void erase() {
    ASSERT_TRUE(tenants_->change_terms(acme_.id, [](TenantTerms& terms) -> Result<void> {
      terms.deletion_due = Timestamp{};
      return {};
    }));
    ASSERT_TRUE(tenants_->erase(acme_.id, Timestamp{}));
  }

  TestTenants tenants_{{}, {keys_of_users(), logins()}};
  Tenant acme_;
};

TEST_F(TenantCopyTest, AnErasedTenantIsBackWithItsKeysAndRows) {
  fill();
  const Bytes box = tenants_->seal_text(tenants_.scope_of(acme_.id), kPlace, "a@example.com");
  const std::string text = copy();
  erase();
  ASSERT_FALSE(tenants_->find_by_name("acme"));
  ASSERT_TRUE(put_back(text, "acme", tenants_.keys()));
  tenants_.reopen();
  const auto back = tenants_->find_by_name("acme");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->id, acme_.id);
  EXPECT_EQ(tenants_->open_text(tenants_.scope_of(acme_.id), kPlace, box).value(), "a@example.com");
  EXPECT_EQ(count("some_keys"), 1);
  EXPECT_EQ(count("logins"), 0) << "logins do not come back";
  erase();
  execute("INSERT INTO logins (id, tenant_id) SELECT 7, owner FROM tenant_keys WHERE owner = ?1", {acme_.id.text()});
  EXPECT_EQ(count("logins"), 0) << "erased again, its keys are destroyed again";
}

TEST_F(TenantCopyTest, KeysOfThenReplaceThoseOfNowAndWhatWasRevokedStaysSo) {
  fill();
  const TenantScope scope = tenants_.scope_of(acme_.id);
  const Bytes box = tenants_->seal_text(scope, kPlace, "a@example.com");
  const std::string text = copy();
  ASSERT_TRUE(tenants_->keys().rotate_tenant(acme_.id.text(), Timestamp{}));
  ASSERT_TRUE(tenants_->keys().rotate_class(acme_.id.text(), KeyClass::Contact, Timestamp{}));
  ASSERT_TRUE(has_newer_keys(text, copy()).value());
  execute("DELETE FROM some_keys WHERE tenant_id = ?1", {acme_.id.text()});
  ASSERT_TRUE(put_back(text, acme_.id.text(), tenants_.keys()));
  EXPECT_EQ(count("some_keys"), 0);
  EXPECT_EQ(count("logins"), 0);
  tenants_.reopen();
  EXPECT_EQ(tenants_->open_text(tenants_.scope_of(acme_.id), kPlace, box).value(), "a@example.com");
  EXPECT_FALSE(has_newer_keys(text, copy()).value());
}

TEST_F(TenantCopyTest, ABackupUnderAnotherRootKeyIsWrappedAnew) {
  const Bytes box = tenants_->seal_text(tenants_.scope_of(acme_.id), kPlace, "a@example.com");
  const std::string text = copy();
  TemporaryDirectory elsewhere;
  const std::string kept = (elsewhere.path() / "root.key").string();
  std::filesystem::copy_file(tenants_.directory() / "root.key", kept);
  ASSERT_TRUE(tenants_->keys().rotate_root());
  ASSERT_TRUE(tenants_->keys().rewrap(KeyStore::kRewrapBatch));
  ASSERT_TRUE(tenants_->keys().rewrap(KeyStore::kRewrapBatch));
  EXPECT_FALSE(put_back(text, "acme", tenants_.keys())) << "the root key of then is gone";
  const auto then = crypto::make_sealed_file_provider(kept).value();
  ASSERT_TRUE(put_back(text, "acme", *then));
  tenants_.reopen();
  EXPECT_EQ(tenants_->open_text(tenants_.scope_of(acme_.id), kPlace, box).value(), "a@example.com");
}

TEST_F(TenantCopyTest, ANameThatAnotherTenantHasStopsIt) {
  const std::string text = copy();
  erase();
  ASSERT_TRUE(tenants_->add("acme", Timestamp{}));
  const auto refused = put_back(text, acme_.id.text(), tenants_.keys());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
  EXPECT_EQ(put_back(text, "nobody", tenants_.keys()).error().code, ErrorCode::NotFound);
}

TEST_F(TenantCopyTest, WhatIsNoCopySaysSo) {
  for (const char* bad : {"", "[]", "{}", R"({"tenants":[1]})", R"({"tenants":[{"id":"x"}]})"}) {
    EXPECT_FALSE(find_tenant_copy(bad, "acme")) << bad;
    EXPECT_FALSE(has_newer_keys(copy(), bad)) << bad;
  }
}

TEST_F(TenantCopyTest, ATenantThatIsNewerHasNoNewerKeys) {
  const std::string before = copy();
  ASSERT_TRUE(tenants_->add("later", Timestamp{}));
  EXPECT_FALSE(has_newer_keys(before, copy()).value());
}

}  // namespace
}  // namespace warder::manager
