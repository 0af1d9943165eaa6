#include "manager/identity/api_keys.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::TestIdentity;

const IpAddress kOffice = IpAddress::v4(0xc0000205);     // 192.0.2.5
const IpAddress kElsewhere = IpAddress::v4(0xcb007109);  // 203.0.113.9

NewApiKey make_key(TestIdentity& test, const User& owner, const Rights& rights, std::vector<IpPrefix> networks = {}) {
  return test.identity.api_keys().create(test.tenants.scope(), {"siem", owner.id, rights, std::move(networks)}).value();
}

User settled(TestIdentity& test, const std::string& name, const std::string& role) {
  const User user = test.add_user(name, role);
  EXPECT_TRUE(test.identity.users().change_password(test.scope_of(user), user.id, testing::kGoodPassword,
                                                    "Own-Password-of-mine-1"));
  return user;
}

TEST(ApiKeyText, IsKnownByItsFormAndChecksum) {
  const std::string key = make_api_key();
  EXPECT_EQ(key.size(), 56U);
  EXPECT_TRUE(is_api_key(key));
  EXPECT_NE(make_api_key(), key);
  for (std::size_t i = 0; i < key.size(); ++i) {
    std::string wrong = key;
    wrong[i] = wrong[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(is_api_key(wrong)) << i;
  }
  EXPECT_FALSE(is_api_key(key.substr(1)));
  EXPECT_FALSE(is_api_key(key + "0"));
  // By an independent program: python3 -c 'import zlib; print(zlib.crc32(b"0"*40))', in base 62.
  EXPECT_TRUE(is_api_key("wardr_key_00000000000000000000000000000000000000002kaqcA"));
}

TEST(ApiKeys, AreShownOnceAndStoredAsHash) {
  TestIdentity test;
  const NewApiKey made = make_key(test, settled(test, "ann", "auditor"), {"events:read"});
  const ApiKey found = test.identity.api_keys().find(test.tenants.scope(), made.key.id).value();
  EXPECT_EQ(found.rights, (Rights{"events:read"}));
  EXPECT_EQ(found.hint, made.text.substr(0, 14));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test.tenants.directory())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(read_file(entry.path(), 64 << 20).value().find(made.text), std::string::npos) << entry.path();
  }
}

TEST(ApiKeys, GiveWhatTheirOwnerHasOfTheirRights) {
  TestIdentity test;
  const User ann = settled(test, "ann", "operator");
  test.add_user("root");
  const NewApiKey made = make_key(test, ann, {"agents:write", "events:read"});
  Principal principal = test.identity.authenticate_key(made.text, kOffice).value();
  EXPECT_EQ(principal.rights, (Rights{"agents:write", "events:read"}));
  EXPECT_EQ(principal.user, ann.id);
  EXPECT_EQ(principal.api_key, made.key.id);

  UserChange change;
  change.roles = {"auditor"};
  ASSERT_TRUE(test.identity.users().update(test.tenants.scope(), ann.id, "*", change));
  EXPECT_EQ(test.identity.authenticate_key(made.text, kOffice).value().rights, (Rights{"events:read"}));
  change.roles.reset();
  change.disabled = true;
  ASSERT_TRUE(test.identity.users().update(test.tenants.scope(), ann.id, "*", change));
  EXPECT_EQ(test.identity.authenticate_key(made.text, kOffice).error().code, ErrorCode::Unauthenticated);
}

TEST(ApiKeys, HoldOnlyFromTheirNetworksInTheirTimeUntilRevoked) {
  TestIdentity test;
  const User ann = settled(test, "ann", "auditor");
  const auto is_good = [&](const NewApiKey& made, const IpAddress& peer) {
    return test.identity.authenticate_key(made.text, peer).has_value();
  };
  const NewApiKey office = make_key(test, ann, {"events:read"}, {parse_prefix("192.0.2.0/24").value()});
  EXPECT_TRUE(is_good(office, kOffice));
  EXPECT_FALSE(is_good(office, kElsewhere));
  EXPECT_EQ(test.audited().front(), "api-key.use denied");
  EXPECT_EQ(test.identity.api_keys().find(test.tenants.scope(), office.key.id).value().last_address, "192.0.2.5");

  test.clock.advance(std::chrono::hours(24 * 90) - std::chrono::seconds(1));
  EXPECT_TRUE(is_good(office, kOffice));
  test.clock.advance(std::chrono::seconds(1));
  EXPECT_FALSE(is_good(office, kOffice));

  const NewApiKey other = make_key(test, ann, {"events:read"});
  EXPECT_TRUE(is_good(other, kElsewhere));
  ASSERT_TRUE(test.identity.api_keys().revoke(test.tenants.scope(), other.key.id));
  EXPECT_FALSE(is_good(other, kElsewhere));
  EXPECT_FALSE(test.identity.authenticate_key(make_api_key(), kOffice));
}

TEST(ApiKeys, NobodyMakesOneAboveTheOwnRightsOrTheOwners) {
  TestIdentity test;
  const User boss = settled(test, "boss", "full-access");
  const User auditor = settled(test, "aud", "auditor");
  ApiKeys& keys = test.identity.api_keys();
  EXPECT_EQ(keys.create(test.tenants.scope(), {"k", auditor.id, {"users:write"}, {}}).error().code,
            ErrorCode::Forbidden);
  EXPECT_EQ(keys.create(test.tenants.scope(), {"k", auditor.id, {"users:fly"}, {}}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(keys.create(test.tenants.scope(), {"k", UserId{}, {"users:read"}, {}}).error().code, ErrorCode::Invalid);
  // A key of the boss that may make keys, but no users, makes none that may.
  const NewApiKey limited = make_key(test, boss, {"api-keys:write", "events:read"});
  const TenantScope scope =
      test.identity.scope_of(test.identity.authenticate_key(limited.text, kOffice).value(), "api-keys:write").value();
  EXPECT_EQ(keys.create(scope, {"k", boss.id, {"users:write"}, {}}).error().code, ErrorCode::Forbidden);
  EXPECT_TRUE(keys.create(scope, {"k", boss.id, {"events:read"}, {}}));
}

TEST(ApiKeys, AreListedByPageForTheirTenantAlone) {
  TestIdentity test;
  const User ann = settled(test, "ann", "auditor");
  for (int i = 0; i < 3; ++i) {
    make_key(test, ann, {"events:read"});
    test.clock.advance(std::chrono::milliseconds(2));
  }
  ApiKeys& keys = test.identity.api_keys();
  const ApiKeyPage first = keys.list(test.tenants.scope(), 2, "").value();
  ASSERT_EQ(first.items.size(), 2U);
  ASSERT_TRUE(first.next_cursor);
  const ApiKeyPage second = keys.list(test.tenants.scope(), 2, *first.next_cursor).value();
  EXPECT_EQ(second.items.size(), 1U);
  EXPECT_FALSE(second.next_cursor);
  const TenantScope other = test.tenants.scope_of(test.tenants->add("other", test.clock.now()).value().id);
  EXPECT_TRUE(keys.list(other, 10, "").value().items.empty());
  EXPECT_EQ(keys.find(other, first.items.front().id).error().code, ErrorCode::NotFound);
  EXPECT_EQ(keys.revoke(other, first.items.front().id).error().code, ErrorCode::NotFound);
  EXPECT_TRUE(check_schemas(std::vector<FeatureSchema>{api_keys_schema()}));
}

}  // namespace
}  // namespace warder::manager
