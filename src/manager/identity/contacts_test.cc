#include "manager/identity/contacts.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::kGoodPassword;
using testing::TestIdentity;

User add(TestIdentity& test, const std::string& name, const std::string& email) {
  UserDraft draft{name, "Yamada Hanako", email, kGoodPassword, {"auditor"}};
  draft.telephone = "+81 3 1234 5678";
  return test.identity.users().create(test.tenants.scope(), draft).value();
}

std::vector<std::string> found(TestIdentity& test, std::string_view email) {
  std::vector<std::string> names;
  const auto users = test.identity.users().find_by_email(test.tenants.scope(), email);
  for (const User& user : *users) names.push_back(user.username);
  return names;
}

TEST(Contacts, ATelephoneNumberIsKeptChangedAndRemoved) {
  TestIdentity test;
  Users& users = test.identity.users();
  const TenantScope scope = test.tenants.scope();
  const User user = add(test, "hanako", "hanako@example.org");
  EXPECT_EQ(users.find(scope, user.id)->telephone, "+81 3 1234 5678");
  EXPECT_EQ(users.list(scope, 10, "")->items.front().telephone, "+81 3 1234 5678");
  UserChange change;
  change.telephone.emplace("0120-444-444");
  ASSERT_TRUE(users.update(scope, user.id, "*", change));
  EXPECT_EQ(users.find(scope, user.id)->telephone, "0120-444-444");
  UserChange other;
  other.locale = "ja";
  ASSERT_TRUE(users.update(scope, user.id, "*", other));
  EXPECT_EQ(users.find(scope, user.id)->telephone, "0120-444-444");
  change.telephone.emplace(std::nullopt);
  ASSERT_TRUE(users.update(scope, user.id, "*", change));
  EXPECT_FALSE(users.find(scope, user.id)->telephone);
}

TEST(Contacts, AnAddressIsFoundInAnyCaseAndOnlyAsAWhole) {
  TestIdentity test;
  const User user = add(test, "hanako", "Hanako@Example.org");
  add(test, "taro", "taro@example.org");
  EXPECT_EQ(found(test, "hanako@EXAMPLE.org"), std::vector<std::string>{"hanako"});
  EXPECT_TRUE(found(test, "hanako").empty());
  UserChange change;
  change.email.emplace("taro@example.org");
  ASSERT_TRUE(test.identity.users().update(test.tenants.scope(), user.id, "*", change));
  EXPECT_TRUE(found(test, "hanako@example.org").empty());
  EXPECT_EQ(found(test, "taro@example.org").size(), 2U);
  ASSERT_TRUE(test.identity.users().remove(test.tenants.scope(), user.id, "*"));
  EXPECT_EQ(found(test, "taro@example.org"), std::vector<std::string>{"taro"});
}

TEST(Contacts, UsersFromBeforeTheIndexAreFound) {
  TestIdentity test;
  add(test, "hanako", "hanako@example.org");
  ASSERT_TRUE(test.tenants->config(test.tenants.scope()).acquire().value()->execute("DELETE FROM user_contacts"));
  EXPECT_EQ(found(test, "hanako@example.org"), std::vector<std::string>{"hanako"});
}

TEST(Contacts, EqualAddressesOfTwoTenantsHaveDifferentIndexes) {
  TestIdentity test;
  const TenantScope acme = test.tenants.scope_of(test.tenants->add("acme", Timestamp{})->id);
  EXPECT_NE(test.tenants->blind_index(acme, "users.email", "a@example.org"),
            test.tenants->blind_index(test.tenants.scope(), "users.email", "a@example.org"));
}

/// Everything that is stored, as who steals it has it.
std::string dump(const TestIdentity& test) {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test.tenants.directory()))
    if (entry.is_regular_file()) all += read_file(entry.path(), 64 << 20).value();
  if (!is_on_postgres()) return all;
  const std::string command = "pg=$(ls /usr/lib/postgresql/*/bin/pg_dump | tail -1); \"$pg\" --inserts \"" +
                              TestPostgres::instance().conninfo("postgres") + " dbname=warder\"";
  FILE* const pipe = ::popen(command.c_str(), "r");
  char buffer[4096];
  for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) all.append(buffer, count);
  EXPECT_EQ(::pclose(pipe), 0);
  return all;
}

TEST(Contacts, ADumpOfTheDatabaseShowsNoAddress) {
  TestIdentity test;
  const User user = add(test, "user-in-the-dump", "hanako@example.org");
  ASSERT_TRUE(test.tenants->seal_text(test.tenants.scope(), {"x", "1", "y"}, "z").size());
  const std::string all = dump(test);
  ASSERT_NE(all.find("user-in-the-dump"), std::string::npos) << "the dump has the user";
  for (const std::string contact : {"hanako@example.org", "Yamada Hanako", "+81 3 1234 5678", "1234 5678"}) {
    EXPECT_EQ(all.find(contact), std::string::npos) << contact;
    EXPECT_EQ(all.find(to_hex(as_bytes(contact))), std::string::npos) << contact << ", as bytes";
  }
}

TEST(Contacts, EveryColumnOfContactDataIsSealed) {
  const auto checked = check_schemas(TestIdentity::schemas({}));
  EXPECT_TRUE(checked) << checked.error().message;
}

}  // namespace
}  // namespace warder::manager
