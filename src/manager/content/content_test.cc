#include "manager/content/content.h"

#include <gtest/gtest.h>

#include "host/testing/clock.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

class ContentTest : public ::testing::Test {
 protected:
  Bytes build(const std::string& version, const std::string& name = "rules") const {
    return pack::build_pack({.name = name, .version = version, .licence = "MIT", .minimum_engine = "0.1.0"},
                            {{"version", version}}, key_)
        .value();
  }
  ContentPack import_active(const std::string& version) {
    return content_.activate(scope_, content_.import_pack(scope_, build(version)).value().digest).value();
  }
  std::string wanted_versions() {
    std::string text;
    const auto packs = content_.wanted(scope_, {}).value();
    for (const auto& pack : packs) text += pack.name + "=" + pack.version + " ";
    return text;
  }
  std::vector<std::string> actions() {
    std::vector<std::string> names;
    const AuditPage page = audit_.list(scope_, {}).value();
    for (const auto& entry : page.items) {
      names.push_back(entry.record.action + " " + std::string{name(entry.record.outcome)});
    }
    return names;
  }

  crypto::SigningKey key_ = crypto::SigningKey::generate();
  TestTenants tenants_{{audit_schema(), content_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog audit_{*tenants_, clock_};
  TenantScope scope_ = tenants_.scope("user:test");
  int changes_ = 0;
  Content content_{*tenants_,
                   audit_,
                   clock_,
                   {.keys = {{"vendor", key_.public_key()}}, .engine_version = "0.1.0"},
                   [this](const TenantId&) { ++changes_; }};
};

TEST_F(ContentTest, SchemaKeepsTheDialect) {
  const std::vector<FeatureSchema> schemas{content_schema()};
  const auto checked = check_schemas(schemas);
  EXPECT_TRUE(checked.has_value()) << checked.error().message;
}

TEST_F(ContentTest, ImportedPacksAreNotYetActive) {
  const Bytes bytes = build("1.0");
  const ContentPack pack = content_.import_pack(scope_, bytes).value();
  EXPECT_EQ(pack.digest, to_hex(crypto::sha256(bytes)));
  EXPECT_EQ(pack.name, "rules");
  EXPECT_EQ(pack.version, "1.0");
  EXPECT_EQ(pack.signer, "vendor");
  EXPECT_EQ(pack.bytes, static_cast<std::int64_t>(bytes.size()));
  EXPECT_FALSE(pack.active);
  EXPECT_EQ(wanted_versions(), "");
  EXPECT_EQ(changes_, 0);
  EXPECT_EQ(actions(), std::vector<std::string>{"content.import success"});
}

TEST_F(ContentTest, ImportingTwiceChangesNothing) {
  const ContentPack first = import_active("1.0");
  const ContentPack again = content_.import_pack(scope_, build("1.0")).value();
  EXPECT_EQ(again.digest, first.digest);
  EXPECT_TRUE(again.active);
  EXPECT_EQ(content_.list(scope_, 10, "").value().items.size(), 1U);
}

TEST_F(ContentTest, BadPacksAreRefusedAndNoted) {
  Bytes altered = build("1.0");
  altered.back() ^= 1;
  EXPECT_EQ(content_.import_pack(scope_, altered).error().code, ErrorCode::Invalid);
  EXPECT_EQ(content_.import_pack(scope_, as_bytes("hello")).error().code, ErrorCode::Invalid);
  EXPECT_EQ(content_.import_pack(scope_, {}).error().code, ErrorCode::Invalid);
  key_ = crypto::SigningKey::generate();
  EXPECT_EQ(content_.import_pack(scope_, build("1.0")).error().code, ErrorCode::Invalid);
  EXPECT_TRUE(content_.list(scope_, 10, "").value().items.empty());
  EXPECT_EQ(actions(), std::vector<std::string>(4, "content.import failure"));
}

TEST_F(ContentTest, OneVersionOfANameIsActive) {
  import_active("1.0");
  import_active("2.0");
  EXPECT_EQ(wanted_versions(), "rules=2.0 ");
  ASSERT_TRUE(content_.activate(scope_, content_.import_pack(scope_, build("7", "signatures")).value().digest));
  EXPECT_EQ(wanted_versions(), "rules=2.0 signatures=7 ");
  EXPECT_EQ(changes_, 3);
}

TEST_F(ContentTest, ActivatingAnOlderOneGoesBack) {
  const ContentPack first = import_active("1.0");
  import_active("2.0");
  ASSERT_TRUE(content_.activate(scope_, first.digest).has_value());
  EXPECT_EQ(wanted_versions(), "rules=1.0 ");
  EXPECT_EQ(actions().front(), "content.activate success");
  EXPECT_EQ(content_.activate(scope_, std::string(64, '0')).error().code, ErrorCode::NotFound);
}

TEST_F(ContentTest, RollsBackToWhatWasActiveBefore) {
  EXPECT_EQ(content_.roll_back(scope_, "rules").error().code, ErrorCode::NotFound);
  import_active("1.0");
  EXPECT_EQ(content_.roll_back(scope_, "rules").error().code, ErrorCode::NotFound);
  ASSERT_TRUE(content_.import_pack(scope_, build("1.5")).has_value());  // was never active
  import_active("2.0");
  EXPECT_EQ(content_.roll_back(scope_, "rules").value().version, "1.0");
  EXPECT_EQ(wanted_versions(), "rules=1.0 ");
  EXPECT_EQ(content_.roll_back(scope_, "rules").value().version, "2.0");
  EXPECT_EQ(actions().front(), "content.rollback success");
}

TEST_F(ContentTest, PiecesMakeTheWhole) {
  const ContentPack pack = import_active("1.0");
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{100}, std::size_t{1} << 20}) {
    Bytes whole;
    for (bool last = false; !last;) {
      const ContentPiece piece = content_.fetch(scope_, pack.digest, whole.size(), step).value();
      append(whole, piece.data);
      last = piece.last;
    }
    EXPECT_EQ(whole, build("1.0")) << step;
  }
  EXPECT_FALSE(content_.fetch(scope_, pack.digest, static_cast<std::uint64_t>(pack.bytes) + 1).has_value());
  EXPECT_FALSE(content_.fetch(scope_, pack.digest, ~std::uint64_t{0}).has_value());
}

TEST_F(ContentTest, OnlyActivePacksAreHandedOut) {
  const ContentPack pack = content_.import_pack(scope_, build("1.0")).value();
  EXPECT_EQ(content_.fetch(scope_, pack.digest, 0).error().code, ErrorCode::NotFound);
  EXPECT_EQ(content_.fetch(scope_, "' OR 1=1 --", 0).error().code, ErrorCode::NotFound);
}

TEST_F(ContentTest, OtherTenantsSeeNothing) {
  const ContentPack pack = import_active("1.0");
  const TenantScope other = tenants_.scope_of(tenants_->add("other", Timestamp{}).value().id);
  EXPECT_TRUE(content_.list(other, 10, "").value().items.empty());
  EXPECT_TRUE(content_.wanted(other, {}).value().empty());
  EXPECT_EQ(content_.fetch(other, pack.digest, 0).error().code, ErrorCode::NotFound);
  EXPECT_EQ(content_.activate(other, pack.digest).error().code, ErrorCode::NotFound);
}

TEST_F(ContentTest, ListsPageByPage) {
  for (int i = 1; i <= 5; ++i) {
    ASSERT_TRUE(content_.import_pack(scope_, build("1." + std::to_string(i))).has_value());
    if (i % 2 == 0) clock_.advance(std::chrono::seconds{1});  // some share a time
  }
  std::vector<std::string> digests;
  std::string cursor;
  do {
    const ContentPage page = content_.list(scope_, 2, cursor).value();
    for (const auto& pack : page.items) digests.push_back(pack.digest);
    cursor = page.next_cursor.value_or("");
  } while (!cursor.empty());
  EXPECT_EQ(digests.size(), 5U);
  std::sort(digests.begin(), digests.end());
  EXPECT_EQ(std::unique(digests.begin(), digests.end()), digests.end());
  for (const char* bad : {"x", "!", "AAAA"}) EXPECT_FALSE(content_.list(scope_, 2, bad).has_value()) << bad;
}

}  // namespace
}  // namespace warder::manager
