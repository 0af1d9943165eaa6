#include "manager/tenancy/key_store.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/random.h"
#include "crypto/hash.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

constexpr SealedPlace kMail{"people", "1", "mail"};
constexpr SealedPlace kElsewhere{"undeclared", "1", "body"};
constexpr Timestamp kDue{std::chrono::days{40'000}};

FeatureSchema people() {
  return {.feature = "people",
          .migrations = {{1, "people", {"CREATE TABLE people (id BIGINT PRIMARY KEY, mail BLOB)"}}},
          .fields = {{"people", "id", PersonalData::None}, {"people", "mail", PersonalData::Contact, "id"}}};
}

class KeyStoreTest : public testing::Test {
 protected:
  std::int64_t count(const std::string& table) {
    auto db = tenants_->control().acquire().value();
    const StmtHandle statement = db->prepare("SELECT COUNT(*) FROM " + table).value();
    return statement->step().value()->integer(0);
  }
  std::vector<Bytes> wrapped(const std::string& sql, const std::string& owner) {
    auto db = tenants_->control().acquire().value();
    const StmtHandle statement = db->prepare(sql).value();
    EXPECT_TRUE(statement->bind({owner}));
    std::vector<Bytes> found;
    while (const Row* row = statement->step().value()) found.push_back(row->bytes(0));
    return found;
  }
  Tenant doomed(std::string_view name) {
    const Tenant tenant = tenants_->add(name, Timestamp{}).value();
    return tenants_
        ->change_terms(tenant.id,
                       [](TenantTerms& terms) -> Result<void> {
                         terms.deletion_due = kDue;
                         return {};
                       })
        .value();
  }

  TestTenants tenants_{{people()}};
};

TEST_F(KeyStoreTest, ColumnsAreSealedUnderTheKeyOfTheirClass) {
  const TenantScope scope = tenants_.scope();
  const std::string owner = scope.tenant().text();
  EXPECT_EQ(crypto::read_sealed_header(tenants_->seal_text(scope, kMail, "x"))->key_id, owner + "/contact");
  EXPECT_EQ(crypto::read_sealed_header(tenants_->seal_text(scope, kElsewhere, "x"))->key_id, owner + "/other");
}

// As the program before key classes left it: one key of the tenant, wrapped under the root key.
TEST_F(KeyStoreTest, TheSingleKeyOfBeforeBecomesTheDerivationKey) {
  const std::string owner = tenants_.scope().tenant().text();
  const Bytes key = random_bytes(32);
  const Bytes box = crypto::seal(crypto::DataKey{owner, 1, key}, owner + "|people|1|mail", as_bytes("a@example.org"));
  const auto root = crypto::make_sealed_file_provider((tenants_.directory() / "root.key").string()).value();
  {
    auto db = tenants_->control().acquire().value();
    ASSERT_TRUE(db->execute("DELETE FROM tenant_keys WHERE owner = ?1", {owner}));
    ASSERT_TRUE(db->execute("DELETE FROM class_keys WHERE owner = ?1", {owner}));
    ASSERT_TRUE(db->execute("INSERT INTO data_keys (id, epoch, provider, wrapped) VALUES (?1, 1, 'sealed-file', ?2)",
                            {owner, root->wrap("data-key|" + owner, key).value()}));
  }
  for (int start = 0; start < 2; ++start) {
    tenants_.reopen();
    const TenantScope scope = tenants_.scope();
    EXPECT_EQ(tenants_->open_text(scope, kMail, box).value(), "a@example.org");
    EXPECT_EQ(tenants_->derive_key(scope, "audit-head"), crypto::derive_key(key, as_bytes(owner), "audit-head", 32));
    EXPECT_EQ(crypto::read_sealed_header(tenants_->seal_text(scope, kMail, "x"))->key_id, owner + "/contact");
    EXPECT_EQ(count("data_keys"), 0);
  }
}

TEST_F(KeyStoreTest, TheRootKeyOpensTenantKeysOnly) {
  const std::string owner = tenants_.scope().tenant().text();
  const auto root = crypto::make_sealed_file_provider((tenants_.directory() / "root.key").string()).value();
  for (const Bytes& box : wrapped("SELECT wrapped FROM tenant_keys WHERE owner = ?1", owner))
    EXPECT_TRUE(root->unwrap("key|" + owner + "/tenant|1", box));
  const auto classes = wrapped("SELECT wrapped FROM class_keys WHERE owner = ?1", owner);
  ASSERT_EQ(classes.size(), std::size(kKeyClasses));
  for (const Bytes& box : classes) EXPECT_EQ(crypto::read_sealed_header(box)->key_id, owner + "/tenant");
}

TEST_F(KeyStoreTest, AKeyMovedToAnotherTenantIsRefused) {
  const std::string acme = tenants_->add("acme", Timestamp{})->id.text();
  {
    auto db = tenants_->control().acquire().value();
    ASSERT_TRUE(
        db->execute("UPDATE tenant_keys SET wrapped = (SELECT t.wrapped FROM tenant_keys t WHERE t.owner = ?2) "
                    "WHERE owner = ?1",
                    {acme, tenants_.scope().tenant().text()}));
  }
  const auto root = crypto::make_sealed_file_provider((tenants_.directory() / "root.key").string()).value();
  const auto opened = Tenants::create(tenants_.options({people()}), *root);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::Corrupt) << opened.error().message;
}

TEST_F(KeyStoreTest, ErasingDestroysTheKeysOfAllClassesAndGivesAReceipt) {
  const Tenant acme = doomed("acme");
  const std::string owner = acme.id.text();
  const TenantScope scope = tenants_.scope_of(acme.id);
  const Bytes box = tenants_->seal_text(scope, kMail, "a@example.org");
  const auto tenant_key = wrapped("SELECT wrapped FROM tenant_keys WHERE owner = ?1", owner);
  const auto classes = wrapped("SELECT wrapped FROM class_keys WHERE owner = ?1 ORDER BY key_class", owner);

  const auto erased = tenants_->erase(acme.id, kDue);
  ASSERT_TRUE(erased) << erased.error().message;
  EXPECT_EQ(erased->keys, (std::vector<std::string>{owner + "/tenant/1", owner + "/contact/1", owner + "/content/1",
                                                    owner + "/1", owner + "/other/1", owner + "/secrets/1"}));
  EXPECT_EQ(erased->destroyed, kDue);
  std::string told = "warder key receipt\n" + owner + "\n" + std::to_string(to_micros(kDue)) + "\n";
  std::vector<Bytes> boxes = tenant_key;
  boxes.insert(boxes.end(), classes.begin(), classes.end());
  for (std::size_t i = 0; i < boxes.size(); ++i)
    told += erased->keys.at(i) + " " + to_hex(crypto::sha256(boxes[i])) + "\n";
  EXPECT_EQ(erased->digest, to_hex(crypto::sha256(as_bytes(told))));

  EXPECT_TRUE(wrapped("SELECT wrapped FROM tenant_keys WHERE owner = ?1", owner).empty());
  EXPECT_TRUE(wrapped("SELECT wrapped FROM class_keys WHERE owner = ?1", owner).empty());
  EXPECT_FALSE(tenants_->open_text(scope, kMail, box)) << "nor has this manager the key any more";
}

TEST_F(KeyStoreTest, ErasingAgainGivesTheReceiptOfThen) {
  const Tenant acme = doomed("acme");
  const auto first = tenants_->erase(acme.id, kDue).value();
  for (int i = 0; i < 2; ++i) {
    const auto again = tenants_->erase(acme.id, kDue + std::chrono::hours(1));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->keys, first.keys);
    EXPECT_EQ(again->destroyed, kDue);
    EXPECT_EQ(again->digest, first.digest);
    tenants_.reopen();
  }
}

TEST_F(KeyStoreTest, AnotherManagerForgetsTheKeysWhenItRefreshes) {
  const Tenant acme = doomed("acme");
  const auto other = tenants_.another_manager();
  const TenantScope scope = ScopeMaker{*other}.make(acme.id, "job:test").value();
  const Bytes box = other->seal_text(scope, kMail, "a@example.org");
  ASSERT_TRUE(tenants_->erase(acme.id, kDue));
  EXPECT_TRUE(other->open_text(scope, kMail, box));
  ASSERT_TRUE(other->refresh());
  EXPECT_FALSE(other->open_text(scope, kMail, box));
}

TEST_F(KeyStoreTest, NoWrappedKeyStaysInTheDatabaseFile) {
  if (is_on_postgres()) GTEST_SKIP() << "PostgreSQL keeps deleted rows until it vacuums";
  const Tenant acme = doomed("acme");
  const auto boxes = wrapped("SELECT wrapped FROM tenant_keys WHERE owner = ?1", acme.id.text());
  const auto is_there = [&] {
    std::string all;
    for (const char* file : {"control.db", "control.db-wal"}) {
      std::ifstream in{tenants_.directory() / file, std::ios::binary};
      all.append(std::istreambuf_iterator<char>{in}, {});
    }
    return all.find(as_text(boxes.at(0))) != std::string::npos;
  };
  EXPECT_TRUE(is_there());
  ASSERT_TRUE(tenants_->erase(acme.id, kDue));
  EXPECT_FALSE(is_there());
}

}  // namespace
}  // namespace warder::manager
