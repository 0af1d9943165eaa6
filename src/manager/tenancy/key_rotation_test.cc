#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "crypto/key_provider.h"
#include "manager/tenancy/key_store.h"
#include "manager/tenancy/reseal.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

constexpr SealedPlace kMail{"people", "1", "mail"};
constexpr Timestamp kStart{std::chrono::days{20'000}};

FeatureSchema people() {
  return {.feature = "people",
          .migrations = {{1, "people", {"CREATE TABLE people (id BIGINT PRIMARY KEY, mail BLOB, note BLOB)"}}},
          .fields = {{"people", "id", PersonalData::None},
                     {"people", "mail", PersonalData::Contact, "id"},
                     {"people", "note", PersonalData::Content, "id"}}};
}

class KeyRotationTest : public testing::Test {
 protected:
  [[nodiscard]] std::string owner() const { return tenants_.scope().tenant().text(); }
  [[nodiscard]] KeyStore& keys() const { return tenants_->keys(); }
  [[nodiscard]] std::filesystem::path root_file() const { return tenants_.directory() / "root.key"; }
  [[nodiscard]] std::string root_text() const {
    std::ifstream in{root_file()};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  [[nodiscard]] std::uint32_t epoch_of(ByteView box) const { return crypto::read_sealed_header(box)->epoch; }
  [[nodiscard]] Bytes seal(std::string_view text) const { return tenants_->seal_text(tenants_.scope(), kMail, text); }
  [[nodiscard]] std::string opened(const Bytes& box) const {
    const auto text = tenants_->open_text(tenants_.scope(), kMail, box);
    return text ? *text : text.error().message;
  }
  /// "contact/2" of those there are of this owner.
  [[nodiscard]] std::vector<std::string> stored(const std::string& level) const {
    std::vector<std::string> found;
    const auto all = keys().list();
    for (const KeyState& key : *all) {
      if (key.owner == owner() && key.level == level)
        found.push_back(level + "/" + std::to_string(key.epoch) + (key.is_current ? " current" : ""));
    }
    return found;
  }
  void insert(int id, std::string_view mail) {
    const std::string row = std::to_string(id);
    ASSERT_TRUE(
        tenants_->config(tenants_.scope())
            .acquire()
            .value()
            ->execute("INSERT INTO people (id, mail) VALUES (?1, ?2)",
                      {std::int64_t{id}, tenants_->seal_text(tenants_.scope(), {"people", row, "mail"}, mail)}));
  }
  /// The boxes of mail, by row.
  [[nodiscard]] std::vector<Bytes> boxes() const {
    auto db = tenants_->config(tenants_.scope()).acquire().value();
    const StmtHandle statement = db->prepare("SELECT mail FROM people ORDER BY id").value();
    std::vector<Bytes> found;
    while (const Row* row = statement->step().value()) found.push_back(row->bytes(0));
    return found;
  }

  TestTenants tenants_{{people()}};
};

TEST_F(KeyRotationTest, ANewEpochSealsAndTheOldOneStillOpens) {
  const Bytes before = seal("a@example.org");
  EXPECT_EQ(keys().rotate_class(owner(), KeyClass::Contact, kStart).value(), 2U);
  for (int start = 0; start < 2; ++start) {
    const Bytes after = seal("b@example.org");
    EXPECT_EQ(epoch_of(before), 1U);
    EXPECT_EQ(epoch_of(after), 2U);
    EXPECT_EQ(opened(before), "a@example.org");
    EXPECT_EQ(opened(after), "b@example.org");
    tenants_.reopen();
  }
  EXPECT_EQ(stored("contact"), (std::vector<std::string>{"contact/1", "contact/2 current"}));
  EXPECT_EQ(stored("secrets"), (std::vector<std::string>{"secrets/1 current"}));
}

TEST_F(KeyRotationTest, NoRotationChangesWhatIsDerived) {
  const Bytes head = tenants_->derive_key(tenants_.scope(), "audit-head");
  const Bytes index = tenants_->blind_index(tenants_.scope(), "people.mail", "a@example.org");
  for (const KeyClass key_class : {KeyClass::Contact, KeyClass::Secrets, KeyClass::Content, KeyClass::Other})
    ASSERT_TRUE(keys().rotate_class(owner(), key_class, kStart));
  ASSERT_TRUE(keys().rotate_tenant(owner(), kStart));
  ASSERT_TRUE(keys().rotate_root());
  for (int start = 0; start < 2; ++start) {
    EXPECT_EQ(tenants_->derive_key(tenants_.scope(), "audit-head"), head);
    EXPECT_EQ(tenants_->blind_index(tenants_.scope(), "people.mail", "a@example.org"), index);
    tenants_.reopen();
  }
  EXPECT_EQ(keys().rotate_class(owner(), KeyClass::Derivation, kStart).error().code, ErrorCode::Invalid);
}

TEST_F(KeyRotationTest, AnotherManagerOpensWhatTheNewEpochHasSealed) {
  const auto other = tenants_.another_manager();
  const TenantScope scope = ScopeMaker{*other}.make(tenants_.scope().tenant(), "job:test").value();
  ASSERT_TRUE(keys().rotate_class(owner(), KeyClass::Content, kStart));
  ASSERT_TRUE(keys().rotate_class(owner(), KeyClass::Contact, kStart));
  EXPECT_EQ(epoch_of(other->seal_text(scope, kMail, "x")), 1U) << "it does not know yet";
  EXPECT_EQ(other->open_text(scope, kMail, seal("a@example.org")).value(), "a@example.org");
  EXPECT_EQ(epoch_of(other->seal_text(scope, kMail, "x")), 2U);
  ASSERT_TRUE(keys().rotate_class(owner(), KeyClass::Contact, kStart));
  ASSERT_TRUE(other->refresh());
  EXPECT_EQ(epoch_of(other->seal_text(scope, kMail, "x")), 3U);
}

TEST_F(KeyRotationTest, ANewTenantKeyWrapsAllClassKeysAndTheOldOneIsGone) {
  const auto other = tenants_.another_manager();
  const Bytes box = seal("a@example.org");
  EXPECT_EQ(keys().rotate_tenant(owner(), kStart).value(), 2U);
  EXPECT_EQ(stored("tenant"), (std::vector<std::string>{"tenant/2 current"}));
  EXPECT_EQ(opened(box), "a@example.org");
  EXPECT_EQ(other->keys().rotate_class(owner(), KeyClass::Contact, kStart).value(), 2U) << "under the new tenant key";
  tenants_.reopen();
  EXPECT_EQ(opened(box), "a@example.org");
  EXPECT_EQ(epoch_of(seal("x")), 2U);
}

TEST_F(KeyRotationTest, ANewRootKeyWrapsTenantKeysAnewAndNothingElse) {
  const std::string acme = tenants_->add("acme", kStart)->id.text();
  const Bytes box = seal("a@example.org");
  const std::string before = root_text();
  const std::string old_root = keys().list()->front().root;
  ASSERT_TRUE(keys().rotate_root());
  EXPECT_NE(root_text(), before);
  EXPECT_EQ(root_text().size(), before.size()) << "the old root key is gone";
  const auto all = keys().list();
  for (const KeyState& key : *all) {
    EXPECT_EQ(key.epoch, 1U);
    EXPECT_NE(key.root, old_root) << key.owner << "/" << key.level;
  }
  tenants_.reopen();
  EXPECT_EQ(opened(box), "a@example.org");
  EXPECT_TRUE(tenants_->find_by_name("acme"));

  std::ofstream{root_file()} << before;
  const auto old = crypto::make_sealed_file_provider(root_file().string()).value();
  const auto refused = Tenants::create(tenants_.options({people()}), *old);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NotFound) << refused.error().message;
}

TEST_F(KeyRotationTest, AManagerThatMissedTheRotationOfTheRootKeyAddsTenantsUnderTheNewOne) {
  const auto other_keys = crypto::make_sealed_file_provider(root_file().string()).value();
  const auto other = Tenants::create(tenants_.options({people()}), *other_keys).value();
  ASSERT_TRUE(keys().rotate_root());
  ASSERT_TRUE(other->add("acme", kStart));
  tenants_.reopen();
  EXPECT_TRUE(tenants_->find_by_name("acme"));
}

TEST_F(KeyRotationTest, ARotationOfTheRootKeyThatWasInterruptedIsFinishedLater) {
  const Bytes box = seal("a@example.org");
  ASSERT_TRUE(tenants_->add("acme", kStart));
  const auto root = crypto::make_sealed_file_provider(root_file().string()).value();
  const std::size_t one = root_text().size();
  ASSERT_TRUE(root->rotate());
  tenants_.reopen();
  EXPECT_EQ(keys().rewrap(1).value(), 1U);
  EXPECT_EQ(root_text().size(), 2 * one);
  tenants_.reopen();
  EXPECT_EQ(opened(box), "a@example.org");
  EXPECT_EQ(keys().rewrap(100).value(), 2U);
  EXPECT_EQ(keys().rewrap(100).value(), 0U);
  EXPECT_EQ(root_text().size(), one);
  tenants_.reopen();
  EXPECT_EQ(opened(box), "a@example.org");
}

TEST_F(KeyRotationTest, ResealingLeavesNothingUnderTheOldEpoch) {
  for (int id = 1; id <= 25; ++id) insert(id, "user" + std::to_string(id) + "@example.org");
  ASSERT_TRUE(keys().rotate_class(owner(), KeyClass::Contact, kStart));
  const auto report = reseal(*tenants_, tenants_.scope(), 4);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->seen, 25U);
  EXPECT_EQ(report->sealed, 25U);
  const auto all = boxes();
  for (int id = 1; id <= 25; ++id) {
    const std::string row = std::to_string(id);
    const Bytes& box = all.at(static_cast<std::size_t>(id) - 1);
    EXPECT_EQ(epoch_of(box), 2U);
    EXPECT_EQ(tenants_->open_text(tenants_.scope(), {"people", row, "mail"}, box).value(),
              "user" + row + "@example.org");
  }
  EXPECT_EQ(reseal(*tenants_, tenants_.scope())->sealed, 0U);
}

TEST_F(KeyRotationTest, ABoxThatDoesNotOpenIsLeftAndKeepsItsKey) {
  insert(1, "a@example.org");
  insert(2, "b@example.org");
  {
    auto db = tenants_->config(tenants_.scope()).acquire().value();
    ASSERT_TRUE(db->execute("UPDATE people SET mail = (SELECT p.mail FROM people p WHERE p.id = 1) WHERE id = 2"));
  }
  ASSERT_TRUE(keys().rotate_class(owner(), KeyClass::Contact, kStart));
  const Bytes moved = boxes().at(1);
  for (int day = 0; day < 30; day += 10) {
    const auto report = renew_seals(*tenants_, tenants_.scope(), kStart + std::chrono::days(day), false);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->broken, 1U);
  }
  EXPECT_EQ(boxes().at(1), moved);
  EXPECT_EQ(epoch_of(boxes().at(0)), 2U);
  EXPECT_EQ(stored("contact").size(), 2U);
}

TEST_F(KeyRotationTest, AnEpochIsRetiredAWeekAfterItsSuccessorWhenNothingIsSealedWithIt) {
  insert(1, "a@example.org");
  ASSERT_TRUE(keys().rotate_class(owner(), KeyClass::Contact, kStart));
  ASSERT_TRUE(keys().rotate_class(owner(), KeyClass::Other, kStart));
  const auto renew = [&](Timestamp now) { return renew_seals(*tenants_, tenants_.scope(), now, false)->sealed; };
  EXPECT_EQ(renew(kStart + std::chrono::days(8)), 1U) << "and no more than that in this pass";
  EXPECT_EQ(stored("contact").size(), 2U);
  EXPECT_EQ(renew(kStart + std::chrono::days(7) - std::chrono::seconds(1)), 0U);
  EXPECT_EQ(stored("contact").size(), 2U);
  EXPECT_EQ(renew(kStart + std::chrono::days(7)), 0U);
  EXPECT_EQ(stored("contact"), (std::vector<std::string>{"contact/2 current"}));
  EXPECT_EQ(stored("other").size(), 2U) << "nobody knows where its boxes are";
  tenants_.reopen();
  EXPECT_EQ(tenants_->open_text(tenants_.scope(), kMail, boxes().at(0)).value(), "a@example.org");
}

/// One that can be switched off.
class SwitchedProvider final : public crypto::KeyProvider {
 public:
  explicit SwitchedProvider(std::unique_ptr<crypto::KeyProvider> real) : real_(std::move(real)) {}
  bool is_down = false;

  [[nodiscard]] std::string name() const override { return "switched"; }
  Result<Bytes> wrap(std::string_view purpose, ByteView key) override {
    return is_down ? Result<Bytes>(down()) : real_->wrap(purpose, key);
  }
  Result<Bytes> unwrap(std::string_view purpose, ByteView wrapped) override {
    return is_down ? Result<Bytes>(down()) : real_->unwrap(purpose, wrapped);
  }
  Result<std::string> root() override { return is_down ? Result<std::string>(down()) : real_->root(); }
  Result<void> rotate() override { return is_down ? Result<void>(down()) : real_->rotate(); }
  Result<bool> has_old() override { return is_down ? Result<bool>(down()) : real_->has_old(); }
  Result<void> forget_old() override { return is_down ? Result<void>(down()) : real_->forget_old(); }

 private:
  static tl::unexpected<Error> down() { return fail(ErrorCode::Unavailable, "down"); }
  const std::unique_ptr<crypto::KeyProvider> real_;
};

TEST_F(KeyRotationTest, AProviderThatIsAwayStopsNothingThatIsUnwrapped) {
  SwitchedProvider provider{crypto::make_sealed_file_provider(root_file().string()).value()};
  const auto tenants = Tenants::create(tenants_.options({people()}), provider).value();
  const TenantScope scope = ScopeMaker{*tenants}.make(tenants_.scope().tenant(), "job:test").value();
  const Bytes box = tenants->seal_text(scope, kMail, "a@example.org");
  provider.is_down = true;
  EXPECT_EQ(tenants->open_text(scope, kMail, box).value(), "a@example.org");
  EXPECT_EQ(tenants->keys().rotate_class(owner(), KeyClass::Contact, kStart).value(), 2U);
  EXPECT_EQ(epoch_of(tenants->seal_text(scope, kMail, "x")), 2U);
  EXPECT_TRUE(tenants->refresh());
  EXPECT_EQ(tenants->add("acme", kStart).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(tenants->keys().rotate_tenant(owner(), kStart).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(tenants->open_text(scope, kMail, box).value(), "a@example.org");
  provider.is_down = false;
  EXPECT_TRUE(tenants->add("acme", kStart)) << "nothing of the first attempt is left";
}

TEST_F(KeyRotationTest, TheControlDatabaseHasKeysOfItsOwn) {
  const Bytes box = tenants_->seal_control({"authority", "1", "private_key"}, as_bytes("key"));
  ASSERT_TRUE(keys().rotate_tenant(std::string{kControlOwner}, kStart));
  ASSERT_TRUE(keys().rotate_class(std::string{kControlOwner}, KeyClass::Other, kStart));
  tenants_.reopen();
  EXPECT_EQ(as_text(tenants_->open_control({"authority", "1", "private_key"}, box).value()), "key");
  EXPECT_EQ(keys().rotate_tenant("nobody", kStart).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace warder::manager
