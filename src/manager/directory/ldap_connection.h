// One connection to a directory's server, through libldap: protected, with deadlines and bounds, following no referral.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "manager/directory/directory_entry.h"
#include "manager/directory/directory_settings.h"
#include "manager/directory/server_socket.h"

namespace warder::manager {

struct DirectorySearch {
  std::string base;
  std::string filter;
  std::vector<std::string> attributes;
  std::size_t max_entries = 0;
  bool is_paged = false;      // RFC 2696
  bool is_base_only = false;  // the entry `base` itself
};

/// Single-threaded. After an error that is not an answer of the server it is of no use any more.
class LdapConnection {
 public:
  /// Protected by TLS when this returns, but for what is_plaintext_on_loopback_allowed allows. Unavailable, Timeout.
  static Result<LdapConnection> open(const DirectoryServer& server, const DirectorySettings& settings,
                                     Deadline deadline);
  LdapConnection(LdapConnection&&) noexcept;
  LdapConnection& operator=(LdapConnection&&) noexcept;
  LdapConnection(const LdapConnection&) = delete;
  LdapConnection& operator=(const LdapConnection&) = delete;
  ~LdapConnection();

  /// What is asked from here on has until then.
  void extend(Deadline deadline) noexcept;
  /// Unauthenticated when the server says that they do not fit, and for an empty name or password without asking: a
  /// server takes those for somebody without a name and says yes (RFC 4513 §5.1.2).
  Result<void> bind(const std::string& dn, const std::string& password);
  /// All that fit. TooLarge when there are more than max_entries; NotFound when the base is not there; Unavailable when
  /// the server answers with less than all.
  Result<std::vector<DirectoryEntry>> search(const DirectorySearch& search);

 private:
  struct State;
  explicit LdapConnection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace warder::manager
