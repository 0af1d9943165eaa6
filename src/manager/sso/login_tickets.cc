#include "manager/sso/login_tickets.h"

#include "base/json.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

constexpr std::chrono::minutes kStateHolds{15};  // longer than the cookie that it is compared with
constexpr std::chrono::minutes kTicketHolds{5};
constexpr std::int64_t kMaxTries = 5;

std::string hash_of(std::string_view secret) {
  return to_base64url(crypto::sha256(as_bytes(secret)));
}

std::string text_of(const ProvenLogin& login) {
  json::array groups;
  for (const std::string& group : login.person.groups) groups.emplace_back(json::string(group));
  json::object object{{"provider", login.person.provider.text()},
                      {"subject", login.person.subject},
                      {"username", login.person.username},
                      {"display_name", login.person.display_name},
                      {"groups", std::move(groups)},
                      {"method", login.method},
                      {"second_factor", login.has_second_factor},
                      {"challenge", login.challenge},
                      {"tries", login.tries},
                      {"expires", to_micros(login.expires)}};
  if (login.person.email) object["email"] = *login.person.email;
  return json::serialize(object);
}

Result<ProvenLogin> read_ticket(const std::string& text) {
  const json::value value = WD_TRY(parse_json(text, 4 << 20));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "not an object");
  const json::object& object = value.get_object();
  ProvenLogin login;
  ExternalPerson& person = login.person;
  person.provider = WD_TRY(parse_id<IdentityProviderId>(WD_TRY(get_string(object, "provider"))));
  person.subject = WD_TRY(get_string(object, "subject"));
  person.username = WD_TRY(get_string(object, "username"));
  person.display_name = WD_TRY(get_string(object, "display_name"));
  if (object.contains("email")) person.email = std::string(WD_TRY(get_string(object, "email")));
  for (const json::value& group : *WD_TRY(get_array(object, "groups"))) {
    if (!group.is_string()) return fail(ErrorCode::Corrupt, "a group is not text");
    person.groups.emplace_back(group.get_string());
  }
  login.method = WD_TRY(get_string(object, "method"));
  login.has_second_factor = WD_TRY(get_bool(object, "second_factor"));
  login.challenge = WD_TRY(get_string(object, "challenge"));
  login.tries = WD_TRY(get_int(object, "tries"));
  login.expires = from_micros(WD_TRY(get_int(object, "expires")));
  return login;
}

tl::unexpected<Error> not_held() {
  return fail(ErrorCode::NotFound, "this login is over; begin anew");
}

}  // namespace

Result<void> LoginTickets::use_state(const TenantScope& scope, std::string_view state) {
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(db->execute("DELETE FROM sso_states WHERE expires <= ?1", {to_micros(now)}));
  const std::int64_t added =
      WD_TRY(db->execute("INSERT INTO sso_states (id, expires) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING",
                         {hash_of(state), to_micros(now + kStateHolds)}));
  if (added != 1) return fail(ErrorCode::Conflict, "this answer of the identity provider came before");
  return tx.commit();
}

Result<std::string> LoginTickets::put(const TenantScope& scope, ProvenLogin login) {
  const std::string secret = to_base64url(random_bytes(32));
  login.expires = clock_.now() + kTicketHolds;
  WD_TRY(write(scope, hash_of(secret), login));
  return secret;
}

Result<void> LoginTickets::put_back(const TenantScope& scope, std::string_view ticket, ProvenLogin login) {
  if (++login.tries >= kMaxTries || login.expires <= clock_.now()) return {};
  return write(scope, hash_of(ticket), login);
}

Result<void> LoginTickets::write(const TenantScope& scope, const std::string& id, const ProvenLogin& login) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(db->execute("DELETE FROM sso_tickets WHERE expires <= ?1", {to_micros(clock_.now())}));
  WD_TRY(db->execute(
      "INSERT INTO sso_tickets (id, login, expires) VALUES (?1, ?2, ?3)",
      {id, tenants_.seal_text(scope, {"sso_tickets", id, "login"}, text_of(login)), to_micros(login.expires)}));
  return tx.commit();
}

Result<ProvenLogin> LoginTickets::take(const TenantScope& scope, std::string_view ticket) {
  const std::string id = hash_of(ticket);
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto text = WD_TRY(read_row(*db, "SELECT login FROM sso_tickets WHERE id = ?1 AND expires > ?2",
                                    {id, to_micros(clock_.now())}, [&](const Row& row) -> Result<std::string> {
                                      return tenants_.open_text(scope, {"sso_tickets", id, "login"}, row.bytes(0));
                                    }));
  if (!text || WD_TRY(db->execute("DELETE FROM sso_tickets WHERE id = ?1", {id})) != 1) return not_held();
  WD_TRY(tx.commit());
  return read_ticket(*text).in("stored login");
}

FeatureSchema login_tickets_schema() {
  return {"login-tickets",
          {{1,
            "answers of identity providers, and who may begin a session by one",
            {"CREATE TABLE sso_states (id TEXT PRIMARY KEY, expires BIGINT NOT NULL)",
             "CREATE TABLE sso_tickets (id TEXT PRIMARY KEY, login BLOB NOT NULL, expires BIGINT NOT NULL)"}}},
          {{"sso_states", "id", PersonalData::None},
           {"sso_states", "expires", PersonalData::None},
           {"sso_tickets", "id", PersonalData::Secret},
           {"sso_tickets", "login", PersonalData::Contact, "id"},
           {"sso_tickets", "expires", PersonalData::None}}};
}

}  // namespace warder::manager
