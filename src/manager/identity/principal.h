// Who asks, as the API sees it after authentication.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/time.h"
#include "manager/identity/provider_id.h"
#include "manager/tenancy/reach.h"
#include "model/ids.h"

namespace warder::crypto {
struct ShownCertificate;
}

namespace warder::manager {

using ApiKeyId = Id<struct ApiKeyTag>;
using Rights = std::set<std::string, std::less<>>;

struct Principal {
  UserId user;
  std::string username;
  TenantId tenant;
  std::vector<std::string> roles;
  Rights rights;  // "events:read", …; what `x-right` of an operation names
  Grants grants;  // the same rights, with where they hold
  SessionId session;
  std::optional<ApiKeyId> api_key;             // a program with a key instead of a session
  std::optional<IdentityProviderId> provider;  // whose people the key is for
  Timestamp expires;
  bool is_bearer = false;                                         // a CLI token: no cookie, so no CSRF check
  bool must_change_password = false;                              // may do nothing else until then
  bool must_enrol = false;                                        // has no second factor and needs one; likewise
  std::string csrf_token;                                         // empty for a bearer
  std::optional<IpAddress> peer;                                  // from where the request comes
  std::shared_ptr<const crypto::ShownCertificate> certificate{};  // what its connection has shown
  std::optional<TenantId> home;  // an operator's own tenant, while acting in another under a grant

  [[nodiscard]] bool may(std::string_view right) const { return right == "self" || rights.contains(right); }
};

}  // namespace warder::manager
