// Logging in at an OpenID Connect provider: the authorization code flow with PKCE (RFC 7636), in the three steps that
// the manager sees: off to the provider, back with its answer, and the session for it. docs/single-sign-on.md is the
// manual.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "manager/identity/identity.h"
#include "manager/identity/provider_oidc.h"
#include "manager/sso/login_tickets.h"
#include "manager/sso/oidc_issuer.h"

namespace warder::manager {

/// Which provider of which tenant; from the path of a request.
struct ProviderPlace {
  std::string tenant;  // name
  IdentityProviderId provider;
};

struct SsoStart {
  std::string callback;    // the URL where the provider sends people back to
  std::string challenge;   // of a command line: SHA-256 of a secret of its own, base64url; empty: a browser
  std::uint16_t port = 0;  // where the command line listens on loopback; 0: nowhere, people carry the ticket over
};

struct SsoDeparture {
  std::string location;  // at the provider
  std::string cookie;    // what must come back with the answer
};

using Query = std::map<std::string, std::string, std::less<>>;

struct SsoArrival {
  std::string ticket;  // begins a session; "<tenant>.<secret>"
  bool is_command_line = false;
  std::uint16_t port = 0;
};

/// Of a second factor here, where one is asked for.
struct SsoSecondProof {
  std::string code;
  std::optional<AssertionAnswer> passkey{};  // instead of a code
  ShownCertificatePtr certificate{};         // what the connection has shown
};

/// Thread-safe. What goes wrong with an answer that belongs to a login of ours is an audit entry.
class OidcLogin {
 public:
  OidcLogin(Tenants& tenants, Identity& identity, AuditLog& audit, const host::Clock& clock, Fetch fetch)
      : tenants_(tenants),
        identity_(identity),
        audit_(audit),
        clock_(clock),
        fetch_(fetch),
        issuers_(std::move(fetch), clock),
        tickets_(tenants, clock) {}

  /// Whether the issuer answers now, with what a login needs.
  [[nodiscard]] Result<void> check_answers(const std::string& issuer) const {
    WD_TRY(issuers_.ask(issuer));
    return {};
  }
  /// NotFound when there is no such provider in use.
  Result<SsoDeparture> start(const ProviderPlace& place, const SsoStart& start);
  /// Unauthenticated for an answer without the cookie of its own beginning, too late, or seen before, and for whatever
  /// does not hold of what the provider says; Forbidden when the person has refused there.
  Result<SsoArrival> finish(const ProviderPlace& place, const Query& answer, std::string_view cookie,
                            const IpAddress& peer);
  /// The session of a ticket, once; LoggedIn::needs_code asks for another try with the second proof. `verifier`: of a
  /// command line, which gets a bearer token. NotFound when the ticket does not hold; otherwise as
  /// Identity::log_in_external.
  Result<LoggedIn> begin_session(std::string_view ticket, const std::optional<std::string>& verifier,
                                 const SsoSecondProof& second, const IpAddress& peer);
  /// The providers that people of the tenant can choose from before they are known; none for a tenant that is not
  /// there.
  Result<std::vector<IdentityProvider>> choices(std::string_view tenant);

 private:
  struct Journey;
  struct Provider;
  Result<Provider> find_provider(const ProviderPlace& place);
  [[nodiscard]] std::string seal(const Provider& provider, const Journey& journey) const;
  [[nodiscard]] std::optional<Journey> open(const Provider& provider, std::string_view cookie) const;
  Result<ProvenLogin> prove(const Provider& provider, const Journey& journey, const Query& answer);
  Result<boost::json::object> claims_of(const Provider& provider, const OidcMetadata& metadata, const Journey& journey,
                                        const std::string& code);
  Result<boost::json::object> exchange(const Provider& provider, const OidcMetadata& metadata, const Journey& journey,
                                       const std::string& code);
  Result<boost::json::object> check(const Provider& provider, const Journey& journey, const std::string& id_token,
                                    const std::string& access_token);
  Result<void> add_userinfo(const OidcMetadata& metadata, const std::string& access_token,
                            boost::json::object& claims) const;

  Tenants& tenants_;
  Identity& identity_;
  AuditLog& audit_;
  const host::Clock& clock_;
  const Fetch fetch_;
  OidcIssuers issuers_;
  LoginTickets tickets_;
};

}  // namespace warder::manager
