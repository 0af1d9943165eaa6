#include "manager/identity/client_certificates.h"

#include <algorithm>

#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

constexpr std::chrono::seconds kRemembered{5};
constexpr std::string_view kNotBound = "not-bound";

Result<TrustedAuthority> read_authority(const Row& row) {
  TrustedAuthority authority;
  authority.id = WD_TRY(parse_id<TrustedAuthorityId>(row.text(0)));
  authority.name = row.text(1);
  authority.added = from_micros(row.integer(2));
  authority.certificate_pem = row.text(3);
  authority.revocations_pem = row.text(4);
  const auto parts = WD_TRY(crypto::ClientAuthority::load(authority.certificate_pem, authority.revocations_pem));
  authority.subject = parts.subject();
  authority.fingerprint = parts.says().fingerprint;
  authority.not_after = parts.says().not_after;
  if (!authority.revocations_pem.empty()) authority.revocations = WD_TRY(parts.own_revocations());
  return authority;
}

constexpr std::string_view kAuthorityColumns =
    "SELECT id, name, added, certificate, COALESCE(revocations, '') FROM client_authorities ";

Result<UserCertificate> read_certificate_row(const Row& row) {
  return UserCertificate{WD_TRY(parse_id<UserCertificateId>(row.text(0))),
                         WD_TRY(parse_id<UserId>(row.text(1))),
                         row.text(2),
                         row.text(3),
                         from_micros(row.integer(4)),
                         from_micros(row.integer(5))};
}

constexpr std::string_view kCertificateColumns =
    "SELECT id, user_id, name, fingerprint, not_after, added FROM user_certificates ";

tl::unexpected<Error> no_authority() {
  return fail(ErrorCode::NotFound, "no such client authority");
}

AuditRecord record_of(std::string_view action, const TrustedAuthority& authority, boost::json::object detail = {}) {
  detail["name"] = boost::json::string(authority.name);
  detail["fingerprint"] = boost::json::string(authority.fingerprint);
  return {std::string(action), "client-authority:" + authority.id.text(), AuditOutcome::Success, std::move(detail)};
}

AuditRecord record_of(std::string_view action, const UserCertificate& certificate) {
  return {std::string(action),
          "user:" + certificate.user.text(),
          AuditOutcome::Success,
          {{"certificate", certificate.id.text()}, {"fingerprint", certificate.fingerprint}}};
}

Result<TrustedAuthority> find_authority_in(Db& db, const TrustedAuthorityId& id) {
  auto found = WD_TRY(read_row(db, std::string(kAuthorityColumns) + "WHERE id = ?1", {id.text()}, read_authority));
  if (!found) return no_authority();
  return std::move(*found);
}

Result<std::int64_t> count_of(Db& db, const UserId& user) {
  const auto count = [](const Row& row) -> Result<std::int64_t> { return row.integer(0); };
  return WD_TRY(read_row(db, "SELECT COUNT(*) FROM user_certificates WHERE user_id = ?1", {user.text()}, count))
      .value_or(0);
}

}  // namespace

Result<std::vector<TrustedAuthority>> ClientCertificates::authorities(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db, std::string(kAuthorityColumns) + "ORDER BY name, id", {}, read_authority);
}

Result<TrustedAuthority> ClientCertificates::find_authority(const TenantScope& scope, const TrustedAuthorityId& id) {
  return find_authority_in(*WD_TRY(tenants_.config(scope).acquire()), id);
}

Result<TrustedAuthority> ClientCertificates::add_authority(const TenantScope& scope, std::string_view name,
                                                           std::string_view pem) {
  const auto parts = WD_TRY(crypto::ClientAuthority::load(pem, {}).in("/certificate"));
  TrustedAuthority authority{make_id<TrustedAuthorityId>(clock_.now()),
                             std::string(name),
                             clock_.now(),
                             std::string(pem),
                             {},
                             parts.subject(),
                             parts.says().fingerprint,
                             parts.says().not_after,
                             std::nullopt};
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto others = WD_TRY(read_rows(*db, kAuthorityColumns, {}, read_authority));
  if (others.size() >= kMaxTrustedAuthorities) return fail(ErrorCode::Conflict, "there are twenty already");
  for (const TrustedAuthority& other : others) {
    if (other.name == name) return fail(ErrorCode::Conflict, "/name: the name is taken");
    if (other.fingerprint == authority.fingerprint)
      return fail(ErrorCode::Conflict, "/certificate: it is trusted already, as " + other.name);
  }
  WD_TRY(db->execute("INSERT INTO client_authorities (id, name, added, certificate) VALUES (?1, ?2, ?3, ?4)",
                     {authority.id.text(), authority.name, to_micros(authority.added), authority.certificate_pem}));
  WD_TRY(audit_.append_in(*db, scope, record_of("client-authority.add", authority, {{"subject", authority.subject}})));
  WD_TRY(tx.commit());
  forget(scope);
  return authority;
}

Result<TrustedAuthority> ClientCertificates::set_revocations(const TenantScope& scope, const TrustedAuthorityId& id,
                                                             std::string_view pem) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  TrustedAuthority authority = WD_TRY(find_authority_in(*db, id));
  if (pem.empty()) return fail(ErrorCode::Invalid, "/revocations: none");
  const auto parts = WD_TRY(crypto::ClientAuthority::load(authority.certificate_pem, pem).in("/revocations"));
  const auto given = WD_TRY(parts.own_revocations().in("/revocations"));
  if (given.next <= clock_.now()) return fail(ErrorCode::Invalid, "/revocations: the list is over already");
  if (authority.revocations && given.issued < authority.revocations->issued)
    return fail(ErrorCode::Conflict, "/revocations: older than the list that is here");
  authority.revocations_pem = std::string(pem);
  authority.revocations = given;
  WD_TRY(db->execute("UPDATE client_authorities SET revocations = ?2 WHERE id = ?1",
                     {id.text(), authority.revocations_pem}));
  WD_TRY(audit_.append_in(*db, scope,
                          record_of("client-authority.revocations", authority,
                                    {{"issued", to_rfc3339(given.issued)},
                                     {"next", to_rfc3339(given.next)},
                                     {"certificates", given.certificates}})));
  WD_TRY(tx.commit());
  forget(scope);
  return authority;
}

Result<void> ClientCertificates::remove_authority(const TenantScope& scope, const TrustedAuthorityId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const TrustedAuthority authority = WD_TRY(find_authority_in(*db, id));
  WD_TRY(db->execute("DELETE FROM client_authorities WHERE id = ?1", {id.text()}));
  WD_TRY(audit_.append_in(*db, scope, record_of("client-authority.remove", authority)));
  WD_TRY(tx.commit());
  forget(scope);
  return {};
}

Result<std::vector<UserCertificate>> ClientCertificates::list(const TenantScope& scope,
                                                              const std::optional<UserId>& user) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db, std::string(kCertificateColumns) + "WHERE ?1 = '' OR user_id = ?1 ORDER BY id",
                   {user ? user->text() : std::string()}, read_certificate_row);
}

Result<UserCertificate> ClientCertificates::find(const TenantScope& scope, const UserCertificateId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto found =
      WD_TRY(read_row(*db, std::string(kCertificateColumns) + "WHERE id = ?1", {id.text()}, read_certificate_row));
  if (!found) return fail(ErrorCode::NotFound, "no such certificate");
  return *found;
}

Result<UserCertificate> ClientCertificates::add(const TenantScope& scope, const UserId& user, std::string_view name,
                                                std::string_view pem) {
  const auto shown = WD_TRY(crypto::read_shown_certificate(pem).in("/certificate"));
  if (const auto why = WD_TRY(fault(scope, shown)); !why.empty())
    return fail(ErrorCode::Invalid, "/certificate: does not hold: " + std::string(why));
  UserCertificate certificate{make_id<UserCertificateId>(clock_.now()),
                              user,
                              std::string(name),
                              shown.says.fingerprint,
                              shown.says.not_after,
                              clock_.now()};
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  if (WD_TRY(count_of(*db, user)) >= static_cast<std::int64_t>(kMaxUserCertificates))
    return fail(ErrorCode::Conflict, "the user has ten certificates; remove one first");
  const auto added =
      WD_TRY(db->execute("INSERT INTO user_certificates (id, user_id, name, fingerprint, not_after, added) "
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (fingerprint) DO NOTHING",
                         {certificate.id.text(), user.text(), certificate.name, certificate.fingerprint,
                          to_micros(certificate.not_after), to_micros(certificate.added)}));
  if (added != 1) return fail(ErrorCode::Conflict, "/certificate: it is somebody's already");
  WD_TRY(audit_.append_in(*db, scope, record_of("user.certificate.add", certificate)));
  WD_TRY(tx.commit());
  return certificate;
}

Result<void> ClientCertificates::remove(const TenantScope& scope, const UserCertificateId& id) {
  const UserCertificate certificate = WD_TRY(find(scope, id));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  if (WD_TRY(db->execute("DELETE FROM user_certificates WHERE id = ?1", {id.text()})) == 0)
    return fail(ErrorCode::NotFound, "no such certificate");
  WD_TRY(audit_.append_in(*db, scope, record_of("user.certificate.remove", certificate)));
  WD_TRY(tx.commit());
  return {};
}

Result<std::optional<UserId>> ClientCertificates::owner_of(const TenantScope& scope,
                                                           const crypto::ShownCertificate& shown) {
  const auto read = [](const Row& row) -> Result<UserId> { return parse_id<UserId>(row.text(0)); };
  return read_row(*WD_TRY(tenants_.config(scope).acquire()),
                  "SELECT user_id FROM user_certificates WHERE fingerprint = ?1", {shown.says.fingerprint}, read);
}

/// First whose it is: nobody makes us verify chains with a certificate that is nobody's.
Result<std::string_view> ClientCertificates::refusal(const TenantScope& scope, const UserId& user,
                                                     const crypto::ShownCertificate& shown) {
  if (WD_TRY(owner_of(scope, shown)) != user) return kNotBound;
  return fault(scope, shown);
}

/// Of several authorities, what the one says that knows most of it.
Result<std::string_view> ClientCertificates::fault(const TenantScope& scope, const crypto::ShownCertificate& shown) {
  auto worst = crypto::CertificateFault::UnknownAuthority;
  for (const crypto::ClientAuthority& authority : *WD_TRY(judges(scope))) {
    const auto found = authority.check(shown, clock_.now());
    if (found == crypto::CertificateFault::None) return std::string_view();
    if (found != crypto::CertificateFault::UnknownAuthority) worst = found;
  }
  return name(worst);
}

Result<std::shared_ptr<const ClientCertificates::Judges>> ClientCertificates::judges(const TenantScope& scope) {
  const auto now = clock_.steady_now();
  {
    const std::lock_guard lock(mutex_);
    const auto found = remembered_.find(scope.tenant());
    if (found != remembered_.end() && now - found->second.read < kRemembered) return found->second.judges;
  }
  Judges made;
  for (const TrustedAuthority& authority : WD_TRY(authorities(scope)))
    made.push_back(WD_TRY(crypto::ClientAuthority::load(authority.certificate_pem, authority.revocations_pem)));
  auto judges = std::make_shared<const Judges>(std::move(made));
  const std::lock_guard lock(mutex_);
  remembered_.insert_or_assign(scope.tenant(), Remembered{judges, now});
  return judges;
}

void ClientCertificates::forget(const TenantScope& scope) {
  const std::lock_guard lock(mutex_);
  remembered_.erase(scope.tenant());
}

FeatureSchema client_certificates_schema() {
  return {"client-certificates",
          {{1,
            "authorities and certificates of people",
            {"CREATE TABLE client_authorities (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, added BIGINT NOT NULL, "
             "certificate TEXT NOT NULL, revocations TEXT)",
             "CREATE TABLE user_certificates (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL, "
             "fingerprint TEXT NOT NULL UNIQUE, not_after BIGINT NOT NULL, added BIGINT NOT NULL)",
             "CREATE INDEX user_certificates_user ON user_certificates (user_id)"}}},
          {{"client_authorities", "id", PersonalData::None},
           {"client_authorities", "name", PersonalData::None},
           {"client_authorities", "added", PersonalData::None},
           {"client_authorities", "certificate", PersonalData::None},
           {"client_authorities", "revocations", PersonalData::None},
           {"user_certificates", "id", PersonalData::None},
           {"user_certificates", "user_id", PersonalData::Identifier},
           {"user_certificates", "name", PersonalData::Identifier},
           {"user_certificates", "fingerprint", PersonalData::Identifier},
           {"user_certificates", "not_after", PersonalData::None},
           {"user_certificates", "added", PersonalData::Identifier}}};
}

}  // namespace warder::manager
