#include "manager/identity/contacts.h"

#include <algorithm>

#include "base/text.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

/// Equal for addresses that reach the same mailbox everywhere; what is not ASCII stays as it is.
std::string comparable(std::string_view email) {
  std::string text{trim(email)};
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

Bytes index_of(const Tenants& tenants, const TenantScope& scope, std::string_view email) {
  return tenants.blind_index(scope, "users.email", comparable(email));
}

Result<void> index_missing(Db& db, const Tenants& tenants, const TenantScope& scope) {
  struct Missing {
    std::string user;
    Bytes box;
  };
  const auto missing = WD_TRY(read_rows(db,
                                        "SELECT id, email FROM users WHERE email IS NOT NULL AND NOT EXISTS "
                                        "(SELECT 1 FROM user_contacts c WHERE c.user_id = users.id)",
                                        {}, [](const Row& row) -> Result<Missing> {
                                          return Missing{row.text(0), row.bytes(1)};
                                        }));
  if (missing.empty()) return {};
  auto tx = WD_TRY(Tx::begin(db));
  for (const Missing& one : missing) {
    const std::string email = WD_TRY(tenants.open_text(scope, {"users", one.user, "email"}, one.box));
    // Not over what somebody else has written since.
    WD_TRY(
        db.execute("INSERT INTO user_contacts (user_id, email_index) VALUES (?1, ?2) ON CONFLICT (user_id) DO NOTHING",
                   {one.user, index_of(tenants, scope, email)}));
  }
  return tx.commit();
}

}  // namespace

Result<void> write_contact(Db& db, const Tenants& tenants, const TenantScope& scope, const std::string& user,
                           const std::optional<std::string>& email, const std::optional<std::string>& telephone) {
  const DbValue index = email ? DbValue{index_of(tenants, scope, *email)} : DbValue{nullptr};
  const DbValue number = telephone ? DbValue{tenants.seal_text(scope, {"user_contacts", user, "telephone"}, *telephone)}
                                   : DbValue{nullptr};
  WD_TRY(
      db.execute("INSERT INTO user_contacts (user_id, telephone, email_index) VALUES (?1, ?2, ?3) "
                 "ON CONFLICT (user_id) DO UPDATE SET telephone = excluded.telephone, "
                 "email_index = excluded.email_index",
                 {user, number, index}));
  return {};
}

Result<void> remove_contact(Db& db, const std::string& user) {
  WD_TRY(db.execute("DELETE FROM user_contacts WHERE user_id = ?1", {user}));
  return {};
}

Result<std::optional<std::string>> read_telephone(Db& db, const Tenants& tenants, const TenantScope& scope,
                                                  const std::string& user) {
  return read_row(db, "SELECT telephone FROM user_contacts WHERE user_id = ?1 AND telephone IS NOT NULL", {user},
                  [&](const Row& row) {
                    return tenants.open_text(scope, {"user_contacts", user, "telephone"}, row.bytes(0));
                  });
}

Result<std::vector<std::string>> users_with_email(Db& db, const Tenants& tenants, const TenantScope& scope,
                                                  std::string_view email) {
  WD_TRY(index_missing(db, tenants, scope));
  return read_rows(db, "SELECT user_id FROM user_contacts WHERE email_index = ?1 ORDER BY user_id",
                   {index_of(tenants, scope, email)},
                   [](const Row& row) -> Result<std::string> { return row.text(0); });
}

FeatureSchema contacts_schema() {
  return {
      "contacts",
      {{1,
        "telephone numbers, and an index of mail addresses",
        {"CREATE TABLE user_contacts (user_id TEXT PRIMARY KEY, telephone BLOB, email_index BLOB)",
         "CREATE INDEX user_contacts_email ON user_contacts (email_index)"}}},
      {{"user_contacts", "user_id", PersonalData::Identifier},
       {"user_contacts", "telephone", PersonalData::Contact, "user_id"},
       {"user_contacts", "email_index", PersonalData::Identifier}},
  };
}

}  // namespace warder::manager
