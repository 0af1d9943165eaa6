#include "manager/identity/authority.h"

#include "base/address.h"
#include "base/random.h"
#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

using std::chrono::hours;

// An agent whose clock is days wrong must still be able to connect, so that its offset can be seen and told.
constexpr hours kBackdated{7 * 24};
constexpr hours kAuthorityLife{10 * 365 * 24};
constexpr hours kServerLife{90 * 24};
constexpr std::size_t kTicketKeyBytes = 80;

Result<std::string> open_column(Tenants& tenants, std::string_view column, const Bytes& box) {
  const Bytes secret = WD_TRY(tenants.open_control({"authority", "1", column}, box));
  return std::string(as_text(secret));
}

Bytes seal_column(Tenants& tenants, std::string_view column, std::string_view secret) {
  return tenants.seal_control({"authority", "1", column}, as_bytes(secret));
}

struct Stored {
  std::string certificate_pem;
  std::string private_pem;
  std::string ticket_key;
};

Result<std::optional<Stored>> load(Tenants& tenants, Db& db) {
  const auto read = [&](const Row& row) -> Result<Stored> {
    return Stored{row.text(0), WD_TRY(open_column(tenants, "private_key", row.bytes(1))),
                  WD_TRY(open_column(tenants, "ticket_key", row.bytes(2)))};
  };
  return read_row(db, "SELECT certificate, private_key, ticket_key FROM authority WHERE id = 1", {}, read);
}

Result<Stored> make(Tenants& tenants, Db& db, Timestamp now) {
  const auto authority =
      WD_TRY(crypto::CertificateAuthority::create("Warder CA", now - kBackdated, now + kAuthorityLife));
  const Bytes ticket_key = random_bytes(kTicketKeyBytes);
  Stored stored{authority.certificate_pem(), authority.private_pem(), std::string(as_text(ticket_key))};
  WD_TRY(db.execute("INSERT INTO authority (id, certificate, private_key, ticket_key) VALUES (1, ?1, ?2, ?3)",
                    {stored.certificate_pem, seal_column(tenants, "private_key", stored.private_pem),
                     seal_column(tenants, "ticket_key", stored.ticket_key)}));
  return stored;
}

}  // namespace

Result<Authority> Authority::open(Tenants& tenants, Timestamp now) {
  auto db = WD_TRY(tenants.control().acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  auto stored = WD_TRY(load(tenants, *db).in("certificate authority"));
  if (!stored) stored = WD_TRY(make(tenants, *db, now).in("certificate authority"));
  WD_TRY(tx.commit());
  auto authority = WD_TRY(crypto::CertificateAuthority::load(stored->certificate_pem, stored->private_pem));
  const ByteView ticket_key = as_bytes(stored->ticket_key);
  return Authority(std::move(authority), Bytes(ticket_key.begin(), ticket_key.end()));
}

Result<ServerIdentity> Authority::issue_server(const std::vector<std::string>& names, Timestamp now) const {
  const crypto::KeyPair key = crypto::KeyPair::generate();
  crypto::CertificateSpec spec;
  spec.common_name = "Warder manager";
  for (const std::string& name : names) {
    (parse_ip(name).has_value() ? spec.ip_addresses : spec.dns_names).push_back(name);
  }
  spec.not_before = now - kBackdated;
  spec.not_after = now + kServerLife;
  spec.is_server = true;
  ServerIdentity identity;
  identity.certificate_chain_pem = WD_TRY(authority_.issue(key, spec)) + authority_.certificate_pem();
  identity.private_key_pem = key.private_pem;
  identity.not_after = spec.not_after;
  return identity;
}

FeatureSchema authority_schema() {
  return {
      "authority",
      {{1,
        "authority",
        {"CREATE TABLE authority (id INTEGER PRIMARY KEY, certificate TEXT NOT NULL, private_key BLOB NOT NULL, "
         "ticket_key BLOB NOT NULL)"}}},
      {{"authority", "id", PersonalData::None},
       {"authority", "certificate", PersonalData::None},
       {"authority", "private_key", PersonalData::Secret, "'1'"},
       {"authority", "ticket_key", PersonalData::Secret, "'1'"}},
  };
}

}  // namespace warder::manager
