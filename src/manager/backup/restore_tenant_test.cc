// What is staged of one tenant, and what stands in the way. PostgreSQL: tests/system/test_backup.py.
#include "manager/backup/restore_tenant.h"

#include <gtest/gtest.h>

#include <fstream>

#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

namespace fs = std::filesystem;

class RestoreTenantTest : public ::testing::Test {
 protected:
  RestoreTenantTest() {
    fs::create_directories(shelf_);
    write(kId, "then");
    write(kOther, "other");
    source_.data_directory = data_;
    source_.tenants = [this]() -> Result<std::string> { return list_; };
    file_ = create_backup(source_, shelf_, *root_, Timestamp{}).value().file;
    write(kId, "now");
  }
  void write(const std::string& id, const std::string& text) {
    fs::create_directories(data_ / "tenants" / id);
    std::ofstream(data_ / "tenants" / id / "note") << text;
  }
  std::string read(const std::string& id) { return read_file(data_ / "tenants" / id / "note").value_or("nothing"); }

  const std::string kId = "01890a5d-ac96-774b-bcce-b302099a8057";
  const std::string kOther = "01890a5d-ac96-774b-bcce-b302099a8058";
  TemporaryDirectory directory_;
  fs::path data_ = directory_.path() / "data";
  fs::path shelf_ = directory_.path() / "backups";
  std::string list_ = R"({"tenants":[{"id":")" + kId + R"(","name":"acme","tables":{}}]})";
  std::unique_ptr<crypto::KeyProvider> root_ = [this] {
    fs::create_directories(data_);
    return crypto::make_sealed_file_provider((directory_.path() / "root.key").string()).value();
  }();
  BackupSource source_;
  fs::path file_;
};

TEST_F(RestoreTenantTest, OnlyThatTenantMovesIn) {
  {
    const auto staged = StagedTenant::stage(file_, *root_, source_, "acme");
    ASSERT_TRUE(staged) << staged.error().message;
    EXPECT_EQ((*staged)->copy().id.text(), kId);
    EXPECT_EQ(read(kId), "now") << "nothing is touched yet";
    write(kOther, "changed since");
    ASSERT_TRUE((*staged)->move_in());
  }
  EXPECT_EQ(read(kId), "then");
  EXPECT_EQ(read(kOther), "changed since");
  EXPECT_FALSE(fs::exists(data_ / kTenantRestoring));
}

TEST_F(RestoreTenantTest, OneThatIsGoneComesBack) {
  fs::remove_all(data_ / "tenants" / kId);
  const auto staged = StagedTenant::stage(file_, *root_, source_, kId);
  ASSERT_TRUE(staged);
  ASSERT_TRUE((*staged)->move_in());
  EXPECT_EQ(read(kId), "then");
}

TEST_F(RestoreTenantTest, AFailedMoveLeavesTheTenantAsItWas) {
  const auto staged = StagedTenant::stage(file_, *root_, source_, "acme");
  ASSERT_TRUE(staged);
  fs::remove_all(data_ / kTenantRestoring / "tenants");
  EXPECT_FALSE((*staged)->move_in());
  EXPECT_EQ(read(kId), "now");
}

TEST_F(RestoreTenantTest, SaysWhatItCannotRestore) {
  EXPECT_EQ(StagedTenant::stage(file_, *root_, source_, "nobody").error().code, ErrorCode::NotFound);
  BackupSource plain = source_;
  plain.tenants = nullptr;
  const fs::path old = create_backup(plain, shelf_, *root_, Timestamp{}).value().file;
  const auto refused = StagedTenant::stage(old, *root_, source_, "acme");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("restore all of it"), std::string::npos) << refused.error().message;
  EXPECT_FALSE(fs::exists(data_ / kTenantRestoring)) << "nothing stays behind";
}

TEST_F(RestoreTenantTest, KeysThatAreMadeMeanwhileEndABackup) {
  int calls = 0;
  source_.tenants = [this, &calls]() -> Result<std::string> {
    const std::string keys =
        R"("class_keys":[{"owner":"x","key_class":"contact","epoch":)" + std::to_string(++calls) + "}]";
    return R"({"tenants":[{"id":")" + kId + R"(","name":"acme","tables":{)" + keys + "}}]}";
  };
  const auto refused = create_backup(source_, shelf_, *root_, Timestamp{});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
  EXPECT_EQ(list_backups(shelf_)->size(), 1U) << "the unfinished one has no name";
}

}  // namespace
}  // namespace warder::manager
